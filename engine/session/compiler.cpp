// From a plan to a program: what is left of a specialised graph becomes instructions, several nodes in one
// where that saves memory, and their memory is placed by lifetime.
#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "engine/session/program.h"
#include "engine/session/specialise.h"

namespace sandflow {

namespace {

std::string_view type_of(const Node& node) { return node.op->type; }

}  // namespace

class Compiler {
 public:
  Compiler(SessionState& state, Specialised made)
      : state_(state), made_(std::move(made)), program_(new Program) {}

  std::unique_ptr<Program> run(std::int64_t max_bytes) {
    if (!reads_come_first()) return nullptr;
    find_uses();
    if (!is_fed() || !fits_memory(max_bytes)) return nullptr;
    emit();
    choose_homes();
    join_pairs();
    join_layers();
    join_gradients();
    if (!place()) return nullptr;
    finish();
    program_->graph_ = std::move(made_.graph);
    return std::move(program_);
  }

 private:
  const Graph& graph() { return *made_.graph; }
  const Node& node(int id) { return graph().node(id); }

  // --- Variables ---

  int variable_of(Output ref) {
    while (type_of(node(ref.node)) != "VariableV2") ref = node(ref.node).inputs[0];
    return ref.node;
  }
  bool is_read(const Node& made) {
    return type_of(made) == "Identity" && graph().result(made.inputs[0]).is_ref;
  }
  static bool is_written(const Node& made, std::size_t i) {
    return made.op->input(i, made.inputs.size()).is_ref;
  }

  // A read is the variable's own memory, which is only right while nobody has written to it.
  bool reads_come_first() {
    std::map<int, int> written_at;
    for (const Node& made : graph().nodes()) {
      for (std::size_t i = 0; i < made.inputs.size(); ++i) {
        const Output from = made_.source(made.inputs[i]);
        if (is_written(made, i)) {
          written_at.emplace(variable_of(made.inputs[i]), made.id);
        } else if (const Node& read = node(from.node); is_read(read)) {
          const auto written = written_at.find(variable_of(read.inputs[0]));
          if (written != written_at.end() && written->second < made.id) return false;
        }
      }
    }
    return std::none_of(made_.fetches.begin(), made_.fetches.end(), [&](Output fetch) {
      const Node& read = node(made_.source(fetch).node);
      return is_read(read) && written_at.contains(variable_of(read.inputs[0]));
    });
  }

  // --- Instructions ---

  bool is_needed(int id) const { return needed_[static_cast<std::size_t>(id)]; }

  void find_uses() {
    needed_.assign(static_cast<std::size_t>(graph().size()), false);
    std::vector<int> pending;
    for (Output fetch : made_.fetches) pending.push_back(made_.source(fetch).node);
    for (const Node& made : graph().nodes())
      if (made.op->is_stateful && !made.inputs.empty() && type_of(made) != "VariableV2")
        pending.push_back(made.id);
    while (!pending.empty()) {
      const int id = pending.back();
      pending.pop_back();
      if (is_needed(id)) continue;
      needed_[static_cast<std::size_t>(id)] = true;
      for (Output input : node(id).inputs) pending.push_back(made_.source(input).node);
    }
    for (Output fetch : made_.fetches) ++uses_[made_.source(fetch)];
    for (const Node& made : graph().nodes()) {
      if (!is_needed(made.id) || made_.views.contains(made.id)) continue;
      for (Output input : made.inputs) {
        ++uses_[made_.source(input)];
        consumer_[made_.source(input)] = made.id;
      }
    }
  }

  // The plan will say what must be fed.
  bool is_fed() {
    return std::all_of(graph().nodes().begin(), graph().nodes().end(), [&](const Node& made) {
      return type_of(made) != "Placeholder" || !is_needed(made.id) ||
             std::find(made_.feeds.begin(), made_.feeds.end(), made.id) != made_.feeds.end();
    });
  }

