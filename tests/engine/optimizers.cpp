// Guards optimizers: they take the steps that TensorFlow, Keras and PyTorch take, with the variables and the
// names that TensorFlow gives them.
#include "engine/training/optimizers.h"

#include <functional>
#include <memory>

#include "engine/core/text.h"
#include "engine/graph/gradients.h"
#include "engine/tf/tf.h"
#include "tests/engine/golden.h"
#include "tests/engine/support.h"

namespace sandflow::test {

namespace {

using Point = std::vector<double>;
using Function = std::function<Output(Builder&, const std::vector<Output>&)>;

const OptimizerType& optimizer(std::string_view name) {
  const OptimizerType* type = find_optimizer_type(name);
  if (!type) check_failed(std::string(name).c_str(), "there is no such optimizer", 0);
  return *type;
}

// A function of scalar variables as a graph, and an optimizer that minimises it.
struct Descent {
  Graph graph;
  Builder b{graph};
  std::vector<tf::Variable> variables;
  tf::Variable global_step;
  Minimized minimized;
  std::unique_ptr<Session> session;

  Descent(const OptimizerType& type, const Parameters& given, DType dtype, const Point& start,
          const Function& function, MinimizeOptions options = {}, bool has_exact_numbers = false) {
    std::vector<Output> values, refs;
    for (double x : start) {
      variables.push_back(tf::variable(b, tf::constant(b, must(Literal(x).tensor(dtype))), "x"));
      values.push_back(variables.back().value);
      refs.push_back(variables.back().ref);
    }
    const Output loss = function(b, values);
    const Parameters parameters = complete(type.parameters, given);
    for (const auto& [name, value] : parameters)
      if (has_exact_numbers && is_live(type, name))
        options.tensors[name] = tf::constant(b, Tensor::scalar(value));
    if (type.needs_global_step)
      options.global_step =
          tf::variable(b, tf::constant(b, Tensor::scalar<std::int64_t>(0)), "global_step", false);
    global_step = options.global_step;
    minimized =
        must(minimize(b, type, parameters, loss, variables, must(gradients(b, {loss}, refs)), options));
    std::vector<tf::Variable> all = variables;
    all.insert(all.end(), minimized.slots.begin(), minimized.slots.end());
    if (global_step.valid()) all.push_back(global_step);
    session = std::make_unique<Session>(graph);
    must(session->run({Fetch::operation(tf::variables_initializer(b, all))}));
  }

