// Clipping, norms, moments and what else tf.* makes of several operations (python/ops/clip_ops.py,
// math_ops.py, nn_impl.py of TensorFlow 1.15).
#include "engine/core/text.h"
#include "engine/tf/functions.h"
#include "engine/tf/tf.h"

namespace sandflow::tf {

namespace {

using Outputs = std::vector<Output>;
using Axes = std::vector<std::int64_t>;

Outputs clip_by_value(const Call& c) {
  const Output t = c.in(0);
  const Output lower = c.op("Minimum", {t, c.scalar_like(t, c.attr<double>("clip_value_max"), "Minimum/y")});
  return {c.result("Maximum", {lower, c.scalar_like(t, c.attr<double>("clip_value_min"), "y")})};
}

// The norm is taken where it is not 0 only, or its gradient there would be nan.
Outputs clip_by_norm(const Call& c) {
  const Output t = c.in(0);
  const Output clip = c.scalar_like(t, c.attr<double>("clip_norm"), "clip_norm");
  const Output squares = c.reduce("Sum", c.mul(t, t), c.attr<Axes>("axes"), true);
  const Output is_some = c.op("Greater", {squares, c.scalar_like(squares, 0, "Greater/y")});
  const Output safe = c.op("Select", {is_some, squares, c.op("OnesLike", {squares}, {}, "ones_like")});
  const Output norm = c.op("Select", {is_some, c.op("Sqrt", {safe}), squares});
  const Output scaled = c.mul(t, clip);
  return {c.result("Identity", {c.div(scaled, c.op("Maximum", {norm, clip}))})};
}

Output norm_of(const Call& c, const Outputs& list) {
  Outputs halves;
  for (Output t : list) halves.push_back(c.op("L2Loss", {t}));
  const Output half = c.reduce("Sum", c.op("Pack", halves, {{"axis", std::int64_t{0}}}, "stack"), {0}, false);
  return c.op("Sqrt", {c.mul(half, c.scalar_like(half, 2))}, {}, "global_norm");
}

Outputs global_norm(const Call& c) { return {norm_of(c, c.inputs)}; }

// clip * min(1 / norm, 1 / clip); not finite where the norm is not.
Outputs clip_by_global_norm(const Call& c) {
  const Output norm = norm_of(c, c.inputs);
  const Output clip = c.scalar_like(norm, c.attr<double>("clip_norm"), "clip_norm");
  const Output inverse = c.div(c.scalar_like(norm, 1, "truediv/x"), norm);
  const Output most = c.div(c.scalar_like(norm, 1), clip);
  const Output finite = c.mul(clip, c.op("Minimum", {inverse, most}));
  const Output scale = c.add(finite, c.sub(norm, norm));
  Outputs clipped;
  for (std::size_t i = 0; i < c.inputs.size(); ++i)
    clipped.push_back(
        c.op("Identity", {c.mul(c.in(i), scale)}, {}, cat(c.scope, "clip_by_global_norm_", i, "/")));
  clipped.push_back(norm);
  return clipped;
}

Outputs reduce_logsumexp(const Call& c) {
  const Output x = c.in(0);
  const Axes& axes = c.attr<Axes>("axis");
  const bool keep = c.attr<bool>("keepdims");
  const Output raw = c.reduce("Max", x, axes, true);
  const Output chosen =
      c.op("Select", {c.op("IsFinite", {raw}), raw, c.op("ZerosLike", {raw}, {}, "zeros_like")});
  Output largest = c.op("StopGradient", {chosen});
  const Output shifted = c.op("Exp", {c.op("Sub", {x, largest})});
  const Output logarithm = c.op("Log", {c.reduce("Sum", shifted, axes, keep)});
  if (!keep) {
    const Output shape = c.op("Shape", {logarithm}, {{"out_type", DType::kInt32}});
    largest = c.op("Reshape", {largest, shape});
  }
  return {c.result("Add", {logarithm, largest})};
}

Output variance_of(const Call& c) {
  const Axes& axes = c.attr<Axes>("axis");
  const Output means = c.reduce("Mean", c.in(0), axes, true);
  const Output squares = c.op("Square", {c.sub(c.in(0), means)});
  return c.reduce("Mean", squares, axes, c.attr<bool>("keepdims"));
}
Outputs reduce_variance(const Call& c) { return {variance_of(c)}; }
Outputs reduce_std(const Call& c) { return {c.op("Sqrt", {variance_of(c)})}; }

Outputs moments(const Call& c) {
  const Output x = c.in(0);
  const Axes& axes = c.attr<Axes>("axes");
  if (axes.empty()) return {c.b.fail(value_error("axes must name at least one axis.")), {}};
  const bool keep = c.attr<bool>("keep_dims");
  const auto mean_of = [&](Output of, std::string_view name) {
    return c.op("Mean", {of, c.ints(axes, cat(name, "/reduction_indices"))}, {{"keep_dims", true}}, name);
  };
  const Output mean = mean_of(x, "mean");
  const Output still = c.op("StopGradient", {mean});
  const Output variance = mean_of(c.op("SquaredDifference", {x, still}), "variance");
  if (keep) return {mean, variance};
  return {c.op("Squeeze", {mean}, {{"squeeze_dims", axes}}),
          c.op("Squeeze", {variance}, {{"squeeze_dims", axes}})};
}

Outputs l2_normalize(const Call& c) {
  const Output x = c.in(0);
  const Output squares = c.reduce("Sum", c.op("Square", {x}), c.attr<Axes>("axis"), true);
  const Output safe = c.op("Maximum", {squares, c.scalar_like(x, c.attr<double>("epsilon"), "Maximum/y")});
  return {c.result("Mul", {x, c.op("Rsqrt", {safe})})};
}

// A vector's elements from `from` up to `to`; an absent end is open.
Output part_of(const Call& c, Output vector, std::optional<std::int64_t> from,
               std::optional<std::int64_t> to) {
  const auto end = [&](std::optional<std::int64_t> at, const char* name) {
    return c.ints({at.value_or(0)}, cat("strided_slice/", name));
  };
  return c.op("StridedSlice", {vector, end(from, "stack"), end(to, "stack_1"), end(1, "stack_2")},
              {{"begin_mask", std::int64_t{!from}}, {"end_mask", std::int64_t{!to}}}, "strided_slice");
}

// array_ops.py, boolean_mask: the axes that the mask covers are made one, and gathered from.
Outputs boolean_mask(const Call& c) {
  const Output tensor = c.in(0), mask = c.in(1);
  const auto axis = c.attr<std::int64_t>("axis");
  const Shape whole = c.b.shape(tensor), covering = c.b.shape(mask);
  if (!covering.has_rank())
    return {c.b.fail(
        value_error("Number of mask dimensions must be specified, even if some dimensions are None.  E.g. "
                    "shape=[None] is ok, but shape=None is not."))};
  if (covering.rank() == 0) return {c.b.fail(value_error("mask cannot be scalar."))};
  const std::int64_t end = axis + covering.rank();
  if (whole.has_rank()) {
    Shape covered{};
    for (std::int64_t i = axis; i < std::min<std::int64_t>(end, whole.rank()); ++i)
      covered.append(whole.dim(static_cast<int>(i)));
    if (!covered.compatible_with(covering))
      return {c.b.fail(
          value_error(cat("Shapes ", covered.python(), " and ", covering.python(), " are incompatible")))};
  }
  const Output size =
      c.op("Prod", {part_of(c, c.shape_of(tensor), axis, end), c.ints({0}, "Prod/reduction_indices")});
  const Output before = part_of(c, c.shape_of(tensor), {}, axis);
  const Output after = part_of(c, c.shape_of(tensor), end, {});
  const Output one = c.op("Pack", {size}, {}, "concat/values_1");
  const Output flat = c.op(
      "Reshape", {tensor, c.op("ConcatV2", {before, one, after, c.integer(0, "concat/axis")}, {}, "concat")});
  const Output places =
      c.op("Where", {c.op("Reshape", {mask, c.ints({-1}, "Reshape_1/shape")}, {}, "Reshape")});
  const Output rows = c.op("Squeeze", {places}, {{"squeeze_dims", Axes{1}}});
  return {c.op("GatherV2", {flat, rows, c.integer(static_cast<std::int32_t>(axis), "GatherV2/axis")})};
}

// core/ops/math_ops.cc has a kernel for two matrices, and one for stacks of them; tf.matmul chooses.
Outputs matmul(const Call& c) {
  const bool ta = c.attr<bool>("transpose_a"), tb = c.attr<bool>("transpose_b");
  const auto is_stack = [&](Output x) {
    const Shape shape = c.b.shape(x);
    return !shape.has_rank() || shape.rank() > 2;
  };
  if (is_stack(c.in(0)) || is_stack(c.in(1)))
    return {c.result("BatchMatMulV2", {c.in(0), c.in(1)}, {{"adj_x", ta}, {"adj_y", tb}})};
  return {c.result("MatMul", {c.in(0), c.in(1)}, {{"transpose_a", ta}, {"transpose_b", tb}})};
}

// Integers become float64 (math_ops.py, _truediv_python3).
Outputs truediv(const Call& c) {
  if (c.b.dtype(c.in(0)) != c.b.dtype(c.in(1)))
    return {c.b.fail(
        type_error(cat("x and y must have the same dtype, got tf.", sandflow::name(c.b.dtype(c.in(0))),
                       " != tf.", sandflow::name(c.b.dtype(c.in(1))))))};
  Output x = c.in(0), y = c.in(1);
  if (is_integer(c.b.dtype(x))) {
    x = c.cast(x, DType::kFloat64);
    y = c.cast(y, DType::kFloat64);
  }
  return {c.result("RealDiv", {x, y})};
}

const AttrSpec kAxis{"axis", AttrKind::kInts, Axes{}};
const AttrSpec kKeepDims{"keepdims", AttrKind::kBool, false};

Function norm_clipper(const char* name, const char* python, std::vector<Arg> inputs,
                      std::vector<const char*> outputs, const char* formula, const char* help,
                      Outputs (*build)(const Call&)) {
  return {.name = name,
          .python = python,
          .family = Family::kMath,
          .scope = name,
          .inputs = std::move(inputs),
          .outputs = std::move(outputs),
          .attrs = {{"clip_norm", AttrKind::kFloat, 1.0, &kAnyType, 1e-9, 1e9}},
          .formula = formula,
          .help = help,
          .build = build};
}

Function reducer(const char* name, const char* python, const char* scope, const char* formula,
                 const char* help, Outputs (*build)(const Call&)) {
  return {.name = name,
          .python = python,
          .family = Family::kReduction,
          .scope = scope,
          .inputs = {{"input_tensor", "T"}},
          .outputs = {"output"},
          .attrs = {kAxis, kKeepDims},
          .formula = formula,
          .help = help,
          .build = build};
}

}  // namespace

std::vector<Function> math_functions() {
  Function by_norm = norm_clipper("clip_by_norm", "tf.clip_by_norm", {{"t", "T"}}, {"output"},
                                  R"(y = t \cdot \frac{c}{\max(\|t\|_2, c)})",
                                  "Shortens a tensor whose norm is larger than allowed.", clip_by_norm);
  by_norm.attrs.push_back({"axes", AttrKind::kInts, Axes{}});
  return {
      {.name = "truediv",
       .python = "x / y",
       .family = Family::kArithmetic,
       .scope = "truediv",
       .inputs = {{"x", "T"}, {"y", "T"}},
       .outputs = {"z"},
       .formula = R"(z = \frac{x}{y})",
       .help = "Divides as Python's / does: integers become float64 first.",
       .build = truediv},
      {.name = "matmul",
       .python = "tf.matmul",
       .family = Family::kLinear,
       .scope = "MatMul",
       .inputs = {{"a", "T"}, {"b", "T"}},
       .outputs = {"output"},
       .attrs = {{"transpose_a", AttrKind::kBool, false}, {"transpose_b", AttrKind::kBool, false}},
       .formula = R"(y_{ij} = \sum_k a_{ik} b_{kj})",
       .help = "The matrix product, of two matrices or of stacks of them.",
       .build = matmul},
      {.name = "clip_by_value",
       .python = "tf.clip_by_value",
       .family = Family::kMath,
       .scope = "clip_by_value",
       .inputs = {{"t", "T"}},
       .outputs = {"output"},
       .attrs = {{"clip_value_min", AttrKind::kFloat, -1.0, &kAnyType, -1e9, 1e9},
                 {"clip_value_max", AttrKind::kFloat, 1.0, &kAnyType, -1e9, 1e9}},
       .formula = R"(y = \max(\min(t, b), a))",
       .help = "Pulls every element into a range.",
       .build = clip_by_value},
      std::move(by_norm),
      norm_clipper("clip_by_global_norm", "tf.clip_by_global_norm", {{"t_list", "T", false, true}},
                   {"list_clipped", "global_norm"},
                   R"(y_i = t_i \cdot \frac{c}{\max(\|(t_1, t_2, \ldots)\|_2, c)})",
                   "Shortens several tensors together, so that their directions keep.", clip_by_global_norm),
      {.name = "global_norm",
       .python = "tf.global_norm",
       .family = Family::kMath,
       .scope = "global_norm",
       .inputs = {{"t_list", "T", false, true}},
       .outputs = {"global_norm"},
       .formula = R"(y = \sqrt{\sum_i \|t_i\|_2^2})",
       .help = "The norm of several tensors taken as one long vector.",
       .build = global_norm},
      reducer("reduce_logsumexp", "tf.reduce_logsumexp", "ReduceLogSumExp", R"(y = \ln \sum_i e^{x_i})",
              "The logarithm of the sum of exponentials, computed without overflow.", reduce_logsumexp),
      reducer("reduce_variance", "tf.math.reduce_variance", "reduce_variance",
              R"(y = \frac{1}{n} \sum_i (x_i - \bar x)^2)",
              "The variance of the elements along the given axes.", reduce_variance),
      reducer("reduce_std", "tf.math.reduce_std", "reduce_std",
              R"(y = \sqrt{\frac{1}{n} \sum_i (x_i - \bar x)^2})",
              "The standard deviation of the elements along the given axes.", reduce_std),
      {.name = "moments",
       .python = "tf.nn.moments",
       .family = Family::kReduction,
       .scope = "moments",
       .inputs = {{"x", "T"}},
       .outputs = {"mean", "variance"},
       .attrs = {{"axes", AttrKind::kInts, Axes{0}}, {"keep_dims", AttrKind::kBool, false}},
       .formula = R"(\mu = \frac{1}{n} \sum_i x_i,\quad \sigma^2 = \frac{1}{n} \sum_i (x_i - \mu)^2)",
       .help = "Mean and variance along the given axes: what batch normalization needs.",
       .build = moments},
      {.name = "boolean_mask",
       .python = "tf.boolean_mask",
       .family = Family::kSlicing,
       .scope = "boolean_mask",
       .inputs = {{"tensor", "T"}, {"mask", DType::kBool}},
       .outputs = {"output"},
       .attrs = {{"axis", AttrKind::kInt, std::int64_t{0}, &kAnyType, 0, Tensor::kMaxRank}},
       .formula = R"(y = (x_i : m_i))",
       .help = "Keeps the rows where the mask is true.",
       .build = boolean_mask},
      {.name = "l2_normalize",
       .python = "tf.nn.l2_normalize",
       .family = Family::kMath,
       .scope = "l2_normalize",
       .inputs = {{"x", "T"}},
       .outputs = {"output"},
       .attrs = {kAxis, {"epsilon", AttrKind::kFloat, 1e-12, &kAnyType, 0, 1}},
       .formula = R"(y = \frac{x}{\|x\|_2})",
       .help = "Scales a tensor to length 1 along the given axes.",
       .build = l2_normalize},
  };
}

}  // namespace sandflow::tf
