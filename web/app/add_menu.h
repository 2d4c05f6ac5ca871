// The menu that adds a node: everything there is, by family, narrowed by typing.
#pragma once

#include <optional>
#include <string>

#include "web/app/ui.h"

namespace sandflow::ui {

class AddMenu {
 public:
  void open(Vec screen, Vec world);
  bool is_open() const { return is_open_; }
  std::optional<edit::Edit> draw(Ui& ui);

 private:
  bool is_open_ = false, is_new_ = false;
  Vec screen_, world_;
  std::string filter_;
  int marked_ = 0;
};

}  // namespace sandflow::ui
