// Tensors cut, joined, repeated and rearranged.
#include "engine/ops/elementwise.h"
#include "engine/ops/list.h"

namespace sandflow {

std::vector<Op> slicing_ops() { return {}; }

}  // namespace sandflow
