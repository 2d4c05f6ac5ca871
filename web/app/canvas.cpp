// See canvas.h. Here: what is drawn, and the way around. canvas_input.cpp has what the hands do to the graph.
#include "web/app/canvas.h"

#include <algorithm>
#include <cmath>

#include "engine/core/text.h"
#include "web/app/node_view.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/widgets.h"
#include "web/app/wires.h"

namespace sandflow::ui {

namespace {
constexpr float kLeastZoom = 0.2f, kMostZoom = 3;
constexpr int kNodesALayer = 16;
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
  const Painter screen = ui.painter();
  const bool has_new_area = area.size().x != fitted_area_.size().x || area.size().y != fitted_area_.size().y;
  if (wants_fit_ || (was_fitted_ && has_new_area)) fit_to(area, boxes);

  const bool hovered = press(ui, screen, "canvas", area, true).hovered && area.contains(ui.input.mouse);
  navigate(ui, hovered);
  const Vec world = to_world(ui.input.mouse);
  const Hit hit = hovered && drag_.kind == Drag::Kind::kNone ? hit_at(boxes, world) : Hit{};

  Changes changes;
  const bool double_click = hovered && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left);
  if (drag_.kind != Drag::Kind::kNone) {
    // The last stretch of a quick hand arrives together with its release.
    append(changes, go_on_dragging(ui, scene, boxes));
    if (!ImGui::IsMouseDown(ImGuiMouseButton_Left) && !ImGui::IsMouseDown(ImGuiMouseButton_Middle))
      append(changes, end_drag(ui, scene, boxes));
  } else if (double_click && hit.kind == Hit::Kind::kGround)
    add_menu_.open(ui, area, ui.input.mouse, world);
  else if (double_click)
    edit_in_place(ui, scene, boxes, hit);
  else if (hovered && ImGui::IsMouseClicked(ImGuiMouseButton_Left))
    begin_drag(ui, scene, boxes, hit, ui.input.space);
  else if (hovered && ImGui::IsMouseClicked(ImGuiMouseButton_Middle))
    begin_drag(ui, scene, boxes, hit, true);
  if (auto node = add_menu_.draw(ui, area)) {
    const Vec at = free_place(boxes, {node->x, node->y});
    node->x = std::round(at.x);
    node->y = std::round(at.y);
    changes.push_back({edit::AddNode{*node}, {}});
  }
  if (!add_menu_.is_open()) {
    append(changes, obey_keys(ui, area, scene));
    add_menu_.draw(ui, area);  // Opened by a key, it shows in this very frame.
  }

  screen.clip(area);
  draw_ground(screen, area);
  const Painter painter = this->painter(ui);
  draw_wires(painter, boxes, hit);
  if (lens) lens->draw_wires(painter, boxes);
  if (!ui.reduced_motion) flow.draw(painter, boxes, ui.time);
  const Rect seen{to_world(area.min), to_world(area.max)};
  const Hit target = drag_.kind == Drag::Kind::kWire ? drop_target(boxes, world) : Hit{};
  Painter nodes = painter;
  int drawn = 0;
  for (std::size_t i = 0; i < boxes.nodes.size(); ++i) {
    const NodeBox& box = boxes.nodes[i];
    Rect around = box.rect.grown(160);
    if (box.has_error) around.max.y = std::max(around.max.y, box.error_box.max.y);
    if (!around.overlaps(seen)) continue;
    if (drawn++ % kNodesALayer == 0) {
      nodes = ui.layer(cat("nodes", drawn).c_str(), screen.device(area), pan_, zoom_);
    }
    NodeLook look;
    look.is_selected = selection.nodes.count(box.name) > 0;
    look.is_hovered = hit.kind != Hit::Kind::kWire && hit.node == static_cast<int>(i);
    look.shows_order = ui.reduced_motion && snapshot.counters.step > 0;
    look.glow = ui.reduced_motion ? 0 : flow.glow(box, boxes, ui.time);
    if (target.node == static_cast<int>(i)) look.lit_input = target.port;
    if ((hit.kind == Hit::Kind::kInput) && look.is_hovered) look.lit_input = hit.port;
    if (lens) lens->draw_below(nodes, box, i);
    draw_node(nodes, box, look);
    if (lens) lens->draw_above(nodes, box, i);
  }
  screen.unclip();
  const Painter above = ui.layer("above", screen.device(area));
  const Painter over(above.list(), painter.device(Vec(0, 0)), painter.scale());
  const auto is_whole = [&](const NodeBox& box) {
    const bool is_hovered = hit.kind != Hit::Kind::kWire && hit.node >= 0 &&
                            &box == &boxes.nodes[static_cast<std::size_t>(hit.node)];
    return is_hovered || selection.nodes.count(box.name) > 0;
  };
  for (const bool whole : {false, true})  // The whole ones above the others.
    for (const NodeBox& box : boxes.nodes)
      if (box.has_error && box.error_box.overlaps(seen) && is_whole(box) == whole)
        draw_error(over, box, whole);
  if (lens) lens->draw_changes(over, boxes);
  draw_drag(ui, over, boxes);
  draw_buttons(ui, above, area);
  if (hovered && drag_.kind == Drag::Kind::kNone && !add_menu_.is_open())
    describe(ui, scene, snapshot, boxes, hit);
  return changes;
}

