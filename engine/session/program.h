// A plan compiled for tensors of known shapes: constants folded, equal computations done once, what only
// renames memory gone, kernels with bare operands, every buffer placed once. Training runs on it; the plan
// stays the judge of what it must compute, to the bit, and does what a program cannot: report an error, or a
// step that diverges.
#pragma once

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "engine/session/instructions.h"
#include "engine/session/plan.h"

namespace sandflow {

class Program {
 public:
  // `feed_shapes` in the order of the plan's feeds. Null where a shape depends on values, where something is
  // read after it was written to in the same run, where a reference is fetched, or where all values together
  // take more than `max_bytes`.
  static std::unique_ptr<Program> compile(const Graph& graph, SessionState& state, const Plan& plan,
                                          const std::vector<Shape>& feed_shapes, std::int64_t max_bytes);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // The memory of feed `i`, to be written before a run.
  Tensor& feed(std::size_t i) { return feeds_[i]; }
  // False: this step is none for a program (a variable has no value, a fetched number is not finite, an
  // operation fails), nothing was changed, and the plan has to run it.
  bool run();
  // The memory of its own.
  std::int64_t bytes() const;
  // After a run: fetch `i`. Good until the next.
  const Tensor& fetched(std::size_t i) const { return *fetched_[i]; }
  // After a run: all fetches, to keep. Nothing is copied that instructions made: the next run makes it in
  // other memory, which is what was given away the time before if nobody kept that.
  std::vector<Tensor> give();

 private:
  friend class Compiler;

  // Where a value lies while the program runs.
  struct Value {
    enum class Home { kArena, kTensor, kVariable };
    Home home = Home::kArena;
    DType dtype = DType::kFloat32;
    Shape shape;
    Tensor* tensor = nullptr;      // kTensor.
    Variable* variable = nullptr;  // kVariable.
    std::size_t offset = 0;        // kArena: in floats.
    bool is_read_only = false;     // For instructions.
  };
  // An instruction, or an operation that runs as its description says.
  struct Step {
    Recipe recipe;
    KernelContext::Slots slots;
    bool is_instruction = false, writes = false;
  };

  Program() = default;
  float* memory(const Value& value);
  void bind();
  Instruction bound(const Recipe& recipe);
  bool variables_are_ready();
  bool replace_given();
  bool run_operation(Step& step);
  bool run_steps(std::size_t first, std::size_t last);

  std::unique_ptr<Graph> graph_;  // Of the nodes that are left, with all shapes known.
  std::vector<Value> values_;
  std::deque<Tensor> tensors_;
  std::deque<Tensor> feeds_;
  std::vector<const Tensor*> fetched_;
  // A fetch that instructions write to in every run, and the memory it had before this.
  struct Gift {
    Tensor* tensor;
    Tensor before;
  };
  std::vector<Gift> gifts_;
  bool has_given_ = false;
  std::vector<Step> steps_;
  // The steps as they are run: instructions side by side, and null for an operation.
  std::vector<Instruction> instructions_;
  std::deque<std::vector<Instruction>> parts_;  // Of chains and of layers.
  std::size_t first_write_ = 0;
  // Values of variables and feeds, which others may replace between runs: their numbers, and where each was.
  std::vector<int> movable_;
  std::vector<std::pair<const Tensor*, const float*>> held_;
  std::vector<float*> bound_;  // Where the memory of variables and tensors was when instructions were bound.
  std::vector<Philox*> generators_;
  std::vector<Philox> kept_generators_;
  Tensor arena_, scratch_;  // Counted with all other tensors.
};

}  // namespace sandflow
