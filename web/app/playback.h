// When steps are made: one by one, at the learner's pace, or as fast as the frame's budget allows.
#pragma once

#include <cstdint>

#include "engine/scene/workspace.h"
#include "web/app/flow.h"

namespace sandflow::ui {

class Playback {
 public:
  bool is_playing = false;
  double speed = 0.35;  // 0: a step every two seconds … 1: as many as the budget allows; logarithmic between.

  double steps_per_second() const;
  void play() { is_playing = true; }
  void pause();
  void step() { owed_ = 1; }
  void owe(std::int64_t steps) { owed_ = static_cast<double>(steps); }
  bool is_owing() const { return owed_ > 0; }
  bool is_unbound() const { return is_playing && owed_ <= 0 && speed >= kUnbound; }  // As fast as it can.
  bool is_busy() const { return is_playing || owed_ > 0; }

  // Steps come faster than each can be told.
  bool is_stream() const;
  // Trains what is due in this frame, for `budget` milliseconds; the number of steps made.
  std::int64_t advance(Workspace& workspace, Flow& flow, double now, double delta, double budget);

 private:
  static constexpr double kUnbound = 0.999;
  double owed_ = 0;    // Steps asked for by hand.
  double credit_ = 1;  // Steps due by the pace.
};

}  // namespace sandflow::ui
