// Node by node, as one would build it by hand: hidden layers as folded scopes
// from left to right.
#include "engine/scene/net.h"

#include <algorithm>

#include "engine/core/text.h"
#include "engine/training/initializers.h"

namespace sandflow {

namespace {

constexpr int kMostLayers = 24, kMostUnits = 2048;
constexpr float kApart = 250;  // From one folded layer to the next.

class NetBuilder {
 public:
  NetBuilder(std::int64_t features, std::int64_t outputs, bool is_regression, Regularisation regularisation)
      : features_(features),
        outputs_(outputs),
        is_regression_(is_regression),
        regularisation_(std::move(regularisation)) {}

  Net run(const std::vector<NetLayer>& hidden) {
    placeholder("x", features_, "features", 0, 0);
    placeholder("y", outputs_, "labels", 0, 200);
    std::string last = "x";
    std::int64_t size = features_;
    for (std::size_t i = 0; i < hidden.size(); ++i) {
      const std::string scope = cat("layer_", i + 1);
      last = dense(scope, last, size, hidden[i].units, hidden[i].activation, hidden[i].initializer,
                   kApart * static_cast<float>(i + 1));
      net_.folded.insert(scope);
      size = hidden[i].units;
    }
    const float x = kApart * static_cast<float>(hidden.size() + 1);
    last = dense("output", last, size, outputs_, "", {"", {}}, x);
    net_.folded.insert("output");
    is_regression_ ? regression(last, x + kApart) : classes(last, x + kApart);
    return std::move(net_);
  }

 private:
  SceneNode& add(std::string name, std::string type, std::vector<Port> inputs, float x, float y) {
    net_.nodes.push_back({std::move(name), std::move(type), std::move(inputs), {}, x, y});
    return net_.nodes.back();
  }
  static Port wire(std::string from) { return Port::wire(std::move(from)); }

  void placeholder(const char* name, std::int64_t size, const char* feed, float x, float y) {
    SceneNode& node = add(name, "Placeholder", {}, x, y);
    node.attrs = {{"dtype", "float32"}, {"shape", cat("(None, ", size, ")")}, {"feed", feed}};
  }

  std::string dense(const std::string& scope, const std::string& input, std::int64_t in, std::int64_t out,
                    const std::string& activation, const Choice& initializer, float x) {
    const auto inside = [&](std::string_view name) { return cat(scope, "/", name); };
    SceneNode& weights = add(inside("W"), "Variable", {Port{}}, x, 130);
    weights.attrs["shape"] = cat("(", in, ", ", out, ")");
    if (!initializer.name.empty()) weights.attrs["initializer"] = initializer.name;
    for (const auto& [name, value] : initializer.parameters) weights.attrs[name] = shortest(value);
    weights_.push_back(weights.name);
    SceneNode& bias = add(inside("b"), "Variable", {Port{}}, x + 220, 130);
    bias.attrs = {{"shape", cat("(", out, ",)")}, {"initializer", "zeros"}};
    add(inside("MatMul"), "MatMul", {wire(input), wire(inside("W"))}, x, 0);
    add(inside("BiasAdd"), "BiasAdd", {wire(inside("MatMul")), wire(inside("b"))}, x + 210, 0);
    std::string last = inside("BiasAdd");
    if (!activation.empty()) {
      add(inside(activation), activation, {wire(last)}, x + 420, 0);
      last = inside(activation);
    }
    if (scope == "output" || regularisation_.dropout == 0) return last;
    add(inside("dropout"), "dropout", {wire(last)}, x + 580, 0).attrs["rate"] =
        shortest(regularisation_.dropout);
    return inside("dropout");
  }

  // What the loss would be without a penalty is there under a name of its own.
  std::string loss_name() const { return regularisation_.penalty.empty() ? "loss" : "data_loss"; }

