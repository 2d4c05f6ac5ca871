// Shapes as values, and tensors given another shape.
#include <algorithm>

#include "engine/ops/indexing.h"
#include "engine/ops/list.h"

namespace sandflow {

namespace {

Status infer_reshape(InferenceContext& c) {
  const Shape& from = c.input(0);
  Shape to = c.constant_as_shape(1);
  if (!to.has_rank()) {
    c.output(0, to);
    return {};
  }
  const auto unknown = std::count(to.dims().begin(), to.dims().end(), Shape::kUnknown);
  if (from.fully_defined() && to.has_rank()) {
    const std::int64_t have = from.elements();
    Shape known;
    for (std::int64_t dim : to.dims())
      if (dim != Shape::kUnknown) known.append(dim);
    const std::int64_t want = known.elements();
    if (unknown == 0 && have != want)
      return value_error(cat("Cannot reshape a tensor with ", have, " elements to shape ", to.runtime(), " (",
                             want, " elements)"));
    if (unknown == 1 && (want == 0 ? have != 0 : have % want != 0))
      return value_error(cat("Dimension size must be evenly divisible by ", want, " but is ", have));
    if (unknown == 1 && want > 0 && have % want == 0)
      for (int i = 0; i < to.rank(); ++i)
        if (to.dim(i) == Shape::kUnknown) to.set_dim(i, have / want);
  }
  c.output(0, to);
  return {};
}

Status compute_reshape(KernelContext& c) {
  const Tensor& x = c.input(0);
  if (c.input(1).shape().rank() != 1)
    return invalid_argument(cat("sizes input must be 1-D, not ", c.input(1).shape().runtime()));
  Shape to(integers(c.input(1)));
  int free_axis = -1;
  std::int64_t known = 1;
  for (int i = 0; i < to.rank(); ++i) {
    if (to.dim(i) == -1) {
      if (free_axis >= 0)
        return invalid_argument(cat("Only one input size may be -1, not both ", free_axis, " and ", i));
      free_axis = i;
    } else if (to.dim(i) < 0) {
      return invalid_argument(cat("Size ", i, " must be non-negative, not ", to.dim(i)));
    } else {
      known = Shape{known, to.dim(i)}.elements();
    }
  }
  if (free_axis >= 0) {
    if (known == 0)
      return invalid_argument(
          "reshape cannot infer the missing input size for an empty tensor unless all specified "
          "input sizes are non-zero");
    if (x.elements() % known != 0)
      return invalid_argument(cat("Input to reshape is a tensor with ", x.elements(),
                                  " values, but the requested shape requires a multiple of ", known));
    to.set_dim(free_axis, x.elements() / known);
  } else if (known != x.elements()) {
    return invalid_argument(cat("Input to reshape is a tensor with ", x.elements(),
                                " values, but the requested shape has ", known));
  }
  SANDFLOW_TRY(Tensor::check_size(x.dtype(), to));
  c.forward(0, x.reshaped(to));
  return {};
}

std::vector<Output> grad_reshape(GradientContext& c) {
  return {c.b.op("Reshape", {c.grad(), shape_of(c, c.input(0))}), {}};
}

Status infer_shape(InferenceContext& c) {
  c.output(0, Shape{c.input(0).has_rank() ? c.input(0).rank() : Shape::kUnknown});
  return {};
}

Status compute_shape(KernelContext& c) {
  return put_integers(c, 0, {c.input(0).shape().rank()}, c.input(0).shape().dims());
}

Status compute_size(KernelContext& c) { return put_integers(c, 0, {}, {c.input(0).elements()}); }

Status compute_rank(KernelContext& c) { return put_integers(c, 0, {}, {c.input(0).shape().rank()}); }

Status infer_fill(InferenceContext& c) {
  SANDFLOW_TRY(c.require_rank(0, 1));
  SANDFLOW_TRY(c.require_rank(1, 0));
  c.output(0, c.constant_as_shape(0));
  return {};
}

Status compute_fill(KernelContext& c) {
  const Result<Shape> shape = requested_shape(c.input(0), "dims must be a vector");
  if (!shape.ok()) return shape.error();
  if (c.input(1).shape().rank() != 0)
    return invalid_argument(cat("value must be a scalar, got shape ", c.input(1).shape().runtime()));
  SANDFLOW_TRY(c.allocate(0, *shape));
  return with_any(c.input(1).dtype(), [&]<class T>() {
    std::fill(c.out<T>(0).begin(), c.out<T>(0).end(), c.in<T>(1)[0]);
    return Status();
  });
}

std::vector<Output> grad_fill(GradientContext& c) {
  const auto ints = [&](const std::vector<std::int32_t>& values) {
    return c.b.op("Const", {}, {{"value", Tensor::vector(values)}, {"dtype", DType::kInt32}});
  };
  // All elements in a row, whatever the rank.
  const Output row = c.b.op("Reshape", {c.grad(), ints({-1})});
  return {{}, c.b.op("Sum", {row, ints({0})})};
}

Status compute_zeros_like(KernelContext& c) {
  SANDFLOW_TRY(c.allocate(0, c.input(0).shape()));
  return with_any(c.input(0).dtype(), [&]<class T>() {
    std::fill(c.out<T>(0).begin(), c.out<T>(0).end(), T());
    return Status();
  });
}

Status compute_ones_like(KernelContext& c) {
  SANDFLOW_TRY(c.allocate(0, c.input(0).shape()));
  return with_plain(c.input(0).dtype(), [&]<class T>() {
    std::fill(c.out<T>(0).begin(), c.out<T>(0).end(), T(1));
    return Status();
  });
}

Result<std::int64_t> expanded_axis(const Tensor& axis_tensor, int rank, bool at_run_time) {
  if (axis_tensor.elements() != 1) return invalid_argument("'dim' must be a tensor with a single value");
  const auto axis = axis_tensor.integer(0);
  if (axis < -1 - rank || axis > rank) {
    if (at_run_time)
      return invalid_argument(
          cat("Tried to expand dim index ", axis, " for tensor with ", rank, " dimensions."));
    return value_error(cat("dim ", axis, " not in the interval [", -rank - 1, ", ", rank, "]."));
  }
  return axis < 0 ? axis + rank + 1 : axis;
}

Shape with_axis(const Shape& shape, std::int64_t axis) {
  std::vector<std::int64_t> dims = shape.dims();
  dims.insert(dims.begin() + axis, 1);
  return Shape(std::move(dims));
}

Status infer_expand_dims(InferenceContext& c) {
  const auto axis_value = c.constant(1);
  if (!c.input(0).has_rank() || !axis_value) {
    c.output(0, c.input(0).has_rank() ? Shape::unknown_dims(c.input(0).rank() + 1) : Shape::unknown_rank());
    return {};
  }
  const Result<std::int64_t> axis = expanded_axis(*axis_value, c.input(0).rank(), false);
  if (!axis.ok()) return axis.error();
  c.output(0, with_axis(c.input(0), *axis));
  return {};
}

Status compute_expand_dims(KernelContext& c) {
  const Result<std::int64_t> axis = expanded_axis(c.input(1), c.input(0).shape().rank(), true);
  if (!axis.ok()) return axis.error();
  const Shape expanded = with_axis(c.input(0).shape(), *axis);
  SANDFLOW_TRY(Tensor::check_size(c.input(0).dtype(), expanded));
  c.forward(0, c.input(0).reshaped(expanded));
  return {};
}

// Without axes, all of size 1 go. `text` says what is wrong with an axis, which differs before and in a run.
template <class OutOfRange>
Result<Shape> squeezed(const Shape& shape, const std::vector<std::int64_t>& axes, OutOfRange text) {
  std::vector<bool> goes(static_cast<std::size_t>(shape.rank()), axes.empty());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (axes[i] < -shape.rank() || axes[i] >= shape.rank()) return invalid_argument(text(i));
    goes[static_cast<std::size_t>(axes[i] < 0 ? axes[i] + shape.rank() : axes[i])] = true;
  }
  Shape out;
  for (int i = 0; i < shape.rank(); ++i) {
    const std::int64_t size = shape.dim(i);
    if (!goes[static_cast<std::size_t>(i)]) {
      out.append(size);
    } else if (size != 1 && size != Shape::kUnknown) {
      if (axes.empty())
        out.append(size);
      else
        return invalid_argument(cat("Can not squeeze dim[", i, "], expected a dimension of 1, got ", size));
    }
  }
  return out;
}

Status infer_squeeze(InferenceContext& c) {
  const auto& axes = c.node().attr<std::vector<std::int64_t>>("squeeze_dims");
  const Shape& shape = c.input(0);
  // An unknown size may be 1 or not.
  if (!shape.has_rank() || (axes.empty() && !shape.fully_defined())) {
    c.output(0, Shape::unknown_rank());
    return {};
  }
  Result<Shape> out = squeezed(shape, axes, [&](std::size_t i) {
    return cat("squeeze_dims[", i, "] not in [", -shape.rank(), ",", shape.rank(), ").");
  });
  if (!out.ok()) return value_error(out.error().message);
  c.output(0, *std::move(out));
  return {};
}

Status compute_squeeze(KernelContext& c) {
  const auto& axes = c.node().attr<std::vector<std::int64_t>>("squeeze_dims");
  const Shape& shape = c.input(0).shape();
  const Result<Shape> out = squeezed(shape, axes, [&](std::size_t i) {
    return cat("Tried to squeeze dim index ", axes[i], " for tensor with ", shape.rank(), " dimensions.");
  });
  if (!out.ok()) return out.error();
  c.forward(0, c.input(0).reshaped(*out));
  return {};
}

std::vector<Output> grad_squeeze(GradientContext& c) {
  return {c.b.op("Reshape", {c.grad(), shape_of(c, c.input(0))})};
}

Status infer_broadcast_to(InferenceContext& c) {
  SANDFLOW_TRY(c.require_rank(1, 1));
  const Shape to = c.constant_as_shape(1);
  if (to.has_rank() && c.input(0).has_rank()) {
    const Result<Shape> both = broadcast(c.input(0), to);
    if (!both.ok()) return both.error();
    if (both->rank() != to.rank())
      return value_error(cat("Shape must be at most rank ", to.rank(), " but is rank ", c.input(0).rank()));
  }
  c.output(0, to);
  return {};
}

Status compute_broadcast_to(KernelContext& c) {
  const Result<Shape> to = requested_shape(c.input(1), "shape must be a vector");
  if (!to.ok()) return to.error();
  const Shape& from = c.input(0).shape();
  const Result<BroadcastPlan> plan = plan_broadcast(from, *to);
  if (!plan.ok() || plan->shape != *to)
    return invalid_argument(cat("Incompatible shapes: ", from.runtime(), " vs. ", to->runtime()));
  if (from == *to) {
    c.forward(0, c.input(0));
    return {};
  }
  SANDFLOW_TRY(c.allocate(0, *to));
  return with_any(c.input(0).dtype(), [&]<class T>() {
    const auto x = c.in<T>(0);
    const auto out = c.out<T>(0);
    std::vector<std::int64_t> at(static_cast<std::size_t>(to->rank()), 0);
    std::int64_t from_index = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = x[static_cast<std::size_t>(from_index)];
      for (int a = to->rank() - 1; a >= 0; --a) {
        const auto axis = static_cast<std::size_t>(a);
        from_index += plan->stride_x[axis];
        if (++at[axis] < to->dim(a)) break;
        from_index -= plan->stride_x[axis] * to->dim(a);
        at[axis] = 0;
      }
    }
    return Status();
  });
}

