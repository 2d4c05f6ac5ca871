// Tensors joined, taken apart, repeated, padded and turned.
#include <algorithm>

#include "engine/ops/indexing.h"
#include "engine/ops/list.h"

namespace sandflow {

namespace {

// --- Joining along an axis -------------------------------------------------------------------------------

// Copies between a tensor and its parts along an axis. `width(i)`: how many elements of part i lie together;
// `move(i, part offset, whole offset, count)`.
template <class Width, class Move>
void for_each_block(int parts, std::int64_t outer, Width width, Move move) {
  std::int64_t whole = 0;
  for (std::int64_t o = 0; o < outer; ++o)
    for (int i = 0; i < parts; ++i) {
      const std::int64_t count = width(i);
      move(i, o * count, whole, count);
      whole += count;
    }
}

Status join_inputs(KernelContext& c, int parts, const Shape& to, int axis, int first_inner) {
  SANDFLOW_TRY(c.allocate(0, to));
  if (to.elements() == 0) return {};
  const std::int64_t outer = volume(to, 0, axis);
  return with_any(c.output(0).dtype(), [&]<class T>() {
    const auto out = c.out<T>(0).begin();
    for_each_block(
        parts, outer,
        [&](int i) { return volume(c.input(i).shape(), first_inner, c.input(i).shape().rank()); },
        [&](int i, std::int64_t part, std::int64_t whole, std::int64_t count) {
          std::copy_n(c.in<T>(i).begin() + part, count, out + whole);
        });
    return Status();
  });
}

// Output i gets sizes[i] of the axis.
Status split_input(KernelContext& c, const Tensor& x, const std::vector<Shape>& shapes, int axis,
                   int first_inner) {
  const int parts = static_cast<int>(shapes.size());
  for (int i = 0; i < parts; ++i) SANDFLOW_TRY(c.allocate(i, shapes[static_cast<std::size_t>(i)]));
  if (x.elements() == 0) return {};
  return with_any(x.dtype(), [&]<class T>() {
    const auto from = x.read<T>().begin();
    std::vector<std::span<T>> outs;
    for (int i = 0; i < parts; ++i) outs.push_back(c.out<T>(i));
    for_each_block(
        parts, volume(x.shape(), 0, axis),
        [&](int i) {
          const Shape& shape = shapes[static_cast<std::size_t>(i)];
          return volume(shape, first_inner, shape.rank());
        },
        [&](int i, std::int64_t part, std::int64_t whole, std::int64_t count) {
          std::copy_n(from + whole, count, outs[static_cast<std::size_t>(i)].begin() + part);
        });
    return Status();
  });
}

Shape part_of(const Shape& shape, int first, int last) {
  return Shape(std::vector<std::int64_t>(shape.dims().begin() + first, shape.dims().begin() + last));
}

Status infer_concat(InferenceContext& c) {
  const int last = c.inputs() - 1;
  SANDFLOW_TRY(c.require_rank(last, 0));
  const auto axis_value = c.constant(last);
  if (!axis_value) {
    int rank = -1;
    for (int i = 0; i < last; ++i) rank = std::max(rank, c.input(i).rank());
    c.output(0, rank >= 0 ? Shape::unknown_dims(rank) : Shape::unknown_rank());
    return {};
  }
  const std::int64_t wanted = axis_value->integer(0), least = wanted < 0 ? -wanted : wanted + 1;
  Shape before = Shape::unknown_rank(), after = before;
  std::int64_t middle = 0;
  for (int i = last - 1; i >= 0; --i) {
    const Shape& shape = c.input(i);
    if (!shape.has_rank()) {
      middle = Shape::kUnknown;
      continue;
    }
    if (shape.rank() < least)
      return value_error(cat("Shape must be at least rank ", least, " but is rank ", shape.rank()));
    const int axis = static_cast<int>(wanted < 0 ? wanted + shape.rank() : wanted);
    // Counted from the end, the axes before are not as many until a rank is known.
    Result<Shape> next = merge(before, part_of(shape, 0, axis));
    if (!next.ok()) return next.error();
    before = *std::move(next);
    next = merge(after, part_of(shape, axis + 1, shape.rank()));
    if (!next.ok()) return next.error();
    after = *std::move(next);
    middle = middle == Shape::kUnknown || shape.dim(axis) == Shape::kUnknown ? Shape::kUnknown
                                                                             : middle + shape.dim(axis);
  }
  if (before.has_rank()) {
    before.append(middle);
    for (std::int64_t dim : after.dims()) before.append(dim);
  }
  c.output(0, before);
  return {};
}

Status compute_concat(KernelContext& c) {
  const int parts = c.inputs() - 1;
  const Shape &first = c.input(0).shape(), &axis_shape = c.input(parts).shape();
  if (axis_shape.rank() != 0)
    return invalid_argument(
        cat("Concat axis tensor should be a scalar integer, but got shape ", axis_shape.runtime()));
  const std::int64_t wanted = c.input(parts).integer(0);
  if (wanted < -first.rank() || wanted >= first.rank())
    return invalid_argument(cat("ConcatOp : Expected concatenating dimensions in the range [", -first.rank(),
                                ", ", first.rank(), "), but got ", wanted));
  const int axis = static_cast<int>(wanted < 0 ? wanted + first.rank() : wanted);
  Shape to = first;
  for (int i = 1; i < parts; ++i) {
    const Shape& shape = c.input(i).shape();
    const auto text = [&](const char* rule) {
      return invalid_argument(cat("ConcatOp : ", rule, " of ", shape.rank() == first.rank() ? "" : "all ",
                                  shape.rank() == first.rank() ? "inputs" : "input tensors",
                                  " should match: shape[0] = ", first.runtime(), " vs. shape[", i,
                                  "] = ", shape.runtime()));
    };
    if (shape.rank() != first.rank()) return text("Ranks");
    for (int k = 0; k < first.rank(); ++k)
      if (k != axis && shape.dim(k) != first.dim(k)) return text("Dimensions");
    to.set_dim(axis, to.dim(axis) + shape.dim(axis));
  }
  return join_inputs(c, parts, to, axis, axis);
}

std::vector<Output> grad_concat(GradientContext& c) {
  const int parts = static_cast<int>(c.node.inputs.size()) - 1;
  std::vector<Output> grads;
  if (parts == 1) return {c.grad(), {}};
  Output axis = c.input(parts);
  if (c.b.dtype(axis) == DType::kInt64) axis = c.b.op("Cast", {axis}, {{"DstT", DType::kInt32}});
  std::vector<Output> offsets_of{c.b.op("FloorMod", {axis, rank_of(c, c.input(0))}, {}, "mod")};
  for (int i = 0; i < parts; ++i) offsets_of.push_back(shape_of(c, c.input(i)));
  const Output first = c.b.op("ConcatOffset", offsets_of, {{"N", std::int64_t{parts}}});
  for (int i = 0; i < parts && c.b.ok(); ++i)
    grads.push_back(
        c.b.op("Slice", {c.grad(), {first.node, i}, offsets_of[static_cast<std::size_t>(i) + 1]}));
  grads.resize(static_cast<std::size_t>(parts) + 1);
  return grads;
}

Status infer_concat_offset(InferenceContext& c) {
  SANDFLOW_TRY(c.require_rank(0, 0));
  if (c.node().attr<std::int64_t>("N") != c.inputs() - 1)
    return value_error(cat("Expected N = ", c.inputs() - 1, ", but got ", c.node().attr<std::int64_t>("N")));
  for (int i = 1; i < c.inputs(); ++i) {
    SANDFLOW_TRY(c.require_rank(i, 1));
    c.output(i - 1, c.input(i));
  }
  return {};
}

Status compute_concat_offset(KernelContext& c) {
  if (c.input(0).shape().rank() != 0)
    return invalid_argument(
        cat("Concat dim tensor should be a scalar integer, but got shape ", c.input(0).shape().runtime()));
  const std::int64_t rank = c.input(1).elements(), wanted = c.input(0).integer(0);
  if (wanted < -rank || wanted >= rank)
    return invalid_argument(cat("Concat dim is out of range: ", wanted, " vs. ", rank));
  const std::int64_t axis = wanted < 0 ? wanted + rank : wanted;
  std::int64_t offset = 0;
  for (int i = 1; i < c.inputs(); ++i) {
    if (c.input(i).shape() != Shape{rank})
      return invalid_argument(
          cat("input ", i - 1, " should contain ", rank, " elements, but got ", c.input(i).elements()));
    std::vector<std::int64_t> begin(static_cast<std::size_t>(rank), 0);
    begin[static_cast<std::size_t>(axis)] = offset;
    offset += c.input(i).integer(axis);
    SANDFLOW_TRY(put_integers(c, i - 1, {rank}, begin));
  }
  return {};
}

// --- Pack and Unpack: tf.stack, tf.unstack ---------------------------------------------------------------

Status infer_pack(InferenceContext& c) {
  Shape merged = c.input(c.inputs() - 1);
  for (int i = c.inputs() - 2; i >= 0; --i) {
    Result<Shape> next = merge(c.input(i), merged);
    if (!next.ok())
      return value_error(cat(next.error().message, "\n\tFrom merging shape ", i, " with other shapes."));
    merged = *std::move(next);
  }
  if (!merged.has_rank()) {
    c.output(0, merged);
    return {};
  }
  const auto wanted = c.node().attr<std::int64_t>("axis");
  const int rank = merged.rank() + 1;
  if (wanted < -rank || wanted >= rank)
    return value_error(cat("Invalid axis: ", wanted, "; must be in [", -rank, ",", rank, ")"));
  std::vector<std::int64_t> dims = merged.dims();
  dims.insert(dims.begin() + (wanted < 0 ? wanted + rank : wanted), c.inputs());
  c.output(0, Shape(std::move(dims)));
  return {};
}

Status compute_pack(KernelContext& c) {
  const Shape& first = c.input(0).shape();
  const auto wanted = c.node().attr<std::int64_t>("axis");
  const int rank = first.rank() + 1;
  if (wanted < -rank || wanted >= rank)
    return invalid_argument(cat(" axis = ", wanted, " not in [", -rank, ", ", rank, ")"));
  for (int i = 1; i < c.inputs(); ++i)
    if (c.input(i).shape() != first)
      return invalid_argument(cat("Shapes of all inputs must match: values[0].shape = ", first.runtime(),
                                  " != values[", i, "].shape = ", c.input(i).shape().runtime()));
  const int axis = static_cast<int>(wanted < 0 ? wanted + rank : wanted);
  std::vector<std::int64_t> dims = first.dims();
  dims.insert(dims.begin() + axis, c.inputs());
  return join_inputs(c, c.inputs(), Shape(std::move(dims)), axis, axis);
}

std::vector<Output> grad_pack(GradientContext& c) {
  const auto count = static_cast<std::int64_t>(c.node.inputs.size());
  const Output first =
      c.b.op("Unpack", {c.grad()}, {{"num", count}, {"axis", c.node.attr<std::int64_t>("axis")}}, "unstack");
  std::vector<Output> grads;
  for (int i = 0; i < static_cast<int>(count); ++i) grads.push_back({first.node, i});
  return grads;
}

Status infer_unpack(InferenceContext& c) {
  Shape shape = c.input(0);
  const auto wanted = c.node().attr<std::int64_t>("axis"), count = c.node().attr<std::int64_t>("num");
  if (shape.has_rank()) {
    const int rank = shape.rank();
    if (rank < 1) return value_error("Shape must be at least rank 1 but is rank 0");
    if (wanted < -rank || wanted >= rank)
      return value_error(cat("Invalid axis: ", wanted, "; must be in [", -rank, ",", rank, ")"));
    const int axis = static_cast<int>(wanted < 0 ? wanted + rank : wanted);
    if (shape.dim(axis) != Shape::kUnknown && shape.dim(axis) != count)
      return value_error(cat("Dimension must be ", count, " but is ", shape.dim(axis)));
    std::vector<std::int64_t> dims = shape.dims();
    dims.erase(dims.begin() + axis);
    shape = Shape(std::move(dims));
  }
  for (int i = 0; i < static_cast<int>(count); ++i) c.output(i, shape);
  return {};
}

Status compute_unpack(KernelContext& c) {
  const Tensor& x = c.input(0);
  const auto wanted = c.node().attr<std::int64_t>("axis"), count = c.node().attr<std::int64_t>("num");
  const int rank = x.shape().rank();
  if (wanted < -rank || wanted >= rank)
    return invalid_argument(cat("axis = ", wanted, " not in [", -rank, ", ", rank, ")"));
  const int axis = static_cast<int>(wanted < 0 ? wanted + rank : wanted);
  if (x.shape().dim(axis) != count)
    return invalid_argument(
        cat("Input shape axis ", axis, " must equal ", count, ", got shape ", x.shape().runtime()));
  std::vector<std::int64_t> dims = x.shape().dims();
  dims.erase(dims.begin() + axis);
  return split_input(c, x, std::vector<Shape>(static_cast<std::size_t>(count), Shape(std::move(dims))), axis,
                     axis);
}

std::vector<Output> all_grads(GradientContext& c) {
  std::vector<Output> grads;
  for (int i = 0; i < static_cast<int>(c.node.outputs.size()); ++i) grads.push_back(grad_or_zeros(c, i));
  return grads;
}

std::vector<Output> grad_unpack(GradientContext& c) {
  return {c.b.op("Pack", all_grads(c), {{"axis", c.node.attr<std::int64_t>("axis")}}, "stack")};
}

// --- Split -----------------------------------------------------------------------------------------------

// Of a constant axis; absent if it or the rank is not known.
Result<std::optional<int>> known_axis(InferenceContext& c, int axis_input, const Shape& shape) {
  SANDFLOW_TRY(c.require_rank(axis_input, 0));
  const auto value = c.constant(axis_input);
  if (!value || !shape.has_rank()) return std::optional<int>();
  const std::int64_t axis = value->integer(0) + (value->integer(0) < 0 ? shape.rank() : 0);
  if (axis < 0 || axis >= shape.rank())
    return value_error(cat("Dimension size, given by scalar input ", value->integer(0),
                           " must be in range [-", shape.rank(), ", ", shape.rank(), ")"));
  return std::optional(static_cast<int>(axis));
}

void put_all(InferenceContext& c, const Shape& shape) {
  for (int i = 0; i < static_cast<int>(c.node().outputs.size()); ++i) c.output(i, shape);
}

Status infer_split(InferenceContext& c) {
  Shape shape = c.input(1);
  const auto count = c.node().attr<std::int64_t>("num_split");
  const auto axis = known_axis(c, 0, shape);
  if (!axis.ok()) return axis.error();
  if (!*axis) {
    put_all(c, shape.has_rank() ? Shape::unknown_dims(shape.rank()) : shape);
    return {};
  }
  const std::int64_t size = shape.dim(**axis);
  if (size != Shape::kUnknown && size % count != 0)
    return value_error(cat("Dimension size must be evenly divisible by ", count, " but is ", size));
  shape.set_dim(**axis, size == Shape::kUnknown ? size : size / count);
  put_all(c, shape);
  return {};
}

// The axis an operation's input says; an error if it is no axis of the tensor.
Result<int> split_axis(const Tensor& axis_tensor, int rank) {
  if (axis_tensor.shape().rank() != 0)
    return invalid_argument(cat("split_dim must be a scalar but has rank ", axis_tensor.shape().rank()));
  const std::int64_t axis = axis_tensor.integer(0);
  if (axis < -rank || axis >= rank)
    return invalid_argument(
        cat("-input rank(-", rank, ") <= split_dim < input rank (", rank, "), but got ", axis));
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

Status compute_split(KernelContext& c) {
  const Tensor& x = c.input(1);
  const Result<int> axis = split_axis(c.input(0), x.shape().rank());
  if (!axis.ok()) return axis.error();
  const auto count = c.node().attr<std::int64_t>("num_split");
  Shape part = x.shape();
  if (part.dim(*axis) % count != 0)
    return invalid_argument(cat("Number of ways to split should evenly divide the split dimension, but got ",
                                "split_dim ", *axis, " (size = ", part.dim(*axis), ") and num_split ",
                                count));
  part.set_dim(*axis, part.dim(*axis) / count);
  return split_input(c, x, std::vector<Shape>(static_cast<std::size_t>(count), part), *axis, *axis);
}

std::vector<Output> grad_split(GradientContext& c) {
  std::vector<Output> joined = all_grads(c);
  joined.push_back(c.input(0));
  return {{}, c.b.op("ConcatV2", joined, {}, "concat")};
}

Status infer_split_v(InferenceContext& c) {
  Shape shape = c.input(0);
  SANDFLOW_TRY(c.require_rank(1, 1));
  const auto axis = known_axis(c, 2, shape);
  if (!axis.ok()) return axis.error();
  const auto sizes = c.constant(1);
  const std::size_t count = c.node().outputs.size();
  if (!*axis || !sizes || static_cast<std::size_t>(sizes->elements()) != count) {
    put_all(c, shape.has_rank() ? Shape::unknown_dims(shape.rank()) : shape);
    return {};
  }
  const std::int64_t whole = shape.dim(**axis);
  std::int64_t named = 0;
  for (std::int64_t i = 0; i < sizes->elements(); ++i) named += std::max<std::int64_t>(sizes->integer(i), 0);
  for (std::int64_t i = 0; i < sizes->elements(); ++i) {
    const std::int64_t size = sizes->integer(i);
    const bool is_rest = size == -1 && whole != Shape::kUnknown && whole >= named;
    shape.set_dim(**axis, is_rest ? whole - named : size < 0 ? Shape::kUnknown : size);
    c.output(static_cast<int>(i), shape);
  }
  return {};
}

Status compute_split_v(KernelContext& c) {
  const Tensor& x = c.input(0);
  const Result<int> axis = split_axis(c.input(2), x.shape().rank());
  if (!axis.ok()) return axis.error();
  const auto count = c.node().attr<std::int64_t>("num_split");
  if (c.input(1).shape() != Shape{count})
    return invalid_argument(cat("size_splits must be a 1-D tensor of length ", count, ", but got shape ",
                                c.input(1).shape().runtime()));
  std::vector<std::int64_t> sizes = integers(c.input(1));
  const std::int64_t whole = x.shape().dim(*axis);
  std::int64_t named = 0, open = -1;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == -1 && open < 0) {
      open = static_cast<std::int64_t>(i);
    } else if (sizes[i] == -1) {
      return invalid_argument("There can only be one -1 in the input.");
    } else if (sizes[i] < 0 || sizes[i] > whole) {
      return invalid_argument(
          cat("Split size at index ", i, " must be >= 0 and at most ", whole, ". Got: ", sizes[i]));
    } else {
      named += sizes[i];
    }
  }
  if (open < 0 ? named != whole : named > whole)
    return invalid_argument(cat(
        "Determined shape must either match input shape along split_dim exactly if fully specified, or be "
        "less than the size of the input along split_dim if not fully specified.  Got: ",
        named));
  if (open >= 0) sizes[static_cast<std::size_t>(open)] = whole - named;
  std::vector<Shape> shapes(sizes.size(), x.shape());
  for (std::size_t i = 0; i < sizes.size(); ++i) shapes[i].set_dim(*axis, sizes[i]);
  return split_input(c, x, shapes, *axis, *axis);
}

std::vector<Output> grad_split_v(GradientContext& c) {
  std::vector<Output> joined = all_grads(c);
  joined.push_back(c.input(2));
  return {c.b.op("ConcatV2", joined, {}, "concat"), {}, {}};
}

// --- Repeated, padded, turned ----------------------------------------------------------------------------

Status infer_tile(InferenceContext& c) {
  SANDFLOW_TRY(c.require_rank(1, 1));
  const Shape times = c.constant_as_shape(1);
  const Shape& from = c.input(0);
  if (!times.has_rank()) {
    c.output(0, from.has_rank() ? Shape::unknown_dims(from.rank()) : from);
    return {};
  }
  if (from.has_rank() && from.rank() != times.rank())
    return value_error(cat("Shape must be rank ", times.rank(), " but is rank ", from.rank()));
  Shape to;
  for (int i = 0; i < times.rank(); ++i) {
    const std::int64_t dim = from.has_rank() ? from.dim(i) : Shape::kUnknown;
    const bool is_known = times.dim(i) != Shape::kUnknown && dim != Shape::kUnknown;
    to.append(is_known ? Shape{times.dim(i), dim}.elements() : Shape::kUnknown);
  }
  c.output(0, to);
  return {};
}

Status compute_tile(KernelContext& c) {
  const Shape &from = c.input(0).shape(), &times = c.input(1).shape();
  if (times.rank() != 1)
    return invalid_argument(cat("Expected multiples to be 1-D, but got shape ", times.runtime()));
  if (times.dim(0) != from.rank())
    return invalid_argument(cat("Expected multiples argument to be a vector of length ", from.rank(),
                                " but got length ", times.dim(0)));
  Shape to, walked;
  std::vector<std::int64_t> strides;
  const std::vector<std::int64_t> steps = strides_of(from);
  for (int i = 0; i < from.rank(); ++i) {
    const std::int64_t count = c.input(1).integer(i);
    if (count < 0) return invalid_argument(cat("Expected multiples[", i, "] >= 0, but got ", count));
    to.append(Shape{count, from.dim(i)}.elements());
    // Over the copies first, standing still in the input; then over what is copied.
    walked.append(count);
    walked.append(from.dim(i));
    strides.push_back(0);
    strides.push_back(steps[static_cast<std::size_t>(i)]);
  }
  SANDFLOW_TRY(c.allocate(0, to));
  return with_any(c.input(0).dtype(), [&]<class T>() {
    const auto x = c.in<T>(0);
    const auto out = c.out<T>(0);
    for_each_strided(walked, strides, 0, [&](std::size_t i, std::size_t at) { out[i] = x[at]; });
    return Status();
  });
}

// array_grad.py, _TileGrad: every axis split into copies and what was copied; the copies are summed.
std::vector<Output> grad_tile(GradientContext& c) {
  const Output shape = shape_of(c, c.input(0), c.b.dtype(c.input(1)));
  const Output pairs = c.b.op("Pack", {c.input(1), shape}, {}, "stack");
  const Output turned =
      c.b.op("Transpose", {pairs, int_constant(c, {1, 0}, "transpose/perm")}, {}, "transpose");
  const Output split = c.b.op("Reshape", {turned, int_constant(c, {-1}, "Reshape/shape")});
  const Output axes = c.b.op(
      "Range", {int_scalar(c, 0, "range/start"), c.b.op("Size", {split}), int_scalar(c, 2, "range/delta")},
      {}, "range");
  // TensorFlow's Python tells the sum the shape it must have; here Reshape does.
  const Output sum = c.b.op("Sum", {c.b.op("Reshape", {c.grad(), split}), axes});
  return {c.b.op("Reshape", {sum, shape}), {}};
}

Status infer_pad(InferenceContext& c) {
  SANDFLOW_TRY(c.require_rank(1, 2));
  const Shape &from = c.input(0), &rows = c.input(1);
  if (rows.has_rank() && rows.dim(1) != Shape::kUnknown && rows.dim(1) != 2)
    return value_error(cat("Dimension must be 2 but is ", rows.dim(1)));
  if (c.inputs() > 2) SANDFLOW_TRY(c.require_rank(2, 0));
  const std::int64_t rank = rows.has_rank() ? rows.dim(0) : Shape::kUnknown;
  if (from.has_rank() && rank != Shape::kUnknown && rank != from.rank())
    return value_error(cat("Shape must be rank ", rank, " but is rank ", from.rank()));
  const auto paddings = c.constant(1);
  if (!from.has_rank() || !paddings) {
    const std::int64_t known = from.has_rank() ? from.rank() : rank;
    c.output(0, known != Shape::kUnknown && known <= Tensor::kMaxRank
                    ? Shape::unknown_dims(static_cast<int>(known))
                    : Shape::unknown_rank());
    return {};
  }
  Shape to = from;
  for (int i = 0; i < from.rank(); ++i) {
    const std::int64_t before = paddings->integer(2 * i), after = paddings->integer(2 * i + 1);
    if (before < 0 || after < 0) return value_error("Paddings must be non-negative");
    if (from.dim(i) != Shape::kUnknown) to.set_dim(i, from.dim(i) + before + after);
  }
  c.output(0, to);
  return {};
}

Status compute_pad(KernelContext& c) {
  const Shape &from = c.input(0).shape(), &rows = c.input(1).shape();
  if (rows.rank() != 2 || rows.dim(1) != 2)
    return invalid_argument(cat("paddings must be a matrix with 2 columns: ", rows.runtime()));
  if (rows.dim(0) != from.rank())
    return invalid_argument(cat("The first dimension of paddings must be the rank of inputs", rows.runtime(),
                                " ", from.runtime()));
  if (c.inputs() > 2 && c.input(2).shape().rank() != 0)
    return invalid_argument(
        cat("Constant padding value must be a scalar, but got shape ", c.input(2).shape().runtime()));
  Shape to = from;
  for (int i = 0; i < from.rank(); ++i) {
    const std::int64_t before = c.input(1).integer(2 * i), after = c.input(1).integer(2 * i + 1);
    constexpr std::int64_t kMost = std::int64_t{1} << 40;  // Far more than memory, far less than overflows.
    if (before < 0 || after < 0)
      return invalid_argument(cat("Paddings must be non-negative: ", before, " ", after));
    to.set_dim(i, from.dim(i) + std::min(before, kMost) + std::min(after, kMost));
  }
  SANDFLOW_TRY(c.allocate(0, to));
  const std::vector<std::int64_t> strides = strides_of(to);
  std::int64_t base = 0;
  for (int i = 0; i < from.rank(); ++i)
    base += c.input(1).integer(2 * i) * strides[static_cast<std::size_t>(i)];
  return with_any(c.input(0).dtype(), [&]<class T>() {
    const auto x = c.in<T>(0);
    const auto out = c.out<T>(0);
    std::fill(out.begin(), out.end(), c.inputs() > 2 ? T(c.in<T>(2)[0]) : T());
    for_each_strided(from, strides, base, [&](std::size_t i, std::size_t at) { out[at] = x[i]; });
    return Status();
  });
}

std::vector<Output> grad_pad(GradientContext& c) {
  const DType type = c.b.dtype(c.input(1));
  const Output rank = rank_of(c, c.input(0));
  const Output column = c.b.op("Pack", {rank, int_scalar(c, 1, "stack/1")}, {}, "stack");
  const Output begin = int_constant(c, {0, 0}, "Slice/begin");
  const Output size = type == DType::kInt32 ? column : c.b.op("Cast", {column}, {{"DstT", type}});
  const Output from = type == DType::kInt32 ? begin : c.b.op("Cast", {begin}, {{"DstT", type}});
  const Output before = c.b.op("Slice", {c.input(1), from, size});
  const Output place = c.b.op("Reshape", {before, int_constant(c, {-1}, "Reshape/shape")});
  std::vector<Output> grads(c.node.inputs.size());
  grads[0] = c.b.op("Slice", {c.grad(), place, shape_of(c, c.input(0), type)});
  if (grads.size() > 2 && c.b.ok()) {
    // The sum of all the gradient less what belongs to the tensor. TensorFlow has none.
    const auto total = [&](Output x) {
      const Output row = c.b.op("Reshape", {x, int_constant(c, {-1}, "Reshape/shape")});
      return c.b.op("Sum", {row, int_constant(c, {0}, "Sum/reduction_indices")});
    };
    grads[2] = c.b.op("Sub", {total(c.grad()), total(grads[0])}, {}, "sub");
  }
  return grads;
}

Status infer_transpose(InferenceContext& c) {
  SANDFLOW_TRY(c.require_rank(1, 1));
  const Shape &from = c.input(0), &length = c.input(1);
  const auto perm = c.constant(1);
  const std::int64_t given = perm                                      ? perm->elements()
                             : length.has_rank() && length.rank() == 1 ? length.dim(0)
                                                                       : Shape::kUnknown;
  const std::int64_t rank = from.has_rank() ? from.rank() : given;
  if (rank == Shape::kUnknown || rank > Tensor::kMaxRank) {
    c.output(0, Shape::unknown_rank());
    return {};
  }
  if (given != Shape::kUnknown && given != rank)
    return value_error(cat("Dimension must be ", rank, " but is ", given));
  Shape to = Shape::unknown_dims(static_cast<int>(rank));
  for (int i = 0; perm && i < static_cast<int>(rank); ++i) {
    const std::int64_t axis = perm->integer(i);
    if (axis < 0 || axis >= rank)
      return value_error(cat("perm dim ", axis, " is out of range of input rank ", rank));
    if (from.has_rank()) to.set_dim(i, from.dim(static_cast<int>(axis)));
  }
  c.output(0, to);
  return {};
}

Status compute_transpose(KernelContext& c) {
  const Shape &from = c.input(0).shape(), &length = c.input(1).shape();
  if (length.rank() != 1) return invalid_argument(cat("perm must be a vector, not ", length.runtime()));
  if (length.dim(0) != from.rank())
    return invalid_argument(cat("transpose expects a vector of size ", from.rank(),
                                ". But input(1) is a vector of size ", length.dim(0)));
  const std::vector<std::int64_t> perm = integers(c.input(1));
  std::vector<bool> is_taken(perm.size(), false);
  for (std::int64_t axis : perm) {
    if (axis < 0 || axis >= from.rank())
      return invalid_argument(cat(axis, " is out of range [0 .. ", from.rank(), ")"));
    is_taken[static_cast<std::size_t>(axis)] = true;
  }
  for (std::size_t i = 0; i < is_taken.size(); ++i)
    if (!is_taken[i])
      return invalid_argument(cat(i, " is missing from {",
                                  join(perm, ",", [](std::int64_t p) { return std::to_string(p); }), "}."));
  Shape to;
  std::vector<std::int64_t> strides;
  const std::vector<std::int64_t> steps = strides_of(from);
  for (std::int64_t axis : perm) {
    to.append(from.dim(static_cast<int>(axis)));
    strides.push_back(steps[static_cast<std::size_t>(axis)]);
  }
  SANDFLOW_TRY(c.allocate(0, to));
  return with_any(c.input(0).dtype(), [&]<class T>() {
    const auto x = c.in<T>(0);
    const auto out = c.out<T>(0);
    for_each_strided(to, strides, 0, [&](std::size_t i, std::size_t at) { out[i] = x[at]; });
    return Status();
  });
}

std::vector<Output> grad_transpose(GradientContext& c) {
  return {c.b.op("Transpose", {c.grad(), c.b.op("InvertPermutation", {c.input(1)})}, {}, "transpose"), {}};
}

Status infer_invert_permutation(InferenceContext& c) {
  SANDFLOW_TRY(c.require_rank(0, 1));
  c.output(0, c.input(0).has_rank() ? c.input(0) : Shape{Shape::kUnknown});
  return {};
}

Status compute_invert_permutation(KernelContext& c) {
  if (c.input(0).shape().rank() != 1) return invalid_argument("invert_permutation expects a 1D vector.");
  const std::vector<std::int64_t> perm = integers(c.input(0));
  const auto count = static_cast<std::int64_t>(perm.size());
  std::vector<std::int64_t> inverse(perm.size(), -1);
  for (std::size_t i = 0; i < perm.size(); ++i) {
    if (perm[i] < 0 || perm[i] >= count)
      return invalid_argument(cat(perm[i], " is not between 0 and ", count));
    if (inverse[static_cast<std::size_t>(perm[i])] >= 0)
      return invalid_argument(cat(perm[i], " is duplicated in the input."));
    inverse[static_cast<std::size_t>(perm[i])] = static_cast<std::int64_t>(i);
  }
  return put_integers(c, 0, {count}, inverse);
}

// How many parts; at most as many as anybody could see.
AttrSpec part_count(const char* name) { return {name, AttrKind::kInt, {}, &kAnyType, 1, 1000}; }

}  // namespace

