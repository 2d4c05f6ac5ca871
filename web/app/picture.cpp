// See picture.h.
#include "web/app/picture.h"

#include <cmath>
#include <cstdio>

#include "engine/core/text.h"

namespace sandflow::ui {

namespace {

std::string number(float x) {
  char text[24];
  std::snprintf(text, sizeof text, "%.1f", std::isfinite(x) ? static_cast<double>(x) : 0.0);
  std::string out = text;
  if (out.ends_with(".0")) out.resize(out.size() - 2);
  return out;
}

std::string attribute(std::string_view name, float x) { return cat(" ", name, "=\"", number(x), "\""); }

// A colour, and how much it covers.
std::string paint(std::string_view what, Color color) {
  char text[64];
  std::snprintf(text, sizeof text, "=\"#%02x%02x%02x\"", (color >> IM_COL32_R_SHIFT) & 255u,
                (color >> IM_COL32_G_SHIFT) & 255u, (color >> IM_COL32_B_SHIFT) & 255u);
  std::string out = cat(" ", what, text);
  if (const unsigned alpha = (color >> IM_COL32_A_SHIFT) & 255u; alpha != 255) {
    std::snprintf(text, sizeof text, "-opacity=\"%.2f\"", alpha / 255.0);
    out += cat(" ", what, text);
  }
  return out;
}

std::string stroke(Color color, float line, float dash, float gap) {
  std::string out = cat(" fill=\"none\"", paint("stroke", color), attribute("stroke-width", line));
  if (dash > 0) out += cat(" stroke-dasharray=\"", number(dash), " ", number(gap), "\"");
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

}  // namespace

void Picture::rect(const Rect& r, Color color, float rounding, float line, float dash) {
  body_ += cat("<rect", attribute("x", r.min.x), attribute("y", r.min.y), attribute("width", r.width()),
               attribute("height", r.height()), rounding > 0 ? attribute("rx", rounding) : "",
               line > 0 ? stroke(color, line, dash, dash) : paint("fill", color), "/>\n");
}

void Picture::circle(Vec center, float radius, Color color, float line) {
  body_ += cat("<circle", attribute("cx", center.x), attribute("cy", center.y), attribute("r", radius),
               line > 0 ? stroke(color, line, 0, 0) : paint("fill", color), "/>\n");
}

void Picture::polyline(std::span<const Vec> points, Color color, float line, float dash, float gap) {
  body_ += "<polyline points=\"";
  for (const Vec p : points) body_ += cat(number(p.x), ",", number(p.y), " ");
  body_ += cat("\"", stroke(color, line, dash, gap), " stroke-linejoin=\"round\"/>\n");
}

void Picture::text(Face face, float size, Vec baseline, Color color, std::string_view text) {
  body_ += cat("<text", attribute("x", baseline.x), attribute("y", baseline.y), attribute("font-size", size),
               paint("fill", color),
               face == Face::kMono     ? " class=\"mono\""
               : face == Face::kStrong ? " font-weight=\"600\""
                                       : "",
               ">", escaped(text), "</text>\n");
}

std::string Picture::svg(const Rect& area, Color ground) const {
  const std::string box =
      cat(number(area.min.x), " ", number(area.min.y), " ", number(area.width()), " ", number(area.height()));
  Picture back;
  back.rect(area, ground, 0, 0);
  return cat("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"", box, "\"",
             attribute("width", area.width()), attribute("height", area.height()),
             " font-family=\"Pretendard, Inter, 'Noto Sans KR', sans-serif\" xml:space=\"preserve\">\n"
             "<style>.mono { font-family: 'JetBrains Mono', 'DejaVu Sans Mono', monospace }</style>\n",
             back.body_, body_, "</svg>\n");
}

}  // namespace sandflow::ui
