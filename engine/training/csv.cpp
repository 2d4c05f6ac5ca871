// One pass over the text; quotes are looked at only where a cell begins with one.
#include "engine/training/csv.h"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/core/text.h"

namespace sandflow {

int Table::column(std::string_view name) const {
  const auto it = std::find(columns.begin(), columns.end(), name);
  return it == columns.end() ? -1 : static_cast<int>(it - columns.begin());
}

bool is_missing(std::string_view cell) {
  const std::string text = lower(trim(cell));
  return text.empty() || text == "na" || text == "nan" || text == "null" || text == "?";
}

namespace {

// The separator that the header uses most, outside of quotes.
char find_separator(std::string_view text) {
  int counts[3] = {};
  constexpr char kSeparators[] = {',', ';', '\t'};
  bool quoted = false;
  for (char c : text) {
    if (c == '"') quoted = !quoted;
    if (!quoted && c == '\n') break;
    for (int i = 0; i < 3; ++i) counts[i] += !quoted && c == kSeparators[i];
  }
  return kSeparators[std::max_element(counts, counts + 3) - counts];
}

// Where commas are decimal points, "145,2" is 145.2: in a column that holds nothing but such numbers. One
// that has a point, too, may mean anything by either.
void read_decimal_commas(Table& table) {
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    std::vector<std::pair<std::string*, std::string>> numbers;
    bool are_all = true;
    for (Table::Row& row : table.rows) {
      std::string& cell = row.cells[column];
      if (is_missing(cell)) continue;
      std::string text = cell;
      const std::size_t comma = text.find(',');
      are_all = text.find('.') == std::string::npos;
      if (comma != std::string::npos) text[comma] = '.';
      are_all = are_all && parse_double(trim(text));
      if (!are_all) break;
      if (comma != std::string::npos) numbers.emplace_back(&cell, std::move(text));
    }
    for (std::size_t i = 0; are_all && i < numbers.size(); ++i)
      *numbers[i].first = std::move(numbers[i].second);
  }
}

}  // namespace

Result<Table> parse_csv(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (trim(text).empty()) return value_error("The table is empty.");
  if (text.find('\0') != std::string_view::npos)
    return value_error("This is a binary file, not a table of text.");
  const char separator = find_separator(text);
  Table table;
  std::vector<std::string> cells;
  int line = 1, row_line = 1;
  std::size_t at = 0;
  bool row_has_text = false;
  const auto end_row = [&]() -> Status {
    if (cells.size() == 1 && !row_has_text) {  // An empty line.
      cells.clear();
      return {};
    }
    if (table.columns.empty()) {
      for (std::string& cell : cells) table.columns.emplace_back(trim(cell));
      std::set<std::string_view> names;
      for (const std::string& name : table.columns)
        if (!names.insert(name).second)
          return value_error(cat("line ", row_line, ": two columns are named '", name, "'."));
    } else if (cells.size() != table.columns.size()) {
      return value_error(cat("line ", row_line, ": ", cells.size(), " cells where the header has ",
                             table.columns.size(), "."));
    } else {
      table.rows.push_back({row_line, std::move(cells)});
    }
    cells.clear();
    return {};
  };
  while (at < text.size()) {
    if (cells.empty()) {
      row_line = line;
      row_has_text = false;
    }
    std::string cell;
    if (text[at] == '"') {
      ++at;
      row_has_text = true;
      while (true) {
        if (at >= text.size()) return value_error(cat("line ", row_line, ": a quote never closes."));
        if (text[at] == '"' && at + 1 < text.size() && text[at + 1] == '"') {
          cell += '"';
          at += 2;
        } else if (text[at] == '"') {
          ++at;
          break;
        } else {
          if (text[at] == '\n') ++line;
          cell += text[at++];
        }
      }
    }
    while (at < text.size() && text[at] != separator && text[at] != '\n' && text[at] != '\r') {
      row_has_text |= text[at] != ' ';
      cell += text[at++];
    }
    cells.push_back(std::move(cell));
    const bool more = at < text.size() && text[at] == separator;
    if (more) {
      ++at;
      row_has_text = true;
      if (at < text.size()) continue;
      cells.emplace_back();
    }
    SANDFLOW_TRY(end_row());
    if (at < text.size() && text[at] == '\r') ++at;
    if (at < text.size() && text[at] == '\n') ++at;
    ++line;
  }
  if (table.rows.empty()) return value_error("The table has a header but no rows.");
  if (separator == ';') read_decimal_commas(table);
  return table;
}

}  // namespace sandflow
