// See add_menu.h.
#include "web/app/add_menu.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "engine/core/text.h"
#include "engine/scene/node_types.h"
#include "web/app/texts.h"
#include "web/app/widgets.h"

namespace sandflow::ui {

namespace {

constexpr float kWidth = 428, kHeight = 432, kHead = 48;

// Of the families at the left, with less room on a phone.
float rail_of(const Rect& box) { return box.width() < 400 ? 108 : 136; }
float row_of(const Ui& ui) { return ui.input.is_touch ? 40 : 26; }

std::string family_text(int family) {
  if (family == AddMenu::kAll) return tr("family.all");
  return tr(cat("family.", family == AddMenu::kLayers ? "layer" : name(static_cast<Family>(family))));
}

// Names are compared without regard to case; so is what the learner's language says.
std::string plain(std::string_view text) {
  std::string out = lower(text);
  std::erase(out, ' ');
  return out;
}

bool holds(std::string_view text, std::string_view wanted) {
  return plain(text).find(wanted) != std::string::npos;
}

}  // namespace

Tone tone_of(const AddMenu::Entry& entry) {
  if (entry.layer) return Tone::kForward;
  const NodeType& type = *entry.type;
  if (type.name == "Variable" || type.family == Family::kState) return Tone::kVariable;
  if (type.name == "Placeholder") return Tone::kData;
  if (type.family == Family::kLoss) return Tone::kLoss;
  if (type.family == Family::kTraining) return Tone::kGradient;
  return Tone::kOther;
}

// By name first; then by family, formula, what the help says in either language, and the words that a
// language has for it. Korean is written with spaces or without.
void AddMenu::find() {
  found_.clear();
  has_new_list_ = true;
  const std::string wanted = plain(filter_);
  const auto is_away = [&](const Entry& entry) { return family_ != kAll && entry.family() != family_; };
  for (const Entry& entry : offered_)
    if (!is_away(entry) && (holds(entry.name(), wanted) || holds(entry.python(), wanted)))
      found_.push_back({entry, false});
  if (wanted.size() >= 2)
    for (const Entry& entry : offered_) {
      if (is_away(entry) || holds(entry.name(), wanted) || holds(entry.python(), wanted)) continue;
      const std::string& help = entry.help();
      if (holds(help, wanted) || holds(translated(help), wanted) || holds(translated_also(help), wanted) ||
          holds(entry.formula(), wanted) || holds(family_text(entry.family()), wanted) ||
          holds(words(entry.name()), wanted))
        found_.push_back({entry, true});
    }
  // What is typed is looked for everywhere if this family has none of it.
  if (found_.empty() && family_ != kAll) {
    family_ = kAll;
    return find();
  }
  const bool only_also = !found_.empty() && found_[0].is_also;
  if (only_also)
    for (Found& found : found_) found.is_also = false;
  // The one whose name is nearest to what was typed.
  marked_ = 0;
  std::size_t shortest = std::string::npos;
  for (std::size_t i = 0; i < found_.size() && !wanted.empty(); ++i)
    if (const std::string& name = found_[i].entry.name();
        lower(name).starts_with(wanted) && name.size() < shortest) {
      marked_ = static_cast<int>(i);
      shortest = name.size();
    }
}

Rect AddMenu::box_in(const Rect& area) const {
  const Vec size{std::min(kWidth, area.width() - 16), std::min(kHeight, area.height() - 16)};
  const Vec low = area.min + Vec(8, 8), high = area.max - Vec(8, 8) - size;
  return Rect::sized(
      {clamp(screen_.x, low.x, std::max(low.x, high.x)), clamp(screen_.y, low.y, std::max(low.y, high.y))},
      size);
}

void AddMenu::open(Ui& ui, const Rect& area, Vec screen, Vec world, const Scene& scene,
                   std::string_view wire) {
  if (!is_offered) return;
  is_open_ = is_new_ = true;
  screen_ = screen;
  world_ = world;
  filter_.clear();
  wire_ = wire;
  family_ = kAll;
  offered_.clear();
  carried_.reset();
  std::optional<Candidate> candidate;
  if (!wire.empty()) candidate.emplace(scene, wire);
  wire_shape_ = candidate ? candidate->shape() : Shape::unknown_rank();
  for (const Layer& layer : layers()) {
    const auto node = std::find_if(layer.nodes.begin(), layer.nodes.end(),
                                   [&](const SceneNode& each) { return each.name == layer.input; });
    const int input = candidate ? candidate->input_for(*find_node_type(node->type), node->attrs) : 0;
    if (input == 0) offered_.push_back({nullptr, &layer, 0});
  }
  for (const NodeType& type : node_types()) {
    const int input = candidate ? candidate->input_for(type) : -1;
    if (!candidate || input >= 0) offered_.push_back({&type, nullptr, input});
  }
  std::stable_sort(offered_.begin(), offered_.end(), [](const Entry& a, const Entry& b) {
    return (a.layer ? -1 : static_cast<int>(a.type->family)) <
           (b.layer ? -1 : static_cast<int>(b.type->family));
  });
  // Sources and Variables are what one begins with, layers what one goes on with.
  if (!candidate)
    std::rotate(offered_.begin(), offered_.begin() + static_cast<std::ptrdiff_t>(layers().size()),
                std::find_if(offered_.begin(), offered_.end(),
                             [](const Entry& e) { return e.type && e.type->family > Family::kState; }));
  find();
  placed_ = search_box(box_in(area));
  TextEntry::Request request;
  request.key = "add-node";
  request.label = request.placeholder = tr(wire.empty() ? "add.search" : "add.search-wire");
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

std::optional<AddMenu::Chosen> AddMenu::draw(Ui& ui, const Rect& area) {
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
    find();
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
  draw_families(ui, box);
  auto choice = draw_entries(ui, box, accepted, moved);
  ImGui::End();
  if (choice || accepted || carried_) close(ui);
  is_new_ = false;
  return choice;
}

AddMenu::Chosen AddMenu::chosen(const Entry& entry) const {
  return {entry.type, entry.layer, world_, false, wire_, entry.input, wire_shape_};
}

AddMenu::Chosen AddMenu::drop(Vec world) {
  Chosen dropped = chosen(*carried_);
  carried_.reset();
  dropped.at = world;
  dropped.is_placed = true;
  return dropped;
}

namespace {

// A finger scrolls what it is on.
void scroll_by_finger(const Ui& ui) {
  if (ui.input.is_touch && ImGui::IsWindowHovered(ImGuiHoveredFlags_AllowWhenBlockedByActiveItem) &&
      ImGui::IsMouseDown(0) && std::fabs(ImGui::GetIO().MouseDelta.y) < 200 * ui.ratio)
    ImGui::SetScrollY(ImGui::GetScrollY() - ImGui::GetIO().MouseDelta.y);
}

bool is_dragging(const Ui& ui) {
  return ui.input.is_touch && ImGui::GetIO().MouseDragMaxDistanceSqr[0] > 49 * ui.ratio * ui.ratio;
}

}  // namespace

// All that is offered, and each family of it; a press narrows the list to one.
void AddMenu::draw_families(Ui& ui, const Rect& box) {
  const Palette& p = palette();
  std::vector<int> families{kAll};
  for (const Entry& entry : offered_)
    if (std::find(families.begin(), families.end(), entry.family()) == families.end())
      families.push_back(entry.family());
  const float rail = rail_of(box), high = ui.input.is_touch ? 40 : 22;
  ui.painter().hairline(box.min + Vec(rail + 2, kHead), {box.min.x + rail + 2, box.max.y - 8}, p.line);
  ImGui::SetCursorScreenPos((box.min + Vec(4, kHead)) * ui.ratio);
  ImGui::BeginChild("families", Vec(rail - 4, box.height() - kHead - 6) * ui.ratio);
  if (is_new_) ImGui::SetScrollY(0);
  scroll_by_finger(ui);
  const Painter list = ui.painter(ImGui::GetCursorScreenPos() / ui.ratio);
  float y = 0;
  for (const int family : families) {
    const Rect row = Rect::sized({2, y}, {rail - 10, high});
    const std::string id = cat("family ", family == kAll      ? "all"
                                          : family == kLayers ? "layer"
                                                              : name(static_cast<Family>(family)));
    const Press hit = press(ui, list, id, row);
    ui.spot(id, list, row);
    const bool is_chosen = family == family_;
    if (is_chosen || hit.hovered) list.fill(row, fade(p.of(Tone::kForward), is_chosen ? 0.13f : 0.06f), 5);
    list.text(is_chosen ? Face::kStrong : Face::kText, 11,
              {row.min.x + 8, row.center().y - line_height(Face::kText, 11) / 2},
              is_chosen ? p.of(Tone::kForward) : mix(p.soft, p.ink, 0.4f),
              fitted(Face::kText, 11, family_text(family), row.width() - 14));
    if (hit.clicked && !is_dragging(ui)) {
      family_ = family;
      find();
      ui.wants_frame = true;
    }
    y += high;
  }
  ImGui::SetCursorScreenPos(list.device(Vec(0, y)));
  ImGui::Dummy({1, 1});
  ImGui::EndChild();
}

std::optional<AddMenu::Chosen> AddMenu::draw_entries(Ui& ui, const Rect& box, bool accepted, bool moved) {
  const Palette& p = palette();
  marked_ = std::clamp(marked_, 0, std::max(0, static_cast<int>(found_.size()) - 1));
  std::optional<Chosen> choice;
  const float rail = rail_of(box), width = box.width() - rail, high = row_of(ui);
  ImGui::SetCursorScreenPos((box.min + Vec(rail + 4, kHead)) * ui.ratio);
  ImGui::BeginChild("types", Vec(width - 8, box.height() - kHead - 6) * ui.ratio);
  if (is_new_ || std::exchange(has_new_list_, false)) ImGui::SetScrollY(0);
  scroll_by_finger(ui);
  const Painter list = ui.painter(ImGui::GetCursorScreenPos() / ui.ratio);
  float y = 0;
  std::string heading;
  for (std::size_t i = 0; i < found_.size(); ++i) {
    const Entry& entry = found_[i].entry;
    const std::string group = found_[i].is_also ? std::string(tr("add.also")) : family_text(entry.family());
    if (group != heading) {
      heading = group;
      list.text(Face::kStrong, 11, {10, y + 8}, p.soft, heading);
      y += 28;
    }
    const Rect row = Rect::sized({2, y}, {width - 20, high});
    const Press hit = press(ui, list, cat(entry.layer ? "layer " : "", entry.name()), row);
    if (hit.hovered && (ImGui::GetIO().MouseDelta.x != 0 || ImGui::GetIO().MouseDelta.y != 0))
      marked_ = static_cast<int>(i);
    const bool is_marked = marked_ == static_cast<int>(i);
    if (is_marked) ui.spot(cat("marked ", entry.name()), list, row);
    if (is_marked) list.fill(row, fade(p.of(Tone::kForward), 0.13f), 5);
    if (is_marked && moved && !is_new_)
      ImGui::SetScrollFromPosY(list.device(row.center()).y - ImGui::GetWindowPos().y, 0.5f);
    const float middle = row.center().y;
    list.fill(Rect::sized({row.min.x + 8, middle - 7}, {3, 14}), p.of(tone_of(entry)), 1.5f);
    list.text(Face::kText, 13, {row.min.x + 20, middle - line_height(Face::kText, 13) / 2}, p.ink,
              fitted(Face::kText, 13, entry.name(), row.width() - 28));
    const float room = row.width() - 44 - text_width(Face::kText, 13, entry.name());
    if (room > 40)
      list.text_right(Face::kMono, 11, {row.max.x - 8, middle - line_height(Face::kMono, 11) / 2}, p.soft,
                      fitted(Face::kMono, 11, entry.python(), room));
    if (hit.hovered && !ui.input.is_touch) {
      const std::string lines[] = {entry.python(), std::string(translated(entry.help()))};
      tooltip(ui, Vec(box.max.x - 8, ui.input.mouse.y - 14), lines);
    }
    if (hit.held && ImGui::IsMousePosValid() && !box.grown(6).contains(ui.input.mouse)) carried_ = entry;
    if ((hit.clicked && !is_dragging(ui)) || (accepted && is_marked)) choice = chosen(entry);
    y += high;
  }
  if (found_.empty()) list.text(Face::kText, 13, {12, 12}, p.soft, tr("add.none"));
  ImGui::SetCursorScreenPos(list.device(Vec(0, y)));
  ImGui::Dummy({1, 1});
  ImGui::EndChild();
  return choice;
}

}  // namespace sandflow::ui
