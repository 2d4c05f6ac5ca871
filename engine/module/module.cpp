// The list of calls, and the way from a request to its answer.
#include "engine/module/module.h"

#include <yyjson.h>

#include <algorithm>

#include "engine/core/text.h"
#include "engine/module/state.h"

namespace sandflow {

namespace {

constexpr std::size_t kMaxJsonBytes = 64u << 20;

std::string_view text_of(yyjson_val* value) { return {yyjson_get_str(value), yyjson_get_len(value)}; }

}  // namespace

Module::Module() : state_(std::make_unique<State>()) {}
Module::~Module() = default;

Module::Reply Module::call(std::string_view json, std::span<const std::byte> payload) {
  struct Call {
    std::string_view name;
    Status (State::*answer)(Query&, Answer&);
    std::vector<std::string_view> members;
  };
  static const std::vector<Call> calls = {
      {"lists", &State::lists, {}},
      {"graph", &State::new_graph, {"seed"}},
      {"finalize", &State::finalize, {"graph"}},
      {"scope", &State::enter_scope, {"graph", "scope", "name"}},
      {"op", &State::add_op, {"graph", "scope", "control", "type", "inputs", "attrs", "name"}},
      {"function",
       &State::add_function,
       {"graph", "scope", "control", "function", "inputs", "named", "name"}},
      {"variable",
       &State::add_variable,
       {"graph", "scope", "control", "initial_value", "shape", "dtype", "initializer", "parameters", "seed",
        "trainable", "name"}},
      {"gradients", &State::add_gradients, {"graph", "scope", "control", "ys", "xs", "name"}},
      {"minimize",
       &State::add_minimize,
       {"graph", "scope", "control", "loss", "optimizer", "parameters", "tensors", "var_list",
        "global_step"}},
      {"initializer", &State::add_initializer, {"graph", "scope", "control", "name"}},
      {"find", &State::find_element, {"graph", "name", "tensor"}},
      {"node", &State::describe_node, {"graph", "node"}},
      {"nodes", &State::count_nodes, {"graph"}},
      {"session", &State::new_session, {"graph", "entropy"}},
      {"run", &State::run, {"session", "fetches", "feeds"}},
      {"print", &State::print, {"value", "repr"}},
      {"misuse", &State::misuse, {"value", "as"}},
      {"scene", &State::new_scene, {"json"}},
      {"train", &State::train, {"scene", "steps"}},
      {"reset", &State::reset, {"scene"}},
      {"snapshot", &State::snapshot, {"scene"}},
      {"json", &State::scene_json, {"scene"}},
      {"predict", &State::predict, {"scene", "features"}},
      {"free", &State::release, {"handle"}},
  };
  const auto wrong = [](const Error& error) {
    Answer answer;
    answer.json.open().key("error");
    answer.error(error);
    return Reply{answer.json.close().take(), {}};
  };
  if (json.size() > kMaxJsonBytes) return wrong(value_error("the request is too large."));
  yyjson_read_err problem{};
  // yyjson only writes into its input when asked to (in-situ), which it is not here.
  std::string copy(json);
  const std::unique_ptr<yyjson_doc, decltype(&yyjson_doc_free)> doc(
      yyjson_read_opts(copy.data(), copy.size(), YYJSON_READ_NOFLAG, nullptr, &problem), yyjson_doc_free);
  if (!doc) return wrong(value_error(cat("the request is no JSON: ", problem.msg, ".")));
  yyjson_val* root = yyjson_doc_get_root(doc.get());
  Query query(root, payload);
  const std::string name = query.text("call");
  const auto found =
      std::find_if(calls.begin(), calls.end(), [&](const Call& call) { return call.name == name; });
  if (found == calls.end()) return wrong(type_error(cat("there is no call '", name, "'.")));
  yyjson_obj_iter members = yyjson_obj_iter_with(root);
  while (yyjson_val* key = yyjson_obj_iter_next(&members))
    if (text_of(key) != "call" &&
        std::find(found->members.begin(), found->members.end(), text_of(key)) == found->members.end())
      return wrong(type_error(cat(name, "() got an unexpected keyword argument '", text_of(key), "'")));
  Answer answer;
  answer.json.open().key("result");
  if (const Status status = (*state_.*found->answer)(query, answer); !status.ok())
    return wrong(status.error());
  return {answer.json.close().take(), std::move(answer.payload)};
}

}  // namespace sandflow
