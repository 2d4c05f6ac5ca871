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

// By two numbers, one after the other.
void scale_twice(const Instruction& i) {
  const Four first = splat(i.in[1][0]), second = splat(i.in[2][0]);
  for (std::int64_t x = 0; x < i.n; x += 4) store(i.out[0] + x, load(i.in[0] + x) * first * second);
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

// A part of many kernels, which would else be two calls deep.
[[gnu::always_inline]] inline void product_of(const Instruction& i) {
  if (i.small)
    return i.small(i.in[0], i.a_row, i.a_column, i.in[1], i.b_row, i.b_column, i.out[0], i.m, i.n,
                   i.flag ? i.in[2] : nullptr);
  multiply({i.in[0], i.a_row, i.a_column}, {i.in[1], i.b_row, i.b_column}, i.out[0], i.m, i.k, i.n, i.scratch,
           i.flag ? i.in[2] : nullptr);
}

void product(const Instruction& i) { product_of(i); }

void dense(const Instruction& i) {
  product_of(i);
  activate(i.activation, i.out[0], i.m * i.n);
}

template <class F, bool kGradientFirst>
void product_slope(const Instruction& i) {
  product_of(i);
  float* g = i.out[0];
  for (std::int64_t x = 0; x < i.m * i.n; x += 4)
    store(g + x, apply<F, !kGradientFirst>(load(g + x), load(i.in[2] + x)));
}

constexpr std::int64_t kChainRows = 128;

void run_chain(const Instruction& i) {
  for (std::int64_t row = 0; row < i.m; row += kChainRows)
    for (std::int64_t p = 0; p < i.k; ++p) {
      Instruction part = i.parts[p];
      part.m = std::min(kChainRows, i.m - row);
      if (p == 0) part.in[0] += row * part.a_row;
      if (p == i.k - 1) part.out[0] += row * part.n;
      run(part);
    }
}

// --- Images ----------------------------------------------------------------------------------------------

// Adds the bias to every place, and applies the activation.
void finish(const Instruction& i, float* out, std::int64_t elements) {
  if (i.flag)
    for (float* place = out; place < out + elements; place += i.n) {
      std::int64_t x = 0;
      for (; x + 4 <= i.n; x += 4) store(place + x, load(place + x) + load(i.in[2] + x));
      for (; x < i.n; ++x) place[x] += i.in[2][x];
    }
  activate(i.activation, out, elements);
}

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

// The sum of all n elements or their squares, divided by k.
template <bool kSquared>
void total(const Instruction& i) {
  float sum = 0;
  for (std::int64_t x = 0; x < i.n; ++x) sum += kSquared ? i.in[0][x] * i.in[0][x] : i.in[0][x];
  i.out[0][0] = i.flag ? sum / static_cast<float>(i.k) : sum;
}

// Differences, the sum of their squares as total() gives it, and where kScaled the differences by two
// numbers, one after the other: a squared loss with its gradient.
template <bool kScaled>
void squared_loss(const Instruction& i) {
  const float *a = i.in[0], *b = i.in[1];
  float* differences = i.out[0];
  Four first{}, second{};
  if constexpr (kScaled) first = splat(i.in[2][0]), second = splat(i.in[3][0]);
  for (std::int64_t x = 0; x < i.n; x += 4) {
    const Four difference = load(a + x) - load(b + x);
    store(differences + x, difference);
    if constexpr (kScaled) store(i.out[2] + x, difference * first * second);
  }
  float sum = 0;
  for (std::int64_t x = 0; x < i.n; ++x) sum += differences[x] * differences[x];
  i.out[1][0] = i.flag ? sum / static_cast<float>(i.k) : sum;
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

// --- Updates ---------------------------------------------------------------------------------------------

// Each rule is made of what it needs, and applied to n elements from `at` on of what is updated: `out`, the
// variable and its slots. gradient(x): those of four elements, the first of them `x` after `at`.

class GradientDescent {
 public:
  GradientDescent(const Instruction& i, const float* const* in)
      : variable_(i.out[0]), rate_(splat(in[0][0])) {}
  template <class Gradient>
  void apply(Gradient gradient, std::int64_t at, std::int64_t n) const {
    float* variable = variable_ + at;
    for (std::int64_t x = 0; x < n; x += 4) store(variable + x, load(variable + x) - gradient(x) * rate_);
  }

 private:
  float* variable_;
  Four rate_;
};

class Momentum {
 public:
  Momentum(const Instruction& i, const float* const* in)
      : variable_(i.out[0]),
        sum_(i.out[1]),
        rate_(splat(in[0][0])),
        keep_(splat(in[1][0])),
        is_nesterov_(i.flag) {}
  template <class Gradient>
  void apply(Gradient gradient, std::int64_t at, std::int64_t n) const {
    float *variable = variable_ + at, *sum = sum_ + at;
    for (std::int64_t x = 0; x < n; x += 4) {
      const Four g = gradient(x), a = load(sum + x) * keep_ + g;
      store(sum + x, a);
      store(variable + x, load(variable + x) - (is_nesterov_ ? g * rate_ + a * keep_ * rate_ : a * rate_));
    }
  }

 private:
  float *variable_, *sum_;
  Four rate_, keep_;
  bool is_nesterov_;
};

// in: powers of beta1 and beta2, learning rate, beta1, beta2, epsilon; out: variable, m, v.
class Adam {
 public:
  Adam(const Instruction& i, const float* const* in)
      : variable_(i.out[0]),
        means_(i.out[1]),
        squares_(i.out[2]),
        rate_(splat(in[2][0] * std::sqrt(1.f - in[1][0]) / (1.f - in[0][0]))),
        beta1_(splat(in[3][0])),
        rest1_(splat(1.f - in[3][0])),
        rest2_(splat(1.f - in[4][0])),
        epsilon_(splat(in[5][0])),
        is_nesterov_(i.flag) {}
  template <class Gradient>
  void apply(Gradient gradient, std::int64_t at, std::int64_t n) const {
    float *variable = variable_ + at, *means = means_ + at, *squares = squares_ + at;
    for (std::int64_t x = 0; x < n; x += 4) {
      const Four g = gradient(x), m = load(means + x), v = load(squares + x);
      const Four mean = m + (g - m) * rest1_, square = v + (g * g - v) * rest2_;
      store(means + x, mean);
      store(squares + x, square);
      const Four step = is_nesterov_ ? g * rest1_ + beta1_ * mean : mean;
      store(variable + x, load(variable + x) - step * rate_ / (root(square) + epsilon_));
    }
  }

 private:
  float *variable_, *means_, *squares_;
  Four rate_, beta1_, rest1_, rest2_, epsilon_;
  bool is_nesterov_;
};

auto from_memory(const float* gradient) {
  return [gradient](std::int64_t x) { return load(gradient + x); };
}

// k: which input the gradient is.
template <class Rule>
void update(const Instruction& i) {
  Rule(i, i.in).apply(from_memory(i.in[i.k]), 0, i.n);
}

// in: the product's operands, then those of the update.
template <class Rule>
void product_update(const Instruction& i) {
  const Rule rule(i, i.in + 2);
  // Of one example: a product for each weight, which need not be kept.
  if (i.k == 1 && i.b_column == 1 && i.n % 4 == 0) {
    for (std::int64_t row = 0; row < i.m; ++row) {
      const Four scale = splat(i.in[0][row * i.a_row]);
      // -0 would be no sum that begins at 0.
      rule.apply([&](std::int64_t x) { return Four{} + scale * load(i.in[1] + x); }, row * i.n, i.n);
    }
    return;
  }
  float* panel = i.scratch + product_scratch(i.m, i.k, i.n);
  for (std::int64_t row = 0; row < i.m; row += i.panel) {
    const std::int64_t rows = std::min(i.panel, i.m - row);
    multiply({i.in[0] + row * i.a_row, i.a_row, i.a_column}, {i.in[1], i.b_row, i.b_column}, panel, rows, i.k,
             i.n, i.scratch);
    rule.apply(from_memory(panel), row * i.n, rows * i.n);
  }
}

// in: the rows, then the operands of the update.
template <class Rule>
void sum_update(const Instruction& i) {
  sum_rows(i.in[0], i.m, i.n, i.scratch);
  Rule(i, i.in + 1).apply(from_memory(i.scratch), 0, i.n);
}

constexpr std::int64_t kMostSmall = 8 * 8 + 4;  // Weights, and room to write beyond.

// parts: those updates of weights and of biases, and what may come before them.
template <class Rule>
void layer_update(const Instruction& i) {
  const Instruction &weights = i.parts[0], &biases = i.parts[1];
  if (i.k > 2) run(i.parts[2]);
  float *products = i.scratch, *sums = products + kMostSmall;
  i.outer(weights.in[0], weights.in[1], weights.k, weights.m, weights.n, products, sums);
  // Both are read before either is written: what they need may be a variable.
  const Rule of_weights(weights, weights.in + 2), of_biases(biases, biases.in + 1);
  of_weights.apply(from_memory(products), 0, weights.m * weights.n);
  of_biases.apply(from_memory(sums), 0, biases.n);
}

// --- Running ---------------------------------------------------------------------------------------------

// WebAssembly's engine looks at the type of what a pointer leads to, whenever it is called. What small nets
// are made of, `kNamed`, is called by name, which makes their steps a tenth faster.
template <void (*... kNamed)(const Instruction&)>
bool ran(const Instruction& i) {
  return ((i.run == kNamed && (kNamed(i), true)) || ...);
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
  i.small = small_product(i.k, i.n);
  made.scratch = product_scratch(i.m, i.k, i.n);
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
  // The order is the same for few; rows' sums may go into an update.
  const bool are_rows = !is_whole || (!kMean && elements(in[0]) < kManyRows);
  Recipe made = recipe(are_rows ? total_of_rows : total<false>, {in[0].value}, {out[0].value});
  made.instruction.n = are_rows ? elements(out[0]) : elements(in[0]);
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
  return copy_of(in[1].value, out[0].value, elements(in[1]));
}

// `in`: what the rule needs, then the gradient.
template <class Rule>
Recipe update_recipe(std::vector<int> in, std::vector<int> out, std::int64_t elements) {
  Recipe made = recipe(update<Rule>, std::move(in), std::move(out));
  made.instruction.k = static_cast<std::int64_t>(made.in.size()) - 1;
  made.instruction.n = elements;
  made.after_product = product_update<Rule>;
  made.after_sum = sum_update<Rule>;
  made.of_layer = layer_update<Rule>;
  return made;
}

std::optional<Recipe> on_gradient_descent(const Node&, const Operands& in, const Operands& out) {
  return update_recipe<GradientDescent>({in[1].value, in[2].value}, {out[0].value}, elements(in[2]));
}

std::optional<Recipe> on_momentum(const Node& node, const Operands& in, const Operands& out) {
  Recipe made = update_recipe<Momentum>({in[2].value, in[4].value, in[3].value}, {out[0].value, in[1].value},
                                        elements(in[3]));
  made.instruction.flag = node.attr<bool>("use_nesterov");
  return made;
}

std::optional<Recipe> on_adam(const Node& node, const Operands& in, const Operands& out) {
  std::vector<int> read;
  for (std::size_t i = 3; i < in.size(); ++i) read.push_back(in[i].value);
  Recipe made =
      update_recipe<Adam>(std::move(read), {out[0].value, in[1].value, in[2].value}, elements(out[0]));
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
      {"ApplyAdam", on_adam},
  };
  return makes;
}

}  // namespace

