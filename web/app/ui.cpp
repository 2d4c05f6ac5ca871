// See ui.h.
#include "web/app/ui.h"

#include <algorithm>

#include "engine/core/json.h"
#include "web/app/texts.h"

namespace sandflow::ui {

void append(Changes& to, Changes more) {
  for (Change& change : more) to.push_back(std::move(change));
}

void Outbox::add(std::string json) {
  if (!waiting_.empty()) waiting_ += ',';
  waiting_ += json;
}

std::string Outbox::take() {
  std::string all = cat("[", waiting_, "]");
  waiting_.clear();
  return all;
}

void TextEntry::open(Outbox& outbox, Request request, Make make) {
  ++id_;
  key_ = request.key;
  typed_ = request.value;
  request_ = std::move(request);
  make_ = std::move(make);
  send(outbox);
}

int TextEntry::open_live(Outbox& outbox, Request request) {
  open(outbox, std::move(request), nullptr);
  return id_;
}

void TextEntry::place(Outbox& outbox, const Rect& box) {
  request_.box = box;
  send(outbox);
}

void TextEntry::close(Outbox& outbox) {
  key_.clear();
  outbox.add(JsonWriter().open().field("type", "close-text").field("id", id_).close().take());
}

void TextEntry::send(Outbox& outbox) const {
  const Rect& box = request_.box;
  JsonWriter json;
  json.open().field("type", "edit-text").field("id", id_).field("live", !make_);
  json.field("x", box.min.x).field("y", box.min.y).field("width", box.width()).field("height", box.height());
  json.field("value", request_.value).field("placeholder", request_.placeholder);
  json.field("mono", request_.is_mono).field("size", request_.size).field("label", request_.label).close();
  outbox.add(json.take());
}

void TextEntry::done(int id, std::string_view value, bool accepted) {
  if (!is_open(id)) return;
  typed_ = value;
  if (accepted && make_ && value != request_.value) ready_.push_back({make_(value), {}});
  if (accepted) accepted_ = id;
  key_.clear();
}

void TextEntry::changed(int id, std::string_view value) {
  if (is_open(id)) typed_ = value;
}

Changes TextEntry::take() {
  Changes ready;
  ready.swap(ready_);
  return ready;
}

Painter Ui::painter(Vec origin, float scale) const {
  return {ImGui::GetWindowDrawList(), origin * ratio, scale * ratio};
}

Painter Ui::layer(const char* id, const Rect& device, Vec origin, float scale) const {
  const ImDrawList* below = ImGui::GetWindowDrawList();
  const Vec clip_min = below->GetClipRectMin(), clip_max = below->GetClipRectMax();
  ImGui::SetCursorScreenPos(device.min);
  ImGui::BeginChild(
      id, device.size(), 0,
      ImGuiWindowFlags_NoInputs | ImGuiWindowFlags_NoBackground | ImGuiWindowFlags_NoDecoration);
  const Painter above(ImGui::GetWindowDrawList(), origin * ratio, scale * ratio);
  ImGui::EndChild();
  above.list()->PushClipRect({std::max(clip_min.x, device.min.x), std::max(clip_min.y, device.min.y)},
                             {std::min(clip_max.x, device.max.x), std::min(clip_max.y, device.max.y)});
  return above;
}

void Ui::spot(std::string_view id, const Painter& painter, const Rect& box) {
  spots.push_back({std::string(id), painter.device(box.center()) / ratio});
}

void Ui::announce(std::string_view text) {
  JsonWriter json;
  json.open().field("type", "announce").field("text", text).close();
  outbox.add(json.take());
}

void Ui::notice(std::string_view text, bool is_error) {
  JsonWriter json;
  json.open().field("type", "notice").field("text", text).field("kind", is_error ? "error" : "info").close();
  outbox.add(json.take());
}

Press press(Ui& ui, const Painter& painter, std::string_view id, const Rect& box, bool may_overlap) {
  const Rect d = painter.device(box);
  if (d.width() <= 0 || d.height() <= 0) return {};
  ImGui::SetCursorScreenPos(d.min);
  if (may_overlap) ImGui::SetNextItemAllowOverlap();
  Press result;
  ImGui::PushID(id.data(), id.data() + id.size());
  result.clicked = ImGui::InvisibleButton("", d.size());
  ImGui::PopID();
  // A finger that has moved has scrolled, though what it lay on has come along.
  constexpr float kTap = 10;
  if (ui.input.is_touch && ImGui::GetIO().MouseDragMaxDistanceSqr[0] > kTap * kTap * ui.ratio * ui.ratio)
    result.clicked = false;
  const float column = painter.device(Vec(0, 0)).x;
  if (!may_overlap && ui.walk.meets(ImGui::GetItemID(), d, column)) result.clicked = true;
  result.hovered = ImGui::IsItemHovered();
  result.held = ImGui::IsItemActive();
  result.double_clicked = result.hovered && ui.input.is_second_click;
  if (result.hovered && !may_overlap) ui.cursor = "pointer";
  return result;
}

bool key_press(Ui& ui, const Painter& painter, std::string_view id, const Rect& box, std::string_view name) {
  const bool is_pressed = ui.walk.meets(ImGui::GetID(id.data(), id.data() + id.size()), painter.device(box),
                                        painter.device(Vec(0, 0)).x);
  ui.walk.name(name);
  return is_pressed;
}

}  // namespace sandflow::ui
