// The loss: of every step's batch, and of the whole training and test set after each epoch.
#include <algorithm>
#include <cmath>

#include "web/app/chart.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/values.h"
#include "web/app/views/measure.h"
#include "web/app/views/view.h"
#include "web/app/widgets.h"

namespace sandflow::ui {

namespace {

constexpr Measure kLoss{&Evaluation::train_loss, &Evaluation::test_loss};

class LossView : public View {
 public:
  bool applies(const Run& run) const override {
    return run.snapshot.can_train || !run.snapshot.losses.empty();
  }

  Changes draw(Ui& ui, Column& column, const Run& run) override {
    const auto& kept = run.workspace.kept_runs();
    if (run.snapshot.version != version_ || series_.empty() || numbers_of(kept) != kept_) collect(run);
    const Palette& p = palette();
    series_[0].color = mix(p.panel, p.of(Tone::kForward), 0.5f);
    series_[1].color = series_[2].color = p.of(Tone::kLoss);
    series_[0].label = tr("series.batch");
    series_[1].label = tr("series.train");
    series_[2].label = tr("series.test");
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      series_[3 + i].color = p.of_run(kept[i].number);
      series_[3 + i].label = fitted(Face::kText, 11, title_of(kept[i]), 140);
    }
    const std::string remark =
        measure_now(run.snapshot, kLoss, [](double loss) { return short_number(loss); });
    if (!column.section(ui, "loss", tr("view.loss"), remark)) return {};
    const ChartLook look{false, tr("axis.step"), is_logarithmic_};
    const Rect chart = column.take(134 + legend_height(series_, column.width), 4);
    ui.spot("loss-chart", column.painter, chart);
    draw_chart(ui, column.painter, chart, series_, look, zoom_);
    const Rect row = column.take(22, 14);
    float right = chart_buttons(ui, column.painter, {row.min, {column.width - 8, row.max.y}}, "loss", series_,
                                look, zoom_, tr("view.loss"));
    const auto button = [&](const char* id, const std::string& label, bool& on) {
      const float wide = text_width(Face::kText, 11, label) + 16;
      if (chip(ui, column.painter, id, {{right - wide, row.min.y}, {right, row.max.y}}, label, on)) {
        on = !on;
        version_ = 0;
        ui.wants_frame = true;
      }
      right -= wide + 6;
    };
    button("loss-log", tr("loss.log"), is_logarithmic_);
    button("loss-smooth", tr("loss.smooth"), is_smooth_);
    return {};
  }

 private:
  void collect(const Run& run) {
    const Snapshot& snapshot = run.snapshot;
    version_ = snapshot.version;
    kept_ = numbers_of(run.workspace.kept_runs());
    series_.assign(3 + kept_.size(), {});
    series_[0].thickness = 1.2f;
    // Smoothed as TensorBoard does, with the start made good.
    constexpr double kKept = 0.95;
    double average = 0, share = 0;
    for (const LossPoint& point : snapshot.losses) {
      double loss = point.loss;
      if (is_smooth_ && std::isfinite(loss)) {
        average = kKept * average + (1 - kKept) * loss;
        share = kKept * share + (1 - kKept);
        loss = average / share;
      }
      series_[0].points.emplace_back(static_cast<double>(point.step), loss);
    }
    collect_measure(snapshot, kLoss, series_[1], series_[2]);
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      const KeptRun& other = run.workspace.kept_runs()[i];
      series_[3 + i].thickness = 1.6f;
      series_[3 + i].is_other = true;
      // A run without epochs has nothing but its batches.
      const auto measured = std::count_if(other.evaluations.begin(), other.evaluations.end(),
                                          [](const Evaluation& e) { return std::isfinite(e.train_loss); });
      if (measured > 1) {
        for (const Evaluation& e : other.evaluations)
          series_[3 + i].points.emplace_back(static_cast<double>(e.step), e.train_loss);
      } else {
        for (const LossPoint& point : other.losses)
          series_[3 + i].points.emplace_back(static_cast<double>(point.step), point.loss);
      }
    }
  }

  std::uint64_t version_ = 0;
  std::vector<int> kept_;  // Of which series there are.
  ChartZoom zoom_;
  bool is_logarithmic_ = false, is_smooth_ = false;
  std::vector<Series> series_;
};

}  // namespace

std::unique_ptr<View> loss_view() { return std::make_unique<LossView>(); }

}  // namespace sandflow::ui
