// Guards the operations of engine/ops/linear.cpp: linear algebra, as TensorFlow has it.
#include "tests/engine/trial.h"

namespace sandflow::test {

std::vector<Row> linear_rows() {
  std::vector<Row> rows = {
      {"BiasAdd", {some({4, 3}), some({3}, 1)}},
      {"BiasAdd", {some({2, 4, 3}), some({3}, 1)}},
      {"BiasAddGrad", {some({4, 3})}},
      {"BiasAddGrad", {some({2, 4, 3})}},
  };
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      rows.push_back({"MatMul",
                      {some(ta ? Shape{3, 2} : Shape{2, 3}), some(tb ? Shape{4, 3} : Shape{3, 4}, 1)},
                      {{"transpose_a", ta}, {"transpose_b", tb}}});
  for (const bool ax : {false, true})
    for (const bool ay : {false, true}) {
      const auto x = [&](std::vector<std::int64_t> batch) {
        batch.insert(batch.end(), {ax ? 3 : 2, ax ? 2 : 3});
        return some(Shape(std::move(batch)));
      };
      const auto y = [&](std::vector<std::int64_t> batch) {
        batch.insert(batch.end(), {ay ? 4 : 3, ay ? 3 : 4});
        return some(Shape(std::move(batch)), 1);
      };
      const Attrs attrs = {{"adj_x", ax}, {"adj_y", ay}};
      rows.push_back({"BatchMatMulV2", {x({2}), y({2})}, attrs});
      rows.push_back({"BatchMatMulV2", {x({2, 1}), y({3})}, attrs});
      rows.push_back({"BatchMatMulV2", {x({}), y({2})}, attrs});
    }
  return rows;
}

TEST_CASE("the matrix product and its gradients are exact on small integers") {
  const Json vector = golden("matmul_grad"), inputs = vector["inputs"];
  for (DType dtype : kBothFloats) {
    const Tensor a = inputs["a"].tensor(dtype), b = inputs["b"].tensor(dtype);
    check_golden(computed("MatMul", {a, b}), vector["expected"]["value"], vector["tol"]);
    const auto slopes = differentiated("MatMul", {a, b}, inputs["grad_ys"].tensor(dtype));
    check_golden(slopes[0], vector["expected"]["grad_a"], vector["tol"]);
    check_golden(slopes[1], vector["expected"]["grad_b"], vector["tol"]);
  }
  check_golden(computed("MatMul", {inputs["a"].tensor(DType::kInt32), inputs["b"].tensor(DType::kInt32)}),
               vector["expected"]["value"], vector["tol"]);
  CHECK(computed("MatMul", {Tensor(DType::kFloat32, {2, 0}), Tensor(DType::kFloat32, {0, 3})})
            .same_bits(Tensor(DType::kFloat32, {2, 3})));
}

}  // namespace sandflow::test