void Canvas::fit_to(const Rect& area, const Boxes& boxes) {
  wants_fit_ = false;
  was_fitted_ = true;
  fitted_area_ = area;
  if (boxes.nodes.empty() || area.width() < 1 || area.height() < 1) {
    zoom_ = 1;
    pan_ = area.min + Vec(40, 40);
    return;
  }
  const Rect b = boxes.bounds.grown(28);
  zoom_ = clamp(std::min(area.width() / b.width(), (area.height() - 24) / b.height()), kLeastZoom, 1.15f);
  pan_ = area.center() - b.center() * zoom_;
  const float readable = area.width() < 600 ? 0.5f : 0.4f;
  if (fits_whole_ || zoom_ >= readable) return;
  zoom_ = readable;
  pan_ = {area.min.x - b.min.x * zoom_, area.center().y - b.center().y * zoom_};
}

void Canvas::zoom_at(Vec screen, float factor) {
  const float zoom = clamp(zoom_ * factor, kLeastZoom, kMostZoom);
  pan_ = screen - (screen - pan_) * (zoom / zoom_);
  zoom_ = zoom;
  was_fitted_ = false;
}

void Canvas::navigate(Ui& ui, bool hovered) {
  if (hovered && ui.input.wheel_delta.y != 0) {
    // A mouse's notch is 100 and more; a touch pad's pinch comes in small pieces with Ctrl.
    const float sharpness = ui.input.wheel_ctrl && std::fabs(ui.input.wheel_delta.y) < 50 ? 0.01f : 0.0015f;
    zoom_at(ui.input.mouse, std::exp(-clamp(ui.input.wheel_delta.y, -400, 400) * sharpness));
  }
  if (const Pinch& pinch = ui.input.pinch; pinch.is_active) {
    drag_ = {};
    pan_ = pan_ + pinch.pan;
    zoom_at(pinch.center, pinch.zoom);
  }
}

