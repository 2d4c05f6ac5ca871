// What every panel is handed besides its data: input, the screen, and the few things it can ask of the page.
#pragma once

#include <emscripten.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/scene/edit.h"
#include "web/app/input.h"
#include "web/app/key_walk.h"
#include "web/app/pace.h"
#include "web/app/paint.h"

namespace sandflow::ui {

// What a panel gives back: an edit of the scene, and the gesture it belongs to (a drag is one step of undo).
struct Change {
  edit::Edit edit;
  std::string gesture;
};
using Changes = std::vector<Change>;
void append(Changes& to, Changes more);

// Messages for the page, in order.
class Outbox {
 public:
  void add(std::string json);
  std::string take();  // "[…]"

 private:
  std::string waiting_;
};

// The one text field that is open: a real <input> of the page lies over its box.
class TextEntry {
 public:
  using Make = std::function<edit::Edit(std::string_view)>;

  struct Request {
    std::string key, value, label, placeholder;
    Rect box;  // CSS pixels of the canvas.
    bool is_mono = true;
    float size = 13;
  };
  void open(Outbox& outbox, Request request, Make make);
  // For a search: every change of the text is told while it is typed, and nothing is edited. The entry's id.
  int open_live(Outbox& outbox, Request request);
  void place(Outbox& outbox, const Rect& box);  // The field has moved.
  void close(Outbox& outbox);
  bool is_open(std::string_view key) const { return !key_.empty() && key_ == key; }
  bool is_open() const { return !key_.empty(); }
  bool is_open(int id) const { return is_open() && id == id_; }
  const std::string& typed() const { return typed_; }  // Of a live one.
  bool was_accepted(int id) const { return id == accepted_; }
  // The page's answer; nothing if it was given up.
  void done(int id, std::string_view value, bool accepted);
  void changed(int id, std::string_view value);
  Changes take();

 private:
  void send(Outbox& outbox) const;

  int id_ = 0, accepted_ = 0;
  std::string key_, typed_;
  Request request_;
  Make make_;  // None: live.
  Changes ready_;
};

struct Ui {
  Input input;
  TextEntry entry;
  Outbox outbox;
  Vec size{1, 1};
  float ratio = 1;
  double time = 0;  // Seconds.
  float delta = 0;
  bool reduced_motion = false;
  bool has_focus = false;
  std::string cursor = "default";   // What this frame asks for.
  bool holds_finger = false;        // A finger draws; it does not scroll.
  bool wants_frame = false;         // Something moves: draw again without being asked.
  KeyWalk walk;                     // Of the keyboard through the views.
  Turns turns{emscripten_get_now};  // Of work that can wait.

  // For a piece of work that can wait; if it must, there will be another frame.
  Turns::Turn take_turn(const void* who) {
    Turns::Turn turn = turns.take(who);
    if (!turn) wants_frame = true;
    return turn;
  }

  Painter painter(Vec origin = {0, 0}, float scale = 1) const;
  // A draw list above what was drawn so far, for an area in device pixels. Each has room for 65536 corners,
  // fewer than a large graph or a large data set needs.
  Painter layer(const char* id, const Rect& device, Vec origin = {0, 0}, float scale = 1) const;
  // Where something that can be pressed stands, for the page: tests find it by its name.
  void spot(std::string_view id, const Painter& painter, const Rect& box);
  struct Spot {
    std::string id;
    Vec center;  // CSS pixels of the canvas.
  };
  std::vector<Spot> spots;    // Of this frame.
  std::string hovered_value;  // In this frame: the number of a picture's cell that the hand is on.
  void announce(std::string_view text);
  void notice(std::string_view text, bool is_error);
};

// A box that can be pressed. `painter` says in whose coordinates it is.
struct Press {
  bool clicked = false, double_clicked = false, hovered = false, held = false;
};
Press press(Ui& ui, const Painter& painter, std::string_view id, const Rect& box, bool may_overlap = false);
// A part of a box that takes presses itself: whether the keyboard presses it, in the views.
bool key_press(Ui& ui, const Painter& painter, std::string_view id, const Rect& box, std::string_view name);

}  // namespace sandflow::ui
