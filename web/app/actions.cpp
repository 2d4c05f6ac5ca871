// The table, and finding a key in it.
#include "web/app/actions.h"

#include "engine/core/text.h"
#include "web/app/texts.h"

namespace sandflow::ui {

const std::vector<ActionInfo>& actions() {
  static const std::vector<ActionInfo> table{
      {Action::kAdd, "add", "n", "N"},
      {Action::kEdit, "edit", "Enter", "Enter"},
      {Action::kInput, "input", "1 2 3 4 5 6 7 8 9", "1 … 9"},
      {Action::kRename, "rename", "F2", "F2"},
      {Action::kWire, "wire", "w", "W"},
      {Action::kNext, "next", "]", "]"},
      {Action::kPrevious, "previous", "[", "["},
      {Action::kExtend, "extend", "{ }", "Shift+[ ]"},
      {Action::kAlong, "along", "ArrowLeft ArrowRight", "Alt+← →", false, false, true},
      {Action::kNudge, "nudge", "ArrowLeft ArrowRight ArrowUp ArrowDown", "← ↑ → ↓"},
      {Action::kMenu, "menu", "m ContextMenu", "M"},
      {Action::kSelectAll, "all", "a", "Ctrl+A", true},
      {Action::kSelectSeveral, "several", nullptr, nullptr},
      {Action::kCopy, "copy", "c", "Ctrl+C", true},
      {Action::kCut, "cut", "x", "Ctrl+X", true},
      {Action::kPaste, "paste", nullptr, "Ctrl+V"},  // The page's: only it may read the clipboard.
      {Action::kDuplicate, "duplicate", "d", "Ctrl+D", true},
      {Action::kRemove, "remove", "Delete Backspace", "Delete"},
      {Action::kDisconnect, "disconnect", nullptr, nullptr},
      {Action::kGroup, "group", "g", "Ctrl+G", true},
      {Action::kUngroup, "ungroup", "g", "Ctrl+Shift+G", true, true},
      {Action::kFold, "fold", "e", "E"},
      {Action::kLoss, "loss", nullptr, nullptr},
      {Action::kAccuracy, "accuracy", nullptr, nullptr},
      {Action::kPrediction, "prediction", nullptr, nullptr},
      {Action::kAlignLeft, "align-left", nullptr, nullptr},
      {Action::kAlignTop, "align-top", nullptr, nullptr},
      {Action::kSpreadAcross, "spread-across", nullptr, nullptr},
      {Action::kSpreadDown, "spread-down", nullptr, nullptr},
      {Action::kArrange, "arrange", "l", "L"},
      {Action::kArrangeDown, "arrange-down", "l", "Shift+L", false, true},
      {Action::kFit, "fit", "f", "F"},
      {Action::kViews, "views", "v", "V"},
      {Action::kLeave, "leave", "Escape", "Esc"},
  };
  return table;
}

const ActionInfo& info_of(Action action) { return actions()[static_cast<std::size_t>(action)]; }

std::optional<Action> action_of(const KeyPress& key) {
  const std::string pressed = key.key.size() == 1 ? lower(key.key) : key.key;
  for (const ActionInfo& info : actions()) {
    if (!info.keys || info.ctrl != key.ctrl || info.alt != key.alt) continue;
    // Shift makes an arrow's step longer; signs say themselves whether it is held.
    const bool is_letter = pressed.size() == 1 && pressed[0] >= 'a' && pressed[0] <= 'z';
    if (is_letter && info.shift != key.shift) continue;
    const std::string keys = cat(" ", info.keys, " ");
    if (keys.find(cat(" ", pressed, " ")) != std::string::npos) return info.action;
  }
  if (key.key == "F10" && key.shift) return Action::kMenu;
  return {};
}

std::string action_text(Action action) { return tr(cat("action.", info_of(action).name)); }

}  // namespace sandflow::ui
