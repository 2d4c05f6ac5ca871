// What the model makes of the plane of two features: its decisions as areas (or the number it predicts, as a
// shade), the examples as points upon them; and brushes to paint examples of one's own.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/core/text.h"
#include "web/app/boundary.h"
#include "web/app/chart.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/values.h"
#include "web/app/views/view.h"
#include "web/app/widgets.h"

namespace sandflow::ui {

namespace {

constexpr int kSlices = 4;     // A sweep over the grid takes this many frames, and one more for the examples.
constexpr double kRest = 0.1;  // Seconds after a sweep before the next.
constexpr float kMargin = 0.08f;  // Around the examples.

// Scores as probabilities: a softmax of what is none yet; one column is the second of two classes.
void to_probabilities(const Tensor& scores, std::vector<float>& out, int& classes) {
  const auto rows = static_cast<std::size_t>(scores.shape().rank() >= 1 ? scores.shape().dim(0) : 0);
  if (rows == 0) return;
  const std::size_t columns = static_cast<std::size_t>(scores.elements()) / rows;
  classes = static_cast<int>(std::max<std::size_t>(2, columns));
  for (std::size_t r = 0; r < rows; ++r) {
    std::vector<double> row(columns);
    double sum = 0, highest = -1e300, lowest = 1e300;
    for (std::size_t c = 0; c < columns; ++c) {
      const double x = scores.number(static_cast<std::int64_t>(r * columns + c));
      row[c] = std::isfinite(x) ? x : 0;
      sum += row[c];
      highest = std::max(highest, row[c]);
      lowest = std::min(lowest, row[c]);
    }
    if (columns == 1) {
      const double p = lowest >= 0 && highest <= 1 ? row[0] : 1 / (1 + std::exp(-row[0]));
      out.push_back(static_cast<float>(1 - p));
      out.push_back(static_cast<float>(p));
      continue;
    }
    if (lowest < 0 || std::fabs(sum - 1) > 1e-3) {
      sum = 0;
      for (double& x : row) sum += x = std::exp(x - highest);
      for (double& x : row) x /= sum;
    }
    for (const double x : row) out.push_back(static_cast<float>(x));
  }
}

class OutputView : public View {
 public:
  bool applies(const Run& run) const override {
    return run.data && !run.scene.training.prediction.empty() && run.data->feature_names.size() >= 2 &&
           run.data->image_width == 0;
  }

  Changes draw(Ui& ui, Column& column, const Run& run) override {
    const Dataset& data = *run.data;
    if (!data_.is_of(run)) forget(run);
    const Palette& p = palette();
    std::string remark;
    if (const auto& now = run.snapshot.now; now && !std::isnan(now->test_accuracy))
      remark = tr("output.accuracy", {{"share", tick_text(now->test_accuracy, true)}});
    if (!column.section(ui, "output", tr("view.output"), remark, p.of(Tone::kForward))) return {};
    sweep(ui, run);
    const Rect plot = column.take(std::round(column.width * 0.58f), 6);
    column.painter.fill(plot, p.field, 8);
    if (has_grid_) draw_boundary(column.painter, plot);
    Changes changes = paint(ui, column.painter, plot, run);
    draw_examples(ui, column.painter, plot, data);
    draw_axis_names(ui, column, data);
    draw_legend(column, data);
    draw_brushes(ui, column, data);
    column.y += 14;
    return changes;
  }

 private:
  void forget(const Run& run) {
    data_.see(run);
    own_ = run.scene.own;
    has_grid_ = brush_ >= 0 && has_grid_;  // While one paints the picture stays until the next is ready.
    for (auto& predicted : predicted_) predicted.clear();
    sweep_ = -1;
    swept_version_ = 0;
    answers_[0].clear();
    answers_[1].clear();
    const int features = static_cast<int>(data_->feature_names.size());
    if (x_ >= features || y_ >= features || x_ == y_) x_ = 0, y_ = 1;
    if (features != 2 || data_->is_regression()) brush_ = -1;
    find_reach(brush_ >= 0);
  }

  // While one paints the plane stays where it is, as long as it holds all points.
  void find_reach(bool may_stay = false) {
    const float before[] = {low_[0], high_[0], low_[1], high_[1]};
    measure_reach();
    const bool holds = before[0] <= tight_low_[0] && before[1] >= tight_high_[0] &&
                       before[2] <= tight_low_[1] && before[3] >= tight_high_[1];
    for (int axis = 0; axis < 2 && may_stay && holds; ++axis) {
      low_[axis] = before[2 * axis];
      high_[axis] = before[2 * axis + 1];
    }
  }

