// The look: colours with fixed meanings (light and dark), the fonts and their sizes, and what ImGui itself
// still draws.
#pragma once

#include "engine/graph/op.h"
#include "web/app/paint.h"

namespace sandflow::ui {

// What a colour means; the same everywhere.
enum class Tone { kForward, kGradient, kVariable, kData, kLoss, kOther };

struct Palette {
  Color ground, panel, field, line, ink, soft, dots, shadow;
  Color tones[6];

  Color of(Tone tone) const { return tones[static_cast<int>(tone)]; }
  Color of_class(int index) const;  // Of a data set's classes.
  Color of_run(int number) const;   // Of a kept run: none of a run's own in the charts.
  static constexpr int kClassColors = 8;
};

const Palette& palette();
void set_dark(bool dark);

struct Fonts {
  ImFont* faces[3] = {};
  float ems[3] = {1, 1, 1};  // Height of a line over the size CSS gives it.
  float ratio = 1;           // Device pixels to a CSS pixel.

  ImFont* face(Face which) const { return faces[static_cast<int>(which)]; }
  float em(Face which) const { return ems[static_cast<int>(which)]; }
};

const Fonts& fonts();
// Keeps a copy. `which`: 0 text, 1 semibold, 2 mono, 3 signs that the others lack.
void keep_font(int which, const unsigned char* data, int size);
void load_fonts();
void set_ratio(float ratio);

}  // namespace sandflow::ui
