// Running: instructions one after the other, and a watch on memory that others may move between runs.
#include "engine/session/program.h"

#include <algorithm>
#include <cmath>

namespace sandflow {

float* Program::memory(const Value& value) {
  if (value.home == Value::Home::kArena) return arena_.write<float>().data() + value.offset;
  Tensor& tensor = value.home == Value::Home::kVariable ? value.variable->value : *value.tensor;
  if (!tensor.defined() || tensor.dtype() != DType::kFloat32) return nullptr;
  // What an operation made it may share; nothing writes there but that operation.
  return value.is_read_only ? const_cast<float*>(tensor.read<float>().data()) : tensor.write<float>().data();
}

void Program::bind() {
  bound_.clear();
  for (const Value& value : values_) bound_.push_back(memory(value));
  held_.clear();
  for (int movable : movable_) {
    const auto id = static_cast<std::size_t>(movable);
    held_.emplace_back(values_[id].variable ? &values_[id].variable->value : values_[id].tensor, bound_[id]);
  }
  instructions_.clear();
  parts_.clear();
  for (const Step& step : steps_)
    instructions_.push_back(step.is_instruction ? bound(step.recipe) : Instruction{});
}

Instruction Program::bound(const Recipe& recipe) {
  Instruction instruction = recipe.instruction;
  instruction.scratch = scratch_.write<float>().data();
  if (!recipe.parts.empty()) {
    std::vector<Instruction>& parts = parts_.emplace_back();
    for (const Recipe& part : recipe.parts) parts.push_back(bound(part));
    instruction.parts = parts.data();
    return instruction;
  }
  for (std::size_t i = 0; i < recipe.in.size(); ++i)
    instruction.in[i] = bound_[static_cast<std::size_t>(recipe.in[i])];
  for (std::size_t i = 0; i < recipe.out.size(); ++i)
    instruction.out[i] = bound_[static_cast<std::size_t>(recipe.out[i])];
  return instruction;
}

std::int64_t Program::bytes() const {
  const auto bytes_of = [](const Tensor& tensor) {
    return tensor.elements() * static_cast<std::int64_t>(size_in_bytes(tensor.dtype()));
  };
  std::int64_t bytes = bytes_of(arena_) + bytes_of(scratch_);
  for (const auto* tensors : {&tensors_, &feeds_})
    for (const Tensor& tensor : *tensors) bytes += bytes_of(tensor);
  for (const Gift& gift : gifts_) bytes += bytes_of(*gift.tensor);  // There may be two of it.
  return bytes;
}

std::vector<Tensor> Program::give() {
  std::vector<Tensor> given;
  for (const Tensor* fetched : fetched_) {
    given.push_back(*fetched);
    const bool is_gift =
        std::any_of(gifts_.begin(), gifts_.end(), [&](const Gift& gift) { return gift.tensor == fetched; });
    if (!is_gift) given.back().unshare();
  }
  has_given_ = !gifts_.empty();
  return given;
}

// Before a run: what somebody keeps is not written to. False where there is no memory for that.
bool Program::replace_given() {
  for (Gift& gift : gifts_) {
    if (!gift.tensor->shared()) continue;
    if (!gift.before.defined() || gift.before.shared()) {
      Result<Tensor> made = Tensor::make(gift.tensor->dtype(), gift.tensor->shape());
      if (!made.ok()) return false;
      gift.before = *std::move(made);
    }
    std::swap(*gift.tensor, gift.before);
  }
  has_given_ = false;
  bind();
  return true;
}

// Whether all variables have values of the right kind; also finds memory that has moved, as when somebody
// else keeps a variable's value of before.
bool Program::variables_are_ready() {
  // Where it was, it is what it was.
  if (std::all_of(held_.begin(), held_.end(),
                  [](const auto& held) { return held.first->is_alone_at(held.second); }))
    return true;
  bool has_moved = false;
  for (int movable : movable_) {
    const auto id = static_cast<std::size_t>(movable);
    const Value& value = values_[id];
    const Tensor& held = value.variable ? value.variable->value : *value.tensor;
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
      sandflow::run(instruction);
    else if (!run_operation(steps_[i]))
      return false;
  }
  return true;
}

bool Program::run() {
  // In this order: bound anew, variables are where they were bound.
  if (!variables_are_ready() || (has_given_ && !replace_given())) return false;
  for (std::size_t i = 0; i < generators_.size(); ++i) kept_generators_[i] = *generators_[i];
  const auto is_finite = [](const Tensor* tensor) {
    if (!is_floating(tensor->dtype())) return true;
    return with_floating(tensor->dtype(), [&]<class T>() {
      const auto x = tensor->read<T>();
      return std::all_of(x.begin(), x.end(), [](T v) { return std::isfinite(v); });
    });
  };
  if (!run_steps(0, first_write_) ||
      (first_write_ < steps_.size() && !std::all_of(fetched_.begin(), fetched_.end(), is_finite))) {
    for (std::size_t i = 0; i < generators_.size(); ++i) *generators_[i] = kept_generators_[i];
    return false;
  }
  return run_steps(first_write_, steps_.size());
}

}  // namespace sandflow
