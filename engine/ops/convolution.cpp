// Convolution and pooling of images: tensors of batch, rows, columns and depth, in this order (NHWC).
#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "engine/ops/elementwise.h"
#include "engine/ops/list.h"
#include "engine/ops/sliding.h"

namespace sandflow {

namespace {

using Ints = std::vector<std::int64_t>;

constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();

Error unimplemented(std::string message) { return {ErrorKind::kUnimplemented, std::move(message), {}}; }

bool is_same(const Node& node) { return node.attr<std::string>("padding") == "SAME"; }

// --- Inference
// -----------------------------------------------------------------------------------------------

// Sizes beyond this never reach a kernel, so that no product of two of them overflows.
Status check_attrs_fit(const Node& node) {
  for (const Attr& attr : node.attrs)
    if (const Ints* values = std::get_if<Ints>(&attr.value))
      for (std::int64_t value : *values)
        if (value > kLargest || value < -kLargest - 1)
          return value_error(cat("Attr ", attr.name, " has value ", value, " out of range for an int32"));
  if (node.attr<std::string>("padding") == "EXPLICIT")
    return value_error("explicit_paddings attribute must contain 8 values, but got: 0");
  return {};
}

// common_shape_fns.cc, GetWindowedOutputSizeFromDimsV2: at how many places a window stands, as far as known.
Result<std::int64_t> inferred_places(std::int64_t input, std::int64_t kernel, std::int64_t dilation,
                                     std::int64_t stride, bool same) {
  if (stride <= 0) return value_error(cat("Stride must be > 0, but got ", stride));
  if (dilation < 1) return value_error(cat("Dilation rate must be >= 1, but got ", dilation));
  if (input == Shape::kUnknown || (!same && kernel == Shape::kUnknown)) return Shape::kUnknown;
  if (same) return input / stride + (input % stride != 0);
  if (kernel > kLargest) return value_error("filter too large");
  const std::int64_t window = (kernel - 1) * dilation + 1;
  if (input < window)
    return value_error(cat("Negative dimension size caused by subtracting ", window, " from ", input));
  return (input - window) / stride + 1;
}

// A shape of this rank, whatever is known of it.
Result<Shape> image_shape(const Shape& shape) {
  if (!shape.has_rank()) return Shape::unknown_dims(4);
  if (shape.rank() != 4) return value_error(cat("Shape must be rank 4 but is rank ", shape.rank()));
  return shape;
}

Status check_depths(std::int64_t input, std::int64_t filter, std::int64_t output) {
  if (input == Shape::kUnknown || filter == Shape::kUnknown) return {};
  if (filter == 0) return value_error("Depth of filter must not be 0");
  if (input % filter != 0)
    return value_error(
        cat("Depth of input (", input, ") is not a multiple of input depth of filter (", filter, ")"));
  const std::int64_t groups = input / filter;
  if (groups > 1 && output != Shape::kUnknown && output % groups != 0)
    return value_error(
        cat("Depth of output (", output, ") is not a multiple of the number of groups (", groups, ")"));
  return {};
}

Status infer_convolution(InferenceContext& c) {
  const Result<Shape> input = image_shape(c.input(0)), filter = image_shape(c.input(1));
  if (!input.ok()) return input.error();
  if (!filter.ok()) return filter.error();
  const Ints &dilations = c.node().attr<Ints>("dilations"), &strides = c.node().attr<Ints>("strides");
  if (dilations.size() != 4)
    return value_error(
        cat("Conv2D requires the dilation attribute to contain 4 values, but got: ", dilations.size()));
  if (strides.size() != 4)
    return value_error(
        cat("Conv2D on data format NHWC requires the stride attribute to contain 4 values, but got: ",
            strides.size()));
  SANDFLOW_TRY(check_depths(input->dim(3), filter->dim(2), filter->dim(3)));
  SANDFLOW_TRY(check_attrs_fit(c.node()));
  Shape output{input->dim(0), Shape::kUnknown, Shape::kUnknown, filter->dim(3)};
  for (const int axis : {1, 2}) {
    const auto i = static_cast<std::size_t>(axis);
    const Result<std::int64_t> places =
        inferred_places(input->dim(axis), filter->dim(axis - 1), dilations[i], strides[i], is_same(c.node()));
    if (!places.ok()) return places.error();
    output.set_dim(axis, *places);
  }
  c.output(0, output);
  return {};
}

Status infer_pooling(InferenceContext& c) {
  const Result<Shape> input = image_shape(c.input(0));
  if (!input.ok()) return input.error();
  const Ints &strides = c.node().attr<Ints>("strides"), &ksize = c.node().attr<Ints>("ksize");
  const auto wrong_count = [&](const char* attribute, std::size_t count) {
    return value_error(cat(c.node().op->type, " requires the ", attribute,
                           " attribute to contain 4 values, but got: ", count));
  };
  if (strides.size() != 4) return wrong_count("stride", strides.size());
  if (ksize.size() != 4) return wrong_count("ksize", ksize.size());
  SANDFLOW_TRY(check_attrs_fit(c.node()));
  // Only a window of one channel has a kernel.
  const bool keeps_depth = ksize[3] == 1 && strides[3] == 1;
  Shape output{input->dim(0), Shape::kUnknown, Shape::kUnknown,
               keeps_depth ? input->dim(3) : Shape::kUnknown};
  for (const int axis : {1, 2}) {
    const auto i = static_cast<std::size_t>(axis);
    const Result<std::int64_t> places =
        inferred_places(input->dim(axis), ksize[i], 1, strides[i], is_same(c.node()));
    if (!places.ok()) return places.error();
    output.set_dim(axis, *places);
  }
  c.output(0, output);
  return {};
}

// Of a gradient: the shape that input `kSizes` says.
template <int kSizes>
Status infer_from_sizes(InferenceContext& c) {
  SANDFLOW_TRY(check_attrs_fit(c.node()));
  SANDFLOW_TRY(c.require_rank(kSizes, 1));
  const Result<Shape> output = image_shape(c.constant_as_shape(kSizes));
  if (!output.ok()) return output.error();
  c.output(0, *output);
  return {};
}

Status infer_max_pool_grad(InferenceContext& c) {
  SANDFLOW_TRY(check_attrs_fit(c.node()));
  const Result<Shape> output = image_shape(c.input(0));
  if (!output.ok()) return output.error();
  c.output(0, *output);
  return {};
}

Status infer_max_pool_grad_grad(InferenceContext& c) {
  SANDFLOW_TRY(infer_pooling(c));
  SANDFLOW_TRY(merge(c.input(0), c.input(2)));
  SANDFLOW_TRY(merge(c.input(1), c.node().outputs[0].shape));
  return {};
}

// --- Windows
// -------------------------------------------------------------------------------------------------

struct Range {
  std::int64_t begin = 0, end = 0;
};

// A window of `kernel` cells, each `dilation` after the last, on its way along one axis.
struct Slide {
  std::int64_t input, kernel, dilation, stride;
  std::int64_t output = 0;  // At how many places the window stands.
  std::int64_t before = 0;  // How far the first place lies before the image.

