// The keyboard's way through what can be pressed in the views: press() tells what there is, a key goes from
// one to the next and presses it. Nothing is kept or done while the graph has the keyboard.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "web/app/input.h"

namespace sandflow::ui {

struct Ui;

class KeyWalk {
 public:
  bool is_on() const { return is_on_; }
  // Before anything is drawn: takes the keys that are not the graph's. `may_begin`: the key that goes to the
  // views may do so now.
  void take_keys(Ui& ui, bool may_begin);
  void leave(Ui& ui);
  // Around all that is drawn of the views, in the window that scrolls.
  void begin_views();
  void end_views(Ui& ui);

  // A control is drawn, in device pixels, in the column that begins at `column`: whether a key presses it
  // now.
  bool meets(ImGuiID id, const Rect& box, float column);
  // What the control that was met last is called, and how it stands; without a name it goes by its section's.
  void name(std::string_view name, std::string_view state = {});
  void name_choice(std::string_view name, bool is_chosen);
  void name_section(std::string_view title, bool is_open);
  // For one that has a place to be moved along: -1 or 1 if a key moves it now, else 0.
  int slides();
  bool closes_list() const { return closes_list_; }

 private:
  struct Stop {
    ImGuiID id;
    Rect box, clip;  // Device pixels.
    float column;
    bool is_listed;  // In a list that lies over all others.
    bool is_section = false, is_slider = false;
    std::string name, state;

    std::string text() const;
  };
  const Stop* focused() const;
  void go_to(const Stop& stop);
  void go(const std::string& key);
  bool is_for_control(const std::string& key) const;
  void enter_or_leave_list();
  void speak(Ui& ui, const Stop& stop);
  void tell_page(Ui& ui) const;

  bool is_on_ = false, is_met_ = false;       // is_met_: between begin_views() and end_views().
  bool arrives_ = false, speaks_ = false;     // Has come from the graph; what has the focus is to be told.
  bool scrolls_ = false;                      // … and to be brought into sight.
  bool presses_ = false, is_slider_ = false;  // Of this frame; what has the focus is one.
  bool is_in_list_ = false, closes_list_ = false;
  int slides_by_ = 0;
  ImGuiID focused_ = 0, before_list_ = 0;
  Rect focused_box_{};
  std::vector<std::string> keys_;  // Waiting, one frame for each press.
  std::vector<Stop> stops_;        // Of this frame.
  std::string section_, said_;
};

}  // namespace sandflow::ui
