// See boxes.h.
#include "web/app/boxes.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "engine/core/text.h"
#include "engine/scene/fields.h"
#include "web/app/texts.h"

namespace sandflow::ui {

namespace {

constexpr float kLeft = 14, kRight = 12, kHeader = 32, kFooter = 24, kPortStep = 20, kNarrowest = 120;
constexpr float kSign = 13;  // The room of the gradient's ∇.

}  // namespace

Tone tone_of(const Scene& scene, const SceneNode& node) {
  if (!scene.training.loss.empty() && node.name == scene.training.loss) return Tone::kLoss;
  if (node.type == "Placeholder") return Tone::kData;
  const NodeType* type = find_node_type(node.type);
  if (!type) return Tone::kOther;
  switch (type->family) {
    case Family::kState:
      return Tone::kVariable;
    case Family::kLoss:
      return Tone::kLoss;
    case Family::kTraining:
      return Tone::kGradient;
    default:
      return node.type == "Variable" ? Tone::kVariable : Tone::kOther;
  }
}

const NodeField* value_field(const NodeType& type) {
  for (std::string_view wanted : {"feed", "value", "initial_value"})
    for (const NodeField& field : type.fields)
      if (field.name == wanted) return &field;
  for (const NodeField& field : type.fields)
    if (field.kind == AttrKind::kTensor) return &field;
  return nullptr;
}

namespace {

void lay_out_text(NodeBox& box, const SceneNode& node, const NodeSnapshot& state) {
  box.name = node.name;
  box.type = node.type == node.name ? std::string() : node.type;
  box.has_error = state.error.has_value();
  box.is_blocked = state.is_blocked;
  box.has_value = state.value.defined();
  box.has_gradient = state.gradient.defined();
  box.order = state.order;
  if (state.error) {
    box.error_kind = name(state.error->kind);
    box.error_message = state.error->message;
  }
  const Shape& shape = box.has_value ? state.value.shape() : state.shape;
  const bool is_known = !state.graph_name.empty() || box.has_value;
  box.shape = is_known ? cat(shape.python(), "  ", name(box.has_value ? state.value.dtype() : state.dtype))
                       : std::string();
  box.value = view_of(state.value, box.tone == Tone::kVariable);
  box.gradient = view_of(state.gradient, false, true);
}

// Places the contents; the size they need.
Vec lay_out_contents(NodeBox& box) {
  const float name_width = text_width(Face::kStrong, 13, box.name);
  const float type_width = box.type.empty() ? 0 : text_width(Face::kStrong, 11, box.type) + 16;
  box.is_type_below = name_width + type_width > 160 && !box.type.empty();
  float width = box.is_type_below ? std::max(name_width, type_width - 16) : name_width + type_width;
  float y = box.is_type_below ? kHeader + 14 : kHeader;

  const bool has_gradient = box.gradient.kind != ValueView::Kind::kNone;
  const float sign = has_gradient ? kSign : 0;
  // Flat ones one above the other, high ones side by side.
  const bool is_heat = box.value.kind == ValueView::Kind::kHeat;
  const bool is_stacked =
      has_gradient && ((box.value.kind == ValueView::Kind::kNumbers && box.value.columns > 1) ||
                       (is_heat && box.value.rows <= 4 && box.value.columns > 4));
  box.value_at = {kLeft, y};
  if (is_stacked) {
    const float under = is_heat ? box.value.heat_size().y + 5 : box.value.size.y + 2;
    box.value_at.x += sign;
    box.gradient_at = {kLeft + sign, y + under};
    width = std::max({width, sign + box.value.size.x, sign + box.gradient.size.x});
    y += std::max(box.value.size.y, under + box.gradient.size.y);
  } else {
    const float high = std::max(box.value.size.y, box.gradient.size.y);
    const float gap = box.value.size.x > 0 ? 10 : 0;
    box.value_at.y += (high - box.value.size.y) / 2;
    box.gradient_at = {kLeft + box.value.size.x + gap + sign, y + (high - box.gradient.size.y) / 2};
    width = std::max(width, box.value.size.x + (has_gradient ? gap + sign + box.gradient.size.x : 0));
    y += high;
  }
  if (box.value.kind != ValueView::Kind::kNone || has_gradient) y += 6;
  width = std::max(width, text_width(Face::kMono, 11, box.shape));
  return {std::ceil(std::max(kNarrowest, kLeft + kRight + width)), y + kFooter};
}

void lay_out_ports(NodeBox& box, const SceneNode& node, const NodeType* type) {
  std::size_t count = node.inputs.size();
  if (type) count = std::max(count, type->inputs.size());
  if (type && type->variadic) count = std::max(count, node.inputs.size() + 1);  // Room for one more.
  const std::size_t outputs = output_count(node);
  const float most = static_cast<float>(std::max(count, outputs));
  box.rect.max.y = std::max(box.rect.max.y, box.rect.min.y + 16 + kPortStep * most);
  const auto spot = [&](float x, std::size_t i, std::size_t n) {
    return Vec(x, box.rect.center().y + kPortStep * (static_cast<float>(i) - static_cast<float>(n - 1) / 2));
  };
  for (std::size_t i = 0; i < count; ++i) {
    PortBox port;
    port.at = spot(box.rect.min.x, i, count);
    if (type && !type->inputs.empty()) port.name = type->inputs[std::min(i, type->inputs.size() - 1)];
    if (i < node.inputs.size()) port.port = node.inputs[i];
    if (port.port.kind == Port::Kind::kLiteral) {
      port.chip_text = fitted(Face::kMono, 11, port.port.text, 130);
      const float width = text_width(Face::kMono, 11, port.chip_text) + 14;
      port.chip = {{port.at.x - 9 - width, port.at.y - 9}, {port.at.x - 9, port.at.y + 9}};
    }
    box.inputs.push_back(std::move(port));
  }
  for (std::size_t i = 0; i < outputs; ++i) {
    PortBox port;
    port.at = spot(box.rect.max.x, i, outputs);
    if (type && !type->outputs.empty()) port.name = type->outputs[std::min(i, type->outputs.size() - 1)];
    box.outputs.push_back(std::move(port));
  }
}

// How many wires lie before each node on the longest way to it; on a cycle 0.
std::vector<int> depths_of(const Scene& scene) {
  std::map<std::string_view, std::size_t> index;
  for (std::size_t i = 0; i < scene.nodes.size(); ++i) index[scene.nodes[i].name] = i;
  std::vector<int> depths(scene.nodes.size(), 0), waiting(scene.nodes.size(), 0);
  std::vector<std::vector<std::size_t>> consumers(scene.nodes.size());
  for (std::size_t i = 0; i < scene.nodes.size(); ++i)
    for (const Port& port : scene.nodes[i].inputs) {
      const auto from = port.kind == Port::Kind::kWire ? index.find(parse_wire(port.text).node) : index.end();
      if (from == index.end()) continue;
      ++waiting[i];
      consumers[from->second].push_back(i);
    }
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < waiting.size(); ++i)
    if (waiting[i] == 0) ready.push_back(i);
  while (!ready.empty()) {
    const std::size_t from = ready.back();
    ready.pop_back();
    for (std::size_t to : consumers[from]) {
      depths[to] = std::max(depths[to], depths[from] + 1);
      if (--waiting[to] == 0) ready.push_back(to);
    }
  }
  return depths;
}

}  // namespace

