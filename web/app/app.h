// The application: its state, and a frame as a list of verbs.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/scene/workspace.h"
#include "web/app/boxes.h"
#include "web/app/canvas.h"
#include "web/app/flow.h"
#include "web/app/inspector.h"
#include "web/app/playback.h"
#include "web/app/pointed.h"
#include "web/app/report.h"
#include "web/app/session_lens.h"
#include "web/app/ui.h"
#include "web/app/views/view.h"

namespace sandflow::ui {

class App {
 public:
  App();

  // One frame. True: another is wanted right away.
  bool frame(double time_ms);
  // Trains for so long outside of any frame, if playing is to be as fast as it can; whether it did.
  bool train_between(double ms);
  void resize(Vec size, float ratio);
  void focus(bool focused);
  // The page's commands, as JSON (commands.cpp).
  void obey(std::string_view json);
  bool apply(const Changes& changes);  // False: one could not be made, and why was told.
  void set_playing(bool playing);
  void run_once();       // One step, told slowly; of a graph that does not train, its values' way.
  void scene_changed();  // By undo, redo or opening another.
  void enter_lens();
  void leave_lens();
  // What is on the screen: of the training run, or of the lens's session.
  const Snapshot& shown() { return lens.is_on() ? lens.snapshot() : run_now(); }
  // The training run as it is shown: while steps stream by, as of a few frames ago.
  const Snapshot& run_now() { return workspace.snapshot(lags_); }
  void wake() { frames_left_ = 3; }
  double frame_ms() const {
    return frame_ms_;
  }  // What the last frame took: training and drawing, not the graphics card.

  Ui ui;
  Workspace workspace;
  Playback playback;
  Canvas canvas;
  SessionLens lens;
  Pointed pointed;
  std::string table;  // A learner's CSV text that waits for its columns to be chosen.
  bool shows_graph = true, shows_views = true;
  // As the views have seen them last; of no use where none looks.
  const std::vector<LayerState>& seen_layers() const { return layers_; }

 private:
  void use_table(const std::vector<std::string>& features, const std::string& label, bool is_number,
                 bool standardise, bool with_net);
  void tell_restart();
  void look_and_lay_out();
  void train(double budget);
  void follow_lens();
  void toggle_fetch(const std::string& node);
  void lay_out();
  void draw_panes();
  void draw_views(const Rect& area, bool is_stacked);
  const std::vector<LayerState>& look_at_layers();
  void draw_splitter(const Rect& views, bool is_stacked);
  void obey_keys();
  void step_history(bool is_back);  // Undoes or redoes.
  bool sees_views() const;
  void send_cursor();
  void tell_page();
  bool is_at_rest() const;

  Flow flow_;
  Boxes boxes_;
  Inspector inspector_;
  std::string inspected_;  // The one node that it shows.
  std::vector<std::unique_ptr<View>> views_;
  std::vector<std::optional<std::size_t>> places_;  // In which column each is.
  std::size_t column_count_ = 0;
  std::map<std::string, bool> folds_;
  std::vector<LayerState> layers_;
  std::uint64_t layers_version_ = 0;
  double layers_at_ = -1;
  bool looks_at_layers_ = false;  // This frame does.
  Report report_;
  Changes changes_;  // Of this frame's panels.
  std::int64_t made_ = 0, seen_step_ = 0;
  std::optional<std::int64_t>
      made_between_;  // Since the last frame; nothing if there was no training between.
  // Milliseconds: of training over its budget, and of a frame that looks at the run, or at its layers.
  double overshoot_ = 0, look_ms_ = 0, layers_ms_ = 0;
  double between_frames_ = 1.0 / 60;  // Seconds, of the last ten frames or so.
  bool was_edited_ = false;           // Since the last frame.
  double told_restart_at_ = -1e9;
  double frame_ms_ = 0;
  bool lags_ = false;  // This frame does not look at the run.
  double looked_at_ = -1;
  int frames_left_ = 3;
  int tells_owed_ = 0;
  int tables_ = 0;                                // Of the learner's own, brought until now.
  float column_width_ = 380, row_share_ = 0.42f;  // Of the views beside the graph; of the graph above them.
  std::string sent_cursor_ = "default";

  // What the boxes were made of.
  std::uint64_t generation_ = 1, laid_generation_ = 0, laid_version_ = ~0ull, laid_texts_ = 0;
  std::uint64_t shape_generation_ = 1, laid_shape_ = 0;  // Grows with edits other than moves.
  float laid_ratio_ = 0;
  std::uint64_t laid_room_ = 0;  // The lens's.
  std::set<std::string> laid_opened_;
};

}  // namespace sandflow::ui
