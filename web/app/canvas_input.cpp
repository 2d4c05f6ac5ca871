// What the hands do to the graph: select, move, fold, edit in place, and add. See canvas.h.
#include <algorithm>
#include <cmath>
#include <utility>

#include "web/app/canvas.h"
#include "web/app/node_view.h"
#include "web/app/texts.h"
#include "web/app/wires.h"

namespace sandflow::ui {

namespace {

constexpr double kLongPress = 0.55;  // Seconds.

// Large enough to type in at any zoom.
Rect field_box(Vec min, Vec max) {
  const Vec middle = (min + max) * 0.5f;
  const float half = std::max(14.0f, (max.y - min.y) / 2);
  return {{std::min(min.x, max.x - 110), middle.y - half}, {max.x, middle.y + half}};
}

Rect around(Vec a, Vec b) {
  return {{std::min(a.x, b.x), std::min(a.y, b.y)}, {std::max(a.x, b.x), std::max(a.y, b.y)}};
}

}  // namespace

Canvas::Hit Canvas::hit_at(const Ui& ui, const Boxes& boxes, Vec world) const {
  if (selects_several_) {  // Then a box is a box all over.
    for (int i = static_cast<int>(boxes.nodes.size()) - 1; i >= 0; --i) {
      const NodeBox& box = boxes.nodes[static_cast<std::size_t>(i)];
      if (!box.is_hidden && !box.is_derived() && box.rect.contains(world)) return {Hit::Kind::kNode, i, -1};
    }
    return {};
  }
  const float reach = ui.input.is_touch ? std::max(12.0f, 20 / zoom_) : std::max(8.0f, 9 / zoom_);
  // From the top: what was drawn last is hit first.
  for (int i = static_cast<int>(boxes.nodes.size()) - 1; i >= 0; --i) {
    const NodeBox& box = boxes.nodes[static_cast<std::size_t>(i)];
    if (box.is_hidden) continue;
    for (std::size_t k = 0; k < box.outputs.size() && !box.is_derived(); ++k)
      if (distance(box.outputs[k].at, world) < reach) return {Hit::Kind::kOutput, i, static_cast<int>(k)};
    for (std::size_t k = 0; k < box.inputs.size() && !box.is_derived(); ++k) {
      if (distance(box.inputs[k].at, world) < reach) return {Hit::Kind::kInput, i, static_cast<int>(k)};
      if (box.inputs[k].chip.contains(world)) return {Hit::Kind::kChip, i, static_cast<int>(k)};
    }
    if (box.is_scope() && sign_of(box).contains(world)) return {Hit::Kind::kSign, i, -1};
    if (box.rect.contains(world)) return {Hit::Kind::kNode, i, -1};
    if (box.has_error && box.error_box.contains(world)) return {Hit::Kind::kError, i, -1};
  }
  for (int i = static_cast<int>(boxes.frames.size()) - 1; i >= 0; --i) {
    const FrameBox& frame = boxes.frames[static_cast<std::size_t>(i)];
    if (frame.button().contains(world)) return {Hit::Kind::kFrameSign, i, -1};
    if (frame.head.contains(world)) return {Hit::Kind::kFrame, i, -1};
  }
  const float near = std::max(5.0f, 6 / zoom_);
  for (std::size_t i = 0; i < boxes.wires.size(); ++i) {
    const WireBox& wire = boxes.wires[i];
    if (!around(wire.a, wire.b).grown(kWireReach).contains(world)) continue;
    if (distance_to(wire_curve(wire.a, wire.b), world) < near)
      return {Hit::Kind::kWire, static_cast<int>(i), -1};
  }
  return {};
}

bool Canvas::is_selected(const NodeBox& box) const {
  if (box.is_derived()) return box.name == selection.derived;
  if (box.members.empty()) return selection.nodes.count(box.name) > 0;
  return std::all_of(box.members.begin(), box.members.end(),
                     [&](const std::string& member) { return selection.nodes.count(member) > 0; });
}

void Canvas::select(const NodeBox& box, bool extends) {
  if (box.is_derived()) {
    selection = {{}, {}, box.name};
    return;
  }
  const bool was_selected = is_selected(box);
  if (!extends) selection.clear();
  selection.wire.reset();
  selection.derived.clear();
  const auto turn = [&](const std::string& name) {
    if (extends && was_selected)
      selection.nodes.erase(name);
    else
      selection.nodes.insert(name);
  };
  if (box.members.empty()) turn(box.name);
  for (const std::string& member : box.members) turn(member);
}

Changes Canvas::toggle_fold(const Boxes& boxes, const Hit& hit) {
  wants_fit_ = was_fitted_;  // Who saw the whole graph sees it still.
  show_next_ = hit.kind == Hit::Kind::kSign ? boxes.nodes[static_cast<std::size_t>(hit.node)].name
                                            : boxes.frames[static_cast<std::size_t>(hit.node)].scope;
  if (hit.kind == Hit::Kind::kSign) {
    const NodeBox& box = boxes.nodes[static_cast<std::size_t>(hit.node)];
    if (box.kind == NodeBox::Kind::kScope) return {{edit::Fold{box.name, false}, {}}};
    opened.insert(box.name);
    selection.clear();
    return {};
  }
  const FrameBox& frame = boxes.frames[static_cast<std::size_t>(hit.node)];
  if (!frame.is_derived) return {{edit::Fold{frame.scope, true}, {}}};
  opened.erase(frame.scope);
  selection = {{}, {}, frame.scope};
  return {};
}

Changes Canvas::obey_hands(Ui& ui, const Rect& area, const Scene& scene, const Boxes& boxes, const Hit& hit,
                           bool hovered) {
  const Vec world = to_world(ui.input.mouse);
  bool is_second = false;  // The click of a double click: on what the first was on.
  if (ImGui::IsMouseClicked(ImGuiMouseButton_Left)) {
    std::optional<Pressed> on;
    if (hovered)
      on = Pressed{hit.kind, hit.is_box() ? boxes.nodes[static_cast<std::size_t>(hit.node)].name : ""};
    is_second = ui.input.is_second_click && on && pressed_ == on;
    pressed_ = std::move(on);
  }
  if (add_menu_.carried()) {
    ui.cursor = "grabbing";
    if (ImGui::IsMouseDown(ImGuiMouseButton_Left)) return {};
    if (area.contains(ui.input.mouse)) return take_chosen(scene, boxes, add_menu_.drop(world));
    add_menu_.forget_carried();
    return {};
  }
  if (drag_.kind != Drag::Kind::kNone) {
    // The last stretch of a quick hand arrives together with its release.
    Changes changes = go_on_dragging(ui, area, scene, boxes);
    const bool is_held =
        ImGui::IsMouseDown(ImGuiMouseButton_Left) || ImGui::IsMouseDown(ImGuiMouseButton_Middle);
    if (!is_held) {
      append(changes, end_drag(ui, area, scene, boxes));
    } else if (ui.input.is_touch && !drag_.has_moved) {
      ui.wants_frame = true;
      if (ui.time - drag_.begin_time > kLongPress) {
        // On the ground it is the ground's menu, whatever was selected before.
        if (drag_.kind == Drag::Kind::kPan && !selects_several_) selection.clear();
        drag_ = {};
        wire_.reset();
        open_menu(ui, scene, boxes, ui.input.mouse);
      }
    }
    return changes;
  }
  if (!hovered) return {};
  if (wire_ && !ui.input.is_touch) aim_at(scene, boxes, world);
  if (ImGui::IsMouseClicked(ImGuiMouseButton_Right)) {
    if (std::exchange(wire_, std::nullopt)) return {};
    if (hit.is_box() && !is_selected(boxes.nodes[static_cast<std::size_t>(hit.node)]))
      select(boxes.nodes[static_cast<std::size_t>(hit.node)], false);
    else if (hit.kind == Hit::Kind::kGround)
      selection.clear();
    else if (hit.kind == Hit::Kind::kWire || hit.kind == Hit::Kind::kFrame)
      press_on(ui, area, scene, boxes, hit, false);
    drag_ = {};
    open_menu(ui, scene, boxes, ui.input.mouse);
    return {};
  }
  if (is_second && !wire_ && !selects_several_) {
    if (hit.kind == Hit::Kind::kGround)
      add_menu_.open(ui, area, ui.input.mouse, world, scene);
    else if (hit.kind == Hit::Kind::kFrame)
      return toggle_fold(boxes, {Hit::Kind::kFrameSign, hit.node, -1});
    else if (hit.is_box() && boxes.nodes[static_cast<std::size_t>(hit.node)].is_scope() &&
             hit.kind == Hit::Kind::kNode)
      return toggle_fold(boxes, {Hit::Kind::kSign, hit.node, -1});
    else
      open_text_at(ui, scene, boxes, hit);
    return {};
  }
  if (ImGui::IsMouseClicked(ImGuiMouseButton_Left))
    return press_on(ui, area, scene, boxes, hit, ui.input.space);
  if (ImGui::IsMouseClicked(ImGuiMouseButton_Middle)) return press_on(ui, area, scene, boxes, hit, true);
  return {};
}

Changes Canvas::press_on(Ui& ui, const Rect& area, const Scene& scene, const Boxes& boxes, const Hit& hit,
                         bool pans) {
  drag_ = {};
  drag_.begin_mouse = ui.input.mouse;
  drag_.begin_pan = pan_;
  drag_.begin_time = ui.time;
  drag_.gesture = "drag-" + std::to_string(++gestures_);
  const Vec world = to_world(ui.input.mouse);
  if (wire_ && !pans) {
    // The second tap of a wire that was taken up by the first; on another output it begins anew.
    if (hit.kind == Hit::Kind::kOutput) {
      wire_.reset();
    } else {
      drag_.kind = Drag::Kind::kWire;
      drag_.has_moved = true;
      aim_at(scene, boxes, world);
      return {};
    }
  }
  if (!pans && minimap(area, boxes).contains(ui.input.mouse)) {
    drag_.kind = Drag::Kind::kMinimap;
    return {};
  }
  if (pans) {
    drag_.kind = Drag::Kind::kPan;
    return {};
  }
  const NodeBox* box = hit.is_box() ? &boxes.nodes[static_cast<std::size_t>(hit.node)] : nullptr;
  const auto take_nodes = [&] {
    drag_.kind = Drag::Kind::kNodes;
    for (const std::string& name : selection.nodes)
      if (const SceneNode* node = scene.find(name)) drag_.begin_nodes[name] = {node->x, node->y};
  };
  switch (hit.kind) {
    case Hit::Kind::kOutput:
      drag_.kind = Drag::Kind::kWire;
      begin_wire(ui, box->outputs[static_cast<std::size_t>(hit.port)]);
      break;
    case Hit::Kind::kInput: {
      const PortBox& port = box->inputs[static_cast<std::size_t>(hit.port)];
      for (const WireBox& wire : boxes.wires)
        if (wire.to == hit.node && wire.input == hit.port) {
          drag_.kind = Drag::Kind::kWire;
          begin_wire(ui, boxes.nodes[static_cast<std::size_t>(wire.from)]
                             .outputs[static_cast<std::size_t>(wire.output)]);
          wire_->source = port.port.text;
          wire_->pulled = {port.node, port.index};
        }
      if (drag_.kind == Drag::Kind::kNone) select(*box, false);
      break;
    }
    case Hit::Kind::kWire: {
      const WireBox& wire = boxes.wires[static_cast<std::size_t>(hit.node)];
      const PortBox& port =
          boxes.nodes[static_cast<std::size_t>(wire.to)].inputs[static_cast<std::size_t>(wire.input)];
      selection.clear();
      selection.wire = {port.node, port.index};
      break;
    }
    case Hit::Kind::kGround:
      drag_.kind = ui.input.shift || selects_several_ ? Drag::Kind::kMarquee : Drag::Kind::kPan;
      break;
    case Hit::Kind::kSign:
    case Hit::Kind::kFrameSign:
      return toggle_fold(boxes, hit);
    case Hit::Kind::kFrame: {
      const FrameBox& frame = boxes.frames[static_cast<std::size_t>(hit.node)];
      if (frame.is_derived) {
        drag_.kind = Drag::Kind::kPan;
        break;
      }
      if (!ui.input.shift) selection.clear();
      selection.wire.reset();
      selection.nodes.insert(frame.members.begin(), frame.members.end());
      take_nodes();
      break;
    }
    case Hit::Kind::kNode:
    case Hit::Kind::kChip:
    case Hit::Kind::kError:
      drag_.has_selected = selects_several_ && !is_selected(*box);
      if (drag_.has_selected || (!selects_several_ && (ui.input.shift || !is_selected(*box))))
        select(*box, ui.input.shift || selects_several_);
      else
        selection.wire.reset();
      if (box->is_derived())
        drag_.kind = Drag::Kind::kPan;
      else
        take_nodes();
      break;
  }
  return {};
}

Changes Canvas::go_on_dragging(Ui& ui, const Rect& area, const Scene& scene, const Boxes& boxes) {
  const Vec moved = ui.input.mouse - drag_.begin_mouse;
  if (!ImGui::IsMousePosValid()) return {};
  if (distance({0, 0}, moved) > (ui.input.is_touch ? 7.0f : 3.0f)) drag_.has_moved = true;
  if (drag_.kind == Drag::Kind::kMinimap) {
    const Rect map = minimap(area, boxes);
    if (map.width() <= 0) return {};
    const Rect all = boxes.bounds;
    const Vec share = (ui.input.mouse - map.min) / map.size();
    pan_ = area.center() - (all.min + all.size() * share) * zoom_;
    was_fitted_ = false;
    return {};
  }
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
    if (drag_.kind == Drag::Kind::kWire && wire_) aim_at(scene, boxes, to_world(ui.input.mouse));
  }
  return {};
}

