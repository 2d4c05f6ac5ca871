// A line chart: axes with round numbers, curves, and the values under the pointer.
#pragma once

#include <string>
#include <vector>

#include "web/app/ui.h"

namespace sandflow::ui {

struct Series {
  std::string label;
  Color color = 0;
  float thickness = 2;
  bool is_dashed = false;
  bool has_dots = false;  // Measures rather than a stream: each is a dot while they are few.
  std::vector<std::pair<double, double>> points;  // By rising x; NaN is left out.
};

struct ChartLook {
  bool is_share = false;  // 0 … 1, written as per cent.
  std::string x_label;
  bool is_logarithmic = false;  // In y; what is not above 0 is left out.
};

// Round numbers from `low` to `high`, about `count` of them.
std::vector<double> round_ticks(double low, double high, int count);
std::string tick_text(double value, bool is_share);

void draw_chart(Ui& ui, const Painter& painter, const Rect& box, const std::vector<Series>& series,
                const ChartLook& look);

}  // namespace sandflow::ui