  // The plan will say what is too large.
  bool fits_memory(std::int64_t max_bytes) {
    std::int64_t bytes = 0;
    for (const Node& made : graph().nodes())
      for (const Node::Result& result : made.outputs) {
        if (!is_needed(made.id)) continue;
        if (!Tensor::check_size(result.dtype, result.shape).ok()) return false;
        bytes += result.shape.elements() * static_cast<std::int64_t>(size_in_bytes(result.dtype));
      }
    return bytes <= max_bytes;
  }

  int value_of(Output output) {
    const Output from = made_.source(output);
    Output home = from;
    if (is_read(node(from.node)) || graph().result(from).is_ref)
      home = {variable_of(graph().result(from).is_ref ? from : node(from.node).inputs[0]), 0};
    const auto [it, is_new] = value_ids_.emplace(home, static_cast<int>(program_->values_.size()));
    if (!is_new) return it->second;
    Program::Value value;
    value.dtype = graph().dtype(home);
    value.shape = graph().shape(home);
    const std::string_view type = type_of(node(home.node));
    if (type == "VariableV2") {
      value.home = Program::Value::Home::kVariable;
      value.variable = &state_.variables[made_.originals[static_cast<std::size_t>(home.node)]];
    } else if (type == "Const") {
      value.home = Program::Value::Home::kTensor;
      value.is_read_only = true;
      program_->tensors_.push_back(node(home.node).attr<Tensor>("value"));
      value.tensor = &program_->tensors_.back();
    } else if (const auto fed = std::find(made_.feeds.begin(), made_.feeds.end(), home.node);
               fed != made_.feeds.end()) {
      value.home = Program::Value::Home::kTensor;
      value.tensor = &feed_tensor(static_cast<std::size_t>(fed - made_.feeds.begin()));
    } else if (value.dtype != DType::kFloat32) {
      make_tensor(value);
    }
    program_->values_.push_back(value);
    return it->second;
  }

  Tensor& feed_tensor(std::size_t i) {
    while (program_->feeds_.size() < made_.feeds.size()) {
      const Node& fed = node(made_.feeds[program_->feeds_.size()]);
      program_->feeds_.emplace_back(fed.outputs[0].dtype, fed.outputs[0].shape);
    }
    return program_->feeds_[i];
  }

  void make_tensor(Program::Value& value) {
    if (value.home != Program::Value::Home::kArena) return;
    value.home = Program::Value::Home::kTensor;
    program_->tensors_.emplace_back(value.dtype, value.shape);
    value.tensor = &program_->tensors_.back();
  }

  Operand operand(Output output) {
    const Node& from = node(made_.source(output).node);
    return {value_of(output), &graph().shape(output),
            type_of(from) == "Const" ? &from.attr<Tensor>("value") : nullptr};
  }

  bool is_single(Output output) { return uses_[made_.source(output)] == 1; }

  bool is_float(const Node& made) {
    const auto floats = [&](const Node::Result& result) { return result.dtype == DType::kFloat32; };
    return std::all_of(made.outputs.begin(), made.outputs.end(), floats) && !made.outputs.empty();
  }

  void emit() {
    for (std::size_t i = 0; i < made_.feeds.size(); ++i)
      program_->movable_.push_back(value_of({made_.feeds[i], 0}));
    find_chains();
    find_gradients();
    for (const Node& made : graph().nodes()) {
      if (!is_needed(made.id) || made_.views.contains(made.id) || absorbed_.contains(made.id)) continue;
      const std::string_view type = type_of(made);
      if (type == "Const" || type == "Placeholder" || type == "VariableV2" || type == "NoOp" || is_read(made))
        continue;
      Program::Step step;
      step.writes = !made.inputs.empty() && is_written(made, 0);
      if (step.writes) show_fetches(made.id);
      if (auto recipe = is_float(made) ? recipe_of(made) : std::nullopt) {
        step.recipe = *std::move(recipe);
        step.is_instruction = true;
        program_->steps_.push_back(std::move(step));
      } else {
        emit_operation(made, step.writes);
      }
    }
    show_fetches(graph().size());
  }

