// The graph's canvas: pans, zooms, selects, moves, connects. It draws the boxes it is given and returns
// edits.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "web/app/actions.h"
#include "web/app/add_menu.h"
#include "web/app/boxes.h"
#include "web/app/flow.h"
#include "web/app/lens_view.h"
#include "web/app/menu.h"
#include "web/app/ui.h"

namespace sandflow::ui {

struct Selection {
  std::set<std::string> nodes;
  std::optional<std::pair<std::string, int>> wire;  // Its end: node and input.
  std::string derived;                              // A box that is not the scene's own.

  bool empty() const { return nodes.empty() && !wire && derived.empty(); }
  void clear() { *this = {}; }
  void only(const std::string& node) { *this = {{node}, {}, {}}; }
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
  void begin_anew();  // Another scene is open.
  bool is_searching(const Ui& ui) const { return add_menu_.is_searching(ui); }
  void close_menu(Ui& ui);
  // Neither a menu nor a wire has the keys.
  bool is_free() const { return !wire_ && !add_menu_.is_open() && !menu_.is_open(); }
  void offer_palette(bool offered) { add_menu_.is_offered = offered; }
  Changes paste(const Ui& ui, const Boxes& boxes, std::string_view json);
  // The whole graph as it stands, as an SVG.
  std::string picture(const Boxes& boxes);
  Painter painter(const Ui& ui) const { return ui.painter(pan_, zoom_); }
  Vec to_screen(Vec world) const { return pan_ + world * zoom_; }
  Vec to_world(Vec screen) const { return (screen - pan_) / zoom_; }
  float zoom() const { return zoom_; }
  bool is_moving() const { return drag_.kind != Drag::Kind::kNone && drag_.has_moved; }
  int drawn_boxes() const { return drawn_; }  // In the last frame.
  const Menu& menu() const { return menu_; }

  // A wire with a loose end.
  struct Wire {
    std::string source;  // The output it comes from, as a wire's text …
    Vec source_at;
    std::optional<std::pair<std::string, int>> pulled;  // … off this input, if it was on one.
    int box = -1, port = -1;                            // Where its end would go: an input port of a box.
    std::string refused;                                // Why it cannot go there, in TensorFlow's words.
  };
  const std::optional<Wire>& wire() const { return wire_; }

  Selection selection;
  std::string clicked;           // In this frame: the node that was pressed and let go without being moved.
  std::set<std::string> opened;  // Derived scopes that are not folded.

 private:
  struct Hit {
    enum class Kind { kGround, kNode, kInput, kOutput, kChip, kWire, kError, kSign, kFrame, kFrameSign };
    Kind kind = Kind::kGround;
    int node = -1, port = -1;  // Of a wire its number, of a frame its number.

    bool is_box() const {
      return node >= 0 && kind != Kind::kWire && kind != Kind::kFrame && kind != Kind::kFrameSign;
    }
  };
  // What a press was on, also when nodes have come and gone since.
  struct Pressed {
    Hit::Kind kind;
    std::string name;  // Of a box.

    bool operator==(const Pressed&) const = default;
  };
  struct Drag {
    enum class Kind { kNone, kPan, kNodes, kMarquee, kWire, kMinimap };
    Kind kind = Kind::kNone;
    Vec begin_mouse, begin_pan;  // Screen.
    double begin_time = 0;
    std::map<std::string, Vec> begin_nodes;
    bool has_moved = false;
    bool has_selected = false;  // The press itself has added to the selection.
    std::string gesture;
  };

  // canvas.cpp: the way around, and what is drawn.
  void navigate(Ui& ui, bool hovered);
  void fit_to(const Ui& ui, const Rect& area, const Boxes& boxes, bool adds);
  void zoom_at(Vec screen, float factor);
  void show(const Rect& area, const Rect& box);
  void draw_ground(const Painter& screen, const Rect& area) const;
  void draw_frames(const Painter& painter, const Boxes& boxes, const Hit& hovered) const;
  void draw_wires(const Painter& painter, const Boxes& boxes, const Hit& hovered, const Rect& seen) const;
  void draw_derived_wires(const Painter& painter, const Boxes& boxes, const Hit& hovered) const;
  void draw_nodes(Ui& ui, const Rect& area, const Snapshot& snapshot, const Boxes& boxes, const Flow& flow,
                  const Hit& hit, const LensView* lens);
  void draw_drag(Ui& ui, const Painter& painter) const;
  void draw_buttons(Ui& ui, const Painter& painter, const Rect& area, const Scene& scene, bool adds);
  void draw_several(Ui& ui, const Painter& painter, const Rect& area, const Scene& scene, const Boxes& boxes);
  Rect minimap(const Rect& area, const Boxes& boxes) const;  // Empty: not needed.
  void draw_minimap(const Painter& painter, const Rect& area, const Boxes& boxes) const;
  void describe(Ui& ui, const Boxes& boxes, const Hit& hit) const;

