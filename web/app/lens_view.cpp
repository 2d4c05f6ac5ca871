// See lens_view.h.
#include "web/app/lens_view.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "engine/core/text.h"
#include "web/app/texts.h"
#include "web/app/wires.h"

namespace sandflow::ui {

namespace {

constexpr float kAside = 5;  // Of the wire: where gradients run.

}  // namespace

Tone tone_of(LensPart part) {
  switch (part) {
    case LensPart::kFeed:
      return Tone::kData;
    case LensPart::kForward:
      return Tone::kForward;
    case LensPart::kGradients:
      return Tone::kGradient;
    default:
      return Tone::kVariable;
  }
}

namespace {

float eased(float t) { return t * t * (3 - 2 * t); }

void pulse(const Painter& painter, Vec at, Color color) {
  painter.circle(at, 8, fade(color, 0.22f));
  painter.circle(at, 4.5f, color);
}

// A word on a node's edge; where it ends.
float tag(const Painter& painter, Vec left_middle, std::string_view text, Color color, bool is_filled) {
  const Palette& p = palette();
  const Rect box{left_middle + Vec(0, -5), left_middle + Vec(text_width(Face::kStrong, 11, text) + 14, 11)};
  painter.fill(box, is_filled ? color : p.panel, 8);
  if (!is_filled) painter.frame(box, color, 8, 1.2f);
  painter.text_middle(Face::kStrong, 11, box.center(), is_filled ? p.panel : color, text);
  return box.max.x + 4;
}

float badge(const Painter& painter, Vec right_middle, int number, Color color) {
  const std::string text = std::to_string(number + 1);
  const float half = std::max(9.0f, text_width(Face::kStrong, 11, text) / 2 + 6);
  const Vec at = right_middle - Vec(half, 0);
  painter.fill({at - Vec(half, 9), at + Vec(half, 9)}, color, 9);
  painter.text_middle(Face::kStrong, 11, at, palette().panel, text);
  return at.x - half - 3;
}

// Where a change is largest, and how large.
std::vector<std::string> change_lines(const Tensor& before, const Tensor& after) {
  if (after.dtype() == DType::kString || before.elements() != after.elements() || after.elements() == 0)
    return {};
  std::int64_t most = 0;
  double largest = -1;
  for (std::int64_t i = 0; i < after.elements(); ++i)
    if (const double by = std::fabs(after.number(i) - before.number(i)); by > largest) {
      largest = by;
      most = i;
    }
  const std::string line = cat(short_number(before, most), " → ", short_number(after, most));
  if (after.elements() == 1) return {line};
  std::vector<std::string> at(static_cast<std::size_t>(after.shape().rank()));
  for (int axis = after.shape().rank() - 1, rest = static_cast<int>(most); axis >= 0; --axis) {
    const int size = static_cast<int>(after.shape().dim(axis));
    at[static_cast<std::size_t>(axis)] = std::to_string(rest % size);
    rest /= size;
  }
  return {cat("[", join(at, ", ", [](const std::string& i) { return i; }), "]  ", line),
          tr("lens.largest", {{"change", short_number(largest)}})};
}

}  // namespace

LensView::LensView(const SessionLens& lens, const Scene& scene, const Boxes& boxes, bool reduced_motion)
    : lens_(lens), boxes_(boxes), reduced_motion_(reduced_motion) {
  const std::size_t count = std::min(scene.nodes.size(), boxes.nodes.size());
  looks_.resize(boxes.nodes.size());
  std::map<std::string_view, std::size_t> folded;
  for (std::size_t i = count; i < boxes.nodes.size(); ++i)
    for (const std::string& member : boxes.nodes[i].members) folded[member] = i;
  for (std::size_t i = 0; i < count; ++i) {
    const auto scope = boxes.nodes[i].is_hidden ? folded.find(scene.nodes[i].name) : folded.end();
    visible_.push_back(scope == folded.end() ? i : scope->second);
  }
  const auto look_of = [&](int node) -> Look* {
    return node >= 0 && static_cast<std::size_t>(node) < visible_.size() ? &looks_[box_of(node)] : nullptr;
  };
  for (const std::string& fetch : lens.fetches())
    if (Look* look = look_of(scene.index_of(parse_wire(fetch).node))) look->is_fetched = true;
  for (const LensVariable& variable : lens.lens().variables())
    if (Look* look = look_of(variable.owner)) look->is_empty |= !variable.value.defined();
  const LensRun* run = lens.last();
  if (!run) return;
  for (std::size_t i = 0; i < std::min(count, run->is_needed.size()); ++i) {
    Look& look = looks_[visible_[i]];
    look.is_needed |= run->is_needed[i];
    if (boxes.nodes[i].is_hidden) continue;
    look.is_fed = run->is_fed[i];
    look.unknown = run->unknown[i];
  }
  if (Look* look = look_of(run->error_owner)) look->is_at_fault = true;
  for (std::size_t k = 0; k < run->stops.size(); ++k) {
    const LensStop& stop = run->stops[k];
    const bool is_update = stop.part == LensPart::kUpdate || stop.part == LensPart::kInitial;
    const bool is_told = k < lens.at();
    if (Look* look = look_of(stop.owner)) {
      look->will_go_back |= stop.part == LensPart::kGradients || stop.part == LensPart::kUpdate;
      // Until it is told that it was initialised, it is not.
      look->is_empty |= stop.part == LensPart::kInitial && !stop.before.defined() && !is_told;
    }
    for (const std::size_t box : boxes_of(stop)) {
      looks_[box].is_needed |= boxes.nodes[box].is_derived();
      int& number = stop.part == LensPart::kGradients ? looks_[box].gradients
                    : is_update                       ? looks_[box].update
                                                      : looks_[box].forward;
      if (is_told && number < 0) number = static_cast<int>(k);
    }
  }
  if (const LensStop* now = current()) {
    now_ = boxes_of(*now);
    tone_ = tone_of(now->part);
  } else if (lens.at() > 0 && lens.at() < run->stops.size()) {
    // Between two steps the light stays where the last one was.
    rests_ = boxes_of(run->stops[lens.at() - 1]);
    tone_ = tone_of(run->stops[lens.at() - 1].part);
  }
}

std::set<std::size_t> LensView::boxes_of(const LensStop& stop) const {
  std::set<std::size_t> boxes;
  if (static_cast<std::size_t>(stop.owner) < visible_.size()) boxes.insert(box_of(stop.owner));
  for (std::size_t i = stop.first; i < stop.first + stop.count; ++i)
    if (const int box = boxes_.box_of(lens_.last()->events[i].node);
        box >= 0 && boxes_.nodes[static_cast<std::size_t>(box)].is_derived())
      boxes.insert(static_cast<std::size_t>(box));
  return boxes;
}

const LensStop* LensView::current() const {
  const LensRun* run = lens_.last();
  return run && lens_.moves() && lens_.at() < run->stops.size() ? &run->stops[lens_.at()] : nullptr;
}

bool LensView::is_faded(std::size_t index) const {
  const Look& look = looks_[index];
  return lens_.last() && !lens_.last()->is_needed.empty() && !look.is_needed && !look.is_at_fault;
}

void LensView::draw_wires(const Painter& painter, const Boxes& boxes) const {
  if (!lens_.last()) return;
  const Palette& p = palette();
  const LensStop* now = current();
  const Color violet = p.of(Tone::kGradient);
  for (const WireBox& wire : boxes.wires) {
    const auto from = static_cast<std::size_t>(wire.from), to = static_cast<std::size_t>(wire.to);
    const Curve curve = wire_curve(wire.a, wire.b);
    if (is_faded(from) || is_faded(to) || looks_[to].is_fed) {
      painter.polyline(curve, fade(p.ground, 0.72f), 3);
      continue;
    }
    // A gradient goes back along the wires that lead to one more.
    const bool goes_back = looks_[to].will_go_back && looks_[from].will_go_back;
    if (goes_back && looks_[to].gradients >= 0)
      painter.dashes(beside(curve, kAside), fade(violet, 0.85f), 2, 5, 5);
    if (!now || !now_.count(to) || reduced_motion_) continue;
    if (now->part == LensPart::kForward)
      pulse(painter, place_on(curve, eased(lens_.phase())), p.of(Tone::kForward));
    else if (now->part == LensPart::kGradients && goes_back)
      pulse(painter, place_on(beside(curve, kAside), 1 - eased(lens_.phase())), violet);
  }
  for (const WireBox& wire : boxes.derived_wires)
    if (now && !reduced_motion_ && now->part != LensPart::kForward &&
        now_.count(static_cast<std::size_t>(wire.to)))
      pulse(painter, place_on(wire_curve(wire.a, wire.b), eased(lens_.phase())), p.of(tone_));
}

// The light around a box at which something is happening.
void LensView::draw_below(const Painter& painter, const NodeBox& box, std::size_t index) const {
  const bool rests = rests_.count(index) > 0;
  if (!rests && !now_.count(index)) return;
  const float strength = rests || reduced_motion_ ? 1 : 0.35f + 0.65f * lens_.phase();
  for (float spread : {11.0f, 7.0f, 4.0f})
    painter.fill(box.rect.grown(spread), fade(palette().of(tone_), 0.15f * strength), 9 + spread);
}

void LensView::draw_above(const Painter& painter, const NodeBox& box, std::size_t index) const {
  const Palette& p = palette();
  const Look& look = looks_[index];
  const Rect& r = box.rect;
  if (is_faded(index)) {
    painter.fill(r.grown(7), fade(p.ground, 0.68f), 12);
    for (const PortBox& port : box.inputs)
      if (port.chip.width() > 0) painter.fill(port.chip.grown(2), fade(p.ground, 0.68f), 6);
  }
  if (look.is_fed && !is_faded(index)) painter.frame(r, p.of(Tone::kData), 9, 1.8f);
  if (look.is_fetched) painter.frame(r.grown(1), p.of(Tone::kForward), 10, 1.8f);
  float left = r.min.x + 8;
  if (look.is_fed)
    left = tag(painter, {left, r.max.y},
               look.unknown.empty() ? tr("lens.fed") : cat(tr("lens.fed"), "  ", look.unknown),
               p.of(Tone::kData), true);
  if (look.is_empty) {
    painter.fill(r.grown(-1), fade(p.of(Tone::kVariable), 0.07f), 8);
    painter.dashed_frame(r, p.of(Tone::kVariable), 9, 1.6f, 5);
    left = tag(painter, {left, r.max.y}, tr("lens.state.uninitialized"), p.of(Tone::kVariable), false);
  }
  if (look.is_fetched) tag(painter, {left, r.max.y}, tr("lens.fetched"), p.of(Tone::kForward), true);
  // From the right: what came last.
  float right = r.max.x + 4;
  if (look.update >= 0) right = badge(painter, {right, r.min.y - 2}, look.update, p.of(Tone::kVariable));
  if (look.gradients >= 0)
    right = badge(painter, {right, r.min.y - 2}, look.gradients, p.of(Tone::kGradient));
  if (look.forward >= 0)
    badge(painter, {right, r.min.y - 2}, look.forward, p.of(look.is_fed ? Tone::kData : Tone::kForward));
}

void LensView::draw_changes(const Painter& painter, const Boxes& boxes) const {
  const LensRun* run = lens_.last();
  const Palette& p = palette();
  for (std::size_t k = 0; run && k < lens_.at(); ++k) {
    const LensStop& stop = run->stops[k];
    if (!stop.before.defined() || !stop.after.defined() ||
        static_cast<std::size_t>(stop.owner) >= visible_.size())
      continue;
    const std::vector<std::string> lines = change_lines(stop.before, stop.after);
    if (lines.empty()) continue;
    float width = 0;
    for (const std::string& line : lines) width = std::max(width, text_width(Face::kMono, 11, line));
    const Rect& node = boxes.nodes[box_of(stop.owner)].rect;
    const Rect box =
        Rect::sized({node.min.x, node.max.y + 12}, {width + 20, 10 + 16 * static_cast<float>(lines.size())});
    const Color amber = p.of(Tone::kVariable);
    painter.fill(box, p.panel, 7);
    painter.fill(box, fade(amber, 0.1f), 7);
    painter.frame(box, fade(amber, 0.6f), 7);
    for (std::size_t i = 0; i < lines.size(); ++i)
      painter.text(Face::kMono, 11, box.min + Vec(10, 5 + 16 * static_cast<float>(i)), i == 0 ? p.ink : amber,
                   lines[i]);
  }
}

}  // namespace sandflow::ui
