// The element types a tensor can have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/error.h"

namespace sandflow {

enum class DType : std::uint8_t { kFloat32, kFloat64, kInt32, kInt64, kBool, kString };
inline constexpr int kDTypeCount = 6;

const char* name(DType dtype);  // As in Python: "float32", "int64", "string".
const char* cpp_name(
    DType dtype);  // As TensorFlow's runtime messages say it: "float", "double", "int32", ...
std::optional<DType> dtype_from_name(std::string_view name);

std::size_t size_in_bytes(DType dtype);  // Of one element; 0 for strings, which live elsewhere.
inline bool is_floating(DType dtype) { return dtype == DType::kFloat32 || dtype == DType::kFloat64; }
inline bool is_integer(DType dtype) { return dtype == DType::kInt32 || dtype == DType::kInt64; }

template <class T>
inline constexpr DType dtype_of = [] {
  if constexpr (std::is_same_v<T, float>)
    return DType::kFloat32;
  else if constexpr (std::is_same_v<T, double>)
    return DType::kFloat64;
  else if constexpr (std::is_same_v<T, std::int32_t>)
    return DType::kInt32;
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return DType::kInt64;
  else if constexpr (std::is_same_v<T, bool>)
    return DType::kBool;
  else {
    static_assert(std::is_same_v<T, std::string>, "not an element type");
    return DType::kString;
  }
}();

// A number as another dtype, as tf.cast and numpy convert it: floats lose their fraction on the way to
// integers; what an integer cannot hold becomes its smallest (C++ leaves that open, x86 does it).
template <class To, class From>
To converted_number(From x) {
  if constexpr (std::is_same_v<To, bool>) {
    return x != From(0);
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    constexpr double kLimit = sizeof(To) == 4 ? 2147483648.0 : 9223372036854775808.0;
    const auto d = static_cast<double>(x);
    return d >= -kLimit && d < kLimit ? static_cast<To>(x) : std::numeric_limits<To>::min();
  } else {
    return static_cast<To>(x);
  }
}

// Calls `use.template operator()<T>()` with the C++ type of a floating dtype.
template <class Use>
decltype(auto) with_floating(DType dtype, Use&& use) {
  SANDFLOW_CHECK(is_floating(dtype));
  return dtype == DType::kFloat32 ? use.template operator()<float>() : use.template operator()<double>();
}

// The same for the four numeric dtypes.
template <class Use>
decltype(auto) with_numeric(DType dtype, Use&& use) {
  switch (dtype) {
    case DType::kFloat32:
      return use.template operator()<float>();
    case DType::kFloat64:
      return use.template operator()<double>();
    case DType::kInt32:
      return use.template operator()<std::int32_t>();
    default:
      SANDFLOW_CHECK(dtype == DType::kInt64);
      return use.template operator()<std::int64_t>();
  }
}

// The same for every dtype but string.
template <class Use>
decltype(auto) with_plain(DType dtype, Use&& use) {
  if (dtype == DType::kBool) return use.template operator()<bool>();
  return with_numeric(dtype, use);
}

// The same for every dtype.
template <class Use>
decltype(auto) with_any(DType dtype, Use&& use) {
  if (dtype == DType::kString) return use.template operator()<std::string>();
  return with_plain(dtype, use);
}

}  // namespace sandflow
