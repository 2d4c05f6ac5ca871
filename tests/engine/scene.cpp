// Guards what the learner builds: scenes are read and written without loss, mistakes are said where they are
// while the rest goes on working, and every edit can be undone.
#include "engine/scene/scene.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <random>

#include "engine/core/print.h"
#include "engine/core/text.h"
#include "engine/scene/json.h"
#include "engine/scene/lower.h"
#include "engine/scene/node_types.h"
#include "engine/scene/workspace.h"
#include "engine/training/optimizers.h"
#include "tests/engine/support.h"

namespace sandflow::test {

namespace {

bool always() { return true; }

const auto kLessons = {"penguins", "spiral"};
// In the one form that a scene is written in.
std::string lesson(std::string_view name) {
  return scene_to_json(must(scene_from_json(read_file(cat("../web/lessons/scenes/", name, ".json")))));
}

// A scene of these nodes, each written as in a file.
std::string scene_of(std::initializer_list<const char*> nodes, std::string_view more = "") {
  return cat("{\"sandflow\": 1, ", more, "\"nodes\": [",
             join(nodes, ",\n", [](const char* node) { return std::string(node); }), "]}");
}

// A workspace with some scene, and its nodes by name.
struct Desk {
  Workspace workspace;

  explicit Desk(const std::string& json) { must(workspace.open(json)); }

