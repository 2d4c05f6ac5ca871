// The loss: of every step's batch, and of the whole training and test set after each epoch.
#include <cmath>

#include "engine/core/text.h"
#include "web/app/chart.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/values.h"
#include "web/app/views/view.h"

namespace sandflow::ui {

namespace {

class LossView : public View {
 public:
  bool applies(const Run& run) const override {
    return run.snapshot.can_train || !run.snapshot.losses.empty();
  }

  void draw(Ui& ui, Column& column, const Run& run) override {
    if (run.snapshot.version != version_ || series_.empty()) collect(run.snapshot);
    const Palette& p = palette();
    series_[0].color = mix(p.panel, p.of(Tone::kForward), 0.5f);
    series_[1].color = series_[2].color = p.of(Tone::kLoss);
    series_[0].label = tr("series.batch");
    series_[1].label = tr("series.train");
    series_[2].label = tr("series.test");
    std::string remark;
    if (const auto& now = run.snapshot.now) {
      remark = cat(tr("series.train"), " ", short_number(now->train_loss));
      if (!std::isnan(now->test_loss))
        remark += cat("  ", tr("series.test"), " ", short_number(now->test_loss));
    }
    column.heading(tr("view.loss"), remark);
    draw_chart(ui, column.painter, column.take(144, 16), series_, {false, tr("axis.step")});
  }

 private:
  void collect(const Snapshot& snapshot) {
    version_ = snapshot.version;
    series_.assign(3, {});
    series_[0].thickness = 1.2f;
    series_[2].is_dashed = series_[1].has_dots = series_[2].has_dots = true;
    for (const LossPoint& point : snapshot.losses)
      series_[0].points.emplace_back(static_cast<double>(point.step), point.loss);
    const auto add = [&](const Evaluation& e) {
      series_[1].points.emplace_back(static_cast<double>(e.step), e.train_loss);
      series_[2].points.emplace_back(static_cast<double>(e.step), e.test_loss);
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

std::unique_ptr<View> loss_view() { return std::make_unique<LossView>(); }

}  // namespace sandflow::ui
