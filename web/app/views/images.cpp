// Data that are pictures: examples with what the model says of them, which classes it takes for which, the
// first layer's weights as pictures, and a pad to draw a digit on.
#include <algorithm>
#include <cmath>

#include "engine/core/text.h"
#include "web/app/chart.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/views/view.h"
#include "web/app/widgets.h"

namespace sandflow::ui {

namespace {

constexpr double kRest = 0.3;        // Seconds from one reading of the test set to the next.
constexpr std::int64_t kSlice = 64;  // Examples that are read in one frame.
constexpr int kPicturesInRow = 8, kRows = 2;

// Grey pixels, 0 … 1; those of no ink are not drawn.
void draw_pixels(const Painter& painter, const Rect& box, const float* pixels, int height, int width,
                 Color ink) {
  const float cell = box.width() / static_cast<float>(width);
  for (int r = 0; r < height; ++r)
    for (int c = 0; c < width; ++c) {
      const float x = clamp(pixels[r * width + c], 0, 1);
      if (x < 0.04f) continue;
      const Vec at = box.min + Vec(cell * static_cast<float>(c), cell * static_cast<float>(r));
      painter.list()->AddRectFilled(Painter::snap(painter.device(at)),
                                    Painter::snap(painter.device(at + Vec(cell, cell))), fade(ink, x));
    }
}

int best(const float* scores, std::size_t count) {
  return static_cast<int>(std::max_element(scores, scores + count) - scores);
}

class ImagesView : public View {
 public:
  bool applies(const Run& run) const override {
    return run.data && run.data->image_width > 0 && !run.data->is_regression() &&
           !run.scene.training.prediction.empty();
  }

  Changes draw(Ui& ui, Column& column, const Run& run) override {
    const Dataset& data = *run.data;
    const Palette& p = palette();
    if (!data_.is_of(run)) forget(run);
    // As the examples below are read, not as of the last epoch's end.
    std::string remark;
    if (!answers_.empty() && answers_.size() == data.test.classes.size()) {
      std::size_t right = 0;
      for (std::size_t i = 0; i < answers_.size(); ++i) right += answers_[i] == data.test.classes[i];
      const double share = static_cast<double>(right) / static_cast<double>(answers_.size());
      remark = tr("images.now", {{"share", tick_text(std::round(share * 1000) / 1000, true)}});
    }
    if (column.section(ui, "pad", tr("images.pad"))) draw_pad(ui, column, run);
    if (column.section(ui, "images", tr("images.examples"), remark, p.of(Tone::kForward))) {
      read(ui, run);
      draw_pictures(ui, column, data);
      draw_confusion(ui, column, data);
      column.y += 12;
    }
    draw_weights(ui, column, run);
    return {};
  }

 private:
  std::size_t classes() const { return data_->class_names.size(); }

  void forget(const Run& run) {
    data_.see(run);
    answers_.clear();
    reading_.clear();
    chosen_ = {-1, -1};
    pad_.assign(static_cast<std::size_t>(data_->image_width * data_->image_height), 0);
    pad_scores_.clear();
    read_version_ = pad_version_ = 0;
  }

  // What the model says of the test examples, a part in each frame.
  void read(Ui& ui, const Run& run) {
    const Examples& test = data_->test;
    const auto size = static_cast<std::size_t>(test.size());
    if (reading_.empty() && run.snapshot.version == read_version_) return;
    if (reading_.empty() && run.is_playing && !answers_.empty() && ui.time - read_at_ < kRest) {
      ui.wants_frame = true;
      return;
    }
    if (reading_.empty()) {
      read_version_ = run.snapshot.version;
      read_at_ = ui.time;
    }
    ui.wants_frame = true;
    const Turns::Turn turn = ui.take_turn(this);
    if (!turn) return;
    const auto from = static_cast<std::int64_t>(reading_.size());
    const std::int64_t count = std::min(kSlice, test.size() - from), width = test.features.shape().dim(1);
    if (count <= 0) return;
    Tensor rows(DType::kFloat32, Shape{count, width});
    const auto all = test.features.read<float>();
    std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(from * width), count * width,
                rows.write<float>().begin());
    const Result<Tensor> scores = run.predict(rows);
    if (!scores.ok() || scores->elements() != count * static_cast<std::int64_t>(classes()) ||
        scores->dtype() != DType::kFloat32) {
      answers_.clear();
      reading_.clear();
      return;
    }
    const auto values = scores->read<float>();
    for (std::int64_t i = 0; i < count; ++i)
      reading_.push_back(best(&values[static_cast<std::size_t>(i) * classes()], classes()));
    if (reading_.size() >= size) {
      answers_ = std::move(reading_);
      reading_.clear();
    }
    ui.wants_frame = true;
  }

