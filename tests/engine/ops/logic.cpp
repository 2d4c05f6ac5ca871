// Guards the operations of engine/ops/logic.cpp: comparison and choice, as TensorFlow has it.
#include "tests/engine/trial.h"

namespace sandflow::test {

std::vector<Row> logic_rows() {
  std::vector<Row> rows = {
      {"Select", {Tensor::of<bool>({2, 2}, {true, false, false, true}), some({2, 2}), some({2, 2}, 1)}},
      {"Select", {Tensor::vector<bool>({true, false}), some({2, 3}), some({2, 3}, 1)}},
      {"Select", {Tensor::scalar(true), some({3}), some({3}, 1)}},
  };
  add_broadcast_rows(rows, {"Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual"});
  const Tensor truth = Tensor::vector<bool>({true, true, false, false}),
               other = Tensor::vector<bool>({true, false, true, false});
  add_rows(rows, {"LogicalAnd", "LogicalOr"}, {truth, other});
  add_rows(rows, {"LogicalNot"}, {truth});
  add_rows(rows, {"IsNan", "IsInf", "IsFinite"}, {some({2, 3})});
  return rows;
}

}  // namespace sandflow::test
