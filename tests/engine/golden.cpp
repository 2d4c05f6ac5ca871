// Guards nothing by itself: reads golden.json for the tests.
#include "tests/engine/golden.h"

#include <doctest.h>
#include <yyjson.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <set>

#include "engine/core/text.h"
#include "tests/engine/support.h"

namespace sandflow::test {

Json Json::operator[](std::string_view key) const {
  yyjson_val* member = yyjson_obj_getn(value_, key.data(), key.size());
  if (!member) check_failed(std::string(key).c_str(), "golden.json has no such member", 0);
  return Json(member);
}

Json Json::operator[](std::size_t i) const {
  yyjson_val* item = yyjson_arr_get(value_, i);
  SANDFLOW_CHECK(item);
  return Json(item);
}

bool Json::has(std::string_view key) const { return yyjson_obj_getn(value_, key.data(), key.size()); }
bool Json::is_null() const { return yyjson_is_null(value_); }
bool Json::is_text() const { return yyjson_is_str(value_); }
bool Json::is_list() const { return yyjson_is_arr(value_); }
std::size_t Json::size() const { return yyjson_arr_size(value_); }

std::string Json::text() const {
  SANDFLOW_CHECK(is_text());
  return {yyjson_get_str(value_), yyjson_get_len(value_)};
}

double Json::number() const {
  if (is_text()) {
    SANDFLOW_CHECK(text() == "nan" || text() == "inf" || text() == "-inf");
    return *parse_double(text());
  }
  if (yyjson_is_bool(value_)) return yyjson_get_bool(value_) ? 1 : 0;
  SANDFLOW_CHECK(yyjson_is_num(value_));
  return yyjson_get_num(value_);
}

std::vector<double> Json::numbers() const {
  if (!is_list()) return {number()};
  std::vector<double> all;
  for (std::size_t i = 0; i < size(); ++i)
    for (double number : (*this)[i].numbers()) all.push_back(number);
  return all;
}

Shape Json::shape() const {
  if (!is_list()) return {};
  Shape out{static_cast<std::int64_t>(size())};
  if (size() == 0) return out;
  const Shape inner = (*this)[0].shape();
  for (std::int64_t dim : inner.dims()) out.append(dim);
  return out;
}

Shape Json::as_shape() const {
  Shape out;
  for (double dim : numbers()) out.append(static_cast<std::int64_t>(dim));
  return out;
}

Tensor Json::tensor(DType dtype) const {
  Tensor out(dtype, shape());
  const std::vector<double> all = numbers();
  with_plain(dtype, [&]<class T>() {
    for (std::size_t i = 0; i < all.size(); ++i) out.write<T>()[i] = static_cast<T>(all[i]);
  });
  return out;
}

namespace {

const std::map<std::string, Json, std::less<>>& vectors() {
  static const auto by_id = [] {
    const std::string text = read_file("golden.json");
    // Kept as long as the tests run.
    static yyjson_doc* const doc = yyjson_read(text.data(), text.size(), YYJSON_READ_NOFLAG);
    SANDFLOW_CHECK(doc);
    const Json list = Json(yyjson_doc_get_root(doc))["vectors"];
    std::map<std::string, Json, std::less<>> map;
    for (std::size_t i = 0; i < list.size(); ++i) map.emplace(list[i]["id"].text(), list[i]);
    return map;
  }();
  return by_id;
}

// The vectors that the running test has asked for, that tests have held, and that they have not.
std::set<std::string> asked, held, broken;
bool all_hold = true;

// Counts vectors: one holds if some test asks for it, and all that do pass.
struct GoldenCount : doctest::IReporter {
  explicit GoldenCount(const doctest::ContextOptions&) {}
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats& stats) override {
    if (stats.numTestCasesPassingFilters < stats.numTestCases) return;
    std::string others;
    int count = 0;
    for (const std::string& id : golden_ids("")) {
      if (held.contains(id) && !broken.contains(id))
        ++count;
      else
        others += " " + id;
    }
    std::printf("golden vectors: %d of %d hold%s%s\n", count, static_cast<int>(golden_ids("").size()),
                others.empty() ? "" : "; these do not, or no test asks for them:", others.c_str());
    all_hold = others.empty();
  }
  void test_case_start(const doctest::TestCaseData&) override { asked.clear(); }
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats& stats) override {
    (stats.failure_flags ? broken : held).insert(asked.begin(), asked.end());
  }
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};
REGISTER_LISTENER("golden", 1, GoldenCount);

}  // namespace

bool golden_vectors_hold() { return all_hold; }

Json golden(std::string_view id) {
  asked.emplace(id);
  const auto it = vectors().find(id);
  if (it == vectors().end()) check_failed(std::string(id).c_str(), "golden.json has no such vector", 0);
  return it->second;
}

std::vector<std::string> golden_ids(std::string_view prefix) {
  std::vector<std::string> ids;
  for (const auto& [id, vector] : vectors())
    if (id.starts_with(prefix)) ids.push_back(id);
  return ids;
}

void check_golden(const Tensor& actual, Json expected, Json tolerance) {
  REQUIRE(actual.defined());
  CHECK(actual.shape() == expected.shape());
  const char* key = actual.dtype() == DType::kFloat32   ? "float32_rel"
                    : actual.dtype() == DType::kFloat64 ? "float64_rel"
                                                        : "";
  const bool has_tolerance = !tolerance.is_null() && tolerance.has(key);
  check_near(actual, expected.numbers(), has_tolerance ? tolerance[key].number() : 0);
}

}  // namespace sandflow::test
