// The list of clippings (python/ops/clip_ops.py of TensorFlow 1.15).
#include "engine/training/clipping.h"

#include <limits>

#include "engine/tf/operators.h"

namespace sandflow {

namespace {

using tf::Term;

// Clips each gradient for itself.
template <class Clip>
std::vector<Output> each(Builder& b, const std::vector<Output>& gradients, const char* scope_name,
                         Clip clip) {
  std::vector<Output> clipped;
  for (Output gradient : gradients) {
    const auto scope = b.graph().name_scope(scope_name);
    clipped.push_back(gradient.valid() ? clip(Term{&b, gradient}).output : Output{});
  }
  return clipped;
}

Term number_like(Term x, double value) {
  return {x.b, tf::constant(*x.b, Literal(value), x.b->dtype(x.output))};
}

Term where(Term condition, Term x, Term y) {
  Builder& b = *x.b;
  return {&b, b.ok() ? b.op("Select", {condition, x, y}) : Output{}};
}

std::vector<Output> clip_by_value(Builder& b, const std::vector<Output>& gradients, const Parameters& p) {
  return each(b, gradients, "clip_by_value", [&](Term x) {
    return x.op("Minimum", number_like(x, p.at("clip_value_max")))
        .op("Maximum", number_like(x, p.at("clip_value_min")));
  });
}

std::vector<Output> clip_by_norm(Builder& b, const std::vector<Output>& gradients, const Parameters& p) {
  return each(b, gradients, "clip_by_norm", [&](Term x) {
    const Term squares{&b, tf::reduce_sum(b, x * x)}, limit = number_like(x, p.at("clip_norm"));
    const Term is_positive = squares.op("Greater", number_like(x, 0));
    // The root of 0 has no slope; what is not rooted is what the norm is then.
    const Term norm =
        where(is_positive, where(is_positive, squares, squares.op("ZerosLike") + 1).op("Sqrt"), squares);
    return x * limit / norm.op("Maximum", limit);
  });
}

// One factor for all, so that the direction stays.
std::vector<Output> clip_by_global_norm(Builder& b, const std::vector<Output>& gradients,
                                        const Parameters& p) {
  const auto scope = b.graph().name_scope("clip_by_global_norm");
  std::vector<Output> squares;
  for (Output gradient : gradients) {
    if (!gradient.valid()) continue;
    const Term x{&b, gradient};
    squares.push_back(Term{&b, tf::reduce_sum(b, x.op("Square"))} / 2);
  }
  if (squares.empty() || !b.ok()) return gradients;
  const Term norm = (Term{&b, b.op("AddN", squares)} * 2).op("Sqrt");
  const double limit = p.at("clip_norm");
  const Term scale = limit * (1 / norm).op("Minimum", number_like(norm, 1 / limit));
  const Term finite =
      where(norm.op("IsFinite"), scale, number_like(norm, std::numeric_limits<double>::quiet_NaN()));
  std::vector<Output> clipped;
  for (Output gradient : gradients)
    clipped.push_back(gradient.valid() ? (Term{&b, gradient} * finite).output : Output{});
  return clipped;
}

Parameter clip_norm(const char* help) { return {"clip_norm", help, 1, 1e-6, 1e6, true}; }

}  // namespace

const std::vector<ClippingType>& clipping_types() {
  static const std::vector<ClippingType> types = {
      {"clip_by_value",
       "tf.clip_by_value",
       R"(g \leftarrow \max(\min(g, b), a))",
       "Cuts off every element of a gradient that is too large.",
       {{"clip_value_min", "The smallest element.", -1, -1e6, 0},
        {"clip_value_max", "The largest element.", 1, 0, 1e6}},
       clip_by_value},
      {"clip_by_norm",
       "tf.clip_by_norm",
       R"(g \leftarrow \frac{c \, g}{\max(\|g\|, c)})",
       "Shortens each gradient that is too long, variable by variable.",
       {clip_norm("How long each gradient may be.")},
       clip_by_norm},
      {"clip_by_global_norm",
       "tf.clip_by_global_norm",
       R"(g_i \leftarrow g_i \cdot c \min\left(\frac{1}{\|g\|}, \frac{1}{c}\right))",
       "Shortens all gradients together, which keeps the direction of the step.",
       {clip_norm("How long all gradients together may be.")},
       clip_by_global_norm},
  };
  return types;
}

const ClippingType* find_clipping_type(std::string_view name) {
  for (const ClippingType& type : clipping_types())
    if (name == type.name) return &type;
  return nullptr;
}

}  // namespace sandflow
