// The gradient thermometer: how large each layer's gradient is, first layer to last, on a logarithmic scale;
// and the initializers that decide it, one click each.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/core/text.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/values.h"
#include "web/app/views/view.h"
#include "web/app/widgets.h"

namespace sandflow::ui {

namespace {

constexpr int kGradients = static_cast<int>(LayerPart::kGradients);

// What the lesson compares; each sets all weights in one step of undo.
struct Start {
  const char* id;
  const char* label;
  Choice choice;
};
const std::vector<Start>& starts() {
  static const std::vector<Start> list{{"start-zeros", "zeros", {"zeros", {}}},
                                       {"start-1", "stddev 1", {"truncated_normal", {{"stddev", 1}}}},
                                       {"start-0.01", "0.01", {"truncated_normal", {{"stddev", 0.01}}}},
                                       {"start-glorot", "Glorot", {"glorot_uniform", {}}},
                                       {"start-he", "He", {"he_normal", {}}}};
  return list;
}

std::string power_text(double exponent) {
  return cat("1e", exponent >= 0 ? "+" : "", std::to_string(static_cast<int>(exponent)));
}

// Orders of magnitude are what matters here.
std::string norm_text(double norm) {
  if (norm == 0 || norm >= 0.01) return short_number(norm);
  char text[24];
  std::snprintf(text, sizeof text, "%.1e", norm);
  return text;
}

class GradientsView : public View {
 public:
  bool applies(const Run& run) const override { return !run.watch.layers().empty(); }

  Changes draw(Ui& ui, Column& column, const Run& run) override {
    const Palette& p = palette();
    if (!column.section(ui, "gradients", tr("view.gradients"), tr("layers.norm"), 0,
                        run.watch.layers().size() >= 4))
      return {};
    const std::vector<LayerState>& layers = run.layers();
    if (layers.size() != run.watch.layers().size()) return {};
    Changes changes = draw_starts(ui, column, run.scene);
    column.y += 8;
    draw_bars(ui, column, run, layers);
    column.y += 6;
    if (const std::string told = judgement(layers); !told.empty()) column.paragraph(told, p.of(Tone::kLoss));
    column.y += 8;
    return changes;
  }

 private:
  // The scale ends at a power of ten that is a multiple of four, so that it seldom moves.
  struct Scale {
    double low = -4, high = 0;

    float share(double norm) const {
      return static_cast<float>(std::clamp((std::log10(norm) - low) / (high - low), 0.0, 1.0));
    }
  };

  static Scale scale_for(const std::vector<LayerState>& layers) {
    Scale scale;
    for (const LayerState& layer : layers) {
      const double norm = layer.norms[kGradients];
      if (!std::isfinite(norm) || norm <= 0) continue;
      scale.low = std::min(scale.low, 4 * std::floor(std::log10(norm) / 4));
      scale.high = std::max(scale.high, std::ceil(std::log10(norm)));
    }
    return scale;
  }

  static void draw_bars(Ui& ui, Column& column, const Run& run, const std::vector<LayerState>& layers) {
    const Palette& p = palette();
    const Scale scale = scale_for(layers);
    constexpr float kNumber = 58, kMostNames = 104;
    float names = 40;
    for (const WatchedLayer& layer : run.watch.layers())
      names = std::max(names, text_width(Face::kMono, 11, layer.name) + 10);
    names = std::min(names, kMostNames);
    const float row = clamp(240 / static_cast<float>(layers.size()), 6, 19);
    const Rect plot = {{names, column.y}, {column.width - kNumber, column.y}};
    // One in so many has its name where rows are lower than a line of text.
    const auto stride = static_cast<std::size_t>(std::ceil(14 / row));
    const auto& moments = run.watch.moments();
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const Rect line = column.take(row);
      const double norm = layers[i].norms[kGradients];
      const float gap = row > 12 ? 3 : 1;
      const Rect track{{plot.min.x, line.min.y + gap}, {plot.max.x, line.max.y - gap}};
      column.painter.fill(track, p.field, 3);
      if (std::isfinite(norm) && norm > 0) {
        Rect bar = track;
        bar.max.x = bar.min.x + std::max(3.0f, scale.share(norm) * track.width());
        column.painter.fill(bar, p.of(Tone::kGradient), 3);
      }
      // Where the run began.
      if (!moments.empty() && run.snapshot.counters.step > 0 && i < moments.front().layers.size()) {
        const double first = moments.front().layers[i].norms[kGradients];
        if (std::isfinite(first) && first > 0) {
          const float x = track.min.x + scale.share(first) * track.width();
          column.painter.fill({{x - 1, track.min.y - 1}, {x + 1, track.max.y + 1}}, p.ink);
        }
      }
      if (i % stride != 0) continue;
      const float top = line.center().y - line_height(Face::kMono, 11) / 2;
      const std::string& name = run.watch.layers()[i].name;
      column.painter.text(Face::kMono, 11, {0, top}, p.ink, fitted(Face::kMono, 11, name, names - 8));
      const bool is_fine = std::isfinite(norm);
      column.painter.text_right(Face::kMono, 11, {column.width, top}, is_fine ? p.soft : p.of(Tone::kLoss),
                                is_fine ? norm_text(norm) : "NaN");
    }
    draw_axis(column, plot, scale);
    hover(ui, column, run, layers, plot, row);
  }

