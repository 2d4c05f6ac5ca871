// The learner's edits of a scene. An edit either gives a new scene or says why it cannot; it never half
// happens.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "engine/core/error.h"
#include "engine/scene/scene.h"

namespace sandflow::edit {

// The node's name is made unique if it is taken; empty: TensorFlow's default for its type.
struct AddNode {
  SceneNode node;
};
struct RemoveNodes {
  std::vector<std::string> names;  // Wires from them become empty ports.
};
struct Move {
  std::map<std::string, std::pair<float, float>> positions;
};
struct Rename {
  std::string from, to;  // Wires and training settings follow.
};
struct SetPort {  // Connects, disconnects (an empty Port), or types a literal into input `input` of `node`.
  std::string node;
  int input = 0;
  Port port;
};
struct SetAttr {  // An empty text goes back to the initial value.
  std::string node, attr, text;
};
struct SetTitle {
  std::string title;
};
struct SetData {
  Choice data;
};
struct SetTraining {
  Training training;
};

using Edit =
    std::variant<AddNode, RemoveNodes, Move, Rename, SetPort, SetAttr, SetTitle, SetData, SetTraining>;

Result<Scene> apply(const Scene& scene, const Edit& edit);

}  // namespace sandflow::edit
