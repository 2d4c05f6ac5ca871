// How long training may take in a frame: what drawing has left of it.
#pragma once

#include <algorithm>

namespace sandflow::ui {

// Milliseconds. A frame of the app's thread stays below 12, so that 60 of them a second leave the page and
// the graphics their share of two cores.
inline constexpr double kFrame = 11, kLeastTraining = 2, kMostTraining = 8;
// What handing the picture over may count: where graphics are software, the time is waited for, not worked.
inline constexpr double kMostHandingOver = 2;

// `worked`: what this frame has cost until now, `handed_over`: what of the graphics calls is not in it.
constexpr double training_budget(double worked, double handed_over) {
  return std::clamp(kFrame - worked - std::min(handed_over, kMostHandingOver), kLeastTraining, kMostTraining);
}

// Seconds from one look at the run to the next, by the milliseconds that a frame took to draw what it saw: up
// to twenty looks a second; but where that leaves no room for training, about one frame in twenty-five has
// one. However busy the machine was then, the page is told once a second.
constexpr double look_rest(double frame) {
  return frame < kFrame - kLeastTraining ? std::max(0.05, (frame - kFrame / 2) * 20 / 1000)
                                         : std::min(frame / kFrame * 25 / 60, 1.0);
}

// Whether work that can wait is done in this frame: one piece a frame while steps run. Who asks first is
// served; a piece that was refused asks again in the next frame.
class Turns {
 public:
  void begin_frame(bool is_training) {
    is_free_ = true;
    is_training_ = is_training;
  }
  bool take() {
    const bool may = is_free_ || !is_training_;
    is_free_ = false;
    return may;
  }

 private:
  bool is_free_ = true, is_training_ = false;
};

}  // namespace sandflow::ui
