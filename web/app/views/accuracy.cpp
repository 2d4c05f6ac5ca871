// The share of right answers on the whole training and test set, after each epoch.
#include <algorithm>
#include <cmath>

#include "engine/core/text.h"
#include "web/app/chart.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/views/view.h"

namespace sandflow::ui {

namespace {

class AccuracyView : public View {
 public:
  bool applies(const Run& run) const override {
    const auto& all = run.snapshot.evaluations;
    return std::any_of(all.begin(), all.end(),
                       [](const Evaluation& e) { return !std::isnan(e.train_accuracy); });
  }

  void draw(Ui& ui, Column& column, const Run& run) override {
    if (run.snapshot.version != version_ || series_.empty()) collect(run.snapshot);
    series_[0].color = series_[1].color = palette().of(Tone::kForward);
    series_[0].label = tr("series.train");
    series_[1].label = tr("series.test");
    std::string remark;
    if (const auto& now = run.snapshot.now) {
      remark = cat(tr("series.train"), " ", tick_text(now->train_accuracy, true));
      if (!std::isnan(now->test_accuracy))
        remark += cat("  ", tr("series.test"), " ", tick_text(now->test_accuracy, true));
    }
    column.heading(tr("view.accuracy"), remark);
    draw_chart(ui, column.painter, column.take(132, 12), series_, {true, tr("axis.step")});
  }

 private:
  void collect(const Snapshot& snapshot) {
    version_ = snapshot.version;
    series_.assign(2, {});
    series_[1].is_dashed = series_[0].has_dots = series_[1].has_dots = true;
    const auto add = [&](const Evaluation& e) {
      series_[0].points.emplace_back(static_cast<double>(e.step), e.train_accuracy);
      series_[1].points.emplace_back(static_cast<double>(e.step), e.test_accuracy);
    };
    for (const Evaluation& e : snapshot.evaluations) add(e);
    if (const auto& now = snapshot.now;
        now && (snapshot.evaluations.empty() || snapshot.evaluations.back().step != now->step))
      add(*now);
  }

  std::uint64_t version_ = 0;
  std::vector<Series> series_;
};

}  // namespace

std::unique_ptr<View> accuracy_view() { return std::make_unique<AccuracyView>(); }

}  // namespace sandflow::ui
