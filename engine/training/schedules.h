// tf.train's learning-rate schedules: a rate that follows the number of steps made.
#pragma once

#include <string_view>
#include <vector>

#include "engine/graph/builder.h"
#include "engine/tf/tf.h"
#include "engine/training/parameter.h"

namespace sandflow {

struct ScheduleType {
  const char* name;    // "exponential_decay"
  const char* python;  // "tf.train.exponential_decay"
  const char* formula;
  const char* help;
  std::vector<Parameter> parameters;
  // Adds the operations that make the rate at a step; `global_step`: a number of the graph.
  Output (*build)(Builder&, Output learning_rate, Output global_step, const Parameters&);
};

const std::vector<ScheduleType>& schedule_types();
const ScheduleType* find_schedule_type(std::string_view name);

// tf.train.piecewise_constant: values[i] up to boundaries[i], the last one after all of them. Errors:
// ValueError where the lists do not fit together, or a boundary's dtype does not fit `x`.
Output piecewise_constant(Builder&, Output x, const std::vector<tf::Value>& boundaries,
                          const std::vector<tf::Value>& values);

}  // namespace sandflow
