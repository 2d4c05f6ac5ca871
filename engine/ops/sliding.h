// How the window of a convolution or a pool moves, as its node says it.
#pragma once

#include <optional>

#include "engine/core/convolution.h"
#include "engine/graph/graph.h"

namespace sandflow {

// For images of shape `input` (batch, rows, columns, depth) and a filter's shape, which is null for a pool.
// Nothing where the node asks for what the fast kernels have not (dilation), or for what its own kernel
// refuses.
std::optional<Sliding> sliding_of(const Node& node, const Shape& input, const Shape* filter);

}  // namespace sandflow
