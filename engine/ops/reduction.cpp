// Operations that fold some axes of a tensor into one number: sums, means, the place of the largest.
#include <algorithm>
#include <functional>
#include <limits>
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

// How two elements become one, and what nothing is. Integers wrap around; sums are taken in the order of the
// elements.
struct Total {
  template <class T>
  static T none() {
    return T(0);
  }
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(static_cast<std::make_unsigned_t<T>>(a) +
                            static_cast<std::make_unsigned_t<T>>(b));
    else
      return a + b;
  }
};
struct Product {
  template <class T>
  static T none() {
    return T(1);
  }
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(static_cast<std::make_unsigned_t<T>>(a) *
                            static_cast<std::make_unsigned_t<T>>(b));
    else
      return a * b;
  }
};
template <bool kLargest>
struct Extreme {
  template <class T>
  static T none() {
    if constexpr (std::is_integral_v<T>)
      return kLargest ? std::numeric_limits<T>::lowest() : std::numeric_limits<T>::max();
    else
      return kLargest ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity();
  }
  template <class T>
  T operator()(T a, T b) const {
    return b != b || (kLargest ? b > a : b < a) ? b : a;
  }
};
struct All {
  template <class T>
  static T none() {
    return true;
  }
  bool operator()(bool a, bool b) const { return a && b; }
};
struct Any {
  template <class T>
  static T none() {
    return false;
  }
  bool operator()(bool a, bool b) const { return a || b; }
};

template <class F>
struct Fold {
  template <class T>
  static Status run(KernelContext& c) {
    const Tensor& input = c.input(0);
    const auto folded = folded_axes(c.input(1), input.shape().rank(), true);
    if (!folded.ok()) return folded.error();
    SANDFLOW_TRY(c.allocate(0, folded_shape(input.shape(), *folded, c.node().attr<bool>("keep_dims"))));
    const std::span<T> out = c.out<T>(0);
    std::fill(out.begin(), out.end(), F::template none<T>());
    for_each_folded<T>(input, *folded, [&](std::size_t i, T x) { out[i] = F()(out[i], x); });
    return {};
  }
};

struct Average {
  template <class T>
  static Status run(KernelContext& c) {
    SANDFLOW_TRY(Fold<Total>::run<T>(c));
    const std::span<T> out = c.out<T>(0);
    const std::int64_t count =
        out.empty() ? 0 : c.input(0).elements() / static_cast<std::int64_t>(out.size());
    if (std::is_integral_v<T> && count == 0) return {};
    for (T& mean : out) mean /= static_cast<T>(count);
    return {};
  }
};

// A tensor of the reduction's result with the folded axes put back, as long as 1.
Output with_folded_axes(GradientContext& c, Output tensor) {
  if (c.node.attr<bool>("keep_dims")) return tensor;
  const Shape shape = c.b.shape(c.input(0));
  const auto axes = c.b.graph().constant_value(c.input(1));
  if (!axes || !shape.has_rank()) {
    // Where the axes come to lie shows in the run only: from the shape of the same sum with its axes kept.
    const Output kept = c.b.op("Sum", {c.input(0), c.input(1)}, {{"keep_dims", true}}, "Sum");
    return c.b.op("Reshape", {tensor, c.b.op("Shape", {kept}, {{"out_type", DType::kInt32}}, "Shape")});
  }
  std::set<std::int64_t> sorted;
  for (std::int64_t i = 0; i < axes->elements(); ++i) {
    const auto axis = axes->integer(i);
    sorted.insert(axis < 0 ? axis + shape.rank() : axis);
  }
  for (std::int64_t axis : sorted) {
    const Tensor value = Tensor::scalar(static_cast<std::int32_t>(axis));
    const Output dim = c.b.op("Const", {}, {{"value", value}, {"dtype", DType::kInt32}}, "ExpandDims/dim");
    tensor = c.b.op("ExpandDims", {tensor, dim}, {}, "ExpandDims");
    if (!c.b.ok()) return {};
  }
  return tensor;
}

