// The functions of tf.h, written as python/ops/*.py of TensorFlow 1.15 write them.
#include "engine/tf/tf.h"

#include <numeric>

#include "engine/core/text.h"

namespace sandflow::tf {

namespace {

Tensor number(DType dtype, double value) {
  return with_numeric(dtype, [&]<class T>() { return Tensor::scalar(static_cast<T>(value)); });
}

Tensor shape_tensor(const Shape& shape) {
  return Tensor::vector(std::vector<std::int32_t>(shape.dims().begin(), shape.dims().end()));
}

// A generated wrapper: literals become constants inside a scope of the operation's name, the first with its
// own dtype, the second with that of the first.
Output binary(Builder& b, std::string_view type, const Value& x, const Value& y, std::string_view name) {
  const auto scope = b.graph().name_scope(name);
  const std::string own = b.graph().scope();
  const Output first = convert(b, x, {}, "x");
  if (const auto* literal = std::get_if<Literal>(&y); literal && b.ok()) {
    const Result<Tensor> value = literal->tensor(b.dtype(first));
    if (!value.ok())
      return b.fail(
          type_error(cat("Expected ", sandflow::name(b.dtype(first)), " passed to parameter 'y' of op '",
                         type, "', got ", literal->python(), " of type '", literal->python_type(),
                         "' instead. Error: ", value.error().message)));
    return b.op(type, {first, constant(b, *value, "y")}, {}, own);
  }
  const Output second = convert(b, y, {}, "y");
  return b.op(type, {first, second}, {}, own);
}

Output reduce(Builder& b, std::string_view type, Output x, const std::optional<std::vector<int>>& axes,
              std::string_view name) {
  if (!b.ok()) return {};
  if (!axes) return b.op(type, {x, all_axes(b, x)}, {}, name);
  const auto scope = b.graph().name_scope(name);
  const std::string own = b.graph().scope();
  const Output indices =
      constant(b, Tensor::vector(std::vector<std::int32_t>(axes->begin(), axes->end())), "reduction_indices");
  return b.op(type, {x, indices}, {}, own);
}

using Named = std::pair<const char*, double>;

Output random(Builder& b, std::string_view type, const Shape& shape, Named first, Named second, DType dtype,
              std::optional<std::int64_t> seed, std::string_view name) {
  const auto scope = b.graph().name_scope(name);
  const std::string own = b.graph().scope();
  return random_tensor(b, type, constant(b, shape_tensor(shape), "shape"), first, second, dtype, seed, own);
}

}  // namespace

Output constant(Builder& b, const Tensor& value, std::string_view name) {
  return b.op("Const", {}, {{"value", value}, {"dtype", value.dtype()}}, name);
}

Output constant(Builder& b, const Literal& value, std::optional<DType> dtype, std::string_view name) {
  const Result<Tensor> tensor = value.tensor(dtype);
  return tensor.ok() ? constant(b, *tensor, name) : b.fail(tensor.error());
}

Output convert(Builder& b, const Value& value, std::optional<DType> dtype, std::string_view name) {
  if (const auto* tensor = std::get_if<Output>(&value)) return *tensor;
  return constant(b, std::get<Literal>(value), dtype, name);
}

Output placeholder(Builder& b, DType dtype, const Shape& shape, std::string_view name) {
  return b.op("Placeholder", {}, {{"dtype", dtype}, {"shape", shape}}, name);
}

namespace {
// array_ops.py, zeros and ones: a constant for up to 1000 elements, else a Fill.
Output filled(Builder& b, const Shape& shape, DType dtype, double value, std::string_view name) {
  const Tensor one = dtype == DType::kBool     ? Tensor::scalar(value != 0)
                     : dtype == DType::kString ? Tensor::scalar(std::string())
                                               : number(dtype, value);
  if (shape.elements() < 1000) {
    Tensor tensor(dtype, shape);
    if (dtype != DType::kString)
      with_plain(dtype, [&]<class T>() {
        for (T& element : tensor.write<T>()) element = static_cast<T>(value);
      });
    return constant(b, tensor, name);
  }
  const auto scope = b.graph().name_scope(name);
  const std::string own = b.graph().scope();
  const Output dims = constant(b, shape_tensor(shape), "shape_as_tensor");
  return b.op("Fill", {dims, constant(b, one, "Const")}, {}, own);
}
}  // namespace

Output zeros(Builder& b, const Shape& shape, DType dtype, std::string_view name) {
  return filled(b, shape, dtype, 0, name);
}
Output ones(Builder& b, const Shape& shape, DType dtype, std::string_view name) {
  return filled(b, shape, dtype, 1, name);
}

Output add(Builder& b, const Value& x, const Value& y, std::string_view name) {
  return binary(b, "Add", x, y, name);
}
Output subtract(Builder& b, const Value& x, const Value& y, std::string_view name) {
  return binary(b, "Sub", x, y, name);
}
Output multiply(Builder& b, const Value& x, const Value& y, std::string_view name) {
  return binary(b, "Mul", x, y, name);
}

// math_ops.py, _truediv_python3. Two Python numbers would stay Python's in TensorFlow and could not be
// fetched; here they become tensors, so that the post's program prints what it says.
Output divide(Builder& b, const Value& x, const Value& y, std::string_view name) {
  const auto scope = b.graph().name_scope(name);
  const std::string own = b.graph().scope();
  Output first = convert(b, x, {}, "x");
  Output second = convert(b, y, b.ok() ? std::optional(b.dtype(first)) : std::nullopt, "y");
  if (!b.ok()) return {};
  if (b.dtype(first) != b.dtype(second))
    return b.fail(type_error(cat("x and y must have the same dtype, got tf.", sandflow::name(b.dtype(first)),
                                 " != tf.", sandflow::name(b.dtype(second)))));
  if (is_integer(b.dtype(first))) {
    first = b.op("Cast", {first}, {{"DstT", DType::kFloat64}}, "Cast");
    second = b.op("Cast", {second}, {{"DstT", DType::kFloat64}}, "Cast_1");
  }
  return b.op("RealDiv", {first, second}, {}, own);
}

Output all_axes(Builder& b, Output x) {
  if (b.shape(x).has_rank()) {
    std::vector<std::int32_t> all(static_cast<std::size_t>(b.shape(x).rank()));
    std::iota(all.begin(), all.end(), 0);
    return constant(b, Tensor::vector(all));
  }
  const Output first = constant(b, Tensor::scalar(std::int32_t{0}), "range/start");
  const Output rank = b.op("Rank", {x}, {}, "Rank");
  return b.op("Range", {first, rank, constant(b, Tensor::scalar(std::int32_t{1}), "range/delta")}, {},
              "range");
}

Output reduce_sum(Builder& b, Output x, const std::optional<std::vector<int>>& axes, std::string_view name) {
  return reduce(b, "Sum", x, axes, name);
}
Output reduce_mean(Builder& b, Output x, const std::optional<std::vector<int>>& axes, std::string_view name) {
  return reduce(b, "Mean", x, axes, name);
}

Output softmax(Builder& b, Output logits, std::string_view name) {
  return b.op("Softmax", {logits}, {}, name);
}

Output softmax_cross_entropy_with_logits(Builder& b, Output labels, Output logits) {
  const auto scope = b.graph().name_scope("softmax_cross_entropy_with_logits_sg");
  const Output fixed = b.op("StopGradient", {labels}, {}, "labels_stop_gradient");
  return b.op("SoftmaxCrossEntropyWithLogits", {logits, fixed});
}

// The order of these operations decides the seed that follows from a graph-level seed.
Output random_tensor(Builder& b, std::string_view type, Output shape, Named first, Named second, DType dtype,
                     std::optional<std::int64_t> seed, std::string_view own) {
  const bool is_uniform = type == "RandomUniform";
  const Output low = constant(b, number(dtype, first.second), is_uniform ? "min" : first.first);
  const Output high = constant(b, number(dtype, second.second), is_uniform ? "max" : second.first);
  const SeedPair seeds = b.graph().op_seed(seed);
  const Output drawn = b.op(type, {shape}, {{"dtype", dtype}, {"seed", seeds.seed}, {"seed2", seeds.seed2}});
  const Output width = is_uniform ? b.op("Sub", {high, low}, {}, "sub") : high;
  return b.op("Add", {b.op("Mul", {drawn, width}, {}, "mul"), low}, {}, own);
}

Output random_normal(Builder& b, const Shape& shape, double mean, double stddev, DType dtype,
                     std::optional<std::int64_t> seed, std::string_view name) {
  return random(b, "RandomStandardNormal", shape, {"mean", mean}, {"stddev", stddev}, dtype, seed, name);
}
Output truncated_normal(Builder& b, const Shape& shape, double mean, double stddev, DType dtype,
                        std::optional<std::int64_t> seed, std::string_view name) {
  return random(b, "TruncatedNormal", shape, {"mean", mean}, {"stddev", stddev}, dtype, seed, name);
}
Output random_uniform(Builder& b, const Shape& shape, double minval, double maxval, DType dtype,
                      std::optional<std::int64_t> seed, std::string_view name) {
  return random(b, "RandomUniform", shape, {"minval", minval}, {"maxval", maxval}, dtype, seed, name);
}

namespace detail {

Variable finish_variable(Builder& b, Output initial, const std::string& own, bool trainable) {
  if (!b.ok()) return {};
  const Shape shape = b.shape(initial);
  if (!shape.fully_defined()) {
    b.fail(value_error(cat("initial_value must have a shape specified: ", b.graph().tensor_text(initial))));
    return {};
  }
  Variable variable;
  variable.is_trainable = trainable;
  variable.ref = b.op("VariableV2", {}, {{"dtype", b.dtype(initial)}, {"shape", shape}}, own);
  if (!b.ok()) return {};
  variable.initializer = b.op("Assign", {variable.ref, initial}, {}, "Assign").node;
  variable.value = b.op("Identity", {variable.ref}, {}, "read");
  return variable;
}

}  // namespace detail

Variable variable(Builder& b, const Value& initial_value, std::string_view name, bool trainable) {
  const auto scope = b.graph().name_scope(name);
  const std::string own = b.graph().scope();
  return detail::finish_variable(b, convert(b, initial_value, {}, "initial_value"), own, trainable);
}

Variable variable(Builder& b, const Tensor& initial_value, std::string_view name, bool trainable) {
  const auto scope = b.graph().name_scope(name);
  const std::string own = b.graph().scope();
  return detail::finish_variable(b, constant(b, initial_value, "initial_value"), own, trainable);
}

int group(Builder& b, const std::vector<int>& operations, std::string_view name) {
  const auto control = b.control_dependencies(operations);
  return b.op("NoOp", {}, {}, name).node;
}

int variables_initializer(Builder& b, const std::vector<Variable>& variables, std::string_view name) {
  std::vector<int> assigns;
  for (const Variable& variable : variables) assigns.push_back(variable.initializer);
  return group(b, assigns, name);
}

}  // namespace sandflow::tf
