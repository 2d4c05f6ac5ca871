// Mathematics on one tensor, element by element, and the change from one dtype to another.
#include "engine/core/math.h"

#include <cmath>

#include "engine/ops/elementwise.h"
#include "engine/ops/list.h"

namespace sandflow {

namespace {

// A kernel that maps whole spans with one of the functions of core/math.h.
template <auto F32, auto F64>
Status map_span(KernelContext& c) {
  SANDFLOW_TRY(c.allocate(0, c.input(0).shape()));
  if (c.input(0).dtype() == DType::kFloat32)
    F32(c.in<float>(0), c.out<float>(0));
  else
    F64(c.in<double>(0), c.out<double>(0));
  return {};
}

using F32 = void (*)(std::span<const float>, std::span<float>);
using F64 = void (*)(std::span<const double>, std::span<double>);
#define SANDFLOW_SPAN(NAME) \
  constexpr auto compute_##NAME = map_span<static_cast<F32>(math::NAME), static_cast<F64>(math::NAME)>;
SANDFLOW_SPAN(exp)
SANDFLOW_SPAN(expm1)
SANDFLOW_SPAN(log)
SANDFLOW_SPAN(log1p)
SANDFLOW_SPAN(sin)
SANDFLOW_SPAN(cos)
SANDFLOW_SPAN(atan)
SANDFLOW_SPAN(erf)
#undef SANDFLOW_SPAN

// Integers wrap around, as in TensorFlow; in C++ only unsigned ones may.
struct Negative {
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(0 - static_cast<std::make_unsigned_t<T>>(x));
    else
      return -x;
  }
};
struct Magnitude {
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>)
      return x < 0 ? Negative()(x) : x;
    else
      return std::abs(x);
  }
};
struct Squared {
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>) {
      const auto u = static_cast<std::make_unsigned_t<T>>(x);
      return static_cast<T>(u * u);
    } else {
      return x * x;
    }
  }
};
struct SignOf {
  template <class T>
  T operator()(T x) const {
    return static_cast<T>((x > T(0)) - (x < T(0)));
  }
};
struct Inverse {
  template <class T>
  T operator()(T x) const {
    return T(1) / x;
  }
};
struct Root {
  template <class T>
  T operator()(T x) const {
    return std::sqrt(x);
  }
};
struct InverseRoot {
  template <class T>
  T operator()(T x) const {
    return T(1) / std::sqrt(x);
  }
};
struct RoundedDown {
  template <class T>
  T operator()(T x) const {
    return std::floor(x);
  }
};
struct RoundedUp {
  template <class T>
  T operator()(T x) const {
    return std::ceil(x);
  }
};
// Halves to the even neighbour.
struct Rounded {
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>)
      return x;
    else
      return std::nearbyint(x);
  }
};

// From the result y and the gradient g.
struct RootSlope {
  template <class T>
  T operator()(T y, T g) const {
    return g * T(0.5) / y;
  }
};
struct InverseRootSlope {
  template <class T>
  T operator()(T y, T g) const {
    return T(-0.5) * (g * y) * (y * y);
  }
};
struct InverseSlope {
  template <class T>
  T operator()(T y, T g) const {
    return -g * y * y;
  }
};

Status compute_cast(KernelContext& c) {
  const DType from = c.node().attr<DType>("SrcT"), to = c.node().attr<DType>("DstT");
  if (from == to) {
    c.forward(0, c.input(0));
    return {};
  }
  return with_plain(from, [&]<class From>() {
    return with_plain(to, [&]<class To>() { return map_unary<From, To>(c, converted_number<To, From>); });
  });
}

using Outputs = std::vector<Output>;

Output times(GradientContext& c, Output x, Output y) { return c.b.op("Mul", {x, y}); }

