// Guards what is told of a net's layers: gradient norms as an independent computation has them, units that
// are alike, saturated or dead, and a record that stays small.
#include "engine/scene/layer_watch.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/core/text.h"
#include "engine/scene/workspace.h"
#include "tests/engine/support.h"

namespace sandflow::test {

namespace {

using Matrix = std::vector<std::vector<double>>;

Matrix matrix(const Tensor& tensor) {
  const std::int64_t rows = tensor.shape().rank() == 2 ? tensor.shape().dim(0) : 1,
                     columns = tensor.elements() / rows;
  Matrix out(static_cast<std::size_t>(rows));
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c)
      out[static_cast<std::size_t>(r)].push_back(tensor.number(r * columns + c));
  return out;
}

// Backpropagation as a textbook has it, in doubles, example by example: the norms of d loss / d W, first
// layer first, the output's last.
std::vector<double> textbook_norms(const std::vector<Matrix>& weights, const std::vector<Matrix>& biases,
                                   const Matrix& features, const std::vector<int>& classes) {
  std::vector<Matrix> sums;
  for (const Matrix& w : weights) sums.emplace_back(w.size(), std::vector<double>(w[0].size(), 0));
  for (std::size_t example = 0; example < features.size(); ++example) {
    Matrix answers{features[example]};
    for (std::size_t l = 0; l < weights.size(); ++l) {
      std::vector<double> z = biases[l][0];
      for (std::size_t i = 0; i < weights[l].size(); ++i)
        for (std::size_t j = 0; j < z.size(); ++j) z[j] += answers[l][i] * weights[l][i][j];
      if (l + 1 < weights.size())
        for (double& x : z) x = 1 / (1 + std::exp(-x));
      answers.push_back(z);
    }
    std::vector<double> delta = answers.back();
    double total = 0;
    for (double x : answers.back()) total += std::exp(x);
    for (std::size_t j = 0; j < delta.size(); ++j)
      delta[j] = std::exp(answers.back()[j]) / total - (static_cast<int>(j) == classes[example] ? 1 : 0);
    for (std::size_t l = weights.size(); l-- > 0;) {
      std::vector<double> before(weights[l].size(), 0);
      for (std::size_t i = 0; i < weights[l].size(); ++i)
        for (std::size_t j = 0; j < delta.size(); ++j) {
          sums[l][i][j] += answers[l][i] * delta[j] / static_cast<double>(features.size());
          before[i] += weights[l][i][j] * delta[j];
        }
      for (std::size_t i = 0; i < before.size(); ++i) before[i] *= answers[l][i] * (1 - answers[l][i]);
      delta = before;
    }
  }
  std::vector<double> norms;
  for (const Matrix& sum : sums) {
    double squares = 0;
    for (const auto& row : sum)
      for (double x : row) squares += x * x;
    norms.push_back(std::sqrt(squares));
  }
  return norms;
}

void open_scene(Workspace& workspace, std::string_view name) {
  must(workspace.open(read_file(cat("../web/lessons/scenes/", name, ".json"))));
}

double gradient_norm(const LayerState& layer) { return layer.norms[static_cast<int>(LayerPart::kGradients)]; }

// Two sigmoid units between two features and two classes.
std::string small_net(std::string_view activation, std::string_view initializer) {
  return cat(R"json({"sandflow": 1, "data": {"name": "circle", "examples": 40},
    "training": {"loss": "loss", "optimizer": {"name": "GradientDescent", "learning_rate": 0.1},
                 "initializer": {"name": ")json",
             initializer, R"json("}, "batch_size": 10, "seed": 3},
    "nodes": [
    {"name": "x", "type": "Placeholder", "attrs": {"shape": "(None, 2)", "feed": "features"}},
    {"name": "y", "type": "Placeholder", "attrs": {"shape": "(None, 2)", "feed": "labels"}},
    {"name": "hidden/W", "type": "Variable", "attrs": {"shape": "(2, 8)"}},
    {"name": "hidden/b", "type": "Variable", "attrs": {"shape": "(8,)", "initializer": "zeros"}},
    {"name": "hidden/MatMul", "type": "MatMul", "inputs": ["x", "hidden/W"]},
    {"name": "hidden/BiasAdd", "type": "BiasAdd", "inputs": ["hidden/MatMul", "hidden/b"]},
    {"name": "hidden/answer", "type": ")json",
             activation, R"json(", "inputs": ["hidden/BiasAdd"]},
    {"name": "V", "type": "Variable", "attrs": {"shape": "(8, 2)"}},
    {"name": "logits", "type": "MatMul", "inputs": ["hidden/answer", "V"]},
    {"name": "entropy", "type": "SoftmaxCrossEntropyWithLogits", "inputs": ["logits", "y"]},
    {"name": "loss", "type": "Mean", "inputs": ["entropy", {"value": "[0]"}]}]})json");
}

}  // namespace

