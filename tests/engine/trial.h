// Guards nothing by itself: what the operations of one family are tried on, and one operation tried alone.
#pragma once

#include <vector>

#include "engine/core/tensor.h"
#include "engine/graph/op.h"
#include "tests/engine/golden.h"
#include "tests/engine/support.h"

namespace sandflow::test {

// Numbers of either sign, away from 0 and from each other, where relu and maximum have kinks.
Tensor some(const Shape& shape, int salt = 0);
Tensor positive(const Shape& shape, int salt = 0);
// Rows that sum to 1.
Tensor distribution(const Shape& shape);
inline Tensor ints(const std::vector<std::int32_t>& values) { return Tensor::vector(values); }

struct Row {
  const char* op;              // An operation's type, or a function's name.
  std::vector<Tensor> inputs;  // Floats vary and are differentiated; all others are constants of the graph.
  Attrs attrs;
  int output = 0;
  // TensorFlow stops the gradient although the value depends on the input.
  bool is_cut = false;
  // The shape depends on the values of the inputs and is known after a run only.
  bool has_open_shape = false;
  // Its gradient refuses to be differentiated, in TensorFlow too.
  bool is_once = false;
  // The mean is held still inside: the first derivative is right all the same, the second is not, in
  // TensorFlow too.
  bool stops_inside = false;
};

// tests/engine/ops/, a file a family.
std::vector<Row> source_rows();
std::vector<Row> arithmetic_rows();
std::vector<Row> logic_rows();
std::vector<Row> math_rows();
std::vector<Row> reduction_rows();
std::vector<Row> linear_rows();
std::vector<Row> convolution_rows();
std::vector<Row> activation_rows();
std::vector<Row> loss_rows();
std::vector<Row> shape_rows();
std::vector<Row> slicing_rows();
std::vector<Row> picking_rows();
std::vector<Row> joining_rows();
std::vector<Row> random_rows();
std::vector<Row> function_rows();

// A row for each of these operations, with these inputs.
void add_rows(std::vector<Row>& rows, std::initializer_list<const char*> ops,
              const std::vector<Tensor>& inputs);
// Rows for operations on two tensors, broadcast in every way.
void add_broadcast_rows(std::vector<Row>& rows, std::initializer_list<const char*> ops);

// An operation or a call of a function, named "op"; one of its outputs. Errors stick in the builder.
Output added(Builder& b, const char* op, const std::vector<Output>& inputs, const Attrs& attrs, int output);
// One operation on constants.
Tensor computed(const char* op, const std::vector<Tensor>& inputs, const Attrs& attrs = {}, int output = 0);
// What that run says when it goes wrong; or adding the operation.
std::string computing_error(const char* op, const std::vector<Tensor>& inputs, const Attrs& attrs = {});
// The gradient of the sum of op(inputs) * grad_ys with respect to each input, as tf.gradients(...,
// grad_ys=...).
std::vector<Tensor> differentiated(const char* op, const std::vector<Tensor>& inputs, const Tensor& grad_ys,
                                   const Attrs& attrs = {}, int output = 0);
Tensor ones_like(const Tensor& tensor);

inline const auto kBothFloats = {DType::kFloat32, DType::kFloat64};

}  // namespace sandflow::test