// The gradient functions of math_grad.py, by TensorFlow's name of the operation.
Outputs grad_neg(GradientContext& c) { return {c.b.op("Neg", {c.grad()})}; }
Outputs grad_abs(GradientContext& c) { return {times(c, c.grad(), c.b.op("Sign", {c.input(0)}))}; }
Outputs grad_sign(GradientContext& c) { return {c.b.op("ZerosLike", {c.input(0)})}; }
Outputs grad_square(GradientContext& c) {
  return {times(c, c.grad(), times(c, c.input(0), scalar_like(c, c.input(0), 2)))};
}
Outputs grad_sqrt(GradientContext& c) { return {c.b.op("SqrtGrad", {c.output(), c.grad()})}; }
Outputs grad_sqrt_grad(GradientContext& c) {
  const Output ratio = c.b.op("RealDiv", {c.grad(), c.input(0)});
  const Output to_y = times(c, c.b.op("Neg", {ratio}), c.output());
  return {to_y, times(c, scalar_like(c, ratio, 0.5), ratio)};
}
Outputs grad_rsqrt(GradientContext& c) { return {c.b.op("RsqrtGrad", {c.output(), c.grad()})}; }
Outputs grad_rsqrt_grad(GradientContext& c) {
  const Output y = c.input(0), g = c.input(1);
  const Output scaled = times(c, times(c, scalar_like(c, y, -1.5), c.grad()), g);
  const Output to_y = times(c, scaled, c.b.op("Square", {y}));
  return {to_y, c.b.op("RsqrtGrad", {y, c.grad()})};
}
Outputs grad_reciprocal(GradientContext& c) { return {c.b.op("ReciprocalGrad", {c.output(), c.grad()})}; }
Outputs grad_reciprocal_grad(GradientContext& c) {
  const Output y = c.input(0), g = c.input(1);
  const Output to_y = times(c, times(c, times(c, c.grad(), scalar_like(c, y, -2)), g), y);
  return {to_y, c.b.op("ReciprocalGrad", {y, c.grad()})};
}
Outputs grad_exp(GradientContext& c) { return {times(c, c.grad(), c.output())}; }
Outputs grad_expm1(GradientContext& c) { return {times(c, c.grad(), c.b.op("Exp", {c.input(0)}))}; }
Outputs grad_log(GradientContext& c) { return {times(c, c.grad(), c.b.op("Reciprocal", {c.input(0)}))}; }
Outputs grad_log1p(GradientContext& c) {
  const Output above = c.b.op("AddV2", {scalar_like(c, c.input(0), 1, "add/x"), c.input(0)}, {}, "add");
  return {times(c, c.grad(), c.b.op("Reciprocal", {above}))};
}
Outputs grad_sin(GradientContext& c) { return {times(c, c.grad(), c.b.op("Cos", {c.input(0)}))}; }
Outputs grad_cos(GradientContext& c) {
  return {times(c, c.b.op("Neg", {c.grad()}), c.b.op("Sin", {c.input(0)}))};
}
Outputs grad_atan(GradientContext& c) {
  const Output square = c.b.op("Square", {c.input(0)});
  const Output above = c.b.op("Add", {scalar_like(c, square, 1), square});
  return {times(c, c.grad(), c.b.op("Reciprocal", {above}))};
}
Outputs grad_erf(GradientContext& c) {
  constexpr double kTwoOverRootPi = 1.1283791670955126;
  const Output square = c.b.op("Square", {c.input(0)});
  const Output bell = c.b.op("Exp", {c.b.op("Neg", {square})});
  return {times(c, times(c, c.grad(), scalar_like(c, square, kTwoOverRootPi)), bell)};
}

Outputs grad_cast(GradientContext& c) {
  const DType from = c.node.attr<DType>("SrcT"), to = c.node.attr<DType>("DstT");
  if (!is_floating(from) || !is_floating(to)) return {Output{}};
  return {c.b.op("Cast", {c.grad()}, {{"DstT", from}})};
}

constexpr DTypeSet kNegTypes{"bfloat16, float16, float32, float64, int32, int64, complex64, complex128",
                             kNumbers.mask};
constexpr DTypeSet kAbsTypes{"bfloat16, float16, float32, float64, int32, int64", kNumbers.mask};
constexpr DTypeSet kCastable{"bool, float32, float64, int32, int64",
                             kNumbers.mask | dtype_mask({DType::kBool})};

Op unary(const char* type, const char* python, const DTypeSet& allowed, const char* formula, const char* help,
         Status (*compute)(KernelContext&), Outputs (*gradient)(GradientContext&)) {
  return unary_op(Family::kMath, type, python, "x", "y", allowed, formula, help, compute, gradient);
}

// A derivative as an operation of its own, as TensorFlow has it: of the result and the gradient.
Op slope(const char* type, const char* python, const char* formula, const char* help,
         Status (*compute)(KernelContext&), Outputs (*gradient)(GradientContext&)) {
  return {.type = type,
          .python = python,
          .family = Family::kMath,
          .inputs = {{"y", "T"}, {"dy", "T"}},
          .outputs = {{"z", "T"}},
          .attrs = {type_attr("T", kFloatsAndComplex)},
          .formula = formula,
          .help = help,
          .infer = infer_broadcast,
          .compute = compute,
          .gradient = gradient};
}

}  // namespace

