// Guards the operations of engine/ops/reduction.cpp: reductions, as TensorFlow has it.
#include "engine/core/print.h"
#include "tests/engine/trial.h"

namespace sandflow::test {

std::vector<Row> reduction_rows() {
  const Tensor first = Tensor::scalar(std::int32_t{0}), last = Tensor::scalar(std::int32_t{-1});
  std::vector<Row> rows = {
      {"ArgMax", {some({2, 3, 4}), Tensor::scalar(std::int32_t{-2})}},
      {"ArgMin", {some({2, 3, 4}), last}},
      {"All", {Tensor::of<bool>({2, 2}, {true, true, false, true}), ints({1})}},
      {"Any", {Tensor::of<bool>({2, 2}, {false, false, false, true}), ints({1})}, {{"keep_dims", true}}},
      {"L2Loss", {some({2, 3})}},
      {"Cumsum", {ints({1, 2, 3}), first}},
  };
  for (const char* op : {"Cumsum", "Cumprod"})
    for (const bool exclusive : {false, true})
      for (const bool reverse : {false, true})
        for (const Tensor& axis : {first, last})
          rows.push_back({op, {some({2, 3, 2}), axis}, {{"exclusive", exclusive}, {"reverse", reverse}}});
  for (const char* op : {"Sum", "Mean", "Prod", "Max", "Min"})
    for (const bool keep_dims : {false, true})
      for (const auto& axes : {ints({}), ints({1}), ints({0, -1}), ints({0, 1, 2})})
        rows.push_back({op, {some({2, 3, 2}), axes}, {{"keep_dims", keep_dims}}});
  return rows;
}

TEST_CASE("a product's gradient is right where elements are zero") {
  const Tensor x = Tensor::of<double>({2, 3}, {0, 3, -2, 0, 4, 0});
  const auto slope = [&](const Tensor& axes, const Tensor& grad_ys) {
    return numbers(differentiated("Prod", {x, axes}, grad_ys)[0]);
  };
  CHECK(slope(ints({0}), Tensor::vector<double>({1, 1, 1})) == std::vector<double>{0, 4, 0, 0, 3, -2});
  CHECK(slope(ints({1}), Tensor::vector<double>({1, 10})) == std::vector<double>{-6, 0, 0, 0, 0, 0});
  CHECK(slope(ints({1, 0}), Tensor::scalar(1.0)) == std::vector<double>{0, 0, 0, 0, 0, 0});
  const Tensor one_zero = Tensor::vector<double>({2, 0, 5});
  CHECK(numbers(differentiated("Prod", {one_zero, ints({0})}, Tensor::scalar(1.0))[0]) ==
        std::vector<double>{0, 10, 0});
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
  CHECK(is_near(computed("Prod", {nothing, ints({0})}).number(0), empty["reduce_prod"].number(), 0));
  CHECK(is_near(computed("Max", {nothing, ints({0})}).number(0), empty["reduce_max"].number(), 0));
  CHECK(is_near(computed("Min", {nothing, ints({0})}).number(0), empty["reduce_min"].number(), 0));
  const Tensor no_answers(DType::kBool, {0});
  CHECK(computed("All", {no_answers, ints({0})}).number(0) == empty["reduce_all"].number());
  CHECK(computed("Any", {no_answers, ints({0})}).number(0) == empty["reduce_any"].number());
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

TEST_CASE("l2_loss is half the sum of squares") {
  const Json vector = golden("l2_loss");
  for (DType dtype : kBothFloats) {
    const Tensor t = vector["inputs"]["t"].tensor(dtype);
    check_golden(computed("L2Loss", {t}), vector["expected"]["value"], vector["tol"]);
    check_golden(differentiated("L2Loss", {t}, ones_like(Tensor(dtype, {})))[0], vector["expected"]["grad"],
                 vector["tol"]);
  }
}

}  // namespace sandflow::test
