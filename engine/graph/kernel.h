// What an operation's computation sees while a graph runs: the values of its inputs, room for its outputs,
// the variables and the random stream that belong to it.
#pragma once

#include <span>
#include <vector>

#include "engine/core/random.h"
#include "engine/core/tensor.h"
#include "engine/graph/graph.h"

namespace sandflow {

// A variable's memory in a session; undefined until its initializer ran.
struct Variable {
  Tensor value;
};

class KernelContext {
 public:
  // Everything is looked up once, when a plan is compiled; a run only follows pointers.
  struct Slots {
    const Node* node = nullptr;
    std::vector<const Tensor*> inputs;  // Null for a reference input.
    std::vector<Variable*> variables;   // By input (or output) index; null where it is no reference.
    std::vector<Tensor*> outputs;
    Philox* generator = nullptr;  // Of stateful random operations.
  };

  explicit KernelContext(const Slots& slots) : slots_(slots) {}

  const Node& node() const { return *slots_.node; }
  int inputs() const { return static_cast<int>(slots_.inputs.size()); }
  // A reference input reads as the variable's value.
  const Tensor& input(int i) const {
    const auto k = static_cast<std::size_t>(i);
    return slots_.inputs[k] ? *slots_.inputs[k] : slots_.variables[k]->value;
  }
  bool is_reference(int i) const { return slots_.inputs[static_cast<std::size_t>(i)] == nullptr; }
  template <class T>
  std::span<const T> in(int i) const {
    return input(i).read<T>();
  }

  // Makes output `i` a tensor of this shape; memory of the last run is used again when it fits and nobody
  // holds it.
  Status allocate(int i, const Shape& shape) {
    Tensor& tensor = output(i);
    if (tensor.defined() && !tensor.shared() && tensor.shape() == shape) return {};
    Result<Tensor> made = Tensor::make(slots_.node->outputs[static_cast<std::size_t>(i)].dtype, shape);
    if (!made.ok()) return made.error();
    tensor = *std::move(made);
    return {};
  }
  Tensor& output(int i) const { return *slots_.outputs[static_cast<std::size_t>(i)]; }
  template <class T>
  std::span<T> out(int i) const {
    return output(i).write<T>();
  }
  // Output `i` is this tensor, its elements shared.
  void forward(int i, Tensor tensor) const { output(i) = std::move(tensor); }

  Variable& variable(int input) const { return *slots_.variables[static_cast<std::size_t>(input)]; }
  Philox& generator() const { return *slots_.generator; }

 private:
  const Slots& slots_;
};

}  // namespace sandflow