// The gradient of an output element goes to every element folded into it.
Output spread(GradientContext& c) {
  const Output grad = with_folded_axes(c, c.grad());
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

// math_grad.py, _MinOrMaxGrad: equals share the gradient.
std::vector<Output> grad_extreme(GradientContext& c) {
  const Output y = with_folded_axes(c, c.output()), grad = with_folded_axes(c, c.grad());
  if (!c.b.ok()) return {{}, {}};
  const Output is_chosen = c.b.op("Equal", {y, c.input(0)});
  const Output chosen = c.b.op("Cast", {is_chosen}, {{"DstT", c.b.dtype(grad)}});
  const Output count = c.b.op("Sum", {chosen, c.input(1)}, {{"keep_dims", true}});
  const Output share = c.b.op("RealDiv", {chosen, count}, {}, "truediv");
  return {c.b.op("Mul", {share, grad}, {}, "mul"), {}};
}

// The product of all others, without a division, so that zeros are safe: along one folded axis after the
// other the product of what lies before and behind, times what the axes before have left.
std::vector<Output> grad_prod(GradientContext& c) {
  const auto axes = c.b.graph().constant_value(c.input(1));
  if (!axes) {
    c.b.fail({ErrorKind::kUnimplemented, "The gradient of a product needs axes that are constant.", {}});
    return {{}, {}};
  }
  Output rest = c.input(0), others = c.b.op("OnesLike", {rest});
  for (std::int64_t i = 0; i < axes->elements() && c.b.ok(); ++i) {
    const auto axis = static_cast<std::int32_t>(axes->integer(i));
    const Output at = c.b.op("Const", {}, {{"value", Tensor::scalar(axis)}, {"dtype", DType::kInt32}});
    const Output before = c.b.op("Cumprod", {rest, at}, {{"exclusive", true}});
    const Output behind = c.b.op("Cumprod", {rest, at}, {{"exclusive", true}, {"reverse", true}});
    others = c.b.op("Mul", {others, c.b.op("Mul", {before, behind})});
    rest = c.b.op("Prod", {rest, int_constant(c, {axis})}, {{"keep_dims", true}});
  }
  return {c.b.op("Mul", {with_folded_axes(c, c.grad()), others}), {}};
}

// --- Running sums and products -----------------------------------------------------------------------------

Result<std::int64_t> running_axis(const Tensor& axis_value, int rank) {
  if (axis_value.shape().rank() != 0)
    return invalid_argument(cat("ScanOp: axis must be a scalar, not ", axis_value.shape().runtime()));
  const std::int64_t axis = axis_value.integer(0);
  if (axis < -rank || axis >= rank)
    return invalid_argument(
        cat("ScanOp: Expected scan axis in the range [", -rank, ", ", rank, "), but got ", axis));
  return axis < 0 ? axis + rank : axis;
}

template <class F>
struct Running {
  template <class T>
  static Status run(KernelContext& c) {
    const Tensor& input = c.input(0);
    const Result<std::int64_t> axis = running_axis(c.input(1), input.shape().rank());
    if (!axis.ok()) return axis.error();
    const bool exclusive = c.node().attr<bool>("exclusive"), reverse = c.node().attr<bool>("reverse");
    SANDFLOW_TRY(c.allocate(0, input.shape()));
    const std::span<const T> x = c.in<T>(0);
    const std::span<T> out = c.out<T>(0);
    if (x.empty()) return {};
    const auto length = static_cast<std::size_t>(input.shape().dim(static_cast<int>(*axis)));
    std::size_t inner = 1;
    for (int i = static_cast<int>(*axis) + 1; i < input.shape().rank(); ++i)
      inner *= static_cast<std::size_t>(input.shape().dim(i));
    for (std::size_t line = 0; line < x.size() / length; ++line) {
      const std::size_t start = line / inner * inner * length + line % inner;
      T sum = F::template none<T>();
      for (std::size_t k = 0; k < length; ++k) {
        const std::size_t i = start + (reverse ? length - 1 - k : k) * inner;
        const T with = F()(sum, x[i]);
        out[i] = exclusive ? sum : with;
        sum = with;
      }
    }
    return {};
  }
};

// math_grad.py, _CumsumGrad and _CumprodGrad (which fails for zeros, in TensorFlow too).
Attrs direction(GradientContext& c, bool is_turned) {
  return {{"exclusive", c.node.attr<bool>("exclusive")},
          {"reverse", c.node.attr<bool>("reverse") != is_turned}};
}
std::vector<Output> grad_cumsum(GradientContext& c) {
  return {c.b.op("Cumsum", {c.grad(), c.input(1)}, direction(c, true)), {}};
}
std::vector<Output> grad_cumprod(GradientContext& c) {
  const Output product = c.b.op("Cumprod", {c.input(0), c.input(1)}, direction(c, false));
  const Output weighted = c.b.op("Mul", {product, c.grad()});
  const Output sum = c.b.op("Cumsum", {weighted, c.input(1)}, direction(c, true));
  return {c.b.op("RealDiv", {sum, c.input(0)}, {}, "truediv"), {}};
}

struct HalfSquares {
  template <class T>
  static Status run(KernelContext& c) {
    SANDFLOW_TRY(c.allocate(0, {}));
    T sum = 0;
    for (T x : c.in<T>(0)) sum += x * x;
    c.out<T>(0)[0] = sum / T(2);
    return {};
  }
};
std::vector<Output> grad_l2_loss(GradientContext& c) { return {c.b.op("Mul", {c.input(0), c.grad()})}; }

Status infer_place(InferenceContext& c) {
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

template <class IsBetter>
Status compute_place(KernelContext& c) {
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
        if (IsBetter()(x[static_cast<std::size_t>(start + k * inner)],
                       x[static_cast<std::size_t>(start + best * inner)]))
          best = k;
      if (c.output(0).dtype() == DType::kInt64)
        c.out<std::int64_t>(0)[static_cast<std::size_t>(i)] = best;
      else
        c.out<std::int32_t>(0)[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(best);
    }
    return Status();
  });
}