// Right below its node, or lower where that is free of other nodes and of their errors.
void Boxes::place_errors() {
  constexpr float kLowest = 260, kGap = 6;
  for (NodeBox& box : nodes) {
    if (!box.has_error) continue;
    Rect place = box.error_box;
    const auto blocker = [&]() -> std::optional<float> {
      for (const NodeBox& other : nodes) {
        if (&other == &box) continue;
        if (other.rect.overlaps(place)) return other.rect.max.y;
        if (other.has_error && &other < &box && other.error_box.overlaps(place)) return other.error_box.max.y;
      }
      return {};
    };
    auto below = blocker();
    while (below && place.min.y - box.rect.max.y < kLowest) {
      place = place.moved({0, *below + kGap - place.min.y});
      below = blocker();
    }
    if (!below) box.error_box = place;
  }
}

void Boxes::lay_out(const Scene& scene, const Snapshot& snapshot, bool stable) {
  static const NodeSnapshot kNothing;
  if (!stable) sizes_.clear();
  nodes.clear();
  wires.clear();
  bounds = {{1e9f, 1e9f}, {-1e9f, -1e9f}};
  depth = 0;
  const std::vector<int> depths = depths_of(scene);
  for (std::size_t i = 0; i < scene.nodes.size(); ++i) {
    const SceneNode& node = scene.nodes[i];
    const NodeType* type = find_node_type(node.type);
    NodeBox& box = nodes.emplace_back();
    box.tone = tone_of(scene, node);
    box.is_loss = node.name == scene.training.loss;
    if (type)
      if (const NodeField* field = value_field(*type)) box.value_attr = field->name;
    lay_out_text(box, node, i < snapshot.nodes.size() ? snapshot.nodes[i] : kNothing);
    Vec& size = sizes_[node.name];
    const Vec needed = lay_out_contents(box);
    size = {std::max(size.x, needed.x), std::max(size.y, needed.y)};
    box.rect = Rect::sized({node.x, node.y}, size);
    lay_out_ports(box, node, type);
    box.depth = depths[i];
    depth = std::max(depth, box.depth);
    if (box.has_error) {
      const float width = std::max(box.rect.width(), 230.0f);
      const auto high = [&](std::string_view text) {
        return text_size(Face::kText, 11, text, width - 20).y + 32;
      };
      box.error_short = fitted_wrapped(Face::kText, 11, box.error_message, width - 20, 2);
      box.error_height = high(box.error_message);
      box.error_box = Rect::sized({box.rect.min.x, box.rect.max.y + 6}, {width, high(box.error_short)});
    }
    Rect all = box.rect;
    for (const PortBox& port : box.inputs)
      if (port.chip.width() > 0) all.min.x = std::min(all.min.x, port.chip.min.x);
    bounds = {{std::min(bounds.min.x, all.min.x), std::min(bounds.min.y, all.min.y)},
              {std::max(bounds.max.x, all.max.x), std::max(bounds.max.y, all.max.y)}};
  }
  place_errors();
  for (const NodeBox& box : nodes)
    if (box.has_error)
      bounds.max = {std::max(bounds.max.x, box.error_box.max.x), std::max(bounds.max.y, box.error_box.max.y)};
  for (std::size_t i = 0; i < nodes.size(); ++i)
    for (std::size_t input = 0; input < nodes[i].inputs.size(); ++input) {
      const PortBox& port = nodes[i].inputs[input];
      if (port.port.kind != Port::Kind::kWire) continue;
      const WireEnd end = parse_wire(port.port.text);
      const int from = scene.index_of(end.node);
      if (from < 0) continue;
      const NodeBox& source = nodes[static_cast<std::size_t>(from)];
      const auto output =
          static_cast<std::size_t>(std::clamp(end.output, 0, static_cast<int>(source.outputs.size()) - 1));
      wires.push_back({from, static_cast<int>(output), static_cast<int>(i), static_cast<int>(input),
                       source.outputs[output].at, port.at});
    }
}

}  // namespace sandflow::ui
