// Guards what a learner reads: every tensor prints, byte for byte, as numpy prints it.
#include <numeric>

#include "engine/core/print.h"
#include "engine/core/text.h"
#include "tests/engine/golden.h"
#include "tests/engine/support.h"

namespace sandflow::test {

namespace {

// The array of a vector; "see note" stands for what its note says.
Tensor array_of(const std::string& id, Json inputs) {
  if (id == "np_summary_1001") {
    std::vector<std::int32_t> range(1001);
    std::iota(range.begin(), range.end(), 0);
    return Tensor::vector(range);
  }
  if (id == "np_summary_2d") return Tensor(DType::kFloat32, {50, 50});
  if (inputs["dtype"].text() == "object") {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < inputs["value"].size(); ++i) {
      const std::string literal = inputs["value"][i].text();  // "b'a'"
      texts.push_back(literal.substr(2, literal.size() - 3));
    }
    return Tensor::vector(texts);
  }
  const Tensor flat = inputs["value"].tensor(*dtype_from_name(inputs["dtype"].text()));
  return flat.reshaped(inputs["shape"].as_shape());
}

}  // namespace

TEST_CASE("arrays print as numpy prints them") {
  for (const std::string& id : golden_ids("np_")) {
    if (id == "np_scalars") continue;
    INFO(id);
    const Json vector = golden(id);
    const Tensor array = array_of(id, vector["inputs"]);
    CHECK(str(array) == vector["expected"]["str"].text());
    // A run never gives a 0-d array but a scalar, whose repr is its str.
    if (array.shape().rank() > 0) CHECK(repr(array) == vector["expected"]["repr"].text());
  }
}

TEST_CASE("scalars print as numpy prints them, alone and in lists") {
  const Json expected = golden("np_scalars")["expected"];
  const Json rows = expected["rows"];
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double x = rows[i]["x"].number();
    const Tensor single = Tensor::scalar(static_cast<float>(x)), wide = Tensor::scalar(x);
    CHECK(str(single) == rows[i]["float32_str"].text());
    CHECK(str(wide) == rows[i]["float64_str"].text());
    CHECK(repr(single) == str(single));
    CHECK(repr(wide) == str(wide));
  }
  CHECK(str(Tensor::scalar(std::int32_t{16})) == expected["int32_str"].text());
  CHECK(str(Tensor::scalar(std::int64_t{-9223372036854775807 - 1})) == "-9223372036854775808");
  CHECK(str(Tensor::scalar(true)) == expected["bool_str"].text());
  CHECK(str(Tensor::scalar(std::string("Hello world!"))) == expected["bytes_str"].text());
  const auto list = [](const std::vector<Tensor>& items) { return join(items, ", ", repr); };
  CHECK("[" + list({Tensor::scalar(2.2f), Tensor::scalar(5.0f)}) + "]" ==
        expected["list_of_float32_repr"].text());
  CHECK("(" + list({Tensor::scalar(1), Tensor::scalar(2)}) + ")" == expected["tuple_int32_repr"].text());
}

TEST_CASE("float32 prints no digits that it does not have") {
  CHECK(str(Tensor::vector<float>({99999992.f, 1e7f})) == "[99999990. 10000000.]");
  CHECK(str(Tensor::scalar(16777217.0)) == "16777217.0");
}

TEST_CASE("an empty array says its dtype, whichever it is") {
  CHECK(repr(Tensor(DType::kFloat64, {0})) == "array([], dtype=float64)");
  CHECK(repr(Tensor(DType::kInt64, {2, 0})) == "array([], shape=(2, 0), dtype=int64)");
}

TEST_CASE("long rows are wrapped at 75 characters, under their first element") {
  const Tensor row(DType::kFloat32, {30});
  std::string first = "[0.";
  for (int i = 1; i < 24; ++i) first += " 0.";
  CHECK(str(row) == first + "\n 0. 0. 0. 0. 0. 0.]");
  std::string shorter = "array([0.";
  for (int i = 1; i < 17; ++i) shorter += ", 0.";
  CHECK(repr(row) ==
        shorter + ",\n       0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0.], dtype=float32)");
}

TEST_CASE("of long arrays as many at each edge stand for all as are asked for") {
  std::vector<std::int32_t> range(25);
  std::iota(range.begin(), range.end(), 0);
  const Tensor square = Tensor::vector(range).reshaped({5, 5});
  CHECK(str(square, {24, 1}) == "[[ 0 ...  4]\n ...\n [20 ... 24]]");
  CHECK(str(square, {25, 1}) == str(square));
  CHECK(str(Tensor(DType::kFloat32, {9, 8, 7, 6}), {64, 1}).size() < 400);
}

TEST_CASE("bytes print with Python's escapes") {
  const auto printed = [](std::string bytes) { return str(Tensor::scalar(std::move(bytes))); };
  CHECK(printed("") == "b''");
  CHECK(printed("it's") == R"(b"it's")");
  CHECK(printed(R"(both ' and ")") == R"(b'both \' and "')");
  CHECK(printed("a\\b\n\t\r") == R"(b'a\\b\n\t\r')");
  CHECK(printed(std::string("\0\x7f\xea\xb0\x80", 5)) == R"(b'\x00\x7f\xea\xb0\x80')");
}

TEST_CASE("an operation's result prints as None") {
  CHECK(str(Tensor()) == "None");
  CHECK(repr(Tensor()) == "None");
}

}  // namespace sandflow::test
