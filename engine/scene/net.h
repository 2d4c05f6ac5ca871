// A whole net for a data set: dense layers from features to what is to be
// predicted, with loss, prediction and accuracy.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/scene/scene.h"
#include "engine/training/datasets.h"
#include "engine/training/snapshot.h"

namespace sandflow {

// A hidden layer.
struct NetLayer {
  int units = 8;
  std::string activation = "Relu";  // An operation's name; empty: none.
  Choice initializer{"", {}};       // Of its weights; name empty: the scene's.

  friend bool operator==(const NetLayer&, const NetLayer&) = default;
};

// What keeps a net from learning its examples by heart.
struct Regularisation {
  double dropout = 0;       // The share of every hidden layer's answers that a step does without.
  std::string penalty;      // "L1" or "L2", on the weights of every layer; empty: none.
  double strength = 0.001;  // How much the penalty counts in the loss.

  friend bool operator==(const Regularisation&, const Regularisation&) = default;
};

struct Net {
  std::vector<SceneNode> nodes;
  std::set<std::string> folded;
  std::string loss, accuracy, prediction;  // As Training names them.
};

// Errors: ValueError for a size out of range or an activation that is none.
Result<Net> build_net(std::int64_t features, std::int64_t outputs, bool is_regression,
                      const std::vector<NetLayer>& hidden, const Regularisation& regularisation = {});
// The hidden layers of a scene that build_net made, as they are now; nothing if
// it is another one's work.
std::optional<std::vector<NetLayer>> hidden_layers(const Scene& scene);
// How such a net is held back.
Regularisation regularisation_of(const Scene& scene);
// Whether the scene's placeholders, whose shapes a snapshot tells, take the data.
bool takes(const Scene& scene, const Snapshot& snapshot, const Dataset& data);
// What a layer's activation may be.
const std::vector<std::string>& net_activations();

}  // namespace sandflow
