// Scopes are prefixes of names, as in TensorFlow: "dense/MatMul" stands in the scope "dense", and
// "net/dense/b" in "net/dense", which stands in "net".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/scene/scene.h"

namespace sandflow {

// "net/dense" of "net/dense/b"; empty: in none.
std::string_view scope_of(std::string_view name);
// "b" of "net/dense/b".
std::string_view last_part(std::string_view name);
// Whether a name stands in a scope, at any depth. In the scope "" stands everything.
bool is_in_scope(std::string_view name, std::string_view scope);
// Indices of the nodes in a scope, at any depth.
std::vector<int> members_of(const Scene& scene, std::string_view scope);
// All scopes there are, sorted: those around others first.
std::vector<std::string> scopes_of(const Scene& scene);
// The outermost folded scope a name stands in; empty if it is to be seen.
std::string_view folded_around(const Scene& scene, std::string_view name);

}  // namespace sandflow
