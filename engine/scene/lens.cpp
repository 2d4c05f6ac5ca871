// Fetches and feeds understood, run and printed. lens_record.cpp makes the record of a run.
#include "engine/scene/lens.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "engine/core/print.h"
#include "engine/core/text.h"
#include "engine/scene/fields.h"
#include "engine/tf/literal.h"
#include "engine/tf/tf.h"

namespace sandflow {

namespace {

bool is_identifier(std::string_view text) {
  static const std::set<std::string_view> kKeywords{
      "False",  "None",     "True",  "and",    "as",     "assert", "async",   "await", "break",
      "class",  "continue", "def",   "del",    "elif",   "else",   "except",  "for",   "from",
      "global", "if",       "in",    "is",     "import", "lambda", "finally", "not",   "nonlocal",
      "or",     "pass",     "raise", "return", "try",    "while",  "with",    "yield"};
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  return !text.empty() && !std::isdigit(static_cast<unsigned char>(text[0])) &&
         std::all_of(text.begin(), text.end(), is_part) && !kKeywords.count(text);
}

std::string_view unquoted(std::string_view text) {
  if (text.size() >= 2 && (text[0] == '\'' || text[0] == '"') && text.back() == text[0])
    return text.substr(1, text.size() - 2);
  return text;
}

Tensor rows_of(const Tensor& matrix, std::span<const std::int32_t> rows) {
  const auto width = static_cast<std::size_t>(matrix.shape().dim(1));
  Tensor out(DType::kFloat32, {static_cast<std::int64_t>(rows.size()), matrix.shape().dim(1)});
  const std::span<float> to = out.write<float>();
  for (std::size_t i = 0; i < rows.size(); ++i)
    std::copy_n(
        matrix.read<float>().begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(rows[i]) * width),
        width, to.begin() + static_cast<std::ptrdiff_t>(i * width));
  return out;
}

// What decides the graph: all but where things lie and what they are called together.
Scene graph_key(Scene scene) {
  scene.title.clear();
  for (SceneNode& node : scene.nodes) node.x = node.y = 0;
  return scene;
}

}  // namespace

Lens::Lens(const Scene& scene, const Dataset* data)
    : scene_(graph_key(scene)),
      data_(data),
      lowered_(lower(scene)),
      batches_(data ? data->train.size() : 0, static_cast<std::uint64_t>(scene.training.seed)) {
  const auto free_name = [&](std::string name) {
    while (scene_.find(name)) name += "_op";
    return name;
  };
  if (lowered_.model.init_op < 0) {
    // tf.global_variables_initializer() of a program without variables is an operation all the same.
    Builder b(*lowered_.graph);
    lowered_.model.init_op = tf::variables_initializer(b, {});
    lowered_.owner.resize(static_cast<std::size_t>(lowered_.graph->size()), -1);
  }
  init_name_ = free_name("init");
  if (lowered_.model.train_op >= 0) train_name_ = free_name("train");
  for (std::size_t i = 0; i < scene_.nodes.size(); ++i)
    for (std::size_t k = 0; k < lowered_.nodes[i].outputs.size(); ++k)
      fetchable_.push_back(wire_text(scene_.nodes[i].name, static_cast<int>(k)));
  fetchable_.push_back(init_name_);
  if (!train_name_.empty()) fetchable_.push_back(train_name_);
  place_nodes();
  renew();
}

void Lens::renew() {
  session_ = std::make_unique<Session>(*lowered_.graph, static_cast<std::uint64_t>(scene_.training.seed));
  life_.clear();
  is_closed_ = false;
}

void Lens::close() {
  session_->close();
  is_closed_ = true;
}

bool Lens::fits(const Scene& scene) const { return graph_key(scene) == scene_; }

// --- What is asked for ---

