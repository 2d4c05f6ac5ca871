// See derived.h.
#include "web/app/derived.h"

#include <algorithm>
#include <cmath>

#include "engine/core/text.h"
#include "engine/scene/layout.h"
#include "web/app/texts.h"

namespace sandflow::ui {

namespace {

std::vector<std::string> parts_of(std::string_view name) {
  std::vector<std::string> parts;
  while (!name.empty()) {
    const std::size_t slash = name.find('/');
    parts.emplace_back(name.substr(0, slash));
    name = slash == std::string_view::npos ? std::string_view() : name.substr(slash + 1);
  }
  return parts;
}

bool is_variable(const Node& node) { return std::string_view(node.op->type) == "VariableV2"; }

}  // namespace

void Derived::insert(Tree& tree, const std::vector<Leaf>& leaves, std::size_t leaf, std::size_t depth) {
  ++tree.count;
  const std::vector<std::string>& path = leaves[leaf].path;
  if (depth + 1 >= path.size()) {
    tree.leaves.push_back(leaf);
    return;
  }
  auto scope = std::find_if(tree.scopes.begin(), tree.scopes.end(),
                            [&](const Tree& each) { return each.name == path[depth]; });
  if (scope == tree.scopes.end()) scope = tree.scopes.insert(scope, Tree{path[depth], {}, {}, 0});
  insert(*scope, leaves, leaf, depth + 1);
}

void Derived::read(const Scene&, const Lowered& lowered) {
  const Graph& graph = *lowered.graph;
  leaves_.clear();
  leaf_of_.assign(static_cast<std::size_t>(graph.size()), -1);
  root_ = {};
  sizes_.clear();
  start_ = -1;
  const std::string optimizer =
      lowered.model.train_op >= 0 ? graph.node(lowered.model.train_op).name : std::string();
  std::map<std::string, std::size_t, std::less<>> variables;
  for (const Node& node : graph.nodes()) {
    if (lowered.owner[static_cast<std::size_t>(node.id)] >= 0) continue;
    // What belongs to a variable: "W/Momentum/read" to "W/Momentum".
    for (std::size_t slash = node.name.rfind('/'); slash != std::string::npos && slash > 0;
         slash = node.name.rfind('/', slash - 1))
      if (const auto it = variables.find(std::string_view(node.name).substr(0, slash));
          it != variables.end()) {
        leaf_of_[static_cast<std::size_t>(node.id)] = static_cast<int>(it->second);
        leaves_[it->second].nodes.push_back(node.id);
      }
    if (leaf_of_[static_cast<std::size_t>(node.id)] >= 0) continue;
    Leaf leaf{{node.id}, parts_of(node.name)};
    if (leaf.path[0].starts_with("gradients")) {
      if (start_ < 0) start_ = node.id;
    } else if (node.id == lowered.model.init_op || optimizer.empty()) {
      leaf.path = {node.name};
    } else if (leaf.path.size() == 1 || is_variable(node)) {
      leaf.path = {optimizer, node.name};
    }
    if (is_variable(node)) variables[node.name] = leaves_.size();
    leaf_of_[static_cast<std::size_t>(node.id)] = static_cast<int>(leaves_.size());
    leaves_.push_back(std::move(leaf));
  }
  // A variable's initial value is made before it: "W/Momentum/Initializer/zeros" has an earlier number.
  for (auto& leaf : leaves_) {
    const std::string& name = graph.node(leaf.nodes[0]).name;
    for (std::size_t slash = name.rfind('/'); slash != std::string::npos && slash > 0;
         slash = name.rfind('/', slash - 1))
      if (const auto it = variables.find(std::string_view(name).substr(0, slash)); it != variables.end()) {
        for (int node : leaf.nodes) {
          leaf_of_[static_cast<std::size_t>(node)] = static_cast<int>(it->second);
          leaves_[it->second].nodes.push_back(node);
        }
        leaf.nodes.resize(1);
        leaf.path.clear();
        break;
      }
  }
  for (std::size_t i = 0; i < leaves_.size(); ++i)
    if (!leaves_[i].path.empty()) insert(root_, leaves_, i, 0);
}

void Derived::gather(const Tree& tree, std::vector<std::size_t>& leaves) const {
  leaves.insert(leaves.end(), tree.leaves.begin(), tree.leaves.end());
  for (const Tree& scope : tree.scopes) gather(scope, leaves);
}

// `scope` is the open one that holds the tree's parts: "" or "gradients".
void Derived::list(const Tree& tree, const std::string& scope, const std::set<std::string>& opened,
                   std::vector<Visible>& visible, std::vector<std::string>& frames) const {
  for (const std::size_t leaf : tree.leaves)
    visible.push_back({scope, {}, leaves_[leaf].path.back(), {leaf}, false});
  for (const Tree& inner : tree.scopes) {
    const std::string path = scope.empty() ? inner.name : cat(scope, "/", inner.name), key = path + "/";
    Visible box{scope, key, inner.name, {}, true};
    gather(inner, box.leaves);
    if (box.leaves.size() == 1) {  // Not worth a box around it.
      const std::vector<std::string>& whole = leaves_[box.leaves[0]].path;
      const auto depth =
          static_cast<std::ptrdiff_t>(scope.empty() ? 0 : std::count(scope.begin(), scope.end(), '/') + 1);
      box.label = join(std::vector<std::string>(whole.begin() + depth, whole.end()), "/",
                       [](const std::string& part) { return part; });
      box.key.clear();
      box.is_folded = false;
      visible.push_back(std::move(box));
    } else if (opened.count(key)) {
      frames.push_back(path);
      list(inner, path, opened, visible, frames);
    } else {
      visible.push_back(std::move(box));
    }
  }
}

void Derived::add_to(Boxes& boxes, std::vector<int>& stands_for, const Scene& scene, const Snapshot& snapshot,
                     const Lowered& lowered, const std::set<std::string>& opened) {
  const Graph& graph = *lowered.graph;
  shown_.clear();
  boxes.derived_wires.clear();
  boxes.derived_uses.clear();
  std::vector<Visible> visible;
  std::vector<std::string> frames;
  list(root_, {}, opened, visible, frames);
  if (visible.empty()) return;

  const std::size_t first = boxes.nodes.size();
  std::vector<int> box_of(leaves_.size(), -1);
  std::vector<LayoutBox> places;
  for (const Visible& each : visible) {
    NodeBox& box = boxes.nodes.emplace_back();
    const Node& node = graph.node(leaves_[each.leaves[0]].nodes[0]);
    box.kind = each.is_folded ? NodeBox::Kind::kDerivedScope : NodeBox::Kind::kDerived;
    box.tone = !each.is_folded && is_variable(node) ? Tone::kVariable : Tone::kGradient;
    box.name = each.is_folded ? each.key : node.name;
    box.label = each.label;
    NodeSnapshot state;
    if (each.is_folded) {
      box.count = static_cast<int>(each.leaves.size());
      box.type = tr("scope.count", {{"count", std::to_string(box.count)}});
    } else {
      box.type = node.op->type;
      if (!node.outputs.empty()) {
        state.graph_name = node.name;
        state.dtype = node.outputs[0].dtype;
        state.shape = node.outputs[0].shape;
        if (!lowered.writes[static_cast<std::size_t>(node.id)]) shown_.push_back({node.id, 0});
        if (const auto value = snapshot.watched.find(node.id); value != snapshot.watched.end())
          state.value = value->second;
      }
    }
    show_state(box, state);
    if (each.is_folded) box.shape.clear();
    Vec needed = lay_out_contents(box);
    if (each.is_folded) needed.x += 20;
    Vec& size = sizes_[box.name];
    size = {std::max(size.x, needed.x), std::max(size.y, needed.y)};
    box.rect = Rect::sized({0, 0}, size);
    places.push_back({each.scope, size.x, size.y});
    for (const std::size_t leaf : each.leaves) {
      box_of[leaf] = static_cast<int>(boxes.nodes.size()) - 1;
      for (int id : leaves_[leaf].nodes) stands_for[static_cast<std::size_t>(id)] = box_of[leaf];
    }
  }

  // Which box takes what from which.
  std::set<std::pair<int, int>> links, uses;
  for (const Node& node : graph.nodes()) {
    const int leaf = leaf_of_[static_cast<std::size_t>(node.id)];
    const int to = leaf < 0 ? -1 : stands_for[static_cast<std::size_t>(node.id)];
    if (to < 0) continue;
    const auto take = [&](int source) {
      const int from = boxes.box_of(source);
      if (from < 0 || from == to) return;
      (static_cast<std::size_t>(from) < first ? uses : links).insert({from, to});
    };
    for (const Output& input : node.inputs) take(input.node);
    for (int control : node.control_inputs) take(control);
  }
  std::vector<LayoutWire> wires;
  for (const auto& [from, to] : links)
    wires.push_back({from - static_cast<int>(first), to - static_cast<int>(first)});
  const auto corners = layered(places, wires, Direction::kLeft);

  for (std::size_t i = 0; i < corners.size(); ++i)
    boxes.nodes[first + i].rect =
        Rect::sized({corners[i].first, corners[i].second}, {places[i].width, places[i].height});
  const std::size_t first_frame = boxes.frames.size();
  add_frames(boxes, first, visible, frames);

  // Below the loss to its left, or lower, where nothing of the scene is.
  Rect all{{0, 0}, {0, 0}};
  const auto include = [&](const Rect& rect) {
    all.min = {std::min(all.min.x, rect.min.x), std::min(all.min.y, rect.min.y)};
    all.max = {std::max(all.max.x, rect.max.x), std::max(all.max.y, rect.max.y)};
  };
  for (std::size_t i = first; i < boxes.nodes.size(); ++i) include(boxes.nodes[i].rect);
  for (std::size_t i = first_frame; i < boxes.frames.size(); ++i) include(boxes.frames[i].rect);
  const int loss = scene.training.loss.empty() ? -1 : boxes.box_of([&] {
    const int index = scene.index_of(scene.training.loss);
    const bool is_there = index >= 0 && !lowered.nodes[static_cast<std::size_t>(index)].outputs.empty();
    return is_there ? lowered.nodes[static_cast<std::size_t>(index)].outputs[0].node : -1;
  }());
  Vec at{boxes.bounds.min.x - all.min.x, boxes.bounds.max.y + 40 - all.min.y};
  if (loss >= 0) {
    const Rect& near = boxes.nodes[static_cast<std::size_t>(loss)].rect;
    at = {near.min.x - 40 - all.max.x, near.max.y + 60 - all.min.y};
  }
  std::vector<Rect> taken;
  for (std::size_t i = 0; i < first; ++i) {
    const NodeBox& box = boxes.nodes[i];
    if (box.is_hidden) continue;
    taken.push_back(box.rect);
    if (box.has_error && !box.is_of_run) taken.push_back(box.error_box);
    for (const PortBox& port : box.inputs)
      if (port.chip.width() > 0) taken.push_back(port.chip);
  }
  for (std::size_t i = 0; i < first_frame; ++i) taken.push_back(boxes.frames[i].rect);
  constexpr float kAround = 20;
  for (bool moved = true; moved;) {
    moved = false;
    const Rect place = all.moved(at).grown(kAround);
    for (const Rect& rect : taken) {
      if (!rect.overlaps(place)) continue;
      at.y = std::max(at.y, rect.max.y + kAround + 1 - all.min.y);
      moved = true;
    }
  }
  for (std::size_t i = first_frame; i < boxes.frames.size(); ++i) {
    boxes.frames[i].rect = boxes.frames[i].rect.moved(at);
    boxes.frames[i].head = boxes.frames[i].head.moved(at);
  }
  for (std::size_t i = 0; i < corners.size(); ++i) {
    NodeBox& box = boxes.nodes[first + i];
    box.rect = box.rect.moved(at);
    PortBox in, out;
    in.at = {box.rect.max.x, box.rect.center().y};
    out.at = {box.rect.min.x, box.rect.center().y};
    box.inputs.push_back(in);
    box.outputs.push_back(out);
  }
  const auto& nodes = boxes.nodes;
  // The initializer runs by itself, at the beginning.
  const int init = boxes.box_of(lowered.model.init_op);
  for (const auto& [from, to] : links)
    if (to != init)
      boxes.derived_wires.push_back({from, 0, to, 0, nodes[static_cast<std::size_t>(from)].outputs[0].at,
                                     nodes[static_cast<std::size_t>(to)].inputs[0].at});
  if (const int begin = boxes.box_of(start_); loss >= 0 && begin >= 0) {
    const Rect& from = nodes[static_cast<std::size_t>(loss)].rect;
    boxes.derived_wires.push_back({loss,
                                   0,
                                   begin,
                                   0,
                                   {from.min.x + 14, from.max.y},
                                   nodes[static_cast<std::size_t>(begin)].inputs[0].at});
  }
  for (const auto& [from, to] : uses) {
    const Rect &a = nodes[static_cast<std::size_t>(from)].rect, &b = nodes[static_cast<std::size_t>(to)].rect;
    boxes.derived_uses.push_back({from, 0, to, 0, {a.center().x, a.max.y}, {b.center().x, b.min.y}});
  }
}

void Derived::add_frames(Boxes& boxes, std::size_t first, const std::vector<Visible>& visible,
                         const std::vector<std::string>& frames) const {
  for (const std::string& scope : frames) {
    Rect all{{1e9f, 1e9f}, {-1e9f, -1e9f}};
    for (std::size_t i = 0; i < visible.size(); ++i) {
      const std::string& own = visible[i].scope;
      if (own != scope && !own.starts_with(scope + "/")) continue;
      const auto inner = static_cast<float>(std::count(own.begin(), own.end(), '/') -
                                            std::count(scope.begin(), scope.end(), '/'));
      const float around = kFramePadding * (inner + 1), above = around + kFrameHead * inner;
      const Rect& box = boxes.nodes[first + i].rect;
      all.min = {std::min(all.min.x, box.min.x - around), std::min(all.min.y, box.min.y - above)};
      all.max = {std::max(all.max.x, box.max.x + around), std::max(all.max.y, box.max.y + around)};
    }
    FrameBox frame;
    frame.scope = scope + "/";
    frame.label = scope.substr(scope.rfind('/') + 1);
    frame.is_derived = true;
    frame.rect = {all.min - Vec(0, kFrameHead - 8), all.max};
    frame.head = {frame.rect.min, {frame.rect.max.x, frame.rect.min.y + kFrameHead}};
    boxes.frames.push_back(std::move(frame));
  }
}

}  // namespace sandflow::ui
