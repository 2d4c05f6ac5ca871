// The table of nets, and how their data are made.
#include "tests/bench/lines.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include "engine/core/json.h"

namespace sandflow::bench {

namespace {

constexpr const char* kTaskNames[] = {"squares", "cross-entropy", "forward"};
constexpr const char* kKindNames[] = {"dense", "convolution", "pooling"};

// Dense layers of these widths, all but the last one activated.
std::vector<Layer> dense(const std::vector<int>& widths) {
  std::vector<Layer> layers;
  for (const int width : widths) layers.push_back({Kind::kDense, width, true});
  layers.back().is_activated = false;
  return layers;
}

Line titled(Line line) {
  std::string net;
  for (const int size : line.example) net += cat(net.empty() ? "" : "x", size);
  for (const Layer& layer : line.layers) {
    if (layer.kind == Kind::kDense) net += cat("-", layer.outputs);
    if (layer.kind == Kind::kConvolution) net += cat("-c", layer.outputs);
    if (layer.kind == Kind::kPooling) net += "-p";
  }
  const std::string_view optimizer = line.optimizer;
  line.title =
      line.task == Task::kForward
          ? cat(net, ", forward, ", line.batch, " points")
          : cat(net, ", ", optimizer == "GradientDescent" ? "SGD" : optimizer, ", batch ", line.batch);
  return line;
}

Line small(const char* id, const std::vector<int>& widths, int batch) {
  return titled({.id = id, .example = {2}, .layers = dense(widths), .batch = batch, .examples = 300});
}

Line classifier(const char* id, int inputs, const std::vector<int>& widths, const char* optimizer,
                float learning_rate, int batch) {
  return titled({.id = id,
                 .example = {inputs},
                 .layers = dense(widths),
                 .activation = "Relu",
                 .task = Task::kCrossEntropy,
                 .optimizer = optimizer,
                 .learning_rate = learning_rate,
                 .batch = batch});
}

Line digits(const char* optimizer, float learning_rate, int batch) {
  return classifier("W3", 784, {128, 10}, optimizer, learning_rate, batch);
}

Line convolutions() {
  return titled({.id = "W5",
                 .example = {28, 28, 1},
                 .layers = {{Kind::kConvolution, 8, true},
                            {Kind::kPooling},
                            {Kind::kConvolution, 16, true},
                            {Kind::kPooling},
                            {Kind::kDense, 10}},
                 .activation = "Relu",
                 .task = Task::kCrossEntropy,
                 .batch = 32});
}

Line grid() {
  return titled({.id = "W6",
                 .example = {2},
                 .layers = dense({8, 8, 1}),
                 .task = Task::kForward,
                 .batch = 10'000,
                 .examples = 10'000});
}

int product(const std::vector<int>& shape) {
  return std::accumulate(shape.begin(), shape.end(), 1, std::multiplies<>());
}

void describe_range(JsonWriter& json, const char* name, const void* address, std::size_t count) {
  json.key(name).open('[').value(static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(address)));
  json.value(static_cast<std::int64_t>(count)).close(']');
}

void describe_shape(JsonWriter& json, const char* name, const std::vector<int>& shape) {
  json.key(name).open('[');
  for (const int size : shape) json.value(size);
  json.close(']');
}

}  // namespace

const std::vector<Line>& lines() {
  static const std::vector<Line> all = {
      small("W1", {4, 2, 1}, 10),
      small("W2", {8, 8, 8, 1}, 10),
      small("W2", {8, 8, 8, 1}, 30),
      digits("Momentum", 0.01f, 32),
      digits("Momentum", 0.01f, 128),
      digits("Adam", 0.001f, 32),
      digits("Adam", 0.001f, 128),
      classifier("W4", 64, {32, 10}, "GradientDescent", 0.01f, 1),
      classifier("W4", 64, {32, 10}, "GradientDescent", 0.01f, 32),
      convolutions(),
      grid(),
  };
  return all;
}

// So slow that even batches of one example do not diverge, however long they are measured.
Line with_batch(int batch) { return digits("Momentum", 0.0001f, batch); }

Line with_depth(int layers) {
  std::vector<int> widths(static_cast<std::size_t>(layers), 8);
  widths.back() = 1;
  return small("", widths, 10);
}

Data make_data(const Line& line) {
  Data data;
  Numbers numbers;
  const int inputs = product(line.example), outputs = line.layers.back().outputs;
  for (int i = 0; i < line.examples; ++i) {
    for (int k = 0; k < inputs; ++k) data.features.push_back(numbers.uniform(-1, 1));
    if (line.task == Task::kCrossEntropy) {
      const int label = static_cast<int>(numbers.next() >> 4) % outputs;
      for (int k = 0; k < outputs; ++k) data.labels.push_back(k == label ? 1.0f : 0.0f);
    } else {  // Two of the four corners of a square against the others, with a margin of noise.
      const float* x = &data.features[static_cast<std::size_t>(i * inputs)];
      data.labels.push_back((x[0] * x[1] + numbers.uniform(-0.2f, 0.2f)) > 0 ? 1.0f : -1.0f);
    }
  }
  for (int i = 0; i < line.examples; ++i) data.order.push_back(i);
  if (line.task != Task::kForward)
    for (int i = line.examples - 1; i > 0; --i)
      std::swap(data.order[static_cast<std::size_t>(i)],
                data.order[numbers.next() % static_cast<std::uint32_t>(i + 1)]);

  std::vector<int> shape = line.example;
  for (const Layer& layer : line.layers) {
    if (layer.kind == Kind::kPooling) {
      shape = {shape[0] / kPoolSize, shape[1] / kPoolSize, shape[2]};
      continue;
    }
    const bool is_dense = layer.kind == Kind::kDense;
    Array weights{is_dense ? std::vector<int>{product(shape), layer.outputs}
                           : std::vector<int>{kFilterSize, kFilterSize, shape[2], layer.outputs},
                  {}};
    Array biases{{layer.outputs}, {}};
    const int count = product(weights.shape);
    const float bound = std::sqrt(3.0f / static_cast<float>(count / layer.outputs));
    for (int i = 0; i < count; ++i) weights.values.push_back(numbers.uniform(-bound, bound));
    for (int i = 0; i < layer.outputs; ++i) biases.values.push_back(numbers.uniform(-0.1f, 0.1f));
    data.parameters.push_back(std::move(weights));
    data.parameters.push_back(std::move(biases));
    if (is_dense)
      shape = {layer.outputs};
    else
      shape[2] = layer.outputs;
  }
  return data;
}

std::string describe(const Line& line) {
  JsonWriter json;
  json.open().field("id", line.id).field("title", line.title);
  describe_shape(json, "example", line.example);
  json.key("layers").open('[');
  for (const Layer& layer : line.layers)
    json.open()
        .field("kind", kKindNames[static_cast<int>(layer.kind)])
        .field("outputs", layer.outputs)
        .field("activated", layer.is_activated)
        .close();
  json.close(']');
  json.field("activation", line.activation).field("task", kTaskNames[static_cast<int>(line.task)]);
  json.field("optimizer", line.optimizer).field("learningRate", line.learning_rate);
  json.field("momentum", kMomentum).field("beta1", kBeta1).field("beta2", kBeta2);
  json.field("epsilon", kEpsilon).field("batch", line.batch).field("filter", kFilterSize);
  json.field("pool", kPoolSize);
  return json.close().take();
}

std::string describe(const Line& line, const Data& data) {
  JsonWriter json;
  json.open().key("line").raw(describe(line));
  describe_range(json, "features", data.features.data(), data.features.size());
  describe_range(json, "labels", data.labels.data(), data.labels.size());
  describe_range(json, "order", data.order.data(), data.order.size());
  json.key("parameters").open('[');
  for (const Array& parameter : data.parameters) {
    json.open();
    describe_shape(json, "shape", parameter.shape);
    describe_range(json, "values", parameter.values.data(), parameter.values.size());
    json.close();
  }
  return json.close(']').close().take();
}

}  // namespace sandflow::bench