  void emit_operation(const Node& made, bool writes) {
    Program::Step step;
    step.writes = writes;
    step.slots.node = &made;
    for (Output input : made.inputs) step.recipe.in.push_back(shaped(input));
    for (int i = 0; i < static_cast<int>(made.outputs.size()); ++i) {
      step.recipe.out.push_back(made_.views.contains(made.id) ? new_view({made.id, i})
                                                              : value_of({made.id, i}));
      program_->values_[static_cast<std::size_t>(step.recipe.out.back())].is_read_only = !writes;
    }
    program_->steps_.push_back(std::move(step));
  }

  // A value as a tensor of its own shape: instructions see memory only, but an operation, or who fetches,
  // sees the shape.
  int shaped(Output output) {
    if (!made_.views.contains(output.node)) return value_of(output);
    if (const auto it = shaped_.find(output.node); it != shaped_.end()) return it->second;
    if (graph().dtype(output) == DType::kFloat32) {
      Program::Step step;
      const int value = value_of(output);
      step.recipe = copy_of(value, new_view(output), graph().shape(output).elements());
      step.is_instruction = true;
      program_->steps_.push_back(std::move(step));
    } else {
      emit_operation(node(output.node), false);
    }
    return shaped_.at(output.node);
  }
  int new_view(Output output) {
    Program::Value value;
    value.dtype = graph().dtype(output);
    value.shape = graph().shape(output);
    const auto id = static_cast<int>(program_->values_.size());
    make_tensor(value);
    program_->values_.push_back(value);
    shaped_[output.node] = id;
    return id;
  }

  // Before anything is written to, or what is fetched might be of after.
  void show_fetches(int before) {
    for (Output fetch : made_.fetches)
      if (made_.source(fetch).node < before) shaped(fetch);
  }

  std::optional<Recipe> recipe_of(const Node& made) {
    if (const auto chain = chains_.find(made.id); chain != chains_.end()) return fused(chain->second);
    std::vector<Operand> in, out;
    for (Output input : made.inputs) in.push_back(operand(input));
    for (int i = 0; i < static_cast<int>(made.outputs.size()); ++i) out.push_back(operand({made.id, i}));
    std::optional<Recipe> recipe = recipe_for(made, in, out);
    if (const auto gradient = computed_.find(made.id); recipe && gradient != computed_.end())
      fuse_gradient(*recipe, *recipe_of(node(gradient->second)));
    return recipe;
  }

  // --- Fusion: a product, its bias, its activation; or a gradient and the way through an activation ---

  struct Chain {
    int head = -1, tail = -1;
    Output bias;
    Activation activation = Activation::kNone;
    Output features;  // Of a slope.
  };

  // A chain runs where its last part would have.
  void find_chains() {
    for (const Node& made : graph().nodes()) {
      if (!is_needed(made.id) || (type_of(made) != "MatMul" && type_of(made) != "Conv2D") || !is_float(made))
        continue;
      const Chain chain = chain_of(made);
      if (chain.tail == made.id || !recipe_of(made) || is_overtaken(made, chain)) continue;
      chains_[chain.tail] = chain;
      absorbed_.insert(made.id);
      if (chain.bias.valid() && chain.activation != Activation::kNone)
        absorbed_.insert(made_.source(node(chain.tail).inputs[0]).node);
    }
  }

