// Adding several operations in a row: the first error sticks, and what comes after it does nothing.
// Gradients, initializers, optimizers and the functions of engine/tf write graphs through it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/graph/graph.h"

namespace sandflow {

class Builder {
 public:
  explicit Builder(Graph& graph) : graph_(graph) {}
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  Graph& graph() { return graph_; }
  bool ok() const { return !error_; }
  Status status() const { return error_ ? Status(*error_) : Status(); }
  // Keeps the first error; returns the invalid tensor.
  Output fail(Error error);

  // Adds an operation of the list by its type; its first output (an Output with index 0 even when it has
  // none).
  Output op(std::string_view type, std::vector<Output> inputs, Attrs attrs = {}, std::string_view name = {});

  DType dtype(Output output) const { return output.valid() ? graph_.dtype(output) : DType::kFloat32; }
  Shape shape(Output output) const { return output.valid() ? graph_.shape(output) : Shape::unknown_rank(); }

  // tf.control_dependencies: operations added while the returned object lives run after these nodes.
  class [[nodiscard]] Control {
   public:
    Control(Builder& builder, std::size_t depth) : builder_(builder), depth_(depth) {}
    ~Control() { builder_.control_.resize(depth_); }
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;

   private:
    Builder& builder_;
    std::size_t depth_;
  };
  Control control_dependencies(const std::vector<int>& nodes);

 private:
  Graph& graph_;
  std::optional<Error> error_;
  std::vector<int> control_;
};

}  // namespace sandflow
