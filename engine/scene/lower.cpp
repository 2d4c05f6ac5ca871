// Scene nodes become operations one by one, inputs first; then the gradients and the optimizer of the loss
// are added.
#include "engine/scene/lower.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/core/text.h"
#include "engine/graph/gradients.h"
#include "engine/scene/fields.h"
#include "engine/scene/node_types.h"
#include "engine/tf/tf.h"
#include "engine/training/clipping.h"
#include "engine/training/initializers.h"
#include "engine/training/optimizers.h"
#include "engine/training/schedules.h"

namespace sandflow {

namespace {

// As Python says it: 'a', 'b', and 'c'.
Error missing_arguments(const std::string& function, const std::vector<std::string>& names) {
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) list += i + 1 < names.size() ? ", " : names.size() > 2 ? ", and " : " and ";
    list += cat("'", names[i], "'");
  }
  return type_error(cat(function, "() missing ", names.size(), " required positional argument",
                        names.size() > 1 ? "s: " : ": ", list));
}

// Turns one scene into one graph; the members are what the steps hand on to each other.
class Lowering {
 public:
  explicit Lowering(const Scene& scene) : scene_(scene) {
    out_.graph = std::make_unique<Graph>();
    out_.graph->set_seed(scene.training.seed);
    out_.nodes.resize(scene.nodes.size());
    for (std::size_t i = 0; i < scene.nodes.size(); ++i) index_[scene.nodes[i].name] = static_cast<int>(i);
  }

  Lowered run() {
    for (int index : order()) {
      add(index);
      out_.owner.resize(static_cast<std::size_t>(out_.graph->size()), index);
    }
    find_writes();
    add_training();
    out_.owner.resize(static_cast<std::size_t>(out_.graph->size()), -1);
    find_writes();
    return std::move(out_);
  }

 private:
  LoweredNode& lowered(int index) { return out_.nodes[static_cast<std::size_t>(index)]; }
  const SceneNode& node(int index) const { return scene_.nodes[static_cast<std::size_t>(index)]; }

  // The scene node at the other end of a port's wire; -1 if there is none.
  int source(const Port& port) const {
    if (port.kind != Port::Kind::kWire) return -1;
    const auto it = index_.find(parse_wire(port.text).node);
    return it == index_.end() ? -1 : it->second;
  }

  // Inputs before consumers, otherwise as in the scene, so that names and seeds do not depend on where wires
  // were drawn. Nodes on a cycle get their error here and are left out.
  std::vector<int> order() {
    const int count = static_cast<int>(scene_.nodes.size());
    std::vector<int> waiting(scene_.nodes.size(), 0);
    std::vector<std::vector<int>> consumers(scene_.nodes.size());
    std::set<int> ready;
    for (int i = 0; i < count; ++i) {
      for (const Port& port : node(i).inputs) {
        if (source(port) < 0) continue;
        ++waiting[static_cast<std::size_t>(i)];
        consumers[static_cast<std::size_t>(source(port))].push_back(i);
      }
      if (waiting[static_cast<std::size_t>(i)] == 0) ready.insert(i);
    }
    std::vector<int> sorted;
    while (!ready.empty()) {
      const int next = *ready.begin();
      ready.erase(ready.begin());
      sorted.push_back(next);
      for (int consumer : consumers[static_cast<std::size_t>(next)])
        if (--waiting[static_cast<std::size_t>(consumer)] == 0) ready.insert(consumer);
    }
    mark_unordered(waiting);
    return sorted;
  }

  // A node that never became ready lies on a cycle, or behind one: from input to input, every way back ends
  // in a cycle.
  void mark_unordered(const std::vector<int>& waiting) {
    const auto waits = [&](int i) { return waiting[static_cast<std::size_t>(i)] > 0; };
    std::vector<int> walk(scene_.nodes.size(), -1);  // Which walk came by, by where it started.
    for (int start = 0; start < static_cast<int>(walk.size()); ++start) {
      std::vector<int> path;
      int at = start;
      while (waits(at) && walk[static_cast<std::size_t>(at)] < 0) {
        walk[static_cast<std::size_t>(at)] = start;
        path.push_back(at);
        for (const Port& port : node(path.back()).inputs)
          if (const int from = source(port); from >= 0 && waits(from)) at = from;
      }
      // Either this walk closed here, or an earlier one has judged this node already.
      const auto cycle = std::find(path.begin(), path.end(), at);
      for (auto it = path.begin(); it != cycle; ++it) lowered(*it).is_blocked = true;
      mark_cycle({cycle, path.end()});
    }
  }

