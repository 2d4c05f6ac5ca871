// Points at nodes of the graph that a text beside the canvas speaks of.
#pragma once

#include <string>
#include <vector>

#include "web/app/boxes.h"
#include "web/app/canvas.h"
#include "web/app/ui.h"

namespace sandflow::ui {

class Pointed {
 public:
  void point_at(std::vector<std::string> nodes, double now) {
    nodes_ = std::move(nodes);
    since_ = now;
  }
  void draw(Ui& ui, const Rect& area, const Canvas& canvas, const Boxes& boxes) const;

 private:
  std::vector<std::string> nodes_;
  double since_ = -1e9;
};

}  // namespace sandflow::ui
