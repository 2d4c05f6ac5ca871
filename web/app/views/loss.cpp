// The loss: of every step's batch, and of the whole training and test set after each epoch.
#include "web/app/chart.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/values.h"
#include "web/app/views/measure.h"
#include "web/app/views/view.h"

namespace sandflow::ui {

namespace {

constexpr Measure kLoss{&Evaluation::train_loss, &Evaluation::test_loss};

class LossView : public View {
 public:
  bool applies(const Run& run) const override {
    return run.snapshot.can_train || !run.snapshot.losses.empty();
  }

  Changes draw(Ui& ui, Column& column, const Run& run) override {
    if (run.snapshot.version != version_ || series_.empty()) collect(run.snapshot);
    const Palette& p = palette();
    series_[0].color = mix(p.panel, p.of(Tone::kForward), 0.5f);
    series_[1].color = series_[2].color = p.of(Tone::kLoss);
    series_[0].label = tr("series.batch");
    series_[1].label = tr("series.train");
    series_[2].label = tr("series.test");
    const std::string remark =
        measure_now(run.snapshot, kLoss, [](double loss) { return short_number(loss); });
    if (!column.section(ui, "loss", tr("view.loss"), remark)) return {};
    draw_chart(ui, column.painter, column.take(144, 16), series_, {false, tr("axis.step")});
    return {};
  }

 private:
  void collect(const Snapshot& snapshot) {
    version_ = snapshot.version;
    series_.assign(3, {});
    series_[0].thickness = 1.2f;
    for (const LossPoint& point : snapshot.losses)
      series_[0].points.emplace_back(static_cast<double>(point.step), point.loss);
    collect_measure(snapshot, kLoss, series_[1], series_[2]);
  }

  std::uint64_t version_ = 0;
  std::vector<Series> series_;
};

}  // namespace

std::unique_ptr<View> loss_view() { return std::make_unique<LossView>(); }

}  // namespace sandflow::ui
