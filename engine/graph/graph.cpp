// Adding nodes: names, dtypes, then shapes.
#include "engine/graph/graph.h"

#include <algorithm>

#include "engine/core/text.h"
#include "engine/graph/kernel.h"

namespace sandflow {

const char* name(Family family) {
  constexpr const char* kNames[] = {"source",    "state",   "arithmetic",  "logic",      "math",
                                    "reduction", "linear",  "convolution", "activation", "loss",
                                    "shape",     "slicing", "joining",     "random",     "training"};
  return kNames[static_cast<int>(family)];
}

const AttrSpec* Op::find_attr(std::string_view attr_name) const {
  for (const AttrSpec& spec : attrs)
    if (attr_name == spec.name) return &spec;
  return nullptr;
}

const Arg& Op::input(std::size_t i, std::size_t given) const {
  std::size_t variadic = 0;
  while (variadic < inputs.size() && !inputs[variadic].is_variadic) ++variadic;
  const std::size_t repeats = given + 1 - inputs.size();  // Of the variadic one, if there is one.
  if (i < variadic) return inputs[i];
  return inputs[std::max(variadic, i + 1 >= repeats ? i + 1 - repeats : 0)];
}

bool Op::is_variadic() const {
  return std::any_of(inputs.begin(), inputs.end(), [](const Arg& arg) { return arg.is_variadic; });
}

bool is_valid_node_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.';
  };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return letter(c) || c == '_' || c == '-' || c == '/';
  });
}

namespace {

const Attr* given(const Attrs& attrs, std::string_view name) {
  for (const Attr& attr : attrs)
    if (attr.name == name) return &attr;
  return nullptr;
}

AttrKind kind_of(const AttrValue& value) {
  constexpr AttrKind kKinds[] = {AttrKind::kBool, AttrKind::kInt,   AttrKind::kFloat,  AttrKind::kString,
                                 AttrKind::kType, AttrKind::kShape, AttrKind::kTensor, AttrKind::kInts};
  return kKinds[value.index()];
}

Status check_attrs(const Node& node) {
  for (const Attr& attr : node.attrs) {
    const AttrSpec* spec = node.op->find_attr(attr.name);
    if (!spec)
      return value_error(cat("Operation '", node.op->type, "' has no attr named '", attr.name, "'."));
    SANDFLOW_TRY(check_attr(node.op->type, *spec, attr.value));
  }
  return {};
}

}  // namespace

Status check_attr(std::string_view op, const AttrSpec& spec, const AttrValue& value) {
  if (spec.kind != kind_of(value))
    return type_error(cat("Attr '", spec.name, "' of '", op, "' Op has a value of another kind."));
  if (spec.kind == AttrKind::kType && !spec.allowed->contains(std::get<DType>(value)))
    return type_error(cat("Value passed to parameter '", spec.name, "' has DataType ",
                          name(std::get<DType>(value)),
                          " not in list of allowed values: ", spec.allowed->listing));
  const auto* text = std::get_if<std::string>(&value);
  if (text && !spec.choices.empty() &&
      std::none_of(spec.choices.begin(), spec.choices.end(),
                   [&](const char* choice) { return *text == choice; }))
    return value_error(cat("Attr '", spec.name, "' of '", op, "' Op passed string '", *text, "' not in: ",
                           join(spec.choices, ", ", [](const char* choice) { return cat('"', choice, '"'); }),
                           "."));
  double number = 0;
  if (const auto* i = std::get_if<std::int64_t>(&value)) number = static_cast<double>(*i);
  if (const auto* f = std::get_if<double>(&value)) number = *f;
  if (spec.minimum < spec.maximum && !(number >= spec.minimum && number <= spec.maximum))
    return value_error(cat("Attr '", spec.name, "' of '", op, "' Op passed ", shortest(number),
                           ", outside of [", shortest(spec.minimum), ", ", shortest(spec.maximum), "]."));
  return {};
}

