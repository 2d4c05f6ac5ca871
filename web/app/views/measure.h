// Loss and accuracy on the whole training and test set, as the two charts over a run show them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/scene/runs.h"
#include "engine/training/snapshot.h"
#include "web/app/chart.h"

namespace sandflow::ui {

// A measure by its two numbers.
struct Measure {
  double Evaluation::*train;
  double Evaluation::*test;
};

// Its two curves, up to this very moment.
void collect_measure(const Snapshot& snapshot, const Measure& measure, Series& train, Series& test);

// A kept run as it is called: "run 2", or what the learner called it.
std::string title_of(const KeptRun& run);
// The numbers of the runs that were kept: curves that were collected are of these, in this order.
std::vector<int> numbers_of(const std::vector<KeptRun>& kept);

// "train 0.05  test 0.14": what it is now, or "step 160  train …" what it was when it was last measured;
// nothing without a measure.
std::string measure_now(const Snapshot& snapshot, const Measure& measure,
                        const std::function<std::string(double)>& text);

}  // namespace sandflow::ui