  void penalise(float x, float y) {
    if (regularisation_.penalty.empty()) return;
    std::vector<Port> sizes;
    float above = y - 130;
    for (const std::string& name : weights_) {
      const std::string size = cat("penalty/", name.substr(0, name.find('/')));
      if (regularisation_.penalty == "L2") {
        add(size, "L2Loss", {wire(name)}, x, above);
      } else {
        add(cat(size, "_abs"), "Abs", {wire(name)}, x - 150, above);
        add(size, "Sum", {wire(cat(size, "_abs")), Port::literal("[0, 1]")}, x, above);
      }
      sizes.push_back(wire(size));
      above -= 100;
    }
    add("penalty/sum", "AddN", sizes, x + 170, y - 130);
    add("penalty/scaled", "Mul", {Port::literal(shortest(regularisation_.strength)), wire("penalty/sum")},
        x + 340, y - 130);
    net_.folded.insert("penalty");
    add("loss", "AddV2", {wire("data_loss"), wire("penalty/scaled")}, x + 340, y);
  }

  void classes(const std::string& logits, float x) {
    add("softmax", "Softmax", {wire(logits)}, x, 0);
    add("cross_entropy", "SoftmaxCrossEntropyWithLogits", {wire(logits), wire("y")}, x, 130);
    add(loss_name(), "Mean", {wire("cross_entropy"), Port::literal("[0]")}, x + 280, 130);
    penalise(x + 280, 130);
    add("answer", "ArgMax", {wire(logits), Port::literal("1")}, x, 260);
    add("truth", "ArgMax", {wire("y"), Port::literal("1")}, x, 370);
    add("correct", "Equal", {wire("answer"), wire("truth")}, x + 170, 315);
    add("correct_float", "Cast", {wire("correct")}, x + 330, 315).attrs["DstT"] = "float32";
    add("accuracy", "Mean", {wire("correct_float"), Port::literal("[0]")}, x + 490, 315);
    net_.loss = "loss";
    net_.accuracy = "accuracy";
    net_.prediction = "softmax";
  }

  void regression(const std::string& prediction, float x) {
    add("error", "Sub", {wire(prediction), wire("y")}, x, 0);
    add("square", "Square", {wire("error")}, x + 170, 0);
    add(loss_name(), "Mean", {wire("square"), Port::literal("[0, 1]")}, x + 340, 0);
    penalise(x + 340, 0);
    net_.loss = "loss";
    net_.prediction = prediction;
  }