std::vector<Op> math_ops() {
  return {
      unary("Neg", "tf.negative", kNegTypes, "y = -x", "Changes the sign of every element.",
            for_numeric<Each<Negative>>, grad_neg),
      unary("Abs", "tf.abs", kAbsTypes, "y = |x|", "Drops the sign of every element.",
            for_numeric<Each<Magnitude>>, grad_abs),
      unary("Sign", "tf.sign", kNegTypes, R"(y = \mathrm{sign}(x))", "-1, 0 or 1, as the element's sign is.",
            for_numeric<Each<SignOf>>, grad_sign),
      unary("Square", "tf.square", kNegTypes, "y = x^2", "Squares every element.", for_numeric<Each<Squared>>,
            grad_square),
      unary("Sqrt", "tf.sqrt", kFloatsAndComplex, R"(y = \sqrt{x})", "The square root of every element.",
            for_floating<Each<Root>>, grad_sqrt),
      unary("Rsqrt", "tf.rsqrt", kFloatsAndComplex, R"(y = \frac{1}{\sqrt{x}})",
            "One divided by the square root of every element.", for_floating<Each<InverseRoot>>, grad_rsqrt),
      unary("Reciprocal", "tf.reciprocal", kFloatsAndComplex, R"(y = \frac{1}{x})",
            "One divided by every element.", for_floating<Each<Inverse>>, grad_reciprocal),
      unary("Exp", "tf.exp", kFloatsAndComplex, "y = e^x", "The exponential of every element.", compute_exp,
            grad_exp),
      unary("Expm1", "tf.expm1", kFloatsAndComplex, "y = e^x - 1",
            "The exponential less one, exact where the element is near 0.", compute_expm1, grad_expm1),
      unary("Log", "tf.log", kFloatsAndComplex, R"(y = \ln x)", "The natural logarithm of every element.",
            compute_log, grad_log),
      unary("Log1p", "tf.log1p", kFloatsAndComplex, R"(y = \ln (1 + x))",
            "The logarithm of one more than the element, exact where the element is near 0.", compute_log1p,
            grad_log1p),
      unary("Sin", "tf.sin", kFloatsAndComplex, R"(y = \sin x)", "The sine of every element.", compute_sin,
            grad_sin),
      unary("Cos", "tf.cos", kFloatsAndComplex, R"(y = \cos x)", "The cosine of every element.", compute_cos,
            grad_cos),
      unary("Atan", "tf.atan", kFloatsAndComplex, R"(y = \arctan x)",
            "The angle whose tangent the element is.", compute_atan, grad_atan),
      unary("Erf", "tf.erf", kFloats, R"(y = \frac{2}{\sqrt{\pi}} \int_0^x e^{-t^2} dt)",
            "The error function: how much of a normal distribution lies within the element.", compute_erf,
            grad_erf),
      unary("Floor", "tf.floor", kFloats, R"(y = \lfloor x \rfloor)", "Rounds every element down.",
            for_floating<Each<RoundedDown>>, no_gradient),
      unary("Ceil", "tf.ceil", kFloats, R"(y = \lceil x \rceil)", "Rounds every element up.",
            for_floating<Each<RoundedUp>>, no_gradient),
      unary("Round", "tf.round", kNegTypes, R"(y = \mathrm{round}(x))",
            "Rounds every element to the nearest integer, halves to the even one.",
            for_numeric<Each<Rounded>>, no_gradient),
      unary("Rint", "tf.rint", kFloats, R"(y = \mathrm{rint}(x))",
            "The integer nearest to every element, of two the even one.", for_floating<Each<Rounded>>,
            no_gradient),
      slope("SqrtGrad", "tf.raw_ops.SqrtGrad", R"(z = \frac{g}{2 y})",
            "The gradient of the square root, from its result.", for_floating<EachPair<RootSlope>>,
            grad_sqrt_grad),
      slope("RsqrtGrad", "tf.raw_ops.RsqrtGrad", R"(z = -\frac{1}{2} g y^3)",
            "The gradient of the inverse square root, from its result.",
            for_floating<EachPair<InverseRootSlope>>, grad_rsqrt_grad),
      slope("ReciprocalGrad", "tf.raw_ops.ReciprocalGrad", "z = -g y^2",
            "The gradient of the reciprocal, from its result.", for_floating<EachPair<InverseSlope>>,
            grad_reciprocal_grad),
      {.type = "Cast",
       .python = "tf.cast",
       .family = Family::kMath,
       .inputs = {{"x", "SrcT"}},
       .outputs = {{"y", "DstT"}},
       .attrs = {type_attr("SrcT", kCastable), type_attr("DstT", kCastable, DType::kFloat32)},
       .formula = R"(y = \mathrm{cast}(x))",
       .help = "Turns every element into another dtype; floats lose their fraction on the way to integers.",
       .infer = infer_like_input,
       .compute = compute_cast,
       .gradient = grad_cast},
  };
}

}  // namespace sandflow
