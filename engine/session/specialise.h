// The part of a graph that a plan runs, as a graph of its own for tensors of known shapes: what can be
// computed before a run is constant, equal computations are one node, and nodes that only rename memory are
// known as such.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "engine/session/plan.h"

namespace sandflow {

struct Specialised {
  std::unique_ptr<Graph> graph;
  std::vector<int> originals;   // The nodes of the plan's graph that these were; -1: none.
  std::vector<int> feeds;       // Placeholders, in the order of the plan's feeds.
  std::vector<Output> fetches;  // In the order of the plan's.
  std::map<int, Output> views;  // Nodes whose output is another's memory with another shape.

  // Whose memory an output is.
  Output source(Output output) const;
};

// Nothing where a shape depends on values, or where a reference is fetched.
std::optional<Specialised> specialise(const Graph& from, const Plan& plan,
                                      const std::vector<Shape>& feed_shapes);

}  // namespace sandflow
