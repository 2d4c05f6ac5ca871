// Operations that fold some axes of a tensor into one number: sums, means, the place of the largest.
#include <algorithm>
#include <set>

#include "engine/ops/elementwise.h"
#include "engine/ops/list.h"

namespace sandflow {

namespace {

Error bad_axis(std::int64_t axis, int rank, bool at_run_time) {
  if (at_run_time)  // The parenthesis is never closed in TensorFlow either.
    return invalid_argument(
        cat("Invalid reduction dimension (", axis, " for input with ", rank, " dimension(s)"));
  return value_error(cat("Invalid reduction dimension ", axis, " for input with ", rank, " dimensions."));
}

// Which axes are folded.
Result<std::vector<bool>> folded_axes(const Tensor& axes, int rank, bool at_run_time) {
  std::vector<bool> folded(static_cast<std::size_t>(rank), false);
  for (std::int64_t i = 0; i < axes.elements(); ++i) {
    const auto axis = axes.integer(i);
    if (axis < -rank || axis >= rank) return bad_axis(axis, rank, at_run_time);
    folded[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)] = true;
  }
  return folded;
}

Shape folded_shape(const Shape& shape, const std::vector<bool>& folded, bool keep_dims) {
  Shape out;
  for (int i = 0; i < shape.rank(); ++i) {
    if (!folded[static_cast<std::size_t>(i)])
      out.append(shape.dim(i));
    else if (keep_dims)
      out.append(1);
  }
  return out;
}

Status infer_reduction(InferenceContext& c) {
  const bool keep_dims = c.node().attr<bool>("keep_dims");
  const Shape& shape = c.input(0);
  const auto axes = c.constant(1);
  if (!shape.has_rank() || !axes) {
    c.output(0, keep_dims && shape.has_rank() ? Shape::unknown_dims(shape.rank()) : Shape::unknown_rank());
    return {};
  }
  const auto folded = folded_axes(*axes, shape.rank(), false);
  if (!folded.ok()) return folded.error();
  c.output(0, folded_shape(shape, *folded, keep_dims));
  return {};
}

// For each input element, in order, calls f(output index, element). One loop nest serves every reduction:
// axes are merged into runs that are folded or kept together.
template <class T, class F>
void for_each_folded(const Tensor& input, const std::vector<bool>& folded, F f) {
  const Shape& shape = input.shape();
  const std::span<const T> x = input.read<T>();
  if (x.empty()) return;
  struct Run {
    std::int64_t size, stride;
  };
  std::vector<Run> runs;  // Innermost first; the stride is in the output, 0 where folded.
  std::int64_t stride = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    const bool fold = folded[static_cast<std::size_t>(axis)];
    const std::int64_t size = shape.dim(axis);
    if (!runs.empty() && (runs.back().stride == 0) == fold)
      runs.back().size *= size;
    else
      runs.push_back({size, fold ? 0 : stride});
    if (!fold) stride *= size;
  }
  if (runs.empty()) runs.push_back({1, 0});
  std::vector<std::int64_t> at(runs.size(), 0);
  std::int64_t out = 0;
  for (std::size_t i = 0; i < x.size();) {
    for (std::int64_t k = 0; k < runs[0].size; ++k, ++i)
      f(static_cast<std::size_t>(out + k * runs[0].stride), x[i]);
    for (std::size_t r = 1; r < runs.size(); ++r) {
      out += runs[r].stride;
      if (++at[r] < runs[r].size) break;
      out -= runs[r].stride * runs[r].size;
      at[r] = 0;
    }
  }
}

