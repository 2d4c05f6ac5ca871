// Names of error classes, and the end of the road for programming errors.
#include "engine/core/error.h"

#include <cstdio>

namespace sandflow {

const char* name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kTypeError:
      return "TypeError";
    case ErrorKind::kValueError:
      return "ValueError";
    case ErrorKind::kLookupError:
      return "LookupError";
    case ErrorKind::kKeyError:
      return "KeyError";
    case ErrorKind::kRuntimeError:
      return "RuntimeError";
    case ErrorKind::kInvalidArgument:
      return "InvalidArgumentError";
    case ErrorKind::kFailedPrecondition:
      return "FailedPreconditionError";
    case ErrorKind::kNotFound:
      return "NotFoundError";
    case ErrorKind::kOutOfRange:
      return "OutOfRangeError";
    case ErrorKind::kUnimplemented:
      return "UnimplementedError";
    case ErrorKind::kInternal:
      return "InternalError";
    case ErrorKind::kResourceExhausted:
      return "ResourceExhaustedError";
  }
  return "Error";
}

std::string Error::text() const { return std::string(name(kind)) + ": " + message; }

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace sandflow
