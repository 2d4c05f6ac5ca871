// Names and sizes of element types.
#include "engine/core/dtype.h"

namespace sandflow {

namespace {
struct Row {
  const char* name;
  const char* cpp_name;
  std::size_t bytes;
};
constexpr Row kRows[kDTypeCount] = {{"float32", "float", 4}, {"float64", "double", 8},
                                    {"int32", "int32", 4},   {"int64", "int64", 8},
                                    {"bool", "bool", 1},     {"string", "string", 0}};
const Row& row(DType dtype) { return kRows[static_cast<int>(dtype)]; }
}  // namespace

const char* name(DType dtype) { return row(dtype).name; }
const char* cpp_name(DType dtype) { return row(dtype).cpp_name; }
std::size_t size_in_bytes(DType dtype) { return row(dtype).bytes; }

std::optional<DType> dtype_from_name(std::string_view name) {
  for (int i = 0; i < kDTypeCount; ++i)
    if (name == kRows[i].name) return static_cast<DType>(i);
  return std::nullopt;
}

}  // namespace sandflow