  // `cycle`: each node is an input of the one before it.
  void mark_cycle(std::vector<int> cycle) {
    constexpr std::size_t kMostNames = 8;
    std::reverse(cycle.begin(), cycle.end());
    for (std::size_t i = 0; i < cycle.size(); ++i) {
      const std::string& name = node(cycle[i]).name;
      std::string way;
      for (std::size_t k = 0; k < std::min(cycle.size(), kMostNames); ++k)
        way += node(cycle[(i + k) % cycle.size()]).name + " -> ";
      if (cycle.size() > kMostNames) way += "... -> ";
      lowered(cycle[i]).error = Error{ErrorKind::kValueError,
                                      cat("The graph has a cycle: ", way, name,
                                          ". An operation can only use tensors that exist before it."),
                                      name};
    }
  }

  Status add_const(int index) {
    const Result<Literal> value = literal_field(node(index), "value");
    if (!value.ok()) return value.error();
    std::optional<DType> type;
    if (!field_text(node(index), "dtype").empty()) {
      const Result<DType> chosen = dtype_field(node(index), "dtype");
      if (!chosen.ok()) return chosen.error();
      type = *chosen;
    }
    Builder b(*out_.graph);
    lowered(index).outputs = {tf::constant(b, *value, type, node(index).name)};
    return b.status();
  }

  Status add_placeholder(int index) {
    const Result<DType> type = dtype_field(node(index), "dtype");
    if (!type.ok()) return type.error();
    const Result<Shape> declared = shape_field(node(index), "shape");
    if (!declared.ok()) return declared.error();
    Builder b(*out_.graph);
    const Output placeholder = tf::placeholder(b, *type, *declared, node(index).name);
    SANDFLOW_TRY(b.status());
    lowered(index).outputs = {placeholder};
    const std::string feed = field_text(node(index), "feed");
    if (feed.empty()) return {};
    if (feed == "features")
      out_.model.features.push_back(placeholder);
    else if (feed == "labels")
      out_.model.labels.push_back(placeholder);
    else
      return add_constant_feed(index, placeholder);
    return {};
  }

  // A wrong feed is an error of running, but it is known already: it is shown at the placeholder, which stays
  // usable.
  Status add_constant_feed(int index, Output placeholder) {
    const Graph& graph = *out_.graph;
    const Result<Literal> value = literal_field(node(index), "feed");
    if (!value.ok()) return value.error();
    // np.asarray(value, dtype): Python numbers of any kind are taken.
    Result<Tensor> tensor = value->array();
    if (tensor.ok()) tensor = converted(*tensor, graph.dtype(placeholder));
    if (!tensor.ok()) return tensor.error();
    if (!graph.shape(placeholder).compatible_with(tensor->shape()))
      return value_error(cat("Cannot feed value of shape ", tensor->shape().python(), " for Tensor '",
                             graph.tensor_name(placeholder), "', which has shape '",
                             graph.shape(placeholder).python(), "'"));
    out_.model.constant_feeds.push_back({placeholder, *std::move(tensor)});
    return {};
  }

