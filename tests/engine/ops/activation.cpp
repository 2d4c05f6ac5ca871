// Guards the operations of engine/ops/activation.cpp: activations and softmax, as TensorFlow has it.
#include "tests/engine/trial.h"

namespace sandflow::test {

std::vector<Row> activation_rows() {
  std::vector<Row> rows = {
      {"Softmax", {some({2, 3, 4})}},
      {"Softmax", {some({4})}},
      {"LogSoftmax", {some({2, 3, 4})}},
  };
  for (const auto& x : {some({2, 3}), Tensor::vector<double>({-20, 7, 40})})
    add_rows(rows, {"Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Softplus", "Softsign", "Tanh", "Sigmoid"},
             {x});
  add_rows(rows,
           {"ReluGrad", "Relu6Grad", "LeakyReluGrad", "EluGrad", "SeluGrad", "SoftplusGrad", "SoftsignGrad",
            "TanhGrad", "SigmoidGrad"},
           {some({2, 3}), some({2, 3}, 1)});
  rows.push_back({"LeakyRelu", {some({2, 3})}, {{"alpha", 0.5}}});
  return rows;
}

TEST_CASE("activations and their derivatives are TensorFlow's") {
  const Json vector = golden("activations");
  const auto check = [&](const char* op, Json expected, DType dtype) {
    INFO(op, " ", name(dtype));
    const Tensor x = vector["inputs"]["x"].tensor(dtype);
    const double tolerance = vector["tol"][dtype == DType::kFloat32 ? "float32_rel" : "float64_rel"].number();
    check_near(computed(op, {x}), expected["y"].numbers(), tolerance);
    // The flanks of tanh and sigmoid lose digits in 1 - y^2.
    check_near(differentiated(op, {x}, ones_like(x))[0], expected["dy"].numbers(), tolerance,
               dtype == DType::kFloat32 ? 1e-7 : 1e-15);
  };
  for (DType dtype : kBothFloats) {
    check("Relu", vector["expected"]["relu"], dtype);
    check("Relu6", vector["expected"]["relu6"], dtype);
    check("LeakyRelu", vector["expected"]["leaky_relu"], dtype);
    check("Elu", vector["expected"]["elu"], dtype);
    check("Selu", vector["expected"]["selu"], dtype);
    check("Softplus", vector["expected"]["softplus"], dtype);
    check("Softsign", vector["expected"]["softsign"], dtype);
    check("Tanh", vector["expected"]["tanh"], dtype);
    check("Sigmoid", vector["expected"]["sigmoid"], dtype);
  }
}

TEST_CASE("softmax and its logarithm are TensorFlow's, however large the logits") {
  const auto check = [](const char* op, const char* id, DType dtype) {
    INFO(id, " ", name(dtype));
    const Json vector = golden(id);
    check_golden(computed(op, {vector["inputs"]["logits"].tensor(dtype)}), vector["expected"]["value"],
                 vector["tol"]);
  };
  for (DType dtype : kBothFloats) {
    check("Softmax", "softmax_3", dtype);
    check("Softmax", "softmax_large", dtype);
    check("LogSoftmax", "log_softmax_3", dtype);
    const Json slope = golden("softmax_grad");
    check_golden(differentiated("Softmax", {slope["inputs"]["logits"].tensor(dtype)},
                                slope["inputs"]["grad_ys"].tensor(dtype))[0],
                 slope["expected"]["grad_logits"], slope["tol"]);
  }
  CHECK(computed("Softmax", {Tensor(DType::kFloat32, {2, 0})}).shape() == Shape{2, 0});
}

TEST_CASE("softplus keeps its digits beyond both thresholds") {
  const Json vector = golden("softplus_extreme");
  check_golden(computed("Softplus", {vector["inputs"]["x"].tensor(DType::kFloat32)}),
               vector["expected"]["value"], vector["tol"]);
}

}  // namespace sandflow::test
