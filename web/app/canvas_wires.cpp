// Wires with a loose end: dragged, or taken from tap to tap, or led by keys; where they may go, and what
// TensorFlow says of it before they are let go. See canvas.h.
#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/core/text.h"
#include "web/app/canvas.h"
#include "web/app/texts.h"
#include "web/app/widgets.h"
#include "web/app/wires.h"

namespace sandflow::ui {

namespace {

// All input ports that a wire can be led to, as one reads: box by box from left to right, then downwards.
std::vector<std::pair<int, int>> ports_in_order(const Boxes& boxes, const std::string& but_of) {
  std::vector<std::pair<int, int>> ports;
  for (std::size_t i = 0; i < boxes.nodes.size(); ++i) {
    const NodeBox& box = boxes.nodes[i];
    if (box.is_hidden || box.is_derived()) continue;
    for (std::size_t k = 0; k < box.inputs.size(); ++k)
      if (box.inputs[k].node != but_of) ports.push_back({static_cast<int>(i), static_cast<int>(k)});
  }
  std::stable_sort(ports.begin(), ports.end(), [&](const auto& a, const auto& b) {
    const Vec p = boxes.nodes[static_cast<std::size_t>(a.first)].rect.min,
              q = boxes.nodes[static_cast<std::size_t>(b.first)].rect.min;
    return p.x != q.x ? p.x < q.x : p.y < q.y;
  });
  return ports;
}

const PortBox& port_of(const Boxes& boxes, int box, int port) {
  return boxes.nodes[static_cast<std::size_t>(box)].inputs[static_cast<std::size_t>(port)];
}

}  // namespace

void Canvas::begin_wire(Ui& ui, const PortBox& output) {
  wire_.emplace();
  wire_->source = wire_text(output.node, output.index);
  wire_->source_at = output.at;
  tried_.clear();
  ui.announce(tr("wire.from", {{"node", wire_->source}}));
}

// Tries the wire on a copy of the scene, once for each port.
void Canvas::aim(const Scene& scene, const Boxes& boxes, int box, int port) {
  Wire& wire = *wire_;
  wire.box = box;
  wire.port = port;
  wire.refused.clear();
  if (box < 0) return;
  if (tried_version_ != boxes.version) tried_.clear();
  tried_version_ = boxes.version;
  const PortBox& to = port_of(boxes, box, port);
  const auto [tried, is_new] = tried_.try_emplace({to.node, to.index});
  if (is_new) tried->second = refusal(scene, edit::SetPort{to.node, to.index, Port::wire(wire.source)});
  if (tried->second) wire.refused = tried->second->text();
}

// The port it would go to from a place: one near by, or, over a box, its first free one.
void Canvas::aim_at(const Scene& scene, const Boxes& boxes, Vec world) {
  int best = -1, best_port = -1;
  float nearest = std::max(18.0f, 18 / zoom_);
  for (std::size_t i = 0; i < boxes.nodes.size(); ++i) {
    const NodeBox& box = boxes.nodes[i];
    if (box.is_hidden || box.is_derived() || !box.rect.grown(nearest).contains(world)) continue;
    for (std::size_t k = 0; k < box.inputs.size(); ++k)
      if (const float d = distance(box.inputs[k].at, world); d < nearest) {
        nearest = d;
        best = static_cast<int>(i);
        best_port = static_cast<int>(k);
      }
  }
  for (int i = static_cast<int>(boxes.nodes.size()) - 1; i >= 0 && best < 0; --i) {
    const NodeBox& box = boxes.nodes[static_cast<std::size_t>(i)];
    if (box.is_hidden || box.is_derived() || !box.rect.contains(world)) continue;
    for (std::size_t k = 0; k < box.inputs.size() && best < 0; ++k)
      if (box.inputs[k].port.kind == Port::Kind::kEmpty &&
          box.inputs[k].node != parse_wire(wire_->source).node) {
        best = i;
        best_port = static_cast<int>(k);
      }
    break;
  }
  aim(scene, boxes, best, best_port);
}

// Lets the wire go where it was aimed at. What TensorFlow would not take is not connected, and a wire that
// was pulled off an input goes back to it.
Changes Canvas::connect(Ui& ui, const Boxes& boxes, const std::string& gesture) {
  Changes changes;
  if (!wire_->refused.empty()) {
    ui.notice(wire_->refused, true);
    // By keys one looks on for another port; a hand has let go.
    if (!gesture.empty()) wire_.reset();
    return changes;
  }
  const Wire wire = *std::exchange(wire_, std::nullopt);
  std::pair<std::string, int> to;
  if (wire.box >= 0) {
    const PortBox& port = port_of(boxes, wire.box, wire.port);
    to = {port.node, port.index};
  }
  if (wire.pulled && *wire.pulled == to) return changes;
  if (wire.pulled) changes.push_back({edit::SetPort{wire.pulled->first, wire.pulled->second, {}}, gesture});
  if (wire.box < 0) return changes;
  changes.push_back({edit::SetPort{to.first, to.second, Port::wire(wire.source)}, gesture});
  ui.announce(tr("wire.connected", {{"from", wire.source}, {"to", to.first}}));
  return changes;
}

void Canvas::begin_wire_by_key(Ui& ui, const Scene& scene, const Boxes& boxes) {
  const int at = chosen_box(boxes);
  if (at < 0) return;
  const NodeBox& box = boxes.nodes[static_cast<std::size_t>(at)];
  if (box.outputs.empty() || box.is_derived()) return;
  begin_wire(ui, box.outputs[0]);
  // The nearest port to the right that is free, or the first one.
  float nearest = 1e9f;
  std::pair<int, int> best{-1, -1};
  for (const auto& [to, port] : ports_in_order(boxes, parse_wire(wire_->source).node)) {
    const PortBox& candidate = port_of(boxes, to, port);
    const Vec away = candidate.at - wire_->source_at;
    const float cost = std::fabs(away.x) + std::fabs(away.y) + (away.x < 0 ? 1000.0f : 0.0f) +
                       (candidate.port.kind == Port::Kind::kEmpty ? 0.0f : 2000.0f);
    if (cost >= nearest) continue;
    nearest = cost;
    best = {to, port};
  }
  aim(scene, boxes, best.first, best.second);
}

Changes Canvas::obey_wire_key(Ui& ui, const Rect& area, const Scene& scene, const Boxes& boxes,
                              const KeyPress& key) {
  if (key.key == "Escape") {
    wire_.reset();
    return {};
  }
  if (key.key == "n" || key.key == "N" || (key.key == "Enter" && wire_->box < 0)) {
    const Vec at = to_screen(wire_->source_at + Vec(60, -30));
    add_menu_.open(ui, area, at, wire_->source_at + Vec(90, -30), scene, wire_->source);
    wire_.reset();
    return {};
  }
  if (key.key == "Enter") return connect(ui, boxes, {});
  if (key.key == "w" || key.key == "W") {  // The node's next output.
    const WireEnd end = parse_wire(wire_->source);
    for (const NodeBox& box : boxes.nodes)
      for (std::size_t k = 0; k < box.outputs.size() && !box.is_hidden; ++k)
        if (box.outputs[k].node == end.node && box.outputs[k].index == end.output) {
          const Wire before = *wire_;
          begin_wire(ui, box.outputs[(k + 1) % box.outputs.size()]);
          aim(scene, boxes, before.box, before.port);
          return {};
        }
    return {};
  }
  if (!key.key.starts_with("Arrow")) return {};
  const auto ports = ports_in_order(boxes, parse_wire(wire_->source).node);
  if (ports.empty()) return {};
  const auto here = std::find(ports.begin(), ports.end(), std::pair(wire_->box, wire_->port));
  auto at = here == ports.end() ? std::size_t{0} : static_cast<std::size_t>(here - ports.begin());
  const bool forwards = key.key == "ArrowDown" || key.key == "ArrowRight";
  const bool by_box = key.key == "ArrowLeft" || key.key == "ArrowRight";
  const int box = ports[at].first;
  do at = (at + (forwards ? 1 : ports.size() - 1)) % ports.size();
  while (by_box && ports[at].first == box && ports.front().first != ports.back().first);
  aim(scene, boxes, ports[at].first, ports[at].second);
  const PortBox& port = port_of(boxes, wire_->box, wire_->port);
  ui.announce(cat(port.node, ", ", port.name, wire_->refused.empty() ? "" : ". ", wire_->refused));
  show(area, boxes.nodes[static_cast<std::size_t>(wire_->box)].rect);
  return {};
}

void Canvas::draw_wire(Ui& ui, const Painter& painter, const Boxes& boxes) const {
  if (!wire_) return;
  const Palette& p = palette();
  const bool has_target = wire_->box >= 0;
  const Color color = p.of(wire_->refused.empty() ? Tone::kForward : Tone::kLoss);
  const bool has_mouse = ImGui::IsMousePosValid();
  Vec end = has_target  ? port_of(boxes, wire_->box, wire_->port).at
            : has_mouse ? to_world(ui.input.mouse)
                        : wire_->source_at + Vec(36, 0);
  const Curve curve = wire_curve(wire_->source_at, end);
  if (wire_->refused.empty())
    painter.polyline(curve, color, 2.4f);
  else
    painter.dashes(curve, color, 2.4f, 6, 5);
  painter.ring(wire_->source_at, kPortRadius + 4, fade(p.of(Tone::kForward), 0.6f), 2);
  if (has_target) painter.circle(end, 11, fade(color, 0.22f));
  painter.circle(end, kPortRadius, color);
  if (!has_target) return;
  const PortBox& port = port_of(boxes, wire_->box, wire_->port);
  std::vector<std::string> lines{cat(port.node, " · ", port.name)};
  if (wire_->refused.empty()) {
    lines.push_back(wire_->source);
  } else {
    constexpr float kWide = 320;
    std::string text = wire_->refused;
    // The tooltip does not wrap: cut at words.
    std::string line;
    std::size_t begin = 0;
    while (begin < text.size()) {
      std::size_t stop = text.find(' ', begin);
      if (stop == std::string::npos) stop = text.size();
      const std::string word = text.substr(begin, stop - begin);
      if (!line.empty() && text_width(Face::kText, 11, cat(line, " ", word)) > kWide) {
        lines.push_back(std::exchange(line, word));
      } else {
        line += cat(line.empty() ? "" : " ", word);
      }
      begin = stop + 1;
    }
    lines.push_back(line);
  }
  tooltip(ui, to_screen(end) + Vec(4, 4), lines);
}

}  // namespace sandflow::ui
