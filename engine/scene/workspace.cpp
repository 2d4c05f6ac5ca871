// Scene, history and run kept in step with each other.
#include "engine/scene/workspace.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "engine/core/text.h"
#include "engine/scene/fields.h"
#include "engine/scene/json.h"
#include "engine/training/trainer.h"

namespace sandflow {

namespace {

// What decides the numbers of a run from its first step; the rest of a scene may change while it goes on.
Scene run_key(Scene scene) {
  scene.title.clear();
  if (scene.data.name != "own") scene.own = {};
  scene.folded.clear();
  scene.training.batch_size = 1;
  if (const OptimizerType* optimizer = find_optimizer_type(scene.training.optimizer.name))
    std::erase_if(scene.training.optimizer.parameters,
                  [&](const auto& parameter) { return is_live(*optimizer, parameter.first); });
  for (SceneNode& node : scene.nodes) node.x = node.y = 0;
  return scene;
}

LiveSettings live_settings(const Training& training) {
  const OptimizerType* optimizer = find_optimizer_type(training.optimizer.name);
  return {training.batch_size,
          optimizer ? complete(optimizer->parameters, training.optimizer.parameters) : Parameters{}};
}

Result<std::optional<Dataset>> make_data(const Choice& data, const OwnData& own) {
  if (data.name.empty()) return std::optional<Dataset>();
  const DatasetType* type = find_dataset_type(data.name);
  if (!type) return value_error("Unknown data set: '" + data.name + "'.");
  const Parameters parameters = complete(type->parameters, data.parameters);
  if (!type->make && !own.table) return value_error("There is no table or point of your own yet.");
  Result<Dataset> made = type->make ? type->make(parameters) : make_own(*own.table, parameters);
  if (!made.ok()) return made.error();
  return std::optional<Dataset>(*std::move(made));
}

// What a scene takes in memory, roughly.
std::size_t weight(const Scene& scene) {
  std::size_t bytes = sizeof(Scene);
  for (const SceneNode& node : scene.nodes) {
    bytes += sizeof(SceneNode) + node.name.size() + node.type.size();
    for (const Port& port : node.inputs) bytes += sizeof(Port) + port.text.size();
    for (const auto& [name, text] : node.attrs) bytes += 2 * sizeof(std::string) + name.size() + text.size();
  }
  return bytes;
}

}  // namespace

struct Workspace::State {
  static constexpr std::int64_t kLeastCheckpoints = 3, kMostCheckpoints = 64;
  static constexpr std::int64_t kCheckpointBytes = 64 << 20;
  static constexpr std::size_t kUndoLimit = 2000;
  static constexpr std::size_t kUndoBytes = 64u << 20;

  Scene scene;
  std::vector<Scene> undo, redo;
  std::string gesture;

  std::optional<Dataset> data;
  Choice data_made{"", {}};
  OwnData own_made;
  Lowered lowered;
  std::unique_ptr<Trainer> trainer;
  LayerWatch layer_watch;
  History<Checkpoint, kMostCheckpoints> checkpoints;
  bool keeps_checkpoints = true;
  // What lies ahead of a run that went back.
  struct Ahead {
    Trainer::Record record;
    LayerWatch::Moments moments;
    Checkpoint end;
    RunSettings settings;  // That it was made with; what is set while it is back is another run's.
  };
  std::optional<Ahead> ahead;
  std::vector<KeptRun> runs;
  int runs_kept = 0;

  Snapshot snapshot;
  bool is_stale = true;
  bool is_behind = false;  // Steps were made; nothing else.
  std::vector<Output> watched;

  State() { restart(); }

  // Makes `next` the scene; the run goes on if it can, else starts again.
  Status take(Scene next, bool may_go_on = true) {
    if (next.data != data_made || (next.data.name == "own" && next.own != own_made)) {
      Result<std::optional<Dataset>> made = make_data(next.data, next.own);
      if (!made.ok()) return made.error();
      trainer.reset();
      data = *std::move(made);
      data_made = next.data;
      own_made = next.own;
    }
    const bool goes_on = may_go_on && trainer && run_key(scene) == run_key(next);
    const bool same_training = scene.training == next.training;
    scene = std::move(next);
    if (!goes_on) {
      restart();
    } else if (!same_training) {
      trainer->set(live_settings(scene.training));
      is_stale = true;
    }
    return {};
  }

