// What the page forwards: pointers, wheel and keys become ImGui's input and, per frame, a few plain values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "web/app/paint.h"

namespace sandflow::ui {

struct KeyPress {
  std::string key;                                // KeyboardEvent.key: "a", "Delete", "ArrowLeft".
  bool shift = false, ctrl = false, alt = false;  // ctrl: or the Mac's command key.
};

// Two fingers, since the last frame.
struct Pinch {
  bool is_active = false;
  Vec center, pan;
  float zoom = 1;
};

class Input {
 public:
  void pointer(int kind, Vec at, int button, bool is_touch, int id);
  void wheel(Vec at, Vec delta, bool ctrl);
  void key(std::string_view key, bool down, int modifiers);
  void focus(bool focused);

  void begin_frame(double time_ms, Vec size, float ratio);
  void read_state();  // After ImGui has begun its frame.
  void end_frame();
  bool has_waiting() const;  // Also what ImGui keeps for the frames to come.

  // This frame's, in CSS pixels.
  Vec mouse;
  Vec wheel_delta;
  bool wheel_ctrl = false;
  Pinch pinch;
  std::vector<KeyPress> keys;
  bool is_touch = false;
  bool shift = false, space = false;
  bool is_second_click = false;  // The left button is pressed, for the second time in a row at this place.

 private:
  struct Finger {
    int id;
    Vec at;
  };
  struct WaitingPress {
    bool is_second;
    unsigned event;  // ImGui's number of the next one, as it stood then.
  };
  struct WaitingKey {
    KeyPress press;
    unsigned event;
  };
  void pinch_from(Vec old_a, Vec old_b);
  void note_press(Vec at);

  std::vector<Finger> fingers_;
  std::vector<WaitingKey> waiting_keys_;
  std::vector<WaitingPress> waiting_presses_;
  double pressed_time_ = -1e9;  // Milliseconds.
  Vec pressed_at_;
  bool was_pinch_ = false;  // Until the last finger is up, one finger left over is no mouse.
  bool is_waiting_ = false;
  double last_time_ = 0;
  float ratio_ = 1;
};

}  // namespace sandflow::ui