void run(const Instruction& i) {
  if (!ran<dense, product_slope<TanhSlope, false>, product_slope<ReluSlope, true>,
           product_slope<SigmoidSlope, false>, layer_update<GradientDescent>, layer_update<Momentum>,
           layer_update<Adam>, squared_loss<true>>(i))
    i.run(i);
}

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

void fuse_slope(Recipe& made, Activation activation, const Operand& y, int out) {
  made.instruction.run = activation == Activation::kRelu   ? product_slope<ReluSlope, true>
                         : activation == Activation::kTanh ? product_slope<TanhSlope, false>
                                                           : product_slope<SigmoidSlope, false>;
  made.in.push_back(y.value);
  made.out = {out};
}

bool fuse_gradient(Recipe& update, const Recipe& gradient) {
  const bool is_product = gradient.instruction.run == product;
  if (!is_product && gradient.instruction.run != total_of_rows) return false;
  Recipe made = gradient;
  made.instruction.run = is_product ? update.after_product : update.after_sum;
  if (!made.instruction.run) return false;
  made.instruction.flag = update.instruction.flag;
  made.in.insert(made.in.end(), update.in.begin(), update.in.end() - 1);
  made.out = update.out;
  made.of_layer = update.of_layer;
  made.may_overwrite = false;
  if (is_product) {
    // Whole vectors, in half of the nearest memory.
    constexpr std::int64_t kPanel = 4096;
    made.instruction.panel = std::max<std::int64_t>(4, kPanel / made.instruction.n / 4 * 4);
    made.scratch += made.instruction.panel * made.instruction.n + 4;
  } else {
    made.scratch = made.instruction.n + 4;
  }
  update = std::move(made);
  return true;
}

