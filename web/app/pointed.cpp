// See pointed.h.
#include "web/app/pointed.h"

#include <algorithm>
#include <cmath>

#include "web/app/theme.h"

namespace sandflow::ui {

namespace {
constexpr double kCalls = 1.2;  // Seconds in which rings close in on the box.
constexpr float kFrom = 26, kGap = 5;
}  // namespace

void Pointed::draw(Ui& ui, const Rect& area, const Canvas& canvas, const Boxes& boxes) const {
  if (nodes_.empty()) return;
  const Painter screen = ui.painter();
  const Color color = palette().of(Tone::kForward);
  const float t =
      ui.reduced_motion ? 1 : static_cast<float>(std::clamp((ui.time - since_) / kCalls, 0.0, 1.0));
  const float eased = 1 - std::pow(1 - t, 3.0f);
  screen.clip(area);
  for (const NodeBox& box : boxes.nodes) {
    if (box.is_hidden || std::find(nodes_.begin(), nodes_.end(), box.name) == nodes_.end()) continue;
    const Rect rect{canvas.to_screen(box.rect.min), canvas.to_screen(box.rect.max)};
    screen.frame(rect.grown(kGap), fade(color, 0.9f), 12, 2);
    screen.frame(rect.grown(kGap + 3), fade(color, 0.25f), 15, 4);
    if (t < 1) screen.frame(rect.grown(kGap + kFrom * (1 - eased)), fade(color, 0.8f * t), 16, 2);
  }
  screen.unclip();
  if (t < 1) ui.wants_frame = true;
}

}  // namespace sandflow::ui
