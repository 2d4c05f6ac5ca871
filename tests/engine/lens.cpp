// Guards the Session lens: what a run needs, does and prints, in which order, and where it goes wrong.
#include "engine/scene/lens.h"

#include <algorithm>

#include "engine/core/print.h"
#include "engine/core/text.h"
#include "engine/scene/json.h"
#include "tests/engine/desk.h"
#include "tests/engine/golden.h"
#include "tests/engine/support.h"

namespace sandflow::test {

namespace {

// A lens on a scene written in a few lines.
struct Glass {
  Scene scene;
  Lens lens;
  LensRun last;

  explicit Glass(const std::string& json, const Dataset* data = nullptr)
      : scene(must(scene_from_json(json))), lens(scene, data) {}

  std::string run(std::vector<std::string> fetches, std::vector<LensFeed> feeds = {}) {
    last = lens.run(fetches, feeds);
    return last.error ? last.error->text() : last.printed;
  }
  // "x:feed MatMul:forward …"
  std::string way() const {
    constexpr const char* kParts[] = {"feed", "forward", "gradients", "update", "initial"};
    return join(last.stops, " ", [&](const LensStop& stop) {
      return cat(name_of(stop.owner), ":", kParts[static_cast<int>(stop.part)]);
    });
  }
  std::string name_of(int owner) const {
    return owner < 0 ? "-" : scene.nodes[static_cast<std::size_t>(owner)].name;
  }
  bool needs(std::string_view name) const {
    return last.is_needed[static_cast<std::size_t>(scene.index_of(name))];
  }
  std::string value_at(std::string_view name, std::size_t stops) const {
    const auto nodes = lens.nodes_at(&last, stops);
    const Tensor& value = nodes[static_cast<std::size_t>(scene.index_of(name))].value;
    return value.defined() ? str(value) : "none";
  }
  std::string life(std::string_view name) const {
    constexpr const char* kStates[] = {"uninitialized", "initialized", "trained", "loaded"};
    for (const LensVariable& variable : lens.variables())
      if (name_of(variable.owner) == name) return kStates[static_cast<int>(variable.state)];
    return "no variable";
  }
};

constexpr const char* kX =
    R"j({"name": "x", "type": "Placeholder", "attrs": {"dtype": "int32", "shape": "(None)",
    "feed" : "11"
}
})j";
constexpr const char* kY =
    R"j({"name": "y", "type": "Placeholder", "attrs": {"dtype": "int32", "shape": "(None)", "feed": "5"
}
})j";
constexpr const char* kAdd = R"j({"name": "sum", "type": "AddV2", "inputs": ["x", "y"]})j";

// One weight w from 3 on, loss = (w x - 6)^2 at x = 1: the gradient is -6, a step of 0.1 gives 3.6.
std::string slope() {
  return scene_of(
      {R"j({"name": "x", "type": "Placeholder", "attrs": {"shape": "(None, 1)", "feed" : "[[1.0]]"}})j",
       R"j({"name": "W", "type": "Variable", "inputs": [{"value": "[[3.0]]"}]})j",
       R"j({"name": "MatMul", "type": "MatMul", "inputs": ["x", "W"]})j",
       R"j({"name": "error", "type": "Sub", "inputs": ["MatMul", {"value": "6.0"}]})j",
       R"j({"name": "square", "type": "Square", "inputs": ["error"]})j",
       R"j({"name": "loss", "type": "Mean", "inputs": ["square", {"value": "[0, 1]"}]})j",
       R"j({"name": "aside", "type": "Neg", "inputs": ["MatMul"]})j"},
      R"j("training": {"loss": "loss", "optimizer": {"name": "Momentum", "learning_rate": 0.1, "momentum": 0.9}},)j");
}

}  // namespace

