// Three microscopes over the next step: the gradients of a batch's examples against that of all data, the
// update of one parameter with every number put in, and a chosen node's gradient held against a numeric one.
#include <algorithm>
#include <cmath>

#include "engine/core/text.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/values.h"
#include "web/app/views/view.h"
#include "web/app/widgets.h"

namespace sandflow::ui {

namespace {

// When to look again.
class Watch {
 public:
  Turns::Turn take_turn(Ui& ui, const Run& run) {
    if (run.snapshot.version == version_) return {};
    const double took = ui.turns.cost(this);
    if (run.is_playing && ui.time - at_ < took / 1000 + microscope_rest(took)) {
      ui.wants_frame = true;
      return {};
    }
    Turns::Turn turn = ui.take_turn(this);
    if (turn) {
      version_ = run.snapshot.version;
      at_ = ui.time;
    }
    return turn;
  }
  void forget() {
    version_ = 0;
    at_ = -1;
  }

 private:
  std::uint64_t version_ = 0;
  double at_ = -1;  // The frame of the last look.
};

void arrow(const Painter& painter, Vec from, Vec to, Color color, float thickness) {
  painter.line(from, to, color, thickness);
  const float length = distance(from, to);
  if (length < 5) return;
  const Vec along = (to - from) / length, side(-along.y, along.x);
  painter.triangle(to, to - along * (4 + 2 * thickness) + side * (2 + thickness),
                   to - along * (4 + 2 * thickness) - side * (2 + thickness), color);
}

std::string digits(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.5g", x);
  return text;
}

class BatchView : public View {
 public:
  bool applies(const Run& run) const override { return run.data && run.snapshot.can_train; }

  Changes draw(Ui& ui, Column& column, const Run& run) override {
    if (!column.section(ui, "batch", tr("view.batch"),
                        tr("batch.step", {{"step", std::to_string(run.snapshot.counters.step + 1)}}), 0,
                        false))
      return {};
    if (const Turns::Turn turn = watch_.take_turn(ui, run)) sight_ = run.workspace.look_at_batch();
    const Palette& p = palette();
    if (sight_.rows.empty()) {
      column.paragraph(tr("batch.none"), p.soft);
      return {};
    }
    const Rect box = column.take(170, 8);
    column.painter.fill(box, p.field, 8);
    draw_arrows(ui, column.painter, box);
    const auto sign = [&](Color color, float thickness, const std::string& text, const std::string& value) {
      const Rect row = column.take(18);
      column.painter.line({0, row.center().y}, {16, row.center().y}, color, thickness);
      column.painter.text(Face::kText, 11, {24, row.center().y - line_height(Face::kText, 11) / 2}, p.ink,
                          text);
      column.painter.text_right(
          Face::kMono, 11, {column.width, row.center().y - line_height(Face::kMono, 11) / 2}, p.soft, value);
    };
    sign(fade(p.of(Tone::kData), 0.8f), 1.2f,
         tr("batch.single", {{"count", std::to_string(sight_.examples.size())}}), "");
    sign(p.of(Tone::kGradient), 2.5f, tr("batch.mean", {{"count", std::to_string(sight_.rows.size())}}),
         short_number(sight_.batch.norm));
    const bool is_part = sight_.full_examples < run.data->train.size();
    sign(p.ink, 2.5f,
         tr(is_part ? "batch.part" : "batch.full", {{"count", std::to_string(sight_.full_examples)},
                                                    {"all", std::to_string(run.data->train.size())}}),
         short_number(sight_.full.norm));
    column.y += 4;
    const double angle = std::acos(std::clamp(sight_.cosine, -1.0, 1.0)) * 180 / 3.14159265358979;
    column.paragraph(tr(is_part ? "batch.part-angle" : "batch.angle",
                        {{"angle", std::to_string(static_cast<int>(std::lround(angle)))},
                         {"share", digits(std::round(sight_.cosine * 100) / 100)}}),
                     p.soft, 6);
    std::string rows;
    for (std::size_t i = 0; i < std::min<std::size_t>(sight_.rows.size(), 12); ++i)
      rows += cat(i ? ", " : "", sight_.rows[i]);
    if (sight_.rows.size() > 12) rows += ", …";
    column.paragraph(cat(tr("batch.rows"), " ", rows), p.soft, 14);
    return {};
  }

