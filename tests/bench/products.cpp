// The products that nets are made of, and the peak that they are measured against.
#include <numeric>

#include "tests/bench/trial.h"

namespace sandflow::bench {

namespace {

using Form = Product::Form;

Array numbers(const std::vector<int>& shape) {
  Array array{shape, std::vector<float>(static_cast<std::size_t>(
                         std::accumulate(shape.begin(), shape.end(), 1, std::multiplies<>())))};
  Numbers source;
  // Positive ones, so that nothing cancels when results are compared.
  for (float& value : array.values) value = source.uniform(0, 1);
  return array;
}

// Four floats as the machine adds and multiplies them, natively and in WebAssembly.
typedef float Vector __attribute__((vector_size(16)));

class Peak : public Trial {
 public:
  void run(int times) override {
    // Each chain waits for its own last result only. Ten of them are more than an x86 core has under way, and
    // fit into its sixteen registers together with the two constants.
    const Vector factor = {0.999f, 0.999f, 0.999f, 0.999f}, term = {0.001f, 0.001f, 0.001f, 0.001f};
    Vector a = start_, b = a + 1, c = a + 2, d = a + 3, e = a + 4, f = a + 5, g = a + 6, h = a + 7, i = a + 8,
           j = a + 9;
    for (int k = 0; k < times * kRounds; ++k) {
      a = a * factor + term;
      b = b * factor + term;
      c = c * factor + term;
      d = d * factor + term;
      e = e * factor + term;
      f = f * factor + term;
      g = g * factor + term;
      h = h * factor + term;
      i = i * factor + term;
      j = j * factor + term;
    }
    start_ = ((a + b) + (c + d)) + ((e + f) + (g + h)) + (i + j);
  }
  double value() const override { return start_[0]; }
  double work() const override { return 10.0 * 8 * kRounds; }

 private:
  static constexpr int kRounds = 1000;
  Vector start_ = {};
};

}  // namespace

const std::vector<Product>& products() {
  static const std::vector<Product> all = {
      {.name = "A B 32x784x128", .form = Form::kPlain, .rows = 32, .depth = 784, .columns = 128},
      {.name = "A B 128x784x128", .form = Form::kPlain, .rows = 128, .depth = 784, .columns = 128},
      {.name = "A B 256x256x256", .form = Form::kPlain, .rows = 256, .depth = 256, .columns = 256},
      {.name = "A'B 784x32x128", .form = Form::kTransposedLeft, .rows = 784, .depth = 32, .columns = 128},
      {.name = "A'B 784x128x128", .form = Form::kTransposedLeft, .rows = 784, .depth = 128, .columns = 128},
      {.name = "A B' 32x128x784", .form = Form::kTransposedRight, .rows = 32, .depth = 128, .columns = 784},
      {.name = "A B' 128x128x784", .form = Form::kTransposedRight, .rows = 128, .depth = 128, .columns = 784},
      {.name = "conv 28x28x1 -> 8",
       .form = Form::kConvolution,
       .images = 32,
       .side = 28,
       .inputs = 1,
       .filters = 8},
      {.name = "its filter gradient",
       .form = Form::kFilterGradient,
       .images = 32,
       .side = 28,
       .inputs = 1,
       .filters = 8},
      {.name = "conv 14x14x8 -> 16",
       .form = Form::kConvolution,
       .images = 32,
       .side = 14,
       .inputs = 8,
       .filters = 16},
      {.name = "its filter gradient",
       .form = Form::kFilterGradient,
       .images = 32,
       .side = 14,
       .inputs = 8,
       .filters = 16},
      {.name = "its input gradient",
       .form = Form::kInputGradient,
       .images = 32,
       .side = 14,
       .inputs = 8,
       .filters = 16},
  };
  return all;
}

Array Product::left() const {
  switch (form) {
    case Form::kTransposedLeft:
      return numbers({depth, rows});
    case Form::kPlain:
    case Form::kTransposedRight:
      return numbers({rows, depth});
    case Form::kInputGradient:
      return numbers({kFilterSize, kFilterSize, inputs, filters});
    case Form::kConvolution:
    case Form::kFilterGradient:
      break;
  }
  return numbers({images, side, side, inputs});
}

Array Product::right() const {
  switch (form) {
    case Form::kPlain:
    case Form::kTransposedLeft:
      return numbers({depth, columns});
    case Form::kTransposedRight:
      return numbers({columns, depth});
    case Form::kConvolution:
      return numbers({kFilterSize, kFilterSize, inputs, filters});
    case Form::kFilterGradient:
    case Form::kInputGradient:
      break;
  }
  return numbers({images, side, side, filters});
}

double Product::operations() const {
  if (form == Form::kPlain || form == Form::kTransposedLeft || form == Form::kTransposedRight)
    return 2.0 * rows * depth * columns;
  return 2.0 * images * side * side * kFilterSize * kFilterSize * inputs * filters;
}

std::unique_ptr<Trial> peak() { return std::make_unique<Peak>(); }

}  // namespace sandflow::bench
