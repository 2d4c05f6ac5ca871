// Tables from text: comma, semicolon or tab separated values with quotes, as spreadsheets write them (RFC
// 4180 and its habits: a byte order mark, Windows line ends, a last line without an end). Where semicolons
// separate, decimal commas become points in a column that holds nothing but numbers: "145,2" is read as
// "145.2".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"

namespace sandflow {

struct Table {
  std::vector<std::string> columns;
  struct Row {
    int line = 0;  // Where it began in the text, from 1.
    std::vector<std::string> cells;
  };
  std::vector<Row> rows;

  int column(std::string_view name) const;  // -1 if there is none.
};

// Whether a cell says that there is no value: "", "NA", "NaN", "null", "?".
bool is_missing(std::string_view cell);

// Errors (ValueError, naming the line): an empty text, a quote that never closes, a row with more or fewer
// cells than the header, a binary file, two columns of one name.
Result<Table> parse_csv(std::string_view text);

}  // namespace sandflow
