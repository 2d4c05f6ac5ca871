// Guards optimizers: they take the steps that TensorFlow, Keras and PyTorch take, with the variables and the
// names that TensorFlow gives them.
#include "engine/training/optimizers.h"

#include <algorithm>
#include <functional>
#include <memory>

#include "engine/core/text.h"
#include "engine/graph/gradients.h"
#include "engine/ops/list.h"
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

// A function of a few numbers as a graph, and an optimizer that minimises it. They are one variable, since
// LARS asks for the norm of a whole variable.
struct Descent {
  Graph graph;
  Builder b{graph};
  std::vector<tf::Variable> variables;
  tf::Variable global_step;
  Minimized minimized;
  std::unique_ptr<Session> session;

  Descent(const OptimizerType& type, const Parameters& given, DType dtype, const Point& start,
          const Function& function, MinimizeOptions options = {}, bool has_exact_numbers = false) {
    Tensor first(dtype, start.size() == 1 ? Shape{} : Shape{static_cast<std::int64_t>(start.size())});
    with_floating(dtype, [&]<class T>() {
      std::transform(start.begin(), start.end(), first.write<T>().begin(),
                     [](double x) { return static_cast<T>(x); });
    });
    variables = {tf::variable(b, tf::constant(b, first), "x")};
    std::vector<Output> values = {variables[0].value};
    if (start.size() > 1) {
      const Output parts = b.op("Unpack", values, {{"num", first.elements()}});
      values.clear();
      for (int i = 0; i < static_cast<int>(start.size()); ++i) values.push_back({parts.node, i});
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
    minimized = must(minimize(b, type, parameters, loss, variables,
                              must(gradients(b, {loss}, {variables[0].ref})), options));
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
    for (const tf::Variable& variable : of)
      for (double number : numbers(value_of(*session, variable.value))) out.push_back(number);
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
  const std::size_t size = descent.position(descent.variables).size();
  REQUIRE(kept.size() == type.shared.size() + size * type.slots.size());
  for (std::size_t s = 0; s < of.slots.size(); ++s) {
    INFO("slot ", of.slots[s]);
    const Point wanted = expected[of.slots[s]].numbers();
    for (std::size_t k = 0; k < wanted.size(); ++k)
      CHECK(is_near(kept[type.shared.size() + s * size + k], wanted[k], 1e-9));
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
    CHECK(*type.python);
    CHECK(std::string_view(type.help).ends_with('.'));
    for (const Parameter& parameter : type.parameters) {
      CHECK(*parameter.help);
      CHECK(parameter.minimum <= parameter.initial);
      CHECK(parameter.initial <= parameter.maximum);
    }
  }
  CHECK(find_optimizer_type("Nobody") == nullptr);
}

TEST_CASE("slots are variables with TensorFlow's names and first values") {
  const auto names = [](const char* type) {
    Graph graph;
    Builder b(graph);
    const tf::Variable w = tf::variable(b, 1.0, "W");
    const Output loss = b.op("Square", {w.value});
    MinimizeOptions options;
    options.global_step = tf::variable(b, tf::constant(b, Tensor::scalar<std::int64_t>(0)), "step", false);
    const Minimized minimized = must(minimize(b, optimizer(type), complete(optimizer(type).parameters, {}),
                                              loss, {w}, must(gradients(b, {loss}, {w.ref})), options));
    Session session(graph);
    must(session.run({Fetch::operation(tf::variables_initializer(b, minimized.slots))}));
    return join(minimized.slots, " ", [&](const tf::Variable& slot) {
      CHECK_FALSE(slot.is_trainable);
      return cat(graph.node(slot.ref.node).name, "=", shortest(value_of(session, slot.value).number(0)));
    });
  };
  CHECK(names("GradientDescent") == "");
  CHECK(names("Momentum") == "W/Momentum=0");
  CHECK(names("Adagrad") == "W/Adagrad=0.10000000149011612");
  CHECK(names("RMSProp") == "W/RMSProp=1 W/RMSProp_1=0");
  CHECK(names("CenteredRMSProp") == "W/RMSProp=1 W/RMSProp_1=0 W/RMSProp_2=0");
  CHECK(names("Adam") == "beta1_power=0.8999999761581421 beta2_power=0.9990000128746033 W/Adam=0 W/Adam_1=0");
  CHECK(names("AMSGrad") ==
        "beta1_power=0.8999999761581421 beta2_power=0.9990000128746033 W/m=0 W/v=0 W/vhat=0");
  CHECK(names("AdaMax") == "beta1_power=0.8999999761581421 W/AdaMax=0 W/AdaMax_1=0");
  CHECK(names("Ftrl") == "W/Ftrl=0.10000000149011612 W/Ftrl_1=0");
  CHECK(names("AdagradDA") == "W/AdagradDA=0 W/AdagradDA_1=0.10000000149011612");
  CHECK(names("KerasNadam") == "iter=0 momentum_cache=1 W/m=0 W/v=0");
}

TEST_CASE("a slot that was not initialised is missed by name") {
  Graph graph;
  Builder b(graph);
  const tf::Variable w = tf::variable(b, 1.0, "W");
  const Output loss = b.op("Square", {w.value});
  const Minimized minimized = must(minimize(b, optimizer("Adam"), complete(optimizer("Adam").parameters, {}),
                                            loss, {w}, must(gradients(b, {loss}, {w.ref}))));
  Session session(graph);
  must(session.run({Fetch::operation(w.initializer)}));
  CHECK(error_text(session.run({Fetch::operation(minimized.train_op)}))
            .starts_with("FailedPreconditionError: Attempting to use uninitialized value beta1_power"));
}

TEST_CASE("a hyper-parameter may be a tensor, and the updates are counted") {
  Graph graph;
  Builder b(graph);
  const tf::Variable w = tf::variable(b, 3.0, "W");
  const tf::Variable step =
      tf::variable(b, tf::constant(b, Tensor::scalar<std::int64_t>(0)), "global_step", false);
  const Output loss = b.op("Square", {w.value});
  // 1/2, then 1/4, then 1/8.
  const tf::Term made{&b, b.op("Cast", {step.value}, {{"DstT", DType::kFloat32}})};
  const Output rate = tf::pow(0.5, made + 1);
  const Minimized minimized =
      must(minimize(b, optimizer("GradientDescent"), {}, loss, {w}, must(gradients(b, {loss}, {w.ref})),
                    {{{"learning_rate", rate}}, step}));
  CHECK(minimized.hyper.empty());
  CHECK(graph.node(minimized.train_op).name == "GradientDescent");
  CHECK(std::string_view(graph.node(minimized.train_op).op->type) == "AssignAdd");
  CHECK(graph.find("GradientDescent/update"));
  CHECK(graph.find("GradientDescent/value"));
  Session session(graph);
  must(session.run({Fetch::operation(tf::variables_initializer(b, {w, step}))}));
  double expected = 3;
  for (const double now : {0.5, 0.25, 0.125}) {
    must(session.run({Fetch::operation(minimized.train_op)}));
    expected -= now * 2 * expected;
    CHECK(value_of(session, w.value).number(0) == expected);
  }
  CHECK(value_of(session, step.value).integer(0) == 3);
}

TEST_CASE("optimizers refuse what their constructors refuse") {
  Graph graph;
  Builder b(graph);
  const tf::Variable w = tf::variable(b, 1.0, "W");
  const Output loss = b.op("Square", {w.value});
  const auto slopes = must(gradients(b, {loss}, {w.ref}));
  const auto refused = [&](const char* type, const Parameters& given) {
    return error_text(
        minimize(b, optimizer(type), complete(optimizer(type).parameters, given), loss, {w}, slopes));
  };
  CHECK(refused("Adagrad", {{"initial_accumulator_value", 0}}) ==
        "ValueError: initial_accumulator_value must be positive: 0");
  CHECK(refused("AdagradDA", {}) ==
        "TypeError: __init__() missing 1 required positional argument: 'global_step'");
}

TEST_CASE("every kernel of an optimizer refuses wrong shapes and wrong numbers in TensorFlow's words") {
  const auto starts = [](std::string_view name, bool is_ref) {
    if (is_ref) return Tensor::vector<float>({1, 1});
    if (name == "grad" || name == "delta") return Tensor::vector<float>({0.5, 0.5});
    return name == "lr_power" ? Tensor::scalar(-0.5f) : Tensor::scalar(0.25f);
  };
  for (const Op* op : all_ops()) {
    if (op->family != Family::kTraining) continue;
    INFO(op->type);
    Graph graph;
    Builder b(graph);
    std::vector<Output> inputs;
    std::vector<tf::Variable> variables;
    for (const Arg& arg : op->inputs) {
      const Tensor start = starts(arg.name, arg.is_ref);
      if (arg.is_ref) {
        // Of a shape that may change, as tf.assign(validate_shape=False) does.
        variables.push_back(tf::variable(b, tf::constant(b, start)));
        inputs.push_back(variables.back().ref);
      } else {
        inputs.push_back(tf::placeholder(b, arg.type.type_attr ? DType::kFloat32 : arg.type.fixed));
      }
    }
    const Output update = b.op(op->type, inputs, {}, "update");
    must(b.status());
    const auto run = [&](std::size_t wrong, const Tensor& value) {
      Session session(graph);
      must(session.run({Fetch::operation(tf::variables_initializer(b, variables))}));
      std::vector<Feed> feeds;
      std::size_t variable = 0;
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (op->inputs[i].is_ref) {
          const int node = variables[variable++].ref.node;
          if (i == wrong) session.set_variable(node, value);
        } else {
          feeds.push_back({inputs[i], i == wrong ? value : starts(op->inputs[i].name, false)});
        }
      }
      return error_text(session.run({update}, feeds));
    };
    CHECK(run(inputs.size(), {}) == "no error");
    for (std::size_t i = 1; i < inputs.size(); ++i) {
      const std::string_view name = op->inputs[i].name;
      INFO(name);
      const bool is_large = op->inputs[i].is_ref || name == "grad" || name == "delta";
      const std::string said = run(i, Tensor(DType::kFloat32, {3}));
      CHECK_MESSAGE(said.starts_with("InvalidArgumentError: "), said);
      CHECK_MESSAGE(
          said.find(is_large ? " do not have the same shape[2] [3]" : "scalar: [3]") != std::string::npos,
          said);
      CHECK(said.ends_with("\n\t [[{{node update}}]]"));
    }
    if (std::string_view(op->type).starts_with("ApplyFtrl")) {
      CHECK(run(4, Tensor::scalar(0.f)).starts_with("InvalidArgumentError: lr is not a positive scalar: []"));
      CHECK(run(5, Tensor::scalar(-1.f))
                .starts_with(
                    "InvalidArgumentError: l1 regularization strength is not a non-negative scalar: []"));
      CHECK(run(inputs.size() - 1, Tensor::scalar(1.f))
                .starts_with("InvalidArgumentError: lr_power is not a non-positive scalar: []"));
    }
  }
}

TEST_CASE("assign_add and assign_sub change a variable in place") {
  Graph graph;
  Builder b(graph);
  const tf::Variable w = tf::variable(b, tf::constant(b, Tensor::vector<std::int32_t>({1, 2147483647})), "W");
  const Output by = tf::placeholder(b, DType::kInt32);
  const Output more = b.op("AssignAdd", {w.ref, by}), less = b.op("AssignSub", {w.ref, by});
  must(b.status());
  Session session(graph);
  const Tensor one = Tensor::vector<std::int32_t>({1, 1});
  CHECK(error_text(session.run({more}, {{by, one}})) ==
        "FailedPreconditionError: Attempting to use uninitialized value W\n\t [[{{node AssignAdd}}]]");
  must(session.run({Fetch::operation(w.initializer)}));
  CHECK(value_of(session, more, {{by, one}}).same_bits(Tensor::vector<std::int32_t>({2, -2147483647 - 1})));
  CHECK(value_of(session, less, {{by, one}}).same_bits(Tensor::vector<std::int32_t>({1, 2147483647})));
  CHECK(error_text(session.run({more}, {{by, Tensor::scalar(1)}})) ==
        "InvalidArgumentError: Parameters and update must be the same size\n\t [[{{node AssignAdd}}]]");
  CHECK(b.shape(more) == Shape{2});
  Builder wrong(graph);
  wrong.op("AssignAdd", {w.ref, tf::constant(wrong, Tensor::vector<std::int32_t>({1, 2, 3}))});
  CHECK_FALSE(wrong.ok());
}

}  // namespace sandflow::test
