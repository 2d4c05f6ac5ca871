// Everything a screen may show of a moment of a run, copied: right of here all is drawing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/tensor.h"

namespace sandflow {

// The three counters are three numbers: updates made, passes over the training set completed, examples seen.
struct Counters {
  std::int64_t step = 0, epoch = 0, examples = 0;
};

// The loss of one step's batch, before its update.
struct LossPoint {
  std::int64_t step = 0;
  double loss = 0;

  bool operator==(const LossPoint&) const = default;
};

// Loss and accuracy on the whole training and test set; taken at step 0 and after each epoch, and of many
// examples on the test set alone a few times within the first. NaN where there is none.
struct Evaluation {
  std::int64_t step = 0, epoch = 0;
  double train_loss = 0, train_accuracy = 0, test_loss = 0, test_accuracy = 0;
};

// A run that stopped because a number was no longer finite.
struct Divergence {
  std::int64_t step = 0;
  std::string node;  // The first graph node, in order of execution, whose value was not finite.
};

// One box of the canvas.
struct NodeSnapshot {
  std::string graph_name;  // Its name in the graph; empty if it is not there because of an error.
  DType dtype = DType::kFloat32;
  Shape shape = Shape::unknown_rank();  // As known before a run: "(?, 4)".
  Tensor value;     // What its first output is with the parameters as they are and the batch of the last step
                    // (or the feed); undefined if it cannot be computed.
  Tensor gradient;  // d loss / d value; undefined if there is none.
  std::optional<Error> error;  // What is wrong with this node, in TensorFlow's words.
  bool is_blocked = false;     // Nothing wrong here, but an input has an error or is missing.
  bool is_unfinished = false;  // The error is no mistake: it is new, and not connected or set yet.
  int order = -1;              // Its place in the order of execution; -1 if it did not run.
};

struct Snapshot {
  Counters counters;
  double batch_loss = 0;  // Of the last step; NaN before the first.
  std::int64_t batches_per_epoch = 0;
  std::int64_t train_examples = 0, test_examples = 0;
  std::vector<NodeSnapshot> nodes;      // As Scene::nodes.
  std::map<int, Tensor> watched;        // Of other graph nodes that are being looked at, their first output.
  std::vector<LossPoint> losses;        // At most a few thousand: a long run keeps every 2nd, 4th, ... step.
  std::vector<Evaluation> evaluations;  // Likewise.
  // Measured for this very moment; the last of the evaluations where the data are too many to measure at
  // every look.
  std::optional<Evaluation> now;
  std::optional<Divergence> divergence;
  std::optional<Error> training_error;  // Why this scene cannot be trained, if it names a loss.
  bool can_train = false;
  std::uint64_t version = 0;  // Changes whenever anything above does.
};

}  // namespace sandflow
