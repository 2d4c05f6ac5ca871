// See playback.h.
#include "web/app/playback.h"

#include <emscripten.h>

#include <algorithm>
#include <cmath>

namespace sandflow::ui {

namespace {
constexpr double kStepShown = 1.4;  // Seconds in which one step is told.
constexpr double kTellable = 0.45;  // Seconds below which steps are a stream.
constexpr std::int64_t kAll = 1 << 30;
}  // namespace

double Playback::steps_per_second() const { return 0.5 * std::pow(40000.0, std::clamp(speed, 0.0, 1.0)); }

void Playback::pause() {
  is_playing = false;
  owed_ = 0;
  credit_ = 1;  // The first step after a pause does not keep one waiting.
}

bool Playback::is_stream() const {
  return owed_ > 1 || (is_playing && owed_ <= 0 && 1 / steps_per_second() < kTellable);
}

std::int64_t Playback::advance(Workspace& workspace, Flow& flow, double now, double delta, double budget) {
  if (!is_busy()) {
    flow.stream(false, now);
    return 0;
  }
  const double rate = steps_per_second();
  const bool is_by_hand = owed_ > 0;
  std::int64_t due = 0;
  if (is_by_hand) {
    due = static_cast<std::int64_t>(owed_);
  } else if (speed >= kUnbound) {
    due = kAll;
  } else {
    credit_ = std::min(credit_ + rate * delta, std::max(1.0, rate * 0.1));
    due = static_cast<std::int64_t>(credit_);
  }
  if (!is_by_hand) flow.stream(1 / rate < kTellable, now);
  if (due <= 0 && !workspace.is_measuring()) {
    if (is_by_hand) owed_ = 0;  // An edit has ended what was being measured.
    return 0;
  }

  const double deadline = emscripten_get_now() + budget;
  const std::int64_t made = workspace.advance(due, [&] { return emscripten_get_now() < deadline; });
  const bool is_at_end = made == 0 && !workspace.can_train();  // Nothing to train, or it diverged.
  const bool shows =
      due > 0 && (is_by_hand ? owed_ <= static_cast<double>(made) || is_at_end : 1 / rate >= kTellable);
  if (shows) flow.show_step(now, is_by_hand ? kStepShown : std::min(kStepShown, 1 / rate));
  if (is_by_hand) {
    owed_ = is_at_end ? 0 : owed_ - static_cast<double>(made);
    if (owed_ < 1) owed_ = workspace.is_measuring() ? 0.5 : 0;  // What is left of an epoch.
  } else {
    credit_ -= static_cast<double>(std::min(made, due));
  }
  if (is_at_end) is_playing = false;
  return made;
}

}  // namespace sandflow::ui
