// Guards the operations of engine/ops/slicing.cpp: slicing, as TensorFlow has it.
#include "engine/core/print.h"
#include "tests/engine/trial.h"

namespace sandflow::test {

namespace {

Attrs masks(std::int64_t begin, std::int64_t end, std::int64_t ellipsis = 0, std::int64_t new_axis = 0,
            std::int64_t shrink = 0) {
  return {{"begin_mask", begin},
          {"end_mask", end},
          {"ellipsis_mask", ellipsis},
          {"new_axis_mask", new_axis},
          {"shrink_axis_mask", shrink}};
}

Tensor count_up(const Shape& shape) {
  Tensor out(DType::kInt32, shape);
  std::int32_t i = 0;
  for (std::int32_t& x : out.write<std::int32_t>()) x = i++;
  return out;
}

}  // namespace

std::vector<Row> slicing_rows() {
  const Tensor x = some({3, 4}), cube = some({2, 3, 4});
  return {
      {"Slice", {x, ints({1, 0}), ints({2, 3})}},
      {"Slice", {x, ints({1, 2}), ints({-1, -1})}},
      {"Slice", {cube, ints({0, 1, 1}), ints({2, 1, 2})}},
      {"StridedSlice", {x, ints({1}), ints({2}), ints({1})}, masks(0, 0, 0, 0, 1)},
      {"StridedSlice", {x, ints({0, 1}), ints({3, 4}), ints({2, 2})}},
      {"StridedSlice", {x, ints({0, -1}), ints({0, 0}), ints({1, -2})}, masks(1, 3)},
      {"StridedSlice", {cube, ints({0, 0, 1}), ints({0, 0, 3}), ints({1, 1, 1})}, masks(0, 0, 1, 2)},
      {"StridedSlice", {cube, ints({-1, 0, 2}), ints({0, 0, 0}), ints({1, 1, 1})}, masks(0, 0, 2, 0, 5)},
      {"StridedSliceGrad", {ints({3, 4}), ints({1, 0}), ints({3, 4}), ints({1, 2}), some({2, 2})}},
  };
}

TEST_CASE("slices are Python's") {
  const Tensor x = count_up({3, 4});
  const auto cut = [&](const std::vector<std::int32_t>& begin, const std::vector<std::int32_t>& end,
                       const std::vector<std::int32_t>& strides, const Attrs& attrs = {}) {
    return str(computed("StridedSlice", {x, ints(begin), ints(end), ints(strides)}, attrs));
  };
  CHECK(cut({1}, {2}, {1}, masks(0, 0, 0, 0, 1)) == "[4 5 6 7]");
  CHECK(cut({0, -1}, {3, 0}, {2, 1}, masks(0, 2)) == "[[ 3]\n [11]]");
  CHECK(cut({0, 0}, {0, 0}, {1, -1}, masks(3, 3)) == "[[ 3  2  1  0]\n [ 7  6  5  4]\n [11 10  9  8]]");
  CHECK(cut({5}, {9}, {1}) == "[]");
  CHECK(cut({-100}, {1}, {1}) == "[[0 1 2 3]]");
  CHECK(cut({0, 3}, {0, 4}, {1, 1}, masks(0, 0, 1, 0, 2)) == "[ 3  7 11]");
  CHECK(cut({0, 1, 2}, {0, 2, 3}, {1, 1, 1}, masks(0, 0, 0, 1, 6)) == "[6]");
  CHECK(str(computed("Slice", {x, ints({1, 1}), ints({-1, 2})})) == "[[ 5  6]\n [ 9 10]]");
}

TEST_CASE("what cannot be sliced is refused in TensorFlow's words") {
  const Tensor x = count_up({2});
  const auto text = [&](const std::vector<std::int32_t>& begin, const std::vector<std::int32_t>& strides,
                        const Attrs& attrs) {
    std::vector<std::int32_t> end = begin;
    for (std::int32_t& e : end) ++e;
    return computing_error("StridedSlice", {x, ints(begin), ints(end), ints(strides)}, attrs);
  };
  CHECK(text({2}, {1}, masks(0, 0, 0, 0, 1))
            .starts_with("ValueError: slice index 2 of dimension 0 out of bounds."));
  CHECK(text({0}, {0}, {}).starts_with("ValueError: strides[0] must be non-zero"));
  CHECK(text({0}, {-1}, masks(0, 0, 0, 0, 1))
            .starts_with("ValueError: only stride 1 allowed on non-range indexing."));
  CHECK(text({0, 0}, {1, 1}, {})
            .starts_with("ValueError: Index out of range using input dim 1; input has only 1 dims"));
  CHECK(text({0, 0}, {1, 1}, masks(0, 0, 3))
            .starts_with("ValueError: Multiple ellipses in slice spec not allowed"));
  CHECK(computing_error("Slice", {x, ints({1}), ints({5})}) ==
        "InvalidArgumentError: Expected size[0] in [0, 1], but got 5\n\t [[{{node op}}]]");
}

}  // namespace sandflow::test
