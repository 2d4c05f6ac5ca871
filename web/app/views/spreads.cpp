// Ridges, as TensorBoard draws them: how weights, activations and gradients of a layer are spread, one ridge
// a moment of the run, the latest in front.
#include <algorithm>
#include <cmath>

#include "engine/core/text.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/values.h"
#include "web/app/views/view.h"
#include "web/app/widgets.h"

namespace sandflow::ui {

namespace {

constexpr std::size_t kMostRidges = 20, kPoints = 36;
constexpr float kHigh = 118, kPeak = 40;  // Of a plot, and of the highest ridge.

struct Ridge {
  std::int64_t step = 0;
  const Spread* spread = nullptr;
};

// The shares of a spread in kPoints even bins from `low` to `high`.
std::vector<float> rebinned(const Spread& spread, double low, double high) {
  std::vector<float> out(kPoints, 0);
  const double wide = (high - low) / static_cast<double>(kPoints);
  const double from = static_cast<double>(spread.low);
  const double own = (static_cast<double>(spread.high) - from) / static_cast<double>(Spread::kBins);
  for (std::size_t bin = 0; bin < spread.bins.size(); ++bin) {
    const double a = (from + own * static_cast<double>(bin) - low) / wide,
                 b = own > 0 ? a + own / wide : a + 1e-9;
    const auto first = static_cast<std::size_t>(std::clamp(a, 0.0, static_cast<double>(kPoints - 1)));
    const auto last = static_cast<std::size_t>(std::clamp(b, 0.0, static_cast<double>(kPoints - 1)));
    for (std::size_t k = first; k <= last; ++k) {
      const double overlap = std::min(b, static_cast<double>(k + 1)) - std::max(a, static_cast<double>(k));
      out[k] += spread.bins[bin] * static_cast<float>(first == last ? 1 : std::max(0.0, overlap) / (b - a));
    }
  }
  return out;
}

class SpreadsView : public View {
 public:
  bool applies(const Run& run) const override { return !run.watch.layers().empty(); }

  Changes draw(Ui& ui, Column& column, const Run& run) override {
    if (!column.section(ui, "spreads", tr("view.spreads"), {}, 0, false)) return {};
    const std::vector<LayerState>& now = run.layers();
    if (now.size() != run.watch.layers().size()) return {};
    layer_ = std::min(layer_, now.size() - 1);
    std::vector<std::string> names;
    for (const WatchedLayer& layer : run.watch.layers()) names.push_back(layer.name);
    const Rect row = column.take(kControlHeight, 8);
    ui.spot("spreads-layer", column.painter, row);
    if (const auto chosen = choice(ui, column.painter, "spreads-layer", row, names, static_cast<int>(layer_)))
      layer_ = static_cast<std::size_t>(*chosen);
    constexpr float kGap = 12;
    const float wide = (column.width - 2 * kGap) / kLayerParts;
    const Rect area = column.take(18 + kHigh + 20, 16);
    const Tone tones[] = {Tone::kVariable, Tone::kForward, Tone::kGradient};
    const char* titles[] = {"layers.weights", "layers.activations", "layers.gradients"};
    for (int part = 0; part < kLayerParts; ++part) {
      const float left = static_cast<float>(part) * (wide + kGap);
      const Rect box{{left, area.min.y}, {left + wide, area.max.y}};
      draw_plot(ui, column.painter, box, ridges(run, now, part), palette().of(tones[part]), tr(titles[part]));
    }
    return {};
  }

 private:
  // Of the moments kept, evenly chosen, and of now.
  std::vector<Ridge> ridges(const Run& run, const std::vector<LayerState>& now, int part) const {
    std::vector<Ridge> out;
    const auto& moments = run.watch.moments();
    const std::size_t count = std::min(moments.size(), kMostRidges - 1);
    for (std::size_t i = 0; i < count; ++i) {
      const LayersMoment& moment = moments[count > 1 ? i * (moments.size() - 1) / (count - 1) : 0];
      if (layer_ < moment.layers.size()) out.push_back({moment.step, &moment.layers[layer_].spreads[part]});
    }
    if (out.empty() || out.back().step != run.snapshot.counters.step)
      out.push_back({run.snapshot.counters.step, &now[layer_].spreads[part]});
    return out;
  }

