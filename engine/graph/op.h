// What an operation is: a description as data. Inference, execution, differentiation, the palette, the
// inspector, JSON and the checks are loops over the list of descriptions (engine/ops/list.h).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/core/dtype.h"
#include "engine/core/error.h"
#include "engine/core/shape.h"
#include "engine/core/tensor.h"

namespace sandflow {

class InferenceContext;
class KernelContext;
class GradientContext;

using AttrValue =
    std::variant<bool, std::int64_t, double, std::string, DType, Shape, Tensor, std::vector<std::int64_t>>;

struct Attr {
  std::string name;
  AttrValue value;
};
using Attrs = std::vector<Attr>;

// Dtypes an operation accepts. `listing` is the list TensorFlow prints when one is refused; it names dtypes
// that exist only there, too.
struct DTypeSet {
  const char* listing;
  unsigned mask;

  bool contains(DType dtype) const { return (mask >> static_cast<int>(dtype)) & 1u; }
};

constexpr unsigned dtype_mask(std::initializer_list<DType> dtypes) {
  unsigned mask = 0;
  for (DType dtype : dtypes) mask |= 1u << static_cast<int>(dtype);
  return mask;
}

inline constexpr DTypeSet kAnyType{"any", ~0u};
inline constexpr DTypeSet kFloats{"bfloat16, float16, float32, float64",
                                  dtype_mask({DType::kFloat32, DType::kFloat64})};
inline constexpr DTypeSet kHalfFloats{"float16, bfloat16, float32, float64", kFloats.mask};
inline constexpr DTypeSet kFloatsAndComplex{"bfloat16, float16, float32, float64, complex64, complex128",
                                            kFloats.mask};
inline constexpr DTypeSet kNumbers{
    "float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, uint16, "
    "complex128, float16, uint32, uint64",
    dtype_mask({DType::kFloat32, DType::kFloat64, DType::kInt32, DType::kInt64})};
inline constexpr DTypeSet kRealNumbers{
    "float32, float64, int32, uint8, int16, int8, int64, bfloat16, uint16, float16, uint32, uint64",
    kNumbers.mask};
inline constexpr DTypeSet kIndexTypes{"int32, int64", dtype_mask({DType::kInt32, DType::kInt64})};

// The dtype of an input or output: fixed, or that of a type attribute ("T") shared with others.
struct ArgType {
  ArgType(const char* attribute) : type_attr(attribute) {}
  ArgType(DType dtype) : fixed(dtype) {}

  const char* type_attr = nullptr;
  DType fixed = DType::kFloat32;
};

struct Arg {
  const char* name;
  ArgType type;
  bool is_ref = false;  // A reference to a variable's memory (TensorFlow's *_ref dtypes).
  // An input that may be repeated: takes all that the others leave, one or more. At most one of an operation.
  bool is_variadic = false;
  const char* count = nullptr;  // An output that is repeated as often as this int attribute says.
};

enum class AttrKind { kType, kBool, kInt, kFloat, kString, kShape, kTensor, kInts };

struct AttrSpec {
  const char* name;
  AttrKind kind;
  std::optional<AttrValue> initial;  // Absent: must be given (a type attribute is taken from the inputs).
  const DTypeSet* allowed = &kAnyType;
  double minimum = 0, maximum = 0;        // Equal: no range.
  std::vector<const char*> choices = {};  // Of a string; none: any text.
};

// A type attribute, as in AttrSpec{"T", kType}.
inline AttrSpec type_attr(const char* name, const DTypeSet& allowed, std::optional<AttrValue> initial = {}) {
  return {name, AttrKind::kType, std::move(initial), &allowed};
}

// Whether `op` takes this value: of the right kind, among the dtypes or texts allowed, within the range.
// Errors: TypeError, ValueError.
Status check_attr(std::string_view op, const AttrSpec& spec, const AttrValue& value);

enum class Family {
  kSource,
  kState,
  kArithmetic,
  kLogic,
  kMath,
  kReduction,
  kLinear,
  kConvolution,
  kActivation,
  kLoss,
  kShape,
  kSlicing,
  kJoining,
  kRandom,
  kTraining
};
const char* name(Family family);

struct Op {
  const char* type;    // TensorFlow's name of the operation: "MatMul".
  const char* python;  // Its spelling in Python: "tf.matmul".
  Family family;
  std::vector<Arg> inputs;
  std::vector<Arg> outputs;
  std::vector<AttrSpec> attrs;
  const char* formula;  // TeX.
  const char* help;     // One English sentence; translations are looked up by it.

  Status (*infer)(InferenceContext&);
  Status (*compute)(KernelContext&);
  // One gradient per input, an invalid Output for "None". Null: TensorFlow has none registered.
  std::vector<struct Output> (*gradient)(GradientContext&) = nullptr;
  // Running it twice is not running it once: it draws random numbers or writes to a variable.
  bool is_stateful = false;

  const AttrSpec* find_attr(std::string_view name) const;
  // What input `i` of a node with `given` inputs is to the operation.
  const Arg& input(std::size_t i, std::size_t given) const;
  bool is_variadic() const;
};

// Of the list in engine/ops/list.h; null for an unknown type.
const Op* find_op(std::string_view type);

}  // namespace sandflow
