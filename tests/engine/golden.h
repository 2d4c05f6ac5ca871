// Guards the engine against TensorFlow itself: a reader over golden.json, the values and texts that
// TensorFlow 1.15 gives.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/tensor.h"

struct yyjson_val;

namespace sandflow::test {

// A value in golden.json. Asking for what is not there stops the tests: the file and they belong together.
class Json {
 public:
  explicit Json(yyjson_val* value) : value_(value) {}

  Json operator[](std::string_view key) const;
  Json operator[](std::size_t i) const;
  bool has(std::string_view key) const;
  bool is_null() const;
  bool is_text() const;
  bool is_list() const;
  std::size_t size() const;  // Of a list.

  std::string text() const;
  double number() const;                // "nan", "inf" and "-inf" are numbers, true and false are 1 and 0.
  std::vector<double> numbers() const;  // All numbers of nested lists, row by row; a number alone is one.
  Shape shape() const;                  // How the lists are nested.
  Shape as_shape() const;               // A list of sizes as a shape.
  Tensor tensor(DType dtype) const;     // A number or nested lists of them as a tensor.

 private:
  yyjson_val* value_;
};

// The vector with this id: {"inputs": ..., "expected": ..., "tol": ...}.
Json golden(std::string_view id);
std::vector<std::string> golden_ids(std::string_view prefix);
// After a run of all tests: whether each vector was asked for, by tests that passed. The run prints how many.
bool golden_vectors_hold();

// Whether `actual` has the shape and the numbers of `expected`, within the vector's tolerance for its dtype
// ("float32_rel", "float64_rel"; exactly if it has none).
void check_golden(const Tensor& actual, Json expected, Json tolerance);

}  // namespace sandflow::test
