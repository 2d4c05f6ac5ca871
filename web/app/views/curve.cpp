// What the model predicts over one feature, as a curve through the examples.
#include <algorithm>
#include <cmath>

#include "engine/core/text.h"
#include "web/app/chart.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/values.h"
#include "web/app/views/view.h"
#include "web/app/widgets.h"

namespace sandflow::ui {

namespace {

class CurveView : public View {
 public:
  bool applies(const Run& run) const override {
    return run.data && run.data->is_regression() && run.data->feature_names.size() == 1 &&
           !run.scene.training.prediction.empty();
  }

  Changes draw(Ui& ui, Column& column, const Run& run) override {
    const Dataset& data = *run.data;
    if (!column.section(ui, "curve", tr("view.output"))) return {};
    const Palette& p = palette();
    if (!data_.is_of(run)) find_reach(run);
    if (run.snapshot.version != version_) predict(run);
    const Rect box = column.take(std::round(column.width * 0.58f), 6);
    const Rect plot{{box.min.x + 40, box.min.y}, {box.max.x, box.max.y - 18}};
    column.painter.fill(plot, p.field, 8);
    const auto place = [&](double x, double y) {
      return Vec(plot.min.x + static_cast<float>((x - low_[0]) / (high_[0] - low_[0])) * plot.width(),
                 plot.max.y - static_cast<float>((y - low_[1]) / (high_[1] - low_[1])) * plot.height());
    };
    for (double y : round_ticks(low_[1], high_[1], 4)) {
      const Vec at = place(low_[0], y);
      column.painter.hairline(at, {plot.max.x, at.y}, p.line);
      column.painter.text_right(Face::kMono, 11, {plot.min.x - 6, at.y - line_height(Face::kMono, 11) / 2},
                                p.soft, tick_text(y, false));
    }
    for (double x : round_ticks(low_[0], high_[0], 4))
      column.painter.text_middle(Face::kMono, 11, {place(x, 0).x, plot.max.y + 11}, p.soft,
                                 tick_text(x, false));
    column.painter.clip(plot);
    const Examples* sets[] = {&data.train, &data.test};
    for (int s = 0; s < 2; ++s)
      for (std::int64_t i = 0; i < sets[s]->size(); ++i) {
        const Vec at = place(sets[s]->features.number(i), sets[s]->labels.number(i));
        if (s == 0)
          column.painter.dot(at, 2.5f, fade(p.of(Tone::kData), 0.75f));
        else
          column.painter.ring(at, 2.5f, p.of(Tone::kData), 1.3f);
      }
    std::vector<Vec> line;
    for (const auto& [x, y] : curve_)
      if (std::isfinite(y)) line.push_back(place(x, clamp(static_cast<float>(y), -1e6f, 1e6f)));
    for (std::size_t i = 1; i < line.size(); ++i)
      column.painter.line(line[i - 1], line[i], p.of(Tone::kForward), 2.2f);
    column.painter.unclip();
    const Rect names = column.take(16, 14);
    column.painter.text(Face::kText, 11, {plot.min.x, names.min.y}, p.soft,
                        cat("→ ", data.feature_names[0], "   ↑ ", data.target_name));
    column.painter.text_right(Face::kText, 11, {plot.max.x, names.min.y}, p.of(Tone::kForward),
                              tr("output.prediction"));
    hover(ui, column.painter, plot, data);
    return {};
  }

 private:
  void find_reach(const Run& run) {
    data_.see(run);
    version_ = 0;
    curve_.clear();
    for (int axis = 0; axis < 2; ++axis) {
      double low = 1e300, high = -1e300;
      for (const Examples* set : {&data_->train, &data_->test})
        for (std::int64_t i = 0; i < set->size(); ++i) {
          const double value = (axis == 0 ? set->features : set->labels).number(i);
          low = std::min(low, value);
          high = std::max(high, value);
        }
      if (high <= low) low -= 1, high += 1;
      const double margin = (high - low) * (axis == 0 ? 0.03 : 0.12);
      low_[axis] = low - margin;
      high_[axis] = high + margin;
    }
  }

  void predict(const Run& run) {
    version_ = run.snapshot.version;
    curve_.clear();
    constexpr std::int64_t kPoints = 161;
    Tensor points(DType::kFloat32, Shape{kPoints, 1});
    const std::span<float> x = points.write<float>();
    for (std::size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<float>(low_[0] + (high_[0] - low_[0]) * static_cast<double>(i) / (kPoints - 1));
    const Result<Tensor> y = run.predict(points);
    if (!y.ok() || y->elements() != kPoints) return;
    for (std::int64_t i = 0; i < kPoints; ++i) curve_.emplace_back(points.number(i), y->number(i));
  }

  void hover(Ui& ui, const Painter& painter, const Rect& plot, const Dataset& data) const {
    const Vec mouse = painter.local(ui.input.mouse * ui.ratio);
    if (curve_.empty() || !plot.contains(mouse) || !press(ui, painter, "curve-plot", plot, true).hovered)
      return;
    const double share = static_cast<double>((mouse.x - plot.min.x) / plot.width());
    const auto i = std::min(static_cast<std::size_t>(share * static_cast<double>(curve_.size() - 1) + 0.5),
                            curve_.size() - 1);
    painter.hairline({mouse.x, plot.min.y}, {mouse.x, plot.max.y}, fade(palette().soft, 0.6f));
    const std::vector<std::string> lines{
        cat(data.feature_names[0], "  ", short_number(curve_[i].first * data.deviation[0] + data.mean[0])),
        cat(tr("output.prediction"), "  ",
            short_number(curve_[i].second * data.target_deviation + data.target_mean))};
    tooltip(ui, ui.input.mouse, lines);
  }

  SeenData data_;
  std::uint64_t version_ = 0;
  double low_[2] = {-1, -1}, high_[2] = {1, 1};
  std::vector<std::pair<double, double>> curve_;
};

}  // namespace

std::unique_ptr<View> curve_view() { return std::make_unique<CurveView>(); }

}  // namespace sandflow::ui