  // canvas_input.cpp: what the hands do.
  Hit hit_at(const Ui& ui, const Boxes& boxes, Vec world) const;
  Changes obey_hands(Ui& ui, const Rect& area, const Scene& scene, const Boxes& boxes, const Hit& hit,
                     bool hovered);
  Changes press_on(Ui& ui, const Rect& area, const Scene& scene, const Boxes& boxes, const Hit& hit,
                   bool pans);
  Changes go_on_dragging(Ui& ui, const Rect& area, const Scene& scene, const Boxes& boxes);
  Changes end_drag(Ui& ui, const Rect& area, const Scene& scene, const Boxes& boxes);
  Changes toggle_fold(const Boxes& boxes, const Hit& hit);
  void select(const NodeBox& box, bool extends);
  bool is_selected(const NodeBox& box) const;
  bool open_text_at(Ui& ui, const Scene& scene, const Boxes& boxes, const Hit& hit);
  void open_text(Ui& ui, const Rect& world_box, TextEntry::Request request, TextEntry::Make make) const;
  Changes take_chosen(const Scene& scene, const Boxes& boxes, const AddMenu::Chosen& chosen);
  static Vec free_place(const Boxes& boxes, Vec wanted, Vec size);

  // canvas_wires.cpp: wires with a loose end.
  void begin_wire(Ui& ui, const PortBox& output);
  void aim(const Scene& scene, const Boxes& boxes, int box, int port);
  void aim_at(const Scene& scene, const Boxes& boxes, Vec world);
  Changes connect(Ui& ui, const Boxes& boxes, const std::string& gesture);
  void begin_wire_by_key(Ui& ui, const Scene& scene, const Boxes& boxes);
  Changes obey_wire_key(Ui& ui, const Rect& area, const Scene& scene, const Boxes& boxes,
                        const KeyPress& key);
  void draw_wire(Ui& ui, const Painter& painter, const Boxes& boxes) const;

  // canvas_actions.cpp: the table's actions.
  Changes obey_keys(Ui& ui, const Rect& area, const Scene& scene, const Boxes& boxes);
  Changes perform(Ui& ui, const Rect& area, const Scene& scene, const Boxes& boxes, Action action,
                  const KeyPress& key);
  bool applies(const Scene& scene, const Boxes& boxes, Action action) const;
  void open_menu(Ui& ui, const Scene& scene, const Boxes& boxes, Vec at);
  Changes take_entry(Ui& ui, const Rect& area, const Scene& scene, const Boxes& boxes, const std::string& id);
  void walk(Ui& ui, const Rect& area, const Boxes& boxes, int by, bool extends = false);
  void walk_along(Ui& ui, const Rect& area, const Boxes& boxes, bool forwards);
  void walk_to(Ui& ui, const Rect& area, const Boxes& boxes, int box, bool extends = false);
  Changes fold(const Scene& scene, const Boxes& boxes);
  Changes line_up(const Boxes& boxes, Action action) const;
  edit::AddNodes copied(const Scene& scene, const Boxes& boxes) const;
  int chosen_box(const Boxes& boxes) const;  // The one visible box that is selected; -1 if it is not one.

  Vec pan_{40, 40};
  float zoom_ = 1;
  bool wants_fit_ = true;
  bool was_fitted_ = false;
  bool fits_whole_ = false;
  Rect fitted_area_{};
  std::string show_next_;         // A scope that has just been opened or folded.
  std::string walked_;            // Where keys have come to while they add to the selection.
  bool selects_several_ = false;  // A tap adds a node to the selection, or takes it out.
  Drag drag_;
  std::optional<Pressed> pressed_;  // By the last press of the left button.
  std::optional<Wire> wire_;
  std::map<std::pair<std::string, int>, std::optional<Error>> tried_;  // Of this wire.
  std::uint64_t tried_version_ = 0;
  int gestures_ = 0, drawn_ = 0, pasted_ = 0;
  AddMenu add_menu_;
  Menu menu_;
  Vec menu_at_;
};

}  // namespace sandflow::ui
