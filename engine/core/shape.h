// A tensor's shape, known in full or in part: a dimension, or even the rank, may be unknown until a graph
// runs.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "engine/core/error.h"

namespace sandflow {

class Shape {
 public:
  static constexpr std::int64_t kUnknown = -1;

  Shape() = default;  // A scalar.
  Shape(std::initializer_list<std::int64_t> dims) : dims_(dims) {}
  explicit Shape(std::vector<std::int64_t> dims) : dims_(std::move(dims)) {}
  static Shape unknown_rank();
  static Shape unknown_dims(int rank);

  bool has_rank() const { return has_rank_; }
  int rank() const { return has_rank_ ? static_cast<int>(dims_.size()) : -1; }
  std::int64_t dim(int axis) const { return dims_[static_cast<std::size_t>(axis)]; }
  const std::vector<std::int64_t>& dims() const { return dims_; }
  void set_dim(int axis, std::int64_t size) { dims_[static_cast<std::size_t>(axis)] = size; }
  void append(std::int64_t size) { dims_.push_back(size); }

  bool fully_defined() const;
  // The product of the dimensions, which must all be known; saturates at the largest int64.
  std::int64_t elements() const;
  // Whether both can describe the same tensor (unknown fits everything).
  bool compatible_with(const Shape& other) const;

  std::string python() const;   // "(?, 3)", "(3,)", "()", "<unknown>": tf.Tensor's shape as Python prints it.
  std::string runtime() const;  // "[?,3]", "[]", "<unknown>": as TensorFlow's runtime messages print it.

  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  std::vector<std::int64_t> dims_;
  bool has_rank_ = true;
};

// Both shapes made one, knowing all that either knows. The messages are those of TensorFlow's shape inference
// (core/framework/shape_inference.cc), without the suffix that names the node.
Result<Shape> merge(const Shape& a, const Shape& b);

// The shape of an elementwise operation on both, by numpy's rules, unknown dimensions included
// (core/framework/common_shape_fns.cc, BroadcastBinaryOpShapeFn).
Result<Shape> broadcast(const Shape& a, const Shape& b);

}  // namespace sandflow