  void restart() {
    trainer.reset();
    watched.clear();
    lowered = sandflow::lower(scene);
    trainer = std::make_unique<Trainer>(*lowered.graph, lowered.model, examples(),
                                        static_cast<std::uint64_t>(scene.training.seed),
                                        live_settings(scene.training));
    layer_watch = LayerWatch(scene, lowered);
    checkpoints = {};
    // Of a net too large to be kept three times there is no past: with room for two, a record that drops
    // every second when it is full holds one.
    const std::int64_t fit = kCheckpointBytes / std::max<std::int64_t>(1, trainer->checkpoint_bytes());
    keeps_checkpoints = fit >= kLeastCheckpoints;
    checkpoints.set_limit(static_cast<std::size_t>(std::clamp(fit, kLeastCheckpoints, kMostCheckpoints)));
    ahead.reset();
    is_stale = true;
  }

  RunSettings settings() const { return {scene.training, scene.data, scene.own, scene.nodes.size()}; }

  void keep(RunSettings with, const std::vector<LossPoint>& losses,
            const std::vector<Evaluation>& evaluations) {
    if (losses.empty()) return;
    runs.push_back(kept_run(std::to_string(++runs_kept), std::move(with), losses, evaluations));
    runs.back().number = runs_kept;
    if (runs.size() > kMostKeptRuns) runs.erase(runs.begin());
  }

  void record() {
    layer_watch.record(*trainer, examples());
    if (keeps_checkpoints) checkpoints.add_made([&] { return trainer->checkpoint(); });
  }

  void go_to(const Checkpoint& to) {
    if (!ahead) ahead = Ahead{trainer->record(), layer_watch.record(), trainer->checkpoint(), settings()};
    trainer->set_record(ahead->record);
    layer_watch.set_record(ahead->moments);
    const bool is_end = to.counters.step == ahead->end.counters.step;
    if (!is_end) {
      trainer->go_back(to);
      layer_watch.cut(to.counters.step);
    } else {
      trainer->go_back(ahead->end);
      trainer->set_record(ahead->record);
      ahead.reset();
    }
    is_stale = true;
  }

  // The run that is there, or that lies ahead.
  void keep_this() { keep(ahead ? ahead->settings : settings(), trainer->losses(), trainer->evaluations()); }

  // From here on it is another run.
  void fork() {
    if (!ahead) return;
    const std::vector<LossPoint>& losses = ahead->record.losses.entries();
    // The learner may have kept it by hand.
    const bool is_kept = std::any_of(runs.begin(), runs.end(), [&](const KeptRun& run) {
      return !losses.empty() && run.losses.back() == losses.back() &&
             differences(run.settings, ahead->settings).empty();
    });
    if (!is_kept) keep(ahead->settings, losses, ahead->record.evaluations.entries());
    const std::int64_t here = trainer->counters().step;
    checkpoints.cut([&](const Checkpoint& each) { return each.counters.step > here; });
    ahead.reset();
  }

  const Dataset* examples() const { return data ? &*data : nullptr; }

  Status step_history(std::vector<Scene>& from, std::vector<Scene>& to) {
    if (from.empty()) return {};
    Scene before = scene;
    SANDFLOW_TRY(take(from.back()));
    from.pop_back();
    to.push_back(std::move(before));
    gesture.clear();
    return {};
  }

  // The last step can always be undone.
  void forget_the_oldest() {
    std::size_t bytes = 0, kept = 0;
    while (kept < std::min(undo.size(), kUndoLimit)) {
      const Scene& step = undo[undo.size() - 1 - kept];
      bytes += weight(step);
      // Shared with the scene after it, unless that one has another.
      const Scene& after = kept == 0 ? scene : undo[undo.size() - kept];
      if (step.own.table && step.own.table != after.own.table) bytes += step.own.table->csv.size();
      if (kept > 0 && bytes > kUndoBytes) break;
      ++kept;
    }
    undo.erase(undo.begin(), undo.end() - static_cast<std::ptrdiff_t>(kept));
  }