TEST_CASE(
    "ten sigmoid layers: gradient norms are those of a textbook's backpropagation, for every initializer") {
  Workspace workspace;
  open_scene(workspace, "vanishing");
  const std::vector<Choice> choices{{"truncated_normal", {{"stddev", 1}}},
                                    {"truncated_normal", {{"stddev", 0.01}}},
                                    {"glorot_uniform", {}},
                                    {"he_normal", {}}};
  std::vector<double> ratios;
  for (const Choice& choice : choices) {
    must(workspace.apply(edit::SetInitializer{choice}));
    const std::vector<LayerState> layers = workspace.look_at_layers();
    REQUIRE(layers.size() == 11);
    std::vector<Matrix> weights, biases;
    const auto value = [&](const std::string& name) {
      const int index = workspace.scene().index_of(name);
      return matrix(workspace.snapshot().nodes[static_cast<std::size_t>(index)].value);
    };
    for (const WatchedLayer& layer : workspace.layer_watch().layers()) {
      weights.push_back(value(layer.variable));
      biases.push_back(value(layer.name + "/b"));
    }
    const Examples& train = workspace.dataset()->train;
    const std::vector<double> expected =
        textbook_norms(weights, biases, matrix(train.features), train.classes);
    std::string told;
    for (std::size_t l = 0; l < layers.size(); ++l) {
      // What is smaller than a float's least normal number has lost digits.
      CHECK_MESSAGE(is_near(gradient_norm(layers[l]), expected[l], 1e-3, 1e-37),
                    cat(choice.name, ", ", workspace.layer_watch().layers()[l].name, ": ",
                        gradient_norm(layers[l]), " for ", expected[l]));
      told += cat(" ", shortest(static_cast<float>(gradient_norm(layers[l]))));
    }
    MESSAGE(choice.name, ":", told);
    ratios.push_back(gradient_norm(layers[0]) / gradient_norm(layers[9]));
  }
  // stddev 1 keeps them within a few orders of magnitude; 0.01 lets them vanish; Glorot is better, He more
  // so.
  CHECK(ratios[0] > 1e-6);
  CHECK(ratios[1] < 1e-14);
  CHECK(ratios[2] > 1e6 * ratios[1]);
  CHECK(ratios[3] > 1e6 * ratios[1]);
}

TEST_CASE("one initializer for all weights is one step of undo, and leaves biases as they are") {
  Workspace workspace;
  must(workspace.open(small_net("Sigmoid", "zeros")));
  must(workspace.apply(edit::SetAttr{"V", "initializer", "truncated_normal"}));
  must(workspace.apply(edit::SetAttr{"V", "stddev", "0.5"}));
  const Scene before = workspace.scene();
  must(workspace.apply(edit::SetInitializer{{"glorot_uniform", {}}}));
  CHECK(workspace.scene().training.initializer.name == "glorot_uniform");
  CHECK(workspace.scene().find("V")->attrs.count("initializer") == 0);
  CHECK(workspace.scene().find("V")->attrs.count("stddev") == 0);
  CHECK(workspace.scene().find("hidden/b")->attrs.at("initializer") == "zeros");
  CHECK(norm_of(workspace.snapshot().nodes[7].value) > 0);
  must(workspace.undo());
  CHECK(workspace.scene() == before);
  CHECK(!workspace.apply(edit::SetInitializer{{"nonsense", {}}}).ok());
}