// Sums what was repeated: the same reduction as for any broadcast operand.
std::vector<Output> grad_broadcast_to(GradientContext& c) {
  const Output from = shape_of(c, c.input(0));
  const Output axes = c.b.op("BroadcastGradientArgs", {from, shape_of(c, c.output())});
  return {c.b.op("Reshape", {c.b.op("Sum", {c.grad(), axes}), from}), {}};
}

Status infer_gradient_args(InferenceContext& c) {
  c.output(0, Shape{Shape::kUnknown});
  c.output(1, Shape{Shape::kUnknown});
  return {};
}

// core/kernels/bcast_ops.cc: the axes along which each operand was repeated.
Status compute_gradient_args(KernelContext& c) {
  const std::vector<std::int64_t> s0 = integers(c.input(0)), s1 = integers(c.input(1));
  const std::size_t rank = std::max(s0.size(), s1.size());
  std::vector<std::int32_t> axes0, axes1;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t d0 = i < rank - s0.size() ? 1 : s0[i - (rank - s0.size())];
    const std::int64_t d1 = i < rank - s1.size() ? 1 : s1[i - (rank - s1.size())];
    if (d0 != d1 && d0 != 1 && d1 != 1)
      return invalid_argument(
          cat("Incompatible shapes: ", Shape(s0).runtime(), " vs. ", Shape(s1).runtime()));
    if (d0 == 1) axes0.push_back(static_cast<std::int32_t>(i));
    if (d1 == 1) axes1.push_back(static_cast<std::int32_t>(i));
  }
  const auto put = [&](int output, const std::vector<std::int32_t>& axes) -> Status {
    SANDFLOW_TRY(c.allocate(output, {static_cast<std::int64_t>(axes.size())}));
    std::copy(axes.begin(), axes.end(), c.out<std::int32_t>(output).begin());
    return {};
  };
  SANDFLOW_TRY(put(0, axes0));
  return put(1, axes1);
}

