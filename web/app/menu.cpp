// See menu.h.
#include "web/app/menu.h"

#include <algorithm>
#include <cmath>

#include "engine/core/text.h"
#include "web/app/theme.h"
#include "web/app/widgets.h"

namespace sandflow::ui {

namespace {

constexpr float kRow = 28, kTouchRow = 40, kGap = 9, kPadding = 5;

}  // namespace

void Menu::open(Ui& ui, Vec at, std::vector<MenuEntry> entries) {
  if (entries.empty()) return;
  is_open_ = is_new_ = true;
  at_ = at;
  entries_ = std::move(entries);
  rows_.assign(entries_.size(), {});
  marked_ = 0;
  ui.announce(entries_[0].label);
  ui.wants_frame = true;
}

void Menu::close(Ui& ui) {
  is_open_ = false;
  ui.wants_frame = true;
}

std::optional<std::string> Menu::draw(Ui& ui, const Rect& area) {
  if (!is_open_) return {};
  const Palette& p = palette();
  const float high = ui.input.is_touch ? kTouchRow : kRow;
  float width = 190, height = 2 * kPadding;
  for (const MenuEntry& entry : entries_) {
    const float remark = entry.remark.empty() ? 0 : text_width(Face::kMono, 11, entry.remark) + 28;
    width = std::max(width, text_width(Face::kText, 13, entry.label) + remark + 50);
    height += high + (entry.begins_group ? kGap : 0);
  }
  width = std::min(width, area.width() - 16);
  const float shown = std::min(height, area.height() - 16);
  const Vec size{width, shown};
  const Vec low = area.min + Vec(8, 8), far = area.max - Vec(8, 8) - size;
  const Rect box = Rect::sized(
      {clamp(at_.x, low.x, std::max(low.x, far.x)), clamp(at_.y, low.y, std::max(low.y, far.y))}, size);

  std::optional<std::string> chosen;
  bool leaves =
      (ImGui::IsMouseClicked(0) || ImGui::IsMouseClicked(1)) && !is_new_ && !box.contains(ui.input.mouse);
  bool moved = false;
  const int count = static_cast<int>(entries_.size());
  for (const KeyPress& key : ui.input.keys) {
    if (key.key == "Escape") leaves = true;
    if (key.key == "Enter") chosen = entries_[static_cast<std::size_t>(marked_)].id;
    const int by = key.key == "ArrowDown" ? 1 : key.key == "ArrowUp" ? count - 1 : 0;
    marked_ = (marked_ + by) % count;
    moved |= by != 0;
  }
  ui.input.keys.clear();
  if (moved) ui.announce(entries_[static_cast<std::size_t>(marked_)].label);

  ImGui::SetNextWindowPos(box.min * ui.ratio);
  ImGui::SetNextWindowSize(box.size() * ui.ratio);
  if (is_new_) ImGui::SetNextWindowFocus();
  ImGui::Begin("menu", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoBackground | ImGuiWindowFlags_NoNav);
  ImGui::PushClipRect({0, 0}, ImGui::GetIO().DisplaySize, false);
  floating_panel(ui.painter(), box);
  ImGui::PopClipRect();
  const Painter list = ui.painter(box.min - Vec(0, ImGui::GetScrollY() / ui.ratio));
  float y = kPadding;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const MenuEntry& entry = entries_[i];
    if (entry.begins_group) {
      list.hairline({8, y + kGap / 2}, {width - 8, y + kGap / 2}, p.line);
      y += kGap;
    }
    const Rect row = Rect::sized({kPadding, y}, {width - 2 * kPadding, high});
    rows_[i] = {list.device(row.min) / ui.ratio, list.device(row.max) / ui.ratio};
    const Press hit = press(ui, list, entry.id, row);
    if (hit.hovered && (ImGui::GetIO().MouseDelta.x != 0 || ImGui::GetIO().MouseDelta.y != 0))
      marked_ = static_cast<int>(i);
    if (marked_ == static_cast<int>(i)) {
      list.fill(row, fade(p.of(Tone::kForward), 0.13f), 5);
      if (moved) ImGui::SetScrollFromPosY(list.device(row.center()).y - ImGui::GetWindowPos().y, 0.5f);
    }
    const float middle = row.center().y;
    if (entry.is_checked) {
      const Vec c{row.min.x + 12, middle};
      const Vec tick[] = {c + Vec(-4, 0), c + Vec(-1, 3), c + Vec(4, -3.5f)};
      list.polyline(tick, p.of(Tone::kForward), 1.6f);
    }
    list.text(Face::kText, 13, {row.min.x + 24, middle - line_height(Face::kText, 13) / 2}, p.ink,
              entry.label);
    const float room = width - 62 - text_width(Face::kText, 13, entry.label);
    list.text_right(Face::kMono, 11, {row.max.x - 10, middle - line_height(Face::kMono, 11) / 2}, p.soft,
                    fitted(Face::kMono, 11, entry.remark, room));
    if (hit.clicked) chosen = entry.id;
    y += high;
  }
  ImGui::SetCursorScreenPos(list.device(Vec(0, y + kPadding - 1)));
  ImGui::Dummy({1, 1});
  ImGui::End();
  if (is_new_) ui.wants_frame = true;
  is_new_ = false;
  if (chosen || leaves) close(ui);
  return chosen;
}

}  // namespace sandflow::ui
