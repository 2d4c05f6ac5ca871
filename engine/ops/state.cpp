// Variables: memory that outlives a run.
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

Status infer_assign(InferenceContext& c) {
  if (!c.node().attr<bool>("validate_shape")) {
    c.output(0, c.input(1));
    return {};
  }
  Result<Shape> merged = merge(c.input(0), c.input(1));
  if (!merged.ok()) return merged.error();
  c.output(0, *std::move(merged));
  return {};
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
  };
}

}  // namespace sandflow