  static void draw_axis(Column& column, const Rect& plot, const Scale& scale) {
    const Palette& p = palette();
    const Rect axis = column.take(16);
    const double span = scale.high - scale.low, step = span <= 6    ? 1
                                                       : span <= 12 ? 2
                                                                    : 4 * std::ceil(span / 24);
    float free_from = -1e9f;
    for (double k = scale.low; k <= scale.high; k += step) {
      const float x = plot.min.x + static_cast<float>((k - scale.low) / span) * plot.width();
      column.painter.hairline({x, plot.min.y}, {x, axis.min.y + 2}, fade(p.soft, 0.25f));
      const std::string text = power_text(k);
      const float half = text_width(Face::kMono, 11, text) / 2;
      if (x - half < free_from) continue;
      column.painter.text_middle(Face::kMono, 11, {x, axis.center().y + 1}, p.soft, text);
      free_from = x + half + 8;
    }
  }

  static void hover(Ui& ui, const Column& column, const Run& run, const std::vector<LayerState>& layers,
                    const Rect& plot, float row) {
    const Vec mouse = column.painter.local(ui.input.mouse * ui.ratio);
    const Rect area{{0, plot.min.y}, {column.width, plot.min.y + row * static_cast<float>(layers.size())}};
    if (!area.contains(mouse) || !press(ui, column.painter, "norms", area, true).hovered) return;
    const auto i = std::min(static_cast<std::size_t>((mouse.y - area.min.y) / row), layers.size() - 1);
    std::vector<std::string> lines{run.watch.layers()[i].name};
    lines.push_back(cat(tr("layers.gradient"), "  ", norm_text(layers[i].norms[kGradients])));
    lines.push_back(cat(tr("layers.weights"), "  ",
                        short_number(layers[i].norms[static_cast<int>(LayerPart::kWeights)])));
    if (const auto& moments = run.watch.moments(); !moments.empty() && i < moments.front().layers.size())
      lines.push_back(
          cat(tr("layers.at-start"), "  ", norm_text(moments.front().layers[i].norms[kGradients])));
    tooltip(ui, ui.input.mouse, lines);
  }

  // What the bars say, where it is something to know.
  static std::string judgement(const std::vector<LayerState>& layers) {
    if (layers.size() < 2) return {};
    const double first = layers.front().norms[kGradients], last = layers.back().norms[kGradients];
    if (!std::isfinite(first) || !std::isfinite(last) || last <= 0) return {};
    if (first == 0) return tr("layers.no-gradient");
    const double orders = std::log10(last / first);
    const auto count = std::to_string(static_cast<int>(std::floor(std::fabs(orders))));
    if (orders >= 3) return tr("layers.vanishing", {{"orders", count}});
    if (orders <= -3) return tr("layers.exploding", {{"orders", count}});
    return {};
  }

  static Changes draw_starts(Ui& ui, Column& column, const Scene& scene) {
    const Palette& p = palette();
    Changes changes;
    column.painter.text(Face::kText, 11, column.take(18).min, p.soft, tr("layers.start"));
    Rect row = column.take(26);
    float x = 0;
    for (const Start& start : starts()) {
      const float wide = text_width(Face::kText, 11, start.label) + 18;
      if (x + wide > column.width) {
        column.y += 6;
        row = column.take(26);
        x = 0;
      }
      const bool holds = scene.training.initializer == start.choice;
      if (chip(ui, column.painter, start.id, Rect::sized({x, row.min.y}, {wide, 26}), start.label, holds) &&
          !holds)
        changes.push_back({edit::SetInitializer{start.choice}, {}});
      x += wide + 6;
    }
    return changes;
  }
};

}  // namespace

std::unique_ptr<View> gradients_view() { return std::make_unique<GradientsView>(); }

}  // namespace sandflow::ui
