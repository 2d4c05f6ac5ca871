// Each edit on a copy of the scene, checked before it counts.
#include "engine/scene/edit.h"

#include <algorithm>
#include <cmath>

#include "engine/core/text.h"
#include "engine/scene/node_types.h"
#include "engine/scene/settings.h"

namespace sandflow::edit {

namespace {

bool same_name(std::string_view a, std::string_view b) { return lower(a) == lower(b); }

bool is_taken(const Scene& scene, std::string_view name) {
  return std::any_of(scene.nodes.begin(), scene.nodes.end(),
                     [&](const SceneNode& node) { return same_name(node.name, name); });
}

Result<SceneNode*> node_of(Scene& scene, std::string_view name) {
  const int index = scene.index_of(name);
  if (index < 0) return value_error(cat("There is no node '", name, "'."));
  return &scene.nodes[static_cast<std::size_t>(index)];
}

// Calls `change` on everything in the scene that names node `name` as the start of a wire or in a training
// role.
template <class Change>
void for_each_reference(Scene& scene, std::string_view name, Change change) {
  for (SceneNode& node : scene.nodes)
    for (Port& port : node.inputs)
      if (port.kind == Port::Kind::kWire && parse_wire(port.text).node == name) change(port.text, &port);
  for (std::string* role : {&scene.training.loss, &scene.training.accuracy, &scene.training.prediction})
    if (parse_wire(*role).node == name) change(*role, static_cast<Port*>(nullptr));
}

float on_grid(float position) {
  constexpr float kFarthest = 1e6f;
  return std::isfinite(position) ? std::round(std::clamp(position, -kFarthest, kFarthest)) : 0;
}

Status check_field(const SceneNode& node, const NodeType* type, std::string_view attr) {
  const bool known = type && std::any_of(type->fields.begin(), type->fields.end(),
                                         [&](const NodeField& field) { return field.name == attr; });
  if (known) return {};
  return value_error(cat("'", node.type, "' has no attribute '", attr, "'."));
}

Status check_input(const SceneNode& node, const NodeType* type, int input) {
  constexpr std::size_t kMostVariadic = 64;
  const std::size_t most = !type ? node.inputs.size() : type->variadic ? kMostVariadic : type->inputs.size();
  if (input >= 0 && static_cast<std::size_t>(input) < most) return {};
  return value_error(cat("'", node.name, "' has no input ", input, "."));
}

Status make(Scene& scene, const AddNode& add) {
  const NodeType* type = find_node_type(add.node.type);
  if (!type) return Error{ErrorKind::kNotFound, cat("Op type not registered '", add.node.type, "'"), {}};
  SceneNode node = add.node;
  if (node.name.empty()) node.name = node.type;
  SANDFLOW_TRY(check_node_name(node.name));
  const std::string base = node.name;
  for (int i = 1; is_taken(scene, node.name); ++i) node.name = cat(base, "_", i);
  for (const auto& [attr, text] : node.attrs) SANDFLOW_TRY(check_field(node, type, attr));
  if (!node.inputs.empty()) SANDFLOW_TRY(check_input(node, type, static_cast<int>(node.inputs.size()) - 1));
  node.inputs.resize(std::max(node.inputs.size(), type->inputs.size()));
  node.x = on_grid(node.x);
  node.y = on_grid(node.y);
  scene.nodes.push_back(std::move(node));
  return {};
}

Status make(Scene& scene, const RemoveNodes& remove) {
  for (const std::string& name : remove.names) {
    if (!scene.find(name)) return value_error(cat("There is no node '", name, "'."));
    std::erase_if(scene.nodes, [&](const SceneNode& node) { return node.name == name; });
    for_each_reference(scene, name, [](std::string& text, Port* port) {
      text.clear();
      if (port) port->kind = Port::Kind::kEmpty;
    });
  }
  return {};
}

Status make(Scene& scene, const Move& move) {
  for (const auto& [name, position] : move.positions) {
    const Result<SceneNode*> node = node_of(scene, name);
    if (!node.ok()) return node.error();
    (*node)->x = on_grid(position.first);
    (*node)->y = on_grid(position.second);
  }
  return {};
}

Status make(Scene& scene, const Rename& rename) {
  const Result<SceneNode*> node = node_of(scene, rename.from);
  if (!node.ok()) return node.error();
  SANDFLOW_TRY(check_node_name(rename.to));
  if (!same_name(rename.from, rename.to) && is_taken(scene, rename.to))
    return value_error(
        cat("There is a node '", rename.to, "' already; names differ without regard to case."));
  (*node)->name = rename.to;
  for_each_reference(scene, rename.from,
                     [&](std::string& text, Port*) { text = wire_text(rename.to, parse_wire(text).output); });
  return {};
}

Status make(Scene& scene, const SetPort& set) {
  const Result<SceneNode*> node = node_of(scene, set.node);
  if (!node.ok()) return node.error();
  const NodeType* type = find_node_type((*node)->type);
  SANDFLOW_TRY(check_input(**node, type, set.input));
  const auto index = static_cast<std::size_t>(set.input);
  if (set.port.kind == Port::Kind::kWire) {
    const WireEnd end = parse_wire(set.port.text);
    if (!scene.find(end.node) || end.output < 0)
      return value_error(cat("There is no tensor '", set.port.text, "'."));
  }
  std::vector<Port>& inputs = (*node)->inputs;
  if (index >= inputs.size()) inputs.resize(index + 1);
  inputs[index] = set.port;
  if (type && type->variadic)
    while (inputs.size() > type->inputs.size() && inputs.back().kind == Port::Kind::kEmpty) inputs.pop_back();
  return {};
}

Status make(Scene& scene, const SetAttr& set) {
  const Result<SceneNode*> node = node_of(scene, set.node);
  if (!node.ok()) return node.error();
  SANDFLOW_TRY(check_field(**node, find_node_type((*node)->type), set.attr));
  if (set.text.empty())
    (*node)->attrs.erase(set.attr);
  else
    (*node)->attrs[set.attr] = set.text;
  return {};
}

Status make(Scene& scene, const SetTitle& set) {
  scene.title = set.title;
  return {};
}

Status make(Scene& scene, const SetData& set) {
  scene.data = set.data;
  return check_settings(scene);
}

Status make(Scene& scene, const SetTraining& set) {
  scene.training = set.training;
  return check_settings(scene);
}

}  // namespace

Result<Scene> apply(const Scene& scene, const Edit& edit) {
  Scene changed = scene;
  const Status status = std::visit([&](const auto& e) { return make(changed, e); }, edit);
  if (!status.ok()) return status.error();
  return changed;
}

}  // namespace sandflow::edit
