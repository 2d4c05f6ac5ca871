// Losses that are operations of their own.
#include <algorithm>

#include "engine/core/math.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/list.h"

namespace sandflow {

namespace {

Status infer_cross_entropy(InferenceContext& c) {
  SANDFLOW_TRY(c.require_rank(0, 2));
  SANDFLOW_TRY(c.require_rank(1, 2));
  Result<Shape> both = merge(c.input(0), c.input(1));
  if (!both.ok()) return both.error();
  c.output(0, Shape{both->has_rank() ? both->dim(0) : Shape::kUnknown});
  c.output(1, both->has_rank() ? *both : Shape::unknown_dims(2));
  return {};
}

// The exponentials of a row shifted by its maximum, and their sum.
template <class T>
T exponentials(std::span<const T> x, std::span<T> row, T* largest) {
  *largest = *std::max_element(x.begin(), x.end());
  for (std::size_t j = 0; j < x.size(); ++j) row[j] = x[j] - *largest;
  math::exp(row, row);
  T sum = 0;
  for (T e : row) sum += e;
  return sum;
}

// core/kernels/xent_op.h: the loss of each row, and its gradient softmax - labels beside it.
struct CrossEntropy {
  template <class T>
  static Status run(KernelContext& c) {
    const Tensor &logits = c.input(0), &labels = c.input(1);
    if (logits.shape() != labels.shape())
      return invalid_argument(cat("logits and labels must be broadcastable: logits_size=",
                                  logits.shape().runtime(), " labels_size=", labels.shape().runtime()));
    if (logits.shape().rank() != 2) return invalid_argument("logits and labels must be either 2-dimensional");
    const auto columns = static_cast<std::size_t>(logits.shape().dim(1));
    SANDFLOW_TRY(c.allocate(0, {logits.shape().dim(0)}));
    SANDFLOW_TRY(c.allocate(1, logits.shape()));
    const std::span<const T> x = logits.read<T>(), y = labels.read<T>();
    const std::span<T> loss = c.out<T>(0), backprop = c.out<T>(1);
    for (std::size_t i = 0; columns > 0 && i < loss.size(); ++i) {
      const auto row_x = x.subspan(i * columns, columns), row_y = y.subspan(i * columns, columns);
      const auto row = backprop.subspan(i * columns, columns);
      T largest;
      const T sum = exponentials(row_x, row, &largest);
      const T log_sum = math::log(sum);
      T total = 0;
      for (std::size_t j = 0; j < columns; ++j) total += row_y[j] * (log_sum - (row_x[j] - largest));
      loss[i] = total;
      for (std::size_t j = 0; j < columns; ++j) row[j] = row[j] / sum - row_y[j];
    }
    return {};
  }
};

// nn_grad.py, _SoftmaxCrossEntropyWithLogitsGrad.
std::vector<Output> grad_cross_entropy(GradientContext& c) {
  const Output logits = c.input(0), backprop = c.output(1);
  const auto last = [&] {
    const Tensor axis = Tensor::scalar(std::int32_t{-1});
    return c.b.op("Const", {}, {{"value", axis}, {"dtype", DType::kInt32}}, "ExpandDims/dim");
  };
  Output to_logits, to_labels;
  if (c.grad(0).valid()) {
    const Output spread = c.b.op("ExpandDims", {c.grad(0), last()}, {}, "ExpandDims");
    to_logits = c.b.op("Mul", {spread, backprop}, {}, "mul");
    const Output log_softmax = c.b.op("LogSoftmax", {logits});
    const Output negative = c.b.op("Neg", {log_softmax});
    to_labels =
        c.b.op("Mul", {c.b.op("ExpandDims", {c.grad(0), last()}, {}, "ExpandDims"), negative}, {}, "mul");
  }
  if (c.grad(1).valid()) {
    // The gradient was itself differentiated: (h - sum(h * s)) * s with s the softmax.
    const Output softmax = c.b.op("Softmax", {logits});
    const Output product = c.b.op("Mul", {c.grad(1), softmax});
    const Tensor axes = Tensor::vector(std::vector<std::int32_t>{-1});
    const Output axis = c.b.op("Const", {}, {{"value", axes}, {"dtype", DType::kInt32}});
    const Output sum = c.b.op("Sum", {product, axis}, {{"keep_dims", true}});
    const Output second = c.b.op("Mul", {c.b.op("Sub", {c.grad(1), sum}), softmax});
    to_logits = to_logits.valid() ? c.b.op("AddV2", {to_logits, second}, {}, "add") : second;
    const Output minus = c.b.op("Neg", {c.grad(1)});
    to_labels = to_labels.valid() ? c.b.op("AddV2", {to_labels, minus}, {}, "add") : minus;
  }
  return {to_logits, to_labels};
}

Status infer_sparse_cross_entropy(InferenceContext& c) {
  SANDFLOW_TRY(c.require_rank(0, 2));
  SANDFLOW_TRY(c.require_rank(1, 1));
  const Shape logits = c.input(0).has_rank() ? c.input(0) : Shape::unknown_dims(2);
  const Shape labels = c.input(1).has_rank() ? c.input(1) : Shape::unknown_dims(1);
  const Result<Shape> batch = merge(Shape{logits.dim(0)}, labels);
  if (!batch.ok()) return batch.error();
  c.output(0, *batch);
  c.output(1, Shape{batch->dim(0), logits.dim(1)});
  return {};
}

// core/kernels/sparse_xent_op.h: the label is the index of the right class.
struct SparseCrossEntropy {
  template <class T>
  static Status run(KernelContext& c) {
    const Tensor &logits = c.input(0), &labels = c.input(1);
    if (logits.shape().rank() != 2)
      return invalid_argument(cat("logits must be 2-D, but got shape ", logits.shape().runtime()));
    if (labels.shape().rank() != 1)
      return invalid_argument(cat("labels must be 1-D, but got shape ", labels.shape().runtime()));
    if (logits.shape().dim(0) != labels.shape().dim(0))
      return invalid_argument(cat("logits and labels must have the same first dimension, got logits shape ",
                                  logits.shape().runtime(), " and labels shape ", labels.shape().runtime()));
    const std::int64_t classes = logits.shape().dim(1);
    if (classes <= 0)
      return invalid_argument(
          cat("Must have at least one class, but got logits shape ", logits.shape().runtime()));
    for (std::int64_t i = 0; i < labels.elements(); ++i)
      if (labels.integer(i) < 0 || labels.integer(i) >= classes) return out_of_range(labels, i, classes);
    SANDFLOW_TRY(c.allocate(0, labels.shape()));
    SANDFLOW_TRY(c.allocate(1, logits.shape()));
    const auto columns = static_cast<std::size_t>(classes);
    const std::span<const T> x = logits.read<T>();
    const std::span<T> loss = c.out<T>(0), backprop = c.out<T>(1);
    for (std::size_t i = 0; i < loss.size(); ++i) {
      const auto row_x = x.subspan(i * columns, columns);
      const auto row = backprop.subspan(i * columns, columns);
      const auto label = static_cast<std::size_t>(labels.integer(static_cast<std::int64_t>(i)));
      T largest;
      const T sum = exponentials(row_x, row, &largest);
      loss[i] = math::log(sum) - (row_x[label] - largest);
      for (T& e : row) e /= sum;
      row[label] -= T(1);
    }
    return {};
  }

