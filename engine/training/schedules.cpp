// The list of schedules (python/training/learning_rate_decay.py and
// python/keras/optimizer_v2/learning_rate_schedule.py of TensorFlow 1.15).
#include "engine/training/schedules.h"

#include "engine/core/text.h"
#include "engine/tf/operators.h"

namespace sandflow {

namespace {

using tf::Term;

constexpr double kPi = 3.14159265358979323846;

// tf.cast: of a tensor, or of a number, which is a float32 or an int32 first.
Term cast(Builder& b, const tf::Value& x, DType dtype) {
  if (const auto* tensor = std::get_if<Output>(&x); tensor && b.dtype(*tensor) == dtype) return {&b, *tensor};
  const auto scope = b.graph().name_scope("Cast");
  const std::string own = b.graph().scope();
  const Output value = tf::convert(b, x, {}, "x");
  if (b.dtype(value) == dtype) return {&b, value};
  return {&b, b.op("Cast", {value}, {{"DstT", dtype}}, own)};
}

Term cast_steps(Builder& b, double steps, DType dtype) {
  return cast(b, Literal(static_cast<std::int64_t>(steps)), dtype);
}

// How many times `decay_steps` have gone by.
Term passed(Builder& b, Output global_step, Term decay_steps, const Parameters& p) {
  const Term share = cast(b, global_step, b.dtype(decay_steps)) / decay_steps;
  return p.at("staircase") != 0 ? share.op("Floor") : share;
}

Output decay_exponentially(Builder& b, Output rate, Output global_step, const tf::Value& decay_rate,
                           const Parameters& p) {
  const auto scope = b.graph().name_scope("ExponentialDecay");
  const DType dtype = b.dtype(rate);
  const Term decay_steps = cast_steps(b, p.at("decay_steps"), dtype), factor = cast(b, decay_rate, dtype);
  return Term{&b, rate}.op("Mul", factor.op("Pow", passed(b, global_step, decay_steps, p)));
}

Output exponential_decay(Builder& b, Output rate, Output global_step, const Parameters& p) {
  return decay_exponentially(b, rate, global_step, Literal(p.at("decay_rate")), p);
}

Output natural_exp_decay(Builder& b, Output rate, Output global_step, const Parameters& p) {
  const Term decay_rate{&b, tf::constant(b, Literal(p.at("decay_rate")), {}, "Neg/x")};
  return decay_exponentially(b, rate, global_step, decay_rate.op("Neg").op("Exp"), p);
}

Output inverse_time_decay(Builder& b, Output rate, Output global_step, const Parameters& p) {
  const auto scope = b.graph().name_scope("InverseTimeDecay");
  const DType dtype = b.dtype(rate);
  const Term decay_steps = cast_steps(b, p.at("decay_steps"), dtype);
  const Term decay_rate = cast(b, Literal(p.at("decay_rate")), dtype);
  const Term share = passed(b, global_step, decay_steps, p);
  const Term one = cast(b, tf::constant(b, Literal(1)), dtype);
  return Term{&b, rate} / (one + decay_rate * share);
}

Output polynomial_decay(Builder& b, Output rate, Output global_step, const Parameters& p) {
  const auto scope = b.graph().name_scope("PolynomialDecay");
  const DType dtype = b.dtype(rate);
  const Term end = cast(b, Literal(p.at("end_learning_rate")), dtype);
  const Term power = cast(b, Literal(p.at("power")), dtype);
  Term step = cast(b, global_step, dtype), decay_steps = cast_steps(b, p.at("decay_steps"), dtype);
  if (p.at("cycle") != 0) {
    // The first multiple that is not behind; one at the very start.
    const Term zero = step.op("ZerosLike"), one = zero + 1;
    const Term multiple = (step / decay_steps).op("Ceil");
    if (!b.ok()) return {};
    decay_steps = decay_steps * Term{&b, b.op("Select", {step.op("Equal", zero), one, multiple})};
  } else {
    step = step.op("Minimum", decay_steps);
  }
  return (Term{&b, rate} - end) * tf::pow(1 - step / decay_steps, power) + end;
}

Output two_steps(Builder& b, Output rate, Output global_step, const Parameters& p) {
  const auto boundary = [&](const char* name) { return Literal(static_cast<std::int64_t>(p.at(name))); };
  const auto value = [&](const char* name) -> tf::Value {
    return cast(b, Literal(p.at(name)), b.dtype(rate)).output;
  };
  return piecewise_constant(b, global_step, {boundary("boundary_1"), boundary("boundary_2")},
                            {rate, value("value_1"), value("value_2")});
}

// From 1 down to 0 along half a wave. pi is a float32, whatever the rate is.
Term wave(Builder& b, Term share) {
  return 0.5 * (1 + (Term{&b, tf::constant(b, Literal(kPi))} * share).op("Cos"));
}

Output cosine_decay(Builder& b, Output rate, Output global_step, const Parameters& p) {
  const auto scope = b.graph().name_scope("CosineDecay");
  const DType dtype = b.dtype(rate);
  const Term decay_steps = cast_steps(b, p.at("decay_steps"), dtype);
  const Term share = cast(b, global_step, dtype).op("Minimum", decay_steps) / decay_steps;
  const Term decayed = (1 - p.at("alpha")) * wave(b, share) + p.at("alpha");
  return Term{&b, rate}.op("Mul", decayed);
}

Output linear_cosine_decay(Builder& b, Output rate, Output global_step, const Parameters& p) {
  const auto scope = b.graph().name_scope("LinearCosineDecay");
  const DType dtype = b.dtype(rate);
  const Term decay_steps = cast_steps(b, p.at("decay_steps"), dtype);
  const Term num_periods = cast(b, Literal(p.at("num_periods")), dtype);
  const Term alpha = cast(b, Literal(p.at("alpha")), dtype), beta = cast(b, Literal(p.at("beta")), dtype);
  const Term step = cast(b, global_step, dtype).op("Minimum", decay_steps);
  const Term left = (decay_steps - step) / decay_steps;
  const Term decayed = (alpha + left) * wave(b, 2 * num_periods * (step / decay_steps)) + beta;
  return Term{&b, rate}.op("Mul", decayed);
}

Output cosine_decay_restarts(Builder& b, Output rate, Output global_step, const Parameters& p) {
  const auto scope = b.graph().name_scope("SGDRDecay");
  const DType dtype = b.dtype(rate);
  const Term first = cast_steps(b, p.at("first_decay_steps"), dtype);
  const Term alpha = cast(b, Literal(p.at("alpha")), dtype);
  const Term t_mul = cast(b, Literal(p.at("t_mul")), dtype), m_mul = cast(b, Literal(p.at("m_mul")), dtype);
  Term share = cast(b, global_step, dtype) / first, restarts = share;
  if (p.at("t_mul") == 1) {
    restarts = share.op("Floor");
    share = share - restarts;
  } else {
    restarts = ((1 - share * (1 - t_mul)).op("Log") / t_mul.op("Log")).op("Floor");
    const Term stretch = tf::pow(t_mul, restarts);
    share = (share - (1 - stretch) / (1 - t_mul)) / stretch;
  }
  const Term turn = (Term{&b, tf::constant(b, Literal(kPi))} * share).op("Cos");
  const Term decayed = (1 - alpha) * (0.5 * tf::pow(m_mul, restarts) * (1 + turn)) + alpha;
  return Term{&b, rate}.op("Mul", decayed);
}

Parameter steps(const char* name, const char* help, double initial) {
  return {name, help, initial, 1, 1e9, true, true};
}
Parameter choice(const char* name, const char* help) { return {name, help, 0, 0, 1, false, true}; }

const Parameter kDecaySteps =
    steps("decay_steps", "After how many steps the schedule has had its effect.", 1000);
const Parameter kStaircase = choice("staircase", "Whether the rate falls in stairs instead of smoothly.");
const Parameter kAlpha{"alpha", "The share of the learning rate that is left in the end.", 0, 0, 1};

}  // namespace

Output piecewise_constant(Builder& b, Output x, const std::vector<tf::Value>& boundaries,
                          const std::vector<tf::Value>& values) {
  if (boundaries.empty() || boundaries.size() + 1 != values.size())
    return b.fail(value_error("The length of boundaries should be 1 less than the length of values"));
  std::vector<Output> limits, results;
  for (const tf::Value& boundary : boundaries) limits.push_back(tf::convert(b, boundary));
  for (const tf::Value& value : values) results.push_back(tf::convert(b, value));
  if (!b.ok()) return {};
  const auto dtype_text = [&](Output tensor) { return cat("<dtype: '", name(b.dtype(tensor)), "'>"); };
  for (Output& limit : limits) {
    if (b.dtype(limit) == b.dtype(x)) continue;
    if (b.dtype(limit) != DType::kInt32 || b.dtype(x) != DType::kInt64)
      return b.fail(value_error(
          cat("Boundaries (", dtype_text(limit), ") must have the same dtype as x (", dtype_text(x), ").")));
    limit = cast(b, limit, DType::kInt64);
  }
  for (Output value : results)
    if (b.dtype(value) != b.dtype(results[0]))
      return b.fail(value_error(cat("Values must have elements all with the same dtype (",
                                    dtype_text(results[0]), " vs ", dtype_text(value), ").")));
  const auto scope = b.graph().name_scope("PiecewiseConstant");
  Output rate = results.back();
  for (std::size_t i = limits.size(); i-- > 0;)
    rate = b.op("Select", {b.op("LessEqual", {x, limits[i]}), results[i], rate});
  return rate;
}

const std::vector<ScheduleType>& schedule_types() {
  static const std::vector<ScheduleType> types = {
      {"exponential_decay",
       "tf.train.exponential_decay",
       R"(\eta_t = \eta \cdot r^{t / D})",
       "Multiplies the rate by the same number again and again.",
       {kDecaySteps, {"decay_rate", "What the rate is multiplied by.", 0.96, 0, 1}, kStaircase},
       exponential_decay},
      {"natural_exp_decay",
       "tf.train.natural_exp_decay",
       R"(\eta_t = \eta \cdot e^{-r t / D})",
       "Lets the rate fade by a power of e.",
       {kDecaySteps, {"decay_rate", "How fast the exponent grows.", 0.5, 0, 10}, kStaircase},
       natural_exp_decay},
      {"inverse_time_decay",
       "tf.train.inverse_time_decay",
       R"(\eta_t = \frac{\eta}{1 + r t / D})",
       "Divides the rate by the time that has passed.",
       {kDecaySteps, {"decay_rate", "How fast the divisor grows.", 0.5, 0, 100}, kStaircase},
       inverse_time_decay},
      {"polynomial_decay",
       "tf.train.polynomial_decay",
       R"(\eta_t = (\eta - \eta_D)(1 - t / D)^p + \eta_D)",
       "Leads the rate to its end in a given number of steps, in a line or a curve.",
       {kDecaySteps,
        {"end_learning_rate", "The rate at the end.", 0.0001, 0, 1e6, true},
        {"power", "The shape of the way down: one is a straight line.", 1, 0, 10},
        choice("cycle", "Whether the rate jumps up again when it has reached the end.")},
       polynomial_decay},
      {"piecewise_constant",
       "tf.train.piecewise_constant",
       R"(\eta_t = \eta\;(t \le b_1),\; v_1\;(t \le b_2),\; v_2)",
       "Gives the rate one value after another.",
       {steps("boundary_1", "The last step with the learning rate itself.", 500),
        steps("boundary_2", "The last step with the second value.", 1000),
        {"value_1", "The rate after the first boundary.", 0.01, 0, 1e6, true},
        {"value_2", "The rate after the second boundary.", 0.001, 0, 1e6, true}},
       two_steps},
      {"cosine_decay",
       "tf.train.cosine_decay",
       R"(\eta_t = \eta \left((1 - \alpha) \frac{1 + \cos(\pi t / D)}{2} + \alpha\right))",
       "Lowers the rate along half a wave: slowly, then fast, then slowly.",
       {kDecaySteps, kAlpha},
       cosine_decay},
      {"linear_cosine_decay",
       "tf.train.linear_cosine_decay",
       R"(\eta_t = \eta \left((\alpha + 1 - t / D) \frac{1 + \cos(2 \pi n t / D)}{2} + \beta\right))",
       "Lowers the rate along waves that get smaller in a straight line.",
       {kDecaySteps,
        {"num_periods", "How many waves there are until the end.", 0.5, 0, 100},
        {"alpha", "What is added to the line.", 0, 0, 1},
        {"beta", "The share of the learning rate that is added to everything.", 0.001, 0, 1}},
       linear_cosine_decay},
      {"cosine_decay_restarts",
       "tf.train.cosine_decay_restarts",
       R"(\eta_t = \eta \left((1 - \alpha) m^i \frac{1 + \cos(\pi c)}{2} + \alpha\right))",
       "Lowers the rate along half a wave and starts over, each time more slowly.",
       {steps("first_decay_steps", "How many steps the first wave takes.", 1000),
        {"t_mul", "How many times longer each wave is than the one before.", 2, 1, 10},
        {"m_mul", "How high each wave starts, compared with the one before.", 1, 0, 1},
        kAlpha},
       cosine_decay_restarts},
  };
  return types;
}

const ScheduleType* find_schedule_type(std::string_view name) {
  for (const ScheduleType& type : schedule_types())
    if (name == type.name) return &type;
  return nullptr;
}

}  // namespace sandflow
