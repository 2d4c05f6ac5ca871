// Each by looking through the trainer's own session, or a copy of the graph in doubles.
#include "engine/scene/microscope.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/core/text.h"
#include "engine/scene/fields.h"
#include "engine/scene/node_types.h"

namespace sandflow {

namespace {

Error no_gradient() {
  return {ErrorKind::kFailedPrecondition, "This node has no gradient: the loss does not depend on it.", {}};
}

double sum(const Tensor& tensor) {
  double total = 0;
  for (std::int64_t i = 0; i < tensor.elements(); ++i) total += tensor.number(i);
  return total;
}

// The scene with doubles wherever it says or means float32.
Scene doubled(Scene scene) {
  for (SceneNode& node : scene.nodes) {
    const NodeType* type = find_node_type(node.type);
    if (!type) continue;
    for (const NodeField& field : type->fields)
      if (field_text(node, field) == "float32") node.attrs[field.name] = "float64";
  }
  return scene;
}

// A graph to run the loss in, with the run's own parameters and batch.
struct Bench {
  Lowered own;  // Empty: the run's own graph does.
  const Lowered* lowered = nullptr;
  std::unique_ptr<Session> session;
  std::vector<Feed> feeds;
};

// Nothing if the loss cannot be computed in this graph.
bool set_up(Bench& bench, const Lowered& from, Trainer& trainer) {
  const Lowered& to = *bench.lowered;
  if (!to.model.loss.valid()) return false;
  bench.session = std::make_unique<Session>(*to.graph, 1);
  for (std::size_t i = 0; i < from.nodes.size(); ++i) {
    if (!from.nodes[i].ref.valid() || !to.nodes[i].ref.valid()) continue;
    const Tensor* value = trainer.session().variable(from.nodes[i].ref.node);
    if (!value) return false;
    Result<Tensor> same = converted(*value, to.graph->dtype(to.nodes[i].outputs[0]));
    if (!same.ok()) return false;
    bench.session->set_variable(to.nodes[i].ref.node, *std::move(same));
  }
  bench.feeds = to.model.constant_feeds;
  const std::vector<Feed> fed = trainer.last_feeds();
  const auto take = [&](const std::vector<Output>& mine, const std::vector<Output>& theirs) {
    for (std::size_t i = 0; i < std::min(mine.size(), theirs.size()); ++i)
      for (const Feed& feed : fed)
        if (feed.key == theirs[i]) bench.feeds.push_back({mine[i], feed.value});
  };
  take(to.model.features, from.model.features);
  take(to.model.labels, from.model.labels);
  return bench.session->observe({to.model.loss}, bench.feeds).ok();
}

Result<GradientCheck> check_on(Bench& bench, std::size_t node, bool is_double) {
  const LoweredNode& at = bench.lowered->nodes[node];
  const Output loss = bench.lowered->model.loss;
  if (at.outputs.empty() || !at.gradient.valid()) return no_gradient();
  const auto seen = bench.session->observe({at.outputs[0], at.gradient}, bench.feeds);
  if (!seen.ok()) return seen.error();
  const Tensor value = (*seen)[0], gradient = (*seen)[1];
  if (!is_floating(value.dtype()) || value.shape() != gradient.shape()) return no_gradient();
  GradientCheck check;
  check.is_double = is_double;
  constexpr std::int64_t kMost = 24;
  const std::int64_t count = std::min(value.elements(), kMost);
  for (std::int64_t k = 0; k < count; ++k) {
    GradientCheck::Element element;
    element.index = count > 1 ? k * (value.elements() - 1) / (count - 1) : 0;
    element.analytic = gradient.number(element.index);
    const double x = value.number(element.index), h = (is_double ? 1e-6 : 1e-2) * std::max(1.0, std::fabs(x));
    const auto loss_at = [&](double moved) -> Result<double> {
      Tensor other = value;
      with_floating(value.dtype(), [&]<class T>() {
        other.write<T>()[static_cast<std::size_t>(element.index)] = static_cast<T>(moved);
      });
      std::vector<Feed> fed = bench.feeds;
      std::erase_if(fed, [&](const Feed& feed) { return feed.key == at.outputs[0]; });
      fed.push_back({at.outputs[0], other});
      const auto run = bench.session->observe({loss}, fed);
      if (!run.ok()) return run.error();
      return sum((*run)[0]);
    };
    const Result<double> above = loss_at(x + h), below = loss_at(x - h);
    if (!above.ok()) return above.error();
    if (!below.ok()) return below.error();
    element.numeric = (*above - *below) / (2 * h);
    const double size = std::max({std::fabs(element.analytic), std::fabs(element.numeric), 1e-9});
    element.error = std::fabs(element.analytic - element.numeric) / size;
    // One that is not a number is worse than any that is.
    if (!(element.error <= check.largest_error) && !std::isnan(check.largest_error))
      check.largest_error = element.error;
    check.elements.push_back(element);
  }
  return check;
}

// The gradients of all trained Variables, in the order of the scene.
std::vector<Output> parameter_gradients(const Lowered& lowered) {
  std::vector<Output> gradients;
  for (const LoweredNode& node : lowered.nodes)
    if (node.ref.valid() && node.gradient.valid()) gradients.push_back(node.gradient);
  return gradients;
}

std::vector<double> joined(const std::vector<Tensor>& tensors, std::size_t count) {
  std::vector<double> all;
  for (std::size_t k = 0; k < count; ++k)
    for (std::int64_t i = 0; i < tensors[k].elements(); ++i) all.push_back(tensors[k].number(i));
  return all;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

}  // namespace

Result<GradientCheck> check_gradient(const Scene& scene, std::size_t node, const Lowered& lowered,
                                     Trainer& trainer) {
  if (node >= lowered.nodes.size() || !lowered.nodes[node].gradient.valid()) return no_gradient();
  Bench doubles;
  doubles.own = lower(doubled(scene));
  doubles.lowered = &doubles.own;
  if (set_up(doubles, lowered, trainer) && doubles.own.nodes[node].gradient.valid())
    return check_on(doubles, node, true);
  Bench floats;
  floats.lowered = &lowered;
  if (!set_up(floats, lowered, trainer)) return no_gradient();
  return check_on(floats, node, false);
}

BatchSight look_at_batch(const Lowered& lowered, const LayerWatch& watch, Trainer& trainer,
                         const Dataset* data) {
  BatchSight sight;
  const std::vector<Output> gradients = parameter_gradients(lowered);
  if (!data || gradients.empty() || !lowered.model.loss.valid()) return sight;
  std::vector<Output> wanted = gradients;
  wanted.push_back(lowered.model.loss);
  double loss = 0;
  const auto look = [&](std::span<const std::int32_t> rows) -> std::vector<double> {
    const Session::Sight seen = trainer.session().look(wanted, trainer.feeds(rows));
    for (const Tensor& tensor : seen.values)
      if (!tensor.defined()) return {};
    loss = sum(seen.values.back()) /
           static_cast<double>(std::max<std::int64_t>(1, seen.values.back().elements()));
    return joined(seen.values, gradients.size());
  };
  const std::vector<std::int32_t> rows = trainer.next_rows();
  // As many as training can wait for: what convolutions make of an image is far more than its pixels.
  constexpr std::int64_t kElements = 500'000, kLeast = 64;
  const std::int64_t count = std::max(watch.examples_of(kElements, *data), kLeast);
  std::vector<std::int32_t> all(static_cast<std::size_t>(std::min(count, data->train.size())));
  std::iota(all.begin(), all.end(), 0);
  const std::vector<double> full = look(all), batch = look(rows);
  if (full.empty() || batch.empty()) return sight;
  sight.rows = rows;
  sight.full_examples = static_cast<std::int64_t>(all.size());
  sight.parameters = static_cast<std::int64_t>(full.size());
  const double full_norm = std::sqrt(dot(full, full)), batch_norm = std::sqrt(dot(batch, batch));
  const double along = full_norm > 0 ? dot(batch, full) / full_norm : 0;
  std::vector<double> rest = batch;
  for (std::size_t i = 0; i < rest.size(); ++i) rest[i] -= full_norm > 0 ? along * full[i] / full_norm : 0;
  const double rest_norm = std::sqrt(dot(rest, rest));
  const auto arrow = [&](const std::vector<double>& g) {
    return GradientArrow{full_norm > 0 ? dot(g, full) / full_norm : 0,
                         rest_norm > 0 ? dot(g, rest) / rest_norm : 0, std::sqrt(dot(g, g))};
  };
  sight.full = arrow(full);
  sight.batch = arrow(batch);
  sight.cosine = full_norm > 0 && batch_norm > 0 ? dot(full, batch) / (full_norm * batch_norm) : 0;
  const std::size_t shown = sight.parameters > 20'000 ? 12 : 32;
  for (std::size_t i = 0; i < std::min(rows.size(), shown); ++i) {
    const std::vector<double> single = look(std::span(&rows[i], 1));
    if (single.empty()) break;
    sight.examples.push_back(arrow(single));
    sight.losses.push_back(loss);
  }
  return sight;
}

Result<UpdateSight> look_at_update(const Scene& scene, const Lowered& lowered, Trainer& trainer,
                                   const std::string& variable, std::int64_t element) {
  const int index = scene.index_of(variable);
  const OptimizerType* type = find_optimizer_type(scene.training.optimizer.name);
  if (index < 0 || !type || !trainer.can_train()) return value_error(cat("'", variable, "' is not trained."));
  const LoweredNode& node = lowered.nodes[static_cast<std::size_t>(index)];
  if (!node.ref.valid() || !node.descent.valid()) return value_error(cat("'", variable, "' is not trained."));
  const Graph& graph = *lowered.graph;
  const auto value = [&](int id, std::int64_t i) {
    const Tensor* tensor = trainer.session().variable(id);
    return tensor && i < tensor->elements() ? tensor->number(i) : std::numeric_limits<double>::quiet_NaN();
  };
  UpdateSight sight;
  sight.variable = variable;
  sight.step = trainer.counters().step + 1;
  const Tensor* weights = trainer.session().variable(node.ref.node);
  if (!weights || element < 0 || element >= weights->elements())
    return value_error(cat("'", variable, "' has no element ", element, "."));
  sight.element = element;
  sight.before = value(node.ref.node, element);
  const Parameters parameters = complete(type->parameters, scene.training.optimizer.parameters);
  Symbols symbols{{"W", sight.before}, {"t", static_cast<double>(sight.step)}, {"‖W‖", norm_of(*weights)}};
  for (const auto& [name, x] : parameters) symbols[std::string(symbol_of(name))] = x;
  for (const Shared& shared : type->shared)
    if (const auto id = graph.find(shared.name)) symbols[std::string(symbol_of(shared.name))] = value(*id, 0);
  std::vector<int> slots;
  std::map<std::string, int> count;
  for (const Slot& slot : type->slots) {
    const int nth = count[slot.name]++;
    const std::string own = nth == 0 ? slot.name : cat(slot.name, "_", nth);
    const auto id = graph.find(cat(graph.node(node.ref.node).name, "/", own));
    if (!id) continue;
    slots.push_back(*id);
    sight.slots.push_back({own, value(*id, element), 0});
    symbols[slot.symbol] = sight.slots.back().before;
  }

  // The step itself, taken back: what it draws at random is what the next one will draw.
  const Checkpoint here = trainer.checkpoint();
  const Trainer::Record record = trainer.record();
  // The gradients of all Variables are fetched: whichever is looked at, it is one plan.
  std::vector<Fetch> fetches{Fetch::operation(lowered.model.train_op)};
  std::size_t own = 0;
  for (const LoweredNode& each : lowered.nodes) {
    if (!each.ref.valid() || !each.descent.valid()) continue;
    if (&each == &node) own = fetches.size();
    fetches.emplace_back(each.descent);
  }
  if (lowered.rate.valid()) fetches.emplace_back(lowered.rate);
  const auto ran = trainer.session().run(fetches, trainer.feeds(trainer.next_rows()));
  sight.after = value(node.ref.node, element);
  for (std::size_t i = 0; i < slots.size(); ++i) sight.slots[i].after = value(slots[i], element);
  trainer.go_back(here);
  trainer.set_record(record);
  if (!ran.ok()) return ran.error();

  sight.gradient = symbols["g"] = (*ran)[own].number(element);
  symbols["‖g‖"] = norm_of((*ran)[own]);
  if (lowered.rate.valid()) symbols["η"] = ran->back().number(0);
  sight.lines = told(type->rule, symbols);
  sight.predicted = symbols["W"];
  return sight;
}

}  // namespace sandflow
