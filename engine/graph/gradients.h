// tf.gradients: derivatives as more graph. Source of names and rules: python/ops/gradients_util.py and the
// gradient functions of python/ops/*_grad.py in TensorFlow 1.15.
#pragma once

#include <optional>
#include <vector>

#include "engine/graph/builder.h"

namespace sandflow {

// What an operation's gradient function sees: its node, the gradients of its outputs, and where to add
// operations.
class GradientContext {
 public:
  GradientContext(Builder& builder, const Node& differentiated, const std::vector<Output>& grads)
      : b(builder), node(differentiated), grads_(grads) {}

  Builder& b;
  const Node& node;

  Output input(int i) const { return node.inputs[static_cast<std::size_t>(i)]; }
  Output output(int i = 0) const { return {node.id, i}; }
  Output grad(int i = 0) const { return grads_[static_cast<std::size_t>(i)]; }

 private:
  const std::vector<Output>& grads_;
};

// The derivative of the sum of `ys` with respect to each of `xs`; an invalid Output where there is none
// ("None"). Errors: LookupError for an operation in between that has no gradient; whatever adding operations
// gives.
Result<std::vector<Output>> gradients(Builder& builder, const std::vector<Output>& ys,
                                      const std::vector<Output>& xs, std::string_view name = "gradients");

// For gradient functions of operations that broadcast: sums `grad`, which has the shape of x op y, down to
// the shapes of the two inputs. The one place where this happens.
std::vector<Output> reduce_to_inputs(GradientContext& c, Output grad_x, Output grad_y);

}  // namespace sandflow
