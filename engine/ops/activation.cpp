// Activations, and softmax.
#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/core/math.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/list.h"

namespace sandflow {

namespace {

struct Rectified {
  template <class T>
  T operator()(T x) const {
    return x < T(0) ? T(0) : x;
  }
};
struct Rectified6 {
  template <class T>
  T operator()(T x) const {
    return x < T(0) ? T(0) : x > T(6) ? T(6) : x;
  }
};
struct SoftSigned {
  template <class T>
  T operator()(T x) const {
    return x / (T(1) + std::abs(x));
  }
};

// Of the gradient and what went in or came out.
struct RectifiedSlope {
  template <class T>
  T operator()(T g, T features) const {
    return features > T(0) ? g : T(0);
  }
};
struct Rectified6Slope {
  template <class T>
  T operator()(T g, T features) const {
    return features > T(0) && features < T(6) ? g : T(0);
  }
};
struct EluSlope {
  template <class T>
  T operator()(T g, T y) const {
    return y < T(0) ? g * (y + T(1)) : g;
  }
};
struct SeluSlope {
  template <class T>
  T operator()(T g, T y) const {
    return y < T(0) ? g * (y + static_cast<T>(kScaleAlpha)) : g * static_cast<T>(kScale);
  }
  // core/kernels/relu_op_functor.h.
  static constexpr double kScale = 1.0507009873554804934193349852946;
  static constexpr double kScaleAlpha = 1.7580993408473768599402175208123;
};
struct SoftSignSlope {
  template <class T>
  T operator()(T g, T x) const {
    const T below = T(1) + std::abs(x);
    return g / (below * below);
  }
};
struct SoftPlusSlope {
  template <class T>
  T operator()(T g, T x) const {
    return g / (math::exp(-x) + T(1));
  }
};

struct TanhSlope {
  template <class T>
  T operator()(T y, T g) const {
    return g * (T(1) - y * y);
  }
};
struct SigmoidSlope {
  template <class T>
  T operator()(T y, T g) const {
    return g * y * (T(1) - y);
  }
};

struct Leaky {
  template <class T>
  static Status run(KernelContext& c) {
    const auto alpha = static_cast<T>(c.node().attr<double>("alpha"));
    return map_unary<T, T>(c, [alpha](T x) { return x > T(0) ? x : alpha * x; });
  }
};
struct LeakySlope {
  template <class T>
  static Status run(KernelContext& c) {
    const auto alpha = static_cast<T>(c.node().attr<double>("alpha"));
    return map_binary<T, T>(c, [alpha](T g, T features) { return features > T(0) ? g : alpha * g; });
  }
};

// A kernel that maps the whole input with a function of core/math.h, and then each element and its image.
template <class Map, class F>
struct Mapped {
  template <class T>
  static Status run(KernelContext& c) {
    SANDFLOW_TRY(c.allocate(0, c.input(0).shape()));
    const std::span<const T> x = c.in<T>(0);
    const std::span<T> out = c.out<T>(0);
    Map()(x, out);
    for (std::size_t i = 0; i < x.size(); ++i) out[i] = F()(x[i], out[i]);
    return {};
  }
};
struct Exponential {
  template <class T>
  void operator()(std::span<const T> x, std::span<T> out) const {
    math::exp(x, out);
  }
};
struct Elu {
  template <class T>
  T operator()(T x, T exponential) const {
    return x < T(0) ? exponential - T(1) : x;
  }
};
struct Selu {
  template <class T>
  T operator()(T x, T exponential) const {
    return x < T(0) ? static_cast<T>(SeluSlope::kScaleAlpha) * (exponential - T(1))
                    : static_cast<T>(SeluSlope::kScale) * x;
  }
};
// core/kernels/softplus_op.h: beyond the threshold the difference is lost in rounding.
struct SoftPlus {
  template <class T>
  T operator()(T x, T exponential) const {
    static const T threshold = math::log(std::numeric_limits<T>::epsilon()) + T(2);
    if (x > -threshold) return x;
    return x < threshold ? exponential : math::log(exponential + T(1));
  }
};

struct Tanh {
  template <class T>
  static Status run(KernelContext& c) {
    SANDFLOW_TRY(c.allocate(0, c.input(0).shape()));
    math::tanh(c.in<T>(0), c.out<T>(0));
    return {};
  }
};
struct Sigmoid {
  template <class T>
  static Status run(KernelContext& c) {
    SANDFLOW_TRY(c.allocate(0, c.input(0).shape()));
    math::logistic(c.in<T>(0), c.out<T>(0));
    return {};
  }
};

// Calls f(row of x, row of out) for each slice along the last axis.
template <class T, class F>
Status for_each_row(KernelContext& c, F f) {
  const Tensor& x = c.input(0);
  if (x.shape().rank() == 0) return invalid_argument("logits must have >= 1 dimension, got 0");
  SANDFLOW_TRY(c.allocate(0, x.shape()));
  const auto columns = static_cast<std::size_t>(x.shape().dim(x.shape().rank() - 1));
  const std::span<const T> in = x.read<T>();
  const std::span<T> out = c.out<T>(0);
  for (std::size_t i = 0; i < in.size(); i += columns) f(in.subspan(i, columns), out.subspan(i, columns));
  return {};
}

// core/kernels/softmax_op_functor.h: shifted by the maximum, so that nothing overflows.
template <class T>
T shift_by_maximum(std::span<const T> x, std::span<T> out) {
  const T largest = *std::max_element(x.begin(), x.end());
  for (std::size_t j = 0; j < x.size(); ++j) out[j] = x[j] - largest;
  return largest;
}

struct Softmax {
  template <class T>
  static Status run(KernelContext& c) {
    return for_each_row<T>(c, [](std::span<const T> x, std::span<T> out) {
      shift_by_maximum(x, out);
      math::exp(out, out);
      T sum = 0;
      for (T e : out) sum += e;
      const T scale = T(1) / sum;
      for (T& e : out) e *= scale;
    });
  }
};

struct LogSoftmax {
  template <class T>
  static Status run(KernelContext& c) {
    std::vector<T> exponentials;
    return for_each_row<T>(c, [&](std::span<const T> x, std::span<T> out) {
      shift_by_maximum(x, out);
      exponentials.resize(out.size());
      math::exp(out, std::span<T>(exponentials));
      T sum = 0;
      for (T e : exponentials) sum += e;
      const T log_sum = math::log(sum);
      for (T& s : out) s -= log_sum;
    });
  }
};

Status infer_rows(InferenceContext& c) {
  if (c.input(0).has_rank() && c.input(0).rank() < 1)
    return value_error("Shape must be at least rank 1 but is rank 0");
  return infer_like_input(c);
}

using Outputs = std::vector<Output>;

Output below_zero(GradientContext& c, Output x) { return c.b.op("Less", {x, c.b.op("ZerosLike", {x})}); }

// The gradient functions of nn_grad.py and math_grad.py. Those of relu and its kin look at what came out.
template <const char* const& kSlope>
Outputs from_output(GradientContext& c) {
  return {c.b.op(kSlope, {c.grad(), c.output()})};
}
template <const char* const& kSlope>
Outputs from_input(GradientContext& c) {
  return {c.b.op(kSlope, {c.grad(), c.input(0)})};
}
constexpr const char* kReluGrad = "ReluGrad";
constexpr const char* kRelu6Grad = "Relu6Grad";
constexpr const char* kEluGrad = "EluGrad";
constexpr const char* kSeluGrad = "SeluGrad";
constexpr const char* kSoftplusGrad = "SoftplusGrad";
constexpr const char* kSoftsignGrad = "SoftsignGrad";

// Of a gradient operation whose slope is constant piece by piece.
template <const char* const& kSlope>
Outputs grad_of_pieces(GradientContext& c) {
  return {c.b.op(kSlope, {c.grad(), c.input(1)}), c.b.op("ZerosLike", {c.input(1)})};
}
// Of one whose slope below zero is linear in the output.
template <const char* const& kSlope>
Outputs grad_of_exponential(GradientContext& c) {
  const Output to_gradient = c.b.op(kSlope, {c.grad(), c.input(1)});
  const Output product = c.b.op("Mul", {c.grad(), c.input(0)});
  const Output none = c.b.op("ZerosLike", {c.grad()});
  return {to_gradient, c.b.op("Select", {below_zero(c, c.input(1)), product, none})};
}

Attrs alpha_of(GradientContext& c) { return {{"alpha", c.node.attr<double>("alpha")}}; }
Outputs grad_leaky_relu(GradientContext& c) {
  return {c.b.op("LeakyReluGrad", {c.grad(), c.input(0)}, alpha_of(c))};
}
Outputs grad_leaky_relu_grad(GradientContext& c) {
  const Output to_gradient = c.b.op("LeakyReluGrad", {c.grad(), c.input(1)}, alpha_of(c));
  return {to_gradient, c.b.op("ZerosLike", {c.input(1)})};
}

// nn_grad.py, _SoftplusGradGrad: h * g / (exp(-x) + 2 + exp(x)).
Outputs grad_softplus_grad(GradientContext& c) {
  const Output g = c.input(0), x = c.input(1);
  const Output to_gradient = c.b.op("SoftplusGrad", {c.grad(), x});
  const Output falling = c.b.op("Exp", {c.b.op("Neg", {x})});
  const Output two = scalar_like(c, x, 2, "add/y");
  const Output below =
      c.b.op("AddV2", {c.b.op("AddV2", {falling, two}, {}, "add"), c.b.op("Exp", {x})}, {}, "add");
  return {to_gradient, c.b.op("RealDiv", {c.b.op("Mul", {c.grad(), g}), below}, {}, "truediv")};
}

// TensorFlow stops here; the derivative is -2 h g sign(x) / (1 + |x|)^3.
Outputs grad_softsign_grad(GradientContext& c) {
  const Output g = c.input(0), x = c.input(1);
  const Output to_gradient = c.b.op("SoftsignGrad", {c.grad(), x});
  const Output slope = c.b.op("Mul", {scalar_like(c, x, -2), c.b.op("Sign", {x})});
  const Output below = c.b.op("AddV2", {scalar_like(c, x, 1), c.b.op("Abs", {x})});
  const Output steep = c.b.op("RealDiv", {c.b.op("Mul", {to_gradient, g}), below});
  return {to_gradient, c.b.op("Mul", {steep, slope})};
}

Outputs grad_tanh(GradientContext& c) { return {c.b.op("TanhGrad", {c.output(), c.grad()})}; }
Outputs grad_sigmoid(GradientContext& c) { return {c.b.op("SigmoidGrad", {c.output(), c.grad()})}; }

// Of y(1-y^2)-like kernels: d/dy and d/dg (math_grad.py, _TanhGradGrad and _SigmoidGradGrad).
Outputs grad_tanh_grad(GradientContext& c) {
  const Output y = c.input(0), g = c.input(1);
  const Output scaled = c.b.op("Mul", {c.b.op("Mul", {scalar_like(c, y, -2), c.grad()}), g});
  const Output to_y = c.b.op("Mul", {scaled, y});
  return {to_y, c.b.op("TanhGrad", {y, c.grad()})};
}
Outputs grad_sigmoid_grad(GradientContext& c) {
  const Output y = c.input(0), g = c.input(1);
  const Output product = c.b.op("Mul", {c.grad(), g});
  const Output twice = c.b.op("Mul", {c.b.op("Mul", {scalar_like(c, y, 2), product}), y});
  const Output to_y = c.b.op("Sub", {product, twice});
  return {to_y, c.b.op("SigmoidGrad", {y, c.grad()})};
}

Output sum_over_last(GradientContext& c, Output x) {
  const Output axis = int_constant(c, {-1}, "Sum/reduction_indices");
  return c.b.op("Sum", {x, axis}, {{"keep_dims", true}}, "Sum");
}

// nn_grad.py, _SoftmaxGrad: (g - sum(g * y)) * y.
Outputs grad_softmax(GradientContext& c) {
  const Output product = c.b.op("Mul", {c.grad(), c.output()}, {}, "mul");
  const Output centered = c.b.op("Sub", {c.grad(), sum_over_last(c, product)}, {}, "sub");
  return {c.b.op("Mul", {centered, c.output()}, {}, "mul")};
}

// nn_grad.py, _LogSoftmaxGrad: g - softmax * sum(g).
Outputs grad_log_softmax(GradientContext& c) {
  const Output softmax = c.b.op("Exp", {c.output()});
  const Output scaled = c.b.op("Mul", {sum_over_last(c, c.grad()), softmax}, {}, "mul");
  return {c.b.op("Sub", {c.grad(), scaled}, {}, "sub")};
}

Op activation(const char* type, const char* python, const char* input, const char* output,
              const DTypeSet& allowed, const char* formula, const char* help,
              Status (*compute)(KernelContext&), Outputs (*gradient)(GradientContext&)) {
  return unary_op(Family::kActivation, type, python, input, output, allowed, formula, help, compute,
                  gradient);
}

// The derivative as an operation of its own, as TensorFlow has it.
Op activation_gradient(const char* type, const char* python, const char* first, const char* second,
                       const DTypeSet& allowed, const char* formula, const char* help,
                       Status (*compute)(KernelContext&), Outputs (*gradient)(GradientContext&)) {
  return {.type = type,
          .python = python,
          .family = Family::kActivation,
          .inputs = {{first, "T"}, {second, "T"}},
          .outputs = {{"z", "T"}},
          .attrs = {type_attr("T", allowed)},
          .formula = formula,
          .help = help,
          .infer = infer_broadcast,
          .compute = compute,
          .gradient = gradient};
}

}  // namespace

std::vector<Op> activation_ops() {
  Op softmax = activation(
      "Softmax", "tf.nn.softmax", "logits", "softmax", kHalfFloats, R"(y_i = \frac{e^{x_i}}{\sum_j e^{x_j}})",
      "Turns each row of logits into probabilities.", for_floating<Softmax>, grad_softmax);
  softmax.infer = infer_rows;
  Op log_softmax = activation("LogSoftmax", "tf.nn.log_softmax", "logits", "logsoftmax", kHalfFloats,
                              R"(y_i = x_i - \ln \sum_j e^{x_j})",
                              "The logarithms of the softmax of each row, computed without overflow.",
                              for_floating<LogSoftmax>, grad_log_softmax);
  log_softmax.infer = infer_rows;
  Op leaky = activation("LeakyRelu", "tf.nn.leaky_relu", "features", "activations", kHalfFloats,
                        R"(y = \max(x, \alpha x))", "Keeps what is positive and a small share of the rest.",
                        for_floating<Leaky>, grad_leaky_relu);
  Op leaky_slope =
      activation_gradient("LeakyReluGrad", "tf.raw_ops.LeakyReluGrad", "gradients", "features", kHalfFloats,
                          R"(z = g \cdot \begin{cases} 1 & x > 0 \\ \alpha & \text{else} \end{cases})",
                          "The gradient of leaky relu: whole where the feature is positive, else a share.",
                          for_floating<LeakySlope>, grad_leaky_relu_grad);
  for (Op* op : {&leaky, &leaky_slope})
    op->attrs.push_back({"alpha", AttrKind::kFloat, 0.2, &kAnyType, -10, 10});
  return {
      activation("Relu", "tf.nn.relu", "features", "activations", kRealNumbers, R"(y = \max(x, 0))",
                 "Keeps what is positive and turns the rest to zero.", for_numeric<Each<Rectified>>,
                 from_output<kReluGrad>),
      activation("Relu6", "tf.nn.relu6", "features", "activations", kRealNumbers,
                 R"(y = \min(\max(x, 0), 6))", "Relu that stops growing at 6.", for_numeric<Each<Rectified6>>,
                 from_output<kRelu6Grad>),
      std::move(leaky),
      activation("Elu", "tf.nn.elu", "features", "activations", kHalfFloats,
                 R"(y = \begin{cases} x & x \ge 0 \\ e^x - 1 & \text{else} \end{cases})",
                 "Relu that bends smoothly towards -1 below zero.", for_floating<Mapped<Exponential, Elu>>,
                 from_output<kEluGrad>),
      activation("Selu", "tf.nn.selu", "features", "activations", kHalfFloats,
                 R"(y = \lambda \begin{cases} x & x \ge 0 \\ \alpha (e^x - 1) & \text{else} \end{cases})",
                 "Elu scaled so that signals keep mean 0 and variance 1 from layer to layer.",
                 for_floating<Mapped<Exponential, Selu>>, from_output<kSeluGrad>),
      activation("Softplus", "tf.nn.softplus", "features", "activations", kHalfFloats, R"(y = \ln(1 + e^x))",
                 "A smooth relu.", for_floating<Mapped<Exponential, SoftPlus>>, from_input<kSoftplusGrad>),
      activation("Softsign", "tf.nn.softsign", "features", "activations", kHalfFloats,
                 R"(y = \frac{x}{1 + |x|})", "Squashes like tanh, but reaches its ends more slowly.",
                 for_floating<Each<SoftSigned>>, from_input<kSoftsignGrad>),
      activation("Tanh", "tf.tanh", "x", "y", kFloatsAndComplex, R"(y = \tanh x)",
                 "Squashes every element into the range from -1 to 1.", for_floating<Tanh>, grad_tanh),
      activation("Sigmoid", "tf.sigmoid", "x", "y", kFloatsAndComplex, R"(y = \frac{1}{1 + e^{-x}})",
                 "Squashes every element into the range from 0 to 1.", for_floating<Sigmoid>, grad_sigmoid),
      std::move(softmax),
      std::move(log_softmax),
      activation_gradient("ReluGrad", "tf.raw_ops.ReluGrad", "gradients", "features", kRealNumbers,
                          R"(z = g \cdot [x > 0])",
                          "The gradient of relu: passes where the activation is positive.",
                          for_numeric<EachPair<RectifiedSlope>>, grad_of_pieces<kReluGrad>),
      activation_gradient("Relu6Grad", "tf.raw_ops.Relu6Grad", "gradients", "features", kRealNumbers,
                          R"(z = g \cdot [0 < x < 6])",
                          "The gradient of relu6: passes where the activation is between 0 and 6.",
                          for_numeric<EachPair<Rectified6Slope>>, grad_of_pieces<kRelu6Grad>),
      std::move(leaky_slope),
      activation_gradient("EluGrad", "tf.raw_ops.EluGrad", "gradients", "outputs", kHalfFloats,
                          R"(z = g \cdot \begin{cases} 1 & y \ge 0 \\ y + 1 & \text{else} \end{cases})",
                          "The gradient of elu, from its result.", for_floating<EachPair<EluSlope>>,
                          grad_of_exponential<kEluGrad>),
      activation_gradient(
          "SeluGrad", "tf.raw_ops.SeluGrad", "gradients", "outputs", kHalfFloats,
          R"(z = g \cdot \begin{cases} \lambda & y \ge 0 \\ y + \lambda \alpha & \text{else} \end{cases})",
          "The gradient of selu, from its result.", for_floating<EachPair<SeluSlope>>,
          grad_of_exponential<kSeluGrad>),
      activation_gradient("SoftplusGrad", "tf.raw_ops.SoftplusGrad", "gradients", "features", kHalfFloats,
                          R"(z = \frac{g}{1 + e^{-x}})", "The gradient of softplus: the sigmoid.",
                          for_floating<EachPair<SoftPlusSlope>>, grad_softplus_grad),
      activation_gradient("SoftsignGrad", "tf.raw_ops.SoftsignGrad", "gradients", "features", kHalfFloats,
                          R"(z = \frac{g}{(1 + |x|)^2})", "The gradient of softsign.",
                          for_floating<EachPair<SoftSignSlope>>, grad_softsign_grad),
      activation_gradient("TanhGrad", "tf.raw_ops.TanhGrad", "y", "dy", kFloatsAndComplex,
                          R"(z = g \cdot (1 - y^2))", "The gradient of tanh, from its result.",
                          for_floating<EachPair<TanhSlope>>, grad_tanh_grad),
      activation_gradient(
          "SigmoidGrad", "tf.raw_ops.SigmoidGrad", "y", "dy", kFloatsAndComplex, R"(z = g \cdot y (1 - y))",
          "The gradient of the sigmoid, from its result; it vanishes where the result is near 0 or 1.",
          for_floating<EachPair<SigmoidSlope>>, grad_sigmoid_grad),
  };
}

}  // namespace sandflow
