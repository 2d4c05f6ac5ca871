// tf.nn's functions: activations made of others, cross-entropies, dropout, normalizations; and tf.random's
// (python/ops/nn_impl.py, nn_ops.py, random_ops.py of TensorFlow 1.15).
#include <cmath>

#include "engine/core/text.h"
#include "engine/tf/functions.h"
#include "engine/tf/tf.h"

namespace sandflow::tf {

namespace {

using Outputs = std::vector<Output>;
using Axes = std::vector<std::int64_t>;

Outputs swish(const Call& c) { return {c.result("Mul", {c.in(0), c.op("Sigmoid", {c.in(0)})})}; }

Outputs log_sigmoid(const Call& c) { return {c.result("Neg", {c.op("Softplus", {c.op("Neg", {c.in(0)})})})}; }

Outputs crelu(const Call& c) {
  const Output negative = c.op("Neg", {c.in(0)});
  const Output axis =
      c.op("Const", {}, {{"value", Tensor::scalar(std::int32_t{-1})}, {"dtype", DType::kInt32}}, "axis");
  return {c.op("Relu", {c.result("ConcatV2", {c.in(0), negative, axis})})};
}

// nn_ops.py, _softmax: the kernel works along the last axis, so another one changes places with it before and
// after.
template <const char* const& kType>
Outputs softmax_along(const Call& c) {
  const Shape shape = c.b.shape(c.in(0));
  const auto axis = c.attr<std::int64_t>("axis");
  if (axis == -1 || (shape.has_rank() && axis == shape.rank() - 1)) return {c.result(kType, {c.in(0)})};
  if (!shape.has_rank()) return {c.b.fail(type_error("bad operand type for unary -: 'NoneType'"))};
  const int rank = shape.rank();
  if (axis < -rank || axis >= rank)
    return {c.b.fail(invalid_argument(cat("Dimension (", axis, ") must be in the range [", -rank, ", ", rank,
                                          ") where ", rank, " is the number of dimensions in the input.")))};
  Axes order;
  for (int i = 0; i < rank; ++i) order.push_back(i);
  std::swap(order[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)], order.back());
  const Output swapped = c.op("Transpose", {c.in(0), c.ints(order, "transpose/perm")}, {}, "transpose");
  return {c.result("Transpose", {c.op(kType, {swapped}), c.ints(order, "perm")})};
}
constexpr const char* kSoftmax = "Softmax";
constexpr const char* kLogSoftmax = "LogSoftmax";

// TensorFlow 1.15 has none; the formulas of its successor.
Outputs gelu(const Call& c) {
  const Output x = c.in(0);
  const Output half = c.mul(c.scalar_like(x, 0.5), x), one = c.scalar_like(x, 1);
  if (!c.attr<bool>("approximate")) {
    const Output scaled = c.div(x, c.scalar_like(x, 1.4142135623730951));
    return {c.result("Mul", {half, c.add(one, c.op("Erf", {scaled}))})};
  }
  const Output cube = c.mul(c.scalar_like(x, 0.044715), c.op("Pow", {x, c.scalar_like(x, 3)}));
  const Output inner = c.mul(c.scalar_like(x, 0.7978845608028654), c.add(x, cube));
  return {c.result("Mul", {half, c.add(one, c.op("Tanh", {inner}))})};
}

Status same_static_shape(const Call& c, Output logits, Output labels) {
  const Shape x = c.b.shape(logits), y = c.b.shape(labels);
  if (!c.b.ok() || x.compatible_with(y)) return {};
  return value_error(
      cat("logits and labels must have the same shape (", x.python(), " vs ", y.python(), ")"));
}

// max(x, 0) - x z + ln(1 + e^-|x|), with choices instead of max and abs so that the gradient at 0 is right.
Outputs sigmoid_cross_entropy(const Call& c) {
  const Output labels = c.in(0), logits = c.in(1);
  if (const Status same = same_static_shape(c, logits, labels); !same.ok()) return {c.b.fail(same.error())};
  const Output zeros = c.op("ZerosLike", {logits}, {}, "zeros_like");
  const Output is_positive = c.op("GreaterEqual", {logits, zeros});
  const Output rectified = c.op("Select", {is_positive, logits, zeros});
  const Output negative = c.op("Select", {is_positive, c.op("Neg", {logits}), logits});
  const Output difference = c.sub(rectified, c.mul(logits, labels));
  return {c.result("Add", {difference, c.op("Log1p", {c.op("Exp", {negative})})})};
}

Outputs weighted_cross_entropy(const Call& c) {
  const Output labels = c.in(0), logits = c.in(1);
  if (const Status same = same_static_shape(c, logits, labels); !same.ok()) return {c.b.fail(same.error())};
  const Output one = c.scalar_like(logits, 1, "add/x");
  const Output more = c.mul(c.scalar_like(logits, c.attr<double>("pos_weight") - 1, "mul/x"), labels);
  const Output weight = c.add(one, more);
  const Output first = c.mul(c.sub(one, labels), logits);
  const Output falling = c.op("Log1p", {c.op("Exp", {c.op("Neg", {c.op("Abs", {logits})})})});
  const Output second = c.mul(weight, c.add(falling, c.op("Relu", {c.op("Neg", {logits})})));
  return {c.result("Add", {first, second})};
}

Output rank_of(const Call& c, Output x) {
  const Shape shape = c.b.shape(x);
  return shape.has_rank() ? c.integer(shape.rank(), "Rank") : c.op("Rank", {x});
}

// nn_ops.py, _flatten_outer_dims: all axes but the last made one.
Output flatten_outer(const Call& c, Output x) {
  const Output rank = rank_of(c, x), shape = c.shape_of(x);
  const Output last = c.op("Sub", {rank, c.integer(1, "Sub/y")});
  const Output begin = c.op("Pack", {last}, {{"axis", std::int64_t{0}}}, "Slice/begin");
  const Output size = c.op("Slice", {shape, begin, c.ints({1}, "Slice/size")}, {}, "Slice");
  const Output to =
      c.op("ConcatV2", {c.ints({-1}, "concat/values_0"), size, c.integer(0, "concat/axis")}, {}, "concat");
  return c.op("Reshape", {x, to});
}

Outputs softmax_cross_entropy(const Call& c) {
  const Output logits = c.in(1), labels = c.cast(c.in(0), c.b.dtype(logits));
  const Output rank = rank_of(c, logits), shape = c.shape_of(logits);
  const Output rows = flatten_outer(c, logits), targets = flatten_outer(c, labels);
  const Output cost = c.result("SoftmaxCrossEntropyWithLogits", {rows, targets});
  const Output outer = c.op("Sub", {rank, c.integer(1, "Sub/y")});
  const Output size = c.op("Pack", {outer}, {{"axis", std::int64_t{0}}}, "Slice/size");
  const Output to = c.op("Slice", {shape, c.ints({0}, "Slice/begin"), size}, {}, "Slice");
  return {c.op("Reshape", {cost, to})};
}

// The first version: labels get no gradient.
Outputs softmax_cross_entropy_sg(const Call& c) {
  Call still = c;
  still.inputs[0] = c.op("StopGradient", {c.in(0)}, {}, "labels_stop_gradient");
  return softmax_cross_entropy(still);
}

Outputs sparse_softmax_cross_entropy(const Call& c) {
  const Output labels = c.in(0), logits = c.in(1);
  const Shape known = c.b.shape(logits), indices = c.b.shape(labels);
  if (known.has_rank() && known.rank() == 0)
    return {c.b.fail(value_error("Logits cannot be scalars - received shape ()."))};
  if (known.has_rank() && indices.has_rank() && indices.rank() != known.rank() - 1)
    return {
        c.b.fail(value_error(cat("Rank mismatch: Rank of labels (received ", indices.rank(),
                                 ") should equal rank of logits minus 1 (received ", known.rank(), ").")))};
  if (known.has_rank() && known.rank() == 2)
    return {c.result("SparseSoftmaxCrossEntropyWithLogits", {logits, labels})};
  const Output shape = c.shape_of(labels);
  const Output rows = flatten_outer(c, logits);
  const Output flat = c.op("Reshape", {labels, c.ints({-1}, "Reshape/shape")});
  const Output cost = c.result("SparseSoftmaxCrossEntropyWithLogits", {rows, flat});
  return {c.op("Reshape", {cost, shape})};
}

Output uniform(const Call& c, Output shape, DType dtype, std::optional<std::int64_t> seed) {
  const SeedPair seeds = c.b.graph().op_seed(seed);
  return c.op("RandomUniform", {shape}, {{"dtype", dtype}, {"seed", seeds.seed}, {"seed2", seeds.seed2}},
              "random_uniform/RandomUniform");
}

// The op-level seed; -1 stands for Python's None.
std::optional<std::int64_t> seed_of(const Call& c) {
  const std::int64_t seed = c.attr<std::int64_t>("seed");
  return seed < 0 ? std::nullopt : std::optional(seed);
}

// nn_ops.py, dropout_v2: keeps what a draw leaves and makes it larger, so that sums stay as large on average.
Outputs dropout(const Call& c) {
  const Output x = c.in(0);
  if (!is_floating(c.b.dtype(x)))
    return {
        c.b.fail(value_error(cat("x has to be a floating point tensor since it's going to be scaled. Got a "
                                 "<dtype: '",
                                 sandflow::name(c.b.dtype(x)), "'> tensor instead.")))};
  const double rate = c.attr<double>("rate");
  if (!(rate >= 0 && rate < 1))
    return {c.b.fail(value_error(
        cat("rate must be a scalar tensor or a float in the range [0, 1), got ", shortest(rate))))};
  if (rate == 0) return {x};
  const Output shape = c.shape_of(x), fraction = c.scalar_like(x, rate, "rate");
  const Output low = c.scalar_like(x, 0, "random_uniform/min"),
               high = c.scalar_like(x, 1, "random_uniform/max");
  const Output drawn = uniform(c, shape, c.b.dtype(x), seed_of(c));
  const Output width = c.op("Sub", {high, low}, {}, "random_uniform/sub");
  const Output spread = c.op("Mul", {drawn, width}, {}, "random_uniform/mul");
  const Output random = c.op("Add", {spread, low}, {}, "random_uniform");
  const Output kept = c.sub(c.scalar_like(x, 1, "sub/x"), fraction);
  const Output scale = c.div(c.scalar_like(x, 1, "truediv/x"), kept);
  const Output mask = c.op("GreaterEqual", {random, fraction});
  return {c.op("Mul", {c.mul(x, scale), c.op("Cast", {mask}, {{"DstT", c.b.dtype(x)}})}, {}, "mul")};
}

Output normalized(const Call& c, Output x, Output mean, Output variance, Output offset, Output scale) {
  const Output epsilon = c.scalar_like(x, c.attr<double>("variance_epsilon"), "add/y");
  Output inverse = c.op("Rsqrt", {c.add(variance, epsilon)});
  if (scale.valid()) inverse = c.mul(inverse, scale);
  const Output scaled = c.mul(x, inverse), shift = c.mul(mean, inverse);
  return c.op("AddV2", {scaled, offset.valid() ? c.sub(offset, shift) : c.op("Neg", {shift})}, {}, "add");
}

Outputs batch_normalization(const Call& c) {
  return {normalized(c, c.in(0), c.in(1), c.in(2), c.in(3), c.in(4))};
}

Outputs layer_normalization(const Call& c) {
  const Output x = c.in(0);
  const Output mean = c.reduce("Mean", x, {-1}, true);
  const Output squares = c.op("SquaredDifference", {x, c.op("StopGradient", {mean})});
  return {normalized(c, x, mean, c.reduce("Mean", squares, {-1}, true), c.in(1), c.in(2))};
}

Outputs flatten(const Call& c) {
  const Shape shape = c.b.shape(c.in(0));
  if (shape.has_rank() && shape.rank() < 1)
    return {c.b.fail(value_error(
        "Input 0 of layer flatten is incompatible with the layer: expected min_ndim=1, found ndim=0."))};
  const Output of = c.op("Shape", {c.in(0)}, {{"out_type", DType::kInt32}});
  const auto end = [&](std::int64_t at, const char* name) {
    return c.ints({at}, cat("strided_slice/", name));
  };
  const Output batch = c.op("StridedSlice", {of, end(0, "stack"), end(1, "stack_1"), end(1, "stack_2")},
                            {{"shrink_axis_mask", std::int64_t{1}}}, "strided_slice");
  const Output to =
      c.op("Pack", {batch, c.integer(-1, "Reshape/shape/1")}, {{"axis", std::int64_t{0}}}, "Reshape/shape");
  return {c.op("Reshape", {c.in(0), to})};
}

Outputs transpose(const Call& c) {
  const Axes& perm = c.attr<Axes>("perm");
  if (!perm.empty()) return {c.result("Transpose", {c.in(0), c.ints(perm, "perm")})};
  const Shape shape = c.b.shape(c.in(0));
  if (shape.has_rank()) {
    Axes reversed;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) reversed.push_back(axis);
    return {c.result("Transpose", {c.in(0), c.ints(reversed, "perm")})};
  }
  const Output rank = c.op("Rank", {c.in(0)});
  const Output last = c.sub(rank, c.integer(1, "sub/y"));
  const Output range =
      c.op("Range", {c.integer(0, "Range/start"), rank, c.integer(1, "Range/delta")}, {}, "Range");
  return {c.result("Transpose", {c.in(0), c.op("Sub", {last, range}, {}, "sub_1")})};
}

