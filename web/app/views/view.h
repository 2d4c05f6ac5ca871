// A view of a run, in the right column. A new one is a file here and a line in list.cpp.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/scene/layer_watch.h"
#include "engine/scene/scene.h"
#include "engine/scene/workspace.h"
#include "engine/training/datasets.h"
#include "engine/training/snapshot.h"
#include "web/app/canvas.h"
#include "web/app/ui.h"

namespace sandflow::ui {

// What a view may look at.
struct Run {
  const Scene& scene;
  const Snapshot& snapshot;
  const Dataset* data;  // Null if the scene has none.
  const Selection& selection;
  bool is_playing;
  std::function<Result<Tensor>(const Tensor& features)> predict;
  // For what is no edit of the scene: microscopes, the time machine, the runs that are kept.
  Workspace& workspace;
  std::function<void()> pause;
  const LayerWatch& watch;
  // The layers as they are, or were up to a second ago; one for each of the watch.
  std::function<const std::vector<LayerState>&()> layers;
};

// The examples that a view has prepared for. Another table of the learner's own may have all else in common.
class SeenData {
 public:
  bool is_of(const Run& run) const {
    return run.data == data_ && run.scene.data == choice_ && run.scene.own.table == table_;
  }
  void see(const Run& run) {
    data_ = run.data;
    choice_ = run.scene.data;
    table_ = run.scene.own.table;
  }
  const Dataset* operator->() const { return data_; }

 private:
  const Dataset* data_ = nullptr;
  Choice choice_;
  decltype(OwnData::table) table_;
};

// The right column, from top to bottom.
struct Column {
  Painter painter;
  float width = 0;
  float y = 0;
  std::map<std::string, bool>* folds = nullptr;  // Sections that were opened or folded by hand.

  Rect take(float height, float gap = 0) {
    const Rect box{{0, y}, {width, y + height}};
    y += height + gap;
    return box;
  }
  // A heading with a remark at its right.
  void heading(std::string_view title, std::string_view remark = {}, Color remark_color = 0);
  // The heading of a part that folds, with a remark at its right; whether the part is open.
  bool section(Ui& ui, const std::string& id, std::string_view title, std::string_view remark = {},
               Color remark_color = 0, bool opens = true);
  // A text as wide as the column, and room below it.
  void paragraph(std::string_view text, Color color, float gap = 8);
};

class View {
 public:
  virtual ~View() = default;
  virtual bool applies(const Run& run) const = 0;
  virtual Changes draw(Ui& ui, Column& column, const Run& run) = 0;
};

std::vector<std::unique_ptr<View>> all_views();

}  // namespace sandflow::ui
