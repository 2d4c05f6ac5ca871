// Sugiyama's way: layers by longest paths, dummies on long wires, barycentres against crossings, and then,
// per layer, the least-squares places nearest to the neighbours that keep order and distance.
#include "engine/scene/layout.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "engine/scene/scopes.h"

namespace sandflow {

namespace {

constexpr float kLayerGap = 60, kBoxGap = 26, kPartGap = 44;
constexpr int kSweeps = 12, kPasses = 10;

std::size_t at(int i) { return static_cast<std::size_t>(i); }

// A box, a frame, or a dummy: `along` and `across` the direction of the wires.
struct Item {
  float along = 0, across = 0, before = 0;  // Sizes.
  float wish = 0;                           // Where it was, across.
  bool is_dummy = false;
  int layer = 0;
  float x = 0, y = 0;
};

struct Link {
  int from, to;
  float out, in;
};

// One connected graph of items, laid out to the right.
class Layers {
 public:
  Layers(std::vector<Item> items, std::vector<Link> links)
      : items_(std::move(items)), links_(std::move(links)) {}

  std::vector<Item> run() {
    const std::size_t real = items_.size();
    break_cycles();
    assign_layers();
    split_long_links();
    order();
    place();
    items_.resize(real);
    return std::move(items_);
  }

 private:
  // Links that close a cycle do not count.
  void break_cycles() {
    std::vector<std::vector<int>> next(items_.size());
    for (std::size_t i = 0; i < links_.size(); ++i) next[at(links_[i].from)].push_back(static_cast<int>(i));
    std::vector<int> state(items_.size(), 0);  // 0: new, 1: on the way here, 2: done.
    std::vector<bool> closes(links_.size(), false);
    for (int start = 0; start < static_cast<int>(items_.size()); ++start) {
      std::vector<std::pair<int, std::size_t>> way{{start, 0}};
      if (state[at(start)] != 0) continue;
      state[at(start)] = 1;
      while (!way.empty()) {
        auto& [node, tried] = way.back();
        if (tried == next[at(node)].size()) {
          state[at(node)] = 2;
          sorted_.push_back(node);
          way.pop_back();
          continue;
        }
        const int link = next[at(node)][tried++];
        const int to = links_[at(link)].to;
        if (state[at(to)] == 1) closes[at(link)] = true;
        if (state[at(to)] != 0) continue;
        state[at(to)] = 1;
        way.push_back({to, 0});
      }
    }
    std::reverse(sorted_.begin(), sorted_.end());
    std::vector<Link> kept;
    for (std::size_t i = 0; i < links_.size(); ++i)
      if (!closes[i]) kept.push_back(links_[i]);
    links_ = std::move(kept);
  }

  // Longest paths; then what has more consumers than inputs moves up to them, as a Variable to its MatMul.
  void assign_layers() {
    std::vector<std::vector<int>> next(items_.size());
    std::vector<int> inputs(items_.size(), 0);
    for (const Link& link : links_) {
      next[at(link.from)].push_back(link.to);
      ++inputs[at(link.to)];
    }
    for (int node : sorted_)
      for (int to : next[at(node)])
        items_[at(to)].layer = std::max(items_[at(to)].layer, items_[at(node)].layer + 1);
    for (auto it = sorted_.rbegin(); it != sorted_.rend(); ++it) {
      const auto& consumers = next[at(*it)];
      if (consumers.empty() || static_cast<int>(consumers.size()) <= inputs[at(*it)]) continue;
      int nearest = items_[at(consumers.front())].layer;
      for (int to : consumers) nearest = std::min(nearest, items_[at(to)].layer);
      items_[at(*it)].layer = nearest - 1;
    }
    int first = items_.empty() ? 0 : items_[0].layer;
    for (const Item& item : items_) first = std::min(first, item.layer);
    for (Item& item : items_) item.layer -= first;
  }

