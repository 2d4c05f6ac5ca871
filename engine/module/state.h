// What the handles of a module stand for, and what can be done with it; each call is one function.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/module/module.h"
#include "engine/module/query.h"
#include "engine/scene/workspace.h"
#include "engine/session/session.h"
#include "engine/tf/tf.h"

namespace sandflow {

// A graph with the collections that TensorFlow's Python keeps beside it.
struct GraphRoom {
  int handle = 0;
  Graph graph;
  std::vector<tf::Variable> variables;  // tf.GraphKeys.GLOBAL_VARIABLES

  const tf::Variable* variable(int node) const;
};

// A session keeps its graph alive.
struct SessionRoom {
  std::shared_ptr<GraphRoom> graph;
  std::unique_ptr<Session> session;
};

// tf.name_scope and tf.control_dependencies as they stand where something is added to a graph.
struct Place {
  std::string scope;
  std::vector<int> control;
};

// The tensor of a literal or an array, as tf.convert_to_tensor makes it.
Result<Tensor> tensor_of(const Value& value, std::optional<DType> dtype);

struct Module::State {
  std::map<std::int64_t, std::shared_ptr<GraphRoom>> graphs;
  std::map<std::int64_t, SessionRoom> sessions;
  std::map<std::int64_t, std::unique_ptr<Workspace>> scenes;
  int last_handle = 0;

  // lists.cpp
  Status lists(Query&, Answer&);

  // graphs.cpp
  Status new_graph(Query&, Answer&);
  Status enter_scope(Query&, Answer&);
  Status finalize(Query&, Answer&);
  Status add_variable(Query&, Answer&);
  Status add_gradients(Query&, Answer&);
  Status add_minimize(Query&, Answer&);
  Status add_initializer(Query&, Answer&);
  Status find_element(Query&, Answer&);
  Status describe_node(Query&, Answer&);
  Status count_nodes(Query&, Answer&);

  // operations.cpp
  Status add_op(Query&, Answer&);
  Status add_function(Query&, Answer&);

  // runs.cpp
  Status new_session(Query&, Answer&);
  Status run(Query&, Answer&);
  Status print(Query&, Answer&);
  Status misuse(Query&, Answer&);
  Status new_scene(Query&, Answer&);
  Status train(Query&, Answer&);
  Status reset(Query&, Answer&);
  Status snapshot(Query&, Answer&);
  Status scene_json(Query&, Answer&);
  Status predict(Query&, Answer&);
  Status release(Query&, Answer&);

  // What a request names; null, with the request's error set, where it is not there.
  GraphRoom* graph(Query& query);
  Workspace* scene(Query& query);
  Place place(Query& query, GraphRoom* room);

  // A tensor or operation of `room`; `node` must be one of its nodes and `output` one of the node's outputs.
  // Errors: TypeError for what is neither, ValueError for one of another graph.
  Result<Output> tensor(const GraphRoom& room, const Value& value) const;
  Result<int> operation(const GraphRoom& room, const Value& value) const;
  Result<Output> element_named(const GraphRoom& room, std::string_view name, bool is_tensor) const;
  Result<std::vector<Output>> tensors(const GraphRoom& room, const std::vector<Value>& values) const;

  // As Python prints it.
  std::string str(const Value& value) const;
  std::string repr(const Value& value) const;
  std::string type_name(const Value& value) const;

 private:
  const GraphRoom* room_of(int handle) const;
  // What is given for an input of an operation, or, where that is null, of a function.
  struct Given {
    const Arg* arg = nullptr;
    std::string name;            // Of the constant that it may become.
    std::optional<Value> value;  // None: left out.
    bool is_run = false;         // An operation will do, since it is run for its effect.
  };
  Result<Output> input(Builder&, const GraphRoom&, const Op*, const Given&,
                       std::optional<DType> wanted) const;
  Result<std::vector<Output>> inputs(Builder&, const GraphRoom&, const Op*, const std::vector<Given>&,
                                     const Attrs&) const;
  Result<Fetch> fetch(const SessionRoom&, const Value&) const;
  Result<Feed> feed(const SessionRoom&, const Value& key, const Value& value) const;
};

}  // namespace sandflow
