// Whether a wire fits, found out by trying it: the part of the scene that matters is lowered with the wire in
// place, and what TensorFlow would say is the answer. Inputs that are still empty are taken by placeholders
// of unknown shape, so that only what the wire itself brings counts.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/error.h"
#include "engine/scene/edit.h"
#include "engine/scene/node_types.h"
#include "engine/scene/scene.h"

namespace sandflow {

// Why input `set.input` cannot take what `set` would give it; nothing if it can, or if the node is wrong
// without it, too.
std::optional<Error> refusal(const Scene& scene, const edit::SetPort& set);

// One tensor, tried on nodes that are not there yet.
class Candidate {
 public:
  Candidate(const Scene& scene, std::string_view wire);
  // The first input of a new node of this type that takes the tensor; -1: none does. `attrs`: what is set on
  // it.
  int input_for(const NodeType& type, const std::map<std::string, std::string>& attrs = {}) const;
  // Its shape as far as known before a run; unknown if it does not exist.
  const Shape& shape() const { return shape_; }

 private:
  Scene scene_;  // One node that stands for the tensor's own.
  std::string wire_;
  std::optional<DType> dtype_;
  Shape shape_ = Shape::unknown_rank();
};

}  // namespace sandflow
