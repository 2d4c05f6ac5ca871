// See report.h.
#include "web/app/report.h"

#include <emscripten.h>

#include "engine/core/json.h"
#include "engine/core/print.h"
#include "engine/scene/layers.h"
#include "engine/scene/net.h"
#include "engine/training/clipping.h"
#include "engine/training/initializers.h"
#include "engine/training/optimizers.h"
#include "engine/training/schedules.h"
#include "web/app/app.h"
#include "web/app/lens_page.h"

namespace sandflow::ui {

namespace {

// Whether a run takes a new value up as it goes on; otherwise it starts again.
bool goes_on(const OptimizerType& type, const Parameter& parameter) { return is_live(type, parameter.name); }
template <class Type>
bool goes_on(const Type&, const Parameter&) {
  return false;
}

template <class Type>
void write_parameters(JsonWriter& json, const Type& type) {
  json.key("parameters").open('[');
  for (const Parameter& p : type.parameters) {
    json.open()
        .field("name", p.name)
        .field("help", p.help)
        .field("initial", p.initial)
        .field("minimum", p.minimum);
    json.field("maximum", p.maximum)
        .field("logarithmic", p.is_logarithmic)
        .field("integer", p.is_integer)
        .field("live", goes_on(type, p))
        .close();
  }
  json.close(']');
}

bool must_be_supplied(const DatasetType& type) { return type.is_supplied; }
template <class Type>
bool must_be_supplied(const Type&) {
  return false;
}

template <class Type>
void write_list(JsonWriter& json, std::string_view key, const std::vector<Type>& list) {
  json.key(key).open('[');
  for (const Type& type : list) {
    json.open().field("name", type.name).field("help", type.help);
    if (must_be_supplied(type)) json.field("supplied", true);
    write_parameters(json, type);
    json.close();
  }
  json.close(']');
}

// With every parameter, the entry's own values where the scene says nothing.
void write_choice(JsonWriter& json, std::string_view key, const Choice& choice,
                  const std::vector<Parameter>* list) {
  json.key(key).open().field("name", choice.name).key("parameters").open();
  for (const auto& [name, value] : list ? complete(*list, choice.parameters) : choice.parameters)
    json.field(name, value);
  json.close().close();
}

void write_run(JsonWriter& json, const Snapshot& s) {
  json.field("step", s.counters.step).field("epoch", s.counters.epoch).field("examples", s.counters.examples);
  json.field("batches_per_epoch", s.batches_per_epoch).field("can_train", s.can_train);
  const Evaluation now = s.now.value_or(Evaluation{});
  const auto number = [&](const char* name, double value) {
    s.now ? json.field(name, value) : json.key(name).null();
  };
  number("train_loss", now.train_loss);
  number("train_accuracy", now.train_accuracy);
  number("test_loss", now.test_loss);
  number("test_accuracy", now.test_accuracy);
  number("measured_step", static_cast<double>(now.step));
  json.field("batch_loss", s.batch_loss);
  json.field("train_examples", s.train_examples).field("test_examples", s.test_examples);
  s.training_error ? json.field("training_error", s.training_error->text())
                   : json.key("training_error").null();
}

// Where the run broke, and what the doctor found.
void write_divergence(JsonWriter& json, const Workspace& workspace) {
  json.key("diverged");
  const auto found = workspace.diagnose();
  if (!found) {
    json.null();
    return;
  }
  json.open().field("step", found->step).field("node", found->node).field("back_to", found->back_to);
  json.field("lowest_loss", found->lowest_loss).field("lowest_step", found->lowest_step);
  json.field("last_loss", found->last_loss)
      .field("layer", found->layer)
      .field("gradient", found->is_gradient);
  json.field("from", found->from).field("to", found->to).field("from_step", found->from_step);
  json.field("to_step", found->to_step).field("divisor", Diagnosis::kDivisor).close();
}

std::string shortened(std::string value) {
  constexpr std::size_t kMost = 200;
  if (value.size() <= kMost) return value;
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) --end;
  value.resize(end);
  return value;
}

void write_place(JsonWriter& json, const Canvas& canvas, Vec world) {
  const Vec at = canvas.to_screen(world);
  json.field("x", std::round(at.x * 10) / 10).field("y", std::round(at.y * 10) / 10);
}

void write_ports(JsonWriter& json, const NodeBox& box, const Canvas& canvas) {
  constexpr const char* kKinds[] = {"empty", "wire", "literal"};
  json.key("inputs").open('[');
  for (const PortBox& port : box.inputs) {
    json.open()
        .field("name", port.name)
        .field("kind", kKinds[static_cast<int>(port.port.kind)])
        .field("text", port.port.text);
    write_place(json, canvas, port.at);
    json.close();
  }
  json.close(']').key("outputs").open('[');
  for (const PortBox& port : box.outputs) {
    json.open().field("name", port.name);
    write_place(json, canvas, port.at);
    json.close();
  }
  json.close(']');
}

void write_rect(JsonWriter& json, const Rect& rect, const Canvas& canvas) {
  write_place(json, canvas, rect.min);
  json.field("width", std::round(rect.width() * canvas.zoom()))
      .field("height", std::round(rect.height() * canvas.zoom()));
}

std::string nodes_json(const Scene& scene, const std::vector<std::string>& values, const Snapshot& snapshot,
                       const Boxes& boxes, const Canvas& canvas) {
  JsonWriter json;
  json.open('[');
  for (std::size_t i = 0; i < scene.nodes.size() && i < boxes.nodes.size() && i < snapshot.nodes.size();
       ++i) {
    const SceneNode& node = scene.nodes[i];
    const NodeSnapshot& state = snapshot.nodes[i];
    const NodeBox& box = boxes.nodes[i];
    json.open().field("name", node.name).field("type", node.type);
    json.field("shape", (state.value.defined() ? state.value.shape() : state.shape).python());
    json.field("dtype", name(state.value.defined() ? state.value.dtype() : state.dtype));
    json.field("value", values[i]);
    state.error ? json.field("error", state.error->text()) : json.key("error").null();
    if (state.is_unfinished) json.field("unfinished", true);
    if (box.is_hidden) json.field("hidden", true);
    write_rect(json, box.rect, canvas);
    write_ports(json, box, canvas);
    json.close();
  }
  return json.close(']').take();
}

// What stands on the canvas besides the scene's nodes: folded scopes, what is derived, frames.
std::string boxes_json(const Scene& scene, const Boxes& boxes, const Canvas& canvas) {
  JsonWriter json;
  json.open('[');
  for (std::size_t i = scene.nodes.size(); i < boxes.nodes.size(); ++i) {
    const NodeBox& box = boxes.nodes[i];
    constexpr const char* kKinds[] = {"node", "scope", "derived", "derived-scope"};
    json.open()
        .field("name", box.name)
        .field("kind", kKinds[static_cast<int>(box.kind)])
        .field("type", box.type);
    json.field("shape", box.shape).field("has_value", box.has_value).field("count", box.count);
    write_rect(json, box.rect, canvas);
    write_ports(json, box, canvas);
    json.close();
  }
  for (const FrameBox& frame : boxes.frames) {
    json.open().field("name", frame.scope).field("kind", "frame").field("derived", frame.is_derived);
    write_rect(json, frame.rect, canvas);
    json.close();
  }
  return json.close(']').take();
}

// The hidden layers that the settings can change; null for a graph that is another one's work.
void write_net(JsonWriter& json, const Scene& scene) {
  const auto hidden = hidden_layers(scene);
  json.key("net");
  if (!hidden) {
    json.null();
    return;
  }
  json.open('[');
  for (const NetLayer& layer : *hidden) {
    json.open().field("units", layer.units).field("activation", layer.activation);
    json.field("initializer", layer.initializer.name);
    if (const auto stddev = layer.initializer.parameters.find("stddev");
        stddev != layer.initializer.parameters.end())
      json.field("stddev", stddev->second);
    json.close();
  }
  const Regularisation regularisation = regularisation_of(scene);
  json.close(']').field("dropout", regularisation.dropout).field("penalty", regularisation.penalty);
  json.field("strength", regularisation.strength);
}

void write_data(JsonWriter& json, const App& app, const Snapshot& snapshot) {
  const Dataset* data = app.workspace.dataset();
  json.field("features", data ? static_cast<std::int64_t>(data->feature_names.size()) : 0)
      .field("outputs", data ? data->outputs() : 0)
      .field("misfit", data && !takes(app.workspace.scene(), snapshot, *data));
}

std::string state_json(const App& app, const Snapshot& snapshot, const Boxes& boxes) {
  const Scene& scene = app.workspace.scene();
  JsonWriter json;
  json.field("title", scene.title).field("playing", app.playback.is_playing);
  write_run(json, snapshot);
  write_divergence(json, app.workspace);
  json.field("checkpoints", static_cast<std::int64_t>(app.workspace.checkpoints().size()));
  json.field("is_back", app.workspace.is_back()).key("runs").open('[');
  for (const KeptRun& run : app.workspace.kept_runs()) {
    json.open().field("name", run.name).key("differences").open('[');
    for (const std::string& text : differences(run.settings, app.workspace.settings())) json.value(text);
    json.close(']').close();
  }
  json.close(']');
  const Training& training = scene.training;
  const OptimizerType* optimizer = find_optimizer_type(training.optimizer.name);
  const InitializerType* initializer = find_initializer_type(training.initializer.name);
  const DatasetType* data = find_dataset_type(scene.data.name);
  write_choice(json, "optimizer", training.optimizer, optimizer ? &optimizer->parameters : nullptr);
  write_choice(json, "initializer", training.initializer, initializer ? &initializer->parameters : nullptr);
  const ScheduleType* schedule = find_schedule_type(training.schedule.name);
  const ClippingType* clipping = find_clipping_type(training.clipping.name);
  write_choice(json, "schedule", training.schedule, schedule ? &schedule->parameters : nullptr);
  write_choice(json, "clipping", training.clipping, clipping ? &clipping->parameters : nullptr);
  write_choice(json, "data", scene.data, data ? &data->parameters : nullptr);
  json.field("batch_size", training.batch_size)
      .field("seed", training.seed)
      .field("speed", app.playback.speed);
  json.field("can_undo", app.workspace.can_undo()).field("can_redo", app.workspace.can_redo());
  json.field("hovered_value", app.ui.hovered_value);
  json.key("selected").open('[');
  for (const std::string& name : app.canvas.selection.nodes) json.value(name);
  json.close(']');
  write_net(json, scene);
  json.field("has_own", scene.own.table != nullptr);
  write_data(json, app, snapshot);
  json.key("layers").open('[');
  const std::vector<WatchedLayer>& layers = app.workspace.layer_watch().layers();
  const std::vector<LayerState>& seen = app.seen_layers();
  for (std::size_t i = 0; i < layers.size() && seen.size() == layers.size(); ++i) {
    json.open().field("name", layers[i].name).field("units", seen[i].units);
    json.field("gradient_norm", seen[i].norms[static_cast<int>(LayerPart::kGradients)]);
    json.field("saturated", seen[i].saturated).field("dead", seen[i].dead);
    json.key("twins").open('[');
    for (const Twins& twins : seen[i].twins) json.value(static_cast<std::int64_t>(twins.units.size()));
    json.close(']').close();
  }
  json.close(']').key("spots").open('[');
  for (const Ui::Spot& spot : app.ui.spots)
    json.open()
        .field("id", spot.id)
        .field("x", std::round(spot.center.x))
        .field("y", std::round(spot.center.y))
        .close();
  json.close(']');
  json.field("drawn", app.canvas.drawn_boxes()).field("zoom", static_cast<double>(app.canvas.zoom()));
  // What waits for the learner: a menu, or a wire with a loose end.
  json.key("menu").open('[');
  const Menu& menu = app.canvas.menu();
  for (std::size_t i = 0; menu.is_open() && i < menu.entries().size(); ++i) {
    const Rect row = menu.row(i);
    json.open().field("id", menu.entries()[i].id).field("label", menu.entries()[i].label);
    json.field("x", std::round(row.center().x)).field("y", std::round(row.center().y)).close();
  }
  json.close(']');
  if (const auto& wire = app.canvas.wire()) {
    json.key("wire").open().field("source", wire->source).field("refused", wire->refused);
    const NodeBox* to = wire->box >= 0 ? &boxes.nodes[static_cast<std::size_t>(wire->box)] : nullptr;
    const PortBox* port = to ? &to->inputs[static_cast<std::size_t>(wire->port)] : nullptr;
    json.field("node", port ? port->node : "").field("input", port ? port->index : -1).close();
  } else {
    json.key("wire").null();
  }
  return json.take();
}

}  // namespace