  // A gradient that nobody else needs is computed by the update, if that can. That is later than its place:
  // no variable may be written to in between that it reads.
  void find_gradients() {
    for (const Node& made : graph().nodes()) {
      if (!is_needed(made.id) || made.inputs.empty() || !is_written(made, 0) || !is_float(made)) continue;
      std::optional<Recipe> update = recipe_of(made);
      if (!update || !update->after_product) continue;
      const Output output = made_.source(made.inputs[gradient_of(made)]);
      const Node& gradient = node(output.node);
      if (gradient.inputs.empty() || !is_single(output) || absorbed_.contains(gradient.id) ||
          chains_.contains(gradient.id) || !is_float(gradient) || gradient.outputs[0].shape.elements() == 0)
        continue;
      if (std::any_of(gradient.inputs.begin(), gradient.inputs.end(), [&](Output input) {
            return graph().result(made_.source(input)).is_ref || is_read(node(made_.source(input).node));
          }))
        continue;
      const std::optional<Recipe> recipe = recipe_of(gradient);
      if (!recipe || !fuse_gradient(*update, *recipe)) continue;
      computed_[made.id] = gradient.id;
      absorbed_.insert(gradient.id);
    }
  }
  static std::size_t gradient_of(const Node& update) {
    for (std::size_t i = 0; i < update.inputs.size(); ++i)
      if (update.op->input(i, update.inputs.size()).name == std::string_view("grad")) return i;
    return update.inputs.size() - 1;
  }

  // Whether something is written between the places of a chain's parts while one of them reads a variable.
  bool is_overtaken(const Node& head, const Chain& chain) {
    const auto reads = [&](Output output) {
      return output.valid() && is_read(node(made_.source(output).node));
    };
    if (std::none_of(head.inputs.begin(), head.inputs.end(), reads) && !reads(chain.bias) &&
        !reads(chain.features))
      return false;
    for (int id = head.id; id < chain.tail; ++id)
      if (is_needed(id) && !node(id).inputs.empty() && is_written(node(id), 0)) return true;
    return false;
  }

  Chain chain_of(const Node& matmul) {
    Chain chain{matmul.id, matmul.id, {}, Activation::kNone};
    const auto next = [&]() -> const Node* {
      const Output out{chain.tail, 0};
      return is_single(out) && consumer_.contains(out) ? &node(consumer_.at(out)) : nullptr;
    };
    if (const Node* add = next();
        add && (type_of(*add) == "BiasAdd" || type_of(*add) == "AddV2" || type_of(*add) == "Add")) {
      const bool first = made_.source(add->inputs[0]) == Output{chain.tail, 0};
      const Output bias = add->inputs[first];
      if (add->outputs[0].shape == matmul.outputs[0].shape &&
          graph().shape(bias) == Shape{matmul.outputs[0].shape.dims().back()}) {
        chain.bias = bias;
        chain.tail = add->id;
      }
    }
    if (const Node* act = next();
        act && activation_of(*act) != Activation::kNone && act->outputs[0].shape == matmul.outputs[0].shape) {
      chain.activation = activation_of(*act);
      chain.tail = act->id;
    }
    if (chain.tail != matmul.id || type_of(matmul) != "MatMul") return chain;
    if (const Node* through = next(); through && slope_of(*through).activation != Activation::kNone) {
      const Slope slope = slope_of(*through);
      const Shape& shape = matmul.outputs[0].shape;
      if (made_.source(through->inputs[slope.gradient]) == Output{matmul.id, 0} &&
          through->outputs[0].shape == shape && graph().shape(through->inputs[1 - slope.gradient]) == shape) {
        chain.activation = slope.activation;
        chain.features = through->inputs[1 - slope.gradient];
        chain.tail = through->id;
      }
    }
    return chain;
  }

  std::optional<Recipe> fused(const Chain& chain) {
    const Node& head = node(chain.head);
    std::vector<Operand> in;
    for (Output input : head.inputs) in.push_back(operand(input));
    const Operand out = operand({chain.tail, 0});
    std::optional<Recipe> made = recipe_for(head, in, {out});
    if (chain.bias.valid()) fuse_bias(*made, operand(chain.bias), out.value);
    if (chain.features.valid())
      fuse_slope(*made, chain.activation, operand(chain.features), out.value);
    else if (chain.activation != Activation::kNone)
      fuse_activation(*made, chain.activation, out.value);
    return made;
  }

