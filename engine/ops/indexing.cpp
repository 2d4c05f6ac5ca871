// See indexing.h.
#include "engine/ops/indexing.h"

#include <algorithm>

namespace sandflow {

std::vector<std::int64_t> integers(const Tensor& tensor) {
  std::vector<std::int64_t> out;
  for (std::int64_t i = 0; i < tensor.elements(); ++i) out.push_back(tensor.integer(i));
  return out;
}

Status put_integers(KernelContext& c, int i, const Shape& shape, const std::vector<std::int64_t>& values) {
  SANDFLOW_TRY(c.allocate(i, shape));
  if (c.output(i).dtype() == DType::kInt64)
    std::copy(values.begin(), values.end(), c.out<std::int64_t>(i).begin());
  else
    std::transform(values.begin(), values.end(), c.out<std::int32_t>(i).begin(),
                   [](std::int64_t v) { return static_cast<std::int32_t>(v); });
  return {};
}

std::vector<std::int64_t> strides_of(const Shape& shape) {
  std::vector<std::int64_t> strides(static_cast<std::size_t>(shape.rank()), 0);
  if (shape.elements() == 0) return strides;  // The sizes beside a 0 may be too large to multiply.
  std::int64_t stride = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    strides[static_cast<std::size_t>(axis)] = stride;
    stride *= shape.dim(axis);
  }
  return strides;
}

std::int64_t volume(const Shape& shape, int first, int last) {
  return Shape(std::vector<std::int64_t>(shape.dims().begin() + first, shape.dims().begin() + last))
      .elements();
}

std::string place_text(const Shape& shape, std::int64_t flat) {
  if (shape.rank() == 0) return "";
  const std::vector<std::int64_t> strides = strides_of(shape);
  return cat("[",
             join(strides, ",",
                  [&](std::int64_t stride) {
                    const std::int64_t at = flat / stride;
                    flat %= stride;
                    return std::to_string(at);
                  }),
             "]");
}

Output shape_of(GradientContext& c, Output x, DType type) {
  return c.b.op("Shape", {x}, {{"out_type", type}}, "Shape");
}

Output rank_of(GradientContext& c, Output x) {
  const Shape shape = c.b.shape(x);
  return shape.has_rank() ? int_scalar(c, shape.rank(), "Rank") : c.b.op("Rank", {x});
}

Output int_scalar(GradientContext& c, std::int32_t value, std::string_view name) {
  return c.b.op("Const", {}, {{"value", Tensor::scalar(value)}, {"dtype", DType::kInt32}}, name);
}

Output grad_or_zeros(GradientContext& c, int i) {
  return c.grad(i).valid() ? c.grad(i) : c.b.op("ZerosLike", {c.output(i)}, {}, "zeros_like");
}

}  // namespace sandflow