  Point step(const std::vector<Feed>& feeds = {}) {
    must(session->run({Fetch::operation(minimized.train_op)}, feeds));
    return position(variables);
  }
  Point position(const std::vector<tf::Variable>& of) {
    Point out;
    for (const tf::Variable& variable : of) out.push_back(value_of(*session, variable.value).number(0));
    return out;
  }
};

Output parabola(Builder& b, const std::vector<Output>& w) { return b.op("Square", {w[0]}); }

Output rosenbrock(Builder& b, const std::vector<Output>& w) {
  const auto number = [&](double x) { return tf::constant(b, must(Literal(x).tensor(b.dtype(w[0])))); };
  const Output far = b.op("Square", {tf::subtract(b, number(1), w[0])});
  const Output bent = b.op("Square", {tf::subtract(b, w[1], b.op("Square", {w[0]}))});
  return tf::add(b, far, tf::multiply(b, number(100), bent));
}

// A plane: the gradient is the same everywhere.
Function plane(const Point& slopes) {
  return [slopes](Builder& b, const std::vector<Output>& w) {
    return tf::add(b, tf::multiply(b, w[0], slopes[0]), tf::multiply(b, w[1], slopes[1]));
  };
}

// What golden.json calls an optimizer, and its slots in the order in which ours makes them.
struct Alias {
  const char* label;
  const char* type;
  std::vector<const char*> slots;
};
const std::vector<Alias> kAliases = {
    {"GradientDescent", "GradientDescent", {}},
    {"Momentum", "Momentum", {"accum"}},
    {"Momentum_nesterov", "NesterovMomentum", {"accum"}},
    {"seed_v_form(KerasMomentum)", "KerasMomentum", {"v"}},
    {"Keras_SGD_nesterov", "KerasNesterov", {"v"}},
    {"Adagrad", "Adagrad", {"accumulator"}},
    {"Adadelta_default", "Adadelta", {"accum", "accum_update"}},
    {"Adadelta_lr1", "Adadelta", {"accum", "accum_update"}},
    {"RMSProp", "RMSProp", {"rms", "momentum"}},
    {"RMSProp_momentum", "RMSProp", {"rms", "momentum"}},
    {"RMSProp_centered", "CenteredRMSProp", {"rms", "mg", "momentum"}},
    {"Adam", "Adam", {"m", "v"}},
    {"Adam_default_lr", "Adam", {"m", "v"}},
    {"AMSGrad_keras", "AMSGrad", {"m", "v", "vhat"}},
    {"contrib_AdamW_wd0.01", "AdamW", {"m", "v"}},
    {"contrib_Nadam", "Nadam", {"m", "v"}},
    {"keras_Nadam", "KerasNadam", {"m", "v"}},
    {"contrib_AdaMax", "AdaMax", {"m", "v"}},
    {"Ftrl", "Ftrl", {"accum", "linear"}},
    {"Ftrl_l1_l2", "Ftrl", {"accum", "linear"}},
    {"ProximalGradientDescent_l1_l2", "ProximalGradientDescent", {}},
    {"ProxGD", "ProximalGradientDescent", {}},
    {"ProximalAdagrad_l1_l2", "ProximalAdagrad", {"accumulator"}},
    {"ProxAdagrad", "ProximalAdagrad", {"accumulator"}},
    {"contrib_LARS", "LARS", {"momentum"}},
    {"keras_Adagrad", "KerasAdagrad", {"accumulator"}},
    {"pytorch_Adam", "TorchAdam", {"m", "v"}},
    {"pytorch_AdamW", "TorchAdamW", {"m", "v"}},
    // PyTorch keeps no buffer without momentum.
    {"pytorch_RMSprop", "TorchRMSprop", {"sq"}},
    {"pytorch_RMSprop_momentum", "TorchRMSprop", {"sq", "buf"}},
};

const Alias& alias(std::string_view label) {
  for (const Alias& one : kAliases)
    if (label == one.label) return one;
  check_failed(std::string(label).c_str(), "golden.json knows an optimizer that the tests do not", 0);
}

Parameters hyper_of(Json vector) {
  const std::pair<const char*, const char*> names[] = {
      {"lr", "learning_rate"},
      {"momentum", "momentum"},
      {"init", "initial_accumulator_value"},
      {"rho", "rho"},
      {"decay", "decay"},
      {"alpha", "alpha"},
      {"eps", "epsilon"},
      {"beta1", "beta1"},
      {"beta2", "beta2"},
      {"wd", "weight_decay"},
      {"eeta", "eeta"},
      {"schedule_decay", "schedule_decay"},
      {"l1", "l1_regularization_strength"},
      {"l2", "l2_regularization_strength"},
      {"l2_shrinkage", "l2_shrinkage_regularization_strength"}};
  Parameters out;
  for (const auto& [theirs, ours] : names)
    if (vector["inputs"]["hyper"].has(theirs)) out[ours] = vector["inputs"]["hyper"][theirs].number();
  return out;
}

void check_points(Descent& descent, Json expected, double tolerance) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Point point = descent.step(), wanted = expected[i].numbers();
    REQUIRE(point.size() == wanted.size());
    for (std::size_t k = 0; k < point.size(); ++k) {
      INFO("step ", i + 1, ", variable ", k);
      CHECK_MESSAGE(is_near(point[k], wanted[k], tolerance), shortest(point[k]), " where ",
                    shortest(wanted[k]), " is expected");
    }
  }
}

// The slots of all variables after as many steps as the vector tells of.
void check_slots(Descent& descent, const OptimizerType& type, const Alias& of, Json expected) {
  const Point kept = descent.position(descent.minimized.slots);
  REQUIRE(kept.size() == type.shared.size() + descent.variables.size() * type.slots.size());
  for (std::size_t s = 0; s < of.slots.size(); ++s) {
    INFO("slot ", of.slots[s]);
    const Point wanted = expected[of.slots[s]].numbers();
    for (std::size_t k = 0; k < wanted.size(); ++k)
      CHECK(is_near(kept[type.shared.size() + k * type.slots.size() + s], wanted[k], 1e-9));
  }
}

