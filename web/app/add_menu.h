// The palette: everything that can be added, by family, narrowed to one of them, by typing into a field of
// the page and, where it was opened from the loose end of a wire, to what takes it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/scene/layers.h"
#include "engine/scene/trial.h"
#include "web/app/theme.h"
#include "web/app/ui.h"

namespace sandflow::ui {

class AddMenu {
 public:
  bool is_offered = true;  // An embed may do without it: then it never opens.

  struct Chosen {
    const NodeType* type = nullptr;  // Either this …
    const Layer* layer = nullptr;    // … or this.
    Vec at;                          // In the graph.
    bool is_placed = false;          // Put there by hand.
    std::string wire;                // What feeds input `input` of it; may be empty.
    int input = -1;
    Shape shape = Shape::unknown_rank();  // Of that wire.
  };

  // `wire`: an output of the scene whose consumer is looked for; empty: anything.
  void open(Ui& ui, const Rect& area, Vec screen, Vec world, const Scene& scene, std::string_view wire = {});
  void close(Ui& ui);
  bool is_open() const { return is_open_; }
  bool is_searching(const Ui& ui) const { return is_open_ && ui.entry.is_open(entry_); }
  const std::string& wire() const { return wire_; }
  // What was chosen. The menu stays within `area`.
  std::optional<Chosen> draw(Ui& ui, const Rect& area);

  static constexpr int kLayers = -1, kAll = -2;  // Besides the operations' families.

  // An entry that is being dragged out of the menu; null if none is.
  struct Entry {
    const NodeType* type = nullptr;
    const Layer* layer = nullptr;
    int input = -1;

    const std::string& name() const { return type ? type->name : layer->name; }
    const std::string& python() const { return type ? type->python : layer->python; }
    const std::string& help() const { return type ? type->help : layer->help; }
    const std::string& formula() const { return type ? type->formula : layer->formula; }
    int family() const { return layer ? kLayers : static_cast<int>(type->family); }
  };
  const Entry* carried() const { return carried_ ? &*carried_ : nullptr; }
  Chosen drop(Vec world);
  void forget_carried() { carried_.reset(); }

 private:
  struct Found {
    Entry entry;
    bool is_also = false;  // Found by its help or formula, not by its name.
  };
  static Rect search_box(const Rect& box) {
    return Rect::sized(box.min + Vec(10, 10), {box.width() - 20, 28});
  }
  Rect box_in(const Rect& area) const;
  void find();
  void draw_families(Ui& ui, const Rect& box);
  Chosen chosen(const Entry& entry) const;
  std::optional<Chosen> draw_entries(Ui& ui, const Rect& box, bool accepted, bool moved);

  bool is_open_ = false, is_new_ = false;
  Vec screen_, world_;
  Rect placed_{};  // Where the field was last put.
  int entry_ = 0;
  std::string filter_, wire_;
  Shape wire_shape_ = Shape::unknown_rank();
  std::vector<Entry> offered_;
  std::vector<Found> found_;
  int marked_ = 0, family_ = kAll;
  bool has_new_list_ = false;  // It begins at its top.
  std::optional<Entry> carried_;
};

Tone tone_of(const AddMenu::Entry& entry);

}  // namespace sandflow::ui
