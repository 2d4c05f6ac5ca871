// Single things of a step seen large: the gradients of a batch's examples, the update of one parameter, and a
// gradient held against a numeric one. Looking leaves the run as it was.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/scene/layer_watch.h"
#include "engine/scene/lower.h"
#include "engine/scene/scene.h"

namespace sandflow {

// --- A gradient, checked ---

struct GradientCheck {
  struct Element {
    std::int64_t index = 0;
    double analytic = 0, numeric = 0;
    double error = 0;  // |analytic - numeric| over the larger of both.
  };
  std::vector<Element> elements;  // Evenly spaced ones of a large tensor.
  double largest_error = 0;
  bool is_double = false;  // The check ran in float64; else the graph insists on float32, and digits are few.
};

// d loss / d (the node's output): what backpropagation says, and what the loss does when one element is moved
// a little to both sides. Errors: FailedPrecondition for a node without a gradient.
Result<GradientCheck> check_gradient(const Scene& scene, std::size_t node, const Lowered& lowered,
                                     Trainer& trainer);

// --- A batch ---

// All gradients of all parameters as one long vector, seen in the plane of the full-batch gradient (along)
// and of what the batch's mean has besides (across).
struct GradientArrow {
  double along = 0, across = 0;
  double norm = 0;
};
struct BatchSight {
  std::vector<std::int32_t> rows;       // Of the training set: the batch that comes next.
  std::vector<GradientArrow> examples;  // Of the first of them.
  std::vector<double> losses;           // Of each of those alone.
  GradientArrow batch, full;
  double cosine = 0;               // Between the batch's gradient and the full one.
  std::int64_t full_examples = 0;  // How many the full one is of; of what takes long a part is measured.
  std::int64_t parameters = 0;
};
// Without examples where there is nothing to train, or no data.
BatchSight look_at_batch(const Lowered& lowered, const LayerWatch& watch, Trainer& trainer,
                         const Dataset* data);

// --- A parameter ---

struct UpdateSight {
  struct Kept {
    std::string name;  // "Momentum", "Adam_1".
    double before = 0, after = 0;
  };
  std::string variable;
  std::int64_t element = 0;
  std::int64_t step = 0;  // The one that is looked at: the next.
  double before = 0, after = 0;
  double gradient = 0;  // As the optimizer gets it: clipped, if gradients are.
  std::vector<Kept> slots;
  std::vector<std::string> lines;  // The optimizer's rule with every number put in,
  double predicted = 0;            // and what it ends with.
};
// What the next step does to one element of a Variable. Errors: ValueError for one that is not trained.
Result<UpdateSight> look_at_update(const Scene& scene, const Lowered& lowered, Trainer& trainer,
                                   const std::string& variable, std::int64_t element);

}  // namespace sandflow
