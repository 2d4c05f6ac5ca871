// How a frame is shared out: what training may take of it, when there is another look, whose long work is
// done.
#pragma once

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

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

// Seconds from one look at the run to the next, by the milliseconds that a frame took to draw what it saw and
// the seconds between frames: up to twenty looks a second; but where that leaves no room for training, one
// frame in twenty-five has one. However busy the machine is, there is one a second.
constexpr double look_rest(double frame, double between_frames) {
  return frame < kFrame - kLeastTraining ? std::max(0.05, (frame - kFrame / 2) * 40 / 1000)
                                         : std::min(25 * std::max(between_frames, 1.0 / 60), 1.0);
}

// Seconds from the end of a look through a microscope to the next, by the milliseconds that it took: four a
// second at most, and a tenth of the time.
constexpr double microscope_rest(double took) { return std::max(0.25, 9 * took / 1000); }

// Work that can wait, while steps run: of what took long the last time, a frame does one piece, and who was
// refused first comes first. What took no time is always done, and at rest everything is.
class Turns {
 public:
  static constexpr double kLong = 1;  // Milliseconds.

  // While it lives the work is done; nothing is to be done if it says no.
  class Turn {
   public:
    Turn() = default;
    Turn(Turn&& other) : now_(other.now_), cost_(std::exchange(other.cost_, nullptr)), began_(other.began_) {}
    ~Turn() {
      if (cost_) *cost_ = now_() - began_;
    }
    explicit operator bool() const { return cost_; }

   private:
    friend class Turns;
    Turn(double (*now)(), double& cost) : now_(now), cost_(&cost), began_(now()) {}

    double (*now_)() = nullptr;
    double* cost_ = nullptr;
    double began_ = 0;
  };

  explicit Turns(double (*now)()) : now_(now) {}  // Milliseconds.

  void begin_frame(bool is_training) {
    is_free_ = true;
    is_training_ = is_training;
    // Who no longer asks is no longer waited for.
    std::erase_if(waiting_, [](const Waiting& waiting) { return !waiting.asks; });
    for (Waiting& waiting : waiting_) waiting.asks = false;
  }
  // `who`: an address of the one who asks, the same in every frame.
  Turn take(const void* who) {
    double& cost = costs_[who];
    if (!is_training_ || cost < kLong) return Turn(now_, cost);
    auto it = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& w) { return w.who == who; });
    if (it == waiting_.end()) it = waiting_.insert(it, {who, false});
    if (!is_free_ || it != waiting_.begin()) {
      it->asks = true;
      return {};
    }
    waiting_.erase(it);
    is_free_ = false;
    return Turn(now_, cost);
  }
  // Milliseconds that its work took the last time.
  double cost(const void* who) const {
    const auto known = costs_.find(who);
    return known == costs_.end() ? 0 : known->second;
  }

 private:
  struct Waiting {
    const void* who;
    bool asks;  // In this frame.
  };
  double (*now_)();
  std::map<const void*, double> costs_;  // Milliseconds, the last time.
  std::vector<Waiting> waiting_;
  bool is_free_ = true, is_training_ = false;
};

}  // namespace sandflow::ui
