// Guards how a frame is shared out between drawing and training: work, not time, which machines differ in.
#include "web/app/pace.h"

#include <vector>

#include "engine/core/text.h"
#include "engine/scene/workspace.h"
#include "tests/engine/support.h"

namespace sandflow::test {

TEST_CASE("training gets what drawing leaves of a frame, some of it always, and never too much") {
  using namespace ui;
  for (const double worked : {0.0, 1.5, 4.0, 6.5, 8.9})
    for (const double handed_over : {0.0, 0.7, 2.0, 400.0}) {
      const double budget = training_budget(worked, handed_over);
      CHECK(budget >= kLeastTraining);
      CHECK(budget <= kMostTraining);
      // Together within the frame, or else training has the least it can have.
      if (worked + std::min(handed_over, kMostHandingOver) <= kFrame - kLeastTraining)
        CHECK(worked + std::min(handed_over, kMostHandingOver) + budget <= kFrame);
      else
        CHECK(budget == kLeastTraining);
    }
  CHECK(training_budget(0, 0) == kMostTraining);
  CHECK(training_budget(100, 0) == kLeastTraining);
}

TEST_CASE(
    "the longer a look at the run takes, the seldomer it is, but once a second however busy the machine "
    "was") {
  constexpr double kSmooth = 1 / 60.0, kSlow = 1 / 22.0;
  CHECK(ui::look_rest(0, kSmooth) == 0.05);
  CHECK(ui::look_rest(5, kSmooth) == 0.05);
  CHECK(ui::look_rest(ui::kFrame - ui::kLeastTraining - 0.1, kSmooth) <= 0.2);
  // One frame in more than twenty is too long, however many there are.
  CHECK(ui::look_rest(ui::kFrame, kSmooth) > 20 * kSmooth);
  CHECK(ui::look_rest(ui::kFrame, kSlow) > 20 * kSlow);
  CHECK(ui::look_rest(5000, 0.2) == 1);
}

double clock_now = 0;

// Works for so long, if it is its turn.
bool works(ui::Turns& turns, int& who, double milliseconds) {
  const ui::Turns::Turn turn = turns.take(&who);
  if (turn) clock_now += milliseconds;
  return static_cast<bool>(turn);
}

TEST_CASE("a microscope takes a tenth of the time at most, and looks four times a second at most") {
  for (const double took : {0.0, 5.0, 40.0, 900.0}) {
    const double rest = ui::microscope_rest(took);
    CHECK(rest >= 0.25);
    CHECK(took / 1000 <= 0.1001 * (took / 1000 + rest));
  }
  ui::Turns turns([] { return clock_now; });
  int batch = 0;
  CHECK(turns.cost(&batch) == 0);
  CHECK(works(turns, batch, 40));
  CHECK(turns.cost(&batch) == 40);
}

TEST_CASE("while steps run one long piece of work is done a frame, in the order of asking; at rest all are") {
  ui::Turns turns([] { return clock_now; });
  int look = 0, layers = 0, report = 0, count = 0;
  constexpr double kLong = 2 * ui::Turns::kLong;
  turns.begin_frame(true);  // How long it takes is not known before.
  for (int* who : {&look, &layers, &report}) CHECK(works(turns, *who, kLong));
  for (int frame = 0; frame < 9; ++frame) {
    turns.begin_frame(true);
    std::vector<int*> done;
    for (int* who : {&look, &layers, &report})
      if (works(turns, *who, kLong)) done.push_back(who);
    REQUIRE(done.size() == 1);
    CHECK(done[0] == std::vector<int*>{&look, &layers, &report}[static_cast<std::size_t>(frame % 3)]);
    CHECK(works(turns, count, 0));
  }
  // Nobody waits for one who is gone.
  turns.begin_frame(true);
  turns.begin_frame(true);
  CHECK(works(turns, report, kLong));
  CHECK_FALSE(works(turns, look, kLong));
  turns.begin_frame(false);
  for (int* who : {&look, &layers, &report}) CHECK(works(turns, *who, kLong));
}

TEST_CASE("a snapshot that may lag is made anew only by what is no step") {
  Workspace workspace;
  must(workspace.open(read_file("../web/lessons/scenes/penguins.json")));
  const auto all = [] { return true; };
  workspace.advance(3, all);
  const std::uint64_t version = workspace.snapshot().version;
  workspace.advance(3, all);
  CHECK(workspace.snapshot(true).version == version);
  CHECK(workspace.snapshot(true).counters.step == 3);
  CHECK(workspace.snapshot().counters.step == 6);
  workspace.advance(3, all);
  must(workspace.apply(edit::RemoveNodes{{"y"}}));
  CHECK(workspace.snapshot(true).nodes.size() == workspace.scene().nodes.size());
}

TEST_CASE("an epoch's end is measured part by part, and interrupted it gives the same numbers") {
  // 1000 features: a set of 300 rows has three parts.
  std::string csv = "kind";
  std::vector<std::string> features;
  for (int j = 0; j < 20; ++j) csv += cat(",", features.emplace_back(cat("c", j)));
  for (int i = 0; i < 300; ++i) {
    csv += i % 3 ? "\na" : "\nb";
    for (int j = 0; j < 20; ++j) csv += cat(",v", (i * 7 + j) % 50);
  }
  const auto make = [&](Workspace& workspace) {
    must(workspace.apply(edit::SetOwnData{{csv, features, "kind", {}, false}, false}));
    must(workspace.apply(edit::SetData{{"own", {{"test_share", 0}, {"standardise", 0}}}}));
    must(workspace.apply(edit::SetNet{1000, 2, false, {{4, "Relu", {"", {}}}}}));
    Training training = workspace.scene().training;
    training.batch_size = 100;
    must(workspace.apply(edit::SetTraining{training}));
  };
  Workspace at_once, in_slices;
  make(at_once);
  make(in_slices);
  at_once.advance(7, [] { return true; });
  int calls = 0, without_step = 0;
  while (in_slices.snapshot().counters.step < 7 || in_slices.is_measuring()) {
    REQUIRE(++calls < 100);
    const std::int64_t due = in_slices.snapshot().counters.step < 7;
    without_step += in_slices.advance(due, [] { return false; }) == 0;
  }
  CHECK(without_step >= 4);  // Two epochs' ends, each of three parts.
  const auto &a = at_once.snapshot().evaluations, &b = in_slices.snapshot().evaluations;
  REQUIRE(a.size() == 3);
  REQUIRE(b.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(a[i].step == b[i].step);
    CHECK(a[i].train_loss == b[i].train_loss);
    CHECK(a[i].train_accuracy == b[i].train_accuracy);
  }
  CHECK(at_once.layer_watch().moments().size() == in_slices.layer_watch().moments().size());
}

}  // namespace sandflow::test
