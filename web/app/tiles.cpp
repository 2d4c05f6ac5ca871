// See tiles.h.
#include "web/app/tiles.h"

#include <GLES3/gl3.h>

#include <algorithm>

namespace sandflow::ui {

namespace {
unsigned life = 1;  // Of the graphics context.
}

Tiles::~Tiles() {
  if (texture_ && made_in_ == life) glDeleteTextures(1, &texture_);
}

void Tiles::set(const std::vector<std::vector<Color>>& tiles) {
  constexpr std::size_t kWidth = std::size_t{kSide} * kInRow;
  count_ = tiles.size();
  const std::size_t rows = (count_ + kInRow - 1) / kInRow;
  pixels_.assign(kWidth * kSide * rows, 0);
  for (std::size_t t = 0; t < count_; ++t)
    for (std::size_t r = 0; r < kSide; ++r)
      std::copy_n(tiles[t].begin() + static_cast<std::ptrdiff_t>(r * kSide), kSide,
                  pixels_.begin() +
                      static_cast<std::ptrdiff_t>((t / kInRow * kSide + r) * kWidth + t % kInRow * kSide));
  is_new_ = true;
}

void Tiles::draw(const Painter& painter, const Rect& box, std::size_t tile, float rounding) {
  if (tile >= count_) return;
  constexpr int kWidth = kSide * kInRow;
  const int height = static_cast<int>(pixels_.size()) / kWidth;
  if (!texture_ || made_in_ != life) {
    glGenTextures(1, &texture_);
    made_in_ = life;
    is_new_ = true;
  }
  if (is_new_) {
    glBindTexture(GL_TEXTURE_2D, texture_);
    for (const GLenum filter : {GL_TEXTURE_MIN_FILTER, GL_TEXTURE_MAG_FILTER})
      glTexParameteri(GL_TEXTURE_2D, filter, GL_LINEAR);
    glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, kWidth, height, 0, GL_RGBA, GL_UNSIGNED_BYTE, pixels_.data());
    is_new_ = false;
  }
  // Half a pixel in from the edge, so that no neighbour shines in.
  const auto at = [&](std::size_t column, float x, std::size_t row, float y) {
    return Vec((static_cast<float>(column * kSide) + x) / static_cast<float>(kWidth),
               (static_cast<float>(row * kSide) + y) / static_cast<float>(height));
  };
  const std::size_t column = tile % kInRow, row = tile / kInRow;
  const Rect device = painter.device(box);
  painter.list()->AddImageRounded(ImTextureRef(static_cast<ImTextureID>(texture_)), device.min, device.max,
                                  at(column, 0.5f, row, 0.5f), at(column, kSide - 0.5f, row, kSide - 0.5f),
                                  IM_COL32_WHITE, rounding * painter.scale());
}

void forget_tiles() { ++life; }

}  // namespace sandflow::ui
