// Guards the data: sets of every kind are what they say, tables of any make are read or refused with a
// reason, and a learner's own rows live in the scene.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "engine/core/text.h"
#include "engine/scene/json.h"
#include "engine/scene/workspace.h"
#include "engine/training/datasets.h"
#include "tests/engine/support.h"

namespace sandflow::test {

namespace {

Dataset made(std::string_view name, std::map<std::string, double> parameters = {}) {
  const DatasetType* type = find_dataset_type(name);
  return must(type->make(complete(type->parameters, parameters)));
}

Parameters own_parameters(bool standardise = true) {
  return complete(find_dataset_type("own")->parameters, {{"standardise", standardise ? 1.0 : 0.0}});
}

std::string own_error(const OwnTable& own) { return error_text(make_own(own, own_parameters())); }

// How often one class stands nearer to another's centre than to its own.
double confusion(const Dataset& set) {
  const std::size_t n = set.class_names.size();
  std::vector<double> x(n, 0), y(n, 0), count(n, 0);
  for (std::int64_t i = 0; i < set.train.size(); ++i) {
    const auto c = static_cast<std::size_t>(set.train.classes[static_cast<std::size_t>(i)]);
    x[c] += set.train.features.number(2 * i), y[c] += set.train.features.number(2 * i + 1), ++count[c];
  }
  int wrong = 0;
  for (std::int64_t i = 0; i < set.train.size(); ++i) {
    std::size_t nearest = 0;
    double best = 1e300;
    for (std::size_t c = 0; c < n; ++c) {
      const double far = std::hypot(set.train.features.number(2 * i) - x[c] / count[c],
                                    set.train.features.number(2 * i + 1) - y[c] / count[c]);
      if (far < best) best = far, nearest = c;
    }
    wrong += nearest != static_cast<std::size_t>(set.train.classes[static_cast<std::size_t>(i)]);
  }
  return wrong / static_cast<double>(set.train.size());
}

const std::string kTable = "x1,x2,colour\n0,1,blue\n1,0,red\n2,1,blue\n3,0,red\n";

std::string small_digits(std::uint32_t count) {
  std::string bytes;
  for (std::uint32_t word : {count, 2u, 2u})
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(word >> (8 * i) & 255);
  for (std::uint32_t i = 0; i < count; ++i) bytes += static_cast<char>(i % 10);
  for (std::uint32_t i = 0; i < count; ++i)
    bytes += std::string{0, static_cast<char>(i), 0, static_cast<char>(255)};
  return bytes;
}

}  // namespace

TEST_CASE("Gaussians have the classes that were asked for, apart when there is little noise") {
  for (int classes = 2; classes <= 6; ++classes) {
    const Dataset set = made("gaussians", {{"classes", classes}, {"noise", 0.05}});
    CHECK(set.class_names.size() == static_cast<std::size_t>(classes));
    CHECK(confusion(set) < 0.01);
    CHECK(set.train.size() + set.test.size() == 400);
  }
  CHECK(confusion(made("gaussians", {{"classes", 6}, {"noise", 1}})) > 0.3);
}

TEST_CASE("moons cannot be told apart by their centres alone, nor by a line") {
  const double wrong = confusion(made("moons", {{"noise", 0}}));
  CHECK(wrong > 0.05);
  CHECK(wrong < 0.4);
}

TEST_CASE("regression sets have one number to predict, and noise adds to it") {
  const Dataset line = made("line", {{"noise", 0}, {"slope", 0.5}, {"intercept", -0.25}});
  CHECK(line.is_regression());
  CHECK(line.outputs() == 1);
  CHECK(line.train.labels.shape() == Shape{line.train.size(), 1});
  for (std::int64_t i = 0; i < line.train.size(); ++i)
    CHECK(line.train.labels.number(i) ==
          doctest::Approx(0.5 * line.train.features.number(i) - 0.25).epsilon(1e-6));
  const Dataset noisy = made("line", {{"noise", 0.2}, {"slope", 0.5}, {"intercept", -0.25}});
  double squares = 0;
  for (std::int64_t i = 0; i < noisy.train.size(); ++i) {
    const double off = noisy.train.labels.number(i) - 0.5 * noisy.train.features.number(i) + 0.25;
    squares += off * off;
  }
  CHECK(std::sqrt(squares / static_cast<double>(noisy.train.size())) == doctest::Approx(0.2).epsilon(0.15));
  for (const char* name : {"curve", "plane", "hills"}) CHECK(made(name).is_regression());
  CHECK(made("hills").feature_names.size() == 2);
}

TEST_CASE("iris is there, whole") {
  const Dataset iris = made("iris", {{"test_share", 0}});
  CHECK(iris.train.size() == 150);
  CHECK(iris.class_names == std::vector<std::string>{"setosa", "versicolor", "virginica"});
  CHECK(iris.mean[0] == doctest::Approx(5.8433).epsilon(1e-3));  // As every statistics book has it.
  CHECK(iris.mean[3] == doctest::Approx(1.1993).epsilon(1e-2));
}

TEST_CASE("the digits are made of bytes that are given first; cut off, they are refused") {
  const DatasetType* type = find_dataset_type("mnist");
  const Parameters parameters = complete(type->parameters, {{"test_share", 0.2}});
  CHECK(error_text(type->make(parameters)).find("have not been loaded") != std::string::npos);
  const auto give = [](const std::string& bytes) {
    supply_data("mnist", std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
  };
  for (const std::string& bad :
       {std::string("abc"), small_digits(20).substr(0, 60), small_digits(20) + "x"}) {
    give(bad);
    CHECK(error_text(type->make(parameters)).find("cut off") != std::string::npos);
  }
  give(small_digits(20));
  const Dataset set = must(type->make(parameters));
  CHECK(set.image_width == 2);
  CHECK(set.test.size() == 4);
  CHECK(set.train.size() == 16);
  for (std::int64_t i = 0; i < set.train.size(); ++i) {
    const int image = static_cast<int>(std::lround(set.train.features.number(4 * i + 1) * 255));
    CHECK(set.train.classes[static_cast<std::size_t>(i)] == image % 10);
    CHECK(set.train.features.number(4 * i + 3) == 1);
  }
}

TEST_CASE("a column's kind is guessed from its values; gaps are counted, not judged") {
  const Table table = must(parse_csv("a,b,c,d\n1,x,,1e3\n-2.5,3,NA,\n 7 ,y,?,2\n"));
  const std::vector<ColumnKind> kinds = column_kinds(table);
  REQUIRE(kinds.size() == 4);
  CHECK(kinds[0].is_number);
  CHECK(!kinds[1].is_number);
  CHECK(kinds[1].distinct == 3);
  CHECK(!kinds[2].is_number);  // There is nothing in it.
  CHECK(kinds[2].missing == 3);
  CHECK(kinds[3].is_number);
  CHECK(kinds[3].missing == 1);
  const Table numbers = must(parse_csv("n\n10\n9\n10\n1\n"));
  CHECK(values_of(complete_rows(numbers, {"n"}), 0) == std::vector<std::string>{"1", "9", "10"});
  CHECK(values_of(complete_rows(table, {}), 1) == std::vector<std::string>{"3", "x", "y"});
  CHECK(values_of(complete_rows(table, {"d"}), 1) == std::vector<std::string>{"x", "y"});
}

TEST_CASE("an own table: labels of text, gaps left out and noted, standardised or not, a number to predict") {
  const std::string csv = "w,h,kind\n1,10,cat\n2,,dog\n4,30,dog\n5,50,\n9,20,cat\n";
  const Dataset set = must(make_own({csv, {"w", "h"}, "kind", {}, false}, own_parameters()));
  CHECK(set.train.size() + set.test.size() == 3);
  CHECK(set.class_names == std::vector<std::string>{"cat", "dog"});
  CHECK(set.notes == std::vector<std::string>{"line 3: no value for 'h'", "line 5: no value for 'kind'"});
  CHECK(set.left_out == 2);
  CHECK(set.deviation[0] != 1);
  std::string gaps = csv;
  for (int i = 0; i < 3000; ++i) gaps += "7,,cat\n";
  const Dataset few = must(make_own({gaps, {"w", "h"}, "kind", {}, false}, own_parameters()));
  CHECK(few.left_out == 3002);
  CHECK(few.notes.size() < 100);
  const Dataset plain =
      must(make_own({csv, {"w", "h"}, "kind", {"dog", "fish"}, false}, own_parameters(false)));
  CHECK(plain.deviation == std::vector<double>{1, 1});
  CHECK(plain.class_names == std::vector<std::string>{"dog", "fish", "cat"});
  const Dataset number = must(make_own({csv, {"w"}, "h", {}, true}, own_parameters(false)));
  CHECK(number.is_regression());
  CHECK(number.target_name == "h");
  CHECK(number.train.size() + number.test.size() == 4);
}

TEST_CASE("numbers that are all alike in training are not scaled, whatever the rounding of their mean") {
  const Parameters parameters = own_parameters();
  for (const char* alike : {"0.1", "0.30000000000000004", "-12345.678", "0"}) {
    CAPTURE(alike);
    for (int odd = 0; odd < 20; ++odd) {
      std::string csv = "a,b,c\n";
      for (int i = 0; i < 20; ++i)
        csv += cat(i == odd                                               ? "0.5"
                   : i == 7 && std::string_view(alike).starts_with("0.3") ? "0.3"
                                                                          : alike,
                   ",", i, ",", i % 5, "\n");
      for (const bool is_target : {false, true}) {
        const Dataset set =
            must(make_own({csv, {is_target ? "b" : "a"}, is_target ? "a" : "c", {}, true}, parameters));
        double most = 0;
        for (const Examples* part : {&set.train, &set.test})
          for (std::int64_t i = 0; i < part->size(); ++i)
            most = std::max(most, std::fabs((is_target ? part->labels : part->features).number(i)));
        CHECK(most < 20'000);
      }
    }
  }
}

TEST_CASE("what is wrong with an own table is said, with the place") {
  CHECK(own_error({"", {"x"}, "y", {}, false}) == "ValueError: The table is empty.");
  CHECK(own_error({kTable, {"x1"}, "shape", {}, false}) == "ValueError: The table has no column 'shape'.");
  CHECK(own_error({kTable, {}, "colour", {}, false}) == "ValueError: No column was chosen as a feature.");
  // One slip among numbers does not make texts of them.
  CHECK(own_error({"x,y\n1,a\n2,b\n3o,a\n", {"x"}, "y", {}, false}) ==
        "ValueError: line 4, column 'x': '3o' is not a number.");
  CHECK(own_error({kTable, {"x1"}, "colour", {}, true}) ==
        "ValueError: line 2, column 'colour': 'blue' is not a number.");
  CHECK(own_error({"x,y\n1,a\n", {"x"}, "y", {}, false}).find("fewer than two rows") != std::string::npos);
  CHECK(own_error({"x,y\n1e39,a\n1,b\n", {"x"}, "y", {}, false}) ==
        "ValueError: line 2, column 'x': '1e39' is too large for float32.");
  CHECK(own_error({kTable, std::vector<std::string>(5000, "x1"), "colour", {}, false}) ==
        "ValueError: A table may have at most 4096 features, not 5000.");
  std::string many = "x,id\n";
  for (int i = 0; i < 101; ++i) many += cat(i, ",n", i, "\n");
  CHECK(own_error({many, {"x"}, "id", {}, false}).find("more than 100 different values") !=
        std::string::npos);
  CHECK(
      own_error({many, {"id"}, "x", {}, true}) ==
      "ValueError: Column 'id' holds texts, and more than 100 different ones; as features that is too many.");
}

TEST_CASE("a column of texts is a feature for each of its values, as it is") {
  const std::string csv = "w,island,kind\n1,Biscoe,cat\n2,Dream,dog\n4,,dog\n5, Biscoe ,cat\n";
  Parameters parameters = own_parameters();
  parameters["test_share"] = 0;
  const Dataset set = must(make_own({csv, {"w", "island"}, "kind", {}, false}, parameters));
  CHECK(set.feature_names == std::vector<std::string>{"w", "island=Biscoe", "island=Dream"});
  CHECK(set.notes == std::vector<std::string>{"line 4: no value for 'island'"});
  REQUIRE(set.train.size() == 3);
  CHECK(set.deviation[0] != 1);
  for (std::int64_t i = 0; i < 3; ++i) {
    const bool is_cat = set.train.classes[static_cast<std::size_t>(i)] == 0;
    CHECK(set.train.features.number(3 * i + 1) == (is_cat ? 1 : 0));
    CHECK(set.train.features.number(3 * i + 2) == (is_cat ? 0 : 1));
  }
}

TEST_CASE(
    "a row that is left out counts nowhere: not in a mean, nor as a category, nor for a column's kind") {
  // Without an `h` and without a label: 1000, 'Far' and 'Lost' are of no row that is kept; of `note`, all
  // texts.
  const std::string csv =
      "w,h,place,note,kind\n1,1,Biscoe,5,cat\n1000,,Far,so,dog\n3,2,Dream,6,dog\n2000,7,Lost,so,\n5,3,Dream,"
      "7,cat\n"
      "1,,Dream,so,bird\n1,,Dream,so,bird\n";
  Parameters parameters = own_parameters();
  parameters["test_share"] = 0;
  const Dataset set = must(make_own({csv, {"w", "h", "place", "note"}, "kind", {}, false}, parameters));
  CHECK(set.notes.size() == 4);
  CHECK(set.feature_names == std::vector<std::string>{"w", "h", "place=Biscoe", "place=Dream", "note"});
  CHECK(set.class_names == std::vector<std::string>{"cat", "dog"});
  CHECK(set.train.size() == 3);
  CHECK(set.mean[0] == doctest::Approx(3));
  CHECK(set.deviation[0] == doctest::Approx(std::sqrt(8.0 / 3)));
  CHECK(set.mean[4] == doctest::Approx(6));
  // More categories than can be told apart, all but two of them in rows that are left out.
  std::string many = "x,id\n1,a\n2,b\n";
  for (int i = 0; i < 120; ++i) many += cat(",n", i, "\n");
  CHECK(must(make_own({many, {"id"}, "x", {}, true}, parameters)).feature_names ==
        std::vector<std::string>{"id=a", "id=b"});
  // As a number to predict.
  const Dataset number = must(make_own({csv, {"w", "place"}, "h", {}, true}, parameters));
  CHECK(number.feature_names == std::vector<std::string>{"w", "place=Biscoe", "place=Dream", "place=Lost"});
  CHECK(number.target_mean == doctest::Approx(3.25));
}

TEST_CASE("a large set is measured part by part, and gives the loss of all its rows") {
  // 4000 features: six parts of 100 rows. Every row has 40 ones, and all weights are 1.
  std::string csv = "y";
  std::vector<std::string> features;
  for (int j = 0; j < 40; ++j) csv += cat(",", features.emplace_back(cat("c", j)));
  double squares = 0;
  for (int i = 0; i < 600; ++i) {
    const int y = i % 7 + (i < 250 ? 30 : 0);
    squares += (40 - y) * (40 - y);
    csv += cat("\n", y);
    for (int j = 0; j < 40; ++j) csv += cat(",v", (i + j) % 100);
  }
  Workspace workspace;
  must(workspace.apply(edit::SetOwnData{{csv, features, "y", {}, true}, false}));
  must(workspace.apply(edit::SetData{{"own", {{"test_share", 0}, {"standardise", 0}}}}));
  REQUIRE(workspace.dataset()->train.features.shape() == Shape{600, 4000});
  const auto loss_of = [&](const char* reduce, double strength) {
    must(workspace.open(cat(
        R"json({"sandflow": 1, "training": {"loss": "loss"}, "nodes": [
  {"name": "x", "type": "Placeholder", "attrs": {"shape": "(None, 4000)", "feed": "features"}},
  {"name": "y", "type": "Placeholder", "attrs": {"shape": "(None, 1)", "feed": "labels"}},
  {"name": "W", "type": "Variable", "attrs": {"shape": "(4000, 1)", "initializer": "ones"}},
  {"name": "h", "type": "MatMul", "inputs": ["x", "W"]},
  {"name": "square", "type": "SquaredDifference", "inputs": ["h", "y"]},
  {"name": "size", "type": "L2Loss", "inputs": ["W"]},
  {"name": "penalty", "type": "Mul", "inputs": ["size", {"value": ")json",
        shortest(strength), R"json("}]},
  {"name": "rows", "type": ")json",
        reduce, R"json(", "inputs": ["square", {"value": "[0, 1]"}]},
  {"name": "loss", "type": "AddV2", "inputs": ["rows", "penalty"]}]})json")));
    must(workspace.apply(edit::SetOwnData{{csv, features, "y", {}, true}, false}));
    must(workspace.apply(edit::SetData{{"own", {{"test_share", 0}, {"standardise", 0}}}}));
    REQUIRE(workspace.snapshot().now);
    return workspace.snapshot().now->train_loss;
  };
  CHECK(loss_of("Mean", 0.5) == doctest::Approx(squares / 600 + 1000).epsilon(1e-5));
  CHECK(loss_of("Mean", 0) == doctest::Approx(squares / 600).epsilon(1e-5));
  CHECK(loss_of("Sum", 0) == doctest::Approx(squares).epsilon(1e-5));
  CHECK(loss_of("Sum", 0.5) == doctest::Approx(squares + 1000).epsilon(1e-5));
  CHECK(loss_of("Sum", 50) == doctest::Approx(squares + 100'000).epsilon(1e-5));
}

TEST_CASE("tables of every make are read: BOM, quotes, semicolons, Windows line ends, 100,000 rows") {
  const std::string csv =
      "\xEF\xBB\xBF\"size, cm\";\"the \"\"kind\"\"\"\r\n1.5;\"a;b\"\r\n2.5;c\r\n3.5;\"a;b\"\r\n";
  const Dataset set = must(make_own({csv, {"size, cm"}, "the \"kind\"", {}, false}, own_parameters(false)));
  CHECK(set.class_names == std::vector<std::string>{"a;b", "c"});
  CHECK(set.train.size() + set.test.size() == 3);
  std::string large = "a,b,label\n";
  for (int i = 0; i < 100'000; ++i) large += cat(i % 997, ",", i % 13, ",", i % 2 ? "odd" : "even", "\n");
  const Dataset rows = must(make_own({large, {"a", "b"}, "label", {}, false}, own_parameters()));
  CHECK(rows.train.size() + rows.test.size() == 100'000);
  CHECK(error_text(parse_csv(std::string("PNG\0\r\n\x1a", 7))) ==
        "ValueError: This is a binary file, not a table of text.");
}

TEST_CASE("where there is no memory for the data of before, undo and redo say so and lose nothing") {
  std::string csv = "x,y\n";
  for (int i = 0; i < 20'000; ++i) csv += cat(i, ",", i % 2 ? "a\n" : "b\n");
  Workspace workspace;
  must(workspace.apply(edit::SetOwnData{{csv, {"x"}, "y", {}, false}, true}));
  must(workspace.apply(edit::SetData{{"moons", {}}}));
  const auto refused = [&](Status (Workspace::*step)()) {
    const std::string before = workspace.json();
    const std::int64_t most = Tensor::max_live_bytes;
    Tensor::max_live_bytes = Tensor::live_bytes() + 100'000;
    const std::string error = error_text((workspace.*step)());
    Tensor::max_live_bytes = most;
    CHECK(error.starts_with("ResourceExhaustedError: OOM"));
    CHECK(workspace.json() == before);
  };
  refused(&Workspace::undo);
  CHECK_FALSE(workspace.can_redo());
  must(workspace.undo());
  CHECK(workspace.scene().data.name == "own");
  must(workspace.undo());
  refused(&Workspace::redo);
  CHECK_FALSE(workspace.can_undo());
  must(workspace.redo());
  CHECK(workspace.dataset()->train.size() + workspace.dataset()->test.size() == 20'000);
}

TEST_CASE("own rows live in the scene: JSON brings them back, undo takes them, another set keeps them") {
  Workspace workspace;
  must(workspace.apply(edit::SetOwnData{{kTable, {"x1", "x2"}, "colour", {"red"}, false}, false}));
  CHECK(workspace.scene().data.name == "own");
  REQUIRE(workspace.dataset());
  CHECK(workspace.dataset()->class_names == std::vector<std::string>{"red", "blue"});
  const Scene scene = workspace.scene();
  CHECK(must(scene_from_json(scene_to_json(scene))) == scene);
  must(workspace.apply(edit::SetData{{"circle", {}}}));
  CHECK(workspace.dataset()->class_names[0] == "inside");
  must(workspace.apply(edit::SetData{{"own", {}}}));
  CHECK(workspace.dataset()->class_names[0] == "red");
  // What cannot be used changes nothing.
  const Status refused = workspace.apply(edit::SetOwnData{{"nothing", {"x"}, "y", {}, false}, true});
  CHECK(!refused.ok());
  CHECK(workspace.dataset()->class_names[0] == "red");
  while (workspace.can_undo()) must(workspace.undo());
  CHECK(!workspace.scene().own.table);
  CHECK(
      error_text(Result<int>(workspace.apply(edit::SetData{{"own", {}}}).error())).find("of your own yet") !=
      std::string::npos);
  CHECK(error_text(scene_from_json(R"({"sandflow": 1, "own": {"predicts": "both"}})")).find("own.predicts") !=
        std::string::npos);
}

TEST_CASE("a built net fits its data, trains, and can be read back as its layers") {
  Workspace workspace;
  const std::vector<NetLayer> hidden{{6, "Tanh", {"truncated_normal", {{"stddev", 0.5}}}}, {4, "", {"", {}}}};
  must(workspace.apply(edit::SetData{{"moons", {}}}));
  must(workspace.apply(edit::SetNet{2, 2, false, hidden}));
  CHECK(hidden_layers(workspace.scene()) == hidden);
  CHECK(workspace.snapshot().can_train);
  const double before = workspace.snapshot().now->train_loss;
  workspace.advance(300, [] { return true; });
  CHECK(workspace.snapshot().now->train_loss < before);
  CHECK(workspace.snapshot().now->train_accuracy > 0.7);
  must(workspace.apply(edit::SetData{{"curve", {}}}));
  must(workspace.apply(edit::SetNet{1, 1, true, {{16, "Tanh", {"", {}}}}}));
  CHECK(workspace.snapshot().can_train);
  CHECK(workspace.scene().training.accuracy.empty());
  for (const NodeSnapshot& node : workspace.snapshot().nodes) CHECK(!node.error);
  must(workspace.apply(edit::SetNet{1, 1, true, {}}));
  CHECK(hidden_layers(workspace.scene())->empty());
  CHECK(!workspace.apply(edit::SetNet{1, 1, true, {{0, "Relu", {}}}}).ok());
  CHECK(!workspace.apply(edit::SetNet{1, 1, true, {{8, "Softmax", {}}}}).ok());
  CHECK(!workspace.apply(edit::SetNet{1, 1, true, std::vector<NetLayer>(25)}).ok());
  must(workspace.open(read_file("../web/lessons/scenes/penguins.json")));
  CHECK(!hidden_layers(workspace.scene()));
}

TEST_CASE("a penalty stands in the loss as it is written, and can be read back") {
  Workspace workspace;
  must(workspace.apply(edit::SetData{{"moons", {}}}));
  const std::vector<NetLayer> hidden{{6, "Tanh", {"", {}}}};
  const auto value = [&](const char* name) {
    const int index = workspace.scene().index_of(name);
    REQUIRE(index >= 0);
    return workspace.snapshot().nodes[static_cast<std::size_t>(index)].value;
  };
  for (const char* penalty : {"L1", "L2"}) {
    const Regularisation regularisation{0, penalty, 0.05};
    must(workspace.apply(edit::SetNet{2, 2, false, hidden, regularisation}));
    CHECK(regularisation_of(workspace.scene()) == regularisation);
    CHECK(hidden_layers(workspace.scene()) == hidden);
    for (const NodeSnapshot& node : workspace.snapshot().nodes) CHECK(!node.error);
    double sum = 0;
    for (const char* name : {"layer_1/W", "output/W"}) {
      const Tensor weights = value(name);
      for (std::int64_t i = 0; i < weights.elements(); ++i) {
        const double w = weights.number(i);
        sum += penalty == std::string("L1") ? std::fabs(w) : w * w / 2;
      }
    }
    CHECK(value("loss").number(0) ==
          doctest::Approx(value("data_loss").number(0) + 0.05 * sum).epsilon(1e-5));
    workspace.advance(50, [] { return true; });
    CHECK(workspace.snapshot().counters.step == 50);
  }
  must(workspace.apply(edit::SetNet{2, 2, false, hidden}));
  CHECK(regularisation_of(workspace.scene()) == Regularisation{});
  CHECK(!workspace.scene().find("data_loss"));
  CHECK(!workspace.apply(edit::SetNet{2, 2, false, hidden, {0, "L3", 0.05}}).ok());
  CHECK(!workspace.apply(edit::SetNet{2, 2, false, hidden, {1, "", 0}}).ok());
  CHECK(!workspace.apply(edit::SetNet{2, 2, false, hidden, {0, "L1", -1}}).ok());
}

TEST_CASE("dropout takes its share in steps, and nothing where the model is measured or asked") {
  Workspace workspace;
  must(workspace.apply(edit::SetData{{"moons", {}}}));
  const std::vector<NetLayer> hidden{{64, "Relu", {"", {}}}};
  const auto measured = [&](double dropout) {
    must(workspace.apply(edit::SetNet{2, 2, false, hidden, {dropout, "", 0.001}}));
    return workspace.snapshot().now->train_loss;
  };
  // The same weights, and other shares of them left out in steps.
  const double more = measured(0.9), half = measured(0.5);
  CHECK(regularisation_of(workspace.scene()).dropout == 0.5);
  CHECK(half == more);
  const Tensor points = Tensor::of<float>(Shape{1, 2}, {0.3f, -0.2f});
  const double asked = must(workspace.predict(points)).number(0);
  CHECK(must(workspace.predict(points)).number(0) == asked);
  const int at = workspace.scene().index_of("layer_1/dropout");
  REQUIRE(at >= 0);
  const Tensor kept = workspace.snapshot().nodes[static_cast<std::size_t>(at)].value;
  const Tensor before =
      workspace.snapshot().nodes[static_cast<std::size_t>(workspace.scene().index_of("layer_1/Relu"))].value;
  std::int64_t dropped = 0, alive = 0;
  for (std::int64_t i = 0; i < kept.elements(); ++i) {
    if (before.number(i) == 0) continue;
    ++alive;
    dropped += kept.number(i) == 0;
  }
  REQUIRE(alive > 50);
  CHECK(static_cast<double>(dropped) / static_cast<double>(alive) == doctest::Approx(0.5).epsilon(0.3));
  workspace.advance(200, [] { return true; });
  CHECK(workspace.snapshot().now->train_accuracy > 0.7);
}

TEST_CASE("every dropout rests where the model is measured, whatever its name is in the graph") {
  // The graph has another name for what the first one's rate would be called.
  Workspace workspace;
  must(workspace.open(R"json({"sandflow": 1, "nodes": [
      {"name": "drop/rate", "type": "Const", "attrs": {"value": "7."}},
      {"name": "x", "type": "Const", "attrs": {"value": "[[1., 2.], [3., 4.]]"}},
      {"name": "drop", "type": "dropout", "inputs": ["x"], "attrs": {"rate": "0.25"}},
      {"name": "more", "type": "dropout", "inputs": ["drop"], "attrs": {"rate": "0.5"}},
      {"name": "more/rate", "type": "dropout", "inputs": ["more"], "attrs": {"rate": "0"}}]})json"));
  const Lowered& lowered = workspace.lowered();
  std::vector<double> rates;
  for (const Output rate : lowered.model.dropout_rates)
    rates.push_back(lowered.graph->node(rate.node).attr<Tensor>("value").number(0));
  CHECK(rates == std::vector<double>{0.25, 0.5});
}

}  // namespace sandflow::test