 private:
  void draw_arrows(Ui& ui, const Painter& painter, const Rect& box) const {
    const Palette& p = palette();
    double left = 0, right = sight_.full.along, up = 0, down = 0;
    for (const GradientArrow& each : sight_.examples) {
      left = std::min(left, each.along), right = std::max(right, each.along);
      down = std::min(down, each.across), up = std::max(up, each.across);
    }
    right = std::max({right, sight_.batch.along, 1e-30});
    up = std::max(up, sight_.batch.across);
    const float inner_w = box.width() - 36, inner_h = box.height() - 36;
    const double scale = std::min(static_cast<double>(inner_w) / (right - left),
                                  static_cast<double>(inner_h) / std::max(up - down, 1e-30));
    const Vec center = box.center();
    const auto place = [&](double along, double across) {
      return center + Vec(static_cast<float>((along - (left + right) / 2) * scale),
                          -static_cast<float>((across - (up + down) / 2) * scale));
    };
    const Vec origin = place(0, 0);
    painter.clip(box);
    painter.hairline({box.min.x, origin.y}, {box.max.x, origin.y}, p.line);
    painter.hairline({origin.x, box.min.y}, {origin.x, box.max.y}, p.line);
    const Vec mouse = painter.local(ui.input.mouse * ui.ratio);
    float nearest = 8;
    std::size_t near = sight_.examples.size();
    for (std::size_t i = 0; i < sight_.examples.size(); ++i) {
      const Vec to = place(sight_.examples[i].along, sight_.examples[i].across);
      arrow(painter, origin, to, fade(p.of(Tone::kData), 0.7f), 1);
      if (const float far = distance(to, mouse); far < nearest) nearest = far, near = i;
    }
    arrow(painter, origin, place(sight_.full.along, sight_.full.across), p.ink, 2.2f);
    arrow(painter, origin, place(sight_.batch.along, sight_.batch.across), p.of(Tone::kGradient), 2.2f);
    painter.circle(origin, 3, p.ink);
    painter.unclip();
    if (near >= sight_.examples.size()) return;
    const std::vector<std::string> lines{
        tr("batch.row", {{"row", std::to_string(sight_.rows[near])}}),
        cat(tr("view.loss"), "  ", short_number(sight_.losses[near])),
        cat(tr("layers.gradient"), "  ", short_number(sight_.examples[near].norm))};
    tooltip(ui, ui.input.mouse, lines);
  }

  Watch watch_;
  BatchSight sight_;
};

class UpdateView : public View {
 public:
  bool applies(const Run& run) const override { return run.snapshot.can_train; }

  Changes draw(Ui& ui, Column& column, const Run& run) override {
    const Palette& p = palette();
    if (!column.section(ui, "update", tr("view.update"), run.scene.training.optimizer.name, 0, false))
      return {};
    std::vector<std::string> names;
    for (std::size_t i = 0; i < run.scene.nodes.size() && i < run.snapshot.nodes.size(); ++i)
      if (run.scene.nodes[i].type == "Variable" && run.snapshot.nodes[i].gradient.defined())
        names.push_back(run.scene.nodes[i].name);
    if (names.empty()) return {};
    // The Variable that is selected is meant.
    if (run.selection.nodes.size() == 1 && selected_ != *run.selection.nodes.begin()) {
      selected_ = *run.selection.nodes.begin();
      if (std::find(names.begin(), names.end(), selected_) != names.end()) choose(selected_);
    }
    auto at = std::find(names.begin(), names.end(), variable_);
    if (at == names.end()) choose(*(at = names.begin()));
    const Rect row = column.take(kControlHeight, 8);
    constexpr float kButtons = 92;
    if (const auto chosen =
            choice(ui, column.painter, "update-variable", {row.min, {row.max.x - kButtons - 8, row.max.y}},
                   names, static_cast<int>(at - names.begin())))
      choose(names[static_cast<std::size_t>(*chosen)]);
    if (const Turns::Turn turn = watch_.take_turn(ui, run)) look(run);
    const std::int64_t count = elements(run);
    const auto step = [&](const char* id, const char* label, float x, std::int64_t by) {
      const Rect box{{row.max.x - kButtons + x, row.min.y}, {row.max.x - kButtons + x + 28, row.max.y}};
      if (!small_button(ui, column.painter, id, box, label) || count <= 0) return;
      element_ = (element_ + by + count) % count;
      watch_.forget();
      ui.wants_frame = true;
    };
    step("update-back", "‹", 0, -1);
    step("update-next", "›", 64, 1);
    column.painter.text_middle(Face::kMono, 11, {row.max.x - kButtons + 46, row.center().y}, p.ink,
                               cat("[", element_, "]"));
    if (!error_.empty()) {
      column.paragraph(error_, p.of(Tone::kLoss));
      return {};
    }
    const auto line = [&](const std::string& name, const std::string& value, Color color) {
      const Rect place = column.take(18);
      column.painter.text(Face::kText, 11, place.min, p.soft, name);
      column.painter.text_right(Face::kMono, 11, {column.width, place.min.y}, color, value);
    };
    line(tr("update.gradient"), digits(sight_.gradient), p.of(Tone::kGradient));
    for (const auto& slot : sight_.slots)
      line(slot.name, cat(digits(slot.before), " → ", digits(slot.after)), p.ink);
    line(tr("update.value"), cat(digits(sight_.before), " → ", digits(sight_.after)), p.of(Tone::kVariable));
    line(tr("update.change"), digits(sight_.after - sight_.before), p.of(Tone::kVariable));
    column.y += 6;
    for (const std::string& text : sight_.lines) {
      const std::string broken = broken_lines(text, 11, column.width - 24);
      const Rect box = column.take(text_size(Face::kMono, 11, broken).y + 14, 4);
      column.painter.fill(box, p.field, 6);
      column.painter.text(Face::kMono, 11, box.min + Vec(12, 7), p.ink, broken);
    }
    column.y += 12;
    return {};
  }

