// Guards against what nobody thought of: random edits undone to the byte, and scenes with random damage.
#include "tests/engine/chance.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "engine/scene/layers.h"
#include "engine/scene/layout.h"
#include "engine/scene/lower.h"
#include "engine/scene/node_types.h"
#include "engine/scene/scopes.h"
#include "engine/training/optimizers.h"
#include "tests/engine/desk.h"

namespace sandflow::test {

namespace {

std::string some_name(Chance& chance, const Scene& scene) {
  constexpr const char* kNames[] = {"a", "A", "n/m", "W", "x_1", "a b", "", "loss", "9"};
  return scene.nodes.empty() || chance.in(8) ? chance.of(kNames) : chance.of(scene.nodes).name;
}

Port some_port(Chance& chance, const Scene& scene) {
  constexpr const char* kLiterals[] = {"1",    "2.5", "[0]", "[1, 2]", "[[1.0]]",
                                       "True", "'a'", "[1,", "None",   ""};
  if (chance.in(5)) return {};
  if (chance.in(3)) return Port::literal(chance.of(kLiterals));
  const std::string from = some_name(chance, scene);
  return Port::wire(wire_text(from, chance.in(6) ? chance.below(3) : 0));
}

edit::Edit some_edit(Chance& chance, const Scene& scene) {
  constexpr const char* kValues[] = {"",       "(2, 3)", "(None, 4)", "float64",  "int32", "True",
                                     "[1, 2]", "0.5",    "features",  "garbage(", "3",     "zeros"};
  switch (chance.below(14)) {
    case 10: {
      edit::Group group{{}, chance.in(3) ? "" : some_name(chance, scene)};
      for (int i = chance.below(4); i >= 0; --i) group.names.push_back(some_name(chance, scene));
      return group;
    }
    case 11: {
      const std::vector<std::string> scopes = scopes_of(scene);
      const std::string scope = scopes.empty() || chance.in(6) ? "x" : chance.of(scopes);
      if (chance.in(3)) return edit::Ungroup{scope};
      if (chance.in(3)) return edit::RenameScope{scope, some_name(chance, scene)};
      return edit::Fold{scope, !chance.in(3)};
    }
    case 12: {
      edit::AddNodes add;
      for (int i = chance.below(4); i >= 0 && !scene.nodes.empty(); --i)
        add.nodes.push_back(chance.of(scene.nodes));
      if (chance.in(3)) add = layer_of(chance.of(layers()), Shape::unknown_rank());
      if (chance.in(8)) add.folded.insert(some_name(chance, scene));
      return add;
    }
    case 13:
      return arranged(scene, {}, chance.in(2) ? Direction::kRight : Direction::kDown);
    case 0: {
      SceneNode added = node(chance.in(2) ? "" : some_name(chance, scene), "");
      added.type = chance.of(node_types()).name;
      for (int i = chance.below(3); i > 0; --i) added.inputs.push_back(some_port(chance, scene));
      added.x = static_cast<float>(chance.below(500));
      return edit::AddNode{added};
    }
    case 1: {
      std::vector<std::string> names;
      for (int i = chance.below(2); i >= 0; --i) names.push_back(some_name(chance, scene));
      return edit::RemoveNodes{names};
    }
    case 2:
    case 3:
      return edit::Move{{{some_name(chance, scene), {static_cast<float>(chance.below(900)), -7.f}}}};
    case 4:
      return edit::Rename{some_name(chance, scene), some_name(chance, scene)};
    case 5:
    case 6:
      return edit::SetPort{some_name(chance, scene), chance.below(4) - 1, some_port(chance, scene)};
    case 7: {
      const std::string target = some_name(chance, scene);
      const SceneNode* found = scene.find(target);
      const auto& fields = find_node_type(found ? found->type : "Const")->fields;
      return edit::SetAttr{target, fields.empty() || chance.in(6) ? "colour" : chance.of(fields).name,
                           chance.of(kValues)};
    }
    case 8: {
      constexpr const char* kData[] = {"", "penguins", "circle", "spiral", "xor", "tulips"};
      Choice data{chance.of(kData), {}};
      if (chance.in(2)) data.parameters["data_seed"] = chance.below(3);
      return edit::SetData{data};
    }
    default: {
      Training training = scene.training;
      training.batch_size = chance.below(30);
      if (chance.in(2))
        training.optimizer = {chance.of(optimizer_types()).name, {{"learning_rate", chance.below(3) / 2.0}}};
      if (chance.in(3)) training.loss = some_name(chance, scene);
      if (chance.in(3)) training.prediction = some_name(chance, scene);
      if (chance.in(3)) training.seed = chance.below(4) - 2;
      return edit::SetTraining{training};
    }
  }
}

}  // namespace

TEST_CASE("a thousand random edits can all be undone and redone, to the byte") {
  for (unsigned seed = 1; seed <= (kIsSanitized ? 1 : 3); ++seed) {
    INFO("seed ", seed);
    Chance chance(seed);
    Workspace workspace;
    must(workspace.open(lesson("penguins")));
    // The bytes after each step of undo.
    std::vector<std::string> states{workspace.json()};
    std::string last_gesture;
    int refused = 0;
    for (int i = 0; i < (kIsSanitized ? 400 : 1000); ++i) {
      constexpr const char* kGestures[] = {"", "drag", "slide"};
      const std::string gesture = chance.of(kGestures);
      if (!workspace.apply(some_edit(chance, workspace.scene()), gesture).ok()) {
        ++refused;
        CHECK(workspace.json() == states.back());
        continue;
      }
      std::string now = workspace.json();
      if (now == states.back()) continue;
      if (gesture.empty() || gesture != last_gesture) states.emplace_back();
      states.back() = std::move(now);
      last_gesture = gesture;
      if (chance.in(4)) workspace.snapshot();
      if (chance.in(20)) workspace.advance(2, always);
      // Whatever an edit leaves can be opened again.
      if (chance.in(10)) REQUIRE(must(scene_from_json(states.back())) == workspace.scene());
    }
    CHECK(refused > 40);
    REQUIRE(states.size() > 80);
    for (std::size_t i = states.size() - 1; i > 0; --i) {
      REQUIRE(workspace.can_undo());
      must(workspace.undo());
      REQUIRE(workspace.json() == states[i - 1]);
    }
    CHECK_FALSE(workspace.can_undo());
    CHECK(workspace.json() == lesson("penguins"));
    for (std::size_t i = 1; i < states.size(); ++i) {
      REQUIRE(workspace.can_redo());
      must(workspace.redo());
      REQUIRE(workspace.json() == states[i]);
    }
    CHECK_FALSE(workspace.can_redo());
    workspace.snapshot();
  }
}

TEST_CASE("the last 2,000 steps can be undone") {
  Workspace workspace;
  must(workspace.open(simple()));
  for (int i = 1; i <= 2100; ++i) must(workspace.apply(edit::Move{{{"a", {static_cast<float>(i), 0}}}}));
  int undone = 0;
  for (; workspace.can_undo(); ++undone) must(workspace.undo());
  CHECK(undone == 2000);
  CHECK(workspace.scene().find("a")->x == 100);
}

namespace {

// A quoted text in JSON that is no key: where it begins and how long it is, quotes included.
std::pair<std::size_t, std::size_t> some_text(Chance& chance, const std::string& json) {
  std::size_t begin = json.find('"', static_cast<std::size_t>(chance.below(static_cast<int>(json.size()))));
  while (begin != std::string::npos) {
    const std::size_t end = json.find('"', begin + 1);
    if (end == std::string::npos) break;
    if (json.compare(end + 1, 1, ":") != 0) return {begin, end + 1 - begin};
    begin = json.find('"', end + 1);
  }
  return {0, 0};
}

void damage(Chance& chance, std::string& json) {
  constexpr char kLikely[] = "0123456789-.,:\"[]{}()abWexny_/ \\";
  const auto at = static_cast<std::size_t>(chance.below(static_cast<int>(json.size())));
  switch (chance.below(8)) {
    case 0:
      json[at] = static_cast<char>(chance.below(256));
      break;
    case 1:
      json.erase(at, 1 + static_cast<std::size_t>(chance.below(4)));
      break;
    case 2: {
      const auto to = static_cast<std::size_t>(chance.below(static_cast<int>(json.size())));
      json.insert(to, json.substr(at, static_cast<std::size_t>(chance.below(20))));
      break;
    }
    case 3:
    case 4:
      json[at] = kLikely[chance.below(sizeof kLikely - 1)];
      break;
    default: {  // One text in the place of another: most of these are scenes still.
      const auto from = some_text(chance, json), to = some_text(chance, json);
      json.replace(to.first, to.second, json.substr(from.first, from.second));
    }
  }
}

}  // namespace

TEST_CASE("scenes with random damage are opened or refused, and never do harm") {
  Chance chance(20);
  std::vector<std::string> scenes{simple()};
  for (const char* name : kLessons) scenes.push_back(lesson(name));
  Workspace workspace;
  int opened = 0;
  const int rounds = kIsSanitized ? 1500 : 6000;
  for (int round = 0; round < rounds; ++round) {
    std::string text = chance.of(scenes);
    for (int i = chance.below(3); i >= 0; --i) damage(chance, text);
    const std::string before = workspace.json();
    if (!workspace.open(text).ok()) {
      CHECK(workspace.json() == before);
      continue;
    }
    ++opened;
    workspace.snapshot();
    workspace.advance(2, always);
    workspace.snapshot();
    const std::string written = workspace.json();
    CHECK(scene_to_json(must(scene_from_json(written))) == written);
  }
  CHECK(opened > rounds / 20);
}

}  // namespace sandflow::test
