// What the hands do to the graph: select, move, connect, delete, edit in place. See canvas.h.
#include <algorithm>
#include <cmath>

#include "web/app/canvas.h"
#include "web/app/texts.h"
#include "web/app/wires.h"

namespace sandflow::ui {

namespace {

// Large enough to type in at any zoom.
Rect field_box(Vec min, Vec max) {
  const Vec middle = (min + max) * 0.5f;
  const float half = std::max(14.0f, (max.y - min.y) / 2);
  return {{std::min(min.x, max.x - 110), middle.y - half}, {max.x, middle.y + half}};
}

}  // namespace

Canvas::Hit Canvas::hit_at(const Boxes& boxes, Vec world) const {
  const float reach = std::max(8.0f, 9 / zoom_);
  // From the top: what was drawn last is hit first.
  for (int i = static_cast<int>(boxes.nodes.size()) - 1; i >= 0; --i) {
    const NodeBox& box = boxes.nodes[static_cast<std::size_t>(i)];
    for (std::size_t k = 0; k < box.outputs.size(); ++k)
      if (distance(box.outputs[k].at, world) < reach) return {Hit::Kind::kOutput, i, static_cast<int>(k)};
    for (std::size_t k = 0; k < box.inputs.size(); ++k) {
      if (distance(box.inputs[k].at, world) < reach) return {Hit::Kind::kInput, i, static_cast<int>(k)};
      if (box.inputs[k].chip.contains(world)) return {Hit::Kind::kChip, i, static_cast<int>(k)};
    }
    if (box.rect.contains(world)) return {Hit::Kind::kNode, i, -1};
    if (box.has_error && box.error_box.contains(world)) return {Hit::Kind::kError, i, -1};
  }
  for (std::size_t i = 0; i < boxes.wires.size(); ++i)
    if (distance_to(wire_curve(boxes.wires[i].a, boxes.wires[i].b), world) < std::max(5.0f, 6 / zoom_))
      return {Hit::Kind::kWire, static_cast<int>(i), -1};
  return {};
}

// The port a wire would go to: one near by, or, over a node, its first free one.
Canvas::Hit Canvas::drop_target(const Boxes& boxes, Vec world) const {
  Hit best;
  float nearest = std::max(18.0f, 18 / zoom_);
  for (std::size_t i = 0; i < boxes.nodes.size(); ++i)
    for (std::size_t k = 0; k < boxes.nodes[i].inputs.size(); ++k)
      if (const float d = distance(boxes.nodes[i].inputs[k].at, world); d < nearest) {
        nearest = d;
        best = {Hit::Kind::kInput, static_cast<int>(i), static_cast<int>(k)};
      }
  if (best.port >= 0) return best;
  for (int i = static_cast<int>(boxes.nodes.size()) - 1; i >= 0; --i) {
    const NodeBox& box = boxes.nodes[static_cast<std::size_t>(i)];
    if (!box.rect.contains(world)) continue;
    for (std::size_t k = 0; k < box.inputs.size(); ++k)
      if (box.inputs[k].port.kind == Port::Kind::kEmpty) return {Hit::Kind::kInput, i, static_cast<int>(k)};
    break;
  }
  return {};
}

void Canvas::begin_drag(Ui& ui, const Scene& scene, const Boxes& boxes, const Hit& hit, bool pans) {
  drag_ = {};
  drag_.begin_mouse = ui.input.mouse;
  drag_.begin_pan = pan_;
  drag_.gesture = "drag-" + std::to_string(++gestures_);
  if (pans) {
    drag_.kind = Drag::Kind::kPan;
    return;
  }
  const NodeBox* box = hit.node >= 0 && hit.kind != Hit::Kind::kWire
                           ? &boxes.nodes[static_cast<std::size_t>(hit.node)]
                           : nullptr;
  switch (hit.kind) {
    case Hit::Kind::kOutput:
      drag_.kind = Drag::Kind::kWire;
      drag_.source = wire_text(box->name, hit.port);
      drag_.source_at = box->outputs[static_cast<std::size_t>(hit.port)].at;
      return;
    case Hit::Kind::kInput: {
      const PortBox& port = box->inputs[static_cast<std::size_t>(hit.port)];
      for (const WireBox& wire : boxes.wires)
        if (wire.to == hit.node && wire.input == hit.port) {
          drag_.kind = Drag::Kind::kWire;
          drag_.source = port.port.text;
          drag_.source_at = wire.a;
          drag_.pulled = {box->name, hit.port};
        }
      if (drag_.kind == Drag::Kind::kNone) selection.only(box->name);
      return;
    }
    case Hit::Kind::kWire: {
      const WireBox& wire = boxes.wires[static_cast<std::size_t>(hit.node)];
      selection.clear();
      selection.wire = {boxes.nodes[static_cast<std::size_t>(wire.to)].name, wire.input};
      return;
    }
    case Hit::Kind::kGround:
      drag_.kind = ui.input.shift ? Drag::Kind::kMarquee : Drag::Kind::kPan;
      return;
    case Hit::Kind::kNode:
    case Hit::Kind::kChip:
    case Hit::Kind::kError:
      selection.wire.reset();
      if (ui.input.shift) {
        if (!selection.nodes.insert(box->name).second) selection.nodes.erase(box->name);
      } else if (!selection.nodes.count(box->name)) {
        selection.only(box->name);
      }
      drag_.kind = Drag::Kind::kNodes;
      for (const std::string& name : selection.nodes)
        if (const SceneNode* node = scene.find(name)) drag_.begin_nodes[name] = {node->x, node->y};
      return;
  }
}

Changes Canvas::go_on_dragging(Ui& ui, const Scene& scene, const Boxes&) {
  const Vec moved = ui.input.mouse - drag_.begin_mouse;
  if (!ImGui::IsMousePosValid()) return {};
  if (distance({0, 0}, moved) > (ui.input.is_touch ? 7.0f : 3.0f)) drag_.has_moved = true;
  if (!drag_.has_moved) return {};
  if (drag_.kind == Drag::Kind::kPan) {
    ui.cursor = "grabbing";
    pan_ = drag_.begin_pan + moved;
    was_fitted_ = false;
  } else if (drag_.kind == Drag::Kind::kNodes) {
    ui.cursor = "grabbing";
    edit::Move move;
    bool is_new = false;
    for (const auto& [name, at] : drag_.begin_nodes) {
      const float x = std::round(at.x + moved.x / zoom_), y = std::round(at.y + moved.y / zoom_);
      move.positions[name] = {x, y};
      const SceneNode* node = scene.find(name);
      is_new |= node && (node->x != x || node->y != y);
    }
    was_fitted_ = false;  // The picture must not slide under the hand.
    if (is_new) return {{move, drag_.gesture}};
  } else {
    ui.cursor = "crosshair";
  }
  return {};
}

Changes Canvas::end_drag(Ui& ui, const Scene&, const Boxes& boxes) {
  Changes changes;
  const Vec world = to_world(ui.input.mouse);
  if (drag_.kind == Drag::Kind::kNodes && !drag_.has_moved && !ui.input.shift)
    if (const Hit hit = hit_at(boxes, world); hit.kind == Hit::Kind::kNode)
      clicked = boxes.nodes[static_cast<std::size_t>(hit.node)].name;
  if (drag_.kind == Drag::Kind::kPan && !drag_.has_moved && !ui.input.space) {
    selection.clear();
  } else if (drag_.kind == Drag::Kind::kNodes && !drag_.has_moved && !ui.input.shift &&
             selection.nodes.size() > 1) {
    const Hit hit = hit_at(boxes, world);
    if (hit.node >= 0 && hit.kind == Hit::Kind::kNode)
      selection.only(boxes.nodes[static_cast<std::size_t>(hit.node)].name);
  } else if (drag_.kind == Drag::Kind::kMarquee) {
    const Vec a = to_world(drag_.begin_mouse);
    const Rect marquee{{std::min(a.x, world.x), std::min(a.y, world.y)},
                       {std::max(a.x, world.x), std::max(a.y, world.y)}};
    selection.wire.reset();
    for (const NodeBox& box : boxes.nodes)
      if (box.rect.overlaps(marquee)) selection.nodes.insert(box.name);
  } else if (drag_.kind == Drag::Kind::kWire && drag_.has_moved) {
    const Hit target = drop_target(boxes, world);
    const std::string to =
        target.port >= 0 ? boxes.nodes[static_cast<std::size_t>(target.node)].name : std::string();
    const bool goes_back = drag_.pulled && drag_.pulled->first == to && drag_.pulled->second == target.port;
    if (drag_.pulled && !goes_back)
      changes.push_back({edit::SetPort{drag_.pulled->first, drag_.pulled->second, {}}, drag_.gesture});
    if (target.port >= 0 && !goes_back)
      changes.push_back({edit::SetPort{to, target.port, Port::wire(drag_.source)}, drag_.gesture});
  } else if (drag_.kind == Drag::Kind::kWire && drag_.pulled) {
    selection.clear();
    selection.wire = drag_.pulled;
  }
  drag_ = {};
  return changes;
}

// Where a new node lies on no other: as near as possible, rather below than to the right.
Vec Canvas::free_place(const Boxes& boxes, Vec wanted) {
  constexpr Vec kNew{230, 130};  // With the error that it has until it is connected.
  constexpr float kGap = 16, kStep = 16;
  constexpr int kFar = 100;
  const auto is_free = [&](Vec at) {
    const Rect place = Rect::sized(at, kNew).grown(kGap);
    return std::none_of(boxes.nodes.begin(), boxes.nodes.end(), [&](const NodeBox& box) {
      return box.rect.overlaps(place) || (box.has_error && box.error_box.overlaps(place));
    });
  };
  for (int cost = 0; cost <= 2 * kFar; ++cost)
    for (int right = 0; 2 * right <= cost; ++right)
      if (const Vec at =
              wanted + Vec(static_cast<float>(right), static_cast<float>(cost - 2 * right)) * kStep;
          is_free(at))
        return at;
  return wanted;
}

Changes Canvas::obey_keys(Ui& ui, const Rect& area, const Scene& scene) {
  Changes changes;
  for (const KeyPress& key : ui.input.keys) {
    if (key.alt) continue;
    if (key.key == "Delete" || key.key == "Backspace") {
      if (selection.wire)
        changes.push_back({edit::SetPort{selection.wire->first, selection.wire->second, {}}, {}});
      else if (!selection.nodes.empty())
        changes.push_back({edit::RemoveNodes{{selection.nodes.begin(), selection.nodes.end()}}, {}});
      selection.clear();
    } else if (key.key == "Escape") {
      if (drag_.kind != Drag::Kind::kNone)
        drag_ = {};
      else
        selection.clear();
    } else if (key.ctrl && (key.key == "a" || key.key == "A")) {
      selection.clear();
      for (const SceneNode& node : scene.nodes) selection.nodes.insert(node.name);
    } else if (!key.ctrl && (key.key == "f" || key.key == "F")) {
      fit();
    } else if (!key.ctrl && (key.key == "n" || key.key == "N") && !ui.entry.is_open()) {
      const Vec at = area.contains(ui.input.mouse) ? ui.input.mouse : area.center() - Vec(60, 40);
      add_menu_.open(ui, area, at, to_world(at));
    } else if (key.key.starts_with("Arrow") && selection.empty() && !scene.nodes.empty()) {
      selection.only(scene.nodes.front().name);
    } else if (key.key.starts_with("Arrow") && !selection.nodes.empty()) {
      const float step = key.shift ? 32 : 8;
      const Vec by = key.key == "ArrowLeft"    ? Vec(-step, 0)
                     : key.key == "ArrowRight" ? Vec(step, 0)
                     : key.key == "ArrowUp"    ? Vec(0, -step)
                                               : Vec(0, step);
      edit::Move move;
      for (const std::string& name : selection.nodes)
        if (const SceneNode* node = scene.find(name)) move.positions[name] = {node->x + by.x, node->y + by.y};
      was_fitted_ = false;
      changes.push_back({move, "nudge"});
    }
  }
  return changes;
}

void Canvas::edit_in_place(Ui& ui, const Scene& scene, const Boxes& boxes, const Hit& hit) {
  if (hit.node < 0 || hit.kind == Hit::Kind::kWire) return;
  const NodeBox& box = boxes.nodes[static_cast<std::size_t>(hit.node)];
  const SceneNode* node = scene.find(box.name);
  if (!node) return;
  TextEntry::Request request;
  request.size = clamp(13 * zoom_, 11, 20);
  Rect at{};
  if (hit.kind == Hit::Kind::kChip || hit.kind == Hit::Kind::kInput) {
    const PortBox& port = box.inputs[static_cast<std::size_t>(hit.port)];
    if (port.port.kind == Port::Kind::kWire) return;
    request.key = "chip";
    request.value = port.port.text;
    request.label = port.name;
    at = {{std::min(port.chip.width() > 0 ? port.chip.min.x : port.at.x, port.at.x - 110), port.at.y - 13},
          {port.at.x - 9, port.at.y + 13}};
    request.box = {to_screen(at.min), to_screen(at.max)};
    ui.entry.open(
        ui.outbox, request, [name = box.name, input = hit.port](std::string_view text) -> edit::Edit {
          return edit::SetPort{name, input, text.empty() ? Port{} : Port::literal(std::string(text))};
        });
    return;
  }
  if (hit.kind != Hit::Kind::kNode || box.value_attr.empty()) return;
  const NodeType* type = find_node_type(node->type);
  const auto given = node->attrs.find(box.value_attr);
  request.key = "value";
  request.value = given != node->attrs.end() ? given->second
                  : type                     ? value_field(*type)->initial
                                             : std::string();
  request.label = box.value_attr;
  at = {box.rect.min + Vec(10, 29),
        {std::max(box.rect.max.x - 10, box.rect.min.x + 150), box.rect.min.y + 57}};
  request.box = field_box(to_screen(at.min), to_screen(at.max));
  ui.entry.open(ui.outbox, request,
                [name = box.name, attr = box.value_attr](std::string_view text) -> edit::Edit {
                  return edit::SetAttr{name, attr, std::string(text)};
                });
}

}  // namespace sandflow::ui