// Random tensors of a shape that may be a tensor itself.
template <const char* const& kType, const char* const& kFirst, const char* const& kSecond>
Outputs random(const Call& c) {
  return {random_tensor(c.b, kType, c.in(0), {kFirst, c.attr<double>(kFirst)},
                        {kSecond, c.attr<double>(kSecond)}, c.attr<DType>("dtype"), seed_of(c), c.scope)};
}
constexpr const char* kNormal = "RandomStandardNormal";
constexpr const char* kTruncated = "TruncatedNormal";
constexpr const char* kUniform = "RandomUniform";
constexpr const char* kMean = "mean";
constexpr const char* kStddev = "stddev";
constexpr const char* kMinval = "minval";
constexpr const char* kMaxval = "maxval";

// random_ops.py, random_uniform: integers have an operation of their own, and no end of their range is meant
// unless it is said.
Outputs random_uniform(const Call& c) {
  const auto dtype = c.attr<DType>("dtype");
  if (is_floating(dtype)) return random<kUniform, kMinval, kMaxval>(c);
  if (!c.is_given(kMaxval))
    return {c.b.fail(value_error(cat("Must specify maxval for integer dtype tf.", sandflow::name(dtype))))};
  const auto end = [&](const char* attr, const char* name) {
    const double value = c.attr<double>(attr);
    const bool is_whole = value == std::floor(value);
    return constant(c.b, is_whole ? Literal(static_cast<std::int64_t>(value)) : Literal(value), dtype, name);
  };
  const Output low = end(kMinval, "min"), high = end(kMaxval, "max");
  const SeedPair seeds = c.b.graph().op_seed(seed_of(c));
  return {c.result("RandomUniformInt", {c.in(0), low, high}, {{"seed", seeds.seed}, {"seed2", seeds.seed2}})};
}

