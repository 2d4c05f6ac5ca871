// Data to train on: generated sets and real ones, standardised, split into training and test examples by a
// seed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/tensor.h"
#include "engine/training/parameter.h"

namespace sandflow {

// Examples as they are fed: standardised features, one-hot labels.
struct Examples {
  Tensor features;           // float32, (n, features)
  Tensor labels;             // float32, (n, classes)
  std::vector<int> classes;  // The label's index.

  std::int64_t size() const { return static_cast<std::int64_t>(classes.size()); }
};

struct Dataset {
  std::vector<std::string> feature_names, class_names;
  // standardised = (raw - mean) / deviation, per feature; 0 and 1 for generated sets, which are used as they
  // are.
  std::vector<double> mean, deviation;
  Examples train, test;
  std::vector<std::string> notes;  // Rows of a table left out, and why: "line 5: no value for 'sex'".
};

// A data set as an entry of a list. Every one also has the parameters "test_share" and "data_seed".
struct DatasetType {
  const char* name;
  const char* help;
  std::vector<Parameter> parameters;
  Result<Dataset> (*make)(const Parameters&);
};

const std::vector<DatasetType>& dataset_types();
const DatasetType* find_dataset_type(std::string_view name);

}  // namespace sandflow
