// The whole of the engine as an application sees it: a scene with its undo history, the graph made of it, and
// the run. What starts the run again from step 0: any edit of nodes, wires, attributes, names, data,
// optimizer, initializer, seed or of the nodes that training looks at. What does not: moving nodes, the
// title, the optimizer's numbers (learning rate, momentum) and the batch size.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"
#include "engine/scene/doctor.h"
#include "engine/scene/edit.h"
#include "engine/scene/layer_watch.h"
#include "engine/scene/lower.h"
#include "engine/scene/microscope.h"
#include "engine/scene/runs.h"
#include "engine/scene/scene.h"
#include "engine/training/datasets.h"
#include "engine/training/snapshot.h"

namespace sandflow {

class Workspace {
 public:
  Workspace();
  ~Workspace();

  // Replaces the scene and forgets the history. On an error (JSON that is cut off, an unknown version, ...)
  // everything stays as it was; the message names the place.
  Status open(std::string_view json);
  std::string json() const;
  const Scene& scene() const;
  // The graph made of it: names, operations, wires, dtypes and shapes, but no values. Good until the next
  // edit.
  const Lowered& lowered() const;

  // Applies an edit as one step of undo. Edits with the same non-empty `gesture` in a row are one step (a
  // drag).
  Status apply(const edit::Edit& edit, std::string_view gesture = {});
  bool can_undo() const;
  bool can_redo() const;
  // A scene that was good once is good again, but its data may no longer fit the memory: then nothing
  // changes.
  Status undo();
  Status redo();

  // Trains until `steps` updates were made, `keep_going` says no (asked after each update, and between the
  // parts of an evaluation, which a later call may end), or a number is no longer finite. The number of
  // updates made.
  std::int64_t advance(std::int64_t steps, const std::function<bool()>& keep_going);
  // Whether it stopped amid measuring an epoch's end; advance() goes on with that.
  bool is_measuring() const;
  bool can_train() const;
  // Steps that are left until the next epoch is complete.
  std::int64_t steps_to_epoch_end() const;
  void reset();

  // Which tensors besides those of the scene's nodes a snapshot is to hold, until the graph changes.
  void watch(std::vector<Output> tensors);
  // Brought up to date by the call; the reference is good until the next. One that `may_lag` is that of the
  // last call where nothing but steps were made since.
  const Snapshot& snapshot(bool may_lag = false);
  bool has_diverged() const;

  // The layers that are trained, and moments of the run so far; good until the next edit.
  const LayerWatch& layer_watch() const;
  // As they are now; costs about as much as a step over some hundred examples.
  std::vector<LayerState> look_at_layers();
  // What every layer answers to rows of features (examples x features); undefined where it takes more than
  // those.
  std::vector<Tensor> answers_of_layers(const Tensor& features);

  // --- The time machine: moments of this run to go back to, the latest last ---
  const std::vector<Checkpoint>& checkpoints() const;
  // Shows the run as it was at checkpoint `i`; the rest stays at hand until a step is made from there, which
  // is then another way: the old one is kept among the runs.
  void go_to(std::size_t i);
  bool is_back() const;                       // Whether there is more of the run ahead.
  void go_to_end();                           // Back to where it was.
  std::optional<Diagnosis> diagnose() const;  // Of a run that diverged.
  // Goes back to where the diagnosis says and divides the learning rate.
  Status heal();

  // --- The drawer of runs ---
  const std::vector<KeptRun>& kept_runs() const;
  void keep_run();
  void rename_run(std::size_t i, std::string name);
  void remove_run(std::size_t i);
  RunSettings settings() const;

  // --- Microscopes: looking changes nothing ---
  Result<GradientCheck> check_gradient(std::size_t node);
  BatchSight look_at_batch();
  Result<UpdateSight> look_at_update(const std::string& variable, std::int64_t element);

  // The data of the scene; null if it has none.
  const Dataset* dataset() const;
  // The prediction node's rows for rows of features (examples x features, as fed); an error if the scene has
  // none.
  Result<Tensor> predict(const Tensor& features);
  // A node's number as it would be if a Variable had other values than its own, all elements the same one; of
  // a tensor the mean. Nothing is changed by looking.
  Result<std::vector<double>> sweep(std::string_view variable, std::string_view node,
                                    std::span<const double> values);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sandflow
