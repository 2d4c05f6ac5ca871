// Guards the operations of engine/ops/slicing.cpp: slicing and picking, as TensorFlow has it.
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
  const Tensor zero = Tensor::scalar(std::int32_t{0}), one = Tensor::scalar(std::int32_t{1});
  const Tensor last = Tensor::scalar(std::int32_t{-1});
  const Tensor places = Tensor::of<std::int32_t>({2, 2}, {2, 0, 0, 1});
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
      {"GatherV2", {x, ints({2, 0, 2}), zero}},
      {"GatherV2", {x, places, one}},
      {"GatherV2", {cube, places, last}},
      {"GatherV2", {cube, one, zero}},
      {"UnsortedSegmentSum", {some({3, 2}), ints({1, 0, 1}), Tensor::scalar(std::int32_t{3})}},
      {"UnsortedSegmentSum",
       {some({2, 2}), Tensor::of<std::int32_t>({2, 2}, {1, -1, 1, 0}), Tensor::scalar(std::int32_t{2})}},
      {"OneHot",
       {ints({2, 0, 7}), Tensor::scalar(std::int32_t{3}), Tensor::scalar(1.f), Tensor::scalar(0.f)}},
      {"OneHot",
       {places, Tensor::scalar(std::int32_t{4}), Tensor::scalar(5.f), Tensor::scalar(-1.f)},
       {{"axis", std::int64_t{1}}}},
      {"Where", {Tensor::of<bool>({2, 3}, {true, false, true, false, false, true})}, {}, 0, false, true},
      {"TopKV2", {x, Tensor::scalar(std::int32_t{2})}, {}, 0},
      {"TopKV2", {cube, Tensor::scalar(std::int32_t{3})}, {}, 0},
      {"TopKV2", {ints({3, 1, 3}), Tensor::scalar(std::int32_t{2})}, {}, 1},
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
  CHECK(computing_error("GatherV2", {count_up({3}), ints({0, 5}), Tensor::scalar(std::int32_t{0})}) ==
        "InvalidArgumentError: indices[1] = 5 is not in [0, 3)\n\t [[{{node op}}]]");
  CHECK(computing_error("GatherV2", {count_up({3}), Tensor::of<std::int32_t>({2, 2}, {0, 1, -1, 2}),
                                     Tensor::scalar(std::int32_t{0})}) ==
        "InvalidArgumentError: indices[1,0] = -1 is not in [0, 3)\n\t [[{{node op}}]]");
  CHECK(
      computing_error("UnsortedSegmentSum", {count_up({2}), ints({0, 4}), Tensor::scalar(std::int32_t{2})}) ==
      "InvalidArgumentError: segment_ids[1] = 4 is out of range [0, 2)\n\t [[{{node op}}]]");
  CHECK(computing_error("TopKV2", {x, Tensor::scalar(std::int32_t{5})})
            .starts_with("ValueError: input must have last dimension >= k = 5 but is 2"));
}

TEST_CASE("rows gathered twice get both gradients") {
  const Json vector = golden("gather_grad_dup");
  const Json inputs = vector["inputs"], expected = vector["expected"];
  const Tensor params = inputs["params"].tensor(DType::kFloat64);
  const std::vector<Tensor> given = {params, inputs["indices"].tensor(DType::kInt32),
                                     Tensor::scalar(std::int32_t{0})};
  check_golden(computed("GatherV2", given), expected["value"], vector["tol"]);
  check_golden(differentiated("GatherV2", given, inputs["grad_ys"].tensor(DType::kFloat64))[0],
               expected["grad_params_dense"], vector["tol"]);
}

TEST_CASE("one_hot switches nothing on for classes that there are not") {
  const Json vector = golden("one_hot_oob");
  const Tensor indices = vector["inputs"]["indices"].tensor(DType::kInt32);
  const Tensor depth = Tensor::scalar(static_cast<std::int32_t>(vector["inputs"]["depth"].number()));
  check_golden(computed("OneHot", {indices, depth, Tensor::scalar(1.f), Tensor::scalar(0.f)}),
               vector["expected"]["value"], vector["tol"]);
}

TEST_CASE("where finds places row by row, top_k the first of equals first") {
  CHECK(str(computed("Where", {Tensor::of<bool>({2, 2}, {true, false, true, true})})) ==
        "[[0 0]\n [1 0]\n [1 1]]");
  CHECK(str(computed("Where", {Tensor::vector<float>({0, 2, -1})})) == "[[1]\n [2]]");
  const Tensor x = Tensor::vector<float>({1, 3, 2, 3});
  CHECK(str(computed("TopKV2", {x, Tensor::scalar(std::int32_t{3})}, {}, 0)) == "[3. 3. 2.]");
  CHECK(str(computed("TopKV2", {x, Tensor::scalar(std::int32_t{3})}, {}, 1)) == "[1 3 2]");
}

}  // namespace sandflow::test