Changes Canvas::end_drag(Ui& ui, const Rect& area, const Scene& scene, const Boxes& boxes) {
  Changes changes;
  const Vec world = to_world(ui.input.mouse);
  const Drag drag = std::exchange(drag_, {});
  if (selects_several_ && drag.kind == Drag::Kind::kNodes) {
    if (const Hit hit = hit_at(ui, boxes, world); hit.is_box() && !drag.has_moved && !drag.has_selected)
      select(boxes.nodes[static_cast<std::size_t>(hit.node)], true);
    return changes;
  }
  if (drag.kind == Drag::Kind::kNodes && !drag.has_moved && !ui.input.shift)
    if (const Hit hit = hit_at(ui, boxes, world); hit.kind == Hit::Kind::kNode)
      if (const NodeBox& box = boxes.nodes[static_cast<std::size_t>(hit.node)];
          box.kind == NodeBox::Kind::kNode)
        clicked = box.name;
  if (drag.kind == Drag::Kind::kPan && !drag.has_moved && !ui.input.space) {
    if (hit_at(ui, boxes, world).kind == Hit::Kind::kGround) selection.clear();
  } else if (drag.kind == Drag::Kind::kNodes && !drag.has_moved && !ui.input.shift &&
             selection.nodes.size() > 1) {
    const Hit hit = hit_at(ui, boxes, world);
    if (hit.node >= 0 && hit.kind == Hit::Kind::kNode)
      select(boxes.nodes[static_cast<std::size_t>(hit.node)], false);
  } else if (drag.kind == Drag::Kind::kMarquee) {
    const Rect marquee = around(to_world(drag.begin_mouse), world);
    selection.wire.reset();
    selection.derived.clear();
    for (const NodeBox& box : boxes.nodes)
      if (!box.is_hidden && !box.is_derived() && box.rect.overlaps(marquee) && !is_selected(box))
        select(box, true);
  } else if (drag.kind == Drag::Kind::kWire && wire_ && drag.has_moved) {
    const auto over = std::find_if(boxes.nodes.rbegin(), boxes.nodes.rend(), [&](const NodeBox& box) {
      return !box.is_hidden && box.rect.contains(world);
    });
    if (wire_->box < 0 && over != boxes.nodes.rend()) {
      // Another node that has nothing to take it; on its own node the hand has only let go.
      const auto is_in = [&](const std::string& node) {
        return over->name == node ||
               std::find(over->members.begin(), over->members.end(), node) != over->members.end();
      };
      if (!is_in(parse_wire(wire_->source).node) && !(wire_->pulled && is_in(wire_->pulled->first)))
        ui.notice(tr(over->inputs.empty() || over->is_derived() ? "wire.no-input" : "wire.no-free-input",
                     {{"node", over->label}}),
                  true);
      wire_.reset();
      // On empty ground: what could take it?
    } else if (wire_->box < 0 && !wire_->pulled && area.contains(ui.input.mouse)) {
      const std::string source = wire_->source;
      wire_.reset();
      add_menu_.open(ui, area, ui.input.mouse, world - Vec(0, 40), scene, source);
    } else {
      changes = connect(ui, boxes, drag.gesture);
    }
  } else if (drag.kind == Drag::Kind::kWire && wire_ && wire_->pulled) {
    selection.clear();
    selection.wire = wire_->pulled;
    wire_.reset();
  }
  // An output that was only tapped keeps its wire in the hand, for the tap that follows.
  return changes;
}

