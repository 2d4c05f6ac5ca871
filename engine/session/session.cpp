// Checks of fetches and feeds, and the plans that serve them.
#include "engine/session/session.h"

#include <algorithm>

#include "engine/core/text.h"

namespace sandflow {

Result<Tensor> converted(const Tensor& value, DType dtype) {
  if (value.dtype() == dtype) return value;
  if (dtype == DType::kString)
    return Error{ErrorKind::kUnimplemented,
                 cat("Unsupported object type ", is_integer(value.dtype())    ? "int"
                                                 : is_floating(value.dtype()) ? "float"
                                                                              : "bool"),
                 {}};
  if (value.dtype() == DType::kString) {
    const std::string text = value.elements() ? value.read<std::string>()[0] : "";
    return value_error(is_integer(dtype) ? cat("invalid literal for int() with base 10: '", text, "'")
                                         : cat("could not convert string to float: '", text, "'"));
  }
  Tensor out(dtype, value.shape());
  with_plain(dtype, [&]<class T>() {
    const std::span<T> to = out.write<T>();
    with_plain(value.dtype(), [&]<class From>() {
      const std::span<const From> from = value.read<From>();
      for (std::size_t i = 0; i < to.size(); ++i) to[i] = converted_number<T>(from[i]);
    });
  });
  return out;
}

Status Session::check_fits(Output key, const Shape& shape) const {
  const Shape& declared = graph_.shape(key);
  if (declared.compatible_with(shape)) return {};
  return Error{ErrorKind::kValueError,
               cat("Cannot feed value of shape ", shape.python(), " for Tensor '", graph_.tensor_name(key),
                   "', which has shape '", declared.python(), "'"),
               graph_.node(key.node).name};
}

Result<Tensor> Session::checked(const Feed& feed) const {
  const Node::Result& key = graph_.result(feed.key);
  const std::string& node = graph_.node(feed.key.node).name;
  Result<Tensor> value = converted(feed.value, key.dtype);
  if (!value.ok()) return Error{value.error().kind, value.error().message, node};
  SANDFLOW_TRY(check_fits(feed.key, value->shape()));
  return value;
}

Plan& Session::plan_for(Request request) {
  KeptPlan& kept = plans_[request];
  kept.last_use = ++uses_;
  if (kept.plan) return *kept.plan;
  kept.plan = std::make_unique<Plan>(graph_, state_, std::move(request));
  forget_plans();
  return *kept.plan;
}

// Whoever looks around asks for ever other tensors.
void Session::forget_plans() {
  constexpr std::size_t kMost = 64;
  while (plans_.size() > kMost) {
    auto oldest = plans_.end();
    for (auto it = plans_.begin(); it != plans_.end(); ++it)
      if (it->second.plan.get() != last_plan_ &&
          (oldest == plans_.end() || it->second.last_use < oldest->second.last_use))
        oldest = it;
    const Plan* plan = oldest->second.plan.get();
    std::erase_if(programs_, [&](const auto& entry) { return entry.first.first == plan; });
    plans_.erase(oldest);
  }
}

// What the steps of a large net make of a batch takes more than all else does, so of all plans only the one
// that ran last has it.
Plan& Session::plan_to_run(Request request) {
  Plan& plan = plan_for(std::move(request));
  if (last_plan_ && last_plan_ != &plan) last_plan_->let_go();
  last_plan_ = &plan;
  return plan;
}

// A graph may grow after its session was made.
void Session::add_generators() {
  for (; nodes_seen_ < graph_.size(); ++nodes_seen_) {
    const Node& node = graph_.node(nodes_seen_);
    if (node.op->family != Family::kRandom) continue;
    const auto seed = static_cast<std::uint64_t>(node.attr<std::int64_t>("seed"));
    const auto seed2 = static_cast<std::uint64_t>(node.attr<std::int64_t>("seed2"));
    const Philox generator =
        seed == 0 && seed2 == 0 ? Philox(entropy_, static_cast<std::uint64_t>(node.id)) : Philox(seed, seed2);
    state_.generators[node.id] = fresh_generators_[node.id] = generator;
  }
}

Result<std::vector<Tensor>> Session::run(const std::vector<Fetch>& fetches, const std::vector<Feed>& feeds,
                                         const Observer* observer) {
  if (is_closed_) return Error{ErrorKind::kRuntimeError, "Attempted to use a closed Session.", {}};
  if (graph_.size() == 0)
    return Error{ErrorKind::kRuntimeError,
                 "The Session graph is empty.  Add operations to the graph before calling run().",
                 {}};
  if (fetches.empty()) return std::vector<Tensor>{};
  add_generators();
  Request request;
  std::vector<Tensor> values;
  for (const Feed& feed : feeds) {
    Result<Tensor> value = checked(feed);
    if (!value.ok()) return value.error();
    request.feeds.push_back(feed.key);
    values.push_back(*std::move(value));
  }
  for (const Fetch& fetch : fetches) {
    if (fetch.is_operation)
      request.targets.push_back(fetch.output.node);
    else
      request.fetches.push_back(fetch.output);
  }
  Plan& plan = plan_to_run(std::move(request));
  SANDFLOW_TRY(plan.run(values, observer));
  std::vector<Tensor> results;
  std::size_t next = 0;
  for (const Fetch& fetch : fetches) {
    if (fetch.is_operation) {
      results.emplace_back();
      continue;
    }
    Result<Tensor> value = plan.fetched(next++);
    if (!value.ok()) return value.error();
    results.push_back(*std::move(value));
  }
  return results;
}

Result<std::shared_ptr<Program>> Session::prepare(const std::vector<Fetch>& fetches,
                                                  const std::vector<std::pair<Output, Shape>>& feeds,
                                                  std::int64_t max_bytes) {
  if (is_closed_) return Error{ErrorKind::kRuntimeError, "Attempted to use a closed Session.", {}};
  add_generators();
  Request request;
  std::vector<Shape> shapes;
  std::vector<std::vector<std::int64_t>> sizes;
  for (const auto& [key, shape] : feeds) {
    SANDFLOW_TRY(check_fits(key, shape));
    request.feeds.push_back(key);
    shapes.push_back(shape);
    sizes.push_back(shape.dims());
  }
  for (const Fetch& fetch : fetches) {
    if (fetch.is_operation)
      request.targets.push_back(fetch.output.node);
    else
      request.fetches.push_back(fetch.output);
  }
  const Plan& plan = plan_for(std::move(request));
  const auto [it, is_new] = programs_.try_emplace({&plan, sizes});
  Kept& kept = it->second;
  kept.last_use = ++uses_;
  if (is_new) {
    kept.program = Program::compile(graph_, state_, plan, shapes, max_bytes);
    forget_programs();
  }
  return kept.program;
}

// A learner tries many batch sizes, sets are measured in parts; those used last are kept.
void Session::forget_programs() {
  constexpr std::size_t kMost = 16;
  constexpr std::int64_t kMostBytes = 128 << 20;
  std::int64_t bytes = 0;
  for (const auto& [key, kept] : programs_)
    if (kept.program) bytes += kept.program->bytes();
  while (programs_.size() > kMost || (bytes > kMostBytes && programs_.size() > 1)) {
    const auto oldest =
        std::min_element(programs_.begin(), programs_.end(),
                         [](const auto& a, const auto& b) { return a.second.last_use < b.second.last_use; });
    if (oldest->second.program) bytes -= oldest->second.program->bytes();
    programs_.erase(oldest);
  }
}

template <class See>
auto Session::undisturbed(See see) {
  add_generators();
  const std::map<int, Philox> kept = state_.generators;
  for (auto& [id, generator] : state_.generators) generator = fresh_generators_.at(id);
  auto seen = see();
  for (auto& [id, generator] : state_.generators) generator = kept.at(id);
  return seen;
}

std::optional<std::vector<Tensor>> Session::run_on_program(const std::vector<Fetch>& fetches,
                                                           const std::vector<Feed>& feeds) {
  std::vector<std::pair<Output, Shape>> keys;
  std::vector<Tensor> values;
  for (const Feed& feed : feeds) {
    Result<Tensor> value = checked(feed);
    if (!value.ok() || value->dtype() == DType::kString) return std::nullopt;
    keys.emplace_back(feed.key, value->shape());
    values.push_back(*std::move(value));
  }
  // More than that is not worth keeping beside what the plan keeps, which does as well.
  constexpr std::int64_t kMostBytes = 64 << 20;
  const auto prepared = prepare(fetches, keys, kMostBytes);
  if (!prepared.ok() || !*prepared) return std::nullopt;
  Program& program = **prepared;
  // Into its memory: who asks may keep theirs.
  for (std::size_t i = 0; i < values.size(); ++i)
    with_plain(values[i].dtype(), [&]<class T>() {
      const std::span<const T> from = values[i].read<T>();
      std::copy(from.begin(), from.end(), program.feed(i).write<T>().begin());
    });
  if (!program.run()) return std::nullopt;
  std::vector<Tensor> given = program.give(), results;
  std::size_t next = 0;
  for (const Fetch& fetch : fetches)
    results.push_back(fetch.is_operation ? Tensor() : std::move(given[next++]));
  return results;
}

Result<std::vector<Tensor>> Session::observe(const std::vector<Fetch>& fetches,
                                             const std::vector<Feed>& feeds) {
  return undisturbed([&]() -> Result<std::vector<Tensor>> {
    if (auto results = run_on_program(fetches, feeds)) return *std::move(results);
    return run(fetches, feeds);
  });
}

Session::Sight Session::look(const std::vector<Output>& tensors, const std::vector<Feed>& feeds, bool often) {
  return undisturbed([&] {
    Sight sight;
    if (often)
      if (auto seen = run_on_program({tensors.begin(), tensors.end()}, feeds)) {
        sight.values = *std::move(seen);
        return sight;
      }
    Request request;
    std::vector<Tensor> values;
    for (const Feed& feed : feeds) {
      Result<Tensor> value = checked(feed);
      if (!value.ok()) {
        sight.errors.push_back(value.error());
        continue;
      }
      request.feeds.push_back(feed.key);
      values.push_back(*std::move(value));
    }
    request.fetches = tensors;
    Plan& plan = plan_to_run(std::move(request));
    for (Error& error : plan.run_what_can(values)) sight.errors.push_back(std::move(error));
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      Result<Tensor> value = plan.fetched(i);
      sight.values.push_back(value.ok() ? *std::move(value) : Tensor());
    }
    return sight;
  });
}

