// See scopes.h.
#include "engine/scene/scopes.h"

#include <set>

namespace sandflow {

std::string_view scope_of(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : name.substr(0, slash);
}

std::string_view last_part(std::string_view name) { return name.substr(name.rfind('/') + 1); }

bool is_in_scope(std::string_view name, std::string_view scope) {
  return scope.empty() ||
         (name.size() > scope.size() + 1 && name.starts_with(scope) && name[scope.size()] == '/');
}

std::vector<int> members_of(const Scene& scene, std::string_view scope) {
  std::vector<int> members;
  for (std::size_t i = 0; i < scene.nodes.size(); ++i)
    if (is_in_scope(scene.nodes[i].name, scope)) members.push_back(static_cast<int>(i));
  return members;
}

std::vector<std::string> scopes_of(const Scene& scene) {
  std::set<std::string> scopes;
  for (const SceneNode& node : scene.nodes)
    for (std::string_view scope = scope_of(node.name); !scope.empty(); scope = scope_of(scope))
      if (!scopes.emplace(scope).second) break;
  return {scopes.begin(), scopes.end()};
}

std::string_view folded_around(const Scene& scene, std::string_view name) {
  std::string_view outermost;
  if (scene.folded.empty()) return outermost;
  for (std::string_view scope = scope_of(name); !scope.empty(); scope = scope_of(scope))
    if (scene.folded.count(std::string(scope))) outermost = scope;
  return outermost;
}

}  // namespace sandflow
