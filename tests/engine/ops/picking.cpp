// Guards the operations of engine/ops/picking.cpp: picking by index and finding, as TensorFlow has it.
#include "engine/core/print.h"
#include "tests/engine/trial.h"

namespace sandflow::test {

std::vector<Row> picking_rows() {
  const Tensor x = some({3, 4}), cube = some({2, 3, 4});
  const Tensor zero = Tensor::scalar(std::int32_t{0}), one = Tensor::scalar(std::int32_t{1});
  const Tensor last = Tensor::scalar(std::int32_t{-1});
  const Tensor places = Tensor::of<std::int32_t>({2, 2}, {2, 0, 0, 1});
  return {
      {"GatherV2", {x, ints({2, 0, 2}), zero}},
      {"GatherV2", {x, places, one}},
      {"GatherV2", {cube, places, last}},
      {"GatherV2", {cube, one, zero}},
      {"UnsortedSegmentSum", {some({3, 2}), ints({1, 0, 1}), Tensor::scalar(std::int32_t{3})}},
      {"UnsortedSegmentSum",
       {some({2, 2}), Tensor::of<std::int32_t>({2, 2}, {1, -1, 1, 0}), Tensor::scalar(std::int32_t{2})}},
      {"OneHot",
       {ints({2, 0, 7}), Tensor::scalar(std::int32_t{3}), Tensor::scalar(1.f), Tensor::scalar(0.f)}},
      {"OneHot",
       {places, Tensor::scalar(std::int32_t{4}), Tensor::scalar(5.f), Tensor::scalar(-1.f)},
       {{"axis", std::int64_t{1}}}},
      {"Where", {Tensor::of<bool>({2, 3}, {true, false, true, false, false, true})}, {}, 0, false, true},
      {"TopKV2", {x, Tensor::scalar(std::int32_t{2})}, {}, 0},
      {"TopKV2", {cube, Tensor::scalar(std::int32_t{3})}, {}, 0},
      {"TopKV2", {ints({3, 1, 3}), Tensor::scalar(std::int32_t{2})}, {}, 1},
  };
}

TEST_CASE("what cannot be picked is refused in TensorFlow's words") {
  CHECK(computing_error("GatherV2", {ints({0, 1, 2}), ints({0, 5}), Tensor::scalar(std::int32_t{0})}) ==
        "InvalidArgumentError: indices[1] = 5 is not in [0, 3)\n\t [[{{node op}}]]");
  CHECK(computing_error("GatherV2", {ints({0, 1, 2}), Tensor::of<std::int32_t>({2, 2}, {0, 1, -1, 2}),
                                     Tensor::scalar(std::int32_t{0})}) ==
        "InvalidArgumentError: indices[1,0] = -1 is not in [0, 3)\n\t [[{{node op}}]]");
  CHECK(
      computing_error("UnsortedSegmentSum", {ints({0, 1}), ints({0, 4}), Tensor::scalar(std::int32_t{2})}) ==
      "InvalidArgumentError: segment_ids[1] = 4 is out of range [0, 2)\n\t [[{{node op}}]]");
  CHECK(computing_error("TopKV2", {ints({0, 1}), Tensor::scalar(std::int32_t{5})})
            .starts_with("ValueError: input must have last dimension >= k = 5 but is 2"));
}

TEST_CASE("rows gathered twice get both gradients") {
  const Json vector = golden("gather_grad_dup");
  const Json inputs = vector["inputs"], expected = vector["expected"];
  const Tensor params = inputs["params"].tensor(DType::kFloat64);
  const std::vector<Tensor> given = {params, inputs["indices"].tensor(DType::kInt32),
                                     Tensor::scalar(std::int32_t{0})};
  check_golden(computed("GatherV2", given), expected["value"], vector["tol"]);
  check_golden(differentiated("GatherV2", given, inputs["grad_ys"].tensor(DType::kFloat64))[0],
               expected["grad_params_dense"], vector["tol"]);
}

TEST_CASE("one_hot switches nothing on for classes that there are not") {
  const Json vector = golden("one_hot_oob");
  const Tensor indices = vector["inputs"]["indices"].tensor(DType::kInt32);
  const Tensor depth = Tensor::scalar(static_cast<std::int32_t>(vector["inputs"]["depth"].number()));
  check_golden(computed("OneHot", {indices, depth, Tensor::scalar(1.f), Tensor::scalar(0.f)}),
               vector["expected"]["value"], vector["tol"]);
}

TEST_CASE("where finds places row by row, top_k the first of equals first") {
  CHECK(str(computed("Where", {Tensor::of<bool>({2, 2}, {true, false, true, true})})) ==
        "[[0 0]\n [1 0]\n [1 1]]");
  CHECK(str(computed("Where", {Tensor::vector<float>({0, 2, -1})})) == "[[1]\n [2]]");
  const Tensor x = Tensor::vector<float>({1, 3, 2, 3});
  CHECK(str(computed("TopKV2", {x, Tensor::scalar(std::int32_t{3})}, {}, 0)) == "[3. 3. 2.]");
  CHECK(str(computed("TopKV2", {x, Tensor::scalar(std::int32_t{3})}, {}, 1)) == "[1 3 2]");
}

}  // namespace sandflow::test
