// Guards nothing by itself: see support.h.
#include "tests/engine/support.h"

#include <malloc.h>
#ifdef SANDFLOW_IS_SANITIZED
#include <sanitizer/allocator_interface.h>
#endif

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <new>

#include "engine/core/text.h"

// Every allocation of this whole program of tests is counted.
static sandflow::test::Allocations taken;

void* operator new(std::size_t size) {
  ++taken.count;
  taken.bytes += static_cast<std::int64_t>(size);
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++taken.count;
  taken.bytes += static_cast<std::int64_t>(size);
  return std::malloc(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  ++taken.count;
  taken.bytes += static_cast<std::int64_t>(size);
  const auto line = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(line, (size + line - 1) / line * line)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace sandflow::test {

Allocations allocations() { return taken; }

std::string read_file(std::string_view path) {
  std::ifstream stream(cat(SANDFLOW_TEST_DATA, "/", path), std::ios::binary);
  if (!stream) check_failed("the file can be read", std::string(path).c_str(), 0);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

Tensor value_of(Session& session, Output output, const std::vector<Feed>& feeds) {
  const std::vector<Tensor> values = must(session.run({output}, feeds));
  return values.empty() ? Tensor() : values[0];
}

Tensor value_of(const Graph& graph, Output output, const std::vector<Feed>& feeds) {
  Session session(graph);
  return value_of(session, output, feeds);
}

std::string run_error(const Graph& graph, Output output, const std::vector<Feed>& feeds) {
  Session session(graph);
  return error_text(session.run({output}, feeds));
}

std::vector<double> numbers(const Tensor& tensor) {
  std::vector<double> out;
  for (std::int64_t i = 0; i < tensor.elements(); ++i) out.push_back(tensor.number(i));
  return out;
}

bool is_near(double actual, double expected, double relative, double absolute) {
  if (std::isnan(expected)) return std::isnan(actual);
  if (std::isinf(expected)) return actual == expected;
  return std::abs(actual - expected) <= relative * std::abs(expected) + absolute;
}

void check_near(const Tensor& actual, const std::vector<double>& expected, double relative, double absolute) {
  REQUIRE(actual.defined());
  REQUIRE(static_cast<std::size_t>(actual.elements()) == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double number = actual.number(static_cast<std::int64_t>(i));
    CHECK_MESSAGE(is_near(number, expected[i], relative, absolute), "element ", i, ": ", shortest(number),
                  " where ", shortest(expected[i]), " is expected");
  }
}

Shape shape_from(std::string_view text) {
  if (text == "?") return Shape::unknown_rank();
  Shape shape;
  text = text.substr(1, text.size() - 2);
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const auto dim = parse_int(text.substr(0, comma));
    shape.append(dim ? *dim : Shape::kUnknown);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return shape;
}

std::int64_t live_bytes() {
#ifdef SANDFLOW_IS_SANITIZED
  return static_cast<std::int64_t>(__sanitizer_get_current_allocated_bytes());
#elif defined(__GLIBC__)
  return static_cast<std::int64_t>(mallinfo2().uordblks);
#else
  return static_cast<std::int64_t>(mallinfo().uordblks);
#endif
}

}  // namespace sandflow::test
