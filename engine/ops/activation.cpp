// Activations, and softmax.
#include <algorithm>

#include "engine/core/math.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/list.h"

namespace sandflow {

namespace {

struct Rectified {
  template <class T>
  static Status run(KernelContext& c) {
    return map_unary<T, T>(c, [](T x) { return x < T(0) ? T(0) : x; });
  }
};
struct RectifiedGradient {
  template <class T>
  static Status run(KernelContext& c) {
    return map_binary<T, T>(c, [](T g, T features) { return features > T(0) ? g : T(0); });
  }
};
struct TanhGradient {
  template <class T>
  static Status run(KernelContext& c) {
    return map_binary<T, T>(c, [](T y, T g) { return g * (T(1) - y * y); });
  }
};
struct SigmoidGradient {
  template <class T>
  static Status run(KernelContext& c) {
    return map_binary<T, T>(c, [](T y, T g) { return g * y * (T(1) - y); });
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

std::vector<Output> grad_relu(GradientContext& c) { return {c.b.op("ReluGrad", {c.grad(), c.output()})}; }
std::vector<Output> grad_relu_grad(GradientContext& c) {
  return {c.b.op("ReluGrad", {c.grad(), c.input(1)}), c.b.op("ZerosLike", {c.input(1)})};
}
std::vector<Output> grad_tanh(GradientContext& c) { return {c.b.op("TanhGrad", {c.output(), c.grad()})}; }
std::vector<Output> grad_sigmoid(GradientContext& c) {
  return {c.b.op("SigmoidGrad", {c.output(), c.grad()})};
}

Output scalar_constant(GradientContext& c, double value, const char* name) {
  const Tensor tensor = c.b.dtype(c.input(0)) == DType::kFloat64 ? Tensor::scalar(value)
                                                                 : Tensor::scalar(static_cast<float>(value));
  return c.b.op("Const", {}, {{"value", tensor}, {"dtype", tensor.dtype()}}, name);
}

// Of y(1-y^2)-like kernels: d/dy and d/dg (math_grad.py, _TanhGradGrad and _SigmoidGradGrad).
std::vector<Output> grad_tanh_grad(GradientContext& c) {
  const Output y = c.input(0), g = c.input(1);
  const Output scaled = c.b.op("Mul", {c.b.op("Mul", {scalar_constant(c, -2, "Const"), c.grad()}), g});
  const Output to_y = c.b.op("Mul", {scaled, y});
  return {to_y, c.b.op("TanhGrad", {y, c.grad()})};
}
std::vector<Output> grad_sigmoid_grad(GradientContext& c) {
  const Output y = c.input(0), g = c.input(1);
  const Output product = c.b.op("Mul", {c.grad(), g});
  const Output twice = c.b.op("Mul", {c.b.op("Mul", {scalar_constant(c, 2, "Const"), product}), y});
  const Output to_y = c.b.op("Sub", {product, twice});
  return {to_y, c.b.op("SigmoidGrad", {y, c.grad()})};
}

Output sum_over_last(GradientContext& c, Output x) {
  const Tensor last = Tensor::vector(std::vector<std::int32_t>{-1});
  const Output axis =
      c.b.op("Const", {}, {{"value", last}, {"dtype", DType::kInt32}}, "Sum/reduction_indices");
  return c.b.op("Sum", {x, axis}, {{"keep_dims", true}}, "Sum");
}

// nn_grad.py, _SoftmaxGrad: (g - sum(g * y)) * y.
std::vector<Output> grad_softmax(GradientContext& c) {
  const Output product = c.b.op("Mul", {c.grad(), c.output()}, {}, "mul");
  const Output centered = c.b.op("Sub", {c.grad(), sum_over_last(c, product)}, {}, "sub");
  return {c.b.op("Mul", {centered, c.output()}, {}, "mul")};
}

// nn_grad.py, _LogSoftmaxGrad: g - softmax * sum(g).
std::vector<Output> grad_log_softmax(GradientContext& c) {
  const Output softmax = c.b.op("Exp", {c.output()});
  const Output scaled = c.b.op("Mul", {sum_over_last(c, c.grad()), softmax}, {}, "mul");
  return {c.b.op("Sub", {c.grad(), scaled}, {}, "sub")};
}

Op activation(const char* type, const char* python, const char* input, const char* output,
              const DTypeSet& allowed, const char* formula, const char* help,
              Status (*compute)(KernelContext&), std::vector<Output> (*gradient)(GradientContext&)) {
  return unary_op(Family::kActivation, type, python, input, output, allowed, formula, help, compute,
                  gradient);
}

// The derivative as an operation of its own, as TensorFlow has it: of the activation's result and the
// gradient.
Op activation_gradient(const char* type, const char* python, const char* first, const char* second,
                       const char* formula, const char* help, Status (*compute)(KernelContext&),
                       std::vector<Output> (*gradient)(GradientContext&)) {
  return {.type = type,
          .python = python,
          .family = Family::kActivation,
          .inputs = {{first, "T"}, {second, "T"}},
          .outputs = {{"z", "T"}},
          .attrs = {type_attr("T", kFloats)},
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
  return {
      activation("Relu", "tf.nn.relu", "features", "activations", kRealNumbers, R"(y = \max(x, 0))",
                 "Keeps what is positive and turns the rest to zero.", for_numeric<Rectified>, grad_relu),
      activation("Tanh", "tf.tanh", "x", "y", kFloatsAndComplex, R"(y = \tanh x)",
                 "Squashes every element into the range from -1 to 1.", for_floating<Tanh>, grad_tanh),
      activation("Sigmoid", "tf.sigmoid", "x", "y", kFloatsAndComplex, R"(y = \frac{1}{1 + e^{-x}})",
                 "Squashes every element into the range from 0 to 1.", for_floating<Sigmoid>, grad_sigmoid),
      std::move(softmax),
      std::move(log_softmax),
      activation_gradient("ReluGrad", "tf.raw_ops.ReluGrad", "gradients", "features",
                          R"(z = g \cdot [x > 0])",
                          "The gradient of relu: passes where the activation is positive.",
                          for_floating<RectifiedGradient>, grad_relu_grad),
      activation_gradient("TanhGrad", "tf.raw_ops.TanhGrad", "y", "dy", R"(z = g \cdot (1 - y^2))",
                          "The gradient of tanh, from its result.", for_floating<TanhGradient>,
                          grad_tanh_grad),
      activation_gradient(
          "SigmoidGrad", "tf.raw_ops.SigmoidGrad", "y", "dy", R"(z = g \cdot y (1 - y))",
          "The gradient of the sigmoid, from its result; it vanishes where the result is near 0 or 1.",
          for_floating<SigmoidGradient>, grad_sigmoid_grad),
  };
}

}  // namespace sandflow