Outputs make_group(const Call& c) {
  std::vector<int> nodes;
  for (Output input : c.inputs) nodes.push_back(input.node);
  const auto control = c.b.control_dependencies(nodes);
  c.result("NoOp", {});
  return {};
}

Function activation(const char* name, const char* python, const char* scope, const char* formula,
                    const char* help, Outputs (*build)(const Call&)) {
  return {.name = name,
          .python = python,
          .family = Family::kActivation,
          .scope = scope,
          .inputs = {{"features", "T"}},
          .outputs = {"activations"},
          .formula = formula,
          .help = help,
          .build = build};
}

Function cross_entropy(const char* name, const char* python, const char* scope, const char* formula,
                       const char* help, Outputs (*build)(const Call&)) {
  return {.name = name,
          .python = python,
          .family = Family::kLoss,
          .scope = scope,
          .inputs = {{"labels", "T"}, {"logits", "T"}},
          .outputs = {"loss"},
          .formula = formula,
          .help = help,
          .build = build};
}

const AttrSpec kSeed{"seed", AttrKind::kInt, std::int64_t{-1}};
const AttrSpec kEpsilon{"variance_epsilon", AttrKind::kFloat, 1e-3, &kAnyType, 0, 1};

Function random_function(const char* name, const char* python, const char* formula, const char* help,
                         AttrSpec first, AttrSpec second, Outputs (*build)(const Call&)) {
  return {.name = name,
          .python = python,
          .family = Family::kRandom,
          .scope = name,
          .inputs = {{"shape", DType::kInt32}},
          .outputs = {"output"},
          .attrs = {std::move(first), std::move(second), type_attr("dtype", kFloats, DType::kFloat32), kSeed},
          .formula = formula,
          .help = help,
          .build = build};
}

