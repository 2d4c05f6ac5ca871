// Everything about the one chosen node: what it is, what can be set, what feeds it, what it holds.
#pragma once

#include <string>

#include "web/app/views/view.h"

namespace sandflow::ui {

class Inspector {
 public:
  // Nothing is drawn unless exactly one node is selected.
  Changes draw(Ui& ui, Column& column, const Scene& scene, const Snapshot& snapshot, Selection& selection);

 private:
  struct Printed {
    std::string text;
    float size = 11;
    float height = 0;
    std::string numbers[4];
    bool has_numbers = false;
  };
  static Printed print(const Tensor& tensor, float width);
  void refresh(const SceneNode& node, const NodeSnapshot& state, std::uint64_t version, float width);
  void draw_tensor(Column& column, std::string_view title, const Printed& printed, Color color) const;

  std::string node_;
  std::uint64_t version_ = ~0ull;
  Printed value_, gradient_;
};

}  // namespace sandflow::ui
