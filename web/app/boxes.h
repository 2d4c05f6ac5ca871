// The graph as it stands on the canvas: for every node its box, its ports and what it shows, for every folded
// scope one box and for every open one a frame, for every wire its ends. Made anew when scene, snapshot or
// language changes, not every frame.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/scene/lower.h"
#include "engine/scene/node_types.h"
#include "engine/scene/scene.h"
#include "engine/training/snapshot.h"
#include "web/app/values.h"

namespace sandflow::ui {

struct PortBox {
  Vec at{};  // Its circle's centre.
  std::string name;
  Port port;    // What feeds an input.
  Rect chip{};  // Of a literal; empty if there is none.
  std::string chip_text;
  // Whose port it is: the box's own node, or a member of the folded scope. Empty: no wire can be drawn here.
  std::string node;
  int index = 0;
};

struct NodeBox {
  // What the box stands for: a node of the scene, a folded scope of the scene, or what the loss's gradients
  // and the optimizer have added to the graph (web/app/derived.h), one operation or a folded scope of them.
  enum class Kind { kNode, kScope, kDerived, kDerivedScope };
  Kind kind = Kind::kNode;
  bool is_hidden = false;  // In a folded scope.
  Rect rect{};
  Tone tone = Tone::kOther;
  std::string name;   // As the scene has it; of what is derived, as the graph has it.
  std::string label;  // What is shown of it: within a frame without the scope.
  std::string type, shape;
  ValueView value, gradient;
  std::vector<PortBox> inputs, outputs;
  std::string error_kind, error_message, error_short;
  Rect error_box{};
  float error_height = 0;      // With the whole message.
  Vec value_at, gradient_at;   // From the top left corner.
  bool is_type_below = false;  // Under the name, where both have no room side by side.
  bool has_error = false, is_blocked = false, has_value = false, has_gradient = false, is_loss = false;
  bool is_unfinished = false;  // What the error says is no mistake: it is not connected or set yet.
  bool is_of_run = false;      // The error came up in a run: nothing moves to make room for it.
  int order = -1;
  int depth = 0;                     // Longest way from a source.
  std::string value_attr;            // What a double click edits in place; empty: nothing.
  std::vector<std::string> members;  // Of a folded scope of the scene.
  int count = 0;                     // Of what is folded away.

  bool is_wrong() const { return has_error && !is_unfinished; }
  bool is_scope() const { return kind == Kind::kScope || kind == Kind::kDerivedScope; }
  bool is_derived() const { return kind == Kind::kDerived || kind == Kind::kDerivedScope; }
};

// The frame around an open scope.
struct FrameBox {
  std::string scope;
  std::string label;
  Rect rect{}, head{};
  bool is_derived = false;
  std::vector<std::string> members;  // Names of the scene's nodes in it.

  Rect button() const { return Rect::sized({head.max.x - 26, head.min.y + 3}, {22, 22}); }
};

struct WireBox {
  int from = 0, output = 0, to = 0, input = 0;
  Vec a, b;
};

class Derived;

struct Boxes {
  Boxes();
  ~Boxes();

  std::vector<NodeBox> nodes;  // The scene's nodes in their order, hidden ones included; then all others.
  std::vector<WireBox> wires;
  std::vector<FrameBox> frames;        // The outer ones first.
  std::vector<WireBox> derived_wires;  // Into and among what is derived; drawn dashed, from right to left.
  std::vector<WireBox> derived_uses;   // What derived boxes take from the scene's; shown for one at a time.
  int depth = 0;                       // The deepest node's.
  Rect bounds{};
  std::uint64_t version = 0;  // Grows when more has changed than numbers.

  // `shape`: changes with the graph. `opened`: derived scopes that are not folded. `stable`: no narrower than
  // before, so that changing numbers do not make boxes tremble. `in_session`: with room for the lens's tags
  // and numbers at the boxes' edges.
  void lay_out(const Scene& scene, const Snapshot& snapshot, const Lowered& lowered, std::uint64_t shape,
               const std::set<std::string>& opened, bool stable, bool in_session);
  const std::vector<Output>& shown() const;  // Derived tensors whose values are shown.
  // Which box stands for a node of the graph: its own, that of the scene node or Variable it belongs to, or
  // that of the folded scope it is hidden in. -1: none (it belongs to nothing that is shown).
  int box_of(int graph_node) const {
    return graph_node >= 0 && graph_node < static_cast<int>(stands_for_.size())
               ? stands_for_[static_cast<std::size_t>(graph_node)]
               : -1;
  }
  int index_of(std::string_view name) const;  // A visible box by its name; -1 if there is none.
  // For another scene, where scopes of the same names may stand elsewhere.
  void forget_places() { scope_places_.clear(); }
  // What comes out of a port of the scene's: "(?, 3)  float32"; of an input, the dtypes that it takes.
  const std::string& about(const PortBox& port, bool is_input) const;

 private:
  void lay_out_scopes(const Scene& scene);
  void lay_out_frames(const Scene& scene);
  void lay_out_error(NodeBox& box);
  void connect();
  void place_errors();
  void find_bounds(bool with_errors_of_run);
  Vec place_scope(const Scene& scene, const NodeBox& box, const std::vector<bool>& is_placed);
  void describe_ports(const Scene& scene, const Lowered& lowered);

  // Where a folded scope's box stands, from its first member; found once for members that stand like this.
  struct ScopePlace {
    std::vector<Vec> members;  // From the first one.
    Vec at;
  };

  std::map<std::string, Vec, std::less<>> sizes_;
  std::map<std::string, ScopePlace, std::less<>> scope_places_;
  bool in_session_ = false;
  std::unique_ptr<Derived> derived_;
  std::uint64_t shape_ = 0;
  std::vector<int> stands_for_;
  std::map<std::pair<std::string, int>, std::string> about_inputs_, about_outputs_;
};

// What a node that is not finished is still in need of: a few words, and what to do.
std::pair<std::string, std::string> advice_for(const SceneNode& node);
Tone tone_of(const Scene& scene, const SceneNode& node);
// Fills in what a box shows of a tensor and places it; the size that it needs.
void show_state(NodeBox& box, const NodeSnapshot& state);
Vec lay_out_contents(NodeBox& box);
// The field that holds what the node is (a Const's value, a Placeholder's feed); null if none does.
const NodeField* value_field(const NodeType& type);
inline constexpr float kPortRadius = 4.5f, kPortStep = 20;
// Where port `i` of `n` lies, from the middle of its side.
inline float port_offset(std::size_t i, std::size_t n) {
  return kPortStep * (static_cast<float>(i) - static_cast<float>(n - 1) / 2);
}

}  // namespace sandflow::ui