  // The first examples, or those of the cell of the matrix that was chosen.
  void draw_pictures(Ui& ui, Column& column, const Dataset& data) {
    const Palette& p = palette();
    std::vector<std::size_t> shown;
    std::size_t total = 0;
    const auto wanted = static_cast<std::size_t>(kPicturesInRow * kRows);
    for (std::size_t i = 0; i < static_cast<std::size_t>(data.test.size()); ++i) {
      const bool fits = chosen_.first < 0 || (i < answers_.size() && data.test.classes[i] == chosen_.first &&
                                              answers_[i] == chosen_.second);
      if (!fits) continue;
      ++total;
      if (shown.size() < wanted) shown.push_back(i);
    }
    // There is a line also when nothing is chosen: the cells below stay where they are under the hand.
    if (chosen_.first >= 0)
      column.paragraph(
          tr("images.chosen", {{"count", std::to_string(total)},
                               {"real", data.class_names[static_cast<std::size_t>(chosen_.first)]},
                               {"said", data.class_names[static_cast<std::size_t>(chosen_.second)]}}),
          p.ink, 6);
    else
      column.paragraph(tr("images.first"), p.soft, 6);
    const float gap = 4, side = (column.width + gap) / kPicturesInRow - gap;
    const auto all = data.test.features.read<float>();
    const auto pixels = static_cast<std::size_t>(data.image_width * data.image_height);
    for (int r = 0; r < kRows; ++r) {
      const Rect row = column.take(side + 18);
      for (int c = 0; c < kPicturesInRow; ++c) {
        const auto k = static_cast<std::size_t>(r * kPicturesInRow + c);
        if (k >= shown.size()) break;
        const std::size_t i = shown[k];
        const Rect box = Rect::sized({static_cast<float>(c) * (side + gap), row.min.y}, {side, side});
        const Painter layer = ui.layer(cat("picture", k).c_str(), column.painter.device(box),
                                       column.painter.device(Vec(0, 0)) / ui.ratio);
        layer.fill(box, p.field, 4);
        draw_pixels(layer, box, &all[i * pixels], data.image_height, data.image_width, p.ink);
        if (i >= answers_.size()) continue;
        const bool is_right = answers_[i] == data.test.classes[i];
        column.painter.text_middle(Face::kMono, 11, {box.center().x, box.max.y + 8},
                                   is_right ? p.of(Tone::kForward) : p.of(Tone::kLoss),
                                   is_right
                                       ? data.class_names[static_cast<std::size_t>(answers_[i])]
                                       : cat(data.class_names[static_cast<std::size_t>(data.test.classes[i])],
                                             "→", data.class_names[static_cast<std::size_t>(answers_[i])]));
      }
    }
    column.y += 4;
  }

