// Guards scopes: names that gain and lose a prefix, with wires and settings following, and their folding.
#include "engine/scene/scopes.h"

#include "engine/scene/layers.h"
#include "tests/engine/desk.h"

namespace sandflow::test {

namespace {

std::string names(const Scene& scene) {
  return join(scene.nodes, " ", [](const SceneNode& node) { return node.name; });
}

std::string inputs(const Scene& scene, std::string_view name) {
  return join(scene.find(name)->inputs, " ", [](const Port& port) { return port.text; });
}

}  // namespace

TEST_CASE("grouping gives nodes a scope; wires and what training looks at follow, in one step") {
  Desk desk(lesson("penguins"));
  const std::string before = desk.workspace.json();
  CHECK(desk.apply(edit::Group{{"W", "b", "MatMul", "logits"}, "dense"}) == "no error");
  CHECK(inputs(desk.workspace.scene(), "dense/MatMul") == "x dense/W");
  CHECK(inputs(desk.workspace.scene(), "softmax") == "dense/logits");
  CHECK(desk["dense/W"].graph_name == "dense/W");
  CHECK(desk.apply(edit::Group{{"loss"}, "end"}) == "no error");
  CHECK(desk.workspace.scene().training.loss == "end/loss");
  CHECK(desk.workspace.snapshot().can_train);
  CHECK(desk.apply(edit::Ungroup{"end"}) == "no error");
  CHECK(desk.apply(edit::Ungroup{"dense"}) == "no error");
  CHECK(desk.workspace.json() == before);
  must(desk.workspace.undo());
  must(desk.workspace.undo());
  must(desk.workspace.undo());
  must(desk.workspace.undo());
  CHECK(desk.workspace.json() == before);
}

TEST_CASE("a group within a scope stays in it, and names that are taken get a number") {
  Desk desk(simple());
  CHECK(desk.apply(edit::Group{{"a", "b", "sum"}, "net"}) == "no error");
  CHECK(desk.apply(edit::Group{{"net/a", "net/b"}, "inputs"}) == "no error");
  CHECK(names(desk.workspace.scene()) == "net/inputs/a net/inputs/b net/sum negative");
  CHECK(desk.apply(edit::Group{{"net/sum", "negative"}, ""}) == "no error");
  CHECK(names(desk.workspace.scene()) == "net/inputs/a net/inputs/b scope/net/sum scope/negative");
  CHECK(desk.apply(edit::Group{{"scope/negative"}, "a"}) == "no error");
  CHECK(desk.apply(edit::Rename{"net/inputs/a", "a"}) == "no error");
  CHECK(desk.apply(edit::Ungroup{"scope"}) == "no error");
  CHECK(names(desk.workspace.scene()) == "a net/inputs/b net/sum a/negative");
  CHECK(desk.apply(edit::Rename{"a/negative", "b"}) == "no error");
  CHECK(desk.apply(edit::Ungroup{"net/inputs"}) == "no error");
  CHECK(desk.apply(edit::Ungroup{"net"}) == "no error");
  CHECK(names(desk.workspace.scene()) == "a b_1 sum b");
  CHECK(inputs(desk.workspace.scene(), "sum") == "a b_1");
}

TEST_CASE("a scope's name changes with everything in it; onto taken names it does not") {
  Desk desk(simple());
  desk.apply(edit::Group{{"a", "b"}, "net"});
  CHECK(desk.apply(edit::Fold{"net"}) == "no error");
  CHECK(desk.apply(edit::RenameScope{"net", "all/net"}) == "no error");
  CHECK(inputs(desk.workspace.scene(), "sum") == "all/net/a all/net/b");
  CHECK(desk.workspace.scene().folded == std::set<std::string>{"all/net"});
  CHECK(desk.apply(edit::RenameScope{"all", "b c"}) == "ValueError: 'b c' is not a valid node name");
  CHECK(desk.apply(edit::RenameScope{"nothing", "b"}) == "ValueError: There is no scope 'nothing'.");
  desk.apply(edit::Group{{"sum"}, "x"});
  desk.apply(edit::Rename{"x/sum", "x/a"});
  CHECK(desk.apply(edit::RenameScope{"all/net", "x"}) ==
        "ValueError: There is a node 'x/a' already; names differ without regard to case.");
}

TEST_CASE("folding is part of the scene, and changes nothing about a run") {
  Desk desk(lesson("penguins"));
  const std::string before = desk.workspace.json();
  CHECK(before.find("folded") == std::string::npos);
  desk.apply(edit::Group{{"W", "b", "MatMul", "logits"}, "dense"});
  desk.workspace.advance(3, always);
  CHECK(desk.apply(edit::Fold{"dense"}) == "no error");
  CHECK(desk.workspace.snapshot().counters.step == 3);
  const Scene& scene = desk.workspace.scene();
  CHECK(must(scene_from_json(desk.workspace.json())) == scene);
  CHECK(folded_around(scene, "dense/W") == "dense");
  CHECK(folded_around(scene, "loss") == "");
  CHECK(desk.apply(edit::Fold{"dens"}) == "ValueError: There is no scope 'dens'.");
  // With its last node a scope is gone.
  desk.apply(edit::RemoveNodes{{"dense/W", "dense/b", "dense/MatMul", "dense/logits"}});
  CHECK(desk.workspace.scene().folded.empty());
  CHECK(opening_error(scene_of({kA}, "\"folded\": [\"net\"], ")) ==
        "ValueError: folded: there is no scope 'net'.");
}

TEST_CASE("several nodes are added with the wires among them, under names that are free") {
  Desk desk(simple());
  const std::string copied =
      nodes_to_json({*desk.workspace.scene().find("sum"), *desk.workspace.scene().find("b")}, {});
  const Scene read = must(scene_from_json(copied));
  CHECK(desk.apply(edit::AddNodes{read.nodes, read.folded}) == "no error");
  CHECK(names(desk.workspace.scene()) == "a b sum negative sum_1 b_1");
  CHECK(inputs(desk.workspace.scene(), "sum_1") == "a b_1");
  must(desk.workspace.undo());
  CHECK(names(desk.workspace.scene()) == "a b sum negative");
  Desk other(scene_of({kNegative}));
  CHECK(other.apply(edit::AddNodes{read.nodes, read.folded}) == "no error");
  CHECK(inputs(other.workspace.scene(), "sum") == " b");
}

TEST_CASE("every layer is a scope that works") {
  for (const Layer& layer : layers()) {
    INFO(layer.name);
    Desk desk(scene_of({}));
    const edit::AddNodes add = layer_of(layer, Shape::unknown_rank());
    CHECK(desk.apply(add) == "no error");
    CHECK(desk.apply(add) == "no error");
    CHECK(scopes_of(desk.workspace.scene()) == std::vector<std::string>{layer.name, cat(layer.name, "_1")});
    CHECK(desk.workspace.scene().folded.size() == 2);
    // Its free input takes a tensor of the shape that it was made for.
    const edit::AddNodes fitted = layer_of(layer, Shape{Shape::kUnknown, 6, 6, 5});
    CHECK(fitted.nodes.size() == add.nodes.size());
  }
  Desk desk(lesson("penguins"));
  const edit::AddNodes dense = layer_of(*find_layer("dense"), Shape{Shape::kUnknown, 4});
  desk.apply(dense);
  desk.apply(edit::SetPort{"dense/MatMul", 0, Port::wire("x")});
  CHECK(desk.error("dense/Relu") == "no error");
  CHECK(desk["dense/Relu"].value.shape().python() == "(10, 8)");
}

}  // namespace sandflow::test
