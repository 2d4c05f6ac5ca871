// A dataflow graph: operations and the tensors between them, named, typed and shaped by TensorFlow 1.15's
// rules. Nodes are only ever added, and only with inputs that exist, so their order is an order of execution.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/random.h"
#include "engine/graph/op.h"

namespace sandflow {

// A tensor in the graph: one output of one node.
struct Output {
  int node = -1;
  int index = 0;

  bool valid() const { return node >= 0; }
  friend auto operator<=>(const Output&, const Output&) = default;
};

struct Node {
  struct Result {
    DType dtype = DType::kFloat32;
    bool is_ref = false;
    Shape shape;  // As far as known before a run.
  };

  int id = -1;
  std::string name;
  const Op* op = nullptr;
  std::vector<Output> inputs;
  std::vector<int> control_inputs;
  Attrs attrs;
  std::vector<Result> outputs;

  // The value of an attribute, which must exist with this type.
  template <class T>
  const T& attr(std::string_view attr_name) const {
    for (const Attr& attr : attrs)
      if (attr.name == attr_name) {
        SANDFLOW_CHECK(std::holds_alternative<T>(attr.value));
        return std::get<T>(attr.value);
      }
    check_failed("attribute exists", std::string(attr_name).c_str(), 0);
  }
};

// ops.py, VALID_OP_NAME_REGEX: [A-Za-z0-9.][A-Za-z0-9_.\-/]*
bool is_valid_node_name(std::string_view name);

class Graph {
 public:
  Graph() = default;
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  // Adds an operation. `name` goes through the current scope and unique_name (empty: the type's name; ending
  // in "/": taken as it is). Errors: ValueError / TypeError with TensorFlow's text for a wrong name, input
  // dtype, attribute or shape; RuntimeError once it is finalized. The graph is then as before, but for the
  // counters of names.
  Result<int> add(const Op& op, std::string_view name, std::vector<Output> inputs, Attrs attrs = {},
                  std::vector<int> control_inputs = {});

  // tf.Graph.finalize: from now on nothing can be added.
  void finalize() { is_finalized_ = true; }

  int size() const { return static_cast<int>(nodes_.size()); }
  const Node& node(int id) const { return nodes_[static_cast<std::size_t>(id)]; }
  const std::deque<Node>& nodes() const { return nodes_; }
  std::optional<int> find(std::string_view name) const;

  DType dtype(Output output) const { return result(output).dtype; }
  const Shape& shape(Output output) const { return result(output).shape; }
  const Node::Result& result(Output output) const {
    return node(output.node).outputs[static_cast<std::size_t>(output.index)];
  }
  std::string tensor_name(Output output) const;  // "add:0"
  std::string tensor_text(Output output) const;  // str(tensor): Tensor("add:0", shape=(), dtype=int32)
  std::string tensor_repr(Output output) const;  // <tf.Tensor 'add:0' shape=() dtype=int32>

  // python/framework/ops.py, unique_name: names differ without regard to case; the first stays as it is, the
  // next gets
  // "_1". Counts the name as used.
  std::string unique_name(std::string_view name);

  // tf.name_scope: enters `name` (made unique) until the returned object dies; a name ending in "/" re-enters
  // that scope, an empty one goes to the root.
  class [[nodiscard]] Scope {
   public:
    Scope(Graph& graph, std::string previous) : graph_(graph), previous_(std::move(previous)) {}
    ~Scope() { graph_.scope_ = previous_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Graph& graph_;
    std::string previous_;
  };
  Scope name_scope(std::string_view name);
  const std::string& scope() const { return scope_; }  // "" or "a/b/".

  // tf.set_random_seed, and the seeds the next operation would get (python/framework/random_seed.py).
  void set_seed(std::int64_t seed) { seed_ = seed; }
  SeedPair op_seed(std::optional<std::int64_t> op_seed) const;

  // The value of a tensor that is the same in every run, as far as shape inference needs one: a constant, or
  // the shape of a tensor whose shape is known.
  std::optional<Tensor> constant_value(Output output) const;
  // An int vector read as a shape, with unknown dimensions where only part is known.
  Shape constant_as_shape(Output output) const;

 private:
  Status resolve_types(Node& node) const;

  std::deque<Node> nodes_;  // A deque, so that references to nodes stay good while others are added.
  std::map<std::string, int, std::less<>> by_name_;
  std::map<std::string, int, std::less<>> name_counts_;
  std::string scope_;
  std::optional<std::int64_t> seed_;
  bool is_finalized_ = false;
};

// What an operation's inference sees of its node, and where it leaves the shapes of its outputs.
class InferenceContext {
 public:
  InferenceContext(const Graph& graph, Node& node) : graph_(graph), node_(node) {}

  const Node& node() const { return node_; }
  int inputs() const { return static_cast<int>(node_.inputs.size()); }
  const Shape& input(int i) const { return graph_.shape(node_.inputs[static_cast<std::size_t>(i)]); }
  // An input's value where the graph alone determines it; asking is remembered for the error text.
  std::optional<Tensor> constant(int i);
  Shape constant_as_shape(int i);
  void output(int i, Shape shape) { node_.outputs[static_cast<std::size_t>(i)].shape = std::move(shape); }

  // "Shape must be rank 2 but is rank 1" unless the rank is `rank` or unknown.
  Status require_rank(int input, int rank) const;

  // The end of every inference error: " for 'MatMul' (op: 'MatMul') with input shapes: [2,3], [4,5]."
  std::string where() const;

 private:
  const Graph& graph_;
  Node& node_;
  std::map<int, std::string> computed_;
  std::map<int, std::string> computed_shapes_;
};

}  // namespace sandflow
