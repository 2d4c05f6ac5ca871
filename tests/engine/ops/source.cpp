// Guards the operations of engine/ops/source.cpp: values that enter a graph, as TensorFlow has it.
#include "tests/engine/trial.h"

namespace sandflow::test {

std::vector<Row> source_rows() {
  std::vector<Row> rows = {
      {"Const", {}, {{"value", some({2})}, {"dtype", DType::kFloat64}}},
      {"StopGradient", {some({2, 3})}, {}, 0, true},
      {"PreventGradient", {ints({1, 2})}},
  };
  add_rows(rows, {"Identity", "CheckNumerics"}, {some({2, 3})});
  return rows;
}

}  // namespace sandflow::test
