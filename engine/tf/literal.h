// Python literals - 5, 2.5, True, 'text', [[1, 2], [3, 4]] - and the tensors TensorFlow makes of them.
// Source: python/framework/tensor_util.py, make_tensor_proto.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/tensor.h"

namespace sandflow {

class Literal {
 public:
  enum class Kind { kBool, kInt, kFloat, kString, kList, kNone };

  Literal(bool value) : kind_(Kind::kBool), int_(value) {}
  Literal(int value) : kind_(Kind::kInt), int_(value) {}
  Literal(std::int64_t value) : kind_(Kind::kInt), int_(value) {}
  Literal(double value) : kind_(Kind::kFloat), float_(value) {}
  Literal(const char* value) : kind_(Kind::kString), text_(value) {}
  Literal(std::string value) : kind_(Kind::kString), text_(std::move(value)) {}
  Literal(std::vector<Literal> items) : kind_(Kind::kList), items_(std::move(items)) {}
  static Literal none() { return Literal(); }

  // Errors: ValueError that says what was expected and at which character.
  static Result<Literal> parse(std::string_view text);

  Kind kind() const { return kind_; }
  std::int64_t as_int() const { return int_; }
  double as_double() const { return kind_ == Kind::kFloat ? float_ : static_cast<double>(int_); }
  const std::string& as_string() const { return text_; }
  const std::vector<Literal>& items() const { return items_; }
  std::string python() const;       // As Python's repr.
  const char* python_type() const;  // The name of its type: "int", "list".

  // tf.constant(literal, dtype). Without a dtype: int32 (int64 if needed), float32, bool, string.
  // Errors: TypeError "Expected int32, got 2.5 of type 'float' instead.", ValueError for lists that are not
  // rectangular.
  Result<Tensor> tensor(std::optional<DType> dtype = {}) const;
  // The same where a dtype is only preferred: it is taken if the literal fits it.
  Result<Tensor> tensor_hinted(std::optional<DType> hint) const;
  // np.asarray(literal): floats keep all their digits. Errors: ValueError for lists that are not rectangular.
  Result<Tensor> array() const;
  // The same as the value of a feed for a tensor of this dtype: session.py refuses an int that the dtype
  // cannot hold (TypeError).
  Result<Tensor> fed_as(DType dtype) const;
  // A shape as in placeholder(dtype, shape): None and (None) are unknown rank, 5 is (5,), (None, 2) has an
  // unknown size.
  Result<Shape> shape() const;

 private:
  Literal() = default;

  Kind kind_ = Kind::kNone;
  std::int64_t int_ = 0;
  double float_ = 0;
  std::string text_;
  std::vector<Literal> items_;
};

// A tensor as a literal that reads back as it.
std::string literal_text(const Tensor& tensor);

}  // namespace sandflow
