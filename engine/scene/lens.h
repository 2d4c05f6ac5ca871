// The Session lens: a tf.Session of its own on the scene's graph, whose every run is kept as a record of what
// was needed, what ran in which order, and what came out. Nothing of it is shared with a training run: its
// Variables start without values.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/scene/lower.h"
#include "engine/scene/scene.h"
#include "engine/session/session.h"
#include "engine/training/batches.h"
#include "engine/training/datasets.h"
#include "engine/training/snapshot.h"

namespace sandflow {

// What a fetch or a feed's key may say: a scene node ("loss", "split:1"), `init`, `train`, or a tensor or
// operation as TensorFlow names it ("W/read:0").
struct LensFeed {
  std::string key;
  std::string text;       // Python, as in "[[1, 2]]"; not used for a batch.
  bool is_batch = false;  // The data's batch at hand, for a placeholder that is fed from it.

  friend bool operator==(const LensFeed&, const LensFeed&) = default;
};

enum class LensPart { kFeed, kForward, kGradients, kUpdate, kInitial };

// A variable that a step wrote to; `before` is undefined if it had no value.
struct LensChange {
  int variable = -1;  // Graph node.
  Tensor before, after;
};

// One operation that ran.
struct LensEvent {
  int node = -1;   // Graph node.
  int owner = -1;  // The scene node it belongs to, or is nearest to; -1 if there is none.
  LensPart part = LensPart::kForward;
  std::vector<Tensor> values;  // By output; undefined for references and for what was too large to keep.
  std::vector<LensChange> changes;
};

// What happened at one scene node without a break: where the eye can rest.
struct LensStop {
  int owner = -1;
  LensPart part = LensPart::kForward;
  std::size_t first = 0, count = 0;  // Its events; none for a feed.
  Tensor value;          // What it gave, was fed or, among the gradients, what came to it: d loss / d value.
  Tensor before, after;  // Of the scene node's own Variable, where this changed it.
};

struct LensRun {
  std::string code;     // sess.run([a, b], feed_dict={x: 11})
  std::string printed;  // What Python prints of the result; empty after an error.
  std::optional<Error> error;
  int error_owner = -1;  // The scene node where it happened.
  std::vector<LensEvent> events;
  std::size_t left_out = 0;  // Events beyond those that are kept.
  std::vector<LensStop> stops;
  std::vector<bool> is_needed, is_fed;  // By scene node.
  // By scene node: for a fed one, what its unknown dimensions were: "None = 10". Empty: it has none.
  std::vector<std::string> unknown;
  std::vector<Tensor> held;  // By scene node: what a Variable held when the run began.
  std::map<Output, Tensor> fed;
};

// A Variable and where it is in its life.
struct LensVariable {
  enum class State { kUninitialized, kInitialized, kTrained, kLoaded };
  int owner = -1;
  State state = State::kUninitialized;
  Tensor value;
};

class Lens {
 public:
  // `data` may be null and must outlive the lens.
  Lens(const Scene& scene, const Dataset* data);

  // Never fails: what goes wrong is part of the record.
  LensRun run(const std::vector<std::string>& fetches, const std::vector<LensFeed>& feeds);
  std::string code(const std::vector<std::string>& fetches, const std::vector<LensFeed>& feeds) const;

  // What sess.run can be asked for: the scene's nodes, `init`, and `train` if there is a loss.
  const std::vector<std::string>& fetchable() const { return fetchable_; }
  bool can_fetch(std::string_view name) const { return fetch(name).ok(); }
  const std::string& init_name() const { return init_name_; }
  const std::string& train_name() const { return train_name_; }  // Empty if there is nothing to train.
  // The scene's placeholders with what the scene feeds them.
  std::vector<LensFeed> scene_feeds() const;
  bool takes_batch(std::string_view key) const;
  std::string batch_text(std::string_view key) const;  // "(10, 4)": the shape that the batch would have.
  void next_batch();
  // Something that can be fed there, to be changed by hand: zeros of its shape, with 1 for None.
  std::string some_value(std::string_view key) const;

  std::vector<LensVariable> variables() const;
  // W.load(value, sess): gives a Variable a value by hand. Not an edit of the scene, and so not undone with
  // it.
  Status load(std::string_view variable, std::string_view text);

  void close();
  void renew();  // Another session on the same graph.
  bool is_closed() const { return is_closed_; }
  // Whether the graph of this scene is the one that the lens was made for.
  bool fits(const Scene& scene) const;

  // The scene's nodes as they stand after the first `stops` stops of a run; of no run, before the first.
  std::vector<NodeSnapshot> nodes_at(const LensRun* run, std::size_t stops) const;
  const Graph& graph() const { return *lowered_.graph; }

 private:
  struct Asked {
    std::vector<Fetch> fetches;
    std::vector<Feed> feeds;
  };
  const LoweredNode* find(std::string_view text, int& output) const;
  Result<Fetch> fetch(std::string_view text) const;
  Result<Output> key(std::string_view text) const;
  Result<Feed> feed(const LensFeed& feed) const;
  Result<Asked> asked(const std::vector<std::string>& fetches, const std::vector<LensFeed>& feeds) const;
  Tensor batch(bool features) const;
  std::string python(std::string_view text) const;
  void place_nodes();
  int nearest_to(const Node& node) const;
  int variable_named_before(std::string_view name) const;
  std::vector<bool> needed_nodes(const Asked& asked) const;
  void add_constants(LensRun& run, const std::vector<bool>& needed, int before, int& next) const;
  void keep(LensRun& run, LensEvent event, std::size_t& bytes) const;
  void make_stops(LensRun& run, const Asked& asked, const std::vector<bool>& needed) const;
  void finish(LensStop& stop, const LensRun& run) const;

  Scene scene_;
  const Dataset* data_;
  Lowered lowered_;
  std::vector<std::string> fetchable_;
  std::string init_name_, train_name_;
  std::vector<int> nearest_;  // By graph node: a scene node.
  std::vector<LensPart> parts_;
  std::unique_ptr<Session> session_;
  std::map<int, LensVariable::State> life_;  // By VariableV2 node.
  bool is_closed_ = false;
  Batches batches_;
};

}  // namespace sandflow