  const NodeSnapshot& operator[](std::string_view name) {
    const int index = workspace.scene().index_of(name);
    SANDFLOW_CHECK(index >= 0);
    return workspace.snapshot().nodes[static_cast<std::size_t>(index)];
  }
  std::string value(std::string_view name) { return str((*this)[name].value); }
  std::string error(std::string_view name) {
    const auto& error = (*this)[name].error;
    return error ? error->text() : "no error";
  }
  std::string apply(const edit::Edit& edit, std::string_view gesture = {}) {
    return error_text(workspace.apply(edit, gesture));
  }
};

const char* const kSum = R"({"name": "sum", "type": "AddV2", "inputs": ["a", "b"]})";
const char* const kA = R"({"name": "a", "type": "Const", "attrs": {"value": "[1.0, 2.0]"}})";
const char* const kB = R"({"name": "b", "type": "Const", "attrs": {"value": "[10.0, 20.0]"}})";
const char* const kNegative = R"({"name": "negative", "type": "Neg", "inputs": ["a"]})";

std::string simple() { return scene_of({kA, kB, kSum, kNegative}); }

SceneNode node(std::string name, std::string type, std::vector<Port> inputs = {}) {
  return {std::move(name), std::move(type), std::move(inputs), {}, 0, 0};
}

std::string opening_error(std::string_view json) { return error_text(scene_from_json(json)); }

}  // namespace

// --- The written form ------------------------------------------------------------------------------------

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
      {R"({"sandflow": 1, "data": {"name": "iris"}})", "Unknown data: 'iris'."},
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

// --- From a scene to numbers -----------------------------------------------------------------------------

TEST_CASE("a scene is computed, and every node says what it is") {
  Desk desk(simple());
  CHECK(desk.value("sum") == "[11. 22.]");
  CHECK(desk.value("negative") == "[-1. -2.]");
  CHECK(desk["sum"].graph_name == "sum");
  CHECK(desk["sum"].dtype == DType::kFloat32);
  CHECK(desk["sum"].shape == Shape{2});
  CHECK(desk["a"].order < desk["sum"].order);
  CHECK_FALSE(desk.workspace.snapshot().can_train);
  CHECK_FALSE(desk.workspace.snapshot().training_error);
}

TEST_CASE("literals in ports take the dtype of the other inputs, as Python numbers do") {
  Desk desk(scene_of({kA, R"({"name": "twice", "type": "Mul", "inputs": ["a", {"value": "2"}]})",
                      R"({"name": "less", "type": "Sub", "inputs": [{"value": "1"}, "a"]})",
                      R"({"name": "total", "type": "Sum", "inputs": ["a", {"value": "0"}]})",
                      R"({"name": "whole", "type": "Mul", "inputs": [{"value": "3"}, {"value": "4"}]})"}));
  CHECK(desk.value("twice") == "[2. 4.]");
  CHECK(desk.value("less") == "[ 0. -1.]");
  CHECK(desk.value("total") == "3.0");
  CHECK(desk.value("whole") == "12");
}

TEST_CASE("a mistake stays at its node: what needs it waits, the rest computes") {
  const auto check = [](const char* broken, const char* message) {
    Desk desk(scene_of({kA, kB, kSum, broken, R"({"name": "after", "type": "Neg", "inputs": ["broken"]})"}));
    INFO(broken);
    CHECK_MESSAGE(desk.error("broken").starts_with(message), desk.error("broken"));
    CHECK_FALSE(desk["broken"].is_blocked);
    CHECK_FALSE(desk["broken"].value.defined());
    CHECK(desk["after"].is_blocked);
    CHECK(desk.error("after") == "no error");
    CHECK_FALSE(desk["after"].value.defined());
    CHECK(desk.error("sum") == "no error");
    CHECK(desk.value("sum") == "[11. 22.]");
  };
  check(R"({"name": "broken", "type": "Neg"})",
        "TypeError: negative() missing 1 required positional argument: 'x'");
  check(R"({"name": "broken", "type": "AddV2", "inputs": ["a"]})",
        "TypeError: x + y() missing 1 required positional argument: 'y'");
  check(R"({"name": "broken", "type": "Neg", "inputs": ["nobody"]})",
        "ValueError: The name 'nobody' refers to an Operation not in the graph.");
  check(R"({"name": "broken", "type": "Neg", "inputs": ["a:1"]})",
        "ValueError: The name 'a:1' refers to a Tensor which does not exist. The operation, 'a', exists but "
        "only has 1 outputs.");
  check(R"({"name": "broken", "type": "AddV2", "inputs": ["a", {"value": "[1, 2, 3]"}]})",
        "ValueError: Dimensions must be equal, but are 2 and 3 for 'broken' (op: 'AddV2') with input shapes: "
        "[2], [3].");
  check(
      R"({"name": "broken", "type": "AddV2", "inputs": ["a", {"value": "'text'"}]})",
      "TypeError: Input 'y' of 'AddV2' Op has type string that does not match type float32 of argument 'x'.");
  check(R"({"name": "broken", "type": "AddV2", "inputs": ["a", {"value": "[1, "}]})",
        "ValueError: y: Expected a value");
  check(R"({"name": "broken", "type": "Const", "attrs": {"value": "[[1, 2], [3]]"}})",
        "ValueError: Argument must be a dense tensor");
  check(R"({"name": "broken", "type": "Const", "attrs": {"value": "1", "dtype": "float16"}})",
        "TypeError: Cannot convert value 'float16' to a TensorFlow DType.");
  check(R"({"name": "broken", "type": "Placeholder", "attrs": {"shape": "[2, x]"}})",
        "ValueError: shape: Expected");
  check(R"({"name": "broken", "type": "Variable"})",
        "ValueError: Shape of a new variable (broken) must be fully defined, but instead was <unknown>.");
  check(R"({"name": "broken", "type": "Variable", "attrs": {"shape": "[None, 2]"}})",
        "ValueError: Shape of a new variable (broken) must be fully defined, but instead was (?, 2).");
  check(R"({"name": "broken", "type": "Variable", "attrs": {"shape": "[2]", "initializer": "magic"}})",
        "ValueError: Unknown initializer: magic");
  check(R"({"name": "broken", "type": "Variable", "attrs": {"shape": "[2000000000, 2000000000]"}})",
        "ResourceExhaustedError: OOM when allocating tensor with shape");
  check(R"({"name": "broken", "type": "MatMul", "inputs": ["a", "b"], "attrs": {"transpose_a": "yes"}})",
        "ValueError: transpose_a: 'yes' is neither True nor False.");
  check(R"({"name": "broken", "type": "Assign", "inputs": ["a", "b"]})",
        "TypeError: 'Assign' Op requires that input 'ref' be a mutable tensor (e.g.: a tf.Variable)");
  check(R"({"name": "broken", "type": "Neg", "inputs": ["broken"]})",
        "ValueError: The graph has a cycle: broken -> broken.");
}

TEST_CASE("an error of the run is shown at its node as well") {
  Desk desk(scene_of(
      {kA, kNegative, R"({"name": "zero", "type": "Const", "attrs": {"value": "0"}})",
       R"({"name": "broken", "type": "FloorDiv", "inputs": [{"value": "1"}, "zero"]})",
       R"({"name": "after", "type": "Neg", "inputs": ["broken"]})",
       R"({"name": "unfed", "type": "Placeholder"})",
       R"({"name": "x", "type": "Placeholder", "attrs": {"shape": "[2]", "feed": "[1, 2, 3]"}})",
       R"({"name": "fed", "type": "Placeholder", "attrs": {"dtype": "int32", "feed": "[1.5, 2]"}})"}));
  CHECK(desk.error("broken").starts_with("InvalidArgumentError: Integer division by zero"));
  CHECK(desk["broken"].graph_name == "broken");
  CHECK_FALSE(desk["after"].value.defined());
  CHECK(desk.error("unfed").starts_with(
      "InvalidArgumentError: You must feed a value for placeholder tensor 'unfed'"));
  CHECK(desk.error("x") ==
        "ValueError: Cannot feed value of shape (3,) for Tensor 'x:0', which has shape '(2,)'");
  CHECK(desk.value("fed") == "[1 2]");
  CHECK(desk.value("negative") == "[-1. -2.]");
}

TEST_CASE("a cycle is told by its nodes, in the order of the data") {
  Desk desk(scene_of({R"({"name": "p", "type": "Neg", "inputs": ["r"]})",
                      R"({"name": "q", "type": "Neg", "inputs": ["p"]})",
                      R"({"name": "r", "type": "Neg", "inputs": ["q"]})",
                      R"({"name": "behind", "type": "Neg", "inputs": ["r"]})", kA, kNegative}));
  const std::string rest = ". An operation can only use tensors that exist before it.";
  CHECK(desk.error("p") == "ValueError: The graph has a cycle: p -> q -> r -> p" + rest);
  CHECK(desk.error("q") == "ValueError: The graph has a cycle: q -> r -> p -> q" + rest);
  CHECK(desk.error("behind") == "no error");
  CHECK(desk["behind"].is_blocked);
  CHECK(desk.value("negative") == "[-1. -2.]");
}

TEST_CASE("a cycle of thousands of nodes is found at once and told shortly") {
  Scene scene;
  constexpr int kNodes = 20000;
  for (int i = 0; i < kNodes; ++i)
    scene.nodes.push_back(node(cat("n", i), "Neg", {Port::wire(cat("n", (i + 1) % kNodes))}));
  const auto start = std::chrono::steady_clock::now();
  const Lowered lowered = lower(scene);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  CHECK(taken.count() < 5);
  for (const LoweredNode& found : lowered.nodes) {
    REQUIRE(found.error);
    REQUIRE(found.error->message.size() < 400);
  }
}

TEST_CASE("why a loss cannot be minimised is said, and the scene works all the same") {
  const auto error = [](std::initializer_list<const char*> nodes, const char* loss) {
    Desk desk(scene_of(nodes, cat(R"("training": {"loss": ")", loss, "\"}, ")));
    CHECK_FALSE(desk.workspace.snapshot().can_train);
    CHECK(desk.workspace.advance(3, always) == 0);
    CHECK(desk.value("a") == "[1. 2.]");
    REQUIRE(desk.workspace.snapshot().training_error);
    return desk.workspace.snapshot().training_error->text();
  };
  CHECK(error({kA}, "nobody") == "ValueError: There is no loss to minimise: 'nobody' cannot be computed.");
  CHECK(error({kA}, "a:1") == "ValueError: There is no loss to minimise: 'a:1' cannot be computed.");
  CHECK(error({kA}, "a") == "ValueError: No variables to optimize.");
  CHECK(error({kA, R"({"name": "i", "type": "Const", "attrs": {"value": "1"}})"}, "i") ==
        "ValueError: The loss 'i' must be a float tensor, not int32.");
  CHECK(error({kA, R"({"name": "w", "type": "Variable", "attrs": {"shape": "5"}})"}, "a")
            .starts_with("ValueError: No gradients provided for any variable"));
}

TEST_CASE("every node of a lesson shows its value, and its gradient where the loss depends on it") {
  for (const char* name : kLessons) {
    INFO(name);
    Desk desk(lesson(name));
    desk.workspace.advance(3, always);
    for (const SceneNode& drawn : desk.workspace.scene().nodes) {
      INFO(drawn.name);
      const NodeSnapshot& shown = desk[drawn.name];
      CHECK_FALSE(shown.error);
      CHECK_FALSE(shown.is_blocked);
      REQUIRE(shown.value.defined());
      CHECK(shown.value.dtype() == shown.dtype);
      CHECK(shown.shape.compatible_with(shown.value.shape()));
      CHECK(shown.order >= 0);
      if (shown.gradient.defined()) CHECK(shown.gradient.shape() == shown.value.shape());
    }
    for (const char* trained : {"logits", "loss", "cross_entropy"}) CHECK(desk[trained].gradient.defined());
    for (const char* apart : {"accuracy", "answer", "softmax"}) CHECK_FALSE(desk[apart].gradient.defined());
    CHECK(desk["loss"].gradient.number(0) == 1);
  }
}

TEST_CASE("looking at a scene writes to no variable and draws nothing twice") {
  Desk desk(scene_of({R"({"name": "w", "type": "Variable", "inputs": [{"value": "5.0"}]})",
                      R"({"name": "set", "type": "Assign", "inputs": ["w", {"value": "7.0"}]})",
                      R"({"name": "dims", "type": "Const", "attrs": {"value": "[3]"}})",
                      R"({"name": "dice", "type": "RandomUniform", "inputs": ["dims"]})"}));
  CHECK(desk.value("w") == "5.0");
  CHECK_FALSE(desk["set"].value.defined());
  const Tensor drawn = desk["dice"].value;
  REQUIRE(drawn.defined());
  desk.apply(edit::Move{{{"w", {5, 5}}}});
  CHECK(desk["dice"].value.same_bits(drawn));
  CHECK(desk.value("w") == "5.0");
}

TEST_CASE("every kind of node can be put on an empty canvas, and says what it lacks") {
  Workspace workspace;
  for (const NodeType& type : node_types()) must(workspace.apply(edit::AddNode{node("", type.name)}));
  const Snapshot& snapshot = workspace.snapshot();
  for (std::size_t i = 0; i < snapshot.nodes.size(); ++i) {
    INFO(workspace.scene().nodes[i].name);
    const NodeType& type = *find_node_type(workspace.scene().nodes[i].type);
    // Only a constant needs nothing.
    CHECK((snapshot.nodes[i].error.has_value() != (type.name == "Const" || type.name == "NoOp")));
  }
  must(scene_from_json(workspace.json()));
}

TEST_CASE("every operation given any one constant for all its inputs computes it or says why not") {
  for (const NodeType& type : node_types()) {
    for (const char* value :
         {"1", "-1", "0.5", "True", "'a'", "[]", "[1, 2]", "[0]", "[1.5]", "[[1.0, 2.0], [3.0, 4.0]]",
          "[[[[1]]]]", "[[]]", "2147483647", "-2147483648", "[2147483647, 2147483647]"}) {
      INFO(type.name, " of ", value);
      Scene scene;
      scene.nodes.push_back(node("c", "Const"));
      scene.nodes[0].attrs["value"] = value;
      scene.nodes.push_back(node("op", type.name, std::vector<Port>(type.inputs.size(), Port::wire("c"))));
      Workspace workspace;
      must(workspace.open(scene_to_json(scene)));
      const NodeSnapshot& shown = workspace.snapshot().nodes[1];
      if (shown.error) CHECK_FALSE(shown.error->message.empty());
    }
  }
}

// --- Edits -----------------------------------------------------------------------------------------------

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
  desk.workspace.undo();
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
  desk.workspace.undo();
  CHECK(desk.workspace.snapshot().counters.step == 0);
  CHECK(steps_after(edit::Move{{{"W", {9, 9}}}}) == 5);
  desk.workspace.undo();
  CHECK(desk.workspace.snapshot().counters.step == 5);
}

