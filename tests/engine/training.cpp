// Guards learning: batches, counters and optimizers do what they say, the data is clean, and the lessons'
// networks learn.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <set>

#include "engine/core/text.h"
#include "engine/scene/workspace.h"
#include "engine/training/batches.h"
#include "engine/training/csv.h"
#include "engine/training/history.h"
#include "tests/engine/support.h"

namespace sandflow::test {

namespace {

bool always() { return true; }

// --- Batches ---------------------------------------------------------------------------------------------

// The examples of the next epoch, batch by batch; `size(k)` is that of batch k.
template <class Size>
std::vector<std::vector<std::int32_t>> epoch(Batches& batches, Size size) {
  std::vector<std::vector<std::int32_t>> out;
  while (true) {
    const auto batch = batches.peek(size(out.size()));
    out.emplace_back(batch.begin(), batch.end());
    if (batches.advance(static_cast<std::int64_t>(out.back().size()))) return out;
  }
}

std::vector<std::int32_t> joined(const std::vector<std::vector<std::int32_t>>& batches) {
  std::vector<std::int32_t> all;
  for (const auto& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

bool is_each_once(std::vector<std::int32_t> examples, std::size_t count) {
  std::sort(examples.begin(), examples.end());
  std::vector<std::int32_t> expected(count);
  std::iota(expected.begin(), expected.end(), 0);
  return examples == expected;
}

// --- Scenes ----------------------------------------------------------------------------------------------

std::string scene_text(std::string_view name) {
  return read_file(cat("../web/lessons/scenes/", name, ".json"));
}

void open(Workspace& workspace, std::string_view name) { must(workspace.open(scene_text(name))); }

void set_training(Workspace& workspace, const std::function<void(Training&)>& change) {
  Training training = workspace.scene().training;
  change(training);
  must(workspace.apply(edit::SetTraining{training}));
}

// Linear regression by squares, which a large learning rate blows up.
constexpr const char* kSquares = R"json({
  "sandflow": 1,
  "data": {"name": "circle", "examples": 40},
  "training": {
    "loss": "loss",
    "prediction": "prediction",
    "optimizer": {"name": "GradientDescent", "learning_rate": 0.1},
    "initializer": {"name": "truncated_normal", "stddev": 0.1},
    "batch_size": 10,
    "seed": 3
  },
  "nodes": [
    {"name": "x", "type": "Placeholder", "attrs": {"shape": "(None, 2)", "feed": "features"}},
    {"name": "y", "type": "Placeholder", "attrs": {"shape": "(None, 2)", "feed": "labels"}},
    {"name": "W", "type": "Variable", "attrs": {"shape": "(2, 2)"}},
    {"name": "prediction", "type": "MatMul", "inputs": ["x", "W"]},
    {"name": "error", "type": "Sub", "inputs": ["prediction", "y"]},
    {"name": "square", "type": "Square", "inputs": ["error"]},
    {"name": "loss", "type": "Mean", "inputs": ["square", {"value": "[0, 1]"}]}
  ]
})json";

}  // namespace

TEST_CASE("an epoch goes through every example once, and its last batch may be short") {
  Batches batches(23, 1);
  for (int round = 0; round < 3; ++round) {
    CHECK(batches.left_in_epoch() == 23);
    const auto made = epoch(batches, [](std::size_t) { return 10; });
    REQUIRE(made.size() == 3);
    CHECK(made[0].size() == 10);
    CHECK(made[2].size() == 3);
    CHECK(is_each_once(joined(made), 23));
  }
}

TEST_CASE("the batch size may change midway, and be of any size") {
  Batches batches(23, 1);
  CHECK(is_each_once(
      joined(epoch(batches, [](std::size_t k) { return static_cast<std::int64_t>(1 + 3 * k); })), 23));
  CHECK(epoch(batches, [](std::size_t) { return 1000; }).size() == 1);
  CHECK(epoch(batches, [](std::size_t) { return 1; }).size() == 23);
  CHECK(epoch(batches, [](std::size_t) { return -5; }).size() == 23);
}

TEST_CASE("every epoch has an order of its own, fixed by the seed") {
  const auto orders = [](std::uint64_t seed) {
    Batches batches(50, seed);
    std::vector<std::vector<std::int32_t>> out;
    for (int round = 0; round < 4; ++round)
      out.push_back(joined(epoch(batches, [&](std::size_t) { return 7 + round; })));
    return out;
  };
  const auto first = orders(1);
  CHECK(first == orders(1));
  CHECK(first != orders(2));
  CHECK(std::set(first.begin(), first.end()).size() == 4);
}

TEST_CASE("looking at the next batch does not go on to it") {
  Batches batches(10, 1);
  const auto first = batches.peek(4);
  const std::vector<std::int32_t> kept(first.begin(), first.end());
  const auto again = batches.peek(4);
  CHECK(std::equal(kept.begin(), kept.end(), again.begin(), again.end()));
}

TEST_CASE("a history of any length stays bounded, evenly spread and begins at the beginning") {
  History<int> history;
  for (int i = 0; i < 100000; ++i) {
    history.add(i);
    REQUIRE(history.entries().size() <= History<int>::kLimit);
  }
  const auto& kept = history.entries();
  CHECK(kept.size() >= History<int>::kLimit / 2 - 1);
  CHECK(kept[0] == 0);
  const int stride = kept[1];
  for (std::size_t i = 0; i < kept.size(); ++i) CHECK(kept[i] == static_cast<int>(i) * stride);
  CHECK(kept.back() + stride >= 100000);
}

// --- Data ------------------------------------------------------------------------------------------------

TEST_CASE("every data set is described, split by its share, labelled one-hot and fixed by its seed") {
  for (const DatasetType& type : dataset_types()) {
    INFO(type.name);
    CHECK(find_dataset_type(type.name) == &type);
    CHECK(std::string_view(type.help).ends_with('.'));
    if (!type.make || type.is_supplied) continue;  // Made of what somebody gives: tests/engine/data.cpp.
    const auto made = [&](const std::map<std::string, double>& given) {
      return must(type.make(complete(type.parameters, given)));
    };
    const Dataset set = made({}), same = made({}), other = made({{"data_seed", 2}});
    const std::int64_t all = set.train.size() + set.test.size();
    CHECK(set.test.size() == static_cast<std::int64_t>(std::floor(0.3 * static_cast<double>(all) + 0.5)));
    CHECK(made({{"test_share", 0}}).test.size() == 0);
    CHECK(made({{"test_share", 0}}).train.size() == all);
    CHECK(set.train.features.same_bits(same.train.features));
    CHECK(set.test.labels.same_bits(same.test.labels));
    CHECK_FALSE(set.train.features.same_bits(other.train.features));
    const auto columns = static_cast<std::int64_t>(set.feature_names.size());
    const auto classes = static_cast<std::int64_t>(set.class_names.size());
    if (set.is_regression()) {
      CHECK(set.train.labels.shape() == Shape{set.train.size(), 1});
      CHECK(set.train.classes.empty());
      continue;
    }
    for (const Examples* part : {&set.train, &set.test}) {
      CHECK(part->features.shape() == Shape{part->size(), columns});
      CHECK(part->labels.shape() == Shape{part->size(), classes});
      for (std::int64_t i = 0; i < part->size(); ++i)
        for (std::int64_t j = 0; j < classes; ++j)
          CHECK(part->labels.number(i * classes + j) == (j == part->classes[static_cast<std::size_t>(i)]));
    }
    // Neither part lacks a class.
    CHECK(std::set(set.train.classes.begin(), set.train.classes.end()).size() ==
          static_cast<std::size_t>(classes));
    CHECK(std::set(set.test.classes.begin(), set.test.classes.end()).size() ==
          static_cast<std::size_t>(classes));
  }
  CHECK(find_dataset_type("nobody") == nullptr);
}

TEST_CASE("data sets can be as small and as large as their parameters allow") {
  for (const DatasetType& type : dataset_types())
    for (const Parameter& parameter : type.parameters)
      for (double value : {parameter.minimum, parameter.maximum}) {
        if (!type.make || type.is_supplied) continue;
        INFO(type.name, ": ", parameter.name, " = ", value);
        const auto set = type.make(complete(type.parameters, {{parameter.name, value}}));
        REQUIRE(set.ok());
        CHECK(set->train.size() >= 1);
      }
}

TEST_CASE("the penguins are 342, and what was left out is said") {
  const DatasetType& type = *find_dataset_type("penguins");
  const Dataset set = must(type.make(complete(type.parameters, {})));
  CHECK(set.train.size() == 239);
  CHECK(set.test.size() == 103);
  CHECK(set.class_names == std::vector<std::string>{"Adelie", "Chinstrap", "Gentoo"});
  CHECK(set.notes == std::vector<std::string>{"line 5: no value for 'bill_length_mm'",
                                              "line 341: no value for 'bill_length_mm'"});
}

TEST_CASE("standardising knows the training set only") {
  const DatasetType& type = *find_dataset_type("penguins");
  const auto made = [&](double share) {
    return must(type.make(complete(type.parameters, {{"test_share", share}})));
  };
  const auto mean = [](const Examples& part, std::int64_t column) {
    double sum = 0;
    for (std::int64_t i = 0; i < part.size(); ++i) sum += part.features.number(i * 4 + column);
    return sum / static_cast<double>(part.size());
  };
  const Dataset set = made(0.3), all = made(0);
  for (std::int64_t column = 0; column < 4; ++column) {
    const auto k = static_cast<std::size_t>(column);
    CHECK(is_near(mean(set.train, column), 0, 0, 1e-6));
    double squares = 0;
    for (std::int64_t i = 0; i < set.train.size(); ++i)
      squares += std::pow(set.train.features.number(i * 4 + column), 2);
    CHECK(is_near(squares / static_cast<double>(set.train.size()), 1, 1e-5));
    // The test examples were moved by the same amounts: put back, both parts together have the mean of all.
    CHECK(std::abs(mean(set.test, column)) > 1e-3);
    const auto n = static_cast<double>(set.train.size()), m = static_cast<double>(set.test.size());
    const double together =
        set.mean[k] + set.deviation[k] * (n * mean(set.train, column) + m * mean(set.test, column)) / (n + m);
    CHECK(is_near(together, all.mean[k], 1e-6));
    CHECK_FALSE(is_near(set.mean[k], all.mean[k], 1e-6));
  }
}

TEST_CASE("generated sets are used as they are") {
  for (const char* name : {"circle", "spiral", "xor"}) {
    const DatasetType& type = *find_dataset_type(name);
    const Dataset set = must(type.make(complete(type.parameters, {})));
    CHECK(set.mean == std::vector<double>{0, 0});
    CHECK(set.deviation == std::vector<double>{1, 1});
    CHECK(set.notes.empty());
  }
}

// --- Runs ------------------------------------------------------------------------------------------------

TEST_CASE("steps, epochs and examples are counted when they are complete, not before") {
  Workspace workspace;
  open(workspace, "penguins");
  CHECK(workspace.snapshot().batches_per_epoch == 24);
  CHECK(workspace.steps_to_epoch_end() == 24);
  CHECK(workspace.advance(23, always) == 23);
  CHECK(workspace.snapshot().counters.epoch == 0);
  CHECK(workspace.snapshot().counters.examples == 230);
  CHECK(workspace.steps_to_epoch_end() == 1);
  CHECK(workspace.advance(1, always) == 1);
  CHECK(workspace.snapshot().counters.step == 24);
  CHECK(workspace.snapshot().counters.epoch == 1);
  CHECK(workspace.snapshot().counters.examples == 239);
  CHECK(workspace.steps_to_epoch_end() == 24);
  // The whole sets are measured at the start and after each epoch.
  REQUIRE(workspace.snapshot().evaluations.size() == 2);
  CHECK(workspace.snapshot().evaluations[0].step == 0);
  CHECK(workspace.snapshot().evaluations[1].step == 24);
  CHECK(workspace.snapshot().evaluations[1].epoch == 1);
  // A larger batch midway.
  workspace.advance(4, always);
  set_training(workspace, [](Training& t) { t.batch_size = 150; });
  CHECK(workspace.steps_to_epoch_end() == 2);
  workspace.advance(2, always);
  CHECK(workspace.snapshot().counters.step == 30);
  CHECK(workspace.snapshot().counters.epoch == 2);
  CHECK(workspace.snapshot().counters.examples == 478);
}

TEST_CASE(
    "the first epoch of many examples is tested within, after twice as many each time; few are measured at "
    "once") {
  Workspace workspace;
  open(workspace, "spiral");
  must(workspace.apply(edit::SetData{{"spiral", {{"examples", 5000}}}}));
  set_training(workspace, [](Training& t) { t.batch_size = 10; });
  const auto steps_measured = [&] {
    std::vector<std::int64_t> steps;
    for (const Evaluation& e : workspace.snapshot().evaluations) steps.push_back(e.step);
    return steps;
  };
  workspace.advance(49, always);
  CHECK(workspace.snapshot().now->step == 0);
  workspace.advance(1, always);
  const Evaluation first = *workspace.snapshot().now;
  CHECK(first.step == 50);
  CHECK(first.epoch == 0);
  CHECK(std::isnan(first.train_loss));
  CHECK(first.test_loss != workspace.snapshot().evaluations[0].test_loss);
  // What was measured is the test set, with the parameters of that step.
  const Examples& test = workspace.dataset()->test;
  const Tensor answers = must(workspace.predict(test.features));
  std::int64_t right = 0;
  const std::int64_t classes = answers.shape().dim(1);
  for (std::int64_t i = 0; i < test.size(); ++i) {
    std::int64_t best = 0;
    for (std::int64_t c = 1; c < classes; ++c)
      if (answers.number(i * classes + c) > answers.number(i * classes + best)) best = c;
    right += best == test.classes[static_cast<std::size_t>(i)];
  }
  CHECK(first.test_accuracy ==
        doctest::Approx(static_cast<double>(right) / static_cast<double>(test.size())));
  workspace.advance(700, always);
  CHECK(steps_measured() == std::vector<std::int64_t>{0, 50, 100, 200, 350, 700});
  CHECK(workspace.snapshot().now->step == 700);
  CHECK(!std::isnan(workspace.snapshot().evaluations[4].train_loss));
  // In batches that jump over a moment, it is the batch's end that is measured.
  workspace.reset();
  set_training(workspace, [](Training& t) { t.batch_size = 1200; });
  workspace.advance(3, always);
  CHECK(steps_measured() == std::vector<std::int64_t>{0, 1, 2, 3});
  must(workspace.apply(edit::SetData{{"spiral", {{"examples", 2000}}}}));
  set_training(workspace, [](Training& t) { t.batch_size = 10; });
  workspace.advance(130, always);
  CHECK(steps_measured() == std::vector<std::int64_t>{0});
  CHECK(workspace.snapshot().now->step == 130);
  CHECK(!std::isnan(workspace.snapshot().now->train_loss));
}

TEST_CASE("a batch larger than the training set is the training set") {
  Workspace workspace;
  open(workspace, "penguins");
  set_training(workspace, [](Training& t) { t.batch_size = std::numeric_limits<std::int64_t>::max(); });
  CHECK(workspace.snapshot().batches_per_epoch == 1);
  CHECK(workspace.steps_to_epoch_end() == 1);
  workspace.advance(3, always);
  CHECK(workspace.snapshot().counters.epoch == 3);
  CHECK(workspace.snapshot().counters.examples == 3 * 239);
}

TEST_CASE("a run can be stopped after any step, and goes on as if it had not been") {
  Workspace paused, straight;
  open(paused, "spiral");
  open(straight, "spiral");
  int asked = 0;
  CHECK(paused.advance(100, [&] { return ++asked < 7; }) == 7);
  CHECK(paused.advance(0, always) == 0);
  CHECK(paused.advance(33, always) == 33);
  CHECK(straight.advance(40, always) == 40);
  REQUIRE(paused.snapshot().losses.size() == 40);
  for (std::size_t i = 0; i < 40; ++i)
    CHECK(paused.snapshot().losses[i].loss == straight.snapshot().losses[i].loss);
}

TEST_CASE("looking at a run does not change it") {
  Workspace watched, alone;
  open(watched, "penguins");
  open(alone, "penguins");
  for (int i = 0; i < 30; ++i) {
    watched.advance(1, always);
    watched.snapshot();
    must(watched.predict(Tensor(DType::kFloat32, {5, 4})));
  }
  alone.advance(30, always);
  CHECK(watched.snapshot().losses.back().loss == alone.snapshot().losses.back().loss);
}

TEST_CASE("the lessons' networks learn") {
  Workspace workspace;
  const auto accuracy = [&](const char* scene, std::int64_t steps) {
    open(workspace, scene);
    CHECK(workspace.advance(steps, always) == steps);
    // Measured where the last epoch ended, at most one epoch ago.
    return workspace.snapshot().evaluations.back().test_accuracy;
  };
  CHECK(accuracy("penguins", 1000) >= 0.97);
  CHECK(accuracy("spiral", 2000) >= 0.95);
}

TEST_CASE("the first 100 steps of the lessons are the recorded ones, to the last digit, on every machine") {
  for (const char* name : {"penguins", "spiral"}) {
    INFO(name);
    const Table curve = must(parse_csv(read_file(cat("curves/", name, ".csv"))));
    Workspace workspace;
    open(workspace, name);
    workspace.advance(100, always);
    const Snapshot& snapshot = workspace.snapshot();
    REQUIRE(curve.rows.size() == 101);
    REQUIRE(snapshot.losses.size() == 100);
    const auto cell = [&](std::size_t row, const char* column) {
      return curve.rows[row].cells[static_cast<std::size_t>(curve.column(column))];
    };
    std::size_t measured = 0;
    for (std::size_t row = 0; row <= 100; ++row) {
      INFO("row ", row);
      CHECK(cell(row, "step") == std::to_string(row));
      if (row > 0) CHECK(cell(row, "batch_loss") == shortest(snapshot.losses[row - 1].loss));
      if (cell(row, "epoch").empty()) continue;
      REQUIRE(measured < snapshot.evaluations.size());
      const Evaluation& e = snapshot.evaluations[measured++];
      CHECK(e.step == static_cast<std::int64_t>(row));
      CHECK(cell(row, "epoch") == std::to_string(e.epoch));
      CHECK(cell(row, "train_loss") == shortest(e.train_loss));
      CHECK(cell(row, "train_accuracy") == shortest(e.train_accuracy));
      CHECK(cell(row, "test_loss") == shortest(e.test_loss));
      CHECK(cell(row, "test_accuracy") == shortest(e.test_accuracy));
    }
    CHECK(measured == snapshot.evaluations.size());
  }
}

TEST_CASE("the seed decides a run, the learning rate changes it while it goes on") {
  const auto last_loss = [](const std::function<void(Workspace&)>& change) {
    Workspace workspace;
    open(workspace, "penguins");
    change(workspace);
    workspace.advance(20, always);
    return workspace.snapshot().losses.back().loss;
  };
  const double plain = last_loss([](Workspace&) {});
  CHECK(plain == last_loss([](Workspace&) {}));
  CHECK(plain != last_loss([](Workspace& w) { set_training(w, [](Training& t) { t.seed = 2; }); }));
  Workspace workspace;
  open(workspace, "penguins");
  workspace.advance(10, always);
  set_training(workspace, [](Training& t) { t.optimizer.parameters["learning_rate"] = 0; });
  CHECK(workspace.snapshot().counters.step == 10);
  workspace.advance(10, always);
  CHECK(workspace.snapshot().counters.step == 20);
  CHECK(workspace.snapshot().losses[9].loss != workspace.snapshot().losses[19].loss);
  CHECK(workspace.snapshot().losses.back().loss != plain);
}

TEST_CASE("a rate of zero changes no parameter") {
  Workspace workspace;
  open(workspace, "penguins");
  set_training(workspace, [](Training& t) { t.optimizer.parameters["learning_rate"] = 0; });
  const auto w = static_cast<std::size_t>(workspace.scene().index_of("W"));
  const Tensor before = workspace.snapshot().nodes[w].value;
  workspace.advance(5, always);
  CHECK(workspace.snapshot().nodes[w].value.same_bits(before));
  set_training(workspace, [](Training& t) { t.optimizer.parameters["learning_rate"] = 0.1; });
  workspace.advance(1, always);
  CHECK_FALSE(workspace.snapshot().nodes[w].value.same_bits(before));
}

TEST_CASE("a learning rate of 1000 diverges, the node is named, and a reset repeats the same numbers") {
  Workspace workspace;
  must(workspace.open(kSquares));
  workspace.advance(50, always);
  CHECK(workspace.snapshot().losses.back().loss < workspace.snapshot().losses.front().loss);
  CHECK_FALSE(workspace.snapshot().divergence);
  set_training(workspace, [](Training& t) { t.optimizer.parameters["learning_rate"] = 1000; });
  workspace.reset();
  const std::int64_t made = workspace.advance(1000, always);
  const Snapshot first = workspace.snapshot();
  CHECK(made < 100);
  CHECK(first.counters.step == made);
  REQUIRE(first.divergence);
  CHECK(first.divergence->step == made);
  CHECK(first.divergence->node == "square");
  CHECK_FALSE(first.can_train);
  CHECK(workspace.advance(10, always) == 0);
  workspace.reset();
  CHECK(workspace.snapshot().counters.step == 0);
  CHECK_FALSE(workspace.snapshot().divergence);
  CHECK(workspace.snapshot().can_train);
  CHECK(workspace.advance(1000, always) == made);
  const Snapshot& second = workspace.snapshot();
  CHECK(second.divergence->node == first.divergence->node);
  REQUIRE(second.losses.size() == first.losses.size());
  for (std::size_t i = 0; i + 1 < first.losses.size(); ++i)
    CHECK(second.losses[i].loss == first.losses[i].loss);
}

TEST_CASE("a loss of one Variable trains without data, and can be seen along it without moving anything") {
  Workspace workspace;
  open(workspace, "deep_valley");
  const std::vector<double> places{-4, -2, 0, 2};
  const std::vector<double> heights = must(workspace.sweep("w", "height", places));
  REQUIRE(heights.size() == places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    const double x = places[i];
    const double expected =
        0.1 * x * x - 1.5 * std::exp(-(x + 2) * (x + 2)) - 2 * std::exp(-(x - 2) * (x - 2));
    CHECK(heights[i] == doctest::Approx(expected).epsilon(1e-5));
  }
  CHECK(workspace.snapshot().counters.step == 0);
  CHECK(workspace.advance(300, always) == 300);
  const double trained = workspace.snapshot().now->train_loss;
  CHECK(trained == doctest::Approx(must(workspace.sweep("w", "loss", std::vector<double>{-1.867})).front())
                       .epsilon(1e-3));  // Where momentum 0.9 comes to rest: it does not get out.
  CHECK(workspace.snapshot().now->train_loss == trained);
  CHECK_FALSE(workspace.sweep("nobody", "loss", places).ok());
  CHECK_FALSE(workspace.sweep("w", "nobody", places).ok());
}

}  // namespace sandflow::test
