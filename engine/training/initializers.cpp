// The list of initializers (python/ops/init_ops.py of TensorFlow 1.15).
#include "engine/training/initializers.h"

#include <algorithm>
#include <cmath>

#include "engine/tf/tf.h"

namespace sandflow {

namespace {

using Seed = std::optional<std::int64_t>;

Output build_zeros(Builder& b, const Shape& shape, DType dtype, const Parameters&, Seed) {
  return tf::zeros(b, shape, dtype);
}
Output build_ones(Builder& b, const Shape& shape, DType dtype, const Parameters&, Seed) {
  return tf::ones(b, shape, dtype);
}
Output build_constant(Builder& b, const Shape& shape, DType dtype, const Parameters& p, Seed) {
  Tensor value(dtype, shape);
  with_numeric(dtype, [&]<class T>() {
    for (T& element : value.write<T>()) element = static_cast<T>(p.at("value"));
  });
  return tf::constant(b, value);
}
Output build_random_uniform(Builder& b, const Shape& shape, DType dtype, const Parameters& p, Seed seed) {
  return tf::random_uniform(b, shape, p.at("minval"), p.at("maxval"), dtype, seed);
}
Output build_random_normal(Builder& b, const Shape& shape, DType dtype, const Parameters& p, Seed seed) {
  return tf::random_normal(b, shape, p.at("mean"), p.at("stddev"), dtype, seed);
}
Output build_truncated_normal(Builder& b, const Shape& shape, DType dtype, const Parameters& p, Seed seed) {
  return tf::truncated_normal(b, shape, p.at("mean"), p.at("stddev"), dtype, seed);
}

// How many inputs and outputs a unit has: [in, out], convolutions [..., in, out].
struct Fans {
  double in = 1, out = 1;
};
Fans fans(const Shape& shape) {
  if (shape.rank() == 0) return {};
  if (shape.rank() == 1) return {static_cast<double>(shape.dim(0)), static_cast<double>(shape.dim(0))};
  double receptive = 1;
  for (int i = 0; i < shape.rank() - 2; ++i) receptive *= static_cast<double>(shape.dim(i));
  return {receptive * static_cast<double>(shape.dim(shape.rank() - 2)),
          receptive * static_cast<double>(shape.dim(shape.rank() - 1))};
}

enum class Mode { kFanIn, kFanAverage };

// init_ops.py, VarianceScaling. The odd number is the deviation of a normal distribution cut at two
// deviations.
template <int kScale, Mode kMode, bool kUniform>
Output build_variance_scaling(Builder& b, const Shape& shape, DType dtype, const Parameters&, Seed seed) {
  const Fans n = fans(shape);
  const double scale = kScale / std::max(1.0, kMode == Mode::kFanIn ? n.in : (n.in + n.out) / 2);
  if (kUniform) {
    const double limit = std::sqrt(3.0 * scale);
    return tf::random_uniform(b, shape, -limit, limit, dtype, seed);
  }
  return tf::truncated_normal(b, shape, 0, std::sqrt(scale) / .87962566103423978, dtype, seed);
}

const Parameter kMean{"mean", "Centre of the distribution.", 0, -10, 10};
const Parameter kStddev{"stddev", "How far values spread around the mean.", 1, 1e-6, 100, true};

}  // namespace

const std::vector<InitializerType>& initializer_types() {
  static const std::vector<InitializerType> types = {
      {"truncated_normal",
       R"(W \sim N(\mu, \sigma^2),\; |W - \mu| < 2\sigma)",
       "Normal numbers, drawn again where they lie beyond two deviations.",
       {kMean, kStddev},
       build_truncated_normal},
      {"random_normal",
       R"(W \sim N(\mu, \sigma^2))",
       "Numbers of a normal distribution.",
       {kMean, kStddev},
       build_random_normal},
      {"random_uniform",
       R"(W \sim U[a, b))",
       "Numbers spread evenly over a range.",
       {{"minval", "Lower end of the range.", -0.05, -100, 100},
        {"maxval", "Upper end of the range.", 0.05, -100, 100}},
       build_random_uniform},
      {"zeros", "W = 0", "Zeros, as for biases; weights that all start equal stay equal.", {}, build_zeros},
      {"ones", "W = 1", "Ones everywhere.", {}, build_ones},
      {"constant",
       "W = c",
       "One number everywhere.",
       {{"value", "The number.", 0, -100, 100}},
       build_constant},
      {"glorot_uniform",
       R"(W \sim U[-l, l),\; l = \sqrt{\frac{6}{n_{in} + n_{out}}})",
       "A range that keeps signals and gradients of tanh and sigmoid layers alike in size.",
       {},
       build_variance_scaling<1, Mode::kFanAverage, true>},
      {"glorot_normal",
       R"(\sigma^2 = \frac{2}{n_{in} + n_{out}})",
       "Glorot's variance with truncated normal numbers.",
       {},
       build_variance_scaling<1, Mode::kFanAverage, false>},
      {"he_uniform",
       R"(W \sim U[-l, l),\; l = \sqrt{\frac{6}{n_{in}}})",
       "He's variance, made for relu layers, with evenly spread numbers.",
       {},
       build_variance_scaling<2, Mode::kFanIn, true>},
      {"he_normal",
       R"(\sigma^2 = \frac{2}{n_{in}})",
       "He's variance, made for relu layers.",
       {},
       build_variance_scaling<2, Mode::kFanIn, false>},
      {"lecun_normal",
       R"(\sigma^2 = \frac{1}{n_{in}})",
       "LeCun's variance: one over the number of inputs.",
       {},
       build_variance_scaling<1, Mode::kFanIn, false>},
  };
  return types;
}

const InitializerType* find_initializer_type(std::string_view name) {
  for (const InitializerType& type : initializer_types())
    if (name == type.name) return &type;
  return nullptr;
}

}  // namespace sandflow