TEST_CASE("the lens prints the post's programs") {
  SUBCASE("a constant") {
    Glass g(
        scene_of({R"j({"name": "hello_constant", "type": "Const", "attrs": {"value": "'Hello world!'"}})j"}));
    CHECK(g.run({"hello_constant"}) == "b'Hello world!'");
    CHECK(g.last.code == "sess.run(hello_constant)");
  }
  SUBCASE("a placeholder with its feeds") {
    Glass g(scene_of({kX, kY, kAdd}));
    CHECK(g.run({"sum"}, g.lens.scene_feeds()) == "16");
    CHECK(g.last.code == "sess.run(sum, feed_dict={x: 11, y: 5})");
    CHECK(g.way() == "x:feed y:feed sum:forward");
  }
  SUBCASE("a Variable") {
    Glass g(scene_of({R"j({"name": "x", "type": "Variable", "inputs": [{"value": "5"}]})j"}));
    CHECK(g.life("x") == "uninitialized");
    CHECK(g.run({"x"}) ==
          "FailedPreconditionError: Attempting to use uninitialized value x\n\t [[{{node _retval_x_0_0}}]]");
    CHECK(g.name_of(g.last.error_owner) == "x");
    CHECK(g.run({"init"}) == "None");
    CHECK(g.way() == "x:initial");
    CHECK(g.life("x") == "initialized");
    CHECK(g.run({"x"}) == "5");
  }
  SUBCASE("zeros") {
    Glass g(scene_of(
        {R"j({"name": "bias", "type": "Variable", "inputs": [{"value": "[0.0, 0.0, 0.0, 0.0, 0.0, 0.0]"}]})j"}));
    g.run({"init"});
    CHECK(g.run({"bias"}) == golden("seed_zeros")["expected"]["print"].text());
  }
}

TEST_CASE("a list prints its arrays by repr, scalars as they are, and None for operations") {
  Glass g(scene_of({kA, R"j({"name": "n", "type": "Const", "attrs": {"value": "3"}})j"}));
  CHECK(g.run({"a", "n", "init"}) == "[array([1., 2.], dtype=float32), 3, None]");
  CHECK(g.last.code == "sess.run([a, n, init])");
  CHECK(g.run({}) == "[]");
  CHECK(g.run({"a:0"}) == "[1. 2.]");
  CHECK(g.run({"'a:0'"}) == "[1. 2.]");
  CHECK(g.run({"'a'"}) == "None");
}

TEST_CASE("names that Python or TensorFlow cannot have are told as they are") {
  Glass g(scene_of({R"j({"name": "dense/b", "type": "Const", "attrs": {"value": "3"}})j",
                    R"j({"name": "init", "type": "Const", "attrs": {"value": "4"}})j"}));
  CHECK(g.run({"dense/b"}) == "3");
  CHECK(g.last.code == "sess.run('dense/b:0')");
  CHECK(g.run({"init"}) == "4");
  CHECK(g.lens.init_name() == "init_op");
  CHECK(g.run({"init_op"}) == "None");
  CHECK(g.run({"nobody"}) ==
        "ValueError: Fetch argument 'nobody' cannot be interpreted as a Tensor. (\"The name 'nobody' refers "
        "to an "
        "Operation not in the graph.\")");
  CHECK(g.last.error_owner == -1);
  CHECK(g.run({"dense/b"}, {{"init_op", "1"}}) ==
        "TypeError: Cannot interpret feed_dict key as Tensor: Can not convert a Operation into a Tensor.");
  CHECK(g.run({"dense/b"}, {{"nobody", "1"}}) ==
        "TypeError: Cannot interpret feed_dict key as Tensor: The name 'nobody' refers to an Operation not "
        "in the graph.");
}

