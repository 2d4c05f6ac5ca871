// A run's record: to which scene node each operation belongs, what was needed, and where the eye can rest.
#include <algorithm>

#include "engine/core/text.h"
#include "engine/scene/lens.h"

namespace sandflow {

namespace {

constexpr std::size_t kMostEvents = 20000;
constexpr std::size_t kMostBytes = 64u << 20;

std::size_t bytes_of(const Tensor& tensor) {
  return tensor.defined() ? static_cast<std::size_t>(tensor.elements()) * 8 : 0;
}

}  // namespace

// --- Where operations belong ---

// The Variable on the canvas whose name `name` begins with, as a slot's does: "W/Momentum"; -1 if there is
// none.
int Lens::variable_named_before(std::string_view name) const {
  int best = -1;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < lowered_.nodes.size(); ++i) {
    if (!lowered_.nodes[i].ref.valid()) continue;
    const std::string scope = lowered_.graph->node(lowered_.nodes[i].ref.node).name + "/";
    if (!name.starts_with(scope) || scope.size() <= longest) continue;
    longest = scope.size();
    best = static_cast<int>(i);
  }
  return best;
}

// Training's own operations are told at the node they work for: a gradient at the one it goes through (its
// scope is "gradients/NAME_grad/"), an update and its slots at the Variable ("update_NAME/").
int Lens::nearest_to(const Node& node) const {
  const Graph& graph = *lowered_.graph;
  if (const int owner = lowered_.owner[static_cast<std::size_t>(node.id)]; owner >= 0) return owner;
  const std::string_view name = node.name;
  const auto owner_of = [&](std::string_view of) {
    const auto id = graph.find(of);
    return id ? lowered_.owner[static_cast<std::size_t>(*id)] : -1;
  };
  const std::size_t scope = name.find('/');
  if (scope == std::string_view::npos) return -1;
  constexpr std::string_view kGrad = "_grad/", kUpdate = "update_";
  for (std::size_t at = name.find(kGrad); at != std::string_view::npos; at = name.find(kGrad, at + 1))
    if (const int owner = owner_of(name.substr(scope + 1, at - scope - 1)); owner >= 0) return owner;
  if (name.substr(scope + 1).starts_with(kUpdate)) {
    const std::string_view rest = name.substr(scope + 1 + kUpdate.size());
    for (std::size_t at = rest.find('/'); at != std::string_view::npos; at = rest.find('/', at + 1))
      if (const int owner = owner_of(rest.substr(0, at)); owner >= 0) return owner;
  }
  return variable_named_before(name);
}

void Lens::place_nodes() {
  const Graph& graph = *lowered_.graph;
  const int count = graph.size();
  nearest_.resize(static_cast<std::size_t>(count), -1);
  parts_.resize(static_cast<std::size_t>(count), LensPart::kForward);
  // The gradients are the first that training adds, in a scope of their own.
  const auto first = std::find(lowered_.owner.begin(), lowered_.owner.end(), -1);
  std::string gradients;
  if (first != lowered_.owner.end() && lowered_.model.train_op >= 0) {
    const std::string& name = graph.node(static_cast<int>(first - lowered_.owner.begin())).name;
    gradients = name.substr(0, name.find('/') + 1);
  }
  std::vector<bool> initialises(static_cast<std::size_t>(count), false);
  for (int assign : lowered_.model.initializers) initialises[static_cast<std::size_t>(assign)] = true;
  for (int id = count - 1; id >= 0; --id) {
    const auto at = static_cast<std::size_t>(id);
    const Node& node = graph.node(id);
    nearest_[at] = nearest_to(node);
    if (initialises[at] && nearest_[at] >= 0)  // So does what it takes the value from, in the same Variable.
      for (Output input : node.inputs)
        if (nearest_to(graph.node(input.node)) == nearest_[at] &&
            std::string_view(graph.node(input.node).op->type) != "VariableV2")
          initialises[static_cast<std::size_t>(input.node)] = true;
    if (initialises[at])
      parts_[at] = LensPart::kInitial;
    else if (lowered_.owner[at] < 0)
      parts_[at] = !gradients.empty() && std::string_view(node.name).starts_with(gradients)
                       ? LensPart::kGradients
                       : LensPart::kUpdate;
    if (parts_[at] == LensPart::kGradients && nearest_[at] < 0 && std::string_view(node.op->type) == "Fill" &&
        lowered_.model.loss.valid())
      nearest_[at] = lowered_.owner[static_cast<std::size_t>(lowered_.model.loss.node)];
  }
}