TEST_CASE("layers are found by what is trained, in the order they run, with activation and bias") {
  Workspace workspace;
  must(workspace.open(small_net("Tanh", "glorot_uniform")));
  const auto& layers = workspace.layer_watch().layers();
  REQUIRE(layers.size() == 2);
  CHECK(layers[0].name == "hidden");
  CHECK(layers[0].activation_type == "Tanh");
  CHECK(layers[0].bias.valid());
  CHECK(layers[1].name == "V");
  CHECK(layers[1].activation_type.empty());
  CHECK(!layers[1].bias.valid());
  must(workspace.apply(edit::SetAttr{"V", "trainable", "False"}));
  CHECK(workspace.layer_watch().layers().size() == 1);
}

TEST_CASE(
    "units that nothing tells apart are found: zeros and ones cannot break the tie, random numbers can") {
  Workspace workspace;
  for (const char* same : {"zeros", "ones"}) {
    must(workspace.open(small_net("Sigmoid", same)));
    for (int round = 0; round < 2; ++round) {
      const std::vector<LayerState> layers = workspace.look_at_layers();
      REQUIRE(layers[0].twins.size() == 1);
      CHECK(layers[0].twins[0].units.size() == 8);
      // The first step moves the output's weights away from zero, those of the hidden layer not yet.
      if (round == 0) CHECK(layers[0].twins[0].are_zeros == (same == std::string_view("zeros")));
      workspace.advance(50, [] { return true; });
    }
  }
  must(workspace.open(small_net("Sigmoid", "truncated_normal")));
  CHECK(workspace.look_at_layers()[0].twins.empty());
}

TEST_CASE("twins are judged by weights, bias and gradient") {
  const Tensor weights = Tensor::of<float>({2, 4}, {1, 1, 2, 1, 3, 3, 4, 3});
  const Tensor gradient = Tensor::of<float>({2, 4}, {5, 5, 5, 6, 5, 5, 5, 5});
  const auto found = find_twins(weights, {}, gradient);
  REQUIRE(found.size() == 1);
  CHECK(found[0].units == std::vector<int>{0, 1});
  CHECK(!found[0].are_zeros);
  CHECK(find_twins(weights, Tensor::vector<float>({0, 1, 0, 0}), gradient).empty());
  CHECK(find_twins(weights, {}, {}).empty());
  // The same where units are rows.
  constexpr auto kRows = WatchedLayer::Units::kRows;
  const Tensor rows = Tensor::of<float>({4, 2}, {1, 3, 1, 3, 2, 4, 1, 3}),
               row_gradient = Tensor::of<float>({4, 2}, {5, 5, 5, 5, 5, 5, 6, 5});
  REQUIRE(find_twins(rows, {}, row_gradient, kRows).size() == 1);
  CHECK(find_twins(rows, {}, row_gradient, kRows)[0].units == std::vector<int>{0, 1});
  CHECK(find_twins(rows, Tensor::vector<float>({0, 1, 0, 0}), row_gradient, kRows).empty());
}

TEST_CASE("dead relu units and saturated sigmoids are counted") {
  Workspace workspace;
  must(workspace.open(small_net("Relu", "glorot_uniform")));
  CHECK(workspace.look_at_layers()[0].dead == 0);
  must(workspace.apply(edit::SetAttr{"hidden/b", "initializer", "constant"}));
  must(workspace.apply(edit::SetAttr{"hidden/b", "value", "-50"}));
  CHECK(workspace.look_at_layers()[0].dead == 8);
  CHECK(workspace.look_at_layers()[0].saturated == 0);
  must(workspace.open(small_net("Sigmoid", "glorot_uniform")));
  CHECK(workspace.look_at_layers()[0].saturated == 0);
  must(workspace.apply(edit::SetAttr{"hidden/b", "initializer", "constant"}));
  must(workspace.apply(edit::SetAttr{"hidden/b", "value", "-50"}));
  CHECK(workspace.look_at_layers()[0].saturated == 1);
}

