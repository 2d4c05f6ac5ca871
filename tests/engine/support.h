// Guards nothing by itself: the few words that many tests say.
#pragma once

#include <doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/builder.h"
#include "engine/session/session.h"

namespace sandflow::test {

// A file below tests/ (or "../web/..."), whole.
std::string read_file(std::string_view path);

template <class T>
std::string error_text(const Result<T>& result) {
  return result.ok() ? "no error" : result.error().text();
}

// The value; a failed test, or their end, if there is none.
template <class T>
T must(Result<T> result) {
  if (result.ok()) return *std::move(result);
  FAIL_CHECK(result.error().text());
  if constexpr (std::is_default_constructible_v<T>)
    return T();
  else
    check_failed(result.error().message.c_str(), __FILE__, __LINE__);
}
inline void must(const Status& status) { CHECK_MESSAGE(status.ok(), error_text(status)); }

// One tensor by a run of its own.
Tensor value_of(Session& session, Output output, const std::vector<Feed>& feeds = {});
// The same in a session that lives for this run only.
Tensor value_of(const Graph& graph, Output output, const std::vector<Feed>& feeds = {});
// What that run says when it goes wrong.
std::string run_error(const Graph& graph, Output output, const std::vector<Feed>& feeds = {});

std::vector<double> numbers(const Tensor& tensor);
// Whether the numbers agree: |actual - expected| <= relative * |expected| + absolute; nan equals nan.
void check_near(const Tensor& actual, const std::vector<double>& expected, double relative,
                double absolute = 0);
bool is_near(double actual, double expected, double relative, double absolute = 0);

// "[2,?]" or "?" (unknown rank), as TensorFlow's runtime writes shapes.
Shape shape_from(std::string_view text);

// Of the sanitizers' build, which is many times slower: there less is tried, as the same tests run as
// WebAssembly.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDFLOW_IS_SANITIZED 1
#endif
#endif
#ifdef SANDFLOW_IS_SANITIZED
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif
// Where a long run takes minutes: under sanitizers, and in Node, which compiles such a large module in haste.
#ifdef __EMSCRIPTEN__
inline constexpr bool kIsSlow = true;
#else
inline constexpr bool kIsSlow = kIsSanitized;
#endif

// All that the program has ever taken from the heap: what work costs, on every machine alike.
struct Allocations {
  std::int64_t count = 0, bytes = 0;
};
Allocations allocations();

// What the program has taken from the heap and not given back.
std::int64_t live_bytes();

}  // namespace sandflow::test