  Status add_variable(int index) {
    const SceneNode& own = node(index);
    Builder b(*out_.graph);
    const bool trainable = field_text(node(index), "trainable") != "False";
    tf::Variable variable;
    if (!own.inputs.empty() && own.inputs[0].kind != Port::Kind::kEmpty) {
      tf::Value initial = Output{};
      if (own.inputs[0].kind == Port::Kind::kWire) {
        initial = *resolve(own.inputs[0], false);
      } else {
        const Result<Literal> value = Literal::parse(own.inputs[0].text);
        if (!value.ok()) return in_field("initial_value", value.error());
        initial = *value;
      }
      variable = tf::variable(b, initial, own.name, trainable);
    } else {
      const Result<DType> type = dtype_field(node(index), "dtype");
      if (!type.ok()) return type.error();
      if (!is_floating(*type))  // As init_ops.py says it of initializers that draw numbers.
        return value_error(cat("Expected floating point type, got <dtype: '", name(*type), "'>."));
      if (field_text(node(index), "shape").empty()) {
        lowered(index).is_unfinished = true;
        return value_error(cat("Shape of a new variable (", own.name,
                               ") must be fully defined, but instead was <unknown>."));
      }
      const Result<Shape> declared = shape_field(node(index), "shape");
      if (!declared.ok()) return declared.error();
      if (!declared->fully_defined())
        return value_error(cat("Shape of a new variable (", own.name,
                               ") must be fully defined, but instead was ", declared->python(), "."));
      SANDFLOW_TRY(Tensor::check_size(*type, *declared));
      const std::string chosen = field_text(node(index), "initializer");
      const InitializerType* initializer =
          find_initializer_type(chosen.empty() ? scene_.training.initializer.name : chosen);
      if (!initializer) return value_error(cat("Unknown initializer: ", chosen));
      Parameters parameters = complete(
          initializer->parameters, chosen.empty() ? scene_.training.initializer.parameters : Parameters{});
      for (const Parameter& parameter : initializer->parameters) {
        const auto text = own.attrs.find(parameter.name);
        if (chosen.empty() || text == own.attrs.end() || text->second.empty()) continue;
        const auto number = parse_double(text->second);
        if (!number || !(*number >= parameter.minimum && *number <= parameter.maximum))
          return value_error(cat(parameter.name, ": '", text->second, "' is not a number from ",
                                 shortest(parameter.minimum), " to ", shortest(parameter.maximum), "."));
        parameters[parameter.name] = *number;
      }
      const auto op_seed = seed_field(node(index));
      if (!op_seed.ok()) return op_seed.error();
      variable = tf::variable_from(b, own.name, trainable, [&] {
        return initializer->build(b, *declared, *type, parameters, *op_seed);
      });
    }
    SANDFLOW_TRY(b.status());
    lowered(index).outputs = {variable.value};
    lowered(index).ref = variable.ref;
    variables_.push_back(variable);
    return {};
  }

  // The tensor at the other end of a wire; nothing if its node is missing, wrong, or has no such output.
  std::optional<Output> resolve(const Port& port, bool wants_ref) {
    const WireEnd end = parse_wire(port.text);
    if (source(port) < 0 || end.output < 0) return std::nullopt;
    const LoweredNode& from = lowered(source(port));
    if (end.output >= static_cast<int>(from.outputs.size())) return std::nullopt;
    if (wants_ref && from.ref.valid()) return from.ref;
    return from.outputs[static_cast<std::size_t>(end.output)];
  }

  // A scene's node has the input that may be repeated last, wherever the operation has it.
  static std::vector<const Port*> in_order_of(const std::vector<Arg>& args, const std::vector<Port>& ports) {
    const auto variadic =
        std::find_if(args.begin(), args.end(), [](const Arg& arg) { return arg.is_variadic; });
    const std::size_t fixed = args.size() - (variadic != args.end());
    std::vector<const Port*> ordered;
    for (const Port& port : ports) ordered.push_back(&port);
    if (ports.size() > fixed && variadic != args.end())
      std::rotate(ordered.begin() + (variadic - args.begin()),
                  ordered.begin() + static_cast<std::ptrdiff_t>(fixed), ordered.end());
    return ordered;
  }

  // The tensors that come in. Literals typed into ports become constants in the node's scope, which is open,
  // with the dtype that its other inputs ask for. `arg(i)`: what input i is.
  template <class ArgOf>
  Result<std::vector<Output>> inputs_of(Builder& b, const std::vector<const Port*>& ports, ArgOf arg) {
    std::vector<Output> inputs(ports.size());
    for (std::size_t i = 0; i < ports.size(); ++i)
      if (ports[i]->kind == Port::Kind::kWire) inputs[i] = *resolve(*ports[i], arg(i).is_ref);
    for (std::size_t i = 0; i < ports.size(); ++i) {
      if (ports[i]->kind != Port::Kind::kLiteral) continue;
      const Result<Literal> value = Literal::parse(ports[i]->text);
      if (!value.ok()) return in_field(arg(i).name, value.error());
      std::optional<DType> wanted;
      if (!arg(i).type.type_attr) wanted = arg(i).type.fixed;
      for (std::size_t k = 0; k < inputs.size() && !wanted; ++k)
        if (inputs[k].valid() && arg(k).type.type_attr && arg(i).type.type_attr &&
            std::string_view(arg(k).type.type_attr) == arg(i).type.type_attr)
          wanted = out_.graph->dtype(inputs[k]);
      const Result<Tensor> tensor = value->tensor_hinted(wanted);
      if (!tensor.ok()) return tensor.error();
      inputs[i] = tf::constant(b, *tensor, arg(i).name);
      SANDFLOW_TRY(b.status());
    }
    return inputs;
  }

