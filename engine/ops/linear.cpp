// Linear algebra: the matrix product and the bias that follows it.
#include <algorithm>
#include <vector>

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

// Row-major transpose of an m x n matrix.
template <class T>
std::vector<T> transposed(std::span<const T> x, std::size_t m, std::size_t n) {
  std::vector<T> out(x.size());
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < n; ++j) out[j * m + i] = x[i * n + j];
  return out;
}

// Every output element is summed over k from first to last, whatever the machine: the same bits natively and
// in WebAssembly. Rows of the output are updated whole, which vectorises without changing that order.
struct Product {
  template <class T>
  static Status run(KernelContext& c) {
    const Tensor &a = c.input(0), &b = c.input(1);
    for (int i = 0; i < 2; ++i)
      if (c.input(i).shape().rank() != 2)
        return invalid_argument(
            cat("In[", i, "] is not a matrix. Instead it has shape ", c.input(i).shape().runtime()));
    const bool ta = c.node().attr<bool>("transpose_a"), tb = c.node().attr<bool>("transpose_b");
    const std::int64_t m = a.shape().dim(ta), k_a = a.shape().dim(1 - ta);
    const std::int64_t k_b = b.shape().dim(tb), n = b.shape().dim(1 - tb);
    if (k_a != k_b)
      return invalid_argument(
          cat("Matrix size-incompatible: In[0]: ", a.shape().runtime(), ", In[1]: ", b.shape().runtime()));
    SANDFLOW_TRY(c.allocate(0, {m, n}));
    const auto rows = static_cast<std::size_t>(m), inner = static_cast<std::size_t>(k_a),
               columns = static_cast<std::size_t>(n);
    const std::span<const T> left = a.read<T>();
    std::vector<T> flipped;
    std::span<const T> right = b.read<T>();
    if (tb) {
      flipped = transposed(right, columns, inner);
      right = flipped;
    }
    const std::span<T> out = c.out<T>(0);
    std::fill(out.begin(), out.end(), T(0));
    for (std::size_t i = 0; i < rows; ++i) {
      T* row = out.data() + i * columns;
      for (std::size_t k = 0; k < inner; ++k) {
        const T scale = ta ? left[k * rows + i] : left[i * inner + k];
        const T* other = right.data() + k * columns;
        for (std::size_t j = 0; j < columns; ++j) row[j] += scale * other[j];
      }
    }
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
    std::fill(out.begin(), out.end(), T(0));
    for (std::size_t i = 0; i < g.size(); i += out.size())
      for (std::size_t j = 0; j < out.size(); ++j) out[j] += g[i + j];
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
