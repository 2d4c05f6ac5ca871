// See canvas.h. Here: what is drawn, and the way around. canvas_input.cpp has what the hands do to the graph.
#include "web/app/canvas.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "engine/core/text.h"
#include "web/app/node_view.h"
#include "web/app/picture.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/widgets.h"
#include "web/app/wires.h"

namespace sandflow::ui {

namespace {

constexpr float kLeastZoom = 0.05f, kMostZoom = 3;
constexpr int kNodesALayer = 16, kFarNodesALayer = 120;
constexpr float kFar = 0.34f;  // The zoom below which a box shows no more than its name.

// What floats in the corners; a finger needs more.
float button_height(const Ui& ui) { return ui.input.is_touch ? 40 : 32; }

Rect zoom_bar(const Ui& ui, const Rect& area) {
  const Vec low = area.max - Vec(16, 16);
  return {low - Vec(60 + 3 * button_height(ui), button_height(ui)), low};
}

Rect add_button(const Ui& ui, const Rect& area) {
  return Rect::sized(area.min + Vec(16, 16),
                     {text_width(Face::kStrong, 13, tr("add.button")) + 42, button_height(ui)});
}

}  // namespace

void Selection::forget_missing(const Scene& scene) {
  std::erase_if(nodes, [&](const std::string& name) { return !scene.find(name); });
  if (!wire) return;
  const SceneNode* node = scene.find(wire->first);
  if (!node || wire->second >= static_cast<int>(node->inputs.size()) ||
      node->inputs[static_cast<std::size_t>(wire->second)].kind != Port::Kind::kWire)
    wire.reset();
}

Changes Canvas::draw(Ui& ui, const Rect& area, const Scene& scene, const Snapshot& snapshot,
                     const Boxes& boxes, const Flow& flow, const LensView* lens) {
  clicked.clear();
  selects_several_ &= !lens;  // There a tap fetches.
  const Painter screen = ui.painter();
  const bool adds = !lens && add_menu_.is_offered;
  const bool has_new_area = area.size().x != fitted_area_.size().x || area.size().y != fitted_area_.size().y;
  if (wants_fit_ || (was_fitted_ && has_new_area)) fit_to(ui, area, boxes, adds);
  fitted_area_ = area;
  // The boxes have been made anew under a wire in the hand: where it was aimed at may be gone, or its source.
  if (wire_ && tried_version_ != boxes.version) {
    aim(scene, boxes, -1, -1);
    if (!scene.find(parse_wire(wire_->source).node)) wire_.reset();
    tried_.clear();
    tried_version_ = boxes.version;
  }
  if (const std::string shown = std::exchange(show_next_, {}); !shown.empty()) {
    for (const FrameBox& frame : boxes.frames)
      if (frame.scope == shown) show(area, frame.rect);
    if (const int box = boxes.index_of(shown); box >= 0)
      show(area, boxes.nodes[static_cast<std::size_t>(box)].rect);
  }

  const bool hovered = press(ui, screen, "canvas", area, true).hovered && area.contains(ui.input.mouse);
  navigate(ui, hovered);
  const Vec world = to_world(ui.input.mouse);
  const Hit hit = hovered && drag_.kind == Drag::Kind::kNone ? hit_at(ui, boxes, world) : Hit{};

  Changes changes = obey_hands(ui, area, scene, boxes, hit, hovered);
  if (const auto chosen = add_menu_.draw(ui, area)) append(changes, take_chosen(scene, boxes, *chosen));
  if (const auto entry = menu_.draw(ui, area)) append(changes, take_entry(ui, area, scene, boxes, *entry));
  if (!add_menu_.is_open() && !menu_.is_open()) {
    append(changes, obey_keys(ui, area, scene, boxes));
    // Opened by a key, they show in this very frame.
    add_menu_.draw(ui, area);
    menu_.draw(ui, area);
  }

  screen.clip(area);
  draw_ground(screen, area);
  const Painter painter = this->painter(ui);
  const Rect seen{to_world(area.min), to_world(area.max)};
  draw_frames(painter, boxes, hit);
  draw_wires(painter, boxes, hit, seen);
  draw_derived_wires(painter, boxes, hit);
  if (lens) lens->draw_wires(painter, boxes);
  if (!ui.reduced_motion) flow.draw(painter, boxes, ui.time);
  draw_nodes(ui, area, snapshot, boxes, flow, hit, lens);
  if (scene.nodes.empty() && add_menu_.is_offered && !add_menu_.is_open()) {
    screen.text_middle(Face::kStrong, 16, area.center() - Vec(0, 12), palette().soft, tr("canvas.empty"));
    screen.text_middle(Face::kText, 13, area.center() + Vec(0, 14), palette().soft,
                       tr(ui.input.is_touch ? "canvas.empty-touch" : "canvas.empty-how"));
  }
  screen.unclip();
  const Painter above = ui.layer("above", screen.device(area));
  const Painter over(above.list(), painter.device(Vec(0, 0)), painter.scale());
  const auto is_whole = [&](const NodeBox& box) {
    const bool is_hovered = hit.is_box() && &box == &boxes.nodes[static_cast<std::size_t>(hit.node)];
    return is_hovered || is_selected(box);
  };
  for (const bool whole : {false, true})  // The whole ones above the others.
    for (const NodeBox& box : boxes.nodes)
      if (box.has_error && !box.is_hidden && box.error_box.overlaps(seen) && is_whole(box) == whole)
        draw_error(over, box, whole);
  if (lens) lens->draw_changes(over, boxes);
  draw_drag(ui, over);
  draw_wire(ui, over, boxes);
  draw_minimap(above, area, boxes);
  draw_buttons(ui, above, area, scene, adds);
  draw_several(ui, above, area, scene, boxes);
  if (hovered && drag_.kind == Drag::Kind::kNone && !wire_ && !add_menu_.is_open() && !menu_.is_open())
    describe(ui, boxes, hit);
  return changes;
}

void Canvas::draw_nodes(Ui& ui, const Rect& area, const Snapshot& snapshot, const Boxes& boxes,
                        const Flow& flow, const Hit& hit, const LensView* lens) {
  const Painter screen = ui.painter();
  const Rect seen{to_world(area.min), to_world(area.max)};
  const bool is_far = zoom_ < kFar;
  Painter nodes = screen;
  drawn_ = 0;
  for (std::size_t i = 0; i < boxes.nodes.size(); ++i) {
    const NodeBox& box = boxes.nodes[i];
    if (box.is_hidden || !box.rect.grown(is_far ? 4 : 160).overlaps(seen)) continue;
    if (drawn_++ % (is_far ? kFarNodesALayer : kNodesALayer) == 0)
      nodes = ui.layer(cat("nodes", drawn_).c_str(), screen.device(area), pan_, zoom_);
    NodeLook look;
    look.is_far = is_far;
    look.is_selected = is_selected(box);
    look.is_hovered = hit.is_box() && hit.node == static_cast<int>(i);
    look.shows_order = ui.reduced_motion && snapshot.counters.step > 0;
    look.glow = ui.reduced_motion ? 0 : flow.glow(box, boxes, ui.time);
    if (wire_ && wire_->box == static_cast<int>(i)) look.lit_input = wire_->port;
    if (hit.kind == Hit::Kind::kInput && look.is_hovered) look.lit_input = hit.port;
    if (hit.kind == Hit::Kind::kOutput && look.is_hovered) look.lit_output = hit.port;
    if (lens) lens->draw_below(nodes, box, i);
    draw_node(nodes, box, look);
    if (lens) lens->draw_above(nodes, box, i);
  }
}

std::string Canvas::picture(const Boxes& boxes) {
  const float zoom = std::exchange(zoom_, 1.0f);
  const Selection chosen = std::exchange(selection, {});
  Picture picture;
  const Painter painter(picture);
  const Rect all = boxes.nodes.empty() ? Rect{{0, 0}, {400, 300}} : boxes.bounds.grown(24);
  draw_frames(painter, boxes, {});
  draw_wires(painter, boxes, {}, all);
  draw_derived_wires(painter, boxes, {});
  for (const NodeBox& box : boxes.nodes)
    if (!box.is_hidden) draw_node(painter, box, {});
  for (const NodeBox& box : boxes.nodes)
    if (!box.is_hidden && box.has_error) draw_error(painter, box, false);
  selection = chosen;
  zoom_ = zoom;
  return picture.svg(all, palette().ground);
}

void Canvas::begin_anew() {
  selection.clear();
  opened.clear();
  wire_.reset();
  drag_ = {};
  selects_several_ = false;
  fit_beginning();
}

void Canvas::close_menu(Ui& ui) {
  add_menu_.close(ui);
  if (menu_.is_open()) menu_.close(ui);
}

void Canvas::fit_to(const Ui& ui, const Rect& area, const Boxes& boxes, bool adds) {
  wants_fit_ = false;
  was_fitted_ = true;
  if (boxes.nodes.empty() || area.width() < 1 || area.height() < 1) {
    zoom_ = 1;
    pan_ = area.min + Vec(40, 40);
    return;
  }
  const Rect b = boxes.bounds.grown(20);
  const Rect bar = zoom_bar(ui, area), add = adds ? add_button(ui, area) : Rect{};
  const auto fit_in = [&](const Rect& room) {
    zoom_ = clamp(std::min(room.width() / b.width(), room.height() / b.height()), kLeastZoom, 1.15f);
    pan_ = room.center() - b.center() * zoom_;
  };
  const auto is_covered = [&](const NodeBox& box) {
    const Rect drawn{to_screen(box.rect.min), to_screen(box.rect.max)};
    return !box.is_hidden && (drawn.overlaps(bar.grown(4)) || (adds && drawn.overlaps(add.grown(4))));
  };
  // As large as it can be with no node below what floats on the canvas, unless that would make it much
  // smaller: beside it, below and above it, or where it happens to be free.
  const Rect whole{area.min + Vec(0, 8), area.max - Vec(0, 8)};
  fit_in(whole);
  Rect room = whole;
  float best = 0.7f * zoom_;
  const float lefts[] = {whole.min.x, adds ? add.max.x : whole.min.x}, rights[] = {whole.max.x, bar.min.x},
              tops[] = {whole.min.y, adds ? add.max.y : whole.min.y}, bottoms[] = {whole.max.y, bar.min.y};
  for (int margins = 0; margins < 16; ++margins) {
    const Rect tried{{lefts[margins >> 3], tops[margins & 1]},
                     {rights[margins >> 2 & 1], bottoms[margins >> 1 & 1]}};
    if (tried.width() < 1 || tried.height() < 1) continue;
    fit_in(tried);
    if (zoom_ <= 1.001f * best || std::any_of(boxes.nodes.begin(), boxes.nodes.end(), is_covered)) continue;
    best = zoom_;
    room = tried;
  }
  fit_in(room);
  // On a phone what is smaller cannot be read; it begins larger, since one moves about it anyhow.
  const bool is_phone = area.width() < 420, is_narrow = area.width() < 600;
  const float readable = is_phone ? 0.6f : is_narrow ? 0.5f : 0.4f, begins = is_phone ? 0.75f : readable;
  if (fits_whole_ || zoom_ >= readable) return;
  // It begins with what the learner has made.
  Rect own{{1e9f, 1e9f}, {-1e9f, -1e9f}};
  for (const NodeBox& box : boxes.nodes) {
    if (box.is_hidden || box.is_derived()) continue;
    own.min = {std::min(own.min.x, box.rect.min.x), std::min(own.min.y, box.rect.min.y)};
    own.max = {std::max(own.max.x, box.rect.max.x), std::max(own.max.y, box.rect.max.y)};
  }
  if (own.min.x > own.max.x) own = b;
  zoom_ = begins;
  room = {{whole.min.x, adds ? add.max.y : whole.min.y}, {whole.max.x, bar.min.y}};
  // From its left, and from its top where it is higher than the screen.
  const float high = own.height() * zoom_;
  pan_ = {room.min.x - (own.min.x - 20) * zoom_, high > room.height()
                                                     ? room.min.y - (own.min.y - 20) * zoom_
                                                     : room.center().y - own.center().y * zoom_};
}

void Canvas::zoom_at(Vec screen, float factor) {
  const float zoom = clamp(zoom_ * factor, kLeastZoom, kMostZoom);
  pan_ = screen - (screen - pan_) * (zoom / zoom_);
  zoom_ = zoom;
  was_fitted_ = false;
}

// Moves the view no more than it must for a box to be seen.
void Canvas::show(const Rect& area, const Rect& box) {
  const Rect seen = Rect{to_world(area.min), to_world(area.max)}.grown(-24 / zoom_);
  const auto by = [](float low, float high, float from, float to) {
    return low < from ? low - from : high > to ? std::min(high - to, low - from) : 0;
  };
  const Vec move{by(box.min.x, box.max.x, seen.min.x, seen.max.x),
                 by(box.min.y, box.max.y, seen.min.y, seen.max.y)};
  pan_ = pan_ - move * zoom_;
  if (move.x != 0 || move.y != 0) was_fitted_ = false;
}

void Canvas::navigate(Ui& ui, bool hovered) {
  if (hovered && ui.input.wheel_delta.y != 0) {
    // A mouse's notch is 100 and more; a touch pad's pinch comes in small pieces with Ctrl.
    const float sharpness = ui.input.wheel_ctrl && std::fabs(ui.input.wheel_delta.y) < 50 ? 0.01f : 0.0015f;
    zoom_at(ui.input.mouse, std::exp(-clamp(ui.input.wheel_delta.y, -400, 400) * sharpness));
  }
  if (const Pinch& pinch = ui.input.pinch; pinch.is_active) {
    drag_ = {};
    wire_.reset();
    pan_ = pan_ + pinch.pan;
    zoom_at(pinch.center, pinch.zoom);
  }
}

void Canvas::draw_ground(const Painter& screen, const Rect& area) const {
  float step = 24 * zoom_;
  while (step < 14) step *= 2;
  while (step > 56) step /= 2;
  const float strength = clamp((step - 12) / 12, 0.4f, 1);
  const Color color = fade(palette().dots, strength);
  const float radius = clamp(step / 28, 0.7f, 1.1f);
  const Vec first{area.min.x + std::fmod(std::fmod(pan_.x - area.min.x, step) + step, step),
                  area.min.y + std::fmod(std::fmod(pan_.y - area.min.y, step) + step, step)};
  for (float y = first.y; y < area.max.y; y += step)
    for (float x = first.x; x < area.max.x; x += step)
      screen.fill({{x - radius, y - radius}, {x + radius, y + radius}}, color);
}

// Open scopes: a labelled frame behind what stands in them.
void Canvas::draw_frames(const Painter& painter, const Boxes& boxes, const Hit& hovered) const {
  const Palette& p = palette();
  for (std::size_t i = 0; i < boxes.frames.size(); ++i) {
    const FrameBox& frame = boxes.frames[i];
    const Color tone = frame.is_derived ? p.of(Tone::kGradient) : p.soft;
    const bool is_hovered = (hovered.kind == Hit::Kind::kFrame || hovered.kind == Hit::Kind::kFrameSign) &&
                            hovered.node == static_cast<int>(i);
    painter.fill(frame.rect, fade(tone, frame.is_derived ? 0.08f : 0.05f), 12);
    if (frame.is_derived)
      painter.dashed_frame(frame.rect, fade(tone, 0.75f), 12, 1.2f, 4);
    else
      painter.frame(frame.rect, fade(tone, is_hovered ? 0.6f : 0.3f), 12);
    if (zoom_ < kFar) continue;
    painter.text(Face::kStrong, 13, frame.head.min + Vec(14, 7),
                 frame.is_derived ? tone : mix(p.soft, p.ink, 0.3f), frame.label);
    const Rect sign = frame.button();
    if (is_hovered && hovered.kind == Hit::Kind::kFrameSign) painter.fill(sign, fade(tone, 0.18f), 6);
    const Vec c = sign.center();
    const Vec points[] = {c + Vec(-4, 2), c + Vec(0, -2), c + Vec(4, 2)};
    painter.polyline(points, tone, 1.5f);
  }
}

void Canvas::draw_wires(const Painter& painter, const Boxes& boxes, const Hit& hovered,
                        const Rect& seen) const {
  const Palette& p = palette();
  for (std::size_t i = 0; i < boxes.wires.size(); ++i) {
    const WireBox& wire = boxes.wires[i];
    const Rect room = Rect{{std::min(wire.a.x, wire.b.x), std::min(wire.a.y, wire.b.y)},
                           {std::max(wire.a.x, wire.b.x), std::max(wire.a.y, wire.b.y)}};
    if (!room.grown(kWireReach).overlaps(seen)) continue;
    const NodeBox &from = boxes.nodes[static_cast<std::size_t>(wire.from)],
                  &to = boxes.nodes[static_cast<std::size_t>(wire.to)];
    const PortBox& port = to.inputs[static_cast<std::size_t>(wire.input)];
    const std::pair end(port.node, port.index);
    if (wire_ && wire_->pulled && *wire_->pulled == end) continue;
    const bool is_selected = selection.wire && *selection.wire == end;
    const bool is_hovered = hovered.kind == Hit::Kind::kWire && hovered.node == static_cast<int>(i);
    const Color forward = from.tone == Tone::kData && to.is_loss ? p.of(Tone::kData) : p.of(Tone::kForward);
    const Color color = from.has_value ? mix(p.ground, forward, 0.8f) : fade(p.soft, 0.55f);
    if (zoom_ < kFar / 1.5f && !is_selected) {  // Too small for a curve to be seen.
      painter.line(wire.a, wire.b, color, 2);
      continue;
    }
    const Curve curve = wire_curve(wire.a, wire.b);
    if (is_selected || is_hovered)
      painter.polyline(curve, fade(p.of(Tone::kForward), is_selected ? 0.35f : 0.18f), 8);
    if (from.has_value)
      painter.polyline(curve, is_selected ? forward : color, 2);
    else
      painter.dashes(curve, color, 1.6f, 5, 4);
  }
}

// Gradients run from right to left; what a derived box takes from the scene shows when one asks for it.
void Canvas::draw_derived_wires(const Painter& painter, const Boxes& boxes, const Hit& hovered) const {
  const Color violet = palette().of(Tone::kGradient);
  const auto is_shown = [&](int box) {
    const NodeBox& node = boxes.nodes[static_cast<std::size_t>(box)];
    return node.is_derived() && ((hovered.is_box() && hovered.node == box) || is_selected(node));
  };
  for (const WireBox& wire : boxes.derived_wires) {
    const bool is_strong = is_shown(wire.from) || is_shown(wire.to);
    painter.dashes(wire_curve(wire.b, wire.a), fade(violet, is_strong ? 1 : 0.6f), is_strong ? 2.0f : 1.5f, 5,
                   4);
  }
  for (const WireBox& wire : boxes.derived_uses)
    if (is_shown(wire.to) || is_shown(wire.from))
      painter.dashes(std::array{wire.a, wire.b}, fade(palette().of(Tone::kForward), 0.7f), 1.4f, 3, 4);
}

void Canvas::draw_drag(Ui& ui, const Painter& painter) const {
  const Palette& p = palette();
  if (drag_.kind == Drag::Kind::kMarquee) {
    const Vec a = to_world(drag_.begin_mouse), b = to_world(ui.input.mouse);
    const Rect box{{std::min(a.x, b.x), std::min(a.y, b.y)}, {std::max(a.x, b.x), std::max(a.y, b.y)}};
    painter.fill(box, fade(p.of(Tone::kForward), 0.08f), 4 / zoom_);
    painter.frame(box, fade(p.of(Tone::kForward), 0.7f), 4 / zoom_, 1 / zoom_);
  }
  if (const AddMenu::Entry* carried = add_menu_.carried()) {
    const Rect box = Rect::sized(to_world(ui.input.mouse) - Vec(60, 30),
                                 {std::max(120.0f, text_width(Face::kStrong, 13, carried->name()) + 40), 56});
    painter.shadow(box, 9, 8);
    painter.fill(box, fade(p.panel, 0.9f), 9);
    painter.frame(box, p.of(Tone::kForward), 9, 1.5f);
    painter.fill({{box.min.x, box.min.y + 10}, {box.min.x + 3, box.max.y - 10}}, p.of(tone_of(*carried)),
                 1.5f);
    painter.text(Face::kStrong, 13, box.min + Vec(14, 8), p.ink, carried->name());
  }
}

void Canvas::draw_buttons(Ui& ui, const Painter& painter, const Rect& area, const Scene& scene, bool adds) {
  const Palette& p = palette();
  const auto button = [&](std::string_view id, const Rect& box) {
    const Press hit = press(ui, painter, id, box);
    if (hit.hovered) painter.fill(box.grown(-3), mix(p.panel, p.ink, 0.07f), 6);
    return hit.clicked;
  };
  const float unit = button_height(ui);
  const Rect bar = zoom_bar(ui, area);
  ui.spot("zoom", painter, bar);
  painter.shadow(bar, 9, 4);
  painter.fill(bar, p.panel, 9);
  painter.frame(bar, p.line, 9);
  const auto slot = [&](float from, float to) {
    return Rect{bar.min + Vec(from, 0), Vec(bar.min.x + to, bar.max.y)};
  };
  const Rect out = slot(2, unit + 2), label = slot(out.max.x - bar.min.x, unit + 52),
             in = slot(unit + 52, 2 * unit + 52), whole = slot(2 * unit + 58, 3 * unit + 58);
  if (button("zoom-out", out)) zoom_at(area.center(), 1 / 1.25f);
  if (button("zoom-one", label)) zoom_at(area.center(), 1 / zoom_);
  if (button("zoom-in", in)) zoom_at(area.center(), 1.25f);
  const float between = bar.min.x + 2 * unit + 55;
  painter.hairline({between, bar.min.y + 8}, {between, bar.max.y - 8}, p.line);
  if (button("zoom-fit", whole)) fit();
  painter.line(out.center() - Vec(5, 0), out.center() + Vec(5, 0), p.soft, 1.5f);
  painter.line(in.center() - Vec(5, 0), in.center() + Vec(5, 0), p.soft, 1.5f);
  painter.line(in.center() - Vec(0, 5), in.center() + Vec(0, 5), p.soft, 1.5f);
  painter.text_middle(Face::kMono, 11, label.center(), p.soft,
                      cat(static_cast<int>(std::lround(zoom_ * 100)), "%"));
  for (const Vec corner : {Vec(-1, -1), Vec(1, -1), Vec(1, 1), Vec(-1, 1)}) {
    const Vec at = whole.center() + corner * 6;
    const Vec points[] = {at - Vec(corner.x * 4, 0), at, at - Vec(0, corner.y * 4)};
    painter.polyline(points, p.soft, 1.5f);
  }

  if (!adds || selects_several_)
    return;  // It would lie on the graph that is being run; the key and the double click stay.
  const char* label_add = tr("add.button");
  const Rect add = add_button(ui, area);
  ui.spot("add", painter, add);
  painter.shadow(add, 9, 4);
  painter.fill(add, p.panel, 9);
  const Press hit = press(ui, painter, "add", add);
  if (hit.hovered) painter.fill(add, mix(p.panel, p.ink, 0.05f), 9);
  painter.frame(add, p.line, 9);
  const Vec plus{add.min.x + 18, add.center().y};
  painter.line(plus - Vec(5, 0), plus + Vec(5, 0), p.of(Tone::kForward), 1.8f);
  painter.line(plus - Vec(0, 5), plus + Vec(0, 5), p.of(Tone::kForward), 1.8f);
  painter.text(Face::kStrong, 13, {add.min.x + 30, add.center().y - line_height(Face::kStrong, 13) / 2},
               p.ink, label_add);
  if (hit.clicked)
    add_menu_.open(ui, area, {add.min.x, add.max.y + 6}, to_world(area.center() - Vec(60, 40)), scene);
}

// While a tap selects: how many are, what can be done with them, and the way out.
void Canvas::draw_several(Ui& ui, const Painter& painter, const Rect& area, const Scene& scene,
                          const Boxes& boxes) {
  if (!selects_several_) return;
  constexpr float kHigh = 44, kPad = 14;
  const Palette& p = palette();
  const bool any = !selection.nodes.empty();
  const std::string count =
      any ? tr("several.count", {{"count", std::to_string(selection.nodes.size())}}) : tr("several.how");
  const std::string menu = tr("several.menu"), done = tr("several.done");
  const float menu_width = any ? text_width(Face::kStrong, 13, menu) + 2 * kPad : 0,
              done_width = text_width(Face::kStrong, 13, done) + 2 * kPad,
              room = area.width() - 24 - menu_width - done_width - kPad - 4;
  const std::string told = fitted(Face::kText, 13, count, room);
  const float width = kPad + text_width(Face::kText, 13, told) + 8 + menu_width + done_width + 8;
  const Rect bar = Rect::sized({area.center().x - width / 2, area.min.y + 12}, {width, kHigh});
  painter.shadow(bar, 11, 6);
  painter.fill(bar, p.panel, 11);
  painter.frame(bar, p.of(Tone::kForward), 11, 1.5f);
  painter.text(Face::kText, 13, {bar.min.x + kPad, bar.center().y - line_height(Face::kText, 13) / 2}, p.ink,
               told);
  const auto button = [&](std::string_view id, const Rect& box, std::string_view label, Color color) {
    const Press hit = press(ui, painter, id, box);
    ui.spot(id, painter, box);
    painter.fill(box, fade(color, hit.hovered ? 0.2f : 0.12f), 8);
    painter.text_middle(Face::kStrong, 13, box.center(), color, label);
    ui.wants_frame |= hit.clicked;
    return hit.clicked;
  };
  const Rect leave{{bar.max.x - done_width - 4, bar.min.y + 4}, bar.max - Vec(4, 4)};
  if (any) {
    const Rect opens{{leave.min.x - menu_width - 4, leave.min.y}, {leave.min.x - 4, leave.max.y}};
    if (button("several-menu", opens, menu, p.ink)) open_menu(ui, scene, boxes, {opens.min.x, bar.max.y + 6});
  }
  if (button("several-done", leave, done, p.of(Tone::kForward))) selects_several_ = false;
}

// Below 1 the whole graph is not in sight: then a small map shows where one is.
Rect Canvas::minimap(const Rect& area, const Boxes& boxes) const {
  constexpr float kWidest = 168, kHighest = 104;
  const Rect seen{to_world(area.min), to_world(area.max)}, &all = boxes.bounds;
  const bool is_whole = all.min.x >= seen.min.x && all.min.y >= seen.min.y && all.max.x <= seen.max.x &&
                        all.max.y <= seen.max.y;
  if (boxes.nodes.size() < 2 || is_whole || area.width() < 480 || area.height() < 360) return {};
  const float scale = std::min(kWidest / all.width(), kHighest / all.height());
  const Vec size = all.size() * scale;
  return Rect::sized({area.min.x + 16, area.max.y - 16 - size.y}, size);
}

void Canvas::draw_minimap(const Painter& painter, const Rect& area, const Boxes& boxes) const {
  const Rect map = minimap(area, boxes);
  if (map.width() <= 0) return;
  const Palette& p = palette();
  const Rect panel = map.grown(6);
  painter.shadow(panel, 8, 4);
  painter.fill(panel, fade(p.panel, 0.94f), 8);
  painter.frame(panel, p.line, 8);
  const Painter list(painter.list(), painter.device(Vec(0, 0)), painter.scale());
  const float scale = map.width() / boxes.bounds.width();
  const auto place = [&](Vec world) { return map.min + (world - boxes.bounds.min) * scale; };
  for (const NodeBox& box : boxes.nodes) {
    if (box.is_hidden) continue;
    Rect mark{place(box.rect.min), place(box.rect.max)};
    mark.max = {std::max(mark.max.x, mark.min.x + 1.5f), std::max(mark.max.y, mark.min.y + 1.5f)};
    const Color color = box.is_wrong() ? p.of(Tone::kLoss) : p.of(box.tone);
    list.fill(mark, is_selected(box) ? p.of(Tone::kForward) : fade(color, 0.55f));
  }
  const auto inside = [&](Vec at) {
    return Vec(clamp(at.x, map.min.x, map.max.x), clamp(at.y, map.min.y, map.max.y));
  };
  const Rect seen{inside(place(to_world(area.min))), inside(place(to_world(area.max)))};
  list.fill(seen, fade(p.of(Tone::kForward), 0.08f), 2);
  list.frame(seen, fade(p.of(Tone::kForward), 0.9f), 2, 1.2f);
}

void Canvas::describe(Ui& ui, const Boxes& boxes, const Hit& hit) const {
  std::vector<std::string> lines;
  if (hit.is_box() && boxes.nodes[static_cast<std::size_t>(hit.node)].is_derived()) {
    const NodeBox& box = boxes.nodes[static_cast<std::size_t>(hit.node)];
    lines = {box.name, box.type};
    if (!box.shape.empty()) lines.push_back(box.shape);
    if (box.is_scope()) lines.emplace_back(tr("scope.open"));
    tooltip(ui, ui.input.mouse, lines);
    return;
  }
  if (hit.kind == Hit::Kind::kSign || hit.kind == Hit::Kind::kFrameSign) {
    lines = {tr(hit.kind == Hit::Kind::kSign ? "scope.open" : "scope.fold")};
    tooltip(ui, ui.input.mouse, lines);
    return;
  }
  if (hit.kind != Hit::Kind::kInput && hit.kind != Hit::Kind::kOutput) return;
  const NodeBox& box = boxes.nodes[static_cast<std::size_t>(hit.node)];
  const PortBox& port =
      (hit.kind == Hit::Kind::kInput ? box.inputs : box.outputs)[static_cast<std::size_t>(hit.port)];
  lines.push_back(port.name.empty() ? std::string(tr("port.output")) : port.name);
  if (hit.kind == Hit::Kind::kOutput) {
    if (const std::string& about = boxes.about(port, false); !about.empty()) lines.push_back(about);
    lines.emplace_back(tr("port.drag"));
  } else {
    if (const std::string& about = boxes.about(port, true); !about.empty())
      lines.push_back(cat(tr("port.takes"), " ", about));
    if (port.port.kind == Port::Kind::kWire) {
      const WireEnd end = parse_wire(port.port.text);
      PortBox output;
      output.node = end.node;
      output.index = end.output;
      const std::string& about = boxes.about(output, false);
      lines.push_back(cat("← ", port.port.text, about.empty() ? "" : "   ", about));
    } else {
      lines.push_back(port.port.kind == Port::Kind::kLiteral ? port.port.text
                                                             : std::string(tr("port.empty")));
    }
  }
  tooltip(ui, ui.input.mouse, lines, Face::kText);
}

}  // namespace sandflow::ui