template <bool kMean>
Status compute_sum(KernelContext& c) {
  const Tensor& input = c.input(0);
  const auto folded = folded_axes(c.input(1), input.shape().rank(), true);
  if (!folded.ok()) return folded.error();
  SANDFLOW_TRY(c.allocate(0, folded_shape(input.shape(), *folded, c.node().attr<bool>("keep_dims"))));
  return with_numeric(input.dtype(), [&]<class T>() {
    const std::span<T> out = c.out<T>(0);
    std::fill(out.begin(), out.end(), T(0));
    for_each_folded<T>(input, *folded, [&](std::size_t i, T x) {
      if constexpr (std::is_integral_v<T>)
        out[i] = static_cast<T>(static_cast<std::make_unsigned_t<T>>(out[i]) +
                                static_cast<std::make_unsigned_t<T>>(x));
      else
        out[i] += x;
    });
    if constexpr (kMean) {
      const std::int64_t count = out.empty() ? 0 : input.elements() / static_cast<std::int64_t>(out.size());
      if (std::is_integral_v<T> && count == 0) return Status();
      for (T& mean : out) mean /= static_cast<T>(count);
    }
    return Status();
  });
}

// The gradient of an output element goes to every element folded into it.
Output spread(GradientContext& c) {
  Output grad = c.grad();
  if (!c.node.attr<bool>("keep_dims")) {
    const Shape shape = c.b.shape(c.input(0));
    const auto axes = c.b.graph().constant_value(c.input(1));
    if (!axes || !shape.has_rank()) {
      // Where the axes come to lie shows in the run only: from the shape of the same sum with its axes kept.
      const Output kept = c.b.op("Sum", {c.input(0), c.input(1)}, {{"keep_dims", true}}, "Sum");
      grad = c.b.op("Reshape", {grad, c.b.op("Shape", {kept}, {{"out_type", DType::kInt32}}, "Shape")});
      const Output shape_in = c.b.op("Shape", {c.input(0)}, {{"out_type", DType::kInt32}}, "Shape");
      return c.b.op("BroadcastTo", {grad, shape_in});
    }
    std::set<std::int64_t> sorted;
    for (std::int64_t i = 0; i < axes->elements(); ++i) {
      const auto axis = axes->integer(i);
      sorted.insert(axis < 0 ? axis + shape.rank() : axis);
    }
    for (std::int64_t axis : sorted) {
      const Tensor value = Tensor::scalar(static_cast<std::int32_t>(axis));
      const Output dim = c.b.op("Const", {}, {{"value", value}, {"dtype", DType::kInt32}}, "ExpandDims/dim");
      grad = c.b.op("ExpandDims", {grad, dim}, {}, "ExpandDims");
      if (!c.b.ok()) return {};
    }
  }
  const Output shape = c.b.op("Shape", {c.input(0)}, {{"out_type", DType::kInt32}}, "Shape");
  return c.b.op("BroadcastTo", {grad, shape});
}

std::vector<Output> grad_sum(GradientContext& c) { return {spread(c), {}}; }

// math_grad.py, _MeanGrad: the sum's gradient divided by how many elements went into each mean.
std::vector<Output> grad_mean(GradientContext& c) {
  const Output grad = spread(c);
  if (!c.b.ok()) return {{}, {}};
  const Output size_in = c.b.op("Size", {c.input(0)});
  const Output size_out = c.b.op("Size", {c.output()});
  const Output one = c.b.op(
      "Const", {}, {{"value", Tensor::scalar(std::int32_t{1})}, {"dtype", DType::kInt32}}, "Maximum/y");
  const Output factor = c.b.op("FloorDiv", {size_in, c.b.op("Maximum", {size_out, one})});
  const Output divisor = c.b.op("Cast", {factor}, {{"DstT", c.b.dtype(c.input(0))}});
  return {c.b.op("RealDiv", {grad, divisor}, {}, "truediv"), {}};
}

Status infer_argmax(InferenceContext& c) {
  SANDFLOW_TRY(c.require_rank(1, 0));
  const Shape& shape = c.input(0);
  const auto axis_value = c.constant(1);
  if (!shape.has_rank()) {
    c.output(0, Shape::unknown_rank());
    return {};
  }
  if (!axis_value) {
    c.output(0, Shape::unknown_dims(std::max(0, shape.rank() - 1)));
    return {};
  }
  auto axis = axis_value->integer(0);
  if (axis < -shape.rank() || axis >= shape.rank())
    return value_error(cat("Dimension (", axis, ") must be in the range [", -shape.rank(), ", ", shape.rank(),
                           "), where ", shape.rank(), " is the number of dimensions in the input."));
  if (axis < 0) axis += shape.rank();
  std::vector<bool> folded(static_cast<std::size_t>(shape.rank()), false);
  folded[static_cast<std::size_t>(axis)] = true;
  c.output(0, folded_shape(shape, folded, false));
  return {};
}

