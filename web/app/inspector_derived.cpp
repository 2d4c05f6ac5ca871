// The inspector's entry of what training has added to the graph: an operation, a slot, `init`, or a scope.
#include <algorithm>
#include <vector>

#include "engine/core/text.h"
#include "web/app/boxes.h"
#include "web/app/inspector.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/widgets.h"

namespace sandflow::ui {

namespace {

constexpr std::size_t kMostRows = 12;

// Why it is there; a scope's nodes are all of one kind, or the optimizer has gathered them.
const char* reason_of(const Lowered& lowered, std::string_view name, const std::vector<const Node*>& nodes) {
  const auto are_all = [&](auto is) {
    return std::all_of(nodes.begin(), nodes.end(), [&](const Node* each) { return is(each->id); });
  };
  if (are_all([&](int id) { return id == lowered.model.init_op; })) return "derived.init";
  if (are_all([&](int id) { return lowered.schedule.has(id); })) return "derived.schedule";
  if (are_all([&](int id) { return lowered.clipping.has(id); })) return "derived.clipping";
  return name.starts_with("gradients") ? "derived.gradients" : "derived.optimizer";
}

void row(Column& column, std::string_view name, std::string_view what, std::string_view shape) {
  const Palette& p = palette();
  const Rect line = column.take(22);
  const float y = line.center().y - line_height(Face::kText, 13) / 2;
  column.painter.text(Face::kText, 13, {0, y}, p.soft, fitted(Face::kText, 13, name, 104));
  const float right = text_width(Face::kMono, 11, shape);
  column.painter.text(Face::kMono, 11, {112, y + 2}, p.ink,
                      fitted(Face::kMono, 11, what, std::max(40.0f, column.width - 112 - right - 10)));
  column.painter.text_right(Face::kMono, 11, {column.width, y + 2}, p.soft, shape);
}

void heading(Column& column, std::string_view text) {
  const Rect line = column.take(26);
  column.painter.text(Face::kStrong, 11, {0, line.max.y - 18}, palette().soft, text);
}

void paragraph(Column& column, std::string_view text, Color color) {
  const float high = text_size(Face::kText, 13, text, column.width).y;
  column.painter.text(Face::kText, 13, column.take(high, 10).min, color, text, column.width);
}

std::string about(const Node::Result& output) { return cat(output.shape.python(), "  ", name(output.dtype)); }

}  // namespace

void Inspector::draw_derived(Ui& ui, Column& column, const Snapshot& snapshot, const Lowered& lowered,
                             const Boxes& boxes, const std::string& chosen) {
  const Graph& graph = *lowered.graph;
  const int box = boxes.index_of(chosen);
  if (box < 0) return;
  const bool is_scope = boxes.nodes[static_cast<std::size_t>(box)].is_scope();
  const auto found = std::find_if(graph.nodes().begin(), graph.nodes().end(),
                                  [&](const Node& each) { return each.name == chosen; });
  const Node* node = found == graph.nodes().end() ? nullptr : &*found;
  std::vector<const Node*> members;
  for (const Node& each : graph.nodes())
    if (is_scope && boxes.box_of(each.id) == box) members.push_back(&each);
  if (!node && members.empty()) return;

  const Palette& p = palette();
  const std::string& pill_text = boxes.nodes[static_cast<std::size_t>(box)].type;
  const float pill_width = text_width(Face::kStrong, 11, pill_text) + 16;
  const Rect head = column.take(28, 4);
  const Color violet = p.of(Tone::kGradient);
  const Rect pill{{column.width - pill_width, head.min.y + 3}, {column.width, head.max.y - 3}};
  column.painter.text(Face::kStrong, 13, {0, head.center().y - line_height(Face::kStrong, 13) / 2}, p.ink,
                      fitted(Face::kStrong, 13, is_scope ? chosen.substr(0, chosen.size() - 1) : chosen,
                             column.width - pill_width - 10));
  column.painter.fill(pill, fade(violet, 0.13f), 6);
  column.painter.text_middle(Face::kStrong, 11, pill.center(), violet, pill_text);
  if (node) {
    column.painter.text(Face::kMono, 11, column.take(18).min, p.soft, node->op->python);
    paragraph(column, translated(node->op->help), p.ink);
    draw_formula(column, cat(node->name, " ", node->op->type), 0, node->op->formula,
                 [] { return Numbers(); });
  }
  paragraph(column, tr(reason_of(lowered, chosen, node ? std::vector{node} : members)), p.soft);

  if (node) {
    if (!node->inputs.empty()) heading(column, tr("inspector.inputs"));
    for (std::size_t i = 0; i < std::min(node->inputs.size(), kMostRows); ++i) {
      const Output input = node->inputs[i];
      row(column, node->op->input(i, node->inputs.size()).name, graph.tensor_name(input),
          about(graph.node(input.node).outputs[static_cast<std::size_t>(input.index)]));
    }
    if (!node->control_inputs.empty()) heading(column, tr("derived.runs-first"));
    for (std::size_t i = 0; i < std::min(node->control_inputs.size(), kMostRows); ++i) {
      const Node& first = graph.node(node->control_inputs[i]);
      row(column, first.op->type, first.name, "");
    }
    if (std::max(node->inputs.size(), node->control_inputs.size()) > kMostRows) row(column, "…", "", "");
    if (!node->outputs.empty()) row(column, tr("inspector.shape"), "", about(node->outputs[0]));
    const auto value = snapshot.watched.find(node->id);
    if (value != snapshot.watched.end() && value->second.defined())
      tensors_.draw(ui, column, cat("derived ", node->name, " ", snapshot.version, " ", texts_version()),
                    {{tr("inspector.value"), value->second}});
  } else {
    heading(column, tr("derived.inside"));
    for (std::size_t i = 0; i < std::min(members.size(), kMostRows); ++i)
      row(column, members[i]->op->type,
          members[i]->name.starts_with(chosen) ? members[i]->name.substr(chosen.size()) : members[i]->name,
          members[i]->outputs.empty() ? std::string() : members[i]->outputs[0].shape.python());
    if (members.size() > kMostRows) row(column, "…", "", "");
  }
  column.y += 12;
  column.painter.hairline({-20, column.y}, {column.width + 20, column.y}, p.line);
  column.y += 14;
}

}  // namespace sandflow::ui
