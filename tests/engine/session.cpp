// Guards running: what is run and what is not, what may be fed, and what tf.Session says when it cannot run.
#include "engine/session/session.h"

#include <algorithm>
#include <cmath>

#include "engine/core/print.h"
#include "engine/core/text.h"
#include "engine/tf/tf.h"
#include "engine/training/optimizers.h"
#include "tests/engine/golden.h"
#include "tests/engine/support.h"

namespace sandflow::test {

namespace {

std::string golden_error(const char* id) {
  const Json error = golden(id)["expected"]["error"];
  return error["type"].text() + ": " + error["text"].text();
}

// A graph with one Builder, as most programs have.
struct Program {
  Graph graph;
  Builder b{graph};
};

// w starts at 10; each run of train_op takes 1 away from it.
struct Counting : Program {
  tf::Variable w = tf::variable(b, 10.0, "w");
  int init = tf::variables_initializer(b, {w});
  Output update = b.op("ApplyGradientDescent", {w.ref, tf::constant(b, 1.0), tf::constant(b, 1.0)});
  int train_op = tf::group(b, {update.node});
};

}  // namespace

TEST_CASE("a placeholder that no fetch needs need not be fed") {
  Program p;
  const Output x = tf::placeholder(p.b, DType::kFloat32);
  tf::add(p.b, x, x);
  CHECK(str(value_of(p.graph, tf::add(p.b, tf::constant(p.b, 1), 2))) == "3");
}

TEST_CASE("an operation that would fail is not run unless it is needed") {
  Program p;
  const Output one = tf::constant(p.b, 1);
  const Output broken = p.b.op("FloorDiv", {one, tf::constant(p.b, 0)}, {}, "broken");
  const Output after = tf::add(p.b, broken, 1);
  CHECK(str(value_of(p.graph, one)) == "1");
  CHECK(run_error(p.graph, after) ==
        "InvalidArgumentError: Integer division by zero\n\t [[{{node broken}}]]");
  Session session(p.graph);
  CHECK(session.run({after}).error().node == "broken");
}

TEST_CASE("side effects happen only where they are asked for") {
  Counting p;
  Session session(p.graph);
  must(session.run({Fetch::operation(p.init)}));
  CHECK(value_of(session, p.w.value).number(0) == 10);
  must(session.run({Fetch::operation(p.train_op)}));
  CHECK(value_of(session, p.w.value).number(0) == 9);
}

TEST_CASE("any tensor may be fed: the fed value replaces it and what only it needs is not run") {
  Program p;
  const Output x = tf::placeholder(p.b, DType::kFloat32, {}, "x");
  const Output doubled = tf::multiply(p.b, x, 2.0, "doubled"), sum = tf::add(p.b, doubled, 1.0);
  SUBCASE("an intermediate result") {
    CHECK(value_of(p.graph, sum, {{doubled, Tensor::scalar(10.f)}}).number(0) == 11);
  }
  SUBCASE("a constant") {
    const Output c = tf::constant(p.b, 5.0), square = tf::multiply(p.b, c, c);
    CHECK(value_of(p.graph, square, {{c, Tensor::scalar(3.f)}}).number(0) == 9);
    CHECK(value_of(p.graph, square).number(0) == 25);
  }
  SUBCASE("what is fetched") {
    CHECK(value_of(p.graph, doubled, {{doubled, Tensor::scalar(4.f)}}).number(0) == 4);
  }
  SUBCASE("a variable that has no value") {
    const tf::Variable v = tf::variable(p.b, 1.0);
    CHECK(value_of(p.graph, tf::add(p.b, v.value, 1.0), {{v.value, Tensor::scalar(6.f)}}).number(0) == 7);
  }
  SUBCASE("one of several outputs") {
    const Output logits = tf::constant(p.b, Tensor::of<float>({1, 2}, {1, 2}));
    const Output loss = p.b.op("SoftmaxCrossEntropyWithLogits",
                               {logits, tf::constant(p.b, Tensor::of<float>({1, 2}, {0, 1}))});
    const Output backprop{loss.node, 1};
    const Tensor fed = Tensor::of<float>({1, 2}, {7, 8});
    Session session(p.graph);
    const auto values =
        must(session.run({loss, backprop, tf::add(p.b, backprop, backprop)}, {{backprop, fed}}));
    CHECK(values[0].number(0) == doctest::Approx(0.313262));
    CHECK(values[1].same_bits(fed));
    CHECK(values[2].number(0) == 14);
  }
}

TEST_CASE("fed values are converted as np.asarray does") {
  Program p;
  const auto fed = [&](DType dtype, const Tensor& value) {
    const Output x = tf::placeholder(p.b, dtype);
    return value_of(p.graph, x, {{x, value}});
  };
  CHECK(str(fed(DType::kInt32, Tensor::vector<double>({3.7, -3.7, 0.5}))) == "[ 3 -3  0]");
  CHECK(fed(DType::kFloat32, Tensor::vector<std::int32_t>({1, 2})).same_bits(Tensor::vector<float>({1, 2})));
  CHECK(fed(DType::kFloat64, Tensor::scalar(0.1f)).number(0) == static_cast<double>(0.1f));
  CHECK(str(fed(DType::kBool, Tensor::vector<float>({0, 0.5f, -2}))) == "[False  True  True]");
  CHECK(str(fed(DType::kInt64, Tensor::scalar(true))) == "1");
  CHECK(error_text(converted(Tensor::scalar(std::string("abc")), DType::kFloat32)) ==
        "ValueError: could not convert string to float: 'abc'");
  CHECK(error_text(converted(Tensor::scalar(std::string("abc")), DType::kInt32)) ==
        "ValueError: invalid literal for int() with base 10: 'abc'");
  // Too large for the dtype, or no number: whatever it becomes, nothing breaks.
  CHECK(converted(Tensor::vector<double>({1e300, -1e300, std::nan("")}), DType::kInt32).ok());
  CHECK(converted(Tensor::vector<double>({1e300, -1e300, std::nan("")}), DType::kInt64).ok());
}

TEST_CASE("a fed value must fit the declared shape") {
  Program p;
  const Output x = tf::placeholder(p.b, DType::kFloat32, {Shape::kUnknown, 3});
  CHECK(run_error(p.graph, x, {{x, Tensor(DType::kFloat32, {2, 2})}}) == golden_error("err_07"));
  CHECK(run_error(p.graph, x, {{x, Tensor(DType::kFloat32, {3})}}) ==
        "ValueError: Cannot feed value of shape (3,) for Tensor 'Placeholder:0', which has shape '(?, 3)'");
  CHECK(value_of(p.graph, x, {{x, Tensor(DType::kFloat32, {7, 3})}}).shape() == Shape{7, 3});
  CHECK(value_of(p.graph, x, {{x, Tensor(DType::kFloat32, {0, 3})}}).shape() == Shape{0, 3});
}

TEST_CASE("shapes that only a run can compare fail in the run, in TensorFlow's words") {
  const Json rows = golden("broadcast_runtime_errors")["expected"]["rows"];
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Program p;
    const Output x = tf::placeholder(p.b, DType::kFloat32), y = tf::placeholder(p.b, DType::kFloat32);
    const Output sum = p.b.op("AddV2", {x, y}, {}, "add");
    CHECK(run_error(p.graph, sum,
                    {{x, Tensor(DType::kFloat32, shape_from(rows[i]["x"].text()))},
                     {y, Tensor(DType::kFloat32, shape_from(rows[i]["y"].text()))}}) ==
          "InvalidArgumentError: " + rows[i]["error"].text() + "\n\t [[{{node add}}]]");
  }
  Program p;
  const Output a = tf::placeholder(p.b, DType::kFloat32), b = tf::placeholder(p.b, DType::kFloat32);
  const Output product = p.b.op("MatMul", {a, b});
  const auto error = [&](const Shape& x, const Shape& y) {
    return run_error(p.graph, product, {{a, Tensor(DType::kFloat32, x)}, {b, Tensor(DType::kFloat32, y)}});
  };
  CHECK(error({2, 3}, {4, 5}) ==
        "InvalidArgumentError: " + golden("matmul_static_errors")["expected"]["runtime"].text() +
            "\n\t [[{{node MatMul}}]]");
  CHECK(error({3}, {3, 1})
            .starts_with("InvalidArgumentError: In[0] is not a matrix. Instead it has shape [3]"));
}