  std::int64_t start(std::int64_t place) const { return place * stride - before; }

  // Which cells of the window lie in the image at this place.
  Range cells(std::int64_t place) const {
    const std::int64_t from = start(place);
    const std::int64_t inside = input - from;
    return {from < 0 ? (-from + dilation - 1) / dilation : 0,
            std::min(kernel, inside <= 0 ? 0 : (inside + dilation - 1) / dilation)};
  }

  // At which places this cell of the window lies in the image.
  Range places(std::int64_t cell) const {
    const std::int64_t offset = cell * dilation - before;
    const std::int64_t inside = input - offset;
    return {offset < 0 ? (-offset + stride - 1) / stride : 0,
            std::min(output, inside <= 0 ? 0 : (inside + stride - 1) / stride)};
  }
};

// common_shape_fns.cc, GetWindowedOutputSizeVerboseV2. `axis`: 1 or 2.
Result<Slide> slide(int axis, std::int64_t input, std::int64_t kernel, std::int64_t dilation,
                    std::int64_t stride, bool same) {
  if (input > kLargest) return invalid_argument(axis == 1 ? "Input rows too large" : "Input cols too large");
  if (kernel == 0)
    return invalid_argument("filter must not have zero elements (i.e. all dimensions must be non-zero)");
  if (kernel - 1 > (kLargest - 1) / dilation) return invalid_argument("filter too large");
  Slide s{input, kernel, dilation, stride};
  const std::int64_t window = (kernel - 1) * dilation + 1;
  if (same) {
    s.output = (input + stride - 1) / stride;
    s.before = std::max<std::int64_t>(0, (s.output - 1) * stride + window - input) / 2;
  } else {
    s.output = (input - window + stride) / stride;
  }
  if (s.output < 0)
    return invalid_argument(cat("Computed output size would be negative: ", s.output, " [input_size: ", input,
                                ", effective_filter_size: ", window, ", stride: ", stride, "]"));
  return s;
}

// Everything that the loops of an operation need to know.
struct Geometry {
  std::int64_t batch = 0;
  Slide rows, columns;
  std::int64_t in_depth = 0, out_depth = 0;

