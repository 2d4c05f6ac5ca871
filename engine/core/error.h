// What a learner can do wrong, as values: an Error carries TensorFlow's error class and wording.
// Mistakes of the programmer abort through SANDFLOW_CHECK; nothing in the engine throws.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace sandflow {

enum class ErrorKind {
  // Raised by TensorFlow's Python side, while a graph is built or a run is prepared.
  kTypeError,
  kValueError,
  kLookupError,
  kKeyError,
  kRuntimeError,
  // Raised by its runtime (subclasses of tf.errors.OpError).
  kInvalidArgument,
  kFailedPrecondition,
  kNotFound,
  kOutOfRange,
  kUnimplemented,
  kInternal,
  kResourceExhausted,
};

// The Python class name: "ValueError", "InvalidArgumentError", ...
const char* name(ErrorKind kind);

struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string message;
  std::string node;  // The graph node at fault, empty when there is none.

  // "InvalidArgumentError: message"
  std::string text() const;
};

// A value or the error that kept it from being made.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(Error error) : state_(std::move(error)) {}

  bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }
  T& operator*() & { return std::get<T>(state_); }
  const T& operator*() const& { return std::get<T>(state_); }
  T&& operator*() && { return std::get<T>(std::move(state_)); }
  T* operator->() { return &std::get<T>(state_); }
  const T* operator->() const { return &std::get<T>(state_); }
  const Error& error() const { return std::get<Error>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

inline Error type_error(std::string message) { return {ErrorKind::kTypeError, std::move(message), {}}; }
inline Error value_error(std::string message) { return {ErrorKind::kValueError, std::move(message), {}}; }
inline Error invalid_argument(std::string message) {
  return {ErrorKind::kInvalidArgument, std::move(message), {}};
}

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace sandflow

// For what only a bug in the engine can break.
#define SANDFLOW_CHECK(condition) \
  ((condition) ? void() : ::sandflow::check_failed(#condition, __FILE__, __LINE__))

// Leaves the function with the error of a Status or Result that failed.
#define SANDFLOW_TRY(expression)                                                                    \
  do {                                                                                              \
    if (auto sandflow_status = (expression); !sandflow_status.ok()) return sandflow_status.error(); \
  } while (false)
