// Guards the door through which a learner's own tables will come: what can be read is read, the rest is
// refused by line.
#include "engine/training/csv.h"

#include "engine/core/text.h"
#include "tests/engine/support.h"

namespace sandflow::test {

namespace {

// A table as text: cells between "|", rows between line ends.
std::string cells(const Result<Table>& table) {
  if (!table.ok()) return error_text(table);
  const auto row_text = [](const std::vector<std::string>& row) {
    return join(row, "|", [](const std::string& cell) { return cell; });
  };
  std::string out = row_text(table->columns);
  for (const Table::Row& row : table->rows) out += "\n" + row_text(row.cells);
  return out;
}
std::string read(std::string_view text) { return cells(parse_csv(text)); }

}  // namespace

TEST_CASE("commas, semicolons and tabs separate, whichever the header uses most") {
  CHECK(read("a,b\n1,2\n3,4\n") == "a|b\n1|2\n3|4");
  CHECK(read("a;b;c\n1,5;2;3") == "a|b|c\n1.5|2|3");
  CHECK(read("a\tb\n1\t2,5\n") == "a|b\n1|2,5");
  CHECK(read("\"a,x\";\"b,y\"\n1;2") == "a,x|b,y\n1|2");
  CHECK(read("only\n1\n2\n") == "only\n1\n2");
}

TEST_CASE("between semicolons a comma is a decimal point, in columns that hold nothing but such numbers") {
  CHECK(read("a;b;c\n145,2;1,5;1,5\n-7;x;1.5\n NA ;2,5;2\n\"0,5\";;3\n") ==
        "a|b|c\n145.2|1,5|1,5\n-7|x|1.5\n NA |2,5|2\n0.5||3");
  CHECK(read("a;b\n1,234,5;1\n2,5;1\n") == "a|b\n1,234,5|1\n2,5|1");
  CHECK(read("a\tb\n1,5\t2\n") == "a|b\n1,5|2");
}

TEST_CASE("quotes hold separators, line ends and doubled quotes") {
  CHECK(read("a,b\n\"1,5\",\"say \"\"hi\"\"\"\n") == "a|b\n1,5|say \"hi\"");
  const Table table = must(parse_csv("a,b\n\"two\nlines\",x\n3,4\n"));
  CHECK(table.rows[0].cells[0] == "two\nlines");
  CHECK(table.rows[0].line == 2);
  CHECK(table.rows[1].line == 4);
  CHECK(read("a,b\n\"\",\"\"\n") == "a|b\n|");
  CHECK(read("a,b\nx\"y,z\n") ==
        "a|b\nx\"y|z");  // A quote in the midst of a cell is a character like others.
}

TEST_CASE(
    "what spreadsheets add is taken away: byte order marks, Windows and old Mac line ends, spaces in names") {
  CHECK(read("\357\273\277a,b\r\n1,2\r\n") == "a|b\n1|2");
  CHECK(read("a,b\r1,2\r3,4") == "a|b\n1|2\n3|4");
  CHECK(read(" a , b \n1,2\n") == "a|b\n1|2");
}

TEST_CASE("empty lines count as lines and as nothing else") {
  const Table table = must(parse_csv("\na,b\n\n1,2\n   \n3,4\n\n\n"));
  REQUIRE(table.rows.size() == 2);
  CHECK(table.rows[0].line == 4);
  CHECK(table.rows[1].line == 6);
}

TEST_CASE("missing values stay empty cells, a separator at the end makes one") {
  CHECK(read("a,b,c\n,,\n1,,3\n,2,") == "a|b|c\n||\n1||3\n|2|");
  CHECK(read("a,b,\n1,2,\n") == "a|b|\n1|2|");
  for (const char* missing : {"", "  ", "NA", "na", "NaN", "null", "?", " ? "})
    CHECK_MESSAGE(is_missing(missing), missing);
  for (const char* present : {"0", "n", "none of these", "-"})
    CHECK_FALSE_MESSAGE(is_missing(present), present);
}

TEST_CASE("a table that is none is refused with the line at fault") {
  CHECK(read("") == "ValueError: The table is empty.");
  CHECK(read(" \n\n\t\n") == "ValueError: The table is empty.");
  CHECK(read("\xEF\xBB\xBF") == "ValueError: The table is empty.");
  CHECK(read("a,b\n") == "ValueError: The table has a header but no rows.");
  CHECK(read("a,b\n1,2\n\n3\n") == "ValueError: line 4: 1 cells where the header has 2.");
  CHECK(read("a,b\n1,2,3\n") == "ValueError: line 2: 3 cells where the header has 2.");
  CHECK(read("a,b\n1,2\n\"3,4\n5,6\n") == "ValueError: line 3: a quote never closes.");
  CHECK(read("a,b\n1,\"") == "ValueError: line 2: a quote never closes.");
  CHECK(read("a,b,a\n1,2,3\n") == "ValueError: line 1: two columns are named 'a'.");
  CHECK(read(std::string_view("a,b\n1,\0\n", 8)) ==
        "ValueError: This is a binary file, not a table of text.");
}

TEST_CASE("columns are found by name") {
  const Table table = must(parse_csv("a,b\n1,2\n"));
  CHECK(table.column("b") == 1);
  CHECK(table.column("B") == -1);
}

TEST_CASE("no piece of a table breaks the reader") {
  const std::string whole = "\xEF\xBB\xBF\"a\";b;\"c\"\"\"\r\n1;\"2\n;\";\n\n?;;\"\"\r\n";
  for (std::size_t from = 0; from < whole.size(); ++from)
    for (std::size_t count = 0; from + count <= whole.size(); ++count) {
      const Result<Table> table = parse_csv(std::string_view(whole).substr(from, count));
      if (!table.ok()) CHECK_FALSE(table.error().message.empty());
    }
}

TEST_CASE("100,000 rows cost ten times what 10,000 cost") {
  const auto cost = [](int rows) {
    std::string text = "a,b,c,d,label\n";
    for (int i = 0; i < rows; ++i) text += cat(i, ",2.5,\"3,5\",,class ", i % 3, "\n");
    const std::int64_t before = allocations().bytes;
    const Table table = must(parse_csv(text));
    const std::int64_t bytes = allocations().bytes - before;
    REQUIRE(table.rows.size() == static_cast<std::size_t>(rows));
    CHECK(table.rows.back().cells[0] == cat(rows - 1));
    CHECK(table.rows.back().line == rows + 1);
    return bytes;
  };
  CHECK(cost(100000) < 15 * cost(10000));
}

}  // namespace sandflow::test