TEST_CASE("a run takes another shape each time where the graph leaves it open") {
  Program p;
  const Output x = tf::placeholder(p.b, DType::kFloat32, {Shape::kUnknown, 2});
  const Output sums = tf::reduce_sum(p.b, tf::multiply(p.b, x, x), std::vector<int>{1});
  Session session(p.graph);
  for (std::int64_t rows : {3, 1, 5, 0, 3}) {
    Tensor fed(DType::kFloat32, {rows, 2});
    for (float& element : fed.write<float>()) element = static_cast<float>(rows);
    const Tensor result = value_of(session, sums, {{x, fed}});
    CHECK(result.shape() == Shape{rows});
    for (double sum : numbers(result)) CHECK(sum == static_cast<double>(2 * rows * rows));
  }
}

TEST_CASE("results are the caller's own: later runs do not change them") {
  Counting p;
  Session session(p.graph);
  must(session.run({Fetch::operation(p.init)}));
  const Tensor read = value_of(session, p.w.value), memory = value_of(session, p.w.ref);
  must(session.run({Fetch::operation(p.train_op)}));
  must(session.run({Fetch::operation(p.train_op)}));
  CHECK(read.number(0) == 10);
  CHECK(memory.number(0) == 10);
  // Nor can a caller change what the session holds.
  Tensor mine = value_of(session, p.w.ref);
  mine.write<float>()[0] = 77;
  CHECK(value_of(session, p.w.value).number(0) == 8);
}