Status compute_argmax(KernelContext& c) {
  const Tensor& input = c.input(0);
  const int rank = input.shape().rank();
  if (c.input(1).shape().rank() != 0)
    return invalid_argument(
        cat("dim must be a scalar, but received tensor of shape: ", c.input(1).shape().runtime()));
  auto axis = c.input(1).integer(0);
  if (axis < -rank || axis >= rank)
    return invalid_argument(cat("Expected dimension in the range [", -rank, ", ", rank, "), but got ", axis));
  if (axis < 0) axis += rank;
  std::vector<bool> folded(static_cast<std::size_t>(rank), false);
  folded[static_cast<std::size_t>(axis)] = true;
  const std::int64_t size = input.shape().dim(static_cast<int>(axis));
  if (size == 0)
    return invalid_argument(cat("Reduction axis ", axis, " is empty in shape ", input.shape().runtime()));
  SANDFLOW_TRY(c.allocate(0, folded_shape(input.shape(), folded, false)));
  if (c.output(0).elements() == 0) return {};
  std::int64_t inner = 1;
  for (int i = static_cast<int>(axis) + 1; i < rank; ++i) inner *= input.shape().dim(i);
  return with_numeric(input.dtype(), [&]<class T>() {
    const std::span<const T> x = input.read<T>();
    const std::int64_t outputs = c.output(0).elements();
    for (std::int64_t i = 0; i < outputs; ++i) {
      const std::int64_t start = i / inner * inner * size + i % inner;
      std::int64_t best = 0;  // The first of equals wins.
      for (std::int64_t k = 1; k < size; ++k)
        if (x[static_cast<std::size_t>(start + k * inner)] >
            x[static_cast<std::size_t>(start + best * inner)])
          best = k;
      if (c.output(0).dtype() == DType::kInt64)
        c.out<std::int64_t>(0)[static_cast<std::size_t>(i)] = best;
      else
        c.out<std::int32_t>(0)[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(best);
    }
    return Status();
  });
}

Op reduction(const char* type, const char* python, const char* formula, const char* help,
             Status (*compute)(KernelContext&), std::vector<Output> (*gradient)(GradientContext&)) {
  return {.type = type,
          .python = python,
          .family = Family::kReduction,
          .inputs = {{"input", "T"}, {"reduction_indices", "Tidx"}},
          .outputs = {{"output", "T"}},
          .attrs = {type_attr("T", kNumbers),
                    type_attr("Tidx", kIndexTypes),
                    {"keep_dims", AttrKind::kBool, false}},
          .formula = formula,
          .help = help,
          .infer = infer_reduction,
          .compute = compute,
          .gradient = gradient};
}

}  // namespace

std::vector<Op> reduction_ops() {
  return {
      reduction("Sum", "tf.reduce_sum", R"(y = \sum_i x_i)", "Adds up the elements along the given axes.",
                compute_sum<false>, grad_sum),
      reduction("Mean", "tf.reduce_mean", R"(y = \frac{1}{n} \sum_i x_i)",
                "The average of the elements along the given axes.", compute_sum<true>, grad_mean),
      {.type = "ArgMax",
       .python = "tf.argmax",
       .family = Family::kReduction,
       .inputs = {{"input", "T"}, {"dimension", "Tidx"}},
       .outputs = {{"output", "output_type"}},
       .attrs = {type_attr("T", kNumbers), type_attr("Tidx", kIndexTypes),
                 type_attr("output_type", kIndexTypes, DType::kInt64)},
       .formula = R"(y = \arg\max_i x_i)",
       .help = "The index of the largest element along an axis; the first of equals.",
       .infer = infer_argmax,
       .compute = compute_argmax,
       .gradient = no_gradient},
  };
}

}  // namespace sandflow