  Status add_op(int index, const NodeType& type) {
    const SceneNode& own = node(index);
    const Op& op = *type.op;
    const std::vector<const Port*> ports = in_order_of(op.inputs, own.inputs);
    Builder b(*out_.graph);
    const auto scope = out_.graph->name_scope(own.name);
    const std::string own_scope = out_.graph->scope();
    Result<std::vector<Output>> inputs =
        inputs_of(b, ports, [&](std::size_t i) -> const Arg& { return op.input(i, ports.size()); });
    if (!inputs.ok()) return inputs.error();
    // tf.divide of integers is the true quotient: both become float64 (math_ops.py, _truediv_python3).
    if (std::string_view(op.type) == "RealDiv" && is_integer(b.dtype((*inputs)[0])) &&
        b.dtype((*inputs)[0]) == b.dtype((*inputs)[1]))
      for (Output& input : *inputs) input = b.op("Cast", {input}, {{"DstT", DType::kFloat64}}, "Cast");
    Attrs attrs;
    for (const NodeField& field : type.fields) {
      if (field.name == "seed") {
        const auto op_seed = seed_field(node(index));
        if (!op_seed.ok()) return op_seed.error();
        const SeedPair pair = out_.graph->op_seed(*op_seed);
        attrs.push_back({"seed", pair.seed});
        attrs.push_back({"seed2", pair.seed2});
        continue;
      }
      Result<AttrValue> value = attribute_field(own, field);
      if (!value.ok()) return value.error();
      attrs.push_back({field.name, *std::move(value)});
    }
    const Output first = b.op(op.type, *inputs, attrs, own_scope);
    SANDFLOW_TRY(b.status());
    for (int i = 0; i < static_cast<int>(out_.graph->node(first.node).outputs.size()); ++i)
      lowered(index).outputs.push_back({first.node, i});
    return {};
  }

  Status add_function(int index, const NodeType& type) {
    const SceneNode& own = node(index);
    const std::vector<Arg>& args = type.function->inputs;
    Builder b(*out_.graph);
    const auto scope = out_.graph->name_scope(own.name);
    const Result<std::vector<Output>> inputs =
        inputs_of(b, in_order_of(args, own.inputs),
                  [&](std::size_t i) -> const Arg& { return args[std::min(i, args.size() - 1)]; });
    if (!inputs.ok()) return inputs.error();
    Attrs attrs;
    for (const NodeField& field : type.fields) {
      if (field.name == "seed") {
        const auto seed = seed_field(own);
        if (!seed.ok()) return seed.error();
        attrs.push_back({"seed", seed->value_or(-1)});
        continue;
      }
      Result<AttrValue> value = attribute_field(own, field);
      if (!value.ok()) return value.error();
      attrs.push_back({field.name, *std::move(value)});
    }
    const int before = out_.graph->size();
    Result<std::vector<Output>> outputs =
        tf::call(b, *type.function, *inputs, std::move(attrs), out_.graph->scope());
    if (!outputs.ok()) return outputs.error();
    lowered(index).outputs = *std::move(outputs);
    // In TensorFlow the rate would be fed: 0 where nothing is to be dropped. Where the
    // learner's own nodes have taken its name, the graph has given it a number.
    if (std::string_view(type.function->name) == "dropout")
      for (int id = before; id < out_.graph->size(); ++id)
        if (out_.graph->node(id).name.starts_with(cat(out_.graph->scope(), "rate")))
          out_.model.dropout_rates.push_back({id, 0});
    return {};
  }