  void measure_reach() {
    target_low_ = 1e30f, target_high_ = -1e30f;
    for (const Examples* set : {&data_->train, &data_->test})
      for (std::size_t i = 0; data_->is_regression() && i < static_cast<std::size_t>(set->size()); ++i) {
        target_low_ = std::min(target_low_, target_of(*set, i));
        target_high_ = std::max(target_high_, target_of(*set, i));
      }
    const int features = static_cast<int>(data_->feature_names.size());
    const int axes[] = {x_, y_};
    for (int axis = 0; axis < 2; ++axis) {
      float low = 1e30f, high = -1e30f;
      for (const Examples* set : {&data_->train, &data_->test})
        for (std::int64_t i = 0; i < set->size(); ++i) {
          const float value = static_cast<float>(set->features.number(i * features + axes[axis]));
          low = std::min(low, value);
          high = std::max(high, value);
        }
      tight_low_[axis] = low;
      tight_high_[axis] = high;
      if (high <= low) low = -1, high = 1;
      const float margin = (high - low) * kMargin;
      low_[axis] = low - margin;
      high_[axis] = high + margin;
    }
  }

  // A part of the work of a new picture, so that no frame is long.
  void sweep(Ui& ui, const Run& run) {
    if (sweep_ < 0) {
      if (run.snapshot.version == swept_version_) return;
      if (run.is_playing && has_grid_ && ui.time - swept_at_ < kRest) {
        ui.wants_frame = true;
        return;
      }
      sweep_ = 0;
      swept_version_ = run.snapshot.version;
      grid_.clear();
    }
    ui.wants_frame = true;
    const Turns::Turn turn = ui.take_turn(this);
    if (!turn) return;
    const auto features = static_cast<std::int64_t>(data_->feature_names.size());
    if (sweep_ < kSlices) {
      constexpr int kRows = kGrid / kSlices;
      Tensor points(DType::kFloat32, Shape{std::int64_t{kRows} * kGrid, features});
      const std::span<float> out = points.write<float>();
      std::size_t at = 0;
      for (int r = sweep_ * kRows; r < (sweep_ + 1) * kRows; ++r)
        for (int c = 0; c < kGrid; ++c) {
          const float x = static_cast<float>(c) / (kGrid - 1), y = static_cast<float>(r) / (kGrid - 1);
          out[at + static_cast<std::size_t>(x_)] = low_[0] + (high_[0] - low_[0]) * x;
          out[at + static_cast<std::size_t>(y_)] = low_[1] + (high_[1] - low_[1]) * y;
          at += static_cast<std::size_t>(features);
        }
      const Result<Tensor> scores = run.predict(points);
      if (!scores) return give_up();
      to_shades(*scores, grid_, classes_);
      if (grid_.size() != static_cast<std::size_t>((sweep_ + 1) * kRows * kGrid * classes_)) return give_up();
      ++sweep_;
      return;
    }
    set_boundary(grid_, classes_);
    has_grid_ = true;
    const Examples* sets[] = {&data_->train, &data_->test};
    for (int i = 0; i < 2; ++i) {
      answers_[i].clear();
      predicted_[i].clear();
      if (sets[i]->size() == 0) continue;
      const Result<Tensor> scores = run.predict(sets[i]->features);
      if (!scores) continue;
      if (data_->is_regression()) {
        for (std::int64_t r = 0; r < scores->elements(); ++r)
          predicted_[i].push_back(static_cast<float>(scores->number(r)));
        continue;
      }
      std::vector<float> rows;
      int classes = 2;
      to_probabilities(*scores, rows, classes);
      for (auto row = rows.begin(); row != rows.end(); row += classes)
        answers_[i].push_back(static_cast<int>(std::max_element(row, row + classes) - row));
    }
    sweep_ = -1;
    swept_at_ = ui.time;
  }

  // A number that is predicted: how far it is from the lowest to the highest there is.
  void to_shades(const Tensor& scores, std::vector<float>& out, int& classes) const {
    if (!data_->is_regression()) return to_probabilities(scores, out, classes);
    classes = 2;
    for (std::int64_t i = 0; i < scores.elements(); ++i) {
      const float share = shade(static_cast<float>(scores.number(i)));
      out.push_back(1 - share);
      out.push_back(share);
    }
  }
  float shade(float target) const {
    const float share = (target - target_low_) / std::max(target_high_ - target_low_, 1e-9f);
    return std::isfinite(share) ? clamp(share, 0, 1) : 0.5f;
  }

