// What is measured: the nets of the benchmark, each a line of its table, and the examples, batches and first
// weights that are the same for every contestant.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace sandflow::bench {

enum class Kind { kDense, kConvolution, kPooling };

struct Layer {
  Kind kind;
  int outputs = 0;            // Units or filters; a pooling layer has none of its own.
  bool is_activated = false;  // Ends in the net's activation function.
};

enum class Task {
  kSquares,       // The mean of squared errors.
  kCrossEntropy,  // The mean of the cross-entropies of softmax with the classes.
  kForward        // No training: the outputs for all examples.
};

struct Line {
  std::string id;            // "W1", as in the issue that asked for it.
  std::string title;         // "2-4-2-1, SGD, batch 10"
  std::vector<int> example;  // The shape of one: {784}, {28, 28, 1}.
  std::vector<Layer> layers;
  const char* activation = "Tanh";
  Task task = Task::kSquares;
  const char* optimizer = "GradientDescent";
  float learning_rate = 0.01f;
  int batch = 1;
  int examples = 512;  // A multiple of the batch: all batches are whole.
};

constexpr int kFilterSize = 5, kPoolSize = 2;  // Of all convolutions, which keep their size, and poolings.
constexpr float kMomentum = 0.9f, kBeta1 = 0.9f, kBeta2 = 0.999f, kEpsilon = 1e-8f;

const std::vector<Line>& lines();
// The net of W3 for one batch size: cost against batch.
Line with_batch(int batch);
// A deep narrow net, whose cost is that of its nodes rather than of its numbers: cost against graph.
Line with_depth(int layers);

// Numbers in TensorFlow's order.
struct Array {
  std::vector<int> shape;
  std::vector<float> values;
};

struct Data {
  std::vector<float> features, labels;  // An example a row; classes as one-hot rows.
  std::vector<std::int32_t> order;      // In which the examples come, again and again.
  std::vector<Array> parameters;        // Weights and biases by turns, shaped as TensorFlow shapes them.
};

Data make_data(const Line& line);

// A line and its data, in words of JSON; `data` with addresses in this program's memory.
std::string describe(const Line& line);
std::string describe(const Line& line, const Data& data);

// Hands out the rows of one batch after another.
class Batches {
 public:
  Batches(std::span<const std::int32_t> order, int batch)
      : order_(order), batch_(static_cast<std::size_t>(batch)) {}

  std::span<const std::int32_t> next() {
    const std::span<const std::int32_t> rows = order_.subspan(at_, batch_);
    at_ = at_ + batch_ == order_.size() ? 0 : at_ + batch_;
    return rows;
  }

 private:
  std::span<const std::int32_t> order_;
  std::size_t batch_, at_ = 0;
};

// Numbers that are the same everywhere.
class Numbers {
 public:
  std::uint32_t next() {
    state_ = state_ * 1664525u + 1013904223u;
    return state_ >> 8;  // The low bits of such a generator hardly change.
  }
  float uniform(float from, float to) {
    return from + (to - from) * static_cast<float>(next()) / static_cast<float>(1 << 24);
  }

 private:
  std::uint32_t state_ = 1;
};

}  // namespace sandflow::bench
