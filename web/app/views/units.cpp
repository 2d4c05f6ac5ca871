// Units that no longer learn, layer by layer: saturated or dead ones, and those that nothing tells apart.
#include <algorithm>
#include <cmath>

#include "engine/core/text.h"
#include "web/app/chart.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/views/view.h"
#include "web/app/widgets.h"

namespace sandflow::ui {

namespace {

bool can_saturate(const WatchedLayer& layer) {
  return layer.activation_type == "Sigmoid" || layer.activation_type == "Tanh";
}
bool can_die(const WatchedLayer& layer) {
  return layer.activation_type == "Relu" || layer.activation_type == "Relu6";
}

class UnitsView : public View {
 public:
  bool applies(const Run& run) const override {
    const auto& layers = run.watch.layers();
    return std::any_of(layers.begin(), layers.end(),
                       [](const WatchedLayer& layer) { return !layer.activation_type.empty(); });
  }

  Changes draw(Ui& ui, Column& column, const Run& run) override {
    const Palette& p = palette();
    const std::vector<LayerState>& states = run.layers();
    const std::vector<WatchedLayer>& layers = run.watch.layers();
    if (states.size() != layers.size()) return {};
    // What keeps a net from learning is told even where the rest is folded.
    bool has_twins = false;
    for (std::size_t i = 0; i < layers.size(); ++i)
      has_twins = has_twins || (!layers[i].activation_type.empty() && !states[i].twins.empty());
    if (!column.section(ui, "units", tr("view.units"), has_twins ? tr("units.identical") : "",
                        p.of(Tone::kLoss), has_twins || layers.size() >= 4))
      return {};
    draw_twins(column, layers, states);
    float names = 40;
    for (const WatchedLayer& layer : layers)
      names = std::max(names, text_width(Face::kMono, 11, layer.name) + 10);
    names = std::min(names, 104.0f);
    constexpr float kRemark = 118;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (!can_saturate(layers[i]) && !can_die(layers[i])) continue;
      if (can_die(layers[i]) && states[i].units == 0) continue;
      const Rect row = column.take(19);
      const float top = row.center().y - line_height(Face::kText, 11) / 2;
      column.painter.text(Face::kMono, 11, {0, top}, p.ink,
                          fitted(Face::kMono, 11, layers[i].name, names - 8));
      const double share = can_die(layers[i])
                               ? static_cast<double>(states[i].dead) / std::max(1, states[i].units)
                               : states[i].saturated;
      const Rect track{{names, row.min.y + 5}, {column.width - kRemark, row.max.y - 5}};
      column.painter.fill(track, p.field, 3);
      if (share > 0)
        column.painter.fill(
            {track.min,
             {track.min.x + std::max(3.0f, track.width() * static_cast<float>(share)), track.max.y}},
            share > 0.5 ? p.of(Tone::kLoss) : p.of(Tone::kForward), 3);
      const std::string remark =
          can_die(layers[i])
              ? tr("units.dead",
                   {{"count", std::to_string(states[i].dead)}, {"units", std::to_string(states[i].units)}})
              : tr("units.saturated", {{"share", tick_text(std::round(share * 1000) / 1000, true)}});
      column.painter.text_right(Face::kText, 11, {column.width, top},
                                share > 0.5 ? p.of(Tone::kLoss) : p.soft, remark);
    }
    column.y += 16;
    return {};
  }

 private:
  static void draw_twins(Column& column, const std::vector<WatchedLayer>& layers,
                         const std::vector<LayerState>& states) {
    const Palette& p = palette();
    // Layers with the same trouble share a sentence.
    std::map<std::string, std::vector<std::string>> told;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      // Of a net without hidden layers equal classes can be learnt by chance; where units are hidden, they
      // stay alike for good.
      if (layers[i].activation_type.empty()) continue;
      for (const Twins& twins : states[i].twins)
        told[tr(twins.are_zeros ? "units.twins-zeros" : "units.twins",
                {{"count", std::to_string(twins.units.size())}})]
            .push_back(layers[i].name);
    }
    for (const auto& entry : told) {
      std::string names =
          join(std::vector(entry.second.begin(),
                           entry.second.begin() +
                               static_cast<std::ptrdiff_t>(std::min<std::size_t>(4, entry.second.size()))),
               ", ", [](const std::string& name) { return name; });
      if (entry.second.size() > 4) names += cat(" +", entry.second.size() - 4);
      const std::string text = cat(names, ": ", entry.first);
      const float high = text_size(Face::kText, 11, text, column.width - 24).y + 18;
      const Rect box = column.take(high, 10);
      column.painter.fill(box, fade(p.of(Tone::kLoss), 0.09f), 8);
      column.painter.text(Face::kText, 11, box.min + Vec(12, 9), p.ink, text, column.width - 24);
    }
  }
};

}  // namespace

std::unique_ptr<View> units_view() { return std::make_unique<UnitsView>(); }

}  // namespace sandflow::ui
