// Arithmetic on two tensors, element by element, with numpy's broadcasting.
#include <algorithm>
#include <cmath>

#include "engine/ops/elementwise.h"
#include "engine/ops/list.h"

namespace sandflow {

namespace {

// Integers wrap around, as in TensorFlow; in C++ only unsigned ones may.
template <class T, class F>
T wrapping(T x, T y, F f) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(f(static_cast<U>(x), static_cast<U>(y)));
  } else {
    return f(x, y);
  }
}

struct Plus {
  template <class T>
  static Status run(KernelContext& c) {
    return map_binary<T, T>(c, [](T x, T y) { return wrapping(x, y, [](auto a, auto b) { return a + b; }); });
  }
};
struct Minus {
  template <class T>
  static Status run(KernelContext& c) {
    return map_binary<T, T>(c, [](T x, T y) { return wrapping(x, y, [](auto a, auto b) { return a - b; }); });
  }
};
struct Times {
  template <class T>
  static Status run(KernelContext& c) {
    return map_binary<T, T>(c, [](T x, T y) { return wrapping(x, y, [](auto a, auto b) { return a * b; }); });
  }
};
struct Quotient {
  template <class T>
  static Status run(KernelContext& c) {
    return map_binary<T, T>(c, [](T x, T y) { return x / y; });
  }
};

Status compute_add(KernelContext& c) {
  if (c.input(0).dtype() != DType::kString) return for_numeric<Plus>(c);
  // A text added to itself again and again would soon fill the memory.
  const auto longest = [&](int i) {
    std::size_t length = 0;
    for (const std::string& text : c.in<std::string>(i)) length = std::max(length, text.size());
    return static_cast<std::int64_t>(length);
  };
  const std::int64_t elements = std::max(c.input(0).elements(), c.input(1).elements());
  if (longest(0) + longest(1) > Tensor::kMaxBytes / 16 / std::max<std::int64_t>(elements, 1))
    return Error{ErrorKind::kResourceExhausted, "OOM when adding strings", {}};
  return map_binary<std::string, std::string>(c, [](const auto& x, const auto& y) { return x + y; });
}

struct FloorQuotient {
  template <class T>
  static Status run(KernelContext& c) {
    if constexpr (std::is_integral_v<T>) {
      for (T y : c.in<T>(1))
        if (y == 0) return invalid_argument("Integer division by zero");
      return map_binary<T, T>(c, [](T x, T y) -> T {
        if (y == -1) return wrapping(T(0), x, [](auto a, auto b) { return a - b; });
        const T quotient = x / y;
        return quotient - (x % y != 0 && ((x < 0) != (y < 0)));
      });
    } else {
      return map_binary<T, T>(c, [](T x, T y) { return std::floor(x / y); });
    }
  }
};

struct Greater {
  template <class T>
  static Status run(KernelContext& c) {
    return map_binary<T, T>(c, [](T x, T y) { return x >= y || std::isnan(static_cast<double>(x)) ? x : y; });
  }
};

std::vector<Output> grad_add(GradientContext& c) { return reduce_to_inputs(c, c.grad(), c.grad()); }

std::vector<Output> grad_sub(GradientContext& c) {
  return reduce_to_inputs(c, c.grad(), c.b.op("Neg", {c.grad()}));
}

std::vector<Output> grad_mul(GradientContext& c) {
  const Output x = c.b.op("Mul", {c.grad(), c.input(1)});
  return reduce_to_inputs(c, x, c.b.op("Mul", {c.input(0), c.grad()}));
}

// math_grad.py, _RealDivGrad: the second is g * ((-x / y) / y).
std::vector<Output> grad_real_div(GradientContext& c) {
  const Output x = c.b.op("RealDiv", {c.grad(), c.input(1)});
  const Output negative = c.b.op("Neg", {c.input(0)});
  const Output once = c.b.op("RealDiv", {negative, c.input(1)});
  const Output twice = c.b.op("RealDiv", {once, c.input(1)});
  return reduce_to_inputs(c, x, c.b.op("Mul", {c.grad(), twice}));
}

// math_grad.py, _MaximumMinimumGrad: where both are equal the gradient goes to x.
std::vector<Output> grad_maximum(GradientContext& c) {
  const Output to_x = c.b.op("GreaterEqual", {c.input(0), c.input(1)});
  const Output none = c.b.op("ZerosLike", {c.grad()});
  const Output x = c.b.op("Select", {to_x, c.grad(), none});
  return reduce_to_inputs(c, x, c.b.op("Select", {to_x, none, c.grad()}));
}

constexpr DTypeSet kAddTypes{
    "bfloat16, float16, float32, float64, uint8, int8, int16, int32, int64, complex64, complex128, string",
    kNumbers.mask | dtype_mask({DType::kString})};
constexpr DTypeSet kAddV2Types{
    "bfloat16, float16, float32, float64, uint8, int8, int16, int32, int64, complex64, complex128",
    kNumbers.mask};
constexpr DTypeSet kMulTypes{
    "bfloat16, float16, float32, float64, uint8, int8, uint16, int16, int32, int64, complex64, complex128",
    kNumbers.mask};

Op binary(const char* type, const char* python, const DTypeSet& allowed, const char* formula,
          const char* help, Status (*compute)(KernelContext&),
          std::vector<Output> (*gradient)(GradientContext&)) {
  return {.type = type,
          .python = python,
          .family = Family::kArithmetic,
          .inputs = {{"x", "T"}, {"y", "T"}},
          .outputs = {{"z", "T"}},
          .attrs = {type_attr("T", allowed)},
          .formula = formula,
          .help = help,
          .infer = infer_broadcast,
          .compute = compute,
          .gradient = gradient};
}

}  // namespace

std::vector<Op> arithmetic_ops() {
  return {
      binary("Add", "tf.add", kAddTypes, "z = x + y", "Adds two tensors element by element.", compute_add,
             grad_add),
      binary("AddV2", "x + y", kAddV2Types, "z = x + y",
             "Adds two tensors element by element, as Python's + does.", for_numeric<Plus>, grad_add),
      binary("Sub", "tf.subtract", kMulTypes, "z = x - y", "Subtracts the second tensor from the first.",
             for_numeric<Minus>, grad_sub),
      binary("Mul", "tf.multiply", kMulTypes, R"(z = x \cdot y)",
             "Multiplies two tensors element by element.", for_numeric<Times>, grad_mul),
      binary("RealDiv", "tf.divide", kFloats, R"(z = \frac{x}{y})", "Divides the first tensor by the second.",
             for_floating<Quotient>, grad_real_div),
      binary("FloorDiv", "tf.floordiv", kMulTypes, R"(z = \lfloor x / y \rfloor)",
             "Divides and rounds down, as Python's // does.", for_numeric<FloorQuotient>, no_gradient),
      binary("Maximum", "tf.maximum", kRealNumbers, R"(z = \max(x, y))", "The larger of two elements.",
             for_numeric<Greater>, grad_maximum),
  };
}

}  // namespace sandflow
