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
  bool is_other = false;  // Another run's: it does not set the scale, or one that broke would.
  bool has_dots = false;  // Measures rather than a stream: each is a dot while they are few.
  std::vector<std::pair<double, double>> points;  // By rising x; NaN is a gap.
};

// The part along x that is looked at, chosen by hand: dragged over, by the wheel with Ctrl or by two fingers;
// a double click gives back the whole.
struct ChartZoom {
  double low = 0, high = 0;  // Equal: all of it.
  double dragged_from = -1;  // Where a range began that is being dragged, as a share of the width; -1: none.
  int drawn_in = 0;          // The last frame that showed the chart.

  bool is_on() const { return high > low; }
};

struct ChartLook {
  bool is_share = false;  // 0 … 1, written as per cent.
  std::string x_label;
  bool is_logarithmic = false;  // In y; what is not above 0 is left out.
};

// Round numbers from `low` to `high`, about `count` of them.
std::vector<double> round_ticks(double low, double high, int count);
std::string tick_text(double value, bool is_share);

// How much of a chart's box the legend takes, in rows above the plot.
float legend_height(const std::vector<Series>& series, float width);
void draw_chart(Ui& ui, const Painter& painter, const Rect& box, const std::vector<Series>& series,
                const ChartLook& look, ChartZoom& zoom);
// The chart as an SVG, with a title.
std::string chart_picture(const std::vector<Series>& series, const ChartLook& look, const ChartZoom& zoom,
                          std::string_view title);
// The buttons below a chart, from the right: the picture of it, and all of it again where a part is looked
// at. Gives how far to the left they reach.
float chart_buttons(Ui& ui, const Painter& painter, const Rect& row, const std::string& name,
                    const std::vector<Series>& series, const ChartLook& look, ChartZoom& zoom,
                    std::string_view title);

}  // namespace sandflow::ui
