// One tile, instantiated for the sizes that keep its sums in the 16 registers that SSE and WebAssembly's
// engines have.
#include "engine/core/product.h"

#include <algorithm>
#include <type_traits>

#include "engine/core/vector.h"

namespace sandflow {

namespace {

// kRows x 4 kWide sums. A splat of `a` meets kWide vectors of `b`: 4 x 8 needs eight sums, two vectors of
// `b`, a splat and a product, which fits 16 registers with room for the compiler.
template <int kRows, int kWide, bool kAdds>
inline void tile(const float* a, std::int64_t a_row, const float* b, const Terms& terms, float* out,
                 std::int64_t out_row, std::int64_t columns) {
  Four sums[kRows][kWide] = {};
  if constexpr (kAdds)
    for (int i = 0; i < kRows; ++i)
      for (int j = 0; j < kWide; ++j) sums[i][j] = load(out + i * out_row + 4 * j);
  const std::int64_t inner = terms.count[2], a_step = terms.a[2], b_step = terms.b[2];
  for (std::int64_t o = 0; o < terms.count[0]; ++o)
    for (std::int64_t p = 0; p < terms.count[1]; ++p) {
      const float* at = a + o * terms.a[0] + p * terms.a[1];
      const float* other = b + o * terms.b[0] + p * terms.b[1];
      for (std::int64_t q = 0; q < inner; ++q, at += a_step, other += b_step) {
        Four row[kWide];
        for (int j = 0; j < kWide; ++j) row[j] = load(other + 4 * j);
        for (int i = 0; i < kRows; ++i) {
          const Four scale = splat(at[i * a_row]);
          for (int j = 0; j < kWide; ++j) sums[i][j] += scale * row[j];
        }
      }
    }
  for (int i = 0; i < kRows; ++i) {
    float* to = out + i * out_row;
    if (columns >= 4 * kWide)
      for (int j = 0; j < kWide; ++j) store(to + 4 * j, sums[i][j]);
    else  // The last, padded columns: only one vector wide.
      for (std::int64_t j = 0; j < columns; ++j) to[j] = sums[i][0][j];
  }
}

// All rows of one block of columns. Few rows leave registers for more columns, which hides the latency of the
// additions.
template <int kWide, bool kAdds = false>
void block(const float* a, std::int64_t a_row, const float* b, const Terms& terms, float* out,
           std::int64_t out_row, std::int64_t rows, std::int64_t columns) {
  std::int64_t i = 0;
  const auto go = [&](auto count) {
    tile<decltype(count)::value, kWide, kAdds>(a + i * a_row, a_row, b, terms, out + i * out_row, out_row,
                                               columns);
    i += decltype(count)::value;
  };
  if constexpr (kWide <= 2)
    while (i + 4 <= rows) go(std::integral_constant<int, 4>());
  while (i + 2 <= rows) go(std::integral_constant<int, 2>());
  if (i < rows) go(std::integral_constant<int, 1>());
}

constexpr std::int64_t kFewRows = 3;

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
  std::int64_t j = 0;
  if (rows <= kFewRows)
    for (; j + 16 <= columns; j += 16) block<4, kAdds>(a, a_row, b + j, terms, out + j, out_row, rows, 16);
  for (; j + 8 <= columns; j += 8) block<2, kAdds>(a, a_row, b + j, terms, out + j, out_row, rows, 8);
  if (j < columns) block<1, kAdds>(a, a_row, b + j, terms, out + j, out_row, rows, 4);
}

}  // namespace

void sum_terms(const float* a, std::int64_t a_row, const float* b, const Terms& terms, float* out,
               std::int64_t out_row, std::int64_t rows, std::int64_t columns, bool adds) {
  (adds ? sum_blocks<true> : sum_blocks<false>)(a, a_row, b, terms, out, out_row, rows, columns);
}

void sum_rows(const float* x, std::int64_t m, std::int64_t n, float* out) {
  constexpr std::int64_t kManyRows = 64;
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

void multiply(MatrixView<float> a, MatrixView<float> b, float* out, std::int64_t m, std::int64_t k,
              std::int64_t n, float* scratch) {
  Terms terms;
  terms.count[2] = k;
  terms.a[2] = a.column;
  // Packing a block of columns costs about as much as two rows of the product; far apart, every row of b is
  // another page of the cache.
  constexpr std::int64_t kWorthPacking = 16, kFarApart = 64;
  const bool packs_all = b.column != 1 || (m >= kWorthPacking && b.row >= kFarApart);
  std::int64_t j = 0;
  terms.b[2] = b.row;
  if (!packs_all && m <= kFewRows)
    for (; j + 16 <= n; j += 16) block<4>(a.data, a.row, b.data + j, terms, out + j, n, m, 16);
  while (j < n) {
    const std::int64_t left = n - j, columns = left >= 8                               ? 8
                                               : left >= 4 && !(packs_all && left > 4) ? 4
                                                                                       : left;
    const float* from = b.data + j * b.column;
    if (packs_all || columns % 4 != 0) {
      pack({from, b.row, b.column}, k, columns, scratch);
      from = scratch;
      terms.b[2] = columns > 4 ? 8 : 4;
    } else {
      terms.b[2] = b.row;
    }
    if (columns == 8)
      block<2>(a.data, a.row, from, terms, out + j, n, m, 8);
    else if (columns <= 4)
      block<1>(a.data, a.row, from, terms, out + j, n, m, columns);
    else  // Two vectors, the second one padded.
      for (std::int64_t half = 0; half < columns; half += 4)
        block<1>(a.data, a.row, from + half, terms, out + j + half, n, m,
                 std::min<std::int64_t>(4, columns - half));
    j += columns;
  }
}

}  // namespace sandflow
