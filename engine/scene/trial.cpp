// See trial.h.
#include "engine/scene/trial.h"

#include <algorithm>
#include <map>
#include <vector>

#include "engine/core/text.h"
#include "engine/scene/lower.h"

namespace sandflow {

namespace {

using Index = std::map<std::string_view, std::size_t>;

Index index_of(const Scene& scene) {
  Index index;
  for (std::size_t i = 0; i < scene.nodes.size(); ++i) index[scene.nodes[i].name] = i;
  return index;
}

// Which nodes are needed for some, these included.
std::vector<bool> needed_for(const Scene& scene, const Index& index, std::vector<std::size_t> pending) {
  std::vector<bool> needed(scene.nodes.size(), false);
  while (!pending.empty()) {
    const std::size_t i = pending.back();
    pending.pop_back();
    if (needed[i]) continue;
    needed[i] = true;
    for (const Port& port : scene.nodes[i].inputs)
      if (port.kind == Port::Kind::kWire)
        if (const auto from = index.find(parse_wire(port.text).node); from != index.end())
          pending.push_back(from->second);
  }
  return needed;
}

// Only those nodes, and nothing that is trained.
Scene part_of(const Scene& scene, const std::vector<bool>& wanted) {
  Scene part;
  part.training.initializer = scene.training.initializer;
  part.training.seed = scene.training.seed;
  for (std::size_t i = 0; i < scene.nodes.size(); ++i)
    if (wanted[i]) part.nodes.push_back(scene.nodes[i]);
  return part;
}

// A placeholder for every required input that is empty; of `dtype` where it is one with input `like`. False
// if there is none: a reference to a variable.
bool fill(Scene& scene, std::size_t at, std::size_t like, std::optional<DType> dtype) {
  const NodeType* type = find_node_type(scene.nodes[at].type);
  if (!type) return false;
  const Arg* given = arg_of(*type, like);
  for (std::size_t i = 0; i + type->optional < type->inputs.size(); ++i) {
    if (scene.nodes[at].inputs[i].kind != Port::Kind::kEmpty) continue;
    const Arg* arg = arg_of(*type, i);
    if (!arg || arg->is_ref) return false;
    DType wanted = arg->type.fixed;
    if (arg->type.type_attr) {
      const DTypeSet* allowed = allowed_for(*type, arg->type.type_attr);
      const bool is_shared = given && given->type.type_attr && dtype &&
                             std::string_view(given->type.type_attr) == arg->type.type_attr;
      // Where inputs share a dtype, the given one's: whether it is allowed, the operation knows best.
      wanted = is_shared ? *dtype : DType::kFloat32;
      for (int d = 0; d < kDTypeCount && !is_shared && allowed && !allowed->contains(wanted); ++d)
        wanted = static_cast<DType>(d);
    }
    SceneNode filler;
    filler.name = cat("trial/", scene.nodes.size());
    filler.type = "Placeholder";
    filler.attrs = {{"dtype", name(wanted)}, {"shape", "None"}};
    scene.nodes[at].inputs[i] = Port::wire(filler.name);
    scene.nodes.push_back(std::move(filler));
  }
  return true;
}

// A shape as one would type it: "(None, 3)".
std::string typed(const Shape& shape) {
  if (!shape.has_rank()) return "None";
  std::string text;
  for (const char c : shape.python()) c == '?' ? text += "None" : text += c;
  return text;
}

std::optional<Error> error_at(const Scene& scene, std::size_t at) {
  return std::move(lower(scene).nodes[at].error);
}

}  // namespace

std::optional<Error> refusal(const Scene& scene, const edit::SetPort& set) {
  Result<Scene> changed = edit::apply(scene, set);
  if (!changed.ok()) return changed.error();
  const Index index = index_of(scene);
  const std::size_t target = index.at(set.node);
  std::optional<DType> dtype;
  if (set.port.kind == Port::Kind::kWire) {
    const WireEnd end = parse_wire(set.port.text);
    const std::size_t source = index.at(end.node);
    const std::vector<bool> before = needed_for(scene, index, {source});
    if (before[target]) {
      const Scene cycle = part_of(*changed, needed_for(*changed, index, {target}));
      return error_at(cycle, static_cast<std::size_t>(cycle.index_of(set.node)));
    }
    const Scene part = part_of(scene, before);
    const Lowered lowered = lower(part);
    const auto& outputs = lowered.nodes[static_cast<std::size_t>(part.index_of(end.node))].outputs;
    if (end.output >= static_cast<int>(outputs.size())) return {};
    dtype = lowered.graph->dtype(outputs[static_cast<std::size_t>(end.output)]);
  }
  const auto given = static_cast<std::size_t>(set.input);
  const auto tried = [&](Scene part) -> std::optional<Error> {
    const auto at = static_cast<std::size_t>(part.index_of(set.node));
    if (!fill(part, at, given, dtype)) return {};
    return error_at(part, at);
  };
  auto error = tried(part_of(*changed, needed_for(*changed, index, {target})));
  if (!error) return {};
  // It is this wire's fault if something else could stand in its place.
  const Result<Scene> without = edit::apply(scene, edit::SetPort{set.node, set.input, {}});
  if (!without.ok()) return {};
  const Scene part = part_of(*without, needed_for(*without, index, {target}));
  const auto at = static_cast<std::size_t>(part.index_of(set.node));
  for (int d = 0; d < kDTypeCount; ++d) {
    Scene other = part;
    if (fill(other, at, given, static_cast<DType>(d)) && !error_at(other, at)) return error;
  }
  return {};
}

Candidate::Candidate(const Scene& scene, std::string_view wire) {
  const WireEnd end = parse_wire(wire);
  const Index index = index_of(scene);
  const auto source = index.find(end.node);
  if (source == index.end()) return;
  const Scene part = part_of(scene, needed_for(scene, index, {source->second}));
  const Lowered lowered = lower(part);
  const auto& outputs = lowered.nodes[static_cast<std::size_t>(part.index_of(end.node))].outputs;
  if (end.output < 0 || end.output >= static_cast<int>(outputs.size())) return;
  const Output tensor = outputs[static_cast<std::size_t>(end.output)];
  dtype_ = lowered.graph->dtype(tensor);
  shape_ = lowered.graph->shape(tensor);
  SceneNode node = scene.nodes[source->second];
  const bool stands_alone = std::none_of(node.inputs.begin(), node.inputs.end(),
                                         [](const Port& port) { return port.kind == Port::Kind::kWire; });
  if (!stands_alone) {
    node = {.name = "Trial", .type = "Placeholder", .inputs = {}, .attrs = {}};
    node.attrs = {{"dtype", name(*dtype_)}, {"shape", typed(shape_)}};
    if (source->second < scene.nodes.size() && scene.nodes[source->second].type == "Variable") {
      node.type = "Variable";
      node.inputs = {Port{}};
    }
  }
  wire_ = wire_text(node.name, stands_alone ? end.output : 0);
  scene_.training.initializer = scene.training.initializer;
  scene_.nodes.push_back(std::move(node));
}

int Candidate::input_for(const NodeType& type, const std::map<std::string, std::string>& attrs) const {
  if (!dtype_) return type.inputs.empty() ? -1 : 0;
  for (std::size_t i = 0; i < type.inputs.size(); ++i) {
    if (const Arg* arg = arg_of(type, i)) {
      const DTypeSet* allowed = arg->type.type_attr ? allowed_for(type, arg->type.type_attr) : nullptr;
      if (arg->type.type_attr ? allowed && !allowed->contains(*dtype_) : arg->type.fixed != *dtype_) continue;
    }
    SceneNode node{.name = "tried", .type = type.name, .inputs = {}, .attrs = attrs};
    node.inputs.resize(type.inputs.size());
    const auto tried = [&](const Port& port) {
      Scene trial = scene_;
      node.inputs[i] = port;
      trial.nodes.push_back(node);
      return fill(trial, 1, i, dtype_) && error_at(trial, 1).has_value();
    };
    // What is wrong without this wire is for the learner to set right afterwards.
    if (!tried(Port::wire(wire_)) || tried({})) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace sandflow
