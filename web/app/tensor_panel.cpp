// See tensor_panel.h.
#include "web/app/tensor_panel.h"

#include <algorithm>
#include <cmath>

#include "engine/core/print.h"
#include "engine/core/text.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/values.h"

namespace sandflow::ui {

namespace {

constexpr int kMostCells = 48;  // In a row or column; of more, every second or third is shown.
constexpr int kBins = 24;
constexpr float kGap = 16;

Color tone_of(bool is_gradient) { return is_gradient ? palette().of(Tone::kGradient) : palette().ink; }

}  // namespace

// The last two axes of a matrix, the first picture of a batch; three channels within 0 … 1 are a colour.
void TensorPanel::paint_cells(Prepared& prepared, const Tensor& tensor) {
  const Palette& p = palette();
  const int rank = tensor.shape().rank();
  const auto dim = [&](int axis) { return axis < 0 ? std::int64_t{1} : tensor.shape().dim(axis); };
  const bool is_picture = rank == 4;
  const std::int64_t channels = is_picture ? dim(3) : 1;
  const std::int64_t rows = is_picture ? dim(1) : rank >= 2 ? dim(rank - 2) : 1;
  const std::int64_t columns = is_picture ? dim(2) : dim(rank - 1);
  const std::int64_t step =
      std::max<std::int64_t>(1, (std::max(rows, columns) + kMostCells - 1) / kMostCells);
  prepared.rows = static_cast<int>((rows + step - 1) / step);
  prepared.columns = static_cast<int>((columns + step - 1) / step);
  if (is_picture)
    prepared.part = channels == 3 ? "[0]" : "[0, :, :, 0]";
  else if (rank > 2)
    prepared.part = cat("[",
                        join(std::vector<int>(static_cast<std::size_t>(rank - 2)), ", ",
                             [](int i) { return std::to_string(i); }),
                        "]");
  if (step > 1) prepared.part = cat(prepared.part.empty() ? "[" : prepared.part + " [", "::", step, "]");
  double most = 0, least = 1;
  for (std::int64_t i = 0; i < tensor.elements(); ++i) {
    const double x = tensor.number(i);
    if (std::isfinite(x)) most = std::max(most, std::fabs(x));
    least = std::min(least, std::isfinite(x) ? x : least);
  }
  const bool is_colour = channels == 3 && least >= 0 && most <= 1;
  const Color positive = prepared.is_gradient ? p.of(Tone::kGradient) : p.of(Tone::kVariable);
  const Color negative = prepared.is_gradient ? mix(p.soft, p.ink, 0.35f) : p.of(Tone::kData);
  for (std::int64_t r = 0; r < rows; r += step)
    for (std::int64_t c = 0; c < columns; c += step) {
      const std::int64_t at = (r * columns + c) * channels;
      if (is_colour) {
        const auto part = [&](int k) { return static_cast<int>(std::lround(tensor.number(at + k) * 255)); };
        prepared.cells.push_back(IM_COL32(part(0), part(1), part(2), 255));
        continue;
      }
      const double x = tensor.number(at);
      const float share = most > 0 && std::isfinite(x) ? static_cast<float>(std::fabs(x) / most) : 0;
      prepared.cells.push_back(!std::isfinite(x)
                                   ? p.of(Tone::kLoss)
                                   : mix(mix(p.panel, p.soft, 0.12f), x < 0 ? negative : positive, share));
    }
}

TensorPanel::Prepared TensorPanel::prepare(const Shown& shown, float width) {
  Prepared prepared;
  const Tensor& tensor = shown.tensor;
  prepared.title = shown.title;
  prepared.is_gradient = shown.is_gradient;
  prepared.about = cat(tensor.shape().python(), "  ", name(tensor.dtype()));
  prepared.text = str(tensor);
  if (prepared.text.size() > 1200) prepared.text = prepared.text.substr(0, 1200) + "…";
  // Columns of numbers stay columns as long as the eye can follow.
  while (prepared.size > 9 && text_width(Face::kMono, prepared.size, prepared.text) > width - 24)
    prepared.size -= 1;
  prepared.text = fitted_lines(prepared.text, prepared.size, width - 24);
  prepared.height = std::min(220.0f, text_size(Face::kMono, prepared.size, prepared.text).y);
  prepared.has_numbers = has_numbers(tensor) && tensor.elements() > 1;
  if (!prepared.has_numbers) return prepared;
  const Statistics s = statistics(tensor);
  const double numbers[] = {s.minimum, s.maximum, s.mean, s.deviation};
  for (int i = 0; i < 4; ++i) prepared.statistics[i] = short_number(numbers[i]);
  prepared.bins = histogram(tensor, kBins);
  paint_cells(prepared, tensor);
  return prepared;
}

void TensorPanel::draw(Ui& ui, Column& column, std::string_view key, const std::vector<Shown>& tensors) {
  const Color theme = palette().panel;
  if (key != key_ || column.width != width_ || theme != theme_) {
    key_ = key;
    width_ = column.width;
    theme_ = theme;
    prepared_.clear();
    for (const Shown& shown : tensors)
      if (shown.tensor.defined()) prepared_.push_back(prepare(shown, column.width));
  }
  if (prepared_.empty()) return;
  const bool has_pictures =
      std::any_of(prepared_.begin(), prepared_.end(), [](const Prepared& each) { return each.has_numbers; });
  if (has_pictures) draw_modes(ui, column);
  if (has_pictures && mode_ != Mode::kNumbers) return draw_pictures(column);
  for (const Prepared& each : prepared_) draw_numbers(column, each);
}

void TensorPanel::draw_modes(Ui& ui, Column& column) {
  const Palette& p = palette();
  const Rect row = column.take(28, 6);
  column.painter.fill(row, p.field, 7);
  constexpr const char* kKeys[] = {"tensor.numbers", "tensor.heat", "tensor.histogram"};
  const float width = row.width() / 3;
  for (int i = 0; i < 3; ++i) {
    const Rect part = Rect{
        {width * static_cast<float>(i), row.min.y},
        {width * static_cast<float>(i + 1),
         row.max.y}}.grown(-2);
    const bool is_chosen = static_cast<int>(mode_) == i;
    const Press hit = press(ui, column.painter, kKeys[i], part);
    if (is_chosen) column.painter.fill(part, p.panel, 6);
    if (is_chosen) column.painter.frame(part, p.line, 6);
    column.painter.text_middle(is_chosen ? Face::kStrong : Face::kText, 11, part.center(),
                               is_chosen || hit.hovered ? p.ink : p.soft, tr(kKeys[i]));
    if (hit.clicked) mode_ = static_cast<Mode>(i);
  }
}

void TensorPanel::draw_numbers(Column& column, const Prepared& prepared) {
  const Palette& p = palette();
  const Color color = tone_of(prepared.is_gradient);
  const Rect row = column.take(24);
  column.painter.text(Face::kStrong, 11, {0, row.max.y - 18}, prepared.is_gradient ? color : p.soft,
                      prepared.title);
  column.painter.text_right(Face::kMono, 11, {column.width, row.max.y - 18}, p.soft, prepared.about);
  const Rect box = column.take(prepared.height + 18, 8);
  column.painter.fill(box, p.field, 8);
  column.painter.clip(box.grown(-4));
  column.painter.text(Face::kMono, prepared.size, box.min + Vec(12, 9), color, prepared.text);
  column.painter.unclip();
  if (!prepared.has_numbers) return;
  const Rect cells = column.take(34, 8);
  constexpr const char* kKeys[] = {"stat.min", "stat.max", "stat.mean", "stat.std"};
  for (int i = 0; i < 4; ++i) {
    const float x = column.width / 4 * static_cast<float>(i);
    column.painter.text(Face::kText, 11, {x, cells.min.y}, p.soft, tr(kKeys[i]));
    column.painter.text(Face::kMono, 13, {x, cells.min.y + 15}, color, prepared.statistics[i]);
  }
}

// Value and gradient, before and after, side by side.
void TensorPanel::draw_pictures(Column& column) const {
  const Palette& p = palette();
  const std::size_t across = std::min<std::size_t>(2, prepared_.size());
  const float width = (column.width - kGap * static_cast<float>(across - 1)) / static_cast<float>(across);
  for (std::size_t first = 0; first < prepared_.size(); first += across) {
    float deepest = column.y;
    for (std::size_t i = first; i < std::min(prepared_.size(), first + across); ++i) {
      const Prepared& each = prepared_[i];
      const Vec at{(width + kGap) * static_cast<float>(i - first), column.y + 6};
      const Color color = tone_of(each.is_gradient);
      column.painter.text(Face::kStrong, 11, at, each.is_gradient ? color : p.soft,
                          fitted(Face::kStrong, 11, each.title, width));
      float y = at.y + 18;
      if (each.has_numbers && mode_ == Mode::kHeat) {
        const float cell = std::min(
            {width / static_cast<float>(each.columns), 200.0f / static_cast<float>(each.rows), 28.0f});
        const float gap = cell > 8 ? 1.0f : 0.0f;
        for (int r = 0; r < each.rows; ++r)
          for (int c = 0; c < each.columns; ++c)
            column.painter.fill(
                Rect::sized({at.x + cell * static_cast<float>(c), y + cell * static_cast<float>(r)},
                            {cell - gap, cell - gap}),
                each.cells[static_cast<std::size_t>(r * each.columns + c)]);
        y += cell * static_cast<float>(each.rows) + 4;
      } else if (each.has_numbers) {
        draw_histogram(column.painter, each.bins, Rect::sized({at.x, y}, {width, 64}),
                       each.is_gradient ? color : p.of(Tone::kVariable));
        y += 68;
      }
      const std::string range =
          each.has_numbers ? cat(each.statistics[0], " … ", each.statistics[1]) : each.text;
      column.painter.text(Face::kMono, 11, {at.x, y}, color, fitted(Face::kMono, 11, range, width));
      column.painter.text(
          Face::kMono, 11, {at.x, y + 16}, p.soft,
          fitted(Face::kMono, 11,
                 each.part.empty() || mode_ != Mode::kHeat ? each.about : cat(each.about, " ", each.part),
                 width));
      deepest = std::max(deepest, y + 36);
    }
    column.y = deepest;
  }
  column.y += 6;
}

}  // namespace sandflow::ui
