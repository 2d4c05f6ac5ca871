// One step of an optimizer on one variable (core/kernels/training_ops.cc).
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "engine/core/math.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/list.h"

namespace sandflow {

namespace {

// The variable, its slots and the gradient are of one shape; everything else is a number.
bool is_number(const Arg& arg) {
  const std::string_view name = arg.name;
  return !arg.is_ref && name != "grad" && name != "delta";
}

Status infer_apply(InferenceContext& c) {
  Shape shape = c.input(0);
  for (int i = 1; i < c.inputs(); ++i) {
    if (is_number(c.node().op->inputs[static_cast<std::size_t>(i)])) {
      SANDFLOW_TRY(c.require_rank(i, 0));
      continue;
    }
    Result<Shape> merged = merge(shape, c.input(i));
    if (!merged.ok()) return merged.error();
    shape = *std::move(merged);
  }
  c.output(0, shape);
  return {};
}

// What TensorFlow calls an input when it complains about it.
std::string spoken_name(std::string_view input) {
  if (input == "l1" || input == "l2") return cat(input, " regularization strength");
  if (input == "l2_shrinkage") return "l2 shrinkage regularization strength";
  if (input == "gradient_accumulator") return "gradient_accum";
  if (input == "gradient_squared_accumulator") return "gradient_squared_accum";
  return std::string(input);
}

// Some kernels look at the sign of a number, too; the message is about its shape all the same.
Status check_number(KernelContext& c, int i, bool looks_at_sign) {
  const Tensor& tensor = c.input(i);
  const std::string_view name = c.node().op->inputs[static_cast<std::size_t>(i)].name;
  const bool is_scalar = tensor.shape().rank() == 0;
  const char* sign = "";
  bool is_fine = is_scalar;
  if (looks_at_sign) {
    const double x = is_scalar ? tensor.number(0) : 0;
    sign = name == "lr" ? "positive " : name == "lr_power" ? "non-positive " : "non-negative ";
    is_fine = is_scalar && (name == "lr" ? x > 0 : name == "lr_power" ? x <= 0 : x >= 0);
  }
  if (is_fine) return {};
  return invalid_argument(cat(spoken_name(name), " is not a ", sign, "scalar: ", tensor.shape().runtime()));
}

Status check_inputs(KernelContext& c, bool looks_at_signs) {
  const Shape& shape = c.input(0).shape();
  for (int i = 1; i < c.inputs(); ++i) {
    const Arg& arg = c.node().op->inputs[static_cast<std::size_t>(i)];
    if (is_number(arg))
      SANDFLOW_TRY(check_number(c, i, looks_at_signs));
    else if (c.input(i).shape() != shape)
      return invalid_argument(cat("var and ", spoken_name(arg.name), " do not have the same shape",
                                  shape.runtime(), " ", c.input(i).shape().runtime()));
  }
  return {};
}

// What a step works with: the numbers by name, and every element of gradient, variable and slots.
template <class T>
class Step {
 public:
  explicit Step(KernelContext& c) : c_(c) {}

  T operator[](std::string_view name) const { return c_.in<T>(index(name))[0]; }
  std::int64_t integer(std::string_view name) const { return c_.input(index(name)).integer(0); }
  bool flag(std::string_view name) const { return c_.node().attr<bool>(name); }

  // Calls update(g, w, slots...) for each element.
  template <class Update>
  void each(Update update) const {
    if constexpr (std::is_invocable_v<Update, T, T&>)
      loop(update);
    else if constexpr (std::is_invocable_v<Update, T, T&, T&>)
      loop(update, slot(1));
    else if constexpr (std::is_invocable_v<Update, T, T&, T&, T&>)
      loop(update, slot(1), slot(2));
    else
      loop(update, slot(1), slot(2), slot(3));
  }

