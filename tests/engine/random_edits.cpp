// Guards undo: whatever is edited, sensible or not, as many steps back give the start byte for byte, and as
// many forward the end.
#include <random>

#include "engine/scene/edit.h"
#include "engine/scene/node_types.h"
#include "tests/engine/desk.h"

namespace sandflow::test {

namespace {

// Draws edits of every kind for whatever scene there is.
class Editor {
 public:
  explicit Editor(unsigned seed) : random_(seed) {}

  edit::Edit next(const Scene& scene) {
    switch (below(14)) {
      case 0:
        return edit::AddNode{fresh(scene)};
      case 1:
        return edit::AddNodes{{fresh(scene), fresh(scene)}, {}};
      case 2:
        return edit::RemoveNodes{{name(scene)}};
      case 3:
        return edit::Move{{{name(scene), {number(), number()}}}};
      case 4:
        return edit::Rename{name(scene), cat(pick({"W", "b", "dense/W", "x", "loss", "한"}), below(9))};
      case 5:
        return edit::Group{{name(scene), name(scene)}, pick({"", "dense", "net"})};
      case 6:
        return edit::Ungroup{scope(scene)};
      case 7:
        return edit::RenameScope{scope(scene), pick({"dense", "net/dense", "block"})};
      case 8:
        return edit::Fold{scope(scene), below(2) == 0};
      case 9:
        return edit::SetPort{name(scene), below(3), port(scene)};
      case 10:
        return edit::SetAttr{name(scene), pick({"value", "shape", "dtype", "axis"}),
                             pick({"", "3.0", "[1.0, 2.0]", "(2, 3)", "tf.int32", "nonsense"})};
      case 11:
        return edit::SetTitle{cat("title ", below(1000))};
      case 12:
        return edit::SetData{{pick({"", "penguins", "spiral", "nowhere"}), {}}};
      default: {
        Training training = scene.training;
        training.batch_size = 1 + below(12);
        training.loss = below(3) == 0 ? name(scene) : training.loss;
        training.optimizer.name = pick({"GradientDescent", "Momentum", "Adam", "nothing"});
        return edit::SetTraining{training};
      }
    }
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  float number() { return static_cast<float>(below(2000) - 1000); }
  std::string pick(std::initializer_list<const char*> of) {
    return of.begin()[below(static_cast<int>(of.size()))];
  }
  std::string name(const Scene& scene) {
    const int n = static_cast<int>(scene.nodes.size());
    return n == 0 || below(20) == 0 ? "nobody" : scene.nodes[static_cast<std::size_t>(below(n))].name;
  }
  std::string scope(const Scene& scene) {
    const std::string of = name(scene);
    const std::size_t slash = of.find('/');
    return slash == std::string::npos ? pick({"dense", "net"}) : of.substr(0, slash);
  }
  Port port(const Scene& scene) {
    const int kind = below(3);
    return kind == 0   ? Port{}
           : kind == 1 ? Port::wire(name(scene))
                       : Port::literal(pick({"2.0", "[[1, 2]]", "'a'"}));
  }
  SceneNode fresh(const Scene& scene) {
    const std::string type = pick({"Const", "Placeholder", "Variable", "AddV2", "MatMul", "Relu", "Mean"});
    SceneNode made = node(below(2) ? "" : pick({"a", "W", "net/W", "dense/b"}), type);
    const int inputs = type == "AddV2" || type == "MatMul" || type == "Mean" ? 2 : type == "Relu" ? 1 : 0;
    for (int i = 0; i < inputs; ++i) made.inputs.push_back(port(scene));
    made.x = number();
    made.y = number();
    return made;
  }

  std::mt19937 random_;
};

}  // namespace

TEST_CASE("a thousand edits are undone to the start, byte for byte, and done again") {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    Desk desk(seed % 2 ? simple() : lesson("penguins"));
    Editor editor(seed);
    const std::string start = desk.workspace.json();
    int applied = 0, refused = 0;
    while (applied < 1000) {
      const std::string before = desk.workspace.json();
      const Status status = desk.workspace.apply(editor.next(desk.workspace.scene()));
      if (!status.ok()) {
        ++refused;
        REQUIRE(desk.workspace.json() == before);
      }
      // An edit that changes nothing is no step.
      applied += desk.workspace.json() != before;
    }
    CHECK(refused > 0);
    const std::string end = desk.workspace.json();
    for (int i = 0; i < applied; ++i) {
      REQUIRE(desk.workspace.can_undo());
      desk.workspace.undo();
    }
    CHECK_FALSE(desk.workspace.can_undo());
    CHECK(desk.workspace.json() == start);
    for (int i = 0; i < applied; ++i) desk.workspace.redo();
    CHECK_FALSE(desk.workspace.can_redo());
    CHECK(desk.workspace.json() == end);
  }
}

}  // namespace sandflow::test
