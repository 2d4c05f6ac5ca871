// Eigen's packet functions, mapped over spans.
#include "engine/core/math.h"

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <unsupported/Eigen/SpecialFunctions>

namespace sandflow::math {

namespace {

namespace packet = Eigen::internal;

// Applies `f` to whole packets only: a last partial one is padded, so an element's result never depends on
// its place.
template <class T, class F>
void map(std::span<const T> in, std::span<T> out, F f) {
  using Packet = typename packet::packet_traits<T>::type;
  constexpr std::size_t kWidth = packet::packet_traits<T>::size;
  std::size_t i = 0;
  for (; i + kWidth <= in.size(); i += kWidth)
    packet::pstoreu(out.data() + i, f(packet::ploadu<Packet>(in.data() + i)));
  if (i == in.size()) return;
  std::array<T, kWidth> rest;
  rest.fill(T(1));
  std::copy(in.begin() + static_cast<std::ptrdiff_t>(i), in.end(), rest.begin());
  packet::pstoreu(rest.data(), f(packet::ploadu<Packet>(rest.data())));
  std::copy_n(rest.begin(), in.size() - i, out.begin() + static_cast<std::ptrdiff_t>(i));
}

template <class T>
T power(T x, T y) {
  using Packet = typename packet::packet_traits<T>::type;
  return packet::pfirst(packet::generic_pow(packet::pset1<Packet>(x), packet::pset1<Packet>(y)));
}

template <class Packet>
Packet logistic_of(const Packet& x) {
  const Packet one = packet::pset1<Packet>(1);
  return packet::pdiv(one, packet::padd(one, packet::pexp(packet::pnegate(x))));
}

}  // namespace

#define SANDFLOW_MAP(NAME, CALL)                                 \
  void NAME(std::span<const float> in, std::span<float> out) {   \
    map(in, out, [](const auto& x) { return CALL(x); });         \
  }                                                              \
  void NAME(std::span<const double> in, std::span<double> out) { \
    map(in, out, [](const auto& x) { return CALL(x); });         \
  }

SANDFLOW_MAP(exp, packet::pexp)
SANDFLOW_MAP(expm1, packet::generic_expm1)
SANDFLOW_MAP(log, packet::plog)
SANDFLOW_MAP(log1p, packet::generic_log1p)
SANDFLOW_MAP(sin, packet::psin)
SANDFLOW_MAP(cos, packet::pcos)
SANDFLOW_MAP(atan, packet::patan)
SANDFLOW_MAP(tanh, packet::ptanh)
SANDFLOW_MAP(logistic, logistic_of)
SANDFLOW_MAP(erf, packet::perf)

#undef SANDFLOW_MAP

float pow(float x, float y) { return power(x, y); }
double pow(double x, double y) { return power(x, y); }

}  // namespace sandflow::math