  // --- Memory ---

  void choose_homes() {
    for (Program::Step& step : program_->steps_) {
      if (step.is_instruction) continue;
      // An operation that runs as described needs whole tensors.
      for (const auto* ids : {&step.recipe.in, &step.recipe.out})
        for (int id : *ids) make_tensor(value(id));
    }
    for (Output fetch : made_.fetches) {
      fetched_.push_back(shaped(fetch));
      make_tensor(value(fetched_.back()));
    }
  }

  // How many operands each value is.
  std::vector<int> readers() {
    std::vector<int> count(program_->values_.size(), 0);
    for (const Program::Step& step : program_->steps_)
      for (int in : step.recipe.in) ++count[static_cast<std::size_t>(in)];
    return count;
  }

  // --- Fusion: neighbours for which there is one kernel ---

  // Three become one where the first two have: each is tried with what the ones before it have become.
  void join_pairs() {
    const std::vector<int> count = readers();
    std::vector<Program::Step> kept;
    for (Program::Step& step : program_->steps_) {
      kept.push_back(std::move(step));
      while (kept.size() > 1) {
        Program::Step &first = kept[kept.size() - 2], &second = kept.back();
        if (!first.is_instruction || !second.is_instruction || first.recipe.out.empty()) break;
        const int between = first.recipe.out[0];
        const std::vector<int>& in = second.recipe.in;
        if (!is_in_arena(between) || std::find(in.begin(), in.end(), between) == in.end()) break;
        const bool is_only = count[static_cast<std::size_t>(between)] == 1;
        std::optional<Recipe> both = joined(first.recipe, second.recipe, is_only);
        if (!both) break;
        first.recipe = *std::move(both);
        kept.pop_back();
      }
    }
    program_->steps_ = std::move(kept);
  }

  // --- Fusion: layers whose results only the next layer needs, as when a net only predicts ---

  void join_layers() {
    const std::vector<int> count = readers();
    std::vector<Program::Step> joined;
    std::vector<Recipe> layers;
    const auto finish = [&] {
      if (layers.size() > 1) joined.back().recipe = chain(std::move(layers));
      layers.clear();
    };
    for (Program::Step& step : program_->steps_) {
      const bool is_layer = step.is_instruction && may_chain(step.recipe);
      // What lies between may have been given another shape: then rows are not the same rows.
      const bool goes_on = is_layer && !layers.empty() && step.recipe.in[0] == layers.back().out[0] &&
                           step.recipe.instruction.m == layers.back().instruction.m &&
                           is_in_arena(step.recipe.in[0]) &&
                           count[static_cast<std::size_t>(step.recipe.in[0])] == 1;
      if (!goes_on) {
        finish();
        joined.push_back(std::move(step));
      }
      if (is_layer) layers.push_back(goes_on ? std::move(step.recipe) : joined.back().recipe);
    }
    finish();
    program_->steps_ = std::move(joined);
  }

  // --- Fusion: a small layer's way back ---

  // Its updates move up to where the gradient goes on to the layer before, or else to the first of them.
  void join_gradients() {
    std::vector<Program::Step>& steps = program_->steps_;
    std::vector<std::size_t> updates;
    for (std::size_t s = 0; s < steps.size(); ++s)
      if (steps[s].recipe.of_layer) updates.push_back(s);
    std::set<std::size_t> gone;
    for (std::size_t w : updates)
      for (std::size_t b : updates) {
        if (gone.contains(w) || gone.contains(b) || !layer_gradient(recipe(w), recipe(b), nullptr)) continue;
        std::size_t at = 0;
        while (at < std::min(w, b) && !goes_through(at, recipe(w))) ++at;
        const Recipe* before = at < std::min(w, b) ? &recipe(at) : nullptr;
        if (!may_move(w, at) || !may_move(b, at)) continue;
        steps[at].recipe = *layer_gradient(recipe(w), recipe(b), before);
        steps[at].writes = true;
        for (std::size_t s : {w, b})
          if (s != at) gone.insert(s);
      }
    std::size_t s = 0;
    std::erase_if(steps, [&](const Program::Step&) { return gone.contains(s++); });
  }

