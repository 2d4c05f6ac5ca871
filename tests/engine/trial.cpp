// Guards nothing by itself: see trial.h.
#include "tests/engine/trial.h"

#include <algorithm>
#include <cmath>

#include "engine/graph/gradients.h"
#include "engine/tf/functions.h"
#include "engine/tf/tf.h"

namespace sandflow::test {

Tensor some(const Shape& shape, int salt) {
  Tensor out(DType::kFloat64, shape);
  int i = 0;
  for (double& x : out.write<double>()) {
    x = 0.3 + 1.2 * std::fmod(0.618034 * ++i + 0.37 * salt, 1.0);
    if ((i + salt) % 3 == 0) x = -x;
  }
  return out;
}

Tensor positive(const Shape& shape, int salt) {
  Tensor out = some(shape, salt);
  for (double& x : out.write<double>()) x = std::abs(x);
  return out;
}

Tensor distribution(const Shape& shape) {
  Tensor out = positive(shape, 5);
  const auto columns = static_cast<std::size_t>(shape.dim(1));
  const auto x = out.write<double>();
  for (std::size_t i = 0; i < x.size(); i += columns) {
    double sum = 0;
    for (std::size_t j = 0; j < columns; ++j) sum += x[i + j];
    for (std::size_t j = 0; j < columns; ++j) x[i + j] /= sum;
  }
  return out;
}

void add_rows(std::vector<Row>& rows, std::initializer_list<const char*> ops,
              const std::vector<Tensor>& inputs) {
  for (const char* op : ops) rows.push_back({op, inputs});
}

void add_broadcast_rows(std::vector<Row>& rows, std::initializer_list<const char*> ops) {
  add_rows(rows, ops, {some({2, 3}), some({2, 3}, 1)});
  add_rows(rows, ops, {some({2, 3}), some({3}, 1)});
  add_rows(rows, ops, {some({2, 1}), some({1, 3}, 1)});
  add_rows(rows, ops, {some({}), some({2, 3}, 1)});
  add_rows(rows, ops, {some({4, 1, 3}), some({2, 1}, 1)});
}

Output added(Builder& b, const char* op, const std::vector<Output>& inputs, const Attrs& attrs, int output) {
  const tf::Function* function = tf::find_function(op);
  if (!function) {
    const Output first = b.op(op, inputs, attrs, "op");
    return {first.node, output};
  }
  const Result<std::vector<Output>> outputs = tf::call(b, *function, inputs, attrs, "op");
  return outputs.ok() ? (*outputs)[static_cast<std::size_t>(output)] : b.fail(outputs.error());
}

Tensor computed(const char* op, const std::vector<Tensor>& inputs, const Attrs& attrs, int output) {
  Graph graph;
  Builder b(graph);
  std::vector<Output> constants;
  for (const Tensor& input : inputs) constants.push_back(tf::constant(b, input));
  const Output result = added(b, op, constants, attrs, output);
  must(b.status());
  return value_of(graph, result);
}

std::string computing_error(const char* op, const std::vector<Tensor>& inputs, const Attrs& attrs) {
  Graph graph;
  Builder b(graph);
  std::vector<Output> constants;
  for (const Tensor& input : inputs) constants.push_back(tf::constant(b, input));
  const Output result = added(b, op, constants, attrs, 0);
  return b.ok() ? run_error(graph, result) : b.status().error().text();
}

std::vector<Tensor> differentiated(const char* op, const std::vector<Tensor>& inputs, const Tensor& grad_ys,
                                   const Attrs& attrs, int output) {
  Graph graph;
  Builder b(graph);
  std::vector<Output> constants;
  for (const Tensor& input : inputs) constants.push_back(tf::constant(b, input));
  const Output result = added(b, op, constants, attrs, output);
  const Output weighted = tf::multiply(b, result, tf::constant(b, grad_ys));
  std::vector<Tensor> values;
  for (Output gradient : must(gradients(b, {weighted}, constants)))
    values.push_back(gradient.valid() ? value_of(graph, gradient) : Tensor());
  return values;
}

Tensor ones_like(const Tensor& tensor) {
  Tensor out(tensor.dtype(), tensor.shape());
  with_floating(out.dtype(),
                [&]<class T>() { std::fill(out.write<T>().begin(), out.write<T>().end(), T(1)); });
  return out;
}

}  // namespace sandflow::test
