// Where values enter a graph, and operations that only pass them on.
#include <cmath>

#include "engine/ops/elementwise.h"
#include "engine/ops/list.h"

namespace sandflow {

namespace {

Status infer_const(InferenceContext& c) {
  c.output(0, c.node().attr<Tensor>("value").shape());
  return {};
}

Status compute_const(KernelContext& c) {
  c.forward(0, c.node().attr<Tensor>("value"));
  return {};
}

Status infer_placeholder(InferenceContext& c) {
  c.output(0, c.node().attr<Shape>("shape"));
  return {};
}

// Runs only when nothing was fed (core/kernels/constant_op.cc).
Status compute_placeholder(KernelContext& c) {
  const Shape& shape = c.node().attr<Shape>("shape");
  return invalid_argument(
      cat("You must feed a value for placeholder tensor '", c.node().name, "' with dtype ",
          cpp_name(c.node().attr<DType>("dtype")),
          shape.has_rank() && shape.rank() > 0 ? cat(" and shape ", shape.runtime()) : ""));
}

// A variable is read by copying it, so that what is read keeps its value when the variable changes in the
// same run.
Status compute_identity(KernelContext& c) {
  if (!c.is_reference(0)) {
    c.forward(0, c.input(0));
    return {};
  }
  SANDFLOW_TRY(c.allocate(0, c.input(0).shape()));
  return with_any(c.input(0).dtype(), [&]<class T>() {
    std::copy(c.in<T>(0).begin(), c.in<T>(0).end(), c.out<T>(0).begin());
    return Status();
  });
}

Status compute_forward(KernelContext& c) {
  c.forward(0, c.input(0));
  return {};
}

struct FiniteCheck {
  template <class T>
  static Status run(KernelContext& c) {
    bool has_nan = false, has_inf = false;
    for (T x : c.in<T>(0)) {
      has_nan = has_nan || std::isnan(x);
      has_inf = has_inf || std::isinf(x);
    }
    if (has_nan || has_inf)
      return invalid_argument(cat(c.node().attr<std::string>("message"), " : Tensor had ",
                                  !has_nan  ? "Inf"
                                  : has_inf ? "Inf and NaN"
                                            : "NaN",
                                  " values"));
    return compute_forward(c);
  }
};

std::vector<Output> check_gradient(GradientContext& c) {
  const std::string message = cat("Not a number (NaN) or infinity (Inf) values detected in gradient. b'",
                                  c.node.attr<std::string>("message"), "'");
  return {c.b.op("CheckNumerics", {c.grad()}, {{"message", message}})};
}

std::vector<Output> prevent_gradient(GradientContext& c) {
  return {c.b.fail({ErrorKind::kLookupError,
                    cat("Gradient explicitly disabled. Reason: b'", c.node.attr<std::string>("message"), "'"),
                    c.node.name})};
}

// array_ops.cc, RangeSize: how many steps of delta lead from start to limit; a negative count says why not.
template <class T>
Result<std::int64_t> range_size(T start, T limit, T delta, bool at_run_time) {
  const auto refuse = [&](std::string text) {
    return at_run_time ? invalid_argument(std::move(text)) : value_error(std::move(text));
  };
  const auto ends = [&] {
    return cat(shortest(static_cast<double>(start)), "/", shortest(static_cast<double>(limit)));
  };
  if (delta == 0) return refuse("Requires delta != 0");
  if (delta > 0 && !(start <= limit)) return refuse(cat("Requires start <= limit when delta > 0: ", ends()));
  if (!(delta > 0) && !(start >= limit))
    return refuse(cat("Requires start >= limit when delta < 0: ", ends()));
  if constexpr (std::is_integral_v<T>) {
    // The distance of two int64 may need one more bit.
    const auto from = static_cast<std::uint64_t>(start), to = static_cast<std::uint64_t>(limit);
    const auto by = static_cast<std::uint64_t>(delta);
    const std::uint64_t distance = delta > 0 ? to - from : from - to, step = delta > 0 ? by : 0 - by;
    return static_cast<std::int64_t>(
        std::min<std::uint64_t>(distance / step + (distance % step != 0), std::uint64_t{1} << 62));
  } else {
    const double count = std::ceil(std::abs((static_cast<double>(limit) - start) / delta));
    return count < 1e15 ? static_cast<std::int64_t>(count) : std::int64_t{1} << 62;
  }
}

Status infer_range(InferenceContext& c) {
  for (int i : {0, 1, 2}) SANDFLOW_TRY(c.require_rank(i, 0));
  const auto start = c.constant(0), limit = c.constant(1), delta = c.constant(2);
  if (!start || !limit || !delta) {
    c.output(0, Shape{Shape::kUnknown});
    return {};
  }
  return with_numeric(start->dtype(), [&]<class T>() -> Status {
    const auto size = range_size(start->read<T>()[0], limit->read<T>()[0], delta->read<T>()[0], false);
    if (!size.ok()) return size.error();
    c.output(0, Shape{*size});
    return {};
  });
}

struct Range {
  template <class T>
  static Status run(KernelContext& c) {
    constexpr const char* kNames[] = {"start", "limit", "delta"};
    for (int i : {0, 1, 2})
      if (c.input(i).shape().rank() != 0)
        return invalid_argument(
            cat(kNames[i], " must be a scalar, not shape ", c.input(i).shape().runtime()));
    const T start = c.in<T>(0)[0], delta = c.in<T>(2)[0];
    const Result<std::int64_t> size = range_size(start, c.in<T>(1)[0], delta, true);
    if (!size.ok()) return size.error();
    SANDFLOW_TRY(c.allocate(0, {*size}));
    T value = start;
    for (T& x : c.out<T>(0)) {
      x = value;
      if constexpr (std::is_integral_v<T>) {
        using U = std::make_unsigned_t<T>;
        value = static_cast<T>(static_cast<U>(value) + static_cast<U>(delta));
      } else {
        value += delta;
      }
    }
    return {};
  }
};

constexpr DTypeSet kRangeTypes{"bfloat16, float32, float64, int32, int64", kNumbers.mask};

Status nothing(KernelContext&) { return {}; }

std::vector<Output> pass_on(GradientContext& c) { return {c.grad()}; }

}  // namespace

std::vector<Op> source_ops() {
  return {
      {.type = "Const",
       .python = "tf.constant",
       .family = Family::kSource,
       .outputs = {{"output", "dtype"}},
       .attrs = {type_attr("dtype", kAnyType), {"value", AttrKind::kTensor, {}}},
       .formula = R"(y = c)",
       .help = "A value that never changes.",
       .infer = infer_const,
       .compute = compute_const},
      {.type = "Placeholder",
       .python = "tf.placeholder",
       .family = Family::kSource,
       .outputs = {{"output", "dtype"}},
       .attrs = {type_attr("dtype", kAnyType), {"shape", AttrKind::kShape, Shape::unknown_rank()}},
       .formula = R"(y = \text{feed\_dict}[y])",
       .help = "A place for data that is fed in when the graph runs.",
       .infer = infer_placeholder,
       .compute = compute_placeholder},
      {.type = "Range",
       .python = "tf.range",
       .family = Family::kSource,
       .inputs = {{"start", "Tidx"}, {"limit", "Tidx"}, {"delta", "Tidx"}},
       .outputs = {{"output", "Tidx"}},
       .attrs = {type_attr("Tidx", kRangeTypes, DType::kInt32)},
       .formula = R"(y_i = a + i \, d,\quad y_i < b)",
       .help = "Numbers from start up to limit, which is left out, in steps of delta.",
       .infer = infer_range,
       .compute = for_numeric<Range>,
       .gradient = no_gradient},
      {.type = "Identity",
       .python = "tf.identity",
       .family = Family::kSource,
       .inputs = {{"input", "T"}},
       .outputs = {{"output", "T"}},
       .attrs = {type_attr("T", kAnyType)},
       .formula = R"(y = x)",
       .help = "Passes a tensor on unchanged.",
       .infer = infer_like_input,
       .compute = compute_identity,
       .gradient = pass_on},
      {.type = "StopGradient",
       .python = "tf.stop_gradient",
       .family = Family::kSource,
       .inputs = {{"input", "T"}},
       .outputs = {{"output", "T"}},
       .attrs = {type_attr("T", kAnyType)},
       .formula = R"(y = x,\quad \frac{\partial y}{\partial x} := 0)",
       .help = "Passes a tensor on, but lets no gradient back.",
       .infer = infer_like_input,
       .compute = compute_forward,
       .gradient = no_gradient},
      {.type = "PreventGradient",
       .python = "tf.raw_ops.PreventGradient",
       .family = Family::kSource,
       .inputs = {{"input", "T"}},
       .outputs = {{"output", "T"}},
       .attrs = {type_attr("T", kAnyType), {"message", AttrKind::kString, std::string()}},
       .formula = R"(y = x)",
       .help = "Passes a tensor on, and refuses to be differentiated.",
       .infer = infer_like_input,
       .compute = compute_forward,
       .gradient = prevent_gradient},
      {.type = "CheckNumerics",
       .python = "tf.check_numerics",
       .family = Family::kSource,
       .inputs = {{"tensor", "T"}},
       .outputs = {{"output", "T"}},
       .attrs = {type_attr("T", kHalfFloats), {"message", AttrKind::kString, std::string()}},
       .formula = R"(y = x,\quad |x| < \infty)",
       .help = "Passes a tensor on, or stops the run where it holds nan or infinity.",
       .infer = infer_like_input,
       .compute = for_floating<FiniteCheck>,
       .gradient = check_gradient},
      {.type = "NoOp",
       .python = "tf.no_op",
       .family = Family::kSource,
       .formula = R"(\varnothing)",
       .help = "Does nothing itself; running it runs what it depends on (tf.group).",
       .infer = infer_scalar,
       .compute = nothing},
  };
}

}  // namespace sandflow
