// Four floats at a time, the same natively (SSE) and in WebAssembly.
#pragma once

#include <xmmintrin.h>

#include <cstdint>
#include <cstring>

namespace sandflow {

// The compiler's own vectors: arithmetic and comparisons work as on single floats, and nothing is fused
// (-ffp-contract=off).
using Four = float __attribute__((vector_size(16)));
using Two = float __attribute__((vector_size(8)));

inline Four load(const float* from) {
  Four out;
  std::memcpy(&out, from, sizeof out);
  return out;
}
inline void store(float* to, Four value) { std::memcpy(to, &value, sizeof value); }
inline Four root(Four x) { return reinterpret_cast<Four>(_mm_sqrt_ps(reinterpret_cast<__m128>(x))); }
inline Four splat(float x) { return Four{x, x, x, x}; }

}  // namespace sandflow
