// Tensors as numpy 1.16 prints them (numpy/core/arrayprint.py with its default options).
#pragma once

#include <string>

#include "engine/core/tensor.h"

namespace sandflow {

// numpy.set_printoptions: of more elements than `threshold` the first and last `edge_items` along each axis
// stand for all.
struct Summary {
  std::int64_t threshold = 1000, edge_items = 3;
};

// What print(value) shows of a fetched tensor: "16", "2.2", "b'Hello world!'", "[0. 0. 0.]".
std::string str(const Tensor& tensor, const Summary& summary = {});

// What print([value]) shows of it: scalars as above, arrays as "array([0., 0.], dtype=float32)".
std::string repr(const Tensor& tensor);

}  // namespace sandflow
