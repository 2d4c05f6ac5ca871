// The matrix product, and whatever can be read as one: a tile of sums that stays in registers while two
// operands go by.
//
// Every element is summed in the order of its terms, one after the other, natively and in WebAssembly alike:
// results have the same bits as the plain triple loop. Speed comes from many independent sums at a time, four
// to a vector.
#pragma once

#include <cstdint>
#include <type_traits>

namespace sandflow {

// How an operand of a product lies in memory: `row` and `column` are the distances of neighbours, in
// elements.
template <class T>
struct MatrixView {
  const T* data;
  std::int64_t row, column;
};

// out (m x n, row-major) = a (m x k) times b (k x n). `scratch` is used for operands that do not lie well: at
// least product_scratch(m, k, n) elements. A `bias` of n elements is added to each row in the end. b and bias
// may be read, and out written, up to three floats beyond their ends.
std::int64_t product_scratch(std::int64_t m, std::int64_t k, std::int64_t n);
void multiply(MatrixView<float> a, MatrixView<float> b, float* out, std::int64_t m, std::int64_t k,
              std::int64_t n, float* scratch, const float* bias = nullptr);
// The kernel that multiply() uses for few terms and columns, as in small nets; null if there are more of
// them. It takes its operands apart, as WebAssembly passes a structure through memory.
using SmallProduct = void(const float* a, std::int64_t a_row, std::int64_t a_column, const float* b,
                          std::int64_t b_row, std::int64_t b_column, float* out, std::int64_t m,
                          std::int64_t n, const float* bias);
SmallProduct* small_product(std::int64_t k, std::int64_t n);
// For few terms and columns: products (k x n) = the transpose of x (m x k) times g (m x n), and sums (n) =
// the sum of g's rows, as multiply() and sum_rows() give them. All may be read and written up to three floats
// beyond their ends. The kernel that does it; null if there are too many.
using SmallOuterSums = void(const float* x, const float* g, std::int64_t m, std::int64_t k, std::int64_t n,
                            float* products, float* sums);
SmallOuterSums* small_outer_sums(std::int64_t k, std::int64_t n);
// The same for other numbers, without tricks; integers wrap around.
template <class T>
void multiply_plainly(MatrixView<T> a, MatrixView<T> b, T* out, std::int64_t m, std::int64_t k,
                      std::int64_t n) {
  for (std::int64_t i = 0; i < m; ++i) {
    T* row = out + i * n;
    for (std::int64_t j = 0; j < n; ++j) row[j] = T(0);
    // Rows of the output are updated whole, which vectorises without changing the order of any sum.
    for (std::int64_t p = 0; p < k; ++p) {
      const T scale = a.data[i * a.row + p * a.column];
      const T* other = b.data + p * b.row;
      for (std::int64_t j = 0; j < n; ++j) {
        if constexpr (std::is_integral_v<T>) {
          using U = std::make_unsigned_t<T>;
          row[j] = static_cast<T>(static_cast<U>(row[j]) +
                                  static_cast<U>(scale) * static_cast<U>(other[j * b.column]));
        } else {
          row[j] += scale * other[j * b.column];
        }
      }
    }
  }
}

// A sum over up to three nested loops, outermost first: `a` and `b` say how far each moves its operand. The
// innermost moves b, which says when it ends.
struct Terms {
  std::int64_t count[3] = {1, 1, 1};
  std::int64_t a[3] = {0, 0, 0}, b[3] = {0, 0, 1};
};

// out[i * out_row + j] = the sum over all terms of a[i * a_row] * b[j], for i < rows and j < columns; columns
// must be a multiple of 4. With `adds` the sums go on from what is there. A convolution is this for each row
// of its output.
void sum_terms(const float* a, std::int64_t a_row, const float* b, const Terms& terms, float* out,
               std::int64_t out_row, std::int64_t rows, std::int64_t columns, bool adds = false);

// out[j] = the sum over all m rows of x (m x n, row-major). kManyRows and more are summed as four interleaved
// groups, which need not wait for each other; x and out may be read and written up to three floats beyond
// their ends.
inline constexpr std::int64_t kManyRows = 64;
void sum_rows(const float* x, std::int64_t m, std::int64_t n, float* out);

}  // namespace sandflow