  const Recipe& recipe(std::size_t step) { return program_->steps_[step].recipe; }

  // Whether a step takes a layer's gradient on through its weights, to memory that only steps see.
  bool goes_through(std::size_t s, const Recipe& weights) {
    const Program::Step& step = program_->steps_[s];
    return step.is_instruction && !step.writes && step.recipe.in.size() > 1 &&
           step.recipe.in[0] == weights.in[1] && step.recipe.in[1] == weights.out[0] &&
           std::all_of(step.recipe.out.begin(), step.recipe.out.end(),
                       [&](int out) { return is_in_arena(out); });
  }

  // Whether an update may run as early as step `at`: before steps that do not touch what it reads and writes,
  // and of which none can fail or is looked at before anything is written.
  bool may_move(std::size_t update, std::size_t at) {
    const auto share = [](const std::vector<int>& one, const std::vector<int>& other) {
      return std::find_first_of(one.begin(), one.end(), other.begin(), other.end()) != one.end();
    };
    const Recipe& moved = recipe(update);
    for (std::size_t s = at + 1; s < update; ++s)
      if (!program_->steps_[s].is_instruction || share(recipe(s).out, moved.in) ||
          share(recipe(s).in, moved.out) || share(recipe(s).out, moved.out) || share(recipe(s).out, fetched_))
        return false;
    return true;
  }

  // Memory by lifetime: the first gap that is large enough.
  class Arena {
   public:
    std::size_t take(std::size_t size) {
      std::size_t at = 0;
      for (const auto& [from, to] : taken_) {
        if (from >= at + size) break;
        at = std::max(at, to);
      }
      taken_[at] = at + size;
      end_ = std::max(end_, at + size);
      return at;
    }
    void give_back(std::size_t at) { taken_.erase(at); }
    std::size_t end() const { return end_; }

   private:
    std::map<std::size_t, std::size_t> taken_;  // From where to where.
    std::size_t end_ = 0;
  };

  static std::size_t room(const Program::Value& value) {
    constexpr std::size_t kLine = 16;  // Floats: whole lines of the cache.
    return (static_cast<std::size_t>(value.shape.elements()) + 4 + kLine - 1) / kLine * kLine;
  }

  Program::Value& value(int id) { return program_->values_[static_cast<std::size_t>(id)]; }
  bool is_in_arena(int id) { return value(id).home == Program::Value::Home::kArena; }

  static bool make_room(std::size_t floats, Tensor& room) {
    Result<Tensor> made = Tensor::make(DType::kFloat32, {static_cast<std::int64_t>(floats) + 16});
    if (made.ok()) room = *std::move(made);
    return made.ok();
  }

  bool place() {
    const std::vector<Program::Step>& steps = program_->steps_;
    std::vector<std::size_t> last(program_->values_.size(), 0);
    for (std::size_t s = 0; s < steps.size(); ++s)
      for (const auto* ids : {&steps[s].recipe.in, &steps[s].recipe.out})
        for (int id : *ids) last[static_cast<std::size_t>(id)] = s;
    Arena arena;
    std::size_t scratch = 0;
    for (std::size_t s = 0; s < steps.size(); ++s) {
      const Recipe& recipe = steps[s].recipe;
      scratch = std::max(scratch, static_cast<std::size_t>(recipe.scratch));
      const auto ends_here = [&](int id) {
        return is_in_arena(id) && last[static_cast<std::size_t>(id)] == s;
      };
      // Only an operand of the result's own size may lie under it: others are read again for each row.
      int under = -1;
      if (recipe.may_overwrite && is_in_arena(recipe.out[0]))
        for (int in : recipe.in)
          if (ends_here(in) && value(in).shape.elements() == value(recipe.out[0]).shape.elements())
            under = in;
      for (int out : recipe.out)
        if (is_in_arena(out))
          value(out).offset = under >= 0 ? value(under).offset : arena.take(room(value(out)));
      for (int in : recipe.in)
        if (ends_here(in) && in != under) arena.give_back(value(in).offset);
      for (int out : recipe.out)
        if (ends_here(out)) arena.give_back(value(out).offset);  // Nobody reads it.
    }
    return make_room(arena.end(), program_->arena_) && make_room(scratch, program_->scratch_);
  }