  Shape output() const { return {batch, rows.output, columns.output, out_depth}; }
};

// Where a window stands, with numbers of whole cells: an image's depth is one cell.
struct Place {
  std::int64_t output;  // The cell of the output.
  std::int64_t origin;  // The cell of the input under the window's first one, be it in the image or not.
  Range rows, columns;  // The part of the window that lies in the image.
};

std::int64_t input_cell(const Geometry& g, const Place& place, std::int64_t row, std::int64_t column) {
  return place.origin + row * g.rows.dilation * g.columns.input + column * g.columns.dilation;
}

template <class F>
void for_each_place(const Geometry& g, F f) {
  Place place{};
  for (std::int64_t n = 0; n < g.batch; ++n)
    for (std::int64_t y = 0; y < g.rows.output; ++y) {
      place.rows = g.rows.cells(y);
      for (std::int64_t x = 0; x < g.columns.output; ++x, ++place.output) {
        place.columns = g.columns.cells(x);
        place.origin = (n * g.rows.input + g.rows.start(y)) * g.columns.input + g.columns.start(x);
        f(place);
      }
    }
}

// f(input cell) for the part of the window that lies in the image, row by row.
template <class F>
void for_each_cell(const Geometry& g, const Place& place, F f) {
  for (std::int64_t row = place.rows.begin; row < place.rows.end; ++row)
    for (std::int64_t column = place.columns.begin; column < place.columns.end; ++column)
      f(input_cell(g, place, row, column));
}

Status check_field(const Node& node, const char* name) {
  if (node.attr<Ints>(name).size() == 4) return {};
  return invalid_argument(cat("Sliding window ", name, " field must specify 4 dimensions"));
}

// --- Convolution
// ---------------------------------------------------------------------------------------------

// conv_ops.cc, InitConv2DParameters.
Status check_convolution(const Node& node) {
  SANDFLOW_TRY(check_field(node, "dilations"));
  SANDFLOW_TRY(check_field(node, "strides"));
  const Ints &strides = node.attr<Ints>("strides"), &dilations = node.attr<Ints>("dilations");
  if (strides[0] != 1 || strides[3] != 1)
    return invalid_argument(
        "Current implementation does not yet support strides in the batch and depth dimensions.");
  if (strides[1] <= 0 || strides[2] <= 0)
    return invalid_argument("Row and column strides should be larger than 0.");
  if (dilations[0] != 1 || dilations[3] != 1)
    return invalid_argument(
        "Current implementation does not yet support dilations in the batch and depth dimensions.");
  if (dilations[1] <= 0 || dilations[2] <= 0)
    return invalid_argument("Dilated rates should be larger than 0.");
  return {};
}

// Of shapes with four dimensions, whose depths agree.
Result<Geometry> convolution_geometry(const Node& node, const Shape& input, const Shape& filter) {
  const Ints &strides = node.attr<Ints>("strides"), &dilations = node.attr<Ints>("dilations");
  const Result<Slide> rows = slide(1, input.dim(1), filter.dim(0), dilations[1], strides[1], is_same(node));
  if (!rows.ok()) return rows.error();
  const Result<Slide> columns =
      slide(2, input.dim(2), filter.dim(1), dilations[2], strides[2], is_same(node));
  if (!columns.ok()) return columns.error();
  return Geometry{input.dim(0), *rows, *columns, input.dim(3), filter.dim(3)};
}

// What all three operations ask of their depths.
Status check_run_depths(const Shape& input, const Shape& filter, std::string text) {
  if (filter.dim(2) == 0 || input.dim(3) % filter.dim(2) != 0) return invalid_argument(std::move(text));
  if (input.dim(3) != filter.dim(2))
    return unimplemented("Generic conv implementation does not support grouped convolutions for now.");
  return {};
}

// conv_grad_ops.cc, ConvBackpropComputeDimensionsV2.
Result<Geometry> backprop_geometry(const char* label, const Node& node, const Shape& input,
                                   const Shape& filter, const Shape& grad) {
  SANDFLOW_TRY(check_convolution(node));
  const auto wrong = [&](auto... parts) { return invalid_argument(cat(label, ": ", parts...)); };
  if (input.rank() != 4) return wrong("input must be 4-dimensional");
  if (filter.rank() != 4) return wrong("filter must be 4-dimensional");
  if (grad.rank() != 4) return wrong("out_backprop must be 4-dimensional");
  if (input.dim(0) != grad.dim(0)) return wrong("input and out_backprop must have the same batch size");
  SANDFLOW_TRY(
      check_run_depths(input, filter, cat(label, ": input depth must be evenly divisible by filter depth")));
  if (filter.dim(3) != grad.dim(3)) return wrong("filter and out_backprop must have the same out_depth");
  const Result<Geometry> g = convolution_geometry(node, input, filter);
  if (!g.ok()) return g.error();
  for (const int axis : {1, 2}) {
    const Slide& s = axis == 1 ? g->rows : g->columns;
    if (grad.dim(axis) != s.output)
      return wrong("Size of out_backprop doesn't match computed: actual = ", grad.dim(axis),
                   ", computed = ", s.output, " spatial_dim: ", axis, " input: ", s.input,
                   " filter: ", s.kernel, " output: ", grad.dim(axis), " stride: ", s.stride,
                   " dilation: ", s.dilation);
  }
  return *g;
}

// out[j] += x[0] w[0][j] + x[1] w[1][j] + ..., in this order whatever the machine; `x_step` and `w_step` lead
// from row to row. Eight sums at a time stay in registers.
template <class T>
void add_product(std::int64_t rows, std::int64_t columns, const T* x, std::int64_t x_step, const T* w,
                 std::int64_t w_step, T* out) {
  constexpr std::int64_t kWide = 8;
  std::int64_t j = 0;
  for (; j + kWide <= columns; j += kWide) {
    T sums[kWide];
    std::copy_n(out + j, kWide, sums);
    for (std::int64_t k = 0; k < rows; ++k) {
      const T scale = x[k * x_step];
      const T* row = w + k * w_step + j;
      for (std::int64_t i = 0; i < kWide; ++i) sums[i] += scale * row[i];
    }
    std::copy_n(sums, kWide, out + j);
  }
  for (; j < columns; ++j)
    for (std::int64_t k = 0; k < rows; ++k) out[j] += x[k * x_step] * w[k * w_step + j];
}

// f(row, column, n, input cell) for each `n` cells of the window that lie beside each other in the image.
template <class F>
void for_each_run(const Geometry& g, const Place& place, F f) {
  const Range columns = place.columns;
  const std::int64_t n = g.columns.dilation == 1 ? columns.end - columns.begin : 1;
  for (std::int64_t row = place.rows.begin; row < place.rows.end; ++row)
    for (std::int64_t column = columns.begin; column < columns.end; column += n)
      f(row, column, n, input_cell(g, place, row, column));
}

// The same as the fast kernels see it; nothing where there is dilation.
std::optional<Sliding> sliding_of(const Geometry& g) {
  if (g.rows.dilation != 1 || g.columns.dilation != 1) return std::nullopt;
  return Sliding{.images = g.batch,
                 .depth = g.in_depth,
                 .filters = g.out_depth,
                 .rows = g.rows.input,
                 .columns = g.columns.input,
                 .out_rows = g.rows.output,
                 .out_columns = g.columns.output,
                 .window_rows = g.rows.kernel,
                 .window_columns = g.columns.kernel,
                 .row_stride = g.rows.stride,
                 .column_stride = g.columns.stride,
                 .rows_before = g.rows.before,
                 .columns_before = g.columns.before};
}

// Calls a fast kernel, if there is one for this dtype and geometry.
template <class T, class F>
bool ran_fast(const Geometry& g, bool (Sliding::*can)() const, F run) {
  if constexpr (std::is_same_v<T, float>) {
    const std::optional<Sliding> s = sliding_of(g);
    if (!s || !((*s).*can)()) return false;
    std::vector<float> scratch(static_cast<std::size_t>(s->scratch()));
    run(*s, scratch.data());
    return true;
  } else {
    return false;
  }
}

struct Convolution {
  template <class T>
  static Status run(KernelContext& c) {
    SANDFLOW_TRY(check_convolution(c.node()));
    const Shape &input = c.input(0).shape(), &filter = c.input(1).shape();
    if (input.rank() != 4) return invalid_argument(cat("input must be 4-dimensional", input.runtime()));
    if (filter.rank() != 4) return invalid_argument(cat("filter must be 4-dimensional: ", filter.runtime()));
    SANDFLOW_TRY(check_run_depths(
        input, filter,
        cat("input depth must be evenly divisible by filter depth: ", input.dim(3), " vs ", filter.dim(2))));
    const Result<Geometry> geometry = convolution_geometry(c.node(), input, filter);
    if (!geometry.ok()) return geometry.error();
    const Geometry& g = *geometry;
    SANDFLOW_TRY(c.allocate(0, g.output()));
    const T *x = c.in<T>(0).data(), *w = c.in<T>(1).data();
    const std::span<T> out = c.out<T>(0);
    if (out.empty()) return {};
    if (ran_fast<T>(g, &Sliding::has_fast_output, [&](const Sliding& s, float* scratch) {
          convolve(s, c.in<float>(0).data(), c.in<float>(1).data(), c.out<float>(0).data(), scratch);
        }))
      return {};
    std::fill(out.begin(), out.end(), T(0));
    for_each_place(g, [&](const Place& place) {
      for_each_run(g, place, [&](std::int64_t row, std::int64_t column, std::int64_t n, std::int64_t cell) {
        add_product(n * g.in_depth, g.out_depth, x + cell * g.in_depth, 1,
                    w + (row * g.columns.kernel + column) * g.in_depth * g.out_depth, g.out_depth,
                    out.data() + place.output * g.out_depth);
      });
    });
    return {};
  }
};

struct InputGradient {
  template <class T>
  static Status run(KernelContext& c) {
    if (c.input(0).shape().rank() != 1)
      return invalid_argument(
          cat("Conv2DBackpropInput: input_sizes input must be 1-dim, not ", c.input(0).shape().rank()));
    const Result<Shape> input = requested_shape(c.input(0), "input_sizes must be a vector");
    if (!input.ok()) return input.error();
    const Result<Geometry> geometry = backprop_geometry("Conv2DCustomBackpropInput", c.node(), *input,
                                                        c.input(1).shape(), c.input(2).shape());
    if (!geometry.ok()) return geometry.error();
    const Geometry& g = *geometry;
    SANDFLOW_TRY(c.allocate(0, *input));
    const std::span<const T> filter = c.in<T>(1), grad = c.in<T>(2);
    const std::span<T> out = c.out<T>(0);
    std::fill(out.begin(), out.end(), T(0));
    if (out.empty() || filter.empty() || grad.empty()) return {};
    if (ran_fast<T>(g, &Sliding::has_fast_input, [&](const Sliding& s, float* scratch) {
          convolve_to_input(s, c.in<float>(1).data(), c.in<float>(2).data(), c.out<float>(0).data(), scratch);
        }))
      return {};
    // Within each row of the filter the output's depth comes first here, so that the sums run along the
    // input.
    const std::int64_t kernel_row = g.columns.kernel * g.in_depth;
    std::vector<T> turned(filter.size());
    for (std::int64_t row = 0, k = 0; row < g.rows.kernel; ++row)
      for (std::int64_t i = 0; i < kernel_row; ++i)
        for (std::int64_t j = 0; j < g.out_depth; ++j, ++k)
          turned[static_cast<std::size_t>((row * g.out_depth + j) * kernel_row + i)] =
              filter[static_cast<std::size_t>(k)];
    for_each_place(g, [&](const Place& place) {
      for_each_run(g, place, [&](std::int64_t row, std::int64_t column, std::int64_t n, std::int64_t cell) {
        add_product(g.out_depth, n * g.in_depth, grad.data() + place.output * g.out_depth, 1,
                    turned.data() + row * g.out_depth * kernel_row + column * g.in_depth, kernel_row,
                    out.data() + cell * g.in_depth);
      });
    });
    return {};
  }
};

struct FilterGradient {
  template <class T>
  static Status run(KernelContext& c) {
    if (c.input(1).shape().rank() != 1)
      return invalid_argument(cat("Conv2DCustomBackpropFilter: filter_sizes input must be 1-dim, not ",
                                  c.input(1).shape().rank()));
    const Result<Shape> filter = requested_shape(c.input(1), "filter_sizes must be a vector");
    if (!filter.ok()) return filter.error();
    const Result<Geometry> geometry = backprop_geometry("Conv2DCustomBackpropFilter", c.node(),
                                                        c.input(0).shape(), *filter, c.input(2).shape());
    if (!geometry.ok()) return geometry.error();
    const Geometry& g = *geometry;
    SANDFLOW_TRY(c.allocate(0, *filter));
    const std::span<const T> x = c.in<T>(0), grad = c.in<T>(2);
    const std::span<T> out = c.out<T>(0);
    std::fill(out.begin(), out.end(), T(0));
    if (out.empty() || x.empty() || grad.empty()) return {};
    if (ran_fast<T>(g, &Sliding::has_fast_output, [&](const Sliding& s, float* scratch) {
          convolve_to_filter(s, c.in<float>(0).data(), c.in<float>(2).data(), c.out<float>(0).data(),
                             scratch);
        }))
      return {};
    for (std::int64_t n = 0; n < g.batch; ++n)
      for (std::int64_t y = 0; y < g.rows.output; ++y) {
        const Range rows = g.rows.cells(y);
        for (std::int64_t row = rows.begin; row < rows.end; ++row)
          for (std::int64_t column = 0; column < g.columns.kernel; ++column) {
            const Range places = g.columns.places(column);
            if (places.begin >= places.end) continue;
            const std::int64_t input_row = n * g.rows.input + g.rows.start(y) + row * g.rows.dilation;
            const std::int64_t input =
                input_row * g.columns.input + g.columns.start(places.begin) + column * g.columns.dilation;
            const std::int64_t output = (n * g.rows.output + y) * g.columns.output + places.begin;
            const std::int64_t weight = (row * g.columns.kernel + column) * g.in_depth;
            for (std::int64_t i = 0; i < g.in_depth; ++i)
              add_product(places.end - places.begin, g.out_depth, x.data() + input * g.in_depth + i,
                          g.columns.stride * g.in_depth, grad.data() + output * g.out_depth, g.out_depth,
                          out.data() + (weight + i) * g.out_depth);
          }
      }
    return {};
  }
};

// --- Pooling
// -------------------------------------------------------------------------------------------------

// pooling_ops_common.cc, PoolParameters.
Result<Geometry> pooling_geometry(const Node& node, const Shape& input) {
  SANDFLOW_TRY(check_field(node, "ksize"));
  SANDFLOW_TRY(check_field(node, "strides"));
  const Ints &ksize = node.attr<Ints>("ksize"), &strides = node.attr<Ints>("strides");
  if (ksize[0] != 1 || strides[0] != 1)
    return unimplemented("Pooling is not yet supported on the batch dimension.");
  if (ksize[3] != 1 || strides[3] != 1)
    return unimplemented(cat(node.op->type, " is not yet supported on the depth dimension."));
  if (input.rank() != 4) return invalid_argument("tensor_in must be 4-dimensional");
  for (const int axis : {1, 2}) {
    const auto i = static_cast<std::size_t>(axis);
    if (ksize[i] <= 0) return invalid_argument(cat("ksize must be a positive int32 value, got:", ksize[i]));
    if (strides[i] <= 0) return invalid_argument(cat("Stride must be > 0, but got ", strides[i]));
  }
  const Result<Slide> rows = slide(1, input.dim(1), ksize[1], 1, strides[1], is_same(node));
  if (!rows.ok()) return rows.error();
  const Result<Slide> columns = slide(2, input.dim(2), ksize[2], 1, strides[2], is_same(node));
  if (!columns.ok()) return columns.error();
  return Geometry{input.dim(0), *rows, *columns, input.dim(3), input.dim(3)};
}

Status check_shape(const char* what, const Shape& expected, const Shape& actual) {
  if (actual == expected) return {};
  return invalid_argument(
      cat("Expected ", what, " shape to be ", expected.runtime(), ", but got ", actual.runtime()));
}

struct Largest {
  template <class T>
  static Status run(KernelContext& c) {
    const Result<Geometry> g = pooling_geometry(c.node(), c.input(0).shape());
    if (!g.ok()) return g.error();
    SANDFLOW_TRY(c.allocate(0, g->output()));
    const T* x = c.in<T>(0).data();
    const std::span<T> out = c.out<T>(0);
    std::fill(out.begin(), out.end(), std::numeric_limits<T>::lowest());
    if (out.empty()) return {};
    for_each_place(*g, [&](const Place& place) {
      T* largest = out.data() + place.output * g->out_depth;
      for_each_cell(*g, place, [&](std::int64_t cell) {
        const T* from = x + cell * g->in_depth;
        for (std::int64_t i = 0; i < g->in_depth; ++i) largest[i] = std::max(largest[i], from[i]);
      });
    });
    return {};
  }
};

// f(element of the output, element of the input that was taken): the first of the largest, row by row.
template <class T, class F>
void for_each_taken(const Geometry& g, std::span<const T> x, F f) {
  for_each_place(g, [&](const Place& place) {
    for (std::int64_t i = 0; i < g.in_depth; ++i) {
      std::int64_t taken = -1;
      for_each_cell(g, place, [&](std::int64_t cell) {
        const std::int64_t at = cell * g.in_depth + i;
        if (taken < 0 || x[static_cast<std::size_t>(taken)] < x[static_cast<std::size_t>(at)]) taken = at;
      });
      f(static_cast<std::size_t>(place.output * g.out_depth + i), static_cast<std::size_t>(taken));
    }
  });
}

// The gradient of a maximum, and with kAgain the gradient of that one: what was taken gets the gradient, or
// gives it.
template <bool kAgain>
struct LargestGradient {
  template <class T>
  static Status run(KernelContext& c) {
    const Shape &input = c.input(0).shape(), &output = c.input(1).shape();
    const Result<Geometry> g = pooling_geometry(c.node(), input);
    if (!g.ok()) return g.error();
    SANDFLOW_TRY(check_shape("orig_output", g->output(), output));
    SANDFLOW_TRY(check_shape("grad", kAgain ? input : output, c.input(2).shape()));
    SANDFLOW_TRY(c.allocate(0, kAgain ? output : input));
    const std::span<const T> x = c.in<T>(0), grad = c.in<T>(2);
    const std::span<T> out = c.out<T>(0);
    std::fill(out.begin(), out.end(), T(0));
    if (out.empty() || grad.empty()) return {};
    for_each_taken(*g, x, [&](std::size_t to, std::size_t from) {
      if (kAgain)
        out[to] = grad[from];
      else
        out[from] += grad[to];
    });
    return {};
  }
};

std::int64_t count(const Place& place) {
  return (place.rows.end - place.rows.begin) * (place.columns.end - place.columns.begin);
}

struct Average {
  template <class T>
  static Status run(KernelContext& c) {
    const Result<Geometry> g = pooling_geometry(c.node(), c.input(0).shape());
    if (!g.ok()) return g.error();
    SANDFLOW_TRY(c.allocate(0, g->output()));
    const T* x = c.in<T>(0).data();
    const std::span<T> out = c.out<T>(0);
    std::fill(out.begin(), out.end(), T(0));
    if (out.empty()) return {};
    for_each_place(*g, [&](const Place& place) {
      T* sum = out.data() + place.output * g->out_depth;
      for_each_cell(*g, place, [&](std::int64_t cell) {
        const T* from = x + cell * g->in_depth;
        for (std::int64_t i = 0; i < g->in_depth; ++i) sum[i] += from[i];
      });
      // Of the image's own cells only: what pads it does not count.
      const T cells = static_cast<T>(count(place));
      for (std::int64_t i = 0; i < g->in_depth; ++i) sum[i] /= cells;
    });
    return {};
  }
};

struct AverageGradient {
  template <class T>
  static Status run(KernelContext& c) {
    const Tensor& sizes = c.input(0);
    if (sizes.shape() != Shape{4})
      return invalid_argument("out_backprop must be 1-dimensional and 4 elements");
    const Result<Shape> input = requested_shape(sizes, "orig_input_shape must be a vector");
    if (!input.ok()) return input.error();
    if (c.input(1).shape().rank() != 4) return invalid_argument("out_backprop must be 4-dimensional");
    const Result<Geometry> g = pooling_geometry(c.node(), *input);
    if (!g.ok()) return g.error();
    SANDFLOW_TRY(check_shape("grad", g->output(), c.input(1).shape()));
    SANDFLOW_TRY(c.allocate(0, *input));
    const std::span<const T> grad = c.in<T>(1);
    const std::span<T> out = c.out<T>(0);
    std::fill(out.begin(), out.end(), T(0));
    if (out.empty() || grad.empty()) return {};
    for_each_place(*g, [&](const Place& place) {
      const T share = static_cast<T>(1.0 / static_cast<double>(count(place)));
      const T* from = grad.data() + place.output * g->out_depth;
      for_each_cell(*g, place, [&](std::int64_t cell) {
        T* to = out.data() + cell * g->in_depth;
        for (std::int64_t i = 0; i < g->in_depth; ++i) to[i] += from[i] * share;
      });
    });
    return {};
  }
};

// --- Gradients (nn_grad.py)
// ----------------------------------------------------------------------------------

// The operation with the attributes of the differentiated one.
Output like(GradientContext& c, const char* type, std::vector<Output> inputs) {
  Attrs attrs;
  for (const Attr& attr : c.node.attrs)
    if (attr.name != "T") attrs.push_back(attr);
  return c.b.op(type, std::move(inputs), std::move(attrs));
}

Output shape_of(GradientContext& c, Output x) {
  return c.b.op("Shape", {x}, {{"out_type", DType::kInt32}}, "Shape");
}

// tf.zeros(tf.shape(x)): nothing flows to what only says where the maximum was.
Output zeros_of(GradientContext& c, Output x) {
  const Output shape = shape_of(c, x);
  const auto scope = c.b.graph().name_scope("zeros");
  const std::string own = c.b.graph().scope();
  const Tensor zero(c.b.dtype(x), {});
  const Output value = c.b.op("Const", {}, {{"value", zero}, {"dtype", zero.dtype()}});
  return c.b.op("Fill", {shape, value}, {}, own);
}

std::vector<Output> grad_convolution(GradientContext& c) {
  const Output input = shape_of(c, c.input(0)), filter = shape_of(c, c.input(1));
  const Output to_input = like(c, "Conv2DBackpropInput", {input, c.input(1), c.grad()});
  return {to_input, like(c, "Conv2DBackpropFilter", {c.input(0), filter, c.grad()})};
}

std::vector<Output> grad_input_gradient(GradientContext& c) {
  const Output filter = shape_of(c, c.input(1));
  const Output to_filter = like(c, "Conv2DBackpropFilter", {c.grad(), filter, c.input(2)});
  return {{}, to_filter, like(c, "Conv2D", {c.grad(), c.input(1)})};
}

std::vector<Output> grad_filter_gradient(GradientContext& c) {
  const Output input = shape_of(c, c.input(0));
  const Output to_input = like(c, "Conv2DBackpropInput", {input, c.grad(), c.input(2)});
  return {to_input, {}, like(c, "Conv2D", {c.input(0), c.grad()})};
}

std::vector<Output> grad_max_pool(GradientContext& c) {
  return {like(c, "MaxPoolGrad", {c.input(0), c.output(), c.grad()})};
}

std::vector<Output> grad_max_pool_grad(GradientContext& c) {
  const Output input = zeros_of(c, c.input(0)), output = zeros_of(c, c.input(1));
  return {input, output, like(c, "MaxPoolGradGrad", {c.input(0), c.input(1), c.grad()})};
}

std::vector<Output> grad_max_pool_grad_grad(GradientContext& c) {
  const Output input = zeros_of(c, c.input(0)), output = zeros_of(c, c.input(1));
  return {input, output, like(c, "MaxPoolGrad", {c.input(0), c.input(1), c.grad()})};
}

std::vector<Output> grad_avg_pool(GradientContext& c) {
  return {like(c, "AvgPoolGrad", {shape_of(c, c.input(0)), c.grad()})};
}

std::vector<Output> grad_avg_pool_grad(GradientContext& c) { return {{}, like(c, "AvgPool", {c.grad()})}; }

// --- The list
// ------------------------------------------------------------------------------------------------

constexpr DTypeSet kPooled{
    "float16, bfloat16, float32, float64, int32, int64, uint8, int16, int8, uint16, qint8", kNumbers.mask};

Op convolution(const char* type, const char* python, std::vector<Arg> inputs, const char* formula,
               const char* help, Status (*infer)(InferenceContext&), Status (*compute)(KernelContext&),
               std::vector<Output> (*gradient)(GradientContext&)) {
  return {
      .type = type,
      .python = python,
      .family = Family::kConvolution,
      .inputs = std::move(inputs),
      .outputs = {{"output", "T"}},
      .attrs = {type_attr("T", kHalfFloats),
                {"strides", AttrKind::kInts},
                {.name = "padding", .kind = AttrKind::kString, .choices = {"SAME", "VALID", "EXPLICIT"}},
                {.name = "data_format", .kind = AttrKind::kString, .initial = "NHWC", .choices = {"NHWC"}},
                {"dilations", AttrKind::kInts, Ints{1, 1, 1, 1}}},
      .formula = formula,
      .help = help,
      .infer = infer,
      .compute = compute,
      .gradient = gradient};
}

Op pooling(const char* type, const char* python, std::vector<Arg> inputs, const DTypeSet& allowed,
           const char* formula, const char* help, Status (*infer)(InferenceContext&),
           Status (*compute)(KernelContext&), std::vector<Output> (*gradient)(GradientContext&)) {
  return {
      .type = type,
      .python = python,
      .family = Family::kConvolution,
      .inputs = std::move(inputs),
      .outputs = {{"output", "T"}},
      .attrs = {type_attr("T", allowed),
                {"ksize", AttrKind::kInts},
                {"strides", AttrKind::kInts},
                {.name = "padding", .kind = AttrKind::kString, .choices = {"SAME", "VALID"}},
                {.name = "data_format", .kind = AttrKind::kString, .initial = "NHWC", .choices = {"NHWC"}}},
      .formula = formula,
      .help = help,
      .infer = infer,
      .compute = compute,
      .gradient = gradient};
}

// The kernels of operations whose first input is a shape.
template <class F, int kInput>
Status for_floating_input(KernelContext& c) {
  return with_floating(c.input(kInput).dtype(), [&]<class T>() { return F::template run<T>(c); });
}

}  // namespace

std::optional<Sliding> sliding_of(const Node& node, const Shape& input, const Shape* filter) {
  const Result<Geometry> g =
      filter ? convolution_geometry(node, input, *filter) : pooling_geometry(node, input);
  return g.ok() ? sliding_of(*g) : std::nullopt;
}

std::vector<Op> convolution_ops() {
  return {
      convolution("Conv2D", "tf.nn.conv2d", {{"input", "T"}, {"filter", "T"}},
                  R"(y_{ijk} = \sum_{abc} x_{i + a, j + b, c} w_{abck})",
                  "Slides a filter over images: at each place the sum of the pixels weighted by it.",
                  infer_convolution, for_floating<Convolution>, grad_convolution),
      convolution("Conv2DBackpropInput", "tf.nn.conv2d_backprop_input",
                  {{"input_sizes", DType::kInt32}, {"filter", "T"}, {"out_backprop", "T"}},
                  R"(\frac{\partial E}{\partial x_{ijc}} = \sum_{abk} g_{i - a, j - b, k} w_{abck})",
                  "The gradient of a convolution's images.", infer_from_sizes<0>,
                  for_floating_input<InputGradient, 1>, grad_input_gradient),
      convolution("Conv2DBackpropFilter", "tf.nn.conv2d_backprop_filter",
                  {{"input", "T"}, {"filter_sizes", DType::kInt32}, {"out_backprop", "T"}},
                  R"(\frac{\partial E}{\partial w_{abck}} = \sum_{ij} x_{i + a, j + b, c} g_{ijk})",
                  "The gradient of a convolution's filter.", infer_from_sizes<1>,
                  for_floating<FilterGradient>, grad_filter_gradient),
      pooling("MaxPool", "tf.nn.max_pool", {{"input", "T"}}, kPooled,
              R"(y_{ijc} = \max_{ab} x_{i + a, j + b, c})", "The largest pixel of each window.",
              infer_pooling, for_numeric<Largest>, grad_max_pool),
      pooling("MaxPoolGrad", "tf.raw_ops.MaxPoolGrad",
              {{"orig_input", "T"}, {"orig_output", "T"}, {"grad", "T"}}, kFloats,
              R"(\frac{\partial E}{\partial x} = g\; \mathrm{where}\; x = \max x)",
              "The gradient of the largest pixel: the first of the largest in each window gets it.",
              infer_max_pool_grad, for_floating<LargestGradient<false>>, grad_max_pool_grad),
      pooling("MaxPoolGradGrad", "tf.raw_ops.MaxPoolGradGrad",
              {{"orig_input", "T"}, {"orig_output", "T"}, {"grad", "T"}}, kFloats,
              R"(y = g\; \mathrm{where}\; x = \max x)",
              "The gradient of that gradient: picks where the largest pixel of each window is.",
              infer_max_pool_grad_grad, for_floating<LargestGradient<true>>, grad_max_pool_grad_grad),
      pooling("AvgPool", "tf.nn.avg_pool", {{"value", "T"}}, kHalfFloats,
              R"(y_{ijc} = \frac{1}{n} \sum_{ab} x_{i + a, j + b, c})",
              "The mean of the pixels of each window; what pads the image does not count.", infer_pooling,
              for_floating<Average>, grad_avg_pool),
      pooling("AvgPoolGrad", "tf.raw_ops.AvgPoolGrad", {{"orig_input_shape", DType::kInt32}, {"grad", "T"}},
              kHalfFloats, R"(\frac{\partial E}{\partial x} = \frac{g}{n})",
              "The gradient of a mean over windows: each pixel gets its share.", infer_from_sizes<0>,
              for_floating_input<AverageGradient, 1>, grad_avg_pool_grad),
  };
}

}  // namespace sandflow
