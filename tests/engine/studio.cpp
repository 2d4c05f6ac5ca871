// Guards what looks into a run and leads it back: the time machine, kept runs, the doctor of divergences, and
// the three microscopes, held against independent sums.
#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "engine/core/text.h"
#include "engine/scene/runs.h"
#include "engine/scene/workspace.h"
#include "engine/training/optimizers.h"
#include "tests/engine/support.h"

namespace sandflow::test {

namespace {

bool always() { return true; }

void open_scene(Workspace& workspace, std::string_view name) {
  must(workspace.open(read_file(cat("../web/lessons/scenes/", name, ".json"))));
}

void set_training(Workspace& workspace, const std::function<void(Training&)>& change) {
  Training training = workspace.scene().training;
  change(training);
  must(workspace.apply(edit::SetTraining{training}));
}

std::size_t index_of(const Workspace& workspace, std::string_view name) {
  const int index = workspace.scene().index_of(name);
  REQUIRE(index >= 0);
  return static_cast<std::size_t>(index);
}

// A net with dropout, whose random stream is part of where a run is.
constexpr const char* kDropout = R"json({"sandflow": 1, "data": {"name": "moons", "examples": 60},
  "training": {"loss": "loss", "optimizer": {"name": "Adam", "learning_rate": 0.01},
               "initializer": {"name": "glorot_uniform"}, "batch_size": 7, "seed": 5},
  "nodes": [
  {"name": "x", "type": "Placeholder", "attrs": {"shape": "(None, 2)", "feed": "features"}},
  {"name": "y", "type": "Placeholder", "attrs": {"shape": "(None, 2)", "feed": "labels"}},
  {"name": "W", "type": "Variable", "attrs": {"shape": "(2, 8)"}},
  {"name": "h", "type": "MatMul", "inputs": ["x", "W"]},
  {"name": "noise", "type": "RandomUniform", "inputs": [{"value": "[8]"}]},
  {"name": "noisy", "type": "Mul", "inputs": ["h", "noise"]},
  {"name": "V", "type": "Variable", "attrs": {"shape": "(8, 2)"}},
  {"name": "logits", "type": "MatMul", "inputs": ["noisy", "V"]},
  {"name": "entropy", "type": "SoftmaxCrossEntropyWithLogits", "inputs": ["logits", "y"]},
  {"name": "loss", "type": "Mean", "inputs": ["entropy", {"value": "[0]"}]}]})json";

std::vector<double> losses_of(Workspace& workspace) {
  std::vector<double> losses;
  for (const LossPoint& point : workspace.snapshot().losses) losses.push_back(point.loss);
  return losses;
}

}  // namespace

TEST_CASE("a run that goes back and on again gives the same numbers, random streams included") {
  Workspace workspace;
  must(workspace.open(kDropout));
  workspace.advance(30, always);
  const std::vector<double> all = losses_of(workspace);
  REQUIRE(all.size() == 30);
  const auto at = [&](std::int64_t step) {
    for (std::size_t i = 0; i < workspace.checkpoints().size(); ++i)
      if (workspace.checkpoints()[i].counters.step == step) return i;
    FAIL("a checkpoint at every one of the first steps");
    return std::size_t{0};
  };
  workspace.go_to(at(11));
  CHECK(workspace.is_back());
  CHECK(workspace.snapshot().counters.step == 11);
  CHECK(workspace.snapshot().counters.examples == 42 + 5 * 7);  // 42 training examples are 6 batches of 7.
  CHECK(losses_of(workspace) == std::vector<double>(all.begin(), all.begin() + 11));
  // To and fro, and to the end: nothing is lost.
  workspace.go_to(at(3));
  workspace.go_to(at(20));
  CHECK(losses_of(workspace).size() == 20);
  workspace.go_to_end();
  CHECK_FALSE(workspace.is_back());
  CHECK(losses_of(workspace) == all);
  workspace.go_to(at(11));
  workspace.advance(19, always);
  CHECK(losses_of(workspace) == all);
  // The way that was left is kept.
  CHECK(workspace.kept_runs().size() == 1);
  CHECK(workspace.kept_runs()[0].losses.size() == 30);
}

