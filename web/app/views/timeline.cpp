// The time machine: a slider over the moments of the run that were kept; a step made from one of them is
// another run, and the old one stays among the runs to be compared.
#include <algorithm>

#include "engine/core/text.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/views/view.h"
#include "web/app/widgets.h"

namespace sandflow::ui {

namespace {

class TimelineView : public View {
 public:
  bool applies(const Run& run) const override { return run.workspace.checkpoints().size() > 1; }

  Changes draw(Ui& ui, Column& column, const Run& run) override {
    const Palette& p = palette();
    Workspace& workspace = run.workspace;
    const bool is_back = workspace.is_back();
    if (!column.section(ui, "timeline", tr("view.timeline"),
                        tr("timeline.at", {{"step", std::to_string(run.snapshot.counters.step)}}),
                        is_back ? p.of(Tone::kVariable) : 0, false))
      return {};
    const auto& moments = workspace.checkpoints();
    const Rect row = column.take(28, 6);
    const Rect track{{7, row.center().y - 2}, {column.width - 7, row.center().y + 2}};
    if (!is_back) last_ = std::max(moments.back().counters.step, run.snapshot.counters.step);
    const auto place = [&](std::int64_t step) {
      return track.min.x +
             track.width() * static_cast<float>(step) / static_cast<float>(std::max<std::int64_t>(1, last_));
    };
    const float at = place(std::min(last_, run.snapshot.counters.step));
    column.painter.fill(track, p.line, 2);
    column.painter.fill({track.min, {at, track.max.y}}, p.of(Tone::kForward), 2);
    for (const Checkpoint& moment : moments)
      column.painter.fill(Rect::sized({place(moment.counters.step) - 0.5f, row.center().y + 6}, {1, 4}),
                          fade(p.soft, 0.6f));
    const Press hit = press(ui, column.painter, "timeline-track", row);
    ui.spot("timeline-track", column.painter, row);
    if (hit.hovered) ui.cursor = "pointer";
    ui.walk.name(tr("view.timeline"), std::to_string(run.snapshot.counters.step));
    if (const int by = ui.walk.slides(); by != 0) go_by(ui, run, by);
    column.painter.circle({at, row.center().y}, hit.hovered || hit.held ? 8 : 7, p.of(Tone::kForward));
    column.painter.circle({at, row.center().y}, 3, p.panel);
    if (hit.held && ImGui::IsMousePosValid()) {
      ui.holds_finger = true;
      const float wanted = column.painter.local(ui.input.mouse * ui.ratio).x;
      std::size_t nearest = moments.size();  // The end.
      float best = std::abs(place(last_) - wanted);
      for (std::size_t i = 0; i < moments.size(); ++i)
        if (const float far = std::abs(place(moments[i].counters.step) - wanted); far < best) {
          best = far;
          nearest = i;
        }
      const std::int64_t step = nearest < moments.size() ? moments[nearest].counters.step : last_;
      if (step != run.snapshot.counters.step) {
        run.pause();
        nearest < moments.size() ? workspace.go_to(nearest) : workspace.go_to_end();
        ui.wants_frame = true;
      }
    }
    column.paragraph(tr(is_back ? "timeline.fork" : "timeline.about"), p.soft, 8);
    if (is_back) {
      const std::string label = tr("timeline.end");
      const Rect button =
          Rect::sized({0, column.take(28, 8).min.y}, {text_width(Face::kStrong, 13, label) + 24, 28});
      ui.spot("timeline-end", column.painter, button);
      if (small_button(ui, column.painter, "timeline-end", button, label)) {
        run.pause();
        workspace.go_to_end();
        ui.wants_frame = true;
      }
    }
    column.y += 8;
    return {};
  }

 private:
  // To the moment kept before or after this one.
  static void go_by(Ui& ui, const Run& run, int by) {
    const auto& moments = run.workspace.checkpoints();
    const std::int64_t now = run.snapshot.counters.step;
    std::size_t next = 0;
    while (next < moments.size() && moments[next].counters.step < now + (by > 0 ? 1 : 0)) ++next;
    if (by < 0 && next == 0) return;
    if (by < 0) --next;
    run.pause();
    next < moments.size() ? run.workspace.go_to(next) : run.workspace.go_to_end();
    ui.wants_frame = true;
  }

  std::int64_t last_ = 1;  // Where the run was when it went back.
};

}  // namespace

std::unique_ptr<View> timeline_view() { return std::make_unique<TimelineView>(); }

}  // namespace sandflow::ui
