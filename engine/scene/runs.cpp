// Thinning, comparing and writing down.
#include "engine/scene/runs.h"

#include <algorithm>
#include <cmath>

#include "engine/core/text.h"
#include "engine/training/clipping.h"
#include "engine/training/datasets.h"
#include "engine/training/initializers.h"
#include "engine/training/optimizers.h"
#include "engine/training/schedules.h"

namespace sandflow {

namespace {

constexpr std::size_t kMostPoints = 1024;

template <class T>
std::vector<T> thinned(const std::vector<T>& all) {
  if (all.size() <= kMostPoints) return all;
  std::vector<T> some;
  for (std::size_t i = 0; i < kMostPoints; ++i) some.push_back(all[i * (all.size() - 1) / (kMostPoints - 1)]);
  return some;
}

void compare(const Choice& kept, const Choice& now, const std::vector<Parameter>* parameters,
             std::vector<std::string>& found) {
  if (kept.name != now.name) found.push_back(kept.name.empty() ? "-" : kept.name);
  if (!parameters) return;
  const Parameters here = complete(*parameters, kept.parameters);
  Parameters there;
  if (kept.name == now.name) there = complete(*parameters, now.parameters);
  for (const auto& [name, value] : here)
    if (const auto other = there.find(name);
        other == there.end() ? kept.parameters.count(name) > 0 : other->second != value)
      found.push_back(cat(name, " ", shortest(value)));
}

template <class Type>
const std::vector<Parameter>* parameters_of(const Type* type) {
  return type ? &type->parameters : nullptr;
}

std::string cell(double value) { return std::isnan(value) ? "" : shortest(value); }

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string out = "\"";
  for (char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

}  // namespace

KeptRun kept_run(std::string name, RunSettings settings, const std::vector<LossPoint>& losses,
                 const std::vector<Evaluation>& evaluations) {
  return {std::move(name), std::move(settings), thinned(losses), thinned(evaluations)};
}

std::vector<std::string> differences(const RunSettings& kept, const RunSettings& now) {
  std::vector<std::string> found;
  const Training &a = kept.training, &b = now.training;
  compare(a.optimizer, b.optimizer, parameters_of(find_optimizer_type(a.optimizer.name)), found);
  compare(a.schedule, b.schedule, parameters_of(find_schedule_type(a.schedule.name)), found);
  compare(a.clipping, b.clipping, parameters_of(find_clipping_type(a.clipping.name)), found);
  compare(a.initializer, b.initializer, parameters_of(find_initializer_type(a.initializer.name)), found);
  compare(kept.data, now.data, parameters_of(find_dataset_type(kept.data.name)), found);
  if (kept.data.name == "own" && now.data.name == "own" && kept.own != now.own) found.push_back("own");
  if (a.batch_size != b.batch_size) found.push_back(cat("batch_size ", a.batch_size));
  if (a.seed != b.seed) found.push_back(cat("seed ", a.seed));
  if (kept.nodes != now.nodes) found.push_back(cat(kept.nodes, " nodes"));
  return found;
}

std::string runs_csv(const std::vector<KeptRun>& runs) {
  // By the byte order mark Excel knows that names are UTF-8.
  std::string csv =
      "\xEF\xBB\xBFrun,step,epoch,batch_loss,train_loss,test_loss,train_accuracy,test_accuracy\n";
  for (const KeptRun& run : runs) {
    const std::string name = quoted(run.name);
    auto evaluation = run.evaluations.begin();
    const auto write_evaluation = [&](const std::string& loss) {
      const Evaluation& e = *evaluation++;
      csv += cat(name, ",", e.step, ",", e.epoch, ",", loss, ",", cell(e.train_loss), ",", cell(e.test_loss),
                 ",", cell(e.train_accuracy), ",", cell(e.test_accuracy), "\n");
    };
    for (const LossPoint& point : run.losses) {
      while (evaluation != run.evaluations.end() && evaluation->step < point.step) write_evaluation("");
      if (evaluation != run.evaluations.end() && evaluation->step == point.step)
        write_evaluation(cell(point.loss));
      else
        csv += cat(name, ",", point.step, ",,", cell(point.loss), ",,,,\n");
    }
    while (evaluation != run.evaluations.end()) write_evaluation("");
  }
  return csv;
}

}  // namespace sandflow