TEST_CASE("another rate from a moment of the past is another run, and both can be compared") {
  Workspace workspace;
  open_scene(workspace, "spiral");
  workspace.advance(40, always);
  const std::vector<double> before = losses_of(workspace);
  workspace.go_to(10);
  set_training(workspace, [](Training& training) { training.optimizer.parameters["learning_rate"] = 0.3; });
  CHECK(workspace.snapshot().counters.step == 10);
  CHECK(workspace.is_back());
  workspace.advance(30, always);
  const std::vector<double> after = losses_of(workspace);
  REQUIRE(after.size() == 40);
  CHECK(std::equal(after.begin(), after.begin() + 11, before.begin()));
  CHECK(after.back() != before.back());
  // The run left behind is told by the rate it was made with.
  REQUIRE(workspace.kept_runs().size() == 1);
  const RunSettings now{workspace.scene().training, workspace.scene().data, workspace.scene().own,
                        workspace.scene().nodes.size()};
  CHECK(differences(workspace.kept_runs()[0].settings, now).size() == 1);
}

TEST_CASE("the last batch's loss is of the last step, though of a long run not every loss is kept") {
  Workspace workspace;
  open_scene(workspace, "penguins");
  CHECK(std::isnan(workspace.snapshot().batch_loss));
  workspace.advance(4200, always);
  int unkept = 0;
  for (int i = 0; i < 4; ++i) {
    const std::vector<double> singles = workspace.look_at_batch().losses;
    workspace.advance(1, always);
    const double mean =
        std::accumulate(singles.begin(), singles.end(), 0.0) / static_cast<double>(singles.size());
    CHECK(workspace.snapshot().batch_loss == doctest::Approx(mean).epsilon(1e-5));
    unkept += workspace.snapshot().losses.back().step != workspace.snapshot().counters.step;
  }
  CHECK(unkept >= 2);
  // Of a moment of the past it is that moment's.
  const double last = workspace.snapshot().batch_loss;
  workspace.go_to(workspace.checkpoints().size() / 2);
  const Snapshot& then = workspace.snapshot();
  CHECK(then.batch_loss != last);
  for (const LossPoint& point : then.losses)
    if (point.step == then.counters.step) CHECK(point.loss == then.batch_loss);
  workspace.go_to(0);
  CHECK(std::isnan(workspace.snapshot().batch_loss));
  workspace.go_to_end();
  CHECK(workspace.snapshot().batch_loss == last);
}

