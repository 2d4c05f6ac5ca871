// Guards the operations of engine/ops/loss.cpp: losses, as TensorFlow has it.
#include "tests/engine/trial.h"

namespace sandflow::test {

std::vector<Row> loss_rows() {
  return {
      {"SoftmaxCrossEntropyWithLogits", {some({3, 4}), distribution({3, 4})}, {}, 0},
      {"SoftmaxCrossEntropyWithLogits", {some({3, 4}), distribution({3, 4})}, {}, 1},
      {.op = "SparseSoftmaxCrossEntropyWithLogits",
       .inputs = {some({3, 4}), ints({0, 3, 1})},
       .is_once = true},
  };
}

TEST_CASE("softmax cross entropy is TensorFlow's, its shortcut for labels that do not sum to 1 included") {
  for (DType dtype : kBothFloats) {
    INFO(name(dtype));
    const Json vector = golden("softmax_xent"), expected = vector["expected"];
    const Tensor logits = vector["inputs"]["logits"].tensor(dtype),
                 labels = vector["inputs"]["labels"].tensor(dtype);
    const auto slopes = differentiated("SoftmaxCrossEntropyWithLogits", {logits, labels},
                                       ones_like(expected["loss"].tensor(dtype)));
    check_golden(computed("SoftmaxCrossEntropyWithLogits", {logits, labels}), expected["loss"],
                 vector["tol"]);
    check_golden(slopes[0], expected["grad_logits_of_reduce_sum"], vector["tol"]);
    check_golden(slopes[1], expected["grad_labels_v2_of_reduce_sum"], vector["tol"]);

    const Json odd = golden("softmax_xent_labels_not_normalised");
    const Tensor odd_logits = odd["inputs"]["logits"].tensor(dtype),
                 odd_labels = odd["inputs"]["labels"].tensor(dtype);
    check_golden(computed("SoftmaxCrossEntropyWithLogits", {odd_logits, odd_labels}), odd["expected"]["loss"],
                 odd["tol"]);
    check_golden(differentiated("SoftmaxCrossEntropyWithLogits", {odd_logits, odd_labels},
                                ones_like(odd["expected"]["loss"].tensor(dtype)))[0],
                 odd["expected"]["grad_logits_TF"], odd["tol"]);
  }
}

TEST_CASE("sparse softmax cross entropy is TensorFlow's, and takes no label out of range") {
  const Json vector = golden("sparse_softmax_xent"), expected = vector["expected"];
  const Tensor labels = vector["inputs"]["labels"].tensor(DType::kInt32);
  for (DType dtype : kBothFloats) {
    const Tensor logits = vector["inputs"]["logits"].tensor(dtype);
    check_golden(computed("SparseSoftmaxCrossEntropyWithLogits", {logits, labels}), expected["loss"],
                 vector["tol"]);
    check_golden(differentiated("SparseSoftmaxCrossEntropyWithLogits", {logits, labels},
                                ones_like(expected["loss"].tensor(dtype)))[0],
                 expected["grad_logits_of_reduce_sum"], vector["tol"]);
  }
  CHECK(
      computing_error("SparseSoftmaxCrossEntropyWithLogits",
                      {vector["inputs"]["logits"].tensor(DType::kFloat32), ints({3, 0})}) ==
      "InvalidArgumentError: Received a label value of 3 which is outside the valid range of [0, 3).  Label "
      "values: 3 0\n\t [[{{node op}}]]");
}

}  // namespace sandflow::test
