// Products of small nets, whose layers have eight units or less: a kernel for every size, with one operand or
// all sums in registers.
#include <algorithm>
#include <array>

#include "engine/core/product.h"
#include "engine/core/vector.h"

namespace sandflow {

namespace {

// Few terms and columns, as in small nets: all of b stays in registers while the rows of a go by.
template <int kTerms, int kWide>
void small(const float* a, std::int64_t a_row, std::int64_t a_column, const float* b, std::int64_t b_row,
           std::int64_t b_column, float* out, std::int64_t m, std::int64_t n, const float* bias) {
  Four added[kWide] = {};
  if (bias)
    for (int j = 0; j < kWide; ++j) added[j] = load(bias + 4 * j);
  Four rows[kTerms][kWide];
  if (b_column == 1) {
    for (int p = 0; p < kTerms; ++p)
      for (int j = 0; j < kWide; ++j) rows[p][j] = load(b + p * b_row + 4 * j);
  } else {
    // Column by column; where there are no more, the last one again.
    for (int j = 0; j < kWide; ++j) {
      const float* column[4];
      for (int l = 0; l < 4; ++l) column[l] = b + std::min<std::int64_t>(4 * j + l, n - 1) * b_column;
      for (int p = 0; p < kTerms; ++p) {
        const std::int64_t at = p * b_row;
        rows[p][j] = Four{column[0][at], column[1][at], column[2][at], column[3][at]};
      }
    }
  }
  for (std::int64_t i = 0; i < m; ++i, a += a_row, out += n) {
    Four sums[kWide] = {};
    for (int p = 0; p < kTerms; ++p) {
      const Four scale = splat(a[p * a_column]);
      for (int j = 0; j < kWide; ++j) sums[j] += scale * rows[p][j];
    }
    for (int j = 0; j < kWide; ++j) store(out + 4 * j, bias ? sums[j] + added[j] : sums[j]);
  }
}

// The same for one or two columns: a vector holds four rows of them, or two.
template <int kTerms, int kColumns>
void slim(const float* a, std::int64_t a_row, std::int64_t a_column, const float* b, std::int64_t b_row,
          std::int64_t b_column, float* out, std::int64_t m, std::int64_t, const float* bias) {
  constexpr int kRows = 4 / kColumns;
  Four added = {};
  if (bias) added = kColumns == 1 ? splat(bias[0]) : Four{bias[0], bias[1], bias[0], bias[1]};
  Four terms[kTerms];
  for (int p = 0; p < kTerms; ++p) {
    const float* first = b + p * b_row;
    terms[p] = kColumns == 1 ? splat(*first) : Four{first[0], first[b_column], first[0], first[b_column]};
  }
  for (std::int64_t i = 0; i < m; i += kRows, out += 4) {
    // Where there are no more rows, the last one again.
    const float* row[kRows];
    for (int r = 0; r < kRows; ++r) row[r] = a + std::min(i + r, m - 1) * a_row;
    Four sum = {};
    for (int p = 0; p < kTerms; ++p) {
      const std::int64_t at = p * a_column;
      if constexpr (kColumns == 1)
        sum += Four{row[0][at], row[1][at], row[2][at], row[3][at]} * terms[p];
      else
        sum += Four{row[0][at], row[0][at], row[1][at], row[1][at]} * terms[p];
    }
    store(out, bias ? sum + added : sum);
  }
}

constexpr std::int64_t kFew = 8;  // Terms, and columns.
bool are_few(std::int64_t k, std::int64_t n) { return n <= kFew && k <= kFew && n > 0 && k > 0; }

template <int kTerms>
constexpr std::array<SmallProduct*, kFew> small_of() {
  return {slim<kTerms, 1>,  slim<kTerms, 2>,  small<kTerms, 1>, small<kTerms, 1>,
          small<kTerms, 2>, small<kTerms, 2>, small<kTerms, 2>, small<kTerms, 2>};
}
// By terms, then by columns.
constexpr std::array<SmallProduct*, kFew> kSmall[] = {small_of<1>(), small_of<2>(), small_of<3>(),
                                                      small_of<4>(), small_of<5>(), small_of<6>(),
                                                      small_of<7>(), small_of<8>()};

// Up to eight vectors of sums stay in registers while the rows of x and g go by.
template <int kTerms, int kWide, bool kSums>
inline void outer_sums(const float* x, const float* g, std::int64_t m, std::int64_t k, std::int64_t n,
                       float* products, float* sums) {
  Four outer[kTerms][kWide] = {}, sum[kWide] = {};
  for (std::int64_t i = 0; i < m; ++i, x += k, g += n) {
    Four row[kWide];
    for (int j = 0; j < kWide; ++j) row[j] = load(g + 4 * j);
    if constexpr (kSums)
      for (int j = 0; j < kWide; ++j) sum[j] += row[j];
    for (int p = 0; p < kTerms; ++p) {
      const Four scale = splat(x[p]);
      for (int j = 0; j < kWide; ++j) outer[p][j] += scale * row[j];
    }
  }
  for (int p = 0; p < kTerms; ++p)
    for (int j = 0; j < kWide; ++j) store(products + p * n + 4 * j, outer[p][j]);
  if constexpr (kSums)
    for (int j = 0; j < kWide; ++j) store(sums + 4 * j, sum[j]);
}

template <int kTerms, int kWide>
void wide_outer_sums(const float* x, const float* g, std::int64_t m, std::int64_t k, std::int64_t n,
                     float* products, float* sums) {
  constexpr int kFirst = kTerms > 4 ? 4 : kTerms, kRest = kTerms - kFirst;
  if (m < kManyRows) {
    outer_sums<kFirst, kWide, true>(x, g, m, k, n, products, sums);
  } else {
    sum_rows(g, m, n, sums);
    outer_sums<kFirst, kWide, false>(x, g, m, k, n, products, sums);
  }
  if constexpr (kRest > 0)
    outer_sums<kRest, kWide, false>(x + kFirst, g, m, k, n, products + kFirst * n, sums);
}

// The same for one or two columns: a vector holds four terms of the one, or two terms of both. What has just
// been stored is read in the same pieces or smaller ones: a load that needs two stores has to wait for both.
template <int kTerms, int kColumns>
void slim_outer_sums(const float* x, const float* g, std::int64_t m, std::int64_t k, std::int64_t n,
                     float* products, float* sums) {
  constexpr int kEach = 4 / kColumns, kVectors = (kTerms + kEach - 1) / kEach;
  const float* first = g;
  Four outer[kVectors] = {}, sum = {};
  for (std::int64_t i = 0; i < m; ++i, x += k, g += n) {
    const Four row = kColumns == 1 ? splat(g[0]) : Four{g[0], g[1], g[0], g[1]};
    sum += row;
    for (int v = 0; v < kVectors; ++v) {
      const float* terms = x + v * kEach;
      if constexpr (kColumns == 2)
        outer[v] += Four{terms[0], terms[0], terms[1], terms[1]} * row;
      else if (kTerms - v * kEach <= 2)
        outer[v] += Four{terms[0], terms[1]} * row;
      else
        outer[v] += load(terms) * row;
    }
  }
  for (int v = 0; v < kVectors; ++v) store(products + 4 * v, outer[v]);
  if (m < kManyRows)
    store(sums, sum);
  else
    sum_rows(first, m, n, sums);
}

template <int kTerms>
constexpr std::array<SmallOuterSums*, kFew> outer_sums_of() {
  return {slim_outer_sums<kTerms, 1>, slim_outer_sums<kTerms, 2>, wide_outer_sums<kTerms, 1>,
          wide_outer_sums<kTerms, 1>, wide_outer_sums<kTerms, 2>, wide_outer_sums<kTerms, 2>,
          wide_outer_sums<kTerms, 2>, wide_outer_sums<kTerms, 2>};
}
// By terms, then by columns.
constexpr std::array<SmallOuterSums*, kFew> kOuterSums[] = {
    outer_sums_of<1>(), outer_sums_of<2>(), outer_sums_of<3>(), outer_sums_of<4>(),
    outer_sums_of<5>(), outer_sums_of<6>(), outer_sums_of<7>(), outer_sums_of<8>()};

}  // namespace

SmallProduct* small_product(std::int64_t k, std::int64_t n) {
  return are_few(k, n) ? kSmall[k - 1][static_cast<std::size_t>(n - 1)] : nullptr;
}

SmallOuterSums* small_outer_sums(std::int64_t k, std::int64_t n) {
  return are_few(k, n) ? kOuterSums[k - 1][static_cast<std::size_t>(n - 1)] : nullptr;
}

}  // namespace sandflow
