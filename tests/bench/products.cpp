// The products that nets are made of, and the peak that they are measured against.
#include <functional>
#include <numeric>

#include "engine/core/text.h"
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

// Each chain waits for its own last result only. With the two constants they leave two of x86's sixteen
// registers to the browser's compiler; fewer leave units idle (ten reach two thirds), more would go to memory
// there.
constexpr int kChains = 12;

float run_chains(int times) {
  const Vector factor = {0.999f, 0.999f, 0.999f, 0.999f}, term = {0.001f, 0.001f, 0.001f, 0.001f};
  Vector chains[kChains], sum = {};
  for (int i = 0; i < kChains; ++i) chains[i] = Vector{} + static_cast<float>(i);
  for (int k = 0; k < times; ++k)
    for (int i = 0; i < kChains; ++i) chains[i] = chains[i] * factor + term;
  for (int i = 0; i < kChains; ++i) sum += chains[i];
  return sum[0];
}

class Peak : public Trial {
 public:
  void run(int times) override { sum_ = run_chains(times * kRounds); }
  double value() const override { return sum_; }
  double work() const override { return 8.0 * kChains * kRounds; }

 private:
  static constexpr int kRounds = 1000;
  float sum_ = 0;
};

Product matrices(Form form, const char* name, int rows, int depth, int columns) {
  return {.name = cat(name, " ", rows, "x", depth, "x", columns),
          .form = form,
          .rows = rows,
          .depth = depth,
          .columns = columns};
}

Product images(Form form, const char* name, int side, int inputs, int filters) {
  return {.name = cat(side, "x", side, "x", inputs, "-c", filters, name),
          .form = form,
          .images = 32,
          .side = side,
          .inputs = inputs,
          .filters = filters};
}

}  // namespace

const std::vector<Product>& products() {
  static const std::vector<Product> all = {
      matrices(Form::kPlain, "A B", 32, 784, 128),
      matrices(Form::kPlain, "A B", 128, 784, 128),
      matrices(Form::kPlain, "A B", 256, 256, 256),
      matrices(Form::kTransposedLeft, "A'B", 784, 32, 128),
      matrices(Form::kTransposedLeft, "A'B", 784, 128, 128),
      matrices(Form::kTransposedRight, "A B'", 32, 128, 784),
      matrices(Form::kTransposedRight, "A B'", 128, 128, 784),
      images(Form::kConvolution, "", 28, 1, 8),
      images(Form::kFilterGradient, ", filter gradient", 28, 1, 8),
      images(Form::kConvolution, "", 14, 8, 16),
      images(Form::kFilterGradient, ", filter gradient", 14, 8, 16),
      images(Form::kInputGradient, ", input gradient", 14, 8, 16),
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
