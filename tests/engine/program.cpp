// Guards programs: training on one gives what training on a plan gives, to the bit, and what no program can
// do falls back to the plan.
#include "engine/session/program.h"

#include <cmath>
#include <functional>
#include <limits>

#include "engine/graph/gradients.h"
#include "engine/tf/operators.h"
#include "engine/training/optimizers.h"
#include "engine/training/trainer.h"
#include "tests/engine/trial.h"

namespace sandflow::test {

namespace {

Tensor single(const Tensor& numbers) {
  Tensor out(DType::kFloat32, numbers.shape());
  for (std::int64_t i = 0; i < out.elements(); ++i)
    out.write<float>()[static_cast<std::size_t>(i)] = static_cast<float>(numbers.number(i));
  return out;
}

// A net with its loss and updates, fed with "x" and "labels".
struct Net {
  Graph graph;
  Builder b{graph};
  std::vector<tf::Variable> variables;
  Output x, labels, loss;
  int train = -1, init = -1;
  HyperTensors hyper;

  Output parameter(const Shape& shape) {
    variables.push_back(tf::variable(b, single(some(shape, static_cast<int>(variables.size())))));
    return variables.back().value;
  }
  Output dense(Output from, std::int64_t in, std::int64_t out, const char* activation) {
    const Output product = b.op("MatMul", {from, parameter({in, out})});
    const Output sum = b.op("BiasAdd", {product, parameter({out})});
    return activation ? b.op(activation, {sum}) : sum;
  }
  void finish(const char* optimizer) {
    std::vector<Output> refs;
    for (const tf::Variable& variable : variables) refs.push_back(variable.ref);
    const OptimizerType& type = *find_optimizer_type(optimizer);
    MinimizeOptions options;
    if (type.needs_global_step)
      options.global_step = tf::variable(b, Tensor::scalar<std::int64_t>(0), "global_step", false);
    const Minimized minimized = must(minimize(b, type, complete(type.parameters, {{"learning_rate", 0.05}}),
                                              loss, variables, must(gradients(b, {loss}, refs)), options));
    train = minimized.train_op;
    hyper = minimized.hyper;
    std::vector<tf::Variable> all = variables;
    all.insert(all.end(), minimized.slots.begin(), minimized.slots.end());
    if (options.global_step.valid()) all.push_back(options.global_step);
    init = tf::variables_initializer(b, all);
    must(b.status());
  }
};

void regression(Net& net, const char* optimizer) {
  net.x = tf::placeholder(net.b, DType::kFloat32, {Shape::kUnknown, 2});
  net.labels = tf::placeholder(net.b, DType::kFloat32, {Shape::kUnknown, 1});
  const Output hidden = net.dense(net.dense(net.x, 2, 4, "Tanh"), 4, 3, "Sigmoid");
  const Output errors = tf::subtract(net.b, net.dense(hidden, 3, 1, nullptr), net.labels);
  net.loss = tf::reduce_mean(net.b, net.b.op("Square", {errors}));
  net.finish(optimizer);
}

void classifier(Net& net, const char* optimizer) {
  net.x = tf::placeholder(net.b, DType::kFloat32, {Shape::kUnknown, 7});
  net.labels = tf::placeholder(net.b, DType::kFloat32, {Shape::kUnknown, 3});
  const Output logits = net.dense(net.dense(net.x, 7, 9, "Relu"), 9, 3, nullptr);
  net.loss = tf::reduce_mean(net.b, tf::softmax_cross_entropy_with_logits(net.b, net.labels, logits));
  net.finish(optimizer);
}

void images(Net& net, const char* optimizer) {
  Builder& b = net.b;
  const std::vector<std::int64_t> ones = {1, 1, 1, 1}, twos = {1, 2, 2, 1};
  net.x = tf::placeholder(b, DType::kFloat32, {Shape::kUnknown, 8, 8, 1});
  net.labels = tf::placeholder(b, DType::kFloat32, {Shape::kUnknown, 3});
  Output x = net.x;
  for (const std::int64_t depth : {4, 8}) {
    const std::int64_t before = b.shape(x).dim(3);
    x = b.op("Conv2D", {x, net.parameter({3, 3, before, depth})},
             {{"strides", ones}, {"padding", std::string("SAME")}});
    x = b.op("Relu", {b.op("BiasAdd", {x, net.parameter({depth})})});
    x = b.op("MaxPool", {x}, {{"ksize", twos}, {"strides", twos}, {"padding", std::string("SAME")}});
  }
  const Output flat = b.op("Reshape", {x, tf::constant(b, ints({-1, 32}))});
  const Output logits = net.dense(flat, 32, 3, nullptr);
  net.loss = tf::reduce_mean(b, tf::softmax_cross_entropy_with_logits(b, net.labels, logits));
  net.finish(optimizer);
}

// The activation's gradient comes back through a change of shape.
void flattened(Net& net, const char* optimizer) {
  Builder& b = net.b;
  const std::vector<std::int64_t> ones = {1, 1, 1, 1};
  net.x = tf::placeholder(b, DType::kFloat32, {Shape::kUnknown, 4, 4, 1});
  net.labels = tf::placeholder(b, DType::kFloat32, {Shape::kUnknown, 3});
  Output x = b.op("Conv2D", {net.x, net.parameter({3, 3, 1, 4})},
                  {{"strides", ones}, {"padding", std::string("SAME")}});
  x = b.op("Relu", {b.op("BiasAdd", {x, net.parameter({4})})});
  const Output logits = net.dense(b.op("Reshape", {x, tf::constant(b, ints({-1, 64}))}), 64, 3, nullptr);
  net.loss = tf::reduce_mean(b, tf::softmax_cross_entropy_with_logits(b, net.labels, logits));
  net.finish(optimizer);
}

// A gradient of more rows than are used up at a time.
void wide(Net& net, const char* optimizer) {
  net.x = tf::placeholder(net.b, DType::kFloat32, {Shape::kUnknown, 70});
  net.labels = tf::placeholder(net.b, DType::kFloat32, {Shape::kUnknown, 3});
  const Output logits = net.dense(net.dense(net.x, 70, 130, "Relu"), 130, 3, nullptr);
  net.loss = tf::reduce_mean(net.b, tf::softmax_cross_entropy_with_logits(net.b, net.labels, logits));
  net.finish(optimizer);
}

// Layers that do not learn in front of one that does; between two of them the rows become others.
void frozen(Net& net, const char* optimizer) {
  Builder& b = net.b;
  net.x = tf::placeholder(b, DType::kFloat32, {Shape::kUnknown, 4});
  net.labels = tf::placeholder(b, DType::kFloat32, {Shape::kUnknown, 1});
  const auto fixed = [&](Output from, const Shape& shape) {
    return b.op("Tanh", {b.op("MatMul", {from, tf::constant(b, single(some(shape, 3)))})});
  };
  Output x = fixed(fixed(net.x, {4, 6}), {6, 4});
  x = fixed(b.op("Reshape", {x, tf::constant(b, ints({-1, 8}))}), {8, 4});
  x = fixed(b.op("Reshape", {x, tf::constant(b, ints({-1, 2}))}), {2, 5});
  net.loss = tf::reduce_mean(b, b.op("Square", {tf::subtract(b, net.dense(x, 5, 1, nullptr), net.labels)}));
  net.finish(optimizer);
}

// Trains on a program and on a plan, side by side, with two batch sizes in turn.
void check_same_training(const char* name, const std::function<void(Net&, const char*)>& build,
                         const char* optimizer, std::int64_t large = 5, std::int64_t small = 3) {
  INFO(name, " with ", optimizer);
  Net net;
  build(net, optimizer);
  Session on_plan(net.graph), on_program(net.graph);
  for (Session* session : {&on_plan, &on_program}) must(session->run({Fetch::operation(net.init)}));
  for (int step = 0; step < 12; ++step) {
    const std::int64_t batch = step % 3 == 2 ? small : large;
    Shape shape = net.b.shape(net.x), wanted = net.b.shape(net.labels);
    shape.set_dim(0, batch);
    wanted.set_dim(0, batch);
    const Tensor x = single(some(shape, step));
    const Tensor labels = single(wanted.dim(1) > 1 ? distribution(wanted) : some(wanted, step + 7));
    const auto expected =
        must(on_plan.run({net.loss, Fetch::operation(net.train)}, {{net.x, x}, {net.labels, labels}}));
    const std::shared_ptr<Program> program = must(
        on_program.prepare({net.loss, Fetch::operation(net.train)}, {{net.x, shape}, {net.labels, wanted}}));
    REQUIRE(program != nullptr);
    program->feed(0) = x;
    program->feed(1) = labels;
    REQUIRE(program->run());
    INFO("step ", step, ": ", program->fetched(0).number(0), " and ", expected[0].number(0));
    CHECK(program->fetched(0).same_bits(expected[0]));
    for (const tf::Variable& variable : net.variables)
      CHECK(on_program.variable(variable.ref.node)->same_bits(*on_plan.variable(variable.ref.node)));
  }
}

}  // namespace

TEST_CASE("training on a program gives the bits of training on a plan, with every optimizer") {
  int compiled = 0;
  for (const OptimizerType& type : optimizer_types()) {
    check_same_training("regression", regression, type.name);
    check_same_training("classifier", classifier, type.name);
    ++compiled;
  }
  check_same_training("images", images, "Momentum");
  CHECK(compiled == static_cast<int>(optimizer_types().size()));
}

TEST_CASE("so it is where several operations are one: across shapes, in panels, in chains") {
  for (const char* optimizer : {"GradientDescent", "Momentum", "Adam"}) {
    check_same_training("flattened", flattened, optimizer);
    check_same_training("wide", wide, optimizer, 70, 1);
    check_same_training("frozen", frozen, optimizer, 700, 600);
  }
}

TEST_CASE("so it is for every small layer, of one example, few and many") {
  const std::int64_t sizes[][2] = {{1, 1}, {1, 8}, {2, 3}, {3, 7}, {4, 4}, {5, 2},
                                   {6, 6}, {7, 1}, {8, 5}, {8, 8}, {9, 4}, {12, 16}};
  for (const auto& size : sizes)
    for (const char* optimizer : {"GradientDescent", "Momentum", "Adam", "Adagrad"}) {
      const std::int64_t k = size[0], n = size[1];
      const auto build = [&](Net& net, const char* chosen) {
        net.x = tf::placeholder(net.b, DType::kFloat32, {Shape::kUnknown, 2});
        net.labels = tf::placeholder(net.b, DType::kFloat32, {Shape::kUnknown, n});
        const Output outputs = net.dense(net.dense(net.x, 2, k, "Tanh"), k, n, nullptr);
        net.loss = tf::reduce_mean(net.b, net.b.op("Square", {tf::subtract(net.b, outputs, net.labels)}));
        net.finish(chosen);
      };
      INFO(k, " and ", n, " units");
      check_same_training("few", build, optimizer, 7, 1);
      check_same_training("many", build, optimizer, 63, 64);
    }
}

TEST_CASE("differences scaled by the loss that is made of them are no one kernel with it") {
  Graph graph;
  Builder b(graph);
  const Output x = tf::placeholder(b, DType::kFloat32, {Shape::kUnknown}),
               y = tf::placeholder(b, DType::kFloat32, {Shape::kUnknown});
  const Output difference = tf::subtract(b, x, y), loss = tf::reduce_mean(b, b.op("Square", {difference}));
  const Output scaled = tf::multiply(b, tf::multiply(b, difference, loss), tf::constant(b, 0.5f));
  const std::vector<Fetch> fetches = {loss, scaled};
  Session on_plan(graph), on_program(graph);
  for (int seed = 1; seed < 4; ++seed) {
    const std::vector<Feed> feeds = {{x, single(some({6}, seed))}, {y, single(some({6}, seed + 7))}};
    const auto expected = must(on_plan.run(fetches, feeds));
    const std::shared_ptr<Program> program =
        must(on_program.prepare(fetches, {{x, Shape{6}}, {y, Shape{6}}}));
    REQUIRE(program != nullptr);
    for (std::size_t i = 0; i < 2; ++i) program->feed(i) = feeds[i].value;
    REQUIRE(program->run());
    for (std::size_t i = 0; i < 2; ++i) CHECK(program->fetched(i).same_bits(expected[i]));
  }
}

TEST_CASE("gradients that are looked at are those of before the update") {
  Net net;
  net.x = tf::placeholder(net.b, DType::kFloat32, {Shape::kUnknown, 2});
  net.labels = tf::placeholder(net.b, DType::kFloat32, {Shape::kUnknown, 1});
  const Output hidden = net.dense(net.x, 2, 4, "Tanh"), outputs = net.dense(hidden, 4, 1, nullptr);
  net.loss = tf::reduce_mean(net.b, net.b.op("Square", {tf::subtract(net.b, outputs, net.labels)}));
  const std::vector<Output> looked_at = must(gradients(net.b, {net.loss}, {hidden, net.variables[2].ref}));
  net.finish("GradientDescent");
  const std::vector<Fetch> fetches = {net.loss, looked_at[0], looked_at[1], Fetch::operation(net.train)};
  Session on_plan(net.graph), on_program(net.graph);
  for (Session* session : {&on_plan, &on_program}) must(session->run({Fetch::operation(net.init)}));
  const Tensor x = single(some({4, 2}, 1)), labels = single(some({4, 1}, 2));
  for (int step = 0; step < 3; ++step) {
    const auto expected = must(on_plan.run(fetches, {{net.x, x}, {net.labels, labels}}));
    const std::shared_ptr<Program> program =
        must(on_program.prepare(fetches, {{net.x, x.shape()}, {net.labels, labels.shape()}}));
    REQUIRE(program != nullptr);
    program->feed(0) = x;
    program->feed(1) = labels;
    REQUIRE(program->run());
    for (std::size_t i = 0; i < 3; ++i) CHECK(program->fetched(i).same_bits(expected[i]));
  }
}

TEST_CASE("a step on a program allocates nothing") {
  for (void (*build)(Net&, const char*) : {regression, classifier, images}) {
    Net net;
    build(net, "Momentum");
    Session session(net.graph);
    must(session.run({Fetch::operation(net.init)}));
    Shape shape = net.b.shape(net.x), wanted = net.b.shape(net.labels);
    shape.set_dim(0, 4);
    wanted.set_dim(0, 4);
    const std::shared_ptr<Program> program = must(
        session.prepare({net.loss, Fetch::operation(net.train)}, {{net.x, shape}, {net.labels, wanted}}));
    REQUIRE(program->run());
    const std::int64_t before = allocations().count;
    for (int step = 0; step < 10; ++step) {
      for (float& number : program->feed(0).write<float>()) number = 0.1f * static_cast<float>(step);
      program->run();
    }
    CHECK(allocations().count == before);
  }
}

TEST_CASE("another learning rate compiles nothing, nor does a batch size that was used before") {
  Net net;
  regression(net, "Momentum");
  Dataset data;
  data.train.features = single(some({40, 2}, 1));
  data.train.labels = single(some({40, 1}, 2));
  Model model;
  model.init_op = net.init;
  model.train_op = net.train;
  model.loss = net.loss;
  model.hyper = net.hyper;
  model.features = {net.x};
  model.labels = {net.labels};
  Parameters hyper = complete(find_optimizer_type("Momentum")->parameters, {{"learning_rate", 0.05}});
  Trainer trainer(net.graph, model, &data, 1, {8, hyper});
  const auto allocations_of_a_step = [&] {
    const std::int64_t before = allocations().count;
    CHECK(trainer.advance(1, [] { return true; }) == 1);
    return allocations().count - before;
  };
  const std::int64_t compiling = allocations_of_a_step();
  CHECK(compiling > 500);
  hyper["learning_rate"] = 0.01;
  trainer.set({8, hyper});
  CHECK(allocations_of_a_step() < 10);
  trainer.set({5, hyper});
  CHECK(allocations_of_a_step() > 500);
  trainer.set({8, hyper});
  CHECK(allocations_of_a_step() < 10);
}

TEST_CASE("a variable's value of before is nobody's to change") {
  Net net;
  regression(net, "GradientDescent");
  Session session(net.graph);
  must(session.run({Fetch::operation(net.init)}));
  const std::shared_ptr<Program> program =
      must(session.prepare({net.loss, Fetch::operation(net.train)}, {{net.x, {2, 2}}, {net.labels, {2, 1}}}));
  program->feed(0).write<float>()[0] = 1;
  const Tensor before = value_of(session, net.variables[0].value);
  const std::vector<double> kept = numbers(before);
  REQUIRE(program->run());
  REQUIRE(program->run());
  CHECK(numbers(before) == kept);
  CHECK(numbers(value_of(session, net.variables[0].value)) != kept);
}

TEST_CASE("a program convolves nothing, too") {
  Graph graph;
  Builder b(graph);
  const Output x = tf::placeholder(b, DType::kFloat32, {Shape::kUnknown, 4, 4, 1});
  const Output w = tf::constant(b, single(some({3, 3, 1, 4})));
  const Attrs how = {{"strides", std::vector<std::int64_t>{1, 1, 1, 1}}, {"padding", std::string("SAME")}};
  const Output y = b.op("Conv2D", {x, w}, how);
  const Output slope = must(gradients(b, {y}, {w}))[0];
  Session session(graph);
  const std::shared_ptr<Program> program = must(session.prepare({y, slope}, {{x, {0, 4, 4, 1}}}));
  REQUIRE(program != nullptr);
  CHECK(program->run());
  CHECK(program->fetched(0).shape() == Shape{0, 4, 4, 4});
  CHECK(numbers(program->fetched(1)) == std::vector<double>(36, 0.0));
}

TEST_CASE("what no program can do is left to the plan, with nothing changed") {
  Net net;
  regression(net, "GradientDescent");
  Session session(net.graph);
  const auto prepared = [&] {
    return must(
        session.prepare({net.loss, Fetch::operation(net.train)}, {{net.x, {2, 2}}, {net.labels, {2, 1}}}));
  };
  // Variables without values.
  CHECK_FALSE(prepared()->run());
  must(session.run({Fetch::operation(net.init)}));
  CHECK(prepared()->run());
  // A loss that is no number: the plan will say where it began.
  const std::vector<double> before = numbers(*session.variable(net.variables[0].ref.node));
  prepared()->feed(0).write<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  CHECK_FALSE(prepared()->run());
  CHECK(numbers(*session.variable(net.variables[0].ref.node)) == before);
  // A variable fetched together with its update, and a reference.
  CHECK(must(session.prepare({net.variables[0].value, Fetch::operation(net.train)},
                             {{net.x, {2, 2}}, {net.labels, {2, 1}}})) == nullptr);
  CHECK(must(session.prepare({net.variables[0].ref}, {})) == nullptr);
}

}  // namespace sandflow::test