Status infer_add_n(InferenceContext& c) {
  Shape merged = c.input(c.inputs() - 1);
  for (int i = c.inputs() - 2; i >= 0; --i) {
    Result<Shape> next = merge(c.input(i), merged);
    if (!next.ok())
      return value_error(cat(next.error().message, "\n\tFrom merging shape ", i, " with other shapes."));
    merged = *std::move(next);
  }
  c.output(0, merged);
  return {};
}

struct SumOfTensors {
  template <class T>
  static Status run(KernelContext& c) {
    for (int i = 1; i < c.inputs(); ++i)
      if (c.input(i).shape() != c.input(0).shape())
        return invalid_argument(cat("Inputs to operation ", c.node().name,
                                    " of type AddN must have the same size and "
                                    "shape.  Input 0: ",
                                    c.input(0).shape().runtime(), " != input ", i, ": ",
                                    c.input(i).shape().runtime()));
    SANDFLOW_TRY(c.allocate(0, c.input(0).shape()));
    const std::span<T> out = c.out<T>(0);
    std::copy(c.in<T>(0).begin(), c.in<T>(0).end(), out.begin());
    for (int i = 1; i < c.inputs(); ++i) {
      const std::span<const T> x = c.in<T>(i);
      for (std::size_t k = 0; k < out.size(); ++k) {
        if constexpr (std::is_integral_v<T>) {
          using U = std::make_unsigned_t<T>;
          out[k] = static_cast<T>(static_cast<U>(out[k]) + static_cast<U>(x[k]));
        } else {
          out[k] += x[k];
        }
      }
    }
    return {};
  }
};

