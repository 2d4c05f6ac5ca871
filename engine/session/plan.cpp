// Pruning, placing and running.
#include "engine/session/plan.h"

#include <algorithm>
#include <cmath>

#include "engine/core/text.h"

namespace sandflow {

namespace {

Error at(const Node& node, Error error) {
  error.node = node.name;
  error.message += cat("\n\t [[{{node ", node.name, "}}]]");
  return error;
}

Error uninitialized(const Node& variable, std::string_view reader) {
  return {ErrorKind::kFailedPrecondition,
          cat("Attempting to use uninitialized value ", variable.name, "\n\t [[{{node ", reader, "}}]]"),
          variable.name};
}

bool all_finite(const Tensor& tensor) {
  if (!tensor.defined() || !is_floating(tensor.dtype())) return true;
  return with_floating(tensor.dtype(), [&]<class T>() {
    const auto x = tensor.read<T>();
    return std::all_of(x.begin(), x.end(), [](T v) { return std::isfinite(v); });
  });
}

}  // namespace

const Node& variable_node(const Graph& graph, Output ref) {
  const Node* node = &graph.node(ref.node);
  while (std::string_view(node->op->type) != "VariableV2") node = &graph.node(node->inputs[0].node);
  return *node;
}

bool Plan::is_fed(Output output) const {
  return std::find(request_.feeds.begin(), request_.feeds.end(), output) != request_.feeds.end();
}

void Plan::require(Output output, std::vector<bool>& needed) const {
  if (!is_fed(output)) require_node(output.node, needed);
}

void Plan::require_node(int first, std::vector<bool>& needed) const {
  std::vector<int> pending{first};
  while (!pending.empty()) {
    const int id = pending.back();
    pending.pop_back();
    if (needed[static_cast<std::size_t>(id)]) continue;
    needed[static_cast<std::size_t>(id)] = true;
    for (Output input : graph_.node(id).inputs)
      if (!is_fed(input)) pending.push_back(input.node);
    for (int control : graph_.node(id).control_inputs) pending.push_back(control);
  }
}

Variable* Plan::variable_of(Output ref) { return &state_.variables[variable_node(graph_, ref).id]; }

// Only what is fed is no reference where one is needed; nothing can be written to it.
Error Plan::not_a_reference(const Node& node, std::size_t i) const {
  const Output input = node.inputs[i];
  const auto feed = std::find(request_.feeds.begin(), request_.feeds.end(), input) - request_.feeds.begin();
  const std::string type = cpp_name(graph_.dtype(input));
  Error error = invalid_argument(cat("Input ", i, " of node ", node.name, " was passed ", type, " from _arg_",
                                     graph_.node(input.node).name, "_", input.index, "_", feed,
                                     ":0 incompatible with expected ", type, "_ref."));
  error.node = node.name;
  return error;
}

const Tensor* Plan::slot(Output output) {
  if (!is_fed(output) && graph_.result(output).is_ref) return nullptr;
  return &values_[output];
}

void Plan::place(const Node& node) {
  Step step;
  step.slots.node = &node;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const Output input = node.inputs[i];
    const Tensor* value = slot(input);
    step.slots.inputs.push_back(value);
    step.slots.variables.push_back(value ? nullptr : variable_of(input));
    if (value && node.op->input(i, node.inputs.size()).is_ref) step.refusal = not_a_reference(node, i);
    const bool writes_first = std::string_view(node.op->type) == "Assign" && i == 0;
    if (!value && !writes_first) {
      step.reads.push_back(step.slots.variables.back());
      step.read_names.push_back(&variable_node(graph_, input));
    }
  }
  for (int i = 0; i < static_cast<int>(node.outputs.size()); ++i) {
    const Output output{node.id, i};
    step.slots.outputs.push_back(graph_.result(output).is_ref ? nullptr : &values_[output]);
  }
  for (std::size_t i = 0; i < request_.fetches.size(); ++i)
    if (request_.fetches[i].node == node.id && !slot(request_.fetches[i])) step.ref_fetches.push_back(i);
  if (const auto generator = state_.generators.find(node.id); generator != state_.generators.end())
    step.slots.generator = &generator->second;
  if (std::string_view(node.op->type) == "Const") {
    KernelContext context(step.slots);
    SANDFLOW_CHECK(node.op->compute(context).ok());
    return;
  }
  const auto need = [&](int id) {
    if (const std::size_t earlier = step_of_[static_cast<std::size_t>(id)]; earlier != kNoStep)
      step.needs.push_back(earlier);
  };
  for (Output input : node.inputs)
    if (!is_fed(input)) need(input.node);
  for (int control : node.control_inputs) need(control);
  step_of_[static_cast<std::size_t>(node.id)] = steps_.size();
  steps_.push_back(std::move(step));
}