Op reduction(const char* type, const char* python, const DTypeSet& allowed, const char* formula,
             const char* help, Status (*compute)(KernelContext&),
             std::vector<Output> (*gradient)(GradientContext&)) {
  return {.type = type,
          .python = python,
          .family = Family::kReduction,
          .inputs = {{"input", "T"}, {"reduction_indices", "Tidx"}},
          .outputs = {{"output", "T"}},
          .attrs = {type_attr("T", allowed),
                    type_attr("Tidx", kIndexTypes),
                    {"keep_dims", AttrKind::kBool, false}},
          .formula = formula,
          .help = help,
          .infer = infer_reduction,
          .compute = compute,
          .gradient = gradient};
}

Op logical_reduction(const char* type, const char* python, const char* formula, const char* help,
                     Status (*compute)(KernelContext&)) {
  Op op = reduction(type, python, kNumbers, formula, help, compute, no_gradient);
  op.inputs[0].type = DType::kBool;
  op.outputs[0].type = DType::kBool;
  op.attrs.erase(op.attrs.begin());
  return op;
}

Op place(const char* type, const char* python, const char* formula, const char* help,
         Status (*compute)(KernelContext&)) {
  return {.type = type,
          .python = python,
          .family = Family::kReduction,
          .inputs = {{"input", "T"}, {"dimension", "Tidx"}},
          .outputs = {{"output", "output_type"}},
          .attrs = {type_attr("T", kNumbers), type_attr("Tidx", kIndexTypes),
                    type_attr("output_type", kIndexTypes, DType::kInt64)},
          .formula = formula,
          .help = help,
          .infer = infer_place,
          .compute = compute,
          .gradient = no_gradient};
}

Op running(const char* type, const char* python, const char* formula, const char* help,
           Status (*compute)(KernelContext&), std::vector<Output> (*gradient)(GradientContext&)) {
  return {.type = type,
          .python = python,
          .family = Family::kReduction,
          .inputs = {{"x", "T"}, {"axis", "Tidx"}},
          .outputs = {{"out", "T"}},
          .attrs = {type_attr("T", kNumbers),
                    type_attr("Tidx", kIndexTypes),
                    {"exclusive", AttrKind::kBool, false},
                    {"reverse", AttrKind::kBool, false}},
          .formula = formula,
          .help = help,
          .infer = infer_like_input,
          .compute = compute,
          .gradient = gradient};
}

}  // namespace

std::vector<Op> reduction_ops() {
  return {
      reduction("Sum", "tf.reduce_sum", kNumbers, R"(y = \sum_i x_i)",
                "Adds up the elements along the given axes.", for_numeric<Fold<Total>>, grad_sum),
      reduction("Mean", "tf.reduce_mean", kNumbers, R"(y = \frac{1}{n} \sum_i x_i)",
                "The average of the elements along the given axes.", for_numeric<Average>, grad_mean),
      reduction("Prod", "tf.reduce_prod", kNumbers, R"(y = \prod_i x_i)",
                "Multiplies the elements along the given axes.", for_numeric<Fold<Product>>, grad_prod),
      reduction("Max", "tf.reduce_max", kNumbers, R"(y = \max_i x_i)",
                "The largest element along the given axes.", for_numeric<Fold<Extreme<true>>>, grad_extreme),
      reduction("Min", "tf.reduce_min", kNumbers, R"(y = \min_i x_i)",
                "The smallest element along the given axes.", for_numeric<Fold<Extreme<false>>>,
                grad_extreme),
      logical_reduction("All", "tf.reduce_all", R"(y = \bigwedge_i x_i)",
                        "Whether all elements along the given axes are true.", Fold<All>::run<bool>),
      logical_reduction("Any", "tf.reduce_any", R"(y = \bigvee_i x_i)",
                        "Whether any element along the given axes is true.", Fold<Any>::run<bool>),
      place("ArgMax", "tf.argmax", R"(y = \arg\max_i x_i)",
            "The index of the largest element along an axis; the first of equals.",
            compute_place<std::greater<>>),
      place("ArgMin", "tf.argmin", R"(y = \arg\min_i x_i)",
            "The index of the smallest element along an axis; the first of equals.",
            compute_place<std::less<>>),
      running("Cumsum", "tf.cumsum", R"(y_i = \sum_{j \le i} x_j)",
              "Each element is the sum of those up to it along an axis.", for_numeric<Running<Total>>,
              grad_cumsum),
      running("Cumprod", "tf.cumprod", R"(y_i = \prod_{j \le i} x_j)",
              "Each element is the product of those up to it along an axis.", for_numeric<Running<Product>>,
              grad_cumprod),
      {.type = "L2Loss",
       .python = "tf.nn.l2_loss",
       .family = Family::kReduction,
       .inputs = {{"t", "T"}},
       .outputs = {{"output", "T"}},
       .attrs = {type_attr("T", kHalfFloats)},
       .formula = R"(y = \frac{1}{2} \sum_i x_i^2)",
       .help = "Half the sum of all squares: what weight decay adds to a loss.",
       .infer = infer_scalar,
       .compute = for_floating<HalfSquares>,
       .gradient = grad_l2_loss},
  };
}

}  // namespace sandflow
