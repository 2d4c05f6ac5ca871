// What elementwise operations share: shape inference with broadcasting, and loops over one or two tensors.
#pragma once

#include <span>
#include <vector>

#include "engine/core/text.h"
#include "engine/graph/gradients.h"
#include "engine/graph/kernel.h"

namespace sandflow {

// Output 0 has the shape of input 0.
Status infer_like_input(InferenceContext& c);
// Output 0 has the broadcast shape of inputs 0 and 1.
Status infer_broadcast(InferenceContext& c);
// Output 0 is a scalar, or there is none.
Status infer_scalar(InferenceContext& c);

// A tensor that says a shape at run time; `rule` ("dims must be a vector") is the error of one that is none.
Result<Shape> requested_shape(const Tensor& tensor, const char* rule);

// "None" for every input: what TensorFlow returns for operations without a derivative.
std::vector<Output> no_gradient(GradientContext& c);

// Constants for gradient functions: a number with the dtype of `x`, and int32 vectors.
Output scalar_like(GradientContext& c, Output x, double value, std::string_view name = "Const");
Output int_constant(GradientContext& c, const std::vector<std::int32_t>& values,
                    std::string_view name = "Const");

// The description of an operation on each element of one tensor.
Op unary_op(Family family, const char* type, const char* python, const char* input, const char* output,
            const DTypeSet& allowed, const char* formula, const char* help, Status (*compute)(KernelContext&),
            std::vector<Output> (*gradient)(GradientContext&));

// How an output element finds its two operands: strides of 0 repeat a dimension of size 1.
struct BroadcastPlan {
  Shape shape;
  std::vector<std::int64_t> stride_x, stride_y;
};
Result<BroadcastPlan> plan_broadcast(const Shape& x, const Shape& y);

// Calls f(index, index in x, index in y) for every element of a broadcast shape that is not empty: an
// odometer over all axes but the last, and a plain loop over that one.
template <class F>
void for_each_broadcast(const BroadcastPlan& plan, F f) {
  const int last = plan.shape.rank() - 1;
  if (last < 0) return f(0, 0, 0);
  const auto axis = [](int a) { return static_cast<std::size_t>(a); };
  const std::int64_t run = plan.shape.dim(last), elements = plan.shape.elements();
  const std::int64_t step_x = plan.stride_x[axis(last)], step_y = plan.stride_y[axis(last)];
  std::vector<std::int64_t> at(axis(last) + 1, 0);
  std::int64_t ix = 0, iy = 0;
  for (std::int64_t i = 0; i < elements; i += run) {
    for (std::int64_t k = 0; k < run; ++k)
      f(static_cast<std::size_t>(i + k), static_cast<std::size_t>(ix + k * step_x),
        static_cast<std::size_t>(iy + k * step_y));
    for (int a = last - 1; a >= 0; --a) {
      ix += plan.stride_x[axis(a)];
      iy += plan.stride_y[axis(a)];
      if (++at[axis(a)] < plan.shape.dim(a)) break;
      ix -= plan.stride_x[axis(a)] * plan.shape.dim(a);
      iy -= plan.stride_y[axis(a)] * plan.shape.dim(a);
      at[axis(a)] = 0;
    }
  }
}

// out[i] = f(x[i]) over a whole tensor.
template <class T, class R, class F>
Status map_unary(KernelContext& c, F f) {
  SANDFLOW_TRY(c.allocate(0, c.input(0).shape()));
  const std::span<const T> x = c.in<T>(0);
  const std::span<R> out = c.out<R>(0);
  for (std::size_t i = 0; i < x.size(); ++i) out[i] = f(x[i]);
  return {};
}

// out = f(x, y) with numpy's broadcasting. Error at run time: "Incompatible shapes: [2,3] vs. [2]".
template <class T, class R, class F>
Status map_binary(KernelContext& c, F f) {
  const Shape &sx = c.input(0).shape(), &sy = c.input(1).shape();
  if (sx == sy) {
    SANDFLOW_TRY(c.allocate(0, sx));
    const auto x = c.in<T>(0), y = c.in<T>(1);
    const auto out = c.out<R>(0);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = f(x[i], y[i]);
    return {};
  }
  if (sy.rank() == 0) {
    SANDFLOW_TRY(c.allocate(0, sx));
    const auto x = c.in<T>(0);
    const T y = c.in<T>(1)[0];
    const auto out = c.out<R>(0);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = f(x[i], y);
    return {};
  }
  const Result<BroadcastPlan> plan = plan_broadcast(sx, sy);
  if (!plan.ok()) return plan.error();
  SANDFLOW_TRY(c.allocate(0, plan->shape));
  const auto x = c.in<T>(0), y = c.in<T>(1);
  const auto out = c.out<R>(0);
  if (out.empty()) return {};
  for_each_broadcast(*plan, [&](std::size_t i, std::size_t ix, std::size_t iy) { out[i] = f(x[ix], y[iy]); });
  return {};
}

// Kernels that apply a function object to each element, or to each pair of two inputs.
template <class F>
struct Each {
  template <class T>
  static Status run(KernelContext& c) {
    return map_unary<T, T>(c, F());
  }
};
template <class F>
struct EachPair {
  template <class T>
  static Status run(KernelContext& c) {
    return map_binary<T, T>(c, F());
  }
};

// A kernel for one dtype attribute "T": calls `F::template run<T>(c)` for the dtype of input 0.
template <class F>
Status for_numeric(KernelContext& c) {
  return with_numeric(c.input(0).dtype(), [&]<class T>() { return F::template run<T>(c); });
}
template <class F>
Status for_floating(KernelContext& c) {
  return with_floating(c.input(0).dtype(), [&]<class T>() { return F::template run<T>(c); });
}

}  // namespace sandflow