// python/framework/op_def_library.py: type attributes are taken from the inputs, first come, first served.
Status Graph::resolve_types(Node& node) const {
  const Op& op = *node.op;
  const std::size_t fixed_inputs = op.inputs.size();
  const bool variadic = op.is_variadic();
  if (variadic ? node.inputs.size() < fixed_inputs : node.inputs.size() != fixed_inputs)
    return type_error(cat("'", op.type, "' Op takes ", fixed_inputs, variadic ? " or more" : "",
                          " inputs, got ", node.inputs.size(), "."));
  std::map<std::string, std::string> first_with;  // Which argument decided a type attribute.
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const Arg& arg = op.input(i, node.inputs.size());
    const Node::Result& tensor = result(node.inputs[i]);
    if (arg.is_ref && !tensor.is_ref)
      return type_error(cat("'", op.type, "' Op requires that input '", arg.name,
                            "' be a mutable tensor (e.g.: a tf.Variable)"));
    if (!arg.type.type_attr) {
      if (tensor.dtype != arg.type.fixed)
        return type_error(cat("Input '", arg.name, "' of '", op.type, "' Op has type ", name(tensor.dtype),
                              " that does not match expected type of ", name(arg.type.fixed), "."));
      continue;
    }
    if (const Attr* known = given(node.attrs, arg.type.type_attr)) {
      if (std::get<DType>(known->value) == tensor.dtype) continue;
      if (arg.is_variadic) {
        std::vector<std::string> types;
        for (std::size_t k = 0; k < node.inputs.size(); ++k)
          if (&op.input(k, node.inputs.size()) == &arg) types.emplace_back(name(dtype(node.inputs[k])));
        return type_error(cat("Tensors in list passed to '", arg.name, "' of '", op.type, "' Op have types [",
                              join(types, ", ", [](const std::string& type) { return type; }),
                              "] that don't all match."));
      }
      return type_error(cat("Input '", arg.name, "' of '", op.type, "' Op has type ", name(tensor.dtype),
                            " that does not match type ", name(std::get<DType>(known->value)),
                            " of argument '", first_with[arg.type.type_attr], "'."));
    }
    const AttrSpec* spec = op.find_attr(arg.type.type_attr);
    SANDFLOW_CHECK(spec);
    if (!spec->allowed->contains(tensor.dtype))
      return type_error(cat("Value passed to parameter '", arg.name, "' has DataType ", name(tensor.dtype),
                            " not in list of allowed values: ", spec->allowed->listing));
    node.attrs.push_back({arg.type.type_attr, tensor.dtype});
    first_with[arg.type.type_attr] = arg.name;
  }
  for (const AttrSpec& spec : op.attrs) {
    if (given(node.attrs, spec.name)) continue;
    if (!spec.initial)
      return type_error(cat("Missing a value for attr '", spec.name, "' of '", op.type, "' Op."));
    node.attrs.push_back({spec.name, *spec.initial});
  }
  SANDFLOW_TRY(check_attrs(node));
  for (const Arg& arg : op.outputs) {
    const DType type = arg.type.type_attr ? node.attr<DType>(arg.type.type_attr) : arg.type.fixed;
    const std::int64_t count = arg.count ? node.attr<std::int64_t>(arg.count) : 1;
    for (std::int64_t i = 0; i < count; ++i)
      node.outputs.push_back({type, arg.is_ref, Shape::unknown_rank()});
  }
  return {};
}

Result<int> Graph::add(const Op& op, std::string_view name, std::vector<Output> inputs, Attrs attrs,
                       std::vector<int> control_inputs) {
  if (is_finalized_) return Error{ErrorKind::kRuntimeError, "Graph is finalized and cannot be modified.", {}};
  Node node;
  node.id = size();
  node.op = &op;
  node.inputs = std::move(inputs);
  node.attrs = std::move(attrs);
  for (int control : control_inputs)
    if (std::find(node.control_inputs.begin(), node.control_inputs.end(), control) ==
        node.control_inputs.end())
      node.control_inputs.push_back(control);
  if (name.empty()) name = op.type;
  if (name.back() == '/')
    node.name = name.substr(0, name.size() - 1);
  else
    node.name = unique_name(name);
  if (!is_valid_node_name(node.name)) return value_error(cat("'", node.name, "' is not a valid node name"));
  auto at_node = [&](Error error) {
    error.node = node.name;
    return error;
  };
  if (Status typed = resolve_types(node); !typed.ok()) return at_node(typed.error());
  InferenceContext context(*this, node);
  if (Status inferred = op.infer(context); !inferred.ok()) {
    Error error = inferred.error();
    error.message += context.where();
    return at_node(std::move(error));
  }
  by_name_[node.name] = node.id;
  nodes_.push_back(std::move(node));
  return size() - 1;
}

std::optional<int> Graph::find(std::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? std::nullopt : std::optional<int>(it->second);
}

std::string Graph::tensor_name(Output output) const { return cat(node(output.node).name, ":", output.index); }

std::string Graph::tensor_text(Output output) const {
  const Node::Result& r = result(output);
  const std::string shape = r.shape.has_rank() ? cat(", shape=", r.shape.python()) : "";
  return cat("Tensor(\"", tensor_name(output), "\"", shape, ", dtype=", name(r.dtype), r.is_ref ? "_ref" : "",
             ")");
}

std::string Graph::tensor_repr(Output output) const {
  const Node::Result& r = result(output);
  return cat("<tf.Tensor '", tensor_name(output), "' shape=", r.shape.python(), " dtype=", name(r.dtype),
             r.is_ref ? "_ref" : "", ">");
}

