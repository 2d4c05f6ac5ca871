// Guards the promise to the reader of the post: each of its programs runs and prints what the post prints.
#include <algorithm>
#include <cmath>

#include "engine/core/print.h"
#include "engine/graph/gradients.h"
#include "engine/tf/tf.h"
#include "tests/engine/golden.h"
#include "tests/engine/support.h"

namespace sandflow::test {

namespace {

// A program adds to a graph; this runs one tensor of it and prints the result.
std::string printed(const Graph& graph, Output output, const std::vector<Feed>& feeds = {}) {
  return str(value_of(graph, output, feeds));
}

}  // namespace

TEST_CASE("hello world prints as bytes") {
  Graph graph;
  Builder b(graph);
  CHECK(printed(graph, tf::constant(b, "Hello world!")) == golden("seed_hello")["expected"]["print"].text());
}

TEST_CASE("arithmetic of 11 and 5 prints 16, 6, 55 and 2.2") {
  const auto program = [](const char* id, auto operation) {
    Graph graph;
    Builder b(graph);
    const Output result = operation(b, tf::constant(b, 11), tf::constant(b, 5));
    const Json expected = golden(id)["expected"];
    CHECK(printed(graph, result) == expected["print"].text());
    CHECK(graph.node(result.node).name == expected["name"].text());
    CHECK(graph.node(result.node).op->type == expected["op_type"].text());
    CHECK(name(graph.dtype(result)) == expected["dtype"].text());
  };
  program("seed_add", [](auto& b, Output x, Output y) { return tf::add(b, x, y); });
  program("seed_sub", [](auto& b, Output x, Output y) { return tf::subtract(b, x, y); });
  program("seed_mul", [](auto& b, Output x, Output y) { return tf::multiply(b, x, y); });
  program("seed_divide_tensors", [](auto& b, Output x, Output) { return tf::divide(b, x, 5); });
}

TEST_CASE("tf.divide of two Python numbers prints 2.2, where TensorFlow itself would refuse the fetch") {
  Graph graph;
  Builder b(graph);
  CHECK(printed(graph, tf::divide(b, 11, 5)) == "2.2");
}

TEST_CASE("placeholders of unknown rank take 11 and 5, and say so when they get nothing") {
  Graph graph;
  Builder b(graph);
  const Shape anything = must(must(Literal::parse("(None)")).shape());
  const Output x = tf::placeholder(b, DType::kInt32, anything),
               y = tf::placeholder(b, DType::kInt32, anything);
  const Output sum = tf::add(b, x, y);
  const Json expected = golden("seed_placeholder")["expected"];
  CHECK(graph.shape(sum).python() == expected["static_shape"].text());
  const Feed feed_x{x, Tensor::scalar(11)}, feed_y{y, Tensor::scalar(5)};
  CHECK("sum: " + printed(graph, sum, {feed_x, feed_y}) == expected["print"].text());
  const Json unfed = golden("err_09")["expected"]["error"];
  CHECK(run_error(graph, sum, {feed_y}) == unfed["type"].text() + ": " + unfed["text"].text());
}

TEST_CASE("a placeholder of known rank says its shape when it gets nothing") {
  Graph graph;
  Builder b(graph);
  const Output x = tf::placeholder(b, DType::kFloat32, {Shape::kUnknown, 3});
  const Json unfed = golden("err_08")["expected"]["error"];
  CHECK(run_error(graph, x) == unfed["type"].text() + ": " + unfed["text"].text());
}

TEST_CASE("a variable has no value before its initializer ran, and 5 after it") {
  Graph graph;
  Builder b(graph);
  const tf::Variable variable = tf::variable(b, 5);
  const int init = tf::variables_initializer(b, {variable});
  Session session(graph);
  const Json early = golden("err_10")["expected"]["error"];
  CHECK(error_text(session.run({variable.ref})) == early["type"].text() + ": " + early["text"].text());
  CHECK(error_text(session.run({variable.value})) ==
        "FailedPreconditionError: Attempting to use uninitialized value Variable\n\t [[{{node "
        "Variable/read}}]]");
  must(session.run({Fetch::operation(init)}));
  const std::string five = golden("seed_variable")["expected"]["print"].text();
  CHECK(str(value_of(session, variable.ref)) == five);
  CHECK(str(value_of(session, variable.value)) == five);
}

TEST_CASE("zeros(6) prints six zeros with their points") {
  Graph graph;
  Builder b(graph);
  const Output zeros = tf::zeros(b, must(Literal(6).shape()));
  CHECK(printed(graph, zeros) == golden("seed_zeros")["expected"]["print"].text());
}

TEST_CASE("a 5x5 truncated normal in a variable prints as numpy prints it") {
  const auto weights = [](std::int64_t seed) {
    Graph graph;
    Builder b(graph);
    const tf::Variable w =
        tf::variable(b, tf::truncated_normal(b, {5, 5}, 0, 0.1, DType::kFloat32, seed), "W");
    Session session(graph);
    must(session.run({Fetch::operation(tf::variables_initializer(b, {w}))}));
    return value_of(session, w.value);
  };
  SUBCASE("the numbers and the text of seed 1 are TensorFlow's") {
    CHECK(str(weights(1)) == golden("truncated_normal_5x5_seed1")["expected"]["print_numpy"].text());
  }
  SUBCASE("any seed gives five bracketed rows of numbers within two deviations") {
    int scientific = 0;
    for (std::int64_t seed = 0; seed < 200; ++seed) {
      INFO("seed ", seed);
      const Tensor w = weights(seed);
      for (double number : numbers(w)) CHECK(std::abs(number) < 0.2);
      const std::string text = str(w);
      CHECK(text.starts_with("[["));
      CHECK(text.ends_with("]]"));
      CHECK(std::count(text.begin(), text.end(), '[') == 6);
      // One number far smaller than the others makes numpy print them all with exponents, which takes two
      // lines a row.
      const bool has_exponents = text.find('e') != std::string::npos;
      scientific += has_exponents;
      CHECK(std::count(text.begin(), text.end(), '\n') == (has_exponents ? 9 : 4));
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        CHECK(end - at <= 75);
        at = end + 1;
      }
    }
    CHECK(scientific > 0);
    CHECK(scientific < 20);
  }
}