Result<Fetch> Session::find(std::string_view name) const {
  const auto refused = [&](std::string_view reason) {
    return value_error(cat("Fetch argument '", name, "' cannot be interpreted as a Tensor. (", reason, ")"));
  };
  const std::size_t colon = name.rfind(':');
  const std::string_view op_name = name.substr(0, colon);
  const std::optional<int> id = graph_.find(op_name);
  if (colon == std::string_view::npos) {
    if (!id) return refused(cat("\"The name '", name, "' refers to an Operation not in the graph.\""));
    return Fetch::operation(*id);
  }
  const std::optional<long long> index = parse_int(name.substr(colon + 1));
  if (!index)
    return refused(cat("\"The name '", name,
                       "' looks like a tensor name, but is not a valid one. Tensor "
                       "names must be of the form \\\"<op_name>:<output_index>\\\".\""));
  if (!id)
    return refused(cat("\"The name '", name, "' refers to a Tensor which does not exist. The operation, '",
                       op_name, "', does not exist in the graph.\""));
  const auto outputs = static_cast<long long>(graph_.node(*id).outputs.size());
  if (*index < 0 || *index >= outputs)
    return refused(cat("\"The name '", name, "' refers to a Tensor which does not exist. The operation, '",
                       op_name, "', exists but only has ", outputs, " outputs.\""));
  return Fetch(Output{*id, static_cast<int>(*index)});
}

const Tensor* Session::variable(int node) const {
  const auto it = state_.variables.find(node);
  return it == state_.variables.end() || !it->second.value.defined() ? nullptr : &it->second.value;
}

}  // namespace sandflow
