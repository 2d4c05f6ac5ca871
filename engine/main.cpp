// The command line: trains a scene without a screen.
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/text.h"
#include "engine/scene/workspace.h"

namespace {

using namespace sandflow;

constexpr const char* kUsage =
    "usage: sandflow train SCENE.json [--steps N] [--seed S] [--csv]\n"
    "  Trains a scene and prints its result; with --csv every step's loss and every epoch's measures.\n";

int fail(std::string_view message) {
  std::cerr << "sandflow: " << message << "\n";
  return 1;
}

// One row a step; measures of the whole sets where an epoch ended. Every digit is printed: two runs of one
// scene and seed must give the same bytes.
void print_csv(const Snapshot& snapshot) {
  std::puts("step,batch_loss,epoch,train_loss,train_accuracy,test_loss,test_accuracy");
  std::size_t next = 0;
  const auto measures = [&](std::int64_t step) -> std::string {
    if (next >= snapshot.evaluations.size() || snapshot.evaluations[next].step != step) return ",,,,";
    const Evaluation& e = snapshot.evaluations[next++];
    return cat(e.epoch, ",", shortest(e.train_loss), ",", shortest(e.train_accuracy), ",",
               shortest(e.test_loss), ",", shortest(e.test_accuracy));
  };
  std::puts(cat("0,,", measures(0)).c_str());
  for (const LossPoint& point : snapshot.losses)
    std::puts(cat(point.step, ",", shortest(point.loss), ",", measures(point.step)).c_str());
}

int train(const std::vector<std::string_view>& arguments) {
  std::string_view file;
  long long steps = 1000;
  std::optional<long long> seed;
  bool csv = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    const auto value = [&]() { return i + 1 < arguments.size() ? parse_int(arguments[++i]) : std::nullopt; };
    if (argument == "--csv") {
      csv = true;
    } else if (argument == "--steps") {
      const auto number = value();
      if (!number || *number < 0) return fail("--steps takes a number of steps.");
      steps = *number;
    } else if (argument == "--seed") {
      seed = value();
      if (!seed) return fail("--seed takes an integer.");
    } else if (file.empty() && !argument.starts_with("--")) {
      file = argument;
    } else {
      return fail(cat("unknown argument '", argument, "'\n", kUsage));
    }
  }
  if (file.empty()) return fail(kUsage);
  std::ifstream stream{std::string(file), std::ios::binary};
  if (!stream) return fail(cat("cannot read '", file, "'"));
  const std::string json{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  Workspace workspace;
  if (const Status opened = workspace.open(json); !opened.ok())
    return fail(cat(file, ": ", opened.error().message));
  if (seed) {
    Training training = workspace.scene().training;
    training.seed = *seed;
    if (const Status set = workspace.apply(edit::SetTraining{training}); !set.ok())
      return fail(set.error().message);
  }
  bool is_sound = true;
  for (std::size_t i = 0; i < workspace.scene().nodes.size(); ++i) {
    const auto& error = workspace.snapshot().nodes[i].error;
    if (!error) continue;
    is_sound = false;
    std::cerr << workspace.scene().nodes[i].name << ": " << error->text() << "\n";
  }
  if (workspace.snapshot().training_error) return fail(workspace.snapshot().training_error->text());
  if (!is_sound) return fail("the scene has errors");
  if (!workspace.snapshot().can_train) return fail("the scene has no loss to minimise");
  workspace.advance(steps, [] { return true; });
  const Snapshot& snapshot = workspace.snapshot();
  if (csv) {
    print_csv(snapshot);
  } else if (!snapshot.evaluations.empty()) {
    // Within an epoch only the test set is measured.
    Evaluation last = snapshot.evaluations.front();
    for (const Evaluation& e : snapshot.evaluations)
      if (!std::isnan(e.train_loss) || std::isnan(e.test_loss)) last = e;
    std::cout << "step " << snapshot.counters.step << ", epoch " << snapshot.counters.epoch << ", examples "
              << snapshot.counters.examples << "\nafter epoch " << last.epoch << ": train loss "
              << shortest(last.train_loss) << ", train accuracy " << shortest(last.train_accuracy)
              << ", test loss " << shortest(last.test_loss) << ", test accuracy "
              << shortest(last.test_accuracy) << "\n";
  }
  if (snapshot.training_error) return fail(snapshot.training_error->text());
  if (snapshot.divergence)
    return fail(cat("training stopped at step ", snapshot.divergence->step, ": '", snapshot.divergence->node,
                    "' is not finite any more"));
  return 0;
}

}  // namespace

int main(int count, char** values) {
  const std::vector<std::string_view> arguments(values + 1, values + count);
  if (!arguments.empty() && arguments[0] == "train") return train({arguments.begin() + 1, arguments.end()});
  std::cerr << kUsage;
  return 2;
}
