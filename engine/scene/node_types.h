// What can stand on the canvas: every operation of engine/ops/list.h, every function of
// engine/tf/functions.h, and tf.Variable, which is four operations. Palette and inspector are loops over this
// list.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/op.h"
#include "engine/tf/functions.h"

namespace sandflow {

// One thing the inspector can set on a node.
struct NodeField {
  std::string name;
  AttrKind kind = AttrKind::kString;
  std::string initial;  // As Python text; empty: left to TensorFlow (a dtype taken from the inputs).
  std::vector<std::string> choices;          // Where only these are possible.
  double minimum = 0, maximum = 0;           // Equal: no range.
  std::string only_if_field, only_if_value;  // Shown only where that field has that value.
};

struct NodeType {
  std::string name;
  const Op* op = nullptr;  // At most one of these two; a Variable has neither.
  const tf::Function* function = nullptr;
  std::string python, formula, help;
  Family family = Family::kSource;
  std::vector<std::string> inputs, outputs;
  std::size_t optional = 0;  // How many of the last inputs may stay empty.
  bool variadic = false;     // The last input may be repeated.
  std::string output_count;  // The field that says how often the output is repeated; empty: once.
  std::vector<NodeField> fields;
};

// The dtypes that an input takes: "float32, float64"; empty: any.
std::string dtypes_text(const NodeType& type, std::size_t input);

const std::vector<NodeType>& node_types();
const NodeType* find_node_type(std::string_view name);
// The description of an input, looked up by its name: a node's inputs are not always in the operation's
// order. Null for a Variable's.
const Arg* arg_of(const NodeType& type, std::size_t input);
// The dtypes of a type attribute; null if it has none such.
const DTypeSet* allowed_for(const NodeType& type, const char* attr);

}  // namespace sandflow
