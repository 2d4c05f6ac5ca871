// See widgets.h.
#include "web/app/widgets.h"

#include <algorithm>
#include <cmath>

#include "web/app/theme.h"

namespace sandflow::ui {

namespace {

void control_box(const Painter& painter, const Rect& box, bool hovered, bool open = false) {
  const Palette& p = palette();
  painter.fill(box, p.field, 6);
  painter.frame(box, open ? p.of(Tone::kForward) : hovered ? mix(p.line, p.soft, 0.5f) : p.line, 6);
}

void chevron(const Painter& painter, Vec center, Color color) {
  const Vec points[] = {center + Vec(-3.5f, -1.75f), center + Vec(0, 1.75f), center + Vec(3.5f, -1.75f)};
  painter.polyline(points, color, 1.4f);
}

}  // namespace

void floating_panel(const Painter& painter, const Rect& box) {
  painter.shadow(box, 8, 10);
  painter.fill(box, palette().panel, 8);
  painter.frame(box, palette().line, 8);
}

void text_field(Ui& ui, const Painter& painter, const Rect& box, TextEntry::Request request,
                std::string_view placeholder, TextEntry::Make make) {
  const Press hit = press(ui, painter, request.key, box);
  ui.walk.name(request.label, request.value);
  const bool is_open = ui.entry.is_open(request.key);
  control_box(painter, box, hit.hovered, is_open);
  if (hit.hovered) ui.cursor = "text";
  if (!is_open) {
    const Face face = request.is_mono ? Face::kMono : Face::kText;
    const bool is_empty = request.value.empty();
    const std::string shown =
        fitted(face, request.size, is_empty ? placeholder : request.value, box.width() - 16);
    painter.text(face, request.size, {box.min.x + 8, box.center().y - line_height(face, request.size) / 2},
                 is_empty ? fade(palette().soft, 0.7f) : palette().ink, shown);
  }
  if (!hit.clicked) return;
  const Rect device = painter.device(box);
  request.box = {device.min / ui.ratio, device.max / ui.ratio};
  ui.entry.open(ui.outbox, std::move(request), std::move(make));
}

std::optional<int> choice(Ui& ui, const Painter& painter, std::string_view id, const Rect& box,
                          std::span<const std::string> names, int current) {
  const Palette& p = palette();
  const std::string popup = std::string(id) + "/list";
  const Press hit = press(ui, painter, id, box);
  if (current >= 0 && current < static_cast<int>(names.size()))
    ui.walk.name(names[static_cast<std::size_t>(current)]);
  control_box(painter, box, hit.hovered, ImGui::IsPopupOpen(popup.c_str()));
  if (current >= 0 && current < static_cast<int>(names.size()))
    painter.text(Face::kMono, 13, {box.min.x + 8, box.center().y - line_height(Face::kMono, 13) / 2}, p.ink,
                 fitted(Face::kMono, 13, names[static_cast<std::size_t>(current)], box.width() - 32));
  chevron(painter, {box.max.x - 14, box.center().y}, p.soft);
  if (hit.clicked) ImGui::OpenPopup(popup.c_str());
  if (!ImGui::IsPopupOpen(popup.c_str())) return {};

  std::optional<int> chosen;
  constexpr float kRow = 28;
  float width = box.width();
  for (const std::string& entry : names) width = std::max(width, text_width(Face::kMono, 13, entry) + 44);
  const float wanted = kRow * static_cast<float>(names.size()) + 8;
  const Rect anchor{painter.device(box.min) / ui.ratio, painter.device(box.max) / ui.ratio};
  const float below = ui.size.y - anchor.max.y - 12, above = anchor.min.y - 12;
  const bool goes_up = wanted > below && above > below;
  const float height = std::min(wanted, goes_up ? above : below);
  const Vec at{std::min(anchor.min.x, ui.size.x - width - 8),
               goes_up ? anchor.min.y - 4 - height : anchor.max.y + 4};
  ImGui::SetNextWindowPos(at * ui.ratio);
  ImGui::SetNextWindowSize(Vec(width, height) * ui.ratio);
  if (ImGui::BeginPopup(popup.c_str(), ImGuiWindowFlags_NoMove)) {
    const Painter back = ui.painter(at);
    back.list()->PushClipRectFullScreen();
    floating_panel(back, {{0, 0}, {width, height}});
    back.list()->PopClipRect();
    const Painter inner = ui.painter(at - Vec(0, ImGui::GetScrollY() / ui.ratio));
    for (std::size_t i = 0; i < names.size(); ++i) {
      const Rect row = Rect::sized({4, 4 + kRow * static_cast<float>(i)}, {width - 8, kRow});
      const Press entry = press(ui, inner, names[i], row);
      ui.walk.name_choice(names[i], static_cast<int>(i) == current);
      if (entry.hovered) inner.fill(row, fade(p.of(Tone::kForward), 0.12f), 5);
      if (static_cast<int>(i) == current) {
        const Vec c{row.min.x + 13, row.center().y};
        const Vec tick[] = {c + Vec(-4, 0), c + Vec(-1, 3), c + Vec(4, -3.5f)};
        inner.polyline(tick, p.of(Tone::kForward), 1.6f);
      }
      inner.text(Face::kMono, 13, {row.min.x + 24, row.center().y - line_height(Face::kMono, 13) / 2}, p.ink,
                 names[i]);
      if (entry.clicked) {
        chosen = static_cast<int>(i);
        ImGui::CloseCurrentPopup();
      }
    }
    if (ui.walk.closes_list()) ImGui::CloseCurrentPopup();
    ImGui::SetCursorScreenPos(inner.device(Vec(0, wanted - 1)));
    ImGui::Dummy({1, 1});
    ImGui::EndPopup();
  }
  return chosen;
}

bool toggle(Ui& ui, const Painter& painter, std::string_view id, Vec at, bool on) {
  const Palette& p = palette();
  const Rect box = Rect::sized(at, {36, 20});
  const Press hit = press(ui, painter, id, box);
  const Color track = on ? p.of(Tone::kForward) : mix(p.line, p.soft, hit.hovered ? 0.5f : 0.3f);
  painter.fill(box, track, 10);
  painter.circle({at.x + (on ? 26.0f : 10.0f), at.y + 10}, 7, 0xffffffff);
  return hit.clicked;
}

bool small_button(Ui& ui, const Painter& painter, std::string_view id, const Rect& box,
                  std::string_view label) {
  const Palette& p = palette();
  const Press hit = press(ui, painter, id, box);
  ui.walk.name(label);
  painter.fill(box, hit.hovered ? mix(p.panel, p.ink, 0.05f) : p.panel, 7);
  painter.frame(box, p.line, 7);
  painter.text_middle(Face::kStrong, 13, box.center(), hit.hovered ? p.ink : p.soft, label);
  return hit.clicked;
}

bool chip(Ui& ui, const Painter& painter, std::string_view id, const Rect& box, std::string_view label,
          bool on) {
  const Palette& p = palette();
  const Press hit = press(ui, painter, id, box);
  ui.walk.name_choice(label, on);
  ui.spot(id, painter, box);
  const Color tone = p.of(Tone::kForward);
  painter.fill(box, on ? fade(tone, 0.14f) : hit.hovered ? mix(p.panel, p.ink, 0.05f) : p.field, 6);
  painter.frame(box, on ? tone : p.line, 6);
  painter.text_middle(Face::kText, 11, box.center(), on || hit.hovered ? p.ink : p.soft, label);
  if (hit.hovered) ui.cursor = "pointer";
  return hit.clicked;
}

void tooltip(Ui& ui, Vec near, std::span<const std::string> lines, Face face) {
  const Painter painter(ImGui::GetForegroundDrawList(), {0, 0}, ui.ratio);
  const float line = std::ceil(line_height(face, 11)) + 2;
  float width = 0;
  for (const std::string& text : lines) width = std::max(width, text_width(face, 11, text));
  const Vec size{width + 20, line * static_cast<float>(lines.size()) + 12};
  Vec at = near + Vec(14, 14);
  if (at.x + size.x > ui.size.x - 4) at.x = std::max(4.0f, near.x - 10 - size.x);
  if (at.y + size.y > ui.size.y - 4) at.y = std::max(4.0f, near.y - 10 - size.y);
  floating_panel(painter, Rect::sized(at, size));
  for (std::size_t i = 0; i < lines.size(); ++i)
    painter.text(face, 11, at + Vec(10, 6 + line * static_cast<float>(i)),
                 i == 0 ? palette().ink : palette().soft, lines[i]);
}

}  // namespace sandflow::ui