  void give_up() {
    for (auto& predicted : predicted_) predicted.clear();
    sweep_ = -1;
    has_grid_ = false;
    answers_[0].clear();
    answers_[1].clear();
  }

  void draw_examples(Ui& ui, const Painter& painter, const Rect& plot, const Dataset& data) {
    if (!painter.is_in_sight(plot)) return;
    const auto features = static_cast<std::int64_t>(data.feature_names.size());
    const Vec mouse = painter.local(ui.input.mouse * ui.ratio);
    const bool is_hovered =
        brush_ < 0 && plot.contains(mouse) && press(ui, painter, "plot", plot, true).hovered;
    float nearest = 9;
    int near_set = -1, drawn = 0;
    std::int64_t near_example = 0;
    Painter layer = painter;
    const Examples* sets[] = {&data.train, &data.test};
    for (int s = 0; s < 2; ++s)
      for (std::int64_t i = 0; i < sets[s]->size(); ++i) {
        if (drawn++ % 256 == 0)
          layer = ui.layer(cat("examples", drawn).c_str(), painter.device(plot),
                           painter.device(Vec(0, 0)) / ui.ratio);
        const Vec at = place(plot, *sets[s], i, features);
        const auto k = static_cast<std::size_t>(i);
        if (data.is_regression()) {
          draw_example(layer, at, color_of(target_of(*sets[s], k)), s == 1, false);
        } else {
          const int real = sets[s]->classes[k];
          draw_example(layer, at, palette().of_class(real), s == 1,
                       k < answers_[s].size() && answers_[s][k] != real);
        }
        if (const float d = distance(at, mouse); is_hovered && d < nearest) {
          nearest = d;
          near_set = s;
          near_example = i;
        }
      }
    if (near_set < 0 || brush_ >= 0) return;
    const Vec at = place(plot, *sets[near_set], near_example, features);
    layer.ring(at, 6.5f, palette().ink, 1.5f);
    describe(ui, data, *sets[near_set], near_set, near_example);
  }

  static float target_of(const Examples& set, std::size_t i) {
    return static_cast<float>(set.labels.number(static_cast<std::int64_t>(i)));
  }
  Color color_of(float target) const {
    return mix(palette().of_class(0), palette().of_class(1), shade(target));
  }

  // Training examples are dots, test examples rings; those the model gets wrong are larger and crossed out.
  static void draw_example(const Painter& painter, Vec at, Color color, bool is_test, bool is_wrong) {
    const Color panel = palette().panel;
    const float grown = is_wrong ? 1.0f : 0.0f;
    // A ring is a dot upon a larger one.
    painter.dot(at, 3.75f + grown, is_test ? color : fade(panel, 0.9f));
    painter.dot(at, (is_test ? 2.25f : 2.75f) + grown, is_test ? panel : color);
    if (!is_wrong) return;
    const Color cross = is_test ? color : panel;
    painter.line(at + Vec(-1.9f, -1.9f), at + Vec(1.9f, 1.9f), cross, 1.3f);
    painter.line(at + Vec(-1.9f, 1.9f), at + Vec(1.9f, -1.9f), cross, 1.3f);
  }

  Vec place(const Rect& plot, const Examples& set, std::int64_t i, std::int64_t features) const {
    const float x = static_cast<float>(set.features.number(i * features + x_)),
                y = static_cast<float>(set.features.number(i * features + y_));
    return {plot.min.x + (x - low_[0]) / (high_[0] - low_[0]) * plot.width(),
            plot.max.y - (y - low_[1]) / (high_[1] - low_[1]) * plot.height()};
  }

