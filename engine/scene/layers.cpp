// The table of layers.
#include "engine/scene/layers.h"

#include "engine/core/text.h"

namespace sandflow {

namespace {

SceneNode variable(std::string name, std::string shape, float x, float y, bool is_zero = false) {
  SceneNode node{
      .name = std::move(name), .type = "Variable", .inputs = {Port{}}, .attrs = {}, .x = x, .y = y};
  node.attrs["shape"] = std::move(shape);
  if (is_zero) node.attrs["initializer"] = "zeros";
  return node;
}

SceneNode op(std::string type, std::vector<Port> inputs, float x, float y) {
  std::string name = type;
  return {.name = std::move(name),
          .type = std::move(type),
          .inputs = std::move(inputs),
          .attrs = {},
          .x = x,
          .y = y};
}

std::optional<std::int64_t> last_size(const Shape& shape) {
  if (!shape.has_rank() || shape.rank() == 0) return {};
  const std::int64_t size = shape.dim(shape.rank() - 1);
  return size == Shape::kUnknown ? std::nullopt : std::optional(size);
}

constexpr int kUnits = 8;

void fit_dense(std::vector<SceneNode>& nodes, const Shape& input) {
  if (const auto size = last_size(input)) nodes[0].attrs["shape"] = cat("(", *size, ", ", kUnits, ")");
}

void fit_conv2d(std::vector<SceneNode>& nodes, const Shape& input) {
  if (const auto size = last_size(input)) nodes[0].attrs["shape"] = cat("(3, 3, ", *size, ", ", kUnits, ")");
}

std::vector<SceneNode> conv2d_nodes() {
  std::vector<SceneNode> nodes{variable("kernel", "(3, 3, 1, 8)", 0, 130),
                               variable("bias", "(8,)", 220, 130, true),
                               op("Conv2D", {Port{}, Port::wire("kernel")}, 220, 0),
                               op("BiasAdd", {Port::wire("Conv2D"), Port::wire("bias")}, 440, 0),
                               op("Relu", {Port::wire("BiasAdd")}, 640, 0)};
  nodes[2].attrs = {{"strides", "[1, 1, 1, 1]"}, {"padding", "SAME"}};
  return nodes;
}

}  // namespace

const std::vector<Layer>& layers() {
  static const std::vector<Layer> list{
      {.name = "dense",
       .python = "tf.layers.dense",
       .formula = R"(y = \operatorname{relu}(xW + b))",
       .help =
           "A fully connected layer: every unit sees every input, weighted, with a bias and an activation.",
       .nodes = {variable("kernel", "(2, 8)", 0, 130), variable("bias", "(8,)", 220, 130, true),
                 op("MatMul", {Port{}, Port::wire("kernel")}, 220, 0),
                 op("BiasAdd", {Port::wire("MatMul"), Port::wire("bias")}, 440, 0),
                 op("Relu", {Port::wire("BiasAdd")}, 640, 0)},
       .input = "MatMul",
       .output = "Relu",
       .fit = fit_dense},
      {.name = "conv2d",
       .python = "tf.layers.conv2d",
       .formula = R"(y = \operatorname{relu}(x * W + b))",
       .help = "A convolutional layer: small filters slide over images, with a bias and an activation.",
       .nodes = conv2d_nodes(),
       .input = "Conv2D",
       .output = "Relu",
       .fit = fit_conv2d}};
  return list;
}

const Layer* find_layer(std::string_view name) {
  for (const Layer& layer : layers())
    if (layer.name == name) return &layer;
  return nullptr;
}

edit::AddNodes layer_of(const Layer& layer, const Shape& input) {
  edit::AddNodes add{layer.nodes, {layer.name}};
  layer.fit(add.nodes, input);
  for (SceneNode& node : add.nodes) {
    node.name = cat(layer.name, "/", node.name);
    for (Port& port : node.inputs)
      if (port.kind == Port::Kind::kWire) port.text = cat(layer.name, "/", port.text);
  }
  return add;
}

}  // namespace sandflow
