// What can be done on the canvas besides by hand: one table, from which its keys, its menu and the page's
// help sheet are made. A line here and a case in canvas_actions.cpp add one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "web/app/input.h"

namespace sandflow::ui {

enum class Action {
  kAdd,
  kEdit,
  kInput,
  kRename,
  kWire,
  kNext,
  kPrevious,
  kExtend,
  kAlong,
  kNudge,
  kMenu,
  kSelectAll,
  kSelectSeveral,
  kCopy,
  kCut,
  kPaste,
  kDuplicate,
  kRemove,
  kDisconnect,
  kGroup,
  kUngroup,
  kFold,
  kLoss,
  kAccuracy,
  kPrediction,
  kAlignLeft,
  kAlignTop,
  kSpreadAcross,
  kSpreadDown,
  kArrange,
  kArrangeDown,
  kFit,
  kViews,
  kLeave
};

struct ActionInfo {
  Action action;
  const char* name;   // Its text is "action.<name>".
  const char* keys;   // KeyboardEvent.key, several separated by spaces; null: it has none.
  const char* shown;  // As the help sheet and the menu show them.
  bool ctrl = false, shift = false, alt = false;
};

const std::vector<ActionInfo>& actions();
const ActionInfo& info_of(Action action);
std::optional<Action> action_of(const KeyPress& key);
std::string action_text(Action action);

}  // namespace sandflow::ui
