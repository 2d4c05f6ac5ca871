// Reverse-mode differentiation of a graph into the same graph.
#include "engine/graph/gradients.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/core/text.h"

namespace sandflow {

namespace {

// The nodes on a path from one of `xs` to one of `ys`: those worth differentiating.
std::set<int> nodes_between(const Graph& graph, const std::vector<Output>& ys,
                            const std::vector<Output>& xs) {
  std::set<int> from_xs;
  for (Output x : xs) from_xs.insert(x.node);
  for (int id = from_xs.empty() ? 0 : *from_xs.begin(); id < graph.size(); ++id) {
    const auto& inputs = graph.node(id).inputs;
    if (std::any_of(inputs.begin(), inputs.end(),
                    [&](Output in) { return from_xs.contains(in.node) && is_floating(graph.dtype(in)); }))
      from_xs.insert(id);
  }
  std::set<int> between;
  std::vector<int> pending;
  for (Output y : ys) pending.push_back(y.node);
  while (!pending.empty()) {
    const int id = pending.back();
    pending.pop_back();
    if (!from_xs.contains(id) || !between.insert(id).second) continue;
    for (Output in : graph.node(id).inputs) pending.push_back(in.node);
  }
  return between;
}

// d sum(y) / dy: ones of y's shape.
Output initial_gradient(Builder& b, Output y, std::size_t index) {
  const Output shape = b.op("Shape", {y}, {{"out_type", DType::kInt32}}, "Shape");
  const Tensor one = b.dtype(y) == DType::kFloat64 ? Tensor::scalar(1.0) : Tensor::scalar(1.0f);
  const Output value = b.op("Const", {}, {{"value", one}, {"dtype", one.dtype()}}, cat("grad_ys_", index));
  return b.op("Fill", {shape, value});
}

}  // namespace

Result<std::vector<Output>> gradients(Builder& b, const std::vector<Output>& ys,
                                      const std::vector<Output>& xs, std::string_view name) {
  Graph& graph = b.graph();
  const auto scope = graph.name_scope(name);
  const std::set<int> between = nodes_between(graph, ys, xs);
  std::map<Output, std::vector<Output>> received;
  for (std::size_t i = 0; i < ys.size(); ++i) {
    if (!is_floating(graph.dtype(ys[i])))
      return type_error(
          cat("Gradient of ", graph.tensor_text(ys[i]), " is not defined: it is not a float tensor."));
    received[ys[i]].push_back(initial_gradient(b, ys[i], i));
  }
  // Contributions of several consumers meet in one AddN.
  auto total = [&](Output tensor) -> Output {
    std::vector<Output>& parts = received[tensor];
    if (parts.size() > 1) parts = {b.op("AddN", parts)};
    return parts.empty() ? Output{} : parts[0];
  };
  for (auto it = between.rbegin(); it != between.rend() && b.ok(); ++it) {
    const Node& node = graph.node(*it);
    std::vector<Output> grads;
    for (int i = 0; i < static_cast<int>(node.outputs.size()); ++i) grads.push_back(total({node.id, i}));
    if (std::none_of(grads.begin(), grads.end(), [](Output g) { return g.valid(); })) continue;
    const bool leads_on = std::any_of(node.inputs.begin(), node.inputs.end(),
                                      [&](Output in) { return between.contains(in.node); });
    if (!leads_on) continue;
    if (!node.op->gradient)
      return Error{ErrorKind::kLookupError,
                   cat("No gradient defined for operation '", node.name, "' (op type: ", node.op->type, ")"),
                   node.name};
    const auto node_scope = graph.name_scope(graph.scope() + node.name + "_grad/");
    GradientContext context(b, node, grads);
    const std::vector<Output> input_grads = node.op->gradient(context);
    if (!b.ok()) break;
    SANDFLOW_CHECK(input_grads.size() == node.inputs.size());
    for (std::size_t i = 0; i < input_grads.size(); ++i)
      if (input_grads[i].valid()) received[node.inputs[i]].push_back(input_grads[i]);
  }
  std::vector<Output> result;
  for (Output x : xs) result.push_back(b.ok() ? total(x) : Output{});
  SANDFLOW_TRY(b.status());
  return result;
}

std::vector<Output> reduce_to_inputs(GradientContext& c, Output grad_x, Output grad_y) {
  const Shape x = c.b.shape(c.input(0)), y = c.b.shape(c.input(1));
  // math_grad.py, _ShapesFullySpecifiedAndEqual.
  if (x.fully_defined() && x == y) return {grad_x, grad_y};
  const Output shape_x = c.b.op("Shape", {c.input(0)}, {{"out_type", DType::kInt32}}, "Shape");
  const Output shape_y = c.b.op("Shape", {c.input(1)}, {{"out_type", DType::kInt32}}, "Shape");
  const Output axes_x = c.b.op("BroadcastGradientArgs", {shape_x, shape_y});
  if (!c.b.ok()) return {{}, {}};
  const Output axes_y{axes_x.node, 1};
  auto reduced = [&](Output grad, Output axes, Output shape) {
    if (!grad.valid()) return Output{};
    return c.b.op("Reshape", {c.b.op("Sum", {grad, axes}), shape});
  };
  const Output to_x = reduced(grad_x, axes_x, shape_x);
  return {to_x, reduced(grad_y, axes_y, shape_y)};
}

}  // namespace sandflow