std::optional<Recipe> joined(const Recipe& first, const Recipe& second, bool is_only_reader) {
  Recipe made = second;
  const auto is = [](const Recipe& recipe, auto run) { return recipe.instruction.run == run; };
  if (is(first, two<Subtract, Meet::kSame, false>) && is(second, total<true>)) {
    made.instruction.run = squared_loss<false>;
    made.in = first.in;
    made.out = {first.out[0], second.out[0]};
    return made;
  }
  // Not by what the first only makes: all numbers are read before anything is summed.
  if (is(first, squared_loss<false>) && is(second, scale_twice) && second.in[0] == first.out[0] &&
      std::find_first_of(second.in.begin() + 1, second.in.end(), first.out.begin(), first.out.end()) ==
          second.in.end()) {
    made = first;
    made.instruction.run = squared_loss<true>;
    made.in.insert(made.in.end(), second.in.begin() + 1, second.in.end());
    made.out.push_back(second.out[0]);
    return made;
  }
  if (!is_only_reader) return std::nullopt;
  if (is(first, one<Square>) && is(second, total<false>)) {
    made.instruction.run = total<true>;
    made.in = first.in;
    return made;
  }
  // Which operand the number is; -1 of what scales nothing.
  const auto number = [&](const Recipe& recipe) {
    return is(recipe, two<Multiply, Meet::kScalar, false>)  ? 1
           : is(recipe, two<Multiply, Meet::kScalar, true>) ? 0
                                                            : -1;
  };
  const int one = number(first), other = number(second);
  if (one < 0 || other < 0 || second.in[static_cast<std::size_t>(1 - other)] != first.out[0])
    return std::nullopt;
  made.instruction.run = scale_twice;
  made.in = {first.in[static_cast<std::size_t>(1 - one)], first.in[static_cast<std::size_t>(one)],
             second.in[static_cast<std::size_t>(other)]};
  return made;
}

