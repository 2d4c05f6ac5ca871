// See boxes.h.
#include "web/app/boxes.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "engine/core/text.h"
#include "engine/scene/fields.h"
#include "engine/scene/layout.h"
#include "engine/scene/scopes.h"
#include "web/app/derived.h"
#include "web/app/texts.h"

namespace sandflow::ui {

namespace {

constexpr float kLeft = 14, kRight = 12, kHeader = 32, kFooter = 24, kNarrowest = 120;
constexpr float kSign = 13;              // The room of the gradient's ∇.
constexpr float kBadge = 12, kTag = 12;  // What the lens's numbers and tags take above and below a box.

}  // namespace

std::pair<std::string, std::string> advice_for(const SceneNode& node) {
  if (node.type == "Placeholder") return {tr("unfinished.set-title"), tr("unfinished.feed")};
  if (node.type == "Variable") return {tr("unfinished.set-title"), tr("unfinished.shape")};
  const NodeType* type = find_node_type(node.type);
  const std::string inputs = join(type ? missing_inputs(node, *type) : std::vector<std::string>(), ", ",
                                  [](const std::string& input) { return input; });
  return {tr("unfinished.title"), tr("unfinished.advice", {{"inputs", inputs}})};
}

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
      if (field.name == wanted && field.only_if_field.empty()) return &field;
  for (const NodeField& field : type.fields)
    if (field.kind == AttrKind::kTensor) return &field;
  return nullptr;
}