TEST_CASE("fetches may be named, and a wrong name is refused in TensorFlow's words") {
  Counting p;
  Session session(p.graph);
  CHECK(must(session.find("w:0")).output == p.w.ref);
  CHECK_FALSE(must(session.find("w:0")).is_operation);
  CHECK(must(session.find("init")).is_operation);
  CHECK(must(session.find("init")).output.node == p.init);
  CHECK(error_text(session.find("foo")) == golden_error("err_02"));
  CHECK(error_text(session.find("foo:0")) == golden_error("err_03"));
  CHECK(error_text(session.find("w:1")) ==
        "ValueError: Fetch argument 'w:1' cannot be interpreted as a Tensor. (\"The name 'w:1' refers to a "
        "Tensor which does not exist. The operation, 'w', exists but only has 1 outputs.\")");
  CHECK(error_text(session.find("init:0")).find("exists but only has 0 outputs") != std::string::npos);
  for (const char* odd : {"", ":", "w:", "w:x", "w:-1", "w:99999999999999999999", "w:0:0"})
    CHECK_FALSE(session.find(odd).ok());
}

TEST_CASE("an operation fetches None, and what is fetched twice comes twice") {
  Counting p;
  Session session(p.graph);
  CHECK_FALSE(must(session.run({Fetch::operation(p.init)}))[0].defined());
  const auto values = must(session.run({p.w.value, Fetch::operation(p.train_op), p.w.value}));
  REQUIRE(values.size() == 3);
  CHECK(values[0].same_bits(values[2]));
  CHECK_FALSE(values[1].defined());
}

TEST_CASE("a session that is closed, or whose graph is empty, says so") {
  Program p;
  Session session(p.graph);
  CHECK(error_text(session.run({})) ==
        "RuntimeError: The Session graph is empty.  Add operations to the graph before calling run().");
  const Output one = tf::constant(p.b, 1);
  CHECK(must(session.run({})).empty());  // sess.run([]) is [].
  CHECK(str(value_of(session, one)) == "1");
  session.close();
  CHECK(error_text(session.run({one})) == golden_error("err_12"));
}

