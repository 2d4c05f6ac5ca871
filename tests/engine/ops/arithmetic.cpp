// Guards the operations of engine/ops/arithmetic.cpp: arithmetic, as TensorFlow has it.
#include <cmath>
#include <limits>

#include "engine/core/print.h"
#include "engine/core/text.h"
#include "engine/session/session.h"
#include "engine/tf/tf.h"
#include "tests/engine/trial.h"

namespace sandflow::test {

std::vector<Row> arithmetic_rows() {
  std::vector<Row> rows = {
      {"FloorDiv", {some({2, 3}), some({3}, 1)}},    {"FloorDiv", {ints({7, -7}), ints({2, 2})}},
      {"TruncateDiv", {some({2, 3}), some({3}, 1)}}, {"TruncateMod", {ints({7, -7}), ints({2, 2})}},
      {"FloorMod", {some({2, 3}), some({3}, 1)}},    {"FloorMod", {ints({7, -7}), ints({2, 2})}},
      {"Pow", {ints({7, -7}), ints({2, 3})}},
  };
  add_broadcast_rows(
      rows, {"Add", "AddV2", "Sub", "Mul", "RealDiv", "DivNoNan", "SquaredDifference", "Maximum", "Minimum"});
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
      CHECK(computed("FloorMod", {x, y}).number(0) == expected["floormod(%,tf.mod)"].number());
      CHECK(computed("TruncateDiv", {x, y}).number(0) == expected["truncatediv"].number());
      CHECK(computed("TruncateMod", {x, y}).number(0) == expected["truncatemod"].number());
      Graph graph;
      Builder b(graph);
      const Output quotient = tf::divide(b, tf::constant(b, x), tf::constant(b, y));
      CHECK(value_of(graph, quotient).number(0) == expected["truediv(/)"].number());
      CHECK(name(graph.dtype(quotient)) == expected["truediv_dtype"].text());
    }
    for (DType dtype : kBothFloats) {
      const Tensor x = vector["inputs"]["x"].tensor(dtype), y = vector["inputs"]["y"].tensor(dtype);
      CHECK(computed("FloorDiv", {x, y}).number(0) == expected["floordiv(//)"].number());
      CHECK(computed("FloorMod", {x, y}).number(0) == expected["floormod(%,tf.mod)"].number());
      CHECK(computed("TruncateDiv", {x, y}).number(0) == expected["truncatediv"].number());
      CHECK(computed("TruncateMod", {x, y}).number(0) == expected["truncatemod"].number());
    }
  }
  const Tensor lowest = Tensor::scalar(std::numeric_limits<std::int32_t>::min()), minus = Tensor::scalar(-1);
  CHECK(computed("FloorDiv", {lowest, minus}).same_bits(lowest));
  CHECK(computed("TruncateDiv", {lowest, minus}).same_bits(lowest));
  CHECK(computed("FloorMod", {lowest, minus}).number(0) == 0);
  CHECK(computed("TruncateMod", {lowest, minus}).number(0) == 0);
}

TEST_CASE("dividing by zero is an error for integers only") {
  const Json error = golden("intdiv_zero")["expected"]["error"];
  for (const char* op : {"FloorDiv", "FloorMod"})
    CHECK(computing_error(op, {Tensor::scalar(1), Tensor::scalar(0)}) ==
          cat(error["type"].text(), ": ", error["text"].text(), "\n\t [[{{node op}}]]"));
  for (const char* op : {"TruncateDiv", "TruncateMod"})
    CHECK(computing_error(op, {Tensor::scalar(1), Tensor::scalar(0)}) ==
          "InternalError: Unexpected error in binary operator (only integer div and mod should have "
          "errors)\n\t "
          "[[{{node op}}]]");
  CHECK(computed("DivNoNan", {Tensor::scalar(1.0), Tensor::scalar(0.0)}).number(0) == 0);
  const Json vector = golden("truediv_zero");
  for (DType dtype : kBothFloats)
    check_golden(
        computed("RealDiv", {vector["inputs"]["x"].tensor(dtype), vector["inputs"]["y"].tensor(dtype)}),
        vector["expected"]["value"], vector["tol"]);
}

TEST_CASE("integers are raised by multiplying, and not to negative powers") {
  CHECK(computed("Pow", {ints({3, -2, 0, 7, 2}), ints({4, 5, 0, 1, 31})})
            .same_bits(ints({81, -32, 1, 7, std::numeric_limits<std::int32_t>::min()})));
  CHECK(computing_error("Pow", {Tensor::scalar(2), Tensor::scalar(-1)}) ==
        "InvalidArgumentError: Integers to negative integer powers are not allowed\n\t [[{{node op}}]]");
  for (DType dtype : kBothFloats) {
    const auto power = [&](double x, double y) {
      return computed("Pow",
                      {must(converted(Tensor::scalar(x), dtype)), must(converted(Tensor::scalar(y), dtype))})
          .number(0);
    };
    CHECK(power(2, 10) == 1024);
    CHECK(power(-2, 3) == -8);
    CHECK(power(0, 0) == 1);
    CHECK(is_near(power(2, 0.5), 1.4142135623730951, dtype == DType::kFloat32 ? 1e-7 : 1e-15));
    CHECK(std::isnan(power(-2, 0.5)));
    CHECK(std::isinf(power(0, -1)));
  }
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
