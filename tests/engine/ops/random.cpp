// Guards the operations of engine/ops/random.cpp: random tensors, as TensorFlow has it.
#include "engine/core/random.h"

#include "tests/engine/trial.h"

namespace sandflow::test {

std::vector<Row> random_rows() {
  return {
      {"RandomUniform", {ints({2, 3})}, {{"seed", std::int64_t{1}}, {"seed2", std::int64_t{2}}}},
      {"RandomUniformInt",
       {ints({2, 3}), Tensor::scalar(std::int32_t{-5}), Tensor::scalar(std::int32_t{7})},
       {{"seed", std::int64_t{1}}}},
      {"RandomUniformInt",
       {ints({3}), Tensor::scalar(std::int64_t{0}), Tensor::scalar(std::int64_t{1} << 40)},
       {{"seed", std::int64_t{1}}}},
      {"RandomStandardNormal", {ints({2, 3})}, {{"seed", std::int64_t{1}}, {"dtype", DType::kFloat64}}},
      {"TruncatedNormal", {ints({2, 3})}, {{"seed", std::int64_t{1}}}},
  };
}

TEST_CASE("random integers are TensorFlow's") {
  const Json vector = golden("random_uniform_int_seed1");
  const auto seed = static_cast<std::int64_t>(vector["inputs"]["op_seed"].number());
  const Attrs attrs = {{"dtype", DType::kInt32}, {"maxval", 10.0}, {"seed", seed}};
  check_golden(computed("random_uniform", {ints({8})}, attrs), vector["expected"]["value"], vector["tol"]);
}

TEST_CASE("a random integer is a word, or two of them, modulo the range") {
  const Philox generator(3, 4);
  const Philox::Block words = Philox(generator)();
  std::vector<std::int32_t> narrow(3);
  fill_uniform_int(generator, narrow, INT32_MIN, INT32_MAX);
  for (std::size_t i = 0; i < narrow.size(); ++i)
    CHECK(narrow[i] == INT32_MIN + static_cast<std::int64_t>(words[i] % UINT32_MAX));
  std::vector<std::int64_t> wide(2);
  fill_uniform_int(generator, wide, -7, std::int64_t{1} << 40);
  for (std::size_t i = 0; i < wide.size(); ++i) {
    const std::uint64_t both = std::uint64_t{words[2 * i + 1]} << 32 | words[2 * i];
    CHECK(wide[i] == static_cast<std::int64_t>(both % ((std::uint64_t{1} << 40) + 7)) - 7);
  }
}

TEST_CASE("a range without integers is refused where something is drawn from it") {
  const auto drawn = [](const Tensor& shape, const Tensor& low, const Tensor& high) {
    return computing_error("RandomUniformInt", {shape, low, high});
  };
  const Tensor one = Tensor::scalar(std::int32_t{1}), five = Tensor::scalar(std::int32_t{5});
  CHECK(drawn(ints({2}), five, one) ==
        "InvalidArgumentError: Need minval < maxval, got 5 >= 1\n\t [[{{node op}}]]");
  CHECK(computed("RandomUniformInt", {ints({2, 0}), five, one}).shape() == Shape{2, 0});
  CHECK(drawn(ints({2}), ints({1, 2}), five)
            .starts_with("ValueError: minval must be a scalar; got a tensor of shape [2]"));
  CHECK(drawn(ints({2}), one, ints({3, 4, 5}))
            .starts_with("ValueError: maxval must be a scalar; got a tensor of shape [3]"));
}

}  // namespace sandflow::test