  static void draw_plot(Ui& ui, const Painter& painter, const Rect& box, const std::vector<Ridge>& ridges,
                        Color color, const std::string& title) {
    if (!painter.is_in_sight(box)) return;
    const Palette& p = palette();
    painter.text(Face::kText, 11, box.min, p.soft, fitted(Face::kText, 11, title, box.width()));
    const Rect plot{{box.min.x, box.min.y + 18}, {box.max.x, box.min.y + 18 + kHigh}};
    painter.fill(plot, p.field, 6);
    double low = 1e300, high = -1e300;
    for (const Ridge& ridge : ridges) {
      if (ridge.spread->bins.empty()) continue;
      low = std::min(low, static_cast<double>(ridge.spread->low));
      high = std::max(high, static_cast<double>(ridge.spread->high));
    }
    if (low > high) {
      painter.text_middle(Face::kText, 11, plot.center(), p.soft, tr("layers.none"));
      return;
    }
    if (high <= low) {
      const double around = std::max(std::fabs(low), 1e-30);
      low -= around;
      high += around;
    }
    std::vector<std::vector<float>> shapes;
    float highest = 0;
    for (const Ridge& ridge : ridges) {
      shapes.push_back(ridge.spread->bins.empty() ? std::vector<float>(kPoints, 0)
                                                  : rebinned(*ridge.spread, low, high));
      highest = std::max(highest, *std::max_element(shapes.back().begin(), shapes.back().end()));
    }
    painter.clip(plot);
    const float room = kHigh - kPeak - 10;
    const auto base_of = [&](std::size_t i) {
      return ridges.size() == 1 ? plot.max.y - 6
                                : plot.min.y + kPeak + 4 +
                                      room * static_cast<float>(i) / static_cast<float>(ridges.size() - 1);
    };
    for (std::size_t i = 0; i < ridges.size(); ++i)
      draw_ridge(
          painter, plot, base_of(i), shapes[i], highest,
          mix(p.field, color, 0.35f + 0.65f * static_cast<float>(i + 1) / static_cast<float>(ridges.size())));
    painter.unclip();
    if (low < 0 && high > 0) {
      const float x = plot.min.x + static_cast<float>(-low / (high - low)) * plot.width();
      painter.hairline({x, plot.max.y - 4}, {x, plot.max.y}, p.soft);
    }
    const float under = plot.max.y + 4;
    painter.text(Face::kMono, 11, {plot.min.x, under}, p.soft, short_number(low));
    painter.text_right(Face::kMono, 11, {plot.max.x, under}, p.soft, short_number(high));
    const Vec mouse = painter.local(ui.input.mouse * ui.ratio);
    if (!plot.contains(mouse) || !press(ui, painter, title, plot, true).hovered) return;
    std::size_t nearest = 0;
    for (std::size_t i = 0; i < ridges.size(); ++i)
      if (std::fabs(base_of(i) - 4 - mouse.y) < std::fabs(base_of(nearest) - 4 - mouse.y)) nearest = i;
    const Spread& spread = *ridges[nearest].spread;
    std::vector<std::string> lines{cat(tr("axis.step"), " ", std::to_string(ridges[nearest].step))};
    if (!spread.bins.empty())
      lines.push_back(cat(short_number(static_cast<double>(spread.low)), " … ",
                          short_number(static_cast<double>(spread.high))));
    tooltip(ui, ui.input.mouse, lines);
  }

  static void draw_ridge(const Painter& painter, const Rect& plot, float base,
                         const std::vector<float>& shape, float highest, Color color) {
    std::vector<Vec> line{{plot.min.x, base}};
    for (std::size_t k = 0; k < kPoints; ++k)
      line.emplace_back(
          plot.min.x + plot.width() * (static_cast<float>(k) + 0.5f) / static_cast<float>(kPoints),
          base - kPeak * std::sqrt(highest > 0 ? shape[k] / highest : 0));
    line.emplace_back(plot.max.x, base);
    // Smoothed edges would leave seams between the pieces.
    ImDrawList& list = *painter.list();
    const ImDrawListFlags flags = list.Flags;
    list.Flags &= ~ImDrawListFlags_AntiAliasedFill;
    const Color body = mix(palette().panel, color, 0.28f);
    for (std::size_t k = 1; k < line.size(); ++k) {
      painter.triangle(line[k - 1], line[k], {line[k].x, base}, body);
      painter.triangle(line[k - 1], {line[k].x, base}, {line[k - 1].x, base}, body);
    }
    list.Flags = flags;
    painter.polyline(line, color, 1.1f);
  }

  std::size_t layer_ = 0;
};

}  // namespace

std::unique_ptr<View> spreads_view() { return std::make_unique<SpreadsView>(); }

}  // namespace sandflow::ui
