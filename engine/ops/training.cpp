// One step of an optimizer on one variable (core/kernels/training_ops.cc).
#include "engine/ops/elementwise.h"
#include "engine/ops/list.h"

namespace sandflow {

namespace {

Status infer_apply(InferenceContext& c) {
  // Every input is either a scalar or as large as the variable.
  Shape shape = c.input(0);
  for (int i = 1; i < c.inputs(); ++i) {
    const std::string_view input = c.node().op->inputs[static_cast<std::size_t>(i)].name;
    if (input == "accum" || input == "delta" || input == "grad") {
      Result<Shape> merged = merge(shape, c.input(i));
      if (!merged.ok()) return merged.error();
      shape = *std::move(merged);
    } else {
      SANDFLOW_TRY(c.require_rank(i, 0));
    }
  }
  c.output(0, shape);
  return {};
}

Status same_shape(KernelContext& c, int input, const char* text) {
  if (c.input(0).shape() == c.input(input).shape()) return {};
  return invalid_argument(cat("var and ", text, " do not have the same shape", c.input(0).shape().runtime(),
                              " ", c.input(input).shape().runtime()));
}

Status scalar(KernelContext& c, int input) {
  const Shape& shape = c.input(input).shape();
  if (shape.rank() == 0) return {};
  return invalid_argument(
      cat(c.node().op->inputs[static_cast<std::size_t>(input)].name, " is not a scalar: ", shape.runtime()));
}

struct GradientDescent {
  template <class T>
  static Status run(KernelContext& c) {
    SANDFLOW_TRY(scalar(c, 1));
    SANDFLOW_TRY(same_shape(c, 2, "delta"));
    const T rate = c.in<T>(1)[0];
    const std::span<const T> delta = c.in<T>(2);
    const std::span<T> w = c.variable(0).value.template write<T>();
    for (std::size_t i = 0; i < w.size(); ++i) w[i] -= delta[i] * rate;
    return {};
  }
};

struct Momentum {
  template <class T>
  static Status run(KernelContext& c) {
    SANDFLOW_TRY(scalar(c, 2));
    SANDFLOW_TRY(scalar(c, 4));
    SANDFLOW_TRY(same_shape(c, 1, "accum"));
    SANDFLOW_TRY(same_shape(c, 3, "grad"));
    const T rate = c.in<T>(2)[0], momentum = c.in<T>(4)[0];
    const bool nesterov = c.node().attr<bool>("use_nesterov");
    const std::span<const T> g = c.in<T>(3);
    const std::span<T> w = c.variable(0).value.template write<T>(),
                       a = c.variable(1).value.template write<T>();
    for (std::size_t i = 0; i < w.size(); ++i) {
      a[i] = a[i] * momentum + g[i];
      w[i] -= nesterov ? g[i] * rate + a[i] * momentum * rate : a[i] * rate;
    }
    return {};
  }
};

}  // namespace

std::vector<Op> training_ops() {
  return {
      {.type = "ApplyGradientDescent",
       .python = "tf.train.GradientDescentOptimizer",
       .family = Family::kTraining,
       .inputs = {{"var", "T", true}, {"alpha", "T"}, {"delta", "T"}},
       .outputs = {{"out", "T", true}},
       .attrs = {type_attr("T", kFloats), {"use_locking", AttrKind::kBool, false}},
       .formula = R"(W \leftarrow W - \eta g)",
       .help = "A step against the gradient.",
       .infer = infer_apply,
       .compute = for_floating<GradientDescent>,
       .is_stateful = true},
      {.type = "ApplyMomentum",
       .python = "tf.train.MomentumOptimizer",
       .family = Family::kTraining,
       .inputs = {{"var", "T", true}, {"accum", "T", true}, {"lr", "T"}, {"grad", "T"}, {"momentum", "T"}},
       .outputs = {{"out", "T", true}},
       .attrs = {type_attr("T", kFloats),
                 {"use_locking", AttrKind::kBool, false},
                 {"use_nesterov", AttrKind::kBool, false}},
       .formula = R"(a \leftarrow \mu a + g,\quad W \leftarrow W - \eta a)",
       .help = "A step against an average of past gradients, which keeps rolling.",
       .infer = infer_apply,
       .compute = for_floating<Momentum>,
       .is_stateful = true},
  };
}

}  // namespace sandflow
