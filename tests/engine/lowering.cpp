// Guards the way from a scene to numbers: mistakes are said where they are while the rest goes on working.
#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include "engine/scene/lower.h"
#include "engine/scene/node_types.h"
#include "engine/training/optimizers.h"
#include "tests/engine/desk.h"

namespace sandflow::test {

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

TEST_CASE("a node that is only new is unfinished, which is no mistake") {
  const auto unfinished = [](const char* json) {
    Desk desk(scene_of({kA, json}));
    CHECK(desk["new"].error);
    return desk["new"].is_unfinished;
  };
  CHECK(unfinished(R"({"name": "new", "type": "MatMul"})"));
  CHECK(unfinished(R"({"name": "new", "type": "AddV2", "inputs": ["a"]})"));
  CHECK(unfinished(R"({"name": "new", "type": "Variable", "inputs": [null]})"));
  CHECK(unfinished(R"({"name": "new", "type": "Placeholder"})"));
  CHECK_FALSE(unfinished(R"({"name": "new", "type": "AddV2", "inputs": ["a", {"value": "[1, 2, 3]"}]})"));
  CHECK_FALSE(
      unfinished(R"({"name": "new", "type": "Variable", "inputs": [null], "attrs": {"shape": "x"}})"));
  CHECK_FALSE(unfinished(R"({"name": "new", "type": "Placeholder", "attrs": {"feed": "x"}})"));
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
        "TypeError: AddV2() missing 1 required positional argument: 'y'");
  check(R"({"name": "broken", "type": "AddV2"})",
        "TypeError: AddV2() missing 2 required positional arguments: 'x' and 'y'");
  check(R"({"name": "broken", "type": "Select"})",
        "TypeError: where() missing 3 required positional arguments: 'condition', 't', and 'e'");
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

TEST_CASE("a cycle of 20,000 nodes costs ten times one of 2,000, and is told shortly") {
  const auto cost = [](int nodes) {
    Scene scene;
    for (int i = 0; i < nodes; ++i)
      scene.nodes.push_back(node(cat("n", i), "Neg", {Port::wire(cat("n", (i + 1) % nodes))}));
    const std::int64_t before = allocations().bytes;
    const Lowered lowered = lower(scene);
    const std::int64_t bytes = allocations().bytes - before;
    for (const LoweredNode& found : lowered.nodes) {
      REQUIRE(found.error);
      REQUIRE(found.error->message.size() < 400);
    }
    return bytes;
  };
  CHECK(cost(20000) < 15 * cost(2000));
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

TEST_CASE("a variable can only have a dtype that its initializer can make") {
  for (const char* dtype : {"bool", "string", "int32"}) {
    const std::string variable =
        cat(R"({"name": "V", "type": "Variable", "attrs": {"shape": "[2]", "dtype": ")", dtype,
            R"(", "initializer": "constant"}})");
    Desk desk(scene_of({variable.c_str(), kA, kNegative}));
    CHECK(desk.error("V") == cat("ValueError: Expected floating point type, got <dtype: '", dtype, "'>."));
    CHECK(desk.value("negative") == "[-1. -2.]");
  }
}

TEST_CASE("an initializer that fails leaves the other variables their values") {
  Desk desk(scene_of({R"({"name": "p", "type": "Placeholder", "attrs": {"shape": "[2]"}})",
                      R"({"name": "V", "type": "Variable", "inputs": ["p"]})",
                      R"({"name": "W", "type": "Variable", "inputs": [{"value": "[1.0, 2.0]"}]})",
                      R"({"name": "n", "type": "Neg", "inputs": ["W"]})"}));
  CHECK(desk.error("W") == "no error");
  CHECK(desk.value("n") == "[-1. -2.]");
}

TEST_CASE("what training looks at may write to no variable") {
  const char* const w = R"({"name": "W", "type": "Variable", "inputs": [{"value": "1.0"}]})";
  const char* const seven = R"({"name": "seven", "type": "Assign", "inputs": ["W", {"value": "7.0"}]})";
  for (const char* role : {"accuracy", "prediction", "loss"}) {
    Desk desk(scene_of({w, seven}, cat(R"("training": {")", role, R"(": "seven"},)")));
    CHECK(desk.workspace.snapshot().training_error->message ==
          "'seven' changes a variable; it cannot be what training looks at.");
    CHECK_FALSE(desk.workspace.predict(Tensor::scalar(1.0f)).ok());
    must(desk.workspace.apply(edit::Move{{{"W", {5.f, 5.f}}}}));
    CHECK(desk.value("W") == "1.0");
  }
}

