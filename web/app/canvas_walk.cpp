// From box to box by keys, and what is done with several boxes: copied, pasted, lined up. See canvas.h.
#include <algorithm>
#include <cmath>

#include "engine/core/text.h"
#include "engine/scene/json.h"
#include "web/app/canvas.h"

namespace sandflow::ui {

edit::AddNodes Canvas::copied(const Scene& scene, const Boxes& boxes) const {
  edit::AddNodes copy;
  for (const SceneNode& node : scene.nodes)
    if (selection.nodes.count(node.name)) copy.nodes.push_back(node);
  for (const NodeBox& box : boxes.nodes)
    if (box.kind == NodeBox::Kind::kScope && is_selected(box)) copy.folded.insert(box.name);
  return copy;
}

Changes Canvas::paste(const Ui& ui, const Boxes& boxes, std::string_view json) {
  Result<Scene> scene = scene_from_json(json);
  if (!scene.ok() || scene->nodes.empty()) return {};
  edit::AddNodes add{std::move(scene->nodes), std::move(scene->folded)};
  Vec corner{1e9f, 1e9f};
  for (const SceneNode& node : add.nodes) corner = {std::min(corner.x, node.x), std::min(corner.y, node.y)};
  const Rect seen{to_world(fitted_area_.min), to_world(fitted_area_.max)};
  Vec at = to_world(ui.input.mouse);
  if (!seen.contains(at)) at = seen.center() - Vec(100, 60);
  at = free_place(boxes, at, {160, 90});
  for (SceneNode& node : add.nodes) {
    node.x += std::round(at.x - corner.x);
    node.y += std::round(at.y - corner.y);
  }
  return {{add, {}}};
}

Changes Canvas::line_up(const Boxes& boxes, Action action) const {
  std::vector<const NodeBox*> chosen;
  for (const NodeBox& box : boxes.nodes)
    if (!box.is_hidden && is_selected(box)) chosen.push_back(&box);
  if (chosen.size() < 2) return {};
  const bool is_across = action == Action::kAlignLeft || action == Action::kSpreadAcross;
  const auto low = [&](const NodeBox* box) { return is_across ? box->rect.min.x : box->rect.min.y; };
  const auto size = [&](const NodeBox* box) { return is_across ? box->rect.width() : box->rect.height(); };
  std::sort(chosen.begin(), chosen.end(),
            [&](const NodeBox* a, const NodeBox* b) { return low(a) < low(b); });
  const bool spreads = action == Action::kSpreadAcross || action == Action::kSpreadDown;
  float room = low(chosen.back()) + size(chosen.back()) - low(chosen.front());
  for (const NodeBox* box : chosen) room -= size(box);
  const float gap = std::max(16.0f, room / static_cast<float>(chosen.size() - 1));
  edit::Move move;
  float at = low(chosen.front());
  for (const NodeBox* box : chosen) {
    const float by = at - low(box);
    const auto put = [&](const std::string& name, Vec from) {
      move.positions[name] = {from.x + (is_across ? by : 0), from.y + (is_across ? 0 : by)};
    };
    if (box->members.empty()) put(box->name, box->rect.min);
    for (const std::string& member : box->members)
      for (const NodeBox& node : boxes.nodes)
        if (node.is_hidden && node.name == member) put(member, node.rect.min);
    if (spreads) at += size(box) + gap;
  }
  return {{move, {}}};
}

// Boxes as one reads: from left to right, then downwards.
void Canvas::walk(Ui& ui, const Rect& area, const Boxes& boxes, int by, bool extends) {
  std::vector<int> order;
  for (std::size_t i = 0; i < boxes.nodes.size(); ++i)
    if (!boxes.nodes[i].is_hidden && !(extends && boxes.nodes[i].is_derived()))
      order.push_back(static_cast<int>(i));
  if (order.empty()) return;
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    const NodeBox &p = boxes.nodes[static_cast<std::size_t>(a)],
                  &q = boxes.nodes[static_cast<std::size_t>(b)];
    if (p.is_derived() != q.is_derived()) return q.is_derived();
    return p.rect.min.x != q.rect.min.x ? p.rect.min.x < q.rect.min.x : p.rect.min.y < q.rect.min.y;
  });
  const int one = chosen_box(boxes), chosen = one < 0 && extends ? boxes.index_of(walked_) : one;
  const auto here = std::find(order.begin(), order.end(), chosen);
  const auto count = static_cast<int>(order.size());
  const int at = here == order.end() ? (by > 0 ? 0 : count - 1)
                                     : (static_cast<int>(here - order.begin()) + by + count) % count;
  walk_to(ui, area, boxes, order[static_cast<std::size_t>(at)], extends);
}

void Canvas::walk_along(Ui& ui, const Rect& area, const Boxes& boxes, bool forwards) {
  const int chosen = chosen_box(boxes);
  if (chosen < 0) return walk(ui, area, boxes, 1);
  for (const auto* wires : {&boxes.wires, &boxes.derived_wires})
    for (const WireBox& wire : *wires)
      if ((forwards ? wire.from : wire.to) == chosen)
        return walk_to(ui, area, boxes, forwards ? wire.to : wire.from);
}

void Canvas::walk_to(Ui& ui, const Rect& area, const Boxes& boxes, int box, bool extends) {
  const NodeBox& to = boxes.nodes[static_cast<std::size_t>(box)];
  if (!extends || !is_selected(to)) select(to, extends);
  walked_ = to.name;
  ui.announce(cat(to.name, ", ", to.type, to.shape.empty() ? "" : ", ", to.shape, to.has_error ? ". " : "",
                  to.error_message));
  show(area, to.rect);
}

}  // namespace sandflow::ui
