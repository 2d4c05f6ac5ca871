// Guards the random numbers: seeds, streams and distributions are TensorFlow's, number for number.
#include "engine/core/random.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "engine/core/print.h"
#include "engine/core/text.h"
#include "engine/tf/tf.h"
#include "engine/training/initializers.h"
#include "tests/engine/golden.h"
#include "tests/engine/support.h"

namespace sandflow::test {

namespace {

Philox::Block block_of(Json words) {
  Philox::Block block{};
  for (std::size_t i = 0; i < words.size(); ++i)
    block[i] = static_cast<std::uint32_t>(std::strtoul(words[i].text().c_str(), nullptr, 16));
  return block;
}

// How many floats lie between the two.
std::int64_t ulps(float a, float b) {
  const auto place = [](float x) -> std::int64_t {
    const auto bits = __builtin_bit_cast(std::int32_t, x);
    return bits < 0 ? std::int64_t{-2147483648LL} - bits : bits;
  };
  return std::abs(place(a) - place(b));
}

void check_floats(const Tensor& actual, Json vector, std::int64_t most_ulps) {
  const std::vector<double> expected = vector["expected"]["value"].numbers();
  REQUIRE(static_cast<std::size_t>(actual.elements()) == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    INFO("element ", i);
    CHECK(ulps(actual.read<float>()[i], static_cast<float>(expected[i])) <= most_ulps);
  }
}

// A random operation of one line of TensorFlow, in a graph of its own.
struct Program {
  Graph graph;
  Builder b{graph};
  Output output;
};
template <class Build>
std::unique_ptr<Program> program(Build build) {
  auto made = std::make_unique<Program>();
  made->output = build(made->b);
  must(made->b.status());
  return made;
}

Tensor slice(const Tensor& vector, std::int64_t from, std::int64_t count) {
  const auto all = vector.read<float>();
  return Tensor::vector(std::vector<float>(all.begin() + from, all.begin() + from + count));
}

}  // namespace

TEST_CASE("Philox gives the published known answers") {
  const Json vector = golden("philox_kat"), cases = vector["inputs"]["cases"];
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Philox::Block key = block_of(cases[i]["key"]);
    CHECK(Philox(block_of(cases[i]["ctr"]), {key[0], key[1]})() == block_of(vector["expected"]["out"][i]));
  }
}

TEST_CASE("a pair of seeds is laid out over key and counter as in PhiloxRandom, and skipping is drawing") {
  const Json vector = golden("philox_seed_layout"), blocks = vector["expected"]["blocks"];
  const auto seed = static_cast<std::uint64_t>(vector["inputs"]["seed"].number()),
             seed2 = static_cast<std::uint64_t>(vector["inputs"]["seed2"].number());
  Philox drawn(seed, seed2);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    CHECK(drawn() == block_of(blocks[i]));
    Philox skipped(seed, seed2);
    skipped.skip(i);
    CHECK(skipped() == block_of(blocks[i]));
  }
}

TEST_CASE("skipping carries through all four words of the counter") {
  Philox skipped({0xffffffff, 0xffffffff, 0xffffffff, 7}, {1, 2});
  skipped.skip(1);
  CHECK(skipped() == Philox({0, 0, 0, 8}, {1, 2})());
}

TEST_CASE("graph and operation seeds combine as in random_seed.get_seed") {
  const Json rows = golden("get_seed_table")["expected"]["rows"];
  for (std::size_t i = 0; i < rows.size(); ++i) {
    INFO("row ", i);
    Graph graph;
    Builder b(graph);
    tf::constant(b, 1);
    if (!rows[i]["graph"].is_null()) graph.set_seed(static_cast<std::int64_t>(rows[i]["graph"].number()));
    std::optional<std::int64_t> op;
    if (!rows[i]["op"].is_null()) op = static_cast<std::int64_t>(rows[i]["op"].number());
    const SeedPair pair = graph.op_seed(op);
    const Json out = rows[i]["out"];
    // No seed at all is written (0, 0), which asks for seeds from the machine.
    CHECK(pair.seed == (out[0].is_null() ? 0 : static_cast<std::int64_t>(out[0].number())));
    // A text stands for the number of operations so far, here the one constant.
    const auto second = out[1].is_null()   ? 0
                        : out[1].is_text() ? 1
                                           : static_cast<std::int64_t>(out[1].number());
    CHECK(pair.seed2 == second);
  }
}

