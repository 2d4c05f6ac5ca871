// Nodes are added one by one, unless their value is known already.
#include "engine/session/specialise.h"

#include <algorithm>
#include <string_view>

namespace sandflow {

namespace {

constexpr std::int64_t kMostFoldedElements = 1 << 16;

std::string_view type_of(const Node& node) { return node.op->type; }

// Passes its first input on, as far as memory is concerned.
bool only_renames(const Node& node) {
  const std::string_view type = type_of(node);
  return type == "Identity" || type == "StopGradient" || type == "PreventGradient" || type == "Reshape" ||
         type == "ExpandDims" || type == "Squeeze";
}

bool is_constant(const Graph& graph, Output output) { return type_of(graph.node(output.node)) == "Const"; }

// A constant of this number everywhere.
bool is_all(const Graph& graph, Output output, float number) {
  if (!is_constant(graph, output)) return false;
  const Tensor& value = graph.node(output.node).attr<Tensor>("value");
  if (value.dtype() != DType::kFloat32) return false;
  const auto x = value.read<float>();
  return std::all_of(x.begin(), x.end(), [&](float v) { return v == number; });
}

bool same_value(const AttrValue& a, const AttrValue& b) {
  if (a.index() != b.index()) return false;
  return std::visit(
      [&]<class T>(const T& value) {
        if constexpr (std::is_same_v<T, Tensor>)
          return value.same_bits(std::get<T>(b));
        else
          return value == std::get<T>(b);
      },
      a);
}

bool same_attrs(const Attrs& a, const Attrs& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Attr& x, const Attr& y) {
    return x.name == y.name && same_value(x.value, y.value);
  });
}

class Specialiser {
 public:
  Specialiser(const Graph& from, const Plan& plan) : from_(from), plan_(plan) {
    made_.graph = std::make_unique<Graph>();
  }

  bool run(const std::vector<Shape>& feed_shapes) {
    const std::vector<Output>& feeds = plan_.request().feeds;
    for (std::size_t i = 0; i < feeds.size(); ++i) {
      const DType dtype = from_.dtype(feeds[i]);
      const Result<int> id = graph().add(*find_op("Placeholder"), cat_name("feed", i), {},
                                         {{"dtype", dtype}, {"shape", feed_shapes[i]}});
      if (!id.ok()) return false;
      made_.feeds.push_back(*id);
      known_[feeds[i]] = {*id, 0};
    }
    for (int id : plan_.nodes())
      if (!add(from_.node(id))) return false;
    for (Output fetch : plan_.request().fetches) {
      const auto found = known_.find(fetch);
      if (found == known_.end() || graph().result(found->second).is_ref) return false;
      made_.fetches.push_back(found->second);
    }
    return true;
  }

  Specialised take() { return std::move(made_); }

 private:
  Graph& graph() { return *made_.graph; }
  const Node& node(int id) { return graph().node(id); }

  static std::string cat_name(const char* kind, std::size_t i) { return kind + std::to_string(i) + "/"; }

  bool add(const Node& original) {
    std::vector<Output> inputs;
    bool all_constant = !original.inputs.empty();
    for (Output input : original.inputs) {
      inputs.push_back(known_.at(input));
      all_constant = all_constant && is_constant(graph(), inputs.back());
    }
    const std::string_view type = type_of(original);
    const bool is_about_shape =
        type == "Shape" || type == "Size" || type == "Rank" || type == "ZerosLike" || type == "OnesLike";
    Graph& g = graph();
    const bool is_pure = !original.op->is_stateful && !original.inputs.empty();
    if (is_pure)
      if (const int same = equal_node(original, inputs); same >= 0) return know(original, same);
    const Result<int> id =
        g.add(*original.op, cat_name("n", static_cast<std::size_t>(original.id)), inputs, original.attrs);
    if (!id.ok()) return false;
    if (is_pure && (all_constant || is_about_shape)) {
      if (fold(original, *id)) return true;
    }
    for (const Node::Result& result : g.node(*id).outputs)
      if (!result.shape.fully_defined()) return false;
    if (is_pure)
      if (const Output same = renamed(*id); same.valid()) renamed_[*id] = same;
    if (is_pure) by_inputs_[{original.op, inputs}].push_back(*id);
    if (made_.originals.size() <= static_cast<std::size_t>(*id))
      made_.originals.resize(static_cast<std::size_t>(*id) + 1, -1);
    made_.originals[static_cast<std::size_t>(*id)] = original.id;
    return know(original, *id);
  }

