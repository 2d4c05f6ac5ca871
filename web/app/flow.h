// The motion that explains a step: values run forward along the wires, gradients back, then the Variables
// change.
#pragma once

#include "web/app/boxes.h"

namespace sandflow::ui {

class Flow {
 public:
  // Shows one step from now on, for `seconds`.
  void show_step(double now, double seconds);
  // Shows steps that are too many to tell apart as one calm stream, until told otherwise.
  void stream(bool on, double now);
  void stop();
  bool moves(double now) const;

  void draw(const Painter& painter, const Boxes& boxes, double now) const;
  // 0 … 1: how much a Variable glows with its change.
  float glow(const NodeBox& box, const Boxes& boxes, double now) const;

 private:
  void draw_step(const Painter& painter, const Boxes& boxes, float phase) const;
  void draw_stream(const Painter& painter, const Boxes& boxes, float seconds) const;

  double begin_ = -1e9, seconds_ = 1;
  double stream_begin_ = 0;
  bool is_stream_ = false;
};

}  // namespace sandflow::ui
