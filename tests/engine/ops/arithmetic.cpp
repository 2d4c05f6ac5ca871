// Guards the operations of engine/ops/arithmetic.cpp: arithmetic, as TensorFlow has it.
#include <limits>

#include "engine/core/print.h"
#include "engine/tf/tf.h"
#include "tests/engine/trial.h"

namespace sandflow::test {

std::vector<Row> arithmetic_rows() {
  std::vector<Row> rows = {
      {"FloorDiv", {some({2, 3}), some({3}, 1)}},
      {"FloorDiv", {ints({7, -7}), ints({2, 2})}},
  };
  add_broadcast_rows(rows, {"Add", "AddV2", "Sub", "Mul", "RealDiv", "Maximum"});
  return rows;
}

TEST_CASE("division follows Python: // and / round and convert as there") {
  for (const std::string& id : golden_ids("intdiv_")) {
    if (id == "intdiv_zero") continue;
    INFO(id);
    const Json vector = golden(id), expected = vector["expected"];
    for (DType dtype : {DType::kInt32, DType::kInt64}) {
      const Tensor x = vector["inputs"]["x"].tensor(dtype), y = vector["inputs"]["y"].tensor(dtype);
      CHECK(computed("FloorDiv", {x, y}).number(0) == expected["floordiv(//)"].number());
      Graph graph;
      Builder b(graph);
      const Output quotient = tf::divide(b, tf::constant(b, x), tf::constant(b, y));
      CHECK(value_of(graph, quotient).number(0) == expected["truediv(/)"].number());
      CHECK(name(graph.dtype(quotient)) == expected["truediv_dtype"].text());
    }
    for (DType dtype : kBothFloats)
      CHECK(computed("FloorDiv", {vector["inputs"]["x"].tensor(dtype), vector["inputs"]["y"].tensor(dtype)})
                .number(0) == expected["floordiv(//)"].number());
  }
  const auto lowest = std::numeric_limits<std::int32_t>::min();
  CHECK(computed("FloorDiv", {Tensor::scalar(lowest), Tensor::scalar(-1)}).number(0) == lowest);
}

TEST_CASE("dividing by zero is an error for integers only") {
  const Json error = golden("intdiv_zero")["expected"]["error"];
  Graph graph;
  Builder b(graph);
  const Output quotient = b.op("FloorDiv", {tf::constant(b, 1), tf::constant(b, 0)});
  CHECK(run_error(graph, quotient) ==
        error["type"].text() + ": " + error["text"].text() + "\n\t [[{{node FloorDiv}}]]");
  const Json vector = golden("truediv_zero");
  for (DType dtype : kBothFloats)
    check_golden(
        computed("RealDiv", {vector["inputs"]["x"].tensor(dtype), vector["inputs"]["y"].tensor(dtype)}),
        vector["expected"]["value"], vector["tol"]);
}

TEST_CASE("integers wrap around") {
  const auto most = std::numeric_limits<std::int32_t>::max(),
             least = std::numeric_limits<std::int32_t>::min();
  const Tensor x = ints({most, least, most}), y = ints({1, -1, most});
  CHECK(computed("Add", {x, y}).same_bits(ints({least, most, -2})));
  CHECK(computed("Sub", {x, y}).same_bits(ints({most - 1, least + 1, 0})));
  CHECK(computed("Mul", {x, y}).same_bits(ints({most, least, 1})));
  CHECK(computed("Neg", {x}).same_bits(ints({-most, least, -most})));
  CHECK(computed("Square", {x}).same_bits(ints({1, 0, 1})));
  CHECK(computed("Sum", {x, ints({0})}).number(0) == static_cast<double>(most - 1));
  CHECK(computed("AddN", {x, x}).same_bits(ints({-2, 0, -2})));
}

TEST_CASE("texts are added end to end") {
  CHECK(str(computed("Add", {Tensor::scalar(std::string("ab")), Tensor::vector<std::string>({"c", ""})})) ==
        "[b'abc' b'ab']");
  CHECK(str(computed("Equal", {Tensor::scalar(std::string("ab")),
                               Tensor::vector<std::string>({"ab", ""})})) == "[ True False]");
}

}  // namespace sandflow::test
