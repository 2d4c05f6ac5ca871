// Small text building blocks: concatenation, joining, numbers as text (the C++ library of Emscripten 3.1.6
// has neither <format> nor floating std::to_chars / std::from_chars).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace sandflow {

namespace detail {
inline void append(std::string& out, std::string_view part) { out += part; }
inline void append(std::string& out, char part) { out += part; }
template <class T>
requires(std::is_integral_v<T> && !std::is_same_v<T, char> &&
         !std::is_same_v<T, bool>) void append(std::string& out, T part) {
  out += std::to_string(part);
}
}  // namespace detail

// cat("axis ", 2) is "axis 2".
template <class... Parts>
std::string cat(const Parts&... parts) {
  std::string out;
  (detail::append(out, parts), ...);
  return out;
}

// join({1, 2}, ",") is "1,2"; `text` turns an element into text.
template <class Range, class Text>
std::string join(const Range& range, std::string_view separator, Text text) {
  std::string out;
  bool first = true;
  for (const auto& element : range) {
    if (!first) out += separator;
    first = false;
    out += text(element);
  }
  return out;
}

std::string lower(std::string_view text);
std::string_view trim(std::string_view text);

// The shortest decimal digits that read back as the same float or double: "0.1", "1e-05", "nan", "-inf".
std::string shortest(float value);
std::string shortest(double value);

// The whole of `text` as a decimal number (no hexadecimal, no trailing text); inf and nan are read as
// Python's float().
std::optional<double> parse_double(std::string_view text);
std::optional<long long> parse_int(std::string_view text);

}  // namespace sandflow