TEST_CASE("with a graph seed alone, the number of operations created so far seeds an operation") {
  Graph graph;
  graph.set_seed(42);
  Builder b(graph);
  tf::random_normal(b, {3});
  const Node& node = graph.node(*graph.find("random_normal/RandomStandardNormal"));
  CHECK(node.attr<std::int64_t>("seed") == 42);
  CHECK(node.attr<std::int64_t>("seed2") ==
        static_cast<std::int64_t>(golden("lastid_rule")["expected"]["op_seed"].number()));
}

TEST_CASE("uniform numbers are TensorFlow's bit for bit") {
  const auto p = program([](Builder& b) { return tf::random_uniform(b, {8}, 0, 1, DType::kFloat32, 1); });
  check_floats(value_of(p->graph, p->output), golden("random_uniform_seed1"), 0);
}

TEST_CASE("normal numbers are TensorFlow's") {
  // How a sine is rounded in the last place is up to TensorFlow's C library.
  const auto check = [](const char* id, const Shape& shape, auto draw, std::int64_t seed) {
    INFO(id);
    const auto p = program([&](Builder& b) { return draw(b, shape, seed); });
    const Tensor drawn = value_of(p->graph, p->output);
    check_floats(drawn, golden(id), static_cast<std::int64_t>(golden(id)["tol"]["float32_ulp"].number()));
    return str(drawn);
  };
  const auto normal = [](Builder& b, const Shape& shape, std::int64_t seed) {
    return tf::random_normal(b, shape, 0, 1, DType::kFloat32, seed);
  };
  const auto truncated = [](Builder& b, const Shape& shape, std::int64_t seed) {
    return tf::truncated_normal(b, shape, 0, 1, DType::kFloat32, seed);
  };
  const auto weights = [](Builder& b, const Shape& shape, std::int64_t seed) {
    return tf::truncated_normal(b, shape, 0, 0.1, DType::kFloat32, seed);
  };
  check("random_normal_seed1", {8}, normal, 1);
  check("random_normal_seed1234", {2, 3}, normal, 1234);
  check("truncated_normal_seed2", {2, 2}, truncated, 2);
  check("truncated_normal_5x5_seed1", {5, 5}, weights, 1);
}

TEST_CASE("truncated normals have the theoretical mean and deviation, and no value beyond two") {
  const auto p =
      program([](Builder& b) { return tf::truncated_normal(b, {100000}, 0, 1, DType::kFloat64, 5); });
  const Json expected = golden("truncated_normal_moments")["expected"];
  double sum = 0, squares = 0, largest = 0;
  const std::vector<double> drawn = numbers(value_of(p->graph, p->output));
  for (double z : drawn) {
    sum += z;
    squares += z * z;
    largest = std::max(largest, std::abs(z));
  }
  const double n = static_cast<double>(drawn.size());
  CHECK(largest < 2);
  CHECK(largest > 1.99);
  CHECK(is_near(sum / n, expected["mean"].number(), 0, 0.01));
  CHECK(is_near(squares / n, expected["variance"].number(), 0.01));
}

TEST_CASE("a stream goes on from run to run, 256 blocks for each number, and starts anew in a new session") {
  const auto p = program([](Builder& b) { return tf::random_uniform(b, {3}, 0, 1, DType::kFloat32, 9); });
  Session session(p->graph), other(p->graph);
  for (std::uint64_t run = 0; run < 3; ++run) {
    Philox expected_stream(87654321, 9);
    expected_stream.skip(run * 256 * 3);
    Tensor expected(DType::kFloat32, {3});
    fill_uniform(expected_stream, expected.write<float>());
    CHECK(value_of(session, p->output).same_bits(expected));
  }
  const Tensor first = value_of(other, p->output);
  CHECK(first.same_bits(value_of(p->graph, p->output)));
  CHECK_FALSE(first.same_bits(value_of(other, p->output)));
}

TEST_CASE("equal seeds give equal streams, and a longer tensor starts with the shorter one") {
  const auto p = program([](Builder& b) { return tf::truncated_normal(b, {10}, 0, 1, DType::kFloat32, 3); });
  const auto q = program([](Builder& b) { return tf::truncated_normal(b, {7}, 0, 1, DType::kFloat32, 3); });
  const Tensor longer = value_of(p->graph, p->output);
  CHECK(slice(longer, 0, 7).same_bits(value_of(q->graph, q->output)));
}