// The scene node that is meant, in the graph; null if it is none.
const LoweredNode* Lens::find(std::string_view text, int& output) const {
  const WireEnd end = parse_wire(text);
  const int index = scene_.index_of(end.node);
  if (index < 0) return nullptr;
  const LoweredNode& node = lowered_.nodes[static_cast<std::size_t>(index)];
  if (end.output < 0 || end.output >= static_cast<int>(node.outputs.size())) return nullptr;
  output = end.output;
  return &node;
}

// A Variable in Python's hand is its reference, not what is read from it.
Result<Fetch> Lens::fetch(std::string_view text) const {
  int output = 0;
  if (const LoweredNode* node = find(text, output))
    return Fetch(node->ref.valid() ? node->ref : node->outputs[static_cast<std::size_t>(output)]);
  if (text == init_name_) return Fetch::operation(lowered_.model.init_op);
  if (text == train_name_ && !text.empty()) return Fetch::operation(lowered_.model.train_op);
  return session_->find(unquoted(text));
}

Result<Output> Lens::key(std::string_view text) const {
  const auto refused = [&](std::string_view reason) {
    return type_error(cat("Cannot interpret feed_dict key as Tensor: ", reason));
  };
  const Result<Fetch> found = fetch(text);
  if (found.ok() && !found->is_operation) return found->output;
  if (text == init_name_ || text == train_name_) return refused("Can not convert a Operation into a Tensor.");
  if (found.ok())
    return refused(cat("The name '", unquoted(text),
                       "' refers to an Operation, not a Tensor. Tensor names must be of the form "
                       "\"<op_name>:<output_index>\"."));
  const std::string& whole = found.error().message;
  const std::size_t begin = whole.find("(\""), end = whole.rfind("\")");
  return refused(begin < end ? std::string_view(whole).substr(begin + 2, end - begin - 2)
                             : std::string_view(whole));
}

bool Lens::takes_batch(std::string_view name) const {
  int output = 0;
  const LoweredNode* node = data_ ? find(name, output) : nullptr;
  if (!node) return false;
  const auto is_among = [&](const std::vector<Output>& placeholders) {
    return std::find(placeholders.begin(), placeholders.end(), node->outputs[0]) != placeholders.end();
  };
  return is_among(lowered_.model.features) || is_among(lowered_.model.labels);
}

Tensor Lens::batch(bool features) const {
  const Tensor& all = features ? data_->train.features : data_->train.labels;
  return rows_of(all, batches_.peek(scene_.training.batch_size));
}

std::string Lens::batch_text(std::string_view name) const {
  if (!takes_batch(name)) return {};
  int output = 0;
  const Output placeholder = find(name, output)->outputs[0];
  const auto& features = lowered_.model.features;
  return batch(std::find(features.begin(), features.end(), placeholder) != features.end()).shape().python();
}

void Lens::next_batch() {
  if (data_) batches_.advance(static_cast<std::int64_t>(batches_.peek(scene_.training.batch_size).size()));
}

std::string Lens::some_value(std::string_view name) const {
  constexpr std::int64_t kMost = 64;
  const Result<Output> tensor = key(name);
  if (!tensor.ok()) return "0";
  const DType dtype = lowered_.graph->dtype(*tensor);
  Shape shape = lowered_.graph->shape(*tensor);
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (shape.dim(axis) == Shape::kUnknown) shape.set_dim(axis, 1);
  if (!shape.has_rank() || shape.elements() > kMost) shape = {};
  return literal_text(Tensor(dtype, shape));
}

Result<Feed> Lens::feed(const LensFeed& given) const {
  const Result<Output> tensor = key(given.key);
  if (!tensor.ok()) return tensor.error();
  const std::string& node = lowered_.graph->node(tensor->node).name;
  const auto at_node = [&](const Error& error) { return Error{error.kind, error.message, node}; };
  if (given.is_batch) {
    if (!takes_batch(given.key))
      return at_node(value_error(cat("'", given.key, "' is not fed from the data.")));
    const auto& features = lowered_.model.features;
    return Feed{*tensor, batch(std::find(features.begin(), features.end(), *tensor) != features.end())};
  }
  const Result<Literal> literal = Literal::parse(given.text);
  if (!literal.ok()) return at_node(literal.error());
  const DType dtype = lowered_.graph->dtype(*tensor);
  Result<Tensor> value = literal->fed_as(dtype);
  if (value.ok()) value = converted(*value, dtype);
  if (!value.ok()) return at_node(value.error());
  return Feed{*tensor, *std::move(value)};
}

