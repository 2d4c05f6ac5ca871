// Guards every operation of the list: described completely, inferred as it computes, computed as TensorFlow
// does, and differentiated correctly.
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "engine/core/print.h"
#include "engine/core/text.h"
#include "engine/graph/gradients.h"
#include "engine/ops/list.h"
#include "engine/scene/node_types.h"
#include "engine/tf/functions.h"
#include "engine/tf/tf.h"
#include "tests/engine/trial.h"

namespace sandflow::test {

namespace {

const std::vector<Row>& rows() {
  static const std::vector<Row> all = [] {
    std::vector<Row> list;
    for (const auto& family :
         {source_rows(), arithmetic_rows(), logic_rows(), math_rows(), reduction_rows(), linear_rows(),
          convolution_rows(), activation_rows(), loss_rows(), shape_rows(), slicing_rows(), picking_rows(),
          joining_rows(), random_rows(), function_rows()})
      list.insert(list.end(), family.begin(), family.end());
    return list;
  }();
  return all;
}

// How much a graph knows of the shapes of its placeholders.
enum class Known { kAll, kRank, kNothing };
constexpr auto kEveryKnown = {Known::kAll, Known::kRank, Known::kNothing};

std::string text_of(const Row& row, Known known) {
  constexpr const char* kTexts[] = {"known shapes", "known ranks", "nothing known"};
  return cat(row.op, "(", join(row.inputs, ", ", [](const Tensor& t) { return t.shape().python(); }),
             "), output ", row.output, ", ", kTexts[static_cast<int>(known)]);
}

// --- A row as a graph ------------------------------------------------------------------------------------

// The operation on placeholders, and what is differentiated: the sum
// of its result with a weight for each element.
struct Trial {
  Graph graph;
  Builder b{graph};
  std::vector<Output> xs;  // The placeholders of the floats.
  std::vector<Feed> feeds;
  Output result, weighted;

  Trial(const Row& row, Known known) {
    std::vector<Output> inputs;
    for (const Tensor& input : row.inputs) {
      if (input.dtype() != DType::kFloat64) {
        inputs.push_back(tf::constant(b, input));
        continue;
      }
      const Shape shape = known == Known::kAll    ? input.shape()
                          : known == Known::kRank ? Shape::unknown_dims(input.shape().rank())
                                                  : Shape::unknown_rank();
      inputs.push_back(tf::placeholder(b, DType::kFloat64, shape));
      xs.push_back(inputs.back());
      feeds.push_back({xs.back(), input});
    }
    result = added(b, row.op, inputs, row.attrs, row.output);
    must(b.status());
  }

  Tensor run(Output output) const { return value_of(graph, output, feeds); }

  // The sum of a tensor's elements, each with its own weight.
  Output weigh(Output tensor, const Shape& shape, int salt) {
    return tf::multiply(b, tensor, tf::constant(b, some(shape, salt)), "weigh");
  }

  double sum(Session& session, const std::vector<Output>& tensors) const {
    double total = 0;
    for (Output tensor : tensors)
      for (double number : numbers(value_of(session, tensor, feeds))) total += number;
    return total;
  }