void Canvas::open_text(Ui& ui, const Rect& world_box, TextEntry::Request request,
                       TextEntry::Make make) const {
  request.size = ui.input.is_touch ? 16 : clamp(13 * zoom_, 11, 20);
  request.box = field_box(to_screen(world_box.min), to_screen(world_box.max));
  ui.entry.open(ui.outbox, std::move(request), std::move(make));
}

bool Canvas::open_text_at(Ui& ui, const Scene& scene, const Boxes& boxes, const Hit& hit) {
  if (!hit.is_box()) return false;
  const NodeBox& box = boxes.nodes[static_cast<std::size_t>(hit.node)];
  TextEntry::Request request;
  if (hit.kind == Hit::Kind::kChip || hit.kind == Hit::Kind::kInput) {
    const PortBox& port = box.inputs[static_cast<std::size_t>(hit.port)];
    if (port.port.kind == Port::Kind::kWire) return false;
    request.key = "chip";
    request.value = port.port.text;
    request.label = port.name;
    request.placeholder = port.name;
    const float left = std::min(port.chip.width() > 0 ? port.chip.min.x : port.at.x, port.at.x - 110);
    open_text(ui, {{left, port.at.y - 13}, {port.at.x - 9, port.at.y + 13}}, request,
              [name = port.node, input = port.index](std::string_view text) -> edit::Edit {
                return edit::SetPort{name, input, text.empty() ? Port{} : Port::literal(std::string(text))};
              });
    return true;
  }
  const SceneNode* node = scene.find(box.name);
  if (hit.kind != Hit::Kind::kNode || box.value_attr.empty() || !node) return false;
  const NodeType* type = find_node_type(node->type);
  const auto given = node->attrs.find(box.value_attr);
  request.key = "value";
  request.value = given != node->attrs.end() ? given->second
                  : type                     ? value_field(*type)->initial
                                             : std::string();
  request.label = box.value_attr;
  request.placeholder = box.value_attr;
  open_text(ui,
            {box.rect.min + Vec(10, 29),
             {std::max(box.rect.max.x - 10, box.rect.min.x + 150), box.rect.min.y + 57}},
            request, [name = box.name, attr = box.value_attr](std::string_view text) -> edit::Edit {
              return edit::SetAttr{name, attr, std::string(text)};
            });
  return true;
}