void show_state(NodeBox& box, const NodeSnapshot& state) {
  box.has_error = state.error.has_value();
  box.is_blocked = state.is_blocked;
  box.is_unfinished = state.is_unfinished;
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

Vec lay_out_contents(NodeBox& box) {
  const float name_width = text_width(Face::kStrong, 13, box.label);
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

namespace {

void lay_out_chip(PortBox& port) {
  if (port.port.kind != Port::Kind::kLiteral) return;
  port.chip_text = fitted(Face::kMono, 11, port.port.text, 130);
  const float width = text_width(Face::kMono, 11, port.chip_text) + 14;
  port.chip = {{port.at.x - 9 - width, port.at.y - 9}, {port.at.x - 9, port.at.y + 9}};
}

void lay_out_ports(NodeBox& box, const SceneNode& node, const NodeType* type) {
  std::size_t count = node.inputs.size();
  if (type) count = std::max(count, type->inputs.size());
  if (type && type->variadic) count = std::max(count, node.inputs.size() + 1);  // Room for one more.
  const std::size_t outputs = output_count(node);
  const float most = static_cast<float>(std::max(count, outputs));
  box.rect.max.y = std::max(box.rect.max.y, box.rect.min.y + 16 + kPortStep * most);
  const auto spot = [&](float x, std::size_t i, std::size_t n) {
    return Vec(x, box.rect.center().y + port_offset(i, n));
  };
  for (std::size_t i = 0; i < count; ++i) {
    PortBox port;
    port.at = spot(box.rect.min.x, i, count);
    port.node = node.name;
    port.index = static_cast<int>(i);
    if (type && !type->inputs.empty()) port.name = type->inputs[std::min(i, type->inputs.size() - 1)];
    if (i < node.inputs.size()) port.port = node.inputs[i];
    lay_out_chip(port);
    box.inputs.push_back(std::move(port));
  }
  for (std::size_t i = 0; i < outputs; ++i) {
    PortBox port;
    port.at = spot(box.rect.max.x, i, outputs);
    port.node = node.name;
    port.index = static_cast<int>(i);
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

// Right below its node, or lower where that is free of other nodes and of their errors. What training has
// added makes room for errors that are there before a run, and errors of a run make room for it.
void Boxes::place_errors() {
  constexpr float kLowest = 260, kGap = 6;
  for (NodeBox& box : nodes) {
    if (!box.has_error || box.is_hidden) continue;
    Rect place = box.error_box;
    const auto blocker = [&]() -> std::optional<float> {
      for (const NodeBox& other : nodes) {
        if (&other == &box || other.is_hidden) continue;
        Rect taken = other.rect;
        if (in_session_) taken = {taken.min - Vec(0, kBadge), taken.max + Vec(0, kTag)};
        if (taken.overlaps(place)) return taken.max.y;
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

void Boxes::lay_out_error(NodeBox& box) {
  if (!box.has_error) return;
  const float width = std::max(box.rect.width(), 230.0f);
  const auto high = [&](std::string_view text) {
    return text_size(Face::kText, 11, text, width - 20).y + 32;
  };
  box.error_short = fitted_wrapped(Face::kText, 11, box.error_message, width - 20, 3);
  box.error_height = high(box.error_message);
  box.error_box = Rect::sized({box.rect.min.x, box.rect.max.y + 6 + (in_session_ ? kTag : 0)},
                              {width, high(box.error_short)});
}

int Boxes::index_of(std::string_view name) const {
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (!nodes[i].is_hidden && nodes[i].name == name) return static_cast<int>(i);
  return -1;
}

Boxes::Boxes() : derived_(std::make_unique<Derived>()) {}
Boxes::~Boxes() = default;

const std::vector<Output>& Boxes::shown() const { return derived_->shown(); }

void Boxes::lay_out(const Scene& scene, const Snapshot& snapshot, const Lowered& lowered, std::uint64_t shape,
                    const std::set<std::string>& opened, bool stable, bool in_session) {
  static const NodeSnapshot kNothing;
  in_session_ = in_session;
  if (!stable) {
    sizes_.clear();
    ++version;
  }
  nodes.clear();
  nodes.reserve(scene.nodes.size() + scene.folded.size());
  depth = 0;
  const std::vector<int> depths = depths_of(scene);
  for (std::size_t i = 0; i < scene.nodes.size(); ++i) {
    const SceneNode& node = scene.nodes[i];
    const NodeType* type = find_node_type(node.type);
    NodeBox& box = nodes.emplace_back();
    box.is_hidden = !folded_around(scene, node.name).empty();
    box.tone = tone_of(scene, node);
    box.is_loss = node.name == scene.training.loss;
    if (type)
      if (const NodeField* field = value_field(*type)) box.value_attr = field->name;
    box.name = node.name;
    box.label = last_part(node.name);
    box.type = node.type == box.label ? std::string() : node.type;
    box.depth = depths[i];
    depth = std::max(depth, box.depth);
    show_state(box, i < snapshot.nodes.size() ? snapshot.nodes[i] : kNothing);
    box.is_of_run = box.is_wrong() && i < lowered.nodes.size() && !lowered.nodes[i].error;
    if (box.is_unfinished) std::tie(box.error_kind, box.error_message) = advice_for(node);
    if (box.is_hidden) {
      box.rect = Rect::sized({node.x, node.y}, {kNarrowest, kHeader + kFooter});
    } else {
      Vec& size = sizes_[node.name];
      const Vec needed = lay_out_contents(box);
      size = {std::max(size.x, needed.x), std::max(size.y, needed.y)};
      box.rect = Rect::sized({node.x, node.y}, size);
    }
    lay_out_ports(box, node, type);
    if (!box.is_hidden) lay_out_error(box);
  }
  if (!stable) describe_ports(scene, lowered);
  stands_for_.assign(lowered.owner.begin(), lowered.owner.end());
  for (int& box : stands_for_)
    if (box >= static_cast<int>(scene.nodes.size())) box = -1;
  lay_out_scopes(scene);
  lay_out_frames(scene);
  connect();
  place_errors();
  find_bounds(false);
  if (shape != shape_) derived_->read(scene, lowered);
  shape_ = shape;
  derived_->add_to(*this, stands_for_, scene, snapshot, lowered, opened);
  place_errors();
  find_bounds(true);
}

void Boxes::describe_ports(const Scene& scene, const Lowered& lowered) {
  about_inputs_.clear();
  about_outputs_.clear();
  for (std::size_t i = 0; i < scene.nodes.size() && i < lowered.nodes.size(); ++i) {
    const std::string& node = scene.nodes[i].name;
    const std::vector<Output>& outputs = lowered.nodes[i].outputs;
    for (std::size_t k = 0; k < outputs.size(); ++k)
      about_outputs_[{node, static_cast<int>(k)}] =
          cat(lowered.graph->shape(outputs[k]).python(), "  ", name(lowered.graph->dtype(outputs[k])));
    const NodeType* type = find_node_type(scene.nodes[i].type);
    for (std::size_t k = 0; type && k < nodes[i].inputs.size(); ++k)
      about_inputs_[{node, static_cast<int>(k)}] = dtypes_text(*type, k);
  }
}

const std::string& Boxes::about(const PortBox& port, bool is_input) const {
  static const std::string kNothing;
  const auto& known = is_input ? about_inputs_ : about_outputs_;
  const auto it = known.find({port.node, port.index});
  return it == known.end() ? kNothing : it->second;
}

// Where a folded scope's box of the given size stands: where its members begin, or in their middle, or where
// one of them stands, or else as near to them as it lies on nothing. Moved together they take it with them,
// wherever they are put.
Vec Boxes::place_scope(const Scene& scene, const NodeBox& box, const std::vector<bool>& is_placed) {
  constexpr float kGap = 10, kStep = 20;
  constexpr int kFarthest = 40;
  std::vector<Vec> corners;
  for (const std::string& member : box.members)
    if (const SceneNode* node = scene.find(member)) corners.emplace_back(node->x, node->y);
  Vec first{1e9f, 1e9f}, last{-1e9f, -1e9f};
  for (const Vec corner : corners) {
    first = {std::min(first.x, corner.x), std::min(first.y, corner.y)};
    last = {std::max(last.x, corner.x), std::max(last.y, corner.y)};
  }
  const Vec size = box.rect.size(),
            middle = (first + last + Vec(kNarrowest, kHeader + kFooter) - size) * 0.5f;
  ScopePlace& known = scope_places_[box.name];
  std::vector<Vec> members;
  for (const Vec corner : corners) members.push_back(corner - first);
  const bool is_same =
      std::equal(members.begin(), members.end(), known.members.begin(), known.members.end(),
                 [](Vec a, Vec b) { return distance(a, b) < 2; });  // Dragged, they are rounded.
  if (is_same) return first + known.at;
  known.members = std::move(members);
  const auto is_free = [&](Vec at) {
    const Rect place = Rect::sized(at, size).grown(kGap);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (nodes[i].is_hidden || !is_placed[i]) continue;
      Rect taken = nodes[i].rect;
      for (const PortBox& port : nodes[i].inputs)
        if (port.chip.width() > 0) taken.min.x = std::min(taken.min.x, port.chip.min.x);
      if (taken.overlaps(place)) return false;
    }
    return true;
  };
  std::sort(corners.begin(), corners.end(),
            [&](Vec a, Vec b) { return distance(a, middle) < distance(b, middle); });
  corners.insert(corners.begin(), {first, middle});
  for (const Vec corner : corners)
    if (is_free(corner)) {
      known.at = corner - first;
      return corner;
    }
  for (int ring = 1; ring <= kFarthest; ++ring)
    for (int y = -ring; y <= ring; ++y)
      for (int x = -ring; x <= ring; x += std::abs(y) == ring ? 1 : 2 * ring)
        if (const Vec at = middle + Vec(static_cast<float>(x), static_cast<float>(y)) * kStep; is_free(at)) {
          known.at = at - first;
          return at;
        }
  known.at = middle - first;
  return middle;
}

// A box for every folded scope that is not in another one: near its members, with the ports that lead in and
// out of it, and what comes out of it as its value.
void Boxes::lay_out_scopes(const Scene& scene) {
  std::map<std::string_view, std::size_t> index;
  for (std::size_t i = 0; i < scene.nodes.size(); ++i) index[scene.nodes[i].name] = i;
  std::vector<int> scope_box(scene.nodes.size(), -1);
  std::map<std::string, int, std::less<>> known;
  const std::size_t count = scene.nodes.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (!nodes[i].is_hidden) continue;
    const std::string scope(folded_around(scene, scene.nodes[i].name));
    const auto [it, is_new] = known.try_emplace(scope, static_cast<int>(nodes.size()));
    if (is_new) {
      NodeBox& box = nodes.emplace_back();
      box.kind = NodeBox::Kind::kScope;
      box.name = scope;
      box.label = last_part(scope);
    }
    scope_box[i] = it->second;
    NodeBox& box = nodes[static_cast<std::size_t>(it->second)];
    box.members.push_back(scene.nodes[i].name);
    ++box.count;
    box.depth = std::max(box.depth, nodes[i].depth);
    box.is_loss |= nodes[i].is_loss;
    // A mistake rather than what is not connected yet.
    if (nodes[i].has_error && (!box.has_error || (box.is_unfinished && !nodes[i].is_unfinished))) {
      box.has_error = true;
      box.is_unfinished = nodes[i].is_unfinished;
      box.is_of_run = nodes[i].is_of_run;
      box.error_kind = nodes[i].error_kind;
      box.error_message = cat(nodes[i].label, ": ", nodes[i].error_message);
    }
  }
  // Which outputs are used outside, or nowhere.
  std::map<std::pair<std::size_t, int>, bool> is_used_outside;
  std::set<std::size_t> is_used;
  for (std::size_t i = 0; i < count; ++i)
    for (const Port& port : scene.nodes[i].inputs) {
      if (port.kind != Port::Kind::kWire) continue;
      const WireEnd end = parse_wire(port.text);
      const auto from = index.find(end.node);
      if (from == index.end() || scope_box[from->second] < 0) continue;
      is_used.insert(from->second);
      if (scope_box[from->second] != scope_box[i]) is_used_outside[{from->second, end.output}] = true;
    }
  for (std::size_t i = 0; i < count; ++i) {
    if (scope_box[i] < 0) continue;
    NodeBox& box = nodes[static_cast<std::size_t>(scope_box[i])];
    const NodeType* type = find_node_type(scene.nodes[i].type);
    for (PortBox port : nodes[i].inputs) {
      const auto k = static_cast<std::size_t>(port.index);
      if (port.port.kind == Port::Kind::kLiteral) continue;
      if (port.port.kind == Port::Kind::kEmpty &&
          (!type || k >= scene.nodes[i].inputs.size() || k + type->optional >= type->inputs.size()))
        continue;
      if (port.port.kind == Port::Kind::kWire) {
        const auto from = index.find(parse_wire(port.port.text).node);
        if (from != index.end() && scope_box[from->second] == scope_box[i]) continue;
      }
      port.name = cat(nodes[i].label, ".", port.name);
      box.inputs.push_back(std::move(port));
    }
    for (PortBox port : nodes[i].outputs) {
      if (is_used.count(i) ? !is_used_outside.count({i, port.index}) : port.index > 0) continue;
      port.name = nodes[i].label;
      // What comes out of the scope is its value: the last of them.
      box.has_value = nodes[i].has_value;
      box.has_gradient = nodes[i].has_gradient;
      box.value = nodes[i].value;
      box.gradient = nodes[i].gradient;
      box.shape = nodes[i].shape;
      box.order = nodes[i].order;
      box.outputs.push_back(std::move(port));
    }
  }
  std::erase_if(scope_places_, [&](const auto& place) { return !known.count(place.first); });
  std::vector<bool> is_placed(nodes.size(), true);
  for (const auto& each : known) is_placed[static_cast<std::size_t>(each.second)] = false;
  for (const auto& [scope, at] : known) {
    NodeBox& box = nodes[static_cast<std::size_t>(at)];
    box.type = tr("scope.count", {{"count", std::to_string(box.count)}});
    Vec needed = lay_out_contents(box);
    needed.x += 20;  // For the sign that opens it.
    needed.y = std::max(needed.y,
                        16 + kPortStep * static_cast<float>(std::max(box.inputs.size(), box.outputs.size())));
    Vec& size = sizes_[cat(scope, "/")];
    size = {std::max(size.x, needed.x), std::max(size.y, needed.y)};
    box.rect = Rect::sized({0, 0}, size);
    box.rect = Rect::sized(place_scope(scene, box, is_placed), size);
    is_placed[static_cast<std::size_t>(at)] = true;
    for (std::size_t i = 0; i < box.inputs.size(); ++i)
      box.inputs[i].at = {box.rect.min.x, box.rect.center().y + port_offset(i, box.inputs.size())};
    for (std::size_t i = 0; i < box.outputs.size(); ++i)
      box.outputs[i].at = {box.rect.max.x, box.rect.center().y + port_offset(i, box.outputs.size())};
    lay_out_error(box);
  }
  for (int& box : stands_for_)
    if (box >= 0 && scope_box[static_cast<std::size_t>(box)] >= 0)
      box = scope_box[static_cast<std::size_t>(box)];
}

void Boxes::lay_out_frames(const Scene& scene) {
  frames.clear();
  std::map<std::string, FrameBox> open;
  for (const NodeBox& box : nodes) {
    if (box.is_hidden) continue;
    Rect all = box.rect;
    for (const PortBox& port : box.inputs)
      if (port.chip.width() > 0) all.min.x = std::min(all.min.x, port.chip.min.x);
    int inner = 0;  // Frames within frames need room for each other.
    for (std::string_view scope = scope_of(box.name); !scope.empty(); scope = scope_of(scope)) {
      const auto [it, is_new] = open.try_emplace(std::string(scope));
      FrameBox& frame = it->second;
      if (is_new) frame.rect = {{1e9f, 1e9f}, {-1e9f, -1e9f}};
      const float around = kFramePadding * static_cast<float>(inner),
                  above = around + kFrameHead * static_cast<float>(inner);
      frame.rect.min = {std::min(frame.rect.min.x, all.min.x - around),
                        std::min(frame.rect.min.y, all.min.y - above)};
      frame.rect.max = {std::max(frame.rect.max.x, all.max.x + around),
                        std::max(frame.rect.max.y, all.max.y + around)};
      ++inner;
    }
  }
  for (auto& [scope, frame] : open) {
    frame.scope = scope;
    frame.label = last_part(scope);
    frame.rect.min = frame.rect.min - Vec(kFramePadding, kFramePadding + kFrameHead - 8);
    frame.rect.max = frame.rect.max + Vec(kFramePadding, kFramePadding);
    frame.rect.max.x =
        std::max(frame.rect.max.x, frame.rect.min.x + text_width(Face::kStrong, 13, frame.label) + 56);
    frame.head = {frame.rect.min, {frame.rect.max.x, frame.rect.min.y + kFrameHead}};
    for (int member : members_of(scene, scope))
      frame.members.push_back(scene.nodes[static_cast<std::size_t>(member)].name);
    frames.push_back(std::move(frame));  // In the order of names: outer ones first.
  }
}

void Boxes::connect() {
  wires.clear();
  // Which visible box shows an output, and at which of its ports.
  std::map<std::pair<std::string_view, int>, std::pair<int, int>> sources;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (!nodes[i].is_hidden)
      for (std::size_t k = 0; k < nodes[i].outputs.size(); ++k)
        sources[{nodes[i].outputs[k].node, nodes[i].outputs[k].index}] = {static_cast<int>(i),
                                                                          static_cast<int>(k)};
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].is_hidden) continue;
    for (std::size_t input = 0; input < nodes[i].inputs.size(); ++input) {
      const PortBox& port = nodes[i].inputs[input];
      if (port.port.kind != Port::Kind::kWire) continue;
      const WireEnd end = parse_wire(port.port.text);
      auto source = sources.find({end.node, end.output});
      if (source == sources.end()) source = sources.find({end.node, 0});  // An output that does not exist.
      if (source == sources.end()) continue;
      const auto [from, output] = source->second;
      wires.push_back({from, output, static_cast<int>(i), static_cast<int>(input),
                       nodes[static_cast<std::size_t>(from)].outputs[static_cast<std::size_t>(output)].at,
                       port.at});
    }
  }
}

void Boxes::find_bounds(bool with_errors_of_run) {
  bounds = {{1e9f, 1e9f}, {-1e9f, -1e9f}};
  const auto include = [&](const Rect& r) {
    bounds = {{std::min(bounds.min.x, r.min.x), std::min(bounds.min.y, r.min.y)},
              {std::max(bounds.max.x, r.max.x), std::max(bounds.max.y, r.max.y)}};
  };
  for (const NodeBox& box : nodes) {
    if (box.is_hidden) continue;
    include(box.rect);
    if (box.has_error && (with_errors_of_run || !box.is_of_run)) include({box.rect.min, box.error_box.max});
    for (const PortBox& port : box.inputs)
      if (port.chip.width() > 0) include(port.chip);
  }
  for (const FrameBox& frame : frames) include(frame.rect);
}

}  // namespace sandflow::ui
