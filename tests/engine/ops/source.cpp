// Guards the operations of engine/ops/source.cpp: values that enter a graph, as TensorFlow has it.
#include "engine/core/print.h"
#include "tests/engine/trial.h"

namespace sandflow::test {

std::vector<Row> source_rows() {
  std::vector<Row> rows = {
      {"Const", {}, {{"value", some({2})}, {"dtype", DType::kFloat64}}},
      {"StopGradient", {some({2, 3})}, {}, 0, true},
      {"Range",
       {Tensor::scalar(std::int32_t{5}), Tensor::scalar(std::int32_t{-2}), Tensor::scalar(std::int32_t{-3})}},
      {"Range", {Tensor::scalar(0.f), Tensor::scalar(1.f), Tensor::scalar(0.25f)}},
      {"PreventGradient", {ints({1, 2})}},
  };
  add_rows(rows, {"Identity", "CheckNumerics"}, {some({2, 3})});
  return rows;
}

TEST_CASE("a range is Python's, or says why there is none") {
  const auto range = [](std::int32_t start, std::int32_t limit, std::int32_t delta) {
    return std::vector<Tensor>{Tensor::scalar(start), Tensor::scalar(limit), Tensor::scalar(delta)};
  };
  CHECK(str(computed("Range", range(3, 18, 3))) == "[ 3  6  9 12 15]");
  CHECK(str(computed("Range", range(5, -2, -3))) == "[ 5  2 -1]");
  CHECK(str(computed("Range", range(2, 2, 1))) == "[]");
  CHECK(str(computed("Range", {Tensor::scalar(0.f), Tensor::scalar(1.f), Tensor::scalar(0.25f)})) ==
        "[0.   0.25 0.5  0.75]");
  CHECK(computing_error("Range", range(0, 3, 0)).starts_with("ValueError: Requires delta != 0 for 'op'"));
  CHECK(computing_error("Range", range(5, 2, 1))
            .starts_with("ValueError: Requires start <= limit when delta > 0: 5/2 for 'op'"));
  CHECK(computing_error("Range", range(2, 5, -1))
            .starts_with("ValueError: Requires start >= limit when delta < 0: 2/5 for 'op'"));
}

}  // namespace sandflow::test