  void describe(Ui& ui, const Dataset& data, const Examples& set, int which, std::int64_t i) const {
    const auto features = static_cast<std::int64_t>(data.feature_names.size());
    const auto at = static_cast<std::size_t>(i);
    const auto number = [](double x) {
      char text[32];
      std::snprintf(text, sizeof text, "%.5g", x);
      return std::string(text);
    };
    const auto target = [&](float x) {
      return number(static_cast<double>(x) * data.target_deviation + data.target_mean);
    };
    std::vector<std::string> lines{cat(data.is_regression()
                                           ? cat(data.target_name, "  ", target(target_of(set, at)))
                                           : data.class_names[static_cast<std::size_t>(set.classes[at])],
                                       "  ·  ", tr(which == 0 ? "output.train" : "output.test"))};
    for (std::int64_t f = 0; f < features; ++f) {
      const auto k = static_cast<std::size_t>(f);
      const double deviation = k < data.deviation.size() ? data.deviation[k] : 1,
                   mean = k < data.mean.size() ? data.mean[k] : 0;
      lines.push_back(
          cat(data.feature_names[k], "  ", number(set.features.number(i * features + f) * deviation + mean)));
    }
    if (at < predicted_[which].size())
      lines.push_back(tr("output.predicted", {{"value", target(predicted_[which][at])}}));
    if (const auto& answers = answers_[which]; at < answers.size()) {
      const auto answer = static_cast<std::size_t>(answers[at]);
      if (answers[at] != set.classes[at] && answer < data.class_names.size())
        lines.push_back(tr("output.wrong", {{"class", data.class_names[answer]}}));
    }
    tooltip(ui, ui.input.mouse, lines);
  }

  void draw_axis_names(Ui& ui, Column& column, const Dataset& data) {
    if (data.feature_names.size() == 2) {
      const Rect row = column.take(16, 4);
      column.painter.text(Face::kText, 11, row.min, palette().soft,
                          cat("→ ", data.feature_names[0], "   ↑ ", data.feature_names[1]));
      return;
    }
    const Rect row = column.take(kControlHeight, 8);
    const float half = row.width() / 2;
    int* axes[] = {&x_, &y_};
    for (int i = 0; i < 2; ++i) {
      const float left = half * static_cast<float>(i) + (i ? 4.0f : 0.0f);
      column.painter.text(Face::kText, 13, {left, row.center().y - line_height(Face::kText, 13) / 2},
                          palette().soft, i ? "↑" : "→");
      const Rect box{{left + 18, row.min.y},
                     {half * static_cast<float>(i + 1) - (i ? 0.0f : 4.0f), row.max.y}};
      if (const auto chosen =
              choice(ui, column.painter, i ? "axis-y" : "axis-x", box, data.feature_names, *axes[i])) {
        if (*chosen == *axes[1 - i]) *axes[1 - i] = *axes[i];
        *axes[i] = *chosen;
        find_reach();
        sweep_ = -1;
        swept_version_ = 0;
        has_grid_ = false;
      }
    }
  }

  void draw_legend(Column& column, const Dataset& data) const {
    const Palette& p = palette();
    float x = 0;
    Rect row = column.take(18);
    const auto room = [&](float width) {
      if (x > 0 && x + width > column.width) {
        x = 0;
        row = column.take(18);
      }
    };
    for (std::size_t i = 0; i < data.class_names.size(); ++i) {
      const float width = 14 + text_width(Face::kText, 11, data.class_names[i]);
      room(width);
      column.painter.circle({x + 4, row.center().y}, 4, p.of_class(static_cast<int>(i)));
      column.painter.text(Face::kText, 11, {x + 12, row.center().y - line_height(Face::kText, 11) / 2}, p.ink,
                          data.class_names[i]);
      x += width + 12;
    }
    const auto sign = [&](const char* text, auto draw_sign) {
      const float width = 14 + text_width(Face::kText, 11, text);
      room(width);
      draw_sign(Vec(x + 4, row.center().y));
      column.painter.text(Face::kText, 11, {x + 12, row.center().y - line_height(Face::kText, 11) / 2},
                          p.soft, text);
      x += width + 12;
    };
    sign(tr("output.ringed"), [&](Vec at) { column.painter.ring(at, 3, p.soft, 1.5f); });
    sign(tr("output.mistake"), [&](Vec at) {
      column.painter.circle(at, 4, p.soft);
      column.painter.line(at + Vec(-1.9f, -1.9f), at + Vec(1.9f, 1.9f), p.panel, 1.3f);
      column.painter.line(at + Vec(-1.9f, 1.9f), at + Vec(1.9f, -1.9f), p.panel, 1.3f);
    });
  }

  // --- Painting: of two features, for classes
  // ---------------------------------------------------------------

  static constexpr int kEraser = 1000;
  static constexpr float kSpacing = 9, kRubber = 12;  // Points.

