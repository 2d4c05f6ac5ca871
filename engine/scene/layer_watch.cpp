// Finds the layers in the graph by following it from each trained matrix; then measures by looking.
#include "engine/scene/layer_watch.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <span>

#include "engine/scene/scopes.h"

namespace sandflow {

namespace {

constexpr std::array<std::string_view, 9> kActivations{"Sigmoid", "Tanh",     "Relu",     "Relu6",    "Elu",
                                                       "Selu",    "Softplus", "Softsign", "LeakyRelu"};
constexpr std::array<std::string_view, 5> kSums{"BiasAdd", "Add", "AddV2", "Identity", "Reshape"};
constexpr std::array<std::string_view, 3> kProducts{"MatMul", "BatchMatMulV2", "Conv2D"};

template <std::size_t n>
bool is_one_of(const std::array<std::string_view, n>& list, std::string_view type) {
  return std::find(list.begin(), list.end(), type) != list.end();
}

// The learner's part of the graph, from tensors to what uses them.
class Consumers {
 public:
  explicit Consumers(const Lowered& lowered) : graph_(*lowered.graph) {
    for (const Node& node : graph_.nodes())
      if (lowered.owner[static_cast<std::size_t>(node.id)] >= 0)
        for (Output input : node.inputs) users_[input.node].push_back(node.id);
  }

  std::string_view type(int node) const { return graph_.node(node).op->type; }

  // The first user of a node whose type is on the list; -1 if there is none.
  template <std::size_t n>
  int next(int node, const std::array<std::string_view, n>& list) const {
    if (const auto users = users_.find(node); users != users_.end())
      for (int user : users->second)
        if (is_one_of(list, type(user))) return user;
    return -1;
  }

  // From a product over sums to its activation; to the last sum where there is none.
  int end_of(int node) const {
    for (;;) {
      if (const int activation = next(node, kActivations); activation >= 0) return activation;
      const int sum = next(node, kSums);
      if (sum < 0) return node;
      node = sum;
    }
  }

