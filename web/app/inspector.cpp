// See inspector.h.
#include "web/app/inspector.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <vector>

#include "engine/core/text.h"
#include "engine/scene/node_types.h"
#include "engine/tf/literal.h"
#include "web/app/boxes.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/values.h"
#include "web/app/widgets.h"

namespace sandflow::ui {

namespace {

constexpr float kLabel = 112;

std::string attr_text(const SceneNode& node, const NodeField& field) {
  const auto it = node.attrs.find(field.name);
  return it != node.attrs.end() ? it->second : field.initial;
}

void label(Column& column, const Rect& row, std::string_view text) {
  column.painter.text(Face::kText, 13, {0, row.center().y - line_height(Face::kText, 13) / 2}, palette().soft,
                      fitted(Face::kText, 13, text, kLabel - 8));
}

void small_heading(Column& column, std::string_view text, Color color) {
  const Rect row = column.take(24);
  column.painter.text(Face::kStrong, 11, {0, row.max.y - 18}, color, text);
}

// What it means that nothing is typed here.
const char* text_when_empty(const SceneNode& node, const NodeField& field) {
  if (field.name == "feed") return tr("inspector.no-feed");
  if (field.name == "seed") return tr("inspector.no-seed");
  if (node.type == "Variable" && field.name == "shape") return tr("inspector.no-shape");
  return tr("inspector.default");
}

Changes draw_field(Ui& ui, Column& column, const SceneNode& node, const NodeField& field) {
  const Rect row = column.take(kControlHeight, 6);
  label(column, row, field.name);
  const Rect box{{kLabel, row.min.y}, row.max};
  const std::string text = attr_text(node, field);
  const std::string id = cat("attr:", node.name, ":", field.name);
  if (field.kind == AttrKind::kBool) {
    const bool on = text == "True";
    if (toggle(ui, column.painter, id, {box.min.x, row.center().y - 10}, on))
      return {{edit::SetAttr{node.name, field.name, on ? "False" : "True"}, {}}};
    return {};
  }
  if (!field.choices.empty()) {
    std::vector<std::string> names = field.choices;
    const auto at = std::find(names.begin(), names.end(), text);
    const bool is_listed = at != names.end();
    const int current = is_listed ? static_cast<int>(at - names.begin()) : 0;
    // A default that TensorFlow finds out, or what was typed into the file.
    if (!is_listed) names.insert(names.begin(), text);
    for (std::string& name : names)
      if (name.empty())
        name = tr(field.name == "initializer" ? "inspector.scene-initializer" : "inspector.default");
    if (const auto chosen = choice(ui, column.painter, id, box, names, current))
      if (is_listed || *chosen > 0)
        return {{edit::SetAttr{node.name, field.name,
                               field.choices[static_cast<std::size_t>(*chosen - (is_listed ? 0 : 1))]},
                 {}}};
    return {};
  }
  // A range stands in the box as long as there is room.
  const std::string range = field.minimum < field.maximum
                                ? cat(short_number(field.minimum), " … ", short_number(field.maximum))
                                : std::string();
  TextEntry::Request request;
  request.key = id;
  request.value = text;
  request.label = range.empty() ? field.name : cat(field.name, ", ", range);
  text_field(ui, column.painter, box, request, text_when_empty(node, field),
             [name = node.name, attr = field.name](std::string_view typed) -> edit::Edit {
               return edit::SetAttr{name, attr, std::string(typed)};
             });
  if (!ui.entry.is_open(id) &&
      text_width(Face::kMono, 13, text) + text_width(Face::kMono, 11, range) + 30 < box.width())
    column.painter.text_right(Face::kMono, 11,
                              {box.max.x - 10, box.center().y - line_height(Face::kMono, 11) / 2},
                              palette().soft, range);
  return {};
}

Changes draw_input(Ui& ui, Column& column, const SceneNode& node, const std::string& port_name, int input) {
  Changes changes;
  const Palette& p = palette();
  const Port port =
      input < static_cast<int>(node.inputs.size()) ? node.inputs[static_cast<std::size_t>(input)] : Port{};
  const Rect row = column.take(kControlHeight, 6);
  label(column, row, port_name);
  const Rect box{{kLabel, row.min.y}, row.max};
  const std::string id = cat("input:", node.name, ":", input);
  if (port.kind == Port::Kind::kWire) {
    column.painter.fill(box, fade(p.of(Tone::kForward), 0.09f), 6);
    column.painter.circle({box.min.x + 14, box.center().y}, 3.5f, p.of(Tone::kForward));
    column.painter.text(Face::kMono, 13, {box.min.x + 26, box.center().y - line_height(Face::kMono, 13) / 2},
                        p.ink, fitted(Face::kMono, 13, port.text, box.width() - 58));
    const Rect cross = Rect::sized({box.max.x - kControlHeight, box.min.y}, {kControlHeight, kControlHeight});
    const Press hit = press(ui, column.painter, id, cross);
    ui.walk.name(cat(tr("action.disconnect"), ": ", port_name));
    const Color color = hit.hovered ? p.of(Tone::kLoss) : p.soft;
    column.painter.line(cross.center() + Vec(-3.5f, -3.5f), cross.center() + Vec(3.5f, 3.5f), color, 1.4f);
    column.painter.line(cross.center() + Vec(-3.5f, 3.5f), cross.center() + Vec(3.5f, -3.5f), color, 1.4f);
    if (hit.clicked) changes.push_back({edit::SetPort{node.name, input, {}}, {}});
    return changes;
  }
  TextEntry::Request request;
  request.key = id;
  request.value = port.text;
  request.label = port_name;
  text_field(ui, column.painter, box, request, tr("inspector.unconnected"),
             [name = node.name, input](std::string_view typed) -> edit::Edit {
               return edit::SetPort{name, input, typed.empty() ? Port{} : Port::literal(std::string(typed))};
             });
  return changes;
}

// A number as TeX, with as many digits as everywhere on the screen.
std::string tex_number(const Tensor& tensor) {
  const std::string text = short_number(tensor, 0);
  const std::size_t e = text.find('e');
  std::string digits = text.substr(0, e);
  if (digits.find('.') != std::string::npos) {
    while (digits.back() == '0') digits.pop_back();
    if (digits.back() == '.') digits.pop_back();
  }
  if (e == std::string::npos) return digits;
  return cat(digits, " \\cdot 10^{", std::atoi(text.c_str() + e + 1), "}");
}

// The names of a formula whose values are single numbers: its inputs, and what stands left of the sign.
std::map<std::string, std::string> numbers_of(const Scene& scene, const Snapshot& snapshot, int index,
                                              const NodeType& type) {
  std::map<std::string, std::string> numbers;
  const auto note = [&](const std::string& name, const Tensor& value) {
    if (value.defined() && value.elements() == 1 && has_numbers(value)) numbers[name] = tex_number(value);
  };
  const auto value_of = [&](int node) {
    return node >= 0 && static_cast<std::size_t>(node) < snapshot.nodes.size()
               ? snapshot.nodes[static_cast<std::size_t>(node)].value
               : Tensor();
  };
  const SceneNode& node = scene.nodes[static_cast<std::size_t>(index)];
  for (std::size_t i = 0; i < type.inputs.size() && i < node.inputs.size(); ++i) {
    const Port& port = node.inputs[i];
    if (port.kind == Port::Kind::kWire) {
      const WireEnd end = parse_wire(port.text);
      if (end.output == 0) note(type.inputs[i], value_of(scene.index_of(end.node)));
    } else if (port.kind == Port::Kind::kLiteral) {
      const Result<Literal> literal = Literal::parse(port.text);
      if (!literal.ok()) continue;
      if (const Result<Tensor> tensor = literal->tensor(); tensor.ok()) note(type.inputs[i], *tensor);
    }
  }
  // An activation's formula has x for its one input, whatever that is called.
  if (type.inputs.size() == 1 && numbers.count(type.inputs[0])) numbers["x"] = numbers[type.inputs[0]];
  if (type.formula.size() > 2 && type.formula[1] == ' ') note(type.formula.substr(0, 1), value_of(index));
  return numbers;
}

// The node that a blocked one waits for: the nearest on its inputs' way that has an error itself.
int blocker_of(const Scene& scene, const Snapshot& snapshot, int index) {
  std::vector<int> way{index};
  std::set<int> seen{index};
  for (std::size_t i = 0; i < way.size(); ++i) {
    const auto at = static_cast<std::size_t>(way[i]);
    if (at >= snapshot.nodes.size()) continue;
    if (snapshot.nodes[at].error) return way[i];
    for (const Port& port : scene.nodes[at].inputs) {
      if (port.kind != Port::Kind::kWire) continue;
      const int from = scene.index_of(parse_wire(port.text).node);
      if (from >= 0 && seen.insert(from).second) way.push_back(from);
    }
  }
  return -1;
}

std::string waits_for(const SceneNode& node, const NodeSnapshot& state) {
  if (state.is_unfinished) return tr("inspector.blocked-unfinished", {{"node", node.name}});
  return cat(tr("inspector.blocked-by", {{"node", node.name}}), "\n", state.error->text());
}

void draw_error(Column& column, const Scene& scene, const Snapshot& snapshot, int index) {
  const Palette& p = palette();
  const auto at = static_cast<std::size_t>(index);
  if (at >= snapshot.nodes.size()) return;
  const NodeSnapshot& state = snapshot.nodes[at];
  const int blocker = !state.error && state.is_blocked ? blocker_of(scene, snapshot, index) : -1;
  if (state.error && state.is_unfinished) {
    // What is still to be done is no mistake; TensorFlow's words for it stand below.
    const auto [title, advice] = advice_for(scene.nodes[at]);
    const std::string words = state.error->text();
    const float advice_high = text_size(Face::kText, 13, advice, column.width - 24).y,
                words_high = text_size(Face::kText, 11, words, column.width - 24).y;
    const Rect box = column.take(advice_high + words_high + 46, 12);
    column.painter.dashed_frame(box, p.soft, 8, 1, 4);
    column.painter.text(Face::kStrong, 13, box.min + Vec(12, 9), p.soft, title);
    column.painter.text(Face::kText, 13, box.min + Vec(12, 29), p.ink, advice, column.width - 24);
    column.painter.text(Face::kText, 11, box.min + Vec(12, 35 + advice_high), p.soft, words,
                        column.width - 24);
  } else if (state.error) {
    const float high = text_size(Face::kText, 13, state.error->message, column.width - 24).y;
    const Rect box = column.take(high + 40, 12);
    column.painter.fill(box, fade(p.of(Tone::kLoss), 0.08f), 8);
    column.painter.frame(box, fade(p.of(Tone::kLoss), 0.35f), 8);
    column.painter.text(Face::kStrong, 13, box.min + Vec(12, 9), p.of(Tone::kLoss), name(state.error->kind));
    column.painter.text(Face::kText, 13, box.min + Vec(12, 29), p.ink, state.error->message,
                        column.width - 24);
  } else if (state.is_blocked) {
    const std::string text = blocker < 0 ? std::string(tr("inspector.blocked"))
                                         : waits_for(scene.nodes[static_cast<std::size_t>(blocker)],
                                                     snapshot.nodes[static_cast<std::size_t>(blocker)]);
    const float high = text_size(Face::kText, 13, text, column.width - 24).y;
    const Rect box = column.take(high + 16, 12);
    column.painter.dashed_frame(box, p.soft, 8, 1, 4);
    column.painter.text(Face::kText, 13, box.min + Vec(12, 8), p.soft, text, column.width - 24);
  }
}

// What the session is to do with this node.
void draw_session(Ui& ui, Column& column, const std::string& node, SessionLens& lens) {
  const bool is_fetched = lens.fetched(node);
  const bool is_fed = std::any_of(lens.feeds().begin(), lens.feeds().end(),
                                  [&](const LensFeed& feed) { return feed.key == node; });
  const Rect row = column.take(30, 12);
  const auto button = [&](float left, std::string_view id, std::string_view label) {
    const Rect box = Rect::sized({left, row.min.y}, {text_width(Face::kStrong, 13, label) + 28, 30});
    return std::pair(small_button(ui, column.painter, id, box, label), box.max.x + 8);
  };
  const auto [fetches, next] = button(0, "fetch", tr(is_fetched ? "inspector.unfetch" : "inspector.fetch"));
  const auto [feeds, end] = button(next, "feed", tr(is_fed ? "inspector.unfeed" : "inspector.feed"));
  static_cast<void>(end);
  if (fetches) lens.toggle_fetch(node);
  if (feeds) is_fed ? lens.unfeed(node) : lens.feed_something(node);
}

}  // namespace

void Inspector::draw_formula(Column& column, const std::string& key, std::uint64_t version,
                             const std::string& formula, const std::function<Numbers()>& numbers_now) {
  if (formula.size() < 3) return;  // A Variable's "W" says nothing.
  const bool is_other = key != formula_key_;
  if (is_other || version != numbers_version_) {
    numbers_version_ = version;
    Numbers numbers = numbers_now();
    if (is_other || numbers != numbers_) {
      numbers_ = std::move(numbers);
      const std::string put_in = with_numbers(formula, numbers_);
      with_numbers_ = put_in.empty() ? Formula() : Formula(put_in, 13);
    }
  }
  if (is_other) {
    formula_key_ = key;
    formula_ = Formula(formula, 16);
  }
  const Palette& p = palette();
  const bool has_numbers = with_numbers_.size().x > 0;
  const float high = formula_.size().y + (has_numbers ? with_numbers_.size().y + 6 : 0);
  const Rect box = column.take(high + 20, 12);
  column.painter.fill(box, p.field, 8);
  column.painter.clip(box);
  const auto middle = [&](const Formula& formula) {
    return std::max(12.0f, (column.width - formula.size().x) / 2);
  };
  formula_.draw(column.painter, {middle(formula_), box.min.y + 10}, p.ink);
  if (has_numbers)
    with_numbers_.draw(column.painter, {middle(with_numbers_), box.min.y + 16 + formula_.size().y},
                       p.of(Tone::kForward));
  column.painter.unclip();
}

void Inspector::draw_tensors(Ui& ui, Column& column, const Scene& scene, const Snapshot& snapshot, int index,
                             const SessionLens* lens) {
  const auto at = static_cast<std::size_t>(index);
  if (at >= snapshot.nodes.size()) return;
  const NodeSnapshot& state = snapshot.nodes[at];
  std::vector<TensorPanel::Shown> shown;
  const auto [before, after] = lens ? lens->change_of(index) : std::pair<Tensor, Tensor>();
  if (before.defined()) {
    shown.push_back({tr("inspector.before"), before});
    shown.push_back({tr("inspector.after"), after});
  } else if (state.value.defined()) {
    shown.push_back({tr("inspector.value"), state.value});
  }
  if (state.gradient.defined()) shown.push_back({tr("inspector.gradient"), state.gradient, true});
  if (shown.empty() && !state.graph_name.empty())
    small_heading(column, cat(tr("inspector.shape"), "  ", state.shape.python(), "  ", name(state.dtype)),
                  palette().soft);
  tensors_.draw(ui, column,
                cat(scene.nodes[at].name, " ", snapshot.version, " ", lens != nullptr, " ", texts_version()),
                shown);
}

Changes Inspector::draw(Ui& ui, Column& column, const Scene& scene, const Snapshot& snapshot,
                        const Lowered& lowered, const Boxes& boxes, const Selection& selection,
                        SessionLens* lens) {
  if (!selection.derived.empty()) draw_derived(ui, column, snapshot, lowered, boxes, selection.derived);
  if (selection.nodes.size() != 1) return {};
  const int index = scene.index_of(*selection.nodes.begin());
  if (index < 0) return {};
  const SceneNode& node = scene.nodes[static_cast<std::size_t>(index)];
  const NodeType* type = find_node_type(node.type);
  const Palette& p = palette();
  const Color tone = p.of(tone_of(scene, node));
  Changes changes;

  const float type_width = text_width(Face::kStrong, 11, node.type) + 16;
  const Rect head = column.take(32, 8);
  TextEntry::Request request;
  request.key = cat("name:", node.name);
  request.value = node.name;
  request.label = tr("inspector.name");
  request.is_mono = false;
  text_field(ui, column.painter, {{0, head.min.y}, {column.width - type_width - 10, head.max.y}}, request, "",
             [name = node.name](std::string_view typed) -> edit::Edit {
               return edit::Rename{name, std::string(typed)};
             });
  const Rect pill{{column.width - type_width, head.min.y + 5}, {column.width, head.max.y - 5}};
  column.painter.fill(pill, fade(tone, 0.13f), 6);
  column.painter.text_middle(Face::kStrong, 11, pill.center(), tone, node.type);
  if (type) {
    column.painter.text(Face::kMono, 11, column.take(18).min, p.soft, type->python);
    const std::string_view help = translated(type->help);
    const float high = text_size(Face::kText, 13, help, column.width).y;
    column.painter.text(Face::kText, 13, column.take(high, 12).min, p.ink, help, column.width);
    draw_formula(column, cat(node.name, " ", type->name, " ", lens != nullptr), snapshot.version,
                 type->formula, [&] { return numbers_of(scene, snapshot, index, *type); });
  }
  draw_error(column, scene, snapshot, index);
  if (lens) {
    draw_session(ui, column, node.name, *lens);
    draw_tensors(ui, column, scene, snapshot, index, lens);
    column.y += 8;
  }

  if (type) {
    for (const NodeField& field : type->fields) {
      if (!field.only_if_field.empty()) {
        const auto other = std::find_if(type->fields.begin(), type->fields.end(),
                                        [&](const NodeField& f) { return f.name == field.only_if_field; });
        if (other != type->fields.end() && attr_text(node, *other) != field.only_if_value) continue;
      }
      append(changes, draw_field(ui, column, node, field));
    }
    std::size_t count = std::max(type->inputs.size(), node.inputs.size());
    if (type->variadic) count = std::max(count, node.inputs.size() + 1);
    if (count > 0) small_heading(column, tr("inspector.inputs"), p.soft);
    for (std::size_t i = 0; i < count; ++i)
      append(changes,
             draw_input(ui, column, node,
                        type->inputs.empty() ? "" : type->inputs[std::min(i, type->inputs.size() - 1)],
                        static_cast<int>(i)));
  }

  if (!lens) draw_tensors(ui, column, scene, snapshot, index, lens);
  column.y += 4;
  const Rect remove = Rect::sized({0, column.take(30, 16).min.y},
                                  {text_width(Face::kStrong, 13, tr("inspector.remove")) + 28, 30});
  if (small_button(ui, column.painter, "remove", remove, tr("inspector.remove")))
    changes.push_back({edit::RemoveNodes{{node.name}}, {}});
  column.painter.hairline({-20, column.y}, {column.width + 20, column.y}, p.line);
  column.y += 14;
  return changes;
}

}  // namespace sandflow::ui