Plan::Plan(const Graph& graph, SessionState& state, Request request)
    : graph_(graph), state_(state), request_(std::move(request)) {
  std::vector<bool> needed(static_cast<std::size_t>(graph.size()), false);
  for (Output fetch : request_.fetches) require(fetch, needed);
  for (int target : request_.targets) require_node(target, needed);
  for (Output fetch : request_.fetches) slot(fetch);
  seen_.resize(request_.fetches.size());
  step_of_.assign(static_cast<std::size_t>(graph.size()), kNoStep);
  for (int id = 0; id < graph.size(); ++id)
    if (needed[static_cast<std::size_t>(id)]) {
      nodes_.push_back(id);
      place(graph.node(id));
    }
}

// What was fed is what a tensor of that name is, even where its node runs for another of its outputs.
void Plan::take(const std::vector<Tensor>& feeds) {
  for (std::size_t i = 0; i < feeds.size(); ++i) values_[request_.feeds[i]] = feeds[i];
}

Status Plan::run_step(Step& step, const std::vector<Tensor>& feeds) {
  const Node& node = *step.slots.node;
  if (step.refusal) return *step.refusal;
  for (std::size_t i = 0; i < step.reads.size(); ++i)
    if (!step.reads[i]->value.defined()) return uninitialized(*step.read_names[i], node.name);
  KernelContext context(step.slots);
  if (Status status = node.op->compute(context); !status.ok()) return at(node, status.error());
  for (std::size_t i : step.ref_fetches) seen_[i] = variable_of(request_.fetches[i])->value;
  if (node.outputs.size() > 1) take(feeds);
  return {};
}

Status Plan::run(const std::vector<Tensor>& feeds, const Observer* observer) {
  failed_.clear();
  take(feeds);
  for (Step& step : steps_) {
    if (observer) (*observer)(step.slots, false);
    SANDFLOW_TRY(run_step(step, feeds));
    if (observer) (*observer)(step.slots, true);
  }
  return {};
}

std::vector<Error> Plan::run_what_can(const std::vector<Tensor>& feeds) {
  std::vector<Error> errors;
  failed_.assign(steps_.size(), false);
  take(feeds);
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    Step& step = steps_[i];
    failed_[i] = std::any_of(step.needs.begin(), step.needs.end(), [&](std::size_t k) { return failed_[k]; });
    if (failed_[i]) continue;
    if (const Status status = run_step(step, feeds); !status.ok()) {
      failed_[i] = true;
      errors.push_back(status.error());
    }
  }
  return errors;
}

void Plan::let_go() {
  for (Step& step : steps_)
    for (Tensor* output : step.slots.outputs)
      if (output) *output = Tensor();
  take(std::vector<Tensor>(request_.feeds.size()));
  seen_.assign(seen_.size(), Tensor());
}

Result<Tensor> Plan::fetched(std::size_t i) const {
  const Output fetch = request_.fetches[i];
  const std::size_t step = step_of_[static_cast<std::size_t>(fetch.node)];
  if (step < failed_.size() && failed_[step] && !is_fed(fetch))
    return Error{ErrorKind::kInternal, cat("'", graph_.node(fetch.node).name, "' has not run."), {}};
  if (const auto value = values_.find(fetch); value != values_.end()) return value->second;
  if (seen_[i].defined()) return seen_[i];
  // It had no value then; perhaps this very run initialised it.
  const Node& variable = variable_node(graph_, fetch);
  const Tensor& value = state_.variables[variable.id].value;
  if (value.defined()) return value;
  return uninitialized(variable, cat("_retval_", graph_.node(fetch.node).name, "_", fetch.index, "_", i));
}

std::vector<int> Plan::order() const {
  std::vector<int> ids;
  for (const Step& step : steps_) ids.push_back(step.slots.node->id);
  return ids;
}

int Plan::first_nonfinite() const {
  for (const Step& step : steps_)
    for (const Tensor* output : step.slots.outputs)
      if (output && !all_finite(*output)) return step.slots.node->id;
  return -1;
}

}  // namespace sandflow