  std::int64_t features_, outputs_;
  bool is_regression_;
  Regularisation regularisation_;
  std::vector<std::string> weights_;  // Of every layer.
  Net net_;
};

}  // namespace

const std::vector<std::string>& net_activations() {
  static const std::vector<std::string> list{"Relu", "Sigmoid",  "Tanh",     "Elu",
                                             "Selu", "Softplus", "LeakyRelu"};
  return list;
}

Result<Net> build_net(std::int64_t features, std::int64_t outputs, bool is_regression,
                      const std::vector<NetLayer>& hidden, const Regularisation& regularisation) {
  if (features < 1 || outputs < 1)
    return value_error("A net needs data with features and something to predict.");
  if (hidden.size() > kMostLayers)
    return value_error(cat("A net may have ", kMostLayers, " hidden layers, not ", hidden.size(), "."));
  for (const NetLayer& layer : hidden) {
    if (layer.units < 1 || layer.units > kMostUnits)
      return value_error(cat("A layer may have from 1 to ", kMostUnits, " units, not ", layer.units, "."));
    const auto& known = net_activations();
    if (!layer.activation.empty() && std::find(known.begin(), known.end(), layer.activation) == known.end())
      return value_error(cat("'", layer.activation, "' is no activation."));
    if (!layer.initializer.name.empty() && !find_initializer_type(layer.initializer.name))
      return value_error(cat("Unknown initializer: '", layer.initializer.name, "'."));
  }
  if (!(regularisation.dropout >= 0 && regularisation.dropout <= 0.95))
    return value_error(
        cat("Dropout may take a share from 0 to 0.95, not ", shortest(regularisation.dropout), "."));
  if (!regularisation.penalty.empty() && regularisation.penalty != "L1" && regularisation.penalty != "L2")
    return value_error(cat("'", regularisation.penalty, "' is no penalty: there are L1 and L2."));
  if (!(regularisation.strength >= 0 && regularisation.strength <= 100))
    return value_error(
        cat("A penalty's strength is from 0 to 100, not ", shortest(regularisation.strength), "."));
  return NetBuilder(features, outputs, is_regression, regularisation).run(hidden);
}

Regularisation regularisation_of(const Scene& scene) {
  Regularisation found;
  if (const SceneNode* dropout = scene.find("layer_1/dropout"))
    if (const auto rate = dropout->attrs.find("rate"); rate != dropout->attrs.end())
      found.dropout = parse_double(rate->second).value_or(0);
  if (const SceneNode* of_output = scene.find("penalty/output"))
    found.penalty = of_output->type == "L2Loss" ? "L2" : "L1";
  if (const SceneNode* scaled = scene.find("penalty/scaled"); scaled && !scaled->inputs.empty())
    found.strength = parse_double(scaled->inputs[0].text).value_or(found.strength);
  return found;
}

std::optional<std::vector<NetLayer>> hidden_layers(const Scene& scene) {
  std::vector<NetLayer> layers;
  if (!scene.find("output/W") || !scene.find("output/BiasAdd")) return std::nullopt;
  for (std::size_t i = 1;; ++i) {
    const std::string scope = cat("layer_", i, "/");
    const SceneNode* weights = scene.find(scope + "W");
    if (!weights) break;
    NetLayer layer;
    const auto shape = weights->attrs.find("shape");
    if (weights->type != "Variable" || shape == weights->attrs.end()) return std::nullopt;
    const std::size_t comma = shape->second.rfind(','), end = shape->second.rfind(')');
    if (comma == std::string::npos || end == std::string::npos || end < comma) return std::nullopt;
    const auto units = parse_int(trim(std::string_view(shape->second).substr(comma + 1, end - comma - 1)));
    if (!units || *units < 1 || *units > kMostUnits) return std::nullopt;
    layer.units = static_cast<int>(*units);
    layer.activation.clear();
    for (const std::string& activation : net_activations())
      if (scene.find(scope + activation)) layer.activation = activation;
    if (const auto own = weights->attrs.find("initializer"); own != weights->attrs.end()) {
      layer.initializer.name = own->second;
      if (const InitializerType* type = find_initializer_type(own->second))
        for (const Parameter& parameter : type->parameters)
          if (const auto text = weights->attrs.find(parameter.name); text != weights->attrs.end())
            if (const auto number = parse_double(text->second))
              layer.initializer.parameters[parameter.name] = *number;
    }
    layers.push_back(std::move(layer));
  }
  return layers;
}

bool takes(const Scene& scene, const Snapshot& snapshot, const Dataset& data) {
  for (const SceneNode& node : scene.nodes) {
    if (node.type != "Placeholder") continue;
    const auto feed = node.attrs.find("feed");
    if (feed == node.attrs.end()) continue;
    const bool is_features = feed->second == "features";
    if (!is_features && feed->second != "labels") continue;
    const auto i = static_cast<std::size_t>(scene.index_of(node.name));
    if (i >= snapshot.nodes.size()) continue;
    const Shape& shape = snapshot.nodes[i].shape;
    const std::int64_t wanted =
        is_features ? static_cast<std::int64_t>(data.feature_names.size()) : data.outputs();
    if (shape.has_rank() &&
        (shape.rank() != 2 || (shape.dim(1) != Shape::kUnknown && shape.dim(1) != wanted)))
      return false;
  }
  return true;
}

}  // namespace sandflow