  int owner_of(const std::string& graph_node) const {
    const auto id = lowered.graph->find(graph_node);
    return id ? lowered.owner[static_cast<std::size_t>(*id)] : -1;
  }

  void refresh() {
    Snapshot& s = snapshot;
    s.counters = trainer->counters();
    s.batch_loss = trainer->batch_loss();
    s.batches_per_epoch = trainer->batches_per_epoch();
    s.train_examples = data ? data->train.size() : 0;
    s.test_examples = data ? data->test.size() : 0;
    s.losses = trainer->losses();
    s.evaluations = trainer->evaluations();
    s.now.reset();
    if (!s.evaluations.empty()) s.now = s.evaluations.back();
    if (s.now && s.now->step != s.counters.step && trainer->has_few_examples())
      if (const auto measured = trainer->measure()) s.now = measured;
    s.divergence = trainer->divergence();
    s.training_error = lowered.training_error ? lowered.training_error : trainer->error();
    s.can_train = trainer->can_train();
    s.nodes.assign(scene.nodes.size(), {});
    std::vector<Output> values, wanted;
    std::vector<Tensor*> places;
    const auto look_at = [&](Output tensor, Tensor& place) {
      if (!tensor.valid() || lowered.writes[static_cast<std::size_t>(tensor.node)]) return;
      wanted.push_back(tensor);
      places.push_back(&place);
    };
    for (std::size_t i = 0; i < s.nodes.size(); ++i) {
      const LoweredNode& from = lowered.nodes[i];
      NodeSnapshot& node = s.nodes[i];
      node.error = from.error;
      node.is_blocked = from.is_blocked;
      node.is_unfinished = from.is_unfinished;
      values.push_back(from.outputs.empty() ? Output{} : from.outputs[0]);
      look_at(values.back(), node.value);
      look_at(from.gradient, node.gradient);
      if (from.outputs.empty()) continue;
      const Output shown = from.ref.valid() ? from.ref : from.outputs[0];
      node.graph_name = lowered.graph->node(shown.node).name;
      node.dtype = lowered.graph->dtype(shown);
      node.shape = lowered.graph->shape(shown);
    }
    s.watched.clear();
    for (const Output& tensor : watched) look_at(tensor, s.watched[tensor.node]);
    // While a run goes on the same is looked at again and again.
    const Session::Sight sight = trainer->session().look(wanted, trainer->last_feeds(), s.counters.step > 0);
    for (std::size_t i = 0; i < wanted.size(); ++i) *places[i] = sight.values[i];
    for (const Error& error : sight.errors) {
      const int owner = owner_of(error.node);
      if (owner < 0 || s.nodes[static_cast<std::size_t>(owner)].error) continue;
      NodeSnapshot& node = s.nodes[static_cast<std::size_t>(owner)];
      node.error = error;
      // That nothing is fed is a mistake only in a session that runs.
      const SceneNode& own = scene.nodes[static_cast<std::size_t>(owner)];
      node.is_unfinished = own.type == "Placeholder" && field_text(own, "feed").empty();
    }
    number_order(values);
    ++s.version;
  }

