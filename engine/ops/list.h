// The one list of all operations.
#pragma once

#include <vector>

#include "engine/graph/op.h"

namespace sandflow {

const std::vector<const Op*>& all_ops();  // Family by family, in the order a palette shows them.

// The families, a file each; an operation is an entry in its file's table.
std::vector<Op> source_ops();
std::vector<Op> state_ops();
std::vector<Op> arithmetic_ops();
std::vector<Op> logic_ops();
std::vector<Op> math_ops();
std::vector<Op> reduction_ops();
std::vector<Op> linear_ops();
std::vector<Op> convolution_ops();
std::vector<Op> activation_ops();
std::vector<Op> loss_ops();
std::vector<Op> shape_ops();
std::vector<Op> slicing_ops();
std::vector<Op> picking_ops();
std::vector<Op> joining_ops();
std::vector<Op> random_ops();
std::vector<Op> training_ops();

}  // namespace sandflow
