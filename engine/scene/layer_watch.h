// What happens inside a net's layers while it trains: sizes and spreads of weights, activations and
// gradients, units that no longer answer, and units that nothing tells apart.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/scene/lower.h"
#include "engine/scene/scene.h"
#include "engine/training/history.h"
#include "engine/training/trainer.h"

namespace sandflow {

// A matrix or filter that is trained, and what is made of it up to its activation.
struct WatchedLayer {
  std::string name;  // Of its scope, or of the Variable where it is in none.
  std::string variable;
  Output weights, bias, gradient, activation;
  // Where a unit's weights are. Of a product that has the weights at its left, or the rows of a batch of
  // matrices, the columns are no units; then there is nothing to tell of units.
  enum class Units { kColumns, kRows, kNone } units = Units::kColumns;
  std::string activation_type;  // "Sigmoid"; empty: none, what it gives is a sum.
};

// How many numbers lie where: even bins from `low` to `high`.
struct Spread {
  static constexpr std::size_t kBins = 32;
  float low = 0, high = 0;
  std::vector<float> bins;  // Shares of all numbers; empty: there were none.
};

enum class LayerPart { kWeights, kActivations, kGradients };
inline constexpr int kLayerParts = 3;

// Units that compute the same and are changed alike.
struct Twins {
  std::vector<int> units;
  bool are_zeros = false;
};

struct LayerMoment {
  double norms[kLayerParts] = {};  // L2, by LayerPart; NaN where there is none.
  Spread spreads[kLayerParts];
};

struct LayersMoment {
  std::int64_t step = 0;
  std::vector<LayerMoment> layers;
};

struct LayerState : LayerMoment {
  int units = 0;
  std::int64_t numbers = 0;  // That were looked at.
  double saturated = 0;      // The share of a sigmoid's or tanh's answers within 2 % of an end of its range.
  int dead = 0;              // Units of a relu that are silent for every example.
  std::vector<Twins> twins;
};

class LayerWatch {
 public:
  static constexpr std::size_t kMoments = 64;
  using Moments = History<LayersMoment, kMoments>;

  LayerWatch() = default;
  LayerWatch(const Scene& scene, const Lowered& lowered);

  const std::vector<WatchedLayer>& layers() const { return layers_; }
  // Of how many training examples no layer makes more than so many numbers together.
  std::int64_t examples_of(std::int64_t numbers, const Dataset& data) const {
    return std::min(data.train.size(), numbers / std::max(widest_, data.train.features.shape().dim(1)));
  }
  // The layers as they are, for training examples that stay the same throughout a run (all, or as many as a
  // frame can bear); without data, for the constant feeds.
  std::vector<LayerState> look(Trainer& trainer, const Dataset* data) const;
  // Keeps a moment of the run, at step 0 and after each; of a long one every 2nd, 4th, ... step; of a
  // large net so from the start, or most of the time would go into looking.
  void record(Trainer& trainer, const Dataset* data);
  const std::vector<LayersMoment>& moments() const { return moments_.entries(); }
  const Moments& record() const { return moments_; }
  void set_record(Moments moments) { moments_ = std::move(moments); }
  // Forgets what was after a step.
  void cut(std::int64_t step) {
    moments_.cut([&](const LayersMoment& moment) { return moment.step > step; });
  }

 private:
  std::vector<WatchedLayer> layers_;
  bool takes_any_batch_ = true;
  std::int64_t widest_ = 1;  // Numbers of an example, in the layer that makes most of it.
  Moments moments_;
};

// By their weights, their biases (may be undefined) and the gradients of the weights.
std::vector<Twins> find_twins(const Tensor& weights, const Tensor& bias, const Tensor& gradient,
                              WatchedLayer::Units units = WatchedLayer::Units::kColumns);
Spread spread_of(const Tensor& tensor);
double norm_of(const Tensor& tensor);  // NaN if there is none.

}  // namespace sandflow
