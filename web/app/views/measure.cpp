// See measure.h.
#include "web/app/views/measure.h"

#include <cmath>

#include "engine/core/text.h"
#include "web/app/texts.h"

namespace sandflow::ui {

void collect_measure(const Snapshot& snapshot, const Measure& measure, Series& train, Series& test) {
  test.is_dashed = train.has_dots = test.has_dots = true;
  const auto add = [&](const Evaluation& e) {
    train.points.emplace_back(static_cast<double>(e.step), e.*measure.train);
    test.points.emplace_back(static_cast<double>(e.step), e.*measure.test);
  };
  for (const Evaluation& e : snapshot.evaluations) add(e);
  const auto& now = snapshot.now;
  if (now && (snapshot.evaluations.empty() || snapshot.evaluations.back().step != now->step)) add(*now);
}

std::string measure_now(const Snapshot& snapshot, const Measure& measure,
                        const std::function<std::string(double)>& text) {
  if (!snapshot.now) return {};
  const Evaluation& now = *snapshot.now;
  std::string remark = cat(tr("series.train"), " ", text(now.*measure.train));
  if (!std::isnan(now.*measure.test)) remark += cat("  ", tr("series.test"), " ", text(now.*measure.test));
  return remark;
}

}  // namespace sandflow::ui
