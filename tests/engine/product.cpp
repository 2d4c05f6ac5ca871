// Guards the product of matrices: all its ways, chosen by size and by how operands lie, give the sums of the
// plain loop, and write no further than they may.
#include "engine/core/product.h"

#include <random>
#include <vector>

#include "engine/core/text.h"
#include "tests/engine/support.h"

namespace sandflow::test {

namespace {

constexpr std::size_t kExcess = 3;
constexpr float kGuard = 12345;

std::vector<float> drawn(std::int64_t count, std::mt19937& random) {
  std::vector<float> numbers(static_cast<std::size_t>(count) + kExcess, kGuard);
  for (std::int64_t i = 0; i < count; ++i)
    numbers[static_cast<std::size_t>(i)] = static_cast<float>(static_cast<int>(random() % 2001) - 1000) / 64;
  return numbers;
}

// As `rows` rows, or as what gives them when it is turned.
MatrixView<float> view(const std::vector<float>& numbers, std::int64_t rows, std::int64_t columns,
                       bool is_turned) {
  if (is_turned) return {numbers.data(), 1, rows};
  return {numbers.data(), columns, 1};
}

void check(std::int64_t m, std::int64_t k, std::int64_t n, std::mt19937& random) {
  const std::vector<float> left = drawn(m * k, random), right = drawn(k * n, random), bias = drawn(n, random);
  const auto room = static_cast<std::size_t>(product_scratch(m, k, n));
  std::vector<float> scratch(room + kExcess, kGuard);
  const auto size = static_cast<std::size_t>(m * n);
  for (const bool turned_left : {false, true})
    for (const bool turned_right : {false, true})
      for (const bool with_bias : {false, true}) {
        INFO(m, " x ", k, " x ", n, turned_left ? ", left turned" : "", turned_right ? ", right turned" : "",
             with_bias ? ", with bias" : "");
        const MatrixView<float> a = view(left, m, k, turned_left), b = view(right, k, n, turned_right);
        std::vector<float> expected(size), got(size + kExcess + 1, kGuard);
        multiply_plainly(a, b, expected.data(), m, k, n);
        if (with_bias)
          for (std::size_t i = 0; i < size; ++i) expected[i] += bias[i % static_cast<std::size_t>(n)];
        multiply(a, b, got.data(), m, k, n, scratch.data(), with_bias ? bias.data() : nullptr);
        CHECK(got.back() == kGuard);
        CHECK(scratch[room] == kGuard);
        got.resize(size);
        CHECK(got == expected);
      }
}

}  // namespace

TEST_CASE("a product of any size is the plain loop's, to the bit, with and without a bias") {
  std::mt19937 random(1);
  for (const std::int64_t m : {0, 1, 2, 3, 4, 5, 17, 70})
    for (const std::int64_t k : {0, 1, 2, 3, 7, 8, 9, 40})
      for (const std::int64_t n : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 24, 65}) check(m, k, n, random);
  // More terms and rows than are packed at a time.
  for (const std::int64_t n : {16, 77}) {
    check(6, 9000, n, random);
    check(70, 2100, n, random);
    check(300, 520, n, random);
    check(430, 637, n, random);  // The second part of the terms is shorter than the first.
  }
}

TEST_CASE("rows are summed one after the other, or, if there are many, in four groups") {
  std::mt19937 random(2);
  for (const std::int64_t m : {0, 1, 5, 63, 64, 67})
    for (const std::int64_t n : {1, 2, 3, 4, 5, 9}) {
      INFO(m, " x ", n);
      const std::vector<float> x = drawn(m * n, random);
      std::vector<float> got(static_cast<std::size_t>(n) + kExcess + 1, kGuard);
      sum_rows(x.data(), m, n, got.data());
      CHECK(got.back() == kGuard);
      for (std::int64_t j = 0; j < n; ++j) {
        float groups[4] = {};
        const std::int64_t whole = m >= 64 ? m / 4 * 4 : 0;
        for (std::int64_t i = 0; i < m; ++i)
          groups[i < whole ? i % 4 : 0] += x[static_cast<std::size_t>(i * n + j)];
        CHECK(got[static_cast<std::size_t>(j)] == (groups[0] + groups[1]) + (groups[2] + groups[3]));
      }
    }
}

TEST_CASE("a small layer's products and sums are the plain loop's, of every size there is") {
  std::mt19937 random(3);
  for (const std::int64_t m : {1, 2, 5, 10, 64, 67})
    for (std::int64_t k = 1; k <= 8; ++k)
      for (std::int64_t n = 1; n <= 8; ++n) {
        INFO(m, " x ", k, " x ", n);
        const std::vector<float> x = drawn(m * k, random), g = drawn(m * n, random);
        const auto size = static_cast<std::size_t>(k * n), columns = static_cast<std::size_t>(n);
        std::vector<float> products(size + kExcess + 1, kGuard), sums(columns + kExcess + 1, kGuard);
        SmallOuterSums* const small = small_outer_sums(k, n);
        REQUIRE(small);
        small(x.data(), g.data(), m, k, n, products.data(), sums.data());
        CHECK(products.back() == kGuard);
        CHECK(sums.back() == kGuard);
        std::vector<float> expected(size), rows(columns + kExcess);
        multiply_plainly(view(x, k, m, true), view(g, m, n, false), expected.data(), k, m, n);
        sum_rows(g.data(), m, n, rows.data());
        products.resize(size);
        sums.resize(columns);
        rows.resize(columns);
        CHECK(products == expected);
        CHECK(sums == rows);
      }
  CHECK_FALSE(small_outer_sums(9, 1));
  CHECK_FALSE(small_outer_sums(1, 9));
}

}  // namespace sandflow::test
