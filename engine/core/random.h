// TensorFlow's random numbers: Philox4x32-10 and its distributions, number for number.
// Sources: core/lib/random/philox_random.h, random_distributions.h, core/kernels/random_op.cc of
// TensorFlow 1.15.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace sandflow {

// A counter-based generator: each call gives four 32-bit words and raises the 128-bit counter by one.
class Philox {
 public:
  using Block = std::array<std::uint32_t, 4>;

  Philox() = default;
  // As TensorFlow's PhiloxRandom(seed, seed2): the first seed is the key, the second the counter's upper
  // half.
  Philox(std::uint64_t seed, std::uint64_t seed2);
  Philox(Block counter, std::array<std::uint32_t, 2> key) : counter_(counter), key_(key) {}

  Block operator()();
  void skip(std::uint64_t blocks);

 private:
  Block counter_{};
  std::array<std::uint32_t, 2> key_{};
};

// The two numbers that seed an operation (python/framework/random_seed.py, get_seed).
struct SeedPair {
  std::int64_t seed = 0;
  std::int64_t seed2 = 0;
};

// Fill `out` from the generator as it stands, without moving it: like a kernel of TensorFlow, the caller
// skips `blocks_per_run(n)` afterwards.
void fill_uniform(Philox generator, std::span<float> out);   // U[0, 1), 23 bits.
void fill_uniform(Philox generator, std::span<double> out);  // U[0, 1), 52 bits.
void fill_normal(Philox generator, std::span<float> out);    // N(0, 1), Box-Muller.
void fill_normal(Philox generator, std::span<double> out);
void fill_truncated_normal(Philox generator, std::span<float> out);  // N(0, 1) redrawn until |z| < 2.
void fill_truncated_normal(Philox generator, std::span<double> out);
// U[low, high) as low + x mod (high - low), of one word for 32 bits and of two for 64; low < high.
void fill_uniform_int(Philox generator, std::span<std::int32_t> out, std::int32_t low, std::int32_t high);
void fill_uniform_int(Philox generator, std::span<std::int64_t> out, std::int64_t low, std::int64_t high);

inline std::uint64_t blocks_per_run(std::int64_t outputs) {
  return 256 * static_cast<std::uint64_t>(outputs);
}

}  // namespace sandflow
