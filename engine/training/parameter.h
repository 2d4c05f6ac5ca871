// A number that a learner can set: of an optimizer, an initializer, a data set.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace sandflow {

struct Parameter {
  const char* name;  // TensorFlow's: "learning_rate", "stddev".
  const char* help;
  double initial;
  double minimum, maximum;
  bool is_logarithmic = false;  // A slider over it should be.
  bool is_integer = false;
};

using Parameters = std::map<std::string, double>;  // Every parameter of the entry, by name.

// `given` completed with initial values.
Parameters complete(const std::vector<Parameter>& list, const std::map<std::string, double>& given);

}  // namespace sandflow
