// See flow.h.
#include "web/app/flow.h"

#include <algorithm>
#include <cmath>

#include "web/app/wires.h"

namespace sandflow::ui {

namespace {

// The parts of a step that trains; one without gradients is all forward.
constexpr float kForwardEnds = 0.45f, kBackwardEnds = 0.85f;
constexpr float kAside = 5;  // Of the wire: where gradients run.

bool goes_back(const Boxes& boxes, const WireBox& wire) {
  const NodeBox& from = boxes.nodes[static_cast<std::size_t>(wire.from)];
  const NodeBox& to = boxes.nodes[static_cast<std::size_t>(wire.to)];
  return from.has_gradient && (to.has_gradient || to.is_loss);
}

bool any_gradient(const Boxes& boxes) {
  return std::any_of(boxes.nodes.begin(), boxes.nodes.end(), [](const NodeBox& b) { return b.has_gradient; });
}

void pulse(const Painter& painter, Vec at, Color color, float strength) {
  painter.circle(at, 8, fade(color, 0.22f * strength));
  painter.circle(at, 4.5f, fade(color, strength));
}

// In and out without a jolt.
float eased(float t) { return t * t * (3 - 2 * t); }

}  // namespace

void Flow::show_step(double now, double seconds) {
  begin_ = now;
  seconds_ = seconds;
  is_stream_ = false;
}

void Flow::stream(bool on, double now) {
  if (on && !is_stream_) stream_begin_ = now;
  is_stream_ = on;
}

void Flow::stop() {
  is_stream_ = false;
  begin_ = -1e9;
}

bool Flow::moves(double now) const { return is_stream_ || now - begin_ < seconds_; }

float Flow::glow(const NodeBox& box, const Boxes& boxes, double now) const {
  if (box.tone != Tone::kVariable || !box.has_gradient || !any_gradient(boxes)) return 0;
  if (is_stream_) return 0.35f;
  const float phase = static_cast<float>((now - begin_) / seconds_);
  if (phase < kBackwardEnds || phase >= 1) return 0;
  return std::sin((phase - kBackwardEnds) / (1 - kBackwardEnds) * 3.14159f);
}

void Flow::draw(const Painter& painter, const Boxes& boxes, double now) const {
  if (is_stream_)
    draw_stream(painter, boxes, static_cast<float>(now - stream_begin_));
  else if (moves(now))
    draw_step(painter, boxes, static_cast<float>((now - begin_) / seconds_));
}

void Flow::draw_step(const Painter& painter, const Boxes& boxes, float phase) const {
  const Palette& p = palette();
  const bool trains = any_gradient(boxes);
  const float deep = static_cast<float>(std::max(1, boxes.depth));
  const float forward = trains ? phase / kForwardEnds : phase;
  const float backward = (phase - kForwardEnds) / (kBackwardEnds - kForwardEnds);
  for (const WireBox& wire : boxes.wires) {
    const NodeBox& from = boxes.nodes[static_cast<std::size_t>(wire.from)];
    const NodeBox& to = boxes.nodes[static_cast<std::size_t>(wire.to)];
    const float begin = static_cast<float>(from.depth) / deep;
    const float end = std::max(begin + 0.5f / deep, static_cast<float>(to.depth) / deep);
    if (from.has_value && forward >= begin && forward <= end)
      pulse(painter, place_on(wire_curve(wire.a, wire.b), eased((forward - begin) / (end - begin))),
            p.of(Tone::kForward), 1);
    if (!trains || backward < 0 || !goes_back(boxes, wire)) continue;
    const Curve curve = beside(wire_curve(wire.a, wire.b), kAside);
    const float late = 1 - end, early = 1 - begin;  // The same way, from the loss.
    const float shown = backward > 1 ? std::max(0.0f, 1 - (phase - kBackwardEnds) / (1 - kBackwardEnds)) : 1;
    if (backward >= late) painter.dashes(curve, fade(p.of(Tone::kGradient), 0.8f * shown), 2, 5, 5);
    if (backward >= late && backward <= early)
      pulse(painter, place_on(curve, 1 - eased((backward - late) / (early - late))), p.of(Tone::kGradient),
            1);
  }
}

void Flow::draw_stream(const Painter& painter, const Boxes& boxes, float seconds) const {
  constexpr float kSpacing = 78, kSpeed = 52;  // Points, points a second: slow enough to follow with the eye.
  const Palette& p = palette();
  const float strength = std::min(1.0f, seconds * 2);
  for (const WireBox& wire : boxes.wires) {
    if (!boxes.nodes[static_cast<std::size_t>(wire.from)].has_value) continue;
    const Curve curve = wire_curve(wire.a, wire.b);
    const float length = length_of(curve);
    if (goes_back(boxes, wire))
      painter.dashes(beside(curve, kAside), fade(p.of(Tone::kGradient), 0.65f * strength), 1.6f, 4, 9,
                     seconds * kSpeed * 0.6f);
    for (float at = std::fmod(seconds * kSpeed, kSpacing); at < length; at += kSpacing) {
      const float ends = std::min({1.0f, at / 12, (length - at) / 12});
      painter.circle(place_on(curve, at / length), 3.6f, fade(p.of(Tone::kForward), strength * ends));
    }
  }
}

}  // namespace sandflow::ui
