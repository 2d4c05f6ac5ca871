// Parts of tensors cut out by position.
#include <algorithm>

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
  };
}

}  // namespace sandflow