// What was chosen from the palette, connected at once if it was asked for by a wire.
Changes Canvas::take_chosen(const Scene&, const Boxes& boxes, const AddMenu::Chosen& chosen) {
  edit::AddNodes add;
  const Port wire = chosen.wire.empty() ? Port{} : Port::wire(chosen.wire);
  if (chosen.layer) {
    add = layer_of(*chosen.layer, chosen.shape);
    const std::string input = chosen.layer->name + "/" + chosen.layer->input;
    for (SceneNode& node : add.nodes)
      if (node.name == input && !chosen.wire.empty()) node.inputs[0] = wire;
  } else {
    SceneNode& node = add.nodes.emplace_back();
    node.type = chosen.type->name;
    node.inputs.resize(chosen.type->inputs.size());
    if (chosen.input >= 0 && !chosen.wire.empty()) node.inputs[static_cast<std::size_t>(chosen.input)] = wire;
  }
  constexpr Vec kNew{230, 130};  // With the error that it has until it is connected.
  const Vec at = chosen.is_placed ? chosen.at - Vec(60, 30) : free_place(boxes, chosen.at, kNew);
  for (SceneNode& node : add.nodes) {
    node.x += std::round(at.x);
    node.y += std::round(at.y);
  }
  return {{add, {}}};
}

// Where a new node lies on no other: as near as possible, rather below than to the right.
Vec Canvas::free_place(const Boxes& boxes, Vec wanted, Vec size) {
  constexpr float kGap = 16, kStep = 16;
  constexpr int kFar = 100;
  const auto is_free = [&](Vec at) {
    const Rect place = Rect::sized(at, size).grown(kGap);
    return std::none_of(boxes.nodes.begin(), boxes.nodes.end(), [&](const NodeBox& box) {
      return !box.is_hidden && (box.rect.overlaps(place) || (box.has_error && box.error_box.overlaps(place)));
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

}  // namespace sandflow::ui
