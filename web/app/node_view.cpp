// See node_view.h.
#include "web/app/node_view.h"

#include <algorithm>
#include <cmath>

#include "engine/core/text.h"
#include "web/app/texts.h"

namespace sandflow::ui {

namespace {

void draw_ports(const Painter& painter, const NodeBox& box, const NodeLook& look) {
  const Palette& p = palette();
  for (std::size_t i = 0; i < box.inputs.size(); ++i) {
    const PortBox& port = box.inputs[i];
    const bool is_lit = look.lit_input == static_cast<int>(i);
    const bool is_used = port.port.kind != Port::Kind::kEmpty;
    if (is_lit) painter.circle(port.at, 11, fade(p.of(Tone::kForward), 0.25f));
    const Color color = is_lit || port.port.kind == Port::Kind::kWire ? p.of(Tone::kForward)
                                                                      : fade(p.soft, is_used ? 1 : 0.75f);
    painter.circle(port.at, kPortRadius, is_used || is_lit ? p.panel : p.ground);
    painter.ring(port.at, kPortRadius, color, 1.6f);
    if (port.chip.width() > 0) {
      painter.line({port.chip.max.x, port.at.y}, {port.at.x - kPortRadius, port.at.y}, p.soft, 1.2f);
      painter.fill(port.chip, p.panel, 5);
      painter.frame(port.chip, mix(p.line, p.soft, 0.35f), 5);
      painter.text_middle(Face::kMono, 11, port.chip.center(), p.ink, port.chip_text);
    }
  }
  for (std::size_t i = 0; i < box.outputs.size(); ++i) {
    const PortBox& port = box.outputs[i];
    if (look.lit_output == static_cast<int>(i))
      painter.circle(port.at, 11, fade(p.of(Tone::kForward), 0.25f));
    const Color color = !box.has_value            ? p.soft
                        : box.tone == Tone::kData ? p.of(Tone::kData)
                                                  : p.of(Tone::kForward);
    painter.circle(port.at, kPortRadius, p.panel);
    painter.ring(port.at, kPortRadius, color, 1.6f);
  }
}

}  // namespace

void draw_error(const Painter& painter, const NodeBox& box, bool is_whole) {
  const Palette& p = palette();
  Rect e = box.error_box;
  if (is_whole) e.max.y = e.min.y + box.error_height;
  const Color tone = box.is_unfinished ? p.soft : p.of(Tone::kLoss);
  painter.fill(e, p.panel, 8);
  if (box.is_unfinished) {
    painter.dashed_frame(e, fade(tone, 0.7f), 8, 1, 4);
  } else {
    painter.fill(e, fade(tone, 0.08f), 8);
    painter.frame(e, fade(tone, 0.4f), 8);
  }
  // Further away it has to say whose it is.
  const bool is_away = e.min.y - box.rect.max.y > 20;
  painter.text(Face::kStrong, 11, e.min + Vec(10, 7), tone,
               is_away ? cat(box.name, ": ", box.error_kind) : box.error_kind);
  painter.text(Face::kText, 11, e.min + Vec(10, 23), p.ink, is_whole ? box.error_message : box.error_short,
               e.width() - 20);
}

Rect sign_of(const NodeBox& box) { return Rect::sized({box.rect.max.x - 28, box.rect.min.y + 4}, {24, 24}); }

namespace {

// From far: a card of its colour with its name as large as fits.
void draw_far(const Painter& painter, const NodeBox& box, const NodeLook& look) {
  const Palette& p = palette();
  const Rect& r = box.rect;
  const Color tone = box.is_wrong() ? p.of(Tone::kLoss) : p.of(box.tone);
  painter.fill(r, p.panel);
  painter.fill(r, fade(tone, 0.16f));
  painter.fill({r.min, {r.min.x + 8, r.max.y}}, tone);
  if (look.is_selected || look.is_hovered)
    painter.frame(r, p.of(Tone::kForward), 0, look.is_selected ? 6 : 3);
  const float size = std::min(30.0f, r.height() * 0.4f);
  if (size * painter.scale() >= 6)
    painter.text(Face::kStrong, size, {r.min.x + 16, r.center().y - line_height(Face::kStrong, size) / 2},
                 p.ink, fitted(Face::kStrong, size, box.label, r.width() - 20));
}

}  // namespace

void draw_node(const Painter& painter, const NodeBox& box, const NodeLook& look) {
  if (look.is_far) return draw_far(painter, box, look);
  const Palette& p = palette();
  const Rect& r = box.rect;
  const Color tone = p.of(box.tone), red = p.of(Tone::kLoss);
  const float strength = box.is_blocked ? 0.5f : 1;
  constexpr float kRounding = 9;

  if (look.glow > 0) {
    for (float spread : {10.0f, 6.0f, 3.0f})
      painter.fill(r.grown(spread), fade(tone, 0.16f * look.glow), kRounding + spread);
  }
  // More than one lies here.
  if (box.is_scope())
    for (const float under : {7.0f, 3.5f}) {
      const Rect card{r.min + Vec(under * 1.6f, 0), r.max + Vec(-under * 1.6f, under)};
      painter.fill(card, box.is_derived() ? mix(p.panel, tone, 0.12f) : p.panel, kRounding);
      painter.frame(card, box.is_derived() ? fade(tone, 0.4f) : p.line, kRounding);
    }
  if (!box.is_blocked) painter.shadow(r, kRounding, look.is_hovered || look.is_selected ? 7 : 4);
  painter.fill(r, p.panel, kRounding);
  if (box.is_derived()) painter.fill(r, fade(tone, box.is_scope() ? 0.12f : 0.05f), kRounding);
  if (look.is_selected) painter.frame(r.grown(3), p.of(Tone::kForward), kRounding + 3, 2);
  if (box.is_wrong())
    painter.frame(r, red, kRounding, 1.6f);
  else if (box.is_derived())
    painter.dashed_frame(r, fade(p.of(Tone::kGradient), look.is_hovered ? 1 : 0.75f), kRounding, 1.2f, 4);
  else if (box.is_blocked || box.is_unfinished)
    painter.dashed_frame(r, fade(p.soft, 0.8f), kRounding, 1.2f, 4);
  else if (!look.is_selected)
    painter.frame(r, look.is_hovered ? mix(p.line, p.soft, 0.6f) : p.line, kRounding);
  painter.fill({{r.min.x, r.min.y + 10}, {r.min.x + 3, r.max.y - 10}},
               fade(box.is_wrong() ? red : tone, strength), 1.5f);

  const Color ink = fade(p.ink, strength), soft = fade(p.soft, strength);
  painter.text(Face::kStrong, 13, r.min + Vec(14, 8), ink, box.label);
  if (box.is_type_below)
    painter.text(Face::kStrong, 11, r.min + Vec(14, 25), fade(tone, strength), box.type);
  else
    painter.text_right(Face::kStrong, 11, {r.max.x - (box.is_scope() ? 30.0f : 12.0f), r.min.y + 9},
                       fade(tone, strength), box.type);
  if (box.is_scope()) {
    const Rect sign = sign_of(box);
    if (look.is_hovered) painter.fill(sign.grown(-1), fade(tone, 0.15f), 6);
    const Vec c = sign.center();
    const Vec points[] = {c + Vec(-4, -2), c + Vec(0, 2), c + Vec(4, -2)};
    painter.polyline(points, tone, 1.6f);
  }

  draw(painter, box.value, r.min + box.value_at, ink, p.of(Tone::kVariable), p.of(Tone::kData));
  if (box.gradient.kind != ValueView::Kind::kNone) {
    const Color violet = p.of(Tone::kGradient);
    const Vec at = r.min + box.gradient_at;
    const float middle = at.y + std::min(box.gradient.size.y, 60.0f) / 2;
    painter.text(Face::kMono, 11, {at.x - 12, middle - line_height(Face::kMono, 11) / 2}, violet, "∇");
    draw(painter, box.gradient, at, violet, violet, mix(p.soft, p.ink, 0.35f));
  }
  painter.text(Face::kMono, 11, {r.min.x + 14, r.max.y - 22}, soft, box.shape);

  draw_ports(painter, box, look);
  if (look.shows_order && box.order >= 0) {
    const Vec at{r.max.x - 6, r.min.y - 2};
    painter.circle(at, 9, p.of(Tone::kForward));
    painter.text_middle(Face::kStrong, 11, at, p.panel, std::to_string(box.order + 1));
  }
}

}  // namespace sandflow::ui
