// What operations on shapes, parts and joins share: integers of tensors, axes, and walks over elements.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/ops/elementwise.h"

namespace sandflow {

// The elements of an integer tensor.
std::vector<std::int64_t> integers(const Tensor& tensor);
// Integers into output `i`, which is int32 or int64.
Status put_integers(KernelContext& c, int i, const Shape& shape, const std::vector<std::int64_t>& values);

// How far apart neighbours along each axis are, in row-major order.
std::vector<std::int64_t> strides_of(const Shape& shape);
// The product of the sizes of axes first, first + 1, ..., last - 1.
std::int64_t volume(const Shape& shape, int first, int last);
// The place of a flat index as TensorFlow's messages write it after a tensor's name: "[1]", "[0,2]", "".
std::string place_text(const Shape& shape, std::int64_t flat);

// For gradient functions: the shape or the rank of a tensor, as constants where they are known.
Output shape_of(GradientContext& c, Output x, DType type = DType::kInt32);
Output rank_of(GradientContext& c, Output x);
Output int_scalar(GradientContext& c, std::int32_t value, std::string_view name = "Const");
// The gradient of an output, or zeros where nothing uses that output.
Output grad_or_zeros(GradientContext& c, int i);

// Calls f(i, at) for the elements 0, 1, ... of a shape, `at` beginning with `base` and moving by `strides`.
template <class F>
void for_each_strided(const Shape& shape, std::vector<std::int64_t> strides, std::int64_t base, F f) {
  if (shape.elements() == 0) return;
  const std::vector<std::int64_t> still(strides.size(), 0);
  for_each_broadcast({shape, std::move(strides), still}, [&](std::size_t i, std::size_t at, std::size_t) {
    f(i, static_cast<std::size_t>(base) + at);
  });
}

}  // namespace sandflow