  void draw_confusion(Ui& ui, Column& column, const Dataset& data) {
    if (answers_.size() != static_cast<std::size_t>(data.test.size()) || answers_.empty()) return;
    const Palette& p = palette();
    const std::size_t n = classes();
    std::vector<int> counts(n * n, 0);
    for (std::size_t i = 0; i < answers_.size(); ++i)
      ++counts[static_cast<std::size_t>(data.test.classes[i]) * n + static_cast<std::size_t>(answers_[i])];
    column.paragraph(tr("images.confusion"), p.soft, 4);
    constexpr float kHead = 18, kRow = 18;
    const Rect area = column.take(kHead + kRow * static_cast<float>(n), 6);
    const float wide = (area.width() - kHead) / static_cast<float>(n);
    const Vec mouse = column.painter.local(ui.input.mouse * ui.ratio);
    const Press hit = press(ui, column.painter, "confusion", area, true);
    ui.spot("confusion", column.painter, area);
    for (std::size_t r = 0; r < n; ++r) {
      const float top = area.min.y + kHead + kRow * static_cast<float>(r);
      column.painter.text_middle(Face::kMono, 11, {area.min.x + 8, top + kRow / 2}, p.soft,
                                 data.class_names[r]);
      column.painter.text_middle(Face::kMono, 11,
                                 {area.min.x + kHead + wide * (static_cast<float>(r) + 0.5f), area.min.y + 9},
                                 p.soft, data.class_names[r]);
      int most = 1;
      for (std::size_t c = 0; c < n; ++c) most = std::max(most, counts[r * n + c]);
      for (std::size_t c = 0; c < n; ++c) {
        const int count = counts[r * n + c];
        const Rect cell =
            Rect::sized({area.min.x + kHead + wide * static_cast<float>(c), top}, {wide - 1, kRow - 1});
        const Color tone = r == c ? p.of(Tone::kForward) : p.of(Tone::kLoss);
        const float share = static_cast<float>(count) / static_cast<float>(most);
        column.painter.fill(
            cell,
            count ? mix(p.field, tone, r == c ? 0.15f + 0.5f * share : 0.15f + 0.85f * std::sqrt(share))
                  : p.field,
            2);
        if (count) column.painter.text_middle(Face::kMono, 11, cell.center(), p.ink, std::to_string(count));
        const std::pair<int, int> here(static_cast<int>(r), static_cast<int>(c));
        if (here == chosen_) column.painter.frame(cell, p.ink, 2, 1.5f);
        if (ui.walk.is_on() && key_press(ui, column.painter, cat("cell-", r, "-", c), cell,
                                         tr("images.cell", {{"count", std::to_string(count)},
                                                            {"real", data.class_names[r]},
                                                            {"said", data.class_names[c]}})))
          chosen_ = here == chosen_ ? std::pair(-1, -1) : here;
        if (!hit.hovered || !cell.contains(mouse)) continue;
        ui.cursor = "pointer";
        if (hit.clicked) chosen_ = here == chosen_ ? std::pair(-1, -1) : here;
        tooltip(ui, ui.input.mouse,
                std::vector<std::string>{tr("images.cell", {{"count", std::to_string(count)},
                                                            {"real", data.class_names[r]},
                                                            {"said", data.class_names[c]}})});
      }
    }
  }

  // --- The pad
  // ------------------------------------------------------------------------------------------------

  void draw_pad(Ui& ui, Column& column, const Run& run) {
    const Palette& p = palette();
    const int width = data_->image_width, height = data_->image_height;
    constexpr float kSide = 140;
    const Rect row = column.take(kSide, 14);
    const Rect box = Rect::sized(row.min, {kSide, kSide});
    const Painter layer =
        ui.layer("pad", column.painter.device(box.grown(1)), column.painter.device(Vec(0, 0)) / ui.ratio);
    layer.fill(box, p.field, 8);
    layer.frame(box, p.line, 8);
    const Press hit = press(ui, column.painter, "pad-area", box);
    ui.spot("pad-area", column.painter, box);
    const Vec mouse = column.painter.local(ui.input.mouse * ui.ratio);
    if (hit.hovered) ui.cursor = "crosshair";
    const auto to_pixel = [&](Vec at) { return (at - box.min) * (static_cast<float>(width) / kSide); };
    if (hit.held && ImGui::IsMousePosValid()) {
      ui.holds_finger = true;
      const Vec at = to_pixel(mouse);
      ink(is_drawing_ ? drawn_at_ : at, at);
      drawn_at_ = at;
      is_drawing_ = true;
      pad_version_ = 0;
      ui.wants_frame = true;
    } else {
      is_drawing_ = false;
    }
    draw_pixels(layer, box, pad_.data(), height, width, p.ink);
    const bool is_empty = std::all_of(pad_.begin(), pad_.end(), [](float x) { return x == 0; });
    const float left = kSide + 16;
    if (is_empty) {
      column.painter.text(Face::kText, 13, {left, row.min.y + 4}, p.soft, tr("images.draw"),
                          column.width - left);
      return;
    }
    if (pad_version_ != run.snapshot.version) judge(run);
    if (!pad_scores_.empty())
      ui.spot(cat("pad-says-",
                  data_->class_names[static_cast<std::size_t>(best(pad_scores_.data(), pad_scores_.size()))]),
              column.painter, box);
    draw_scores(column, {{left, row.min.y}, {column.width, row.max.y - 30}});
    const Rect button =
        Rect::sized({left, row.max.y - 26}, {text_width(Face::kStrong, 13, tr("images.clear")) + 24, 26});
    ui.spot("pad-clear", column.painter, button);
    if (small_button(ui, column.painter, "pad-clear", button, tr("images.clear"))) clear_pad();
  }