AttrSpec number(const char* name, double initial) {
  return {name, AttrKind::kFloat, initial, &kAnyType, -1e6, 1e6};
}

}  // namespace

std::vector<Function> network_functions() {
  Function uniform_function = random_function("random_uniform", "tf.random_uniform", R"(y \sim U[a, b))",
                                              "Numbers spread evenly from one end of a range to the other.",
                                              number("minval", 0), number("maxval", 1), random_uniform);
  uniform_function.attrs[2] = type_attr("dtype", kNumbers, DType::kFloat32);
  Function approximate =
      activation("gelu", "tf.nn.gelu", "gelu", R"(y = \frac{x}{2} (1 + \mathrm{erf} \frac{x}{\sqrt 2}))",
                 "Relu weighted by the normal distribution; newer than TensorFlow 1.15.", gelu);
  approximate.attrs = {{"approximate", AttrKind::kBool, false}};
  Function rows = activation("softmax", "tf.nn.softmax", "Softmax", R"(y_i = \frac{e^{x_i}}{\sum_j e^{x_j}})",
                             "Turns logits into probabilities along an axis.", softmax_along<kSoftmax>);
  Function logarithms = activation(
      "log_softmax", "tf.nn.log_softmax", "LogSoftmax", R"(y_i = x_i - \ln \sum_j e^{x_j})",
      "The logarithms of the softmax along an axis, computed without overflow.", softmax_along<kLogSoftmax>);
  for (Function* function : {&rows, &logarithms}) {
    function->inputs[0].name = "logits";
    function->attrs = {{"axis", AttrKind::kInt, std::int64_t{-1}}};
  }
  Function weighted =
      cross_entropy("weighted_cross_entropy_with_logits", "tf.nn.weighted_cross_entropy_with_logits",
                    "logistic_loss", R"(E = -q z \ln \sigma(x) - (1 - z) \ln (1 - \sigma(x)))",
                    "The sigmoid's cross-entropy with a weight on what is missed.", weighted_cross_entropy);
  weighted.attrs = {{"pos_weight", AttrKind::kFloat, 1.0, &kAnyType, 0, 1e6}};
  Function v1 = cross_entropy(
      "softmax_cross_entropy_with_logits", "tf.nn.softmax_cross_entropy_with_logits",
      "softmax_cross_entropy_with_logits_sg", R"(E_i = -\sum_j t_{ij} \ln \mathrm{softmax}(x_i)_j)",
      "How far each row's softmax is from its label; labels get no gradient.", softmax_cross_entropy_sg);
  Function sparse = cross_entropy(
      "sparse_softmax_cross_entropy_with_logits", "tf.nn.sparse_softmax_cross_entropy_with_logits",
      "SparseSoftmaxCrossEntropyWithLogits", R"(E_i = -\ln \mathrm{softmax}(x_i)_{t_i})",
      "How far each row's softmax is from its class, whatever the rank.", sparse_softmax_cross_entropy);
  sparse.inputs[0].type = "Tlabels";
  Function sigmoid = cross_entropy(
      "sigmoid_cross_entropy_with_logits", "tf.nn.sigmoid_cross_entropy_with_logits", "logistic_loss",
      R"(E = -z \ln \sigma(x) - (1 - z) \ln (1 - \sigma(x)))",
      "How far each sigmoid is from its label, computed without overflow.", sigmoid_cross_entropy);
  for (Function* function : {&weighted, &v1, &sparse, &sigmoid})
    function->takes_only_names = function != &weighted;
  return {
      activation("swish", "tf.nn.swish", "swish", R"(y = x \cdot \sigma(x))",
                 "The element times its own sigmoid: a relu that dips below zero.", swish),
      activation("log_sigmoid", "tf.log_sigmoid", "LogSigmoid", R"(y = \ln \sigma(x))",
                 "The logarithm of the sigmoid, computed without overflow.", log_sigmoid),
      activation("crelu", "tf.nn.crelu", "CRelu", R"(y = [\max(x, 0), \max(-x, 0)])",
                 "Relu of the element and of its negative, side by side.", crelu),
      std::move(approximate),
      std::move(rows),
      std::move(logarithms),
      std::move(v1),
      cross_entropy(
          "softmax_cross_entropy_with_logits_v2", "tf.nn.softmax_cross_entropy_with_logits_v2",
          "softmax_cross_entropy_with_logits", R"(E_i = -\sum_j t_{ij} \ln \mathrm{softmax}(x_i)_j)",
          "How far each row's softmax is from its label; labels get a gradient, too.", softmax_cross_entropy),
      std::move(sparse),
      std::move(sigmoid),
      std::move(weighted),
      {.name = "dropout",
       .python = "tf.nn.dropout",
       .family = Family::kActivation,
       .scope = "dropout",
       .inputs = {{"x", "T"}},
       .outputs = {"output"},
       .attrs = {{"rate", AttrKind::kFloat, 0.5}, kSeed},
       .formula = R"(y = \frac{x}{1 - r} \cdot [u \ge r])",
       .help = "Drops a share of the elements at random and makes the rest larger; where the model is "
               "measured, nothing is dropped.",
       .build = dropout},
      {.name = "batch_normalization",
       .python = "tf.nn.batch_normalization",
       .family = Family::kActivation,
       .scope = "batchnorm",
       .inputs = {{"x", "T"}, {"mean", "T"}, {"variance", "T"}, {"offset", "T"}, {"scale", "T"}},
       .outputs = {"output"},
       .attrs = {kEpsilon},
       .formula = R"(y = \gamma \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta)",
       .help = "Moves and scales each feature to mean 0 and variance 1, then by what was learned.",
       .build = batch_normalization,
       .optional = 2},
      {.name = "layer_normalization",
       .python = "tf.keras.layers.LayerNormalization",
       .family = Family::kActivation,
       .scope = "layer_normalization",
       .inputs = {{"x", "T"}, {"beta", "T"}, {"gamma", "T"}},
       .outputs = {"output"},
       .attrs = {kEpsilon},
       .formula = R"(y = \gamma \frac{x - \mu_i}{\sqrt{\sigma_i^2 + \epsilon}} + \beta)",
       .help = "Moves and scales each row to mean 0 and variance 1, then by what was learned.",
       .build = layer_normalization,
       .optional = 2},
      {.name = "flatten",
       .python = "tf.layers.flatten",
       .family = Family::kShape,
       .scope = "flatten",
       .inputs = {{"inputs", "T"}},
       .outputs = {"output"},
       .formula = R"(y_{b,(ijk)} = x_{bijk})",
       .help = "Makes a row of all that belongs to one example.",
       .build = flatten},
      {.name = "transpose",
       .python = "tf.transpose",
       .family = Family::kSlicing,
       .scope = "transpose",
       .inputs = {{"a", "T"}},
       .outputs = {"output"},
       .attrs = {{"perm", AttrKind::kInts, Axes{}}},
       .formula = R"(y_{ji} = x_{ij})",
       .help = "Puts the axes into another order; without one, into the reverse.",
       .build = transpose},
      random_function("random_normal", "tf.random_normal", R"(y \sim N(\mu, \sigma^2))",
                      "Numbers of a normal distribution with this mean and deviation.", number("mean", 0),
                      number("stddev", 1), random<kNormal, kMean, kStddev>),
      random_function("truncated_normal", "tf.truncated_normal",
                      R"(y \sim N(\mu, \sigma^2),\; |y - \mu| < 2\sigma)",
                      "Normal numbers within two deviations of the mean; the others are drawn again.",
                      number("mean", 0), number("stddev", 1), random<kTruncated, kMean, kStddev>),
      std::move(uniform_function),
      {.name = "group",
       .python = "tf.group",
       .family = Family::kSource,
       .scope = "group_deps",
       .inputs = {{"inputs", "T", false, true}},
       .formula = R"(\varnothing)",
       .help = "Running it runs all that it is connected to.",
       .build = make_group},
  };
}

}  // namespace sandflow::tf