std::vector<Op> joining_ops() {
  const AttrSpec axis{"axis", AttrKind::kInt, std::int64_t{0}, &kAnyType, -254, 254};
  Op pad{.type = "Pad",
         .python = "tf.pad",
         .family = Family::kJoining,
         .inputs = {{"input", "T"}, {"paddings", "Tpaddings"}},
         .outputs = {{"output", "T"}},
         .attrs = {type_attr("T", kAnyType), type_attr("Tpaddings", kIndexTypes)},
         .formula = R"(y_{p + i} = x_i)",
         .help = "Puts zeros around a tensor: for each axis, how many before and how many after.",
         .infer = infer_pad,
         .compute = compute_pad,
         .gradient = grad_pad};
  Op pad_v2 = pad;
  pad_v2.type = "PadV2";
  pad_v2.python = "tf.pad(constant_values=...)";
  pad_v2.inputs.push_back({"constant_values", "T"});
  pad_v2.help = "Puts one value around a tensor: for each axis, how many before and how many after.";
  return {
      {.type = "ConcatV2",
       .python = "tf.concat",
       .family = Family::kJoining,
       .inputs = {{"values", "T", false, true}, {"axis", "Tidx"}},
       .outputs = {{"output", "T"}},
       .attrs = {type_attr("T", kAnyType), type_attr("Tidx", kIndexTypes)},
       .formula = R"(y = [x_1, x_2, \ldots])",
       .help = "Joins tensors along an axis that they have.",
       .infer = infer_concat,
       .compute = compute_concat,
       .gradient = grad_concat},
      {.type = "ConcatOffset",
       .python = "tf.raw_ops.ConcatOffset",
       .family = Family::kJoining,
       .inputs = {{"concat_dim", DType::kInt32}, {"shape", DType::kInt32, false, true}},
       .outputs = {{"offset", DType::kInt32, false, false, "N"}},
       .attrs = {part_count("N")},
       .formula = R"(o_k = \sum_{i < k} s_i)",
       .help = "Where each of several joined tensors begins in the whole.",
       .infer = infer_concat_offset,
       .compute = compute_concat_offset,
       .gradient = no_gradient},
      {.type = "Pack",
       .python = "tf.stack",
       .family = Family::kJoining,
       .inputs = {{"values", "T", false, true}},
       .outputs = {{"output", "T"}},
       .attrs = {axis, type_attr("T", kAnyType)},
       .formula = R"(y_k = x_k)",
       .help = "Joins tensors of one shape along a new axis.",
       .infer = infer_pack,
       .compute = compute_pack,
       .gradient = grad_pack},
      {.type = "Unpack",
       .python = "tf.unstack",
       .family = Family::kJoining,
       .inputs = {{"value", "T"}},
       .outputs = {{"output", "T", false, false, "num"}},
       .attrs = {part_count("num"), axis, type_attr("T", kAnyType)},
       .formula = R"(y_k = x_k)",
       .help = "Takes a tensor apart along an axis, which is gone afterwards.",
       .infer = infer_unpack,
       .compute = compute_unpack,
       .gradient = grad_unpack},
      {.type = "Split",
       .python = "tf.split",
       .family = Family::kJoining,
       .inputs = {{"split_dim", DType::kInt32}, {"value", "T"}},
       .outputs = {{"output", "T", false, false, "num_split"}},
       .attrs = {part_count("num_split"), type_attr("T", kAnyType)},
       .formula = R"([y_1, y_2, \ldots] = x)",
       .help = "Cuts a tensor into parts of one size along an axis.",
       .infer = infer_split,
       .compute = compute_split,
       .gradient = grad_split},
      {.type = "SplitV",
       .python = "tf.split(num_or_size_splits=[...])",
       .family = Family::kJoining,
       .inputs = {{"value", "T"}, {"size_splits", "Tlen"}, {"split_dim", DType::kInt32}},
       .outputs = {{"output", "T", false, false, "num_split"}},
       .attrs = {part_count("num_split"), type_attr("T", kAnyType), type_attr("Tlen", kIndexTypes)},
       .formula = R"([y_1, y_2, \ldots] = x)",
       .help = "Cuts a tensor into parts of the given sizes along an axis; one size may be -1.",
       .infer = infer_split_v,
       .compute = compute_split_v,
       .gradient = grad_split_v},
      {.type = "Tile",
       .python = "tf.tile",
       .family = Family::kJoining,
       .inputs = {{"input", "T"}, {"multiples", "Tmultiples"}},
       .outputs = {{"output", "T"}},
       .attrs = {type_attr("T", kAnyType), type_attr("Tmultiples", kIndexTypes)},
       .formula = R"(y_i = x_{i \bmod n})",
       .help = "Repeats a tensor along each axis as often as it says there.",
       .infer = infer_tile,
       .compute = compute_tile,
       .gradient = grad_tile},
      std::move(pad),
      std::move(pad_v2),
      {.type = "Transpose",
       .python = "tf.transpose(perm=[...])",
       .family = Family::kJoining,
       .inputs = {{"x", "T"}, {"perm", "Tperm"}},
       .outputs = {{"y", "T"}},
       .attrs = {type_attr("T", kAnyType), type_attr("Tperm", kIndexTypes)},
       .formula = R"(y_{ji} = x_{ij})",
       .help = "Puts the axes into another order.",
       .infer = infer_transpose,
       .compute = compute_transpose,
       .gradient = grad_transpose},
      {.type = "InvertPermutation",
       .python = "tf.math.invert_permutation",
       .family = Family::kJoining,
       .inputs = {{"x", "T"}},
       .outputs = {{"y", "T"}},
       .attrs = {type_attr("T", kIndexTypes, DType::kInt32)},
       .formula = R"(y_{x_i} = i)",
       .help = "The order that undoes an order.",
       .infer = infer_invert_permutation,
       .compute = compute_invert_permutation,
       .gradient = no_gradient},
  };
}

}  // namespace sandflow
