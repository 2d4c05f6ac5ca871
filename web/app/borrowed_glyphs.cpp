// See borrowed_glyphs.h. A loader of ImGui's: asked for a glyph that the sources before it lack, it paints
// the character into a small canvas of the worker's and takes over the picture.
#include "web/app/borrowed_glyphs.h"

#include <emscripten.h>

#include <cmath>

#include "web/app/theme.h"
// For loaders of glyphs.
#include <imgui_internal.h>

// Paints `code` with `pixels` to the em into a square of `side` pixels, its baseline `base` from the top and
// its origin `left` from the left; gives how far it advances. `out` takes how much of each pixel is covered;
// null: only measures.
// JavaScript is laid out otherwise.
// clang-format off
EM_JS(double, paint_glyph,
      (int code, double pixels, int is_strong, int is_mono, int side, double left, double base,
       unsigned char* out), {
  const canvas = Module.glyphCanvas || (Module.glyphCanvas = new OffscreenCanvas(1, 1));
  if (canvas.width < side) canvas.width = canvas.height = side;
  const brush = canvas.getContext("2d", {willReadFrequently : true});
  brush.font = (is_strong ? 600 : 400) + " " + pixels + "px " + (is_mono ? "monospace" : "sans-serif");
  const text = String.fromCodePoint(code);
  if (out) {
    brush.clearRect(0, 0, side, side);
    brush.fillStyle = "#fff";
    brush.fillText(text, left, base);
    const found = brush.getImageData(0, 0, side, side).data;
    for (let i = 0; i < side * side; i++) HEAPU8[out + i] = found[4 * i + 3];
  }
  return brush.measureText(text).width;
});
// clang-format on

namespace sandflow::ui {

namespace {

// Signs of ours and what a text cannot do without are in the fonts; these are letters.
bool contains(ImFontAtlas*, ImFontConfig*, ImWchar code) { return code >= 0x100 && code != 0xFFFD; }

bool load(ImFontAtlas* atlas, ImFontConfig* source, ImFontBaked* baked, void*, ImWchar code,
          ImFontGlyph* glyph, float* advance) {
  if (!contains(atlas, source, code)) return false;
  const auto face = static_cast<Face>(source->FontNo);
  const float em = baked->Size / fonts().em(face);
  const int is_strong = face == Face::kStrong, is_mono = face == Face::kMono;
  const int side = static_cast<int>(std::ceil(em * 2));
  const float left = std::round(em * 0.4f), base = std::round(em * 1.4f);
  if (advance) {
    *advance = static_cast<float>(paint_glyph(static_cast<int>(code), static_cast<double>(em), is_strong,
                                              is_mono, side, 0, 0, nullptr));
    return true;
  }
  ImVector<unsigned char>& pixels = atlas->Builder->TempBuffer;
  pixels.resize(side * side);
  glyph->Codepoint = code;
  glyph->AdvanceX = static_cast<float>(paint_glyph(static_cast<int>(code), static_cast<double>(em), is_strong,
                                                   is_mono, side, static_cast<double>(left),
                                                   static_cast<double>(base), pixels.Data));
  Rect ink{{static_cast<float>(side), static_cast<float>(side)}, {-1, -1}};
  for (int i = 0; i < side * side; ++i) {
    if (pixels[i] == 0) continue;
    const Vec at(static_cast<float>(i % side), static_cast<float>(i / side));
    ink = {{std::min(ink.min.x, at.x), std::min(ink.min.y, at.y)},
           {std::max(ink.max.x, at.x + 1), std::max(ink.max.y, at.y + 1)}};
  }
  if (ink.max.x < 0) return true;  // A space.
  const int width = static_cast<int>(ink.width()), height = static_cast<int>(ink.height());
  const ImFontAtlasRectId id = ImFontAtlasPackAddRect(atlas, width, height);
  if (id == ImFontAtlasRectId_Invalid) return false;
  const Vec shift(-left, std::round(baked->Ascent) - base);
  glyph->X0 = ink.min.x + shift.x;
  glyph->Y0 = ink.min.y + shift.y;
  glyph->X1 = ink.max.x + shift.x;
  glyph->Y1 = ink.max.y + shift.y;
  glyph->Visible = true;
  glyph->PackId = id;
  ImFontAtlasBakedSetFontGlyphBitmap(
      atlas, baked, source, glyph, ImFontAtlasPackGetRect(atlas, id),
      pixels.Data + static_cast<int>(ink.min.y) * side + static_cast<int>(ink.min.x), ImTextureFormat_Alpha8,
      side);
  return true;
}

}  // namespace

void borrow_glyphs(int face) {
  static const ImFontLoader loader = [] {
    ImFontLoader made;
    made.Name = "browser";
    made.FontSrcContainsGlyph = contains;
    made.FontBakedLoadGlyph = load;
    return made;
  }();
  ImFontConfig config;
  config.MergeMode = true;
  config.FontLoader = &loader;
  config.FontNo = static_cast<unsigned>(face);
  ImGui::GetIO().Fonts->AddFont(&config);
}

}  // namespace sandflow::ui