std::string catalog() {
  JsonWriter json;
  json.open().field("type", "catalog");
  write_list(json, "optimizers", optimizer_types());
  write_list(json, "initializers", initializer_types());
  write_list(json, "datasets", dataset_types());
  write_list(json, "schedules", schedule_types());
  write_list(json, "clippings", clipping_types());
  json.key("activations").open('[');
  for (const std::string& activation : net_activations()) json.value(activation);
  json.close(']').key("layers").open('[');
  for (const Layer& layer : layers())
    json.open().field("name", layer.name).field("python", layer.python).field("help", layer.help).close();
  json.close(']');
  json.key("node_types").open('[');
  for (const NodeType& type : node_types())
    json.open()
        .field("name", type.name)
        .field("python", type.python)
        .field("family", name(type.family))
        .field("help", type.help)
        .close();
  json.close(']').key("actions").open('[');
  for (const ActionInfo& action : actions())
    if (action.shown) json.open().field("name", action.name).field("shown", action.shown).close();
  return json.close(']').close().take();
}

// All values; while steps run only as many as a frame can bear, from where the last frame ended.
void Report::print(const Snapshot& shown, bool may_wait) {
  constexpr double kBudget = 1;  // Milliseconds.
  // Of more there would be no room in the text. An image has four axes: 16 of its numbers, not 1,296.
  constexpr Summary kFew{64}, kFewer{64, 1};
  const std::size_t count = shown.nodes.size();
  values_.resize(count);
  const double began = emscripten_get_now();
  std::size_t printed = 0;
  for (; printed < count && !(may_wait && emscripten_get_now() - began > kBudget); ++printed) {
    next_value_ = (next_value_ + 1) % count;
    const Tensor& value = shown.nodes[next_value_].value;
    values_[next_value_] =
        value.defined() ? shortened(str(value, value.shape().rank() > 2 ? kFewer : kFew)) : std::string();
  }
  printed_version_ = printed == count ? shown.version : ~0ull;
}