void check_descent(std::string_view prefix, const char* start_name, const char* exact,
                   const char* in_tensorflow, const Function& function) {
  for (const std::string& id : golden_ids(prefix)) {
    INFO(id);
    const Json vector = golden(id), expected = vector["expected"];
    const Alias& of = alias(std::string_view(id).substr(prefix.size()));
    const OptimizerType& type = optimizer(of.type);
    const Point start = vector["inputs"][start_name].numbers();
    const Parameters hyper = hyper_of(vector);
    const double tolerance = vector["tol"]["float64_rel"].number();
    Descent exactly(type, hyper, DType::kFloat64, start, function, {}, true);
    check_points(exactly, expected[exact], tolerance);
    check_slots(exactly, type, of, expected["slots_after_5"]);
    if (expected.has(in_tensorflow)) {
      INFO("float32 hyper-parameters");
      Descent descent(type, hyper, DType::kFloat64, start, function);
      check_points(descent, expected[in_tensorflow], tolerance);
    }
    Descent descent(type, hyper, DType::kFloat32, start, function);
    INFO("float32");
    if (expected.has("x_float32_emulated"))
      check_points(descent, expected["x_float32_emulated"], 0);
    else
      check_points(descent, expected[exact], vector["tol"]["float32_rel"].number());
  }
}

}  // namespace

TEST_CASE("optimizers take the steps of their libraries on x^2, to the last bit of a float32") {
  check_descent("opt_x2_", "x0", "x_after_steps_1_to_5", "x_float64_variable_in_TF", parabola);
}

TEST_CASE("optimizers take the steps of their libraries down Rosenbrock's valley") {
  check_descent("opt_rosen_", "w0", "w_after_steps_1_to_5", "w_float64_variable_in_TF", rosenbrock);
}

TEST_CASE("optimizers pass TensorFlow's own unit tests with constant gradients") {
  for (const std::string& id : golden_ids("opt_tftest_")) {
    INFO(id);
    const Json vector = golden(id), inputs = vector["inputs"];
    Descent descent(optimizer(alias(inputs["optimizer"].text()).type), hyper_of(vector), DType::kFloat32,
                    inputs["w0"].numbers(), plane(inputs["grad"].numbers()));
    Point reached;
    for (int i = 0; i < static_cast<int>(inputs["steps"].number()); ++i) reached = descent.step();
    const Point expected = vector["expected"]["value_tf_test"].numbers();
    for (std::size_t k = 0; k < expected.size(); ++k)
      CHECK(is_near(reached[k], expected[k], 0, vector["tol"]["float32_abs"].number()));
  }
}

TEST_CASE("AdagradDA passes TensorFlow's own unit tests") {
  const auto check = [](const Point& start, double l1, double l2, const Point& expected) {
    Descent descent(
        optimizer("AdagradDA"),
        {{"learning_rate", 3}, {"l1_regularization_strength", l1}, {"l2_regularization_strength", l2}},
        DType::kFloat32, start, plane({0.1, 0.2}));
    const Point reached = descent.step();
    for (std::size_t k = 0; k < 2; ++k) CHECK(is_near(reached[k], expected[k], 0, 2e-6));
  };
  // python/training/adagrad_da_test.py
  check({0, 0}, 0, 0, {-0.904534, -1.603567});
  check({1, 2}, 0.001, 0, {-0.895489, -1.59555});
  check({1, 2}, 0.001, 2, {-0.046907, -0.093659});
}

