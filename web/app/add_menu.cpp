// See add_menu.h.
#include "web/app/add_menu.h"

#include <algorithm>
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

std::vector<const NodeType*> found(std::string_view filter) {
  std::vector<const NodeType*> types;
  const std::string wanted = lower(filter);
  for (const NodeType& type : node_types())
    if (lower(type.name).find(wanted) != std::string::npos ||
        lower(type.python).find(wanted) != std::string::npos)
      types.push_back(&type);
  std::stable_sort(types.begin(), types.end(),
                   [](const NodeType* a, const NodeType* b) { return a->family < b->family; });
  return types;
}

}  // namespace

void AddMenu::open(Vec screen, Vec world) {
  is_open_ = is_new_ = true;
  screen_ = screen;
  world_ = world;
  filter_.clear();
  marked_ = 0;
}

std::optional<edit::Edit> AddMenu::draw(Ui& ui) {
  if (!is_open_) return {};
  const Palette& p = palette();
  std::optional<edit::Edit> edit;
  const float height = std::min(kHeight, ui.size.y - 16);
  const Vec at{clamp(screen_.x, 8, std::max(8.0f, ui.size.x - kWidth - 8)),
               clamp(screen_.y, 8, std::max(8.0f, ui.size.y - height - 8))};
  if (is_new_) ImGui::OpenPopup("add-node");
  is_new_ = false;
  ImGui::SetNextWindowPos(at * ui.ratio);
  ImGui::SetNextWindowSize(Vec(kWidth, height) * ui.ratio);
  if (!ImGui::BeginPopup("add-node", ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoScrollbar |
                                         ImGuiWindowFlags_NoScrollWithMouse)) {
    is_open_ = false;
    return {};
  }

  std::vector<const NodeType*> types = found(filter_);
  bool accepted = false, moved = false;
  for (const KeyPress& key : ui.input.keys) {
    if (key.key == "Backspace" && !filter_.empty())
      filter_.pop_back();
    else if (key.key == "Enter")
      accepted = true;
    else if (key.key == "ArrowDown" || key.key == "ArrowUp") {
      marked_ += key.key == "ArrowDown" ? 1 : -1;
      moved = true;
      continue;
    } else if (key.key.size() == 1 && !key.ctrl && key.key != " ")
      filter_ += key.key;
    else
      continue;
    if (!accepted) marked_ = 0;
  }
  ui.input.keys.clear();
  types = found(filter_);
  marked_ = std::clamp(marked_, 0, std::max(0, static_cast<int>(types.size()) - 1));

  const Painter painter = ui.painter(at);
  painter.list()->PushClipRectFullScreen();
  floating_panel(painter, {{0, 0}, {kWidth, height}});
  painter.list()->PopClipRect();
  const Rect search = Rect::sized({10, 10}, {kWidth - 20, 28});
  painter.fill(search, p.field, 6);
  painter.frame(search, p.of(Tone::kForward), 6);
  const std::string shown = filter_.empty() ? std::string(tr("add.search")) : filter_;
  painter.text(Face::kText, 13, search.min + Vec(10, 6), filter_.empty() ? fade(p.soft, 0.8f) : p.ink, shown);
  const float caret = search.min.x + 10 + (filter_.empty() ? 0 : text_width(Face::kText, 13, filter_)) + 1;
  painter.fill({{caret, search.min.y + 7}, {caret + 1, search.max.y - 7}}, p.ink);

  ImGui::SetCursorScreenPos(painter.device(Vec(4, kHead)));
  ImGui::BeginChild("types", Vec(kWidth - 8, height - kHead - 6) * ui.ratio);
  const Vec origin = ImGui::GetCursorScreenPos() / ui.ratio;
  const Painter list = ui.painter(origin);
  float y = 0;
  for (std::size_t i = 0; i < types.size(); ++i) {
    const NodeType& type = *types[i];
    if (i == 0 || types[i - 1]->family != type.family) {
      list.text(Face::kStrong, 11, {10, y + 8}, p.soft, tr(cat("family.", name(type.family))));
      y += 28;
    }
    const Rect row = Rect::sized({2, y}, {kWidth - 20, kRow});
    const Press hit = press(ui, list, type.name, row);
    if (hit.hovered && (ImGui::GetIO().MouseDelta.x != 0 || ImGui::GetIO().MouseDelta.y != 0))
      marked_ = static_cast<int>(i);
    const bool is_marked = marked_ == static_cast<int>(i);
    if (is_marked) list.fill(row, fade(p.of(Tone::kForward), 0.13f), 5);
    if (is_marked && moved)
      ImGui::SetScrollFromPosY(list.device(row.center()).y - ImGui::GetWindowPos().y, 0.5f);
    list.fill(Rect::sized(row.min + Vec(8, 6), {3, kRow - 12}), p.of(tone_of(type)), 1.5f);
    list.text(Face::kText, 13, row.min + Vec(20, 5), p.ink, type.name);
    const float room = row.width() - 44 - text_width(Face::kText, 13, type.name);
    if (room > 40)
      list.text_right(Face::kMono, 11, {row.max.x - 8, row.min.y + 6}, p.soft,
                      fitted(Face::kMono, 11, type.python, room));
    if (hit.hovered) {
      const std::string lines[] = {type.python, std::string(translated(type.help))};
      tooltip(ui, Vec(at.x + kWidth - 8, ui.input.mouse.y - 14), lines);
    }
    if (hit.clicked || (accepted && is_marked)) {
      SceneNode node;
      node.type = type.name;
      node.x = world_.x;
      node.y = world_.y;
      edit = edit::AddNode{node};
    }
    y += kRow;
  }
  if (types.empty()) list.text(Face::kText, 13, {12, 12}, p.soft, tr("add.none"));
  ImGui::SetCursorScreenPos(list.device(Vec(0, y)));
  ImGui::Dummy({1, 1});
  ImGui::EndChild();
  if (edit) {
    ImGui::CloseCurrentPopup();
    is_open_ = false;
  }
  ImGui::EndPopup();
  return edit;
}

}  // namespace sandflow::ui