void Report::send(App& app, const Boxes& boxes, bool is_running) {
  // Printing every node's value for the page costs more than drawing it.
  is_owing_ = app.ui.time - sent_at_ < (is_running ? 0.1 : 0.05);
  if (is_owing_) return;
  const Turns::Turn turn = app.ui.take_turn(this);
  is_owing_ = !turn;
  if (is_owing_) return;
  sent_at_ = app.ui.time;
  const Snapshot& snapshot = app.run_now();
  std::string state = state_json(app, snapshot, boxes);
  const Snapshot& shown = app.shown();
  if (const std::pair run(app.lens.session(), app.lens.runs()); app.lens.last() && run != sent_run_) {
    app.ui.outbox.add(lens_run_json(app));
    sent_run_ = run;
  }
  if (std::string lens = lens_json(app); lens != sent_lens_) {
    app.ui.outbox.add(lens);
    sent_lens_ = std::move(lens);
  }
  // While the view or a node is being moved, places change with every frame; they are told when it rests.
  std::string nodes = sent_nodes_, extra = sent_boxes_;
  if (!app.canvas.is_moving()) {
    const Scene& scene = app.workspace.scene();
    if (printed_version_ != shown.version || printed_lens_ != app.lens.is_on() ||
        values_.size() != shown.nodes.size()) {
      print(shown, is_running && printed_lens_ == app.lens.is_on() && values_.size() == shown.nodes.size());
      printed_lens_ = app.lens.is_on();
    }
    is_owing_ = printed_version_ != shown.version;
    nodes = nodes_json(scene, values_, shown, boxes, app.canvas);
    extra = boxes_json(scene, boxes, app.canvas);
  }
  if (state == sent_state_ && nodes == sent_nodes_ && extra == sent_boxes_) return;
  std::string message = cat("{\"type\":\"state\",", state);
  if (nodes != sent_nodes_) message += cat(",\"nodes\":", nodes);
  if (extra != sent_boxes_) message += cat(",\"boxes\":", extra);
  char frame[48];
  std::snprintf(frame, sizeof frame, ",\"frame_ms\":%.2f}", app.frame_ms());
  app.ui.outbox.add(message + frame);
  sent_state_ = std::move(state);
  sent_nodes_ = std::move(nodes);
  sent_boxes_ = std::move(extra);
}

}  // namespace sandflow::ui
