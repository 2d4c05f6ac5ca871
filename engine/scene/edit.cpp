// Each edit on a copy of the scene, checked before it counts.
#include "engine/scene/edit.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/core/text.h"
#include "engine/scene/fields.h"
#include "engine/scene/node_types.h"
#include "engine/scene/scopes.h"
#include "engine/scene/settings.h"
#include "engine/training/initializers.h"

namespace sandflow::edit {

namespace {

Result<SceneNode*> node_of(Scene& scene, std::string_view name) {
  const int index = scene.index_of(name);
  if (index < 0) return value_error(cat("There is no node '", name, "'."));
  return &scene.nodes[static_cast<std::size_t>(index)];
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

std::string numbered(const std::string& base, int i) { return i == 0 ? base : cat(base, "_", i); }

// Of a node that is to be added, but for its name.
Status check_new(SceneNode& node) {
  const NodeType* type = find_node_type(node.type);
  if (!type) return Error{ErrorKind::kNotFound, cat("Op type not registered '", node.type, "'"), {}};
  SANDFLOW_TRY(check_node_name(node.name));
  for (const auto& [attr, text] : node.attrs) SANDFLOW_TRY(check_field(node, type, attr));
  if (!node.inputs.empty()) SANDFLOW_TRY(check_input(node, type, static_cast<int>(node.inputs.size()) - 1));
  node.inputs.resize(std::max(node.inputs.size(), type->inputs.size()));
  node.x = on_grid(node.x);
  node.y = on_grid(node.y);
  return {};
}

// Names and scopes, without regard to case, as they are being used.
class Names {
 public:
  explicit Names(const Scene& scene) {
    for (const SceneNode& node : scene.nodes) take(node.name);
  }
  void take(const std::string& name) { taken_.insert(lower(name)); }
  void free(const std::string& name) { taken_.erase(lower(name)); }
  bool has(const std::string& name) const { return taken_.count(lower(name)) > 0; }
  bool has_scope(const std::string& scope) const {
    const auto first = taken_.lower_bound(lower(scope) + "/");
    return first != taken_.end() && first->starts_with(lower(scope) + "/");
  }
  std::string unique(const std::string& base) const {
    int i = 0;
    while (has(numbered(base, i))) ++i;
    return numbered(base, i);
  }
  std::string unique_scope(const std::string& base) const {
    int i = 0;
    while (has(numbered(base, i)) || has_scope(numbered(base, i))) ++i;
    return numbered(base, i);
  }

 private:
  std::set<std::string> taken_;
};

// The name after its scope `from` has become `to`, which may be empty; as it was if it is in another.
std::string moved_to(std::string_view name, std::string_view from, std::string_view to) {
  if (!is_in_scope(name, from) && name != from) return std::string(name);
  const std::string_view rest = name.substr(std::min(name.size(), from.empty() ? 0 : from.size() + 1));
  return to.empty() ? std::string(rest) : rest.empty() ? std::string(to) : cat(to, "/", rest);
}

using NewNames = std::map<std::string, std::string, std::less<>>;

void follow(std::string& wire, const NewNames& renamed) {
  const WireEnd end = parse_wire(wire);
  if (const auto it = renamed.find(end.node); it != renamed.end()) wire = wire_text(it->second, end.output);
}

// All at once, so that names may change places.
Status rename_all(Scene& scene, const NewNames& renamed) {
  std::set<std::string> taken;
  for (SceneNode& node : scene.nodes) {
    if (const auto it = renamed.find(node.name); it != renamed.end()) {
      SANDFLOW_TRY(check_node_name(it->second));
      node.name = it->second;
    }
    if (!taken.insert(lower(node.name)).second) {
      for (const auto& [from, to] : renamed)
        if (lower(to) == lower(node.name))
          return value_error(cat("There is a node '", to, "' already; names differ without regard to case."));
    }
    for (Port& port : node.inputs)
      if (port.kind == Port::Kind::kWire) follow(port.text, renamed);
  }
  for (std::string* role : {&scene.training.loss, &scene.training.accuracy, &scene.training.prediction})
    follow(*role, renamed);
  return {};
}

void rename_folded(Scene& scene, std::string_view from, std::string_view to) {
  std::set<std::string> folded;
  for (const std::string& scope : scene.folded) folded.insert(moved_to(scope, from, to));
  folded.erase("");
  scene.folded = std::move(folded);
}

Status make(Scene& scene, const AddNode& add) {
  SceneNode node = add.node;
  if (node.name.empty()) node.name = node.type;
  SANDFLOW_TRY(check_new(node));
  node.name = Names(scene).unique(node.name);
  scene.nodes.push_back(std::move(node));
  return {};
}

Status make(Scene& scene, const AddNodes& add) {
  Names names(scene);
  NewNames scopes, renamed;
  for (const std::string& scope : add.folded) {
    SANDFLOW_TRY(check_node_name(scope));
    const bool is_inner = std::any_of(scopes.begin(), scopes.end(),
                                      [&](const auto& outer) { return is_in_scope(scope, outer.first); });
    if (!is_inner) scopes[scope] = names.unique_scope(scope);
  }
  const auto in_new_scope = [&](const std::string& name) {
    for (const auto& [from, to] : scopes)
      if (is_in_scope(name, from) || name == from) return moved_to(name, from, to);
    return name;
  };
  std::vector<SceneNode> added = add.nodes;
  for (SceneNode& node : added) {
    if (node.name.empty()) node.name = node.type;
    SANDFLOW_TRY(check_new(node));
    const std::string name = names.unique(in_new_scope(node.name));
    names.take(name);
    renamed[node.name] = name;
    node.name = name;
  }
  for (SceneNode& node : added) {
    for (Port& port : node.inputs) {
      if (port.kind != Port::Kind::kWire) continue;
      if (const std::string from = parse_wire(port.text).node; !renamed.count(from) && !scene.find(from))
        port = {};
      follow(port.text, renamed);
    }
  }
  for (SceneNode& node : added) scene.nodes.push_back(std::move(node));
  for (const std::string& scope : add.folded) scene.folded.insert(in_new_scope(scope));
  return {};
}

Status make(Scene& scene, const RemoveNodes& remove) {
  std::set<std::string, std::less<>> names;
  for (const std::string& name : remove.names) {
    if (!names.insert(name).second || !scene.find(name))
      return value_error(cat("There is no node '", name, "'."));
  }
  const auto is_removed = [&](std::string_view wire) { return names.count(parse_wire(wire).node) > 0; };
  std::erase_if(scene.nodes, [&](const SceneNode& node) { return names.count(node.name) > 0; });
  for (SceneNode& node : scene.nodes)
    for (Port& port : node.inputs)
      if (port.kind == Port::Kind::kWire && is_removed(port.text)) port = {};
  for (std::string* role : {&scene.training.loss, &scene.training.accuracy, &scene.training.prediction})
    if (is_removed(*role)) role->clear();
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
  if (!scene.find(rename.from)) return value_error(cat("There is no node '", rename.from, "'."));
  return rename_all(scene, {{rename.from, rename.to}});
}

Status make(Scene& scene, const Group& group) {
  if (group.names.empty()) return value_error("There is nothing to group.");
  std::string common(scope_of(group.names.front()));
  for (const std::string& name : group.names) {
    if (!scene.find(name)) return value_error(cat("There is no node '", name, "'."));
    while (!is_in_scope(name, common)) common = std::string(scope_of(common));
  }
  Names names(scene);
  const auto inside = [&](std::string_view name) {
    return common.empty() ? std::string(name) : cat(common, "/", name);
  };
  const std::string scope = group.scope.empty() ? names.unique_scope(inside("scope")) : inside(group.scope);
  SANDFLOW_TRY(check_node_name(scope));
  NewNames renamed;
  for (const std::string& name : group.names) names.free(name);
  for (const std::string& name : group.names) {
    const std::string to = names.unique(moved_to(name, common, scope));
    names.take(to);
    renamed[name] = to;
  }
  // A scope that moves as a whole stays folded.
  std::set<std::string> folded;
  for (const std::string& old : scene.folded) {
    const bool moves = is_in_scope(old, common) && [&] {
      for (int i : members_of(scene, old))
        if (!renamed.count(scene.nodes[static_cast<std::size_t>(i)].name)) return false;
      return true;
    }();
    folded.insert(moves ? moved_to(old, common, scope) : old);
  }
  scene.folded = std::move(folded);
  return rename_all(scene, renamed);
}

Status make(Scene& scene, const Ungroup& ungroup) {
  const std::vector<int> members = members_of(scene, ungroup.scope);
  if (ungroup.scope.empty() || members.empty())
    return value_error(cat("There is no scope '", ungroup.scope, "'."));
  Names names(scene);
  NewNames renamed;
  const std::string_view around = scope_of(ungroup.scope);
  for (int i : members) names.free(scene.nodes[static_cast<std::size_t>(i)].name);
  for (int i : members) {
    const std::string& name = scene.nodes[static_cast<std::size_t>(i)].name;
    const std::string to = names.unique(moved_to(name, ungroup.scope, around));
    names.take(to);
    renamed[name] = to;
  }
  scene.folded.erase(ungroup.scope);
  rename_folded(scene, ungroup.scope, around);
  return rename_all(scene, renamed);
}

Status make(Scene& scene, const RenameScope& rename) {
  const std::vector<int> members = members_of(scene, rename.from);
  if (rename.from.empty() || members.empty())
    return value_error(cat("There is no scope '", rename.from, "'."));
  SANDFLOW_TRY(check_node_name(rename.to));
  NewNames renamed;
  for (int i : members) {
    const std::string& name = scene.nodes[static_cast<std::size_t>(i)].name;
    renamed[name] = moved_to(name, rename.from, rename.to);
  }
  rename_folded(scene, rename.from, rename.to);
  return rename_all(scene, renamed);
}

Status make(Scene& scene, const Fold& fold) {
  if (members_of(scene, fold.scope).empty()) return value_error(cat("There is no scope '", fold.scope, "'."));
  if (fold.folded)
    scene.folded.insert(fold.scope);
  else
    scene.folded.erase(fold.scope);
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

Status make(Scene& scene, const SetOwnData& set) {
  const bool was_own = scene.data.name == "own";
  scene.own.table = std::make_shared<const OwnTable>(set.table);
  if (!was_own) scene.data = {"own", {}};
  scene.data.parameters["standardise"] = set.standardise ? 1 : 0;
  return check_settings(scene);
}

Status make(Scene& scene, const SetNet& set) {
  Result<Net> net = build_net(set.features, set.outputs, set.is_regression, set.hidden, set.regularisation);
  if (!net.ok()) return net.error();
  scene.nodes = std::move(net->nodes);
  scene.folded = std::move(net->folded);
  scene.training.loss = net->loss;
  scene.training.accuracy = net->accuracy;
  scene.training.prediction = net->prediction;
  return {};
}

Status make(Scene& scene, const SetTraining& set) {
  scene.training = set.training;
  return check_settings(scene);
}

Status make(Scene& scene, const SetInitializer& set) {
  scene.training.initializer = set.initializer;
  for (SceneNode& node : scene.nodes) {
    if (node.type != "Variable") continue;
    const Result<Shape> shape = shape_field(node, "shape");
    const bool is_weights = shape.ok() && shape->has_rank() && shape->rank() >= 2;
    if (!is_weights || !node.attrs.erase("initializer")) continue;
    for (const InitializerType& type : initializer_types())
      for (const Parameter& parameter : type.parameters) node.attrs.erase(parameter.name);
  }
  return check_settings(scene);
}

}  // namespace

Result<Scene> apply(const Scene& scene, const Edit& edit) {
  Scene changed = scene;
  const Status status = std::visit([&](const auto& e) { return make(changed, e); }, edit);
  if (!status.ok()) return status.error();
  // With its last node a scope is gone.
  if (!changed.folded.empty()) {
    const std::vector<std::string> scopes = scopes_of(changed);
    std::erase_if(changed.folded, [&](const std::string& scope) {
      return !std::binary_search(scopes.begin(), scopes.end(), scope);
    });
  }
  return changed;
}

}  // namespace sandflow::edit
