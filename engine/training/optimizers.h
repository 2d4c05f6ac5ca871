// tf.train's optimizers, and those of other libraries that a learner may compare them with: what minimize()
// adds to a graph.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/builder.h"
#include "engine/tf/operators.h"
#include "engine/training/parameter.h"
#include "engine/training/rule.h"

namespace sandflow {

// The hyper-parameters' tensors in the graph by name: feeding one changes it for a run without changing the
// graph.
using HyperTensors = std::map<std::string, Output>;

// Hyper-parameters, and variables that an optimizer shares between all it trains, with one dtype.
struct Numbers {
  Builder& b;
  const HyperTensors& tensors;
  DType dtype;

  tf::Term operator[](const char* name) const;
};

// What an optimizer sees when it updates one variable.
struct Update {
  Builder& b;
  const tf::Variable& variable;
  const std::vector<tf::Variable>& slots;
  tf::Term gradient;
  Numbers numbers;
  Output global_step;  // As the step that is being made counts it: from 1. May be invalid.
  const Parameters& parameters;

  tf::Term operator[](const char* name) const { return numbers[name]; }
  tf::Term value() const { return {&b, variable.value}; }
  tf::Term slot(std::size_t i) const { return {&b, slots[i].value}; }
  // Stores a new value in slot `i` and gives it.
  tf::Term assign_slot(std::size_t i, tf::Term x) const { return {&b, b.op("Assign", {slots[i].ref, x})}; }
};

// A variable that an optimizer keeps beside each trained one.
struct Slot {
  const char* name;                 // After that of the trained one: "W/Adam", and "W/Adam_1" for a second.
  const char* parameter = nullptr;  // Filled with this one's value at first,
  double initial = 0;               // or with this.
  const char* symbol = "";          // What the rule calls it.
};

// A number that an optimizer keeps in a variable for all it trains.
struct Shared {
  const char* name;                  // "beta1_power"
  tf::Term (*next)(const Numbers&);  // Its value for the next step.
  const char* parameter = nullptr;   // Starts as this one's tensor,
  double initial = 0;                // or as this number, with this dtype (absent: that of the variables).
  std::optional<DType> dtype = {};
};

struct OptimizerType {
  const char* name;
  const char* python;  // Its spelling in Python: "tf.train.MomentumOptimizer".
  const char* scope;   // What it is called in the graph: "Momentum".
  const char* formula;
  const char* help;
  std::vector<Parameter> parameters;
  // Parameters that only decide how a run starts, not tensors of the graph.
  std::vector<std::string_view> at_start;
  // Parameters that stay Python's floats, which are doubles, until they meet the variable.
  std::vector<std::string_view> doubles;
  std::vector<Slot> slots;
  std::vector<Shared> shared;
  bool needs_global_step = false;
  // What a step makes of one weight W: with its gradient g, the slots by their symbols, numbers by the
  // symbols that symbol_of() gives, t for the step, ‖W‖ and ‖g‖. It tells what `apply` does.
  std::vector<RuleLine> rule;
  // Adds the update of one variable; gives the node that does it.
  Output (*apply)(const Update&);
};

const std::vector<OptimizerType>& optimizer_types();
const OptimizerType* find_optimizer_type(std::string_view name);
// Whether a parameter may change while a run goes on.
bool is_live(const OptimizerType& type, std::string_view parameter);
// What rules call a hyper-parameter, or a number that is shared: "η" for "learning_rate".
std::string_view symbol_of(std::string_view number);

struct Minimized {
  int train_op = -1;
  HyperTensors hyper;               // Of the parameters that were given as numbers.
  std::vector<tf::Variable> slots;  // All variables it keeps; to be initialised like any other.
};

struct MinimizeOptions {
  HyperTensors tensors = {};      // Hyper-parameters given as tensors, say of a schedule.
  tf::Variable global_step = {};  // Counts the updates; may be invalid.
};

// Optimizer.minimize: updates every variable that has a gradient (`gradients` as `variables`, invalid for
// none). Errors: ValueError "No variables to optimize.", "No gradients provided for any variable, ...", a
// parameter that TensorFlow refuses.
Result<Minimized> minimize(Builder&, const OptimizerType&, const Parameters&, Output loss,
                           const std::vector<tf::Variable>& variables, const std::vector<Output>& gradients,
                           const MinimizeOptions& options = {});

}  // namespace sandflow
