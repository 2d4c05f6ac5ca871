// See inspector.h.
#include "web/app/inspector.h"

#include <algorithm>
#include <set>
#include <vector>

#include "engine/core/print.h"
#include "engine/core/text.h"
#include "engine/scene/node_types.h"
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
      if (name.empty()) name = tr("inspector.default");
    if (const auto chosen = choice(ui, column.painter, id, box, names, current))
      if (is_listed || *chosen > 0)
        return {{edit::SetAttr{node.name, field.name,
                               field.choices[static_cast<std::size_t>(*chosen - (is_listed ? 0 : 1))]},
                 {}}};
    return {};
  }
  TextEntry::Request request;
  request.key = id;
  request.value = text;
  request.label = field.name;
  text_field(ui, column.painter, box, request, tr("inspector.default"),
             [name = node.name, attr = field.name](std::string_view typed) -> edit::Edit {
               return edit::SetAttr{name, attr, std::string(typed)};
             });
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

void draw_error(Column& column, const Scene& scene, const Snapshot& snapshot, int index) {
  const Palette& p = palette();
  const auto at = static_cast<std::size_t>(index);
  if (at >= snapshot.nodes.size()) return;
  const NodeSnapshot& state = snapshot.nodes[at];
  const int blocker = !state.error && state.is_blocked ? blocker_of(scene, snapshot, index) : -1;
  if (state.error) {
    const float high = text_size(Face::kText, 13, state.error->message, column.width - 24).y;
    const Rect box = column.take(high + 40, 12);
    column.painter.fill(box, fade(p.of(Tone::kLoss), 0.08f), 8);
    column.painter.frame(box, fade(p.of(Tone::kLoss), 0.35f), 8);
    column.painter.text(Face::kStrong, 13, box.min + Vec(12, 9), p.of(Tone::kLoss), name(state.error->kind));
    column.painter.text(Face::kText, 13, box.min + Vec(12, 29), p.ink, state.error->message,
                        column.width - 24);
  } else if (state.is_blocked) {
    const std::string text =
        blocker < 0
            ? std::string(tr("inspector.blocked"))
            : cat(tr("inspector.blocked-by", {{"node", scene.nodes[static_cast<std::size_t>(blocker)].name}}),
                  "\n", snapshot.nodes[static_cast<std::size_t>(blocker)].error->text());
    const float high = text_size(Face::kText, 13, text, column.width - 24).y;
    const Rect box = column.take(high + 16, 12);
    column.painter.dashed_frame(box, p.soft, 8, 1, 4);
    column.painter.text(Face::kText, 13, box.min + Vec(12, 8), p.soft, text, column.width - 24);
  }
}

}  // namespace

Changes Inspector::draw(Ui& ui, Column& column, const Scene& scene, const Snapshot& snapshot,
                        Selection& selection) {
  if (selection.nodes.size() != 1) return {};
  const int index = scene.index_of(*selection.nodes.begin());
  if (index < 0) return {};
  static const NodeSnapshot kNothing;
  const SceneNode& node = scene.nodes[static_cast<std::size_t>(index)];
  const NodeSnapshot& state = static_cast<std::size_t>(index) < snapshot.nodes.size()
                                  ? snapshot.nodes[static_cast<std::size_t>(index)]
                                  : kNothing;
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
  }
  draw_error(column, scene, snapshot, index);

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

  refresh(node, state, snapshot.version, column.width);
  if (state.value.defined())
    draw_tensor(column, tr("inspector.value"), value_, p.ink);
  else if (!state.graph_name.empty())
    small_heading(column, cat(tr("inspector.shape"), "  ", state.shape.python(), "  ", name(state.dtype)),
                  p.soft);
  if (state.gradient.defined())
    draw_tensor(column, tr("inspector.gradient"), gradient_, p.of(Tone::kGradient));
  column.y += 4;
  const Rect remove = Rect::sized({0, column.take(30, 16).min.y},
                                  {text_width(Face::kStrong, 13, tr("inspector.remove")) + 28, 30});
  if (small_button(ui, column.painter, "remove", remove, tr("inspector.remove")))
    changes.push_back({edit::RemoveNodes{{node.name}}, {}});
  column.painter.hairline({-20, column.y}, {column.width + 20, column.y}, p.line);
  column.y += 14;
  return changes;
}

Inspector::Printed Inspector::print(const Tensor& tensor, float width) {
  Printed printed;
  if (!tensor.defined()) return printed;
  printed.text = str(tensor);
  if (printed.text.size() > 1200) printed.text = printed.text.substr(0, 1200) + "…";
  // Columns of numbers stay columns as long as the eye can follow.
  while (printed.size > 9 && text_width(Face::kMono, printed.size, printed.text) > width - 24)
    printed.size -= 1;
  printed.text = fitted_lines(printed.text, printed.size, width - 24);
  printed.height = std::min(220.0f, text_size(Face::kMono, printed.size, printed.text).y);
  printed.text = cat(tensor.shape().python(), "  ", name(tensor.dtype()), "\n", printed.text);
  if (has_numbers(tensor) && tensor.elements() > 1) {
    const Statistics s = statistics(tensor);
    const double numbers[] = {s.minimum, s.maximum, s.mean, s.deviation};
    for (int i = 0; i < 4; ++i) printed.numbers[i] = short_number(numbers[i]);
    printed.has_numbers = true;
  }
  return printed;
}

void Inspector::refresh(const SceneNode& node, const NodeSnapshot& state, std::uint64_t version,
                        float width) {
  if (node.name == node_ && version == version_) return;
  node_ = node.name;
  version_ = version;
  value_ = print(state.value, width);
  gradient_ = print(state.gradient, width);
}

void Inspector::draw_tensor(Column& column, std::string_view title, const Printed& printed,
                            Color color) const {
  const Palette& p = palette();
  const std::size_t end = printed.text.find('\n');
  const Rect row = column.take(24);
  column.painter.text(Face::kStrong, 11, {0, row.max.y - 18}, color == p.ink ? p.soft : color, title);
  column.painter.text_right(Face::kMono, 11, {column.width, row.max.y - 18}, p.soft,
                            std::string_view(printed.text).substr(0, end));
  const Rect box = column.take(printed.height + 18, 8);
  column.painter.fill(box, p.field, 8);
  column.painter.clip(box.grown(-4));
  column.painter.text(Face::kMono, printed.size, box.min + Vec(12, 9), color,
                      std::string_view(printed.text).substr(end + 1));
  column.painter.unclip();
  if (!printed.has_numbers) return;
  const Rect cells = column.take(34, 8);
  constexpr const char* kKeys[] = {"stat.min", "stat.max", "stat.mean", "stat.std"};
  for (int i = 0; i < 4; ++i) {
    const float x = column.width / 4 * static_cast<float>(i);
    column.painter.text(Face::kText, 11, {x, cells.min.y}, p.soft, tr(kKeys[i]));
    column.painter.text(Face::kMono, 13, {x, cells.min.y + 15}, color, printed.numbers[i]);
  }
}

}  // namespace sandflow::ui
