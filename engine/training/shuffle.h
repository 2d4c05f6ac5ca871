// An order of examples, decided by a seed: the same on every machine.
#pragma once

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "engine/core/random.h"

namespace sandflow {

// 0 .. n-1 shuffled (Fisher-Yates); another `round`, such as an epoch, gives another order.
inline std::vector<std::int32_t> shuffled(std::size_t n, std::uint64_t seed, std::uint64_t round) {
  std::vector<std::int32_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  Philox generator(seed, 0x73687566 /* "shuf" */ ^ round << 32);
  for (std::size_t i = n; i > 1; --i) {
    const Philox::Block block = generator();
    const std::uint64_t word = std::uint64_t{block[1]} << 32 | block[0];
    std::swap(order[i - 1], order[word % i]);
  }
  return order;
}

}  // namespace sandflow
