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

// random_ops.cc, RandomUniformInt.
Status infer_random_int(InferenceContext& c) {
  constexpr const char* kEnds[] = {"", "minval", "maxval"};
  for (int i : {1, 2})
    if (c.input(i).has_rank() && c.input(i).rank() != 0)
      return value_error(cat(kEnds[i], " must be a scalar; got a tensor of shape ", c.input(i).runtime()));
  return infer_random(c);
}

Status compute_random_int(KernelContext& c) {
  for (int i : {1, 2})
    if (c.input(i).shape().rank() != 0)
      return invalid_argument(
          cat(i == 1 ? "minval" : "maxval", " must be 0-D, got shape ", c.input(i).shape().runtime()));
  const Result<Shape> shape = requested_shape(c.input(0), "shape must be a vector of {int32,int64}");
  if (!shape.ok()) return shape.error();
  SANDFLOW_TRY(c.allocate(0, *shape));
  // An empty range is no mistake where nothing is drawn from it.
  if (c.output(0).elements() == 0) return {};
  const std::int64_t low = c.input(1).integer(0), high = c.input(2).integer(0);
  if (low >= high) return invalid_argument(cat("Need minval < maxval, got ", low, " >= ", high));
  if (c.output(0).dtype() == DType::kInt32)
    fill_uniform_int(c.generator(), c.out<std::int32_t>(0), static_cast<std::int32_t>(low),
                     static_cast<std::int32_t>(high));
  else
    fill_uniform_int(c.generator(), c.out<std::int64_t>(0), low, high);
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

Op random_int() {
  Op op = random("RandomUniformInt", "tf.random_uniform", R"(y \sim U\{a, \ldots, b - 1\})",
                 "Integers spread evenly from one end of a range up to the other, without it.",
                 compute_random_int);
  op.inputs.insert(op.inputs.end(), {{"minval", "Tout"}, {"maxval", "Tout"}});
  op.outputs = {{"output", "Tout"}};
  op.attrs[1] = type_attr("Tout", kIndexTypes);
  op.infer = infer_random_int;
  return op;
}

}  // namespace

std::vector<Op> random_ops() {
  return {
      random("RandomUniform", "tf.random_uniform", R"(y \sim U[0, 1))",
             "Numbers spread evenly between 0 and 1.",
             compute_random<static_cast<F32>(fill_uniform), static_cast<F64>(fill_uniform)>),
      random_int(),
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
