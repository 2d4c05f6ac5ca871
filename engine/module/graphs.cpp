// Calls that build graphs: tf.Variable, tf.gradients and Optimizer.minimize over values of requests, and what
// stands for a graph's elements. operations.cpp adds single operations and functions.
#include <algorithm>

#include "engine/core/print.h"
#include "engine/core/text.h"
#include "engine/graph/gradients.h"
#include "engine/module/state.h"
#include "engine/scene/settings.h"
#include "engine/training/initializers.h"
#include "engine/training/optimizers.h"

namespace sandflow {

namespace {

Error key_error(std::string message) { return {ErrorKind::kKeyError, std::move(message), {}}; }

}  // namespace

const tf::Variable* GraphRoom::variable(int node) const {
  const auto found = std::find_if(variables.begin(), variables.end(),
                                  [&](const tf::Variable& variable) { return variable.ref.node == node; });
  return found == variables.end() ? nullptr : &*found;
}

const GraphRoom* Module::State::room_of(int handle) const {
  const auto found = graphs.find(handle);
  return found == graphs.end() ? nullptr : found->second.get();
}

GraphRoom* Module::State::graph(Query& query) {
  const auto found = graphs.find(query.integer("graph"));
  if (found != graphs.end()) return found->second.get();
  query.fail({ErrorKind::kRuntimeError, "there is no such graph: it was freed.", {}});
  return nullptr;
}

Place Module::State::place(Query& query, GraphRoom* room) {
  Place place{query.text("scope"), {}};
  if (!place.scope.empty() && (place.scope.back() != '/' || !is_valid_node_name(place.scope)))
    query.fail(value_error(cat("'", place.scope, "' is not a valid scope name")));
  for (const Value& value : query.values("control")) {
    if (!room) break;
    const Result<int> node = operation(*room, value);
    if (node.ok())
      place.control.push_back(*node);
    else
      query.fail(node.error());
  }
  return place;
}

std::string Module::State::repr(const Value& value) const {
  const auto in_graph = [&](int handle, int node, auto text) -> std::string {
    const GraphRoom* room = room_of(handle);
    return room && node < room->graph.size() ? text(room->graph) : "<an element of no graph>";
  };
  if (const auto* ref = std::get_if<TensorRef>(&value))
    return in_graph(ref->graph, ref->node, [&](const Graph& graph) -> std::string {
      if (ref->output >= static_cast<int>(graph.node(ref->node).outputs.size())) return "<no tensor>";
      return graph.tensor_repr({ref->node, ref->output});
    });
  if (const auto* ref = std::get_if<OperationRef>(&value))
    return in_graph(ref->graph, ref->node, [&](const Graph& graph) {
      const Node& node = graph.node(ref->node);
      return cat("<tf.Operation '", node.name, "' type=", node.op->type, ">");
    });
  if (const auto* ref = std::get_if<VariableRef>(&value))
    return in_graph(ref->graph, ref->node, [&](const Graph& graph) -> std::string {
      if (graph.node(ref->node).outputs.empty()) return "<no variable>";
      const Node::Result& result = graph.node(ref->node).outputs[0];
      return cat("<tf.Variable '", graph.tensor_name({ref->node, 0}), "' shape=", result.shape.python(),
                 " dtype=", name(result.dtype), "_ref>");
    });
  if (const auto* ref = std::get_if<NameRef>(&value)) return cat("'", ref->name, "'");
  if (const auto* literal = std::get_if<Literal>(&value)) return literal->python();
  return sandflow::repr(std::get<Tensor>(value));
}

std::string Module::State::str(const Value& value) const {
  const auto* ref = std::get_if<TensorRef>(&value);
  const GraphRoom* room = ref ? room_of(ref->graph) : nullptr;
  if (!room || !tensor(*room, value).ok()) return repr(value);
  return room->graph.tensor_text({ref->node, ref->output});
}

std::string Module::State::type_name(const Value& value) const {
  constexpr const char* kNames[] = {"Tensor", "Operation", "RefVariable", "str"};
  if (const auto* literal = std::get_if<Literal>(&value)) return literal->python_type();
  return std::holds_alternative<Tensor>(value) ? "ndarray" : kNames[value.index()];
}

Result<Output> Module::State::element_named(const GraphRoom& room, std::string_view name,
                                            bool is_tensor) const {
  const std::size_t colon = name.rfind(':');
  const std::string_view op_name = name.substr(0, colon);
  const std::optional<int> node = room.graph.find(op_name);
  if (!is_tensor) {
    if (colon != std::string_view::npos && node)
      return value_error(cat("The name '", name, "' refers to a Tensor, not an Operation."));
    if (!node || colon != std::string_view::npos)
      return key_error(cat("The name '", name, "' refers to an Operation not in the graph."));
    return Output{*node, 0};
  }
  if (colon == std::string_view::npos)
    return value_error(cat("The name '", name, "' ",
                           node ? "refers to an Operation, not a Tensor. "
                                : "looks like an (invalid) Operation name, not a Tensor. ",
                           "Tensor names must be of the form \"<op_name>:<output_index>\"."));
  const auto index = parse_int(name.substr(colon + 1));
  if (!index || *index < 0)
    return value_error(
        cat("The name '", name,
            "' looks like a tensor name, but is not a valid one. Tensor names must be of the form "
            "\"<op_name>:<output_index>\"."));
  const std::string missing =
      cat("The name '", name, "' refers to a Tensor which does not exist. The operation, '", op_name, "', ");
  if (!node) return key_error(missing + "does not exist in the graph.");
  const auto outputs = static_cast<long long>(room.graph.node(*node).outputs.size());
  if (*index >= outputs) return key_error(cat(missing, "exists but only has ", outputs, " outputs."));
  return Output{*node, static_cast<int>(*index)};
}

Result<Output> Module::State::tensor(const GraphRoom& room, const Value& value) const {
  Output found;
  int handle = room.handle;
  if (const auto* by_name = std::get_if<NameRef>(&value)) return element_named(room, by_name->name, true);
  if (const auto* ref = std::get_if<TensorRef>(&value)) {
    found = {ref->node, ref->output};
    handle = ref->graph;
  } else if (const auto* variable = std::get_if<VariableRef>(&value)) {
    found = {variable->node, 0};
    handle = variable->graph;
    if (handle == room.handle && !room.variable(variable->node)) found = {};
  } else {
    return type_error(cat("Can not convert a ", type_name(value), " into a Tensor."));
  }
  if (handle != room.handle) {
    const std::string text = std::holds_alternative<TensorRef>(value) ? str(value) : repr(value);
    return value_error(cat("Tensor ", text, " is not an element of this graph."));
  }
  if (!found.valid() || found.node >= room.graph.size() ||
      found.index >= static_cast<int>(room.graph.node(found.node).outputs.size()))
    return type_error("there is no such tensor.");
  return found;
}

Result<std::vector<Output>> Module::State::tensors(const GraphRoom& room,
                                                   const std::vector<Value>& values) const {
  std::vector<Output> out;
  for (const Value& value : values) {
    const Result<Output> found = tensor(room, value);
    if (!found.ok()) return found.error();
    out.push_back(*found);
  }
  return out;
}

Result<int> Module::State::operation(const GraphRoom& room, const Value& value) const {
  const auto* ref = std::get_if<OperationRef>(&value);
  if (!ref) {
    const Result<Output> found = tensor(room, value);
    return found.ok() ? Result<int>(found->node) : found.error();
  }
  if (ref->graph != room.handle)
    return value_error(cat("Operation ", repr(value), " is not an element of this graph."));
  if (ref->node >= room.graph.size()) return type_error("there is no such operation.");
  return ref->node;
}

Status Module::State::new_graph(Query& query, Answer& answer) {
  const auto seed = query.integer_if_any("seed");
  SANDFLOW_TRY(query.status());
  auto room = std::make_shared<GraphRoom>();
  room->handle = ++last_handle;
  if (seed) room->graph.set_seed(*seed);
  answer.json.value(room->handle);
  graphs[room->handle] = std::move(room);
  return {};
}

Status Module::State::finalize(Query& query, Answer& answer) {
  GraphRoom* room = graph(query);
  SANDFLOW_TRY(query.status());
  room->graph.finalize();
  answer.json.null();
  return {};
}

// The scope that `name` enters; requests say it back as the scope they stand in.
Status Module::State::enter_scope(Query& query, Answer& answer) {
  GraphRoom* room = graph(query);
  const Place outer = place(query, room);
  const std::string name = query.text("name");
  SANDFLOW_TRY(query.status());
  // ops.py, name_scope: only the first of nested scopes is held to the rule for the first character.
  if (!name.empty() && !is_valid_node_name(outer.scope + name))
    return value_error(cat("'", name, "' is not a valid scope name"));
  const auto around = room->graph.name_scope(outer.scope);
  const auto inside = room->graph.name_scope(name);
  answer.json.value(room->graph.scope());
  return {};
}

Status Module::State::add_variable(Query& query, Answer& answer) {
  GraphRoom* room = graph(query);
  const Place where = place(query, room);
  const bool trainable = query.flag("trainable", true), has_value = query.has("initial_value");
  std::string name = query.text("name"), type = query.text("dtype");
  const std::string chosen = query.text("initializer");
  const std::optional<Value> initial = has_value ? query.value("initial_value") : std::nullopt;
  const std::optional<Value> size = query.has("shape") ? query.value("shape") : std::nullopt;
  const Choice choice{chosen.empty() ? "glorot_uniform" : chosen, query.numbers("parameters")};
  const auto seed = query.integer_if_any("seed");
  SANDFLOW_TRY(query.status());
  const auto dtype = dtype_from_name(type);
  if (!type.empty() && !dtype) return type_error(cat("data type '", type, "' not understood"));
  if (name.empty()) name = "Variable";
  Builder b(room->graph);
  const auto outer = room->graph.name_scope(where.scope);
  const auto control = b.control_dependencies(where.control);
  tf::Variable variable;
  if (initial) {
    if (is_constant(*initial)) {
      const Result<Tensor> tensor = tensor_of(*initial, dtype);
      if (!tensor.ok()) return tensor.error();
      variable = tf::variable(b, *tensor, name, trainable);
    } else {
      const Result<Output> found = tensor(*room, *initial);
      if (!found.ok()) return found.error();
      const bool is_variable = std::holds_alternative<VariableRef>(*initial);
      variable = tf::variable(b, is_variable ? room->variable(found->node)->value : *found, name, trainable);
    }
  } else {
    if (!size) return value_error("initial_value must be specified.");
    const auto* literal = std::get_if<Literal>(&*size);
    const Result<Shape> shape =
        literal ? literal->shape() : Result<Shape>(type_error("'shape' must be a list."));
    if (!shape.ok()) return shape.error();
    if (!shape->fully_defined())
      return value_error(cat("Shape of a new variable (", name, ") must be fully defined, but instead was ",
                             shape->python(), "."));
    const DType of = dtype.value_or(DType::kFloat32);
    if (!is_floating(of))  // As init_ops.py says it of initializers that draw numbers.
      return value_error(cat("Expected floating point type, got <dtype: '", sandflow::name(of), "'>."));
    SANDFLOW_TRY(Tensor::check_size(of, *shape));
    SANDFLOW_TRY(check_choice("initializer", choice));
    const InitializerType& initializer = *find_initializer_type(choice.name);
    variable = tf::variable_from(b, name, trainable, [&] {
      return initializer.build(b, *shape, of, complete(initializer.parameters, choice.parameters), seed);
    });
  }
  SANDFLOW_TRY(b.status());
  room->variables.push_back(variable);
  answer.json.open('[')
      .value(variable.ref.node)
      .value(variable.value.node)
      .value(variable.initializer)
      .close(']');
  return {};
}

Status Module::State::add_gradients(Query& query, Answer& answer) {
  GraphRoom* room = graph(query);
  const Place where = place(query, room);
  const std::vector<Value> y_values = query.values("ys"), x_values = query.values("xs");
  const std::string name = query.text("name");
  SANDFLOW_TRY(query.status());
  const Result<std::vector<Output>> ys = tensors(*room, y_values), xs = tensors(*room, x_values);
  if (!ys.ok()) return ys.error();
  if (!xs.ok()) return xs.error();
  Builder b(room->graph);
  const auto outer = room->graph.name_scope(where.scope);
  const auto control = b.control_dependencies(where.control);
  const Result<std::vector<Output>> made = gradients(b, *ys, *xs, name.empty() ? "gradients" : name);
  if (!made.ok()) return made.error();
  answer.json.open('[');
  for (const Output& gradient : *made)
    if (gradient.valid())
      answer.json.open('[').value(gradient.node).value(gradient.index).close(']');
    else
      answer.json.null();
  answer.json.close(']');
  return {};
}

Status Module::State::add_minimize(Query& query, Answer& answer) {
  GraphRoom* room = graph(query);
  const Place where = place(query, room);
  const std::optional<Value> loss_value = query.value("loss");
  const Choice choice{query.text("optimizer"), query.numbers("parameters")};
  const std::map<std::string, Value> tensor_values = query.named_values("tensors");
  const std::vector<Value> chosen = query.values("var_list");
  const std::optional<Value> counted = query.has("global_step") ? query.value("global_step") : std::nullopt;
  const bool all = !query.has("var_list");
  SANDFLOW_TRY(query.status());
  SANDFLOW_TRY(check_choice("optimizer", choice));
  const OptimizerType& optimizer = *find_optimizer_type(choice.name);
  const Result<Output> loss = tensor(*room, *loss_value);
  if (!loss.ok()) return loss.error();
  const auto variable_of = [&](const Value& value) -> Result<tf::Variable> {
    const auto* ref = std::get_if<VariableRef>(&value);
    const Result<Output> found = tensor(*room, value);
    if (!ref || !found.ok()) return type_error(cat("Argument is not a variable: ", str(value)));
    return *room->variable(found->node);
  };
  std::vector<tf::Variable> variables;
  for (const Value& value : chosen) {
    const Result<tf::Variable> found = variable_of(value);
    if (!found.ok()) return found.error();
    variables.push_back(*found);
  }
  MinimizeOptions options;
  if (counted) {
    const Result<tf::Variable> found = variable_of(*counted);
    if (!found.ok()) return found.error();
    const DType dtype = room->graph.dtype(found->ref);
    if (!is_integer(dtype))  // training_util.py, assert_global_step.
      return type_error(
          cat("Existing \"global_step\" does not have integer type: <dtype: '", sandflow::name(dtype), "'>"));
    options.global_step = *found;
  }
  for (const auto& [key, value] : tensor_values) {
    const bool is_known = std::any_of(
        optimizer.parameters.begin(), optimizer.parameters.end(),
        [name = std::string_view(key)](const Parameter& parameter) { return name == parameter.name; });
    if (!is_known || !is_live(optimizer, key))
      return value_error(cat("optimizer '", optimizer.name, "' takes no tensor '", key, "'."));
    const Result<Output> found = tensor(*room, value);
    if (!found.ok()) return found.error();
    const bool is_variable = std::holds_alternative<VariableRef>(value);
    options.tensors[key] = is_variable ? room->variable(found->node)->value : *found;
  }
  for (const tf::Variable& variable : room->variables)
    if (all && variable.is_trainable) variables.push_back(variable);
  if (variables.empty()) return value_error("No variables to optimize.");
  Builder b(room->graph);
  const auto outer = room->graph.name_scope(where.scope);
  const auto control = b.control_dependencies(where.control);
  std::vector<Output> refs;
  for (const tf::Variable& variable : variables) refs.push_back(variable.ref);
  const Result<std::vector<Output>> grads = gradients(b, {*loss}, refs);
  if (!grads.ok()) return grads.error();
  const Result<Minimized> made = minimize(b, optimizer, complete(optimizer.parameters, choice.parameters),
                                          *loss, variables, *grads, options);
  if (!made.ok()) return made.error();
  room->variables.insert(room->variables.end(), made->slots.begin(), made->slots.end());
  answer.json.value(made->train_op);
  return {};
}

Status Module::State::add_initializer(Query& query, Answer& answer) {
  GraphRoom* room = graph(query);
  const Place where = place(query, room);
  const std::string name = query.text("name");
  SANDFLOW_TRY(query.status());
  Builder b(room->graph);
  const auto outer = room->graph.name_scope(where.scope);
  const auto control = b.control_dependencies(where.control);
  const int node = tf::variables_initializer(b, room->variables, name.empty() ? "init" : name);
  SANDFLOW_TRY(b.status());
  answer.json.value(node);
  return {};
}

Status Module::State::find_element(Query& query, Answer& answer) {
  GraphRoom* room = graph(query);
  const std::string name = query.text("name");
  const bool is_tensor = query.flag("tensor", true);
  SANDFLOW_TRY(query.status());
  const Result<Output> found = element_named(*room, name, is_tensor);
  if (!found.ok()) return found.error();
  answer.json.open('[').value(found->node).value(found->index).close(']');
  return {};
}

Status Module::State::count_nodes(Query& query, Answer& answer) {
  const GraphRoom* room = graph(query);
  SANDFLOW_TRY(query.status());
  answer.json.value(room->graph.size());
  return {};
}

Status Module::State::describe_node(Query& query, Answer& answer) {
  const GraphRoom* room = graph(query);
  const std::int64_t id = query.integer("node");
  SANDFLOW_TRY(query.status());
  if (id < 0 || id >= room->graph.size()) return type_error("there is no such operation.");
  const Node& node = room->graph.node(static_cast<int>(id));
  JsonWriter& json = answer.json;
  json.open().field("name", node.name).field("type", node.op->type).key("inputs").open('[');
  for (Output input : node.inputs) json.open('[').value(input.node).value(input.index).close(']');
  json.close(']').key("control_inputs").open('[');
  for (int control : node.control_inputs) json.value(control);
  json.close(']').key("outputs").open('[');
  for (const Node::Result& output : node.outputs) {
    json.open().field("dtype", sandflow::name(output.dtype)).field("is_ref", output.is_ref).key("shape");
    answer.shape(output.shape);
    json.close();
  }
  json.close(']').close();
  return {};
}

}  // namespace sandflow
