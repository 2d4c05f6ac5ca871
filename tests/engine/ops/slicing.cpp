// Guards the operations of engine/ops/slicing.cpp: slicing and joining, as TensorFlow has it.
#include "tests/engine/trial.h"

namespace sandflow::test {

std::vector<Row> slicing_rows() { return {}; }

}  // namespace sandflow::test
