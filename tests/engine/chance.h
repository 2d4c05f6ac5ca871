// Guards nothing by itself: random choices that are the same everywhere.
#pragma once

#include <iterator>
#include <random>

namespace sandflow::test {

// The same numbers with every C++ library; and with every compiler, as long as no two are drawn among the
// arguments of one call.
class Chance {
 public:
  explicit Chance(unsigned seed) : engine_(seed) {}
  int below(int n) { return static_cast<int>(engine_() % static_cast<unsigned>(n)); }
  bool in(int n) { return below(n) == 0; }
  template <class Range>
  const auto& of(const Range& range) {
    return *(std::begin(range) + below(static_cast<int>(std::size(range))));
  }

 private:
  std::mt19937 engine_;
};

}  // namespace sandflow::test
