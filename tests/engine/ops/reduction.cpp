// Guards the operations of engine/ops/reduction.cpp: reductions, as TensorFlow has it.
#include "engine/core/print.h"
#include "tests/engine/trial.h"

namespace sandflow::test {

std::vector<Row> reduction_rows() {
  std::vector<Row> rows = {{"ArgMax", {some({2, 3, 4}), Tensor::scalar(std::int32_t{-2})}}};
  for (const char* op : {"Sum", "Mean"})
    for (const bool keep_dims : {false, true})
      for (const auto& axes : {ints({}), ints({1}), ints({0, -1}), ints({0, 1, 2})})
        rows.push_back({op, {some({2, 3, 2}), axes}, {{"keep_dims", keep_dims}}});
  return rows;
}

TEST_CASE("reductions of integers and of nothing are TensorFlow's") {
  const Json mean = golden("reduce_mean_int");
  const Tensor average = computed("Mean", {mean["inputs"]["x"].tensor(DType::kInt32), ints({0})});
  CHECK(average.number(0) == mean["expected"]["value"].number());
  CHECK(name(average.dtype()) == mean["expected"]["dtype"].text());
  CHECK(computed("Mean", {ints({1, 2, 4}), ints({0})}).number(0) == 2);
  const Json empty = golden("reduce_empty")["expected"];
  const Tensor nothing(DType::kFloat32, {0});
  CHECK(is_near(computed("Sum", {nothing, ints({0})}).number(0), empty["reduce_sum"].number(), 0));
  CHECK(is_near(computed("Mean", {nothing, ints({0})}).number(0), empty["reduce_mean"].number(), 0));
  CHECK(
      computed("Sum", {Tensor(DType::kFloat32, {0, 3}), ints({0})}).same_bits(Tensor(DType::kFloat32, {3})));
  CHECK(computed("Sum", {Tensor(DType::kFloat32, {3, 0}), ints({0})}).shape() == Shape{0});
  CHECK(computed("Mean", {Tensor(DType::kInt32, {0}), ints({0})}).elements() == 1);
}

TEST_CASE("the first of equals is the largest") {
  const Json vector = golden("argmax_ties");
  const Tensor axis = vector["inputs"]["axis"].tensor(DType::kInt32);
  const Tensor place = computed("ArgMax", {vector["inputs"]["x"].tensor(DType::kFloat32), axis});
  check_golden(place, vector["expected"]["value"], vector["tol"]);
  CHECK(name(place.dtype()) == vector["expected"]["dtype"].text());
  CHECK(computed("ArgMax", {vector["inputs"]["x"].tensor(DType::kFloat32), axis},
                 {{"output_type", DType::kInt32}})
            .same_bits(ints({1, 0})));
  // Along the first axis of two.
  CHECK(str(computed("ArgMax", {Tensor::of<float>({2, 3}, {1, 5, 3, 4, 2, 3}), Tensor::scalar(0)})) ==
        "[1 0 0]");
}

}  // namespace sandflow::test