TEST_CASE("checkpoints stay few and small in a long run") {
  Workspace workspace;
  open_scene(workspace, "penguins");
  workspace.advance(20'000, always);
  CHECK(workspace.checkpoints().size() <= 64);
  CHECK(workspace.checkpoints().size() >= 32);
  CHECK(workspace.checkpoints().front().counters.step == 0);
  CHECK(workspace.checkpoints().back().counters.step > 19'000);
  CHECK(workspace.snapshot().losses.size() <= History<LossPoint>::kLimit);
}

TEST_CASE("a large net has a past of two moments at least, or pays for none") {
  // So many numbers that 64 MB hold two, and three, of what a step changes.
  for (const auto& [side, kept] : {std::pair{2600, 0}, std::pair{2300, 2}}) {
    Workspace workspace;
    must(workspace.open(cat(R"json({"sandflow": 1, "data": {"name": "moons", "examples": 4},
      "training": {"loss": "loss", "optimizer": {"name": "GradientDescent"}, "batch_size": 1},
      "nodes": [
      {"name": "x", "type": "Placeholder", "attrs": {"shape": "(None, 2)", "feed": "features"}},
      {"name": "wide", "type": "Tile", "inputs": ["x", {"value": "[1, )json",
                            side / 2, R"json(]"}]},
      {"name": "W", "type": "Variable", "attrs": {"shape": "()json",
                            side, ", ", side, R"json()"}},
      {"name": "out", "type": "MatMul", "inputs": ["wide", "W"]},
      {"name": "loss", "type": "Mean", "inputs": ["out", {"value": "[0, 1]"}]}]})json")));
    REQUIRE(workspace.snapshot().can_train);
    for (int i = 0; i < 6; ++i) {
      workspace.advance(1, always);
      if (i > 0) CHECK(workspace.checkpoints().size() == static_cast<std::size_t>(kept));
    }
  }
}

TEST_CASE("memory stays bounded in a run of a million steps, with all that looks on") {
  const std::int64_t steps = kIsSanitized ? 40'000 : kIsSlow ? 100'000 : 1'000'000;
  Workspace workspace;
  open_scene(workspace, "spiral");
  const auto make = [&](std::int64_t count) {
    // As an app does it: in slices, each looked at from all sides.
    for (int slice = 0; slice < 50; ++slice) {
      workspace.advance(count / 50, always);
      workspace.snapshot();
      workspace.look_at_layers();
    }
  };
  make(steps / 20);
  workspace.keep_run();
  const std::int64_t before = live_bytes();
  make(steps - steps / 20);
  CHECK(workspace.snapshot().counters.step == steps);
  const std::int64_t grown = live_bytes() - before;
  MESSAGE("of ", steps, " steps the last 95 % took ", grown, " bytes");
  CHECK(grown < 2'000'000);
  CHECK(workspace.snapshot().losses.size() <= History<LossPoint>::kLimit);
  CHECK(workspace.snapshot().evaluations.size() <= History<Evaluation>::kLimit);
  CHECK(workspace.layer_watch().moments().size() <= LayerWatch::kMoments);
  CHECK(workspace.checkpoints().size() <= 64);
  // And over all of it: the last of each is from the end.
  CHECK(workspace.snapshot().losses.back().step > steps * 99 / 100);
  CHECK(workspace.layer_watch().moments().back().step > steps * 9 / 10);
  CHECK(workspace.checkpoints().back().counters.step > steps * 9 / 10);
  for (int i = 0; i < 20; ++i) workspace.keep_run();
  CHECK(workspace.kept_runs().size() == kMostKeptRuns);
  CHECK(live_bytes() - before < 4'000'000);
}

TEST_CASE("the doctor names node, step and what grew, and heals by going back with a tenth of the rate") {
  Workspace workspace;
  must(workspace.apply(edit::SetData{{"line", {}}}));
  must(workspace.apply(edit::SetNet{1, 1, true, {}}));
  set_training(workspace, [](Training& training) {
    training.optimizer = {"GradientDescent", {{"learning_rate", 3}}};
    training.batch_size = 50;
  });
  CHECK(!workspace.diagnose());
  CHECK(!workspace.heal().ok());
  workspace.advance(5000, always);
  const auto found = workspace.diagnose();
  REQUIRE(found);
  CHECK(found->step == workspace.snapshot().counters.step);
  CHECK(workspace.scene().find(found->node));
  CHECK(found->layer == "output");
  CHECK(found->to > 1e6 * found->from);
  CHECK(found->last_loss > 1e6 * found->lowest_loss);
  // A step's loss is of before it: after the step it may be the harm already.
  CHECK(found->back_to < found->lowest_step);
  CHECK(!workspace.snapshot().can_train);
  must(workspace.heal());
  CHECK(!workspace.diagnose());
  CHECK(workspace.snapshot().can_train);
  CHECK(workspace.snapshot().counters.step == found->back_to);
  CHECK(workspace.scene().training.optimizer.parameters.at("learning_rate") == doctest::Approx(0.3));
  workspace.advance(500, always);
  CHECK(!workspace.diagnose());
  CHECK(workspace.snapshot().now->train_loss < 0.02);
  CHECK(workspace.kept_runs().size() == 1);
}

TEST_CASE(
    "kept runs: named, thinned, told apart by their settings, written as a table, not more than a few") {
  Workspace workspace;
  open_scene(workspace, "penguins");
  workspace.keep_run();
  CHECK(workspace.kept_runs().empty());  // There is nothing yet.
  workspace.advance(3000, always);
  workspace.keep_run();
  REQUIRE(workspace.kept_runs().size() == 1);
  CHECK(workspace.kept_runs()[0].losses.size() <= 1024);
  CHECK(workspace.kept_runs()[0].losses.back().step == workspace.snapshot().losses.back().step);
  CHECK(differences(workspace.kept_runs()[0].settings, workspace.settings()).empty());
  set_training(workspace, [](Training& training) {
    training.optimizer.parameters["learning_rate"] = 0.5;
    training.seed = 9;
  });
  CHECK(differences(workspace.kept_runs()[0].settings, workspace.settings()) ==
        std::vector<std::string>{"learning_rate 0.1", "seed 1"});
  must(workspace.apply(edit::SetInitializer{{"zeros", {}}}));
  set_training(workspace, [](Training& training) { training.optimizer = {"Adam", {}}; });
  const auto other = differences(workspace.kept_runs()[0].settings, workspace.settings());
  CHECK(other == std::vector<std::string>{"Momentum", "learning_rate 0.1", "momentum 0.9", "truncated_normal",
                                          "stddev 0.1", "seed 1"});
  workspace.rename_run(0, "first, \"best\"");
  workspace.rename_run(5, "nobody");
  workspace.advance(3, always);
  workspace.keep_run();
  const std::string csv = runs_csv(workspace.kept_runs());
  CHECK(csv.starts_with(
      "\xEF\xBB\xBFrun,step,epoch,batch_loss,train_loss,test_loss,train_accuracy,test_accuracy\n"));
  CHECK(csv.find("\"first, \"\"best\"\"\",0,0,,") != std::string::npos);
  CHECK(csv.find("\n2,3,,") != std::string::npos);
  workspace.remove_run(0);
  CHECK(workspace.kept_runs().size() == 1);
  for (int i = 0; i < 20; ++i) workspace.keep_run();
  CHECK(workspace.kept_runs().size() == kMostKeptRuns);
  for (std::size_t i = 0; i < kMostKeptRuns; ++i)  // The last ones of 22, whatever they are called.
    CHECK(workspace.kept_runs()[i].number == static_cast<int>(22 - kMostKeptRuns + 1 + i));
  open_scene(workspace, "spiral");
  CHECK(workspace.kept_runs().empty());
}

TEST_CASE("every gradient of the lessons' nets agrees with a numeric one in float64") {
  Workspace workspace;
  for (const char* scene : {"penguins", "spiral"}) {
    open_scene(workspace, scene);
    workspace.advance(25, always);
    int checked = 0;
    for (std::size_t i = 0; i < workspace.scene().nodes.size(); ++i) {
      if (!workspace.snapshot().nodes[i].gradient.defined()) continue;
      const GradientCheck check = must(workspace.check_gradient(i));
      CHECK(check.is_double);
      CHECK(!check.elements.empty());
      CHECK_MESSAGE(check.largest_error < 1e-4,
                    cat(scene, ", ", workspace.scene().nodes[i].name, ": ", check.largest_error));
      ++checked;
    }
    CHECK(checked >= 5);
    CHECK(error_text(workspace.check_gradient(index_of(workspace, "y"))).find("no gradient") !=
          std::string::npos);
  }
}

TEST_CASE("a gradient that is wrong on purpose does not pass") {
  Workspace workspace;
  open_scene(workspace, "penguins");
  // A label that follows the logits, but through StopGradient.
  must(workspace.apply(
      edit::AddNode{{.name = "stop", .type = "StopGradient", .inputs = {Port::wire("logits")}}}));
  must(workspace.apply(
      edit::AddNode{{.name = "wrong", .type = "Mul", .inputs = {Port::wire("stop"), Port::wire("logits")}}}));
  must(workspace.apply(edit::AddNode{
      {.name = "total", .type = "Mean", .inputs = {Port::wire("wrong"), Port::literal("[0, 1]")}}}));
  set_training(workspace, [](Training& training) { training.loss = "total"; });
  CHECK(must(workspace.check_gradient(index_of(workspace, "W"))).largest_error > 0.3);
}

TEST_CASE("a gradient that is no number does not pass") {
  Workspace workspace;
  open_scene(workspace, "penguins");
  must(workspace.apply(edit::AddNode{{.name = "root", .type = "Sqrt", .inputs = {Port::wire("MatMul")}}}));
  must(workspace.apply(edit::AddNode{
      {.name = "total", .type = "Mean", .inputs = {Port::wire("root"), Port::literal("[0, 1]")}}}));
  set_training(workspace, [](Training& training) {
    training.loss = "total";
    training.initializer = {"zeros", {}};
  });
  CHECK_FALSE(must(workspace.check_gradient(index_of(workspace, "W"))).largest_error < 1e9);
}

TEST_CASE("a batch's gradient is the mean of its examples', and looking leaves the run alone") {
  Workspace workspace;
  open_scene(workspace, "penguins");
  workspace.advance(7, always);
  const BatchSight sight = workspace.look_at_batch();
  REQUIRE(sight.examples.size() == 10);
  CHECK(sight.rows.size() == 10);
  CHECK(sight.full_examples == 239);
  CHECK(sight.parameters == 15);
  double along = 0, across = 0, largest = 0;
  for (const GradientArrow& each : sight.examples) {
    along += each.along / 10;
    across += each.across / 10;
    largest = std::max(largest, each.norm);
    CHECK(std::hypot(each.along, each.across) <= each.norm * (1 + 1e-6));
  }
  CHECK(sight.batch.along == doctest::Approx(along).epsilon(1e-4));
  CHECK(sight.batch.across == doctest::Approx(across).epsilon(1e-4));
  // All of the batch's gradient lies in the plane that is shown.
  CHECK(std::hypot(sight.batch.along, sight.batch.across) == doctest::Approx(sight.batch.norm).epsilon(1e-5));
  CHECK(sight.batch.norm <= largest);
  CHECK(sight.cosine == doctest::Approx(sight.batch.along / sight.batch.norm).epsilon(1e-5));
  CHECK(sight.full.across == doctest::Approx(0).epsilon(1e-6));
  set_training(workspace, [](Training& training) { training.batch_size = 1000; });
  // What is left of the epoch is less than all.
  const BatchSight rest = workspace.look_at_batch();
  CHECK(rest.rows.size() == 239 - 70);
  CHECK(rest.cosine > sight.cosine - 0.3);
  Workspace other;
  open_scene(other, "penguins");
  other.advance(7, always);
  set_training(workspace, [](Training& training) { training.batch_size = 10; });
  workspace.advance(20, always);
  other.advance(20, always);
  CHECK(losses_of(workspace) == losses_of(other));
}

TEST_CASE("one step of one parameter: the numbers put into every optimizer's rule give what the step gives") {
  Workspace workspace;
  const std::vector<std::pair<const char*, std::map<std::string, double>>> more{
      {"RMSProp", {{"momentum", 0.5}}},
      {"Ftrl",
       {{"l1_regularization_strength", 0.05},
        {"l2_regularization_strength", 0.1},
        {"l2_shrinkage_regularization_strength", 0.1},
        {"learning_rate_power", -0.4}}},
      {"ProximalGradientDescent", {{"l1_regularization_strength", 0.1}, {"l2_regularization_strength", 0.1}}},
      {"ProximalAdagrad", {{"l1_regularization_strength", 0.01}, {"l2_regularization_strength", 0.1}}},
      {"AdagradDA", {{"l1_regularization_strength", 0.001}, {"l2_regularization_strength", 0.01}}},
      {"TorchRMSprop", {{"momentum", 0.9}}}};
  std::vector<Choice> choices;
  for (const OptimizerType& type : optimizer_types()) choices.push_back({type.name, {}});
  CHECK(choices.size() == 24);
  for (const auto& [name, parameters] : more) choices.push_back({name, parameters});
  for (const Choice& choice : choices) {
    CAPTURE(choice.name);
    open_scene(workspace, "penguins");
    set_training(workspace, [&](Training& training) { training.optimizer = choice; });
    for (const char* variable : {"W", "b"}) {
      workspace.advance(5, always);
      const std::int64_t step = workspace.snapshot().counters.step;
      const UpdateSight sight = must(workspace.look_at_update(variable, 2));
      CHECK(workspace.snapshot().counters.step == step);
      CHECK(sight.step == step + 1);
      CHECK(sight.after != sight.before);
      REQUIRE(!sight.lines.empty());
      CHECK(sight.lines.back().starts_with("W ← "));
      // Of the change, not of the weight: that is what the lines are about.
      CHECK(std::fabs(sight.predicted - sight.after) <=
            1e-3 * std::fabs(sight.after - sight.before) + 1e-6 * std::fabs(sight.after));
      const std::size_t at = index_of(workspace, variable);
      CHECK(workspace.snapshot().nodes[at].value.number(2) == sight.before);
      workspace.advance(1, always);
      CHECK(workspace.snapshot().nodes[at].value.number(2) == sight.after);
    }
  }
  CHECK(!workspace.look_at_update("x", 0).ok());
  CHECK(!workspace.look_at_update("W", 12).ok());
}

TEST_CASE("whichever Variables are looked at, the microscopes hold no more than one step makes") {
  Workspace workspace;
  must(workspace.apply(edit::SetData{{"moons", {{"examples", 2000}}}}));
  must(workspace.apply(edit::SetNet{2, 2, false, {{64, "Relu", {}}, {64, "Relu", {}}, {64, "Relu", {}}}}));
  set_training(workspace, [](Training& training) { training.batch_size = 1000; });
  workspace.advance(1, always);
  workspace.snapshot();
  const std::int64_t before = Tensor::live_bytes();
  std::int64_t first = 0;
  int looks = 0;
  for (const SceneNode& node : workspace.scene().nodes) {
    if (node.type != "Variable") continue;
    CHECK(must(workspace.look_at_update(node.name, 0)).lines.size() > 0);
    if (++looks == 1) first = Tensor::live_bytes() - before;
    CHECK(Tensor::live_bytes() - before <= first);
  }
  CHECK(looks == 8);
  CHECK(first > 1'000'000);
  workspace.look_at_batch();
  CHECK(Tensor::live_bytes() - before < 2 * first);
}

TEST_CASE("the rule is told with what a schedule, clipping and a draw at random make of rate and gradient") {
  Workspace workspace;
  must(workspace.open(kDropout));
  set_training(workspace, [](Training& training) {
    training.optimizer = {"GradientDescent", {{"learning_rate", 0.5}}};
    training.schedule = {"exponential_decay", {{"decay_steps", 2}, {"decay_rate", 0.5}}};
    training.clipping = {"clip_by_norm", {{"clip_norm", 0.01}}};
  });
  workspace.advance(4, always);
  const UpdateSight sight = must(workspace.look_at_update("W", 3));
  REQUIRE(sight.lines.size() == 1);
  CHECK(sight.lines[0].starts_with("W ← W − η · g = "));
  CHECK(sight.lines[0].find(" − 0.125 · ") != std::string::npos);
  CHECK(std::fabs(sight.gradient) <= 0.01);
  CHECK(sight.predicted == doctest::Approx(sight.after).epsilon(1e-6));
  CHECK(sight.predicted != sight.before);
}

TEST_CASE("a rule is read as arithmetic is, and written with numbers that cannot be misread") {
  const Symbols symbols{{"g", -0.5}, {"β₁", 0.9}, {"m", 2}, {"ε", 1e-8}, {"‖W‖", 3}, {"v", 4}};
  const auto check = [&](const char* text, double value, const char* numbers) {
    const Evaluated found = evaluate(text, symbols);
    CHECK(found.value == doctest::Approx(value));
    CHECK(found.numbers == numbers);
  };
  check("β₁ · m + (1 − β₁) · g²", 1.825, "0.9 · 2 + (1 − 0.9) · (−0.5)²");
  check("−g − g · g", 0.25, "−(−0.5) − (−0.5) · (−0.5)");
  check("m / √v / (√v + ε)", 0.5, "2 / √4 / (√4 + 1e-08)");
  check("max(g, |g|, 0.25) · sign(g)", -0.5, "max(−0.5, |−0.5|, 0.25) · sign(−0.5)");
  check("2 · ‖W‖^(−g) · v^0.5^m", 2 * std::sqrt(3.0) * std::pow(4.0, 0.25), "2 · 3^(−(−0.5)) · 4^0.5^2");
}

}  // namespace sandflow::test
