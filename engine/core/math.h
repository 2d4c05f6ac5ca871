// Elementary functions that give the same bits natively and in WebAssembly, whatever C library stands below:
// Eigen's packet formulas for every element, the last few of a span included (a C library's expf would differ
// in its last bit). sqrt, division and fmod are exact everywhere and need no wrapping.
#pragma once

#include <span>

namespace sandflow::math {

// out[i] = f(in[i]); `out` may be `in`, and has its size.
void exp(std::span<const float> in, std::span<float> out);
void exp(std::span<const double> in, std::span<double> out);
void log(std::span<const float> in, std::span<float> out);
void log(std::span<const double> in, std::span<double> out);
void tanh(std::span<const float> in, std::span<float> out);
void tanh(std::span<const double> in, std::span<double> out);
void sin(std::span<const float> in, std::span<float> out);
void sin(std::span<const double> in, std::span<double> out);
void cos(std::span<const float> in, std::span<float> out);
void cos(std::span<const double> in, std::span<double> out);
// The sigmoid 1 / (1 + exp(-x)).
void logistic(std::span<const float> in, std::span<float> out);
void logistic(std::span<const double> in, std::span<double> out);

// The same for one number.
template <class T>
T exp(T x) {
  exp(std::span<const T>(&x, 1), std::span<T>(&x, 1));
  return x;
}
template <class T>
T log(T x) {
  log(std::span<const T>(&x, 1), std::span<T>(&x, 1));
  return x;
}
template <class T>
T sin(T x) {
  sin(std::span<const T>(&x, 1), std::span<T>(&x, 1));
  return x;
}
template <class T>
T cos(T x) {
  cos(std::span<const T>(&x, 1), std::span<T>(&x, 1));
  return x;
}

}  // namespace sandflow::math