  // What is fed is known already.
  bool know(const Node& original, int id) {
    const auto same = renamed_.find(id);
    for (int i = 0; i < static_cast<int>(original.outputs.size()); ++i)
      known_.emplace(Output{original.id, i}, same == renamed_.end() ? Output{id, i} : same->second);
    return true;
  }

  // A node that computes the same from the same.
  int equal_node(const Node& original, const std::vector<Output>& inputs) {
    const auto bucket = by_inputs_.find({original.op, inputs});
    if (bucket == by_inputs_.end()) return -1;
    for (int id : bucket->second)
      if (same_attrs(node(id).attrs, original.attrs)) return id;
    return -1;
  }

  // Runs a node whose value cannot change.
  bool fold(const Node& original, int id) {
    const Node& made = node(id);
    for (const Node::Result& result : made.outputs)
      if ((result.shape.fully_defined() && result.shape.elements() > kMostFoldedElements) || result.is_ref)
        return false;
    std::vector<Tensor> zeros;
    std::vector<Tensor> outputs(made.outputs.size());
    KernelContext::Slots slots;
    slots.node = &made;
    for (Output input : made.inputs) {
      if (is_constant(graph(), input)) {
        slots.inputs.push_back(&node(input.node).attr<Tensor>("value"));
        continue;
      }
      // Only its shape is looked at.
      Result<Tensor> stand_in = Tensor::make(graph().dtype(input), graph().shape(input));
      if (!stand_in.ok()) return false;
      zeros.reserve(made.inputs.size());
      zeros.push_back(*std::move(stand_in));
      slots.inputs.push_back(&zeros.back());
    }
    slots.variables.assign(made.inputs.size(), nullptr);
    for (Tensor& output : outputs) slots.outputs.push_back(&output);
    KernelContext context(slots);
    if (!made.op->compute(context).ok()) return false;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const Result<int> constant =
          graph().add(*find_op("Const"), cat_name("c", static_cast<std::size_t>(graph().size())), {},
                      {{"value", outputs[i]}, {"dtype", outputs[i].dtype()}});
      if (!constant.ok()) return false;
      known_.emplace(Output{original.id, static_cast<int>(i)}, Output{*constant, 0});
    }
    return true;
  }

  // What a node's output is the same memory as; invalid if it computes something.
  Output renamed(int id) {
    const Node& made = node(id);
    const std::string_view type = type_of(made);
    const auto keeps_elements = [&](std::size_t i) {
      return !graph().result(made.inputs[i]).is_ref &&
             graph().shape(made.inputs[i]).elements() == made.outputs[0].shape.elements();
    };
    const bool same_shape = made.inputs.size() == 2 && graph().shape(made.inputs[0]) == made.outputs[0].shape;
    if (only_renames(made) && keeps_elements(0)) return view(made.inputs[0], id);
    if (type == "AddN" && made.inputs.size() == 1) return view(made.inputs[0], id);
    if ((type == "Sum" || type == "Mean" || type == "BroadcastTo") && keeps_elements(0))
      return view(made.inputs[0], id);
    if (type == "Mul" && same_shape && is_all(graph(), made.inputs[1], 1)) return made.inputs[0];
    if (type == "RealDiv" && same_shape && is_all(graph(), made.inputs[1], 1)) return made.inputs[0];
    if (type == "Mul" && graph().shape(made.inputs[1]) == made.outputs[0].shape &&
        is_all(graph(), made.inputs[0], 1))
      return made.inputs[1];
    return {};
  }

  // The same memory with another shape stays a node of its own, so that inference sees its shape; `source`
  // follows it.
  Output view(Output of, int id) {
    if (graph().shape(of) == graph().shape({id, 0}) && !graph().result(of).is_ref) return of;
    made_.views[id] = of;
    return {id, 0};
  }

  const Graph& from_;
  const Plan& plan_;
  Specialised made_;
  std::map<Output, Output> known_;  // From the plan's graph to this one.
  std::map<int, Output> renamed_;   // Nodes whose output is another's.
  std::map<std::pair<const Op*, std::vector<Output>>, std::vector<int>> by_inputs_;
};

}  // namespace

Output Specialised::source(Output output) const {
  for (auto it = views.find(output.node); it != views.end(); it = views.find(output.node))
    output = it->second;
  return output;
}

std::optional<Specialised> specialise(const Graph& from, const Plan& plan,
                                      const std::vector<Shape>& feed_shapes) {
  Specialiser specialiser(from, plan);
  if (!specialiser.run(feed_shapes)) return std::nullopt;
  return specialiser.take();
}

}  // namespace sandflow
