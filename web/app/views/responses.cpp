// What every unit of every layer answers to the plane of two features, as a small picture: how a net builds
// its answer out of simpler ones, layer by layer. A click shows one large, with its numbers.
#include <algorithm>
#include <cmath>

#include "engine/core/text.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/tiles.h"
#include "web/app/values.h"
#include "web/app/views/view.h"
#include "web/app/widgets.h"

namespace sandflow::ui {

namespace {

constexpr double kRest = 0.25;  // Seconds from one look to the next.
constexpr int kInRow = 8;
constexpr std::size_t kMostUnits = 16;  // Of a layer.
constexpr float kMargin = 0.08f;        // Around the examples, as of the picture of the output.

class ResponsesView : public View {
 public:
  bool applies(const Run& run) const override {
    return run.data && run.data->feature_names.size() == 2 && run.data->image_width == 0 &&
           std::any_of(run.watch.layers().begin(), run.watch.layers().end(),
                       [](const WatchedLayer& layer) { return !layer.activation_type.empty(); });
  }

  Changes draw(Ui& ui, Column& column, const Run& run) override {
    const Palette& p = palette();
    // Of many layers the gradients come first, which are open then.
    if (!column.section(ui, "responses", tr("view.responses"), {}, 0, run.watch.layers().size() < 4))
      return {};
    if (!data_.is_of(run)) find_reach(run);
    look(ui, run);
    if (chosen_ < units_.size()) draw_chosen(ui, column);
    std::size_t next = 0;
    for (std::size_t layer = 0; layer < run.watch.layers().size() && next < units_.size(); ++layer) {
      if (units_[next].layer != layer) continue;
      const std::size_t all = units_[next].of;
      column.painter.text(
          Face::kMono, 11, column.take(18).min, p.soft,
          fitted(Face::kMono, 11,
                 all > kMostUnits ? cat(run.watch.layers()[layer].name, "  ",
                                        tr("responses.some", {{"count", std::to_string(kMostUnits)},
                                                              {"units", std::to_string(all)}}))
                                  : run.watch.layers()[layer].name,
                 column.width));
      const float gap = 6, side = (column.width + gap) / kInRow - gap;
      for (int k = 0; next < units_.size() && units_[next].layer == layer; ++k, ++next) {
        if (k > 0 && k % kInRow == 0) column.y += side + gap;
        draw_unit(ui, column.painter,
                  Rect::sized({static_cast<float>(k % kInRow) * (side + gap), column.y}, {side, side}), next);
      }
      column.y += side + 8;
    }
    column.y += 8;
    return {};
  }

 private:
  struct Unit {
    std::size_t layer = 0;
    std::int64_t unit = 0;
    std::size_t of = 0;  // So many has the layer.
    std::string name;
    std::vector<float> answers;  // kSide x kSide, from the bottom row up.
    float lowest = 0, highest = 0;
  };

  void find_reach(const Run& run) {
    data_.see(run);
    version_ = 0;
    for (int axis = 0; axis < 2; ++axis) {
      float low = 1e30f, high = -1e30f;
      for (const Examples* set : {&data_->train, &data_->test})
        for (std::int64_t i = 0; i < set->size(); ++i) {
          const float value = static_cast<float>(set->features.number(2 * i + axis));
          low = std::min(low, value);
          high = std::max(high, value);
        }
      if (high <= low) low = -1, high = 1;
      low_[axis] = low - (high - low) * kMargin;
      high_[axis] = high + (high - low) * kMargin;
    }
  }

  void look(Ui& ui, const Run& run) {
    const bool is_same_light = light_ == palette().panel;
    if (run.snapshot.version == version_ && is_same_light) return;
    if (run.snapshot.version != version_) {
      if (!units_.empty() && run.is_playing && ui.time - looked_at_ < kRest) {
        ui.wants_frame = true;
        return;
      }
      const Turns::Turn turn = ui.take_turn(this);
      if (!turn) return;
      ask(run);
      version_ = run.snapshot.version;
      looked_at_ = ui.time;
    }
    light_ = palette().panel;
    paint();
  }

  void ask(const Run& run) {
    constexpr int kSide = Tiles::kSide;
    Tensor points(DType::kFloat32, Shape{std::int64_t{kSide} * kSide, 2});
    const std::span<float> out = points.write<float>();
    std::size_t at = 0;
    for (int r = 0; r < kSide; ++r)
      for (int c = 0; c < kSide; ++c) {
        out[at++] = low_[0] + (high_[0] - low_[0]) * static_cast<float>(c) / (kSide - 1);
        out[at++] = low_[1] + (high_[1] - low_[1]) * static_cast<float>(r) / (kSide - 1);
      }
    units_.clear();
    const std::vector<Tensor> answers = run.workspace.answers_of_layers(points);
    for (std::size_t layer = 0; layer < answers.size(); ++layer) {
      const Tensor& found = answers[layer];
      if (run.watch.layers()[layer].activation_type.empty() || !found.defined() ||
          found.shape().rank() != 2 || found.shape().dim(0) != kSide * kSide ||
          found.dtype() != DType::kFloat32)
        continue;
      const std::int64_t all = found.shape().dim(1);
      const std::span<const float> values = found.read<float>();
      for (std::int64_t u = 0; u < std::min<std::int64_t>(all, kMostUnits); ++u) {
        Unit unit{
            layer, u, static_cast<std::size_t>(all), cat(run.watch.layers()[layer].name, "[", u, "]"), {}};
        for (auto i = static_cast<std::size_t>(u); i < values.size(); i += static_cast<std::size_t>(all))
          unit.answers.push_back(values[i]);
        const auto [low, high] = std::minmax_element(unit.answers.begin(), unit.answers.end());
        unit.lowest = *low;
        unit.highest = *high;
        units_.push_back(std::move(unit));
      }
    }
    if (chosen_ < units_.size() && units_[chosen_].name != chosen_name_) chosen_ = kNone;
  }

