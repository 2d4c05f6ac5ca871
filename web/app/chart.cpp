// See chart.h.
#include "web/app/chart.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>

#include "engine/core/json.h"
#include "engine/core/text.h"
#include "web/app/picture.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/values.h"
#include "web/app/widgets.h"

namespace sandflow::ui {

namespace {

constexpr float kLeft = 40, kBottom = 20, kTop = 6, kRight = 8;
constexpr float kLegendRow = 18, kSample = 16, kLegendGap = 12;
constexpr std::size_t kMostDots = 40;  // More would run together.

struct Frame {
  Rect plot;
  double x_low = 0, x_high = 1, y_low = 0, y_high = 1;
  bool is_logarithmic = false;  // Then y_low and y_high are exponents of 10.
  bool is_clipped = true;

  Vec at(double x, double y) const {
    if (is_logarithmic) y = y > 0 ? std::log10(y) : y_low - 1;
    const double height = y_high - y_low;
    y = std::clamp(y, y_low - height, y_high + height);  // What is far out of sight is no number to draw.
    return {plot.min.x + static_cast<float>((x - x_low) / (x_high - x_low)) * plot.width(),
            plot.max.y - static_cast<float>((y - y_low) / (y_high - y_low)) * plot.height()};
  }
};

bool has_points(const Series& series) {
  return std::any_of(series.points.begin(), series.points.end(),
                     [](const auto& point) { return std::isfinite(point.second); });
}

// Where each sample of the legend begins, from the corner of the plot; rows as the width asks for. A series
// without points has none.
std::vector<Vec> legend_places(const std::vector<Series>& series, float width) {
  std::vector<Vec> places;
  Vec at{0, 0};
  for (const Series& s : series) {
    places.push_back(at);
    if (!has_points(s)) continue;
    const float wide = kSample + 5 + text_width(Face::kText, 11, s.label);
    if (at.x > 0 && at.x + wide > width) places.back() = at = {0, at.y + kLegendRow};
    at.x += wide + kLegendGap;
  }
  return places;
}

// Above the plot: within it, a curve that rises, or a narrow screen, would run beneath the words.
Frame frame_for(const Rect& box, const std::vector<Series>& series, bool is_share, bool is_logarithmic,
                const ChartZoom& zoom) {
  Frame frame;
  const float above = kTop + legend_height(series, box.width());
  frame.plot = {box.min + Vec(kLeft, above), box.max - Vec(kRight, kBottom)};
  double low = zoom.is_on() ? 1e300 : 0, high = -1e300, others = -1e300, last = 0;
  const auto is_out = [&](double x) { return zoom.is_on() && (x < zoom.low || x > zoom.high); };
  for (const Series& s : series)
    for (const auto& [x, y] : s.points) {
      if (!std::isfinite(y) || is_out(x)) continue;
      low = std::min(low, y);
      (s.is_other ? others : high) = std::max(s.is_other ? others : high, y);
      last = std::max(last, x);
    }
  constexpr double kMostAbove = 3;
  high = high <= 0 ? std::max(high, others) : std::max(high, std::min(others, kMostAbove * high));
  if (low > high) low = 0;
  if (is_share || high <= low) high = std::max(1.0, low + 1);
  // Of a part, what it does is of interest, and not how far from 0.
  if (zoom.is_on() && !is_share) low -= (high - low) * 0.04;
  frame.y_low = is_share ? 0 : low;
  frame.y_high = is_share ? 1 : high + (high - low) * 0.04;
  frame.x_low = zoom.is_on() ? zoom.low : 0;
  frame.x_high = zoom.is_on() ? zoom.high : std::max(last, 10.0);
  if (!is_logarithmic) return frame;
  double least = 1e300;
  for (const Series& s : series)
    for (const auto& point : s.points)
      if (std::isfinite(point.second) && point.second > 0 && !is_out(point.first))
        least = std::min(least, point.second);
  frame.is_logarithmic = true;
  frame.y_low = std::floor(std::log10(std::min(least, 1e290)));
  frame.y_high = high > 0 ? std::max(std::ceil(std::log10(high) + 0.1), frame.y_low + 1) : frame.y_low + 1;
  return frame;
}

// One curve with no more points than there are columns of pixels to tell them apart: the lowest and highest
// of each.
std::vector<Vec> thinned(const Frame& frame, const Series& series) {
  std::vector<Vec> out;
  const auto most = static_cast<std::size_t>(frame.plot.width() * 2);
  // What is in sight; and a point more to each side, to which the curve leads, where it can be cut off.
  auto first =
      std::lower_bound(series.points.begin(), series.points.end(), std::make_pair(frame.x_low, -1e300));
  auto last = std::upper_bound(first, series.points.end(), std::make_pair(frame.x_high, 1e300));
  if (frame.is_clipped && first != series.points.begin()) --first;
  if (frame.is_clipped && last != series.points.end()) ++last;
  const auto points = std::span(series.points)
                          .subspan(static_cast<std::size_t>(first - series.points.begin()),
                                   static_cast<std::size_t>(last - first));
  if (points.size() <= most) {
    for (const auto& [x, y] : points)
      if (std::isfinite(y)) out.push_back(frame.at(x, y));
    return out;
  }
  Vec low, high;
  float column = -1e9f;
  const auto put = [&] {
    if (column < -1e8f) return;
    out.push_back(low);
    if (high.y != low.y) out.push_back(high);
  };
  for (const auto& [x, y] : points) {
    if (!std::isfinite(y)) continue;
    const Vec at = frame.at(x, y);
    if (at.x >= column + 1) {
      put();
      column = std::floor(at.x);
      low = high = at;
    } else if (at.y > low.y) {
      low = at;
    } else if (at.y < high.y) {
      high = at;
    }
  }
  put();
  return out;
}

void draw_axes(const Painter& painter, const Frame& frame, const ChartLook& look) {
  const Palette& p = palette();
  for (double y : round_ticks(frame.y_low, frame.y_high, 4)) {
    if (frame.is_logarithmic && y != std::floor(y)) continue;
    if (frame.is_logarithmic) y = std::pow(10.0, y);
    const Vec at = frame.at(frame.x_low, y);
    painter.hairline(at, {frame.plot.max.x, at.y}, p.line);
    painter.text_right(Face::kMono, 11, {at.x - 8, at.y - line_height(Face::kMono, 11) / 2}, p.soft,
                       tick_text(y, look.is_share));
  }
  float free_from = -1e9f;
  const float label_left = frame.plot.max.x - text_width(Face::kText, 11, look.x_label);
  for (const double x : round_ticks(frame.x_low, frame.x_high, 5)) {
    if (x != std::floor(x)) continue;
    const Vec at = frame.at(x, 1);
    const std::string text = tick_text(x, false);
    const float half = text_width(Face::kMono, 11, text) / 2;
    const float center = std::max(at.x, frame.plot.min.x + half);
    if (center - half < free_from || center + half > label_left - 8) continue;
    painter.text_middle(Face::kMono, 11, {center, frame.plot.max.y + 12}, p.soft, text);
    free_from = center + half + 10;
  }
  painter.text_right(Face::kText, 11,
                     {frame.plot.max.x, frame.plot.max.y + 12 - line_height(Face::kText, 11) / 2}, p.soft,
                     look.x_label);
}

void draw_piece(const Painter& painter, const Frame& frame, const Series& series) {
  const std::vector<Vec> curve = thinned(frame, series);
  if (series.is_dashed)
    painter.dashes(curve, series.color, series.thickness, 5, 4);
  else
    // Piece by piece: a joined line thins out where a noisy curve turns sharply.
    for (std::size_t i = 1; i < curve.size(); ++i)
      painter.line(curve[i - 1], curve[i], series.color, series.thickness);
  if (curve.size() > 1 && (!series.has_dots || curve.size() >= kMostDots)) return;
  for (const Vec at : curve) painter.circle(at, series.thickness + 0.75f, series.color);
}

// A line across a gap would tell of what was not measured: of a first epoch's tests in between, the training
// set would look as if it were learned far later.
void draw_curve(const Painter& painter, const Frame& frame, const Series& series) {
  const auto is_gap = [](const auto& point) { return std::isnan(point.second); };
  const auto end = series.points.end();
  if (std::none_of(series.points.begin(), end, is_gap)) return draw_piece(painter, frame, series);
  Series piece = series;
  for (auto from = std::find_if_not(series.points.begin(), end, is_gap); from != end;) {
    const auto to = std::find_if(from, end, is_gap);
    piece.points.assign(from, to);
    draw_piece(painter, frame, piece);
    from = std::find_if_not(to, end, is_gap);
  }
}

void draw_legend(const Painter& painter, const Frame& frame, const std::vector<Series>& series) {
  const std::vector<Vec> places = legend_places(series, frame.plot.width());
  const Vec corner =
      frame.plot.min - Vec(0, kTop + legend_height(series, frame.plot.width() + kLeft + kRight));
  for (std::size_t i = 0; i < series.size(); ++i) {
    const Series& s = series[i];
    if (!has_points(s)) continue;
    const Vec at = corner + places[i] + Vec(0, kLegendRow / 2);
    const Vec sample[] = {at, at + Vec(kSample, 0)};
    if (s.is_dashed)
      painter.dashes(sample, s.color, s.thickness, 4, 3);
    else
      painter.line(sample[0], sample[1], s.color, s.thickness);
    painter.text(Face::kText, 11, at + Vec(kSample + 5, -line_height(Face::kText, 11) / 2), palette().soft,
                 s.label);
  }
}

// Of the points that have a value, the nearest along x; null if there is none.
const std::pair<double, double>* nearest_point(const Series& series, double x) {
  const auto at = std::lower_bound(series.points.begin(), series.points.end(), std::make_pair(x, -1e300));
  const auto is_value = [](const auto& point) { return std::isfinite(point.second); };
  const auto above = std::find_if(at, series.points.end(), is_value);
  const auto below = std::find_if(std::make_reverse_iterator(at), series.points.rend(), is_value);
  if (above == series.points.end()) return below == series.points.rend() ? nullptr : &*below;
  if (below == series.points.rend()) return &*above;
  return x - below->first < above->first - x ? &*below : &*above;
}

void draw_hover(Ui& ui, const Painter& painter, const Frame& frame, const std::vector<Series>& series,
                const ChartLook& look, Vec mouse) {
  const Palette& p = palette();
  const double scale = (frame.x_high - frame.x_low) / static_cast<double>(frame.plot.width());
  const double wanted = frame.x_low + static_cast<double>(mouse.x - frame.plot.min.x) * scale;
  // A measure near by is meant rather than one of the many steps around it.
  const double reach = 6 * scale;
  double nearest = 1e300, x = 0;
  for (const Series& s : series)
    if (const auto* point = nearest_point(s, wanted)) {
      const double away = std::fabs(point->first - wanted);
      const double far = s.has_dots && away < reach ? away - reach : away;
      if (far >= nearest) continue;
      nearest = far;
      x = point->first;
    }
  if (nearest == 1e300) return;
  const auto step_text = [&](double at) {
    return cat(look.x_label, " ", std::to_string(static_cast<long long>(std::llround(at))));
  };
  std::vector<std::string> lines{step_text(x)};
  const float at_x = frame.at(x, 1).x;
  painter.hairline({at_x, frame.plot.min.y}, {at_x, frame.plot.max.y}, fade(p.soft, 0.6f));
  for (const Series& s : series) {
    const auto* point = nearest_point(s, x);
    if (!point) continue;
    const Vec at = frame.at(point->first, point->second);
    painter.circle(at, 3.5f, s.color);
    painter.ring(at, 3.5f, p.panel, 1);
    lines.push_back(
        cat(s.label, "  ", look.is_share ? tick_text(point->second, true) : short_number(point->second)));
    if (point->first != x) lines.back() += cat("  (", step_text(point->first), ")");
  }
  tooltip(ui, ui.input.mouse, lines);
}

}  // namespace

float legend_height(const std::vector<Series>& series, float width) {
  float rows = 0;
  const std::vector<Vec> places = legend_places(series, width - kLeft - kRight);
  for (std::size_t i = 0; i < series.size(); ++i)
    if (has_points(series[i])) rows = places[i].y + kLegendRow;
  return rows;
}

std::vector<double> round_ticks(double low, double high, int count) {
  std::vector<double> ticks;
  if (!(high > low) || !std::isfinite(high - low)) return ticks;
  const double rough = (high - low) / count, power = std::pow(10.0, std::floor(std::log10(rough)));
  const double lead = rough / power;
  const double step = power * (lead < 1.5 ? 1 : lead < 3 ? 2 : lead < 7 ? 5 : 10);
  for (double i = std::ceil(low / step - 1e-9); i * step <= high * (1 + 1e-12) + 1e-300; ++i)
    ticks.push_back(i * step + 0.0);
  return ticks;
}

std::string tick_text(double value, bool is_share) {
  char text[32];
  if (is_share) {
    std::snprintf(text, sizeof text,
                  std::fabs(value * 100 - std::round(value * 100)) < 1e-9 ? "%.0f%%" : "%.1f%%", value * 100);
  } else if (std::fabs(value) >= 1e6 || (value != 0 && std::fabs(value) < 1e-3)) {
    std::snprintf(text, sizeof text, "%.1e", value);
    if (std::string_view whole(text); whole.find(".0e") != whole.npos)
      std::snprintf(text, sizeof text, "%.0e", value);
  } else if (std::fabs(value) >= 10000) {
    std::snprintf(text, sizeof text, "%gk", value / 1000);
  } else {
    std::snprintf(text, sizeof text, "%.4g", value);
  }
  return text;
}

namespace {

// How far along x the whole reaches.
double reach_of(const std::vector<Series>& series) {
  double last = 10;
  for (const Series& s : series)
    if (!s.points.empty()) last = std::max(last, s.points.back().first);
  return last;
}

// The range from `low` to `high`, kept within the whole; next to all of it is all of it.
void look_at(ChartZoom& zoom, double low, double high, double whole) {
  constexpr double kLeast = 4;  // Steps.
  const double width = std::max(high - low, kLeast);
  low = std::clamp(low, 0.0, std::max(0.0, whole - width));
  zoom.low = low;
  zoom.high = std::min(low + width, whole);
  if (width >= whole * 0.999) zoom.low = zoom.high = 0;
}

// True: the pointer does something else than asking for values.
bool obey_hand(Ui& ui, const Painter& painter, const Frame& frame, ChartZoom& zoom, double whole, Vec mouse,
               const Press& hit) {
  const auto share_at = [&](float x) {
    return std::clamp(static_cast<double>((x - frame.plot.min.x) / frame.plot.width()), 0.0, 1.0);
  };
  const double width = frame.x_high - frame.x_low;
  const auto zoom_by = [&](double factor, double share) {
    const double center = frame.x_low + share * width;
    look_at(zoom, center - share * width / factor, center + (1 - share) * width / factor, whole);
    ui.wants_frame = true;
  };
  if (hit.hovered && ui.input.wheel_ctrl && ui.input.wheel_delta.y != 0)
    zoom_by(std::pow(1.002, static_cast<double>(-ui.input.wheel_delta.y)), share_at(mouse.x));
  const Vec fingers = painter.local(ui.input.pinch.center * ui.ratio);
  if (ui.input.pinch.is_active && frame.plot.contains(fingers)) {
    zoom_by(static_cast<double>(ui.input.pinch.zoom), share_at(fingers.x));
    const double by = static_cast<double>(ui.input.pinch.pan.x / frame.plot.width()) * (zoom.high - zoom.low);
    if (zoom.is_on()) look_at(zoom, zoom.low - by, zoom.high - by, whole);
  }
  if (hit.double_clicked) {
    zoom = {};
    ui.wants_frame = true;
    return true;
  }
  // A finger that moves scrolls.
  if (ui.input.is_touch) return false;
  if (hit.held && zoom.dragged_from < 0) zoom.dragged_from = share_at(mouse.x);
  if (zoom.dragged_from < 0) return false;
  const double from = std::min(zoom.dragged_from, share_at(mouse.x)),
               to = std::max(zoom.dragged_from, share_at(mouse.x));
  const bool is_range = (to - from) * static_cast<double>(frame.plot.width()) > 6;
  if (hit.held) {
    const auto x = [&](double share) {
      return frame.plot.min.x + static_cast<float>(share) * frame.plot.width();
    };
    if (is_range)
      painter.fill({{x(from), frame.plot.min.y}, {x(to), frame.plot.max.y}},
                   fade(palette().of(Tone::kForward), 0.16f));
    return is_range;
  }
  if (is_range) look_at(zoom, frame.x_low + from * width, frame.x_low + to * width, whole);
  zoom.dragged_from = -1;
  ui.wants_frame = true;
  return true;
}

}  // namespace

void draw_chart(Ui& ui, const Painter& painter, const Rect& box, const std::vector<Series>& series,
                const ChartLook& look, ChartZoom& zoom) {
  if (!painter.is_in_sight(box)) return;
  const double whole = reach_of(series);
  if (zoom.low >= whole) zoom = {};  // Of a run that began anew.
  // What was dragged when the chart went out of sight has ended elsewhere.
  const int frame_number = ImGui::GetFrameCount();
  if (zoom.drawn_in + 1 < frame_number) zoom.dragged_from = -1;
  zoom.drawn_in = frame_number;
  const Frame frame = frame_for(box, series, look.is_share, look.is_logarithmic, zoom);
  draw_axes(painter, frame, look);
  painter.clip(frame.plot.grown(4));
  for (const Series& s : series) draw_curve(painter, frame, s);
  painter.unclip();
  draw_legend(painter, frame, series);
  const Vec mouse = painter.local(ui.input.mouse * ui.ratio);
  const Press hit = press(ui, painter, "chart", frame.plot, true);
  const bool is_busy = obey_hand(ui, painter, frame, zoom, whole, mouse, hit);
  if (hit.hovered && frame.plot.contains(mouse)) {
    ui.cursor = "crosshair";
    if (!is_busy) draw_hover(ui, painter, frame, series, look, mouse);
  }
}

std::string chart_picture(const std::vector<Series>& series, const ChartLook& look, const ChartZoom& zoom,
                          std::string_view title) {
  constexpr float kWidth = 640, kHeight = 360, kEdge = 20, kHead = 30;
  Picture picture;
  const Painter painter(picture);
  painter.text(Face::kStrong, 16, {kEdge, kEdge - 6}, palette().ink, title);
  Frame frame = frame_for({{kEdge, kEdge + kHead}, {kWidth - kEdge, kHeight - kEdge}}, series, look.is_share,
                          look.is_logarithmic, zoom);
  frame.is_clipped = false;
  draw_axes(painter, frame, look);
  for (const Series& s : series) draw_curve(painter, frame, s);
  draw_legend(painter, frame, series);
  return picture.svg({{0, 0}, {kWidth, kHeight}}, palette().panel);
}

float chart_buttons(Ui& ui, const Painter& painter, const Rect& row, const std::string& name,
                    const std::vector<Series>& series, const ChartLook& look, ChartZoom& zoom,
                    std::string_view title) {
  float right = row.max.x;
  const auto button = [&](const std::string& id, const std::string& label) {
    const Rect box{{right - text_width(Face::kText, 11, label) - 16, row.min.y}, {right, row.max.y}};
    right = box.min.x - 6;
    return chip(ui, painter, id, box, label, false);
  };
  if (button(cat(name, "-png"), "PNG")) {
    JsonWriter json;
    json.open()
        .field("type", "chart")
        .field("name", name)
        .field("svg", chart_picture(series, look, zoom, title));
    ui.outbox.add(json.close().take());
  }
  if (zoom.is_on() && button(cat(name, "-all"), tr("chart.all"))) {
    zoom = {};
    ui.wants_frame = true;
  }
  return right;
}

}  // namespace sandflow::ui