  void split_long_links() {
    std::vector<Link> split;
    for (const Link& link : links_) {
      int from = link.from;
      float out = link.out;
      const int begin = items_[at(from)].layer, end = items_[at(link.to)].layer;
      for (int layer = begin + 1; layer < end; ++layer) {
        const float share = static_cast<float>(layer - begin) / static_cast<float>(end - begin);
        Item dummy;
        dummy.is_dummy = true;
        dummy.layer = layer;
        dummy.across = 4;
        const Item &a = items_[at(link.from)], &b = items_[at(link.to)];
        dummy.wish = (a.wish + a.across / 2) * (1 - share) + (b.wish + b.across / 2) * share;
        const int id = static_cast<int>(items_.size());
        items_.push_back(dummy);
        split.push_back({from, id, out, 0});
        from = id;
        out = 0;
      }
      split.push_back({from, link.to, out, link.in});
    }
    links_ = std::move(split);
    for (std::size_t i = 0; i < items_.size(); ++i) {
      const auto layer = at(items_[i].layer);
      if (layers_.size() <= layer) layers_.resize(layer + 1);
      layers_[layer].push_back(static_cast<int>(i));
    }
    before_.resize(items_.size());
    after_.resize(items_.size());
    for (const Link& link : links_) {
      after_[at(link.from)].push_back(link);
      before_[at(link.to)].push_back(link);
    }
  }

  void order() {
    for (auto& layer : layers_)
      std::stable_sort(layer.begin(), layer.end(), [&](int a, int b) {
        return items_[at(a)].wish + items_[at(a)].across / 2 < items_[at(b)].wish + items_[at(b)].across / 2;
      });
    position_.resize(items_.size());
    for (const auto& layer : layers_) number(layer);
    auto best = layers_;
    long fewest = crossings();
    for (int sweep = 0; sweep < kSweeps && fewest > 0; ++sweep) {
      const bool forwards = sweep % 2 == 0;
      for (std::size_t k = 1; k < layers_.size(); ++k)
        sort_layer(layers_[forwards ? k : layers_.size() - 1 - k], forwards ? before_ : after_, forwards);
      if (const long crossed = crossings(); crossed < fewest) {
        fewest = crossed;
        best = layers_;
      }
    }
    layers_ = std::move(best);
    for (const auto& layer : layers_) number(layer);
  }

  void number(const std::vector<int>& layer) {
    for (std::size_t i = 0; i < layer.size(); ++i) position_[at(layer[i])] = static_cast<float>(i);
  }

  void sort_layer(std::vector<int>& layer, const std::vector<std::vector<Link>>& towards, bool forwards) {
    std::map<int, float> middle;
    for (int item : layer) {
      float sum = 0;
      for (const Link& link : towards[at(item)])
        // Ports of one box keep their wires apart.
        sum += position_[at(forwards ? link.from : link.to)] + (forwards ? link.out : link.in) * 1e-3f;
      const auto count = static_cast<float>(towards[at(item)].size());
      middle[item] = count > 0 ? sum / count : position_[at(item)];
    }
    std::stable_sort(layer.begin(), layer.end(), [&](int a, int b) { return middle[a] < middle[b]; });
    number(layer);
  }

  long crossings() const {
    long count = 0;
    for (std::size_t k = 1; k < layers_.size(); ++k) {
      std::vector<std::pair<float, float>> pairs;
      for (int item : layers_[k])
        for (const Link& link : before_[at(item)])
          pairs.push_back(
              {position_[at(link.from)] + link.out * 1e-3f, position_[at(item)] + link.in * 1e-3f});
      std::sort(pairs.begin(), pairs.end());
      std::vector<float> ends;  // Sorted, of the links so far; the later ones cross those that end below.
      for (const auto& [from, to] : pairs) {
        const auto place = std::upper_bound(ends.begin(), ends.end(), to);
        count += ends.end() - place;
        ends.insert(place, to);
      }
    }
    return count;
  }

  void place() {
    float x = 0;
    for (auto& layer : layers_) {
      float before = 0, along = 0;
      for (int item : layer) {
        before = std::max(before, items_[at(item)].before);
        along = std::max(along, items_[at(item)].along);
      }
      float y = 0;
      for (int item : layer) {
        items_[at(item)].x = x + before;
        items_[at(item)].y = y;
        y += items_[at(item)].across + kBoxGap;
      }
      x += before + along + kLayerGap;
    }
    for (int pass = 0; pass < kPasses; ++pass) {
      const bool forwards = pass % 2 == 0, both = pass >= kPasses - 2;
      for (std::size_t k = 0; k < layers_.size(); ++k)
        straighten(layers_[forwards ? k : layers_.size() - 1 - k], both || forwards, both || !forwards);
    }
  }