// As the session prunes: backwards from what is asked for, not beyond what is fed.
std::vector<bool> Lens::needed_nodes(const Asked& asked) const {
  const Graph& graph = *lowered_.graph;
  const auto is_fed = [&](Output tensor) {
    return std::any_of(asked.feeds.begin(), asked.feeds.end(),
                       [&](const Feed& feed) { return feed.key == tensor; });
  };
  std::vector<bool> needed(static_cast<std::size_t>(graph.size()), false);
  std::vector<int> pending;
  for (const Fetch& fetch : asked.fetches)
    if (fetch.is_operation || !is_fed(fetch.output)) pending.push_back(fetch.output.node);
  while (!pending.empty()) {
    const int id = pending.back();
    pending.pop_back();
    if (needed[static_cast<std::size_t>(id)]) continue;
    needed[static_cast<std::size_t>(id)] = true;
    for (Output input : graph.node(id).inputs)
      if (!is_fed(input)) pending.push_back(input.node);
    for (int control : graph.node(id).control_inputs) pending.push_back(control);
  }
  return needed;
}

// --- Events ---

void Lens::keep(LensRun& run, LensEvent event, std::size_t& bytes) const {
  if (run.events.size() >= kMostEvents) {
    ++run.left_out;
    return;
  }
  for (Tensor& value : event.values) {
    bytes += bytes_of(value);
    if (bytes > kMostBytes) value = {};
  }
  run.events.push_back(std::move(event));
}

// A plan has its constants from the start; in TensorFlow they are operations that run like all others.
void Lens::add_constants(LensRun& run, const std::vector<bool>& needed, int before, int& next) const {
  std::size_t bytes = 0;
  for (; next < before; ++next) {
    const auto at = static_cast<std::size_t>(next);
    const Node& node = lowered_.graph->node(next);
    if (!needed[at] || std::string_view(node.op->type) != "Const") continue;
    keep(run, {next, nearest_[at], parts_[at], {node.attr<Tensor>("value")}, {}}, bytes);
  }
}

// --- Stops ---

void Lens::make_stops(LensRun& run, const Asked& asked, const std::vector<bool>& needed) const {
  const Graph& graph = *lowered_.graph;
  for (std::size_t id = 0; id < needed.size(); ++id)
    if (needed[id] && lowered_.owner[id] >= 0)
      run.is_needed[static_cast<std::size_t>(lowered_.owner[id])] = true;
  for (const Feed& feed : asked.feeds) {
    run.fed[feed.key] = feed.value;
    const int owner = lowered_.owner[static_cast<std::size_t>(feed.key.node)];
    if (owner < 0) continue;
    const auto at = static_cast<std::size_t>(owner);
    run.is_fed[at] = true;
    const Shape &declared = graph.shape(feed.key), &given = feed.value.shape();
    for (int axis = 0; axis < declared.rank() && axis < given.rank(); ++axis)
      if (declared.dim(axis) == Shape::kUnknown)
        run.unknown[at] += cat(run.unknown[at].empty() ? "" : ", ", "None = ", given.dim(axis));
    bool is_used = std::any_of(asked.fetches.begin(), asked.fetches.end(), [&](const Fetch& fetch) {
      return !fetch.is_operation && fetch.output == feed.key;
    });
    for (const Node& node : graph.nodes())
      is_used = is_used || (needed[static_cast<std::size_t>(node.id)] &&
                            std::find(node.inputs.begin(), node.inputs.end(), feed.key) != node.inputs.end());
    if (!is_used) continue;
    run.is_needed[at] = true;
    run.stops.push_back({owner, LensPart::kFeed, 0, 0, feed.value, {}, {}});
  }
  const std::size_t fed = run.stops.size();
  // A Variable's memory alone joins what is done with it.
  const auto is_memory = [&](std::size_t event) {
    return std::string_view(graph.node(run.events[event].node).op->type) == "VariableV2";
  };
  for (std::size_t i = 0; i < run.events.size(); ++i) {
    const LensEvent& event = run.events[i];
    // A slot's memory is nothing to look at; what is done with it is told with its Variable.
    const bool is_slot = is_memory(i) && lowered_.owner[static_cast<std::size_t>(event.node)] < 0;
    if (event.owner < 0 || is_slot) continue;
    LensStop* last = run.stops.size() > fed ? &run.stops.back() : nullptr;
    if (last && last->owner == event.owner) {
      const bool only_memory = last->count == 1 && is_memory(last->first);
      if (last->part == event.part || only_memory || is_memory(i)) {
        if (only_memory) last->part = event.part;
        last->count = i + 1 - last->first;
        continue;
      }
    }
    run.stops.push_back({event.owner, event.part, i, 1, {}, {}, {}});
  }
  for (std::size_t i = fed; i < run.stops.size(); ++i) finish(run.stops[i], run);
}