TEST_CASE("operations added after a session was made can be run in it") {
  Program p;
  const Output r = tf::random_uniform(p.b, {2}, 0, 1, DType::kFloat32, 1);
  Session session(p.graph);
  value_of(session, r);
  const Output later = tf::random_uniform(p.b, {2}, 0, 1, DType::kFloat32, 1);
  CHECK(value_of(session, later).same_bits(value_of(p.graph, r)));
}

TEST_CASE("a variable without a value is named by what reads it") {
  Counting p;
  Session session(p.graph);
  CHECK(error_text(session.run({p.w.value})) ==
        "FailedPreconditionError: Attempting to use uninitialized value w\n\t [[{{node w/read}}]]");
  CHECK(error_text(session.run({Fetch::operation(p.train_op)})) ==
        cat("FailedPreconditionError: Attempting to use uninitialized value w\n\t [[{{node ",
            p.graph.node(p.update.node).name, "}}]]"));
  CHECK(session.variable(p.w.ref.node) == nullptr);
  must(session.run({Fetch::operation(p.init)}));
  CHECK(session.variable(p.w.ref.node)->number(0) == 10);
  CHECK(session.variable(p.init) == nullptr);
}

TEST_CASE("sessions of one graph have variables of their own") {
  Counting p;
  Session one(p.graph), other(p.graph);
  must(one.run({Fetch::operation(p.init)}));
  CHECK_FALSE(other.run({p.w.value}).ok());
  must(other.run({Fetch::operation(p.init)}));
  must(other.run({Fetch::operation(p.train_op)}));
  CHECK(value_of(one, p.w.value).number(0) == 10);
  CHECK(value_of(other, p.w.value).number(0) == 9);
}

TEST_CASE("a variable fetched together with its update has the value of before, an update the one of after") {
  Counting p;
  Session session(p.graph);
  must(session.run({Fetch::operation(p.init)}));
  const auto values = must(session.run({p.w.value, p.w.ref, Fetch::operation(p.train_op), p.update}));
  CHECK(values[0].number(0) == 10);
  CHECK(values[1].number(0) == 10);
  CHECK(values[3].number(0) == 9);
  CHECK(value_of(session, p.w.ref).number(0) == 9);
}

TEST_CASE("an assignment gives the new value, and is checked against the variable's shape in the run") {
  Program p;
  const tf::Variable v = tf::variable(p.b, must(Literal::parse("[1.0, 2.0]")), "v");
  const Output x = tf::placeholder(p.b, DType::kFloat32);
  const Output assign = p.b.op("Assign", {v.ref, x});
  Session session(p.graph);
  // Assigning needs no earlier value.
  CHECK(str(value_of(session, assign, {{x, Tensor::vector<float>({3, 4})}})) == "[3. 4.]");
  CHECK(str(value_of(session, v.value)) == "[3. 4.]");
  CHECK(error_text(session.run({assign}, {{x, Tensor::vector<float>({1, 2, 3})}})) ==
        "InvalidArgumentError: Assign requires shapes of both tensors to match. lhs shape= [2] rhs shape= "
        "[3]\n\t [[{{node Assign}}]]");
  CHECK(str(value_of(session, v.value)) == "[3. 4.]");
}

TEST_CASE("a random operation has one value in a run, however many use it, and another in the next") {
  Program p;
  const Output r = tf::random_uniform(p.b, {3}, 0, 1, DType::kFloat32, 1);
  const Output same = tf::add(p.b, r, 0.0), difference = tf::subtract(p.b, r, same);
  Session session(p.graph);
  const auto first = must(session.run({r, same, difference}));
  CHECK(first[0].same_bits(first[1]));
  CHECK(str(first[2]) == "[0. 0. 0.]");
  CHECK_FALSE(value_of(session, r).same_bits(first[0]));
}

