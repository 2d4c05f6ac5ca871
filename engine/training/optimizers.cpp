// The list of optimizers, and minimize() (python/training/*.py and contrib/opt of TensorFlow 1.15).
#include "engine/training/optimizers.h"

#include <algorithm>

#include "engine/core/text.h"
#include "engine/training/initializers.h"

namespace sandflow {

namespace {

using tf::Term;

bool contains(const std::vector<std::string_view>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// --- Optimizers with a kernel of their own ---------------------------------------------------------------

Output apply_gradient_descent(const Update& u) {
  return u.b.op("ApplyGradientDescent", {u.variable.ref, u["learning_rate"], u.gradient});
}

template <bool kNesterov>
Output apply_momentum(const Update& u) {
  return u.b.op("ApplyMomentum",
                {u.variable.ref, u.slots[0].ref, u["learning_rate"], u.gradient, u["momentum"]},
                {{"use_nesterov", kNesterov}});
}

template <bool kNesterov>
Output apply_keras_momentum(const Update& u) {
  return u.b.op("ResourceApplyKerasMomentum",
                {u.variable.ref, u.slots[0].ref, u["learning_rate"], u.gradient, u["momentum"]},
                {{"use_nesterov", kNesterov}});
}

Output apply_adagrad(const Update& u) {
  return u.b.op("ApplyAdagrad", {u.variable.ref, u.slots[0].ref, u["learning_rate"], u.gradient});
}

Output apply_adadelta(const Update& u) {
  return u.b.op("ApplyAdadelta", {u.variable.ref, u.slots[0].ref, u.slots[1].ref, u["learning_rate"],
                                  u["rho"], u["epsilon"], u.gradient});
}

Output apply_rms_prop(const Update& u) {
  return u.b.op("ApplyRMSProp", {u.variable.ref, u.slots[0].ref, u.slots[1].ref, u["learning_rate"],
                                 u["decay"], u["momentum"], u["epsilon"], u.gradient});
}

// Made in the order rms, mg, momentum; the kernel takes mg first.
Output apply_centered_rms_prop(const Update& u) {
  return u.b.op("ApplyCenteredRMSProp",
                {u.variable.ref, u.slots[1].ref, u.slots[0].ref, u.slots[2].ref, u["learning_rate"],
                 u["decay"], u["momentum"], u["epsilon"], u.gradient});
}

template <bool kNesterov>
Output apply_adam(const Update& u) {
  return u.b.op("ApplyAdam",
                {u.variable.ref, u.slots[0].ref, u.slots[1].ref, u["beta1_power"], u["beta2_power"],
                 u["learning_rate"], u["beta1"], u["beta2"], u["epsilon"], u.gradient},
                {{"use_nesterov", kNesterov}});
}

Output apply_amsgrad(const Update& u) {
  return u.b.op("ResourceApplyAdamWithAmsgrad",
                {u.variable.ref, u.slots[0].ref, u.slots[1].ref, u.slots[2].ref, u["beta1_power"],
                 u["beta2_power"], u["learning_rate"], u["beta1"], u["beta2"], u["epsilon"], u.gradient});
}

// The decay is not multiplied by the learning rate.
Output apply_adam_w(const Update& u) {
  const Output decayed = u.b.op("AssignSub", {u.variable.ref, u["weight_decay"] * u.value()});
  const auto after = u.b.control_dependencies({decayed.node});
  return apply_adam<false>(u);
}

Output apply_ada_max(const Update& u) {
  return u.b.op("ApplyAdaMax", {u.variable.ref, u.slots[0].ref, u.slots[1].ref, u["beta1_power"],
                                u["learning_rate"], u["beta1"], u["beta2"], u["epsilon"], u.gradient});
}

constexpr const char* kShrinkage = "l2_shrinkage_regularization_strength";

Output apply_ftrl(const Update& u) {
  std::vector<Output> inputs = {u.variable.ref,
                                u.slots[0].ref,
                                u.slots[1].ref,
                                u.gradient,
                                u["learning_rate"],
                                u["l1_regularization_strength"],
                                u["l2_regularization_strength"]};
  const bool shrinks = u.parameters.at(kShrinkage) > 0;
  if (shrinks) inputs.push_back(u[kShrinkage]);
  inputs.push_back(u["learning_rate_power"]);
  return u.b.op(shrinks ? "ApplyFtrlV2" : "ApplyFtrl", inputs);
}

Output apply_proximal_gradient_descent(const Update& u) {
  return u.b.op("ApplyProximalGradientDescent",
                {u.variable.ref, u["learning_rate"], u["l1_regularization_strength"],
                 u["l2_regularization_strength"], u.gradient});
}

Output apply_proximal_adagrad(const Update& u) {
  return u.b.op("ApplyProximalAdagrad",
                {u.variable.ref, u.slots[0].ref, u["learning_rate"], u["l1_regularization_strength"],
                 u["l2_regularization_strength"], u.gradient});
}

Output apply_adagrad_da(const Update& u) {
  return u.b.op("ApplyAdagradDA",
                {u.variable.ref, u.slots[0].ref, u.slots[1].ref, u.gradient, u["learning_rate"],
                 u["l1_regularization_strength"], u["l2_regularization_strength"], u.global_step});
}

// --- Optimizers written in operations --------------------------------------------------------------------

Output step_back(const Update& u, Term step) { return u.b.op("AssignSub", {u.variable.ref, step}); }

Term norm(Term x) { return Term{x.b, tf::reduce_sum(*x.b, x * x)}.op("Sqrt"); }

// contrib/opt/python/training/lars_optimizer.py
Output apply_lars(const Update& u) {
  const Term w_norm = norm(u.value()), g_norm = norm(u.gradient), decay = u["weight_decay"];
  const Term zero = w_norm.op("ZerosLike"), one = zero + 1;
  const auto where = [&](Term condition, Term x) -> Term {
    return {&u.b, u.b.op("Select", {condition, x, one})};
  };
  const Term ratio = u["eeta"] * w_norm / (g_norm + decay * w_norm + u["epsilon"]);
  const Term trust = where(w_norm.op("Greater", zero), where(g_norm.op("Greater", zero), ratio));
  const Term gradient = u.gradient + decay * u.value();
  return u.b.op("ApplyMomentum", {u.variable.ref, u.slots[0].ref, one,
                                  gradient * (u["learning_rate"] * trust), u["momentum"]});
}

Output apply_keras_adagrad(const Update& u) {
  const Term accumulator = u.assign_slot(0, u.slot(0) + u.gradient.op("Square"));
  return step_back(u, u.gradient * u["learning_rate"] / (accumulator.op("Sqrt") + u["epsilon"]));
}

// Nadam's momentum grows from half of beta1 to beta1. `ahead`: of the steps that were made.
Term nadam_momentum(const Numbers& numbers, double ahead) {
  const Term exponent = numbers["schedule_decay"] * (numbers["iter"] + ahead);
  return numbers["beta1"] * (1 - 0.5 * tf::pow(0.96, exponent));
}

Term next_momentum_cache(const Numbers& numbers) {
  return numbers["momentum_cache"] * nadam_momentum(numbers, 1);
}

// python/keras/optimizer_v2/nadam.py
Output apply_keras_nadam(const Update& u) {
  const Term now = nadam_momentum(u.numbers, 1), next = nadam_momentum(u.numbers, 2);
  const Term cache = u["momentum_cache"] * now;
  const Term g = u.gradient / (1 - cache);
  const Term m = u.assign_slot(0, u["beta1"] * u.slot(0) + (1 - u["beta1"]) * u.gradient);
  const Term v = u.assign_slot(1, u["beta2"] * u.slot(1) + (1 - u["beta2"]) * u.gradient.op("Square"));
  const Term v_prime = v / (1 - tf::pow(u["beta2"], u["iter"] + 1));
  const Term m_bar = (1 - now) * g + next * (m / (1 - cache * next));
  return step_back(u, u["learning_rate"] * m_bar / (v_prime.op("Sqrt") + u["epsilon"]));
}

// torch/optim/adam.py and adamw.py: here the decay is multiplied by the learning rate.
template <bool kDecays>
Output apply_torch_adam(const Update& u) {
  const Term m = u.assign_slot(0, u["beta1"] * u.slot(0) + (1 - u["beta1"]) * u.gradient);
  const Term v = u.assign_slot(1, u["beta2"] * u.slot(1) + (1 - u["beta2"]) * u.gradient.op("Square"));
  const Term size = v.op("Sqrt") / (1 - u["beta2_power"]).op("Sqrt") + u["epsilon"];
  const Term step = u["learning_rate"] / (1 - u["beta1_power"]) * (m / size);
  if (!kDecays) return step_back(u, step);
  return step_back(u, u["learning_rate"] * u["weight_decay"] * u.value() + step);
}

// torch/optim/rmsprop.py
Output apply_torch_rms_prop(const Update& u) {
  const Term square = u.assign_slot(0, u["alpha"] * u.slot(0) + (1 - u["alpha"]) * u.gradient.op("Square"));
  const Term scaled = u.gradient / (square.op("Sqrt") + u["epsilon"]);
  return step_back(u, u["learning_rate"] * u.assign_slot(1, u["momentum"] * u.slot(1) + scaled));
}

// --- What they have in common ----------------------------------------------------------------------------

// For what must not be zero, or not be one.
constexpr double kTiny = 1e-12, kBelowOne = 0.999999;

Parameter learning_rate(double initial) {
  return {"learning_rate", "How far a step goes against the gradient.", initial, 0, 1e6, true};
}
Parameter epsilon(double initial) {
  return {"epsilon", "A small number that keeps a division by almost nothing within bounds.", initial, 0, 1,
          true};
}
Parameter accumulator(const char* name) {
  return {name, "What the sum of squared gradients starts from.", 0.1, kTiny, 1e6, true};
}
Parameter weight_decay(double initial) {
  return {"weight_decay", "The share of every weight that is taken away at each step.", initial, 0, 1, true};
}
// Kernels that divide by it refuse a rate of 0.
const Parameter kPositiveRate{
    "learning_rate", "How far a step goes against the gradient.", 0.1, kTiny, 1e6, true};
const Parameter kMomentum{"momentum", "The share of the last step that is kept.", 0.9, 0, 1};
const Parameter kNoMomentum{"momentum", "The share of the last step that is kept.", 0, 0, 1};
const Parameter kDecay{"decay", "The share of the average square that each step keeps.", 0.9, 0, 1};
const Parameter kBeta1{"beta1", "The share of the average gradient that each step keeps.", 0.9, 0, kBelowOne};
const Parameter kBeta2{"beta2", "The share of the average square that each step keeps.", 0.999, 0, kBelowOne};
const Parameter kL1{"l1_regularization_strength",
                    "How strongly weights are pulled to zero, large and small alike.", 0, 0, 10};
const Parameter kL2{"l2_regularization_strength", "How strongly weights are pulled to zero, large ones more.",
                    0, 0, 10};

const Shared kBeta1Power{"beta1_power", [](const Numbers& n) { return n["beta1_power"] * n["beta1"]; },
                         "beta1"};
const Shared kBeta2Power{"beta2_power", [](const Numbers& n) { return n["beta2_power"] * n["beta2"]; },
                         "beta2"};

}  // namespace

const std::vector<OptimizerType>& optimizer_types() {
  static const std::vector<OptimizerType> types = {
      {.name = "GradientDescent",
       .python = "tf.train.GradientDescentOptimizer",
       .scope = "GradientDescent",
       .formula = R"(W \leftarrow W - \eta g)",
       .help = "A step against the gradient, nothing more.",
       .parameters = {learning_rate(0.1)},
       .rule = {{"W", "W − η · g"}},
       .apply = apply_gradient_descent},
      {.name = "Momentum",
       .python = "tf.train.MomentumOptimizer",
       .scope = "Momentum",
       .formula = R"(a \leftarrow \mu a + g,\quad W \leftarrow W - \eta a)",
       .help = "Keeps rolling: each step adds a share of the last one.",
       .parameters = {learning_rate(0.1), kMomentum},
       .slots = {{.name = "Momentum", .symbol = "a"}},
       .rule = {{"a", "μ · a + g"}, {"W", "W − η · a"}},
       .apply = apply_momentum<false>},
      {.name = "NesterovMomentum",
       .python = "tf.train.MomentumOptimizer(use_nesterov=True)",
       .scope = "Momentum",
       .formula = R"(a \leftarrow \mu a + g,\quad W \leftarrow W - \eta (g + \mu a))",
       .help = "Momentum that looks ahead: the step it is about to repeat counts already.",
       .parameters = {learning_rate(0.1), kMomentum},
       .slots = {{.name = "Momentum", .symbol = "a"}},
       .rule = {{"a", "μ · a + g"}, {"W", "W − η · (g + μ · a)"}},
       .apply = apply_momentum<true>},
      {.name = "Adagrad",
       .python = "tf.train.AdagradOptimizer",
       .scope = "Adagrad",
       .formula = R"(a \leftarrow a + g^2,\quad W \leftarrow W - \frac{\eta g}{\sqrt{a}})",
       .help = "Steps get shorter for every weight, most where gradients have been large.",
       .parameters = {learning_rate(0.1), accumulator("initial_accumulator_value")},
       .at_start = {"initial_accumulator_value"},
       .slots = {{.name = "Adagrad", .parameter = "initial_accumulator_value", .symbol = "a"}},
       .rule = {{"a", "a + g²"}, {"W", "W − η · g / √a"}},
       .apply = apply_adagrad},
      {.name = "Adadelta",
       .python = "tf.train.AdadeltaOptimizer",
       .scope = "Adadelta",
       .formula = R"(W \leftarrow W - \eta \frac{\sqrt{d + \epsilon}}{\sqrt{a + \epsilon}} g)",
       .help = "Takes the length of a step from the steps before, so that it hardly needs a learning rate.",
       .parameters = {learning_rate(0.001),
                      {"rho", "The share of both averages that each step keeps.", 0.95, 0, 1},
                      epsilon(1e-8)},
       .slots = {{.name = "Adadelta", .symbol = "a"}, {.name = "Adadelta", .symbol = "d"}},
       .rule = {{"a", "ρ · a + (1 − ρ) · g²"},
                {"u", "√(d + ε) / √(a + ε) · g"},
                {"d", "ρ · d + (1 − ρ) · u²"},
                {"W", "W − η · u"}},
       .apply = apply_adadelta},
      {.name = "RMSProp",
       .python = "tf.train.RMSPropOptimizer",
       .scope = "RMSProp",
       .formula =
           R"(s \leftarrow \rho s + (1 - \rho) g^2,\quad W \leftarrow W - \frac{\eta g}{\sqrt{s + \epsilon}})",
       .help = "Divides each gradient by its recent size, so that all weights move about as fast.",
       .parameters = {learning_rate(0.01), kDecay, kNoMomentum, epsilon(1e-10)},
       .slots = {{.name = "RMSProp", .initial = 1, .symbol = "s"}, {.name = "RMSProp", .symbol = "b"}},
       .rule = {{"s", "ρ · s + (1 − ρ) · g²"}, {"b", "μ · b + η · g / √(s + ε)"}, {"W", "W − b"}},
       .apply = apply_rms_prop},
      {.name = "CenteredRMSProp",
       .python = "tf.train.RMSPropOptimizer(centered=True)",
       .scope = "RMSProp",
       .formula = R"(W \leftarrow W - \frac{\eta g}{\sqrt{s - \bar{g}^2 + \epsilon}})",
       .help = "Divides each gradient by how much it varied of late; steady ones take longer steps.",
       .parameters = {learning_rate(0.01), kDecay, kNoMomentum, epsilon(1e-10)},
       .slots = {{.name = "RMSProp", .initial = 1, .symbol = "s"},
                 {.name = "RMSProp", .symbol = "h"},
                 {.name = "RMSProp", .symbol = "b"}},
       .rule = {{"s", "ρ · s + (1 − ρ) · g²"},
                {"h", "ρ · h + (1 − ρ) · g"},
                {"b", "μ · b + η · g / √(s − h² + ε)"},
                {"W", "W − b"}},
       .apply = apply_centered_rms_prop},
      {.name = "Adam",
       .python = "tf.train.AdamOptimizer",
       .scope = "Adam",
       .formula =
           R"(W \leftarrow W - \eta \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \cdot \frac{m}{\sqrt{v} + \epsilon})",
       .help = "Momentum and RMSProp in one, with the start of both averages made good.",
       .parameters = {learning_rate(0.001), kBeta1, kBeta2, epsilon(1e-8)},
       .slots = {{.name = "Adam", .symbol = "m"}, {.name = "Adam", .symbol = "v"}},
       .shared = {kBeta1Power, kBeta2Power},
       .rule = {{"m", "β₁ · m + (1 − β₁) · g"},
                {"v", "β₂ · v + (1 − β₂) · g²"},
                {"α", "η · √(1 − β₂ᵗ) / (1 − β₁ᵗ)"},
                {"W", "W − α · m / (√v + ε)"}},
       .apply = apply_adam<false>},
      {.name = "AMSGrad",
       .python = "tf.keras.optimizers.Adam(amsgrad=True)",
       .scope = "Adam",
       .formula = R"(W \leftarrow W - \alpha \frac{m}{\sqrt{\max_t v} + \epsilon})",
       .help = "Adam that never forgets the largest gradients, so that its steps never grow again.",
       .parameters = {learning_rate(0.001), kBeta1, kBeta2, epsilon(1e-7)},
       .slots = {{.name = "m", .symbol = "m"}, {.name = "v", .symbol = "v"}, {.name = "vhat", .symbol = "V"}},
       .shared = {kBeta1Power, kBeta2Power},
       .rule = {{"m", "β₁ · m + (1 − β₁) · g"},
                {"v", "β₂ · v + (1 − β₂) · g²"},
                {"V", "max(V, v)"},
                {"α", "η · √(1 − β₂ᵗ) / (1 − β₁ᵗ)"},
                {"W", "W − α · m / (√V + ε)"}},
       .apply = apply_amsgrad},
      {.name = "AdamW",
       .python = "tf.contrib.opt.AdamWOptimizer",
       .scope = "AdamW",
       .formula = R"(W \leftarrow W - \lambda W - \alpha \frac{m}{\sqrt{v} + \epsilon})",
       .help = "Adam with weights that fade by themselves, at the same pace whatever the learning rate.",
       .parameters = {learning_rate(0.001), kBeta1, kBeta2, epsilon(1e-8), weight_decay(1e-4)},
       .doubles = {"weight_decay"},
       .slots = {{.name = "AdamW", .symbol = "m"}, {.name = "AdamW", .symbol = "v"}},
       .shared = {kBeta1Power, kBeta2Power},
       .rule = {{"m", "β₁ · m + (1 − β₁) · g"},
                {"v", "β₂ · v + (1 − β₂) · g²"},
                {"α", "η · √(1 − β₂ᵗ) / (1 − β₁ᵗ)"},
                {"W", "W − λ · W − α · m / (√v + ε)"}},
       .apply = apply_adam_w},
      {.name = "Nadam",
       .python = "tf.contrib.opt.NadamOptimizer",
       .scope = "Adam",
       .formula = R"(W \leftarrow W - \alpha \frac{(1 - \beta_1) g + \beta_1 m}{\sqrt{v} + \epsilon})",
       .help = "Adam that looks ahead as Nesterov's momentum does.",
       .parameters = {learning_rate(0.001), kBeta1, kBeta2, epsilon(1e-8)},
       .slots = {{.name = "Adam", .symbol = "m"}, {.name = "Adam", .symbol = "v"}},
       .shared = {kBeta1Power, kBeta2Power},
       .rule = {{"m", "β₁ · m + (1 − β₁) · g"},
                {"v", "β₂ · v + (1 − β₂) · g²"},
                {"α", "η · √(1 − β₂ᵗ) / (1 − β₁ᵗ)"},
                {"W", "W − α · ((1 − β₁) · g + β₁ · m) / (√v + ε)"}},
       .apply = apply_adam<true>},
      {.name = "AdaMax",
       .python = "tf.contrib.opt.AdaMaxOptimizer",
       .scope = "AdaMax",
       .formula =
           R"(u \leftarrow \max(\beta_2 u, |g|),\quad W \leftarrow W - \frac{\eta}{1 - \beta_1^t} \cdot \frac{m}{u})",
       .help = "Adam that divides by the largest recent gradient instead of the average one.",
       .parameters = {learning_rate(0.001), kBeta1, kBeta2, epsilon(1e-8)},
       .slots = {{.name = "AdaMax", .symbol = "m"}, {.name = "AdaMax", .symbol = "u"}},
       .shared = {kBeta1Power},
       .rule = {{"m", "β₁ · m + (1 − β₁) · g"},
                {"u", "max(β₂ · u, |g|)"},
                {"W", "W − η / (1 − β₁ᵗ) · m / (u + ε)"}},
       .apply = apply_ada_max},
      {.name = "Ftrl",
       .python = "tf.train.FtrlOptimizer",
       .scope = "Ftrl",
       .formula =
           R"(W \leftarrow \frac{\mathrm{sign}(z) \lambda_1 - z}{n^{-p} / \eta + 2 \lambda_2}\;(|z| > \lambda_1),\; 0)",
       .help = "Follows the regularized leader: weights that do not pay for themselves are exactly zero.",
       .parameters = {kPositiveRate,
                      {"learning_rate_power", "How the learning rate shrinks with the sum of squares.", -0.5,
                       -2, 0},
                      accumulator("initial_accumulator_value"),
                      kL1,
                      kL2,
                      {kShrinkage, "Shrinks weights without counting as a gradient.", 0, 0, 10}},
       .at_start = {"initial_accumulator_value", kShrinkage},
       .slots = {{.name = "Ftrl", .parameter = "initial_accumulator_value", .symbol = "n"},
                 {.name = "Ftrl", .symbol = "z"}},
       .rule = {{"z", "z + g + 2 · λₛ · W − ((n + g²)^(−p) − n^(−p)) / η · W"},
                {"n", "n + g²"},
                {"W", "−sign(z) · max(|z| − λ₁, 0) / (n^(−p) / η + 2 · λ₂)"}},
       .apply = apply_ftrl},
      {.name = "ProximalGradientDescent",
       .python = "tf.train.ProximalGradientDescentOptimizer",
       .scope = "ProximalGradientDescent",
       .formula =
           R"(p = W - \eta g,\quad W \leftarrow \frac{\mathrm{sign}(p) \max(|p| - \eta \lambda_1, 0)}{1 + \eta \lambda_2})",
       .help = "Gradient descent that pulls weights towards zero after each step.",
       .parameters = {learning_rate(0.1), kL1, kL2},
       .rule = {{"q", "W − η · g"}, {"W", "sign(q) · max(|q| − η · λ₁, 0) / (1 + η · λ₂)"}},
       .apply = apply_proximal_gradient_descent},
      {.name = "ProximalAdagrad",
       .python = "tf.train.ProximalAdagradOptimizer",
       .scope = "ProximalAdagrad",
       .formula = R"(a \leftarrow a + g^2,\quad W \leftarrow \mathrm{prox}(W - \frac{\eta}{\sqrt{a}} g))",
       .help = "Adagrad that pulls weights towards zero after each step.",
       .parameters = {kPositiveRate, accumulator("initial_accumulator_value"), kL1, kL2},
       .at_start = {"initial_accumulator_value"},
       .slots = {{.name = "ProximalAdagrad", .parameter = "initial_accumulator_value", .symbol = "a"}},
       .rule = {{"a", "a + g²"},
                {"r", "η / √a"},
                {"q", "W − r · g"},
                {"W", "sign(q) · max(|q| − r · λ₁, 0) / (1 + r · λ₂)"}},
       .apply = apply_proximal_adagrad},
      {.name = "AdagradDA",
       .python = "tf.train.AdagradDAOptimizer",
       .scope = "AdagradDA",
       .formula =
           R"(W \leftarrow -\eta \frac{\mathrm{sign}(G) \max(|G| - \lambda_1 t, 0)}{\lambda_2 t \eta + \sqrt{A}})",
       .help = "Makes the weights anew from the sum of all gradients; where they began is forgotten.",
       .parameters = {learning_rate(0.1), accumulator("initial_gradient_squared_accumulator_value"), kL1,
                      kL2},
       .at_start = {"initial_gradient_squared_accumulator_value"},
       .slots = {{.name = "AdagradDA", .symbol = "G"},
                 {.name = "AdagradDA",
                  .parameter = "initial_gradient_squared_accumulator_value",
                  .symbol = "A"}},
       .needs_global_step = true,
       .rule = {{"G", "G + g"},
                {"A", "A + g²"},
                {"W", "−η · sign(G) · max(|G| − λ₁ · t, 0) / (λ₂ · t · η + √A)"}},
       .apply = apply_adagrad_da},
      {.name = "LARS",
       .python = "tf.contrib.opt.LARSOptimizer",
       .scope = "LARSOptimizer",
       .formula =
           R"(\tau = \frac{\kappa \|W\|}{\|g\| + \lambda \|W\|},\quad a \leftarrow \mu a + \eta \tau (g + \lambda W),\quad W \leftarrow W - a)",
       .help = "Momentum whose steps are as long as each layer's weights allow, made for huge batches.",
       .parameters = {learning_rate(0.1),
                      kMomentum,
                      weight_decay(1e-4),
                      {"eeta", "How much a layer's size counts for its learning rate.", 0.001, 0, 1, true},
                      epsilon(0)},
       .doubles = {"learning_rate", "weight_decay", "eeta", "epsilon"},
       .slots = {{.name = "LARSOptimizer", .symbol = "a"}},
       .rule = {{"τ", "κ · ‖W‖ / (‖g‖ + λ · ‖W‖ + ε)", "‖W‖ · ‖g‖", "1"},
                {"a", "μ · a + η · τ · (g + λ · W)"},
                {"W", "W − a"}},
       .apply = apply_lars},
      {.name = "KerasMomentum",
       .python = "tf.keras.optimizers.SGD(momentum=0.9)",
       .scope = "SGD",
       .formula = R"(v \leftarrow \mu v - \eta g,\quad W \leftarrow W + v)",
       .help = "Momentum as Keras has it: a new learning rate leaves the speed that was gathered alone.",
       .parameters = {learning_rate(0.01), kMomentum},
       .slots = {{.name = "momentum", .symbol = "v"}},
       .rule = {{"v", "μ · v − η · g"}, {"W", "W + v"}},
       .apply = apply_keras_momentum<false>},
      {.name = "KerasNesterov",
       .python = "tf.keras.optimizers.SGD(momentum=0.9, nesterov=True)",
       .scope = "SGD",
       .formula = R"(v \leftarrow \mu v - \eta g,\quad W \leftarrow W + \mu v - \eta g)",
       .help = "Nesterov's momentum as Keras has it.",
       .parameters = {learning_rate(0.01), kMomentum},
       .slots = {{.name = "momentum", .symbol = "v"}},
       .rule = {{"v", "μ · v − η · g"}, {"W", "W + μ · v − η · g"}},
       .apply = apply_keras_momentum<true>},
      {.name = "KerasAdagrad",
       .python = "tf.keras.optimizers.Adagrad",
       .scope = "Adagrad",
       .formula = R"(a \leftarrow a + g^2,\quad W \leftarrow W - \frac{\eta g}{\sqrt{a} + \epsilon})",
       .help = "Adagrad as Keras has it: a small number guards the division.",
       .parameters = {learning_rate(0.001), accumulator("initial_accumulator_value"), epsilon(1e-7)},
       .at_start = {"initial_accumulator_value"},
       .slots = {{.name = "accumulator", .parameter = "initial_accumulator_value", .symbol = "a"}},
       .rule = {{"a", "a + g²"}, {"W", "W − η · g / (√a + ε)"}},
       .apply = apply_keras_adagrad},
      {.name = "KerasNadam",
       .python = "tf.keras.optimizers.Nadam",
       .scope = "Nadam",
       .formula = R"(\mu_t = \beta_1 (1 - \frac{1}{2} 0.96^{\delta t}))",
       .help = "Nadam as Keras has it: its momentum grows while it runs.",
       .parameters = {learning_rate(0.001),
                      kBeta1,
                      kBeta2,
                      epsilon(1e-7),
                      {"schedule_decay", "How fast the momentum grows to its full size.", 0.004, 0, 1}},
       .doubles = {"schedule_decay"},
       .slots = {{.name = "m", .symbol = "m"}, {.name = "v", .symbol = "v"}},
       .shared = {{"iter", [](const Numbers& n) { return n["iter"] + 1; }, nullptr, 0, DType::kInt64},
                  {"momentum_cache", next_momentum_cache, nullptr, 1}},
       .rule = {{"m", "β₁ · m + (1 − β₁) · g"},
                {"v", "β₂ · v + (1 − β₂) · g²"},
                {"μ₁", "β₁ · (1 − 0.5 · 0.96^(δ · (n + 1)))"},
                {"μ₂", "β₁ · (1 − 0.5 · 0.96^(δ · (n + 2)))"},
                {"Π", "Π · μ₁"},
                {"M", "(1 − μ₁) · g / (1 − Π) + μ₂ · m / (1 − Π · μ₂)"},
                {"V", "v / (1 − β₂^(n + 1))"},
                {"W", "W − η · M / (√V + ε)"}},
       .apply = apply_keras_nadam},
      {.name = "TorchAdam",
       .python = "torch.optim.Adam",
       .scope = "TorchAdam",
       .formula =
           R"(W \leftarrow W - \frac{\eta}{1 - \beta_1^t} \cdot \frac{m}{\sqrt{v / (1 - \beta_2^t)} + \epsilon})",
       .help = "Adam as PyTorch has it: the small number is added after the correction, as in the paper.",
       .parameters = {learning_rate(0.001), kBeta1, kBeta2, epsilon(1e-8)},
       .doubles = {"learning_rate", "beta1", "beta2", "epsilon"},
       .slots = {{.name = "exp_avg", .symbol = "m"}, {.name = "exp_avg_sq", .symbol = "v"}},
       .shared = {kBeta1Power, kBeta2Power},
       .rule = {{"m", "β₁ · m + (1 − β₁) · g"},
                {"v", "β₂ · v + (1 − β₂) · g²"},
                {"W", "W − η / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)"}},
       .apply = apply_torch_adam<false>},
      {.name = "TorchAdamW",
       .python = "torch.optim.AdamW",
       .scope = "TorchAdamW",
       .formula = R"(W \leftarrow W - \eta \lambda W - \alpha \frac{m}{\sqrt{v} + \epsilon})",
       .help = "AdamW as PyTorch has it: weights fade in proportion to the learning rate.",
       .parameters = {learning_rate(0.001), kBeta1, kBeta2, epsilon(1e-8), weight_decay(0.01)},
       .doubles = {"learning_rate", "beta1", "beta2", "epsilon", "weight_decay"},
       .slots = {{.name = "exp_avg", .symbol = "m"}, {.name = "exp_avg_sq", .symbol = "v"}},
       .shared = {kBeta1Power, kBeta2Power},
       .rule = {{"m", "β₁ · m + (1 − β₁) · g"},
                {"v", "β₂ · v + (1 − β₂) · g²"},
                {"W", "W − η · λ · W − η / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)"}},
       .apply = apply_torch_adam<true>},
      {.name = "TorchRMSprop",
       .python = "torch.optim.RMSprop",
       .scope = "TorchRMSprop",
       .formula = R"(b \leftarrow \mu b + \frac{g}{\sqrt{s} + \epsilon},\quad W \leftarrow W - \eta b)",
       .help = "RMSProp as PyTorch has it: averages start from zero, and the first steps are long.",
       .parameters = {learning_rate(0.01),
                      {"alpha", "The share of the average square that each step keeps.", 0.99, 0, 1},
                      epsilon(1e-8),
                      kNoMomentum},
       .doubles = {"learning_rate", "alpha", "epsilon", "momentum"},
       .slots = {{.name = "square_avg", .symbol = "s"}, {.name = "momentum_buffer", .symbol = "b"}},
       .rule = {{"s", "ρ · s + (1 − ρ) · g²"}, {"b", "μ · b + g / (√s + ε)"}, {"W", "W − η · b"}},
       .apply = apply_torch_rms_prop},
  };
  return types;
}

const OptimizerType* find_optimizer_type(std::string_view name) {
  for (const OptimizerType& type : optimizer_types())
    if (name == type.name) return &type;
  return nullptr;
}

bool is_live(const OptimizerType& type, std::string_view parameter) {
  return !contains(type.at_start, parameter);
}

std::string_view symbol_of(std::string_view number) {
  static constexpr std::pair<std::string_view, std::string_view> kSymbols[] = {
      {"learning_rate", "η"},
      {"momentum", "μ"},
      {"rho", "ρ"},
      {"decay", "ρ"},
      {"alpha", "ρ"},
      {"beta1", "β₁"},
      {"beta2", "β₂"},
      {"beta1_power", "β₁ᵗ"},
      {"beta2_power", "β₂ᵗ"},
      {"epsilon", "ε"},
      {"weight_decay", "λ"},
      {"l1_regularization_strength", "λ₁"},
      {"l2_regularization_strength", "λ₂"},
      {kShrinkage, "λₛ"},
      {"learning_rate_power", "p"},
      {"eeta", "κ"},
      {"schedule_decay", "δ"},
      {"iter", "n"},
      {"momentum_cache", "Π"},
  };
  for (const auto& [name, symbol] : kSymbols)
    if (name == number) return symbol;
  return number;
}

Term Numbers::operator[](const char* name) const {
  if (!b.ok()) return {&b, {}};
  const Output number = tensors.at(name);
  return {&b, b.dtype(number) == dtype ? number : b.op("Cast", {number}, {{"DstT", dtype}})};
}

// --- minimize --------------------------------------------------------------------------------------------

namespace {

Status check_arguments(Graph& graph, const OptimizerType& type, const Parameters& parameters, Output loss,
                       const std::vector<tf::Variable>& variables, const std::vector<Output>& gradients,
                       const MinimizeOptions& options) {
  for (const Parameter& parameter : type.parameters)
    if (!is_live(type, parameter.name) && parameter.minimum > 0 && !(parameters.at(parameter.name) > 0))
      return value_error(cat(parameter.name, " must be positive: ", shortest(parameters.at(parameter.name))));
  if (type.needs_global_step && !options.global_step.valid())
    return type_error("__init__() missing 1 required positional argument: 'global_step'");
  if (variables.empty()) return value_error("No variables to optimize.");
  if (std::any_of(gradients.begin(), gradients.end(), [](Output g) { return g.valid(); })) return {};
  const std::string names = join(variables, ", ", [&](const tf::Variable& v) {
    return cat("\"<tf.Variable '", graph.tensor_name(v.ref), "' shape=", graph.shape(v.ref).python(),
               " dtype=", sandflow::name(graph.dtype(v.ref)), "_ref>\"");
  });
  return value_error(
      cat("No gradients provided for any variable, check your graph for ops that do not support "
          "gradients, between variables [",
          names, "] and loss ", graph.tensor_text(loss), "."));
}

Tensor number(DType dtype, double value) {
  return with_numeric(dtype, [&]<class T>() { return Tensor::scalar(static_cast<T>(value)); });
}

// Python floats become float32 constants, whatever the variables are.
Tensor hyper_constant(const OptimizerType& type, const char* parameter, double value) {
  return number(contains(type.doubles, parameter) ? DType::kFloat64 : DType::kFloat32, value);
}

// A slot is named after its variable, wherever minimize is called.
tf::Variable make_slot(Builder& b, const tf::Variable& variable, const Slot& slot,
                       const Parameters& parameters) {
  Graph& graph = b.graph();
  const auto root = graph.name_scope("");
  const double initial = slot.parameter ? parameters.at(slot.parameter) : slot.initial;
  const char* initializer = initial == 0 ? "zeros" : initial == 1 ? "ones" : "constant";
  return tf::variable_from(b, cat(graph.node(variable.ref.node).name, "/", slot.name), false, [&] {
    return find_initializer_type(initializer)
        ->build(b, graph.shape(variable.ref), graph.dtype(variable.ref), {{"value", initial}}, {});
  });
}

}  // namespace

Result<Minimized> minimize(Builder& b, const OptimizerType& type, const Parameters& parameters, Output loss,
                           const std::vector<tf::Variable>& variables, const std::vector<Output>& gradients,
                           const MinimizeOptions& options) {
  Graph& graph = b.graph();
  SANDFLOW_TRY(check_arguments(graph, type, parameters, loss, variables, gradients, options));
  std::vector<std::size_t> trained;
  for (std::size_t i = 0; i < variables.size(); ++i)
    if (gradients[i].valid()) trained.push_back(i);
  Minimized result;
  HyperTensors tensors = options.tensors;

  std::vector<tf::Variable> shared;
  for (const Shared& one : type.shared) {
    Output initial;
    if (one.parameter && tensors.count(one.parameter)) {
      initial = tensors.at(one.parameter);
    } else {
      const DType dtype = one.dtype.value_or(graph.dtype(variables[trained[0]].ref));
      initial = tf::constant(b,
                             one.parameter ? hyper_constant(type, one.parameter, parameters.at(one.parameter))
                                           : number(dtype, one.initial),
                             cat(one.name, "/initial_value"));
    }
    shared.push_back(tf::variable(b, initial, one.name, false));
    tensors[one.name] = shared.back().value;
  }
  std::vector<std::vector<tf::Variable>> slots(variables.size());
  for (std::size_t i : trained)
    for (const Slot& slot : type.slots) slots[i].push_back(make_slot(b, variables[i], slot, parameters));

  const auto scope = graph.name_scope(type.scope);
  const std::string own = graph.scope();
  for (const Parameter& parameter : type.parameters) {
    const bool fills_slots = std::any_of(type.slots.begin(), type.slots.end(), [&](const Slot& slot) {
      return slot.parameter && std::string_view(slot.parameter) == parameter.name;
    });
    if (fills_slots || tensors.count(parameter.name)) continue;
    const Tensor value = hyper_constant(type, parameter.name, parameters.at(parameter.name));
    tensors[parameter.name] = result.hyper[parameter.name] = tf::constant(b, value, parameter.name);
  }
  Output step;
  if (type.needs_global_step) step = Term{&b, b.op("Identity", {options.global_step.value})} + 1;
  std::vector<int> updates;
  for (std::size_t i : trained) {
    const auto update_scope = graph.name_scope(cat("update_", graph.node(variables[i].ref.node).name));
    const Numbers numbers{b, tensors, graph.dtype(variables[i].ref)};
    const Output update =
        type.apply({b, variables[i], slots[i], {&b, gradients[i]}, numbers, step, parameters});
    SANDFLOW_TRY(b.status());
    updates.push_back(update.node);
  }
  if (!shared.empty()) {
    const auto after = b.control_dependencies(updates);
    for (std::size_t i = 0; i < shared.size(); ++i) {
      const Term next = type.shared[i].next({b, tensors, graph.dtype(shared[i].ref)});
      updates.push_back(b.op("Assign", {shared[i].ref, next}).node);
    }
  }
  if (options.global_step.valid()) {
    const auto after = b.control_dependencies({tf::group(b, updates, "update")});
    const Output one = tf::constant(b, number(graph.dtype(options.global_step.ref), 1), "value");
    result.train_op = b.op("AssignAdd", {options.global_step.ref, one}, {}, own).node;
  } else {
    result.train_op = tf::group(b, updates, own);
  }
  SANDFLOW_TRY(b.status());
  result.slots = shared;
  for (const auto& of_one : slots) result.slots.insert(result.slots.end(), of_one.begin(), of_one.end());
  return result;
}

}  // namespace sandflow
