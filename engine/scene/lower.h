// A scene turned into a graph. Nodes with mistakes keep their error and what depends on them is left out; the
// rest works.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/scene/scene.h"
#include "engine/training/trainer.h"

namespace sandflow {

struct LoweredNode {
  std::vector<Output> outputs;  // Empty if the node is not in the graph.
  Output ref;                   // Of a Variable: its memory.
  Output gradient;              // d loss / d outputs[0]; invalid if there is none.
  Output descent;  // Of a Variable that is trained: its gradient as the optimizer gets it, clipped.
  std::optional<Error> error;
  bool is_blocked = false;     // An input is missing, or has an error.
  bool is_unfinished = false;  // The error is no mistake: it is new, and not connected or set yet.
};

// Nodes of a graph that were added one after the other.
struct Stretch {
  int begin = 0, end = 0;

  bool has(int node) const { return begin <= node && node < end; }
};

struct Lowered {
  std::unique_ptr<Graph> graph;
  std::vector<LoweredNode> nodes;  // As Scene::nodes.
  std::vector<int> owner;          // Which scene node added a graph node; -1 for training's own.
  std::vector<bool> writes;        // By graph node: looking at its value would change a variable.
  Model model;
  Output rate;                          // The learning rate that a schedule makes; invalid without one.
  Stretch schedule, clipping;           // What these have added.
  std::optional<Error> training_error;  // Why the loss cannot be minimised.
};

Lowered lower(const Scene& scene);

}  // namespace sandflow
