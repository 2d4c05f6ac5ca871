// How a tensor looks small: a number, a few numbers, a heat map, a histogram.
#pragma once

#include <string>
#include <vector>

#include "engine/core/tensor.h"
#include "web/app/theme.h"

namespace sandflow::ui {

// At most six characters for most numbers: "0.2146", "-12.5", "3", "1.2e-07".
std::string short_number(double x);
// For columns of numbers: six characters at most for all but a few.
std::string tiny_number(double x);
std::string short_number(const Tensor& tensor, std::int64_t i);

// numpy's lines, broken at spaces where they are wider than `width` in this size of the mono face.
std::string broken_lines(std::string_view text, float size, float width);

struct Statistics {
  double minimum = 0, maximum = 0, mean = 0, deviation = 0;
  std::int64_t not_finite = 0;
};
Statistics statistics(const Tensor& tensor);
bool has_numbers(const Tensor& tensor);

// What is drawn of one tensor, prepared once for many frames.
struct ValueView {
  enum class Kind { kNone, kNumber, kNumbers, kHeat, kText };
  Kind kind = Kind::kNone;
  int rows = 0, columns = 0;
  std::vector<std::string> cells;  // kNumber, kNumbers, kText (a line each).
  std::vector<float> heat;         // -1 … 1, row by row; NaN is shown as an error.
  std::vector<float> bins;         // 0 … 1; empty: no histogram.
  float cell_width = 0, cell_height = 0, font_size = 13;
  Vec size;  // With the histogram.

  Vec heat_size() const {
    return {cell_width * static_cast<float>(columns), cell_height * static_cast<float>(rows)};
  }
};

// A heat map of values that all lie in 0 … 1 shows them against 1, as probabilities; any other, and
// gradients, against the largest.
ValueView view_of(const Tensor& tensor, bool with_histogram, bool is_gradient = false);
// Diverging around 0: `positive` is the colour of 1, `negative` that of -1.
void draw(const Painter& painter, const ValueView& view, Vec at, Color ink, Color positive, Color negative);
void draw_histogram(const Painter& painter, const std::vector<float>& bins, const Rect& box, Color color);
std::vector<float> histogram(const Tensor& tensor, int count);

}  // namespace sandflow::ui