  void add(int index) {
    const SceneNode& own = node(index);
    LoweredNode& result = lowered(index);
    const auto fail = [&](Error error) {
      error.node = own.name;
      result.outputs.clear();
      result.error = std::move(error);
    };
    const NodeType* type = find_node_type(own.type);
    if (!type) return fail({ErrorKind::kNotFound, cat("Op type not registered '", own.type, "'"), {}});
    for (std::size_t i = 0; i < own.inputs.size(); ++i) {
      const Port& port = own.inputs[i];
      if (port.kind != Port::Kind::kWire || resolve(port, false)) continue;
      const WireEnd end = parse_wire(port.text);
      const int from = source(port);
      if (from < 0)
        return fail(value_error(cat("The name '", end.node, "' refers to an Operation not in the graph.")));
      if (!lowered(from).outputs.empty())
        return fail(value_error(cat("The name '", end.node, ":", end.output,
                                    "' refers to a Tensor which does not exist. The operation, '", end.node,
                                    "', exists but only has ", lowered(from).outputs.size(), " outputs.")));
      result.is_blocked = true;
      return;
    }
    if (type->op || type->function) {
      if (const std::vector<std::string> missing = missing_inputs(own, *type); !missing.empty()) {
        result.is_unfinished = true;
        const std::string& python = type->python;  // "tf.matmul", or "x + y".
        return fail(missing_arguments(
            python.find(' ') == std::string::npos ? python.substr(python.rfind('.') + 1) : type->name,
            missing));
      }
      if (own.inputs.size() > type->inputs.size() && !type->variadic)
        return fail(type_error(
            cat("'", own.type, "' Op takes ", type->inputs.size(), " inputs, got ", own.inputs.size(), ".")));
    }
    const Status status = own.type == "Const"         ? add_const(index)
                          : own.type == "Placeholder" ? add_placeholder(index)
                          : own.type == "Variable"    ? add_variable(index)
                          : type->function            ? add_function(index, *type)
                                                      : add_op(index, *type);
    if (status.ok()) return;
    // A placeholder with a wrong feed is still a node of the graph.
    const std::vector<Output> outputs = result.outputs;
    fail(status.error());
    if (own.type == "Placeholder") result.outputs = outputs;
  }

  // The node a training setting names; nothing if there is none, or it is not in the graph.
  Output role(const std::string& name) {
    const WireEnd end = parse_wire(name);
    const int index = name.empty() ? -1 : scene_.index_of(end.node);
    if (index < 0 || end.output < 0 || end.output >= static_cast<int>(lowered(index).outputs.size()))
      return {};
    return lowered(index).outputs[static_cast<std::size_t>(end.output)];
  }

  void add_training() {
    Model& model = out_.model;
    model.accuracy = role(scene_.training.accuracy);
    model.prediction = role(scene_.training.prediction);
    const auto refuse_writer = [&](Output& tensor, const std::string& name) {
      if (!tensor.valid() || !out_.writes[static_cast<std::size_t>(tensor.node)]) return;
      tensor = {};
      out_.training_error =
          value_error(cat("'", name, "' changes a variable; it cannot be what training looks at."));
    };
    refuse_writer(model.accuracy, scene_.training.accuracy);
    refuse_writer(model.prediction, scene_.training.prediction);
    Builder b(*out_.graph);
    std::vector<tf::Variable> all = variables_;
    if (!scene_.training.loss.empty()) {
      model.loss = role(scene_.training.loss);
      refuse_writer(model.loss, scene_.training.loss);
      if (const Status status = add_updates(b, all); !status.ok()) {
        if (!out_.training_error) out_.training_error = status.error();
        model.loss = {};
        model.train_op = -1;
        all = variables_;
      }
    }
    if (all.empty()) return;
    Builder initializers(*out_.graph);
    model.init_op = tf::variables_initializer(initializers, all);
    for (const tf::Variable& variable : all) model.initializers.push_back(variable.initializer);
    SANDFLOW_CHECK(initializers.ok());
  }

  // Nodes that a gradient with respect to `xs` can reach.
  std::vector<bool> behind(const std::vector<Output>& xs) const {
    std::vector<bool> reached(static_cast<std::size_t>(out_.graph->size()), false);
    for (Output x : xs) reached[static_cast<std::size_t>(x.node)] = true;
    for (const Node& node : out_.graph->nodes())
      for (Output input : node.inputs)
        if (is_floating(out_.graph->dtype(input)) && reached[static_cast<std::size_t>(input.node)])
          reached[static_cast<std::size_t>(node.id)] = true;
    return reached;
  }

  // Nodes that write to a variable, or need one that does.
  void find_writes() {
    for (int id = static_cast<int>(out_.writes.size()); id < out_.graph->size(); ++id) {
      const Node& node = out_.graph->node(id);
      bool writes = node.op->is_stateful && node.op->family != Family::kRandom && !node.inputs.empty();
      for (Output input : node.inputs) writes = writes || out_.writes[static_cast<std::size_t>(input.node)];
      for (int control : node.control_inputs)
        writes = writes || out_.writes[static_cast<std::size_t>(control)];
      out_.writes.push_back(writes);
    }
  }

