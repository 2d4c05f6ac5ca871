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
constexpr auto compute_exp = map_span<static_cast<F32>(math::exp), static_cast<F64>(math::exp)>;
constexpr auto compute_log = map_span<static_cast<F32>(math::log), static_cast<F64>(math::log)>;

struct Negative {
  template <class T>
  static Status run(KernelContext& c) {
    return map_unary<T, T>(c, [](T x) {
      if constexpr (std::is_integral_v<T>)
        return static_cast<T>(0 - static_cast<std::make_unsigned_t<T>>(x));
      else
        return -x;
    });
  }
};
struct Squared {
  template <class T>
  static Status run(KernelContext& c) {
    return map_unary<T, T>(c, [](T x) {
      if constexpr (std::is_integral_v<T>) {
        const auto u = static_cast<std::make_unsigned_t<T>>(x);
        return static_cast<T>(u * u);
      } else {
        return x * x;
      }
    });
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

std::vector<Output> grad_neg(GradientContext& c) { return {c.b.op("Neg", {c.grad()})}; }

std::vector<Output> grad_square(GradientContext& c) {
  const Tensor two = c.b.dtype(c.input(0)) == DType::kFloat64 ? Tensor::scalar(2.0) : Tensor::scalar(2.0f);
  const Output constant = c.b.op("Const", {}, {{"value", two}, {"dtype", two.dtype()}});
  return {c.b.op("Mul", {c.grad(), c.b.op("Mul", {c.input(0), constant})})};
}

std::vector<Output> grad_exp(GradientContext& c) { return {c.b.op("Mul", {c.grad(), c.output()})}; }

std::vector<Output> grad_log(GradientContext& c) {
  return {c.b.op("Mul", {c.grad(), c.b.op("Reciprocal", {c.input(0)})})};
}

struct Inverse {
  template <class T>
  static Status run(KernelContext& c) {
    return map_unary<T, T>(c, [](T x) { return T(1) / x; });
  }
};

// math_grad.py, _ReciprocalGrad: -g * y^2.
std::vector<Output> grad_reciprocal(GradientContext& c) {
  const Output square = c.b.op("Square", {c.output()});
  return {c.b.op("Neg", {c.b.op("Mul", {c.grad(), square})})};
}

std::vector<Output> grad_cast(GradientContext& c) {
  const DType from = c.node.attr<DType>("SrcT"), to = c.node.attr<DType>("DstT");
  if (!is_floating(from) || !is_floating(to)) return {Output{}};
  return {c.b.op("Cast", {c.grad()}, {{"DstT", from}})};
}

constexpr DTypeSet kNegTypes{"bfloat16, float16, float32, float64, int32, int64, complex64, complex128",
                             kNumbers.mask};
constexpr DTypeSet kCastable{"bool, float32, float64, int32, int64",
                             kNumbers.mask | dtype_mask({DType::kBool})};

Op unary(const char* type, const char* python, const DTypeSet& allowed, const char* formula, const char* help,
         Status (*compute)(KernelContext&), std::vector<Output> (*gradient)(GradientContext&)) {
  return unary_op(Family::kMath, type, python, "x", "y", allowed, formula, help, compute, gradient);
}

}  // namespace

std::vector<Op> math_ops() {
  return {
      unary("Neg", "tf.negative", kNegTypes, "y = -x", "Changes the sign of every element.",
            for_numeric<Negative>, grad_neg),
      unary("Square", "tf.square", kNegTypes, "y = x^2", "Squares every element.", for_numeric<Squared>,
            grad_square),
      unary("Reciprocal", "tf.reciprocal", kFloatsAndComplex, R"(y = \frac{1}{x})",
            "One divided by every element.", for_floating<Inverse>, grad_reciprocal),
      unary("Exp", "tf.exp", kFloatsAndComplex, "y = e^x", "The exponential of every element.", compute_exp,
            grad_exp),
      unary("Log", "tf.log", kFloatsAndComplex, R"(y = \ln x)", "The natural logarithm of every element.",
            compute_log, grad_log),
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
