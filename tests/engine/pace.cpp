// Guards how a frame is shared out between drawing and training: work, not time, which machines differ in.
#include "web/app/pace.h"

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

}  // namespace sandflow::test