// TensorFlow looks at the feeds first; of two for one key a dict keeps the last.
Result<Lens::Asked> Lens::asked(const std::vector<std::string>& fetches,
                                const std::vector<LensFeed>& feeds) const {
  Asked asked;
  for (const LensFeed& each : feeds) {
    const Result<Feed> made = feed(each);
    if (!made.ok()) return made.error();
    std::erase_if(asked.feeds, [&](const Feed& earlier) { return earlier.key == made->key; });
    asked.feeds.push_back(*made);
  }
  for (const std::string& each : fetches) {
    const Result<Fetch> made = fetch(each);
    if (!made.ok()) return made.error();
    asked.fetches.push_back(*made);
  }
  return asked;
}

// --- In Python's words ---

// The scene's node as a Python variable of its name; a name that Python cannot have is TensorFlow's text.
std::string Lens::python(std::string_view text) const {
  const WireEnd end = parse_wire(text);
  const bool is_node = scene_.index_of(end.node) >= 0;
  if (is_node && is_identifier(end.node))
    return end.output > 0 ? cat(end.node, "[", end.output, "]") : std::string(end.node);
  if (!is_node && (text == init_name_ || text == train_name_)) return std::string(text);
  int output = 0;
  if (const LoweredNode* node = find(text, output))
    return cat("'",
               lowered_.graph->tensor_name(
                   node->ref.valid() ? node->ref : node->outputs[static_cast<std::size_t>(output)]),
               "'");
  return cat("'", unquoted(text), "'");
}

std::string Lens::code(const std::vector<std::string>& fetches, const std::vector<LensFeed>& feeds) const {
  const auto fetched = [&](const std::string& fetch) { return python(fetch); };
  const auto fed = [&](const LensFeed& feed) {
    const Result<Literal> literal = Literal::parse(feed.text);
    const auto& labels = lowered_.model.labels;
    const Result<Output> tensor = key(feed.key);
    const bool is_label = tensor.ok() && std::find(labels.begin(), labels.end(), *tensor) != labels.end();
    return cat(python(feed.key), ": ",
               feed.is_batch  ? std::string(is_label ? "batch_labels" : "batch_features")
               : literal.ok() ? literal->python()
                              : feed.text);
  };
  std::string code = "sess.run(";
  code += fetches.size() == 1 ? python(fetches[0]) : cat("[", join(fetches, ", ", fetched), "]");
  if (!feeds.empty()) code += cat(", feed_dict={", join(feeds, ", ", fed), "}");
  return code + ")";
}

// --- Running ---