  // And so written to in every run. What an operation makes may be the elements of something else.
  bool is_made_by_instructions(int id) {
    bool is_made = false;
    for (const Program::Step& step : program_->steps_) {
      const auto& out = step.recipe.out;
      if (std::find(out.begin(), out.end(), id) == out.end()) continue;
      if (!step.is_instruction) return false;
      is_made = true;
    }
    return is_made && value(id).home == Program::Value::Home::kTensor;
  }

  void finish() {
    Program& p = *program_;
    for (Program::Step& step : p.steps_) {
      if (step.is_instruction) continue;
      const Node& made = *step.slots.node;
      for (std::size_t i = 0; i < made.inputs.size(); ++i) {
        Program::Value& value = p.values_[static_cast<std::size_t>(step.recipe.in[i])];
        const bool is_ref = is_written(made, i);
        step.slots.inputs.push_back(is_ref           ? nullptr
                                    : value.variable ? &value.variable->value
                                                     : value.tensor);
        step.slots.variables.push_back(is_ref ? value.variable : nullptr);
      }
      for (int out : step.recipe.out)
        step.slots.outputs.push_back(p.values_[static_cast<std::size_t>(out)].tensor);
      const int original = made_.originals[static_cast<std::size_t>(made.id)];
      if (const auto it = state_.generators.find(original); it != state_.generators.end()) {
        step.slots.generator = &it->second;
        p.generators_.push_back(&it->second);
      }
    }
    p.kept_generators_.resize(p.generators_.size());
    for (int fetched : fetched_) {
      const Program::Value& value = p.values_[static_cast<std::size_t>(fetched)];
      p.fetched_.push_back(value.variable ? &value.variable->value : value.tensor);
      if (is_made_by_instructions(fetched)) p.gifts_.push_back({value.tensor, {}});
    }
    p.first_write_ = static_cast<std::size_t>(
        std::find_if(p.steps_.begin(), p.steps_.end(), [](const Program::Step& s) { return s.writes; }) -
        p.steps_.begin());
    for (std::size_t id = 0; id < p.values_.size(); ++id)
      if (p.values_[id].home == Program::Value::Home::kVariable) p.movable_.push_back(static_cast<int>(id));
    p.bind();
  }

  SessionState& state_;
  Specialised made_;
  std::unique_ptr<Program> program_;
  std::vector<bool> needed_;
  std::map<Output, int> uses_, consumer_, value_ids_;
  std::map<int, int> shaped_;    // Views that exist as tensors, and their values.
  std::map<int, Chain> chains_;  // By their last node.
  std::map<int, int> computed_;  // Gradients, by the update that computes them.
  std::vector<int> fetched_;     // Values.
  std::set<int> absorbed_;       // Nodes that run as part of a later one.
};

std::unique_ptr<Program> Program::compile(const Graph& graph, SessionState& state, const Plan& plan,
                                          const std::vector<Shape>& feed_shapes, std::int64_t max_bytes) {
  std::optional<Specialised> made = specialise(graph, plan, feed_shapes);
  return made ? Compiler(state, *std::move(made)).run(max_bytes) : nullptr;
}

}  // namespace sandflow