TEST_CASE("without any seed the session's entropy decides") {
  const auto p = program([](Builder& b) { return tf::random_uniform(b, {4}); });
  const auto drawn = [&](std::uint64_t entropy) {
    Session session(p->graph, entropy);
    return value_of(session, p->output);
  };
  CHECK(drawn(1).same_bits(drawn(1)));
  CHECK_FALSE(drawn(1).same_bits(drawn(2)));
}

TEST_CASE("mean, deviation and range are applied in the output's dtype") {
  const auto p = program([](Builder& b) { return tf::random_uniform(b, {1000}, -3, 5, DType::kFloat64, 1); });
  const std::vector<double> drawn = numbers(value_of(p->graph, p->output));
  CHECK(*std::min_element(drawn.begin(), drawn.end()) >= -3);
  CHECK(*std::max_element(drawn.begin(), drawn.end()) < 5);
  CHECK(*std::max_element(drawn.begin(), drawn.end()) > 4.9);
}

TEST_CASE("initializers that scale with a layer's size have TensorFlow's limits and deviations") {
  const Json rows = golden("variance_scaling_table")["expected"]["rows"];
  int checked = 0;
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (const InitializerType& type : initializer_types()) {
      const bool uniform = rows[i].has(cat(type.name, "_limit"));
      const std::string column = cat(type.name, uniform ? "_limit" : "_stddev_arg");
      if (!rows[i].has(column)) continue;
      ++checked;
      INFO(column, " of row ", i);
      const auto p = program([&](Builder& b) {
        return type.build(b, rows[i]["shape"].as_shape(), DType::kFloat64, complete(type.parameters, {}), 1);
      });
      // The number stands in the graph, as a constant that scales what is drawn.
      const auto scale = p->graph.find(uniform ? "random_uniform/max" : "truncated_normal/stddev");
      REQUIRE(scale);
      check_near(*p->graph.constant_value({*scale, 0}), {rows[i][column].number()}, 1e-15);
      CHECK(p->graph.shape(p->output) == rows[i]["shape"].as_shape());
    }
  CHECK(checked == 5 * static_cast<int>(rows.size()));
}

TEST_CASE("every initializer is described and makes a tensor of the shape and dtype asked for") {
  for (const InitializerType& type : initializer_types()) {
    INFO(type.name);
    CHECK(find_initializer_type(type.name) == &type);
    CHECK(*type.formula);
    CHECK(*type.help);
    for (DType dtype : {DType::kFloat32, DType::kFloat64}) {
      const auto p = program([&](Builder& b) {
        return type.build(b, {3, 4}, dtype, complete(type.parameters, {}), std::nullopt);
      });
      const Tensor value = value_of(p->graph, p->output);
      CHECK(value.dtype() == dtype);
      CHECK(value.shape() == Shape{3, 4});
    }
  }
  CHECK_FALSE(find_initializer_type("nobody"));
}

TEST_CASE("initializers take their parameters") {
  const auto made = [](const char* name, const std::map<std::string, double>& given) {
    const InitializerType& type = *find_initializer_type(name);
    const auto p = program([&](Builder& b) {
      return type.build(b, {500}, DType::kFloat64, complete(type.parameters, given), 1);
    });
    return numbers(value_of(p->graph, p->output));
  };
  const auto all = [](const std::vector<double>& values, double low, double high) {
    return std::all_of(values.begin(), values.end(), [=](double x) { return x >= low && x <= high; });
  };
  CHECK(all(made("zeros", {}), 0, 0));
  CHECK(all(made("ones", {}), 1, 1));
  CHECK(all(made("constant", {{"value", 2.5}}), 2.5, 2.5));
  CHECK(all(made("random_uniform", {{"minval", 3}, {"maxval", 4}}), 3, 4));
  CHECK(all(made("truncated_normal", {{"mean", 10}, {"stddev", 0.5}}), 9, 11));
  CHECK_FALSE(all(made("random_normal", {{"mean", 10}, {"stddev", 0.5}}), 9, 11));
}

}  // namespace sandflow::test
