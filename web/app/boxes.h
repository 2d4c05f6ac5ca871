// The graph as it stands on the canvas: for every node its box, its ports and what it shows, for every wire
// its ends. Made anew when scene, snapshot or language changes, not every frame.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/scene/node_types.h"
#include "engine/scene/scene.h"
#include "engine/training/snapshot.h"
#include "web/app/values.h"

namespace sandflow::ui {

struct PortBox {
  Vec at;  // Its circle's centre.
  std::string name;
  Port port;    // What feeds an input.
  Rect chip{};  // Of a literal; empty if there is none.
  std::string chip_text;
};

struct NodeBox {
  Rect rect;
  Tone tone = Tone::kOther;
  std::string name, type, shape;
  ValueView value, gradient;
  std::vector<PortBox> inputs, outputs;
  std::string error_kind, error_message, error_short;
  Rect error_box{};
  float error_height = 0;      // With the whole message.
  Vec value_at, gradient_at;   // From the top left corner.
  bool is_type_below = false;  // Under the name, where both have no room side by side.
  bool has_error = false, is_blocked = false, has_value = false, has_gradient = false, is_loss = false;
  int order = -1;
  int depth = 0;           // Longest way from a source.
  std::string value_attr;  // What a double click edits in place; empty: nothing.
};

struct WireBox {
  int from = 0, output = 0, to = 0, input = 0;
  Vec a, b;
};

struct Boxes {
  std::vector<NodeBox> nodes;
  std::vector<WireBox> wires;
  int depth = 0;  // The deepest node's.
  Rect bounds{};

  // `stable`: no narrower than before, so that changing numbers do not make boxes tremble.
  void lay_out(const Scene& scene, const Snapshot& snapshot, bool stable);

 private:
  void place_errors();

  std::map<std::string, Vec> sizes_;
};

Tone tone_of(const Scene& scene, const SceneNode& node);
// The field that holds what the node is (a Const's value, a Placeholder's feed); null if none does.
const NodeField* value_field(const NodeType& type);
inline constexpr float kPortRadius = 4.5f;

}  // namespace sandflow::ui
