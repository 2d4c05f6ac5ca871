// Convolution and pooling of images in float32: batch, rows, columns, depth, in this order. Each output row
// is a product in which the image's own memory, read with a stride, is the left operand, so nothing is
// unrolled into a matrix. Sums run over the window's rows, columns and depth, in this order, and over images,
// rows and columns for the filter.
#pragma once

#include <cstdint>

namespace sandflow {

// What a window on its way over an image meets; dilation is 1. Sizes of the output are given, since padding
// decides them.
struct Sliding {
  std::int64_t images = 0, depth = 0, filters = 0;  // Of the input and of the output.
  std::int64_t rows = 0, columns = 0, out_rows = 0, out_columns = 0;
  std::int64_t window_rows = 0, window_columns = 0, row_stride = 1, column_stride = 1;
  std::int64_t rows_before = 0, columns_before = 0;  // Of padding.

  // Whether the functions below can do it: whole vectors of output, and for the input's gradient strides
  // of 1.
  // Never where something is empty.
  bool has_fast_output() const { return filters % 4 == 0 && is_some(); }
  bool has_fast_input() const { return depth % 4 == 0 && row_stride == 1 && column_stride == 1 && is_some(); }
  bool is_some() const {
    return images > 0 && depth > 0 && filters > 0 && rows > 0 && columns > 0 && out_rows > 0 &&
           out_columns > 0;
  }
  // Floats of `scratch` that are enough for each of them.
  std::int64_t scratch() const;
};

// out (images x out_rows x out_columns x filters) from x (images x rows x columns x depth) and w (window_rows
// x window_columns x depth x filters). `finish(image's output, elements)` may be called on each image while
// it is near.
using Finish = void (*)(const void* with, float* out, std::int64_t elements);
void convolve(const Sliding& s, const float* x, const float* w, float* out, float* scratch,
              Finish finish = nullptr, const void* with = nullptr);
// The gradient of x, and of w, from that of the output.
void convolve_to_input(const Sliding& s, const float* w, const float* grad, float* out, float* scratch);
void convolve_to_filter(const Sliding& s, const float* x, const float* grad, float* out, float* scratch);

// The largest of each window and depth; the gradient goes to the first of the largest. depth % 4 == 0.
void max_pool(const Sliding& s, const float* x, float* out);
void max_pool_gradient(const Sliding& s, const float* x, const float* grad, float* out);

}  // namespace sandflow