  // In which order the boxes run: the order of their graph nodes.
  void number_order(const std::vector<Output>& values) {
    std::vector<std::size_t> ran;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (values[i].valid() && snapshot.nodes[i].value.defined()) ran.push_back(i);
    std::sort(ran.begin(), ran.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    for (std::size_t k = 0; k < ran.size(); ++k) snapshot.nodes[ran[k]].order = static_cast<int>(k);
  }
};

Workspace::Workspace() : state_(std::make_unique<State>()) {}
Workspace::~Workspace() = default;

Status Workspace::open(std::string_view json) {
  Result<Scene> scene = scene_from_json(json);
  if (!scene.ok()) return scene.error();
  SANDFLOW_TRY(state_->take(*std::move(scene), false));
  state_->undo.clear();
  state_->redo.clear();
  state_->runs.clear();
  state_->runs_kept = 0;
  state_->gesture.clear();
  return {};
}

std::string Workspace::json() const { return scene_to_json(state_->scene); }
const Scene& Workspace::scene() const { return state_->scene; }
const Lowered& Workspace::lowered() const { return state_->lowered; }

Status Workspace::apply(const edit::Edit& edit, std::string_view gesture) {
  Result<Scene> next = edit::apply(state_->scene, edit);
  if (!next.ok()) return next.error();
  if (*next == state_->scene) return {};
  Scene before = state_->scene;
  SANDFLOW_TRY(state_->take(*std::move(next)));
  const bool continues = !gesture.empty() && gesture == state_->gesture && state_->redo.empty();
  if (!continues) state_->undo.push_back(std::move(before));
  state_->forget_the_oldest();
  state_->redo.clear();
  state_->gesture = gesture;
  return {};
}

bool Workspace::can_undo() const { return !state_->undo.empty(); }
bool Workspace::can_redo() const { return !state_->redo.empty(); }
Status Workspace::undo() { return state_->step_history(state_->undo, state_->redo); }
Status Workspace::redo() { return state_->step_history(state_->redo, state_->undo); }

std::int64_t Workspace::advance(std::int64_t steps, const std::function<bool()>& keep_going) {
  State& s = *state_;
  s.is_behind = true;
  if (steps > 0 && s.trainer->can_train()) {
    s.fork();
    if (s.trainer->counters().step == 0 && s.checkpoints.entries().empty()) s.record();
  }
  std::int64_t recorded = s.trainer->counters().step;
  return s.trainer->advance(steps, [&] {
    if (s.trainer->can_train() && s.trainer->counters().step != recorded) s.record();
    recorded = s.trainer->counters().step;
    return keep_going();
  });
}
bool Workspace::can_train() const { return state_->trainer->can_train(); }
bool Workspace::is_measuring() const { return state_->trainer->is_measuring(); }

std::int64_t Workspace::steps_to_epoch_end() const { return state_->trainer->steps_to_epoch_end(); }
void Workspace::reset() { state_->restart(); }

void Workspace::watch(std::vector<Output> tensors) {
  if (tensors == state_->watched) return;
  state_->watched = std::move(tensors);
  state_->is_stale = true;
}

const Snapshot& Workspace::snapshot(bool may_lag) {
  if (state_->is_stale || (state_->is_behind && !may_lag)) {
    state_->refresh();
    state_->is_stale = state_->is_behind = false;
  }
  return state_->snapshot;
}
bool Workspace::has_diverged() const { return state_->trainer->divergence().has_value(); }

const LayerWatch& Workspace::layer_watch() const { return state_->layer_watch; }
std::vector<LayerState> Workspace::look_at_layers() {
  return state_->layer_watch.look(*state_->trainer, state_->examples());
}

std::vector<Tensor> Workspace::answers_of_layers(const Tensor& features) {
  std::vector<Output> tensors;
  for (const WatchedLayer& layer : layer_watch().layers())
    if (layer.activation.valid()) tensors.push_back(layer.activation);
  // What needs more than features, labels say, has nothing to answer.
  const auto found = state_->trainer->answers(tensors, features);
  std::vector<Tensor> answers;
  std::size_t next = 0;
  for (const WatchedLayer& layer : layer_watch().layers())
    answers.push_back(layer.activation.valid() ? found[next++] : Tensor());
  return answers;
}

const std::vector<Checkpoint>& Workspace::checkpoints() const { return state_->checkpoints.entries(); }
void Workspace::go_to(std::size_t i) {
  if (i < checkpoints().size()) state_->go_to(checkpoints()[i]);
}
bool Workspace::is_back() const { return state_->ahead.has_value(); }
void Workspace::go_to_end() {
  if (state_->ahead) state_->go_to(Checkpoint(state_->ahead->end));
}

std::optional<Diagnosis> Workspace::diagnose() const {
  const Trainer& trainer = *state_->trainer;
  if (!trainer.divergence()) return std::nullopt;
  return sandflow::diagnose(*trainer.divergence(), trainer.losses(), state_->layer_watch, checkpoints());
}

Status Workspace::heal() {
  const std::optional<Diagnosis> found = diagnose();
  Training training = scene().training;
  const OptimizerType* type = find_optimizer_type(training.optimizer.name);
  if (!found || !type) return value_error("There is nothing to heal.");
  const Parameters numbers = complete(type->parameters, training.optimizer.parameters);
  const auto rate = numbers.find("learning_rate");
  if (rate == numbers.end()) return value_error("This optimizer has no learning rate.");
  const auto to = std::find_if(checkpoints().begin(), checkpoints().end(),
                               [&](const Checkpoint& each) { return each.counters.step == found->back_to; });
  if (to == checkpoints().end()) return value_error("There is no moment to go back to.");
  state_->go_to(*to);
  state_->fork();
  training.optimizer.parameters["learning_rate"] = rate->second / Diagnosis::kDivisor;
  return apply(edit::SetTraining{training});
}

const std::vector<KeptRun>& Workspace::kept_runs() const { return state_->runs; }
void Workspace::keep_run() { state_->keep_this(); }
void Workspace::rename_run(std::size_t i, std::string name) {
  if (i < state_->runs.size() && !name.empty()) state_->runs[i].name = std::move(name);
}
void Workspace::remove_run(std::size_t i) {
  if (i < state_->runs.size()) state_->runs.erase(state_->runs.begin() + static_cast<std::ptrdiff_t>(i));
}
RunSettings Workspace::settings() const { return state_->settings(); }

Result<GradientCheck> Workspace::check_gradient(std::size_t node) {
  return sandflow::check_gradient(state_->scene, node, state_->lowered, *state_->trainer);
}
BatchSight Workspace::look_at_batch() {
  return sandflow::look_at_batch(state_->lowered, state_->layer_watch, *state_->trainer, state_->examples());
}
Result<UpdateSight> Workspace::look_at_update(const std::string& variable, std::int64_t element) {
  return sandflow::look_at_update(state_->scene, state_->lowered, *state_->trainer, variable, element);
}

const Dataset* Workspace::dataset() const { return state_->examples(); }
Result<Tensor> Workspace::predict(const Tensor& features) { return state_->trainer->predict(features); }

Result<std::vector<double>> Workspace::sweep(std::string_view variable, std::string_view node,
                                             std::span<const double> values) {
  const auto output_of = [&](std::string_view name) {
    const int index = state_->scene.index_of(name);
    if (index < 0) return Output{};
    const std::vector<Output>& outputs = state_->lowered.nodes[static_cast<std::size_t>(index)].outputs;
    return outputs.empty() ? Output{} : outputs[0];
  };
  const Graph& graph = *state_->lowered.graph;
  const Output key = output_of(variable), fetched = output_of(node);
  if (!key.valid() || !is_floating(graph.dtype(key)) || !graph.shape(key).fully_defined())
    return value_error(cat("'", variable, "' is no Variable of floats."));
  if (!fetched.valid() || state_->lowered.writes[static_cast<std::size_t>(fetched.node)])
    return value_error(cat("'", node, "' cannot be looked at."));
  std::vector<Feed> feeds = state_->trainer->last_feeds();
  feeds.push_back({key, {}});
  std::vector<double> found;
  for (const double value : values) {
    Tensor fed(graph.dtype(key), graph.shape(key));
    with_floating(fed.dtype(), [&]<class T>() {
      for (T& element : fed.write<T>()) element = static_cast<T>(value);
    });
    feeds.back().value = std::move(fed);
    const auto seen = state_->trainer->session().observe({fetched}, feeds);
    if (!seen.ok()) return seen.error();
    double sum = 0;
    for (std::int64_t i = 0; i < (*seen)[0].elements(); ++i) sum += (*seen)[0].number(i);
    found.push_back(sum / static_cast<double>((*seen)[0].elements()));
  }
  return found;
}

}  // namespace sandflow
