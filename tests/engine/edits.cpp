// Guards the learner's edits: each happens whole or not at all, is undone by one step, and restarts a run
// only if it must.
#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include "engine/scene/edit.h"
#include "engine/scene/lower.h"
#include "engine/scene/node_types.h"
#include "engine/training/optimizers.h"
#include "tests/engine/desk.h"

namespace sandflow::test {

TEST_CASE("a node is added with a name of its own") {
  Desk desk(simple());
  CHECK(desk.apply(edit::AddNode{node("", "Neg")}) == "no error");
  CHECK(desk.apply(edit::AddNode{node("NEG", "Neg")}) == "no error");
  CHECK(desk.apply(edit::AddNode{node("sum", "Neg", {Port::wire("a")})}) == "no error");
  CHECK(desk.workspace.scene().find("Neg"));
  CHECK(desk.workspace.scene().find("NEG_1"));
  CHECK(desk.value("sum_1") == "[-1. -2.]");
  CHECK(desk.apply(edit::AddNode{node("x", "Magic")}) == "NotFoundError: Op type not registered 'Magic'");
  CHECK(desk.apply(edit::AddNode{node("a b", "Neg")}) == "ValueError: 'a b' is not a valid node name");
  CHECK(desk.apply(edit::AddNode{node("x/", "Neg")}) == "ValueError: 'x/' is not a valid node name");
  SceneNode odd = node("odd", "Neg");
  odd.attrs["colour"] = "red";
  CHECK(desk.apply(edit::AddNode{odd}) == "ValueError: 'Neg' has no attribute 'colour'.");
  CHECK(desk.apply(edit::AddNode{node("odd", "Neg", {Port::wire("a"), Port::wire("b")})}) ==
        "ValueError: 'odd' has no input 1.");
  must(scene_from_json(desk.workspace.json()));
}

TEST_CASE("a node is placed on whole points, not too far out") {
  Desk desk(simple());
  const auto place = [&](float x, float y) {
    must(desk.workspace.apply(edit::Move{{{"a", {x, y}}}}));
    const SceneNode& moved = *desk.workspace.scene().find("a");
    must(scene_from_json(desk.workspace.json()));
    return std::pair(moved.x, moved.y);
  };
  CHECK(place(1.4f, -2.6f) == std::pair(1.f, -3.f));
  CHECK(place(1e30f, -1e30f) == std::pair(1e6f, -1e6f));
  CHECK(place(std::nanf(""), HUGE_VALF) == std::pair(0.f, 0.f));
  CHECK(desk.apply(edit::Move{{{"nobody", {1, 1}}}}) == "ValueError: There is no node 'nobody'.");
  // All or nothing.
  CHECK(desk.apply(edit::Move{{{"a", {7, 7}}, {"nobody", {1, 1}}}}) != "no error");
  CHECK(desk.workspace.scene().find("a")->x == 0);
}

TEST_CASE("removing a node leaves empty ports and roles behind") {
  Desk desk(lesson("penguins"));
  CHECK(desk.apply(edit::RemoveNodes{{"logits", "accuracy"}}) == "no error");
  const Scene& scene = desk.workspace.scene();
  CHECK(scene.find("logits") == nullptr);
  CHECK(scene.find("softmax")->inputs[0] == Port{});
  CHECK(scene.training.accuracy.empty());
  CHECK(scene.training.loss == "loss");
  CHECK(desk.error("softmax") == "TypeError: softmax() missing 1 required positional argument: 'logits'");
  CHECK(desk.workspace.snapshot().training_error);
  must(desk.workspace.undo());
  CHECK(desk.workspace.json() == lesson("penguins"));
  CHECK_FALSE(desk.workspace.snapshot().training_error);
  CHECK(desk.apply(edit::RemoveNodes{{"loss", "nobody"}}) == "ValueError: There is no node 'nobody'.");
  CHECK(desk.workspace.scene().find("loss"));
}

TEST_CASE("wires and roles follow a renamed node") {
  Desk desk(lesson("penguins"));
  CHECK(desk.apply(edit::Rename{"cross_entropy", "error"}) == "no error");
  CHECK(desk.apply(edit::Rename{"loss", "mean_error"}) == "no error");
  CHECK(desk.workspace.scene().find("mean_error")->inputs[0] == Port::wire("error"));
  CHECK(desk.workspace.scene().training.loss == "mean_error");
  CHECK(desk.workspace.snapshot().can_train);
  CHECK(desk.apply(edit::Rename{"x", "X"}) == "no error");  // Only the case.
  CHECK(desk.workspace.scene().find("MatMul")->inputs[0] == Port::wire("X"));
  CHECK(desk.apply(edit::Rename{"X", "w"}) ==
        "ValueError: There is a node 'w' already; names differ without regard to case.");
  CHECK(desk.apply(edit::Rename{"X", ""}) == "ValueError: '' is not a valid node name");
  CHECK(desk.apply(edit::Rename{"X", "a:0"}) == "ValueError: 'a:0' is not a valid node name");
  CHECK(desk.apply(edit::Rename{"nobody", "a"}) == "ValueError: There is no node 'nobody'.");
}

TEST_CASE("a port is wired, typed into and emptied") {
  Desk desk(simple());
  CHECK(desk.apply(edit::SetPort{"sum", 1, Port::wire("a")}) == "no error");
  CHECK(desk.value("sum") == "[2. 4.]");
  CHECK(desk.apply(edit::SetPort{"sum", 1, Port::literal("5")}) == "no error");
  CHECK(desk.value("sum") == "[6. 7.]");
  CHECK(desk.apply(edit::SetPort{"sum", 1, {}}) == "no error");
  CHECK_FALSE(desk["sum"].value.defined());
  CHECK(desk.apply(edit::SetPort{"sum", 2, Port::wire("a")}) == "ValueError: 'sum' has no input 2.");
  CHECK(desk.apply(edit::SetPort{"sum", -1, Port::wire("a")}) == "ValueError: 'sum' has no input -1.");
  CHECK(desk.apply(edit::SetPort{"sum", 0, Port::wire("nobody")}) ==
        "ValueError: There is no tensor 'nobody'.");
  CHECK(desk.apply(edit::SetPort{"sum", 0, Port::wire("a:x")}) == "ValueError: There is no tensor 'a:x'.");
  CHECK(desk.apply(edit::SetPort{"nobody", 0, Port::wire("a")}) == "ValueError: There is no node 'nobody'.");
  CHECK(desk.apply(edit::SetPort{"sum", 0, Port::wire("sum")}) == "no error");
  CHECK(desk.error("sum").starts_with("ValueError: The graph has a cycle: sum -> sum."));
}

TEST_CASE("an operation of any number of inputs grows and shrinks with its wires") {
  Desk desk(scene_of({kA, kB, R"({"name": "n", "type": "AddN", "inputs": ["a"]})"}));
  CHECK(desk.apply(edit::SetPort{"n", 1, Port::wire("b")}) == "no error");
  CHECK(desk.apply(edit::SetPort{"n", 2, Port::wire("a")}) == "no error");
  CHECK(desk.value("n") == "[12. 24.]");
  CHECK(desk.apply(edit::SetPort{"n", 2, {}}) == "no error");
  CHECK(desk.workspace.scene().find("n")->inputs.size() == 2);
  CHECK(desk.apply(edit::SetPort{"n", 64, Port::wire("a")}) == "ValueError: 'n' has no input 64.");
}

TEST_CASE("an attribute is set, refused where there is none, and goes back to its initial value") {
  Desk desk(simple());
  CHECK(desk.apply(edit::SetAttr{"a", "value", "[3, 4]"}) == "no error");
  CHECK(desk.error("sum").starts_with("TypeError: Input 'y' of 'AddV2' Op has type float32"));
  CHECK(desk.apply(edit::SetAttr{"a", "dtype", "float32"}) == "no error");
  CHECK(desk.value("sum") == "[13. 24.]");
  CHECK(desk.apply(edit::SetAttr{"a", "value", ""}) == "no error");
  CHECK(desk.value("a") == "0.0");
  CHECK(desk.apply(edit::SetAttr{"a", "colour", "red"}) == "ValueError: 'Const' has no attribute 'colour'.");
  CHECK(desk.apply(edit::SetAttr{"nobody", "value", "1"}) == "ValueError: There is no node 'nobody'.");
}

TEST_CASE("data and training are set as a whole, or not at all") {
  Desk desk(lesson("penguins"));
  const std::string before = desk.workspace.json();
  Training training = desk.workspace.scene().training;
  training.optimizer.parameters["learning_rate"] = -1;
  CHECK(desk.apply(edit::SetTraining{training})
            .starts_with("ValueError: optimizer 'Momentum': learning_rate must be from 0"));
  training = desk.workspace.scene().training;
  training.batch_size = 0;
  CHECK(desk.apply(edit::SetTraining{training}) == "ValueError: batch_size must be at least 1, not 0.");
  CHECK(desk.apply(edit::SetData{{"penguins", {{"noise", 1}}}}) ==
        "ValueError: data 'penguins' has no parameter 'noise'.");
  CHECK(desk.apply(edit::SetData{{"penguins", {{"test_share", std::nan("")}}}})
            .starts_with("ValueError: data 'penguins'"));
  CHECK(desk.workspace.json() == before);
  // Other data does not fit this network, which is said.
  CHECK(desk.apply(edit::SetData{{"circle", {}}}) == "no error");
  CHECK(desk.workspace.dataset()->feature_names.size() == 2);
  CHECK(desk.workspace.snapshot().training_error);
  CHECK(desk.apply(edit::SetData{{"", {}}}) == "no error");
  CHECK(desk.workspace.dataset() == nullptr);
}

TEST_CASE("what decides the numbers of a run restarts it, the rest does not") {
  Desk desk(lesson("penguins"));
  const auto steps_after = [&](const edit::Edit& edit) {
    desk.workspace.reset();
    desk.workspace.advance(5, always);
    must(desk.workspace.apply(edit));
    return desk.workspace.snapshot().counters.step;
  };
  const auto training = [&](const std::function<void(Training&)>& change) {
    Training changed = desk.workspace.scene().training;
    change(changed);
    return edit::SetTraining{changed};
  };
  CHECK(steps_after(edit::Move{{{"W", {3, 3}}}}) == 5);
  CHECK(steps_after(training([](Training& t) { t.batch_size = 20; })) == 5);
  CHECK(steps_after(training([](Training& t) { t.optimizer.parameters["learning_rate"] = 0.2; })) == 5);
  CHECK(steps_after(training([](Training& t) { t.optimizer.parameters["momentum"] = 0.5; })) == 5);

  CHECK(steps_after(training([](Training& t) { t.seed = 7; })) == 0);
  CHECK(steps_after(training([](Training& t) { t.initializer.parameters["stddev"] = 0.2; })) == 0);
  CHECK(steps_after(training([](Training& t) { t.optimizer = {"GradientDescent", {}}; })) == 0);
  CHECK(steps_after(edit::AddNode{node("", "Const")}) == 0);
  CHECK(steps_after(edit::RemoveNodes{{"Const"}}) == 0);
  CHECK(steps_after(edit::Rename{"correct", "right"}) == 0);
  CHECK(steps_after(edit::SetAttr{"b", "initializer", "ones"}) == 0);
  CHECK(steps_after(edit::SetPort{"softmax", 0, Port::wire("MatMul")}) == 0);
  CHECK(steps_after(edit::SetData{{"penguins", {{"data_seed", 2}}}}) == 0);
  // Undoing is an edit like others.
  desk.workspace.advance(5, always);
  must(desk.workspace.undo());
  CHECK(desk.workspace.snapshot().counters.step == 0);
  CHECK(steps_after(edit::Move{{{"W", {9, 9}}}}) == 5);
  must(desk.workspace.undo());
  CHECK(desk.workspace.snapshot().counters.step == 5);
}

TEST_CASE("an edit that changes nothing is no step of undo, and neither is one that fails") {
  Desk desk(simple());
  CHECK(desk.apply(edit::SetPort{"sum", 0, Port::wire("a")}) == "no error");
  CHECK(desk.apply(edit::Rename{"nobody", "x"}) != "no error");
  CHECK_FALSE(desk.workspace.can_undo());
  // Nothing to undo or redo does nothing.
  must(desk.workspace.undo());
  must(desk.workspace.redo());
  CHECK(desk.value("sum") == "[11. 22.]");
}

TEST_CASE("a gesture is one step of undo") {
  Desk desk(simple());
  const std::string before = desk.workspace.json();
  for (int i = 1; i <= 20; ++i)
    must(desk.workspace.apply(edit::Move{{{"a", {static_cast<float>(i), 0}}}}, "drag 1"));
  for (int i = 1; i <= 20; ++i)
    must(desk.workspace.apply(edit::Move{{{"a", {20, static_cast<float>(i)}}}}, "drag 2"));
  must(desk.workspace.apply(edit::Move{{{"a", {50, 50}}}}));
  must(desk.workspace.apply(edit::Move{{{"a", {60, 60}}}}));
  const auto at = [&] { return desk.workspace.scene().find("a")->y; };
  must(desk.workspace.undo());
  CHECK(at() == 50);
  must(desk.workspace.undo());
  CHECK(at() == 20);
  must(desk.workspace.undo());
  CHECK(at() == 0);
  CHECK(desk.workspace.scene().find("a")->x == 20);
  must(desk.workspace.undo());
  CHECK(desk.workspace.json() == before);
  CHECK_FALSE(desk.workspace.can_undo());
  must(desk.workspace.redo());
  CHECK(desk.workspace.scene().find("a")->x == 20);
  CHECK(at() == 0);
  // A new edit ends what could be redone, and does not go on with the gesture of before.
  must(desk.workspace.apply(edit::Move{{{"a", {1, 1}}}}, "drag 1"));
  CHECK_FALSE(desk.workspace.can_redo());
  must(desk.workspace.undo());
  CHECK(desk.workspace.scene().find("a")->x == 20);
}

TEST_CASE("opening a scene forgets the history") {
  Desk desk(simple());
  must(desk.workspace.apply(edit::Rename{"a", "z"}));
  must(desk.workspace.open(lesson("spiral")));
  CHECK_FALSE(desk.workspace.can_undo());
  CHECK_FALSE(desk.workspace.can_redo());
  CHECK(desk.workspace.json() == lesson("spiral"));
}

TEST_CASE("a snapshot's version changes with its contents and not without") {
  Desk desk(lesson("penguins"));
  const std::uint64_t first = desk.workspace.snapshot().version;
  CHECK(desk.workspace.snapshot().version == first);
  desk.workspace.advance(1, always);
  const std::uint64_t second = desk.workspace.snapshot().version;
  CHECK(second != first);
  must(desk.workspace.apply(edit::Rename{"x", "input"}));
  CHECK(desk.workspace.snapshot().version != second);
}

TEST_CASE("moving a node computes nothing anew") {
  Desk desk(simple());
  const std::uint64_t before = desk.workspace.snapshot().version;
  must(desk.workspace.apply(edit::Move{{{"a", {40.f, 50.f}}}}));
  must(desk.workspace.apply(edit::SetTitle{"Moved"}));
  CHECK(desk.workspace.snapshot().version == before);
  CHECK(desk.workspace.scene().title == "Moved");
}

TEST_CASE("the memory of undo is bounded, the last step always there") {
  const std::string large =
      cat(R"({"name": "c", "type": "Const", "attrs": {"value": "')", std::string(1 << 20, 'x'), R"('"}})");
  Desk desk(scene_of({large.c_str(), kA}));
  for (int i = 0; i < 100; ++i)
    must(desk.workspace.apply(edit::Move{{{"a", {static_cast<float>(i + 1), 0.f}}}}));
  int steps = 0;
  for (; desk.workspace.can_undo(); ++steps) must(desk.workspace.undo());
  CHECK(steps > 20);
  CHECK(steps < 70);
}

}  // namespace sandflow::test
