// Guards the operations of engine/ops/math.cpp: mathematics on one tensor, as TensorFlow has it.
#include <cmath>
#include <limits>

#include "engine/core/print.h"
#include "tests/engine/trial.h"

namespace sandflow::test {

std::vector<Row> math_rows() {
  std::vector<Row> rows = {
      {"Cast", {some({2, 3})}, {{"DstT", DType::kFloat64}}},
      {"Cast", {some({2, 3})}, {{"DstT", DType::kInt32}}},
  };
  add_rows(rows,
           {"Neg", "Abs", "Sign", "Square", "Reciprocal", "Exp", "Expm1", "Sin", "Cos", "Atan", "Erf",
            "Floor", "Ceil", "Round", "Rint"},
           {some({2, 3})});
  add_rows(rows, {"Log", "Log1p", "Sqrt", "Rsqrt"}, {positive({2, 3})});
  add_rows(rows, {"SqrtGrad", "RsqrtGrad", "ReciprocalGrad"}, {positive({2, 3}), some({2, 3}, 1)});
  add_rows(rows, {"Neg", "Abs", "Sign", "Square", "Round"}, {ints({3, -4, 0})});
  return rows;
}

TEST_CASE("casting truncates towards zero, and booleans are 0 and 1") {
  const auto cast = [](const Tensor& x, DType to) { return computed("Cast", {x}, {{"DstT", to}}); };
  const Json truncation = golden("cast_trunc"), booleans = golden("cast_bool");
  for (DType from : kBothFloats)
    for (DType to : {DType::kInt32, DType::kInt64})
      check_golden(cast(truncation["inputs"]["x"].tensor(from), to), truncation["expected"]["value"],
                   truncation["tol"]);
  check_golden(cast(booleans["inputs"]["bool"].tensor(DType::kBool), DType::kFloat32),
               booleans["expected"]["bool_to_float32"], booleans["tol"]);
  const Tensor as_bool = cast(booleans["inputs"]["float"].tensor(DType::kFloat32), DType::kBool);
  CHECK(as_bool.dtype() == DType::kBool);
  check_golden(as_bool, booleans["expected"]["float_to_bool"], booleans["tol"]);
  CHECK(cast(Tensor::vector<double>({1e300, std::nan("")}), DType::kInt32)
            .same_bits(ints({-2147483647 - 1, -2147483647 - 1})));
}

TEST_CASE("exp, log, tanh and the sigmoid behave at the ends of their ranges") {
  const float inf = std::numeric_limits<float>::infinity();
  CHECK(str(computed("Exp", {Tensor::vector<float>({-inf, -1000, 0, 1000, inf})})) ==
        "[ 0.  0.  1. inf inf]");
  CHECK(str(computed("Log", {Tensor::vector<float>({0, 1, inf})})) == "[-inf   0.  inf]");
  CHECK(std::isnan(computed("Log", {Tensor::scalar(-1.f)}).number(0)));
  CHECK(str(computed("Tanh", {Tensor::vector<float>({-inf, -100, 0, 100, inf})})) == "[-1. -1.  0.  1.  1.]");
  CHECK(str(computed("Sigmoid", {Tensor::vector<float>({-inf, -1000, 0, 1000, inf})})) ==
        "[0.  0.  0.5 1.  1. ]");
}

TEST_CASE("rounding takes halves to the even neighbour") {
  const Json vector = golden("round_half_even");
  for (const char* op : {"Round", "Rint"})
    for (DType dtype : kBothFloats)
      check_golden(computed(op, {vector["inputs"]["x"].tensor(dtype)}), vector["expected"]["value"],
                   vector["tol"]);
}

}  // namespace sandflow::test
