// The list of optimizers, and minimize() (python/training/optimizer.py of TensorFlow 1.15).
#include "engine/training/optimizers.h"

#include <algorithm>

#include "engine/core/text.h"

namespace sandflow {

namespace {

Output apply_gradient_descent(Builder& b, const tf::Variable& variable, const std::vector<tf::Variable>&,
                              Output gradient, const HyperTensors& hyper) {
  return b.op("ApplyGradientDescent", {variable.ref, hyper.at("learning_rate"), gradient});
}

template <bool kNesterov>
Output apply_momentum(Builder& b, const tf::Variable& variable, const std::vector<tf::Variable>& slots,
                      Output gradient, const HyperTensors& hyper) {
  return b.op("ApplyMomentum",
              {variable.ref, slots[0].ref, hyper.at("learning_rate"), gradient, hyper.at("momentum")},
              {{"use_nesterov", kNesterov}});
}

const Parameter kLearningRate{
    "learning_rate", "How far a step goes against the gradient.", 0.1, 0, 1e6, true};
const Parameter kMomentum{"momentum", "The share of the last step that is kept.", 0.9, 0, 1};

}  // namespace

const std::vector<OptimizerType>& optimizer_types() {
  static const std::vector<OptimizerType> types = {
      {"GradientDescent",
       R"(W \leftarrow W - \eta g)",
       "A step against the gradient, nothing more.",
       {kLearningRate},
       {},
       apply_gradient_descent},
      {"Momentum",
       R"(a \leftarrow \mu a + g,\quad W \leftarrow W - \eta a)",
       "Keeps rolling: each step adds a share of the last one.",
       {kLearningRate, kMomentum},
       {"Momentum"},
       apply_momentum<false>},
  };
  return types;
}

const OptimizerType* find_optimizer_type(std::string_view name) {
  for (const OptimizerType& type : optimizer_types())
    if (name == type.name) return &type;
  return nullptr;
}

Result<Minimized> minimize(Builder& b, const OptimizerType& type, const Parameters& parameters, Output loss,
                           const std::vector<tf::Variable>& variables, const std::vector<Output>& gradients) {
  Graph& graph = b.graph();
  if (variables.empty()) return value_error("No variables to optimize.");
  if (std::none_of(gradients.begin(), gradients.end(), [](Output g) { return g.valid(); })) {
    const std::string names = join(variables, ", ", [&](const tf::Variable& v) {
      return cat("\"<tf.Variable '", graph.tensor_name(v.ref), "' shape=", graph.shape(v.ref).python(),
                 " dtype=", sandflow::name(graph.dtype(v.ref)), "_ref>\"");
    });
    return value_error(
        cat("No gradients provided for any variable, check your graph for ops that do not support "
            "gradients, between variables [",
            names, "] and loss ", graph.tensor_text(loss), "."));
  }
  Minimized result;
  std::vector<std::vector<tf::Variable>> slots(variables.size());
  for (std::size_t i = 0; i < variables.size(); ++i) {
    if (!gradients[i].valid()) continue;
    const std::string& name = graph.node(variables[i].ref.node).name;
    for (const char* suffix : type.slots) {
      // Scopes are left for good here: a slot is named after its variable, wherever minimize is called.
      const auto root = graph.name_scope("");
      slots[i].push_back(tf::variable_from(b, cat(name, "/", suffix), false, [&] {
        return tf::zeros(b, graph.shape(variables[i].ref), graph.dtype(variables[i].ref));
      }));
      result.slots.push_back(slots[i].back());
    }
  }
  const auto scope = graph.name_scope(type.name);
  const std::string own = graph.scope();
  for (const Parameter& parameter : type.parameters) {
    // Python floats become float32 constants, whatever the variables are.
    const auto value = static_cast<float>(parameters.at(parameter.name));
    result.hyper[parameter.name] = tf::constant(b, Tensor::scalar(value), parameter.name);
  }
  std::vector<int> updates;
  for (std::size_t i = 0; i < variables.size() && b.ok(); ++i) {
    if (!gradients[i].valid()) continue;
    const auto update_scope = graph.name_scope(cat("update_", graph.node(variables[i].ref.node).name));
    HyperTensors hyper = result.hyper;
    for (auto& [name, tensor] : hyper)
      if (b.ok() && graph.dtype(tensor) != graph.dtype(variables[i].ref))
        tensor = b.op("Cast", {tensor}, {{"DstT", graph.dtype(variables[i].ref)}});
    if (b.ok()) updates.push_back(type.apply(b, variables[i], slots[i], gradients[i], hyper).node);
  }
  result.train_op = tf::group(b, updates, own);
  SANDFLOW_TRY(b.status());
  return result;
}

}  // namespace sandflow