// What is to be seen at a stop.
void Lens::finish(LensStop& stop, const LensRun& run) const {
  const LoweredNode& node = lowered_.nodes[static_cast<std::size_t>(stop.owner)];
  // The last value of a tensor up to the end of this stop.
  const auto value_of = [&](Output tensor) {
    for (std::size_t i = stop.first + stop.count; tensor.valid() && i-- > 0;) {
      const LensEvent& event = run.events[i];
      const auto k = static_cast<std::size_t>(tensor.index);
      if (event.node == tensor.node) return k < event.values.size() ? event.values[k] : Tensor();
    }
    return Tensor();
  };
  for (std::size_t i = stop.first; i < stop.first + stop.count; ++i)
    for (const LensChange& change : run.events[i].changes) {
      if (stop.after.defined() && change.variable != node.ref.node) continue;
      stop.before = change.before;
      stop.after = change.after;
    }
  if (stop.part == LensPart::kGradients || stop.part == LensPart::kUpdate)
    stop.value = value_of(node.gradient);
  else if (!node.outputs.empty())
    stop.value = value_of(node.outputs[0]);
  if (stop.part != LensPart::kForward && stop.part != LensPart::kInitial) return;
  if (!stop.value.defined() && node.ref.valid()) stop.value = run.held[static_cast<std::size_t>(stop.owner)];
  if (stop.after.defined()) stop.value = stop.after;
}

std::vector<NodeSnapshot> Lens::nodes_at(const LensRun* run, std::size_t stops) const {
  std::vector<NodeSnapshot> nodes(lowered_.nodes.size());
  std::map<int, std::size_t> by_variable;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const LoweredNode& from = lowered_.nodes[i];
    nodes[i].error = from.error;
    nodes[i].is_blocked = from.is_blocked;
    nodes[i].is_unfinished = from.is_unfinished;
    if (from.outputs.empty()) continue;
    const Output shown = from.ref.valid() ? from.ref : from.outputs[0];
    nodes[i].graph_name = lowered_.graph->node(shown.node).name;
    nodes[i].dtype = lowered_.graph->dtype(shown);
    nodes[i].shape = lowered_.graph->shape(shown);
    if (!from.ref.valid()) continue;
    by_variable[from.ref.node] = i;
    const Tensor* now = session_->variable(from.ref.node);
    nodes[i].value = run ? run->held[i] : now ? *now : Tensor();
  }
  if (!run) return nodes;
  for (std::size_t k = 0; k < std::min(stops, run->stops.size()); ++k) {
    const LensStop& stop = run->stops[k];
    NodeSnapshot& node = nodes[static_cast<std::size_t>(stop.owner)];
    const bool is_back = stop.part == LensPart::kGradients || stop.part == LensPart::kUpdate;
    if (stop.value.defined()) (is_back ? node.gradient : node.value) = stop.value;
    if (!is_back && node.order < 0) node.order = static_cast<int>(k);
    for (std::size_t i = stop.first; i < stop.first + stop.count; ++i)
      for (const LensChange& change : run->events[i].changes)
        if (const auto own = by_variable.find(change.variable); own != by_variable.end())
          nodes[own->second].value = change.after;
  }
  if (stops >= run->stops.size() && run->error && run->error_owner >= 0)
    nodes[static_cast<std::size_t>(run->error_owner)].error = run->error;
  return nodes;
}

}  // namespace sandflow