TEST_CASE("wrong feeds say what TensorFlow says, at their placeholder") {
  Glass g(
      scene_of({kX, kY, kAdd, R"j({"name": "m", "type": "Placeholder", "attrs": {"shape": "(None, 2)"}})j",
                R"j({"name": "twice", "type": "AddV2", "inputs": ["m", "m"]})j"}));
  CHECK(
      g.run({"sum"}, {{"x", "11"}}) ==
      "InvalidArgumentError: You must feed a value for placeholder tensor 'y' with dtype int32\n\t [[{{node "
      "y}}]]");
  CHECK(g.name_of(g.last.error_owner) == "y");
  CHECK(g.run({"twice"}, {{"m", "[1, 2, 3]"}}) ==
        "ValueError: Cannot feed value of shape (3,) for Tensor 'm:0', which has shape '(?, 2)'");
  CHECK(g.name_of(g.last.error_owner) == "m");
  CHECK(g.run({"sum"}, {{"x", "'abc'"}, {"y", "5"}}).starts_with("ValueError: invalid literal for int()"));
  CHECK(g.run({"sum"}, {{"x", "[1, "}, {"y", "5"}}).starts_with("ValueError: "));
  CHECK(g.name_of(g.last.error_owner) == "x");
  CHECK(g.run({"sum"}, {{"x", "[1, 2]"}, {"y", "[1, 2, 3]"}})
            .starts_with("InvalidArgumentError: Incompatible shapes"));
  CHECK(g.name_of(g.last.error_owner) == "sum");
  CHECK(g.run({"twice"}, {{"m", "[[1, 2], [3, 4], [5, 6]]"}}) == "[[ 2.  4.]\n [ 6.  8.]\n [10. 12.]]");
  CHECK(g.last.unknown[static_cast<std::size_t>(g.scene.index_of("m"))] == "None = 3");
}

TEST_CASE("what a fetch does not need is pruned, and a feed replaces what would have been computed") {
  Glass g(slope());
  g.run({"init"});
  CHECK(g.run({"loss"}, g.lens.scene_feeds()) == "9.0");
  CHECK(g.way() == "x:feed W:forward MatMul:forward error:forward square:forward loss:forward");
  CHECK_FALSE(g.needs("aside"));
  CHECK(g.needs("W"));
  CHECK(g.value_at("MatMul", 2) == "none");
  CHECK(g.value_at("MatMul", 3) == "[[3.]]");
  CHECK(g.value_at("loss", 5) == "none");
  CHECK(g.value_at("loss", 6) == "9.0");
  CHECK(g.run({"loss"}, {{"MatMul", "[[8.0]]"}}) == "4.0");
  CHECK_FALSE(g.needs("W"));
  CHECK_FALSE(g.needs("x"));
  CHECK(g.way() == "MatMul:feed error:forward square:forward loss:forward");
}

TEST_CASE("fetching loss leaves the Variables alone; fetching train walks the gradients and changes them") {
  Glass g(slope());
  g.run({"init"});
  g.run({"loss"}, g.lens.scene_feeds());
  CHECK(g.life("W") == "initialized");
  CHECK(g.value_at("W", 99) == "[[3.]]");
  CHECK(g.run({"train", "loss"}, g.lens.scene_feeds()) == "[None, 9.0]");
  CHECK(g.way() ==
        "x:feed W:forward MatMul:forward error:forward square:forward loss:forward loss:gradients "
        "square:gradients "
        "error:gradients MatMul:gradients W:update");
  CHECK(g.life("W") == "trained");
  const LensStop& update = g.last.stops.back();
  CHECK(str(update.before) == "[[3.]]");
  CHECK(str(update.after) == "[[3.6]]");
  CHECK(str(update.value) == "[[-6.]]");
  CHECK(g.value_at("W", g.last.stops.size() - 1) == "[[3.]]");
  CHECK(g.value_at("W", g.last.stops.size()) == "[[3.6]]");
  // The slot was written to as well, and is told with its Variable.
  const LensEvent* applied = nullptr;
  for (const LensEvent& event : g.last.events)
    if (event.changes.size() == 2) applied = &event;
  REQUIRE(applied);
  CHECK(g.lens.graph().node(applied->changes[1].variable).name == "W/Momentum");
  CHECK(str(applied->changes[1].before) == "[[0.]]");
  CHECK(str(applied->changes[1].after) == "[[-6.]]");
}

