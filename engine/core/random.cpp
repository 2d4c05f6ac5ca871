// Philox rounds, and the distributions drawn from its words in TensorFlow's order.
#include "engine/core/random.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/core/math.h"

namespace sandflow {

Philox::Philox(std::uint64_t seed, std::uint64_t seed2)
    : counter_{0, 0, static_cast<std::uint32_t>(seed2), static_cast<std::uint32_t>(seed2 >> 32)},
      key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)} {}

Philox::Block Philox::operator()() {
  Block c = counter_;
  std::array<std::uint32_t, 2> k = key_;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53} * c[0];
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<std::uint32_t>(p1),
         static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<std::uint32_t>(p0)};
    k[0] += 0x9E3779B9;
    k[1] += 0xBB67AE85;
  }
  skip(1);
  return c;
}

void Philox::skip(std::uint64_t blocks) {
  const std::uint64_t low = (std::uint64_t{counter_[1]} << 32 | counter_[0]) + blocks;
  if (low < blocks && ++counter_[2] == 0) ++counter_[3];
  counter_[0] = static_cast<std::uint32_t>(low);
  counter_[1] = static_cast<std::uint32_t>(low >> 32);
}

namespace {

// The builtin behind std::bit_cast, which the C++ library of Emscripten 3.1.6 does not have yet.
float uniform_float(std::uint32_t x) {
  return __builtin_bit_cast(float, 0x3F800000u | (x & 0x7FFFFFu)) - 1.0f;
}

double uniform_double(std::uint32_t x0, std::uint32_t x1) {
  const std::uint64_t mantissa = std::uint64_t{x0 & 0xFFFFFu} << 32 | x1;
  return __builtin_bit_cast(double, std::uint64_t{1023} << 52 | mantissa) - 1.0;
}

// TensorFlow calls the C library's logf, sinf, cosf here; computing in double and rounding once gives what a
// correctly rounded library would, on every machine.
std::array<float, 2> box_muller(std::uint32_t x0, std::uint32_t x1) {
  const float u1 = std::max(uniform_float(x0), 1.0e-7f);
  const auto angle = static_cast<float>(2.0 * std::numbers::pi * static_cast<double>(uniform_float(x1)));
  const auto log_u1 = static_cast<float>(math::log(static_cast<double>(u1)));
  const float radius = std::sqrt(-2.0f * log_u1);
  return {static_cast<float>(math::sin(static_cast<double>(angle))) * radius,
          static_cast<float>(math::cos(static_cast<double>(angle))) * radius};
}

std::array<double, 2> box_muller(std::uint32_t x0, std::uint32_t x1, std::uint32_t x2, std::uint32_t x3) {
  const double u1 = std::max(uniform_double(x0, x1), 1.0e-7);
  const double angle = 2.0 * std::numbers::pi * uniform_double(x2, x3);
  const double radius = std::sqrt(-2.0 * math::log(u1));
  return {math::sin(angle) * radius, math::cos(angle) * radius};
}

// Hands out `kPerBlock` numbers of each block until `out` is full.
template <std::size_t kPerBlock, class T, class Draw>
void fill(Philox generator, std::span<T> out, Draw draw) {
  for (std::size_t i = 0; i < out.size(); i += kPerBlock) {
    const std::array<T, kPerBlock> drawn = draw(generator());
    std::copy_n(drawn.begin(), std::min(kPerBlock, out.size() - i),
                out.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

// Every group of outputs has a generator of its own, 256 blocks after the last, so that redrawing one value
// does not move the others (random_op_cpu.h). `draw(next_word)` gives two normals.
template <std::size_t kGroup, class T, class Draw>
void fill_truncated(const Philox& base, std::span<T> out, Draw draw) {
  for (std::size_t group = 0; group * kGroup < out.size(); ++group) {
    Philox generator = base;
    generator.skip(256 * group);
    Philox::Block block{};
    std::size_t used = block.size();
    auto next_word = [&] {
      if (used == block.size()) {
        block = generator();
        used = 0;
      }
      return block[used++];
    };
    std::size_t kept = 0;
    while (kept < kGroup) {
      for (T z : draw(next_word)) {
        if (!(std::abs(z) < T(2)) || kept == kGroup) continue;
        const std::size_t i = group * kGroup + kept++;
        if (i < out.size()) out[i] = z;
      }
    }
  }
}

}  // namespace

void fill_uniform(Philox generator, std::span<float> out) {
  fill<4>(generator, out, [](const Philox::Block& x) {
    return std::array{uniform_float(x[0]), uniform_float(x[1]), uniform_float(x[2]), uniform_float(x[3])};
  });
}

void fill_uniform(Philox generator, std::span<double> out) {
  fill<2>(generator, out, [](const Philox::Block& x) {
    return std::array{uniform_double(x[0], x[1]), uniform_double(x[2], x[3])};
  });
}

void fill_uniform_int(Philox generator, std::span<std::int32_t> out, std::int32_t low, std::int32_t high) {
  // Unsigned, where what is too large wraps around.
  const std::uint32_t first = static_cast<std::uint32_t>(low),
                      range = static_cast<std::uint32_t>(high) - first;
  const auto draw = [&](std::uint32_t x) { return static_cast<std::int32_t>(first + x % range); };
  fill<4>(generator, out, [&](const Philox::Block& x) {
    return std::array{draw(x[0]), draw(x[1]), draw(x[2]), draw(x[3])};
  });
}

void fill_uniform_int(Philox generator, std::span<std::int64_t> out, std::int64_t low, std::int64_t high) {
  const std::uint64_t first = static_cast<std::uint64_t>(low),
                      range = static_cast<std::uint64_t>(high) - first;
  const auto draw = [&](std::uint32_t x0, std::uint32_t x1) {
    return static_cast<std::int64_t>(first + (std::uint64_t{x1} << 32 | x0) % range);
  };
  fill<2>(generator, out, [&](const Philox::Block& x) {
    return std::array{draw(x[0], x[1]), draw(x[2], x[3])};
  });
}

void fill_normal(Philox generator, std::span<float> out) {
  fill<4>(generator, out, [](const Philox::Block& x) {
    const auto a = box_muller(x[0], x[1]), b = box_muller(x[2], x[3]);
    return std::array{a[0], a[1], b[0], b[1]};
  });
}

void fill_normal(Philox generator, std::span<double> out) {
  fill<2>(generator, out, [](const Philox::Block& x) { return box_muller(x[0], x[1], x[2], x[3]); });
}

void fill_truncated_normal(Philox generator, std::span<float> out) {
  fill_truncated<4>(generator, out, [](auto& next_word) {
    const std::uint32_t x0 = next_word(), x1 = next_word();
    return box_muller(x0, x1);
  });
}

void fill_truncated_normal(Philox generator, std::span<double> out) {
  fill_truncated<2>(generator, out, [](auto& next_word) {
    const std::uint32_t x0 = next_word(), x1 = next_word(), x2 = next_word(), x3 = next_word();
    return box_muller(x0, x1, x2, x3);
  });
}

}  // namespace sandflow
