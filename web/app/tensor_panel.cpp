// See tensor_panel.h.
#include "web/app/tensor_panel.h"

#include <algorithm>
#include <cmath>

#include "engine/core/print.h"
#include "engine/core/text.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/values.h"
#include "web/app/widgets.h"

namespace sandflow::ui {

namespace {

constexpr int kMostCells = 48;  // In a row or column; of more, every second or third is shown.
constexpr int kBins = 24;
constexpr float kGap = 16;

// The colour of 0.
Color nought_of(const Palette& p) { return mix(p.panel, p.soft, 0.12f); }

// A bar of the colours from the least to the largest number.
void draw_legend(const Painter& painter, const Rect& bar, bool has_negative, Color negative, Color positive,
                 std::string_view least, std::string_view most) {
  constexpr int kSteps = 24;
  const Palette& p = palette();
  const float step = bar.width() / kSteps;
  for (int i = 0; i < kSteps; ++i) {
    const float share = (static_cast<float>(i) + 0.5f) / kSteps, x = has_negative ? 2 * share - 1 : share;
    const float left = bar.min.x + step * static_cast<float>(i);
    painter.fill({{left, bar.min.y}, {left + step, bar.max.y}},
                 mix(nought_of(p), x < 0 ? negative : positive, std::fabs(x)));
  }
  painter.text(Face::kMono, 11, {bar.min.x, bar.max.y + 2}, p.soft, least);
  if (has_negative) painter.text_middle(Face::kMono, 11, {bar.center().x, bar.max.y + 9}, p.soft, "0");
  painter.text_right(Face::kMono, 11, {bar.max.x, bar.max.y + 2}, p.soft, most);
}

bool holds_many(const Tensor& tensor) { return has_numbers(tensor) && tensor.elements() > 1; }

Color tone_of(bool is_gradient) { return is_gradient ? palette().of(Tone::kGradient) : palette().ink; }

}  // namespace

// The last two axes of a matrix, the first picture of a batch; three channels within 0 … 1 are a colour.
void TensorPanel::paint_cells(Prepared& prepared, const Statistics& of) {
  const Palette& p = palette();
  const Tensor& tensor = prepared.tensor;
  const int rank = tensor.shape().rank();
  const auto dim = [&](int axis) { return axis < 0 ? std::int64_t{1} : tensor.shape().dim(axis); };
  const bool is_picture = rank == 4;
  const std::int64_t channels = is_picture ? dim(3) : 1;
  const std::int64_t rows = is_picture ? dim(1) : rank >= 2 ? dim(rank - 2) : 1;
  const std::int64_t columns = is_picture ? dim(2) : dim(rank - 1);
  const std::int64_t step =
      std::max<std::int64_t>(1, (std::max(rows, columns) + kMostCells - 1) / kMostCells);
  prepared.step = step;
  prepared.row_length = columns;
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
  const double least = std::min(of.minimum, 0.0),
               most = std::max(std::fabs(of.minimum), std::fabs(of.maximum));
  const bool is_colour = channels == 3 && least >= 0 && most <= 1;
  prepared.channels = channels;
  prepared.is_colour = is_colour;
  const Color positive = prepared.is_gradient ? p.of(Tone::kGradient) : p.of(Tone::kVariable);
  const Color negative = prepared.is_gradient ? mix(p.soft, p.ink, 0.35f) : p.of(Tone::kData);
  prepared.positive = positive;
  prepared.negative = negative;
  if (!is_colour) {
    prepared.least = least < 0 ? -most : 0;
    prepared.most = most;
  }
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
      prepared.cells.push_back(!std::isfinite(x) ? p.of(Tone::kLoss)
                                                 : mix(nought_of(p), x < 0 ? negative : positive, share));
    }
}

// "[1, 2]  0.0313"; made when it is asked for, as a tensor has thousands of cells, and a run new values of
// all of them many times a second.
std::string TensorPanel::cell_text(const Prepared& prepared, int row, int column) {
  const std::int64_t r = row * prepared.step, c = column * prepared.step;
  const std::int64_t at = (r * prepared.row_length + c) * prepared.channels;
  std::string text = prepared.tensor.shape().rank() == 1 ? cat("[", c, "]") : cat("[", r, ", ", c, "]");
  text += cat("  ", short_number(prepared.tensor, at));
  for (std::int64_t k = 1; k < (prepared.is_colour ? 3 : 1); ++k)
    text += cat(", ", short_number(prepared.tensor, at + k));
  return text;
}