 private:
  void choose(const std::string& name) {
    variable_ = name;
    element_ = 0;
    watch_.forget();
  }
  std::int64_t elements(const Run& run) const {
    const int i = run.scene.index_of(variable_);
    return i < 0 ? 0 : run.snapshot.nodes[static_cast<std::size_t>(i)].value.elements();
  }
  void look(const Run& run) {
    if (element_ >= elements(run)) element_ = 0;
    Result<UpdateSight> seen = run.workspace.look_at_update(variable_, element_);
    error_ = seen.ok() ? "" : seen.error().message;
    if (seen.ok()) sight_ = *std::move(seen);
  }

  Watch watch_;
  std::string variable_, selected_, error_;
  std::int64_t element_ = 0;
  UpdateSight sight_;
};

class CheckView : public View {
 public:
  bool applies(const Run& run) const override {
    const int i = chosen(run);
    return i >= 0 && run.snapshot.nodes[static_cast<std::size_t>(i)].gradient.defined();
  }

  Changes draw(Ui& ui, Column& column, const Run& run) override {
    const Palette& p = palette();
    const std::string& name = run.scene.nodes[static_cast<std::size_t>(chosen(run))].name;
    if (!column.section(ui, "check", tr("view.check"), name, 0, false)) return {};
    if (name != name_) watch_.forget();
    // Another node at once, the same one again when the run has come to rest.
    if (const Turns::Turn turn =
            run.is_playing && name == name_ ? Turns::Turn() : watch_.take_turn(ui, run)) {
      name_ = name;
      Result<GradientCheck> seen = run.workspace.check_gradient(static_cast<std::size_t>(chosen(run)));
      error_ = seen.ok() ? "" : seen.error().message;
      check_ = seen.ok() ? *std::move(seen) : GradientCheck();
    }
    if (!error_.empty()) {
      column.paragraph(error_, p.of(Tone::kLoss), 12);
      return {};
    }
    const bool is_good = check_.largest_error < (check_.is_double ? 1e-4 : 0.05);
    column.paragraph(tr(is_good ? "check.good" : "check.bad", {{"error", digits(check_.largest_error)}}),
                     is_good ? p.of(Tone::kForward) : p.of(Tone::kLoss), 6);
    const float columns[] = {0.36f, 0.68f, 1.0f};
    const char* heads[] = {"check.analytic", "check.numeric", "check.error"};
    const Rect head = column.take(18);
    for (int k = 0; k < 3; ++k)
      column.painter.text_right(Face::kText, 11, {column.width * columns[k], head.min.y}, p.soft,
                                tr(heads[k]));
    for (std::size_t i = 0; i < std::min<std::size_t>(8, check_.elements.size()); ++i) {
      const GradientCheck::Element& e = check_.elements[i];
      const Rect row = column.take(17);
      const double numbers[] = {e.analytic, e.numeric, e.error};
      column.painter.text(Face::kMono, 11, row.min, p.soft, cat("[", e.index, "]"));
      for (int k = 0; k < 3; ++k)
        column.painter.text_right(Face::kMono, 11, {column.width * columns[k], row.min.y}, p.ink,
                                  digits(numbers[k]));
    }
    column.y += 4;
    column.paragraph(tr(check_.is_double ? "check.double" : "check.float"), p.soft, 12);
    return {};
  }

 private:
  static int chosen(const Run& run) {
    if (run.selection.nodes.size() != 1) return -1;
    const int i = run.scene.index_of(*run.selection.nodes.begin());
    return i >= 0 && static_cast<std::size_t>(i) < run.snapshot.nodes.size() ? i : -1;
  }

  Watch watch_;
  std::string name_, error_;
  GradientCheck check_;
};

}  // namespace

std::unique_ptr<View> batch_view() { return std::make_unique<BatchView>(); }
std::unique_ptr<View> update_view() { return std::make_unique<UpdateView>(); }
std::unique_ptr<View> check_view() { return std::make_unique<CheckView>(); }

}  // namespace sandflow::ui
