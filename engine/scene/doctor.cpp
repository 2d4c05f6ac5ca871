// Compares the moments of a run that were recorded with the best of them.
#include "engine/scene/doctor.h"

#include <algorithm>
#include <cmath>

namespace sandflow {

Diagnosis diagnose(const Divergence& divergence, const std::vector<LossPoint>& losses,
                   const LayerWatch& watch, const std::vector<Checkpoint>& checkpoints) {
  Diagnosis found;
  found.step = divergence.step;
  found.node = divergence.node;
  bool is_first = true;
  for (const LossPoint& point : losses) {
    if (!std::isfinite(point.loss)) continue;
    if (is_first || point.loss < found.lowest_loss) {
      found.lowest_loss = point.loss;
      found.lowest_step = point.step;
    }
    found.last_loss = point.loss;
    is_first = false;
  }
  // Of the checkpoints before the loss left its lowest values behind, the last. A step's loss is of before
  // it.
  for (const Checkpoint& each : checkpoints)
    if (each.counters.step == 0 || each.counters.step < found.lowest_step) found.back_to = each.counters.step;
  // From there to the last moment that was finite.
  const auto& moments = watch.moments();
  const auto is_finite = [](const LayersMoment& moment) {
    return std::all_of(moment.layers.begin(), moment.layers.end(), [](const LayerMoment& layer) {
      return std::isfinite(layer.norms[static_cast<int>(LayerPart::kWeights)]);
    });
  };
  const LayersMoment *from = nullptr, *to = nullptr;
  for (const LayersMoment& moment : moments) {
    if (!is_finite(moment)) continue;
    if (!from || moment.step <= found.back_to) from = &moment;
    to = &moment;
  }
  double most = 1;
  for (std::size_t i = 0; from && to && i < watch.layers().size(); ++i)
    for (LayerPart part : {LayerPart::kGradients, LayerPart::kWeights}) {
      const double a = from->layers[i].norms[static_cast<int>(part)],
                   b = to->layers[i].norms[static_cast<int>(part)];
      if (!(a > 0) || !std::isfinite(b) || b / a <= most) continue;
      most = b / a;
      found.layer = watch.layers()[i].name;
      found.is_gradient = part == LayerPart::kGradients;
      found.from = a;
      found.to = b;
      found.from_step = from->step;
      found.to_step = to->step;
    }
  return found;
}

}  // namespace sandflow