// What this way of looking at it needs.
TensorPanel::Prepared TensorPanel::prepare(const Shown& shown, float width, Mode mode) {
  Prepared prepared;
  prepared.tensor = shown.tensor;
  const Tensor& tensor = prepared.tensor;
  prepared.title = shown.title;
  prepared.is_gradient = shown.is_gradient;
  prepared.about = cat(tensor.shape().python(), "  ", name(tensor.dtype()));
  prepared.has_numbers = holds_many(tensor);
  if (mode == Mode::kNumbers || !prepared.has_numbers) {
    // numpy's own dots stand for most of a large tensor, but not for a long text.
    constexpr std::size_t kMostText = 16000;
    prepared.text = str(tensor);
    if (prepared.text.size() > kMostText) prepared.text = prepared.text.substr(0, kMostText) + "…";
    // Columns of numbers stay columns; what is wider or higher than the box is scrolled.
    while (prepared.size > 10 && text_width(Face::kMono, prepared.size, prepared.text) > width - 24)
      prepared.size -= 1;
    prepared.whole = text_size(Face::kMono, prepared.size, prepared.text);
    prepared.height = std::min(220.0f, prepared.whole.y);
  }
  if (!prepared.has_numbers) return prepared;
  const Statistics s = statistics(tensor);
  const double numbers[] = {s.minimum, s.maximum, s.mean, s.deviation};
  for (int i = 0; i < 4; ++i) prepared.statistics[i] = short_number(numbers[i]);
  if (mode == Mode::kHistogram) prepared.bins = histogram(tensor, kBins);
  if (mode == Mode::kHeat) paint_cells(prepared, s);
  return prepared;
}

void TensorPanel::draw(Ui& ui, Column& column, std::string_view key, const std::vector<Shown>& tensors) {
  const bool has_pictures =
      std::any_of(tensors.begin(), tensors.end(), [](const Shown& each) { return holds_many(each.tensor); });
  if (has_pictures) draw_modes(ui, column);
  const Color theme = palette().panel;
  if (key != key_ || mode_ != prepared_for_ || column.width != width_ || theme != theme_) {
    key_ = key;
    prepared_for_ = mode_;
    width_ = column.width;
    theme_ = theme;
    const std::vector<Prepared> before = std::move(prepared_);
    prepared_.clear();
    for (const Shown& shown : tensors)
      if (shown.tensor.defined()) {
        prepared_.push_back(prepare(shown, column.width, mode_));
        // New values of the same tensor are looked at from where one was.
        const std::size_t i = prepared_.size() - 1;
        if (i < before.size() && before[i].title == prepared_[i].title)
          prepared_[i].scroll = before[i].scroll;
      }
  }
  if (has_pictures && mode_ != Mode::kNumbers) return draw_pictures(ui, column);
  for (std::size_t i = 0; i < prepared_.size(); ++i) draw_numbers(ui, column, prepared_[i], i);
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
    ui.walk.name_choice(tr(kKeys[i]), is_chosen);
    ui.spot(kKeys[i], column.painter, part);
    if (is_chosen) column.painter.fill(part, p.panel, 6);
    if (is_chosen) column.painter.frame(part, p.line, 6);
    column.painter.text_middle(is_chosen ? Face::kStrong : Face::kText, 11, part.center(),
                               is_chosen || hit.hovered ? p.ink : p.soft, tr(kKeys[i]));
    if (hit.clicked) mode_ = static_cast<Mode>(i);
  }
}