TEST_CASE("running init again draws new numbers, a new session the first ones") {
  Glass g(
      scene_of({R"j({"name": "W", "type": "Variable", "inputs": [null], "attrs": {"shape": "(2, 2)"}})j"}));
  g.run({"init"});
  const std::string first = g.run({"W"});
  g.run({"init"});
  const std::string second = g.run({"W"});
  CHECK(first != second);
  g.lens.close();
  CHECK(g.run({"W"}) == "RuntimeError: Attempted to use a closed Session.");
  g.lens.renew();
  CHECK(g.life("W") == "uninitialized");
  g.run({"init"});
  CHECK(g.run({"W"}) == first);
}

TEST_CASE("a Variable can be given a value by hand, as W.load does") {
  Glass g(slope());
  must(g.lens.load("W", "[[5.5]]"));
  CHECK(g.life("W") == "loaded");
  CHECK(g.run({"W"}) == "[[5.5]]");
  CHECK(
      error_text(g.lens.load("W", "[1.0, 2.0]")) ==
      "ValueError: Cannot feed value of shape (2,) for Tensor 'W/initial_value:0', which has shape '(1, 1)'");
  CHECK(error_text(g.lens.load("x", "1")) == "ValueError: 'x' is not a variable of this graph.");
  CHECK(g.run({"W"}) == "[[5.5]]");
}

TEST_CASE("the lens trains as training does, batch by batch, in a world of its own") {
  Desk desk(lesson("penguins"));
  Lens lens(desk.workspace.scene(), desk.workspace.dataset());
  const std::vector<LensFeed> feeds = lens.scene_feeds();
  REQUIRE(feeds.size() == 2);
  CHECK(feeds[0].is_batch);
  CHECK(lens.batch_text("x") == "(10, 4)");
  CHECK(lens.code({"train", "loss"}, feeds) ==
        "sess.run([train, loss], feed_dict={x: batch_features, y: batch_labels})");
  CHECK(lens.run({"loss"}, feeds).error->kind == ErrorKind::kFailedPrecondition);
  CHECK_FALSE(lens.run({"init"}, {}).error);
  for (int step = 0; step < 5; ++step) {
    const LensRun run = lens.run({"train", "loss"}, feeds);
    REQUIRE_FALSE(run.error);
    lens.next_batch();
    desk.workspace.advance(1, always);
    CHECK(run.printed ==
          cat("[None, ",
              repr(Tensor::scalar(static_cast<float>(desk.workspace.snapshot().losses.back().loss))), "]"));
  }
  CHECK(desk.workspace.snapshot().counters.step == 5);
  // Two Variables, each updated once, after all gradients.
  const LensRun run = lens.run({"train"}, feeds);
  REQUIRE(run.stops.size() > 2);
  for (std::size_t i = 0; i < run.stops.size(); ++i) {
    CHECK((run.stops[i].part == LensPart::kUpdate) == (i + 2 >= run.stops.size()));
    CHECK(run.stops[i].after.defined() == (i + 2 >= run.stops.size()));
  }
}

TEST_CASE("an edit of the graph asks for another lens, moving a node does not") {
  Glass g(slope());
  Scene moved = g.scene;
  moved.nodes[0].x = 500;
  moved.title = "other";
  CHECK(g.lens.fits(moved));
  moved.nodes[0].attrs["feed"] = "[[2.0]]";
  CHECK_FALSE(g.lens.fits(moved));
}

TEST_CASE("a feed begins as zeros that fit") {
  Glass g(slope());
  CHECK(g.lens.some_value("x") == "[[0.0]]");
  CHECK(g.lens.some_value("loss") == "0.0");
  CHECK(g.run({"loss"}, {{"error", g.lens.some_value("error")}}) == "0.0");
}

TEST_CASE("a scene whose nodes have errors still runs what it can") {
  Glass g(scene_of({kA, R"j({"name": "broken", "type": "AddV2", "inputs": ["a", null]})j", kNegative}));
  CHECK(g.run({"negative"}) == "[-1. -2.]");
  CHECK(g.run({"broken"})
            .starts_with("ValueError: Fetch argument 'broken' cannot be interpreted as a Tensor."));
  CHECK(g.lens.nodes_at(nullptr, 0)[1].error);
}

}  // namespace sandflow::test