std::string Graph::unique_name(std::string_view name) {
  const std::string base = scope_ + std::string(name);
  const std::string key = lower(base);
  int i = name_counts_[key]++;
  if (i == 0) return base;
  std::string candidate;
  do {
    candidate = cat(key, "_", i++);
  } while (name_counts_.contains(candidate));
  name_counts_[candidate] = 1;
  // All lower numbers are taken by now; starting here next time keeps a long run of equal names quick.
  name_counts_[key] = i;
  return cat(base, "_", i - 1);
}

Graph::Scope Graph::name_scope(std::string_view name) {
  std::string previous = scope_;
  if (name.empty())
    scope_.clear();
  else if (name.back() == '/')
    scope_ = name;
  else
    scope_ = unique_name(name) + "/";
  return {*this, std::move(previous)};
}

SeedPair Graph::op_seed(std::optional<std::int64_t> op_seed) const {
  constexpr std::int64_t kDefaultGraphSeed = 87654321, kMaxInt32 = 2147483647;
  if (!seed_ && !op_seed) return {};
  auto wrap = [](std::int64_t s) { return (s % kMaxInt32 + kMaxInt32) % kMaxInt32; };
  SeedPair pair{wrap(seed_.value_or(kDefaultGraphSeed)), wrap(op_seed.value_or(size()))};
  if (pair.seed == 0 && pair.seed2 == 0) pair.seed2 = kMaxInt32;
  return pair;
}

namespace {

// What a constant subgraph may cost while a graph is built.
constexpr int kMostNodes = 64;
constexpr std::int64_t kMostElements = 1024;

// The value of a tensor that does not depend on feeds, variables or chance, found by running what it is made
// of (common_runtime/shape_refiner.cc, EvaluateConstantTensorForEdge). `nodes_left` bounds the work.
std::optional<Tensor> evaluated(const Graph& graph, Output output, int& nodes_left) {
  while (std::string_view(graph.node(output.node).op->type) == "Identity")
    output = graph.node(output.node).inputs[0];
  if (--nodes_left < 0) return std::nullopt;
  const Node& node = graph.node(output.node);
  const std::string_view type = node.op->type;
  if (type == "Const") return node.attr<Tensor>("value");
  // Known without the tensor itself.
  if ((type == "Shape" && graph.shape(node.inputs[0]).fully_defined()) ||
      (type == "Size" && graph.shape(node.inputs[0]).fully_defined()) ||
      (type == "Rank" && graph.shape(node.inputs[0]).has_rank())) {
    const Shape& shape = graph.shape(node.inputs[0]);
    std::vector<std::int64_t> numbers = shape.dims();
    if (type == "Size") numbers = {shape.elements()};
    if (type == "Rank") numbers = {shape.rank()};
    const Shape form = type == "Shape" ? Shape{shape.rank()} : Shape{};
    if (node.outputs[0].dtype == DType::kInt64) return Tensor::of(form, numbers);
    return Tensor::of(form, std::vector<std::int32_t>(numbers.begin(), numbers.end()));
  }
  if (node.inputs.empty() || node.op->is_stateful) return std::nullopt;
  for (const Node::Result& result : node.outputs)
    if (result.is_ref || (result.shape.fully_defined() && result.shape.elements() > kMostElements))
      return std::nullopt;
  std::vector<Tensor> inputs;
  for (Output input : node.inputs) {
    if (graph.result(input).is_ref) return std::nullopt;
    auto value = evaluated(graph, input, nodes_left);
    if (!value || value->elements() > kMostElements) return std::nullopt;
    inputs.push_back(*std::move(value));
  }
  std::vector<Tensor> outputs(node.outputs.size());
  KernelContext::Slots slots;
  slots.node = &node;
  for (const Tensor& input : inputs) slots.inputs.push_back(&input);
  slots.variables.assign(inputs.size(), nullptr);
  for (Tensor& out : outputs) slots.outputs.push_back(&out);
  KernelContext context(slots);
  // What fails here will say so when it runs.
  if (!node.op->compute(context).ok()) return std::nullopt;
  return outputs[static_cast<std::size_t>(output.index)];
}

// A vector of sizes of which some may be known only (shape_refiner.cc, ConstantPartialShape).
Shape partial_shape(const Graph& graph, Output output, int depth) {
  if (const auto value = graph.constant_value(output); value && value->shape().rank() == 1) {
    Shape shape;
    for (std::int64_t i = 0; i < value->elements(); ++i)
      shape.append(std::max(value->integer(i), Shape::kUnknown));
    return shape;
  }
  const Node& node = graph.node(output.node);
  const std::string_view type = node.op->type;
  if (type == "Shape") return graph.shape(node.inputs[0]);
  const auto part = [&](Output of) { return partial_shape(graph, of, depth - 1); };
  if (depth > 0 && (type == "Cast" || type == "Identity")) return part(node.inputs[0]);
  if (depth > 0 && type == "Pack") {
    Shape shape;
    for (Output input : node.inputs) {
      const auto size = graph.constant_value(input);
      const bool is_size = size && size->shape().rank() == 0 && is_integer(size->dtype());
      shape.append(is_size ? std::max(size->integer(0), Shape::kUnknown) : Shape::kUnknown);
    }
    return shape;
  }
  if (depth > 0 && type == "ConcatV2") {
    Shape whole;
    bool has_rank = true;
    for (std::size_t i = 0; i + 1 < node.inputs.size() && has_rank; ++i) {
      const Shape next = part(node.inputs[i]);
      has_rank = next.has_rank();
      for (std::int64_t dim : next.dims()) whole.append(dim);
    }
    if (has_rank) return whole;
  }
  if (depth > 0 && type == "StridedSlice" && node.attr<std::int64_t>("shrink_axis_mask") == 0 &&
      node.attr<std::int64_t>("new_axis_mask") == 0 && node.attr<std::int64_t>("ellipsis_mask") == 0) {
    const Shape whole = part(node.inputs[0]);
    const auto begin = graph.constant_value(node.inputs[1]), end = graph.constant_value(node.inputs[2]),
               stride = graph.constant_value(node.inputs[3]);
    if (whole.has_rank() && begin && end && stride && begin->elements() == 1 && end->elements() == 1 &&
        stride->elements() == 1 && stride->integer(0) == 1) {
      const auto at = [&](const Tensor& place) {
        const std::int64_t i = place.integer(0);
        return std::clamp<std::int64_t>(i < 0 ? i + whole.rank() : i, 0, whole.rank());
      };
      const std::int64_t first = node.attr<std::int64_t>("begin_mask") & 1 ? 0 : at(*begin);
      const std::int64_t last = node.attr<std::int64_t>("end_mask") & 1 ? whole.rank() : at(*end);
      Shape shape;
      for (std::int64_t i = first; i < last; ++i) shape.append(whole.dim(static_cast<int>(i)));
      return shape;
    }
  }
  const Shape& vector = graph.shape(output);
  if (vector.has_rank() && vector.rank() == 1 && vector.dim(0) != Shape::kUnknown &&
      vector.dim(0) <= Tensor::kMaxRank)
    return Shape::unknown_dims(static_cast<int>(vector.dim(0)));
  return Shape::unknown_rank();
}

}  // namespace

