// The graph's canvas: pans, zooms, selects, moves, connects. It draws the boxes it is given and returns
// edits.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "web/app/add_menu.h"
#include "web/app/boxes.h"
#include "web/app/flow.h"
#include "web/app/lens_view.h"
#include "web/app/ui.h"

namespace sandflow::ui {

struct Selection {
  std::set<std::string> nodes;
  std::optional<std::pair<std::string, int>> wire;  // Its end: node and input.

  bool empty() const { return nodes.empty() && !wire; }
  void clear() { *this = {}; }
  void only(const std::string& node) { *this = {{node}, {}}; }
  void forget_missing(const Scene& scene);
  bool operator==(const Selection&) const = default;
};

class Canvas {
 public:
  Changes draw(Ui& ui, const Rect& area, const Scene& scene, const Snapshot& snapshot, const Boxes& boxes,
               const Flow& flow, const LensView* lens);
  void fit() { wants_fit_ = fits_whole_ = true; }
  // The whole graph where it stays readable, else its beginning.
  void fit_beginning() {
    wants_fit_ = true;
    fits_whole_ = false;
  }
  bool is_searching(const Ui& ui) const { return add_menu_.is_searching(ui); }
  void close_menu(Ui& ui) { add_menu_.close(ui); }
  Painter painter(const Ui& ui) const { return ui.painter(pan_, zoom_); }
  Vec to_screen(Vec world) const { return pan_ + world * zoom_; }
  Vec to_world(Vec screen) const { return (screen - pan_) / zoom_; }
  float zoom() const { return zoom_; }

  Selection selection;
  std::string clicked;  // In this frame: the node that was pressed and let go without being moved.

 private:
  struct Hit {
    enum class Kind { kGround, kNode, kInput, kOutput, kChip, kWire, kError };
    Kind kind = Kind::kGround;
    int node = -1, port = -1;
  };
  struct Drag {
    enum class Kind { kNone, kPan, kNodes, kMarquee, kWire };
    Kind kind = Kind::kNone;
    Vec begin_mouse, begin_pan;  // Screen.
    std::map<std::string, Vec> begin_nodes;
    bool has_moved = false;
    std::string gesture;
    std::string source;  // kWire: the output pulled, as a wire's text …
    Vec source_at;
    std::optional<std::pair<std::string, int>> pulled;  // … off this input, if it was on one.
  };

  Hit hit_at(const Boxes& boxes, Vec world) const;
  Hit drop_target(const Boxes& boxes, Vec world) const;
  void navigate(Ui& ui, bool hovered);
  void fit_to(const Rect& area, const Boxes& boxes);
  void zoom_at(Vec screen, float factor);
  void begin_drag(Ui& ui, const Scene& scene, const Boxes& boxes, const Hit& hit, bool pans);
  Changes go_on_dragging(Ui& ui, const Scene& scene, const Boxes& boxes);
  Changes end_drag(Ui& ui, const Scene& scene, const Boxes& boxes);
  Changes obey_keys(Ui& ui, const Rect& area, const Scene& scene);
  static Vec free_place(const Boxes& boxes, Vec wanted);
  void edit_in_place(Ui& ui, const Scene& scene, const Boxes& boxes, const Hit& hit);
  void draw_ground(const Painter& screen, const Rect& area) const;
  void draw_wires(const Painter& painter, const Boxes& boxes, const Hit& hovered) const;
  void draw_drag(Ui& ui, const Painter& painter, const Boxes& boxes) const;
  void draw_buttons(Ui& ui, const Painter& painter, const Rect& area);
  void describe(Ui& ui, const Scene& scene, const Snapshot& snapshot, const Boxes& boxes,
                const Hit& hit) const;

  Vec pan_{40, 40};
  float zoom_ = 1;
  bool wants_fit_ = true;
  bool was_fitted_ = false;
  bool fits_whole_ = false;
  Rect fitted_area_{};
  Drag drag_;
  int gestures_ = 0;
  AddMenu add_menu_;
};

}  // namespace sandflow::ui
