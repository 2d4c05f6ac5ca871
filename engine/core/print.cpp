// numpy's array printing: one format for all elements, chosen from all of them, then nested and wrapped rows.
#include "engine/core/print.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include "engine/core/text.h"

namespace sandflow {

namespace {

constexpr int kPrecision = 8;
constexpr std::size_t kLineWidth = 75;

// A number's decimal digits "d.ddd" and exponent.
struct Scientific {
  std::string mantissa;  // With sign; always has a point: "-1.25", "5."
  int exponent = 0;
};

std::string print(const char* format, int digits, double value) {
  char buffer[400];
  std::snprintf(buffer, sizeof buffer, format, digits, value);
  return buffer;
}

// The fewest fraction digits of "%.*e" that read back as the same value. More digits are never farther from
// it, so they are found by halving; 8 are enough for every float32, 16 for every float64 (IEEE 754).
int shortest_fraction_digits(double value, bool single) {
  int least = 0, most = single ? 8 : 16;
  while (least < most) {
    const int digits = (least + most) / 2;
    const std::string text = print("%.*e", digits, value);
    const bool same = single ? std::strtof(text.c_str(), nullptr) == static_cast<float>(value)
                             : std::strtod(text.c_str(), nullptr) == value;
    (same ? most : least) = same ? digits : digits + 1;
  }
  return most;
}

Scientific scientific(double value, int digits) {
  const std::string text = print("%.*e", digits, value);
  const std::size_t e = text.find('e');
  Scientific out{text.substr(0, e), std::atoi(text.c_str() + e + 1)};
  if (out.mantissa.find('.') == std::string::npos) out.mantissa += '.';
  while (out.mantissa.back() == '0') out.mantissa.pop_back();
  return out;
}

std::string exponent_text(int exponent, int width) {
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, "e%c%0*d", exponent < 0 ? '-' : '+', width, std::abs(exponent));
  return buffer;
}

// Shortest digits, without an exponent, at most `max_fraction` of them after the point; "2." keeps its point.
std::string positional(double value, bool single, int max_fraction) {
  const int digits = shortest_fraction_digits(value, single);
  const Scientific parts = scientific(value, digits);
  if (digits <= parts.exponent) {  // Zeros stand for the digits that are not needed: 123456790. in float32.
    std::string text = print("%.*e", digits, value);
    text.resize(text.find('e'));
    std::erase(text, '.');
    return text.append(static_cast<std::size_t>(parts.exponent - digits), '0') + '.';
  }
  std::string text = print("%.*f", std::min(digits - parts.exponent, max_fraction), value);
  if (text.find('.') == std::string::npos) text += '.';
  while (text.back() == '0') text.pop_back();
  return text;
}

std::string nonfinite(double value) { return std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf"; }

std::string float_scalar(double value, bool single) {
  if (!std::isfinite(value)) return nonfinite(value);
  const double size = std::abs(value);
  if (size == 0 || (size >= 1e-4 && size < 1e16)) {
    std::string text = positional(value, single, 400);
    return text.back() == '.' ? text + "0" : text;
  }
  Scientific parts = scientific(value, shortest_fraction_digits(value, single));
  if (parts.mantissa.back() == '.') parts.mantissa.pop_back();
  return parts.mantissa + exponent_text(parts.exponent, 2);
}

std::string bytes_literal(const std::string& bytes) {
  const bool has_single = bytes.find('\'') != std::string::npos,
             has_double = bytes.find('"') != std::string::npos;
  const char quote = has_single && !has_double ? '"' : '\'';
  std::string out = std::string("b") + quote;
  for (unsigned char c : bytes) {
    char buffer[8];
    if (c == quote || c == '\\')
      (out += '\\') += static_cast<char>(c);
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else if (c < 0x20 || c >= 0x7f)
      out.append(buffer, static_cast<std::size_t>(std::snprintf(buffer, 8, "\\x%02x", c)));
    else
      out += static_cast<char>(c);
  }
  return out + quote;
}

std::string scalar(const Tensor& tensor) {
  switch (tensor.dtype()) {
    case DType::kFloat32:
      return float_scalar(static_cast<double>(tensor.read<float>()[0]), true);
    case DType::kFloat64:
      return float_scalar(tensor.read<double>()[0], false);
    case DType::kInt32:
      return std::to_string(tensor.read<std::int32_t>()[0]);
    case DType::kInt64:
      return std::to_string(tensor.read<std::int64_t>()[0]);
    case DType::kBool:
      return tensor.read<bool>()[0] ? "True" : "False";
    case DType::kString:
      return bytes_literal(tensor.read<std::string>()[0]);
  }
  return {};
}

std::string pad_left(std::string text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

using Format = std::function<std::string(std::int64_t)>;

// One format for all floats: positional with aligned points, or scientific (numpy's FloatingFormat).
template <class T>
Format float_format(std::span<const T> values, const std::vector<std::int64_t>& considered) {
  constexpr bool kSingle = std::is_same_v<T, float>;
  T largest = 0, smallest = 0;
  bool any_finite_nonzero = false, any_nonfinite = false, negative_infinity = false;
  for (std::int64_t i : considered) {
    const T v = values[static_cast<std::size_t>(i)];
    if (!std::isfinite(v)) {
      any_nonfinite = true;
      negative_infinity |= std::isinf(v) && v < 0;
    } else if (v != 0) {
      const T size = std::abs(v);
      largest = any_finite_nonzero ? std::max(largest, size) : size;
      smallest = any_finite_nonzero ? std::min(smallest, size) : size;
      any_finite_nonzero = true;
    }
  }
  const bool use_exponent =
      any_finite_nonzero && (static_cast<double>(largest) >= 1e8 || static_cast<double>(smallest) < 1e-4 ||
                             static_cast<double>(largest / smallest) > 1000.0);
  std::size_t left = 0, right = 0, fraction = 0;
  int exponent_width = 2;
  for (std::int64_t i : considered) {
    const auto v = static_cast<double>(values[static_cast<std::size_t>(i)]);
    if (!std::isfinite(v)) continue;
    std::string text;
    if (use_exponent) {
      const Scientific parts = scientific(v, std::min(shortest_fraction_digits(v, kSingle), kPrecision));
      text = parts.mantissa;
      exponent_width = std::max(exponent_width, std::abs(parts.exponent) >= 100 ? 3 : 2);
    } else {
      text = positional(v, kSingle, kPrecision);
    }
    const std::size_t point = text.find('.');
    left = std::max(left, point);
    fraction = std::max(fraction, text.size() - point - 1);
  }
  right = use_exponent ? static_cast<std::size_t>(exponent_width) + 2 + fraction : fraction;
  if (any_nonfinite) {
    const std::size_t longest = negative_infinity ? 4 : 3;
    if (longest > right + 1) left = std::max(left, longest - right - 1);
  }
  return [=](std::int64_t i) {
    const auto v = static_cast<double>(values[static_cast<std::size_t>(i)]);
    if (!std::isfinite(v)) return pad_left(nonfinite(v), left + 1 + right);
    std::string text, tail;
    if (use_exponent) {
      const Scientific parts =
          scientific(v, std::min(shortest_fraction_digits(v, kSingle), static_cast<int>(fraction)));
      text = parts.mantissa;
      tail = exponent_text(parts.exponent, exponent_width);
    } else {
      text = positional(v, kSingle, kPrecision);
    }
    const std::size_t point = text.find('.');
    text.append(fraction - (text.size() - point - 1), use_exponent ? '0' : ' ');
    return std::string(left - std::min(left, point), ' ') + text + tail;
  };
}

template <class T>
Format int_format(std::span<const T> values, const std::vector<std::int64_t>& considered) {
  std::size_t width = 0;
  for (std::int64_t i : considered)
    width = std::max(width, std::to_string(values[static_cast<std::size_t>(i)]).size());
  return [=](std::int64_t i) { return pad_left(std::to_string(values[static_cast<std::size_t>(i)]), width); };
}

Format element_format(const Tensor& tensor, const std::vector<std::int64_t>& considered) {
  switch (tensor.dtype()) {
    case DType::kFloat32:
      return float_format(tensor.read<float>(), considered);
    case DType::kFloat64:
      return float_format(tensor.read<double>(), considered);
    case DType::kInt32:
      return int_format(tensor.read<std::int32_t>(), considered);
    case DType::kInt64:
      return int_format(tensor.read<std::int64_t>(), considered);
    case DType::kBool:
      return [values = tensor.read<bool>()](std::int64_t i) {
        return std::string(values[static_cast<std::size_t>(i)] ? " True" : "False");
      };
    case DType::kString:
      break;
  }
  return [values = tensor.read<std::string>()](std::int64_t i) {
    return bytes_literal(values[static_cast<std::size_t>(i)]);
  };
}

struct Layout {
  const Shape& shape;
  std::int64_t edge;  // Of a longer axis only so many first and last elements appear.
  std::string separator;

  bool cut(int axis) const { return shape.dim(axis) > 2 * edge; }

  // Row-major indices of the elements that appear.
  void shown(int axis, std::int64_t offset, std::vector<std::int64_t>& out) const {
    if (axis == shape.rank()) {
      out.push_back(offset);
      return;
    }
    const std::int64_t n = shape.dim(axis);
    for (std::int64_t i = 0; i < n; ++i)
      if (!cut(axis) || i < edge || i >= n - edge) shown(axis + 1, offset * n + i, out);
  }

  std::string text(const Format& format, int axis, std::int64_t offset, const std::string& indent,
                   std::size_t width) const {
    if (axis == shape.rank()) return format(offset);
    const bool last_axis = axis + 1 == shape.rank();
    const std::int64_t n = shape.dim(axis);
    const std::string bare_separator(separator.substr(0, separator.find_last_not_of(' ') + 1));
    std::string out, line = indent;
    auto add_word = [&](const std::string& word) {
      if (line.size() + word.size() > width - 1 && line.size() > indent.size()) {
        out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
        line = indent;
      }
      line += word;
    };
    for (std::int64_t i = 0; i < n; ++i) {
      const bool skips = cut(axis) && i == edge;
      if (skips) i = n - edge - 1;
      const std::string item =
          skips ? "..." : text(format, axis + 1, offset * n + i, indent + ' ', width - 1);
      const bool last = i + 1 == n;
      if (last_axis) {
        add_word(item);
        if (!last) line += separator;
      } else {
        out += indent + item;
        if (!last)
          out += bare_separator + std::string(static_cast<std::size_t>(shape.rank() - axis - 1), '\n');
      }
    }
    if (last_axis) out += line;
    return "[" + out.substr(indent.size()) + "]";
  }
};

std::string array_text(const Tensor& tensor, const Summary& summary, const std::string& separator,
                       std::size_t prefix, std::size_t suffix) {
  const bool is_summarised = tensor.elements() > summary.threshold;
  const Layout layout{tensor.shape(), is_summarised ? summary.edge_items : tensor.elements(), separator};
  std::vector<std::int64_t> considered;
  layout.shown(0, 0, considered);
  return layout.text(element_format(tensor, considered), 0, 0, std::string(prefix + 1, ' '),
                     kLineWidth - suffix);
}

}  // namespace

std::string str(const Tensor& tensor, const Summary& summary) {
  if (!tensor.defined()) return "None";
  if (tensor.shape().rank() == 0) return scalar(tensor);
  if (tensor.elements() == 0) return "[]";
  return array_text(tensor, summary, " ", 0, 0);
}

std::string repr(const Tensor& tensor) {
  if (!tensor.defined()) return "None";
  if (tensor.shape().rank() == 0) return scalar(tensor);
  const std::string dtype = tensor.dtype() == DType::kString ? "object" : name(tensor.dtype());
  const bool empty = tensor.elements() == 0;
  const bool implied = !empty && (dtype == "float64" || dtype == "int64" || dtype == "bool");
  std::string out = "array(";
  if (empty) {
    out += tensor.shape().rank() == 1 ? "[]" : cat("[], shape=", tensor.shape().python());
  } else {
    out += array_text(tensor, {}, ", ", 6, 1);
  }
  if (implied) return out + ")";
  out += ",";
  const std::string dtype_text = cat("dtype=", dtype, ")");
  const std::size_t last_line = out.size() - (out.rfind('\n') + 1);
  return out + (last_line + dtype_text.size() + 1 > kLineWidth ? "\n      " : " ") + dtype_text;
}

}  // namespace sandflow
