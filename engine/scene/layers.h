// Layers: ready-made scopes of operations, as tf.layers makes them. One entry of the table adds one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/shape.h"
#include "engine/scene/edit.h"

namespace sandflow {

struct Layer {
  std::string name;  // Of its scope.
  std::string python, formula, help;
  std::vector<SceneNode> nodes;  // Named within the scope, placed around (0, 0).
  std::string input;             // The node whose first input is the layer's.
  std::string output;
  // Gives the shapes of its Variables the sizes that the input's shape asks for, as far as known.
  void (*fit)(std::vector<SceneNode>& nodes, const Shape& input);
};

const std::vector<Layer>& layers();
const Layer* find_layer(std::string_view name);

// What adds a layer, folded, for an input of this shape.
edit::AddNodes layer_of(const Layer& layer, const Shape& input);

}  // namespace sandflow
