// Mini-batches: every epoch goes through all training examples once, in an order of its own; the last batch
// of an epoch may be short.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "engine/training/shuffle.h"

namespace sandflow {

class Batches {
 public:
  Batches(std::int64_t examples, std::uint64_t seed) : examples_(examples), seed_(seed) { begin_epoch(0); }

  // The indices of the next batch of at most `size` examples, without going on to it.
  std::span<const std::int32_t> peek(std::int64_t size) const {
    const std::int64_t count = std::min(std::max<std::int64_t>(size, 1), examples_ - used_);
    return std::span(order_).subspan(static_cast<std::size_t>(used_), static_cast<std::size_t>(count));
  }
  // Counts `count` examples as used; true when that completed an epoch.
  bool advance(std::int64_t count) {
    used_ += count;
    if (used_ < examples_) return false;
    begin_epoch(epoch_ + 1);
    return true;
  }
  // Where it is, and back to there.
  std::int64_t epoch() const { return epoch_; }
  std::int64_t used() const { return used_; }
  void go_to(std::int64_t epoch, std::int64_t used) {
    begin_epoch(epoch);
    used_ = used;
  }
  std::int64_t left_in_epoch() const { return examples_ - used_; }

 private:
  void begin_epoch(std::int64_t epoch) {
    epoch_ = epoch;
    used_ = 0;
    order_ = shuffled(static_cast<std::size_t>(examples_), seed_, static_cast<std::uint64_t>(epoch));
  }

  std::int64_t examples_, used_ = 0, epoch_ = 0;
  std::uint64_t seed_;
  std::vector<std::int32_t> order_;
};

// Rows of `table` (row-major, as wide as those of `out`) one below the other. Short ones are copied as the
// single words they are: a call for each would take longer than the step of a small net.
inline void gather(std::span<const float> table, std::span<const std::int32_t> rows, std::span<float> out) {
  if (rows.empty()) return;
  const std::size_t width = out.size() / rows.size();
  float* to = out.data();
  const auto copy = [&](auto bytes) {
    for (const std::int32_t row : rows) {
      std::memcpy(to, table.data() + static_cast<std::size_t>(row) * width, bytes);
      to += width;
    }
  };
  if (width == 1)
    copy(std::integral_constant<std::size_t, 4>());
  else if (width == 2)
    copy(std::integral_constant<std::size_t, 8>());
  else if (width == 4)
    copy(std::integral_constant<std::size_t, 16>());
  else
    copy(width * sizeof(float));
}

}  // namespace sandflow