  // d sum(tensors) / d xs[k] by central differences.
  std::vector<double> differences(const std::vector<Output>& tensors, std::size_t k) {
    Session session(graph);
    std::vector<double> out;
    const Tensor kept = feeds[k].value;
    for (std::size_t i = 0; i < static_cast<std::size_t>(kept.elements()); ++i) {
      constexpr double kStep = 1e-5;
      double ends[2];
      for (int end : {0, 1}) {
        feeds[k].value = kept;
        feeds[k].value.write<double>()[i] += end ? kStep : -kStep;
        ends[end] = sum(session, tensors);
      }
      out.push_back((ends[1] - ends[0]) / (2 * kStep));
    }
    feeds[k].value = kept;
    return out;
  }
};

void check_derivative(const Trial& trial, std::size_t k, Output gradient,
                      const std::vector<double>& expected) {
  INFO("input ", k);
  if (!gradient.valid()) {
    // "None" is right only where nothing depends on the input.
    for (double slope : expected) CHECK(std::abs(slope) < 1e-7);
    return;
  }
  const Shape& shape = trial.feeds[k].value.shape();
  const Tensor value = trial.run(gradient);
  CHECK(value.dtype() == DType::kFloat64);
  CHECK(value.shape() == shape);
  CHECK(trial.graph.shape(gradient).compatible_with(shape));
  check_near(value, expected, 1e-6, 1e-8);
}

bool is_listed(std::string_view op) {
  return std::any_of(rows().begin(), rows().end(), [&](const Row& row) { return op == row.op; });
}

std::vector<Output> gradients_or_none(Trial& trial, const std::vector<Output>& ys) {
  std::vector<Output> all = must(gradients(trial.b, ys, trial.xs));
  all.resize(trial.xs.size());
  return all;
}

}  // namespace

// --- The list --------------------------------------------------------------------------------------------

TEST_CASE("every operation is described completely") {
  std::set<std::string_view> types;
  for (const Op* op : all_ops()) {
    INFO(op->type);
    CHECK(types.insert(op->type).second);
    CHECK(find_op(op->type) == op);
    CHECK_FALSE(std::string_view(op->python).empty());
    CHECK_FALSE(std::string_view(op->formula).empty());
    CHECK(std::string_view(op->help).ends_with('.'));
    CHECK(op->infer != nullptr);
    CHECK(op->compute != nullptr);
    CHECK_FALSE(std::string_view(name(op->family)).empty());
    std::set<std::string_view> attrs;
    for (const AttrSpec& spec : op->attrs) {
      INFO("attr ", spec.name);
      CHECK(attrs.insert(spec.name).second);
      CHECK(op->find_attr(spec.name) == &spec);
      if (spec.initial && spec.kind == AttrKind::kType)
        CHECK(spec.allowed->contains(std::get<DType>(*spec.initial)));
    }
    std::set<std::string_view> arguments;
    CHECK(std::count_if(op->inputs.begin(), op->inputs.end(),
                        [](const Arg& arg) { return arg.is_variadic; }) <= 1);
    for (const auto* args : {&op->inputs, &op->outputs})
      for (const Arg& arg : *args) {
        INFO("argument ", arg.name);
        CHECK(arguments.insert(arg.name).second);
        if (!arg.type.type_attr) continue;
        const AttrSpec* spec = op->find_attr(arg.type.type_attr);
        REQUIRE(spec != nullptr);
        CHECK(spec->kind == AttrKind::kType);
        // An output's dtype is that of an input, or given: with an initial value, unless nothing comes in.
        const bool from_input = std::any_of(op->inputs.begin(), op->inputs.end(), [&](const Arg& input) {
          return input.type.type_attr && std::string_view(input.type.type_attr) == arg.type.type_attr;
        });
        CHECK((from_input || spec->initial || op->inputs.empty()));
      }
  }
  CHECK(find_op("Nonsense") == nullptr);
}

TEST_CASE("every operation and function can stand on the canvas, a variable's four as one") {
  const auto check = [](const char* name, const Op* op, const tf::Function* function) {
    INFO(name);
    const NodeType* type = find_node_type(name);
    REQUIRE(type != nullptr);
    CHECK(type->op == op);
    CHECK(type->function == function);
    CHECK_FALSE(type->python.empty());
    CHECK_FALSE(type->formula.empty());
    CHECK_FALSE(type->help.empty());
    for (const NodeField& field : type->fields) {
      INFO("field ", field.name);
      if (!field.choices.empty() && !field.initial.empty())
        CHECK(std::count(field.choices.begin(), field.choices.end(), field.initial) == 1);
      if (!field.only_if_field.empty())
        CHECK(std::any_of(type->fields.begin(), type->fields.end(),
                          [&](const NodeField& other) { return other.name == field.only_if_field; }));
    }
  };
  for (const Op* op : all_ops()) {
    const bool is_variable = std::string_view(op->type) == "VariableV2";
    check(is_variable ? "Variable" : op->type, is_variable ? nullptr : op, nullptr);
  }
  for (const tf::Function& function : tf::functions()) check(function.name, nullptr, &function);
  CHECK(node_types().size() == all_ops().size() + tf::functions().size());
}

TEST_CASE("every function is described completely") {
  std::set<std::string_view> names;
  for (const tf::Function& function : tf::functions()) {
    INFO(function.name);
    CHECK(names.insert(function.name).second);
    CHECK(find_op(function.name) == nullptr);
    CHECK(tf::find_function(function.name) == &function);
    CHECK_FALSE(std::string_view(function.python).empty());
    CHECK_FALSE(std::string_view(function.formula).empty());
    CHECK(std::string_view(function.help).ends_with('.'));
    CHECK(is_valid_node_name(function.scope));
    CHECK_FALSE(function.inputs.empty());
    CHECK(function.optional < static_cast<int>(function.inputs.size()) + 1);
    std::set<std::string_view> words;
    for (const Arg& input : function.inputs) {
      CHECK(words.insert(input.name).second);
      CHECK((!input.is_variadic || &input == &function.inputs.back()));
    }
    for (const AttrSpec& spec : function.attrs) {
      INFO("attr ", spec.name);
      CHECK(words.insert(spec.name).second);
      REQUIRE(spec.initial);
      CHECK(check_attr(function.name, spec, *spec.initial).ok());
    }
  }
}

TEST_CASE("every operation and function that computes something has a row") {
  for (const Op* op : all_ops()) {
    // Placeholders only take feeds; what writes to variables is tested in training.cpp and session.cpp.
    const bool writes =
        std::any_of(op->inputs.begin(), op->inputs.end(), [](const Arg& arg) { return arg.is_ref; });
    if (op->outputs.empty() || op->outputs[0].is_ref || writes ||
        op->type == std::string_view("Placeholder")) {
      CHECK_MESSAGE((!op->gradient || writes), op->type);
      continue;
    }
    CHECK_MESSAGE(is_listed(op->type), op->type, " has no row in tests/engine/ops/");
  }
  for (const tf::Function& function : tf::functions())
    CHECK_MESSAGE((is_listed(function.name) || function.outputs.empty()), function.name,
                  " has no row in tests/engine/ops/");
}

TEST_CASE("every operation gives a result or an error for whatever it is given, before a run and in it") {
  const std::vector<Tensor> values = {Tensor::scalar(1.5f),
                                      Tensor::scalar(-1),
                                      Tensor::scalar(true),
                                      Tensor::scalar(std::string("a")),
                                      Tensor(DType::kFloat32, {0}),
                                      Tensor(DType::kInt32, {0}),
                                      Tensor::vector<float>({1, -2}),
                                      ints({0}),
                                      ints({1, 2}),
                                      ints({-1, 5}),
                                      ints({2147483647, 2147483647}),
                                      Tensor::vector<bool>({true, false}),
                                      Tensor::of<float>({2, 2}, {1, 2, 3, 4}),
                                      Tensor(DType::kFloat32, {2, 0}),
                                      Tensor::of<float>({1, 1, 2}, {1, 2}),
                                      Tensor::of<std::int32_t>({1, 2}, {0, 1})};
  int computed_well = 0;
  for (const Op* op : all_ops()) {
    if (op->inputs.empty()) continue;
    const std::size_t varied = std::min<std::size_t>(op->inputs.size(), 3);
    std::size_t combinations = 1;
    for (std::size_t i = 0; i < varied; ++i) combinations *= values.size();
    // A stride that meets every value at every input all the same.
    const std::size_t stride = kIsSanitized && varied == 3 ? 11 : 1;
    for (std::size_t combination = 0; combination < combinations; combination += stride)
      for (const bool is_fed : {false, true}) {
        Graph graph;
        Builder b(graph);
        std::vector<Output> inputs;
        std::vector<Feed> feeds;
        std::vector<tf::Variable> variables;
        std::size_t rest = combination;
        for (std::size_t i = 0; i < op->inputs.size(); ++i) {
          // The optimizers' last inputs repeat the first ones.
          const Tensor& value = values[rest % values.size()];
          rest = i + 1 == varied ? combination : rest / values.size();
          if (op->inputs[i].is_ref) {
            variables.push_back(tf::variable(b, tf::constant(b, value)));
            inputs.push_back(variables.back().ref);
          } else if (is_fed) {
            inputs.push_back(tf::placeholder(b, value.dtype()));
            feeds.push_back({inputs.back(), value});
          } else {
            inputs.push_back(tf::constant(b, value));
          }
        }
        must(b.status());
        const Output result = b.op(op->type, inputs);
        if (!b.ok()) {
          if (b.status().error().message.empty()) FAIL_CHECK(op->type, " says nothing");
          continue;
        }
        Session session(graph);
        if (!variables.empty())
          must(session.run({Fetch::operation(tf::variables_initializer(b, variables))}));
        const auto ran = session.run({result}, feeds);
        computed_well += ran.ok();
        if (ran.ok() ? !(*ran)[0].defined() : ran.error().message.empty())
          FAIL_CHECK(op->type, " says nothing");
      }
  }
  CHECK(computed_well > 1000);
}

TEST_CASE("shapes and dtypes are what inference said before the run") {
  for (const Row& row : rows())
    for (const Known known : kEveryKnown) {
      INFO(text_of(row, known));
      Trial trial(row, known);
      const Tensor value = trial.run(trial.result);
      const Shape& inferred = trial.graph.shape(trial.result);
      CHECK(value.dtype() == trial.graph.dtype(trial.result));
      CHECK(inferred.compatible_with(value.shape()));
      if (row.has_open_shape) continue;
      if (known == Known::kAll) CHECK(inferred == value.shape());
      if (known == Known::kRank) CHECK(inferred.has_rank());
    }
}

TEST_CASE("every gradient agrees with central differences, and so does the gradient of the gradient") {
  for (const Row& row : rows())
    for (const Known known : kEveryKnown) {
      INFO(text_of(row, known));
      Trial trial(row, known);
      if (trial.xs.empty() || trial.graph.dtype(trial.result) != DType::kFloat64) continue;
      const Shape shape = trial.run(trial.result).shape();
      const Output weighted = trial.weigh(trial.result, shape, 7);
      const std::vector<Output> first = gradients_or_none(trial, {weighted});
      std::vector<Output> weighted_gradients;
      for (std::size_t k = 0; k < trial.xs.size(); ++k) {
        const std::vector<double> expected = trial.differences({weighted}, k);
        if (row.is_cut) {
          CHECK_FALSE(first[k].valid());
          continue;
        }
        check_derivative(trial, k, first[k], expected);
        if (first[k].valid())
          weighted_gradients.push_back(
              trial.weigh(first[k], trial.feeds[k].value.shape(), static_cast<int>(k) + 11));
      }
      if (weighted_gradients.empty() || row.stops_inside) continue;
      if (row.is_once) {
        CHECK(error_text(gradients(trial.b, weighted_gradients, trial.xs))
                  .starts_with("LookupError: Gradient explicitly disabled. Reason: b'"));
        continue;
      }
      const std::vector<Output> second = gradients_or_none(trial, weighted_gradients);
      for (std::size_t k = 0; k < trial.xs.size(); ++k) {
        INFO("second derivative");
        check_derivative(trial, k, second[k], trial.differences(weighted_gradients, k));
      }
    }
}

TEST_CASE("integers, booleans and what is chosen by index get no gradient") {
  Graph graph;
  Builder b(graph);
  const Output x = tf::constant(b, Tensor::vector<float>({1, 3, 2}));
  const Output whole = b.op("Cast", {x}, {{"DstT", DType::kInt32}});
  const Output back = b.op("Cast", {whole}, {{"DstT", DType::kFloat32}});
  CHECK_FALSE(must(gradients(b, {back}, {x}))[0].valid());
  CHECK_FALSE(must(gradients(b, {tf::reduce_sum(b, x)}, {whole}))[0].valid());
  const Output place = b.op("ArgMax", {x, tf::constant(b, 0)});
  const Output index = b.op("Cast", {place}, {{"DstT", DType::kFloat32}});
  CHECK_FALSE(must(gradients(b, {index}, {x}))[0].valid());
  CHECK(error_text(gradients(b, {whole}, {x})).starts_with("TypeError: Gradient of Tensor(\"Cast:0\""));
}

TEST_CASE("tf.gradients sums over everything it is asked about") {
  const Json expected = golden("tf_gradients_semantics")["expected"];
  Graph graph;
  Builder b(graph);
  const Output a = tf::constant(b, 0.0), twice = tf::multiply(b, tf::constant(b, 2.0), a);
  const std::vector<Output> both = must(gradients(b, {tf::add(b, a, twice)}, {a, twice}));
  const std::vector<double> sums = expected["gradients(a+b,[a,b]) with a=const 0., b=2*a"].numbers();
  CHECK(value_of(graph, both[0]).number(0) == sums[0]);
  CHECK(value_of(graph, both[1]).number(0) == sums[1]);

  const Output x = tf::constant(b, 2.0);
  const auto slope = [&](const std::vector<Output>& ys) {
    return value_of(graph, must(gradients(b, ys, {x}))[0]).number(0);
  };
  CHECK(slope({tf::multiply(b, x, x), tf::multiply(b, x, 3.0)}) == 7);
  CHECK(slope({tf::multiply(b, x, tf::constant(b, Tensor::vector<float>({1, 2, 3})))}) == 6);
  CHECK(slope({x}) == 1);
  CHECK_FALSE(must(gradients(b, {a}, {x}))[0].valid());
}

TEST_CASE("an operation without a registered gradient stops tf.gradients with its name") {
  Graph graph;
  Builder b(graph);
  const tf::Variable w = tf::variable(b, 1.0, "w");
  const Output update =
      b.op("ApplyGradientDescent", {w.ref, tf::constant(b, 1.0), tf::constant(b, 1.0)}, {}, "step");
  std::string expected = golden("err_25")["expected"]["error"]["text"].text();
  expected.replace(expected.find("<name>"), 6, "step");
  expected.replace(expected.find("<Type>"), 6, "ApplyGradientDescent");
  CHECK(error_text(gradients(b, {b.op("Identity", {update})}, {w.ref})) == "LookupError: " + expected);
}

TEST_CASE("a very deep graph is differentiated without recursion") {
  Graph graph;
  Builder b(graph);
  const Output x = tf::constant(b, 1.0);
  Output y = x;
  for (int i = 0; i < 5000; ++i) y = b.op("Neg", {y});
  CHECK(value_of(graph, must(gradients(b, {y}, {x}))[0]).number(0) == 1);
}

// --- Of all families ------------------------------------------------------------------------------------

TEST_CASE("where a function has a kink the gradient goes TensorFlow's way") {
  const Json expected = golden("max_min_subgradients")["expected"];
  const Tensor zero = Tensor::scalar(0.0), one = Tensor::scalar(1.0), two = Tensor::scalar(2.0);
  const auto slopes = [&](const char* op, const std::vector<Tensor>& inputs) {
    return differentiated(op, inputs, one);
  };
  const auto extreme = [&](const char* op, Json place) {
    const std::vector<Tensor> tie = slopes(op, {one, one});
    CHECK(tie[0].number(0) == place["dx"].number());
    CHECK(tie[1].number(0) == place["dy"].number());
  };
  extreme("Maximum", expected["tf.maximum(x,y) at x==y"]);
  extreme("Minimum", expected["tf.minimum(x,y) at x==y"]);
  check_near(slopes("Max", {Tensor::vector<double>({1, 3, 3}), ints({0})})[0],
             expected["reduce_max([1,3,3])"].numbers(), 0);
  check_near(slopes("Min", {Tensor::vector<double>({1, 1, 3}), ints({0})})[0],
             expected["reduce_min([1,1,3])"].numbers(), 0);
  CHECK(slopes("Relu", {zero})[0].number(0) == expected["tf.nn.relu at 0"].number());
  CHECK(slopes("Abs", {zero})[0].number(0) == expected["tf.abs at 0"].number());
  CHECK(slopes("Sign", {two})[0].number(0) == expected["tf.sign"].number());
  CHECK(slopes("Sqrt", {zero})[0].number(0) == expected["tf.sqrt at 0"].number());
  CHECK(expected["tf.floor/round"].is_null());
  CHECK_FALSE(slopes("Floor", {one})[0].defined());
  CHECK_FALSE(slopes("Round", {one})[0].defined());
  CHECK(slopes("Pow", {zero, two})[1].number(0) == expected["tf.pow(x,2.0) dy at x<=0"].number());
  CHECK(slopes("Pow", {Tensor::scalar(-1.5), two})[1].number(0) == 0);
}

TEST_CASE("nan is carried along and equals nothing") {
  const Tensor nan = Tensor::scalar(std::nanf("")), one = Tensor::scalar(1.f);
  for (const char* op :
       {"Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Softplus", "Softsign", "Tanh", "Sigmoid", "Exp", "Log",
        "Neg", "Square", "Abs", "Sqrt", "Sin", "Erf", "Floor", "Round"})
    CHECK_MESSAGE(std::isnan(computed(op, {nan}).number(0)), op);
  CHECK(std::isnan(computed("Add", {nan, one}).number(0)));
  CHECK_FALSE(computed("Equal", {nan, nan}).read<bool>()[0]);
  CHECK_FALSE(computed("GreaterEqual", {nan, one}).read<bool>()[0]);
}

TEST_CASE("an element's value does not depend on its place in the tensor") {
  for (const char* op : {"Exp", "Expm1", "Log", "Log1p", "Sin", "Cos", "Atan", "Tanh", "Sigmoid", "Erf"})
    for (DType dtype : kBothFloats) {
      const double x = 0.7364129;
      const auto filled = [&](std::int64_t n) {
        Tensor tensor(dtype, {n});
        with_floating(dtype, [&]<class T>() {
          std::fill(tensor.write<T>().begin(), tensor.write<T>().end(), static_cast<T>(x));
        });
        return tensor;
      };
      const double alone = computed(op, {filled(1)}).number(0);
      for (double number : numbers(computed(op, {filled(11)}))) CHECK(number == alone);
    }
}

}  // namespace sandflow::test