TEST_CASE("the units of a product are what it has as columns, however its weights lie") {
  const auto replaced = [](std::string text, std::string_view from, std::string_view to) {
    return text.replace(text.find(from), from.size(), to);
  };
  const auto transposed = [&](std::string_view initializer) {
    return replaced(replaced(small_net("Relu", initializer), "(2, 8)", "(8, 2)"), R"("hidden/W"]})",
                    R"("hidden/W"], "attrs": {"transpose_b": "True"}})");
  };
  Workspace workspace;
  must(workspace.open(transposed("ones")));
  workspace.advance(3, [] { return true; });
  LayerState layer = workspace.look_at_layers()[0];
  CHECK(layer.units == 8);
  REQUIRE(layer.twins.size() == 1);
  CHECK(layer.twins[0].units.size() == 8);
  must(workspace.apply(edit::SetAttr{"hidden/b", "initializer", "constant"}));
  must(workspace.apply(edit::SetAttr{"hidden/b", "value", "-50"}));
  CHECK(workspace.look_at_layers()[0].dead == 8);
  must(workspace.open(transposed("truncated_normal")));
  CHECK(workspace.look_at_layers()[0].twins.empty());
  // Weights at the left: the columns are of what they are multiplied with.
  must(workspace.open(replaced(
      replaced(small_net("Relu", "ones"), R"(["hidden/answer", "V"]})",
               R"(["V", "hidden/answer"], "attrs": {"transpose_a": "True", "transpose_b": "True"}})"),
      R"("SoftmaxCrossEntropyWithLogits", "inputs": ["logits", "y"])",
      R"("Softmax", "inputs": ["logits"])")));
  layer = workspace.look_at_layers()[1];
  CHECK(layer.units == 0);
  CHECK(layer.twins.empty());
}

TEST_CASE("a spread counts all finite numbers once, and those that are all alike stand in the middle") {
  const Spread spread =
      spread_of(Tensor::vector<float>({0, 1, 1, 4, std::numeric_limits<float>::infinity()}));
  CHECK(spread.low == 0);
  CHECK(spread.high == 4);
  REQUIRE(spread.bins.size() == Spread::kBins);
  CHECK(spread.bins.front() == doctest::Approx(0.2));
  CHECK(spread.bins[8] == doctest::Approx(0.4));
  CHECK(spread.bins.back() == doctest::Approx(0.2));
  CHECK(spread_of(Tensor::vector<float>({3, 3})).bins[Spread::kBins / 2] == doctest::Approx(1));
  CHECK(spread_of({}).bins.empty());
  CHECK(spread_of(Tensor::vector<float>({NAN, INFINITY})).bins.empty());
  // Bins are of floats, whatever the tensor holds.
  const Spread large = spread_of(Tensor::vector<double>({1e300, 1, 0.5}));
  CHECK(large.low == 0.5f);
  CHECK(large.high == 1);
  CHECK(large.bins.back() == doctest::Approx(1 / 3.0));
  CHECK(spread_of(Tensor::vector<double>({1 + 1e-12, 1})).bins[Spread::kBins / 2] == doctest::Approx(1));
  CHECK(std::isnan(norm_of({})));
}

TEST_CASE("the layers' record of a long run stays small, spans it, and changes none of its numbers") {
  Workspace workspace;
  open_scene(workspace, "spiral");
  workspace.advance(5000, [] { return true; });
  const auto& moments = workspace.layer_watch().moments();
  CHECK(moments.size() <= LayerWatch::kMoments);
  CHECK(moments.size() >= LayerWatch::kMoments / 2);
  CHECK(moments.front().step == 0);
  CHECK(moments.back().step > 4800);
  CHECK(moments.back().layers.size() == workspace.layer_watch().layers().size());
  const double loss = workspace.snapshot().losses.back().loss;
  workspace.reset();
  CHECK(workspace.layer_watch().moments().empty());
  for (int i = 0; i < 50; ++i) {
    workspace.look_at_layers();
    workspace.advance(100, [] { return true; });
  }
  CHECK(workspace.snapshot().losses.back().loss == loss);
}

}  // namespace sandflow::test
