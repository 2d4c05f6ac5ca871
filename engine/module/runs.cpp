// Calls that run graphs: tf.Session as python/client/session.py checks its arguments, and scenes.
#include <cmath>

#include "engine/core/print.h"
#include "engine/core/text.h"
#include "engine/module/state.h"

namespace sandflow {

Status Module::State::new_session(Query& query, Answer& answer) {
  GraphRoom* room = graph(query);
  const std::int64_t entropy = query.integer_if_any("entropy").value_or(0);
  SANDFLOW_TRY(query.status());
  sessions[++last_handle] = {graphs.at(room->handle),
                             std::make_unique<Session>(room->graph, static_cast<std::uint64_t>(entropy))};
  answer.json.value(last_handle);
  return {};
}

Result<Fetch> Module::State::fetch(const SessionRoom& room, const Value& value) const {
  if (const auto* by_name = std::get_if<NameRef>(&value)) return room.session->find(by_name->name);
  if (is_constant(value)) {
    const std::string type = type_name(value);
    const std::string what = cat("Fetch argument ", repr(value), " has invalid type <class '",
                                 type == "ndarray" ? "numpy.ndarray" : type, "'>");
    if (type == "NoneType") return type_error(what);
    return type_error(cat(what, ", must be a string or Tensor. (Can not convert a ", type,
                          " into a Tensor or Operation.)"));
  }
  const bool is_operation = std::holds_alternative<OperationRef>(value);
  const Result<int> node = operation(*room.graph, value);
  if (node.ok()) return is_operation ? Fetch::operation(*node) : Fetch(*tensor(*room.graph, value));
  if (node.error().kind != ErrorKind::kValueError) return node.error();
  return value_error(cat("Fetch argument ", repr(value), " cannot be interpreted as a ",
                         is_operation ? "Operation" : "Tensor", ". (", node.error().message, ")"));
}

Result<Feed> Module::State::feed(const SessionRoom& room, const Value& key, const Value& value) const {
  const Result<Output> tensor_fed = tensor(*room.graph, key);
  if (!tensor_fed.ok())
    return type_error(cat("Cannot interpret feed_dict key as Tensor: ", tensor_fed.error().message));
  if (!is_constant(value))
    return type_error(cat(
        "The value of a feed cannot be a tf.Tensor object. Acceptable feed values include Python scalars, "
        "strings, lists, numpy ndarrays, or TensorHandles. For reference, the tensor object was ",
        str(value), " which was passed to the feed with key ", str(key), "."));
  const auto* literal = std::get_if<Literal>(&value);
  if (!literal) return Feed{*tensor_fed, std::get<Tensor>(value)};
  Result<Tensor> made = literal->fed_as(room.graph->graph.dtype(*tensor_fed));
  if (!made.ok()) return made.error();
  return Feed{*tensor_fed, *std::move(made)};
}

Status Module::State::run(Query& query, Answer& answer) {
  const auto found = sessions.find(query.integer("session"));
  const std::vector<Value> fetch_values = query.values("fetches");
  const auto feed_values = query.pairs("feeds");
  SANDFLOW_TRY(query.status());
  if (found == sessions.end())
    return Error{ErrorKind::kRuntimeError, "Attempted to use a closed Session.", {}};
  const SessionRoom& room = found->second;
  std::vector<Feed> feeds;
  std::vector<Fetch> fetches;
  // That a graph is empty is said before anything is looked for in it.
  const bool is_empty = room.graph->graph.size() == 0;
  for (const auto& [key, value] : feed_values) {
    if (is_empty) break;
    Result<Feed> made = feed(room, key, value);
    if (!made.ok()) return made.error();
    feeds.push_back(*std::move(made));
  }
  for (const Value& value : fetch_values) {
    if (is_empty) break;
    const Result<Fetch> made = fetch(room, value);
    if (!made.ok()) return made.error();
    fetches.push_back(*made);
  }
  const Result<std::vector<Tensor>> results = room.session->run(fetches, feeds);
  if (!results.ok()) return results.error();
  answer.json.open('[');
  for (const Tensor& result : *results) SANDFLOW_TRY(answer.array(result));
  answer.json.close(']');
  return {};
}

// What Python's print shows of an array.
Status Module::State::print(Query& query, Answer& answer) {
  const std::optional<Value> value = query.value("value");
  const bool as_repr = query.flag("repr", false);
  SANDFLOW_TRY(query.status());
  const auto* array = std::get_if<Tensor>(&*value);
  if (!array) return type_error("'value' must be an array.");
  answer.json.value(as_repr ? sandflow::repr(*array) : sandflow::str(*array));
  return {};
}

// What Python says of a tensor that is used as if it had a value, and of one evaluated without a session
// (python/framework/ops.py). Languages differ in where they notice it, so the answer is always an error.
Status Module::State::misuse(Query& query, Answer&) {
  const std::optional<Value> value = query.value("value");
  const std::string as = query.text("as");
  SANDFLOW_TRY(query.status());
  const auto refused = [](std::string_view what) {
    return type_error(cat(what,
                          " is not allowed in Graph execution. Use Eager execution or decorate this function "
                          "with @tf.function."));
  };
  if (as == "bool") return refused("using a `tf.Tensor` as a Python `bool`");
  if (as == "iterator") return refused("iterating over `tf.Tensor`");
  if (as == "eval")
    return value_error(
        "Cannot evaluate tensor using `eval()`: No default session is registered. Use `with "
        "sess.as_default()` or pass an explicit session to `eval(session=sess)`");
  if (as == "run")
    return value_error(
        "Cannot execute operation using `run()`: No default session is registered. Use `with "
        "sess.as_default():` or pass an explicit session to `run(session=sess)`");
  if (as == "eval elsewhere")
    return value_error(
        "Cannot use the default session to evaluate tensor: the tensor's graph is different from the "
        "session's graph. Pass an explicit session to `eval(session=sess)`.");
  if (as == "run elsewhere")
    return value_error(
        "Cannot use the default session to execute operation: the operation's graph is different from the "
        "session's graph. Pass an explicit session to run(session=sess).");
  if (as != "len") return type_error(cat("there is no misuse '", as, "'."));
  const auto* ref = std::get_if<TensorRef>(&*value);
  const GraphRoom* room = ref ? room_of(ref->graph) : nullptr;
  const Result<Output> found = room ? tensor(*room, *value) : type_error("'value' must be a tensor.");
  if (!found.ok()) return found.error();
  return type_error(cat("len is not well defined for symbolic Tensors. (", room->graph.tensor_name(*found),
                        ") Please call `x.shape` rather than `len(x)` for shape information."));
}

Workspace* Module::State::scene(Query& query) {
  const auto found = scenes.find(query.integer("scene"));
  if (found != scenes.end()) return found->second.get();
  query.fail({ErrorKind::kRuntimeError, "there is no such scene: it was freed.", {}});
  return nullptr;
}

Status Module::State::new_scene(Query& query, Answer& answer) {
  const std::string json = query.text("json");
  SANDFLOW_TRY(query.status());
  auto workspace = std::make_unique<Workspace>();
  SANDFLOW_TRY(workspace->open(json));
  scenes[++last_handle] = std::move(workspace);
  answer.json.value(last_handle);
  return {};
}

Status Module::State::train(Query& query, Answer& answer) {
  Workspace* workspace = scene(query);
  const std::int64_t steps = query.integer("steps");
  SANDFLOW_TRY(query.status());
  const std::int64_t made = workspace->advance(steps, [] { return true; });
  if (made < steps)
    if (const auto& error = workspace->snapshot().training_error) return *error;
  answer.json.value(made);
  return {};
}

Status Module::State::reset(Query& query, Answer& answer) {
  Workspace* workspace = scene(query);
  SANDFLOW_TRY(query.status());
  workspace->reset();
  answer.json.null();
  return {};
}

Status Module::State::snapshot(Query& query, Answer& answer) {
  Workspace* workspace = scene(query);
  SANDFLOW_TRY(query.status());
  const Snapshot& s = workspace->snapshot();
  JsonWriter& json = answer.json;
  const auto error = [&](const char* key, const std::optional<Error>& what) {
    json.key(key);
    if (what)
      answer.error(*what);
    else
      json.null();
  };
  const auto number = [&](const char* key, double value) {
    json.key(key);
    answer.number(value);
  };
  const auto evaluation = [&](const Evaluation& e) {
    json.open().field("step", e.step).field("epoch", e.epoch);
    number("train_loss", e.train_loss);
    number("train_accuracy", e.train_accuracy);
    number("test_loss", e.test_loss);
    number("test_accuracy", e.test_accuracy);
    json.close();
  };
  json.open()
      .field("step", s.counters.step)
      .field("epoch", s.counters.epoch)
      .field("examples", s.counters.examples);
  json.field("batches_per_epoch", s.batches_per_epoch).field("can_train", s.can_train);
  json.field("train_examples", s.train_examples).field("test_examples", s.test_examples);
  json.key("losses").open('[');
  for (const LossPoint& point : s.losses) {
    json.open().field("step", point.step);
    number("loss", point.loss);
    json.close();
  }
  json.close(']').key("evaluations").open('[');
  for (const Evaluation& e : s.evaluations) evaluation(e);
  json.close(']').key("now");
  if (s.now)
    evaluation(*s.now);
  else
    json.null();
  json.key("divergence");
  if (s.divergence)
    json.open().field("step", s.divergence->step).field("node", s.divergence->node).close();
  else
    json.null();
  error("training_error", s.training_error);
  json.key("nodes").open('[');
  for (std::size_t i = 0; i < s.nodes.size(); ++i) {
    const NodeSnapshot& node = s.nodes[i];
    json.open()
        .field("name", workspace->scene().nodes[i].name)
        .field("type", workspace->scene().nodes[i].type);
    json.field("graph_name", node.graph_name).field("dtype", name(node.dtype)).key("shape");
    answer.shape(node.shape);
    json.field("order", node.order).field("is_blocked", node.is_blocked);
    error("error", node.error);
    json.key("value");
    SANDFLOW_TRY(answer.array(node.value));
    json.key("gradient");
    SANDFLOW_TRY(answer.array(node.gradient));
    json.close();
  }
  json.close(']').close();
  return {};
}

Status Module::State::scene_json(Query& query, Answer& answer) {
  const Workspace* workspace = scene(query);
  SANDFLOW_TRY(query.status());
  answer.json.value(workspace->json());
  return {};
}

Status Module::State::predict(Query& query, Answer& answer) {
  Workspace* workspace = scene(query);
  const std::optional<Value> value = query.value("features");
  SANDFLOW_TRY(query.status());
  if (!is_constant(*value)) return type_error("'features' must be a list or an array.");
  const auto* literal = std::get_if<Literal>(&*value);
  const Result<Tensor> features = literal ? literal->array() : std::get<Tensor>(*value);
  if (!features.ok()) return features.error();
  const Result<Tensor> rows = workspace->predict(*features);
  if (!rows.ok()) return rows.error();
  return answer.array(*rows);
}

Status Module::State::release(Query& query, Answer& answer) {
  const std::int64_t handle = query.integer("handle");
  SANDFLOW_TRY(query.status());
  graphs.erase(handle);
  sessions.erase(handle);
  scenes.erase(handle);
  answer.json.null();
  return {};
}

}  // namespace sandflow
