// The picture of a model's decisions over two features, drawn by a shader from probabilities on a grid.
#pragma once

#include <span>

#include "web/app/paint.h"

namespace sandflow::ui {

inline constexpr int kGrid = 64;
inline constexpr int kMostClasses = 16;

// `probabilities`: kGrid x kGrid rows of `classes`, from low to high in both features.
void set_boundary(std::span<const float> probabilities, int classes);
// At this place of the draw list, in this frame.
void draw_boundary(const Painter& painter, const Rect& box);
void forget_boundary();  // The context is gone: make it anew when next drawn.

}  // namespace sandflow::ui