  // Moves a layer's items to where their wires would be straight, as near as order and distance allow: pools
  // of items that would overlap settle at their common mean.
  void straighten(const std::vector<int>& layer, bool looks_back, bool looks_ahead) {
    struct Pool {
      float wish, weight;
      std::size_t count;
    };
    std::vector<float> offset(layer.size(), 0);
    std::vector<Pool> pools;
    for (std::size_t i = 0; i < layer.size(); ++i) {
      const Item& item = items_[at(layer[i])];
      if (i > 0) offset[i] = offset[i - 1] + items_[at(layer[i - 1])].across + kBoxGap;
      float sum = 0, weight = 0;
      const auto pull = [&](int other, float theirs, float ours) {
        const float w = item.is_dummy && items_[at(other)].is_dummy ? 8 : item.is_dummy ? 2 : 1;
        sum += w * (items_[at(other)].y + items_[at(other)].across / 2 + theirs - ours - item.across / 2);
        weight += w;
      };
      if (looks_back)
        for (const Link& link : before_[at(layer[i])]) pull(link.from, link.out, link.in);
      if (looks_ahead)
        for (const Link& link : after_[at(layer[i])]) pull(link.to, link.in, link.out);
      const float wish = weight > 0 ? sum / weight : item.y;
      pools.push_back({wish - offset[i], weight > 0 ? weight : 0.01f, 1});
      while (pools.size() > 1 && pools[pools.size() - 2].wish > pools.back().wish) {
        const Pool last = pools.back();
        pools.pop_back();
        Pool& pool = pools.back();
        pool.wish = (pool.wish * pool.weight + last.wish * last.weight) / (pool.weight + last.weight);
        pool.weight += last.weight;
        pool.count += last.count;
      }
    }
    std::size_t i = 0;
    for (const Pool& pool : pools)
      for (std::size_t k = 0; k < pool.count; ++k, ++i) items_[at(layer[i])].y = pool.wish + offset[i];
  }

  std::vector<Item> items_;
  std::vector<Link> links_;
  std::vector<int> sorted_;
  std::vector<std::vector<int>> layers_;
  std::vector<std::vector<Link>> before_, after_;
  std::vector<float> position_;
};

struct Extent {
  float along = 0, across = 0;
};

// Lays out items in place: each connected part by itself, one below the other; items without any wire in rows
// below them. What they take in all.
Extent lay_out_parts(std::vector<Item>& items, const std::vector<Link>& links) {
  std::vector<int> part(items.size());
  std::iota(part.begin(), part.end(), 0);
  const auto root = [&](int i) {
    while (part[at(i)] != i) i = part[at(i)] = part[at(part[at(i)])];
    return i;
  };
  for (const Link& link : links) part[at(root(link.from))] = root(link.to);
  std::map<int, std::vector<int>> parts;
  for (int i = 0; i < static_cast<int>(items.size()); ++i) parts[root(i)].push_back(i);
  std::vector<std::vector<int>> sorted;
  std::vector<int> alone;
  for (auto& [id, members] : parts) {
    if (members.size() == 1 && parts.size() > 1)
      alone.push_back(members[0]);
    else
      sorted.push_back(std::move(members));
  }
  const auto top = [&](const std::vector<int>& members) {
    float least = items[at(members[0])].wish;
    for (int i : members) least = std::min(least, items[at(i)].wish);
    return least;
  };
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](const auto& a, const auto& b) { return top(a) < top(b); });
  Extent all;
  for (const std::vector<int>& members : sorted) {
    std::map<int, int> index;
    std::vector<Item> own;
    for (int i : members) {
      index[i] = static_cast<int>(own.size());
      own.push_back(items[at(i)]);
    }
    std::vector<Link> within;
    for (const Link& link : links)
      if (index.count(link.from)) within.push_back({index[link.from], index[link.to], link.out, link.in});
    own = Layers(std::move(own), std::move(within)).run();
    float low = own[0].y;
    for (const Item& item : own) low = std::min(low, item.y);
    const float shift = (all.across > 0 ? all.across + kPartGap : 0) - low;
    for (std::size_t k = 0; k < own.size(); ++k) {
      Item& item = items[at(members[k])];
      item.x = own[k].x;
      item.y = own[k].y + shift;
      all.along = std::max(all.along, item.x + item.along);
      all.across = std::max(all.across, item.y + item.across);
    }
  }
  std::stable_sort(alone.begin(), alone.end(),
                   [&](int a, int b) { return items[at(a)].wish < items[at(b)].wish; });
  const float widest = std::max(all.along, 900.0f);
  float x = 0, y = all.across > 0 ? all.across + kPartGap : 0, high = 0;
  for (int i : alone) {
    Item& item = items[at(i)];
    if (x > 0 && x + item.before + item.along > widest) {
      x = 0;
      y += high + kBoxGap;
      high = 0;
    }
    item.x = x + item.before;
    item.y = y;
    x = item.x + item.along + kLayerGap / 2;
    high = std::max(high, item.across);
    all.along = std::max(all.along, item.x + item.along);
    all.across = std::max(all.across, item.y + item.across);
  }
  return all;
}