TEST_CASE("an edit that changes nothing is no step of undo, and neither is one that fails") {
  Desk desk(simple());
  CHECK(desk.apply(edit::SetPort{"sum", 0, Port::wire("a")}) == "no error");
  CHECK(desk.apply(edit::Rename{"nobody", "x"}) != "no error");
  CHECK_FALSE(desk.workspace.can_undo());
  // Nothing to undo or redo does nothing.
  desk.workspace.undo();
  desk.workspace.redo();
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
  desk.workspace.undo();
  CHECK(at() == 50);
  desk.workspace.undo();
  CHECK(at() == 20);
  desk.workspace.undo();
  CHECK(at() == 0);
  CHECK(desk.workspace.scene().find("a")->x == 20);
  desk.workspace.undo();
  CHECK(desk.workspace.json() == before);
  CHECK_FALSE(desk.workspace.can_undo());
  desk.workspace.redo();
  CHECK(desk.workspace.scene().find("a")->x == 20);
  CHECK(at() == 0);
  // A new edit ends what could be redone, and does not go on with the gesture of before.
  must(desk.workspace.apply(edit::Move{{{"a", {1, 1}}}}, "drag 1"));
  CHECK_FALSE(desk.workspace.can_redo());
  desk.workspace.undo();
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

// --- Chance ----------------------------------------------------------------------------------------------

namespace {

// The same numbers with every C++ library; and with every compiler, as long as no two are drawn among the
// arguments of one call.
class Chance {
 public:
  explicit Chance(unsigned seed) : engine_(seed) {}
  int below(int n) { return static_cast<int>(engine_() % static_cast<unsigned>(n)); }
  bool in(int n) { return below(n) == 0; }
  template <class Range>
  const auto& of(const Range& range) {
    return *(std::begin(range) + below(static_cast<int>(std::size(range))));
  }

 private:
  std::mt19937 engine_;
};

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
  switch (chance.below(10)) {
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
      constexpr const char* kData[] = {"", "penguins", "circle", "spiral", "xor", "iris"};
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
  for (const unsigned seed : {1u, 2u, 3u}) {
    INFO("seed ", seed);
    Chance chance(seed);
    Workspace workspace;
    must(workspace.open(lesson("penguins")));
    // The bytes after each step of undo.
    std::vector<std::string> states{workspace.json()};
    std::string last_gesture;
    int refused = 0;
    for (int i = 0; i < 1000; ++i) {
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
    CHECK(refused > 100);
    REQUIRE(states.size() > 200);
    REQUIRE(states.size() <= 501);  // More steps than 500 are not kept.
    for (std::size_t i = states.size() - 1; i > 0; --i) {
      REQUIRE(workspace.can_undo());
      workspace.undo();
      REQUIRE(workspace.json() == states[i - 1]);
    }
    CHECK_FALSE(workspace.can_undo());
    CHECK(workspace.json() == lesson("penguins"));
    for (std::size_t i = 1; i < states.size(); ++i) {
      REQUIRE(workspace.can_redo());
      workspace.redo();
      REQUIRE(workspace.json() == states[i]);
    }
    CHECK_FALSE(workspace.can_redo());
    workspace.snapshot();
  }
}

TEST_CASE("the last 500 steps can be undone") {
  Workspace workspace;
  must(workspace.open(simple()));
  for (int i = 1; i <= 600; ++i) must(workspace.apply(edit::Move{{{"a", {static_cast<float>(i), 0}}}}));
  int undone = 0;
  for (; workspace.can_undo(); ++undone) workspace.undo();
  CHECK(undone == 500);
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
  for (int round = 0; round < 6000; ++round) {
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
  CHECK(opened > 300);
}

}  // namespace sandflow::test