TEST_CASE("the post's form of momentum takes the same steps while the learning rate stays") {
  const Json expected = golden("opt_x2_seed_v_form(KerasMomentum)")["expected"]["x_after_steps_1_to_5"];
  Descent descent(optimizer("Momentum"), {{"learning_rate", 0.1}, {"momentum", 0.9}}, DType::kFloat64, {3},
                  parabola);
  // As the post writes it: v <- a v - eta dE/dW, W <- W + v.
  double w = 3, v = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    v = 0.9 * v - 0.1 * (2 * w);
    w += v;
    CHECK(is_near(w, expected[i].number(), 1e-12));
    CHECK(is_near(descent.step()[0], w, 1e-6));
  }
}

TEST_CASE(
    "a learning rate that is fed counts for that run, and rescales the whole history as in TensorFlow") {
  Descent descent(optimizer("Momentum"), {{"learning_rate", 0.25}, {"momentum", 0.5}}, DType::kFloat64, {3},
                  parabola);
  const Output rate = descent.minimized.hyper.at("learning_rate");
  double w = 3, a = 0;
  for (double fed : {0.25, 0.5, 0.0, 0.125, 0.25}) {
    a = 0.5 * a + 2 * w;
    w -= fed * a;
    CHECK(is_near(descent.step({{rate, Tensor::scalar(static_cast<float>(fed))}})[0], w, 1e-12));
  }
  a = 0.5 * a + 2 * w;
  w -= 0.25 * a;
  CHECK(is_near(descent.step()[0], w, 1e-12));
}

TEST_CASE("a learning rate that is no scalar is refused in the run, where only the run can see it") {
  Graph graph;
  Builder b(graph);
  const tf::Variable w = tf::variable(b, 1.0, "w");
  const Output rate = tf::placeholder(b, DType::kFloat32);
  const Output step = b.op("ApplyGradientDescent", {w.ref, rate, w.value}, {}, "step");
  Session session(graph);
  must(session.run({Fetch::operation(w.initializer)}));
  CHECK(error_text(session.run({step}, {{rate, Tensor(DType::kFloat32, {0})}})) ==
        "InvalidArgumentError: alpha is not a scalar: [0]\n\t [[{{node step}}]]");
}

TEST_CASE("minimize names what it adds as TensorFlow does, and refuses what cannot be minimised") {
  Graph graph;
  Builder b(graph);
  const OptimizerType& momentum = optimizer("Momentum");
  const Parameters parameters = complete(momentum.parameters, {});
  const tf::Variable w = tf::variable(b, 1.0, "w"), unused = tf::variable(b, 1.0, "unused");
  const Output loss = b.op("Square", {w.value});
  CHECK(error_text(minimize(b, momentum, parameters, loss, {}, {})) ==
        "ValueError: " + golden("err_20")["expected"]["error"]["text"].text());
  CHECK(error_text(minimize(b, momentum, parameters, loss, {unused}, {Output{}})) ==
        "ValueError: No gradients provided for any variable, check your graph for ops that do not support "
        "gradients, between variables [\"<tf.Variable 'unused:0' shape=() dtype=float32_ref>\"] and loss "
        "Tensor(\"Square:0\", shape=(), dtype=float32).");
  const auto slopes = must(gradients(b, {loss}, {w.ref, unused.ref}));
  CHECK_FALSE(slopes[1].valid());
  const Minimized minimized = must(minimize(b, momentum, parameters, loss, {w, unused}, slopes));
  CHECK(graph.node(minimized.train_op).name == "Momentum");
  REQUIRE(minimized.slots.size() == 1);
  CHECK(graph.node(minimized.slots[0].ref.node).name == "w/Momentum");
  CHECK(graph.find("Momentum/learning_rate"));
  CHECK(graph.find("Momentum/update_w/ApplyMomentum"));
}

TEST_CASE("every optimizer is described, and its parameters start within their ranges") {
  for (const OptimizerType& type : optimizer_types()) {
    INFO(type.name);
    CHECK(find_optimizer_type(type.name) == &type);
    CHECK(*type.formula);
    CHECK(std::string_view(type.help).ends_with('.'));
    for (const Parameter& parameter : type.parameters) {
      CHECK(*parameter.help);
      CHECK(parameter.minimum <= parameter.initial);
      CHECK(parameter.initial <= parameter.maximum);
    }
  }
  CHECK(find_optimizer_type("Nobody") == nullptr);
}

}  // namespace sandflow::test
