// Guards the automatic layout: no two boxes overlap, wires run one way, and one more node moves little.
#include "engine/scene/layout.h"

#include <algorithm>
#include <random>

#include "engine/scene/scopes.h"
#include "tests/engine/desk.h"

namespace sandflow::test {

namespace {

struct Box {
  float x, y, width, height;
};

bool overlap(const Box& a, const Box& b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

// Random boxes with wires from earlier to later ones.
struct Random {
  std::vector<LayoutBox> boxes;
  std::vector<LayoutWire> wires;

  Random(unsigned seed, int count) {
    std::mt19937 chance(seed);
    const auto below = [&](int n) { return static_cast<int>(chance() % static_cast<unsigned>(n)); };
    constexpr const char* kScopes[] = {"", "", "", "a", "a/b", "c"};
    for (int i = 0; i < count; ++i) {
      LayoutBox box;
      box.scope = kScopes[below(6)];
      box.width = static_cast<float>(80 + below(160));
      box.height = static_cast<float>(40 + below(120));
      box.before = below(3) == 0 ? 40.f : 0.f;
      box.y = static_cast<float>(below(800));
      boxes.push_back(box);
      for (int k = below(3); k > 0 && i > 0; --k) wires.push_back({below(i), i});
    }
  }
};

}  // namespace

TEST_CASE("boxes do not overlap, and outside of scopes inputs stand left of their consumers") {
  for (const Direction direction : {Direction::kRight, Direction::kDown, Direction::kLeft})
    for (unsigned seed = 1; seed <= 20; ++seed) {
      INFO("seed ", seed, " direction ", static_cast<int>(direction));
      const Random random(seed, 40);
      const auto places = layered(random.boxes, random.wires, direction);
      std::vector<Box> boxes;
      for (std::size_t i = 0; i < places.size(); ++i)
        boxes.push_back({places[i].first, places[i].second, random.boxes[i].width, random.boxes[i].height});
      for (std::size_t i = 0; i < boxes.size(); ++i)
        for (std::size_t k = 0; k < i; ++k) REQUIRE_FALSE(overlap(boxes[i], boxes[k]));
    }
  for (unsigned seed = 1; seed <= 20; ++seed) {
    Random random(seed, 40);
    for (LayoutBox& box : random.boxes) box.scope.clear();
    const auto right = layered(random.boxes, random.wires, Direction::kRight),
               down = layered(random.boxes, random.wires, Direction::kDown),
               left = layered(random.boxes, random.wires, Direction::kLeft);
    for (const LayoutWire& wire : random.wires) {
      const auto from = static_cast<std::size_t>(wire.from), to = static_cast<std::size_t>(wire.to);
      CHECK(right[from].first + random.boxes[from].width < right[to].first);
      CHECK(left[to].first + random.boxes[to].width < left[from].first);
      CHECK(down[from].second + random.boxes[from].height < down[to].second);
    }
  }
}

TEST_CASE("scopes stay together: no box of another stands in a scope's frame") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    INFO("seed ", seed);
    const Random random(seed, 40);
    const auto places = layered(random.boxes, random.wires, Direction::kRight);
    for (const std::string scope : {"a", "a/b", "c"}) {
      float left = 1e9f, top = 1e9f, right = -1e9f, bottom = -1e9f;
      for (std::size_t i = 0; i < places.size(); ++i) {
        if (random.boxes[i].scope != scope && !is_in_scope(random.boxes[i].scope, scope)) continue;
        left = std::min(left, places[i].first);
        top = std::min(top, places[i].second);
        right = std::max(right, places[i].first + random.boxes[i].width);
        bottom = std::max(bottom, places[i].second + random.boxes[i].height);
      }
      const Box frame{left - 8, top - kFrameHead, right - left + 16, bottom - top + kFrameHead + 8};
      for (std::size_t i = 0; i < places.size(); ++i) {
        if (random.boxes[i].scope == scope || is_in_scope(random.boxes[i].scope, scope)) continue;
        CHECK_FALSE(overlap(
            frame, {places[i].first, places[i].second, random.boxes[i].width, random.boxes[i].height}));
      }
    }
  }
}

TEST_CASE("a chain is a straight line") {
  std::vector<LayoutBox> boxes(6, LayoutBox{{}, 100, 50});
  for (std::size_t i = 0; i < boxes.size(); ++i) boxes[i].height = 40 + 10 * static_cast<float>(i % 3);
  std::vector<LayoutWire> wires;
  for (int i = 1; i < 6; ++i) wires.push_back({i - 1, i});
  const auto places = layered(boxes, wires, Direction::kRight);
  for (std::size_t i = 1; i < boxes.size(); ++i)
    CHECK(std::abs(places[i].second + boxes[i].height / 2 - places[0].second - boxes[0].height / 2) <= 1);
}

TEST_CASE("arranging is one step of undo, keeps its corner, and changes little when one node is added") {
  Desk desk(lesson("penguins"));
  const std::string before = desk.workspace.json();
  const auto arrange = [&] { return desk.apply(arranged(desk.workspace.scene(), {}, Direction::kRight)); };
  CHECK(arrange() == "no error");
  const Scene once = desk.workspace.scene();
  CHECK(arrange() == "no error");
  CHECK(desk.workspace.scene() == once);
  SceneNode added = node("loss_name", "Identity", {Port::wire("softmax")});
  added.x = once.find("softmax")->x + 200;  // Where the palette puts it.
  added.y = once.find("softmax")->y;
  CHECK(desk.apply(edit::AddNode{added}) == "no error");
  CHECK(arrange() == "no error");
  // Which of two stands above the other stays, in every layer.
  int kept = 0, turned = 0;
  for (const SceneNode& a : once.nodes)
    for (const SceneNode& b : once.nodes)
      if (a.x == b.x && a.y < b.y) {
        const Scene& now = desk.workspace.scene();
        (now.find(a.name)->y < now.find(b.name)->y ? kept : turned)++;
      }
  CHECK(kept > 5);
  CHECK(turned == 0);
  must(desk.workspace.undo());
  must(desk.workspace.undo());
  must(desk.workspace.undo());
  CHECK(desk.workspace.json() == before);
}

TEST_CASE("a folded scope moves as one, its members as they stood to each other") {
  Desk desk(lesson("penguins"));
  desk.apply(edit::Group{{"W", "b", "MatMul", "logits"}, "dense"});
  desk.apply(edit::Fold{"dense"});
  const Scene before = desk.workspace.scene();
  desk.apply(arranged(before, {{"dense", LayoutBox{{}, 200, 90}}}, Direction::kRight));
  const Scene& after = desk.workspace.scene();
  const float dx = after.find("dense/W")->x - before.find("dense/W")->x;
  CHECK(after.find("dense/b")->x - before.find("dense/b")->x == dx);
  CHECK(after.find("dense/W")->x > after.find("x")->x);
  CHECK(after.find("softmax")->x > after.find("dense/W")->x);
}

}  // namespace sandflow::test
