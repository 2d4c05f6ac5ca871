// One tile, instantiated for the sizes that keep its sums in the 16 registers that SSE and WebAssembly's
// engines have.
#include "engine/core/product.h"

#include <algorithm>
#include <type_traits>

#include "engine/core/vector.h"

namespace sandflow {

namespace {

// Rows of fewer columns than vectors have places are stored whole all the same: what that writes too much is
// in the next row, so rows go downwards and blocks of columns from right to left, each over the excess of
// those before.

// A distance that is known when the code is made, and so becomes part of the instructions that load.
template <std::int64_t kDistance>
struct Known {
  constexpr operator std::int64_t() const { return kDistance; }
};

// Terms one after the other; where the second operand is says when to end, as counting costs as much as a
// multiplication. (Several terms a turn are slower: the browser's compiler would load all of them first, and
// then has no registers left.)
template <class AStep, class BStep, class Each>
[[gnu::always_inline]] inline void each_term(std::int64_t count, const float* at, const float* other,
                                             AStep a_step, BStep b_step, Each each) {
  for (const float* end = other + count * b_step; other != end; at += a_step, other += b_step)
    each(at, other);
}

// How the terms of a sum follow each other: in three loops, or in one.
template <class AStep = std::int64_t>
struct Nested {
  const Terms& terms;
  AStep a_step;
  template <class Each>
  void operator()(const float* a, const float* b, Each each) const {
    const std::int64_t inner = terms.count[2], b_step = terms.b[2];
    for (std::int64_t o = 0; o < terms.count[0]; ++o)
      for (std::int64_t p = 0; p < terms.count[1]; ++p)
        each_term(inner, a + o * terms.a[0] + p * terms.a[1], b + o * terms.b[0] + p * terms.b[1], a_step,
                  b_step, each);
  }
};
template <class AStep = std::int64_t, class BStep = std::int64_t>
struct Straight {
  std::int64_t count;
  AStep a_step;
  BStep b_step;
  template <class Each>
  void operator()(const float* a, const float* b, Each each) const {
    each_term(count, a, b, a_step, b_step, each);
  }
};

// kRows x 4 kWide sums. A splat of `a` meets kWide vectors of `b`: 5 x 8 needs ten sums, two vectors of `b`,
// a splat and a product, which fits 16 registers with room for the compiler.
template <int kRows, int kWide, bool kAdds, class Row, class Walk>
inline void tile(const float* a, Row a_row, const float* b, const Walk& terms, float* out,
                 std::int64_t out_row, const float* bias) {
  Four sums[kRows][kWide] = {};
  if constexpr (kAdds)
    for (int i = 0; i < kRows; ++i)
      for (int j = 0; j < kWide; ++j) sums[i][j] = load(out + i * out_row + 4 * j);
  terms(a, b, [&](const float* at, const float* other) {
    if constexpr (kRows == 1) {
      const Four scale = splat(at[0]);
      for (int j = 0; j < kWide; ++j) sums[0][j] += scale * load(other + 4 * j);
      return;
    }
    Four row[kWide];
    for (int j = 0; j < kWide; ++j) row[j] = load(other + 4 * j);
    for (int i = 0; i < kRows; ++i) {
      const Four scale = splat(at[i * a_row]);
      for (int j = 0; j < kWide; ++j) sums[i][j] += scale * row[j];
    }
  });
  if (bias)
    for (int j = 0; j < kWide; ++j) {
      const Four added = load(bias + 4 * j);
      for (int i = 0; i < kRows; ++i) sums[i][j] += added;
    }
  // Stores that overlap would have to reach memory before what comes next can load them: rows of two numbers
  // go out in pairs.
  if constexpr (kWide == 1 && kRows % 2 == 0)
    if (out_row == 2) {
      for (int i = 0; i < kRows; i += 2)
        store(out + 2 * i, __builtin_shufflevector(sums[i][0], sums[i + 1][0], 0, 1, 4, 5));
      return;
    }
  for (int i = 0; i < kRows; ++i)
    for (int j = 0; j < kWide; ++j) store(out + i * out_row + 4 * j, sums[i][j]);
}

// All rows of one block of columns. Few rows leave registers for more columns, which hides the latency of the
// additions; a single row would not, so five go together.
template <int kWide, bool kAdds = false, class Row, class Walk>
void block(const float* a, Row a_row, const float* b, const Walk& terms, float* out, std::int64_t out_row,
           std::int64_t rows, const float* bias = nullptr) {
  std::int64_t i = 0;
  const auto go = [&](auto count) {
    tile<decltype(count)::value, kWide, kAdds>(a + i * a_row, a_row, b, terms, out + i * out_row, out_row,
                                               bias);
    i += decltype(count)::value;
  };
  constexpr bool kFives = kWide == 2;
  if constexpr (kWide <= 2)
    while (i + 4 <= rows && !(kFives && i + 5 == rows)) go(std::integral_constant<int, 4>());
  if constexpr (kFives)
    if (i + 5 == rows) go(std::integral_constant<int, 5>());
  if constexpr (kWide <= 4)
    while (i + 2 <= rows) go(std::integral_constant<int, 2>());
  while (i < rows) go(std::integral_constant<int, 1>());
}

constexpr std::int64_t kFewRows = 3, kFarApart = 64;

// Up to 8 columns of b, one row after the other, zeros where there are none: what a tile reads without a gap.
void pack(MatrixView<float> b, std::int64_t k, std::int64_t columns, float* to) {
  const std::int64_t width = columns > 4 ? 8 : 4;
  if (b.column == 1 && columns == width) {
    for (std::int64_t p = 0; p < k; ++p)
      for (std::int64_t j = 0; j < width; j += 4) store(to + p * width + j, load(b.data + p * b.row + j));
    return;
  }
  std::int64_t p = 0;
  // Rows that lie along k are turned, four by four.
  if (b.row == 1 && columns == width)
    for (; p + 4 <= k; p += 4)
      for (std::int64_t j = 0; j < width; j += 4) {
        const float* from = b.data + j * b.column + p;
        const Four r0 = load(from), r1 = load(from + b.column), r2 = load(from + 2 * b.column),
                   r3 = load(from + 3 * b.column);
        const Four low01 = __builtin_shufflevector(r0, r1, 0, 4, 1, 5);
        const Four low23 = __builtin_shufflevector(r2, r3, 0, 4, 1, 5);
        const Four high01 = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
        const Four high23 = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
        float* out = to + p * width + j;
        store(out, __builtin_shufflevector(low01, low23, 0, 1, 4, 5));
        store(out + width, __builtin_shufflevector(low01, low23, 2, 3, 6, 7));
        store(out + 2 * width, __builtin_shufflevector(high01, high23, 0, 1, 4, 5));
        store(out + 3 * width, __builtin_shufflevector(high01, high23, 2, 3, 6, 7));
      }
  for (; p < k; ++p)
    for (std::int64_t j = 0; j < width; ++j)
      to[p * width + j] = j < columns ? b.data[p * b.row + j * b.column] : 0.f;
}

template <bool kAdds>
void sum_blocks(const float* a, std::int64_t a_row, const float* b, const Terms& terms, float* out,
                std::int64_t out_row, std::int64_t rows, std::int64_t columns) {
  const Nested<> walk{terms, terms.a[2]};
  std::int64_t j = 0;
  if (rows <= kFewRows)
    for (; j + 16 <= columns; j += 16) block<4, kAdds>(a, a_row, b + j, walk, out + j, out_row, rows);
  for (; j + 8 <= columns; j += 8) {
    if (a_row == 1)
      block<2, kAdds>(a, Known<1>(), b + j, walk, out + j, out_row, rows);
    else if (terms.a[2] == 1)
      block<2, kAdds>(a, a_row, b + j, Nested<Known<1>>{terms, {}}, out + j, out_row, rows);
    else
      block<2, kAdds>(a, a_row, b + j, walk, out + j, out_row, rows);
  }
  if (j < columns) block<1, kAdds>(a, a_row, b + j, walk, out + j, out_row, rows);
}

}  // namespace

void sum_terms(const float* a, std::int64_t a_row, const float* b, const Terms& terms, float* out,
               std::int64_t out_row, std::int64_t rows, std::int64_t columns, bool adds) {
  (adds ? sum_blocks<true> : sum_blocks<false>)(a, a_row, b, terms, out, out_row, rows, columns);
}

namespace {

// As many numbers at a time as a row has, which one store brought; `T` has them.
template <class T>
void sum_short_rows(const float* x, std::int64_t m, float* out) {
  T sum{}, row;
  for (std::int64_t i = 0; i < m; ++i, x += sizeof(T) / sizeof(float)) {
    std::memcpy(&row, x, sizeof row);
    sum += row;
  }
  std::memcpy(out, &sum, sizeof sum);
}

}  // namespace

void sum_rows(const float* x, std::int64_t m, std::int64_t n, float* out) {
  if (n == 1 && m < kManyRows) return sum_short_rows<float>(x, m, out);
  if (n == 2 && m < kManyRows) return sum_short_rows<Two>(x, m, out);
  for (std::int64_t j = 0; j < n; j += 4) {
    const float* row = x + j;
    Four sums[4] = {};
    std::int64_t i = 0;
    if (m >= kManyRows)
      for (; i + 4 <= m; i += 4)
        for (int g = 0; g < 4; ++g, row += n) sums[g] += load(row);
    for (; i < m; ++i, row += n) sums[0] += load(row);
    store(out + j, (sums[0] + sums[1]) + (sums[2] + sums[3]));
  }
}

namespace {

// One term for each element: rows of b, scaled.
void outer(MatrixView<float> a, const float* b, float* out, std::int64_t m, std::int64_t n,
           const float* bias) {
  for (std::int64_t i = 0; i < m; ++i, out += n) {
    const Four scale = splat(a.data[i * a.row]);
    for (std::int64_t j = 0; j < n; j += 4) {
      const Four product = Four{} + scale * load(b + j);  // -0 would be no sum that begins at 0.
      store(out + j, bias ? product + load(bias + j) : product);
    }
  }
}

constexpr std::int64_t kPanelRows = 4;

// How many rows are packed at a time: half of the second nearest memory.
std::int64_t rows_at_a_time(std::int64_t k) {
  constexpr std::int64_t kPacked = 128 * 1024;
  return std::max<std::int64_t>(1, kPacked / (kPanelRows * std::max<std::int64_t>(1, k))) * kPanelRows;
}

// Both operands are packed, so that a tile's numbers lie side by side: panels of four rows of a, and a block
// of eight columns of b that meets all of them while it is in the nearest memory. `most` rows at a time.
template <bool kAdds>
void multiply_packed(MatrixView<float> a, MatrixView<float> b, float* out, std::int64_t m, std::int64_t k,
                     std::int64_t n, float* scratch, const float* bias, std::int64_t most) {
  float *packed = scratch, *panels = scratch + 8 * k;
  for (std::int64_t begin = 0; begin < m; begin += most) {
    const std::int64_t end = std::min(m, begin + most), whole = end - (end - begin) % kPanelRows;
    for (std::int64_t i = begin; i < whole; i += kPanelRows)
      pack({a.data + i * a.row, a.column, a.row}, k, kPanelRows, panels + (i - begin) * k);
    for (std::int64_t j = (n + 7) / 8 * 8 - 8; j >= 0; j -= 8) {
      const std::int64_t columns = std::min<std::int64_t>(8, n - j);
      pack({b.data + j * b.column, b.row, b.column}, k, columns, packed);
      const float* added = bias ? bias + j : nullptr;
      float* to = out + j;
      if (columns <= 4) {
        block<1, kAdds>(a.data + begin * a.row, a.row, packed, Straight<>{k, a.column, 4}, to + begin * n, n,
                        end - begin, added);
        continue;
      }
      for (std::int64_t i = begin; i < whole; i += kPanelRows)
        tile<kPanelRows, 2, kAdds>(panels + (i - begin) * k, Known<1>(), packed,
                                   Straight<Known<kPanelRows>, Known<8>>{k, {}, {}}, to + i * n, n, added);
      block<2, kAdds>(a.data + whole * a.row, a.row, packed, Straight<>{k, a.column, 8}, to + whole * n, n,
                      end - whole, added);
    }
  }
}

// So many terms of a block and a panel that both are in the nearest memory. Where the columns do not fill
// their blocks all go together: sums that go on must not be written over.
std::int64_t terms_at_a_time(std::int64_t k, std::int64_t n) {
  constexpr std::int64_t kMost = 512;
  if (n % 8 != 0 || k <= kMost) return k;
  const std::int64_t parts = (k + kMost - 1) / kMost;
  return (k + parts - 1) / parts;
}

void multiply_packed(MatrixView<float> a, MatrixView<float> b, float* out, std::int64_t m, std::int64_t k,
                     std::int64_t n, float* scratch, const float* bias) {
  const std::int64_t most = std::max<std::int64_t>(1, terms_at_a_time(k, n));
  // As many for the last terms too, which may be fewer and leave room for more rows than scratch has.
  const std::int64_t rows = rows_at_a_time(most);
  for (std::int64_t begin = 0; begin == 0 || begin < k; begin += most) {
    const std::int64_t count = std::min(most, k - begin);
    const float* added = begin + count == k ? bias : nullptr;
    a.data += begin == 0 ? 0 : most * a.column;
    b.data += begin == 0 ? 0 : most * b.row;
    (begin == 0 ? multiply_packed<false> : multiply_packed<true>)(a, b, out, m, count, n, scratch, added,
                                                                  rows);
  }
}

}  // namespace

std::int64_t product_scratch(std::int64_t m, std::int64_t k, std::int64_t n) {
  const std::int64_t terms = terms_at_a_time(k, n);
  return (8 + std::min((m / kPanelRows + 1) * kPanelRows, rows_at_a_time(terms))) * terms;
}

void multiply(MatrixView<float> a, MatrixView<float> b, float* out, std::int64_t m, std::int64_t k,
              std::int64_t n, float* scratch, const float* bias) {
  if (SmallProduct* small = small_product(k, n))
    return small(a.data, a.row, a.column, b.data, b.row, b.column, out, m, n, bias);
  // A column is a row, where that reads its operand in order.
  if (n == 1 && m > 1 && a.row == 1 && !bias)
    return multiply({b.data, 0, b.row}, {a.data, a.column, 1}, out, 1, k, m, scratch);
  if (n <= 8 && b.column == 1 && b.row < kFarApart) {
    const Straight<> walk{k, a.column, b.row};
    return n > 4   ? block<2>(a.data, a.row, b.data, walk, out, n, m, bias)
           : n > 0 ? block<1>(a.data, a.row, b.data, walk, out, n, m, bias)
                   : void();
  }
  if (k == 1 && b.column == 1) return outer(a, b.data, out, m, n, bias);
  // Packing a block of columns costs about as much as two rows of the product; far apart, every row of b is
  // another page of the cache.
  constexpr std::int64_t kWorthPacking = 16;
  if (b.column != 1 || (m >= kWorthPacking && b.row >= kFarApart))
    return multiply_packed(a, b, out, m, k, n, scratch, bias);
  const Straight<> walk{k, a.column, b.row};
  for (std::int64_t j = n, columns; j > 0;) {
    columns = m == 1 && j % 32 == 0 ? 32 : m <= kFewRows && j % 16 == 0 ? 16 : j % 8 == 0 ? 8 : j % 8;
    j -= columns;
    const float *from = b.data + j, *added = bias ? bias + j : nullptr;
    const auto go = [&](auto wide) {
      block<decltype(wide)::value>(a.data, a.row, from, walk, out + j, n, m, added);
    };
    if (columns == 32)
      go(std::integral_constant<int, 8>());
    else if (columns == 16)
      go(std::integral_constant<int, 4>());
    else if (columns > 4)
      go(std::integral_constant<int, 2>());
    else
      go(std::integral_constant<int, 1>());
  }
}

}  // namespace sandflow