  void clear_pad() {
    std::fill(pad_.begin(), pad_.end(), 0.0f);
    pad_scores_.clear();
  }

  // A pen with a soft edge, about as thick as the digits' own.
  void ink(Vec from, Vec to) {
    const int width = data_->image_width, height = data_->image_height;
    const float reach = 1.35f;
    const int steps = 1 + static_cast<int>(distance(from, to) * 3);
    for (int s = 0; s <= steps; ++s) {
      const Vec at = from + (to - from) * (static_cast<float>(s) / static_cast<float>(steps));
      for (int r = 0; r < height; ++r)
        for (int c = 0; c < width; ++c) {
          const float far = distance(at, Vec(static_cast<float>(c) + 0.5f, static_cast<float>(r) + 0.5f));
          float& pixel = pad_[static_cast<std::size_t>(r * width + c)];
          pixel = std::max(pixel, clamp(1.5f * (1 - far / (reach + 0.6f)), 0, 1));
        }
    }
  }

  // As the digits were made: scaled to 20 pixels, its weight in the middle.
  std::vector<float> centred() const {
    const int width = data_->image_width, height = data_->image_height;
    int low_r = height, high_r = -1, low_c = width, high_c = -1;
    for (int r = 0; r < height; ++r)
      for (int c = 0; c < width; ++c)
        if (pad_[static_cast<std::size_t>(r * width + c)] > 0.1f) {
          low_r = std::min(low_r, r), high_r = std::max(high_r, r);
          low_c = std::min(low_c, c), high_c = std::max(high_c, c);
        }
    std::vector<float> out(pad_.size(), 0);
    if (high_r < low_r) return out;
    const float size = static_cast<float>(std::max(high_r - low_r, high_c - low_c) + 1);
    const float scale = size / (20.0f / 28.0f * static_cast<float>(std::min(width, height)));
    const auto at = [&](float r, float c) {
      const int r0 = static_cast<int>(std::floor(r)), c0 = static_cast<int>(std::floor(c));
      float sum = 0;
      for (int dr = 0; dr < 2; ++dr)
        for (int dc = 0; dc < 2; ++dc) {
          const int y = r0 + dr, x = c0 + dc;
          if (y < 0 || x < 0 || y >= height || x >= width) continue;
          sum += pad_[static_cast<std::size_t>(y * width + x)] * (1 - std::fabs(r - static_cast<float>(y))) *
                 (1 - std::fabs(c - static_cast<float>(x)));
        }
      return sum;
    };
    double total = 0, mean_r = 0, mean_c = 0;
    for (int r = 0; r < height; ++r)
      for (int c = 0; c < width; ++c) {
        const double x = static_cast<double>(pad_[static_cast<std::size_t>(r * width + c)]);
        total += x;
        mean_r += x * r;
        mean_c += x * c;
      }
    const float middle_r = static_cast<float>(mean_r / total), middle_c = static_cast<float>(mean_c / total);
    const float half_r = static_cast<float>(height - 1) / 2, half_c = static_cast<float>(width - 1) / 2;
    for (int r = 0; r < height; ++r)
      for (int c = 0; c < width; ++c)
        out[static_cast<std::size_t>(r * width + c)] =
            clamp(at(middle_r + (static_cast<float>(r) - half_r) * scale,
                     middle_c + (static_cast<float>(c) - half_c) * scale),
                  0, 1);
    return out;
  }

  void judge(const Run& run) {
    pad_version_ = run.snapshot.version;
    pad_scores_.clear();
    const std::vector<float> picture = centred();
    const Result<Tensor> scores =
        run.predict(Tensor::of<float>(Shape{1, static_cast<std::int64_t>(picture.size())}, picture));
    if (!scores.ok() || scores->elements() != static_cast<std::int64_t>(classes())) return;
    for (std::int64_t i = 0; i < scores->elements(); ++i)
      pad_scores_.push_back(static_cast<float>(scores->number(i)));
  }

