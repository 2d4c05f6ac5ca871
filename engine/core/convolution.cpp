// See convolution.h.
#include "engine/core/convolution.h"

#include <algorithm>
#include <limits>

#include "engine/core/product.h"
#include "engine/core/vector.h"

namespace sandflow {

namespace {

// An image with zeros around it, so that every window lies in it as a whole.
struct Framed {
  std::int64_t rows, columns, depth, rows_before, columns_before;
  std::int64_t row() const { return columns * depth; }
  std::int64_t size() const { return rows * row(); }
};

void clear(const Framed& frame, float* to) { std::fill_n(to, frame.size() + 4, 0.f); }

// The frame's border stays as it is.
void put(const Framed& frame, const float* image, std::int64_t rows, std::int64_t columns, float* to) {
  const std::int64_t first = std::min(columns, frame.columns - frame.columns_before) * frame.depth;
  for (std::int64_t y = 0; y < std::min(rows, frame.rows - frame.rows_before); ++y)
    std::copy_n(image + y * columns * frame.depth, first,
                to + (y + frame.rows_before) * frame.row() + frame.columns_before * frame.depth);
}

Framed framed_input(const Sliding& s) {
  return {(s.out_rows - 1) * s.row_stride + s.window_rows,
          (s.out_columns - 1) * s.column_stride + s.window_columns, s.depth, s.rows_before, s.columns_before};
}

Framed framed_gradient(const Sliding& s) {
  return {s.rows + s.window_rows - 1, s.columns + s.window_columns - 1, s.filters,
          s.window_rows - 1 - s.rows_before, s.window_columns - 1 - s.columns_before};
}

}  // namespace

std::int64_t Sliding::scratch() const {
  const std::int64_t turned = window_rows * window_columns * depth * filters;
  return std::max(framed_input(*this).size(), framed_gradient(*this).size() + turned) + 16;
}

void convolve(const Sliding& s, const float* x, const float* w, float* out, float* scratch, Finish finish,
              const void* with) {
  const Framed frame = framed_input(s);
  clear(frame, scratch);
  // For each row of the window, its columns and depth lie beside each other.
  const std::int64_t run = s.window_columns * s.depth, image = s.out_rows * s.out_columns * s.filters;
  const Terms terms{{1, s.window_rows, run}, {0, frame.row(), 1}, {0, run * s.filters, s.filters}};
  for (std::int64_t n = 0; n < s.images; ++n, out += image) {
    put(frame, x + n * s.rows * s.columns * s.depth, s.rows, s.columns, scratch);
    for (std::int64_t y = 0; y < s.out_rows; ++y)
      sum_terms(scratch + y * s.row_stride * frame.row(), s.column_stride * s.depth, w, terms,
                out + y * s.out_columns * s.filters, s.filters, s.out_columns, s.filters);
    if (finish) finish(with, out, image);
  }
}

void convolve_to_input(const Sliding& s, const float* w, const float* grad, float* out, float* scratch) {
  // The window turned around, with input and output depth exchanged, slides over the gradient.
  const Framed frame = framed_gradient(s);
  float* turned = scratch + frame.size() + 8;
  const std::int64_t cells = s.window_rows * s.window_columns;
  for (std::int64_t cell = 0; cell < cells; ++cell)
    for (std::int64_t c = 0; c < s.depth; ++c)
      for (std::int64_t f = 0; f < s.filters; ++f)
        turned[((cells - 1 - cell) * s.filters + f) * s.depth + c] = w[(cell * s.depth + c) * s.filters + f];
  clear(frame, scratch);
  const std::int64_t run = s.window_columns * s.filters;
  const Terms terms{{1, s.window_rows, run}, {0, frame.row(), 1}, {0, run * s.depth, s.depth}};
  for (std::int64_t n = 0; n < s.images; ++n) {
    put(frame, grad + n * s.out_rows * s.out_columns * s.filters, s.out_rows, s.out_columns, scratch);
    for (std::int64_t y = 0; y < s.rows; ++y, out += s.columns * s.depth)
      sum_terms(scratch + y * frame.row(), s.filters, turned, terms, out, s.depth, s.columns, s.depth);
  }
}

void convolve_to_filter(const Sliding& s, const float* x, const float* grad, float* out, float* scratch) {
  const Framed frame = framed_input(s);
  clear(frame, scratch);
  const std::int64_t run = s.window_columns * s.depth;
  const Terms terms{{1, s.out_rows, s.out_columns},
                    {0, s.row_stride * frame.row(), s.column_stride * s.depth},
                    {0, s.out_columns * s.filters, s.filters}};
  std::fill_n(out, s.window_rows * run * s.filters, 0.f);
  // Image by image, since one of them, framed, and its gradient fit the nearest memory.
  for (std::int64_t n = 0; n < s.images; ++n) {
    put(frame, x + n * s.rows * s.columns * s.depth, s.rows, s.columns, scratch);
    for (std::int64_t row = 0; row < s.window_rows; ++row)
      sum_terms(scratch + row * frame.row(), 1, grad + n * s.out_rows * s.out_columns * s.filters, terms,
                out + row * run * s.filters, s.filters, run, s.filters, true);
  }
}

namespace {

// f(window's cells as a range of input offsets, output offset) for every place of the window, borders cut
// off.
template <class F>
void for_each_window(const Sliding& s, F f) {
  std::int64_t out = 0;
  for (std::int64_t n = 0; n < s.images; ++n)
    for (std::int64_t y = 0; y < s.out_rows; ++y) {
      const std::int64_t top = y * s.row_stride - s.rows_before;
      for (std::int64_t x = 0; x < s.out_columns; ++x, out += s.depth) {
        const std::int64_t left = x * s.column_stride - s.columns_before;
        f(n, std::max<std::int64_t>(top, 0), std::min(top + s.window_rows, s.rows),
          std::max<std::int64_t>(left, 0), std::min(left + s.window_columns, s.columns), out);
      }
    }
}

template <class F>
void for_each_cell(const Sliding& s, std::int64_t n, std::int64_t top, std::int64_t bottom, std::int64_t left,
                   std::int64_t right, F f) {
  for (std::int64_t row = top; row < bottom; ++row)
    for (std::int64_t column = left; column < right; ++column)
      f(((n * s.rows + row) * s.columns + column) * s.depth);
}

Four larger(Four a, Four b) { return a < b ? b : a; }

}  // namespace

void max_pool(const Sliding& s, const float* x, float* out) {
  for_each_window(s, [&](std::int64_t n, std::int64_t top, std::int64_t bottom, std::int64_t left,
                         std::int64_t right, std::int64_t to) {
    for (std::int64_t d = 0; d < s.depth; d += 4) {
      Four largest = splat(std::numeric_limits<float>::lowest());
      for_each_cell(s, n, top, bottom, left, right,
                    [&](std::int64_t cell) { largest = larger(largest, load(x + cell + d)); });
      store(out + to + d, largest);
    }
  });
}

void max_pool_gradient(const Sliding& s, const float* x, const float* grad, float* out) {
  std::fill_n(out, s.images * s.rows * s.columns * s.depth, 0.f);
  for_each_window(s, [&](std::int64_t n, std::int64_t top, std::int64_t bottom, std::int64_t left,
                         std::int64_t right, std::int64_t from) {
    for (std::int64_t d = 0; d < s.depth; d += 4) {
      // The first cell stays the largest if it is not a number, as no comparison is true of it.
      Four largest = load(x + ((n * s.rows + top) * s.columns + left) * s.depth + d),
           rest = load(grad + from + d);
      for_each_cell(s, n, top, bottom, left, right,
                    [&](std::int64_t cell) { largest = larger(largest, load(x + cell + d)); });
      for_each_cell(s, n, top, bottom, left, right, [&](std::int64_t cell) {
        const Four here = load(x + cell + d);
        const auto takes = (here == largest) | (largest != largest);
        store(out + cell + d, load(out + cell + d) + (takes ? rest : Four{}));
        rest = takes ? Four{} : rest;
      });
    }
  });
}

}  // namespace sandflow
