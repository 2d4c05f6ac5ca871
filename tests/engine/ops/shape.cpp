// Guards the operations of engine/ops/shape.cpp: shapes, as TensorFlow has it.
#include "tests/engine/trial.h"

namespace sandflow::test {

std::vector<Row> shape_rows() {
  std::vector<Row> rows = {
      {"Reshape", {some({2, 6}), ints({3, 4})}},
      {"Reshape", {some({2, 6}), ints({-1, 2})}},
      {"Reshape", {some({1}), ints({})}},
      {"ExpandDims", {some({2, 3}), Tensor::scalar(std::int32_t{1})}},
      {"ExpandDims", {some({2, 3}), Tensor::scalar(std::int32_t{-1})}},
      {"Squeeze", {some({1, 2, 1, 3})}, {}, 0, false, true},
      {"Squeeze", {some({1, 2, 1, 3})}, {{"squeeze_dims", std::vector<std::int64_t>{-2}}}},
      {"Fill", {ints({2, 3}), some({})}},
      {"BroadcastTo", {some({3}), ints({2, 3})}},
      {"BroadcastTo", {some({2, 1}), ints({4, 2, 3})}},
      {"AddN", {some({2, 3})}},
      {"AddN", {some({2, 3}), some({2, 3}, 1), some({2, 3}, 2)}},
      {"BroadcastGradientArgs", {ints({2, 1, 3}), ints({4, 1})}, {}, 0, false, true},
      {"BroadcastGradientArgs", {ints({2, 1, 3}), ints({4, 1})}, {}, 1, false, true},
  };
  add_rows(rows, {"Shape", "Size", "Rank", "ZerosLike", "OnesLike"}, {some({2, 3})});
  return rows;
}

}  // namespace sandflow::test
