// The engine's lists as data: what there is to build graphs from, and what it takes.
#include "engine/core/print.h"
#include "engine/module/state.h"
#include "engine/ops/list.h"
#include "engine/tf/functions.h"
#include "engine/training/datasets.h"
#include "engine/training/initializers.h"
#include "engine/training/optimizers.h"

namespace sandflow {

namespace {

const char* name(AttrKind kind) {
  constexpr const char* kNames[] = {"type", "bool", "int", "float", "string", "shape", "tensor", "list(int)"};
  return kNames[static_cast<int>(kind)];
}

void write_dtypes(JsonWriter& json, const DTypeSet& set) {
  json.open('[');
  for (int i = 0; i < kDTypeCount; ++i)
    if (set.contains(static_cast<DType>(i))) json.value(sandflow::name(static_cast<DType>(i)));
  json.close(']');
}

// What an attribute is if nothing is said.
void write_initial(Answer& answer, const AttrValue& value) {
  JsonWriter& json = answer.json;
  if (const auto* yes = std::get_if<bool>(&value))
    json.value(*yes);
  else if (const auto* integer = std::get_if<std::int64_t>(&value))
    json.value(*integer);
  else if (const auto* number = std::get_if<double>(&value))
    answer.number(*number);
  else if (const auto* text = std::get_if<std::string>(&value))
    json.value(*text);
  else if (const auto* dtype = std::get_if<DType>(&value))
    json.value(sandflow::name(*dtype));
  else if (const auto* shape = std::get_if<Shape>(&value))
    answer.shape(*shape);
  else if (const auto* tensor = std::get_if<Tensor>(&value))
    json.value(str(*tensor));
  else if (const auto* list = std::get_if<std::vector<std::int64_t>>(&value))
    answer.shape(Shape(*list));
}

void write_args(JsonWriter& json, const char* key, const std::vector<Arg>& args) {
  json.key(key).open('[');
  for (const Arg& arg : args) {
    json.open().field("name", arg.name);
    json.field("type", arg.type.type_attr ? arg.type.type_attr : sandflow::name(arg.type.fixed));
    json.field("is_ref", arg.is_ref).field("is_variadic", arg.is_variadic);
    if (arg.count) json.field("count", arg.count);
    json.close();
  }
  json.close(']');
}

void write_attrs(Answer& answer, const std::vector<AttrSpec>& attrs) {
  JsonWriter& json = answer.json;
  json.key("attrs").open('[');
  for (const AttrSpec& spec : attrs) {
    json.open().field("name", spec.name).field("kind", name(spec.kind)).field("is_required", !spec.initial);
    if (spec.kind == AttrKind::kType) {
      json.key("allowed");
      write_dtypes(json, *spec.allowed);
    }
    if (spec.initial) {
      json.key("initial");
      write_initial(answer, *spec.initial);
    }
    if (!spec.choices.empty()) {
      json.key("choices").open('[');
      for (const char* choice : spec.choices) json.value(choice);
      json.close(']');
    }
    if (spec.minimum < spec.maximum) json.field("minimum", spec.minimum).field("maximum", spec.maximum);
    json.close();
  }
  json.close(']');
}

void write_op(Answer& answer, const Op& op) {
  JsonWriter& json = answer.json;
  json.open().field("type", op.type).field("python", op.python).field("family", name(op.family));
  json.field("formula", op.formula).field("help", op.help);
  json.field("is_stateful", op.is_stateful).field("has_gradient", op.gradient != nullptr);
  write_args(json, "inputs", op.inputs);
  write_args(json, "outputs", op.outputs);
  write_attrs(answer, op.attrs);
  json.close();
}

void write_function(Answer& answer, const tf::Function& function) {
  JsonWriter& json = answer.json;
  json.open().field("name", function.name).field("python", function.python);
  json.field("family", name(function.family));
  json.field("formula", function.formula).field("help", function.help);
  json.field("optional", function.optional).field("takes_only_names", function.takes_only_names);
  write_args(json, "inputs", function.inputs);
  json.key("outputs").open('[');
  for (const char* output : function.outputs) json.value(output);
  json.close(']');
  write_attrs(answer, function.attrs);
  json.close();
}

template <class Type>
void write_list(JsonWriter& json, const char* key, const std::vector<Type>& list) {
  json.key(key).open('[');
  for (const Type& type : list) {
    json.open().field("name", type.name).field("help", type.help).key("parameters").open('[');
    for (const Parameter& p : type.parameters) {
      json.open().field("name", p.name).field("help", p.help).field("initial", p.initial);
      json.field("minimum", p.minimum).field("maximum", p.maximum).field("is_integer", p.is_integer).close();
    }
    json.close(']').close();
  }
  json.close(']');
}

}  // namespace

Status Module::State::lists(Query& query, Answer& answer) {
  SANDFLOW_TRY(query.status());
  answer.json.open().key("dtypes");
  write_dtypes(answer.json, kAnyType);
  answer.json.key("operations").open('[');
  for (const Op* op : all_ops()) write_op(answer, *op);
  answer.json.close(']').key("functions").open('[');
  for (const tf::Function& function : tf::functions()) write_function(answer, function);
  answer.json.close(']');
  write_list(answer.json, "optimizers", optimizer_types());
  write_list(answer.json, "initializers", initializer_types());
  write_list(answer.json, "datasets", dataset_types());
  answer.json.close();
  return {};
}

}  // namespace sandflow
