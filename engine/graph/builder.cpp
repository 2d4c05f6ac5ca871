// The sticky error, and operations by name.
#include "engine/graph/builder.h"

#include <algorithm>

#include "engine/core/text.h"

namespace sandflow {

Output Builder::fail(Error error) {
  if (!error_) error_ = std::move(error);
  return {};
}

Output Builder::op(std::string_view type, std::vector<Output> inputs, Attrs attrs, std::string_view name) {
  if (error_) return {};
  const Op* op = find_op(type);
  SANDFLOW_CHECK(op);
  SANDFLOW_CHECK(std::all_of(inputs.begin(), inputs.end(), [](Output input) { return input.valid(); }));
  Result<int> id = graph_.add(*op, name, std::move(inputs), std::move(attrs), control_);
  if (!id.ok()) return fail(id.error());
  return {*id, 0};
}

Builder::Control Builder::control_dependencies(const std::vector<int>& nodes) {
  const std::size_t depth = control_.size();
  control_.insert(control_.end(), nodes.begin(), nodes.end());
  return {*this, depth};
}

}  // namespace sandflow
