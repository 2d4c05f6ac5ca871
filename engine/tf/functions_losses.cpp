// tf.losses: one number that says how wrong predictions are (python/ops/losses/losses_impl.py of
// TensorFlow 1.15).
#include "engine/core/text.h"
#include "engine/tf/functions.h"

namespace sandflow::tf {

namespace {

using Outputs = std::vector<Output>;

Output as_float(const Call& c, Output x) { return c.cast(x, DType::kFloat32); }

Output one(const Call& c, double value) {
  return c.op("Const", {},
              {{"value", Tensor::scalar(static_cast<float>(value))}, {"dtype", DType::kFloat32}});
}

// losses_impl.py, _num_present: how many elements have a weight that is not 0.
Output present(const Call& c, Output losses, Output weights) {
  const Output zero = c.op("ZerosLike", {weights}, {}, "num_present/zeros_like");
  const Output is_none = c.op("Equal", {weights, zero}, {}, "num_present/Equal");
  const Output some = c.op("OnesLike", {weights}, {}, "num_present/ones_like");
  const Output chosen = c.op("Select", {is_none, zero, some}, {}, "num_present/Select");
  const Output everywhere = c.op("OnesLike", {losses}, {}, "num_present/broadcast_weights/ones_like");
  const Output broadcast = c.op("Mul", {chosen, everywhere}, {}, "num_present/broadcast_weights");
  return c.reduce("Sum", broadcast, {}, false);
}

// losses_impl.py, compute_weighted_loss.
Output weighted(const Call& c, Output losses) {
  const Output weights = c.in(2).valid() ? as_float(c, c.in(2)) : one(c, 1);
  const Shape known = c.b.shape(losses), of = c.b.shape(weights);
  if (known.has_rank() && of.has_rank() && of.rank() != 0) {
    bool fits = of.rank() == known.rank();
    for (int i = 0; fits && i < of.rank(); ++i)
      fits = of.dim(i) == 1 || of.dim(i) == Shape::kUnknown || known.dim(i) == Shape::kUnknown ||
             of.dim(i) == known.dim(i);
    if (!fits)
      return c.b.fail(value_error(cat("weights can not be broadcast to values. values.rank=", known.rank(),
                                      ". weights.rank=", of.rank(), ". values.shape=", known.python(),
                                      ". weights.shape=", of.python(), ".")));
  }
  const Output each = c.op("Mul", {losses, weights});
  const std::string& reduction = c.attr<std::string>("reduction");
  if (reduction == "none") return each;
  const Output sum = c.reduce("Sum", each, {}, false);
  if (reduction == "weighted_sum") return sum;
  Output count;
  if (reduction == "weighted_mean") {
    const Output everywhere = c.op("OnesLike", {losses}, {}, "ones_like");
    count = c.reduce("Sum", c.mul(everywhere, weights), {}, false);
  } else if (reduction == "weighted_sum_over_batch_size") {
    count = as_float(c, c.op("Size", {losses}, {{"out_type", DType::kInt32}}, "num_elements"));
  } else {
    count = present(c, losses, weights);
  }
  return c.op("DivNoNan", {sum, count}, {}, "value");
}

bool agree(const Call& c, Output predictions, Output labels) {
  const Shape x = c.b.shape(predictions), y = c.b.shape(labels);
  if (!c.b.ok()) return false;
  if (x.compatible_with(y)) return true;
  c.b.fail(value_error(cat("Shapes ", x.python(), " and ", y.python(), " are incompatible")));
  return false;
}

// The weighted loss of `distance` between predictions and labels, element by element.
template <Output (*kDistance)(const Call&, Output labels, Output predictions)>
Outputs loss(const Call& c) {
  const Output predictions = as_float(c, c.in(1)), labels = as_float(c, c.in(0));
  if (!agree(c, predictions, labels)) return {{}};
  return {weighted(c, kDistance(c, labels, predictions))};
}

Output squared(const Call& c, Output labels, Output predictions) {
  return c.op("SquaredDifference", {predictions, labels});
}
Output absolute(const Call& c, Output labels, Output predictions) {
  return c.op("Abs", {c.op("Sub", {predictions, labels})});
}
Output huber(const Call& c, Output labels, Output predictions) {
  const Output delta = one(c, c.attr<double>("delta"));
  const Output error = c.op("Abs", {c.op("Sub", {predictions, labels})});
  const Output quadratic = c.op("Minimum", {error, delta});
  const Output linear = c.op("Sub", {error, quadratic});
  const Output half = c.op("Mul", {one(c, 0.5), c.op("Mul", {quadratic, quadratic})});
  return c.op("Add", {half, c.op("Mul", {delta, linear})});
}
// Labels of 0 and 1 stand for -1 and 1.
Output hinge(const Call& c, Output labels, Output logits) {
  const Output ones = c.op("OnesLike", {labels}, {}, "ones_like");
  const Output signs = c.op("Sub", {c.mul(one(c, 2), labels), ones});
  return c.op("Relu", {c.op("Sub", {ones, c.op("Mul", {signs, logits})})});
}
Output logarithmic(const Call& c, Output labels, Output predictions) {
  const Output epsilon = one(c, c.attr<double>("epsilon")), all = one(c, 1);
  const Output hit = c.op("Neg", {c.op("Mul", {labels, c.op("Log", {c.add(predictions, epsilon)})})});
  const Output rest = c.op("Log", {c.add(c.sub(all, predictions), epsilon)});
  return c.sub(hit, c.op("Mul", {c.sub(all, labels), rest}));
}

Output inner(const Call& c, const char* function, Output labels, Output logits) {
  const Result<Outputs> result = call(c.b, *find_function(function), {labels, logits});
  return result.ok() ? (*result)[0] : c.b.fail(result.error());
}

Output sigmoid(const Call& c, Output labels, Output logits) {
  const double smoothing = c.attr<double>("label_smoothing");
  if (smoothing > 0) labels = c.add(c.mul(labels, one(c, 1 - smoothing)), one(c, 0.5 * smoothing));
  return inner(c, "sigmoid_cross_entropy_with_logits", labels, logits);
}

Outputs softmax(const Call& c) {
  const Output logits = c.in(1);
  Output labels = c.cast(c.in(0), c.b.dtype(logits));
  if (!agree(c, logits, labels)) return {{}};
  const double smoothing = c.attr<double>("label_smoothing");
  if (smoothing > 0) {
    const Shape shape = c.b.shape(labels);
    if (!shape.has_rank() || shape.rank() < 2 || shape.dim(1) == Shape::kUnknown)
      return {c.b.fail(value_error("label_smoothing needs to know the number of classes."))};
    const auto classes = static_cast<double>(shape.dim(1));
    labels = c.add(c.mul(labels, c.scalar_like(labels, 1 - smoothing)),
                   c.scalar_like(labels, smoothing / classes));
  }
  const Output still = c.op("StopGradient", {labels}, {}, "labels_stop_gradient");
  return {weighted(c, as_float(c, inner(c, "softmax_cross_entropy_with_logits_v2", still, logits)))};
}

Outputs sparse_softmax(const Call& c) {
  return {weighted(c, as_float(c, inner(c, "sparse_softmax_cross_entropy_with_logits", c.in(0), c.in(1))))};
}

Outputs cosine(const Call& c) {
  const Output predictions = as_float(c, c.in(1)), labels = as_float(c, c.in(0));
  if (!agree(c, predictions, labels)) return {{}};
  const Output along =
      c.reduce("Sum", c.op("Mul", {predictions, labels}), {c.attr<std::int64_t>("axis")}, true);
  return {weighted(c, c.sub(one(c, 1), along))};
}

const AttrSpec kReduction{
    .name = "reduction",
    .kind = AttrKind::kString,
    .initial = std::string("weighted_sum_by_nonzero_weights"),
    .choices = {"none", "weighted_sum", "weighted_mean", "weighted_sum_over_batch_size",
                "weighted_sum_by_nonzero_weights", "weighted_sum_over_nonzero_weights"}};
const AttrSpec kSmoothing{"label_smoothing", AttrKind::kFloat, 0.0, &kAnyType, 0, 1};

Function described(const char* name, const char* python, const char* scope, const char* labels,
                   const char* predictions, const char* formula, const char* help,
                   Outputs (*build)(const Call&), std::vector<AttrSpec> more = {}) {
  more.push_back(kReduction);
  return {.name = name,
          .python = python,
          .family = Family::kLoss,
          .scope = scope,
          .inputs = {{labels, "T"}, {predictions, "T"}, {"weights", "T"}},
          .outputs = {"loss"},
          .attrs = std::move(more),
          .formula = formula,
          .help = help,
          .build = build,
          .optional = 1};
}

}  // namespace

std::vector<Function> loss_functions() {
  Function sparse =
      described("sparse_softmax_cross_entropy", "tf.losses.sparse_softmax_cross_entropy",
                "sparse_softmax_cross_entropy_loss", "labels", "logits",
                R"(E = -\frac{1}{n} \sum_i \ln \mathrm{softmax}(x_i)_{t_i})",
                "The average cross-entropy of softmax and classes given by index.", sparse_softmax);
  sparse.inputs[0].type = "Tlabels";
  return {
      described("mean_squared_error", "tf.losses.mean_squared_error", "mean_squared_error", "labels",
                "predictions", R"(E = \frac{1}{n} \sum_i (p_i - t_i)^2)",
                "The average of the squared errors.", loss<squared>),
      described("absolute_difference", "tf.losses.absolute_difference", "absolute_difference", "labels",
                "predictions", R"(E = \frac{1}{n} \sum_i |p_i - t_i|)",
                "The average of the errors without their sign.", loss<absolute>),
      described(
          "huber_loss", "tf.losses.huber_loss", "huber_loss", "labels", "predictions",
          R"(E = \frac{1}{n} \sum_i \begin{cases} e^2 / 2 & |e| \le \delta \\ \delta |e| - \delta^2 / 2 & \text{else} \end{cases})",
          "Squared for small errors, straight for large ones, so that outliers count less.", loss<huber>,
          {{"delta", AttrKind::kFloat, 1.0, &kAnyType, 1e-6, 1e6}}),
      described("hinge_loss", "tf.losses.hinge_loss", "hinge_loss", "labels", "logits",
                R"(E = \frac{1}{n} \sum_i \max(0, 1 - y_i x_i))",
                "Zero once a logit is on the right side by 1, as in a support vector machine.", loss<hinge>),
      described("log_loss", "tf.losses.log_loss", "log_loss", "labels", "predictions",
                R"(E = -\frac{1}{n} \sum_i t_i \ln p_i + (1 - t_i) \ln (1 - p_i))",
                "The cross-entropy of probabilities and labels of 0 and 1.", loss<logarithmic>,
                {{"epsilon", AttrKind::kFloat, 1e-7, &kAnyType, 0, 1}}),
      described("sigmoid_cross_entropy", "tf.losses.sigmoid_cross_entropy", "sigmoid_cross_entropy_loss",
                "multi_class_labels", "logits",
                R"(E = -\frac{1}{n} \sum_i t_i \ln \sigma(x_i) + (1 - t_i) \ln (1 - \sigma(x_i)))",
                "The average cross-entropy of sigmoids and labels of 0 and 1.", loss<sigmoid>, {kSmoothing}),
      described("softmax_cross_entropy", "tf.losses.softmax_cross_entropy", "softmax_cross_entropy_loss",
                "onehot_labels", "logits", R"(E = -\frac{1}{n} \sum_{ij} t_{ij} \ln \mathrm{softmax}(x_i)_j)",
                "The average cross-entropy of softmax and one-hot labels.", softmax, {kSmoothing}),
      std::move(sparse),
      described("cosine_distance", "tf.losses.cosine_distance", "cosine_distance_loss", "labels",
                "predictions", R"(E = 1 - \sum_j p_j t_j)",
                "How far two directions are apart, for vectors of length 1.", cosine,
                {{"axis", AttrKind::kInt, std::int64_t{-1}, &kAnyType, -16, 16}}),
  };
}

}  // namespace sandflow::tf
