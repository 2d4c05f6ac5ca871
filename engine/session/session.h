// tf.Session: runs parts of a graph and keeps its variables and random streams between runs.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/session/program.h"

namespace sandflow {

// A tensor, or an operation run for its effect, which fetches nothing ("None").
struct Fetch {
  Fetch(Output tensor) : output(tensor) {}
  static Fetch operation(int node) {
    Fetch fetch{Output{node, 0}};
    fetch.is_operation = true;
    return fetch;
  }
  Output output;
  bool is_operation = false;
};

struct Feed {
  Output key;
  Tensor value;
};

class Session {
 public:
  // `entropy` seeds random operations that have no seed (TensorFlow takes it from the machine).
  explicit Session(const Graph& graph, std::uint64_t entropy = 0) : graph_(graph), entropy_(entropy) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // One tensor for each fetch, undefined ones for operations. Values of another numeric dtype are converted
  // as np.asarray does. Errors: RuntimeError (closed, empty graph), ValueError (a feed's shape), and those of
  // running.
  Result<std::vector<Tensor>> run(const std::vector<Fetch>& fetches, const std::vector<Feed>& feeds = {},
                                  const Observer* observer = nullptr);

  // The same, but random streams are taken from their start and put back afterwards: looking changes nothing.
  // On a program where there is one, as the same is looked at often: then nothing fails that the values do
  // not need, as an operand of which only the shape is asked.
  Result<std::vector<Tensor>> observe(const std::vector<Fetch>& fetches, const std::vector<Feed>& feeds = {});

  // Looks at as many tensors as can be computed: what fails, a wrong feed included, only keeps those
  // undefined that need it. Nothing may be asked for that writes to a variable.
  struct Sight {
    std::vector<Tensor> values;  // As asked for.
    std::vector<Error> errors;
  };
  // `often`: the same will be looked at again, so that a program is worth while.
  Sight look(const std::vector<Output>& tensors, const std::vector<Feed>& feeds, bool often = false);

  // A fetch as Session.run takes it in words: "add:0" is a tensor, "add" an operation.
  Result<Fetch> find(std::string_view name) const;

  // The program for runs with feeds of these shapes; null if there is none that might not take more than
  // `max_bytes`, and run() has to do. Values that it fetches and the memory of its feeds are its own. Errors
  // as of run().
  Result<std::shared_ptr<Program>> prepare(const std::vector<Fetch>& fetches,
                                           const std::vector<std::pair<Output, Shape>>& feeds,
                                           std::int64_t max_bytes = Tensor::max_live_bytes / 2);

  // After a run: the plan it used, good until something else is asked.
  const Plan& last_plan() const { return *last_plan_; }
  void close() { is_closed_ = true; }

  // The value of a variable between runs; null for a node that is none, or has no value yet.
  const Tensor* variable(int node) const;
  void set_variable(int node, Tensor value) { state_.variables[node].value = std::move(value); }
  // Where the random streams are, by node.
  const std::map<int, Philox>& streams() const { return state_.generators; }
  void set_stream(int node, const Philox& stream) { state_.generators[node] = stream; }

 private:
  void add_generators();
  Status check_fits(Output key, const Shape& shape) const;
  Result<Tensor> checked(const Feed& feed) const;
  Plan& plan_for(Request request);
  Plan& plan_to_run(Request request);
  // The same as run(), on a program; nothing if there is none or it fails: then run() has to say what is
  // wrong.
  std::optional<std::vector<Tensor>> run_on_program(const std::vector<Fetch>& fetches,
                                                    const std::vector<Feed>& feeds);
  // Calls `see` with all random streams at their start.
  template <class See>
  auto undisturbed(See see);

  const Graph& graph_;
  std::uint64_t entropy_;
  bool is_closed_ = false;
  SessionState state_;
  std::map<int, Philox> fresh_generators_;
  int nodes_seen_ = 0;
  struct KeptPlan {
    std::unique_ptr<Plan> plan;
    std::uint64_t last_use = 0;
  };
  void forget_plans();
  std::map<Request, KeptPlan> plans_;
  struct Kept {
    std::shared_ptr<Program> program;  // Null: there is none.
    std::uint64_t last_use = 0;
  };
  void forget_programs();
  std::map<std::pair<const Plan*, std::vector<std::vector<std::int64_t>>>, Kept> programs_;
  std::uint64_t uses_ = 0;
  Plan* last_plan_ = nullptr;
};

// np.asarray(value, dtype): numbers become numbers of another dtype, floats losing their fraction on the way
// to integers. Errors: ValueError for text where a number is wanted, UnimplementedError the other way round.
Result<Tensor> converted(const Tensor& value, DType dtype);

}  // namespace sandflow