LensRun Lens::run(const std::vector<std::string>& fetches, const std::vector<LensFeed>& feeds) {
  LensRun run;
  run.code = code(fetches, feeds);
  run.is_needed.assign(scene_.nodes.size(), false);
  run.is_fed.assign(scene_.nodes.size(), false);
  run.unknown.resize(scene_.nodes.size());
  run.held.resize(scene_.nodes.size());
  for (const LensVariable& variable : variables())
    run.held[static_cast<std::size_t>(variable.owner)] = variable.value;
  const auto fail = [&](const Error& error) {
    run.error = error;
    if (const auto id = lowered_.graph->find(error.node))
      run.error_owner = nearest_[static_cast<std::size_t>(*id)];
  };
  if (is_closed_) {
    fail(session_->run({}).error());
    return run;
  }
  const Result<Asked> asked = this->asked(fetches, feeds);
  if (!asked.ok()) {
    fail(asked.error());
    return run;
  }
  const std::vector<bool> needed = needed_nodes(*asked);
  std::size_t bytes = 0;
  int next = 0;
  std::vector<LensChange> writing;
  const Observer observer = [&](const KernelContext::Slots& step, bool is_done) {
    const Node& node = *step.node;
    if (!is_done) {
      add_constants(run, needed, node.id, next);
      writing.clear();
      const bool writes = node.op->is_stateful && node.op->family != Family::kRandom;
      for (std::size_t i = 0; i < node.inputs.size() && writes; ++i)
        if (step.variables[i])
          writing.push_back(
              {variable_node(*lowered_.graph, node.inputs[i]).id, step.variables[i]->value, {}});
      return;
    }
    LensEvent event{node.id,
                    nearest_[static_cast<std::size_t>(node.id)],
                    parts_[static_cast<std::size_t>(node.id)],
                    {},
                    {}};
    for (const Tensor* output : step.outputs) event.values.push_back(output ? *output : Tensor());
    const auto& initializers = lowered_.model.initializers;
    const bool initialises =
        std::find(initializers.begin(), initializers.end(), node.id) != initializers.end();
    for (LensChange& change : writing) {
      change.after = *session_->variable(change.variable);
      life_[change.variable] =
          initialises ? LensVariable::State::kInitialized : LensVariable::State::kTrained;
    }
    event.changes = std::move(writing);
    keep(run, std::move(event), bytes);
  };
  const Result<std::vector<Tensor>> results = session_->run(asked->fetches, asked->feeds, &observer);
  const auto failing = results.ok() ? std::nullopt : lowered_.graph->find(results.error().node);
  add_constants(run, needed, failing ? *failing : lowered_.graph->size(), next);
  if (!results.ok()) fail(results.error());
  make_stops(run, *asked, needed);
  if (!results.ok()) return run;
  const auto text = [](const Tensor& value) { return value.defined() ? repr(value) : std::string("None"); };
  run.printed = results->size() == 1 ? ((*results)[0].defined() ? str((*results)[0]) : "None")
                                     : cat("[", join(*results, ", ", text), "]");
  return run;
}

std::vector<LensFeed> Lens::scene_feeds() const {
  std::vector<LensFeed> feeds;
  for (const SceneNode& node : scene_.nodes) {
    if (node.type != "Placeholder") continue;
    const std::string text = field_text(node, "feed");
    if (takes_batch(node.name))
      feeds.push_back({node.name, {}, true});
    else if (!text.empty() && text != "features" && text != "labels")
      feeds.push_back({node.name, text, false});
  }
  return feeds;
}

std::vector<LensVariable> Lens::variables() const {
  std::vector<LensVariable> all;
  for (std::size_t i = 0; i < lowered_.nodes.size(); ++i) {
    const Output ref = lowered_.nodes[i].ref;
    if (!ref.valid()) continue;
    const Tensor* value = session_->variable(ref.node);
    const auto life = life_.find(ref.node);
    all.push_back({static_cast<int>(i),
                   value && life != life_.end() ? life->second : LensVariable::State::kUninitialized,
                   value ? *value : Tensor()});
  }
  return all;
}

// As variables.py has it: the initializer runs, with the value fed over the one it would have drawn.
Status Lens::load(std::string_view name, std::string_view text) {
  int output = 0;
  const LoweredNode* node = find(name, output);
  if (!node || !node->ref.valid()) return value_error(cat("'", name, "' is not a variable of this graph."));
  const Result<Literal> literal = Literal::parse(text);
  if (!literal.ok()) return literal.error();
  const Result<Tensor> value = literal->fed_as(lowered_.graph->dtype(node->ref));
  if (!value.ok()) return value.error();
  for (int initializer : lowered_.model.initializers) {
    const Node& assign = lowered_.graph->node(initializer);
    if (assign.inputs[0] != node->ref) continue;
    const auto done = session_->run({Fetch::operation(initializer)}, {{assign.inputs[1], *value}});
    if (!done.ok()) return done.error();
    life_[node->ref.node] = LensVariable::State::kLoaded;
  }
  return {};
}

}  // namespace sandflow