TEST_CASE("softmax prints three probabilities") {
  Graph graph;
  Builder b(graph);
  const Json vector = golden("softmax_3");
  const Output softmax = tf::softmax(b, tf::constant(b, vector["inputs"]["logits"].tensor(DType::kFloat32)));
  const Tensor probabilities = value_of(graph, softmax);
  check_golden(probabilities, vector["expected"]["value"], vector["tol"]);
  // TensorFlow's last digit depends on its machine; ours is the same everywhere.
  CHECK(str(probabilities) == "[0.6590012  0.24243298 0.09856589]");
}

TEST_CASE("softmax cross entropy and its mean are TensorFlow's, and labels get no gradient") {
  const Json vector = golden("softmax_xent"), expected = vector["expected"];
  for (DType dtype : {DType::kFloat32, DType::kFloat64}) {
    Graph graph;
    Builder b(graph);
    const Output logits = tf::constant(b, vector["inputs"]["logits"].tensor(dtype));
    const Output labels = tf::constant(b, vector["inputs"]["labels"].tensor(dtype));
    const Output loss = tf::softmax_cross_entropy_with_logits(b, labels, logits);
    const Output mean = tf::reduce_mean(b, loss);
    const std::vector<Output> grads = must(gradients(b, {mean}, {logits, labels}));
    check_golden(value_of(graph, loss), expected["loss"], vector["tol"]);
    check_golden(value_of(graph, mean), expected["reduce_mean"], vector["tol"]);
    check_golden(value_of(graph, grads[0]), expected["grad_logits_of_reduce_mean"], vector["tol"]);
    CHECK_FALSE(grads[1].valid());
  }
}

}  // namespace sandflow::test
