// A training run: batches in, updates and counters out. The loop of the post, with its counters kept honest.
#pragma once

#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/session/session.h"
#include "engine/training/batches.h"
#include "engine/training/datasets.h"
#include "engine/training/history.h"
#include "engine/training/optimizers.h"
#include "engine/training/snapshot.h"

namespace sandflow {

// The parts of a graph that training needs to know.
struct Model {
  int init_op = -1;                   // -1: no variables.
  std::vector<int> initializers;      // What init_op runs, one by one.
  int train_op = -1;                  // -1: nothing to train.
  Output loss, accuracy, prediction;  // Invalid where there is none.
  HyperTensors hyper;
  std::vector<Output> features, labels;  // Placeholders fed from the data.
  std::vector<Feed> constant_feeds;      // Placeholders fed with one value all along.
  std::vector<Output> dropout_rates;     // Fed with 0 wherever the model is measured or asked.
};

// What may change while a run goes on.
struct LiveSettings {
  std::int64_t batch_size = 1;
  Parameters hyper;
};

// A moment of a run that it can go back to: everything that decides what comes after. Values are shared with
// the session until it changes them.
struct Checkpoint {
  Counters counters;
  std::int64_t epoch = 0, used = 0;  // Of the batches.
  std::vector<std::int32_t> rows;    // Of the last step.
  std::map<int, Tensor> variables;   // By node; those that have a value.
  std::map<int, Philox> streams;
  double loss = 0;  // Of the last step's batch; NaN before the first.
};

class Trainer {
 public:
  // `data` may be null and must outlive the trainer, as must the graph. Runs the initializers and the first
  // evaluation; what goes wrong there is `error()`.
  Trainer(const Graph& graph, Model model, const Dataset* data, std::uint64_t seed, LiveSettings settings);

  void set(LiveSettings settings) { settings_ = std::move(settings); }
  const std::optional<Error>& error() const { return error_; }
  bool can_train() const { return model_.train_op >= 0 && !error_ && !divergence_; }

  // Updates until `steps` are made, `keep_going` says no, or training has to stop; gives how many were made.
  // An epoch's end, and in the first epoch of many examples moments before, are measured before the next
  // step, or before it returns; part by part, so that `keep_going` is asked often: where it says no in
  // between, is_measuring() and the next call goes on with that.
  std::int64_t advance(std::int64_t steps, const std::function<bool()>& keep_going);

  bool is_measuring() const { return measuring_.has_value(); }
  // Examples so few that they are measured at every look.
  bool has_few_examples() const;

  Checkpoint checkpoint() const;
  // The run as it was then; what was recorded of the time after is forgotten, a divergence too.
  void go_back(const Checkpoint& to);
  // An evaluation on its way: what has been measured of the two sets, part by part.
  struct Measuring {
    Evaluation point;
    bool is_test = false;
    std::int64_t from = 0, parts = 0;
    double first = 0, mean = 0, sum = 0, share = 0;
  };
  // What was recorded, to be had again after going back.
  struct Record {
    History<LossPoint> losses;
    History<Evaluation> evaluations;
    std::optional<Divergence> divergence;
    std::optional<Measuring> measuring;
  };
  Record record() const { return {losses_, evaluations_, divergence_, measuring_}; }
  void set_record(Record record);
  // How much memory a checkpoint takes, once the run has gone on.
  std::int64_t checkpoint_bytes() const;

  const Counters& counters() const { return counters_; }
  // Of the last step's batch; NaN before the first. The losses that are kept may end before it.
  double batch_loss() const { return batch_loss_; }
  const std::vector<LossPoint>& losses() const { return losses_.entries(); }
  const std::vector<Evaluation>& evaluations() const { return evaluations_.entries(); }
  // Loss and accuracy on all data with the parameters as they are; nothing without a loss, or after an error.
  std::optional<Evaluation> measure();
  const std::optional<Divergence>& divergence() const { return divergence_; }
  std::int64_t batches_per_epoch() const;
  std::int64_t steps_to_epoch_end() const;

  Session& session() { return session_; }
  const Model& model() const { return model_; }
  // The training examples of the last step (before the first: of the step to come), and of the next.
  std::vector<std::int32_t> last_rows() const;
  std::vector<std::int32_t> next_rows() const;
  // The feeds of the last step (before the first: of the step to come).
  std::vector<Feed> last_feeds();
  // Those of these training examples; the tensors are good until the next call.
  std::vector<Feed> feeds(std::span<const std::int32_t> rows);
  // The model's answers; what drops parts of it in steps lets all of it through.
  Result<Tensor> predict(const Tensor& features);
  // The same for any tensors of the graph; those that need more than the features are undefined.
  std::vector<Tensor> answers(const std::vector<Output>& tensors, const Tensor& features);

 private:
  struct Measured {
    double loss = std::numeric_limits<double>::quiet_NaN(),
           accuracy = std::numeric_limits<double>::quiet_NaN();
  };
  std::vector<Feed> asked_with(const Tensor& features) const;
  Measuring begin_measuring() const;
  bool is_test_due(std::int64_t examples_before) const;
  bool measure_part(Measuring& m);  // True: that was the last.
  Measured measured(const std::vector<Feed>& fed);
  // Those of a model at rest.
  std::vector<Feed> resting_feeds() const;
  std::vector<Feed> feeds(const Examples& examples) const;
  std::int64_t batches_of(std::int64_t examples) const;
  Status step();
  Program* program_for(std::int64_t batch);
  // One step on a program; nothing if there is none for this batch, or only a plan can make the step.
  std::optional<double> step_on_program();

  const Graph& graph_;
  Model model_;
  const Dataset* data_;
  LiveSettings settings_;
  Session session_;
  Batches batches_;
  Tensor batch_features_, batch_labels_;
  std::vector<std::int32_t> last_rows_;
  std::map<std::int64_t, std::shared_ptr<Program>> programs_;  // By batch size; null: there is none.
  Counters counters_;
  double batch_loss_ = std::numeric_limits<double>::quiet_NaN();
  History<LossPoint> losses_;
  History<Evaluation> evaluations_;
  std::optional<Divergence> divergence_;
  std::optional<Measuring> measuring_;
  std::optional<Error> error_;
};

}  // namespace sandflow
