// See wires.h.
#include "web/app/wires.h"

#include <algorithm>
#include <cmath>

namespace sandflow::ui {

Curve wire_curve(Vec from, Vec to) {
  const float across = to.x - from.x, down = std::fabs(to.y - from.y);
  // Leaves to the right and arrives from the left; a wire that runs back needs room to turn.
  const float reach = across > 0 ? clamp(across * 0.5f, std::min(36.0f, 14 + down * 0.25f), 140)
                                 : clamp(40 - across * 0.35f, 40, 160);
  const Vec a = from + Vec(reach, 0), b = to - Vec(reach, 0);
  Curve curve;
  for (int i = 0; i < kWirePoints; ++i) {
    const float t = static_cast<float>(i) / (kWirePoints - 1), u = 1 - t;
    curve[static_cast<std::size_t>(i)] =
        from * (u * u * u) + a * (3 * u * u * t) + b * (3 * u * t * t) + to * (t * t * t);
  }
  return curve;
}

float distance_to(const Curve& curve, Vec point) {
  float nearest = 1e9f;
  for (std::size_t i = 1; i < curve.size(); ++i) {
    const Vec a = curve[i - 1], ab = curve[i] - a, ap = point - a;
    const float square = ab.x * ab.x + ab.y * ab.y;
    const float t = square > 0 ? clamp((ap.x * ab.x + ap.y * ab.y) / square, 0, 1) : 0;
    nearest = std::min(nearest, distance(point, a + ab * t));
  }
  return nearest;
}

Curve beside(const Curve& curve, float by) {
  Curve out = curve;
  for (std::size_t i = 1; i + 1 < curve.size(); ++i) {
    const Vec along = curve[i + 1] - curve[i - 1];
    const float length = std::max(1e-3f, std::hypot(along.x, along.y));
    const float t = static_cast<float>(i) / (kWirePoints - 1);
    const float share = std::min(1.0f, std::min(t, 1 - t) * 6);
    out[i] = curve[i] + Vec(-along.y, along.x) * (by * share / length);
  }
  return out;
}

float length_of(const Curve& curve) {
  float length = 0;
  for (std::size_t i = 1; i < curve.size(); ++i) length += distance(curve[i - 1], curve[i]);
  return length;
}

Vec place_on(const Curve& curve, float share) {
  float left = clamp(share, 0, 1) * length_of(curve);
  for (std::size_t i = 1; i < curve.size(); ++i) {
    const float part = distance(curve[i - 1], curve[i]);
    if (left <= part && part > 0) return curve[i - 1] + (curve[i] - curve[i - 1]) * (left / part);
    left -= part;
  }
  return curve.back();
}

}  // namespace sandflow::ui
