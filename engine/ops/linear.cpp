// Linear algebra: the matrix product and the bias that follows it.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "engine/core/product.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/list.h"

namespace sandflow {

namespace {

Status infer_matmul(InferenceContext& c) {
  SANDFLOW_TRY(c.require_rank(0, 2));
  SANDFLOW_TRY(c.require_rank(1, 2));
  const Shape a = c.input(0).has_rank() ? c.input(0) : Shape::unknown_dims(2);
  const Shape b = c.input(1).has_rank() ? c.input(1) : Shape::unknown_dims(2);
  const int ta = c.node().attr<bool>("transpose_a"), tb = c.node().attr<bool>("transpose_b");
  const std::int64_t inner_a = a.dim(1 - ta), inner_b = b.dim(tb);
  if (inner_a != inner_b && inner_a != Shape::kUnknown && inner_b != Shape::kUnknown)
    return value_error(cat("Dimensions must be equal, but are ", inner_a, " and ", inner_b));
  c.output(0, Shape{a.dim(ta), b.dim(1 - tb)});
  return {};
}

struct Sizes {
  std::int64_t rows, inner, columns;
};

// out = left times right; `ta`, `tb`: they lie in memory the other way around.
template <class T>
void multiply_matrices(std::span<const T> left, std::span<const T> right, std::span<T> out, Sizes size,
                       bool ta, bool tb) {
  const MatrixView<T> a{left.data(), ta ? 1 : size.inner, ta ? size.rows : 1};
  const MatrixView<T> b{right.data(), tb ? 1 : size.columns, tb ? size.inner : 1};
  if constexpr (std::is_same_v<T, float>) {
    // Not std::vector, which would clear it: that takes longer than a small product.
    const std::int64_t room = product_scratch(size.rows, size.inner, size.columns);
    const std::unique_ptr<float[]> scratch(new float[static_cast<std::size_t>(room)]);
    multiply(a, b, out.data(), size.rows, size.inner, size.columns, scratch.get());
  } else {
    multiply_plainly(a, b, out.data(), size.rows, size.inner, size.columns);
  }
}

struct Product {
  template <class T>
  static Status run(KernelContext& c) {
    const Tensor &a = c.input(0), &b = c.input(1);
    for (int i = 0; i < 2; ++i)
      if (c.input(i).shape().rank() != 2)
        return invalid_argument(
            cat("In[", i, "] is not a matrix. Instead it has shape ", c.input(i).shape().runtime()));
    const bool ta = c.node().attr<bool>("transpose_a"), tb = c.node().attr<bool>("transpose_b");
    const std::int64_t m = a.shape().dim(ta), k = a.shape().dim(1 - ta), n = b.shape().dim(1 - tb);
    if (k != b.shape().dim(tb))
      return invalid_argument(
          cat("Matrix size-incompatible: In[0]: ", a.shape().runtime(), ", In[1]: ", b.shape().runtime()));
    SANDFLOW_TRY(c.allocate(0, {m, n}));
    multiply_matrices(a.read<T>(), b.read<T>(), c.out<T>(0), Sizes{m, k, n}, ta, tb);
    return {};
  }
};

// math_grad.py, _MatMulGrad.
std::vector<Output> grad_matmul(GradientContext& c) {
  const bool ta = c.node.attr<bool>("transpose_a"), tb = c.node.attr<bool>("transpose_b");
  const Output a = c.input(0), b = c.input(1), g = c.grad();
  const auto product = [&](Output x, Output y, bool tx, bool ty) {
    return c.b.op("MatMul", {x, y}, {{"transpose_a", tx}, {"transpose_b", ty}});
  };
  if (!ta && !tb) {
    const Output grad_a = product(g, b, false, true);
    return {grad_a, product(a, g, true, false)};
  }
  if (!ta && tb) {
    const Output grad_a = product(g, b, false, false);
    return {grad_a, product(g, a, true, false)};
  }
  if (ta && !tb) {
    const Output grad_a = product(b, g, false, true);
    return {grad_a, product(a, g, false, false)};
  }
  const Output grad_a = product(b, g, true, true);
  return {grad_a, product(g, a, true, true)};
}

// The dimensions before the last two.
Shape batch_of(const Shape& shape) {
  if (!shape.has_rank()) return Shape::unknown_rank();
  return Shape(std::vector<std::int64_t>(shape.dims().begin(), shape.dims().end() - 2));
}

Status infer_batch_matmul(InferenceContext& c) {
  for (int i = 0; i < 2; ++i)
    if (c.input(i).has_rank() && c.input(i).rank() < 2)
      return value_error(cat("Shape must be at least rank 2 but is rank ", c.input(i).rank()));
  const Shape &x = c.input(0), &y = c.input(1);
  if (!x.has_rank() || !y.has_rank()) {
    c.output(0, Shape::unknown_rank());
    return {};
  }
  const int ax = c.node().attr<bool>("adj_x"), ay = c.node().attr<bool>("adj_y");
  const std::int64_t inner_x = x.dim(x.rank() - 1 - ax), inner_y = y.dim(y.rank() - 2 + ay);
  if (inner_x != inner_y && inner_x != Shape::kUnknown && inner_y != Shape::kUnknown)
    return value_error(cat("Dimensions must be equal, but are ", inner_x, " and ", inner_y));
  Result<Shape> out = broadcast(batch_of(x), batch_of(y));
  if (!out.ok()) return out.error();
  out->append(x.dim(x.rank() - 2 + ax));
  out->append(y.dim(y.rank() - 1 - ay));
  c.output(0, *out);
  return {};
}

// One product for each matrix of the batch; the batches broadcast.
struct BatchProduct {
  template <class T>
  static Status run(KernelContext& c) {
    const Tensor &x = c.input(0), &y = c.input(1);
    for (int i = 0; i < 2; ++i)
      if (c.input(i).shape().rank() < 2)
        return invalid_argument(cat("In[", i, "] ndims must be >= 2: ", c.input(i).shape().rank()));
    const int ax = c.node().attr<bool>("adj_x"), ay = c.node().attr<bool>("adj_y");
    const int rx = x.shape().rank(), ry = y.shape().rank();
    const std::int64_t m = x.shape().dim(rx - 2 + ax), k = x.shape().dim(rx - 1 - ax),
                       n = y.shape().dim(ry - 1 - ay);
    if (k != y.shape().dim(ry - 2 + ay))
      return invalid_argument(cat("In[0] mismatch In[1] shape: ", k, " vs. ", y.shape().dim(ry - 2 + ay),
                                  ": ", x.shape().runtime(), " ", y.shape().runtime(), " ", ax, " ", ay));
    const Result<BroadcastPlan> plan = plan_broadcast(batch_of(x.shape()), batch_of(y.shape()));
    if (!plan.ok())
      return invalid_argument(cat("In[0] and In[1] must have compatible batch dimensions: ",
                                  x.shape().runtime(), " vs. ", y.shape().runtime()));
    Shape shape = plan->shape;
    shape.append(m);
    shape.append(n);
    SANDFLOW_TRY(c.allocate(0, shape));
    const std::span<const T> left = x.read<T>(), right = y.read<T>();
    const std::span<T> out = c.out<T>(0);
    if (out.empty()) return {};
    const Sizes size{m, k, n};
    for_each_broadcast(*plan, [&](std::size_t i, std::size_t ix, std::size_t iy) {
      const auto part = [](std::size_t index, std::int64_t rows, std::int64_t columns) {
        const auto elements = static_cast<std::size_t>(rows * columns);
        return std::pair(index * elements, elements);
      };
      const auto [from_x, size_x] = part(ix, m, k);
      const auto [from_y, size_y] = part(iy, k, n);
      const auto [to, size_out] = part(i, m, n);
      multiply_matrices(left.subspan(from_x, size_x), right.subspan(from_y, size_y),
                        out.subspan(to, size_out), size, ax, ay);
    });
    return {};
  }
};

// math_grad.py, _BatchMatMulV2: as of MatMul, then summed over the dimensions that were repeated.
std::vector<Output> grad_batch_matmul(GradientContext& c) {
  const bool ax = c.node.attr<bool>("adj_x"), ay = c.node.attr<bool>("adj_y");
  const Output x = c.input(0), y = c.input(1), g = c.grad();
  const auto product = [&](Output a, Output b, bool ta, bool tb) {
    return c.b.op("BatchMatMulV2", {a, b}, {{"adj_x", ta}, {"adj_y", tb}});
  };
  const auto reduced = [&](Output grad, Output input) {
    const Output shape = c.b.op("Shape", {input}, {{"out_type", DType::kInt32}}, "Shape");
    const Output repeated = c.b.op("Shape", {grad}, {{"out_type", DType::kInt32}}, "Shape");
    const Output axes = c.b.op("BroadcastGradientArgs", {shape, repeated});
    return c.b.op("Reshape", {c.b.op("Sum", {grad, axes}), shape});
  };
  const Output to_x = ax ? product(y, g, ay, true) : product(g, y, false, !ay);
  const Output to_y = ay ? product(g, x, true, ax) : product(x, g, !ax, false);
  const Shape known_x = c.b.shape(x), known_y = c.b.shape(y);
  if (known_x.fully_defined() && known_y.fully_defined() && batch_of(known_x) == batch_of(known_y))
    return {to_x, to_y};
  const Output reduced_x = reduced(to_x, x);
  return {reduced_x, reduced(to_y, y)};
}

Status infer_bias_add(InferenceContext& c) {
  const Shape &value = c.input(0), &bias = c.input(1);
  SANDFLOW_TRY(c.require_rank(1, 1));
  if (value.has_rank() && value.rank() < 2)
    return value_error(cat("Shape must be at least rank 2 but is rank ", value.rank()));
  Shape out = value;
  if (value.has_rank() && bias.has_rank()) {
    const int last = value.rank() - 1;
    if (value.dim(last) == Shape::kUnknown)
      out.set_dim(last, bias.dim(0));
    else if (bias.dim(0) != Shape::kUnknown && bias.dim(0) != value.dim(last))
      return value_error(cat("Dimensions must be equal, but are ", value.dim(last), " and ", bias.dim(0)));
  }
  c.output(0, out);
  return {};
}

struct BiasSum {
  template <class T>
  static Status run(KernelContext& c) {
    const Shape &value = c.input(0).shape(), &bias = c.input(1).shape();
    if (value.rank() < 2) return invalid_argument(cat("Input tensor must be at least 2D: ", value.runtime()));
    if (bias.rank() != 1) return invalid_argument(cat("Biases must be 1D: ", bias.runtime()));
    if (bias.dim(0) != value.dim(value.rank() - 1))
      return invalid_argument(cat("Must provide as many biases as the last dimension of the input tensor: ",
                                  bias.runtime(), " vs. ", value.runtime()));
    return map_binary<T, T>(c, [](T x, T b) { return x + b; });
  }
};

std::vector<Output> grad_bias_add(GradientContext& c) {
  return {c.grad(), c.b.op("BiasAddGrad", {c.grad()})};
}

Status infer_bias_add_grad(InferenceContext& c) {
  const Shape& grad = c.input(0);
  if (grad.has_rank() && grad.rank() < 2)
    return value_error(cat("Shape must be at least rank 2 but is rank ", grad.rank()));
  c.output(0, Shape{grad.has_rank() ? grad.dim(grad.rank() - 1) : Shape::kUnknown});
  return {};
}

struct BiasGradient {
  template <class T>
  static Status run(KernelContext& c) {
    const Shape& grad = c.input(0).shape();
    if (grad.rank() < 2) return invalid_argument(cat("Input tensor must be at least 2D: ", grad.runtime()));
    SANDFLOW_TRY(c.allocate(0, {grad.dim(grad.rank() - 1)}));
    const std::span<const T> g = c.in<T>(0);
    const std::span<T> out = c.out<T>(0);
    if (out.empty()) return {};
    if constexpr (std::is_same_v<T, float>) {
      sum_rows(g.data(), static_cast<std::int64_t>(g.size() / out.size()),
               static_cast<std::int64_t>(out.size()), out.data());
    } else {
      std::fill(out.begin(), out.end(), T(0));
      for (std::size_t i = 0; i < g.size(); i += out.size())
        for (std::size_t j = 0; j < out.size(); ++j) out[j] += g[i + j];
    }
    return {};
  }
};

// The derivative of a sum over rows puts the gradient back into every row.
std::vector<Output> grad_bias_add_grad(GradientContext& c) {
  const Output shape = c.b.op("Shape", {c.input(0)}, {{"out_type", DType::kInt32}}, "Shape");
  return {c.b.op("BroadcastTo", {c.grad(), shape})};
}

constexpr DTypeSet kMatMulTypes{"bfloat16, float16, float32, float64, int32, int64, complex64, complex128",
                                kFloats.mask | kIndexTypes.mask};

}  // namespace

std::vector<Op> linear_ops() {
  return {
      {.type = "MatMul",
       .python = "tf.matmul",
       .family = Family::kLinear,
       .inputs = {{"a", "T"}, {"b", "T"}},
       .outputs = {{"product", "T"}},
       .attrs = {type_attr("T", kMatMulTypes),
                 {"transpose_a", AttrKind::kBool, false},
                 {"transpose_b", AttrKind::kBool, false}},
       .formula = R"(y_{ij} = \sum_k a_{ik} b_{kj})",
       .help = "The matrix product of two matrices.",
       .infer = infer_matmul,
       .compute = for_numeric<Product>,
       .gradient = grad_matmul},
      {.type = "BatchMatMulV2",
       .python = "tf.matmul",
       .family = Family::kLinear,
       .inputs = {{"x", "T"}, {"y", "T"}},
       .outputs = {{"output", "T"}},
       .attrs = {type_attr("T", kMatMulTypes),
                 {"adj_x", AttrKind::kBool, false},
                 {"adj_y", AttrKind::kBool, false}},
       .formula = R"(y_{bij} = \sum_k x_{bik} y_{bkj})",
       .help = "The matrix products of two stacks of matrices.",
       .infer = infer_batch_matmul,
       .compute = for_numeric<BatchProduct>,
       .gradient = grad_batch_matmul},
      {.type = "BiasAdd",
       .python = "tf.nn.bias_add",
       .family = Family::kLinear,
       .inputs = {{"value", "T"}, {"bias", "T"}},
       .outputs = {{"output", "T"}},
       .attrs = {type_attr("T", kFloats)},
       .formula = R"(y_{ij} = x_{ij} + b_j)",
       .help = "Adds a vector to every row.",
       .infer = infer_bias_add,
       .compute = for_floating<BiasSum>,
       .gradient = grad_bias_add},
      {.type = "BiasAddGrad",
       .python = "tf.raw_ops.BiasAddGrad",
       .family = Family::kLinear,
       .inputs = {{"out_backprop", "T"}},
       .outputs = {{"output", "T"}},
       .attrs = {type_attr("T", kFloats)},
       .formula = R"(\frac{\partial E}{\partial b_j} = \sum_i g_{ij})",
       .help = "The gradient of a bias: the sum over all rows.",
       .infer = infer_bias_add_grad,
       .compute = for_floating<BiasGradient>,
       .gradient = grad_bias_add_grad},
  };
}

}  // namespace sandflow
