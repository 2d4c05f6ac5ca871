// Guards the written form of a scene: read and written without loss, and refused with the place of a mistake.
#include "engine/scene/scene.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include "engine/scene/lower.h"
#include "engine/scene/node_types.h"
#include "engine/training/optimizers.h"
#include "tests/engine/desk.h"

namespace sandflow::test {

TEST_CASE("a scene that is read and written is the same bytes") {
  for (const char* name : kLessons) {
    const std::string text = lesson(name);
    CHECK(scene_to_json(must(scene_from_json(text))) == text);
  }
  const std::string once = scene_to_json(must(scene_from_json(simple())));
  CHECK(scene_to_json(must(scene_from_json(once))) == once);
  CHECK(must(scene_from_json(once)) == must(scene_from_json(simple())));
}

TEST_CASE("everything in a scene survives being written") {
  Scene scene;
  scene.title = "Quote \" backslash \\ newline \n \xea\xb0\x80";
  scene.data = {"spiral", {{"noise", 0.1}, {"turns", 1.25}}};
  scene.training = {"l",
                    "a",
                    "p",
                    {"GradientDescent", {{"learning_rate", 1e-5}}},
                    {"random_uniform", {{"minval", -0.3}}},
                    123456789012,
                    -5};
  scene.nodes = {node("n", "AddN", {Port::wire("x:1"), {}, Port::literal("[1, 'a']")}), node("x", "Const")};
  scene.nodes[1].attrs = {{"value", "'\t\"'"}, {"dtype", "string"}};
  scene.nodes[1].x = -17;
  scene.nodes[1].y = 1000000;
  CHECK(must(scene_from_json(scene_to_json(scene))) == scene);
}

TEST_CASE("no scene that is cut off can be read, and none does harm") {
  for (const char* name : kLessons) {
    const std::string text = lesson(name);
    Workspace workspace;
    must(workspace.open(simple()));
    const std::string before = workspace.json();
    const std::size_t end = text.find_last_of('}');
    for (std::size_t length = 0; length <= end; ++length) {
      const Status opened = workspace.open(std::string_view(text).substr(0, length));
      REQUIRE_FALSE(opened.ok());
      CHECK(opened.error().message.starts_with("line "));
    }
    CHECK(workspace.json() == before);
  }
}

TEST_CASE("what is wrong in a scene is said with its place") {
  const auto in_node = [](const char* rest) {
    return cat(R"({"sandflow": 1, "nodes": [{"name": "a", "type": "Neg", )", rest, "}]}");
  };
  const std::pair<std::string, const char*> cases[] = {
      {"{\n  \"sandflow\": 1,\n  oops\n}", "line 3, column 3: "},
      {"[]", "scene: expected an object."},
      {"{}", "scene: this is not a Sandflow scene"},
      {R"({"sandflow": 2})",
       "sandflow: this scene was written by a newer Sandflow (version 2; this one reads up to 1)."},
      {R"({"sandflow": 0})", "sandflow: unknown version 0."},
      {R"({"sandflow": -1})", "sandflow: unknown version -1."},
      {R"({"sandflow": "1"})", "sandflow: expected an integer."},
      {R"({"sandflow": 1, "colour": 1})", "scene: unknown name 'colour'."},
      {R"({"sandflow": 1, "title": "a", "title": "b"})", "scene: 'title' stands twice."},
      {R"({"sandflow": 1, "title": 1})", "title: expected a text."},
      {R"({"sandflow": 1, "data": "penguins"})", "data: expected an object."},
      {R"({"sandflow": 1, "data": {"name": "penguins", "test_share": "x"}})",
       "data.test_share: expected a number."},
      {R"({"sandflow": 1, "data": {"name": "tulips"}})", "Unknown data: 'tulips'."},
      {R"({"sandflow": 1, "data": {"name": "", "noise": 1}})", "data '' has no parameter 'noise'."},
      {R"({"sandflow": 1, "data": {"name": "penguins", "noise": 1}})",
       "data 'penguins' has no parameter 'noise'."},
      {R"({"sandflow": 1, "data": {"name": "circle", "noise": 7}})",
       "data 'circle': noise must be from 0 to 1, not 7."},
      {R"({"sandflow": 1, "data": {"name": "circle", "examples": 7.5}})",
       "data 'circle': examples must be an integer, not 7.5."},
      {R"({"sandflow": 1, "training": {"speed": 1}})", "training: unknown name 'speed'."},
      {R"({"sandflow": 1, "training": {"batch_size": 2.5}})", "training.batch_size: expected an integer."},
      {R"({"sandflow": 1, "training": {"batch_size": 18446744073709551615}})",
       "training.batch_size: expected an integer."},
      {R"({"sandflow": 1, "training": {"batch_size": 0}})", "batch_size must be at least 1, not 0."},
      {R"({"sandflow": 1, "training": {"optimizer": {"name": "Magic"}}})", "Unknown optimizer: 'Magic'."},
      {R"({"sandflow": 1, "training": {"optimizer": {"name": "Momentum", "momentum": 2}}})",
       "optimizer 'Momentum': momentum must be from 0 to 1, not 2."},
      {R"({"sandflow": 1, "training": {"initializer": {"name": "zeros", "stddev": 1}}})",
       "initializer 'zeros' has no parameter 'stddev'."},
      {R"({"sandflow": 1, "nodes": {}})", "nodes: expected a list."},
      {R"({"sandflow": 1, "nodes": [5]})", "nodes[0]: expected an object."},
      {R"({"sandflow": 1, "nodes": [{"type": "Neg"}]})", "nodes[0]: a node needs a \"name\"."},
      {R"({"sandflow": 1, "nodes": [{"name": "a", "type": "Foo"}]})", "nodes[0]: unknown operation 'Foo'."},
      {R"({"sandflow": 1, "nodes": [{"name": "a", "type": "Neg"}, {"name": "A", "type": "Neg"}]})",
       "nodes[1]: there is a node 'A' already; names differ without regard to case."},
      {in_node(R"("colour": 1)"), "nodes[0]: unknown name 'colour'."},
      {in_node(R"("name": "b")"), "nodes[0]: 'name' stands twice."},
      {in_node(R"("attrs": [])"), "nodes[0].attrs: expected an object."},
      {in_node(R"("attrs": {"shape": "5"})"), "nodes[0].attrs: 'Neg' has no attribute 'shape'."},
      {in_node(R"("attrs": {"shape": 5})"), "nodes[0].attrs.shape: expected a text."},
      {in_node(R"("inputs": "a")"), "nodes[0].inputs: expected a list."},
      {in_node(R"("inputs": ["a", "b"])"), "nodes[0].inputs: 'Neg' takes 1 inputs, not 2."},
      {in_node(R"("inputs": [5])"), "nodes[0].inputs[0]: expected an object."},
      {in_node(R"("inputs": [{}])"), "nodes[0].inputs[0]: expected a wire, {\"value\": ...} or null."},
      {in_node(R"("inputs": [{"value": 5}])"), "nodes[0].inputs[0]: expected a text."},
      {in_node(R"("inputs": [{"wire": "a"}])"), "nodes[0].inputs[0]: unknown name 'wire'."},
      {in_node(R"("at": [1])"), "nodes[0].at: expected two numbers."},
      {in_node(R"("at": [1, "2"])"), "nodes[0].at: expected a number."},
      {in_node(R"("at": [1, 1e9])"), "nodes[0].at: too far out."},
  };
  Workspace workspace;
  must(workspace.open(simple()));
  const std::string before = workspace.json();
  for (const auto& wrong : cases) {
    INFO(wrong.first);
    const std::string said = opening_error(wrong.first);
    CHECK_MESSAGE(said.starts_with(cat("ValueError: ", wrong.second)), said);
    CHECK(error_text(workspace.open(wrong.first)) == said);
  }
  // Nothing of all that reached the workspace.
  CHECK(workspace.json() == before);
  CHECK(str(workspace.snapshot().nodes[2].value) == "[11. 22.]");
  CHECK_FALSE(workspace.can_undo());
}

TEST_CASE("a wire's end is a node and an output") {
  CHECK(parse_wire("W").node == "W");
  CHECK(parse_wire("W").output == 0);
  CHECK(parse_wire("l1/W:12").node == "l1/W");
  CHECK(parse_wire("l1/W:12").output == 12);
  for (const char* wrong : {"W:", "W:x", "W:-1", "W:99999999999999999999"})
    CHECK(parse_wire(wrong).output == -1);
  CHECK(wire_text("W", 0) == "W");
  CHECK(wire_text("W", 2) == "W:2");
}

}  // namespace sandflow::test
