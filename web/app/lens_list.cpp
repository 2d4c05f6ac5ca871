// See lens_list.h.
#include "web/app/lens_list.h"

#include "engine/core/text.h"
#include "web/app/lens_view.h"
#include "web/app/texts.h"

namespace sandflow::ui {

namespace {

constexpr float kRow = 26;

std::string value_text(const LensStop& stop) {
  const Tensor& value = stop.after.defined() ? stop.after : stop.value;
  if (!value.defined()) return {};
  if (value.elements() == 1 && has_numbers(value)) {
    const std::string now = short_number(value, 0);
    return stop.before.defined() ? cat(short_number(stop.before, 0), " → ", now) : now;
  }
  return value.shape().python();
}

}  // namespace

void draw_order(Ui& ui, Column& column, SessionLens& lens, const Scene& scene) {
  const Palette& p = palette();
  const LensRun* run = lens.last();
  column.heading(tr("lens.order"),
                 run ? tr("lens.operations", {{"count", std::to_string(run->events.size() + run->left_out)}})
                     : std::string());
  if (!run) {
    const std::string_view text = tr("lens.order-empty");
    const float high = text_size(Face::kText, 13, text, column.width).y;
    column.painter.text(Face::kText, 13, column.take(high, 12).min, p.soft, text, column.width);
    return;
  }
  std::size_t wanted = lens.at();
  for (std::size_t k = 0; k < run->stops.size(); ++k) {
    const LensStop& stop = run->stops[k];
    const Rect row = column.take(kRow);
    const Rect device = column.painter.device(row);
    if (static_cast<std::size_t>(stop.owner) >= scene.nodes.size() ||
        !ImGui::IsRectVisible(device.min, device.max))
      continue;
    const bool is_told = k < lens.at(), is_last = k + 1 == lens.at();
    const Press hit = press(ui, column.painter, cat("stop", k), row);
    if (hit.clicked) wanted = k + 1;
    if (hit.hovered || is_last)
      column.painter.fill({row.min - Vec(8, 0), row.max + Vec(8, 0)}, fade(p.ink, is_last ? 0.07f : 0.04f),
                          6);
    const Color tone = p.of(tone_of(stop.part));
    const std::string number = std::to_string(k + 1);
    const float half = std::max(9.0f, text_width(Face::kStrong, 11, number) / 2 + 6);
    const Rect badge{{0, row.center().y - 9}, {2 * half, row.center().y + 9}};
    if (is_told)
      column.painter.fill(badge, tone, 9);
    else
      column.painter.frame(badge, tone, 9, 1.2f);
    column.painter.text_middle(Face::kStrong, 11, badge.center(), is_told ? p.panel : tone, number);
    const float line = row.center().y - line_height(Face::kText, 13) / 2;
    const std::string value = fitted(Face::kMono, 11, value_text(stop), column.width * 0.4f);
    const float right = text_width(Face::kMono, 11, value);
    const std::string part = tr(stop.part == LensPart::kGradients ? "lens.part.gradients"
                                : stop.part == LensPart::kUpdate  ? "lens.part.update"
                                : stop.part == LensPart::kInitial ? "lens.part.initial"
                                : stop.part == LensPart::kFeed    ? "lens.part.feed"
                                                                  : "lens.part.forward");
    const float left = badge.max.x + 10, room = column.width - left - right - 12;
    const std::string name =
        fitted(Face::kStrong, 13, scene.nodes[static_cast<std::size_t>(stop.owner)].name, room);
    column.painter.text(Face::kStrong, 13, {left, line}, is_told ? p.ink : p.soft, name);
    const float after = left + text_width(Face::kStrong, 13, name) + 8;
    column.painter.text(Face::kText, 11, {after, line + 2}, tone,
                        fitted(Face::kText, 11, part, std::max(0.0f, column.width - right - 12 - after)));
    column.painter.text_right(Face::kMono, 11, {column.width, line + 2}, p.soft, value);
  }
  if (run->error && run->error_owner >= 0 &&
      static_cast<std::size_t>(run->error_owner) < scene.nodes.size()) {
    const Rect row = column.take(kRow);
    const Color red = p.of(Tone::kLoss);
    const Vec cross{9, row.center().y};
    column.painter.line(cross - Vec(4, 4), cross + Vec(4, 4), red, 1.8f);
    column.painter.line(cross - Vec(4, -4), cross + Vec(4, -4), red, 1.8f);
    column.painter.text(Face::kStrong, 13, {28, row.center().y - line_height(Face::kText, 13) / 2}, red,
                        fitted(Face::kStrong, 13,
                               cat(scene.nodes[static_cast<std::size_t>(run->error_owner)].name, ": ",
                                   name(run->error->kind)),
                               column.width - 28));
  }
  column.y += 12;
  if (wanted == lens.at()) return;
  lens.pause();
  lens.go_to(wanted);
}

}  // namespace sandflow::ui
