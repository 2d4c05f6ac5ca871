// What the Session lens draws over the graph: what a run needs, its order, what moves, what was fed and what
// changed.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "web/app/boxes.h"
#include "web/app/session_lens.h"

namespace sandflow::ui {

Tone tone_of(LensPart part);

class LensView {
 public:
  // Looks at the lens for the time of one frame.
  LensView(const SessionLens& lens, const Scene& scene, const Boxes& boxes, bool reduced_motion);

  void draw_wires(const Painter& painter, const Boxes& boxes) const;
  void draw_below(const Painter& painter, const NodeBox& box, std::size_t index) const;
  void draw_above(const Painter& painter, const NodeBox& box, std::size_t index) const;
  // Above all nodes: what a Variable was and is.
  void draw_changes(const Painter& painter, const Boxes& boxes) const;

 private:
  // What is known of one box: of a node, of a folded scope by its members, or of what training has added.
  struct Look {
    int forward = -1, gradients = -1, update = -1;  // Places in the order that are told, from 0.
    bool will_go_back = false;                      // In this run a gradient comes here, or a change.
    bool is_needed = false, is_fed = false, is_fetched = false, is_empty = false, is_at_fault = false;
    std::string unknown;
  };
  const LensStop* current() const;
  bool is_faded(std::size_t index) const;
  // The visible box that stands for a scene node.
  std::size_t box_of(int node) const { return visible_[static_cast<std::size_t>(node)]; }
  // The boxes at which something happens in a stop.
  std::set<std::size_t> boxes_of(const LensStop& stop) const;

  const SessionLens& lens_;
  const Boxes& boxes_;
  bool reduced_motion_;
  std::vector<std::size_t> visible_;  // By scene node.
  std::vector<Look> looks_;           // By box.
  std::set<std::size_t> now_,
      rests_;                   // Where something happens in the stop being told, or did in the last one.
  Tone tone_ = Tone::kForward;  // Of it.
};

}  // namespace sandflow::ui
