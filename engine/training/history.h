// A record of a run of any length in bounded memory: when it is full, every second entry goes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace sandflow {

template <class T, std::size_t kMost = 4096>
class History {
 public:
  static constexpr std::size_t kLimit = kMost;

  void set_limit(std::size_t limit) { limit_ = limit; }
  // Of entries that are costly to make only every so many is kept from the start; said after the first.
  void set_stride(std::int64_t stride) { stride_ = stride; }

  void add(T entry) {
    add_made([&] { return std::move(entry); });
  }
  // `make` is only asked for an entry that is to be kept.
  template <class Make>
  void add_made(Make make) {
    if (count_++ % stride_ != 0) return;
    T entry = make();
    entries_.push_back(std::move(entry));
    if (entries_.size() < limit_) return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < entries_.size(); i += 2) entries_[kept++] = entries_[i];
    entries_.resize(kept);
    stride_ *= 2;
  }
  // Forgets the entries from the first that `is_over`: a run that goes back takes another way from there.
  template <class Is>
  void cut(Is is_over) {
    entries_.erase(std::find_if(entries_.begin(), entries_.end(), is_over), entries_.end());
    count_ = static_cast<std::int64_t>(entries_.size()) * stride_;
  }
  const std::vector<T>& entries() const { return entries_; }

 private:
  std::vector<T> entries_;
  std::size_t limit_ = kMost;
  std::int64_t count_ = 0, stride_ = 1;
};

}  // namespace sandflow
