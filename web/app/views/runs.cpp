// The drawer of runs: those that were kept, by what is different about them; renamed, thrown away, written as
// a table.
#include <algorithm>
#include <cmath>

#include "engine/core/json.h"
#include "engine/core/text.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/values.h"
#include "web/app/views/measure.h"
#include "web/app/views/view.h"
#include "web/app/widgets.h"

namespace sandflow::ui {

namespace {

class RunsView : public View {
 public:
  bool applies(const Run& run) const override {
    return !run.snapshot.losses.empty() || !run.workspace.kept_runs().empty();
  }

  Changes draw(Ui& ui, Column& column, const Run& run) override {
    Workspace& workspace = run.workspace;
    const auto& kept = workspace.kept_runs();
    if (!column.section(ui, "runs", tr("view.runs"), kept.empty() ? "" : std::to_string(kept.size()), 0,
                        !kept.empty()))
      return {};
    std::size_t removed = kept.size();
    for (std::size_t i = 0; i < kept.size(); ++i)
      if (draw_run(ui, column, workspace, i)) removed = i;
    if (removed < kept.size()) {
      workspace.remove_run(removed);
      ui.wants_frame = true;
    }
    draw_buttons(ui, column, run);
    column.y += 10;
    return {};
  }

 private:
  // True: it is to go.
  bool draw_run(Ui& ui, Column& column, Workspace& workspace, std::size_t i) {
    const Palette& p = palette();
    const KeptRun& kept = workspace.kept_runs()[i];
    const Rect row = column.take(28, 2);
    column.painter.line({0, row.center().y}, {16, row.center().y}, p.of_run(kept.number), 2.5f);
    TextEntry::Request request;
    request.key = cat("run-", i);
    request.value = kept.name;
    request.label = tr("runs.name");
    request.is_mono = false;
    const Rect name{{24, row.min.y}, {column.width - 112, row.max.y}};
    ui.spot(request.key, column.painter, name);
    // A name is no part of the scene: what is typed is taken from the entry, and no edit is made of it.
    if (const Press hit = press(ui, column.painter, request.key, name); hit.clicked) {
      const Rect device = column.painter.device(name);
      request.box = {device.min / ui.ratio, device.max / ui.ratio};
      const int id = ui.entry.open_live(ui.outbox, request);
      editing_ = {id, kept.number};
    }
    if (editing_.first != 0 && editing_.second == kept.number && !ui.entry.is_open(editing_.first)) {
      if (ui.entry.was_accepted(editing_.first)) workspace.rename_run(i, ui.entry.typed());
      editing_ = {0, 0};
    }
    if (!ui.entry.is_open(request.key))
      column.painter.text(Face::kText, 13, {name.min.x, row.center().y - line_height(Face::kText, 13) / 2},
                          p.ink, fitted(Face::kText, 13, title_of(kept), name.width()));
    // The last that was measured: within a first epoch of many examples only the tests are.
    double measured = NAN;
    for (const Evaluation& e : kept.evaluations)
      if (std::isfinite(e.train_loss)) measured = e.train_loss;
    // But a run that broke within an epoch ended where its batches did.
    constexpr double kBroken = 1000;
    const double ended = kept.losses.empty() ? NAN : kept.losses.back().loss;
    const bool is_broken = std::isinf(ended) || ended > kBroken * measured;
    const std::string result = is_broken              ? short_number(ended)
                               : std::isnan(measured) ? ""
                                                      : short_number(measured);
    column.painter.text_right(Face::kMono, 11,
                              {column.width - 32, row.center().y - line_height(Face::kMono, 11) / 2}, p.soft,
                              result);
    const Rect cross = Rect::sized({column.width - 24, row.min.y + 2}, {24, 24});
    const Press gone = press(ui, column.painter, cat("run-remove-", i), cross);
    ui.walk.name(cat(tr("action.remove"), ": ", title_of(kept)));
    ui.spot(cat("run-remove-", i), column.painter, cross);
    const Color sign = gone.hovered ? p.ink : p.soft;
    const Vec c = cross.center();
    column.painter.line(c - Vec(4, 4), c + Vec(4, 4), sign, 1.4f);
    column.painter.line(c + Vec(-4, 4), c + Vec(4, -4), sign, 1.4f);
    if (gone.hovered) ui.cursor = "pointer";
    const std::vector<std::string> different = differences(kept.settings, workspace.settings());
    const std::string told = different.empty()
                                 ? tr("runs.same")
                                 : join(different, ", ", [](const std::string& text) { return text; });
    column.painter.text(Face::kText, 11, {24, column.take(16, 6).min.y}, p.soft,
                        fitted(Face::kText, 11, told, column.width - 24));
    return gone.clicked;
  }

  static void draw_buttons(Ui& ui, Column& column, const Run& run) {
    const Rect row = column.take(30, 6);
    float x = 0;
    const auto button = [&](const char* id, const std::string& label) {
      const Rect box = Rect::sized({x, row.min.y}, {text_width(Face::kStrong, 13, label) + 24, 30});
      x = box.max.x + 8;
      ui.spot(id, column.painter, box);
      return small_button(ui, column.painter, id, box, label);
    };
    if (!run.snapshot.losses.empty() && button("run-keep", tr("runs.keep"))) {
      run.workspace.keep_run();
      ui.wants_frame = true;
    }
    if (!button("runs-csv", tr("runs.csv"))) return;
    std::vector<KeptRun> all = run.workspace.kept_runs();
    if (!run.snapshot.losses.empty())
      all.push_back(
          kept_run(tr("runs.now"), run.workspace.settings(), run.snapshot.losses, run.snapshot.evaluations));
    JsonWriter json;
    json.open().field("type", "download").field("name", "runs.csv").field("text", runs_csv(all)).close();
    ui.outbox.add(json.take());
  }

  std::pair<int, int> editing_{0, 0};  // The open field's entry, and the number of the run it names.
};

}  // namespace

std::unique_ptr<View> runs_view() { return std::make_unique<RunsView>(); }

}  // namespace sandflow::ui
