// See values.h.
#include "web/app/values.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/core/print.h"

namespace sandflow::ui {

std::string short_number(double x) {
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return x > 0 ? "inf" : "-inf";
  const double size = std::fabs(x);
  char text[32];
  if (x == std::floor(x) && size < 1e6)
    std::snprintf(text, sizeof text, "%.0f", x + 0.0);
  else if (size < 1e-4 || size >= 1e6)
    std::snprintf(text, sizeof text, "%.1e", x);
  else
    std::snprintf(text, sizeof text, "%.*f", size < 10 ? 4 : size < 100 ? 3 : size < 1000 ? 2 : 1, x);
  return text;
}

std::string tiny_number(double x) {
  if (!std::isfinite(x)) return short_number(x);
  const double size = std::fabs(x);
  if (x == std::floor(x) && size < 1e5) return short_number(x);
  char text[32];
  if (size < 5e-4 || size >= 1e5)
    std::snprintf(text, sizeof text, "%.0e", x);
  else
    std::snprintf(text, sizeof text, "%.*f", size < 10 ? 3 : size < 100 ? 2 : size < 1000 ? 1 : 0, x);
  return text;
}

std::string short_number(const Tensor& tensor, std::int64_t i) {
  if (tensor.dtype() == DType::kBool) return tensor.number(i) != 0 ? "True" : "False";
  const double x = tensor.number(i);
  if (is_floating(tensor.dtype())) return short_number(x);
  char text[32];
  std::snprintf(text, sizeof text, "%.0f", x);
  return text;
}

std::string broken_lines(std::string_view text, float size, float width) {
  constexpr std::string_view kIndent = "    ";
  const auto most = static_cast<std::size_t>(std::max(8.0f, width / text_width(Face::kMono, size, "0")));
  std::string out;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    for (std::size_t room = most; line.size() > room; room = most - kIndent.size()) {
      const std::size_t space = line.rfind(' ', room), word = line.find_first_not_of(' ');
      // A word that is wider than the line is cut.
      const std::size_t end = space == std::string_view::npos || space <= word ? room : space;
      out += line.substr(0, end);
      out += '\n';
      out += kIndent;
      line.remove_prefix(std::min(line.size(), line.find_first_not_of(' ', end)));
    }
    out += line;
    if (!text.empty()) out += '\n';
  }
  return out;
}

bool has_numbers(const Tensor& tensor) { return tensor.defined() && tensor.dtype() != DType::kString; }

namespace {

// To ask a tensor for one number after the other takes several times as long.
template <class Each>
void each_number(const Tensor& tensor, Each each) {
  with_plain(tensor.dtype(), [&]<class T>() {
    for (const T x : tensor.read<T>()) each(static_cast<double>(x));
  });
}

}  // namespace

Statistics statistics(const Tensor& tensor) {
  Statistics s;
  if (!has_numbers(tensor)) return s;
  double sum = 0, squares = 0;
  std::int64_t count = 0;
  each_number(tensor, [&](double x) {
    if (!std::isfinite(x)) {
      ++s.not_finite;
      return;
    }
    sum += x;
    ++count;
  });
  if (count == 0) return s;
  const auto [minimum, maximum] = tensor.extent();
  s.minimum = minimum;
  s.maximum = maximum;
  s.mean = sum / static_cast<double>(count);
  each_number(tensor, [&](double x) {
    if (std::isfinite(x)) squares += (x - s.mean) * (x - s.mean);
  });
  s.deviation = std::sqrt(squares / static_cast<double>(count));
  return s;
}

std::vector<float> histogram(const Tensor& tensor, int count) {
  std::vector<float> bins(static_cast<std::size_t>(count));
  const Tensor::Extent s = tensor.extent();
  // Around 0, so that a shift of the weights is seen as one.
  const double reach = std::max({std::fabs(s.minimum), std::fabs(s.maximum), 1e-12});
  float highest = 1;
  each_number(tensor, [&](double x) {
    if (!std::isfinite(x)) return;
    const int bin = std::clamp(static_cast<int>((x / reach + 1) / 2 * count), 0, count - 1);
    highest = std::max(highest, ++bins[static_cast<std::size_t>(bin)]);
  });
  for (float& bin : bins) bin /= highest;
  return bins;
}

namespace {

constexpr int kMostRows = 10, kMostColumns = 24;
constexpr float kHistogramWidth = 55, kHistogramHeight = 34;

ValueView text_view(const Tensor& tensor) {
  ValueView view;
  view.kind = ValueView::Kind::kText;
  std::string all = str(tensor);
  for (std::size_t at = 0; at <= all.size() && view.cells.size() < 3;) {
    const std::size_t end = std::min(all.find('\n', at), all.size());
    view.cells.push_back(fitted(Face::kMono, 13, std::string_view(all).substr(at, end - at), 190));
    at = end + 1;
  }
  for (const std::string& line : view.cells)
    view.size.x = std::max(view.size.x, text_width(Face::kMono, 13, line));
  view.size.y = 18 * static_cast<float>(view.cells.size());
  return view;
}

}  // namespace

