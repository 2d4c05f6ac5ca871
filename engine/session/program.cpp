// Running: instructions one after the other, and a watch on memory that others may move between runs.
#include "engine/session/program.h"

#include <algorithm>
#include <cmath>

namespace sandflow {

float* Program::memory(const Value& value) {
  if (value.home == Value::Home::kArena) return arena_.data() + value.offset;
  Tensor& tensor = value.home == Value::Home::kVariable ? value.variable->value : *value.tensor;
  if (!tensor.defined() || tensor.dtype() != DType::kFloat32) return nullptr;
  // What an operation made it may share; nothing writes there but that operation.
  return value.is_read_only ? const_cast<float*>(tensor.read<float>().data()) : tensor.write<float>().data();
}

void Program::bind() {
  bound_.clear();
  for (const Value& value : values_) bound_.push_back(memory(value));
  instructions_.clear();
  for (Step& step : steps_) {
    Instruction& instruction = instructions_.emplace_back(step.recipe.instruction);
    if (!step.is_instruction) continue;
    for (std::size_t i = 0; i < step.recipe.in.size(); ++i)
      instruction.in[i] = bound_[static_cast<std::size_t>(step.recipe.in[i])];
    for (std::size_t i = 0; i < step.recipe.out.size(); ++i)
      instruction.out[i] = bound_[static_cast<std::size_t>(step.recipe.out[i])];
    instruction.scratch = scratch_.data();
  }
}

// Whether all variables have values of the right kind; also finds memory that has moved, as when somebody
// else keeps a variable's value of before.
bool Program::variables_are_ready() {
  bool has_moved = false;
  for (int movable : movable_) {
    const auto id = static_cast<std::size_t>(movable);
    const Value& value = values_[id];
    const Tensor& held = value.variable ? value.variable->value : *value.tensor;
    // Where it was, it is what it was.
    if (held.is_alone_at(bound_[id])) continue;
    if (!held.defined() || held.dtype() != value.dtype || held.shape() != value.shape) return false;
    has_moved = has_moved || memory(value) != bound_[id];
  }
  if (has_moved) bind();
  return true;
}

bool Program::run_operation(Step& step) {
  KernelContext context(step.slots);
  if (!step.slots.node->op->compute(context).ok()) return false;
  for (int out : step.recipe.out)
    if (memory(values_[static_cast<std::size_t>(out)]) != bound_[static_cast<std::size_t>(out)]) {
      bind();
      break;
    }
  return true;
}

bool Program::run_steps(std::size_t first, std::size_t last) {
  for (std::size_t i = first; i < last; ++i) {
    const Instruction& instruction = instructions_[i];
    if (instruction.run)
      instruction.run(instruction);
    else if (!run_operation(steps_[i]))
      return false;
  }
  return true;
}

bool Program::run() {
  if (!variables_are_ready()) return false;
  for (std::size_t i = 0; i < generators_.size(); ++i) kept_generators_[i] = *generators_[i];
  const auto is_finite = [](const Tensor* tensor) {
    if (tensor->dtype() != DType::kFloat32) return true;
    const auto x = tensor->read<float>();
    return std::all_of(x.begin(), x.end(), [](float v) { return std::isfinite(v); });
  };
  if (!run_steps(0, first_write_) ||
      (first_write_ < steps_.size() && !std::all_of(fetched_.begin(), fetched_.end(), is_finite))) {
    for (std::size_t i = 0; i < generators_.size(); ++i) *generators_[i] = kept_generators_[i];
    return false;
  }
  return run_steps(first_write_, steps_.size());
}

}  // namespace sandflow
