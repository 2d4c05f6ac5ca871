// Reading with yyjson, and elements copied between tensors and payloads.
#include "engine/module/query.h"

#include <yyjson.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/core/text.h"

namespace sandflow {

namespace {

std::string_view text_of(yyjson_val* value) { return {yyjson_get_str(value), yyjson_get_len(value)}; }

std::optional<std::int64_t> integer_of(yyjson_val* value) {
  if (!yyjson_is_int(value)) return std::nullopt;
  if (yyjson_is_uint(value) && yyjson_get_uint(value) > INT64_MAX) return std::nullopt;
  return yyjson_get_sint(value);
}

// A list of `N` integers that are indices of something.
template <std::size_t N>
std::optional<std::array<int, N>> indices(yyjson_val* list) {
  std::array<int, N> out{};
  if (!yyjson_is_arr(list) || yyjson_arr_size(list) != N) return std::nullopt;
  for (std::size_t i = 0; i < N; ++i) {
    const auto index = integer_of(yyjson_arr_get(list, i));
    if (!index || *index < 0 || *index > std::numeric_limits<int>::max()) return std::nullopt;
    out[i] = static_cast<int>(*index);
  }
  return out;
}

}  // namespace

void Query::fail(Error error) {
  if (!error_) error_ = std::move(error);
}

void Query::expected(const char* name, std::string_view what) {
  fail(type_error(cat("'", name, "' must be ", what, ".")));
}

bool Query::has(const char* name) const {
  yyjson_val* member = yyjson_obj_get(object_, name);
  return member && !yyjson_is_null(member);
}

yyjson_val* Query::required(const char* name) {
  if (error_) return nullptr;
  if (!has(name)) fail(type_error(cat("missing a required argument: '", name, "'")));
  return yyjson_obj_get(object_, name);
}

std::string Query::text(const char* name) {
  if (error_ || !has(name)) return {};
  yyjson_val* member = yyjson_obj_get(object_, name);
  if (!yyjson_is_str(member)) expected(name, "a string");
  return yyjson_is_str(member) ? std::string(text_of(member)) : std::string();
}

std::int64_t Query::integer(const char* name) {
  required(name);
  return integer_if_any(name).value_or(0);
}

std::optional<std::int64_t> Query::integer_if_any(const char* name) {
  if (error_ || !has(name)) return std::nullopt;
  const auto number = integer_of(yyjson_obj_get(object_, name));
  if (!number) expected(name, "an integer");
  return number;
}

bool Query::flag(const char* name, bool initial) {
  if (error_ || !has(name)) return initial;
  yyjson_val* member = yyjson_obj_get(object_, name);
  if (!yyjson_is_bool(member)) expected(name, "true or false");
  return yyjson_is_true(member);
}

std::optional<Value> Query::value(const char* name) {
  yyjson_val* member = required(name);
  return error_ ? std::nullopt : read(name, member);
}

std::vector<Value> Query::values(const char* name) {
  std::vector<Value> out;
  if (error_ || !has(name)) return out;
  yyjson_val* list = yyjson_obj_get(object_, name);
  if (!yyjson_is_arr(list)) expected(name, "a list");
  std::size_t i, count;
  yyjson_val* item;
  yyjson_arr_foreach(list, i, count, item) {
    std::optional<Value> value = read(name, item);
    if (!value) return {};
    out.push_back(*std::move(value));
  }
  return out;
}

std::vector<std::pair<Value, Value>> Query::pairs(const char* name) {
  std::vector<std::pair<Value, Value>> out;
  if (error_ || !has(name)) return out;
  yyjson_val* list = yyjson_obj_get(object_, name);
  if (!yyjson_is_arr(list)) expected(name, "a list of pairs");
  std::size_t i, count;
  yyjson_val* item;
  yyjson_arr_foreach(list, i, count, item) {
    if (!yyjson_is_arr(item) || yyjson_arr_size(item) != 2) expected(name, "a list of pairs");
    std::optional<Value> first = read(name, yyjson_arr_get(item, 0));
    std::optional<Value> second = read(name, yyjson_arr_get(item, 1));
    if (!first || !second) return {};
    out.emplace_back(*std::move(first), *std::move(second));
  }
  return out;
}

std::map<std::string, Value> Query::named_values(const char* name) {
  std::map<std::string, Value> out;
  if (error_ || !has(name)) return out;
  yyjson_val* object = yyjson_obj_get(object_, name);
  if (!yyjson_is_obj(object)) expected(name, "an object");
  std::size_t i, count;
  yyjson_val *key, *item;
  yyjson_obj_foreach(object, i, count, key, item) {
    std::optional<Value> value = read(name, item);
    if (!value) return {};
    out.insert_or_assign(std::string(text_of(key)), *std::move(value));
  }
  return out;
}

std::map<std::string, double> Query::numbers(const char* name) {
  std::map<std::string, double> out;
  for (const auto& [key, value] : named_values(name)) {
    const auto* literal = std::get_if<Literal>(&value);
    if (literal && (literal->kind() == Literal::Kind::kInt || literal->kind() == Literal::Kind::kFloat ||
                    literal->kind() == Literal::Kind::kBool))
      out[key] = literal->as_double();
    else
      expected(key.c_str(), "a number");
  }
  return out;
}

std::optional<Value> Query::read(const char* name, yyjson_val* json) {
  if (error_) return std::nullopt;
  yyjson_obj_iter members = yyjson_obj_iter_with(json);
  yyjson_val* key = yyjson_obj_iter_next(&members);
  if (key && yyjson_obj_size(json) == 1) {
    yyjson_val* content = yyjson_obj_iter_get_val(key);
    const std::string_view kind = text_of(key);
    if (const auto at = indices<3>(content); at && kind == "tensor")
      return TensorRef{(*at)[0], (*at)[1], (*at)[2]};
    if (const auto at = indices<2>(content); at && kind == "operation")
      return OperationRef{(*at)[0], (*at)[1]};
    if (const auto at = indices<2>(content); at && kind == "variable") return VariableRef{(*at)[0], (*at)[1]};
    if (kind == "name" && yyjson_is_str(content)) return NameRef{std::string(text_of(content))};
    if (kind == "literal" && yyjson_is_str(content)) {
      Result<Literal> literal = Literal::parse(text_of(content));
      if (literal.ok()) return *std::move(literal);
      fail(literal.error());
      return std::nullopt;
    }
    if (kind == "array") {
      std::optional<Tensor> tensor = array(name, content);
      if (tensor) return *std::move(tensor);
      return std::nullopt;
    }
  }
  expected(name, "a tensor, an operation, a variable, a name, a literal or an array");
  return std::nullopt;
}

std::optional<Tensor> Query::array(const char* name, yyjson_val* json) {
  yyjson_val* type = yyjson_obj_get(json, "dtype");
  yyjson_val* sizes = yyjson_obj_get(json, "shape");
  const auto dtype = yyjson_is_str(type) ? dtype_from_name(text_of(type)) : std::nullopt;
  const auto offset = integer_of(yyjson_obj_get(json, "offset"));
  Shape shape;
  std::size_t i, count;
  yyjson_val* item;
  bool is_sound = dtype && offset && *offset >= 0 && yyjson_is_arr(sizes);
  yyjson_arr_foreach(sizes, i, count, item) {
    const auto size = integer_of(item);
    is_sound = is_sound && size && *size >= 0;
    shape.append(size.value_or(0));
  }
  if (!is_sound) {
    expected(name, "an array with dtype, shape and offset");
    return std::nullopt;
  }
  const auto outside = [&] {
    expected(name, "an array whose elements lie in the payload");
    return std::nullopt;
  };
  const auto start = static_cast<std::uint64_t>(*offset);
  if (start > payload_.size()) return outside();
  std::span<const std::byte> bytes = payload_.subspan(static_cast<std::size_t>(start));
  const bool is_text = *dtype == DType::kString;
  const std::size_t per_element = is_text ? sizeof(std::uint32_t) : size_in_bytes(*dtype);
  if (static_cast<std::uint64_t>(shape.elements()) > bytes.size() / per_element) return outside();
  Result<Tensor> tensor = Tensor::make(*dtype, std::move(shape));
  if (!tensor.ok()) {
    fail(tensor.error());
    return std::nullopt;
  }
  if (is_text) {
    for (std::string& element : tensor->write<std::string>()) {
      std::uint32_t length = 0;
      if (bytes.size() < sizeof length) return outside();
      std::memcpy(&length, bytes.data(), sizeof length);
      bytes = bytes.subspan(sizeof length);
      if (bytes.size() < length) return outside();
      element.assign(reinterpret_cast<const char*>(bytes.data()), length);
      bytes = bytes.subspan(length);
    }
  } else if (*dtype == DType::kBool) {
    for (bool& element : tensor->write<bool>()) {
      element = bytes[0] != std::byte{0};
      bytes = bytes.subspan(1);
    }
  } else {
    with_numeric(*dtype, [&]<class T>() {
      const std::span<T> out = tensor->write<T>();
      if (!out.empty()) std::memcpy(out.data(), bytes.data(), out.size_bytes());
    });
  }
  return *std::move(tensor);
}

Status Answer::array(const Tensor& tensor) {
  if (!tensor.defined()) {
    json.null();
    return {};
  }
  // Where JavaScript can lay an array of any type over it.
  const std::size_t start = (payload.size() + 7) / 8 * 8;
  std::size_t size = static_cast<std::size_t>(tensor.elements()) * size_in_bytes(tensor.dtype());
  if (tensor.dtype() == DType::kString)
    for (const std::string& element : tensor.read<std::string>())
      size += sizeof(std::uint32_t) + element.size();
  const auto most = static_cast<std::size_t>(Tensor::max_bytes);
  if (size > most - std::min(start, most))
    return Error{ErrorKind::kResourceExhausted,
                 cat("OOM when fetching tensor with shape", tensor.shape().runtime(), " and type ",
                     cpp_name(tensor.dtype())),
                 {}};
  payload.resize(start + size);
  std::byte* to = payload.data() + start;
  with_any(tensor.dtype(), [&]<class T>() {
    const std::span<const T> elements = tensor.read<T>();
    if constexpr (std::is_same_v<T, std::string>) {
      for (const std::string& element : elements) {
        const auto length = static_cast<std::uint32_t>(element.size());
        std::memcpy(to, &length, sizeof length);
        std::memcpy(to + sizeof length, element.data(), element.size());
        to += sizeof length + element.size();
      }
    } else if (!elements.empty()) {
      std::memcpy(to, elements.data(), elements.size_bytes());
    }
  });
  json.open().field("dtype", name(tensor.dtype())).key("shape");
  shape(tensor.shape());
  json.field("offset", static_cast<std::int64_t>(start)).close();
  return {};
}

void Answer::shape(const Shape& shape) {
  if (!shape.has_rank()) {
    json.null();
    return;
  }
  json.open('[');
  for (std::int64_t size : shape.dims()) size == Shape::kUnknown ? json.null() : json.value(size);
  json.close(']');
}

void Answer::number(double value) {
  if (std::isfinite(value))
    json.value(value);
  else
    json.value(std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
}

void Answer::error(const Error& error) {
  json.open()
      .field("name", name(error.kind))
      .field("message", error.message)
      .field("node", error.node)
      .close();
}

}  // namespace sandflow
