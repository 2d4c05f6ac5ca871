// Convolution and pooling of images.
#include "engine/ops/elementwise.h"
#include "engine/ops/list.h"

namespace sandflow {

std::vector<Op> convolution_ops() { return {}; }

}  // namespace sandflow
