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

std::string title_of(const KeptRun& run) {
  return run.name == std::to_string(run.number) ? tr("runs.run", {{"name", run.name}}) : run.name;
}

std::vector<int> numbers_of(const std::vector<KeptRun>& kept) {
  std::vector<int> numbers;
  for (const KeptRun& run : kept) numbers.push_back(run.number);
  return numbers;
}

std::string measure_now(const Snapshot& snapshot, const Measure& measure,
                        const std::function<std::string(double)>& text) {
  if (!snapshot.now) return {};
  const Evaluation& now = *snapshot.now;
  std::string remark;
  // Not of this moment: so that nobody takes it for a number that is stuck.
  if (now.step != snapshot.counters.step) remark = cat(tr("axis.step"), " ", std::to_string(now.step));
  const auto add = [&](const char* name, double value) {
    if (!std::isnan(value)) remark += cat(remark.empty() ? "" : "  ", tr(name), " ", text(value));
  };
  add("series.train", now.*measure.train);
  add("series.test", now.*measure.test);
  return remark;
}

}  // namespace sandflow::ui
