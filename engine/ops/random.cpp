// Random tensors: TensorFlow's streams. Mean, deviation and range are applied by operations around these
// (tf.h).
#include "engine/ops/elementwise.h"
#include "engine/ops/list.h"

namespace sandflow {

namespace {

Status infer_random(InferenceContext& c) {
  SANDFLOW_TRY(c.require_rank(0, 1));
  c.output(0, c.constant_as_shape(0));
  return {};
}

// The stream goes on from run to run; a new session starts it anew.
template <auto F32, auto F64>
Status compute_random(KernelContext& c) {
  const Result<Shape> shape = requested_shape(c.input(0), "shape must be a vector of {int32,int64}");
  if (!shape.ok()) return shape.error();
  SANDFLOW_TRY(c.allocate(0, *shape));
  if (c.output(0).dtype() == DType::kFloat32)
    F32(c.generator(), c.out<float>(0));
  else
    F64(c.generator(), c.out<double>(0));
  c.generator().skip(blocks_per_run(c.output(0).elements()));
  return {};
}

using F32 = void (*)(Philox, std::span<float>);
using F64 = void (*)(Philox, std::span<double>);

Op random(const char* type, const char* python, const char* formula, const char* help,
          Status (*compute)(KernelContext&)) {
  return {.type = type,
          .python = python,
          .family = Family::kRandom,
          .inputs = {{"shape", "T"}},
          .outputs = {{"output", "dtype"}},
          .attrs = {type_attr("T", kIndexTypes),
                    type_attr("dtype", kHalfFloats, DType::kFloat32),
                    {"seed", AttrKind::kInt, std::int64_t{0}},
                    {"seed2", AttrKind::kInt, std::int64_t{0}}},
          .formula = formula,
          .help = help,
          .infer = infer_random,
          .compute = compute,
          .gradient = no_gradient,
          .is_stateful = true};
}

}  // namespace

std::vector<Op> random_ops() {
  return {
      random("RandomUniform", "tf.random_uniform", R"(y \sim U[0, 1))",
             "Numbers spread evenly between 0 and 1.",
             compute_random<static_cast<F32>(fill_uniform), static_cast<F64>(fill_uniform)>),
      random("RandomStandardNormal", "tf.random_normal", R"(y \sim N(0, 1))",
             "Numbers of the normal distribution with mean 0 and deviation 1.",
             compute_random<static_cast<F32>(fill_normal), static_cast<F64>(fill_normal)>),
      random(
          "TruncatedNormal", "tf.truncated_normal", R"(y \sim N(0, 1),\; |y| < 2)",
          "Normal numbers, drawn again where they lie beyond two deviations.",
          compute_random<static_cast<F32>(fill_truncated_normal), static_cast<F64>(fill_truncated_normal)>),
  };
}

}  // namespace sandflow
