// Drawing in points: a Painter turns its own coordinates (a panel's points, or the graph's, zoomed) into
// device pixels, so that text and hairlines are sharp at any pixel ratio and any zoom.
#pragma once

#ifndef IMGUI_DEFINE_MATH_OPERATORS
#define IMGUI_DEFINE_MATH_OPERATORS
#endif
#include <imgui.h>

#include <span>
#include <string>
#include <string_view>

namespace sandflow::ui {

using Vec = ImVec2;
using Color = ImU32;

struct Rect {
  Vec min, max;

  static Rect sized(Vec at, Vec size) { return {at, at + size}; }
  float width() const { return max.x - min.x; }
  float height() const { return max.y - min.y; }
  Vec size() const { return max - min; }
  Vec center() const { return (min + max) * 0.5f; }
  bool contains(Vec p) const { return p.x >= min.x && p.y >= min.y && p.x < max.x && p.y < max.y; }
  bool overlaps(const Rect& o) const {
    return min.x < o.max.x && o.min.x < max.x && min.y < o.max.y && o.min.y < max.y;
  }
  Rect grown(float by) const { return {min - Vec(by, by), max + Vec(by, by)}; }
  Rect moved(Vec by) const { return {min + by, max + by}; }
};

Color fade(Color color, float alpha);
Color mix(Color from, Color to, float share);
inline float clamp(float x, float low, float high) { return x < low ? low : x > high ? high : x; }
float distance(Vec a, Vec b);

// The faces of the type scale. Sizes are CSS pixels: 11, 13, 16, 20.
enum class Face { kText, kStrong, kMono };

float text_width(Face face, float size, std::string_view text);
float line_height(Face face, float size);
Vec text_size(Face face, float size, std::string_view text, float wrap = 0);
// The text, or as much of its beginning as fits, with an ellipsis.
std::string fitted(Face face, float size, std::string_view text, float width);
// The same for a text that is wrapped: as much as fits into `lines` lines.
std::string fitted_wrapped(Face face, float size, std::string_view text, float width, int lines);

class Picture;

class Painter {
 public:
  Painter(ImDrawList* list, Vec origin, float scale) : list_(list), origin_(origin), scale_(scale) {}
  // Draws into a picture, in the picture's own coordinates.
  explicit Painter(Picture& picture) : list_(nullptr), origin_(0, 0), scale_(1), picture_(&picture) {}

  ImDrawList* list() const { return list_; }
  float scale() const { return scale_; }
  Vec device(Vec p) const { return origin_ + p * scale_; }
  Rect device(const Rect& r) const { return {snap(device(r.min)), snap(device(r.max))}; }
  Vec local(Vec device_point) const { return (device_point - origin_) / scale_; }

  void fill(const Rect& r, Color color, float rounding = 0, ImDrawFlags corners = 0) const;
  // A line of `thickness` points, of one device pixel at least.
  void frame(const Rect& r, Color color, float rounding = 0, float thickness = 1) const;
  void dashed_frame(const Rect& r, Color color, float rounding, float thickness, float dash) const;
  void line(Vec a, Vec b, Color color, float thickness = 1) const;
  void hairline(Vec a, Vec b, Color color) const;  // Horizontal or vertical, on the pixel grid.
  void circle(Vec center, float radius, Color color) const;
  // The same where there are hundreds of small ones: a picture of it, a sixth of the corners and no
  // arithmetic.
  void dot(Vec center, float radius, Color color) const;
  void ring(Vec center, float radius, Color color, float thickness) const;
  void polyline(std::span<const Vec> points, Color color, float thickness) const;
  void dashes(std::span<const Vec> points, Color color, float thickness, float dash, float gap,
              float phase = 0) const;
  void triangle(Vec a, Vec b, Vec c, Color color) const;
  void shadow(const Rect& r, float rounding, float depth) const;

  // `at` is the top left corner of the line.
  void text(Face face, float size, Vec at, Color color, std::string_view text, float wrap = 0) const;
  void text_right(Face face, float size, Vec top_right, Color color, std::string_view text) const;
  void text_middle(Face face, float size, Vec center, Color color, std::string_view text) const;

  void clip(const Rect& r) const;
  void unclip() const {
    if (list_) list_->PopClipRect();
  }

  // Whether any of it can be seen; what cannot need not be drawn.
  bool is_in_sight(const Rect& r) const {
    return picture_ || ImGui::IsRectVisible(device(r.min), device(r.max));
  }
  static Vec snap(Vec p);

 private:
  float pixels(float thickness) const;
  void write(Face face, float size, Vec at, Color color, std::string_view text, float wrap) const;

  ImDrawList* list_;
  Vec origin_;
  float scale_;
  Picture* picture_ = nullptr;
};

}  // namespace sandflow::ui
