// Guards the operations of engine/ops/source.cpp: values that enter a graph, as TensorFlow has it.
#include "tests/engine/trial.h"

namespace sandflow::test {

std::vector<Row> source_rows() {
  std::vector<Row> rows = {
      {"Const", {}, {{"value", some({2})}, {"dtype", DType::kFloat64}}},
      {"StopGradient", {some({2, 3})}, {}, 0, true},
  };
  add_rows(rows, {"Identity"}, {some({2, 3})});
  return rows;
}

}  // namespace sandflow::test
