// Elementary functions that give the same bits natively and in WebAssembly, whatever C library stands below:
// Eigen's packet formulas for every element, the last few of a span included (a C library's expf would differ
// in its last bit). sqrt, division, floor and fmod are exact everywhere and need no wrapping.
#pragma once

#include <span>

namespace sandflow::math {

// out[i] = f(in[i]); `out` may be `in`, and has its size. logistic is the sigmoid 1 / (1 + exp(-x)).
#define SANDFLOW_FUNCTION(NAME)                                 \
  void NAME(std::span<const float> in, std::span<float> out);   \
  void NAME(std::span<const double> in, std::span<double> out); \
  template <class T>                                            \
  T NAME(T x) {                                                 \
    NAME(std::span<const T>(&x, 1), std::span<T>(&x, 1));       \
    return x;                                                   \
  }

SANDFLOW_FUNCTION(exp)
SANDFLOW_FUNCTION(expm1)
SANDFLOW_FUNCTION(log)
SANDFLOW_FUNCTION(log1p)
SANDFLOW_FUNCTION(sin)
SANDFLOW_FUNCTION(cos)
SANDFLOW_FUNCTION(atan)
SANDFLOW_FUNCTION(tanh)
SANDFLOW_FUNCTION(logistic)
SANDFLOW_FUNCTION(erf)

#undef SANDFLOW_FUNCTION

// x to the power of y.
float pow(float x, float y);
double pow(double x, double y);

}  // namespace sandflow::math