  static Error out_of_range(const Tensor& labels, std::int64_t bad, std::int64_t classes) {
    std::string values;
    for (std::int64_t i = 0; i < std::min<std::int64_t>(labels.elements(), 100); ++i)
      values += cat(i ? " " : "", labels.integer(i));
    return invalid_argument(cat("Received a label value of ", labels.integer(bad),
                                " which is outside the valid range of [0, ", classes,
                                ").  Label values: ", values));
  }
};

// nn_grad.py, _SparseSoftmaxCrossEntropyWithLogitsGrad.
std::vector<Output> grad_sparse_cross_entropy(GradientContext& c) {
  const Output fixed = c.b.op(
      "PreventGradient", {c.output(1)},
      {{"message", std::string("Currently there is no way to take the second derivative of "
                               "sparse_softmax_cross_entropy_with_logits due to the fused implementation's "
                               "interaction with tf.gradients()")}});
  if (!c.grad(0).valid()) return {{}, {}};
  const Tensor last = Tensor::scalar(std::int32_t{-1});
  const Output axis = c.b.op("Const", {}, {{"value", last}, {"dtype", DType::kInt32}}, "ExpandDims/dim");
  const Output spread = c.b.op("ExpandDims", {c.grad(0), axis}, {}, "ExpandDims");
  return {c.b.op("Mul", {spread, fixed}, {}, "mul"), {}};
}

}  // namespace

std::vector<Op> loss_ops() {
  return {
      {.type = "SoftmaxCrossEntropyWithLogits",
       .python = "tf.nn.softmax_cross_entropy_with_logits_v2",
       .family = Family::kLoss,
       .inputs = {{"features", "T"}, {"labels", "T"}},
       .outputs = {{"loss", "T"}, {"backprop", "T"}},
       .attrs = {type_attr("T", kHalfFloats)},
       .formula = R"(E_i = -\sum_j t_{ij} \ln \mathrm{softmax}(x_i)_j)",
       .help = "How far each row's softmax is from its one-hot label.",
       .infer = infer_cross_entropy,
       .compute = for_floating<CrossEntropy>,
       .gradient = grad_cross_entropy},
      {.type = "SparseSoftmaxCrossEntropyWithLogits",
       .python = "tf.nn.sparse_softmax_cross_entropy_with_logits",
       .family = Family::kLoss,
       .inputs = {{"features", "T"}, {"labels", "Tlabels"}},
       .outputs = {{"loss", "T"}, {"backprop", "T"}},
       .attrs = {type_attr("T", kHalfFloats), type_attr("Tlabels", kIndexTypes)},
       .formula = R"(E_i = -\ln \mathrm{softmax}(x_i)_{t_i})",
       .help = "How far each row's softmax is from its class, given by its index.",
       .infer = infer_sparse_cross_entropy,
       .compute = for_floating<SparseCrossEntropy>,
       .gradient = grad_sparse_cross_entropy},
  };
}

}  // namespace sandflow
