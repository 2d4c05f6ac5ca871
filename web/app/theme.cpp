// See theme.h.
#include "web/app/theme.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "web/app/borrowed_glyphs.h"

namespace sandflow::ui {

namespace {

constexpr Color rgb(unsigned hex, unsigned alpha = 255) {
  return IM_COL32((hex >> 16) & 255, (hex >> 8) & 255, hex & 255, alpha);
}

constexpr Palette kLight{
    rgb(0xf6f7f9),
    rgb(0xffffff),
    rgb(0xf3f5f7),
    rgb(0xe3e6ea),
    rgb(0x1b2430),
    rgb(0x66727f),
    rgb(0xdadfe5),
    rgb(0x1b2430, 64),
    {rgb(0x0b7d6b), rgb(0x7140f0), rgb(0x9a5c00), rgb(0x1a6bbd), rgb(0xc9324a), rgb(0x5c6b7a)}};
constexpr Palette kDark{
    rgb(0x0f1419),
    rgb(0x171d24),
    rgb(0x10161c),
    rgb(0x2a333d),
    rgb(0xe8ecf0),
    rgb(0x93a0ad),
    rgb(0x2b3540),
    rgb(0x000000, 150),
    {rgb(0x2dbfa6), rgb(0xa78bfa), rgb(0xf0b44c), rgb(0x5aa9f8), rgb(0xf2727f), rgb(0x8b98a6)}};

bool is_dark = false;
Fonts the_fonts;
std::vector<unsigned char> font_files[4];

// Height of a line (ascender to descender, what ImGui calls the size) over the em (what CSS calls it).
float line_over_em(const std::vector<unsigned char>& file) {
  const auto u16 = [&](std::size_t at) { return (file[at] << 8) | file[at + 1]; };
  const auto s16 = [&](std::size_t at) { return static_cast<short>(u16(at)); };
  const auto u32 = [&](std::size_t at) {
    return (static_cast<std::size_t>(u16(at)) << 16) | static_cast<std::size_t>(u16(at + 2));
  };
  if (file.size() < 12) return 1;
  std::size_t head = 0, hhea = 0;
  for (int i = 0; i < u16(4); ++i) {
    const std::size_t record = 12 + 16 * static_cast<std::size_t>(i);
    if (record + 16 > file.size()) break;
    if (std::memcmp(&file[record], "head", 4) == 0) head = u32(record + 8);
    if (std::memcmp(&file[record], "hhea", 4) == 0) hhea = u32(record + 8);
  }
  if (!head || !hhea || head + 20 > file.size() || hhea + 8 > file.size()) return 1;
  return static_cast<float>(s16(hhea + 4) - s16(hhea + 6)) / static_cast<float>(std::max(1, u16(head + 18)));
}

}  // namespace

Color Palette::of_class(int index) const {
  constexpr Tone kOrder[] = {Tone::kData,     Tone::kVariable, Tone::kForward,
                             Tone::kGradient, Tone::kLoss,     Tone::kOther};
  index %= kClassColors;
  return index < 6 ? of(kOrder[index]) : mix(of(kOrder[index - 6]), of(kOrder[index - 4]), 0.5f);
}

Color Palette::of_run(int number) const {
  constexpr Tone kOrder[] = {Tone::kData, Tone::kVariable, Tone::kGradient, Tone::kOther};
  const int index = std::max(number, 0) % 8;
  return index < 4 ? of(kOrder[index]) : mix(of(kOrder[index - 4]), ink, 0.5f);
}

const Palette& palette() { return is_dark ? kDark : kLight; }

void set_dark(bool dark) {
  is_dark = dark;
  const auto color = [](Color c) { return ImGui::ColorConvertU32ToFloat4(c); };
  ImGuiStyle& style = ImGui::GetStyle();
  const Palette& p = palette();
  for (ImVec4& c : style.Colors) c = color(p.ink);
  const auto set = [&](ImGuiCol which, Color c) { style.Colors[which] = color(c); };
  for (ImGuiCol none :
       {ImGuiCol_WindowBg, ImGuiCol_ChildBg, ImGuiCol_Border, ImGuiCol_BorderShadow, ImGuiCol_ScrollbarBg,
        ImGuiCol_NavCursor, ImGuiCol_ModalWindowDimBg, ImGuiCol_DragDropTarget})
    set(none, 0);
  set(ImGuiCol_PopupBg, 0);
  set(ImGuiCol_ScrollbarGrab, fade(p.soft, 0.16f));
  set(ImGuiCol_ScrollbarGrabHovered, fade(p.soft, 0.45f));
  set(ImGuiCol_ScrollbarGrabActive, fade(p.soft, 0.6f));
}

const Fonts& fonts() { return the_fonts; }

void keep_font(int which, const unsigned char* data, int size) {
  if (which < 0 || which > 3 || size <= 0) return;
  font_files[which].assign(data, data + size);
}

void load_fonts() {
  ImFontAtlas* atlas = ImGui::GetIO().Fonts;
  const auto add = [&](std::vector<unsigned char>& file, bool merge) {
    ImFontConfig config;
    config.FontDataOwnedByAtlas = false;
    config.MergeMode = merge;
    return atlas->AddFontFromMemoryTTF(file.data(), static_cast<int>(file.size()), 0, &config);
  };
  for (int i = 0; i < 3; ++i) {
    if (font_files[i].empty()) {
      // The page could not bring this one: another of ours, or ImGui's own, is better than nothing.
      the_fonts.faces[i] = i > 0 ? the_fonts.faces[0] : atlas->AddFontDefault();
      the_fonts.ems[i] = i > 0 ? the_fonts.ems[0] : 1;
      continue;
    }
    the_fonts.faces[i] = add(font_files[i], false);
    the_fonts.ems[i] = line_over_em(font_files[i]);
    if (i == 2 && !font_files[0].empty()) add(font_files[0], true);  // Hangul in a mono line.
    if (!font_files[3].empty()) add(font_files[3], true);
    borrow_glyphs(i);
  }
}

void set_ratio(float ratio) {
  the_fonts.ratio = ratio;
  ImGuiStyle style;
  style.WindowPadding = {0, 0};
  style.WindowBorderSize = style.ChildBorderSize = style.PopupBorderSize = 0;
  style.WindowRounding = style.ChildRounding = style.PopupRounding = 0;
  style.ItemSpacing = {0, 0};
  style.ScrollbarSize = 6;
  style.ScrollbarRounding = 3;
  style.ScaleAllSizes(ratio);
  style.FontScaleDpi = ratio;
  style.FontSizeBase = 13;
  style.CircleTessellationMaxError = 0.2f;
  style.CurveTessellationTol = 0.6f;
  ImGui::GetStyle() = style;
  set_dark(is_dark);
}

}  // namespace sandflow::ui
