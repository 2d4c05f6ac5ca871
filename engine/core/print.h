// Tensors as numpy 1.16 prints them (numpy/core/arrayprint.py with its default options).
#pragma once

#include <string>

#include "engine/core/tensor.h"

namespace sandflow {

inline constexpr std::int64_t kSummaryThreshold = 1000;

// What print(value) shows of a fetched tensor: "16", "2.2", "b'Hello world!'", "[0. 0. 0.]".
// Of more elements than `threshold` the first and last three along each axis stand for all.
std::string str(const Tensor& tensor, std::int64_t threshold = kSummaryThreshold);

// What print([value]) shows of it: scalars as above, arrays as "array([0., 0.], dtype=float32)".
std::string repr(const Tensor& tensor);

}  // namespace sandflow
