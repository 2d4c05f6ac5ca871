// The curve of a wire: where it runs, how near a point is to it, a place on it.
#pragma once

#include <array>

#include "web/app/paint.h"

namespace sandflow::ui {

inline constexpr int kWirePoints = 25;
inline constexpr float kWireReach = 160;  // How far a curve may go beyond its ends' rectangle.
using Curve = std::array<Vec, kWirePoints>;

Curve wire_curve(Vec from, Vec to);
float distance_to(const Curve& curve, Vec point);
Vec place_on(const Curve& curve, float share);  // 0 … 1 along its length.
// The same way a little to its side, meeting it at the ends.
Curve beside(const Curve& curve, float by);
float length_of(const Curve& curve);

}  // namespace sandflow::ui
