// Arithmetic on two tensors, element by element, with numpy's broadcasting.
#include <algorithm>
#include <cmath>

#include "engine/core/math.h"
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
  T operator()(T x, T y) const {
    return wrapping(x, y, [](auto a, auto b) { return a + b; });
  }
};
struct Minus {
  template <class T>
  T operator()(T x, T y) const {
    return wrapping(x, y, [](auto a, auto b) { return a - b; });
  }
};
struct Times {
  template <class T>
  T operator()(T x, T y) const {
    return wrapping(x, y, [](auto a, auto b) { return a * b; });
  }
};
struct Quotient {
  template <class T>
  T operator()(T x, T y) const {
    return x / y;
  }
};
struct QuotientOrZero {
  template <class T>
  T operator()(T x, T y) const {
    return y == T(0) ? T(0) : x / y;
  }
};
struct SquaredDistance {
  template <class T>
  T operator()(T x, T y) const {
    const T difference = Minus()(x, y);
    return Times()(difference, difference);
  }
};
struct Larger {
  template <class T>
  T operator()(T x, T y) const {
    return x >= y || x != x ? x : y;
  }
};
struct Smaller {
  template <class T>
  T operator()(T x, T y) const {
    return x <= y || x != x ? x : y;
  }
};

// Of integers the divisor is not 0. The smallest integer divided by -1 wraps around to itself.
struct TruncatedQuotient {
  template <class T>
  T operator()(T x, T y) const {
    if constexpr (std::is_integral_v<T>)
      return y == -1 ? Minus()(T(0), x) : x / y;
    else
      return std::trunc(x / y);
  }
};
struct TruncatedRemainder {
  template <class T>
  T operator()(T x, T y) const {
    if constexpr (std::is_integral_v<T>)
      return y == -1 ? T(0) : x % y;
    else
      return std::fmod(x, y);
  }
};
struct FloorQuotient {
  template <class T>
  T operator()(T x, T y) const {
    if constexpr (std::is_integral_v<T>)
      return TruncatedQuotient()(x, y) - (TruncatedRemainder()(x, y) != 0 && (x < 0) != (y < 0));
    else
      return std::floor(x / y);
  }
};
struct FloorRemainder {
  template <class T>
  T operator()(T x, T y) const {
    const T remainder = TruncatedRemainder()(x, y);
    return remainder != T(0) && (y < T(0)) != (remainder < T(0)) ? remainder + y : remainder;
  }
};

struct Power {
  template <class T>
  T operator()(T x, T y) const {
    if constexpr (std::is_integral_v<T>) {
      T result = 1;
      for (; y > 0; y /= 2, x = Times()(x, x))
        if (y % 2 == 1) result = Times()(result, x);
      return result;
    } else {
      return math::pow(x, y);
    }
  }
};

template <class F>
constexpr auto numeric = for_numeric<EachPair<F>>;

// A kernel that refuses some second operands of integers with `error`.
template <class F, auto kRefuses, auto kError>
struct Guarded {
  template <class T>
  static Status run(KernelContext& c) {
    if constexpr (std::is_integral_v<T>)
      for (T y : c.in<T>(1))
        if (kRefuses(y)) return kError();
    return map_binary<T, T>(c, F());
  }
};
constexpr auto is_zero = [](std::int64_t y) { return y == 0; };
constexpr auto is_negative = [](std::int64_t y) { return y < 0; };
Error division_by_zero() { return invalid_argument("Integer division by zero"); }
// core/kernels/cwise_ops_common.cc knows the names of some operations only.
Error unexpected_error() {
  return {ErrorKind::kInternal,
          "Unexpected error in binary operator (only integer div and mod should have errors)",
          {}};
}
Error negative_power() { return invalid_argument("Integers to negative integer powers are not allowed"); }

Status compute_add(KernelContext& c) {
  if (c.input(0).dtype() != DType::kString) return numeric<Plus>(c);
  // A text added to itself again and again would soon fill the memory.
  const auto longest = [&](int i) {
    std::size_t length = 0;
    for (const std::string& text : c.in<std::string>(i)) length = std::max(length, text.size());
    return static_cast<std::int64_t>(length);
  };
  const std::int64_t elements = std::max(c.input(0).elements(), c.input(1).elements());
  if (longest(0) + longest(1) > Tensor::max_bytes / 16 / std::max<std::int64_t>(elements, 1))
    return Error{ErrorKind::kResourceExhausted, "OOM when adding strings", {}};
  return map_binary<std::string, std::string>(c, [](const auto& x, const auto& y) { return x + y; });
}

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
std::vector<Output> grad_choice(GradientContext& c, const char* to_first) {
  const Output to_x = c.b.op(to_first, {c.input(0), c.input(1)});
  const Output none = c.b.op("ZerosLike", {c.grad()});
  const Output x = c.b.op("Select", {to_x, c.grad(), none});
  return reduce_to_inputs(c, x, c.b.op("Select", {to_x, none, c.grad()}));
}
std::vector<Output> grad_maximum(GradientContext& c) { return grad_choice(c, "GreaterEqual"); }
std::vector<Output> grad_minimum(GradientContext& c) { return grad_choice(c, "LessEqual"); }

