// Data to train on: generated sets and real ones, standardised, split into training and test examples by a
// seed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/tensor.h"
#include "engine/training/csv.h"
#include "engine/training/parameter.h"

namespace sandflow {

// Examples as they are fed: standardised features, one-hot labels.
struct Examples {
  Tensor features;           // float32, (n, features)
  Tensor labels;             // float32, (n, classes); (n, 1) of numbers that are to be predicted.
  std::vector<int> classes;  // The label's index; empty where there are no classes.

  std::int64_t size() const { return features.defined() ? features.shape().dim(0) : 0; }
};

struct Dataset {
  std::vector<std::string> feature_names;
  std::vector<std::string> class_names;   // Empty: what is to be predicted is a number,
  std::string target_name;                // and this is its name.
  int image_height = 0, image_width = 0;  // Of examples that are pictures, their features row by row.
  // standardised = (raw - mean) / deviation, per feature; 0 and 1 for generated sets, which are used as they
  // are.
  std::vector<double> mean, deviation;
  double target_mean = 0, target_deviation = 1;

  bool is_regression() const { return class_names.empty(); }
  // How many columns the labels have.
  std::int64_t outputs() const { return is_regression() ? 1 : static_cast<std::int64_t>(class_names.size()); }
  Examples train, test;
  std::int64_t left_out = 0;       // Rows of a table,
  std::vector<std::string> notes;  // and why the first few: "line 5: no value for 'sex'".
};

// The learner's own data: a table as text, and which of its columns are what.
struct OwnTable {
  std::string csv;
  std::vector<std::string> features;
  std::string label;
  // Their order; those that the rows have besides follow as they appear. A class may have no rows.
  std::vector<std::string> classes;
  bool is_number = false;  // The label is a number to be predicted rather than a class.

  friend bool operator==(const OwnTable&, const OwnTable&) = default;
};

// What a column of a table holds.
struct ColumnKind {
  std::string name;
  bool is_number = false;  // Every value that is there is one.
  std::int64_t missing = 0, distinct = 0;
};
std::vector<ColumnKind> column_kinds(const Table& table);
using Rows = std::vector<const Table::Row*>;
// The rows that have a value in each of these columns; why others were left out is noted of the first few.
Rows complete_rows(const Table& table, const std::vector<std::string>& columns,
                   std::vector<std::string>* notes = nullptr);
// The different values of a column in these rows, numbers by size, texts by their letters.
std::vector<std::string> values_of(const Rows& rows, int column);

// A row without one of the values is left out and noted, and counts nowhere. A column of texts is as many
// features as it has values, each 0 or 1. Errors: ValueError for a column that is not there, a text where a
// number is needed (naming the line), more classes than can be told apart, too few rows.
Result<Dataset> make_own(const OwnTable& own, const Parameters& parameters);

// Sets that are too large to be part of the program are made of bytes that whoever has them gives first.
void supply_data(std::string_view name, std::vector<std::uint8_t> bytes);

// A data set as an entry of a list. Every one also has the parameters "test_share" and "data_seed".
struct DatasetType {
  const char* name;
  const char* help;
  std::vector<Parameter> parameters;
  Result<Dataset> (*make)(const Parameters&);  // Null: made of the scene's own table.
  bool is_supplied = false;                    // Made of bytes that must be given first.
};

const std::vector<DatasetType>& dataset_types();
const DatasetType* find_dataset_type(std::string_view name);

}  // namespace sandflow
