// TensorFlow's Python functions: each adds the operations, with the names and in the order, that its namesake
// adds. A program of the post reads almost the same here:
//
//   Graph graph;
//   Builder b(graph);
//   Output sum = tf::add(b, tf::constant(b, 11), tf::constant(b, 5));
//   Session session(graph);
//   std::string printed = str((*session.run({sum}))[0]);  // "16"
//
// design.md knows no such folder: it stands between graph/ and training/ because initializers, optimizers,
// scenes and tests all write graphs in these words.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/graph/builder.h"
#include "engine/tf/literal.h"

namespace sandflow::tf {

// What Python's functions take: a tensor of the graph, or a literal that becomes a constant.
using Value = std::variant<Output, Literal>;

// Values
Output constant(Builder&, const Literal& value, std::optional<DType> dtype = {},
                std::string_view name = "Const");
Output constant(Builder&, const Tensor& value, std::string_view name = "Const");
Output placeholder(Builder&, DType dtype, const Shape& shape = Shape::unknown_rank(),
                   std::string_view name = "Placeholder");
Output zeros(Builder&, const Shape& shape, DType dtype = DType::kFloat32, std::string_view name = "zeros");
Output ones(Builder&, const Shape& shape, DType dtype = DType::kFloat32, std::string_view name = "ones");
Output convert(Builder&, const Value& value, std::optional<DType> dtype = {},
               std::string_view name = "Const");

// Arithmetic. divide is true division: integers become float64.
Output add(Builder&, const Value& x, const Value& y, std::string_view name = "Add");
Output subtract(Builder&, const Value& x, const Value& y, std::string_view name = "Sub");
Output multiply(Builder&, const Value& x, const Value& y, std::string_view name = "Mul");
Output divide(Builder&, const Value& x, const Value& y, std::string_view name = "truediv");

// Reductions; no axes means all of them: a constant beside the operation, or a Range where the rank is
// unknown (math_ops.py, _ReductionDims).
Output all_axes(Builder&, Output x);
Output reduce_sum(Builder&, Output x, const std::optional<std::vector<int>>& axes = {},
                  std::string_view name = "Sum");
Output reduce_mean(Builder&, Output x, const std::optional<std::vector<int>>& axes = {},
                   std::string_view name = "Mean");

// Neural networks
Output softmax(Builder&, Output logits, std::string_view name = "Softmax");
// The first version: labels get no gradient.
Output softmax_cross_entropy_with_logits(Builder&, Output labels, Output logits);

// Random tensors. `seed`: the op-level seed. In random_tensor a scope is open already, and `own` is its name.
Output random_tensor(Builder&, std::string_view type, Output shape, std::pair<const char*, double> first,
                     std::pair<const char*, double> second, DType dtype, std::optional<std::int64_t> seed,
                     std::string_view own);
Output random_normal(Builder&, const Shape& shape, double mean = 0, double stddev = 1,
                     DType dtype = DType::kFloat32, std::optional<std::int64_t> seed = {},
                     std::string_view name = "random_normal");
Output truncated_normal(Builder&, const Shape& shape, double mean = 0, double stddev = 1,
                        DType dtype = DType::kFloat32, std::optional<std::int64_t> seed = {},
                        std::string_view name = "truncated_normal");
Output random_uniform(Builder&, const Shape& shape, double minval = 0, double maxval = 1,
                      DType dtype = DType::kFloat32, std::optional<std::int64_t> seed = {},
                      std::string_view name = "random_uniform");

// Variables: four operations each ("W/initial_value", "W", "W/Assign", "W/read").
struct Variable {
  Output ref;
  Output value;          // W/read, what other operations see.
  int initializer = -1;  // W/Assign
  bool is_trainable = true;

  bool valid() const { return ref.valid(); }
};
Variable variable(Builder&, const Value& initial_value, std::string_view name = "Variable",
                  bool trainable = true);
Variable variable(Builder&, const Tensor& initial_value, std::string_view name = "Variable",
                  bool trainable = true);
// One whose initial value is built by `build` inside "W/Initializer/", as with an initializer object.
template <class Build>
Variable variable_from(Builder& b, std::string_view name, bool trainable, Build build);

// tf.global_variables_initializer: the operation that gives these variables their initial values.
int group(Builder&, const std::vector<int>& operations, std::string_view name = "group_deps");
int variables_initializer(Builder&, const std::vector<Variable>& variables, std::string_view name = "init");

namespace detail {
Variable finish_variable(Builder&, Output initial_value, const std::string& name, bool trainable);
}

template <class Build>
Variable variable_from(Builder& b, std::string_view name, bool trainable, Build build) {
  const auto scope = b.graph().name_scope(name);
  const std::string own = b.graph().scope();
  Output initial;
  {
    const auto initializer = b.graph().name_scope("Initializer");
    initial = build();
  }
  return detail::finish_variable(b, initial, own, trainable);
}

}  // namespace sandflow::tf
