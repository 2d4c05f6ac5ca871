// The list: a node type of every operation and function, and tf.Variable.
#include "engine/scene/node_types.h"

#include <algorithm>
#include <map>

#include "engine/core/text.h"
#include "engine/ops/list.h"
#include "engine/tf/literal.h"
#include "engine/training/initializers.h"

namespace sandflow {

namespace {

const std::vector<std::string>& dtype_names(const DTypeSet& allowed) {
  static std::map<unsigned, std::vector<std::string>> known;
  std::vector<std::string>& names = known[allowed.mask];
  if (names.empty())
    for (int i = 0; i < kDTypeCount; ++i)
      if (allowed.contains(static_cast<DType>(i))) names.emplace_back(name(static_cast<DType>(i)));
  return names;
}

std::string initial_text(const AttrSpec& spec) {
  if (!spec.initial) return "";
  if (const auto* b = std::get_if<bool>(&*spec.initial)) return *b ? "True" : "False";
  if (const auto* i = std::get_if<std::int64_t>(&*spec.initial)) return std::to_string(*i);
  if (const auto* d = std::get_if<double>(&*spec.initial)) return Literal(*d).python();
  if (const auto* t = std::get_if<DType>(&*spec.initial)) return name(*t);
  if (const auto* s = std::get_if<std::string>(&*spec.initial)) return *s;
  if (const auto* list = std::get_if<std::vector<std::int64_t>>(&*spec.initial))
    return cat("[", join(*list, ", ", [](std::int64_t i) { return std::to_string(i); }), "]");
  if (std::holds_alternative<Shape>(*spec.initial)) return "None";
  return "";
}

// What follows from the inputs, or belongs to the runtime, is not for the learner to set.
bool is_own_choice(const std::vector<Arg>& inputs, const AttrSpec& spec) {
  const std::string_view attr = spec.name;
  if (attr == "seed2" || attr == "use_locking" || attr == "validate_shape") return false;
  return std::none_of(inputs.begin(), inputs.end(),
                      [&](const Arg& input) { return input.type.type_attr && attr == input.type.type_attr; });
}

// Inputs and fields, which operations and functions describe alike.
template <class Described>
void describe(NodeType& type, const Described& from) {
  // The input that may be repeated comes last on the canvas.
  for (const bool repeated : {false, true})
    for (const Arg& input : from.inputs) {
      if (input.is_variadic != repeated) continue;
      type.inputs.emplace_back(input.name);
      type.variadic = repeated;
    }
  for (const AttrSpec& spec : from.attrs) {
    if (!is_own_choice(from.inputs, spec)) continue;
    NodeField field;
    field.name = spec.name;
    field.kind = spec.kind;
    // A seed of 0 means something else than none at all.
    if (field.name != "seed") field.initial = initial_text(spec);
    field.minimum = spec.minimum;
    field.maximum = spec.maximum;
    if (spec.kind == AttrKind::kType) field.choices = dtype_names(*spec.allowed);
    if (spec.kind == AttrKind::kBool) field.choices = {"True", "False"};
    field.choices.insert(field.choices.end(), spec.choices.begin(), spec.choices.end());
    type.fields.push_back(std::move(field));
  }
}

NodeType from_op(const Op& op) {
  NodeType type{.name = op.type, .op = &op, .python = op.python, .formula = op.formula, .help = op.help};
  type.family = op.family;
  describe(type, op);
  for (const Arg& output : op.outputs) {
    type.outputs.emplace_back(output.name);
    if (output.count) type.output_count = output.count;
  }
  if (type.name == "Const") type.fields[1].initial = "0.0";
  if (type.name == "Placeholder") {
    type.fields[0].initial = "float32";
    type.fields.push_back({.name = "feed", .kind = AttrKind::kTensor});
  }
  return type;
}

NodeType from_function(const tf::Function& function) {
  NodeType type{.name = function.name,
                .function = &function,
                .python = function.python,
                .formula = function.formula,
                .help = function.help};
  type.family = function.family;
  describe(type, function);
  type.outputs.assign(function.outputs.begin(), function.outputs.end());
  type.optional = static_cast<std::size_t>(function.optional);
  return type;
}

NodeType variable_type() {
  const Op& op = *find_op("VariableV2");
  NodeType type{.name = "Variable", .python = "tf.Variable", .formula = op.formula, .help = op.help};
  type.family = Family::kState;
  type.inputs = {"initial_value"};
  type.outputs = {"value"};
  type.optional = 1;
  type.fields = {
      {.name = "shape", .kind = AttrKind::kShape, .initial = ""},
      {.name = "dtype", .kind = AttrKind::kType, .initial = "float32", .choices = dtype_names(kFloats)},
      {.name = "trainable", .kind = AttrKind::kBool, .initial = "True", .choices = {"True", "False"}},
      {.name = "initializer", .kind = AttrKind::kString, .initial = "", .choices = {""}}};
  for (const InitializerType& initializer : initializer_types()) {
    type.fields[3].choices.emplace_back(initializer.name);
    for (const Parameter& parameter : initializer.parameters)
      type.fields.push_back({.name = parameter.name,
                             .kind = AttrKind::kFloat,
                             .initial = Literal(parameter.initial).python(),
                             .minimum = parameter.minimum,
                             .maximum = parameter.maximum,
                             .only_if_field = "initializer",
                             .only_if_value = initializer.name});
  }
  type.fields.push_back({.name = "seed", .kind = AttrKind::kInt});
  return type;
}

}  // namespace

const std::vector<NodeType>& node_types() {
  static const std::vector<NodeType> types = [] {
    std::vector<NodeType> list;
    for (const Op* op : all_ops()) {
      // A variable's four operations stand on the canvas as one.
      if (std::string_view(op->type) == "VariableV2")
        list.push_back(variable_type());
      else
        list.push_back(from_op(*op));
    }
    for (const tf::Function& function : tf::functions()) list.push_back(from_function(function));
    return list;
  }();
  return types;
}

const NodeType* find_node_type(std::string_view name) {
  static const auto by_name = [] {
    std::map<std::string_view, const NodeType*> map;
    for (const NodeType& type : node_types()) map[type.name] = &type;
    return map;
  }();
  const auto it = by_name.find(name);
  return it == by_name.end() ? nullptr : it->second;
}

const Arg* arg_of(const NodeType& type, std::size_t input) {
  const std::vector<Arg>* args = type.op         ? &type.op->inputs
                                 : type.function ? &type.function->inputs
                                                 : nullptr;
  if (!args || type.inputs.empty()) return nullptr;
  const std::string& name = type.inputs[std::min(input, type.inputs.size() - 1)];
  const auto it = std::find_if(args->begin(), args->end(), [&](const Arg& arg) { return arg.name == name; });
  return it == args->end() ? nullptr : &*it;
}

const DTypeSet* allowed_for(const NodeType& type, const char* attr) {
  const AttrSpec* spec = type.op         ? type.op->find_attr(attr)
                         : type.function ? type.function->find_attr(attr)
                                         : nullptr;
  return spec ? spec->allowed : nullptr;
}

std::string dtypes_text(const NodeType& type, std::size_t input) {
  const Arg* arg = arg_of(type, input);
  if (!arg) return {};
  if (!arg->type.type_attr) return name(arg->type.fixed);
  const DTypeSet* allowed = allowed_for(type, arg->type.type_attr);
  if (!allowed || allowed->mask == kAnyType.mask) return {};
  return join(dtype_names(*allowed), ", ", [](const std::string& dtype) { return dtype; });
}

}  // namespace sandflow
