// The kernels, and the list of operations that have them. Each computes what the operation's own kernel
// computes, element by element in the same order, so that a program and a plan give the same bits.
#include "engine/session/instructions.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

#include "engine/core/math.h"
#include "engine/core/product.h"
#include "engine/core/vector.h"
#include "engine/ops/sliding.h"

namespace sandflow {

namespace {

std::span<float> span_of(float* data, std::int64_t n) { return {data, static_cast<std::size_t>(n)}; }
std::span<const float> span_of(const float* data, std::int64_t n) {
  return {data, static_cast<std::size_t>(n)};
}

// --- Element by element ----------------------------------------------------------------------------------

// Functions of one number or of four: T is float or Four.
struct Add {
  template <class T>
  static T of(T a, T b) {
    return a + b;
  }
};
struct Subtract {
  template <class T>
  static T of(T a, T b) {
    return a - b;
  }
};
struct Multiply {
  template <class T>
  static T of(T a, T b) {
    return a * b;
  }
};
struct Divide {
  template <class T>
  static T of(T a, T b) {
    return a / b;
  }
};
struct SquaredDifference {
  template <class T>
  static T of(T a, T b) {
    return (a - b) * (a - b);
  }
};
struct ReluSlope {
  template <class T>
  static T of(T g, T features) {
    return features > T{} ? g : T{};
  }
};
struct TanhSlope {
  template <class T>
  static T of(T y, T g) {
    return g * (1.f - y * y);
  }
};
struct SigmoidSlope {
  template <class T>
  static T of(T y, T g) {
    return g * y * (1.f - y);
  }
};
struct Square {
  template <class T>
  static T of(T x) {
    return x * x;
  }
};
struct Negative {
  template <class T>
  static T of(T x) {
    return -x;
  }
};
struct Rectified {
  template <class T>
  static T of(T x) {
    return x < T{} ? T{} : x;
  }
};

template <class F>
void one(const Instruction& i) {
  for (std::int64_t x = 0; x < i.n; x += 4) store(i.out[0] + x, F::of(load(i.in[0] + x)));
}

// How the second operand (or the first, where kTurned) meets the other: with as many elements, one for all, a
// row for each of m rows, or one for each row.
enum class Meet { kSame, kScalar, kRow, kColumn };

template <class F, bool kTurned, class T>
T apply(T whole, T part) {
  return kTurned ? F::of(part, whole) : F::of(whole, part);
}

template <class F, Meet kMeet, bool kTurned>
void two(const Instruction& i) {
  const float *whole = i.in[kTurned], *part = i.in[!kTurned];
  float* out = i.out[0];
  if constexpr (kMeet == Meet::kSame) {
    for (std::int64_t x = 0; x < i.n; x += 4)
      store(out + x, apply<F, kTurned>(load(whole + x), load(part + x)));
  } else if constexpr (kMeet == Meet::kScalar) {
    const Four number = splat(part[0]);
    for (std::int64_t x = 0; x < i.n; x += 4) store(out + x, apply<F, kTurned>(load(whole + x), number));
  } else {
    // Row by row; a vector that reached into the next row would change what is still to be read there.
    for (std::int64_t row = 0; row < i.m; ++row, whole += i.n, out += i.n) {
      std::int64_t x = 0;
      if constexpr (kMeet == Meet::kRow) {
        for (; x + 4 <= i.n; x += 4) store(out + x, apply<F, kTurned>(load(whole + x), load(part + x)));
        for (; x < i.n; ++x) out[x] = apply<F, kTurned>(whole[x], part[x]);
      } else {
        for (; x + 4 <= i.n; x += 4) store(out + x, apply<F, kTurned>(load(whole + x), splat(part[row])));
        for (; x < i.n; ++x) out[x] = apply<F, kTurned>(whole[x], part[row]);
      }
    }
  }
}

template <void (*kFunction)(std::span<const float>, std::span<float>)>
void mapped(const Instruction& i) {
  kFunction(span_of(i.in[0], i.n), span_of(i.out[0], i.n));
}

void copy(const Instruction& i) { std::copy_n(i.in[0], i.n, i.out[0]); }

// --- Products --------------------------------------------------------------------------------------------

void activate(Activation activation, float* x, std::int64_t n) {
  if (activation == Activation::kRelu)
    for (std::int64_t i = 0; i < n; i += 4) store(x + i, Rectified::of(load(x + i)));
  else if (activation == Activation::kTanh)
    math::tanh(span_of(x, n), span_of(x, n));
  else if (activation == Activation::kSigmoid)
    math::logistic(span_of(x, n), span_of(x, n));
}

void product(const Instruction& i) {
  multiply({i.in[0], i.a_row, i.a_column}, {i.in[1], i.b_row, i.b_column}, i.out[0], i.m, i.k, i.n,
           i.scratch);
}

// Adds the bias to every row, and applies the activation.
void finish(const Instruction& i, float* out, std::int64_t elements) {
  if (i.flag)
    for (float* row = out; row < out + elements; row += i.n) {
      std::int64_t x = 0;
      for (; x + 4 <= i.n; x += 4) store(row + x, load(row + x) + load(i.in[2] + x));
      for (; x < i.n; ++x) row[x] += i.in[2][x];
    }
  activate(i.activation, out, elements);
}

// The sums are still in the nearest memory when the bias comes.
void dense(const Instruction& i) {
  product(i);
  finish(i, i.out[0], i.m * i.n);
}

// --- Images ----------------------------------------------------------------------------------------------

void convolution(const Instruction& i) {
  const bool is_fused = i.flag || i.activation != Activation::kNone;
  convolve(i.sliding, i.in[0], i.in[1], i.out[0], i.scratch,
           is_fused
               ? [](const void* with, float* out,
                    std::int64_t elements) { finish(*static_cast<const Instruction*>(with), out, elements); }
               : Finish(),
           &i);
}
void convolution_to_input(const Instruction& i) {
  convolve_to_input(i.sliding, i.in[0], i.in[1], i.out[0], i.scratch);
}
void convolution_to_filter(const Instruction& i) {
  convolve_to_filter(i.sliding, i.in[0], i.in[1], i.out[0], i.scratch);
}
void pooling(const Instruction& i) { max_pool(i.sliding, i.in[0], i.out[0]); }
void pooling_gradient(const Instruction& i) { max_pool_gradient(i.sliding, i.in[0], i.in[1], i.out[0]); }

// --- Sums ------------------------------------------------------------------------------------------------

// The sum of all n elements, divided by k.
void total(const Instruction& i) {
  float sum = 0;
  for (std::int64_t x = 0; x < i.n; ++x) sum += i.in[0][x];
  i.out[0][0] = i.flag ? sum / static_cast<float>(i.k) : sum;
}

// The sum of m rows of n elements.
void total_of_rows(const Instruction& i) { sum_rows(i.in[0], i.m, i.n, i.out[0]); }

// --- Softmax cross-entropy -------------------------------------------------------------------------------

// m rows of n classes: in logits and labels, out losses and their gradients. scratch: a sum and a maximum for
// each row.
void cross_entropy(const Instruction& i) {
  const float *logits = i.in[0], *labels = i.in[1];
  float *losses = i.out[0], *slopes = i.out[1], *sums = i.scratch, *largest = i.scratch + i.m + 4;
  for (std::int64_t r = 0; r < i.m; ++r) {
    const float* x = logits + r * i.n;
    largest[r] = *std::max_element(x, x + i.n);
    for (std::int64_t j = 0; j < i.n; ++j) slopes[r * i.n + j] = x[j] - largest[r];
  }
  math::exp(span_of(slopes, i.m * i.n), span_of(slopes, i.m * i.n));
  for (std::int64_t r = 0; r < i.m; ++r) {
    float sum = 0;
    for (std::int64_t j = 0; j < i.n; ++j) sum += slopes[r * i.n + j];
    sums[r] = sum;
  }
  math::log(span_of(sums, i.m), span_of(losses, i.m));
  for (std::int64_t r = 0; r < i.m; ++r) {
    const float log_sum = losses[r], sum = sums[r];
    const float *x = logits + r * i.n, *y = labels + r * i.n;
    float* slope = slopes + r * i.n;
    float loss = 0;
    for (std::int64_t j = 0; j < i.n; ++j) {
      loss += y[j] * (log_sum - (x[j] - largest[r]));
      slope[j] = slope[j] / sum - y[j];
    }
    losses[r] = loss;
  }
}

// --- Updates: out are the variable and its slots -----------------------------------------------------------

void gradient_descent(const Instruction& i) {
  const Four rate = splat(i.in[0][0]);
  for (std::int64_t x = 0; x < i.n; x += 4)
    store(i.out[0] + x, load(i.out[0] + x) - load(i.in[1] + x) * rate);
}

void momentum(const Instruction& i) {
  const Four rate = splat(i.in[0][0]), keep = splat(i.in[2][0]);
  for (std::int64_t x = 0; x < i.n; x += 4) {
    const Four g = load(i.in[1] + x), a = load(i.out[1] + x) * keep + g;
    store(i.out[1] + x, a);
    store(i.out[0] + x, load(i.out[0] + x) - (i.flag ? g * rate + a * keep * rate : a * rate));
  }
}

// --- The list --------------------------------------------------------------------------------------------

using Operands = std::vector<Operand>;

std::int64_t elements(const Operand& operand) { return operand.shape->elements(); }

Recipe recipe(void (*run)(const Instruction&), std::vector<int> in, std::vector<int> out) {
  Recipe made;
  made.instruction.run = run;
  made.in = std::move(in);
  made.out = std::move(out);
  return made;
}

template <void (*kRun)(const Instruction&)>
std::optional<Recipe> on_each(const Node&, const Operands& in, const Operands& out) {
  Recipe made = recipe(kRun, {in[0].value}, {out[0].value});
  made.instruction.n = elements(in[0]);
  made.may_overwrite = true;
  return made;
}

// The sizes of a row that is the same for all rows, or of a number for each row; how they meet, if they do.
std::optional<Meet> meeting(const Shape& whole, const Operand& part, Instruction& sizes) {
  sizes.n = whole.elements();
  if (part.is_scalar()) return Meet::kScalar;
  if (*part.shape == whole) return Meet::kSame;
  const std::vector<std::int64_t>& dims = part.shape->dims();
  const auto first = std::find_if(dims.begin(), dims.end(), [](std::int64_t d) { return d != 1; });
  const auto tail = static_cast<std::size_t>(dims.end() - first);
  if (std::equal(first, dims.end(), whole.dims().end() - static_cast<std::ptrdiff_t>(tail))) {
    sizes.n = part.shape->elements();
    sizes.m = whole.elements() / sizes.n;
    return Meet::kRow;
  }
  std::size_t head = 0;
  while (dims.size() == whole.dims().size() && head < dims.size() && dims[head] == whole.dims()[head]) ++head;
  if (dims.size() == whole.dims().size() && std::all_of(dims.begin() + static_cast<std::ptrdiff_t>(head),
                                                        dims.end(), [](std::int64_t d) { return d == 1; })) {
    sizes.m = part.shape->elements();
    sizes.n = whole.elements() / sizes.m;
    return Meet::kColumn;
  }
  return std::nullopt;
}

template <class F, bool kTurned>
auto kernel_for(Meet meet) {
  return meet == Meet::kSame     ? two<F, Meet::kSame, kTurned>
         : meet == Meet::kScalar ? two<F, Meet::kScalar, kTurned>
         : meet == Meet::kRow    ? two<F, Meet::kRow, kTurned>
                                 : two<F, Meet::kColumn, kTurned>;
}

template <class F>
std::optional<Recipe> on_pairs(const Node&, const Operands& in, const Operands& out) {
  const Shape& whole = *out[0].shape;
  if (whole.elements() == 0) return std::nullopt;
  Recipe made = recipe(nullptr, {in[0].value, in[1].value}, {out[0].value});
  made.may_overwrite = true;
  const bool turned = *in[0].shape != whole || (in[0].is_scalar() && *in[1].shape == whole);
  if (*in[turned].shape != whole) return std::nullopt;
  const auto meet = meeting(whole, in[!turned], made.instruction);
  if (!meet) return std::nullopt;
  made.instruction.run = turned ? kernel_for<F, true>(*meet) : kernel_for<F, false>(*meet);
  return made;
}

std::optional<Recipe> on_matrices(const Node& node, const Operands& in, const Operands& out) {
  Recipe made = recipe(product, {in[0].value, in[1].value}, {out[0].value});
  Instruction& i = made.instruction;
  const bool ta = node.attr<bool>("transpose_a"), tb = node.attr<bool>("transpose_b");
  i.m = out[0].shape->dim(0);
  i.n = out[0].shape->dim(1);
  i.k = in[0].shape->dim(1 - ta);
  i.a_row = ta ? 1 : i.k;
  i.a_column = ta ? i.m : 1;
  i.b_row = tb ? 1 : i.n;
  i.b_column = tb ? i.k : 1;
  made.scratch = product_scratch(i.k);
  return made;
}

// Only where axes fall together: all of them, or the first ones.
template <bool kMean>
std::optional<Recipe> on_axes(const Node&, const Operands& in, const Operands& out) {
  if (!in[1].constant) return std::nullopt;
  const Shape& shape = *in[0].shape;
  std::vector<bool> folded(static_cast<std::size_t>(shape.rank()), false);
  for (std::int64_t a = 0; a < in[1].constant->elements(); ++a) {
    const std::int64_t axis = in[1].constant->integer(a);
    folded[static_cast<std::size_t>(axis < 0 ? axis + shape.rank() : axis)] = true;
  }
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (shape.dim(axis) == 1)
      folded[static_cast<std::size_t>(axis)] = axis == 0 || folded[static_cast<std::size_t>(axis) - 1];
  const auto kept = std::find(folded.begin(), folded.end(), false);
  if (elements(in[0]) == 0 || std::find(kept, folded.end(), true) != folded.end()) return std::nullopt;
  const bool is_whole = kept == folded.end();
  if (kMean && !is_whole) return std::nullopt;
  Recipe made = recipe(is_whole ? total : total_of_rows, {in[0].value}, {out[0].value});
  made.instruction.n = is_whole ? elements(in[0]) : elements(out[0]);
  made.instruction.m = elements(in[0]) / made.instruction.n;
  made.instruction.k = elements(in[0]);
  made.instruction.flag = kMean;
  return made;
}

std::optional<Recipe> on_bias_gradient(const Node&, const Operands& in, const Operands& out) {
  Recipe made = recipe(total_of_rows, {in[0].value}, {out[0].value});
  made.instruction.n = elements(out[0]);
  made.instruction.m = elements(out[0]) ? elements(in[0]) / elements(out[0]) : 0;
  return made;
}

std::optional<Recipe> on_logits(const Node&, const Operands& in, const Operands& out) {
  if (elements(in[0]) == 0) return std::nullopt;
  Recipe made = recipe(cross_entropy, {in[0].value, in[1].value}, {out[0].value, out[1].value});
  made.instruction.m = in[0].shape->dim(0);
  made.instruction.n = in[0].shape->dim(1);
  made.scratch = 2 * (made.instruction.m + 4);
  return made;
}

// What the graph says of a window, where the fast kernels can do it.
std::optional<Recipe> sliding_recipe(const Node& node, void (*run)(const Instruction&), std::vector<int> in,
                                     int out, const Shape& input, const Shape* filter,
                                     bool (Sliding::*can)() const) {
  const std::optional<Sliding> s = sliding_of(node, input, filter);
  if (!s || !((*s).*can)()) return std::nullopt;
  Recipe made = recipe(run, std::move(in), {out});
  made.instruction.sliding = *s;
  made.instruction.n = s->filters;
  made.scratch = s->scratch();
  return made;
}

std::optional<Recipe> on_convolution(const Node& node, const Operands& in, const Operands& out) {
  return sliding_recipe(node, convolution, {in[0].value, in[1].value}, out[0].value, *in[0].shape,
                        in[1].shape, &Sliding::has_fast_output);
}
std::optional<Recipe> on_input_gradient(const Node& node, const Operands& in, const Operands& out) {
  return sliding_recipe(node, convolution_to_input, {in[1].value, in[2].value}, out[0].value, *out[0].shape,
                        in[1].shape, &Sliding::has_fast_input);
}
std::optional<Recipe> on_filter_gradient(const Node& node, const Operands& in, const Operands& out) {
  return sliding_recipe(node, convolution_to_filter, {in[0].value, in[2].value}, out[0].value, *in[0].shape,
                        out[0].shape, &Sliding::has_fast_output);
}
std::optional<Recipe> on_pooling(const Node& node, const Operands& in, const Operands& out) {
  return sliding_recipe(node, pooling, {in[0].value}, out[0].value, *in[0].shape, nullptr,
                        &Sliding::has_fast_output);
}
std::optional<Recipe> on_pooling_gradient(const Node& node, const Operands& in, const Operands& out) {
  return sliding_recipe(node, pooling_gradient, {in[0].value, in[2].value}, out[0].value, *in[0].shape,
                        nullptr, &Sliding::has_fast_output);
}

std::optional<Recipe> on_assign(const Node&, const Operands& in, const Operands& out) {
  Recipe made = recipe(copy, {in[1].value}, {out[0].value});
  made.instruction.n = elements(in[1]);
  return made;
}

std::optional<Recipe> on_gradient_descent(const Node&, const Operands& in, const Operands& out) {
  Recipe made = recipe(gradient_descent, {in[1].value, in[2].value}, {out[0].value});
  made.instruction.n = elements(in[2]);
  return made;
}

std::optional<Recipe> on_momentum(const Node& node, const Operands& in, const Operands& out) {
  Recipe made = recipe(momentum, {in[2].value, in[3].value, in[4].value}, {out[0].value, in[1].value});
  made.instruction.n = elements(in[3]);
  made.instruction.flag = node.attr<bool>("use_nesterov");
  return made;
}

using Make = std::optional<Recipe> (*)(const Node&, const Operands&, const Operands&);

const std::map<std::string_view, Make>& list() {
  static const std::map<std::string_view, Make> makes = {
      {"Add", on_pairs<Add>},
      {"AddV2", on_pairs<Add>},
      {"BiasAdd", on_pairs<Add>},
      {"Sub", on_pairs<Subtract>},
      {"Mul", on_pairs<Multiply>},
      {"RealDiv", on_pairs<Divide>},
      {"SquaredDifference", on_pairs<SquaredDifference>},
      {"ReluGrad", on_pairs<ReluSlope>},
      {"TanhGrad", on_pairs<TanhSlope>},
      {"SigmoidGrad", on_pairs<SigmoidSlope>},
      {"Square", on_each<one<Square>>},
      {"Neg", on_each<one<Negative>>},
      {"Relu", on_each<one<Rectified>>},
      {"Exp", on_each<mapped<math::exp>>},
      {"Log", on_each<mapped<math::log>>},
      {"Tanh", on_each<mapped<math::tanh>>},
      {"Sigmoid", on_each<mapped<math::logistic>>},
      {"MatMul", on_matrices},
      {"Sum", on_axes<false>},
      {"Mean", on_axes<true>},
      {"BiasAddGrad", on_bias_gradient},
      {"SoftmaxCrossEntropyWithLogits", on_logits},
      {"Conv2D", on_convolution},
      {"Conv2DBackpropInput", on_input_gradient},
      {"Conv2DBackpropFilter", on_filter_gradient},
      {"MaxPool", on_pooling},
      {"MaxPoolGrad", on_pooling_gradient},
      {"Assign", on_assign},
      {"ApplyGradientDescent", on_gradient_descent},
      {"ApplyMomentum", on_momentum},
  };
  return makes;
}

}  // namespace

bool Operand::is_scalar() const {
  if (shape->elements() == 1) return true;
  if (!constant || constant->dtype() != DType::kFloat32) return false;
  const auto x = constant->read<float>();
  return !x.empty() && std::all_of(x.begin(), x.end(), [&](float v) { return v == x[0]; });
}

std::optional<Recipe> recipe_for(const Node& node, const Operands& in, const Operands& out) {
  const auto make = list().find(node.op->type);
  return make == list().end() ? std::nullopt : make->second(node, in, out);
}

void fuse_bias(Recipe& made, const Operand& bias, int out) {
  if (made.instruction.run == product) made.instruction.run = dense;
  made.instruction.flag = true;
  made.in.push_back(bias.value);
  made.out = {out};
}

void fuse_activation(Recipe& made, Activation activation, int out) {
  if (made.instruction.run == product) made.instruction.run = dense;
  made.instruction.activation = activation;
  made.out = {out};
}

Activation activation_of(const Node& node) {
  const std::string_view type = node.op->type;
  return type == "Relu"      ? Activation::kRelu
         : type == "Tanh"    ? Activation::kTanh
         : type == "Sigmoid" ? Activation::kSigmoid
                             : Activation::kNone;
}

}  // namespace sandflow
