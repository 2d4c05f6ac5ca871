// A request's members, checked as they are read, and the values that stand in them wherever TensorFlow's
// Python takes a tensor, a list, an array, an operation or a name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/core/json.h"
#include "engine/core/tensor.h"
#include "engine/tf/literal.h"

struct yyjson_val;

namespace sandflow {

// {"tensor": [graph, node, output]}
struct TensorRef {
  int graph = 0, node = 0, output = 0;
};
// {"operation": [graph, node]}
struct OperationRef {
  int graph = 0, node = 0;
};
// {"variable": [graph, node]}, the node of its VariableV2.
struct VariableRef {
  int graph = 0, node = 0;
};
// {"name": "add:0"}
struct NameRef {
  std::string name;
};
// The last two are {"literal": "[1, 2]"}, Python's text, and {"array": {"dtype", "shape", "offset"}},
// elements in the payload from that byte on: as they lie in memory, strings as four bytes of length and then
// theirs.
using Value = std::variant<TensorRef, OperationRef, VariableRef, NameRef, Literal, Tensor>;

inline bool is_constant(const Value& value) {
  return std::holds_alternative<Literal>(value) || std::holds_alternative<Tensor>(value);
}

// The first mistake sticks; what is read after it is empty.
class Query {
 public:
  Query(yyjson_val* object, std::span<const std::byte> payload) : object_(object), payload_(payload) {}

  Status status() const { return error_ ? Status(*error_) : Status(); }
  void fail(Error error);

  // Members of the request that are absent or null count as not given.
  bool has(const char* name) const;
  std::string text(const char* name);
  std::int64_t integer(const char* name);
  std::optional<std::int64_t> integer_if_any(const char* name);
  bool flag(const char* name, bool initial);
  std::optional<Value> value(const char* name);  // Empty after a mistake only.
  std::vector<Value> values(const char* name);
  std::vector<std::pair<Value, Value>> pairs(const char* name);
  std::map<std::string, Value> named_values(const char* name);
  std::map<std::string, double> numbers(const char* name);

 private:
  yyjson_val* required(const char* name);
  void expected(const char* name, std::string_view what);
  std::optional<Value> read(const char* name, yyjson_val* json);
  std::optional<Tensor> array(const char* name, yyjson_val* json);

  yyjson_val* object_;
  std::span<const std::byte> payload_;
  std::optional<Error> error_;
};

// An answer while it is written.
class Answer {
 public:
  JsonWriter json;
  std::vector<std::byte> payload;

  // Writes {"dtype", "shape", "offset"} and appends the elements; null for no tensor. Errors:
  // ResourceExhaustedError.
  Status array(const Tensor& tensor);
  void shape(const Shape& shape);  // null for an unknown rank, nulls for unknown sizes.
  void number(double value);       // A text where JSON has no number: "NaN", "Infinity".
  void error(const Error& error);
};

}  // namespace sandflow
