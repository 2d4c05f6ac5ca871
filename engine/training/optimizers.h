// tf.train's optimizers: what minimize() adds to a graph.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/builder.h"
#include "engine/tf/tf.h"
#include "engine/training/parameter.h"

namespace sandflow {

// The hyper-parameters' tensors in the graph by name: feeding one changes it for a run without changing the
// graph.
using HyperTensors = std::map<std::string, Output>;

struct OptimizerType {
  const char* name;  // "Momentum"; tf.train.MomentumOptimizer.
  const char* formula;
  const char* help;
  std::vector<Parameter> parameters;
  std::vector<const char*> slots;  // Variables kept beside each trained one, by the suffix of their name.
  // Adds the update of one variable; gives the node that does it.
  Output (*apply)(Builder&, const tf::Variable&, const std::vector<tf::Variable>& slots, Output gradient,
                  const HyperTensors&);
};

const std::vector<OptimizerType>& optimizer_types();
const OptimizerType* find_optimizer_type(std::string_view name);

struct Minimized {
  int train_op = -1;
  HyperTensors hyper;
  std::vector<tf::Variable> slots;  // All of them; to be initialised like any variable.
};

// Optimizer.minimize: updates every variable that has a gradient (`gradients` as `variables`, invalid for
// none). Errors: ValueError "No variables to optimize.", "No gradients provided for any variable, ...".
Result<Minimized> minimize(Builder&, const OptimizerType&, const Parameters&, Output loss,
                           const std::vector<tf::Variable>& variables, const std::vector<Output>& gradients);

}  // namespace sandflow