 private:
  const Graph& graph_;
  std::map<int, std::vector<int>> users_;
};

WatchedLayer::Units units_of(const Node& product, Output weights, const Shape& shape) {
  if (product.inputs[1] != weights) return WatchedLayer::Units::kNone;
  const std::string_view type = product.op->type;
  const bool is_transposed =
      type != "Conv2D" && product.attr<bool>(type == "MatMul" ? "transpose_b" : "adj_y");
  if (!is_transposed) return WatchedLayer::Units::kColumns;
  return shape.rank() == 2 ? WatchedLayer::Units::kRows : WatchedLayer::Units::kNone;
}

std::int64_t count_units(const Shape& weights, WatchedLayer::Units units) {
  if (units == WatchedLayer::Units::kNone) return 0;
  return weights.dim(units == WatchedLayer::Units::kRows ? 0 : weights.rank() - 1);
}

bool is_weights(const Shape& shape) { return shape.fully_defined() && shape.rank() >= 2; }

// The numbers of a tensor as floats; `kept` holds them where they are none.
std::span<const float> floats(const Tensor& tensor, std::vector<float>& kept) {
  if (tensor.dtype() == DType::kFloat32) return tensor.read<float>();
  for (std::int64_t i = 0; i < tensor.elements(); ++i) kept.push_back(static_cast<float>(tensor.number(i)));
  return kept;
}

// What of a layer's answers lies at an end of a sigmoid's or tanh's range; 0 for other activations.
double saturated_share(std::string_view type, const Tensor& answers) {
  const bool is_sigmoid = type == "Sigmoid";
  if ((!is_sigmoid && type != "Tanh") || !answers.defined() || answers.elements() == 0) return 0;
  const float low = is_sigmoid ? 0.02f : -0.96f, high = is_sigmoid ? 0.98f : 0.96f;
  std::vector<float> kept;
  const std::span<const float> all = floats(answers, kept);
  const auto count = std::count_if(all.begin(), all.end(), [=](float x) { return x < low || x > high; });
  return static_cast<double>(count) / static_cast<double>(all.size());
}

int dead_units(std::string_view type, const Tensor& answers, std::size_t units) {
  if ((type != "Relu" && type != "Relu6") || units == 0 || !answers.defined()) return 0;
  std::vector<float> kept;
  const std::span<const float> all = floats(answers, kept);
  if (all.size() < units) return 0;
  int dead = 0;
  for (std::size_t unit = 0; unit < units; ++unit) {
    bool is_silent = true;
    for (std::size_t i = unit; i < all.size() && is_silent; i += units) is_silent = all[i] == 0;
    dead += is_silent;
  }
  return dead;
}

}  // namespace

double norm_of(const Tensor& tensor) {
  if (!tensor.defined()) return std::numeric_limits<double>::quiet_NaN();
  std::vector<float> kept;
  double squares = 0;
  for (float x : floats(tensor, kept)) squares += static_cast<double>(x) * static_cast<double>(x);
  return std::sqrt(squares);
}

Spread spread_of(const Tensor& tensor) {
  Spread spread;
  if (!tensor.defined() || tensor.elements() == 0) return spread;
  std::vector<float> kept;
  const std::span<const float> all = floats(tensor, kept);
  const auto [from, to] = kept.empty() ? tensor.extent() : Tensor::vector(kept).extent();
  spread.low = static_cast<float>(from);
  spread.high = static_cast<float>(to);
  const double reach = to - from;
  const double scale = reach > 0 ? static_cast<double>(Spread::kBins) / reach : 0;
  std::array<std::int64_t, Spread::kBins> counts{};
  bool are_any = false;
  for (float x : all) {
    if (!std::isfinite(x)) continue;
    are_any = true;
    // Numbers that are all alike stand in the middle.
    const auto bin =
        scale > 0 ? static_cast<std::size_t>((static_cast<double>(x) - from) * scale) : Spread::kBins / 2;
    ++counts[std::min(bin, Spread::kBins - 1)];
  }
  for (std::size_t bin = 0; are_any && bin < counts.size(); ++bin)
    spread.bins.push_back(static_cast<float>(counts[bin]) / static_cast<float>(all.size()));
  return spread;
}

std::vector<Twins> find_twins(const Tensor& weights, const Tensor& bias, const Tensor& gradient,
                              WatchedLayer::Units where) {
  std::vector<Twins> found;
  if (!weights.defined() || !gradient.defined() || weights.shape() != gradient.shape() ||
      weights.shape().rank() < 2)
    return found;
  const std::int64_t units = count_units(weights.shape(), where);
  const bool are_rows = where == WatchedLayer::Units::kRows;
  // Number `i` of a unit.
  const auto number = [&](const Tensor& tensor, std::int64_t unit, std::int64_t i) {
    return tensor.number(are_rows ? unit * (tensor.elements() / units) + i : i * units + unit);
  };
  // Sums of the same numbers in another order differ in their last bits.
  const auto agree = [&](const Tensor& tensor, std::int64_t a, std::int64_t b) {
    const std::int64_t count = tensor.elements() / units;
    for (std::int64_t i = 0; i < count; ++i) {
      const double x = number(tensor, a, i), y = number(tensor, b, i);
      if (!(std::fabs(x - y) <= 1e-6 * std::max(std::fabs(x), std::fabs(y)))) return false;
    }
    return true;
  };
  const bool has_bias = bias.defined() && bias.elements() == units;
  std::vector<bool> taken(static_cast<std::size_t>(units), false);
  for (std::int64_t a = 0; a < units; ++a) {
    if (taken[static_cast<std::size_t>(a)]) continue;
    Twins twins{{static_cast<int>(a)}, false};
    for (std::int64_t b = a + 1; b < units; ++b)
      if (!taken[static_cast<std::size_t>(b)] && agree(weights, a, b) && agree(gradient, a, b) &&
          (!has_bias || agree(bias, a, b)))
        twins.units.push_back(static_cast<int>(b));
    if (twins.units.size() < 2) continue;
    for (int unit : twins.units) taken[static_cast<std::size_t>(unit)] = true;
    twins.are_zeros = true;
    for (std::int64_t i = 0; i < weights.elements() / units; ++i)
      twins.are_zeros = twins.are_zeros && number(weights, a, i) == 0;
    found.push_back(std::move(twins));
  }
  return found;
}

LayerWatch::LayerWatch(const Scene& scene, const Lowered& lowered) {
  const Graph& graph = *lowered.graph;
  const Consumers consumers(lowered);
  std::map<std::string, int, std::less<>> matrices_of;  // By scope.
  std::vector<std::pair<int, WatchedLayer>> found;      // By where the product stands.
  for (std::size_t i = 0; i < scene.nodes.size(); ++i) {
    const LoweredNode& node = lowered.nodes[i];
    if (!node.ref.valid() || !node.gradient.valid() || !is_weights(graph.shape(node.ref))) continue;
    WatchedLayer layer;
    layer.variable = scene.nodes[i].name;
    layer.weights = node.outputs[0];
    layer.gradient = node.gradient;
    ++matrices_of[std::string(scope_of(layer.variable))];
    const int product = consumers.next(layer.weights.node, kProducts);
    if (product >= 0) {
      layer.units = units_of(graph.node(product), layer.weights, graph.shape(layer.weights));
      const int end = consumers.end_of(product);
      layer.activation = {end, 0};
      if (is_one_of(kActivations, consumers.type(end))) layer.activation_type = consumers.type(end);
    }
    found.emplace_back(product >= 0 ? product : layer.weights.node, std::move(layer));
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& entry : found) {
    WatchedLayer& layer = entry.second;
    const std::string scope(scope_of(layer.variable));
    layer.name = !scope.empty() && matrices_of[scope] == 1 ? scope : layer.variable;
    layers_.push_back(std::move(layer));
  }
  for (std::size_t i = 0; i < scene.nodes.size(); ++i) {
    const LoweredNode& node = lowered.nodes[i];
    if (!node.ref.valid() || graph.shape(node.ref).rank() != 1) continue;
    // The bias stands between a product and its activation.
    const int sum = consumers.next(node.outputs[0].node, kSums);
    for (WatchedLayer& layer : layers_)
      if (sum >= 0 && layer.activation.valid() && !layer.bias.valid() &&
          consumers.end_of(sum) == layer.activation.node)
        layer.bias = node.outputs[0];
  }
  for (const WatchedLayer& layer : layers_) {
    if (!layer.activation.valid()) continue;
    constexpr std::int64_t kMost = 1 << 20;  // Anything beyond is as wide.
    std::int64_t width = 1;
    const Shape& shape = graph.shape(layer.activation);
    for (int axis = 1; axis < shape.rank(); ++axis)
      width = std::min(kMost, width * std::clamp<std::int64_t>(shape.dim(axis), 1, kMost));
    widest_ = std::max(widest_, width);
  }
  for (const auto* placeholders : {&lowered.model.features, &lowered.model.labels})
    for (Output placeholder : *placeholders) {
      const Shape& shape = graph.shape(placeholder);
      if (shape.has_rank() && shape.rank() > 0 && shape.dim(0) != Shape::kUnknown) takes_any_batch_ = false;
    }
}

std::vector<LayerState> LayerWatch::look(Trainer& trainer, const Dataset* data) const {
  if (layers_.empty()) return {};
  std::vector<Feed> feeds;
  if (data && takes_any_batch_) {
    // Of images that pass through convolutions, a look at many would take longer than a frame.
    constexpr std::int64_t kElements = 100'000, kLeast = 32, kMost = 512;
    const std::int64_t count = std::clamp(examples_of(kElements, *data), kLeast, kMost);
    std::vector<std::int32_t> rows(static_cast<std::size_t>(std::min(count, data->train.size())));
    std::iota(rows.begin(), rows.end(), 0);
    feeds = trainer.feeds(rows);
  } else {
    feeds = trainer.last_feeds();
  }
  std::vector<Output> wanted;
  const auto want = [&](Output tensor) { wanted.push_back(tensor.valid() ? tensor : layers_[0].weights); };
  for (const WatchedLayer& layer : layers_)
    for (Output tensor : {layer.weights, layer.activation, layer.gradient, layer.bias}) want(tensor);
  const std::vector<Tensor> values = trainer.session().look(wanted, feeds, true).values;
  std::vector<LayerState> states;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const WatchedLayer& layer = layers_[i];
    LayerState state;
    const auto value = [&](std::size_t which, Output tensor) {
      return tensor.valid() ? values[4 * i + which] : Tensor();
    };
    const Tensor weights = value(0, layer.weights), answers = value(1, layer.activation),
                 gradient = value(2, layer.gradient), bias = value(3, layer.bias);
    const Tensor* parts[kLayerParts] = {&weights, &answers, &gradient};
    for (int part = 0; part < kLayerParts; ++part) {
      state.norms[part] = norm_of(*parts[part]);
      state.spreads[part] = spread_of(*parts[part]);
      if (parts[part]->defined()) state.numbers += parts[part]->elements();
    }
    if (weights.defined()) state.units = static_cast<int>(count_units(weights.shape(), layer.units));
    state.saturated = saturated_share(layer.activation_type, answers);
    state.dead = dead_units(layer.activation_type, answers, static_cast<std::size_t>(state.units));
    state.twins = find_twins(weights, bias, gradient, layer.units);
    states.push_back(std::move(state));
  }
  return states;
}

void LayerWatch::record(Trainer& trainer, const Dataset* data) {
  if (layers_.empty()) return;
  const bool is_first = moments_.entries().empty();
  std::int64_t numbers = 0;
  moments_.add_made([&] {
    LayersMoment moment{trainer.counters().step, {}};
    for (LayerState& state : look(trainer, data)) {
      numbers += state.numbers;
      moment.layers.push_back(std::move(state));
    }
    return moment;
  });
  if (!is_first) return;
  constexpr std::int64_t kElementsOfAStep = 32 * 1024;
  std::int64_t stride = 1;
  while (stride * kElementsOfAStep < numbers) stride *= 2;
  moments_.set_stride(stride);
}

}  // namespace sandflow
