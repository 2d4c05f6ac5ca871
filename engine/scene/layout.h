// Automatic layout in layers along the wires: what computes first stands first, with few crossings and
// straight wires. Where nothing else decides, boxes keep the order they have, so that one more node does not
// turn a picture over.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/scene/edit.h"
#include "engine/scene/scene.h"

namespace sandflow {

enum class Direction { kRight, kDown, kLeft };  // Where the wires run; gradients run to the left.

struct LayoutBox {
  std::string scope;  // Boxes of one scope stay together, and no others among them.
  float width = 0, height = 0;
  float before = 0;    // What hangs at its left: literals typed into its ports.
  float x = 0, y = 0;  // Where it is now.
};

struct LayoutWire {
  int from = 0, to = 0;
  float out = 0, in = 0;  // Where it leaves and arrives, from the middle of its boxes' sides downwards.
};

// The room around the boxes of a scope, for its frame and name.
inline constexpr float kFramePadding = 16, kFrameHead = 28;

// The top left corner of every box; the whole begins at (0, 0).
std::vector<std::pair<float, float>> layered(const std::vector<LayoutBox>& boxes,
                                             const std::vector<LayoutWire>& wires, Direction direction);

// The same for a scene. `extents`: what a node, or a folded scope as a whole, takes on the canvas. The
// members of a folded scope move together. The corner of the whole stays where it is.
edit::Move arranged(const Scene& scene, const std::map<std::string, LayoutBox>& extents, Direction direction);

}  // namespace sandflow