// Scopes from the inside out: each is laid out by itself and is one item for what is around it.
class Nested {
 public:
  Nested(const std::vector<LayoutBox>& boxes, const std::vector<LayoutWire>& wires, bool is_down)
      : boxes_(boxes), wires_(wires), is_down_(is_down), places_(boxes.size()) {}

  std::vector<std::pair<float, float>> run() {
    std::vector<int> all(boxes_.size());
    std::iota(all.begin(), all.end(), 0);
    lay_out("", all);
    return std::move(places_);
  }

 private:
  Extent lay_out(std::string_view scope, const std::vector<int>& members) {
    // By name: "net/dense" of a box in "net/dense/inner", if `scope` is "net"; a box itself by its number.
    std::vector<std::vector<int>> groups;
    std::vector<std::string> scopes;
    std::map<std::string, std::size_t> known;
    for (int i : members) {
      const std::string& own = boxes_[at(i)].scope;
      if (own == scope) {
        groups.push_back({i});
        scopes.emplace_back();
        continue;
      }
      const std::size_t begin = scope.empty() ? 0 : scope.size() + 1;
      const std::string child = own.substr(0, own.find('/', begin));
      const auto [it, is_new] = known.try_emplace(child, groups.size());
      if (is_new) {
        groups.emplace_back();
        scopes.push_back(child);
      }
      groups[it->second].push_back(i);
    }
    std::vector<Item> items;
    std::vector<int> group_of(boxes_.size(), -1);
    for (std::size_t g = 0; g < groups.size(); ++g) {
      Item item;
      for (int i : groups[g]) group_of[at(i)] = static_cast<int>(g);
      const LayoutBox& first = boxes_[at(groups[g][0])];
      item.wish = is_down_ ? first.x : first.y;
      for (int i : groups[g]) item.wish = std::min(item.wish, is_down_ ? boxes_[at(i)].x : boxes_[at(i)].y);
      if (scopes[g].empty()) {
        item.along = is_down_ ? first.height : first.width;
        item.across = is_down_ ? first.width + first.before : first.height;
        item.before = is_down_ ? 0 : first.before;
      } else {
        const Extent inner = lay_out(scopes[g], groups[g]);
        item.along = inner.along + 2 * kFramePadding + (is_down_ ? kFrameHead : 0);
        item.across = inner.across + 2 * kFramePadding + (is_down_ ? 0 : kFrameHead);
      }
      items.push_back(item);
    }
    std::vector<Link> links;
    std::set<std::pair<int, int>> seen;
    for (const LayoutWire& wire : wires_) {
      const int from = group_of[at(wire.from)], to = group_of[at(wire.to)];
      if (from < 0 || to < 0 || from == to || !seen.insert({wire.from, wire.to}).second) continue;
      const auto side = [&](int group, int box, float offset) {
        const Item& item = items[at(group)];
        if (is_down_) return 0.0f;
        if (scopes[at(group)].empty()) return offset;
        return places_[at(box)].second + kFrameHead + kFramePadding + boxes_[at(box)].height / 2 + offset -
               item.across / 2;
      };
      links.push_back({from, to, side(from, wire.from, wire.out), side(to, wire.to, wire.in)});
    }
    const Extent all = lay_out_parts(items, links);
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const float x = is_down_ ? items[g].y : items[g].x, y = is_down_ ? items[g].x : items[g].y;
      for (int i : groups[g]) {
        auto& [px, py] = places_[at(i)];
        if (scopes[g].empty()) {
          px = x + (is_down_ ? boxes_[at(i)].before : 0);
          py = y;
        } else {
          px += x + kFramePadding;
          py += y + kFramePadding + kFrameHead;
        }
      }
    }
    return all;
  }

  const std::vector<LayoutBox>& boxes_;
  const std::vector<LayoutWire>& wires_;
  const bool is_down_;
  std::vector<std::pair<float, float>> places_;
};

}  // namespace