  void draw_brushes(Ui& ui, Column& column, const Dataset& data) {
    if (data.feature_names.size() != 2 || data.is_regression()) return;
    const Palette& p = palette();
    column.y += 6;
    Rect row = column.take(26);
    float x = 0;
    const auto place = [&](float width) {
      if (x > 0 && x + width > column.width) {
        column.y += 6;
        row = column.take(26);
        x = 0;
      }
      const Rect box = Rect::sized({x, row.min.y}, {width, 26});
      x += width + 6;
      return box;
    };
    const Rect head = place(text_width(Face::kText, 11, tr("output.paint")) + 4);
    column.painter.text(Face::kText, 11, {head.min.x, head.center().y - line_height(Face::kText, 11) / 2},
                        p.soft, tr("output.paint"));
    const auto brush = [&](int which, const std::string& id, const std::string& text) {
      const bool has_color = which != kEraser;
      const Rect box = place(text_width(Face::kText, 11, text) + (has_color ? 30.0f : 18.0f));
      if (chip(ui, column.painter, id, box, has_color ? cat("    ", text) : text, brush_ == which)) {
        brush_ = brush_ == which ? -1 : which;
        ui.wants_frame = true;
      }
      if (has_color) column.painter.circle({box.min.x + 12, box.center().y}, 4, p.of_class(which));
    };
    const std::size_t classes = std::max(data.class_names.size(), new_classes_.size());
    for (std::size_t i = 0; i < classes; ++i)
      brush(static_cast<int>(i), cat("brush-", i),
            fitted(Face::kText, 11, i < data.class_names.size() ? data.class_names[i] : new_classes_[i], 90));
    if (classes < static_cast<std::size_t>(Palette::kClassColors) &&
        chip(ui, column.painter, "brush-new", place(26), "+", false)) {
      new_classes_ = data.class_names;
      std::string name(1, static_cast<char>('A' + classes));
      while (std::find(new_classes_.begin(), new_classes_.end(), name) != new_classes_.end()) name += "'";
      new_classes_.push_back(name);
      brush_ = static_cast<int>(classes);
      ui.wants_frame = true;
    }
    brush(kEraser, "brush-erase", tr("output.erase"));
  }

  // Points that are painted, or rubbed out, become the scene's own table: one stroke is one step of undo.
  Changes paint(Ui& ui, const Painter& painter, const Rect& plot, const Run& run) {
    if (new_classes_.size() <= run.data->class_names.size()) new_classes_.clear();
    ui.spot("plot", painter, plot);
    if (brush_ < 0 || run.data->feature_names.size() != 2) return {};
    const Vec mouse = painter.local(ui.input.mouse * ui.ratio);
    const Press hit = press(ui, painter, "paint", plot, true);
    if (hit.hovered && plot.contains(mouse)) {
      ui.cursor = "crosshair";
      const Color color = brush_ == kEraser ? palette().soft : palette().of_class(brush_);
      painter.ring(mouse, brush_ == kEraser ? kRubber : 5, color, 1.5f);
    }
    // A quick hand has let go before the next frame: what it did until then counts.
    const bool has_ended = was_held_ && !hit.held;
    if (!hit.held && !has_ended) return {};
    ui.holds_finger = hit.held;
    if (has_ended) was_held_ = false;
    const bool goes_on = was_held_ || has_ended;
    if (!plot.contains(mouse) || (goes_on && distance(mouse, painted_at_) < kSpacing)) return {};
    // It goes far between two frames.
    const Vec from = goes_on ? painted_at_ : mouse;
    const int count = goes_on ? static_cast<int>(distance(from, mouse) / kSpacing) : 1;
    if (!goes_on) ++stroke_;
    was_held_ = hit.held;
    painted_at_ = mouse;
    OwnTable table = table_of(run);
    if (new_classes_.size() > table.classes.size()) table.classes = new_classes_;
    bool has_changed = false;
    for (int i = 1; i <= count; ++i) {
      const Vec at = from + (mouse - from) * (static_cast<float>(i) / static_cast<float>(count));
      has_changed = (brush_ == kEraser ? rub_out(table, plot, at) : put(table, plot, at)) || has_changed;
    }
    if (!has_changed) return {};
    const auto standard = run.scene.data.parameters.find("standardise");
    const bool is_own = run.scene.data.name == "own";
    const bool standardise = is_own && (standard == run.scene.data.parameters.end() || standard->second != 0);
    return {{edit::SetOwnData{std::move(table), standardise}, cat("paint ", stroke_)}};
  }

