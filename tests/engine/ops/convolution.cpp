// Guards the operations of engine/ops/convolution.cpp: convolution and pooling, as TensorFlow has it.
#include "tests/engine/trial.h"

namespace sandflow::test {

std::vector<Row> convolution_rows() { return {}; }

}  // namespace sandflow::test
