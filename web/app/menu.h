// The menu of what can be done here: by right click, by a long press, or by a key.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "web/app/ui.h"

namespace sandflow::ui {

struct MenuEntry {
  std::string id, label, remark;  // The remark stands at the right: a key, or a value.
  bool begins_group = false, is_checked = false;
};

class Menu {
 public:
  void open(Ui& ui, Vec at, std::vector<MenuEntry> entries);
  void close(Ui& ui);
  bool is_open() const { return is_open_; }
  const std::vector<MenuEntry>& entries() const { return entries_; }
  // The id of what was chosen now. Takes all keys while it is open.
  std::optional<std::string> draw(Ui& ui, const Rect& area);
  Rect row(std::size_t i) const { return rows_[i]; }  // On the screen, as last drawn.

 private:
  bool is_open_ = false, is_new_ = false;
  Vec at_;
  std::vector<MenuEntry> entries_;
  std::vector<Rect> rows_;
  int marked_ = 0;
};

}  // namespace sandflow::ui