void Canvas::draw_ground(const Painter& screen, const Rect& area) const {
  screen.fill(area, palette().ground);
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

void Canvas::draw_wires(const Painter& painter, const Boxes& boxes, const Hit& hovered) const {
  const Palette& p = palette();
  for (std::size_t i = 0; i < boxes.wires.size(); ++i) {
    const WireBox& wire = boxes.wires[i];
    const NodeBox &from = boxes.nodes[static_cast<std::size_t>(wire.from)],
                  &to = boxes.nodes[static_cast<std::size_t>(wire.to)];
    if (drag_.kind == Drag::Kind::kWire && drag_.pulled && drag_.pulled->first == to.name &&
        drag_.pulled->second == wire.input)
      continue;
    const bool is_selected =
        selection.wire && selection.wire->first == to.name && selection.wire->second == wire.input;
    const bool is_hovered = hovered.kind == Hit::Kind::kWire && hovered.node == static_cast<int>(i);
    const Color forward = from.tone == Tone::kData && to.is_loss ? p.of(Tone::kData) : p.of(Tone::kForward);
    const Color color = from.has_value ? mix(p.ground, forward, 0.8f) : fade(p.soft, 0.55f);
    const Curve curve = wire_curve(wire.a, wire.b);
    if (is_selected || is_hovered)
      painter.polyline(curve, fade(p.of(Tone::kForward), is_selected ? 0.35f : 0.18f), 8);
    if (from.has_value)
      painter.polyline(curve, is_selected ? forward : color, 2);
    else
      painter.dashes(curve, color, 1.6f, 5, 4);
  }
}

void Canvas::draw_drag(Ui& ui, const Painter& painter, const Boxes& boxes) const {
  const Palette& p = palette();
  if (drag_.kind == Drag::Kind::kMarquee) {
    const Vec a = to_world(drag_.begin_mouse), b = to_world(ui.input.mouse);
    const Rect box{{std::min(a.x, b.x), std::min(a.y, b.y)}, {std::max(a.x, b.x), std::max(a.y, b.y)}};
    painter.fill(box, fade(p.of(Tone::kForward), 0.08f), 4 / zoom_);
    painter.frame(box, fade(p.of(Tone::kForward), 0.7f), 4 / zoom_, 1 / zoom_);
  } else if (drag_.kind == Drag::Kind::kWire && drag_.has_moved) {
    const Vec world = to_world(ui.input.mouse);
    const Hit target = drop_target(boxes, world);
    const Vec end = target.port >= 0 ? boxes.nodes[static_cast<std::size_t>(target.node)]
                                           .inputs[static_cast<std::size_t>(target.port)]
                                           .at
                                     : world;
    painter.polyline(wire_curve(drag_.source_at, end), p.of(Tone::kForward), 2.4f);
    painter.circle(end, kPortRadius, p.of(Tone::kForward));
  }
}

void Canvas::draw_buttons(Ui& ui, const Painter& painter, const Rect& area) {
  const Palette& p = palette();
  const auto button = [&](std::string_view id, const Rect& box) {
    const Press hit = press(ui, painter, id, box);
    if (hit.hovered) painter.fill(box.grown(-3), mix(p.panel, p.ink, 0.07f), 6);
    return hit.clicked;
  };
  const Rect bar{area.max - Vec(172, 48), area.max - Vec(16, 16)};
  painter.shadow(bar, 9, 4);
  painter.fill(bar, p.panel, 9);
  painter.frame(bar, p.line, 9);
  const auto slot = [&](float from, float to) {
    return Rect{bar.min + Vec(from, 0), Vec(bar.min.x + to, bar.max.y)};
  };
  const Rect out = slot(2, 34), label = slot(34, 84), in = slot(84, 116), whole = slot(122, 154);
  if (button("zoom-out", out)) zoom_at(area.center(), 1 / 1.25f);
  if (button("zoom-one", label)) zoom_at(area.center(), 1 / zoom_);
  if (button("zoom-in", in)) zoom_at(area.center(), 1.25f);
  painter.hairline(slot(119, 119).min + Vec(0, 8), slot(119, 119).max - Vec(0, 8), p.line);
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

  const char* label_add = tr("add.button");
  const Rect add = Rect::sized(area.min + Vec(16, 16), {text_width(Face::kStrong, 13, label_add) + 42, 32});
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
    add_menu_.open(ui, area, {add.min.x, add.max.y + 6}, to_world(area.center() - Vec(60, 40)));
}

void Canvas::describe(Ui& ui, const Scene& scene, const Snapshot& snapshot, const Boxes& boxes,
                      const Hit& hit) const {
  if (hit.kind != Hit::Kind::kInput && hit.kind != Hit::Kind::kOutput) return;
  const NodeBox& box = boxes.nodes[static_cast<std::size_t>(hit.node)];
  const PortBox& port =
      (hit.kind == Hit::Kind::kInput ? box.inputs : box.outputs)[static_cast<std::size_t>(hit.port)];
  std::vector<std::string> lines{port.name.empty() ? std::string(tr("port.output")) : port.name};
  const auto describe_output = [&](int node) {
    if (node < 0 || node >= static_cast<int>(snapshot.nodes.size())) return;
    const NodeSnapshot& state = snapshot.nodes[static_cast<std::size_t>(node)];
    lines.push_back(cat(state.shape.python(), "  ", name(state.dtype)));
  };
  if (hit.kind == Hit::Kind::kOutput) {
    if (hit.port == 0) describe_output(hit.node);
    lines.push_back(tr("port.drag"));
  } else if (port.port.kind == Port::Kind::kWire) {
    lines.push_back(cat("← ", port.port.text));
    describe_output(scene.index_of(parse_wire(port.port.text).node));
  } else {
    lines.push_back(port.port.kind == Port::Kind::kLiteral ? port.port.text : std::string(tr("port.empty")));
  }
  tooltip(ui, ui.input.mouse, lines, Face::kText);
}

}  // namespace sandflow::ui
