// See input.h.
#include "web/app/input.h"

#include <emscripten.h>

#include <algorithm>
#include <cfloat>
#include <climits>
#include <cmath>
#include <utility>

// For the events that ImGui still holds back.
#include <imgui_internal.h>

namespace sandflow::ui {

namespace {

enum PointerKind { kMove, kDown, kUp, kLeave, kCancel };

ImGuiKey imgui_key(std::string_view key) {
  if (key == "Escape") return ImGuiKey_Escape;
  if (key == "Enter") return ImGuiKey_Enter;
  if (key == " ") return ImGuiKey_Space;
  return ImGuiKey_None;
}

}  // namespace

// By when and where the page saw it: frames, and so ImGui's clock, may be too seldom to tell.
void Input::note_press(Vec at) {
  constexpr double kDoubleClick = 350;
  const double now = emscripten_get_now();
  const bool is_second = now - pressed_time_ < kDoubleClick;
  pressed_time_ = is_second ? -1e9 : now;
  pressed_at_ = at;
  waiting_presses_.push_back({is_second, ImGui::GetCurrentContext()->InputEventsNextEventId});
}

void Input::pointer(int kind, Vec at, int button, bool touch, int id) {
  is_waiting_ = true;
  ImGuiIO& io = ImGui::GetIO();
  // ImGui lets a finger hover for a frame before it presses. A mouse needs that too where frames are slow:
  // what lies under it is known only a frame after it got there.
  const bool hovers_first = touch || kind == kDown;
  io.AddMouseSourceEvent(hovers_first ? ImGuiMouseSource_TouchScreen : ImGuiMouseSource_Mouse);
  is_touch = touch;
  if (distance(at, pressed_at_) > (touch ? 24 : 6)) pressed_time_ = -1e9;  // A drag, or another place.
  const auto put = [&](Vec p) { io.AddMousePosEvent(p.x * ratio_, p.y * ratio_); };
  if (!touch) {
    if (kind == kLeave || kind == kCancel) {
      if (kind == kCancel)
        for (int i = 0; i < 3; ++i) io.AddMouseButtonEvent(i, false);
      io.AddMousePosEvent(-FLT_MAX, -FLT_MAX);
      return;
    }
    put(at);
    // The DOM counts left, middle, right; ImGui left, right, middle.
    constexpr int kButtons[] = {0, 2, 1};
    if (kind == kDown && button == 0) note_press(at);
    if (kind != kMove && button >= 0 && button < 3) io.AddMouseButtonEvent(kButtons[button], kind == kDown);
    return;
  }
  const auto finger =
      std::find_if(fingers_.begin(), fingers_.end(), [&](const Finger& f) { return f.id == id; });
  if (kind == kDown && finger == fingers_.end()) {
    fingers_.push_back({id, at});
    if (fingers_.size() == 1) {
      put(at);
      note_press(at);
      io.AddMouseButtonEvent(0, true);
    } else {
      io.AddMousePosEvent(-FLT_MAX, -FLT_MAX);  // A second finger: what the first began is let go nowhere.
      io.AddMouseButtonEvent(0, false);
      was_pinch_ = true;
    }
  } else if (kind == kMove && finger != fingers_.end()) {
    if (fingers_.size() >= 2) {
      const Vec old_a = fingers_[0].at, old_b = fingers_[1].at;
      finger->at = at;
      pinch_from(old_a, old_b);
    } else {
      finger->at = at;
      if (!was_pinch_) put(at);
    }
  } else if (kind >= kUp && finger != fingers_.end()) {
    fingers_.erase(finger);
    if (fingers_.empty()) {
      if (!was_pinch_) {
        if (kind == kUp) put(at);
        io.AddMouseButtonEvent(0, false);
      }
      io.AddMousePosEvent(-FLT_MAX, -FLT_MAX);
      was_pinch_ = false;
    }
  }
}

void Input::pinch_from(Vec old_a, Vec old_b) {
  const Vec a = fingers_[0].at, b = fingers_[1].at;
  pinch.is_active = true;
  pinch.center = (a + b) * 0.5f;
  pinch.pan = pinch.pan + pinch.center - (old_a + old_b) * 0.5f;
  pinch.zoom *= std::max(1.0f, distance(a, b)) / std::max(1.0f, distance(old_a, old_b));
}

void Input::wheel(Vec at, Vec delta, bool ctrl) {
  is_waiting_ = true;
  ImGuiIO& io = ImGui::GetIO();
  io.AddMousePosEvent(at.x * ratio_, at.y * ratio_);
  if (!ctrl) io.AddMouseWheelEvent(-delta.x / 100, -delta.y / 100);
  wheel_delta = wheel_delta + delta;
  wheel_ctrl = ctrl;
}

void Input::key(std::string_view key, bool down, int modifiers) {
  is_waiting_ = true;
  ImGuiIO& io = ImGui::GetIO();
  const bool shift_held = key == "Shift" ? down : (modifiers & 1) != 0;
  io.AddKeyEvent(ImGuiMod_Shift, shift_held);
  if (const ImGuiKey known = imgui_key(key); known != ImGuiKey_None) io.AddKeyEvent(known, down);
  if (!down) return;
  waiting_keys_.push_back({{std::string(key), shift_held, (modifiers & (2 | 8)) != 0, (modifiers & 4) != 0},
                           ImGui::GetCurrentContext()->InputEventsNextEventId});
}

bool Input::has_waiting() const {
  return is_waiting_ || ImGui::GetCurrentContext()->InputEventsQueue.Size > 0;
}

void Input::focus(bool focused) {
  is_waiting_ = true;
  ImGui::GetIO().AddFocusEvent(focused);
}

void Input::begin_frame(double time_ms, Vec size, float ratio) {
  ImGuiIO& io = ImGui::GetIO();
  ratio_ = ratio;
  io.DisplaySize = {std::round(size.x * ratio), std::round(size.y * ratio)};
  io.DisplayFramebufferScale = {1, 1};
  // A frame after a rest is not one long frame.
  io.DeltaTime = static_cast<float>(std::clamp((time_ms - last_time_) / 1000, 0.001, 0.1));
  last_time_ = time_ms;
}

void Input::read_state() {
  const ImGuiIO& io = ImGui::GetIO();
  mouse = ImGui::IsMousePosValid() ? io.MousePos / ratio_ : Vec(-1e6f, -1e6f);
  // ImGui's, not the last event's: it spreads events over frames, and a key belongs to the press it came
  // with.
  shift = io.KeyShift;
  space = ImGui::IsKeyDown(ImGuiKey_Space);
  const auto& held_back = ImGui::GetCurrentContext()->InputEventsQueue;
  const unsigned next = held_back.empty() ? UINT_MAX : held_back.front().EventId;
  is_second_click = false;
  while (!waiting_presses_.empty() && waiting_presses_.front().event < next) {
    is_second_click = waiting_presses_.front().is_second;
    waiting_presses_.erase(waiting_presses_.begin());
  }
  // A key after a click is of what was clicked: it waits until ImGui has passed that on.
  unsigned first_click = UINT_MAX;
  for (const ImGuiInputEvent& event : held_back)
    if (event.Type == ImGuiInputEventType_MouseButton) first_click = std::min(first_click, event.EventId);
  while (!waiting_keys_.empty() && waiting_keys_.front().event <= first_click) {
    keys.push_back(std::move(waiting_keys_.front().press));
    waiting_keys_.erase(waiting_keys_.begin());
  }
}

void Input::end_frame() {
  wheel_delta = {0, 0};
  wheel_ctrl = false;
  pinch = {};
  keys.clear();
  is_waiting_ = false;
}

}  // namespace sandflow::ui
