// See chart.h.
#include "web/app/chart.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/core/text.h"
#include "web/app/theme.h"
#include "web/app/values.h"
#include "web/app/widgets.h"

namespace sandflow::ui {

namespace {

constexpr float kLeft = 40, kBottom = 20, kTop = 6, kRight = 8;

struct Frame {
  Rect plot;
  double x_low = 0, x_high = 1, y_low = 0, y_high = 1;

  Vec at(double x, double y) const {
    return {plot.min.x + static_cast<float>((x - x_low) / (x_high - x_low)) * plot.width(),
            plot.max.y - static_cast<float>((y - y_low) / (y_high - y_low)) * plot.height()};
  }
};

Frame frame_for(const Rect& box, const std::vector<Series>& series, bool is_share) {
  Frame frame;
  frame.plot = {box.min + Vec(kLeft, kTop), box.max - Vec(kRight, kBottom)};
  double low = 0, high = -1e300, last = 0;
  for (const Series& s : series)
    for (const auto& [x, y] : s.points) {
      if (!std::isfinite(y)) continue;
      low = std::min(low, y);
      high = std::max(high, y);
      last = std::max(last, x);
    }
  if (is_share || high <= low) high = 1;
  frame.y_low = is_share ? 0 : low;
  frame.y_high = is_share ? 1 : high + (high - low) * 0.04;
  frame.x_high = std::max(last, 10.0);
  return frame;
}

// One curve with no more points than there are columns of pixels to tell them apart: the lowest and highest
// of each.
std::vector<Vec> thinned(const Frame& frame, const Series& series) {
  std::vector<Vec> out;
  const auto most = static_cast<std::size_t>(frame.plot.width() * 2);
  if (series.points.size() <= most) {
    for (const auto& [x, y] : series.points)
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
  for (const auto& [x, y] : series.points) {
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
  for (const double y : round_ticks(frame.y_low, frame.y_high, 4)) {
    const Vec at = frame.at(frame.x_low, y);
    painter.hairline(at, {frame.plot.max.x, at.y}, p.line);
    painter.text_right(Face::kMono, 11, {at.x - 8, at.y - line_height(Face::kMono, 11) / 2}, p.soft,
                       tick_text(y, look.is_share));
  }
  float free_from = -1e9f;
  const float label_left = frame.plot.max.x - text_width(Face::kText, 11, look.x_label);
  for (const double x : round_ticks(frame.x_low, frame.x_high, 5)) {
    if (x != std::floor(x)) continue;
    const Vec at = frame.at(x, frame.y_low);
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

void draw_hover(Ui& ui, const Painter& painter, const Frame& frame, const std::vector<Series>& series,
                const ChartLook& look, Vec mouse) {
  const Palette& p = palette();
  const double wanted = frame.x_low + static_cast<double>((mouse.x - frame.plot.min.x) / frame.plot.width()) *
                                          (frame.x_high - frame.x_low);
  std::vector<std::string> lines{
      cat(look.x_label, " ", std::to_string(static_cast<long long>(std::llround(wanted))))};
  painter.hairline({mouse.x, frame.plot.min.y}, {mouse.x, frame.plot.max.y}, fade(p.soft, 0.6f));
  for (const Series& s : series) {
    if (s.points.empty()) continue;
    auto it = std::lower_bound(s.points.begin(), s.points.end(), std::make_pair(wanted, -1e300));
    if (it == s.points.end() || (it != s.points.begin() && wanted - (it - 1)->first < it->first - wanted))
      --it;
    if (!std::isfinite(it->second)) continue;
    painter.circle(frame.at(it->first, it->second), 3.5f, s.color);
    painter.ring(frame.at(it->first, it->second), 3.5f, p.panel, 1);
    lines.push_back(
        cat(s.label, "  ", look.is_share ? tick_text(it->second, true) : short_number(it->second)));
  }
  tooltip(ui, ui.input.mouse, lines);
}

}  // namespace

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
    std::snprintf(text, sizeof text, "%.0e", value);
  } else if (std::fabs(value) >= 10000) {
    std::snprintf(text, sizeof text, "%gk", value / 1000);
  } else {
    std::snprintf(text, sizeof text, "%.4g", value);
  }
  return text;
}

void draw_chart(Ui& ui, const Painter& painter, const Rect& box, const std::vector<Series>& series,
                const ChartLook& look) {
  const Frame frame = frame_for(box, series, look.is_share);
  draw_axes(painter, frame, look);
  painter.clip({frame.plot.min - Vec(2, 4), frame.plot.max + Vec(4, 2)});
  for (const Series& s : series) {
    const std::vector<Vec> curve = thinned(frame, s);
    if (curve.size() == 1)
      painter.circle(curve[0], s.thickness + 0.5f, s.color);
    else if (s.is_dashed)
      painter.dashes(curve, s.color, s.thickness, 5, 4);
    else
      // Piece by piece: a joined line thins out where a noisy curve turns sharply.
      for (std::size_t i = 1; i < curve.size(); ++i)
        painter.line(curve[i - 1], curve[i], s.color, s.thickness);
  }
  painter.unclip();
  const Vec mouse = painter.local(ui.input.mouse * ui.ratio);
  if (frame.plot.contains(mouse) && press(ui, painter, "chart", frame.plot, true).hovered)
    draw_hover(ui, painter, frame, series, look, mouse);
}

}  // namespace sandflow::ui
