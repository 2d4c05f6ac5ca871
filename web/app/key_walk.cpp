// See key_walk.h.
#include "web/app/key_walk.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "engine/core/json.h"
#include "engine/core/text.h"
#include "web/app/actions.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/ui.h"

// For scrolling to a box, and for knowing a list that lies over the views.
#include <imgui_internal.h>

namespace sandflow::ui {

namespace {

bool is_press(const std::string& key) { return key == "Enter" || key == " "; }
bool is_sideways(const std::string& key) { return key == "ArrowLeft" || key == "ArrowRight"; }

}  // namespace

std::string KeyWalk::Stop::text() const { return state.empty() ? name : cat(name, ", ", state); }

void KeyWalk::take_keys(Ui& ui, bool may_begin) {
  if (is_on_ && (ImGui::IsMouseClicked(0) || ImGui::IsMouseClicked(1) || ImGui::IsMouseClicked(2))) leave(ui);
  std::vector<KeyPress> others;
  for (KeyPress& key : ui.input.keys) {
    if (!is_on_ && may_begin && action_of(key) == Action::kViews) {
      is_on_ = arrives_ = true;
      tell_page(ui);
    } else if (!is_on_ || key.ctrl) {
      others.push_back(std::move(key));
    } else if (key.key != "Escape") {
      keys_.push_back(std::move(key.key));
    } else if (is_in_list_) {
      closes_list_ = true;
    } else {
      leave(ui);
      ui.announce(tr("say.graph"));
    }
  }
  ui.input.keys = std::move(others);
}

void KeyWalk::leave(Ui& ui) {
  if (!is_on_) return;
  is_on_ = is_in_list_ = closes_list_ = presses_ = false;
  slides_by_ = 0;
  keys_.clear();
  tell_page(ui);
}

void KeyWalk::tell_page(Ui& ui) const {
  ui.outbox.add(JsonWriter().open().field("type", "walk").field("value", is_on_).close().take());
}

bool KeyWalk::is_for_control(const std::string& key) const {
  return is_press(key) || (is_slider_ && is_sideways(key));
}

void KeyWalk::begin_views() {
  presses_ = false;
  slides_by_ = 0;
  is_met_ = is_on_;
  if (keys_.empty() || !is_for_control(keys_.front())) return;
  presses_ = is_press(keys_.front());
  if (!presses_) slides_by_ = keys_.front() == "ArrowLeft" ? -1 : 1;
  speaks_ = true;
  keys_.erase(keys_.begin());
}

bool KeyWalk::meets(ImGuiID id, const Rect& box, float column) {
  if (!is_met_) return false;
  ImGuiWindow* window = ImGui::GetCurrentWindow();
  const bool is_listed = (window->Flags & ImGuiWindowFlags_Popup) != 0;
  // A list's entries reach to where its scrollbar may be.
  const ImRect clip = is_listed ? window->OuterRectClipped : window->InnerClipRect;
  stops_.push_back({id, box, {clip.Min, clip.Max}, column, is_listed, false, false, section_, {}});
  if (id != focused_) return false;
  if (std::exchange(scrolls_, false)) {
    // With what is next to it, as some that is out of sight is not drawn at all.
    const Rect seen = box.grown(2 * ImGui::GetFontSize());
    ImGui::ScrollToRectEx(window, {seen.min, seen.max},
                          ImGuiScrollFlags_KeepVisibleEdgeY | ImGuiScrollFlags_NoScrollParent);
  }
  return presses_;
}

void KeyWalk::name(std::string_view name, std::string_view state) {
  if (!is_met_ || stops_.empty()) return;
  stops_.back().name =
      name.substr(std::min(name.find_first_not_of(' '), name.size()));  // A brush's has a dot before it.
  stops_.back().state = state;
}

void KeyWalk::name_choice(std::string_view name, bool is_chosen) {
  if (is_met_) this->name(name, is_chosen ? tr("say.chosen") : std::string());
}

void KeyWalk::name_section(std::string_view title, bool is_open) {
  if (!is_met_ || stops_.empty()) return;
  section_ = title;
  stops_.back().is_section = true;
  name(title, tr(is_open ? "say.open" : "say.folded"));
}

int KeyWalk::slides() {
  if (!is_met_ || stops_.empty()) return 0;
  stops_.back().is_slider = true;
  return stops_.back().id == focused_ ? slides_by_ : 0;
}

void KeyWalk::end_views(Ui& ui) {
  if (std::exchange(is_met_, false)) {
    enter_or_leave_list();
    if (std::exchange(arrives_, false)) {
      if (!focused() && !stops_.empty()) go_to(stops_.front());
      scrolls_ = speaks_ = true;
      said_.clear();
      ui.announce(tr("say.views"));
    }
    for (;;) {
      const Stop* stop = focused();
      is_slider_ = stop && stop->is_slider;
      if (keys_.empty() || is_for_control(keys_.front())) break;
      go(keys_.front());
      keys_.erase(keys_.begin());
    }
    if (!keys_.empty() || scrolls_ || presses_) ui.wants_frame = true;
    if (const Stop* stop = focused()) speak(ui, *stop);
    closes_list_ = false;
  }
  stops_.clear();
  section_.clear();
}

// A list that lies over the views has the keys to itself; from it they go back to where it was opened.
void KeyWalk::enter_or_leave_list() {
  const bool has_list = std::any_of(stops_.begin(), stops_.end(), [](const Stop& s) { return s.is_listed; });
  if (has_list) std::erase_if(stops_, [](const Stop& s) { return !s.is_listed; });
  if (has_list && !is_in_list_) {
    before_list_ = focused_;
    const auto chosen =
        std::find_if(stops_.begin(), stops_.end(), [](const Stop& s) { return !s.state.empty(); });
    go_to(chosen == stops_.end() ? stops_.front() : *chosen);
  } else if (!has_list && is_in_list_) {
    focused_ = before_list_;
    speaks_ = true;
  }
  is_in_list_ = has_list;
}

const KeyWalk::Stop* KeyWalk::focused() const {
  const auto found =
      std::find_if(stops_.begin(), stops_.end(), [&](const Stop& s) { return s.id == focused_; });
  return found == stops_.end() ? nullptr : &*found;
}

void KeyWalk::go_to(const Stop& stop) {
  focused_ = stop.id;
  focused_box_ = stop.box;
  scrolls_ = speaks_ = true;
}

// Column by column, in rows as one sees them; the next may be to the right or below.
void KeyWalk::go(const std::string& key) {
  if (stops_.empty()) return;
  const Stop* from = focused();
  if (!from) {  // It has gone: on from what is nearest.
    const auto far = [&](const Stop& s) { return distance(s.box.center(), focused_box_.center()); };
    return go_to(*std::min_element(stops_.begin(), stops_.end(),
                                   [&](const Stop& a, const Stop& b) { return far(a) < far(b); }));
  }
  std::vector<const Stop*> order;
  for (const Stop& stop : stops_) order.push_back(&stop);
  std::stable_sort(order.begin(), order.end(), [](const Stop* a, const Stop* b) {
    return a->column != b->column ? a->column < b->column : a->box.min.y < b->box.min.y;
  });
  std::vector<std::size_t> rows;  // Where each begins in the order.
  for (std::size_t i = 0; i < order.size(); ++i)
    if (rows.empty() || order[i]->column != order[rows.back()]->column ||
        order[i]->box.center().y >= order[rows.back()]->box.max.y)
      rows.push_back(i);
  rows.push_back(order.size());
  const auto at = [&](std::size_t i) { return order.begin() + static_cast<std::ptrdiff_t>(i); };
  for (std::size_t r = 0; r + 1 < rows.size(); ++r)
    std::stable_sort(at(rows[r]), at(rows[r + 1]),
                     [](const Stop* a, const Stop* b) { return a->box.min.x < b->box.min.x; });
  const auto here = static_cast<std::size_t>(std::find(order.begin(), order.end(), from) - order.begin());
  const auto row =
      static_cast<std::size_t>(std::upper_bound(rows.begin(), rows.end(), here) - rows.begin()) - 1;
  const auto go_to_row = [&](std::size_t r) {
    const auto off = [&](const Stop* s) { return std::fabs(s->box.min.x - from->box.min.x); };
    go_to(**std::min_element(at(rows[r]), at(rows[r + 1]),
                             [&](const Stop* a, const Stop* b) { return off(a) < off(b); }));
  };
  const auto is_section = [](const Stop* s) { return s->is_section; };
  if (key == "Home") {
    go_to(*order.front());
  } else if (key == "End") {
    go_to(*order.back());
  } else if (key == "ArrowRight" && here + 1 < order.size()) {
    go_to(*order[here + 1]);
  } else if (key == "ArrowLeft" && here > 0) {
    go_to(*order[here - 1]);
  } else if (key == "ArrowDown" && row + 2 < rows.size()) {
    go_to_row(row + 1);
  } else if (key == "ArrowUp" && row > 0) {
    go_to_row(row - 1);
  } else if (key == "PageDown") {
    const auto next = std::find_if(at(here + 1), order.end(), is_section);
    if (next != order.end()) go_to(**next);
  } else if (key == "PageUp") {
    const auto before = std::find_if(std::make_reverse_iterator(at(here)), order.rend(), is_section);
    if (before != order.rend()) go_to(**before);
  }
}

// By a ring, and in words when a key has changed what is to be said.
void KeyWalk::speak(Ui& ui, const Stop& stop) {
  focused_box_ = stop.box;
  const Painter above(ImGui::GetForegroundDrawList(), {0, 0}, ui.ratio);
  const Rect box{stop.box.min / ui.ratio, stop.box.max / ui.ratio};
  above.clip({stop.clip.min / ui.ratio, stop.clip.max / ui.ratio});
  above.frame(box.grown(2.5f), palette().of(Tone::kForward), 7, 2);
  above.unclip();
  const std::string text = stop.text();
  ui.spot(cat("focus ", stop.name), above, box);
  if (!speaks_ || text == said_) return;
  speaks_ = false;
  said_ = text;
  ui.announce(text);
}

}  // namespace sandflow::ui
