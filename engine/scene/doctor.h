// Why a run's numbers stopped being finite: what grew before, and where it was still well.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/scene/layer_watch.h"
#include "engine/training/snapshot.h"
#include "engine/training/trainer.h"

namespace sandflow {

struct Diagnosis {
  static constexpr double kDivisor = 10;  // What the learning rate is offered to be divided by.

  std::int64_t step = 0;
  std::string node;
  double lowest_loss = 0, last_loss = 0;  // Finite ones.
  std::int64_t lowest_step = 0;
  std::string layer;         // Whose weights or gradient grew most; empty: no layer is known.
  bool is_gradient = false;  // What of it grew.
  double from = 0, to = 0;   // Its norm then and at the last moment that was recorded.
  std::int64_t from_step = 0, to_step = 0;
  std::int64_t back_to = 0;  // The checkpoint to go back to.
};

Diagnosis diagnose(const Divergence& divergence, const std::vector<LossPoint>& losses,
                   const LayerWatch& watch, const std::vector<Checkpoint>& checkpoints);

}  // namespace sandflow
