// Inference and index arithmetic of elementwise operations.
#include "engine/ops/elementwise.h"

namespace sandflow {

Status infer_like_input(InferenceContext& c) {
  c.output(0, c.input(0));
  return {};
}

Status infer_broadcast(InferenceContext& c) {
  Result<Shape> shape = broadcast(c.input(0), c.input(1));
  if (!shape.ok()) return shape.error();
  c.output(0, *std::move(shape));
  return {};
}

Status infer_scalar(InferenceContext& c) {
  if (!c.node().outputs.empty()) c.output(0, Shape{});
  return {};
}

Result<Shape> requested_shape(const Tensor& tensor, const char* rule) {
  if (tensor.shape().rank() != 1)
    return invalid_argument(cat(rule, ", got shape ", tensor.shape().runtime()));
  Shape shape;
  for (std::int64_t i = 0; i < tensor.elements(); ++i) {
    const std::int64_t dim = tensor.integer(i);
    if (dim < 0) return invalid_argument(cat("Dimension ", dim, " must be >= 0"));
    shape.append(dim);
  }
  return shape;
}

std::vector<Output> no_gradient(GradientContext& c) { return std::vector<Output>(c.node.inputs.size()); }

Output scalar_like(GradientContext& c, Output x, double value, std::string_view name) {
  const Tensor tensor =
      with_numeric(c.b.dtype(x), [&]<class T>() { return Tensor::scalar(static_cast<T>(value)); });
  return c.b.op("Const", {}, {{"value", tensor}, {"dtype", tensor.dtype()}}, name);
}

Output int_constant(GradientContext& c, const std::vector<std::int32_t>& values, std::string_view name) {
  return c.b.op("Const", {}, {{"value", Tensor::vector(values)}, {"dtype", DType::kInt32}}, name);
}

Op unary_op(Family family, const char* type, const char* python, const char* input, const char* output,
            const DTypeSet& allowed, const char* formula, const char* help, Status (*compute)(KernelContext&),
            std::vector<Output> (*gradient)(GradientContext&)) {
  return {.type = type,
          .python = python,
          .family = family,
          .inputs = {{input, "T"}},
          .outputs = {{output, "T"}},
          .attrs = {type_attr("T", allowed)},
          .formula = formula,
          .help = help,
          .infer = infer_like_input,
          .compute = compute,
          .gradient = gradient};
}

Result<BroadcastPlan> plan_broadcast(const Shape& x, const Shape& y) {
  Result<Shape> shape = broadcast(x, y);
  if (!shape.ok()) return invalid_argument(cat("Incompatible shapes: ", x.runtime(), " vs. ", y.runtime()));
  // Nothing will be read; and the sizes beside a 0 may be too large to multiply.
  if (shape->elements() == 0) {
    const std::vector<std::int64_t> none(static_cast<std::size_t>(shape->rank()), 0);
    return BroadcastPlan{*shape, none, none};
  }
  const auto strides = [&](const Shape& operand) {
    std::vector<std::int64_t> out(static_cast<std::size_t>(shape->rank()), 0);
    std::int64_t stride = 1;
    for (int i = operand.rank() - 1; i >= 0; --i) {
      const int axis = i + shape->rank() - operand.rank();
      if (operand.dim(i) != 1) out[static_cast<std::size_t>(axis)] = stride;
      stride *= operand.dim(i);
    }
    return out;
  };
  return BroadcastPlan{*shape, strides(x), strides(y)};
}

}  // namespace sandflow