// math_grad.py, _DivNoNanGrad.
std::vector<Output> grad_div_no_nan(GradientContext& c) {
  const Output x = c.b.op("DivNoNan", {c.grad(), c.input(1)});
  const Output once = c.b.op("DivNoNan", {c.b.op("Neg", {c.input(0)}), c.input(1)});
  const Output twice = c.b.op("DivNoNan", {once, c.input(1)});
  return reduce_to_inputs(c, x, c.b.op("Mul", {c.grad(), twice}));
}

std::vector<Output> grad_floor_mod(GradientContext& c) {
  const Output quotient = c.b.op("FloorDiv", {c.input(0), c.input(1)});
  return reduce_to_inputs(c, c.grad(), c.b.op("Mul", {c.grad(), c.b.op("Neg", {quotient})}));
}

std::vector<Output> grad_squared_difference(GradientContext& c) {
  const Output twice = c.b.op("Mul", {scalar_like(c, c.input(0), 2), c.grad()});
  const Output x = c.b.op("Mul", {twice, c.b.op("Sub", {c.input(0), c.input(1)})});
  return reduce_to_inputs(c, x, c.b.op("Neg", {x}));
}

// math_grad.py, _PowGrad: y * x^(y - 1), and z * ln x where x > 0, else 0.
std::vector<Output> grad_pow(GradientContext& c) {
  const Output x = c.input(0), y = c.input(1);
  const Output one = c.b.op("OnesLike", {y});
  const Output below = c.b.op("Pow", {x, c.b.op("Sub", {y, one})});
  const Output to_x = c.b.op("Mul", {c.b.op("Mul", {c.grad(), y}), below});
  const Output none = c.b.op("ZerosLike", {x});
  const Output is_positive = c.b.op("Greater", {x, none});
  const Output safe = c.b.op("Select", {is_positive, x, c.b.op("OnesLike", {x})});
  const Output logarithm = c.b.op("Select", {is_positive, c.b.op("Log", {safe}), none});
  return reduce_to_inputs(c, to_x, c.b.op("Mul", {c.b.op("Mul", {c.grad(), c.output()}), logarithm}));
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

constexpr DTypeSet kModTypes{"int32, int64, bfloat16, float16, float32, float64", kNumbers.mask};
constexpr DTypeSet kPowTypes{"bfloat16, float16, float32, float64, int32, int64, complex64, complex128",
                             kNumbers.mask};

Op binary(const char* type, const char* python, const DTypeSet& allowed, const char* formula,
          const char* help, Status (*compute)(KernelContext&),
          std::vector<Output> (*gradient)(GradientContext&) = nullptr) {
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
             "Adds two tensors element by element, as Python's + does.", numeric<Plus>, grad_add),
      binary("Sub", "tf.subtract", kMulTypes, "z = x - y", "Subtracts the second tensor from the first.",
             numeric<Minus>, grad_sub),
      binary("Mul", "tf.multiply", kMulTypes, R"(z = x \cdot y)",
             "Multiplies two tensors element by element.", numeric<Times>, grad_mul),
      binary("RealDiv", "tf.divide", kFloats, R"(z = \frac{x}{y})", "Divides the first tensor by the second.",
             for_floating<EachPair<Quotient>>, grad_real_div),
      binary("DivNoNan", "tf.div_no_nan", kFloats,
             R"(z = \begin{cases} x / y & y \ne 0 \\ 0 & \text{else} \end{cases})",
             "Divides, and gives 0 where the divisor is 0.", for_floating<EachPair<QuotientOrZero>>,
             grad_div_no_nan),
      binary("FloorDiv", "tf.floordiv", kMulTypes, R"(z = \lfloor x / y \rfloor)",
             "Divides and rounds down, as Python's // does.",
             for_numeric<Guarded<FloorQuotient, is_zero, division_by_zero>>, no_gradient),
      binary("FloorMod", "tf.floormod", kModTypes, R"(z = x - y \lfloor x / y \rfloor)",
             "What is left after rounding the quotient down, as Python's % does.",
             for_numeric<Guarded<FloorRemainder, is_zero, division_by_zero>>, grad_floor_mod),
      binary("TruncateDiv", "tf.truncatediv", kMulTypes, R"(z = \mathrm{trunc}(x / y))",
             "Divides and drops the fraction, as C does.",
             for_numeric<Guarded<TruncatedQuotient, is_zero, unexpected_error>>, no_gradient),
      binary("TruncateMod", "tf.truncatemod", kModTypes, R"(z = x - y \, \mathrm{trunc}(x / y))",
             "What is left after dropping the quotient's fraction, as C does.",
             for_numeric<Guarded<TruncatedRemainder, is_zero, unexpected_error>>),
      binary("Pow", "tf.pow", kPowTypes, "z = x^y", "Raises the first tensor to the power of the second.",
             for_numeric<Guarded<Power, is_negative, negative_power>>, grad_pow),
      binary("SquaredDifference", "tf.squared_difference", kPowTypes, "z = (x - y)^2",
             "The square of the difference of two elements.", numeric<SquaredDistance>,
             grad_squared_difference),
      binary("Maximum", "tf.maximum", kRealNumbers, R"(z = \max(x, y))", "The larger of two elements.",
             numeric<Larger>, grad_maximum),
      binary("Minimum", "tf.minimum", kRealNumbers, R"(z = \min(x, y))", "The smaller of two elements.",
             numeric<Smaller>, grad_minimum),
  };
}

}  // namespace sandflow
