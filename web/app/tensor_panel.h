// Tensors as the inspector shows them: numpy's numbers with statistics, a heat map or picture, a histogram.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/tensor.h"
#include "web/app/values.h"
#include "web/app/views/view.h"

namespace sandflow::ui {

class TensorPanel {
 public:
  struct Shown {
    std::string title;
    Tensor tensor;
    bool is_gradient = false;
  };
  // `key` says what is shown; while it and the way of looking stay, nothing is prepared anew.
  void draw(Ui& ui, Column& column, std::string_view key, const std::vector<Shown>& tensors);

 private:
  enum class Mode { kNumbers, kHeat, kHistogram };
  struct Prepared {
    Tensor tensor;
    std::string title, about;  // "(4, 3)  float32"
    bool is_gradient = false;
    std::string text;  // numpy's.
    float size = 11, height = 0;
    Vec whole;   // What the text would take …
    Vec scroll;  // … and how far one has moved in it, where that is more than there is room for.
    bool has_numbers = false;
    std::string statistics[4];
    int rows = 0, columns = 0;
    std::vector<Color> cells;
    // Of every how many rows and columns one is a cell; how the tensor's numbers lie.
    std::int64_t step = 1, row_length = 1, channels = 1;
    bool is_colour = false;
    double least = 0, most = 0;  // What the ends of the legend stand for; equal: no legend.
    Color negative = 0, positive = 0;
    std::string part;  // Which part of a larger tensor the cells are: "[0, :, :, 0]".
    std::vector<float> bins;
  };
  static Prepared prepare(const Shown& shown, float width, Mode mode);
  static void paint_cells(Prepared& prepared, const Statistics& of);
  static std::string cell_text(const Prepared& prepared, int row, int column);
  void draw_modes(Ui& ui, Column& column);
  static void draw_numbers(Ui& ui, Column& column, Prepared& prepared, std::size_t index);
  void draw_pictures(Ui& ui, Column& column) const;
  static void draw_heat(Ui& ui, Column& column, const Prepared& prepared, std::size_t index, Vec at,
                        float cell);

  Mode mode_ = Mode::kNumbers, prepared_for_ = Mode::kNumbers;
  std::string key_;
  float width_ = 0;
  Color theme_ = 0;
  std::vector<Prepared> prepared_;
};

}  // namespace sandflow::ui
