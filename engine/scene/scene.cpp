// Finding nodes, and the text form of a wire's end.
#include "engine/scene/scene.h"

#include "engine/core/text.h"
#include "engine/graph/graph.h"

namespace sandflow {

int Scene::index_of(std::string_view name) const {
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (nodes[i].name == name) return static_cast<int>(i);
  return -1;
}

const SceneNode* Scene::find(std::string_view name) const {
  const int i = index_of(name);
  return i < 0 ? nullptr : &nodes[static_cast<std::size_t>(i)];
}

Status check_node_name(std::string_view name) {
  if (is_valid_node_name(name) && name.back() != '/') return {};
  return value_error(cat("'", name, "' is not a valid node name"));
}

WireEnd parse_wire(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {std::string(text), 0};
  const auto output = parse_int(text.substr(colon + 1));
  return {std::string(text.substr(0, colon)),
          output && *output >= 0 && *output < 1000 ? static_cast<int>(*output) : -1};
}

std::string wire_text(std::string_view node, int output) {
  return output == 0 ? std::string(node) : cat(node, ":", output);
}

}  // namespace sandflow
