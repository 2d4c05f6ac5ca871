// Guards what is said of a wire before it is dropped, and what the palette offers for its loose end.
#include "engine/scene/trial.h"
#include "tests/engine/desk.h"

namespace sandflow::test {

namespace {

std::string said(const Scene& scene, std::string node, int input, std::string wire) {
  const auto refused = refusal(scene, edit::SetPort{std::move(node), input, Port::wire(std::move(wire))});
  return refused ? refused->text() : "fits";
}

int offered(const Scene& scene, std::string_view wire, std::string_view type) {
  return Candidate(scene, wire).input_for(*find_node_type(type));
}

}  // namespace

TEST_CASE("a wire that cannot be is refused in TensorFlow's words before it is dropped") {
  Desk desk(lesson("penguins"));
  const Scene& scene = desk.workspace.scene();
  CHECK(said(scene, "MatMul", 0, "x") == "fits");
  CHECK(said(scene, "MatMul", 1, "y") == "fits");  // As far as is known before a run.
  CHECK(
      said(scene, "MatMul", 1, "b") ==
      "ValueError: Shape must be rank 2 but is rank 1 for 'MatMul' (op: 'MatMul') with input shapes: [?,4], "
      "[3].");
  CHECK(said(scene, "MatMul", 0, "truth").starts_with("TypeError: "));
  CHECK(said(scene, "MatMul", 0, "loss").starts_with("ValueError: The graph has a cycle: "));
  CHECK(said(scene, "MatMul", 0, "nobody") == "ValueError: There is no tensor 'nobody'.");
}

TEST_CASE("what is still empty does not count against a wire, nor what is wrong without it") {
  Desk desk(lesson("penguins"));
  desk.apply(edit::AddNode{node("mm", "MatMul")});
  desk.apply(edit::AddNode{node("conv", "Conv2D")});
  const Scene& scene = desk.workspace.scene();
  CHECK(said(scene, "mm", 0, "x") == "fits");
  CHECK(said(scene, "mm", 1, "b").starts_with("ValueError: Shape must be rank 2 but is rank 1"));
  CHECK(said(scene, "mm", 0, "correct").starts_with("TypeError: Value passed to parameter 'a' has DataType"));
  CHECK(said(scene, "conv", 0, "x") == "fits");
  // Of integers the true quotient is taken, as tf.divide does.
  SceneNode eleven = node("eleven", "Const");
  eleven.attrs["value"] = "11";
  desk.apply(edit::AddNode{eleven});
  desk.apply(edit::AddNode{node("quotient", "RealDiv")});
  CHECK(said(desk.workspace.scene(), "quotient", 0, "eleven") == "fits");
  CHECK(refusal(scene, edit::SetPort{"mm", 0, Port::literal("[1.0]")}).has_value());
  CHECK_FALSE(refusal(scene, edit::SetPort{"mm", 0, Port::literal("[[1.0]]")}));
}

TEST_CASE("the palette offers for a wire what takes it, and the input that does") {
  Desk desk(lesson("penguins"));
  const Scene& scene = desk.workspace.scene();
  CHECK(offered(scene, "x", "MatMul") == 0);
  CHECK(offered(scene, "b", "MatMul") == -1);
  CHECK(offered(scene, "b", "BiasAdd") == 1);
  CHECK(offered(scene, "correct", "Cast") == 0);
  CHECK(offered(scene, "correct", "MatMul") == -1);
  CHECK(offered(scene, "x", "Const") == -1);
  CHECK(offered(scene, "x", "Placeholder") == -1);
  CHECK(offered(scene, "x", "Variable") == 0);
  CHECK(offered(scene, "x", "Conv2D") == 0);
}

}  // namespace sandflow::test
