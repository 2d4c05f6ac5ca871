// The share of right answers on the whole training and test set, after each epoch, beside those of kept runs.
#include <algorithm>
#include <cmath>

#include "web/app/chart.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/views/measure.h"
#include "web/app/views/view.h"

namespace sandflow::ui {

namespace {

constexpr Measure kAccuracy{&Evaluation::train_accuracy, &Evaluation::test_accuracy};

class AccuracyView : public View {
 public:
  bool applies(const Run& run) const override {
    const auto& all = run.snapshot.evaluations;
    return std::any_of(all.begin(), all.end(),
                       [](const Evaluation& e) { return !std::isnan(e.train_accuracy); });
  }

  Changes draw(Ui& ui, Column& column, const Run& run) override {
    const auto& kept = run.workspace.kept_runs();
    if (run.snapshot.version != version_ || series_.empty() || numbers_of(kept) != kept_) collect(run);
    series_[0].color = series_[1].color = palette().of(Tone::kForward);
    series_[0].label = tr("series.train");
    series_[1].label = tr("series.test");
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      series_[2 + i].color = palette().of_run(kept[i].number);
      series_[2 + i].label = fitted(Face::kText, 11, title_of(kept[i]), 140);
    }
    const std::string remark =
        measure_now(run.snapshot, kAccuracy, [](double share) { return tick_text(share, true); });
    if (!column.section(ui, "accuracy", tr("view.accuracy"), remark)) return {};
    const ChartLook look{true, tr("axis.step")};
    draw_chart(ui, column.painter, column.take(114 + legend_height(series_, column.width), 4), series_, look,
               zoom_);
    const Rect row = column.take(22, 14);
    chart_buttons(ui, column.painter, {row.min, {column.width - 8, row.max.y}}, "accuracy", series_, look,
                  zoom_, tr("view.accuracy"));
    return {};
  }

 private:
  void collect(const Run& run) {
    version_ = run.snapshot.version;
    kept_ = numbers_of(run.workspace.kept_runs());
    series_.assign(2 + kept_.size(), {});
    collect_measure(run.snapshot, kAccuracy, series_[0], series_[1]);
    // What runs are compared by is the test; without test data, there is the training.
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      const auto& all = run.workspace.kept_runs()[i].evaluations;
      const bool has_tests = std::any_of(all.begin(), all.end(),
                                         [](const Evaluation& e) { return !std::isnan(e.test_accuracy); });
      series_[2 + i].thickness = 1.6f;
      series_[2 + i].is_dashed = has_tests;
      for (const Evaluation& e : all)
        series_[2 + i].points.emplace_back(static_cast<double>(e.step),
                                           has_tests ? e.test_accuracy : e.train_accuracy);
    }
  }

  ChartZoom zoom_;
  std::uint64_t version_ = 0;
  std::vector<int> kept_;  // Of which series there are.
  std::vector<Series> series_;
};

}  // namespace

std::unique_ptr<View> accuracy_view() { return std::make_unique<AccuracyView>(); }

}  // namespace sandflow::ui