std::optional<Tensor> Graph::constant_value(Output output) const {
  int nodes_left = kMostNodes;
  return evaluated(*this, output, nodes_left);
}

Shape Graph::constant_as_shape(Output output) const {
  constexpr int kDeepest = 16;
  return partial_shape(*this, output, kDeepest);
}

std::optional<Tensor> InferenceContext::constant(int i) {
  auto value = graph_.constant_value(node_.inputs[static_cast<std::size_t>(i)]);
  if (value && value->dtype() != DType::kString) {
    std::string text;
    for (std::int64_t k = 0; k < std::min<std::int64_t>(value->elements(), 3); ++k)
      text += (k ? " " : "") + shortest(value->number(k));
    computed_[i] = cat("<", text, value->elements() > 3 ? "...>" : ">");
  }
  return value;
}

Shape InferenceContext::constant_as_shape(int i) {
  Shape shape = graph_.constant_as_shape(node_.inputs[static_cast<std::size_t>(i)]);
  if (shape.has_rank()) computed_shapes_[i] = shape.runtime();
  return shape;
}

Status InferenceContext::require_rank(int i, int rank) const {
  if (!input(i).has_rank() || input(i).rank() == rank) return {};
  return value_error(cat("Shape must be rank ", rank, " but is rank ", input(i).rank()));
}

std::string InferenceContext::where() const {
  std::string text = cat(" for '", node_.name, "' (op: '", node_.op->type, "') with input shapes: ",
                         join(node_.inputs, ", ", [&](Output o) { return graph_.shape(o).runtime(); }));
  auto list = [](const std::map<int, std::string>& values) {
    return join(values, ", ", [](const auto& v) { return cat("input[", v.first, "] = ", v.second); });
  };
  if (!computed_.empty()) text += cat(" and with computed input tensors: ", list(computed_));
  if (!computed_shapes_.empty())
    text += cat(" and with input tensors computed as partial shapes: ", list(computed_shapes_));
  return text + ".";
}

}  // namespace sandflow