void TensorPanel::draw_numbers(Ui& ui, Column& column, Prepared& prepared, std::size_t index) {
  const Palette& p = palette();
  const Color color = tone_of(prepared.is_gradient);
  const Rect row = column.take(24);
  column.painter.text(Face::kStrong, 11, {0, row.max.y - 18}, prepared.is_gradient ? color : p.soft,
                      prepared.title);
  column.painter.text_right(Face::kMono, 11, {column.width, row.max.y - 18}, p.soft, prepared.about);
  const Rect box = column.take(prepared.height + 18, 8);
  column.painter.fill(box, p.field, 8);
  const Vec room = box.size() - Vec(24, 18),
            beyond{std::max(0.0f, prepared.whole.x - room.x), std::max(0.0f, prepared.whole.y - room.y)};
  if (beyond.x > 0 || beyond.y > 0) {
    const std::string id = cat("tensor-text", index);
    const Press hit = press(ui, column.painter, id, box);
    ui.spot(id, column.painter, box);
    if (hit.hovered) ui.cursor = hit.held ? "grabbing" : "grab";
    const Vec by = hit.held ? Vec(ImGui::GetIO().MouseDelta) / ui.ratio : Vec(0, 0);
    const float wheel = hit.hovered ? ui.input.wheel_delta.x : 0;
    prepared.scroll = {clamp(prepared.scroll.x - by.x + wheel, 0, beyond.x),
                       clamp(prepared.scroll.y - by.y, 0, beyond.y)};
    // The finger moves the numbers; where they end, the column.
    if (hit.held && by.y != 0 && prepared.scroll.y > 0 && prepared.scroll.y < beyond.y)
      ui.holds_finger = true;
  }
  column.painter.clip(box.grown(-4));
  column.painter.text(Face::kMono, prepared.size, box.min + Vec(12, 9) - prepared.scroll, color,
                      prepared.text);
  column.painter.unclip();
  // How much of it is seen, and where one is.
  const auto thumb = [&](Vec from, Vec to, float share, float at) {
    const Vec along = to - from;
    const Vec begin = from + along * (at * (1 - share));
    column.painter.fill({begin - Vec(1.5f, 1.5f), begin + along * share + Vec(1.5f, 1.5f)},
                        fade(p.soft, 0.5f), 1.5f);
  };
  if (beyond.x > 0)
    thumb({box.min.x + 8, box.max.y - 4}, {box.max.x - 8, box.max.y - 4}, room.x / prepared.whole.x,
          prepared.scroll.x / beyond.x);
  if (beyond.y > 0)
    thumb({box.max.x - 4, box.min.y + 8}, {box.max.x - 4, box.max.y - 8}, room.y / prepared.whole.y,
          prepared.scroll.y / beyond.y);
  if (!prepared.has_numbers) return;
  const Rect cells = column.take(34, 8);
  constexpr const char* kKeys[] = {"stat.min", "stat.max", "stat.mean", "stat.std"};
  for (int i = 0; i < 4; ++i) {
    const float x = column.width / 4 * static_cast<float>(i);
    column.painter.text(Face::kText, 11, {x, cells.min.y}, p.soft, tr(kKeys[i]));
    column.painter.text(Face::kMono, 13, {x, cells.min.y + 15}, color, prepared.statistics[i]);
  }
}

// The cells, what their colours mean, and the number under the hand.
void TensorPanel::draw_heat(Ui& ui, Column& column, const Prepared& prepared, std::size_t index, Vec at,
                            float cell) {
  const Palette& p = palette();
  const float gap = cell > 8 ? 1.0f : 0.0f;
  for (int r = 0; r < prepared.rows; ++r)
    for (int c = 0; c < prepared.columns; ++c)
      column.painter.fill(
          Rect::sized({at.x + cell * static_cast<float>(c), at.y + cell * static_cast<float>(r)},
                      {cell - gap, cell - gap}),
          prepared.cells[static_cast<std::size_t>(r * prepared.columns + c)]);
  const Vec size{cell * static_cast<float>(prepared.columns), cell * static_cast<float>(prepared.rows)};
  const std::string id = cat("tensor-cells", index);
  const Press hit = press(ui, column.painter, id, Rect::sized(at, size), true);
  ui.spot(id, column.painter, Rect::sized(at, size));
  if ((!hit.hovered && !hit.held) || !ImGui::IsMousePosValid()) return;
  const Vec inside = (column.painter.local(ui.input.mouse * ui.ratio) - at) / cell;
  const int r = static_cast<int>(inside.y), c = static_cast<int>(inside.x);
  if (inside.x < 0 || inside.y < 0 || r >= prepared.rows || c >= prepared.columns) return;
  const Vec corner = at + Vec(static_cast<float>(c), static_cast<float>(r)) * cell;
  column.painter.frame(Rect::sized(corner, {cell - gap, cell - gap}).grown(1), p.ink, 1, 1.5f);
  const std::string lines[] = {cell_text(prepared, r, c)};
  tooltip(ui, ui.input.mouse, lines, Face::kMono);
  ui.hovered_value = lines[0];
}

// Value and gradient, before and after, side by side.
void TensorPanel::draw_pictures(Ui& ui, Column& column) const {
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
        draw_heat(ui, column, each, i, {at.x, y}, cell);
        y += cell * static_cast<float>(each.rows) + 6;
        if (each.most > each.least) {
          draw_legend(column.painter, Rect::sized({at.x, y}, {std::min(width, 180.0f), 8}), each.least < 0,
                      each.negative, each.positive, short_number(each.least), short_number(each.most));
          y += 28;
        }
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
