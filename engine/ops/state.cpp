// Variables: memory that outlives a run.
#include <functional>
#include <type_traits>

#include "engine/ops/elementwise.h"
#include "engine/ops/list.h"

namespace sandflow {

namespace {

Status infer_variable(InferenceContext& c) {
  c.output(0, c.node().attr<Shape>("shape"));
  return {};
}

// The session hands the variable's memory to whoever refers to it; the node itself has nothing to do.
Status nothing(KernelContext&) { return {}; }

Status infer_update(InferenceContext& c) {
  Result<Shape> merged = merge(c.input(0), c.input(1));
  if (!merged.ok()) return merged.error();
  c.output(0, *std::move(merged));
  return {};
}

Status infer_assign(InferenceContext& c) {
  if (!c.node().attr<bool>("validate_shape")) {
    c.output(0, c.input(1));
    return {};
  }
  return infer_update(c);
}

Status compute_assign(KernelContext& c) {
  Tensor& target = c.variable(0).value;
  const Tensor& value = c.input(1);
  if (target.defined() && c.node().attr<bool>("validate_shape") && target.shape() != value.shape())
    return invalid_argument(cat("Assign requires shapes of both tensors to match. lhs shape= ",
                                target.shape().runtime(), " rhs shape= ", value.shape().runtime()));
  target = value;
  return {};
}

template <template <class> class F>
struct Update {
  template <class T>
  static Status run(KernelContext& c) {
    if (c.input(0).shape() != c.input(1).shape())
      return invalid_argument("Parameters and update must be the same size");
    // Integers wrap around, as in TensorFlow; in C++ only unsigned ones may.
    using U =
        typename std::conditional_t<std::is_integral_v<T>, std::make_unsigned<T>, std::common_type<T>>::type;
    const std::span<T> w = c.variable(0).value.template write<T>();
    const std::span<const T> x = c.in<T>(1);
    for (std::size_t i = 0; i < w.size(); ++i)
      w[i] = static_cast<T>(F<U>()(static_cast<U>(w[i]), static_cast<U>(x[i])));
    return {};
  }
};

Op update_op(const char* type, const char* python, const char* formula, const char* help,
             Status (*compute)(KernelContext&)) {
  return {.type = type,
          .python = python,
          .family = Family::kState,
          .inputs = {{"ref", "T", true}, {"value", "T"}},
          .outputs = {{"output_ref", "T", true}},
          .attrs = {type_attr("T", kNumbers), {"use_locking", AttrKind::kBool, false}},
          .formula = formula,
          .help = help,
          .infer = infer_update,
          .compute = compute,
          .gradient = no_gradient,
          .is_stateful = true};
}

}  // namespace

std::vector<Op> state_ops() {
  return {
      {.type = "VariableV2",
       .python = "tf.Variable",
       .family = Family::kState,
       .outputs = {{"ref", "dtype", true}},
       .attrs = {type_attr("dtype", kAnyType), {"shape", AttrKind::kShape, {}}},
       .formula = R"(W)",
       .help = "Holds a value between runs: what training changes.",
       .infer = infer_variable,
       .compute = nothing,
       .is_stateful = true},
      {.type = "Assign",
       .python = "tf.assign",
       .family = Family::kState,
       .inputs = {{"ref", "T", true}, {"value", "T"}},
       .outputs = {{"output_ref", "T", true}},
       .attrs = {type_attr("T", kAnyType), {"validate_shape", AttrKind::kBool, true}},
       .formula = R"(W \leftarrow x)",
       .help = "Stores a value in a variable.",
       .infer = infer_assign,
       .compute = compute_assign,
       .gradient = no_gradient,
       .is_stateful = true},
      update_op("AssignAdd", "tf.assign_add", R"(W \leftarrow W + x)", "Adds to a variable in place.",
                for_numeric<Update<std::plus>>),
      update_op("AssignSub", "tf.assign_sub", R"(W \leftarrow W - x)", "Subtracts from a variable in place.",
                for_numeric<Update<std::minus>>),
  };
}

}  // namespace sandflow