 private:
  int index(std::string_view name) const {
    const std::vector<Arg>& inputs = c_.node().op->inputs;
    const auto it = std::find_if(inputs.begin(), inputs.end(), [&](const Arg& a) { return name == a.name; });
    SANDFLOW_CHECK(it != inputs.end());
    return static_cast<int>(it - inputs.begin());
  }
  int gradient() const {
    int i = 0;
    while (c_.node().op->inputs[static_cast<std::size_t>(i)].is_ref ||
           is_number(c_.node().op->inputs[static_cast<std::size_t>(i)]))
      ++i;
    return i;
  }
  std::span<T> slot(int i) const { return c_.variable(i).value.template write<T>(); }

  template <class Update, class... Slots>
  void loop(Update update, Slots... slots) const {
    const std::span<T> w = slot(0);
    const std::span<const T> g = c_.in<T>(gradient());
    for (std::size_t i = 0; i < w.size(); ++i) update(g[i], w[i], slots[i]...);
  }

  KernelContext& c_;
};

template <class Rule, bool kLooksAtSigns = false>
Status apply(KernelContext& c) {
  SANDFLOW_TRY(check_inputs(c, kLooksAtSigns));
  return with_floating(c.input(0).dtype(), [&]<class T>() {
    Rule::run(Step<T>(c));
    return Status();
  });
}

template <class T>
T rsqrt(T x) {
  return T(1) / std::sqrt(x);
}
template <class T>
T sign(T x) {
  return x == T(0) ? T(0) : x < T(0) ? T(-1) : T(1);
}

struct GradientDescent {
  template <class T>
  static void run(const Step<T>& step) {
    const T lr = step["alpha"];
    step.each([&](T g, T& w) { w -= g * lr; });
  }
};

struct Momentum {
  template <class T>
  static void run(const Step<T>& step) {
    const T lr = step["lr"], momentum = step["momentum"];
    const bool nesterov = step.flag("use_nesterov");
    step.each([&](T g, T& w, T& a) {
      a = a * momentum + g;
      w -= nesterov ? g * lr + a * momentum * lr : a * lr;
    });
  }
};

struct KerasMomentum {
  template <class T>
  static void run(const Step<T>& step) {
    const T lr = step["lr"], momentum = step["momentum"];
    const bool nesterov = step.flag("use_nesterov");
    step.each([&](T g, T& w, T& v) {
      v = v * momentum - g * lr;
      w += nesterov ? v * momentum - g * lr : v;
    });
  }
};

struct Adagrad {
  template <class T>
  static void run(const Step<T>& step) {
    const T lr = step["lr"];
    const bool accumulates = step.flag("update_slots");
    step.each([&](T g, T& w, T& a) {
      if (accumulates) a += g * g;
      w -= g * lr * rsqrt(a);
    });
  }
};

struct Adadelta {
  template <class T>
  static void run(const Step<T>& step) {
    const T lr = step["lr"], rho = step["rho"], epsilon = step["epsilon"];
    step.each([&](T g, T& w, T& a, T& d) {
      a = a * rho + g * g * (T(1) - rho);
      const T u = std::sqrt(d + epsilon) * rsqrt(a + epsilon) * g;
      w -= u * lr;
      d = d * rho + u * u * (T(1) - rho);
    });
  }
};

struct RMSProp {
  template <class T>
  static void run(const Step<T>& step) {
    const T lr = step["lr"], rho = step["rho"], momentum = step["momentum"], epsilon = step["epsilon"];
    step.each([&](T g, T& w, T& ms, T& mom) {
      ms += (g * g - ms) * (T(1) - rho);
      mom = mom * momentum + g * lr / std::sqrt(epsilon + ms);
      w -= mom;
    });
  }
};

struct CenteredRMSProp {
  template <class T>
  static void run(const Step<T>& step) {
    const T lr = step["lr"], rho = step["rho"], momentum = step["momentum"], epsilon = step["epsilon"];
    step.each([&](T g, T& w, T& mg, T& ms, T& mom) {
      ms += (g * g - ms) * (T(1) - rho);
      mg += (g - mg) * (T(1) - rho);
      mom = mom * momentum + g * lr / std::sqrt(ms - mg * mg + epsilon);
      w -= mom;
    });
  }
};

// The learning rate of Adam with its two averages' start from zero made good.
template <class T>
T corrected_rate(const Step<T>& step) {
  return step["lr"] * std::sqrt(T(1) - step["beta2_power"]) / (T(1) - step["beta1_power"]);
}

struct Adam {
  template <class T>
  static void run(const Step<T>& step) {
    const T alpha = corrected_rate(step), beta1 = step["beta1"], beta2 = step["beta2"];
    const T epsilon = step["epsilon"];
    const bool nesterov = step.flag("use_nesterov");
    step.each([&](T g, T& w, T& m, T& v) {
      m += (g - m) * (T(1) - beta1);
      v += (g * g - v) * (T(1) - beta2);
      w -= (nesterov ? g * (T(1) - beta1) + beta1 * m : m) * alpha / (std::sqrt(v) + epsilon);
    });
  }
};

struct AdamWithAmsgrad {
  template <class T>
  static void run(const Step<T>& step) {
    const T alpha = corrected_rate(step), beta1 = step["beta1"], beta2 = step["beta2"];
    const T epsilon = step["epsilon"];
    step.each([&](T g, T& w, T& m, T& v, T& vhat) {
      m += (g - m) * (T(1) - beta1);
      v += (g * g - v) * (T(1) - beta2);
      vhat = std::max(vhat, v);
      w -= m * alpha / (std::sqrt(vhat) + epsilon);
    });
  }
};

struct AdaMax {
  template <class T>
  static void run(const Step<T>& step) {
    const T rate = step["lr"] / (T(1) - step["beta1_power"]), beta1 = step["beta1"], beta2 = step["beta2"];
    const T epsilon = step["epsilon"];
    step.each([&](T g, T& w, T& m, T& v) {
      m += (g - m) * (T(1) - beta1);
      v = std::max(beta2 * v, std::abs(g));
      w -= rate * (m / (v + epsilon));
    });
  }
};

// With -1/2, the usual power, the powers are square roots.
template <class T>
void run_ftrl(const Step<T>& step, T l2_shrinkage) {
  const T lr = step["lr"], l1 = step["l1"], l2 = step["l2"], lr_power = step["lr_power"];
  const auto power = [&](T x) { return lr_power == T(-0.5) ? std::sqrt(x) : math::pow(x, -lr_power); };
  step.each([&](T g, T& w, T& n, T& z) {
    const T grown = n + g * g;
    z += g + T(2) * l2_shrinkage * w - (power(grown) - power(n)) / lr * w;
    w = std::abs(z) > l1 ? (l1 * sign(z) - z) / (power(grown) / lr + T(2) * l2) : T(0);
    n = grown;
  });
}

struct Ftrl {
  template <class T>
  static void run(const Step<T>& step) {
    run_ftrl(step, T(0));
  }
};

struct FtrlV2 {
  template <class T>
  static void run(const Step<T>& step) {
    run_ftrl(step, step["l2_shrinkage"]);
  }
};

// Where a step to `w` ends with both penalties: moved towards zero by the first, but not beyond, and shrunk
// by the second.
template <class T>
T proximal(T w, T lr, T l1, T l2) {
  return (l1 > T(0) ? sign(w) * std::max(std::abs(w) - lr * l1, T(0)) : w) / (T(1) + l2 * lr);
}

struct ProximalGradientDescent {
  template <class T>
  static void run(const Step<T>& step) {
    const T lr = step["alpha"], l1 = step["l1"], l2 = step["l2"];
    step.each([&](T g, T& w) { w = proximal(w - g * lr, lr, l1, l2); });
  }
};

struct ProximalAdagrad {
  template <class T>
  static void run(const Step<T>& step) {
    const T lr = step["lr"], l1 = step["l1"], l2 = step["l2"];
    step.each([&](T g, T& w, T& a) {
      a += g * g;
      const T rate = lr * rsqrt(a);
      w = proximal(w - g * rate, rate, l1, l2);
    });
  }
};

struct AdagradDA {
  template <class T>
  static void run(const Step<T>& step) {
    const T lr = step["lr"], l1 = step["l1"], l2 = step["l2"];
    const auto t = static_cast<T>(static_cast<float>(step.integer("global_step")));
    step.each([&](T g, T& w, T& sum, T& squares) {
      sum += g;
      squares += g * g;
      const T down = l1 > T(0) ? -lr * sign(sum) * std::max(std::abs(sum) - t * l1, T(0)) : -(lr * sum);
      w = down / (l2 * (t * lr) + std::sqrt(squares));
    });
  }
};

// `memory`: the variable and its slots. `rest`: the numbers and the gradient.
Op training_op(const char* type, const char* python, std::vector<const char*> memory,
               std::vector<const char*> rest, const char* formula, const char* help,
               Status (*compute)(KernelContext&), std::vector<AttrSpec> flags = {}) {
  Op op{.type = type,
        .python = python,
        .family = Family::kTraining,
        .outputs = {{"out", "T", true}},
        .attrs = {type_attr("T", kFloats), {"use_locking", AttrKind::kBool, false}},
        .formula = formula,
        .help = help,
        .infer = infer_apply,
        .compute = compute,
        .is_stateful = true};
  for (const char* name : memory) op.inputs.push_back({name, "T", true});
  for (const char* name : rest)
    op.inputs.push_back({name, std::string_view(name) == "global_step" ? ArgType(DType::kInt64) : "T"});
  op.attrs.insert(op.attrs.end(), flags.begin(), flags.end());
  return op;
}

}  // namespace

std::vector<Op> training_ops() {
  const AttrSpec nesterov{"use_nesterov", AttrKind::kBool, false};
  return {
      training_op("ApplyGradientDescent", "tf.train.GradientDescentOptimizer", {"var"}, {"alpha", "delta"},
                  R"(W \leftarrow W - \eta g)", "A step against the gradient.", apply<GradientDescent>),
      training_op("ApplyMomentum", "tf.train.MomentumOptimizer", {"var", "accum"}, {"lr", "grad", "momentum"},
                  R"(a \leftarrow \mu a + g,\quad W \leftarrow W - \eta a)",
                  "A step against an average of past gradients, which keeps rolling.", apply<Momentum>,
                  {nesterov}),
      training_op("ResourceApplyKerasMomentum", "tf.keras.optimizers.SGD", {"var", "accum"},
                  {"lr", "grad", "momentum"}, R"(v \leftarrow \mu v - \eta g,\quad W \leftarrow W + v)",
                  "A step along a velocity, which each gradient turns a little.", apply<KerasMomentum>,
                  {nesterov}),
      training_op("ApplyAdagrad", "tf.train.AdagradOptimizer", {"var", "accum"}, {"lr", "grad"},
                  R"(a \leftarrow a + g^2,\quad W \leftarrow W - \frac{\eta g}{\sqrt{a}})",
                  "A step that gets shorter where gradients have been large.", apply<Adagrad>,
                  {{"update_slots", AttrKind::kBool, true}}),
      training_op(
          "ApplyAdadelta", "tf.train.AdadeltaOptimizer", {"var", "accum", "accum_update"},
          {"lr", "rho", "epsilon", "grad"},
          R"(a \leftarrow \rho a + (1 - \rho) g^2,\quad u = \frac{\sqrt{d + \epsilon}}{\sqrt{a + \epsilon}} g,\quad W \leftarrow W - \eta u,\quad d \leftarrow \rho d + (1 - \rho) u^2)",
          "A step as long as recent steps have been, measured by recent gradients.", apply<Adadelta>),
      training_op(
          "ApplyRMSProp", "tf.train.RMSPropOptimizer", {"var", "ms", "mom"},
          {"lr", "rho", "momentum", "epsilon", "grad"},
          R"(s \leftarrow \rho s + (1 - \rho) g^2,\quad m \leftarrow \mu m + \frac{\eta g}{\sqrt{s + \epsilon}},\quad W \leftarrow W - m)",
          "A step with the gradient divided by its recent size.", apply<RMSProp>),
      training_op(
          "ApplyCenteredRMSProp", "tf.train.RMSPropOptimizer", {"var", "mg", "ms", "mom"},
          {"lr", "rho", "momentum", "epsilon", "grad"},
          R"(m \leftarrow \mu m + \frac{\eta g}{\sqrt{s - \bar{g}^2 + \epsilon}},\quad W \leftarrow W - m)",
          "A step with the gradient divided by how much it has varied of late.", apply<CenteredRMSProp>),
      training_op(
          "ApplyAdam", "tf.train.AdamOptimizer", {"var", "m", "v"},
          {"beta1_power", "beta2_power", "lr", "beta1", "beta2", "epsilon", "grad"},
          R"(W \leftarrow W - \eta \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \cdot \frac{m}{\sqrt{v} + \epsilon})",
          "A step along the average gradient, divided by its average size.", apply<Adam>, {nesterov}),
      training_op(
          "ResourceApplyAdamWithAmsgrad", "tf.keras.optimizers.Adam", {"var", "m", "v", "vhat"},
          {"beta1_power", "beta2_power", "lr", "beta1", "beta2", "epsilon", "grad"},
          R"(\hat{v} \leftarrow \max(\hat{v}, v),\quad W \leftarrow W - \alpha \frac{m}{\sqrt{\hat{v}} + \epsilon})",
          "Adam's step, divided by the largest average size so far.", apply<AdamWithAmsgrad>),
      training_op(
          "ApplyAdaMax", "tf.contrib.opt.AdaMaxOptimizer", {"var", "m", "v"},
          {"beta1_power", "lr", "beta1", "beta2", "epsilon", "grad"},
          R"(v \leftarrow \max(\beta_2 v, |g|),\quad W \leftarrow W - \frac{\eta}{1 - \beta_1^t} \cdot \frac{m}{v + \epsilon})",
          "Adam's step, divided by the largest recent gradient.", apply<AdaMax>),
      training_op(
          "ApplyFtrl", "tf.train.FtrlOptimizer", {"var", "accum", "linear"},
          {"grad", "lr", "l1", "l2", "lr_power"},
          R"(z \leftarrow z + g - \frac{n'^{-p} - n^{-p}}{\eta} W,\quad W \leftarrow \frac{\mathrm{sign}(z) \lambda_1 - z}{n'^{-p} / \eta + 2 \lambda_2})",
          "A step that follows the regularized leader: weights that do not pay stay at zero.",
          apply<Ftrl, true>),
      training_op("ApplyFtrlV2", "tf.train.FtrlOptimizer", {"var", "accum", "linear"},
                  {"grad", "lr", "l1", "l2", "l2_shrinkage", "lr_power"},
                  R"(z \leftarrow z + g + 2 \lambda_s W - \frac{n'^{-p} - n^{-p}}{\eta} W)",
                  "Ftrl's step with a penalty that shrinks weights without counting as a gradient.",
                  apply<FtrlV2, true>),
      training_op(
          "ApplyProximalGradientDescent", "tf.train.ProximalGradientDescentOptimizer", {"var"},
          {"alpha", "l1", "l2", "delta"},
          R"(p = W - \eta g,\quad W \leftarrow \frac{\mathrm{sign}(p) \max(|p| - \eta \lambda_1, 0)}{1 + \eta \lambda_2})",
          "A step against the gradient, then one towards zero.", apply<ProximalGradientDescent>),
      training_op(
          "ApplyProximalAdagrad", "tf.train.ProximalAdagradOptimizer", {"var", "accum"},
          {"lr", "l1", "l2", "grad"},
          R"(a \leftarrow a + g^2,\quad \eta' = \frac{\eta}{\sqrt{a}},\quad W \leftarrow \mathrm{prox}(W - \eta' g))",
          "Adagrad's step, then one towards zero.", apply<ProximalAdagrad, true>),
      training_op(
          "ApplyAdagradDA", "tf.train.AdagradDAOptimizer",
          {"var", "gradient_accumulator", "gradient_squared_accumulator"},
          {"grad", "lr", "l1", "l2", "global_step"},
          R"(W \leftarrow -\eta \frac{\mathrm{sign}(G) \max(|G| - \lambda_1 t, 0)}{\lambda_2 t \eta + \sqrt{A}})",
          "Weights made anew from the sum of all gradients: those it hardly moves are zero.",
          apply<AdagradDA>),
  };
}

}  // namespace sandflow