  // Names the node that keeps the loss from being computed: the first one on the way to it that has an error.
  Error no_loss() {
    const std::string& loss = scene_.training.loss;
    std::vector<int> pending;
    if (const auto it = index_.find(parse_wire(loss).node); it != index_.end()) pending.push_back(it->second);
    std::set<int> seen;
    while (!pending.empty()) {
      const int index = pending.back();
      pending.pop_back();
      if (!seen.insert(index).second) continue;
      if (const auto& error = lowered(index).error)
        return {error->kind, cat("'", loss, "' cannot be computed. ", node(index).name, ": ", error->message),
                node(index).name};
      for (const Port& port : node(index).inputs)
        if (source(port) >= 0) pending.push_back(source(port));
    }
    return value_error(cat("There is no loss to minimise: '", loss, "' cannot be computed."));
  }

  Status add_updates(Builder& b, std::vector<tf::Variable>& all) {
    Model& model = out_.model;
    if (!model.loss.valid()) return no_loss();
    if (!is_floating(out_.graph->dtype(model.loss)))
      return value_error(cat("The loss '", scene_.training.loss, "' must be a float tensor, not ",
                             name(out_.graph->dtype(model.loss)), "."));
    std::vector<tf::Variable> trained;
    std::vector<Output> xs;
    for (const tf::Variable& variable : variables_) {
      if (!variable.is_trainable) continue;
      trained.push_back(variable);
      xs.push_back(variable.ref);
    }
    // The canvas shows the gradient of every node between a variable and the loss; they are on the way
    // anyhow.
    const std::vector<bool> trains = behind(xs);
    std::vector<int> shown;
    for (int i = 0; i < static_cast<int>(out_.nodes.size()); ++i) {
      if (lowered(i).outputs.empty() || !trains[static_cast<std::size_t>(lowered(i).outputs[0].node)])
        continue;
      shown.push_back(i);
      xs.push_back(lowered(i).outputs[0]);
    }
    const Result<std::vector<Output>> gradient = gradients(b, {model.loss}, xs);
    if (!gradient.ok()) return gradient.error();
    std::vector<Output> of_variables(gradient->begin(),
                                     gradient->begin() + static_cast<std::ptrdiff_t>(trained.size()));
    const OptimizerType* optimizer = find_optimizer_type(scene_.training.optimizer.name);
    if (!optimizer) return value_error(cat("Unknown optimizer: ", scene_.training.optimizer.name));
    const Parameters parameters = complete(optimizer->parameters, scene_.training.optimizer.parameters);
    const Choice& chosen = scene_.training.schedule;
    const ScheduleType* schedule = find_schedule_type(chosen.name);
    MinimizeOptions options;
    const auto added_since = [&](int begin) { return Stretch{begin, out_.graph->size()}; };
    const int before_schedule = out_.graph->size();
    if (schedule || optimizer->needs_global_step) {
      options.global_step =
          tf::variable_from(b, "global_step", false, [&] { return tf::zeros(b, {}, DType::kInt64); });
      all.push_back(options.global_step);
    }
    Output rate;
    if (schedule) {
      rate = tf::constant(b, Literal(parameters.at("learning_rate")), {}, "learning_rate");
      out_.rate = options.tensors["learning_rate"] = schedule->build(
          b, rate, options.global_step.value, complete(schedule->parameters, chosen.parameters));
      out_.schedule = added_since(before_schedule);
    }
    const int before_clipping = out_.graph->size();
    if (const ClippingType* clipping = find_clipping_type(scene_.training.clipping.name)) {
      of_variables = clipping->build(b, of_variables,
                                     complete(clipping->parameters, scene_.training.clipping.parameters));
      out_.clipping = added_since(before_clipping);
    }
    SANDFLOW_TRY(b.status());
    const Result<Minimized> minimized =
        minimize(b, *optimizer, parameters, model.loss, trained, of_variables, options);
    if (!minimized.ok()) return minimized.error();
    for (std::size_t i = 0; i < shown.size(); ++i)
      lowered(shown[i]).gradient = (*gradient)[trained.size() + i];
    for (LoweredNode& each : out_.nodes)
      for (std::size_t i = 0; i < trained.size(); ++i)
        if (each.ref.valid() && each.ref == trained[i].ref) each.descent = of_variables[i];
    model.train_op = minimized->train_op;
    model.hyper = minimized->hyper;
    if (schedule) model.hyper["learning_rate"] = rate;
    all.insert(all.end(), minimized->slots.begin(), minimized->slots.end());
    return {};
  }

  const Scene& scene_;
  std::map<std::string_view, int> index_;  // By name.
  Lowered out_;
  std::vector<tf::Variable> variables_;
};

}  // namespace

Lowered lower(const Scene& scene) { return Lowering(scene).run(); }

}  // namespace sandflow