  double raw(int feature, float fed) const {
    const auto k = static_cast<std::size_t>(feature);
    return static_cast<double>(fed) * data_->deviation[k] + data_->mean[k];
  }
  float fed(int feature, double value) const {
    const auto k = static_cast<std::size_t>(feature);
    return static_cast<float>((value - data_->mean[k]) / data_->deviation[k]);
  }
  static std::string quoted(const std::string& cell) {
    std::string out = "\"";
    for (char c : cell) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
  }
  static std::string row_of(double first, double second, const std::string& name) {
    return cat(shortest(static_cast<float>(first)), ",", shortest(static_cast<float>(second)), ",",
               quoted(name), "\n");
  }
  static std::string header(const Dataset& data) {
    return cat(quoted(data.feature_names[0]), ",", quoted(data.feature_names[1]), ",\"class\"\n");
  }

  // The scene's own table if it was painted, or one made of the examples there are.
  static OwnTable table_of(const Run& run) {
    const Dataset& data = *run.data;
    const OwnTable* own = run.scene.own.table.get();
    if (run.scene.data.name == "own" && own && own->csv.starts_with(header(data))) return *own;
    OwnTable table{header(data), data.feature_names, "class", data.class_names, false};
    for (const Examples* set : {&data.train, &data.test})
      for (std::int64_t i = 0; i < set->size(); ++i)
        table.csv +=
            row_of(set->features.number(2 * i) * data.deviation[0] + data.mean[0],
                   set->features.number(2 * i + 1) * data.deviation[1] + data.mean[1],
                   data.class_names[static_cast<std::size_t>(set->classes[static_cast<std::size_t>(i)])]);
    return table;
  }

  bool put(OwnTable& table, const Rect& plot, Vec at) const {
    const auto which = static_cast<std::size_t>(brush_);
    if (which >= table.classes.size()) return false;
    double values[2];
    values[x_] = raw(x_, low_[0] + (at.x - plot.min.x) / plot.width() * (high_[0] - low_[0]));
    values[y_] = raw(y_, low_[1] + (plot.max.y - at.y) / plot.height() * (high_[1] - low_[1]));
    table.csv += row_of(values[0], values[1], table.classes[which]);
    return true;
  }

  // Takes the rows whose points lie under the rubber; at least two stay, for there is no set of fewer.
  bool rub_out(OwnTable& table, const Rect& plot, Vec mouse) const {
    std::string kept;
    std::string_view rest = table.csv;
    std::size_t rows = 0, gone = 0;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, std::min(rest.find('\n'), rest.size() - 1) + 1);
      rest = rest.substr(line.size());
      const std::size_t first = line.find(','), second = line.find(',', first + 1);
      const auto a = parse_double(line.substr(0, first));
      const auto b = second == std::string_view::npos
                         ? std::nullopt
                         : parse_double(line.substr(first + 1, second - first - 1));
      if (a && b) {
        const double values[] = {*a, *b};
        const Vec at{plot.min.x + (fed(x_, values[x_]) - low_[0]) / (high_[0] - low_[0]) * plot.width(),
                     plot.max.y - (fed(y_, values[y_]) - low_[1]) / (high_[1] - low_[1]) * plot.height()};
        const bool is_under = distance(at, mouse) <= kRubber;
        ++(is_under ? gone : rows);
        if (is_under) continue;
      }
      kept += line;
    }
    if (gone == 0 || rows < 2) return false;
    table.csv = std::move(kept);
    return true;
  }

  int brush_ = -1;                        // A class, or the eraser; -1: none.
  std::vector<std::string> new_classes_;  // With one that has no point yet; empty: there is none.
  bool was_held_ = false;
  Vec painted_at_;
  int stroke_ = 0;

  SeenData data_;
  OwnData own_;
  float tight_low_[2] = {0, 0}, tight_high_[2] = {0, 0};  // Where points are, without the margin.
  float target_low_ = 0, target_high_ = 1;
  std::vector<float> predicted_[2];
  int x_ = 0, y_ = 1;
  float low_[2] = {-1, -1}, high_[2] = {1, 1};
  int sweep_ = -1;  // The slice that is next; -1: at rest.
  std::uint64_t swept_version_ = 0;
  double swept_at_ = -1;
  std::vector<float> grid_;
  int classes_ = 2;
  bool has_grid_ = false;
  std::vector<int> answers_[2];  // The model's, for training and test examples.
};

}  // namespace

std::unique_ptr<View> output_view() { return std::make_unique<OutputView>(); }

}  // namespace sandflow::ui
