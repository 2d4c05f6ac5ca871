// See lens_view.h.
#include "web/app/lens_view.h"

#include <algorithm>
#include <cmath>

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

LensView::LensView(const SessionLens& lens, const Scene& scene, bool reduced_motion)
    : lens_(lens), reduced_motion_(reduced_motion) {
  const std::size_t count = scene.nodes.size();
  told_.resize(count);
  all_.resize(count);
  is_fetched_.resize(count);
  is_empty_.resize(count);
  for (const std::string& fetch : lens.fetches())
    if (const int node = scene.index_of(parse_wire(fetch).node); node >= 0)
      is_fetched_[static_cast<std::size_t>(node)] = true;
  for (const LensVariable& variable : lens.lens().variables())
    if (static_cast<std::size_t>(variable.owner) < count)
      is_empty_[static_cast<std::size_t>(variable.owner)] = !variable.value.defined();
  const LensRun* run = lens.last();
  for (std::size_t k = 0; run && k < run->stops.size(); ++k) {
    const LensStop& stop = run->stops[k];
    if (static_cast<std::size_t>(stop.owner) >= count) continue;
    const auto note = [&](Numbers& numbers) {
      int& number = stop.part == LensPart::kGradients                                   ? numbers.gradients
                    : stop.part == LensPart::kUpdate || stop.part == LensPart::kInitial ? numbers.update
                                                                                        : numbers.forward;
      if (number < 0) number = static_cast<int>(k);
    };
    note(all_[static_cast<std::size_t>(stop.owner)]);
    if (k < lens.at()) note(told_[static_cast<std::size_t>(stop.owner)]);
    // Until it is told that it was initialised, it is not.
    if (stop.part == LensPart::kInitial && !stop.before.defined() && k >= lens.at())
      is_empty_[static_cast<std::size_t>(stop.owner)] = true;
  }
}

const LensStop* LensView::current() const {
  const LensRun* run = lens_.last();
  return run && lens_.moves() && lens_.at() < run->stops.size() ? &run->stops[lens_.at()] : nullptr;
}

bool LensView::is_faded(std::size_t node) const {
  const LensRun* run = lens_.last();
  return run && node < run->is_needed.size() && !run->is_needed[node] &&
         static_cast<int>(node) != run->error_owner;
}

void LensView::draw_wires(const Painter& painter, const Boxes& boxes) const {
  const LensRun* run = lens_.last();
  if (!run) return;
  const Palette& p = palette();
  const LensStop* now = current();
  for (const WireBox& wire : boxes.wires) {
    const auto from = static_cast<std::size_t>(wire.from), to = static_cast<std::size_t>(wire.to);
    if (std::max(from, to) >= run->is_needed.size()) continue;
    const Curve curve = wire_curve(wire.a, wire.b);
    if (is_faded(from) || is_faded(to) || run->is_fed[to]) {
      painter.polyline(curve, fade(p.ground, 0.72f), 3);
      continue;
    }
    // A gradient goes back along the wires that lead to one more.
    const auto leads_on = [&](std::size_t node) {
      return all_[node].gradients >= 0 || all_[node].update >= 0;
    };
    const bool goes_back = all_[to].gradients >= 0 && leads_on(from);
    const bool is_now = now && now->owner == wire.to;
    const Color violet = p.of(Tone::kGradient);
    if (goes_back && told_[to].gradients >= 0)
      painter.dashes(beside(curve, kAside), fade(violet, 0.85f), 2, 5, 5);
    if (!is_now || reduced_motion_) continue;
    if (now->part == LensPart::kForward)
      pulse(painter, place_on(curve, eased(lens_.phase())), p.of(Tone::kForward));
    else if (now->part == LensPart::kGradients && goes_back)
      pulse(painter, place_on(beside(curve, kAside), 1 - eased(lens_.phase())), violet);
  }
}

