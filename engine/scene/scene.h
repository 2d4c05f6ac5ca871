// What the learner edits: a graph with its layout, its data and its training settings, as one value.
// Undo is a stack of Scenes; files, links, lessons and messages are its JSON (scene/json.h).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"
#include "engine/training/datasets.h"

namespace sandflow {

// What feeds one input of a node.
struct Port {
  enum class Kind { kEmpty, kWire, kLiteral };
  Kind kind = Kind::kEmpty;
  std::string
      text;  // Wire: "node" or "node:1", an output of another node. Literal: Python text, as in "[[1, 2]]".

  static Port wire(std::string output) { return {Kind::kWire, std::move(output)}; }
  static Port literal(std::string value) { return {Kind::kLiteral, std::move(value)}; }
  friend bool operator==(const Port&, const Port&) = default;
};

// A box on the canvas: an operation by its TensorFlow type, or "Variable" (scene/node_types.h lists them
// all).
struct SceneNode {
  std::string name;  // Unique in the scene without regard to case.
  std::string type;
  std::vector<Port> inputs;  // As many as the type has (variadic: as many as are used).
  // Attributes as one would type them in Python: {"shape": "(None, 4)"}. Those absent have their initial
  // value.
  std::map<std::string, std::string> attrs;
  float x = 0, y = 0;  // Top left corner on the canvas, in points.

  friend bool operator==(const SceneNode&, const SceneNode&) = default;
};

// The choice of one entry of a list (an optimizer, an initializer, a data set) with its parameters by name;
// those absent have the list's value.
struct Choice {
  std::string name;
  std::map<std::string, double> parameters;

  friend bool operator==(const Choice&, const Choice&) = default;
};

struct Training {
  std::string loss;        // The node to minimise; empty: this scene does not train.
  std::string accuracy;    // A node with the share of right answers; may be empty.
  std::string prediction;  // A node with a row of class scores per example, for the picture; may be empty.
  Choice optimizer{"Momentum", {}};
  Choice initializer{"truncated_normal", {}};  // For Variables that name none of their own.
  std::int64_t batch_size = 10;                // 1 to the number of training examples.
  std::int64_t seed = 1;                       // tf.set_random_seed, and the order of examples.
  Choice schedule{"", {}};                     // Of the learning rate; name empty: it stays as it is.
  Choice clipping{"", {}};                     // Of the gradients; name empty: none.

  friend bool operator==(const Training&, const Training&) = default;
};

// The learner's own table, shared by all the scenes of an undo history that have it.
struct OwnData {
  std::shared_ptr<const OwnTable> table;  // Null: none.

  friend bool operator==(const OwnData& a, const OwnData& b) {
    return a.table == b.table || (a.table && b.table && *a.table == *b.table);
  }
};

struct Scene {
  std::string title;
  Choice data{"", {}};  // Name empty: nothing but literal feeds.
  OwnData own;          // What the data set "own" is made of; kept while another one is chosen.
  Training training;
  std::vector<SceneNode> nodes;
  std::set<std::string> folded;  // Scopes that are shown as one box: "dense" of "dense/MatMul", "dense/b".

  const SceneNode* find(std::string_view name) const;  // Null if there is none; the case must agree.
  int index_of(std::string_view name) const;           // -1 if there is none.
  friend bool operator==(const Scene&, const Scene&) = default;
};

// Whether a node may have this name: one of TensorFlow's that is no scope ("a/").
Status check_node_name(std::string_view name);

// "W:1" is node "W", output 1; "W" is output 0.
struct WireEnd {
  std::string node;
  int output = 0;
};
WireEnd parse_wire(std::string_view text);
std::string wire_text(std::string_view node, int output);

}  // namespace sandflow