std::optional<Recipe> layer_gradient(const Recipe& weights, const Recipe& biases, const Recipe* before) {
  const Instruction &w = weights.instruction, &b = biases.instruction;
  const auto rule = [](const Recipe& update, std::ptrdiff_t own) {
    return std::vector<int>(update.in.begin() + own, update.in.end());
  };
  const bool belong = weights.of_layer && weights.of_layer == biases.of_layer && w.panel > 0 &&
                      b.panel == 0 && weights.in[1] == biases.in[0] && w.flag == b.flag &&
                      rule(weights, 2) == rule(biases, 1);
  SmallOuterSums* const outer = small_outer_sums(w.m, w.n);
  const bool are_alike = w.a_row == 1 && w.a_column == w.m && w.b_column == 1 && b.m == w.k && b.n == w.n;
  if (!belong || !are_alike || !outer) return std::nullopt;
  Recipe made;
  made.instruction.outer = outer;
  made.instruction.run = weights.of_layer;
  made.parts = {weights, biases};
  if (before) made.parts.push_back(*before);
  made.instruction.k = static_cast<std::int64_t>(made.parts.size());
  made.scratch = 2 * kMostSmall;
  for (const Recipe& part : made.parts) {
    made.in.insert(made.in.end(), part.in.begin(), part.in.end());
    made.out.insert(made.out.end(), part.out.begin(), part.out.end());
    made.scratch = std::max(made.scratch, part.scratch);
  }
  return made;
}

Recipe copy_of(int value, int to, std::int64_t elements) {
  Recipe made = recipe(copy, {value}, {to});
  made.instruction.n = elements;
  return made;
}

bool may_chain(const Recipe& layer) {
  const Instruction& i = layer.instruction;
  return (i.run == product || i.run == dense) && i.m >= 2 * kChainRows && i.a_column == 1;
}

Recipe chain(std::vector<Recipe> layers) {
  Recipe made;
  made.instruction.run = run_chain;
  made.instruction.m = layers[0].instruction.m;
  made.instruction.k = static_cast<std::int64_t>(layers.size());
  for (std::size_t l = 0; l < layers.size(); ++l) {
    made.in.insert(made.in.end(), layers[l].in.begin() + (l > 0), layers[l].in.end());
    made.out.push_back(layers[l].out[0]);
    made.scratch = std::max(made.scratch, layers[l].scratch);
  }
  made.parts = std::move(layers);
  return made;
}

Slope slope_of(const Node& node) {
  const std::string_view type = node.op->type;
  if (type == "ReluGrad") return {Activation::kRelu, 0};
  if (type == "TanhGrad") return {Activation::kTanh, 1};
  if (type == "SigmoidGrad") return {Activation::kSigmoid, 1};
  return {};
}

Activation activation_of(const Node& node) {
  const std::string_view type = node.op->type;
  return type == "Relu"      ? Activation::kRelu
         : type == "Tanh"    ? Activation::kTanh
         : type == "Sigmoid" ? Activation::kSigmoid
                             : Activation::kNone;
}

}  // namespace sandflow