ValueView view_of(const Tensor& tensor, bool with_histogram, bool is_gradient) {
  ValueView view;
  if (!tensor.defined()) return view;
  if (tensor.dtype() == DType::kString) return text_view(tensor);
  const int rank = tensor.shape().rank();
  if (tensor.elements() == 0) return text_view(tensor);
  if (rank == 0) {
    view.kind = ValueView::Kind::kNumber;
    view.cells = {short_number(tensor, 0)};
    view.size = {text_width(Face::kMono, 16, view.cells[0]), 22};
    return view;
  }
  const std::int64_t columns = tensor.shape().dim(rank - 1), rows = tensor.elements() / columns;
  if (rows <= 2 && columns <= 4) {
    view.kind = ValueView::Kind::kNumbers;
    view.rows = static_cast<int>(rows);
    view.columns = static_cast<int>(columns);
    view.font_size = columns >= 3 ? 11 : 13;
    // Wide enough for any sign, so that training does not make the columns jump.
    if (is_floating(tensor.dtype())) view.cell_width = text_width(Face::kMono, view.font_size, "-0.000");
    for (std::int64_t i = 0; i < tensor.elements(); ++i) {
      view.cells.push_back(is_floating(tensor.dtype()) ? tiny_number(tensor.number(i))
                                                       : short_number(tensor, i));
      view.cell_width = std::max(view.cell_width, text_width(Face::kMono, view.font_size, view.cells.back()));
    }
    view.cell_width += 8;
    view.cell_height = view.font_size + 5;
    view.size = {view.cell_width * static_cast<float>(columns) - 8,
                 view.cell_height * static_cast<float>(rows)};
  } else {
    view.kind = ValueView::Kind::kHeat;
    view.rows = static_cast<int>(std::min<std::int64_t>(rows, kMostRows));
    view.columns = static_cast<int>(std::min<std::int64_t>(columns, kMostColumns));
    const Tensor::Extent s = tensor.extent();
    const bool is_share = !is_gradient && s.minimum >= 0 && s.maximum <= 1;
    const double reach = is_share ? 1 : std::max({std::fabs(s.minimum), std::fabs(s.maximum), 1e-30});
    // A large tensor shows evenly spaced rows and columns of it.
    for (int r = 0; r < view.rows; ++r)
      for (int c = 0; c < view.columns; ++c) {
        const std::int64_t row = r * rows / view.rows, column = c * columns / view.columns;
        view.heat.push_back(static_cast<float>(tensor.number(row * columns + column) / reach));
      }
    view.cell_width = view.columns <= 4    ? 12
                      : view.columns <= 6  ? 10
                      : view.columns <= 10 ? 8
                                           : std::max(3.0f, 64.0f / static_cast<float>(view.columns));
    view.cell_height = view.rows <= 4 ? 10 : view.rows <= 6 ? 8 : 5;
    view.size = view.heat_size();
  }
  if (with_histogram && tensor.elements() >= 9) {
    view.bins = histogram(tensor, 18);
    view.size.x += 10 + kHistogramWidth;
    view.size.y = std::max(view.size.y, kHistogramHeight);
  }
  return view;
}

void draw_histogram(const Painter& painter, const std::vector<float>& bins, const Rect& box, Color color) {
  const float step = box.width() / static_cast<float>(bins.size());
  for (std::size_t i = 0; i < bins.size(); ++i) {
    if (bins[i] <= 0) continue;
    const float x = box.min.x + step * static_cast<float>(i);
    const float top = box.max.y - std::max(1.0f, bins[i] * (box.height() - 1));
    painter.fill({{x, top}, {x + step - 1, box.max.y}}, color);
  }
  painter.fill({{box.min.x, box.max.y}, {box.max.x - 1, box.max.y + 1}}, fade(color, 0.45f));
}

void draw(const Painter& painter, const ValueView& view, Vec at, Color ink, Color positive, Color negative) {
  switch (view.kind) {
    case ValueView::Kind::kNone:
      break;
    case ValueView::Kind::kNumber:
      painter.text(Face::kMono, 16, at, ink, view.cells[0]);
      break;
    case ValueView::Kind::kText:
      for (std::size_t i = 0; i < view.cells.size(); ++i)
        painter.text(Face::kMono, 13, at + Vec(0, 18 * static_cast<float>(i)), ink, view.cells[i]);
      break;
    case ValueView::Kind::kNumbers:
      for (int r = 0; r < view.rows; ++r)
        for (int c = 0; c < view.columns; ++c) {
          const Vec right = at + Vec(view.cell_width * static_cast<float>(c + 1) - 8,
                                     view.cell_height * static_cast<float>(r));
          painter.text_right(Face::kMono, view.font_size, right, ink,
                             view.cells[static_cast<std::size_t>(r * view.columns + c)]);
        }
      break;
    case ValueView::Kind::kHeat: {
      const Palette& p = palette();
      // A line of ground between cells that are large enough on the screen.
      const float gap =
          std::min(view.cell_width, view.cell_height) * painter.scale() >= 4.5f ? 1 / painter.scale() : 0;
      const Color empty = mix(p.panel, p.ink, 0.05f);
      for (int r = 0; r < view.rows; ++r)
        for (int c = 0; c < view.columns; ++c) {
          const float x = view.heat[static_cast<std::size_t>(r * view.columns + c)];
          const Color color = !std::isfinite(x)
                                  ? p.of(Tone::kLoss)
                                  : mix(empty, x >= 0 ? positive : negative, std::sqrt(std::fabs(x)));
          const Vec corner =
              at + Vec(view.cell_width * static_cast<float>(c), view.cell_height * static_cast<float>(r));
          painter.fill({corner, corner + Vec(view.cell_width - gap, view.cell_height - gap)}, color);
        }
      break;
    }
  }
  if (!view.bins.empty())
    draw_histogram(painter, view.bins,
                   Rect::sized({at.x + view.size.x - kHistogramWidth, at.y + view.size.y - kHistogramHeight},
                               {kHistogramWidth, kHistogramHeight - 1}),
                   positive);
}

}  // namespace sandflow::ui
