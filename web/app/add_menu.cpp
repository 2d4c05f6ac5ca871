// See add_menu.h.
#include "web/app/add_menu.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/core/text.h"
#include "engine/scene/node_types.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/widgets.h"

namespace sandflow::ui {

namespace {

constexpr float kWidth = 288, kHeight = 372, kRow = 26, kHead = 48;

Tone tone_of(const NodeType& type) {
  if (type.name == "Variable" || type.family == Family::kState) return Tone::kVariable;
  if (type.name == "Placeholder") return Tone::kData;
  if (type.family == Family::kLoss) return Tone::kLoss;
  if (type.family == Family::kTraining) return Tone::kGradient;
  return Tone::kOther;
}

// By name; where none fits, by family or by what the help says, in the learner's language.
std::vector<const NodeType*> found(std::string_view filter) {
  std::vector<const NodeType*> types;
  const std::string wanted = lower(filter);
  const auto holds = [&](std::string_view text) { return lower(text).find(wanted) != std::string::npos; };
  for (const NodeType& type : node_types())
    if (holds(type.name) || holds(type.python)) types.push_back(&type);
  if (types.empty())
    for (const NodeType& type : node_types())
      if (holds(translated(type.help)) || holds(tr(cat("family.", name(type.family)))))
        types.push_back(&type);
  std::stable_sort(types.begin(), types.end(),
                   [](const NodeType* a, const NodeType* b) { return a->family < b->family; });
  return types;
}

// The one whose name is nearest to what was typed.
int best_of(const std::vector<const NodeType*>& types, std::string_view filter) {
  const std::string wanted = lower(filter);
  int best = 0;
  std::size_t shortest = std::string::npos;
  for (std::size_t i = 0; i < types.size(); ++i)
    if (const std::string& name = types[i]->name; lower(name).starts_with(wanted) && name.size() < shortest) {
      best = static_cast<int>(i);
      shortest = name.size();
    }
  return filter.empty() ? 0 : best;
}

}  // namespace

Rect AddMenu::box_in(const Rect& area) const {
  const Vec size{std::min(kWidth, area.width() - 16), std::min(kHeight, area.height() - 16)};
  const Vec low = area.min + Vec(8, 8), high = area.max - Vec(8, 8) - size;
  return Rect::sized(
      {clamp(screen_.x, low.x, std::max(low.x, high.x)), clamp(screen_.y, low.y, std::max(low.y, high.y))},
      size);
}

void AddMenu::open(Ui& ui, const Rect& area, Vec screen, Vec world) {
  is_open_ = is_new_ = true;
  screen_ = screen;
  world_ = world;
  filter_.clear();
  marked_ = 0;
  placed_ = search_box(box_in(area));
  TextEntry::Request request;
  request.key = "add-node";
  request.label = request.placeholder = tr("add.search");
  request.box = placed_;
  request.is_mono = false;
  request.size = ui.input.is_touch ? 16 : 13;  // A phone's browser zooms in on a field with smaller text.
  entry_ = ui.entry.open_live(ui.outbox, request);
}

void AddMenu::close(Ui& ui) {
  if (!is_open_) return;
  is_open_ = false;
  if (ui.entry.is_open(entry_)) ui.entry.close(ui.outbox);
  ui.wants_frame = true;
}

std::optional<SceneNode> AddMenu::draw(Ui& ui, const Rect& area) {
  if (!is_open_) return {};
  const Rect box = box_in(area);
  const bool clicks = ImGui::IsMouseClicked(0) || ImGui::IsMouseClicked(1) || ImGui::IsMouseClicked(2);
  bool accepted = ui.entry.was_accepted(entry_), moved = false;
  // Its field was left in the page: the keys that follow are not the menu's any more.
  if (!accepted && !ui.entry.is_open(entry_)) {
    close(ui);
    return {};
  }
  bool leaves = clicks && !is_new_ && !box.contains(ui.input.mouse);
  if (!leaves && ui.entry.typed() != filter_) {
    filter_ = ui.entry.typed();
    marked_ = best_of(found(filter_), filter_);
    moved = true;
  }
  for (const KeyPress& key : ui.input.keys) {
    if (key.key == "Escape") leaves = true;
    if (key.key == "Enter") accepted = true;
    if (key.key != "ArrowDown" && key.key != "ArrowUp") continue;
    marked_ += key.key == "ArrowDown" ? 1 : -1;
    moved = true;
  }
  ui.input.keys.clear();
  if (leaves) {
    close(ui);
    return {};
  }
  if (const Rect search = search_box(box);
      ui.entry.is_open(entry_) &&
      (search.min.x != placed_.min.x || search.min.y != placed_.min.y || search.max.x != placed_.max.x)) {
    placed_ = search;
    ui.entry.place(ui.outbox, search);
  }

  ImGui::SetNextWindowPos(box.min * ui.ratio);
  ImGui::SetNextWindowSize(box.size() * ui.ratio);
  if (is_new_) {
    ImGui::SetNextWindowFocus();
    ui.wants_frame = true;
  }
  ImGui::Begin("add-node", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoBackground | ImGuiWindowFlags_NoScrollWithMouse |
                   ImGuiWindowFlags_NoNav);
  const Painter painter = ui.painter();
  painter.list()->PushClipRectFullScreen();
  floating_panel(painter, box);
  painter.list()->PopClipRect();
  painter.fill(search_box(box), palette().field, 6);  // Under the page's own field.
  const auto node = draw_types(ui, box, accepted, moved);
  ImGui::End();
  if (node || accepted) close(ui);
  is_new_ = false;
  return node;
}

std::optional<SceneNode> AddMenu::draw_types(Ui& ui, const Rect& box, bool accepted, bool moved) {
  const Palette& p = palette();
  const std::vector<const NodeType*> types = found(filter_);
  marked_ = std::clamp(marked_, 0, std::max(0, static_cast<int>(types.size()) - 1));
  std::optional<SceneNode> node;
  ImGui::SetCursorScreenPos((box.min + Vec(4, kHead)) * ui.ratio);
  ImGui::BeginChild("types", Vec(box.width() - 8, box.height() - kHead - 6) * ui.ratio);
  if (is_new_) ImGui::SetScrollY(0);
  const bool is_dragged = ImGui::GetIO().MouseDragMaxDistanceSqr[0] > 49 * ui.ratio * ui.ratio;
  if (ui.input.is_touch && ImGui::IsWindowHovered(ImGuiHoveredFlags_AllowWhenBlockedByActiveItem) &&
      ImGui::IsMouseDown(0) && std::fabs(ImGui::GetIO().MouseDelta.y) < 200 * ui.ratio)
    ImGui::SetScrollY(ImGui::GetScrollY() - ImGui::GetIO().MouseDelta.y);
  const Painter list = ui.painter(ImGui::GetCursorScreenPos() / ui.ratio);
  float y = 0;
  for (std::size_t i = 0; i < types.size(); ++i) {
    const NodeType& type = *types[i];
    if (i == 0 || types[i - 1]->family != type.family) {
      list.text(Face::kStrong, 11, {10, y + 8}, p.soft, tr(cat("family.", name(type.family))));
      y += 28;
    }
    const Rect row = Rect::sized({2, y}, {box.width() - 20, kRow});
    const Press hit = press(ui, list, type.name, row);
    if (hit.hovered && (ImGui::GetIO().MouseDelta.x != 0 || ImGui::GetIO().MouseDelta.y != 0))
      marked_ = static_cast<int>(i);
    const bool is_marked = marked_ == static_cast<int>(i);
    if (is_marked) list.fill(row, fade(p.of(Tone::kForward), 0.13f), 5);
    if (is_marked && moved && !is_new_)
      ImGui::SetScrollFromPosY(list.device(row.center()).y - ImGui::GetWindowPos().y, 0.5f);
    list.fill(Rect::sized(row.min + Vec(8, 6), {3, kRow - 12}), p.of(tone_of(type)), 1.5f);
    list.text(Face::kText, 13, row.min + Vec(20, 5), p.ink, type.name);
    const float room = row.width() - 44 - text_width(Face::kText, 13, type.name);
    if (room > 40)
      list.text_right(Face::kMono, 11, {row.max.x - 8, row.min.y + 6}, p.soft,
                      fitted(Face::kMono, 11, type.python, room));
    if (hit.hovered && !ui.input.is_touch) {
      const std::string lines[] = {type.python, std::string(translated(type.help))};
      tooltip(ui, Vec(box.max.x - 8, ui.input.mouse.y - 14), lines);
    }
    if ((hit.clicked && !(ui.input.is_touch && is_dragged)) || (accepted && is_marked)) {
      node.emplace();
      node->type = type.name;
      node->x = world_.x;
      node->y = world_.y;
    }
    y += kRow;
  }
  if (types.empty()) list.text(Face::kText, 13, {12, 12}, p.soft, tr("add.none"));
  ImGui::SetCursorScreenPos(list.device(Vec(0, y)));
  ImGui::Dummy({1, 1});
  ImGui::EndChild();
  return node;
}

}  // namespace sandflow::ui
