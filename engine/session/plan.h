// A part of a graph made ready to run: pruned to what was asked for, in order, every tensor given its place.
// Compiled once for each combination of fetches and feeds; a run then follows pointers and allocates nothing
// while shapes stay and no other plan runs in between.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "engine/graph/kernel.h"

namespace sandflow {

// What outlives a run.
struct SessionState {
  std::map<int, Variable> variables;  // By VariableV2 node.
  std::map<int, Philox> generators;   // By node of a random operation.
};

// What a run is asked for; also the key under which its plan is kept.
struct Request {
  std::vector<Output> fetches;
  std::vector<int> targets;   // Operations run for their effect.
  std::vector<Output> feeds;  // Tensors whose values are given.

  // Written out: the C++ library of Emscripten 3.1.6 has no <=> for vectors.
  friend bool operator<(const Request& a, const Request& b) {
    return std::tie(a.fetches, a.targets, a.feeds) < std::tie(b.fetches, b.targets, b.feeds);
  }
};

// Sees every step of a run: before it computes (what it writes to still has its old value), and once it went
// well.
using Observer = std::function<void(const KernelContext::Slots& step, bool is_done)>;

// The VariableV2 node that a reference leads back to, through Assign and the optimizers' updates.
const Node& variable_node(const Graph& graph, Output ref);

class Plan {
 public:
  // Nodes run once each, in the order they were added to the graph, which respects all inputs and control
  // inputs: within one run a variable is read before a later update of it (TensorFlow leaves that order
  // open).
  Plan(const Graph& graph, SessionState& state, Request request);
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  // `feeds` in the order of the request, of the right dtype. Errors carry the node and TensorFlow's
  // "\n\t [[{{node NAME}}]]".
  Status run(const std::vector<Tensor>& feeds, const Observer* observer = nullptr);
  // The same, but a step that fails only stops the steps that need it. What failed, in order.
  std::vector<Error> run_what_can(const std::vector<Tensor>& feeds);
  // Gives back what the last run made of memory; the next is then as the first.
  void let_go();
  // The value of fetch `i` after a run; an error where a step failed, and for a variable without a value.
  Result<Tensor> fetched(std::size_t i) const;
  const Request& request() const { return request_; }
  // Every node that is needed, in the order of the graph.
  const std::vector<int>& nodes() const { return nodes_; }
  // The node ids in the order they run.
  std::vector<int> order() const;
  // After a run, until it is let go: the first node in that order with an output that is not finite; -1 if
  // there is none.
  int first_nonfinite() const;

 private:
  struct Step {
    KernelContext::Slots slots;
    std::optional<Error> refusal;        // Why it can never run.
    std::vector<const Variable*> reads;  // Must be initialised.
    std::vector<const Node*> read_names;
    std::vector<std::size_t> ref_fetches;  // Fetches of the references this step gives.
    std::vector<std::size_t> needs;        // Earlier steps whose outputs, or mere running, it waits for.
  };

  static constexpr std::size_t kNoStep = static_cast<std::size_t>(-1);

  bool is_fed(Output output) const;
  void require(Output output, std::vector<bool>& needed) const;
  void require_node(int id, std::vector<bool>& needed) const;
  Variable* variable_of(Output ref);
  Error not_a_reference(const Node& node, std::size_t i) const;
  const Tensor* slot(Output output);
  void place(const Node& node);
  void take(const std::vector<Tensor>& feeds);
  Status run_step(Step& step, const std::vector<Tensor>& feeds);

  const Graph& graph_;
  SessionState& state_;
  Request request_;
  std::vector<int> nodes_;
  std::deque<Step> steps_;
  std::map<Output, Tensor> values_;   // Every tensor of the plan that is no reference.
  std::vector<Tensor> seen_;          // By fetch: what a reference held when its node ran.
  std::vector<std::size_t> step_of_;  // By node.
  std::vector<bool> failed_;          // By step, in the last run.
};

}  // namespace sandflow