// The light around a node at which something is happening.
void LensView::draw_below(const Painter& painter, const NodeBox& box, std::size_t node) const {
  const LensStop* now = current();
  const LensRun* run = lens_.last();
  const LensStop* last = !now && run && lens_.at() > 0 ? &run->stops[lens_.at() - 1] : nullptr;
  // Between two steps the light stays where the last one was.
  const bool rests = last && lens_.at() < run->stops.size() && static_cast<std::size_t>(last->owner) == node;
  if (!rests && !(now && static_cast<std::size_t>(now->owner) == node)) return;
  const Color color = palette().of(tone_of(rests ? last->part : now->part));
  const float strength = rests || reduced_motion_ ? 1 : 0.35f + 0.65f * lens_.phase();
  for (float spread : {11.0f, 7.0f, 4.0f})
    painter.fill(box.rect.grown(spread), fade(color, 0.15f * strength), 9 + spread);
}

void LensView::draw_above(const Painter& painter, const NodeBox& box, std::size_t node) const {
  if (node >= told_.size()) return;
  const Palette& p = palette();
  const LensRun* run = lens_.last();
  const Rect& r = box.rect;
  if (is_faded(node)) {
    painter.fill(r.grown(7), fade(p.ground, 0.68f), 12);
    for (const PortBox& port : box.inputs)
      if (port.chip.width() > 0) painter.fill(port.chip.grown(2), fade(p.ground, 0.68f), 6);
  }
  const bool is_fed = run && node < run->is_fed.size() && run->is_fed[node];
  if (is_fed && !is_faded(node)) painter.frame(r, p.of(Tone::kData), 9, 1.8f);
  if (is_fetched_[node]) painter.frame(r.grown(1), p.of(Tone::kForward), 10, 1.8f);
  float left = r.min.x + 8;
  if (is_fed) {
    const std::string& unknown = run->unknown[node];
    left =
        tag(painter, {left, r.max.y}, unknown.empty() ? tr("lens.fed") : cat(tr("lens.fed"), "  ", unknown),
            p.of(Tone::kData), true);
  }
  if (is_empty_[node]) {
    painter.fill(r.grown(-1), fade(p.of(Tone::kVariable), 0.07f), 8);
    painter.dashed_frame(r, p.of(Tone::kVariable), 9, 1.6f, 5);
    left = tag(painter, {left, r.max.y}, tr("lens.state.uninitialized"), p.of(Tone::kVariable), false);
  }
  if (is_fetched_[node]) tag(painter, {left, r.max.y}, tr("lens.fetched"), p.of(Tone::kForward), true);
  // From the right: what came last.
  const Numbers& numbers = told_[node];
  float right = r.max.x + 4;
  if (numbers.update >= 0)
    right = badge(painter, {right, r.min.y - 2}, numbers.update, p.of(Tone::kVariable));
  if (numbers.gradients >= 0)
    right = badge(painter, {right, r.min.y - 2}, numbers.gradients, p.of(Tone::kGradient));
  if (numbers.forward >= 0)
    badge(painter, {right, r.min.y - 2}, numbers.forward, p.of(is_fed ? Tone::kData : Tone::kForward));
}

void LensView::draw_changes(const Painter& painter, const Boxes& boxes) const {
  const LensRun* run = lens_.last();
  const Palette& p = palette();
  for (std::size_t k = 0; run && k < lens_.at(); ++k) {
    const LensStop& stop = run->stops[k];
    if (!stop.before.defined() || !stop.after.defined() ||
        static_cast<std::size_t>(stop.owner) >= boxes.nodes.size())
      continue;
    const std::vector<std::string> lines = change_lines(stop.before, stop.after);
    if (lines.empty()) continue;
    float width = 0;
    for (const std::string& line : lines) width = std::max(width, text_width(Face::kMono, 11, line));
    const Rect& node = boxes.nodes[static_cast<std::size_t>(stop.owner)].rect;
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
