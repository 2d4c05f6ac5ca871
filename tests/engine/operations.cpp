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
#include "engine/tf/tf.h"
#include "tests/engine/golden.h"
#include "tests/engine/support.h"

namespace sandflow::test {

namespace {

// --- What each operation is tried on ---------------------------------------------------------------------

// Numbers of either sign, away from 0 and from each other, where relu and maximum have kinks.
Tensor some(const Shape& shape, int salt = 0) {
  Tensor out(DType::kFloat64, shape);
  int i = 0;
  for (double& x : out.write<double>()) {
    x = 0.3 + 1.2 * std::fmod(0.618034 * ++i + 0.37 * salt, 1.0);
    if ((i + salt) % 3 == 0) x = -x;
  }
  return out;
}

Tensor positive(const Shape& shape, int salt = 0) {
  Tensor out = some(shape, salt);
  for (double& x : out.write<double>()) x = std::abs(x);
  return out;
}

// Rows that sum to 1.
Tensor distribution(const Shape& shape) {
  Tensor out = positive(shape, 5);
  const auto columns = static_cast<std::size_t>(shape.dim(1));
  const auto x = out.write<double>();
  for (std::size_t i = 0; i < x.size(); i += columns) {
    double sum = 0;
    for (std::size_t j = 0; j < columns; ++j) sum += x[i + j];
    for (std::size_t j = 0; j < columns; ++j) x[i + j] /= sum;
  }
  return out;
}

Tensor ints(const std::vector<std::int32_t>& values) { return Tensor::vector(values); }

struct Row {
  const char* op;
  std::vector<Tensor> inputs;  // Floats vary and are differentiated; all others are constants of the graph.
  Attrs attrs;
  int output = 0;
  // TensorFlow stops the gradient although the value depends on the input.
  bool is_cut = false;
  // The shape depends on the values of the inputs and is known after a run only.
  bool has_open_shape = false;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> table = [] {
    std::vector<Row> list = {
        {"Const", {}, {{"value", some({2})}, {"dtype", DType::kFloat64}}},
        {"StopGradient", {some({2, 3})}, {}, 0, true},
        {"FloorDiv", {some({2, 3}), some({3}, 1)}},
        {"FloorDiv", {ints({7, -7}), ints({2, 2})}},
        {"Select", {Tensor::of<bool>({2, 2}, {true, false, false, true}), some({2, 2}), some({2, 2}, 1)}},
        {"Select", {Tensor::vector<bool>({true, false}), some({2, 3}), some({2, 3}, 1)}},
        {"Select", {Tensor::scalar(true), some({3}), some({3}, 1)}},
        {"Reciprocal", {some({2, 3})}},
        {"Log", {positive({2, 3})}},
        {"Cast", {some({2, 3})}, {{"DstT", DType::kFloat64}}},
        {"Cast", {some({2, 3})}, {{"DstT", DType::kInt32}}},
        {"ArgMax", {some({2, 3, 4}), Tensor::scalar(std::int32_t{-2})}},
        {"BiasAdd", {some({4, 3}), some({3}, 1)}},
        {"BiasAdd", {some({2, 4, 3}), some({3}, 1)}},
        {"BiasAddGrad", {some({4, 3})}},
        {"BiasAddGrad", {some({2, 4, 3})}},
        {"Softmax", {some({2, 3, 4})}},
        {"Softmax", {some({4})}},
        {"LogSoftmax", {some({2, 3, 4})}},
        {"SoftmaxCrossEntropyWithLogits", {some({3, 4}), distribution({3, 4})}, {}, 0},
        {"SoftmaxCrossEntropyWithLogits", {some({3, 4}), distribution({3, 4})}, {}, 1},
        {"Reshape", {some({2, 6}), ints({3, 4})}},
        {"Reshape", {some({2, 6}), ints({-1, 2})}},
        {"Reshape", {some({1}), ints({})}},
        {"ExpandDims", {some({2, 3}), Tensor::scalar(std::int32_t{1})}},
        {"ExpandDims", {some({2, 3}), Tensor::scalar(std::int32_t{-1})}},
        {"Fill", {ints({2, 3}), some({})}},
        {"BroadcastTo", {some({3}), ints({2, 3})}},
        {"BroadcastTo", {some({2, 1}), ints({4, 2, 3})}},
        {"AddN", {some({2, 3})}},
        {"AddN", {some({2, 3}), some({2, 3}, 1), some({2, 3}, 2)}},
        {"BroadcastGradientArgs", {ints({2, 1, 3}), ints({4, 1})}, {}, 0, false, true},
        {"BroadcastGradientArgs", {ints({2, 1, 3}), ints({4, 1})}, {}, 1, false, true},
        {"RandomUniform", {ints({2, 3})}, {{"seed", std::int64_t{1}}, {"seed2", std::int64_t{2}}}},
        {"RandomStandardNormal", {ints({2, 3})}, {{"seed", std::int64_t{1}}, {"dtype", DType::kFloat64}}},
        {"TruncatedNormal", {ints({2, 3})}, {{"seed", std::int64_t{1}}}},
    };
    for (const char* op :
         {"Identity", "Neg", "Square", "Exp", "Relu", "Tanh", "Sigmoid", "Shape", "Size", "ZerosLike"})
      list.push_back({op, {some({2, 3})}});
    for (const char* op : {"Add", "AddV2", "Sub", "Mul", "RealDiv", "Maximum", "Equal", "GreaterEqual"}) {
      list.push_back({op, {some({2, 3}), some({2, 3}, 1)}});
      list.push_back({op, {some({2, 3}), some({3}, 1)}});
      list.push_back({op, {some({2, 1}), some({1, 3}, 1)}});
      list.push_back({op, {some({}), some({2, 3}, 1)}});
      list.push_back({op, {some({4, 1, 3}), some({2, 1}, 1)}});
    }
    for (const char* op : {"ReluGrad", "TanhGrad", "SigmoidGrad"})
      list.push_back({op, {some({2, 3}), some({2, 3}, 1)}});
    for (const char* op : {"Sum", "Mean"})
      for (const bool keep_dims : {false, true})
        for (const auto& axes : {ints({}), ints({1}), ints({0, -1}), ints({0, 1, 2})})
          list.push_back({op, {some({2, 3, 2}), axes}, {{"keep_dims", keep_dims}}});
    for (const bool ta : {false, true})
      for (const bool tb : {false, true})
        list.push_back({"MatMul",
                        {some(ta ? Shape{3, 2} : Shape{2, 3}), some(tb ? Shape{4, 3} : Shape{3, 4}, 1)},
                        {{"transpose_a", ta}, {"transpose_b", tb}}});
    return list;
  }();
  return table;
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
    const Output first = b.op(row.op, inputs, row.attrs, "op");
    must(b.status());
    if (first.valid()) result = {first.node, row.output};
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

// One operation on constants.
Tensor computed(const char* op, const std::vector<Tensor>& inputs, const Attrs& attrs = {}, int output = 0) {
  Graph graph;
  Builder b(graph);
  std::vector<Output> constants;
  for (const Tensor& input : inputs) constants.push_back(tf::constant(b, input));
  const Output result = b.op(op, constants, attrs);
  must(b.status());
  return value_of(graph, {result.node, output});
}

// The gradient of the sum of op(inputs) * grad_ys with respect to each input, as tf.gradients(...,
// grad_ys=...).
std::vector<Tensor> differentiated(const char* op, const std::vector<Tensor>& inputs, const Tensor& grad_ys,
                                   int output = 0) {
  Graph graph;
  Builder b(graph);
  std::vector<Output> constants;
  for (const Tensor& input : inputs) constants.push_back(tf::constant(b, input));
  const Output result{b.op(op, constants).node, output};
  const Output weighted = tf::multiply(b, result, tf::constant(b, grad_ys));
  std::vector<Tensor> values;
  for (Output gradient : must(gradients(b, {weighted}, constants)))
    values.push_back(gradient.valid() ? value_of(graph, gradient) : Tensor());
  return values;
}

Tensor ones_like(const Tensor& tensor) {
  Tensor out(tensor.dtype(), tensor.shape());
  with_floating(out.dtype(),
                [&]<class T>() { std::fill(out.write<T>().begin(), out.write<T>().end(), T(1)); });
  return out;
}

const auto kBothFloats = {DType::kFloat32, DType::kFloat64};

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
    for (const auto* args : {&op->inputs, &op->outputs})
      for (const Arg& arg : *args) {
        INFO("argument ", arg.name);
        CHECK(arguments.insert(arg.name).second);
        CHECK((!arg.is_variadic || &arg == &op->inputs.back()));
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

TEST_CASE("every operation can stand on the canvas, a variable's four as one") {
  for (const Op* op : all_ops()) {
    INFO(op->type);
    const bool is_variable = std::string_view(op->type) == "VariableV2";
    const NodeType* type = find_node_type(is_variable ? "Variable" : op->type);
    REQUIRE(type != nullptr);
    CHECK(type->op == (is_variable ? nullptr : op));
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
  }
  CHECK(node_types().size() == all_ops().size());
}

TEST_CASE("every operation that computes something has a row here") {
  for (const Op* op : all_ops()) {
    // Placeholders only take feeds; what writes to variables is tested in training.cpp and session.cpp.
    const bool writes =
        std::any_of(op->inputs.begin(), op->inputs.end(), [](const Arg& arg) { return arg.is_ref; });
    if (op->outputs.empty() || op->outputs[0].is_ref || writes ||
        op->type == std::string_view("Placeholder")) {
      CHECK_MESSAGE((!op->gradient || writes), op->type);
      continue;
    }
    CHECK_MESSAGE(is_listed(op->type), op->type, " has no row in the table above");
  }
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
    for (std::size_t combination = 0; combination < combinations; ++combination)
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
      if (weighted_gradients.empty()) continue;
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

// --- TensorFlow's numbers --------------------------------------------------------------------------------

TEST_CASE("division follows Python: // and / round and convert as there") {
  for (const std::string& id : golden_ids("intdiv_")) {
    if (id == "intdiv_zero") continue;
    INFO(id);
    const Json vector = golden(id), expected = vector["expected"];
    for (DType dtype : {DType::kInt32, DType::kInt64}) {
      const Tensor x = vector["inputs"]["x"].tensor(dtype), y = vector["inputs"]["y"].tensor(dtype);
      CHECK(computed("FloorDiv", {x, y}).number(0) == expected["floordiv(//)"].number());
      Graph graph;
      Builder b(graph);
      const Output quotient = tf::divide(b, tf::constant(b, x), tf::constant(b, y));
      CHECK(value_of(graph, quotient).number(0) == expected["truediv(/)"].number());
      CHECK(name(graph.dtype(quotient)) == expected["truediv_dtype"].text());
    }
    for (DType dtype : kBothFloats)
      CHECK(computed("FloorDiv", {vector["inputs"]["x"].tensor(dtype), vector["inputs"]["y"].tensor(dtype)})
                .number(0) == expected["floordiv(//)"].number());
  }
  const auto lowest = std::numeric_limits<std::int32_t>::min();
  CHECK(computed("FloorDiv", {Tensor::scalar(lowest), Tensor::scalar(-1)}).number(0) == lowest);
}

TEST_CASE("dividing by zero is an error for integers only") {
  const Json error = golden("intdiv_zero")["expected"]["error"];
  Graph graph;
  Builder b(graph);
  const Output quotient = b.op("FloorDiv", {tf::constant(b, 1), tf::constant(b, 0)});
  CHECK(run_error(graph, quotient) ==
        error["type"].text() + ": " + error["text"].text() + "\n\t [[{{node FloorDiv}}]]");
  const Json vector = golden("truediv_zero");
  for (DType dtype : kBothFloats)
    check_golden(
        computed("RealDiv", {vector["inputs"]["x"].tensor(dtype), vector["inputs"]["y"].tensor(dtype)}),
        vector["expected"]["value"], vector["tol"]);
}

TEST_CASE("integers wrap around") {
  const auto most = std::numeric_limits<std::int32_t>::max(),
             least = std::numeric_limits<std::int32_t>::min();
  const Tensor x = ints({most, least, most}), y = ints({1, -1, most});
  CHECK(computed("Add", {x, y}).same_bits(ints({least, most, -2})));
  CHECK(computed("Sub", {x, y}).same_bits(ints({most - 1, least + 1, 0})));
  CHECK(computed("Mul", {x, y}).same_bits(ints({most, least, 1})));
  CHECK(computed("Neg", {x}).same_bits(ints({-most, least, -most})));
  CHECK(computed("Square", {x}).same_bits(ints({1, 0, 1})));
  CHECK(computed("Sum", {x, ints({0})}).number(0) == static_cast<double>(most - 1));
  CHECK(computed("AddN", {x, x}).same_bits(ints({-2, 0, -2})));
}

TEST_CASE("texts are added end to end") {
  CHECK(str(computed("Add", {Tensor::scalar(std::string("ab")), Tensor::vector<std::string>({"c", ""})})) ==
        "[b'abc' b'ab']");
  CHECK(str(computed("Equal", {Tensor::scalar(std::string("ab")),
                               Tensor::vector<std::string>({"ab", ""})})) == "[ True False]");
}

TEST_CASE("casting truncates towards zero, and booleans are 0 and 1") {
  const auto cast = [](const Tensor& x, DType to) { return computed("Cast", {x}, {{"DstT", to}}); };
  const Json truncation = golden("cast_trunc"), booleans = golden("cast_bool");
  for (DType from : kBothFloats)
    for (DType to : {DType::kInt32, DType::kInt64})
      check_golden(cast(truncation["inputs"]["x"].tensor(from), to), truncation["expected"]["value"],
                   truncation["tol"]);
  check_golden(cast(booleans["inputs"]["bool"].tensor(DType::kBool), DType::kFloat32),
               booleans["expected"]["bool_to_float32"], booleans["tol"]);
  const Tensor as_bool = cast(booleans["inputs"]["float"].tensor(DType::kFloat32), DType::kBool);
  CHECK(as_bool.dtype() == DType::kBool);
  check_golden(as_bool, booleans["expected"]["float_to_bool"], booleans["tol"]);
  CHECK(cast(Tensor::vector<double>({1e300, std::nan("")}), DType::kInt32)
            .same_bits(ints({-2147483647 - 1, -2147483647 - 1})));
}

TEST_CASE("reductions of integers and of nothing are TensorFlow's") {
  const Json mean = golden("reduce_mean_int");
  const Tensor average = computed("Mean", {mean["inputs"]["x"].tensor(DType::kInt32), ints({0})});
  CHECK(average.number(0) == mean["expected"]["value"].number());
  CHECK(name(average.dtype()) == mean["expected"]["dtype"].text());
  CHECK(computed("Mean", {ints({1, 2, 4}), ints({0})}).number(0) == 2);
  const Json empty = golden("reduce_empty")["expected"];
  const Tensor nothing(DType::kFloat32, {0});
  CHECK(is_near(computed("Sum", {nothing, ints({0})}).number(0), empty["reduce_sum"].number(), 0));
  CHECK(is_near(computed("Mean", {nothing, ints({0})}).number(0), empty["reduce_mean"].number(), 0));
  CHECK(
      computed("Sum", {Tensor(DType::kFloat32, {0, 3}), ints({0})}).same_bits(Tensor(DType::kFloat32, {3})));
  CHECK(computed("Sum", {Tensor(DType::kFloat32, {3, 0}), ints({0})}).shape() == Shape{0});
  CHECK(computed("Mean", {Tensor(DType::kInt32, {0}), ints({0})}).elements() == 1);
}

TEST_CASE("the first of equals is the largest") {
  const Json vector = golden("argmax_ties");
  const Tensor axis = vector["inputs"]["axis"].tensor(DType::kInt32);
  const Tensor place = computed("ArgMax", {vector["inputs"]["x"].tensor(DType::kFloat32), axis});
  check_golden(place, vector["expected"]["value"], vector["tol"]);
  CHECK(name(place.dtype()) == vector["expected"]["dtype"].text());
  CHECK(computed("ArgMax", {vector["inputs"]["x"].tensor(DType::kFloat32), axis},
                 {{"output_type", DType::kInt32}})
            .same_bits(ints({1, 0})));
  // Along the first axis of two.
  CHECK(str(computed("ArgMax", {Tensor::of<float>({2, 3}, {1, 5, 3, 4, 2, 3}), Tensor::scalar(0)})) ==
        "[1 0 0]");
}

TEST_CASE("activations and their derivatives are TensorFlow's") {
  const Json vector = golden("activations");
  const auto check = [&](const char* op, Json expected, DType dtype) {
    INFO(op, " ", name(dtype));
    const Tensor x = vector["inputs"]["x"].tensor(dtype);
    const double tolerance = vector["tol"][dtype == DType::kFloat32 ? "float32_rel" : "float64_rel"].number();
    check_near(computed(op, {x}), expected["y"].numbers(), tolerance);
    // The flanks of tanh and sigmoid lose digits in 1 - y^2.
    check_near(differentiated(op, {x}, ones_like(x))[0], expected["dy"].numbers(), tolerance,
               dtype == DType::kFloat32 ? 1e-7 : 1e-15);
  };
  for (DType dtype : kBothFloats) {
    check("Relu", vector["expected"]["relu"], dtype);
    check("Tanh", vector["expected"]["tanh"], dtype);
    check("Sigmoid", vector["expected"]["sigmoid"], dtype);
  }
}

TEST_CASE("softmax and its logarithm are TensorFlow's, however large the logits") {
  const auto check = [](const char* op, const char* id, DType dtype) {
    INFO(id, " ", name(dtype));
    const Json vector = golden(id);
    check_golden(computed(op, {vector["inputs"]["logits"].tensor(dtype)}), vector["expected"]["value"],
                 vector["tol"]);
  };
  for (DType dtype : kBothFloats) {
    check("Softmax", "softmax_3", dtype);
    check("Softmax", "softmax_large", dtype);
    check("LogSoftmax", "log_softmax_3", dtype);
    const Json slope = golden("softmax_grad");
    check_golden(differentiated("Softmax", {slope["inputs"]["logits"].tensor(dtype)},
                                slope["inputs"]["grad_ys"].tensor(dtype))[0],
                 slope["expected"]["grad_logits"], slope["tol"]);
  }
  CHECK(computed("Softmax", {Tensor(DType::kFloat32, {2, 0})}).shape() == Shape{2, 0});
}

TEST_CASE("softmax cross entropy is TensorFlow's, its shortcut for labels that do not sum to 1 included") {
  for (DType dtype : kBothFloats) {
    INFO(name(dtype));
    const Json vector = golden("softmax_xent"), expected = vector["expected"];
    const Tensor logits = vector["inputs"]["logits"].tensor(dtype),
                 labels = vector["inputs"]["labels"].tensor(dtype);
    const auto slopes = differentiated("SoftmaxCrossEntropyWithLogits", {logits, labels},
                                       ones_like(expected["loss"].tensor(dtype)));
    check_golden(computed("SoftmaxCrossEntropyWithLogits", {logits, labels}), expected["loss"],
                 vector["tol"]);
    check_golden(slopes[0], expected["grad_logits_of_reduce_sum"], vector["tol"]);
    check_golden(slopes[1], expected["grad_labels_v2_of_reduce_sum"], vector["tol"]);

    const Json odd = golden("softmax_xent_labels_not_normalised");
    const Tensor odd_logits = odd["inputs"]["logits"].tensor(dtype),
                 odd_labels = odd["inputs"]["labels"].tensor(dtype);
    check_golden(computed("SoftmaxCrossEntropyWithLogits", {odd_logits, odd_labels}), odd["expected"]["loss"],
                 odd["tol"]);
    check_golden(differentiated("SoftmaxCrossEntropyWithLogits", {odd_logits, odd_labels},
                                ones_like(odd["expected"]["loss"].tensor(dtype)))[0],
                 odd["expected"]["grad_logits_TF"], odd["tol"]);
  }
}

TEST_CASE("the matrix product and its gradients are exact on small integers") {
  const Json vector = golden("matmul_grad"), inputs = vector["inputs"];
  for (DType dtype : kBothFloats) {
    const Tensor a = inputs["a"].tensor(dtype), b = inputs["b"].tensor(dtype);
    check_golden(computed("MatMul", {a, b}), vector["expected"]["value"], vector["tol"]);
    const auto slopes = differentiated("MatMul", {a, b}, inputs["grad_ys"].tensor(dtype));
    check_golden(slopes[0], vector["expected"]["grad_a"], vector["tol"]);
    check_golden(slopes[1], vector["expected"]["grad_b"], vector["tol"]);
  }
  check_golden(computed("MatMul", {inputs["a"].tensor(DType::kInt32), inputs["b"].tensor(DType::kInt32)}),
               vector["expected"]["value"], vector["tol"]);
  CHECK(computed("MatMul", {Tensor(DType::kFloat32, {2, 0}), Tensor(DType::kFloat32, {0, 3})})
            .same_bits(Tensor(DType::kFloat32, {2, 3})));
}

TEST_CASE("where a function has a kink the gradient goes TensorFlow's way") {
  const Json expected = golden("max_min_subgradients")["expected"];
  const Tensor zero = Tensor::scalar(0.0), one = Tensor::scalar(1.0);
  const auto tie = differentiated("Maximum", {one, one}, one);
  CHECK(tie[0].number(0) == expected["tf.maximum(x,y) at x==y"]["dx"].number());
  CHECK(tie[1].number(0) == expected["tf.maximum(x,y) at x==y"]["dy"].number());
  CHECK(differentiated("Relu", {zero}, one)[0].number(0) == expected["tf.nn.relu at 0"].number());
}

TEST_CASE("nan is carried along and equals nothing") {
  const Tensor nan = Tensor::scalar(std::nanf("")), one = Tensor::scalar(1.f);
  for (const char* op : {"Relu", "Tanh", "Sigmoid", "Exp", "Log", "Neg", "Square"})
    CHECK_MESSAGE(std::isnan(computed(op, {nan}).number(0)), op);
  CHECK(std::isnan(computed("Add", {nan, one}).number(0)));
  CHECK_FALSE(computed("Equal", {nan, nan}).read<bool>()[0]);
  CHECK_FALSE(computed("GreaterEqual", {nan, one}).read<bool>()[0]);
}

TEST_CASE("exp, log, tanh and the sigmoid behave at the ends of their ranges") {
  const float inf = std::numeric_limits<float>::infinity();
  CHECK(str(computed("Exp", {Tensor::vector<float>({-inf, -1000, 0, 1000, inf})})) ==
        "[ 0.  0.  1. inf inf]");
  CHECK(str(computed("Log", {Tensor::vector<float>({0, 1, inf})})) == "[-inf   0.  inf]");
  CHECK(std::isnan(computed("Log", {Tensor::scalar(-1.f)}).number(0)));
  CHECK(str(computed("Tanh", {Tensor::vector<float>({-inf, -100, 0, 100, inf})})) == "[-1. -1.  0.  1.  1.]");
  CHECK(str(computed("Sigmoid", {Tensor::vector<float>({-inf, -1000, 0, 1000, inf})})) ==
        "[0.  0.  0.5 1.  1. ]");
}

TEST_CASE("an element's value does not depend on its place in the tensor") {
  for (const char* op : {"Exp", "Log", "Tanh", "Sigmoid"})
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
