// Comparisons, logic, and the choice between two tensors, element by element.
#include <algorithm>
#include <cmath>

#include "engine/ops/elementwise.h"
#include "engine/ops/list.h"

namespace sandflow {

namespace {

// A kernel that compares numbers by one of the C++ library's function objects.
template <class Compare>
struct Comparison {
  template <class T>
  static Status run(KernelContext& c) {
    return map_binary<T, bool>(c, Compare());
  }
};

template <bool kEqual>
Status compute_equal(KernelContext& c) {
  return with_any(c.input(0).dtype(), [&]<class T>() {
    return map_binary<T, bool>(c, [](const T& x, const T& y) { return (x == y) == kEqual; });
  });
}

Status compute_and(KernelContext& c) {
  return map_binary<bool, bool>(c, [](bool x, bool y) { return x && y; });
}
Status compute_or(KernelContext& c) {
  return map_binary<bool, bool>(c, [](bool x, bool y) { return x || y; });
}
Status compute_not(KernelContext& c) {
  return map_unary<bool, bool>(c, [](bool x) { return !x; });
}

template <bool (*kTest)(double)>
struct Test {
  template <class T>
  static Status run(KernelContext& c) {
    return map_unary<T, bool>(c, [](T x) { return kTest(static_cast<double>(x)); });
  }
};
bool is_nan(double x) { return std::isnan(x); }
bool is_inf(double x) { return std::isinf(x); }
bool is_finite(double x) { return std::isfinite(x); }

Status infer_select(InferenceContext& c) {
  Result<Shape> merged = merge(c.input(1), c.input(2));
  if (!merged.ok()) return merged.error();
  c.output(0, *std::move(merged));
  return {};
}

Status compute_select(KernelContext& c) {
  const Tensor &condition = c.input(0), &x = c.input(1), &y = c.input(2);
  if (x.shape() != y.shape())
    return invalid_argument(cat("'then' and 'else' must have the same size.  but received: ",
                                x.shape().runtime(), " vs. ", y.shape().runtime()));
  // One answer for all, for each element, or for each row.
  const bool per_row =
      condition.shape().rank() == 1 && x.shape().rank() > 1 && condition.shape().dim(0) == x.shape().dim(0);
  if (condition.shape().rank() > 0 && !per_row && condition.shape() != x.shape())
    return invalid_argument(cat("'then' and 'condition' must have the same size.  but received: ",
                                x.shape().runtime(), " vs. ", condition.shape().runtime()));
  SANDFLOW_TRY(c.allocate(0, x.shape()));
  const auto chosen = condition.read<bool>();
  const std::size_t repeat = static_cast<std::size_t>(x.elements()) / std::max<std::size_t>(chosen.size(), 1);
  return with_any(x.dtype(), [&]<class T>() {
    const auto out = c.out<T>(0);
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = chosen[i / repeat] ? x.read<T>()[i] : y.read<T>()[i];
    return Status();
  });
}

std::vector<Output> grad_select(GradientContext& c) {
  const Output none = c.b.op("ZerosLike", {c.grad()});
  const Output x = c.b.op("Select", {c.input(0), c.grad(), none});
  return {{}, x, c.b.op("Select", {c.input(0), none, c.grad()})};
}

Op comparison(const char* type, const char* python, const DTypeSet& allowed, const char* formula,
              const char* help, Status (*compute)(KernelContext&)) {
  return {.type = type,
          .python = python,
          .family = Family::kLogic,
          .inputs = {{"x", "T"}, {"y", "T"}},
          .outputs = {{"z", DType::kBool}},
          .attrs = {type_attr("T", allowed)},
          .formula = formula,
          .help = help,
          .infer = infer_broadcast,
          .compute = compute,
          .gradient = no_gradient};
}

Op logical(const char* type, const char* python, const char* formula, const char* help,
           Status (*compute)(KernelContext&)) {
  return {.type = type,
          .python = python,
          .family = Family::kLogic,
          .inputs = {{"x", DType::kBool}, {"y", DType::kBool}},
          .outputs = {{"z", DType::kBool}},
          .formula = formula,
          .help = help,
          .infer = infer_broadcast,
          .compute = compute,
          .gradient = no_gradient};
}

Op test(const char* type, const char* python, const char* formula, const char* help,
        Status (*compute)(KernelContext&)) {
  return {.type = type,
          .python = python,
          .family = Family::kLogic,
          .inputs = {{"x", "T"}},
          .outputs = {{"y", DType::kBool}},
          .attrs = {type_attr("T", kFloats)},
          .formula = formula,
          .help = help,
          .infer = infer_like_input,
          .compute = compute,
          .gradient = no_gradient};
}

}  // namespace

std::vector<Op> logic_ops() {
  return {
      comparison("Equal", "tf.equal", kAnyType, "z = [x = y]", "Whether two elements are equal.",
                 compute_equal<true>),
      comparison("NotEqual", "tf.not_equal", kAnyType, R"(z = [x \ne y])", "Whether two elements differ.",
                 compute_equal<false>),
      comparison("Less", "tf.less", kRealNumbers, "z = [x < y]",
                 "Whether the first element is smaller than the second.",
                 for_numeric<Comparison<std::less<>>>),
      comparison("LessEqual", "tf.less_equal", kRealNumbers, R"(z = [x \le y])",
                 "Whether the first element is at most the second.",
                 for_numeric<Comparison<std::less_equal<>>>),
      comparison("Greater", "tf.greater", kRealNumbers, "z = [x > y]",
                 "Whether the first element is larger than the second.",
                 for_numeric<Comparison<std::greater<>>>),
      comparison("GreaterEqual", "tf.greater_equal", kRealNumbers, R"(z = [x \ge y])",
                 "Whether the first element is at least the second.",
                 for_numeric<Comparison<std::greater_equal<>>>),
      logical("LogicalAnd", "tf.logical_and", R"(z = x \land y)", "Whether both are true.", compute_and),
      logical("LogicalOr", "tf.logical_or", R"(z = x \lor y)", "Whether at least one is true.", compute_or),
      {.type = "LogicalNot",
       .python = "tf.logical_not",
       .family = Family::kLogic,
       .inputs = {{"x", DType::kBool}},
       .outputs = {{"y", DType::kBool}},
       .formula = R"(y = \lnot x)",
       .help = "True becomes false, and false true.",
       .infer = infer_like_input,
       .compute = compute_not,
       .gradient = no_gradient},
      test("IsNan", "tf.is_nan", R"(y = [x = \mathrm{nan}])", "Whether an element is not a number.",
           for_floating<Test<is_nan>>),
      test("IsInf", "tf.is_inf", R"(y = [|x| = \infty])", "Whether an element is infinite.",
           for_floating<Test<is_inf>>),
      test("IsFinite", "tf.is_finite", R"(y = [|x| < \infty])",
           "Whether an element is neither infinite nor nan.", for_floating<Test<is_finite>>),
      {.type = "Select",
       .python = "tf.where",
       .family = Family::kLogic,
       .inputs = {{"condition", DType::kBool}, {"t", "T"}, {"e", "T"}},
       .outputs = {{"output", "T"}},
       .attrs = {type_attr("T", kAnyType)},
       .formula = R"(z = \begin{cases} t & c \\ e & \text{else} \end{cases})",
       .help = "Takes each element from the second input where the first is true, else from the third.",
       .infer = infer_select,
       .compute = compute_select,
       .gradient = grad_select},
  };
}

}  // namespace sandflow
