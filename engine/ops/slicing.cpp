// Parts of tensors: cut out by position, picked by index, found by value.
#include <algorithm>
#include <numeric>

#include "engine/ops/indexing.h"
#include "engine/ops/list.h"

namespace sandflow {

namespace {

// --- Slice -----------------------------------------------------------------------------------------------

Status infer_slice(InferenceContext& c) {
  SANDFLOW_TRY(c.require_rank(1, 1));
  SANDFLOW_TRY(c.require_rank(2, 1));
  const Shape& from = c.input(0);
  const auto begin = c.constant(1), size = c.constant(2);
  Shape out = c.constant_as_shape(2);
  if (!out.has_rank()) {
    c.output(0, from.has_rank() ? Shape::unknown_dims(from.rank()) : out);
    return {};
  }
  if (from.has_rank() && from.rank() != out.rank())
    return value_error(cat("Shape must be rank ", out.rank(), " but is rank ", from.rank()));
  for (int i = 0; i < out.rank() && begin && size && from.has_rank(); ++i) {
    if (i >= begin->elements() || from.dim(i) == Shape::kUnknown) continue;
    const std::int64_t first = begin->integer(i), wanted = size->integer(i), rest = from.dim(i) - first;
    if (wanted == -1 && rest >= 0) out.set_dim(i, rest);
  }
  c.output(0, out);
  return {};
}

Status compute_slice(KernelContext& c) {
  const Tensor& x = c.input(0);
  const Shape &from = x.shape(), &begins = c.input(1).shape(), &sizes = c.input(2).shape();
  if (begins != Shape{from.rank()} || sizes != begins)
    return invalid_argument(cat("Expected begin and size arguments to be 1-D tensors of size ", from.rank(),
                                ", but got shapes ", begins.runtime(), " and ", sizes.runtime(),
                                " instead."));
  const std::vector<std::int64_t> begin = integers(c.input(1));
  std::vector<std::int64_t> size = integers(c.input(2));
  const std::vector<std::int64_t> strides = strides_of(from);
  std::int64_t base = 0;
  for (std::size_t i = 0; i < begin.size(); ++i) {
    const std::int64_t dim = from.dim(static_cast<int>(i));
    if (size[i] == -1) size[i] = dim - begin[i];
    if (begin[i] < 0 || begin[i] > dim)
      return invalid_argument(cat("Expected begin[", i, "] in [0, ", dim, "], but got ", begin[i]));
    if (size[i] < 0 || size[i] > dim - begin[i])
      return invalid_argument(cat("Expected size[", i, "] in [0, ", dim - begin[i], "], but got ", size[i]));
    base += begin[i] * strides[i];
  }
  const Shape to(size);
  SANDFLOW_TRY(c.allocate(0, to));
  return with_any(x.dtype(), [&]<class T>() {
    const auto in = c.in<T>(0);
    const auto out = c.out<T>(0);
    for_each_strided(to, strides, base, [&](std::size_t i, std::size_t at) { out[i] = in[at]; });
    return Status();
  });
}

// array_grad.py, _SliceGrad: the gradient with zeros around it.
std::vector<Output> grad_slice(GradientContext& c) {
  const DType type = c.b.dtype(c.input(1));
  const Output size = shape_of(c, c.output(), type), whole = shape_of(c, c.input(0), type);
  const Output columns = c.b.op("Pack", {rank_of(c, c.input(0)), int_scalar(c, 1, "stack/1")}, {}, "stack");
  const Output before = c.b.op("Reshape", {c.input(1), columns});
  const Output rest = c.b.op("Sub", {c.b.op("Sub", {whole, size}, {}, "sub"), c.input(1)}, {}, "sub");
  const Output after = c.b.op("Reshape", {rest, columns});
  const Output paddings = c.b.op("ConcatV2", {before, after, int_scalar(c, 1, "concat/axis")}, {}, "concat");
  return {c.b.op("Pad", {c.grad(), paddings}), {}, {}};
}

// --- StridedSlice: x[a:b, ..., c, tf.newaxis, ::-1] ------------------------------------------------------

// Where a slice begins, what it walks over, and the shape it gets in the end.
struct Cut {
  std::vector<std::int64_t> begin, stride;
  Shape walked, shape;  // With unknown sizes as long as something is not known.
};

bool has_bit(std::int64_t mask, std::size_t i) { return i < 64 && (mask >> i & 1) != 0; }

// core/util/strided_slice_op.cc, ValidateStridedSliceOp. `begin` and `end` are absent as long as they are not
// known; `error` says whose mistake it is, which differs before and in a run.
template <class MakeError>
Result<Cut> cut_of(const Node& node, const Shape& from, const std::optional<std::vector<std::int64_t>>& begin,
                   const std::optional<std::vector<std::int64_t>>& end,
                   const std::vector<std::int64_t>& strides, MakeError error) {
  const auto begin_mask = node.attr<std::int64_t>("begin_mask");
  const auto end_mask = node.attr<std::int64_t>("end_mask");
  const auto ellipsis_mask = node.attr<std::int64_t>("ellipsis_mask");
  const auto new_axis_mask = node.attr<std::int64_t>("new_axis_mask");
  const auto shrink_axis_mask = node.attr<std::int64_t>("shrink_axis_mask");
  const std::size_t specs = strides.size(), rank = static_cast<std::size_t>(from.rank());
  std::size_t ellipsis = specs, later_new_axes = 0;
  for (std::size_t i = 0; i < specs; ++i) {
    if (has_bit(ellipsis_mask, i)) {
      if (ellipsis < specs) return error("Multiple ellipses in slice spec not allowed");
      ellipsis = i;
    } else if (ellipsis < specs && has_bit(new_axis_mask, i)) {
      ++later_new_axes;
    }
  }
  Cut cut;
  cut.begin.assign(rank, 0);
  cut.stride.assign(rank, 1);
  std::size_t axis = 0;
  // One axis of the input, cut as spec `i` says, or left whole.
  const auto take = [&](std::optional<std::size_t> i) -> Status {
    const std::int64_t dim = from.dim(static_cast<int>(axis));
    const bool shrinks = i && has_bit(shrink_axis_mask, *i);
    const std::int64_t stride = i ? strides[*i] : 1;
    if (stride == 0) return error(cat("strides[", axis, "] must be non-zero"));
    if (shrinks && stride < 0) return error("only stride 1 allowed on non-range indexing.");
    const bool no_begin = !i || has_bit(begin_mask, *i), no_end = !i || has_bit(end_mask, *i);
    const bool is_known = dim != Shape::kUnknown && ((no_begin && no_end && !shrinks) || (begin && end));
    std::int64_t size = Shape::kUnknown, first = 0;
    if (is_known && shrinks) {
      first = (*begin)[*i] < 0 ? (*begin)[*i] + dim : (*begin)[*i];
      if (first < 0 || first >= dim)
        return error(cat("slice index ", (*begin)[*i], " of dimension ", axis, " out of bounds."));
    } else if (is_known) {
      const std::int64_t lowest = stride > 0 ? 0 : -1, highest = stride > 0 ? dim : dim - 1;
      const auto within = [&](std::int64_t x) { return std::clamp(x < 0 ? x + dim : x, lowest, highest); };
      first = no_begin ? (stride > 0 ? lowest : highest) : within((*begin)[*i]);
      const std::int64_t last = no_end ? (stride > 0 ? highest : lowest) : within((*end)[*i]);
      const std::int64_t length = last - first;
      size = length == 0 || (length < 0) != (stride < 0) ? 0 : length / stride + (length % stride != 0);
    }
    cut.begin[axis] = first;
    cut.stride[axis] = stride;
    ++axis;
    cut.walked.append(shrinks ? 1 : size);
    if (!shrinks) cut.shape.append(size);
    return {};
  };
  for (std::size_t i = 0; i < specs; ++i) {
    if (i == ellipsis) {
      const std::size_t until = std::min(rank - std::min(rank, specs - i - 1 - later_new_axes), rank);
      while (axis < until) SANDFLOW_TRY(take({}));
    } else if (has_bit(new_axis_mask, i)) {
      cut.shape.append(1);
    } else if (axis == rank) {
      return error(cat("Index out of range using input dim ", axis, "; input has only ", rank, " dims"));
    } else {
      SANDFLOW_TRY(take(i));
    }
  }
  while (axis < rank) SANDFLOW_TRY(take({}));
  return cut;
}

std::optional<std::vector<std::int64_t>> known_integers(InferenceContext& c, int input) {
  const auto value = c.constant(input);
  return value ? std::optional(integers(*value)) : std::nullopt;
}

Status infer_strided_slice(InferenceContext& c) {
  for (int i : {1, 2, 3}) SANDFLOW_TRY(c.require_rank(i, 1));
  const auto begin = known_integers(c, 1), end = known_integers(c, 2), strides = known_integers(c, 3);
  if (!c.input(0).has_rank() || !strides || (begin && begin->size() != strides->size()) ||
      (end && end->size() != strides->size())) {
    c.output(0, Shape::unknown_rank());
    return {};
  }
  const Result<Cut> cut = cut_of(c.node(), c.input(0), begin, end, *strides,
                                 [](std::string text) { return value_error(std::move(text)); });
  if (!cut.ok()) return cut.error();
  c.output(0, cut->shape);
  return {};
}

// begin, end and strides are inputs `first`, `first` + 1, `first` + 2.
Result<Cut> cut_at_run_time(KernelContext& c, const Shape& from, int first) {
  const Shape& specs = c.input(first).shape();
  if (specs.rank() != 1 || c.input(first + 1).shape() != specs || c.input(first + 2).shape() != specs)
    return invalid_argument(
        cat("Expected begin, end, and strides to be 1D equal size tensors, but got shapes ", specs.runtime(),
            ", ", c.input(first + 1).shape().runtime(), ", and ", c.input(first + 2).shape().runtime(),
            " instead."));
  return cut_of(c.node(), from, integers(c.input(first)), integers(c.input(first + 1)),
                integers(c.input(first + 2)),
                [](std::string text) { return invalid_argument(std::move(text)); });
}

// Calls f(index in the slice, index in the whole) for every element of a slice.
template <class F>
void for_each_cut(const Cut& cut, const Shape& whole, F f) {
  std::vector<std::int64_t> strides = strides_of(whole);
  std::int64_t base = 0;
  for (std::size_t i = 0; i < strides.size(); ++i) {
    base += cut.begin[i] * strides[i];
    strides[i] *= cut.stride[i];
  }
  for_each_strided(cut.walked, strides, base, f);
}

Status compute_strided_slice(KernelContext& c) {
  const Shape& from = c.input(0).shape();
  const Result<Cut> cut = cut_at_run_time(c, from, 1);
  if (!cut.ok()) return cut.error();
  SANDFLOW_TRY(c.allocate(0, cut->shape));
  return with_any(c.input(0).dtype(), [&]<class T>() {
    const auto x = c.in<T>(0);
    const auto out = c.out<T>(0);
    for_each_cut(*cut, from, [&](std::size_t i, std::size_t at) { out[i] = x[at]; });
    return Status();
  });
}

constexpr const char* kMasks[] = {"begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask",
                                  "shrink_axis_mask"};

Attrs masks_of(const Node& node) {
  Attrs attrs;
  for (const char* mask : kMasks) attrs.push_back({mask, node.attr<std::int64_t>(mask)});
  return attrs;
}

std::vector<AttrSpec> with_masks(std::vector<AttrSpec> attrs) {
  for (const char* mask : kMasks) attrs.push_back({mask, AttrKind::kInt, std::int64_t{0}});
  return attrs;
}

std::vector<Output> grad_strided_slice(GradientContext& c) {
  const Output shape = shape_of(c, c.input(0), c.b.dtype(c.input(1)));
  return {c.b.op("StridedSliceGrad", {shape, c.input(1), c.input(2), c.input(3), c.grad()}, masks_of(c.node)),
          {},
          {},
          {}};
}

Status infer_strided_slice_grad(InferenceContext& c) {
  c.output(0, c.constant_as_shape(0));
  return {};
}

Status compute_strided_slice_grad(KernelContext& c) {
  const Result<Shape> whole = requested_shape(c.input(0), "shape must be 1-D");
  if (!whole.ok()) return whole.error();
  const Result<Cut> cut = cut_at_run_time(c, *whole, 1);
  if (!cut.ok()) return cut.error();
  if (cut->shape != c.input(4).shape())
    return invalid_argument(
        cat("shape of dy was ", c.input(4).shape().runtime(), " instead of ", cut->shape.runtime()));
  SANDFLOW_TRY(c.allocate(0, *whole));
  return with_any(c.input(4).dtype(), [&]<class T>() {
    const auto dy = c.in<T>(4);
    const auto out = c.out<T>(0);
    std::fill(out.begin(), out.end(), T());
    for_each_cut(*cut, *whole, [&](std::size_t i, std::size_t at) { out[at] = dy[i]; });
    return Status();
  });
}

std::vector<Output> grad_strided_slice_grad(GradientContext& c) {
  return {{},
          {},
          {},
          {},
          c.b.op("StridedSlice", {c.grad(), c.input(1), c.input(2), c.input(3)}, masks_of(c.node))};
}

// --- Picked by index -------------------------------------------------------------------------------------

Status infer_gather(InferenceContext& c) {
  const Shape &params = c.input(0), &indices = c.input(1);
  SANDFLOW_TRY(c.require_rank(2, 0));
  if (params.has_rank() && params.rank() == 0)
    return value_error("Shape must be at least rank 1 but is rank 0");
  const auto axis_value = c.constant(2);
  if (axis_value && params.has_rank()) {
    const std::int64_t axis = axis_value->integer(0), least = axis < 0 ? -axis : axis + 1;
    if (params.rank() < least)
      return value_error(cat("Shape must be at least rank ", least, " but is rank ", params.rank()));
  }
  if (!params.has_rank() || !indices.has_rank()) {
    c.output(0, Shape::unknown_rank());
    return {};
  }
  if (!axis_value) {
    c.output(0, Shape::unknown_dims(params.rank() + indices.rank() - 1));
    return {};
  }
  const std::int64_t axis = axis_value->integer(0) + (axis_value->integer(0) < 0 ? params.rank() : 0);
  std::vector<std::int64_t> dims = params.dims();
  dims.erase(dims.begin() + axis);
  dims.insert(dims.begin() + axis, indices.dims().begin(), indices.dims().end());
  c.output(0, Shape(std::move(dims)));
  return {};
}

Status compute_gather(KernelContext& c) {
  const Shape &params = c.input(0).shape(), &places = c.input(1).shape();
  if (params.rank() < 1) return invalid_argument("params must be at least 1 dimensional");
  if (c.input(2).shape().rank() != 0) return invalid_argument("axis must be scalar");
  std::int64_t axis = c.input(2).integer(0);
  if (axis < -params.rank() || axis >= params.rank())
    return invalid_argument(
        cat("Expected axis in the range [", -params.rank(), ", ", params.rank(), "), but got ", axis));
  if (axis < 0) axis += params.rank();
  std::vector<std::int64_t> dims = params.dims();
  dims.erase(dims.begin() + axis);
  dims.insert(dims.begin() + axis, places.dims().begin(), places.dims().end());
  const std::int64_t size = params.dim(static_cast<int>(axis));
  const std::vector<std::int64_t> indices = integers(c.input(1));
  for (std::size_t i = 0; i < indices.size(); ++i)
    if (indices[i] < 0 || indices[i] >= size)
      return invalid_argument(cat("indices", place_text(places, static_cast<std::int64_t>(i)), " = ",
                                  indices[i], " is not in [0, ", size, ")"));
  SANDFLOW_TRY(c.allocate(0, Shape(dims)));
  if (c.output(0).elements() == 0) return {};
  const std::int64_t outer = volume(params, 0, static_cast<int>(axis));
  const std::int64_t inner = volume(params, static_cast<int>(axis) + 1, params.rank());
  return with_any(c.input(0).dtype(), [&]<class T>() {
    const auto from = c.in<T>(0).begin();
    auto to = c.out<T>(0).begin();
    for (std::int64_t o = 0; o < outer; ++o)
      for (std::int64_t index : indices) to = std::copy_n(from + (o * size + index) * inner, inner, to);
    return Status();
  });
}

// shape[from:to] of a vector; a missing end is open.
Output part_of(GradientContext& c, Output shape, Output from, Output to) {
  const auto one = [&](Output scalar) {
    return scalar.valid() ? c.b.op("Pack", {scalar}, {}, "strided_slice/stack")
                          : int_constant(c, {0}, "strided_slice/stack");
  };
  return c.b.op("StridedSlice", {shape, one(from), one(to), int_constant(c, {1}, "strided_slice/stack_2")},
                {{"begin_mask", std::int64_t{!from.valid()}}, {"end_mask", std::int64_t{!to.valid()}}},
                "strided_slice");
}

// TensorFlow keeps this gradient as IndexedSlices until somebody needs a tensor; here it is one at once. The
// axis is brought to the front, since segments are summed there.
std::vector<Output> grad_gather(GradientContext& c) {
  const Output shape = shape_of(c, c.input(0));
  const Output axis = c.b.dtype(c.input(2)) == DType::kInt32
                          ? c.input(2)
                          : c.b.op("Cast", {c.input(2)}, {{"DstT", DType::kInt32}});
  const Output indices = c.b.op("Reshape", {c.input(1), int_constant(c, {-1}, "Reshape/shape")});
  const Output count = c.b.op("Size", {c.input(1)}, {{"out_type", DType::kInt32}});
  const auto product = [&](Output sizes) {
    return c.b.op("Prod", {sizes, int_constant(c, {0}, "Prod/reduction_indices")});
  };
  const Output outer = product(part_of(c, shape, {}, axis));
  const Output rest = part_of(c, shape, axis, {});
  const Output inner = product(part_of(c, rest, int_scalar(c, 1, "one"), {}));
  const Output size = c.b.op(
      "Reshape", {part_of(c, rest, {}, int_scalar(c, 1, "one")), int_constant(c, {}, "Reshape/shape")});
  const Output values = c.b.op("Reshape", {c.grad(), c.b.op("Pack", {outer, count, inner}, {}, "stack")});
  const Output swap = int_constant(c, {1, 0, 2}, "transpose/perm");
  const Output sums =
      c.b.op("UnsortedSegmentSum", {c.b.op("Transpose", {values, swap}, {}, "transpose"), indices, size});
  return {c.b.op("Reshape", {c.b.op("Transpose", {sums, swap}, {}, "transpose"), shape}), {}, {}};
}

Status infer_segment_sum(InferenceContext& c) {
  SANDFLOW_TRY(c.require_rank(2, 0));
  const Shape &data = c.input(0), &ids = c.input(1);
  if (!data.has_rank() || !ids.has_rank()) {
    c.output(0, Shape::unknown_rank());
    return {};
  }
  if (data.rank() < ids.rank())
    return value_error(cat("Shape must be at least rank ", ids.rank(), " but is rank ", data.rank()));
  const Result<Shape> same =
      merge(Shape(std::vector<std::int64_t>(data.dims().begin(), data.dims().begin() + ids.rank())), ids);
  if (!same.ok()) return same.error();
  const auto count = c.constant(2);
  Shape out{count && count->integer(0) >= 0 ? count->integer(0) : Shape::kUnknown};
  for (int i = ids.rank(); i < data.rank(); ++i) out.append(data.dim(i));
  c.output(0, out);
  return {};
}

struct SegmentSum {
  template <class T>
  static Status run(KernelContext& c) {
    const Shape &data = c.input(0).shape(), &ids = c.input(1).shape();
    if (c.input(2).shape().rank() != 0)
      return invalid_argument(
          cat("num_segments should be a scalar, not shape ", c.input(2).shape().runtime()));
    if (data.rank() < ids.rank() || !std::equal(ids.dims().begin(), ids.dims().end(), data.dims().begin()))
      return invalid_argument(
          cat("data.shape = ", data.runtime(), " does not start with segment_ids.shape = ", ids.runtime()));
    const std::int64_t count = c.input(2).integer(0);
    if (count < 0) return invalid_argument(cat("Input num_segments == ", count, " must not be negative."));
    Shape to{count};
    for (int i = ids.rank(); i < data.rank(); ++i) to.append(data.dim(i));
    SANDFLOW_TRY(c.allocate(0, to));
    const auto x = c.in<T>(0);
    const auto out = c.out<T>(0);
    std::fill(out.begin(), out.end(), T(0));
    const auto inner = static_cast<std::size_t>(volume(data, ids.rank(), data.rank()));
    for (std::size_t i = 0; i < static_cast<std::size_t>(ids.elements()); ++i) {
      const std::int64_t id = c.input(1).integer(static_cast<std::int64_t>(i));
      if (id < 0) continue;
      if (id >= count)
        return invalid_argument(cat("segment_ids", place_text(ids, static_cast<std::int64_t>(i)), " = ", id,
                                    " is out of range [0, ", count, ")"));
      for (std::size_t k = 0; k < inner; ++k) {
        T& sum = out[static_cast<std::size_t>(id) * inner + k];
        if constexpr (std::is_integral_v<T>) {
          using U = std::make_unsigned_t<T>;
          sum = static_cast<T>(static_cast<U>(sum) + static_cast<U>(x[i * inner + k]));
        } else {
          sum += x[i * inner + k];
        }
      }
    }
    return {};
  }
};

// math_grad.py, _GatherDropNegatives: what had no segment gets nothing.
std::vector<Output> grad_segment_sum(GradientContext& c) {
  const Output ids = c.input(1);
  const Output zero = scalar_like(c, ids, 0);
  const Output valid_ids = c.b.op("Maximum", {ids, zero});
  const Output gathered = c.b.op("GatherV2", {c.grad(), valid_ids, int_scalar(c, 0, "GatherV2/axis")});
  const Output is_some = c.b.op("GreaterEqual", {ids, zero});
  const Output more = c.b.op("Sub", {rank_of(c, gathered), rank_of(c, ids)}, {}, "sub");
  const Output ones =
      c.b.op("Fill", {c.b.op("Pack", {more}, {}, "ones/packed"), int_scalar(c, 1, "ones/Const")}, {}, "ones");
  const Output shape =
      c.b.op("ConcatV2", {shape_of(c, is_some), ones, int_scalar(c, 0, "concat/axis")}, {}, "concat");
  const Output everywhere = c.b.op("OnesLike", {c.b.op("Cast", {gathered}, {{"DstT", DType::kBool}})});
  const Output mask = c.b.op("LogicalAnd", {c.b.op("Reshape", {is_some, shape}), everywhere});
  return {c.b.op("Select", {mask, gathered, c.b.op("ZerosLike", {gathered}, {}, "zeros_like")}), {}, {}};
}

Status infer_one_hot(InferenceContext& c) {
  for (int i : {1, 2, 3}) SANDFLOW_TRY(c.require_rank(i, 0));
  const auto axis = c.node().attr<std::int64_t>("axis");
  if (axis < -1) return value_error("axis must be >= -1");
  const Shape& indices = c.input(0);
  const auto depth = c.constant(1);
  if (depth && depth->integer(0) < 0)
    return value_error(
        cat("Dimension size, given by scalar input 1 must be non-negative but is ", depth->integer(0)));
  if (!indices.has_rank()) {
    c.output(0, Shape::unknown_rank());
    return {};
  }
  if (axis > indices.rank())
    return value_error(
        cat("Expected axis to be -1 or between [0, ", indices.rank() + 1, ").  But received: ", axis));
  std::vector<std::int64_t> dims = indices.dims();
  dims.insert(axis == -1 ? dims.end() : dims.begin() + axis, depth ? depth->integer(0) : Shape::kUnknown);
  c.output(0, Shape(std::move(dims)));
  return {};
}

// An index outside of [0, depth) switches nothing on.
Status compute_one_hot(KernelContext& c) {
  const Shape& indices = c.input(0).shape();
  constexpr const char* kScalars[] = {"", "depth", "on_value", "off_value"};
  for (int i : {1, 2, 3})
    if (c.input(i).shape().rank() != 0)
      return invalid_argument(cat(kScalars[i], " must be a scalar, but got: ", c.input(i).shape().runtime()));
  const std::int64_t depth = c.input(1).integer(0);
  if (depth < 0) return invalid_argument(cat("depth must be non-negative, got: ", depth));
  const auto wanted = c.node().attr<std::int64_t>("axis");
  if (wanted > indices.rank())
    return invalid_argument(
        cat("Expected axis to be -1 or between [0, ", indices.rank() + 1, ").  But received: ", wanted));
  const int axis = wanted == -1 ? indices.rank() : static_cast<int>(wanted);
  std::vector<std::int64_t> dims = indices.dims();
  dims.insert(dims.begin() + axis, depth);
  SANDFLOW_TRY(c.allocate(0, Shape(std::move(dims))));
  if (c.output(0).elements() == 0) return {};
  const std::int64_t outer = volume(indices, 0, axis), inner = volume(indices, axis, indices.rank());
  return with_any(c.input(2).dtype(), [&]<class T>() {
    const auto out = c.out<T>(0);
    std::fill(out.begin(), out.end(), T(c.in<T>(3)[0]));
    for (std::int64_t o = 0; o < outer; ++o)
      for (std::int64_t i = 0; i < inner; ++i) {
        const std::int64_t index = c.input(0).integer(o * inner + i);
        if (index >= 0 && index < depth)
          out[static_cast<std::size_t>((o * depth + index) * inner + i)] = c.in<T>(2)[0];
      }
    return Status();
  });
}

// --- Found by value --------------------------------------------------------------------------------------

Status infer_where(InferenceContext& c) {
  c.output(0, Shape{Shape::kUnknown, c.input(0).has_rank() ? c.input(0).rank() : Shape::kUnknown});
  return {};
}

Status compute_where(KernelContext& c) {
  const Shape& shape = c.input(0).shape();
  std::vector<std::int64_t> found;
  for (std::int64_t i = 0; i < c.input(0).elements(); ++i)
    if (c.input(0).number(i) != 0) found.push_back(i);  // NaN is not 0.
  SANDFLOW_TRY(c.allocate(0, {static_cast<std::int64_t>(found.size()), shape.rank()}));
  auto out = c.out<std::int64_t>(0).begin();
  const std::vector<std::int64_t> strides = strides_of(shape);
  for (std::int64_t flat : found)
    for (std::int64_t stride : strides) {
      *out++ = flat / stride;
      flat %= stride;
    }
  return {};
}

Status infer_top_k(InferenceContext& c) {
  const Shape& shape = c.input(0);
  SANDFLOW_TRY(c.require_rank(1, 0));
  if (shape.has_rank() && shape.rank() < 1) return value_error("Shape must be at least rank 1 but is rank 0");
  const auto count = c.constant(1);
  const std::int64_t k = count ? count->integer(0) : Shape::kUnknown;
  if (count && k < 0)
    return value_error(cat("Dimension size, given by scalar input 1 must be non-negative but is ", k));
  Shape out = shape;
  if (shape.has_rank()) {
    const std::int64_t last = shape.dim(shape.rank() - 1);
    if (last != Shape::kUnknown && last < k)
      return value_error(cat("input must have last dimension >= k = ", k, " but is ", last));
    out.set_dim(shape.rank() - 1, k);
  }
  c.output(0, out);
  c.output(1, out);
  return {};
}

struct TopK {
  template <class T>
  static Status run(KernelContext& c) {
    const Shape& shape = c.input(0).shape();
    if (c.input(1).shape().rank() != 0)
      return invalid_argument(cat("k must be scalar, got shape ", c.input(1).shape().runtime()));
    const std::int64_t k = c.input(1).integer(0);
    if (k < 0) return invalid_argument(cat("Need k >= 0, got ", k));
    if (shape.rank() < 1) return invalid_argument(cat("input must be >= 1-D, got shape ", shape.runtime()));
    const std::int64_t columns = shape.dim(shape.rank() - 1);
    if (columns < k) return invalid_argument("input must have at least k columns");
    Shape to = shape;
    to.set_dim(shape.rank() - 1, k);
    SANDFLOW_TRY(c.allocate(0, to));
    SANDFLOW_TRY(c.allocate(1, to));
    if (to.elements() == 0) return {};
    const auto x = c.in<T>(0);
    std::vector<std::int32_t> places(static_cast<std::size_t>(columns));
    auto values = c.out<T>(0).begin();
    auto indices = c.out<std::int32_t>(1).begin();
    for (std::size_t row = 0; row < x.size(); row += places.size()) {
      std::iota(places.begin(), places.end(), 0);
      const auto at = [&](std::int32_t place) { return x[row + static_cast<std::size_t>(place)]; };
      // NaN counts as smaller than everything, so that this is an order. Of equals the first comes first.
      std::partial_sort(places.begin(), places.begin() + k, places.end(),
                        [&](std::int32_t a, std::int32_t b) {
                          const T left = at(a), right = at(b);
                          const bool less = left < right || (left != left && right == right);
                          const bool more = right < left || (right != right && left == left);
                          return more || (!less && a < b);
                        });
      for (std::int64_t i = 0; i < k; ++i) {
        *values++ = at(places[static_cast<std::size_t>(i)]);
        *indices++ = places[static_cast<std::size_t>(i)];
      }
    }
    return {};
  }
};

// nn_grad.py, _TopKGrad: every gradient goes back to the place its value came from.
std::vector<Output> grad_top_k(GradientContext& c) {
  if (!c.grad().valid()) return {{}, {}};
  const Output shape = shape_of(c, c.input(0)), last = int_constant(c, {-1}, "last");
  const Output width =
      c.b.op("StridedSlice", {shape, last, int_constant(c, {0}, "end"), int_constant(c, {1}, "stride")},
             {{"end_mask", std::int64_t{1}}, {"shrink_axis_mask", std::int64_t{1}}}, "strided_slice");
  const Output k = c.b.op("Reshape", {c.input(1), int_constant(c, {}, "k/shape")}, {}, "k");
  const Output rows =
      c.b.op("Reshape", {c.output(1), c.b.op("Pack", {int_scalar(c, -1, "stack/0"), k}, {}, "stack")});
  const Output row_count = c.b.op("StridedSlice",
                                  {shape_of(c, rows), int_constant(c, {0}, "first"),
                                   int_constant(c, {1}, "second"), int_constant(c, {1}, "stride")},
                                  {{"shrink_axis_mask", std::int64_t{1}}}, "strided_slice");
  const Output starts =
      c.b.op("Range", {int_scalar(c, 0, "range/start"), c.b.op("Mul", {row_count, width}, {}, "mul"), width},
             {}, "range");
  const Output offsets = c.b.op("ExpandDims", {starts, int_scalar(c, -1, "ExpandDims/dim")});
  const Output flat = c.b.op("Reshape", {c.b.op("AddV2", {rows, offsets}, {}, "add"), last});
  const Output sums =
      c.b.op("UnsortedSegmentSum", {c.b.op("Reshape", {c.grad(), last}), flat, c.b.op("Size", {c.input(0)})});
  return {c.b.op("Reshape", {sums, shape}), {}};
}

constexpr DTypeSet kWhereTypes{
    "float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, uint16, "
    "complex128, float16, uint32, uint64, bool",
    kNumbers.mask | dtype_mask({DType::kBool})};

}  // namespace

std::vector<Op> slicing_ops() {
  return {
      {.type = "Slice",
       .python = "tf.slice",
       .family = Family::kSlicing,
       .inputs = {{"input", "T"}, {"begin", "Index"}, {"size", "Index"}},
       .outputs = {{"output", "T"}},
       .attrs = {type_attr("T", kAnyType), type_attr("Index", kIndexTypes)},
       .formula = R"(y_i = x_{b + i})",
       .help = "Cuts a block out of a tensor, from begin on; a size of -1 means all the rest.",
       .infer = infer_slice,
       .compute = compute_slice,
       .gradient = grad_slice},
      {.type = "StridedSlice",
       .python = "x[begin:end:strides]",
       .family = Family::kSlicing,
       .inputs = {{"input", "T"}, {"begin", "Index"}, {"end", "Index"}, {"strides", "Index"}},
       .outputs = {{"output", "T"}},
       .attrs = with_masks({type_attr("T", kAnyType), type_attr("Index", kIndexTypes)}),
       .formula = R"(y_i = x_{b + s i})",
       .help = "Cuts as Python's brackets do: from begin up to end, in steps.",
       .infer = infer_strided_slice,
       .compute = compute_strided_slice,
       .gradient = grad_strided_slice},
      {.type = "StridedSliceGrad",
       .python = "tf.raw_ops.StridedSliceGrad",
       .family = Family::kSlicing,
       .inputs =
           {{"shape", "Index"}, {"begin", "Index"}, {"end", "Index"}, {"strides", "Index"}, {"dy", "T"}},
       .outputs = {{"output", "T"}},
       .attrs = with_masks({type_attr("T", kAnyType), type_attr("Index", kIndexTypes)}),
       .formula = R"(y_{b + s i} = \mathrm{d}y_i)",
       .help = "Puts the gradient of a slice back to where it was cut out; zeros elsewhere.",
       .infer = infer_strided_slice_grad,
       .compute = compute_strided_slice_grad,
       .gradient = grad_strided_slice_grad},
      {.type = "GatherV2",
       .python = "tf.gather",
       .family = Family::kSlicing,
       .inputs = {{"params", "Tparams"}, {"indices", "Tindices"}, {"axis", "Taxis"}},
       .outputs = {{"output", "Tparams"}},
       .attrs = {type_attr("Tparams", kAnyType), type_attr("Tindices", kIndexTypes),
                 type_attr("Taxis", kIndexTypes)},
       .formula = R"(y_i = x_{k_i})",
       .help = "Picks rows by their numbers, in the order and as often as they are named.",
       .infer = infer_gather,
       .compute = compute_gather,
       .gradient = grad_gather},
      {.type = "UnsortedSegmentSum",
       .python = "tf.unsorted_segment_sum",
       .family = Family::kSlicing,
       .inputs = {{"data", "T"}, {"segment_ids", "Tindices"}, {"num_segments", "Tnumsegments"}},
       .outputs = {{"output", "T"}},
       .attrs = {type_attr("T", kNumbers), type_attr("Tindices", kIndexTypes),
                 type_attr("Tnumsegments", kIndexTypes)},
       .formula = R"(y_k = \sum_{i : k_i = k} x_i)",
       .help = "Adds up the rows that have the same number.",
       .infer = infer_segment_sum,
       .compute = for_numeric<SegmentSum>,
       .gradient = grad_segment_sum},
      {.type = "OneHot",
       .python = "tf.one_hot",
       .family = Family::kSlicing,
       .inputs = {{"indices", "TI"}, {"depth", DType::kInt32}, {"on_value", "T"}, {"off_value", "T"}},
       .outputs = {{"output", "T"}},
       .attrs = {{"axis", AttrKind::kInt, std::int64_t{-1}, &kAnyType, -1, 253},
                 type_attr("T", kAnyType),
                 type_attr("TI", kIndexTypes)},
       .formula = R"(y_{ij} = [x_i = j])",
       .help = "Turns class numbers into rows with one value switched on.",
       .infer = infer_one_hot,
       .compute = compute_one_hot,
       .gradient = no_gradient},
      {.type = "Where",
       .python = "tf.where",
       .family = Family::kSlicing,
       .inputs = {{"input", "T"}},
       .outputs = {{"index", DType::kInt64}},
       .attrs = {type_attr("T", kWhereTypes)},
       .formula = R"(y = \{ i : x_i \neq 0 \})",
       .help = "The places of what is true, or not zero, one per row.",
       .infer = infer_where,
       .compute = compute_where,
       .gradient = no_gradient},
      {.type = "TopKV2",
       .python = "tf.nn.top_k",
       .family = Family::kSlicing,
       .inputs = {{"input", "T"}, {"k", DType::kInt32}},
       .outputs = {{"values", "T"}, {"indices", DType::kInt32}},
       .attrs = {{"sorted", AttrKind::kBool, true}, type_attr("T", kRealNumbers)},
       .formula = R"(y = \mathrm{top}_k(x))",
       .help = "The k largest numbers of each row and their places, the largest first.",
       .infer = infer_top_k,
       .compute = for_numeric<TopK>,
       .gradient = grad_top_k},
  };
}

}  // namespace sandflow
