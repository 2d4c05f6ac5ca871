// Guards how a frame is shared out between drawing and training: work, not time, which machines differ in.
#include "web/app/pace.h"

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
  CHECK(ui::look_rest(0) == 0.05);
  CHECK(ui::look_rest(5) == 0.05);
  CHECK(ui::look_rest(ui::kFrame - ui::kLeastTraining - 0.1) <= 0.1);
  CHECK(ui::look_rest(ui::kFrame) > 20 / 60.0);  // Of 60 frames a second one in more than 20 is too long.
  CHECK(ui::look_rest(5000) == 1);
}

TEST_CASE("while steps run one piece of work that can wait is done a frame; at rest all are") {
  ui::Turns turns;
  turns.begin_frame(true);
  CHECK(turns.take());
  CHECK(!turns.take());
  CHECK(!turns.take());
  turns.begin_frame(true);
  CHECK(turns.take());
  turns.begin_frame(false);
  CHECK(turns.take());
  CHECK(turns.take());
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