  // From one class's colour over nothing to the other's, by the unit's own reach.
  Color color_of(const Unit& unit, float x) const {
    const Palette& p = palette();
    const float middle = unit.lowest < 0 ? 0 : (unit.lowest + unit.highest) / 2;
    const float reach = std::max({unit.highest - middle, middle - unit.lowest, 1e-12f});
    const float share = clamp((x - middle) / reach, -1, 1);
    if (!std::isfinite(share)) return p.field;
    return mix(p.field, share > 0 ? p.of_class(1) : p.of_class(0), 0.9f * std::fabs(share));
  }

  void paint() {
    constexpr std::size_t kSide = Tiles::kSide;
    std::vector<std::vector<Color>> tiles;
    for (const Unit& unit : units_) {
      std::vector<Color>& tile = tiles.emplace_back(kSide * kSide);
      for (std::size_t i = 0; i < tile.size(); ++i)
        tile[(kSide - 1 - i / kSide) * kSide + i % kSide] = color_of(unit, unit.answers[i]);
    }
    tiles_.set(tiles);
  }

  void draw_unit(Ui& ui, const Painter& painter, const Rect& box, std::size_t i) {
    const Palette& p = palette();
    const Unit& unit = units_[i];
    if (painter.is_in_sight(box)) tiles_.draw(painter, box, i, 5);
    const Press hit = press(ui, painter, unit.name, box);
    ui.walk.name_choice(unit.name, chosen_ == i);
    if (i == 0) ui.spot("response-0", painter, box);
    if (hit.hovered) {
      ui.cursor = "pointer";
      const std::vector<std::string> lines{unit.name,
                                           cat(short_number(static_cast<double>(unit.lowest)), " … ",
                                               short_number(static_cast<double>(unit.highest)))};
      tooltip(ui, ui.input.mouse, lines, Face::kMono);
    }
    if (hit.clicked) {
      chosen_ = chosen_ == i ? kNone : i;
      chosen_name_ = unit.name;
      ui.wants_frame = true;
    }
    painter.frame(box, chosen_ == i ? p.ink : hit.hovered ? p.soft : p.line, 5, chosen_ == i ? 2 : 1);
  }

  void draw_chosen(Ui& ui, Column& column) {
    const Palette& p = palette();
    const Unit& unit = units_[chosen_];
    const Rect head = column.take(20);
    column.painter.text(Face::kMono, 11, head.min, p.ink,
                        fitted(Face::kMono, 11, unit.name, column.width / 2));
    const Rect plot = column.take(std::round(column.width * 0.58f), 10);
    tiles_.draw(column.painter, plot, chosen_, 8);
    ui.spot("response-large", column.painter, plot);
    for (const Examples* set : {&data_->train, &data_->test})
      for (std::int64_t i = 0; i < set->size() && !data_->is_regression(); ++i) {
        const Vec at{plot.min.x + (static_cast<float>(set->features.number(2 * i)) - low_[0]) /
                                      (high_[0] - low_[0]) * plot.width(),
                     plot.max.y - (static_cast<float>(set->features.number(2 * i + 1)) - low_[1]) /
                                      (high_[1] - low_[1]) * plot.height()};
        column.painter.fill(Rect{at - Vec(1.5f, 1.5f), at + Vec(1.5f, 1.5f)},
                            mix(p.panel, p.of_class(set->classes[static_cast<std::size_t>(i)]), 0.8f));
      }
    std::string told = cat(short_number(static_cast<double>(unit.lowest)), " … ",
                           short_number(static_cast<double>(unit.highest)));
    const Vec mouse = column.painter.local(ui.input.mouse * ui.ratio);
    const Press hit = press(ui, column.painter, "response-large", plot);
    if (hit.hovered && plot.contains(mouse)) {
      constexpr int kLast = Tiles::kSide - 1;
      const float x = (mouse.x - plot.min.x) / plot.width(), y = (plot.max.y - mouse.y) / plot.height();
      const auto c = static_cast<std::size_t>(clamp(std::round(x * kLast), 0, kLast)),
                 r = static_cast<std::size_t>(clamp(std::round(y * kLast), 0, kLast));
      told = cat("f(", short_number(static_cast<double>(low_[0] + x * (high_[0] - low_[0]))), ", ",
                 short_number(static_cast<double>(low_[1] + y * (high_[1] - low_[1]))),
                 ") = ", short_number(static_cast<double>(unit.answers[r * Tiles::kSide + c])));
      ui.cursor = "crosshair";
    }
    column.painter.text_right(Face::kMono, 11, {column.width, head.min.y}, p.soft, told);
    if (hit.clicked) {
      chosen_ = kNone;
      ui.wants_frame = true;
    }
  }

  static constexpr std::size_t kNone = ~std::size_t{0};
  SeenData data_;
  float low_[2] = {-1, -1}, high_[2] = {1, 1};
  std::vector<Unit> units_;
  Tiles tiles_;
  std::size_t chosen_ = kNone;
  std::string chosen_name_;
  std::uint64_t version_ = 0;
  double looked_at_ = -1;
  Color light_ = 0;  // Of the theme the pictures were painted for.
};

}  // namespace

std::unique_ptr<View> responses_view() { return std::make_unique<ResponsesView>(); }

}  // namespace sandflow::ui