std::vector<Output> grad_add_n(GradientContext& c) {
  return std::vector<Output>(c.node.inputs.size(), c.grad());
}

constexpr DTypeSet kOnesTypes{
    "bfloat16, float16, float32, float64, int8, uint8, int16, uint16, int32, int64, complex64, complex128, "
    "bool",
    kNumbers.mask | dtype_mask({DType::kBool})};

}  // namespace

std::vector<Op> shape_ops() {
  return {
      {.type = "Reshape",
       .python = "tf.reshape",
       .family = Family::kShape,
       .inputs = {{"tensor", "T"}, {"shape", "Tshape"}},
       .outputs = {{"output", "T"}},
       .attrs = {type_attr("T", kAnyType), type_attr("Tshape", kIndexTypes)},
       .formula = R"(y = x,\; \mathrm{shape}(y) = s)",
       .help = "The same elements in another shape; one size may be -1.",
       .infer = infer_reshape,
       .compute = compute_reshape,
       .gradient = grad_reshape},
      {.type = "ExpandDims",
       .python = "tf.expand_dims",
       .family = Family::kShape,
       .inputs = {{"input", "T"}, {"dim", "Tdim"}},
       .outputs = {{"output", "T"}},
       .attrs = {type_attr("T", kAnyType), type_attr("Tdim", kIndexTypes)},
       .formula = R"(y = x,\; \mathrm{shape}(y)_d = 1)",
       .help = "Adds an axis of size 1.",
       .infer = infer_expand_dims,
       .compute = compute_expand_dims,
       .gradient = grad_reshape},
      {.type = "Shape",
       .python = "tf.shape",
       .family = Family::kShape,
       .inputs = {{"input", "T"}},
       .outputs = {{"output", "out_type"}},
       .attrs = {type_attr("T", kAnyType), type_attr("out_type", kIndexTypes, DType::kInt32)},
       .formula = R"(y = \mathrm{shape}(x))",
       .help = "A tensor's shape, as a vector of integers.",
       .infer = infer_shape,
       .compute = compute_shape,
       .gradient = no_gradient},
      {.type = "Size",
       .python = "tf.size",
       .family = Family::kShape,
       .inputs = {{"input", "T"}},
       .outputs = {{"output", "out_type"}},
       .attrs = {type_attr("T", kAnyType), type_attr("out_type", kIndexTypes, DType::kInt32)},
       .formula = R"(y = |x|)",
       .help = "How many elements a tensor has.",
       .infer = infer_scalar,
       .compute = compute_size,
       .gradient = no_gradient},
      {.type = "Rank",
       .python = "tf.rank",
       .family = Family::kShape,
       .inputs = {{"input", "T"}},
       .outputs = {{"output", DType::kInt32}},
       .attrs = {type_attr("T", kAnyType)},
       .formula = R"(y = \mathrm{rank}(x))",
       .help = "How many axes a tensor has.",
       .infer = infer_scalar,
       .compute = compute_rank,
       .gradient = no_gradient},
      {.type = "Squeeze",
       .python = "tf.squeeze",
       .family = Family::kShape,
       .inputs = {{"input", "T"}},
       .outputs = {{"output", "T"}},
       .attrs = {type_attr("T", kAnyType), {"squeeze_dims", AttrKind::kInts, std::vector<std::int64_t>{}}},
       .formula = R"(y = x,\; \mathrm{shape}(y) = \mathrm{shape}(x) \setminus 1)",
       .help = "Drops axes of size 1: those named, or all.",
       .infer = infer_squeeze,
       .compute = compute_squeeze,
       .gradient = grad_squeeze},
      {.type = "Fill",
       .python = "tf.fill",
       .family = Family::kShape,
       .inputs = {{"dims", "index_type"}, {"value", "T"}},
       .outputs = {{"output", "T"}},
       .attrs = {type_attr("T", kAnyType), type_attr("index_type", kIndexTypes)},
       .formula = R"(y_i = v)",
       .help = "A tensor of the given shape with one value everywhere.",
       .infer = infer_fill,
       .compute = compute_fill,
       .gradient = grad_fill},
      {.type = "ZerosLike",
       .python = "tf.zeros_like",
       .family = Family::kShape,
       .inputs = {{"x", "T"}},
       .outputs = {{"y", "T"}},
       .attrs = {type_attr("T", kAnyType)},
       .formula = R"(y_i = 0)",
       .help = "Zeros in the shape of another tensor.",
       .infer = infer_like_input,
       .compute = compute_zeros_like,
       .gradient = no_gradient},
      {.type = "OnesLike",
       .python = "tf.ones_like",
       .family = Family::kShape,
       .inputs = {{"x", "T"}},
       .outputs = {{"y", "T"}},
       .attrs = {type_attr("T", kOnesTypes)},
       .formula = R"(y_i = 1)",
       .help = "Ones in the shape of another tensor.",
       .infer = infer_like_input,
       .compute = compute_ones_like,
       .gradient = no_gradient},
      {.type = "BroadcastTo",
       .python = "tf.broadcast_to",
       .family = Family::kShape,
       .inputs = {{"input", "T"}, {"shape", "Tidx"}},
       .outputs = {{"output", "T"}},
       .attrs = {type_attr("T", kAnyType), type_attr("Tidx", kIndexTypes)},
       .formula = R"(y_{ij} = x_j)",
       .help = "Repeats a tensor until it has the given shape.",
       .infer = infer_broadcast_to,
       .compute = compute_broadcast_to,
       .gradient = grad_broadcast_to},
      {.type = "AddN",
       .python = "tf.add_n",
       .family = Family::kShape,
       .inputs = {{"inputs", "T", false, true}},
       .outputs = {{"sum", "T"}},
       .attrs = {type_attr("T", kNumbers)},
       .formula = R"(y = \sum_i x_i)",
       .help = "Adds up tensors of one shape; where several gradients meet, they are added like this.",
       .infer = infer_add_n,
       .compute = for_numeric<SumOfTensors>,
       .gradient = grad_add_n},
      {.type = "BroadcastGradientArgs",
       .python = "tf.raw_ops.BroadcastGradientArgs",
       .family = Family::kShape,
       .inputs = {{"s0", "T"}, {"s1", "T"}},
       .outputs = {{"r0", DType::kInt32}, {"r1", DType::kInt32}},
       .attrs = {type_attr("T", kIndexTypes)},
       .formula = R"(r = \{ d : s_d = 1 \})",
       .help = "Along which axes two operands were repeated, so that their gradients can be summed there.",
       .infer = infer_gradient_args,
       .compute = compute_gradient_args,
       .gradient = no_gradient},
  };
}

}  // namespace sandflow
