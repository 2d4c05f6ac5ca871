// What the Session lens draws over the graph: what a run needs, its order, what moves, what was fed and what
// changed.
#pragma once

#include "web/app/boxes.h"
#include "web/app/session_lens.h"

namespace sandflow::ui {

Tone tone_of(LensPart part);

class LensView {
 public:
  // Looks at the lens for the time of one frame.
  LensView(const SessionLens& lens, const Scene& scene, bool reduced_motion);

  void draw_wires(const Painter& painter, const Boxes& boxes) const;
  void draw_below(const Painter& painter, const NodeBox& box, std::size_t node) const;
  void draw_above(const Painter& painter, const NodeBox& box, std::size_t node) const;
  // Above all nodes: what a Variable was and is.
  void draw_changes(const Painter& painter, const Boxes& boxes) const;

 private:
  struct Numbers {
    int forward = -1, gradients = -1, update = -1;  // Places in the order, from 0.
  };
  const LensStop* current() const;
  bool is_faded(std::size_t node) const;

  const SessionLens& lens_;
  bool reduced_motion_;
  std::vector<Numbers> told_, all_;  // By scene node: stops already told, and all of the run.
  std::vector<bool> is_fetched_, is_empty_;
};

}  // namespace sandflow::ui