std::vector<std::pair<float, float>> layered(const std::vector<LayoutBox>& boxes,
                                             const std::vector<LayoutWire>& wires, Direction direction) {
  auto places = Nested(boxes, wires, direction == Direction::kDown).run();
  if (places.empty()) return places;
  if (direction == Direction::kLeft)
    for (std::size_t i = 0; i < places.size(); ++i) places[i].first = -places[i].first - boxes[i].width;
  auto corner = places[0];
  for (const auto& [x, y] : places) corner = {std::min(corner.first, x), std::min(corner.second, y)};
  for (auto& [x, y] : places) {
    x = std::round(x - corner.first);
    y = std::round(y - corner.second);
  }
  return places;
}

edit::Move arranged(const Scene& scene, const std::map<std::string, LayoutBox>& extents,
                    Direction direction) {
  std::vector<LayoutBox> boxes;
  std::vector<int> box_of(scene.nodes.size());
  std::map<std::string, int> index;
  std::pair<float, float> corner{1e9f, 1e9f};
  for (std::size_t i = 0; i < scene.nodes.size(); ++i) {
    const SceneNode& node = scene.nodes[i];
    const std::string_view folded = folded_around(scene, node.name);
    const std::string name(folded.empty() ? node.name : folded);
    const auto [it, is_new] = index.try_emplace(name, static_cast<int>(boxes.size()));
    box_of[i] = it->second;
    if (is_new) {
      const auto extent = extents.find(name);
      boxes.push_back(extent != extents.end() ? extent->second : LayoutBox{{}, 140, 60});
      boxes.back().scope = std::string(scope_of(name));
      boxes.back().x = node.x;
      boxes.back().y = node.y;
    }
    LayoutBox& box = boxes[at(it->second)];
    box.x = std::min(box.x, node.x);
    box.y = std::min(box.y, node.y);
    corner = {std::min(corner.first, node.x), std::min(corner.second, node.y)};
  }
  std::map<std::string_view, int> nodes;
  for (std::size_t i = 0; i < scene.nodes.size(); ++i) nodes[scene.nodes[i].name] = static_cast<int>(i);
  std::vector<LayoutWire> wires;
  for (std::size_t i = 0; i < scene.nodes.size(); ++i)
    for (std::size_t k = 0; k < scene.nodes[i].inputs.size(); ++k) {
      const Port& port = scene.nodes[i].inputs[k];
      if (port.kind != Port::Kind::kWire) continue;
      const auto from = nodes.find(parse_wire(port.text).node);
      if (from == nodes.end() || box_of[at(from->second)] == box_of[i]) continue;
      constexpr float kPortStep = 20;
      const float in =
          kPortStep * (static_cast<float>(k) - static_cast<float>(scene.nodes[i].inputs.size() - 1) / 2);
      wires.push_back({box_of[at(from->second)], box_of[i], 0, in});
    }
  const auto places = layered(boxes, wires, direction);
  edit::Move move;
  for (std::size_t i = 0; i < scene.nodes.size(); ++i) {
    const LayoutBox& box = boxes[at(box_of[i])];
    const auto& [x, y] = places[at(box_of[i])];
    move.positions[scene.nodes[i].name] = {corner.first + x + scene.nodes[i].x - box.x,
                                           corner.second + y + scene.nodes[i].y - box.y};
  }
  return move;
}

}  // namespace sandflow
