// What the table of actions does, by key or from the menu. See canvas.h and actions.h.
#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/core/json.h"
#include "engine/core/text.h"
#include "engine/scene/json.h"
#include "engine/scene/layout.h"
#include "engine/scene/scopes.h"
#include "web/app/canvas.h"
#include "web/app/texts.h"

namespace sandflow::ui {

namespace {

constexpr Action kMenuOrder[] = {
    Action::kEdit,         Action::kRename,     Action::kWire,      Action::kDisconnect,
    Action::kAdd,          Action::kCut,        Action::kCopy,      Action::kPaste,
    Action::kDuplicate,    Action::kRemove,     Action::kSelectAll, Action::kSelectSeveral,
    Action::kGroup,        Action::kUngroup,    Action::kFold,      Action::kLoss,
    Action::kAccuracy,     Action::kPrediction, Action::kAlignLeft, Action::kAlignTop,
    Action::kSpreadAcross, Action::kSpreadDown, Action::kArrange,   Action::kArrangeDown,
    Action::kFit};

bool begins_group(Action action) {
  return action == Action::kCut || action == Action::kGroup || action == Action::kLoss ||
         action == Action::kAlignLeft || action == Action::kArrange;
}

std::string& role_of(Training& training, Action action) {
  return action == Action::kLoss       ? training.loss
         : action == Action::kAccuracy ? training.accuracy
                                       : training.prediction;
}

// The innermost scope that all of some names stand in.
std::string common_scope(const std::set<std::string>& names) {
  if (names.empty()) return {};
  std::string common(scope_of(*names.begin()));
  for (const std::string& name : names)
    while (!is_in_scope(name, common)) common = std::string(scope_of(common));
  return common;
}

}  // namespace

int Canvas::chosen_box(const Boxes& boxes) const {
  if (!selection.derived.empty()) return boxes.index_of(selection.derived);
  int chosen = -1;
  for (std::size_t i = 0; i < boxes.nodes.size(); ++i) {
    if (boxes.nodes[i].is_hidden || !is_selected(boxes.nodes[i])) continue;
    if (chosen >= 0) return -1;
    chosen = static_cast<int>(i);
  }
  return chosen;
}

bool Canvas::applies(const Scene& scene, const Boxes& boxes, Action action) const {
  const bool any = !selection.nodes.empty();
  const int at = chosen_box(boxes);
  const NodeBox* one = at >= 0 ? &boxes.nodes[static_cast<std::size_t>(at)] : nullptr;
  const bool is_node = one && one->kind == NodeBox::Kind::kNode;
  switch (action) {
    case Action::kAdd:
    case Action::kPaste:
      return selection.empty();
    case Action::kSelectAll:
    case Action::kArrange:
    case Action::kArrangeDown:
      return selection.empty() && !scene.nodes.empty();
    case Action::kSelectSeveral:
      return !selects_several_ && !scene.nodes.empty() && selection.derived.empty() && !selection.wire;
    case Action::kFit:
      return selection.empty();
    case Action::kEdit:
      return one && (one->is_scope() || !one->value_attr.empty());
    case Action::kRename:
      return one && !one->is_derived();
    case Action::kWire:
      return one && !one->is_derived() && !one->outputs.empty();
    case Action::kDisconnect:
      return selection.wire.has_value();
    case Action::kCut:
    case Action::kCopy:
    case Action::kDuplicate:
    case Action::kRemove:
    case Action::kGroup:
      return any;
    case Action::kUngroup:
      return any && !common_scope(selection.nodes).empty();
    case Action::kFold:
      return (any && !common_scope(selection.nodes).empty()) || (one && one->is_scope());
    case Action::kLoss:
    case Action::kAccuracy:
    case Action::kPrediction:
      return is_node;
    case Action::kAlignLeft:
    case Action::kAlignTop:
      return selection.nodes.size() > 1 && !one;
    case Action::kSpreadAcross:
    case Action::kSpreadDown:
      return selection.nodes.size() > 2 && !one;
    default:
      return false;
  }
}

void Canvas::open_menu(Ui& ui, const Scene& scene, const Boxes& boxes, Vec at) {
  menu_at_ = at;
  const int chosen = chosen_box(boxes);
  std::vector<MenuEntry> entries;
  bool begins = false;
  for (const Action action : kMenuOrder) {
    begins |= begins_group(action);
    if (!applies(scene, boxes, action)) continue;
    if (action == Action::kSelectSeveral && !ui.input.is_touch) continue;  // A mouse has Shift for it.
    MenuEntry entry{info_of(action).name, action_text(action), {}};
    if (action == Action::kEdit && !boxes.nodes[static_cast<std::size_t>(chosen)].is_scope())
      entry.label = tr("menu.type");
    else if (action == Action::kEdit)
      entry.label = tr("scope.open");
    if (action == Action::kWire) entry.label = tr("menu.wire");
    if (info_of(action).shown && !ui.input.is_touch) entry.remark = info_of(action).shown;
    if (action == Action::kLoss || action == Action::kAccuracy || action == Action::kPrediction) {
      Training training = scene.training;
      entry.is_checked = role_of(training, action) == *selection.nodes.begin();
    }
    entry.begins_group = std::exchange(begins, false) && !entries.empty();
    entries.push_back(std::move(entry));
  }
  // Everything that can be set on the one node, so that keys and fingers reach it, too.
  const SceneNode* node =
      chosen >= 0 ? scene.find(boxes.nodes[static_cast<std::size_t>(chosen)].name) : nullptr;
  const NodeType* type = node ? find_node_type(node->type) : nullptr;
  bool is_first = true;
  for (std::size_t i = 0; type && i < type->fields.size(); ++i) {
    const NodeField& field = type->fields[i];
    const auto value = [&](std::string_view name, std::string_view initial) {
      const auto set = node->attrs.find(std::string(name));
      return set != node->attrs.end() ? set->second : std::string(initial);
    };
    if (!field.only_if_field.empty() && value(field.only_if_field, "") != field.only_if_value) continue;
    MenuEntry entry{cat("attr:", field.name), field.name, value(field.name, field.initial)};
    entry.begins_group = std::exchange(is_first, false);
    entries.push_back(std::move(entry));
  }
  menu_.open(ui, at, std::move(entries));
}

Changes Canvas::take_entry(Ui& ui, const Rect& area, const Scene& scene, const Boxes& boxes,
                           const std::string& id) {
  selects_several_ = false;  // What was selected has got what it was selected for.
  if (!id.starts_with("attr:")) {
    for (const ActionInfo& info : actions())
      if (id == info.name) return perform(ui, area, scene, boxes, info.action, {});
    return {};
  }
  const int chosen = chosen_box(boxes);
  if (chosen < 0) return {};
  const NodeBox& box = boxes.nodes[static_cast<std::size_t>(chosen)];
  const SceneNode* node = scene.find(box.name);
  const NodeType* type = node ? find_node_type(node->type) : nullptr;
  const std::string attr = id.substr(5);
  TextEntry::Request request;
  request.key = "value";
  request.label = attr;
  for (std::size_t i = 0; type && i < type->fields.size(); ++i)
    if (type->fields[i].name == attr) request.value = type->fields[i].initial;
  if (node)
    if (const auto set = node->attrs.find(attr); set != node->attrs.end()) request.value = set->second;
  request.placeholder = attr;
  open_text(ui,
            {box.rect.min + Vec(10, 29),
             {std::max(box.rect.max.x - 10, box.rect.min.x + 150), box.rect.min.y + 57}},
            request, [name = box.name, attr](std::string_view text) -> edit::Edit {
              return edit::SetAttr{name, attr, std::string(text)};
            });
  return {};
}

Changes Canvas::fold(const Scene& scene, const Boxes& boxes) {
  const int at = chosen_box(boxes);
  if (at >= 0 && boxes.nodes[static_cast<std::size_t>(at)].is_scope())
    return toggle_fold(boxes, {Hit::Kind::kSign, at, -1});
  if (!selection.derived.empty()) {
    // The innermost open scope around it.
    for (std::size_t end = selection.derived.rfind('/'); end != std::string::npos && end > 0;
         end = selection.derived.rfind('/', end - 1))
      if (const std::string around = selection.derived.substr(0, end + 1); opened.erase(around)) {
        selection = {{}, {}, around};
        break;
      }
    return {};
  }
  const std::string scope = common_scope(selection.nodes);
  if (scope.empty()) return {};
  selection.clear();
  for (int i : members_of(scene, scope))
    selection.nodes.insert(scene.nodes[static_cast<std::size_t>(i)].name);
  return {{edit::Fold{scope, true}, {}}};
}

Changes Canvas::perform(Ui& ui, const Rect& area, const Scene& scene, const Boxes& boxes, Action action,
                        const KeyPress& key) {
  const int chosen = chosen_box(boxes);
  const NodeBox* box = chosen >= 0 ? &boxes.nodes[static_cast<std::size_t>(chosen)] : nullptr;
  const std::vector<std::string> names(selection.nodes.begin(), selection.nodes.end());
  switch (action) {
    case Action::kAdd: {
      if (ui.entry.is_open()) return {};
      const bool has_mouse = area.contains(ui.input.mouse);
      const Vec at = key.key.empty() ? menu_at_ : has_mouse ? ui.input.mouse : area.center() - Vec(60, 40);
      add_menu_.open(ui, area, at, to_world(at), scene);
      return {};
    }
    case Action::kEdit:
      if (!box) return {};
      if (box->is_scope()) return toggle_fold(boxes, {Hit::Kind::kSign, chosen, -1});
      if (!open_text_at(ui, scene, boxes, {Hit::Kind::kNode, chosen, -1}))
        open_menu(ui, scene, boxes, to_screen({box->rect.min.x, box->rect.max.y}));
      return {};
    case Action::kInput: {
      if (!box || box->is_derived()) return {};
      const int port = key.key[0] - '1';
      if (port < static_cast<int>(box->inputs.size()))
        open_text_at(ui, scene, boxes, {Hit::Kind::kInput, chosen, port});
      return {};
    }
    case Action::kRename: {
      if (!box || box->is_derived()) return {};
      TextEntry::Request request;
      request.key = "name";
      request.value = box->name;
      request.label = tr("inspector.name");
      request.is_mono = false;
      const bool is_scope = box->is_scope();
      open_text(ui,
                {box->rect.min + Vec(8, 3),
                 {std::max(box->rect.max.x - 8, box->rect.min.x + 150), box->rect.min.y + 29}},
                request, [name = box->name, is_scope](std::string_view text) -> edit::Edit {
                  if (is_scope) return edit::RenameScope{name, std::string(text)};
                  return edit::Rename{name, std::string(text)};
                });
      return {};
    }
    case Action::kWire:
      begin_wire_by_key(ui, scene, boxes);
      return {};
    case Action::kNext:
    case Action::kPrevious:
      walk(ui, area, boxes, action == Action::kNext ? 1 : -1);
      return {};
    case Action::kExtend:
      walk(ui, area, boxes, key.key == "}" ? 1 : -1, true);
      return {};
    case Action::kAlong:
      walk_along(ui, area, boxes, key.key == "ArrowRight");
      return {};
    case Action::kMenu: {
      const Vec at =
          box ? to_screen({box->rect.min.x + 12, box->rect.max.y + 4}) : area.center() - Vec(90, 120);
      open_menu(ui, scene, boxes, at);
      return {};
    }
    case Action::kSelectAll:
      selection.clear();
      for (const SceneNode& node : scene.nodes) selection.nodes.insert(node.name);
      return {};
    case Action::kSelectSeveral:
      selects_several_ = true;
      ui.announce(tr("several.how"));
      return {};
    case Action::kCopy:
    case Action::kCut: {
      if (names.empty()) return {};
      const edit::AddNodes copy = copied(scene, boxes);
      ui.outbox.add(JsonWriter()
                        .open()
                        .field("type", "clipboard")
                        .field("text", nodes_to_json(copy.nodes, copy.folded))
                        .close()
                        .take());
      ui.announce(tr("say.copied", {{"count", std::to_string(names.size())}}));
      if (action == Action::kCopy) return {};
      selection.clear();
      return {{edit::RemoveNodes{names}, {}}};
    }
    case Action::kPaste:
      ui.outbox.add("{\"type\":\"paste-wanted\"}");
      return {};
    case Action::kDuplicate: {
      edit::AddNodes copy = copied(scene, boxes);
      if (copy.nodes.empty()) return {};
      for (SceneNode& node : copy.nodes) {
        node.x += 32;
        node.y += 32;
      }
      return {{copy, {}}};
    }
    case Action::kRemove:
    case Action::kDisconnect: {
      Changes changes;
      if (selection.wire)
        changes.push_back({edit::SetPort{selection.wire->first, selection.wire->second, {}}, {}});
      else if (!names.empty())
        changes.push_back({edit::RemoveNodes{names}, {}});
      selection.clear();
      return changes;
    }
    case Action::kGroup:
      if (names.empty()) return {};
      return {{edit::Group{names, {}}, {}}};
    case Action::kUngroup:
      if (const std::string scope = common_scope(selection.nodes); !scope.empty())
        return {{edit::Ungroup{scope}, {}}};
      return {};
    case Action::kFold:
      return fold(scene, boxes);
    case Action::kLoss:
    case Action::kAccuracy:
    case Action::kPrediction: {
      Training training = scene.training;
      std::string& role = role_of(training, action);
      role = role == names[0] ? std::string() : names[0];
      return {{edit::SetTraining{training}, {}}};
    }
    case Action::kAlignLeft:
    case Action::kAlignTop:
    case Action::kSpreadAcross:
    case Action::kSpreadDown:
      return line_up(boxes, action);
    case Action::kArrange:
    case Action::kArrangeDown: {
      std::map<std::string, LayoutBox> extents;
      for (const NodeBox& each : boxes.nodes) {
        if (each.is_hidden || each.is_derived()) continue;
        LayoutBox extent{{}, each.rect.width(), each.rect.height()};
        for (const PortBox& port : each.inputs)
          if (port.chip.width() > 0)
            extent.before = std::max(extent.before, each.rect.min.x - port.chip.min.x);
        if (each.has_error) extent.height = each.error_box.max.y - each.rect.min.y;
        extents[each.name] = extent;
      }
      fit();
      edit::Move move =
          arranged(scene, extents, action == Action::kArrange ? Direction::kRight : Direction::kDown);
      // A folded scope's box need not stand where its members begin.
      for (const NodeBox& each : boxes.nodes) {
        Vec first{1e9f, 1e9f};
        for (const std::string& member : each.members)
          if (const SceneNode* node = scene.find(member))
            first = {std::min(first.x, node->x), std::min(first.y, node->y)};
        for (const std::string& member : each.members)
          if (const auto at = move.positions.find(member); at != move.positions.end()) {
            at->second.first += first.x - each.rect.min.x;
            at->second.second += first.y - each.rect.min.y;
          }
      }
      return {{move, {}}};
    }
    case Action::kFit:
      fit();
      return {};
    case Action::kViews:  // The app's: the keys are not the graph's from then on.
      return {};
    case Action::kLeave:
      if (drag_.kind != Drag::Kind::kNone)
        drag_ = {};
      else if (wire_)
        wire_.reset();
      else if (selects_several_)
        selects_several_ = false;
      else
        selection.clear();
      return {};
    case Action::kNudge: {
      if (selection.empty() && !scene.nodes.empty()) {
        walk(ui, area, boxes, 1);
        return {};
      }
      const float step = key.shift ? 32 : 8;
      const Vec by = key.key == "ArrowLeft"    ? Vec(-step, 0)
                     : key.key == "ArrowRight" ? Vec(step, 0)
                     : key.key == "ArrowUp"    ? Vec(0, -step)
                                               : Vec(0, step);
      edit::Move move;
      for (const std::string& name : selection.nodes)
        if (const SceneNode* node = scene.find(name)) move.positions[name] = {node->x + by.x, node->y + by.y};
      if (move.positions.empty()) return {};
      was_fitted_ = false;
      return {{move, "nudge"}};
    }
  }
  return {};
}

Changes Canvas::obey_keys(Ui& ui, const Rect& area, const Scene& scene, const Boxes& boxes) {
  Changes changes;
  for (const KeyPress& key : ui.input.keys) {
    if (wire_ && !key.ctrl && !key.alt) {
      append(changes, obey_wire_key(ui, area, scene, boxes, key));
      continue;
    }
    if (const auto action = action_of(key)) append(changes, perform(ui, area, scene, boxes, *action, key));
  }
  return changes;
}

}  // namespace sandflow::ui