TEST_CASE("looking changes nothing: streams of random numbers go on as if nobody had looked") {
  Program p;
  const Output r = tf::random_uniform(p.b, {3}, 0, 1, DType::kFloat32, 1);
  Session looked_at(p.graph), alone(p.graph);
  for (int run = 0; run < 3; ++run) {
    const Tensor seen = must(looked_at.observe({r}))[0];
    CHECK(seen.same_bits(must(looked_at.observe({r}))[0]));
    CHECK(value_of(looked_at, r).same_bits(value_of(alone, r)));
  }
}

TEST_CASE("what was looked at stays as it was seen, and a value that nothing needs cannot fail") {
  Program p;
  const Output x = tf::placeholder(p.b, DType::kFloat32, {2}), double_x = tf::add(p.b, x, x);
  const Output checked = p.b.op("CheckNumerics", {x}, {{"message", std::string("not finite")}});
  const Output length = p.b.op("Size", {checked});
  REQUIRE(p.b.ok());
  Session session(p.graph);
  const auto first = must(session.observe({double_x, x}, {{x, Tensor::vector<float>({1, 2})}}));
  const auto second = must(session.observe({double_x, x}, {{x, Tensor::vector<float>({3, 4})}}));
  CHECK(str(first[0]) == "[2. 4.]");
  CHECK(str(first[1]) == "[1. 2.]");
  CHECK(str(second[0]) == "[6. 8.]");
  // An error is run()'s own.
  const std::vector<Feed> wrong = {{x, Tensor::vector<float>({1, 2, 3})}};
  CHECK(error_text(session.observe({double_x}, wrong)) == error_text(session.run({double_x}, wrong)));
  const std::vector<Feed> infinite = {{x, Tensor::vector<float>({1, INFINITY})}};
  CHECK(error_text(session.observe({checked}, infinite)) == error_text(session.run({checked}, infinite)));
  CHECK(str(must(session.observe({length}, infinite))[0]) == "2");
}

TEST_CASE("all that was looked at may be kept; who keeps nothing has it made in the same memory") {
  Counting p;
  const Output x = tf::placeholder(p.b, DType::kFloat32, {1000}), y = tf::add(p.b, x, p.w.value);
  const Output wide = p.b.op("Tanh", {y}),
               turned = p.b.op("Reshape", {wide, tf::constant(p.b, Tensor::vector<std::int32_t>({10, 100}))});
  const Output same = p.b.op("Identity", {wide}), ten = tf::add(p.b, tf::constant(p.b, 7.0), 3.0);
  REQUIRE(p.b.ok());
  const std::vector<Fetch> fetches = {y, wide, y, turned, same, ten, p.w.value, x};
  Session session(p.graph);
  must(session.run({Fetch::operation(p.init)}));
  const auto fed_with = [&](int look) {
    Tensor values(DType::kFloat32, {1000});
    for (float& value : values.write<float>()) value = 0.1f * static_cast<float>(look);
    return std::vector<Feed>{{x, values}};
  };
  std::vector<std::vector<Tensor>> kept, expected;
  for (int look = 0; look < 5; ++look) {
    expected.push_back(must(session.run(fetches, fed_with(look))));
    for (Tensor& tensor : expected.back()) tensor.unshare();
    kept.push_back(must(session.observe(fetches, fed_with(look))));
    must(session.run({Fetch::operation(p.train_op)}));
  }
  for (std::size_t look = 0; look < kept.size(); ++look)
    for (std::size_t i = 0; i < fetches.size(); ++i) CHECK(kept[look][i].same_bits(expected[look][i]));

  // As a picture that is drawn until the next one is there.
  kept.clear();
  std::vector<Tensor> shown = must(session.observe(fetches, fed_with(0)));
  shown = must(session.observe(fetches, fed_with(1)));
  const std::int64_t before = Tensor::live_bytes();
  const float* memory = shown[1].read<float>().data();
  const auto next = must(session.observe(fetches, fed_with(2)));
  CHECK(next[1].read<float>().data() != memory);
  shown.clear();
  CHECK(must(session.observe(fetches, fed_with(3)))[1].read<float>().data() == memory);
  CHECK(Tensor::live_bytes() <= before);
}