TEST_CASE("the node that keeps the loss from being computed is named") {
  Desk desk(scene_of({kA, kB, R"({"name": "product", "type": "MatMul", "inputs": ["a", "b"]})",
                      R"({"name": "loss", "type": "Neg", "inputs": ["product"]})"},
                     R"("training": {"loss": "loss"},)"));
  const Error& error = *desk.workspace.snapshot().training_error;
  CHECK(error.node == "product");
  CHECK(error.message.starts_with("'loss' cannot be computed. product: Shape must be rank 2 but is rank 1"));
}

TEST_CASE("tf.divide of integers is true division, as in the post") {
  Desk desk(scene_of({R"({"name": "d", "type": "RealDiv", "inputs": [{"value": "11"}, {"value": "5"}]})"}));
  CHECK(desk.value("d") == "2.2");
  CHECK(desk["d"].dtype == DType::kFloat64);
}

TEST_CASE("a seed of 0 is a seed") {
  const auto drawn = [](const char* seed, const char* first) {
    const std::string random =
        cat(R"({"name": "r", "type": "RandomUniform", "inputs": [{"value": "[3]"}], "attrs": {"seed": ")",
            seed, "\"}}");
    return Desk(scene_of({first, random.c_str()})).value("r");
  };
  // Without one the numbers depend on how many operations stand before; with one they do not.
  CHECK(drawn("0", kA) == drawn("0", R"({"name": "q", "type": "Neg", "inputs": [{"value": "1.0"}]})"));
  CHECK(drawn("", kA) != drawn("", R"({"name": "q", "type": "Neg", "inputs": [{"value": "1.0"}]})"));
  CHECK(drawn("0", kA) != drawn("1", kA));
}

TEST_CASE("a thousand failing nodes are looked at in one pass") {
  std::string nodes;
  for (int i = 0; i < 1000; ++i)
    nodes += cat(i ? "," : "", R"({"name": "p)", i, R"(", "type": "Placeholder"},{"name": "n)", i,
                 R"(", "type": "Neg", "inputs": ["p)", i, "\"]}");
  Desk desk(cat("{\"sandflow\": 1, \"nodes\": [", nodes, "]}"));
  CHECK(desk.error("p999").starts_with(
      "InvalidArgumentError: You must feed a value for placeholder tensor 'p999'"));
  CHECK_FALSE(desk["n999"].value.defined());
}

TEST_CASE("sizes, ranks and texts beyond reason are refused at their node") {
  std::string ones = "1";
  for (int i = 0; i < 300; ++i) ones += ", 1";
  const std::string reshape = cat(
      R"({"name": "r", "type": "Reshape", "inputs": [{"value": "[1.0]"}, {"value": "[)", ones, R"(]"}]})");
  Desk ranks(scene_of({reshape.c_str(), kA, kNegative}));
  CHECK(
      ranks.error("r").starts_with("InvalidArgumentError: Shape must have at most 254 dimensions, not 301"));
  CHECK(ranks.value("negative") == "[-1. -2.]");

  Desk counts(scene_of(
      {R"({"name": "p", "type": "Placeholder", "attrs": {"dtype": "int32", "shape": "[2147483647]"}})",
       R"({"name": "f", "type": "Fill", "inputs": ["p", {"value": "1.0"}]})"}));
  CHECK_FALSE(counts["f"].shape.has_rank());

  std::vector<std::string> adds = {
      cat(R"({"name": "s0", "type": "Const", "attrs": {"value": "')", std::string(1000, 'x'), R"('"}})")};
  for (int i = 1; i < 30; ++i)
    adds.push_back(
        cat(R"({"name": "s)", i, R"(", "type": "Add", "inputs": ["s)", i - 1, R"(", "s)", i - 1, "\"]}"));
  Desk texts(
      cat("{\"sandflow\": 1, \"nodes\": [", join(adds, ",", [](const std::string& s) { return s; }), "]}"));
  CHECK(texts.error("s15").starts_with("ResourceExhaustedError: OOM when adding strings"));

  std::vector<std::string> fills;
  for (int i = 0; i < 9; ++i)
    fills.push_back(cat(R"({"name": "f)", i,
                        R"(", "type": "Fill", "inputs": [{"value": "[67108864]"}, {"value": "1.0"}]})"));
  Desk memory(
      cat("{\"sandflow\": 1, \"nodes\": [", join(fills, ",", [](const std::string& s) { return s; }), "]}"));
  CHECK(memory.error("f8").starts_with("ResourceExhaustedError: OOM when allocating tensor"));
}

}  // namespace sandflow::test
