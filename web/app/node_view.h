// One node as it is drawn: name and operation, value and gradient, shape and dtype, ports, and what is wrong.
#pragma once

#include "web/app/boxes.h"

namespace sandflow::ui {

struct NodeLook {
  bool is_selected = false, is_hovered = false, shows_order = false;
  float glow = 0;
  int lit_input = -1, lit_output = -1;  // The port under the hand.
  bool is_far = false;                  // Too small for more than a name.
};

// What is wrong with a node, in TensorFlow's words, below it and above everything else.
void draw_error(const Painter& painter, const NodeBox& box, bool is_whole);
// Of a folded scope: where a press opens it.
Rect sign_of(const NodeBox& box);
void draw_node(const Painter& painter, const NodeBox& box, const NodeLook& look);

}  // namespace sandflow::ui