TEST_CASE("a variable that was assigned another shape is looked at as it is") {
  Program p;
  const tf::Variable w = tf::variable(p.b, Tensor::vector<float>({1, 2, 3, 4}), "w");
  const int init = tf::variables_initializer(p.b, {w});
  const Output twice = tf::add(p.b, w.value, w.value);
  const Output shorter =
      p.b.op("Assign", {w.ref, tf::constant(p.b, Tensor::vector<float>({7}))}, {{"validate_shape", false}});
  REQUIRE(p.b.ok());
  Session session(p.graph);
  must(session.run({Fetch::operation(init)}));
  CHECK(str(must(session.observe({twice}))[0]) == "[2. 4. 6. 8.]");
  must(session.run({Fetch::operation(shorter.node)}));
  CHECK(str(must(session.observe({twice}))[0]) == "[14.]");
}

TEST_CASE("however many sizes are looked at, programs are kept only in so much memory") {
  Program p;
  const Output x = tf::placeholder(p.b, DType::kFloat32, {Shape::kUnknown, 1000});
  Output y = x;
  std::vector<Output> all;
  for (int i = 0; i < 4; ++i) all.push_back(y = p.b.op("Tanh", {y}));
  Session session(p.graph);
  const auto live = [&](std::int64_t rows) {
    const Tensor fed(DType::kFloat32, {rows, 1000});
    const Session::Sight seen = session.look(all, {{x, fed}}, true);
    REQUIRE(seen.values.size() == all.size());
    CHECK(seen.values[3].elements() == fed.elements());
    return Tensor::live_bytes();
  };
  const std::int64_t before = Tensor::live_bytes();
  for (std::int64_t rows = 1000; rows < 1040; ++rows) CHECK(live(rows) - before < 220 << 20);
  // More than is worth a program: the plan's own values, and the ones just seen.
  const std::int64_t own = Tensor::live_bytes();
  CHECK(live(8000) - own < 170 << 20);
}