  void draw_scores(Column& column, const Rect& area) const {
    if (pad_scores_.empty()) return;
    const Palette& p = palette();
    const int said = best(pad_scores_.data(), pad_scores_.size());
    const float wide = area.width() / static_cast<float>(pad_scores_.size());
    for (std::size_t i = 0; i < pad_scores_.size(); ++i) {
      const float x = area.min.x + wide * static_cast<float>(i);
      const bool is_said = static_cast<int>(i) == said;
      const Rect track{{x + 1, area.min.y + 2}, {x + wide - 2, area.max.y - 18}};
      column.painter.fill(track, p.field, 2);
      Rect bar = track;
      bar.min.y = bar.max.y - clamp(pad_scores_[i], 0, 1) * track.height();
      column.painter.fill(bar, is_said ? p.of(Tone::kForward) : fade(p.soft, 0.6f), 2);
      column.painter.text_middle(is_said ? Face::kStrong : Face::kMono, is_said ? 13 : 11,
                                 {track.center().x, area.max.y - 8}, is_said ? p.of(Tone::kForward) : p.soft,
                                 data_->class_names[i]);
    }
  }

  // --- The first layer
  // ------------------------------------------------------------------------------------------

  void draw_weights(Ui& ui, Column& column, const Run& run) const {
    const auto& layers = run.watch.layers();
    if (layers.empty()) return;
    const int node = run.scene.index_of(layers[0].variable);
    if (node < 0 || static_cast<std::size_t>(node) >= run.snapshot.nodes.size()) return;
    const Tensor& weights = run.snapshot.nodes[static_cast<std::size_t>(node)].value;
    const int width = data_->image_width, height = data_->image_height;
    if (!weights.defined() || weights.shape().rank() != 2 || weights.shape().dim(0) != width * height) return;
    if (!column.section(ui, "filters", tr("images.weights"), layers[0].name, 0, false)) return;
    const Palette& p = palette();
    const std::int64_t units = weights.shape().dim(1);
    const int shown = static_cast<int>(std::min<std::int64_t>(units, 24));
    constexpr int kInRow = 8;
    const float gap = 4, side = (column.width + gap) / kInRow - gap, cell = side / static_cast<float>(width);
    for (int u = 0; u < shown; ++u) {
      const float top = column.y + static_cast<float>(u / kInRow) * (side + gap);
      const Rect box = Rect::sized({static_cast<float>(u % kInRow) * (side + gap), top}, {side, side});
      if (!ImGui::IsRectVisible(column.painter.device(box.min), column.painter.device(box.max))) continue;
      const Painter layer = ui.layer(cat("unit", u).c_str(), column.painter.device(box),
                                     column.painter.device(Vec(0, 0)) / ui.ratio);
      layer.fill(box, p.field, 3);
      float most = 1e-12f;
      for (int i = 0; i < width * height; ++i)
        most = std::max(most, std::fabs(static_cast<float>(weights.number(i * units + u))));
      for (int r = 0; r < height; ++r)
        for (int c = 0; c < width; ++c) {
          const float x = static_cast<float>(weights.number((r * width + c) * units + u)) / most;
          if (!(std::fabs(x) > 0.08f)) continue;
          const Vec at = box.min + Vec(cell * static_cast<float>(c), cell * static_cast<float>(r));
          layer.list()->AddRectFilled(layer.device(at), layer.device(at + Vec(cell, cell)),
                                      fade(x > 0 ? p.of(Tone::kVariable) : p.of(Tone::kData), std::fabs(x)));
        }
    }
    column.y += static_cast<float>((shown + kInRow - 1) / kInRow) * (side + gap) + 12;
  }

  SeenData data_;
  std::vector<int> answers_,
      reading_;  // Of the test examples: the last whole reading, and the one under way.
  std::uint64_t read_version_ = 0;
  double read_at_ = -1;
  std::pair<int, int> chosen_{-1, -1};  // A cell: what it is, what the model says.
  std::vector<float> pad_, pad_scores_;
  std::uint64_t pad_version_ = 0;
  bool is_drawing_ = false;
  Vec drawn_at_;
};

}  // namespace

std::unique_ptr<View> images_view() { return std::make_unique<ImagesView>(); }

}  // namespace sandflow::ui
