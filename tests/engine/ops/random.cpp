// Guards the operations of engine/ops/random.cpp: random tensors, as TensorFlow has it.
#include "tests/engine/trial.h"

namespace sandflow::test {

std::vector<Row> random_rows() {
  return {
      {"RandomUniform", {ints({2, 3})}, {{"seed", std::int64_t{1}}, {"seed2", std::int64_t{2}}}},
      {"RandomStandardNormal", {ints({2, 3})}, {{"seed", std::int64_t{1}}, {"dtype", DType::kFloat64}}},
      {"TruncatedNormal", {ints({2, 3})}, {{"seed", std::int64_t{1}}}},
  };
}

}  // namespace sandflow::test