TEST_CASE("of all plans only the one that ran last keeps what it made, and not every plan is kept") {
  Program p;
  const Output x = tf::placeholder(p.b, DType::kFloat32, {1000, 1000});
  const std::vector<Feed> fed = {{x, Tensor(DType::kFloat32, {1000, 1000})}};
  constexpr std::int64_t kOne = 4'000'000;
  std::vector<Output> made;
  for (int i = 0; i < 6; ++i) made.push_back(tf::reduce_sum(p.b, tf::add(p.b, x, static_cast<double>(i))));
  Session session(p.graph);
  const std::int64_t before = Tensor::live_bytes();
  for (const Output& output : made) {
    must(session.run({output}, fed));
    CHECK(Tensor::live_bytes() - before < kOne + 1000);
  }
  for (const Output& output : made) {
    CHECK(session.look({output}, fed).errors.empty());
    CHECK(Tensor::live_bytes() - before < kOne + 1000);
  }
  // What is fetched besides makes each of them another; a program is good without its plan.
  const auto program = must(session.prepare({made[0]}, {{x, Shape{1000, 1000}}}));
  const auto ask = [&](int from, int to) {
    for (int i = from; i < to; ++i) {
      std::vector<Fetch> fetches;
      for (int bit = 0; bit < 12; ++bit) fetches.emplace_back(i >> bit & 1 ? made[0] : made[1]);
      must(session.run(fetches, {{made[0], Tensor::scalar(0.f)}, {made[1], Tensor::scalar(1.f)}}));
    }
    return live_bytes();
  };
  const std::int64_t many = ask(0, 100);
  CHECK(ask(100, 1000) - many < 50'000);
  CHECK(program->run());
  CHECK(program->fetched(0).number(0) == 0);
  CHECK(must(session.run({made[2]}, fed))[0].number(0) == 2e6);
}

TEST_CASE("where something is wrong, what is looked at often is seen as what is looked at once") {
  Program p;
  const Output x = tf::placeholder(p.b, DType::kFloat32, {2}), y = tf::placeholder(p.b, DType::kFloat32, {2});
  const std::vector<Output> wanted = {tf::add(p.b, x, x), tf::add(p.b, x, y), y};
  Session session(p.graph);
  const std::vector<Feed> feeds = {{x, Tensor::vector<float>({1, 2})}};
  const Session::Sight once = session.look(wanted, feeds), often = session.look(wanted, feeds, true);
  CHECK(str(often.values[0]) == "[2. 4.]");
  CHECK_FALSE(often.values[1].defined());
  CHECK_FALSE(often.values[2].defined());
  REQUIRE(often.errors.size() == once.errors.size());
  for (std::size_t i = 0; i < once.errors.size(); ++i) CHECK(often.errors[i].text() == once.errors[i].text());
}

TEST_CASE("the extent of a tensor is that of its finite elements") {
  const auto extent = [](const std::vector<float>& values) { return Tensor::vector(values).extent(); };
  for (std::size_t at = 0; at < 7; ++at) {
    std::vector<float> values(7, 0.5f);
    values[at] = -3;
    values[(at + 3) % 7] = INFINITY;
    values[(at + 4) % 7] = NAN;
    values[(at + 5) % 7] = 9;
    CHECK(extent(values).minimum == -3);
    CHECK(extent(values).maximum == 9);
  }
  CHECK(extent({2, 3, 4, 5, 6}).minimum == 2);
  for (const std::vector<float>& none : {std::vector<float>{}, {NAN, -INFINITY}}) {
    CHECK(extent(none).minimum == 0);
    CHECK(extent(none).maximum == 0);
  }
  CHECK(Tensor::vector<std::int32_t>({4, -7}).extent().minimum == -7);
}

TEST_CASE("initialising again draws again") {
  Program p;
  const tf::Variable w = tf::variable(p.b, tf::truncated_normal(p.b, {4}, 0, 1, DType::kFloat32, 1), "w");
  const int init = tf::variables_initializer(p.b, {w});
  Session session(p.graph);
  must(session.run({Fetch::operation(init)}));
  const Tensor first = value_of(session, w.value);
  must(session.run({Fetch::operation(init)}));
  CHECK_FALSE(value_of(session, w.value).same_bits(first));
}

TEST_CASE("the plan tells the order of execution, each needed operation once and after its inputs") {
  Program p;
  const Output x = tf::placeholder(p.b, DType::kFloat32, {});
  const Output a = tf::add(p.b, x, 1.0), unneeded = tf::add(p.b, x, 2.0), c = tf::multiply(p.b, a, a);
  Session session(p.graph);
  value_of(session, c, {{x, Tensor::scalar(1.f)}});
  const std::vector<int> order = session.last_plan().order();
  CHECK(order == std::vector<int>{a.node, c.node});
  CHECK(std::count(order.begin(), order.end(), unneeded.node) == 0);
}

TEST_CASE("the first operation whose result is not finite is found in that order") {
  Program p;
  const Output x = tf::placeholder(p.b, DType::kFloat32, {});
  const Output log = p.b.op("Log", {x}), after = tf::multiply(p.b, log, 2.0);
  Session session(p.graph);
  value_of(session, after, {{x, Tensor::scalar(1.f)}});
  CHECK(session.last_plan().first_nonfinite() == -1);
  value_of(session, after, {{x, Tensor::scalar(0.f)}});
  CHECK(session.last_plan().first_nonfinite() == log.node);
}

TEST_CASE("a tensor too large for this machine is an error, not the end") {
  Program p;
  const Output dims = tf::placeholder(p.b, DType::kInt32, {2});
  const Output filled = p.b.op("Fill", {dims, tf::constant(p.b, 1.0)});
  CHECK(run_error(p.graph, filled, {{dims, Tensor::vector<std::int32_t>({2000000000, 2000000000})}})
            .starts_with("ResourceExhaustedError: OOM when allocating tensor with shape"));
  CHECK(run_error(p.graph, filled, {{dims, Tensor::vector<std::int32_t>({-1, 2})}})
            .starts_with("InvalidArgumentError: Dimension -1 must be >= 0"));
}

}  // namespace sandflow::test
