// The learner's edits of a scene. An edit either gives a new scene or says why it cannot; it never half
// happens.
#pragma once

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "engine/core/error.h"
#include "engine/scene/net.h"
#include "engine/scene/scene.h"

namespace sandflow::edit {

// The node's name is made unique if it is taken; empty: TensorFlow's default for its type.
struct AddNode {
  SceneNode node;
};
// Several at once, for pasting and for layers. Names that are taken change, and the wires among the nodes
// with them; wires from other nodes stay where the scene has such a node. A folded scope gets another name as
// a whole.
struct AddNodes {
  std::vector<SceneNode> nodes;
  std::set<std::string> folded;
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
// Moves nodes into a scope, below the one they have in common: "W" and "b" become "dense/W" and "dense/b". A
// name that is taken there gets a number; an empty scope is called "scope", with a number if need be.
struct Group {
  std::vector<std::string> names;
  std::string scope;
};
struct Ungroup {  // "dense/W" becomes "W" again.
  std::string scope;
};
struct RenameScope {  // Both with the scopes they are in: "net/dense".
  std::string from, to;
};
struct Fold {
  std::string scope;
  bool folded = true;
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
struct SetOwnData {  // And makes it the scene's data.
  OwnTable table;
  bool standardise = true;
};
// A net of dense layers for a data set, in place of all there is; optimizer and data stay.
struct SetNet {
  std::int64_t features = 0, outputs = 0;
  bool is_regression = false;
  std::vector<NetLayer> hidden;
  Regularisation regularisation = {};
};
struct SetTraining {
  Training training;
};
// The scene's initializer, and that of every Variable with two dimensions or more, which forgets its own.
struct SetInitializer {
  Choice initializer;
};

using Edit =
    std::variant<AddNode, AddNodes, RemoveNodes, Move, Rename, Group, Ungroup, RenameScope, Fold, SetPort,
                 SetAttr, SetTitle, SetData, SetTraining, SetInitializer, SetOwnData, SetNet>;

Result<Scene> apply(const Scene& scene, const Edit& edit);

}  // namespace sandflow::edit
