// The menu that adds a node: everything there is, by family, narrowed by typing into a field of the page.
#pragma once

#include <optional>
#include <string>

#include "web/app/ui.h"

namespace sandflow::ui {

class AddMenu {
 public:
  void open(Ui& ui, const Rect& area, Vec screen, Vec world);
  void close(Ui& ui);
  bool is_open() const { return is_open_; }
  bool is_searching(const Ui& ui) const { return is_open_ && ui.entry.is_open(entry_); }
  // What was chosen, at the place in the graph where the menu was opened. The menu stays within `area`.
  std::optional<SceneNode> draw(Ui& ui, const Rect& area);

 private:
  static Rect search_box(const Rect& box) {
    return Rect::sized(box.min + Vec(10, 10), {box.width() - 20, 28});
  }
  Rect box_in(const Rect& area) const;
  std::optional<SceneNode> draw_types(Ui& ui, const Rect& box, bool accepted, bool moved);

  bool is_open_ = false, is_new_ = false;
  Vec screen_, world_;
  Rect placed_{};  // Where the field was last put.
  int entry_ = 0;
  std::string filter_;
  int marked_ = 0;
};

}  // namespace sandflow::ui
