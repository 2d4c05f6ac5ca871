// Parts of tensors picked by index, and places found by value.
#include <algorithm>
#include <numeric>

#include "engine/ops/indexing.h"
#include "engine/ops/list.h"

namespace sandflow {

namespace {

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

std::vector<Op> picking_ops() {
  return {
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
