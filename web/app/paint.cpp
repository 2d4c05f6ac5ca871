// See paint.h.
#include "web/app/paint.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <vector>

#include "web/app/picture.h"
#include "web/app/theme.h"

namespace sandflow::ui {

Color fade(Color color, float alpha) {
  const float a = static_cast<float>(color >> IM_COL32_A_SHIFT) * clamp(alpha, 0, 1);
  return (color & ~IM_COL32_A_MASK) | (static_cast<Color>(a + 0.5f) << IM_COL32_A_SHIFT);
}

Color mix(Color from, Color to, float share) {
  share = clamp(share, 0, 1);
  Color out = 0;
  for (int shift = 0; shift < 32; shift += 8) {
    const float a = static_cast<float>((from >> shift) & 255), b = static_cast<float>((to >> shift) & 255);
    out |= static_cast<Color>(a + (b - a) * share + 0.5f) << shift;
  }
  return out;
}

float distance(Vec a, Vec b) { return std::hypot(a.x - b.x, a.y - b.y); }

namespace {

// Whole device pixels: glyphs are made for whole sizes, and any other would be stretched.
float device_size(Face face, float size, float scale) {
  return std::max(1.0f, std::round(size * fonts().em(face) * scale));
}

Vec measured(Face face, float device, std::string_view text, float wrap) {
  return fonts().face(face)->CalcTextSizeA(device, 1e9f, wrap, text.data(), text.data() + text.size());
}

}  // namespace

float line_height(Face face, float size) { return size * fonts().em(face); }

Vec text_size(Face face, float size, std::string_view text, float wrap) {
  const float ratio = fonts().ratio;
  return measured(face, device_size(face, size, ratio), text, wrap * ratio) / ratio;
}

float text_width(Face face, float size, std::string_view text) { return text_size(face, size, text).x; }

std::string fitted(Face face, float size, std::string_view text, float width) {
  if (text_width(face, size, text) <= width) return std::string(text);
  const float room = width - text_width(face, size, "…");
  std::size_t end = text.size();
  while (end > 0 && text_width(face, size, text.substr(0, end)) > room) {
    --end;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string fitted_wrapped(Face face, float size, std::string_view text, float width, int lines) {
  const float high = text_size(face, size, "0").y * (static_cast<float>(lines) + 0.5f);
  const auto fits = [&](std::string_view shown) { return text_size(face, size, shown, width).y < high; };
  if (fits(text)) return std::string(text);
  const auto cut = [&](std::size_t end) {
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return std::string(text.substr(0, end)) + "…";
  };
  std::size_t low = 0, above = text.size();
  while (above - low > 1) {
    const std::size_t middle = (low + above) / 2;
    (fits(cut(middle)) ? low : above) = middle;
  }
  return cut(low);
}

Vec Painter::snap(Vec p) { return {std::floor(p.x + 0.5f), std::floor(p.y + 0.5f)}; }

float Painter::pixels(float thickness) const { return std::max(1.0f, thickness * scale_); }

void Painter::fill(const Rect& r, Color color, float rounding, ImDrawFlags corners) const {
  if (picture_) return picture_->rect(r, color, rounding, 0);
  const Rect d = device(r);
  list_->AddRectFilled(d.min, d.max, color, rounding * scale_, corners);
}

void Painter::frame(const Rect& r, Color color, float rounding, float thickness) const {
  if (picture_) return picture_->rect(r, color, rounding, thickness);
  const Rect d = device(r);
  list_->AddRect(d.min, d.max, color, rounding * scale_, 0, std::round(pixels(thickness)));
}

void Painter::dashed_frame(const Rect& r, Color color, float rounding, float thickness, float dash) const {
  if (picture_) return picture_->rect(r, color, rounding, thickness, dash);
  const Rect d = device(r);
  list_->PathRect(d.min + Vec(0.5f, 0.5f), d.max - Vec(0.5f, 0.5f), rounding * scale_);
  std::vector<Vec> points(list_->_Path.begin(), list_->_Path.end());
  list_->PathClear();
  points.push_back(points.front());
  for (Vec& p : points) p = local(p);
  dashes(points, color, thickness, dash, dash);
}

void Painter::line(Vec a, Vec b, Color color, float thickness) const {
  if (picture_) return picture_->polyline(std::array{a, b}, color, thickness);
  list_->AddLine(device(a), device(b), color, pixels(thickness));
}

void Painter::hairline(Vec a, Vec b, Color color) const {
  if (picture_) return picture_->polyline(std::array{a, b}, color, 1);
  const Vec from = snap(device(a)), to = snap(device(b));
  const float width = std::max(1.0f, std::round(fonts().ratio * 0.75f));
  if (from.y == to.y)
    list_->AddRectFilled(from, {to.x, to.y + width}, color);
  else
    list_->AddRectFilled(from, {to.x + width, to.y}, color);
}

void Painter::circle(Vec center, float radius, Color color) const {
  if (picture_) return picture_->circle(center, radius, color, 0);
  list_->AddCircleFilled(device(center), radius * scale_, color);
}

namespace {

// A round picture in the fonts' texture, `side` pixels wide; `covered`: how much of a pixel, from 0 to 1, by
// its distance from the middle. Made at its first use; invalid where the texture has no room.
template <typename Covered>
ImFontAtlasRectId round_picture(int side, Covered covered) {
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  ImFontAtlasRect rect;
  const ImFontAtlasRectId made = atlas.AddCustomRect(side, side, &rect);
  if (made == ImFontAtlasRectId_Invalid) return made;
  const float middle = static_cast<float>(side) / 2;
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      const Vec at(static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f);
      const float share = clamp(covered(distance(at, {middle, middle})), 0, 1);
      const ImU32 pixel = IM_COL32(255, 255, 255, static_cast<int>(share * 255 + 0.5f));
      void* to = atlas.TexData->GetPixelsAt(rect.x + x, rect.y + y);
      if (atlas.TexData->BytesPerPixel == 4)
        std::memcpy(to, &pixel, 4);
      else
        *static_cast<unsigned char*>(to) = static_cast<unsigned char>(pixel >> IM_COL32_A_SHIFT);
    }
  return made;
}

// A disc, by its radius in quarters of a device pixel.
ImFontAtlasRectId disc(int quarters) {
  static std::map<int, ImFontAtlasRectId> made;
  const auto [known, is_new] = made.try_emplace(quarters, ImFontAtlasRectId_Invalid);
  const float radius = static_cast<float>(quarters) / 4;
  if (is_new)
    known->second = round_picture(2 * (static_cast<int>(std::ceil(radius)) + 1),
                                  [&](float away) { return radius + 0.5f - away; });
  return known->second;
}

// What fades from the middle to the rim as a shadow does, drawn in any size.
ImFontAtlasRectId soft_disc() {
  constexpr int kSide = 64;
  static const ImFontAtlasRectId made = round_picture(kSide, [](float away) {
    const float in = clamp(1 - away / (kSide / 2 - 1), 0, 1);
    return in * in * (3 - 2 * in);
  });
  return made;
}

}  // namespace

void Painter::dot(Vec center, float radius, Color color) const {
  ImFontAtlasRect rect;
  constexpr float kLargest = 32;  // Device pixels; a few larger ones are no burden.
  if (picture_ || radius * scale_ > kLargest ||
      !ImGui::GetIO().Fonts->GetCustomRect(disc(static_cast<int>(std::round(radius * scale_ * 4))), &rect))
    return circle(center, radius, color);
  const Vec half(static_cast<float>(rect.w) / 2, static_cast<float>(rect.h) / 2), at = device(center);
  list_->AddImage(ImGui::GetIO().Fonts->TexRef, at - half, at + half, rect.uv0, rect.uv1, color);
}

void Painter::ring(Vec center, float radius, Color color, float thickness) const {
  if (picture_) return picture_->circle(center, radius, color, thickness);
  list_->AddCircle(device(center), radius * scale_, color, 0, pixels(thickness));
}

void Painter::polyline(std::span<const Vec> points, Color color, float thickness) const {
  if (picture_) return picture_->polyline(points, color, thickness);
  list_->PathClear();
  for (Vec p : points) list_->PathLineTo(device(p));
  list_->PathStroke(color, 0, pixels(thickness));
}

void Painter::dashes(std::span<const Vec> points, Color color, float thickness, float dash, float gap,
                     float phase) const {
  if (picture_) return picture_->polyline(points, color, thickness, dash, gap);
  const float period = dash + gap;
  float at = std::fmod(std::fmod(phase, period) + period, period);
  for (std::size_t i = 1; i < points.size(); ++i) {
    const Vec a = points[i - 1], b = points[i];
    const float length = distance(a, b);
    if (length <= 0) continue;
    const Vec step = (b - a) / length;
    float done = 0;
    while (done < length) {
      const bool is_on = at < dash;
      const float run = std::min(length - done, (is_on ? dash : period) - at);
      if (is_on) line(a + step * done, a + step * (done + run), color, thickness);
      done += std::max(run, 1e-3f);
      at += std::max(run, 1e-3f);
      if (at >= period) at -= period;
    }
  }
}

void Painter::triangle(Vec a, Vec b, Vec c, Color color) const {
  if (picture_) return;  // The graph has none.
  list_->AddTriangleFilled(device(a), device(b), device(c), color);
}

void Painter::shadow(const Rect& r, float rounding, float depth) const {
  ImFontAtlasRect rect;
  if (picture_ || !ImGui::GetIO().Fonts->GetCustomRect(soft_disc(), &rect)) return;  // A picture lies flat.
  // As of a light above. Its middle lies under what casts it, and is left out: to fill it would cost most.
  const Rect outer =
      device(Rect{{r.min.x - depth, r.min.y - depth * 0.4f}, {r.max.x + depth, r.max.y + depth * 1.6f}});
  const float corner = std::min({(rounding + depth) * 1.5f * scale_, outer.width() / 2, outer.height() / 2});
  const float xs[] = {outer.min.x, outer.min.x + corner, outer.max.x - corner, outer.max.x};
  const float ys[] = {outer.min.y, outer.min.y + corner, outer.max.y - corner, outer.max.y};
  const Vec middle = (rect.uv0 + rect.uv1) / 2;
  const float us[] = {rect.uv0.x, middle.x, middle.x, rect.uv1.x},
              vs[] = {rect.uv0.y, middle.y, middle.y, rect.uv1.y};
  for (std::size_t y = 0; y < 3; ++y)
    for (std::size_t x = 0; x < 3; ++x)
      if (x != 1 || y != 1)
        list_->AddImage(ImGui::GetIO().Fonts->TexRef, {xs[x], ys[y]}, {xs[x + 1], ys[y + 1]}, {us[x], vs[y]},
                        {us[x + 1], vs[y + 1]}, palette().shadow);
}

void Painter::text(Face face, float size, Vec at, Color color, std::string_view text, float wrap) const {
  if (picture_) return write(face, size, at, color, text, wrap);
  const float pixels_high = device_size(face, size, scale_);
  if (pixels_high < 3) return;  // Smaller than anybody can read.
  // Centred in the height that was asked for, since the size was rounded.
  const float slack = (line_height(face, size) * scale_ - pixels_high) * 0.5f;
  list_->AddText(fonts().face(face), pixels_high, snap(device(at) + Vec(0, slack)), color, text.data(),
                 text.data() + text.size(), wrap * scale_);
}

// Into the picture, line by line, for SVG breaks none.
void Painter::write(Face face, float size, Vec at, Color color, std::string_view text, float wrap) const {
  const float high = line_height(face, size), device = device_size(face, size, 1);
  while (!text.empty()) {
    std::size_t end = std::min(text.find('\n'), text.size());
    if (wrap > 0) {
      const char* stop =
          fonts().face(face)->CalcWordWrapPosition(device, text.data(), text.data() + end, wrap);
      end = std::max<std::size_t>(1, static_cast<std::size_t>(stop - text.data()));
    }
    picture_->text(face, size, {at.x, at.y + high * 0.8f}, color, text.substr(0, end));
    text = text.substr(end);
    while (!text.empty() && (text[0] == ' ' || text[0] == '\n')) text = text.substr(1);
    at.y += high;
  }
}

void Painter::text_right(Face face, float size, Vec top_right, Color color, std::string_view text) const {
  const float width = measured(face, device_size(face, size, scale_), text, 0).x / scale_;
  this->text(face, size, {top_right.x - width, top_right.y}, color, text);
}

void Painter::text_middle(Face face, float size, Vec center, Color color, std::string_view text) const {
  const float width = measured(face, device_size(face, size, scale_), text, 0).x / scale_;
  this->text(face, size, {center.x - width * 0.5f, center.y - line_height(face, size) * 0.5f}, color, text);
}

void Painter::clip(const Rect& r) const {
  if (picture_) return;
  const Rect d = device(r);
  list_->PushClipRect(d.min, d.max, true);
}

}  // namespace sandflow::ui
