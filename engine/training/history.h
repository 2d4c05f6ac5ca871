// A record of a run of any length in bounded memory: when it is full, every second entry goes.
#pragma once

#include <cstdint>
#include <vector>

namespace sandflow {

template <class T>
class History {
 public:
  static constexpr std::size_t kLimit = 4096;

  void add(T entry) {
    if (count_++ % stride_ != 0) return;
    entries_.push_back(std::move(entry));
    if (entries_.size() < kLimit) return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < entries_.size(); i += 2) entries_[kept++] = entries_[i];
    entries_.resize(kept);
    stride_ *= 2;
  }
  const std::vector<T>& entries() const { return entries_; }

 private:
  std::vector<T> entries_;
  std::int64_t count_ = 0, stride_ = 1;
};

}  // namespace sandflow
