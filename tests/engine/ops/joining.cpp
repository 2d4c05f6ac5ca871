// Guards the operations of engine/ops/joining.cpp: joining and rearranging, as TensorFlow has it.
#include "engine/core/print.h"
#include "engine/graph/gradients.h"
#include "engine/tf/tf.h"
#include "tests/engine/trial.h"

namespace sandflow::test {

std::vector<Row> joining_rows() {
  const Tensor x = some({2, 3}), y = some({2, 3}, 1), cube = some({2, 3, 4});
  const auto scalar = [](std::int32_t n) { return Tensor::scalar(n); };
  const Tensor paddings = Tensor::of<std::int32_t>({2, 2}, {1, 0, 2, 1});
  std::vector<Row> rows = {
      {"ConcatV2", {x, y, scalar(0)}},
      {"ConcatV2", {x, some({2, 1}, 1), some({2, 2}, 2), scalar(1)}},
      {"ConcatV2", {cube, some({2, 1, 4}, 1), scalar(-2)}},
      {"ConcatV2", {x, scalar(0)}},
      {"ConcatOffset", {scalar(1), ints({2, 3}), ints({2, 5})}, {{"N", std::int64_t{2}}}, 1},
      {"Pack", {x, y}},
      {"Pack", {x, y, x}, {{"axis", std::int64_t{1}}}},
      {"Pack", {x, y}, {{"axis", std::int64_t{-1}}}},
      {"Split", {scalar(0), some({4, 3})}, {{"num_split", std::int64_t{2}}}, 1},
      {"Split", {scalar(-1), cube}, {{"num_split", std::int64_t{4}}}, 0},
      {"SplitV", {some({5, 2}), ints({2, -1}), scalar(0)}, {{"num_split", std::int64_t{2}}}, 1},
      {"SplitV", {some({2, 4}), ints({1, 3}), scalar(1)}, {{"num_split", std::int64_t{2}}}, 0},
      {"Tile", {x, ints({2, 1})}},
      {"Tile", {x, ints({1, 3})}},
      {"Tile", {cube, ints({2, 1, 2})}},
      {"Pad", {x, paddings}},
      {"PadV2", {x, paddings, some({}, 2)}},
      {"Transpose", {x, ints({1, 0})}},
      {"Transpose", {cube, ints({2, 0, 1})}},
      {"InvertPermutation", {ints({2, 0, 1})}},
  };
  for (const std::int64_t axis : {0, 1, -1})
    for (const int output : {0, 1})
      rows.push_back({"Unpack", {some({2, 2, 2})}, {{"num", std::int64_t{2}}, {"axis", axis}}, output});
  return rows;
}

TEST_CASE("tensors are joined and taken apart in row-major order") {
  const Tensor x = Tensor::of<std::int32_t>({2, 2}, {1, 2, 3, 4}),
               y = Tensor::of<std::int32_t>({2, 1}, {5, 6});
  const Tensor axis = Tensor::scalar(std::int32_t{1});
  CHECK(str(computed("ConcatV2", {x, y, axis})) == "[[1 2 5]\n [3 4 6]]");
  CHECK(str(computed("Pack", {x, x}, {{"axis", std::int64_t{2}}})) ==
        "[[[1 1]\n  [2 2]]\n\n [[3 3]\n  [4 4]]]");
  CHECK(str(computed("Unpack", {x}, {{"num", std::int64_t{2}}, {"axis", std::int64_t{1}}}, 1)) == "[2 4]");
  CHECK(str(computed("Tile", {x, ints({1, 2})})) == "[[1 2 1 2]\n [3 4 3 4]]");
  CHECK(str(computed("Pad", {x, Tensor::of<std::int32_t>({2, 2}, {0, 1, 1, 0})})) ==
        "[[0 1 2]\n [0 3 4]\n [0 0 0]]");
  CHECK(str(computed("ConcatV2", {Tensor::vector<std::string>({"a"}), Tensor::vector<std::string>({"b"}),
                                  Tensor::scalar(std::int32_t{0})})) == "[b'a' b'b']");
}

TEST_CASE("what cannot be joined is refused in TensorFlow's words") {
  const Tensor zero = Tensor::scalar(std::int32_t{0});
  const auto floats = [](const Shape& shape) { return Tensor(DType::kFloat32, shape); };
  CHECK(computing_error("ConcatV2", {floats({2, 3}), floats({2, 4}), zero}) ==
        "ValueError: Dimension 0 in both shapes must be equal, but are 4 and 3. Shapes are [4] and [3]. for "
        "'op' "
        "(op: 'ConcatV2') with input shapes: [2,3], [2,4], [] and with computed input tensors: input[2] = "
        "<0>.");
  CHECK(computing_error("Pack", {floats({2}), floats({3})}) ==
        "ValueError: Dimension 0 in both shapes must be equal, but are 2 and 3. Shapes are [2] and "
        "[3].\n\tFrom "
        "merging shape 0 with other shapes. for 'op' (op: 'Pack') with input shapes: [2], [3].");
  CHECK(computing_error("Split", {zero, floats({3})}, {{"num_split", std::int64_t{2}}})
            .starts_with("ValueError: Dimension size must be evenly divisible by 2 but is 3 for 'op'"));
  CHECK(computing_error("Transpose", {floats({2, 3}), ints({0, 0})}) ==
        "InvalidArgumentError: 1 is missing from {0,0}.\n\t [[{{node op}}]]");
  CHECK(computing_error("Tile", {floats({2}), ints({-1})}) ==
        "InvalidArgumentError: Expected multiples[0] >= 0, but got -1\n\t [[{{node op}}]]");
  CHECK(computing_error("Squeeze", {floats({2, 3})}, {{"squeeze_dims", std::vector<std::int64_t>{1}}})
            .starts_with("ValueError: Can not squeeze dim[1], expected a dimension of 1, got 3 for 'op'"));
}

TEST_CASE("shapes that are fed are checked in the run") {
  Graph graph;
  Builder b(graph);
  const Output x = tf::placeholder(b, DType::kFloat32), y = tf::placeholder(b, DType::kFloat32);
  const Output joined = b.op("ConcatV2", {x, y, tf::constant(b, 0)}, {}, "concat");
  const Output stacked = b.op("Pack", {x, y}, {}, "stack");
  must(b.status());
  const auto floats = [](const Shape& shape) { return Tensor(DType::kFloat32, shape); };
  CHECK(run_error(graph, joined, {{x, floats({2, 3})}, {y, floats({2, 4})}})
            .starts_with(
                "InvalidArgumentError: ConcatOp : Dimensions of inputs should match: shape[0] = [2,3] vs. "
                "shape[1] = [2,4]"));
  CHECK(run_error(graph, joined, {{x, floats({2})}, {y, floats({2, 4})}})
            .starts_with(
                "InvalidArgumentError: ConcatOp : Ranks of all input tensors should match: shape[0] = [2] "
                "vs. shape[1] = [2,4]"));
  CHECK(run_error(graph, stacked, {{x, floats({2})}, {y, floats({3})}})
            .starts_with("InvalidArgumentError: Shapes of all inputs must match: values[0].shape = [2] != "
                         "values[1].shape = [3]"));
}

TEST_CASE("shapes computed in the graph are known as far as they can be") {
  Graph graph;
  Builder b(graph);
  const Output x = tf::placeholder(b, DType::kFloat32, {Shape::kUnknown, 3, 4});
  const Output shape = b.op("Shape", {x});
  const auto ends = [&](std::int32_t from, std::int32_t to, std::int64_t shrink) {
    return b.op(
        "StridedSlice",
        {shape, tf::constant(b, ints({from})), tf::constant(b, ints({to})), tf::constant(b, ints({1}))},
        {{"shrink_axis_mask", shrink}});
  };
  const Output flat = b.op("Reshape", {x, b.op("Pack", {ends(0, 1, 1), tf::constant(b, 12)})});
  CHECK(b.shape(flat) == Shape{Shape::kUnknown, 12});
  const Output turned = b.op(
      "Reshape", {x, b.op("ConcatV2", {ends(1, 3, 0), tf::constant(b, ints({-1})), tf::constant(b, 0)})});
  CHECK(b.shape(turned) == Shape{3, 4, Shape::kUnknown});
  const Output product = b.op("Mul", {tf::constant(b, 3), tf::constant(b, 4)});
  CHECK(b.shape(b.op("Fill", {b.op("Pack", {product}), tf::constant(b, 1.0)})) == Shape{12});
  must(b.status());
}

}  // namespace sandflow::test
