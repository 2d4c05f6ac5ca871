// Many small pictures in one texture, each drawn as one rectangle.
#pragma once

#include <vector>

#include "web/app/paint.h"

namespace sandflow::ui {

class Tiles {
 public:
  static constexpr int kSide = 32, kInRow = 16;  // Pixels of one; tiles side by side in the texture.

  Tiles() = default;
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;
  ~Tiles();

  // `colors`: kSide x kSide a tile, from its top row down.
  void set(const std::vector<std::vector<Color>>& tiles);
  std::size_t count() const { return count_; }
  void draw(const Painter& painter, const Rect& box, std::size_t tile, float rounding);

 private:
  std::vector<Color> pixels_;
  std::size_t count_ = 0;
  unsigned texture_ = 0, made_in_ = 0;  // In which life of the context.
  bool is_new_ = false;
};

void forget_tiles();  // The context is gone: each makes its texture anew when next drawn.

}  // namespace sandflow::ui
