// The graph as an SVG: a Painter that is given one writes into it what it would have drawn, so that the
// picture is what the canvas shows.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "web/app/paint.h"

namespace sandflow::ui {

class Picture {
 public:
  void rect(const Rect& r, Color color, float rounding, float line, float dash = 0);  // line 0: filled.
  void circle(Vec center, float radius, Color color, float line);
  void polyline(std::span<const Vec> points, Color color, float line, float dash = 0, float gap = 0);
  void text(Face face, float size, Vec baseline, Color color, std::string_view text);
  // The whole, of what lies in `area`.
  std::string svg(const Rect& area, Color ground) const;

 private:
  std::string body_;
};

}  // namespace sandflow::ui
