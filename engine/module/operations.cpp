// Calls that add one operation, or one of TensorFlow's Python functions, with values of requests as inputs
// and attributes.
#include <algorithm>

#include "engine/core/text.h"
#include "engine/module/state.h"
#include "engine/tf/functions.h"

namespace sandflow {

namespace {

// An attribute from what stands for it in Python (op_def_library.py, _MakeInt and its like).
Result<AttrValue> attr_value(const AttrSpec& spec, const Value& value, const std::string& text,
                             std::optional<DType> dtype) {
  using Kind = Literal::Kind;
  const auto expected = [&](std::string_view what) {
    return type_error(cat("Expected ", what, " for argument '", spec.name, "' not ", text, "."));
  };
  if (spec.kind == AttrKind::kTensor) {
    if (const auto* array = std::get_if<Tensor>(&value)) {
      Result<Tensor> tensor = dtype ? converted(*array, *dtype) : *array;
      return tensor.ok() ? Result<AttrValue>(*std::move(tensor)) : tensor.error();
    }
    const auto* list = std::get_if<Literal>(&value);
    if (!list)
      return type_error(
          cat("Don't know how to convert ", text, " to a TensorProto for argument '", spec.name, "'"));
    Result<Tensor> tensor = list->tensor(dtype);
    return tensor.ok() ? Result<AttrValue>(*std::move(tensor)) : tensor.error();
  }
  const auto* literal = std::get_if<Literal>(&value);
  const auto is = [&](Kind kind) { return literal && literal->kind() == kind; };
  switch (spec.kind) {
    case AttrKind::kBool:
      if (!is(Kind::kBool)) return expected("bool");
      return AttrValue(literal->as_int() != 0);
    case AttrKind::kInt:
      if (!is(Kind::kInt)) return expected("int");
      return AttrValue(literal->as_int());
    case AttrKind::kFloat:
      if (!is(Kind::kInt) && !is(Kind::kFloat)) return expected("float");
      return AttrValue(literal->as_double());
    case AttrKind::kString:
      if (!is(Kind::kString)) return expected("string");
      return AttrValue(literal->as_string());
    case AttrKind::kType: {
      const auto type = is(Kind::kString) ? dtype_from_name(literal->as_string()) : std::nullopt;
      if (!type) return expected("DataType");
      return AttrValue(*type);
    }
    case AttrKind::kShape: {
      if (!literal) return expected("TensorShape");
      const Result<Shape> shape = literal->shape();
      return shape.ok() ? Result<AttrValue>(*shape) : shape.error();
    }
    case AttrKind::kInts: {
      if (!is(Kind::kList)) return type_error(cat("Expected list for attr ", spec.name));
      std::vector<std::int64_t> ints;
      for (const Literal& item : literal->items()) {
        if (item.kind() != Kind::kInt)
          return type_error(cat("Expected int for argument '", spec.name, "' not ", item.python(), "."));
        ints.push_back(item.as_int());
      }
      return AttrValue(std::move(ints));
    }
    case AttrKind::kTensor:
      break;
  }
  return expected("a value");
}

}  // namespace

Result<Tensor> tensor_of(const Value& value, std::optional<DType> dtype) {
  if (const auto* array = std::get_if<Tensor>(&value)) return dtype ? converted(*array, *dtype) : *array;
  return std::get<Literal>(value).tensor(dtype);
}

// One input, as apply_op of python/framework/op_def_library.py converts it, or convert_to_tensor for a
// function.
Result<Output> Module::State::input(Builder& b, const GraphRoom& room, const Op* op, const Given& given,
                                    std::optional<DType> wanted) const {
  const Value& value = *given.value;
  const auto not_wanted = [&](const Error& error) -> Error {
    if (!wanted || !op) return error;
    return type_error(cat("Expected ", sandflow::name(*wanted), " passed to parameter '", given.arg->name,
                          "' of op '", op->type, "', got ", repr(value), " of type '", type_name(value),
                          "' instead. Error: ", error.message));
  };
  if (std::holds_alternative<OperationRef>(value)) {
    const Result<int> node = operation(room, value);
    if (!node.ok()) return node.error();
    if (given.is_run) return Output{*node, 0};
    return not_wanted(
        type_error(cat("Can't convert Operation '", room.graph.node(*node).name,
                       "' to Tensor (target dtype=", wanted ? cat("tf.", sandflow::name(*wanted)) : "None",
                       ", name='", given.name, "', as_ref=", given.arg->is_ref ? "True" : "False", ")")));
  }
  if (is_constant(value)) {
    const Result<Tensor> made = tensor_of(value, wanted);
    if (made.ok()) return tf::constant(b, *made, given.name);
    if (made.error().kind == ErrorKind::kTypeError) return not_wanted(made.error());
    if (made.error().kind != ErrorKind::kValueError || !op) return made.error();
    return value_error(cat("Tried to convert '", given.arg->name,
                           "' to a tensor and failed. Error: ", made.error().message));
  }
  const auto* variable = std::get_if<VariableRef>(&value);
  Result<Output> found = tensor(room, value);
  if (!found.ok() && found.error().kind == ErrorKind::kValueError)
    return value_error(cat(str(value), " is not from the passed-in graph."));
  return found.ok() && variable && !given.arg->is_ref ? room.variable(found->node)->value : found;
}

// Numbers take the dtype that the other inputs ask for, wherever these stand: JavaScript has no 1.0.
Result<std::vector<Output>> Module::State::inputs(Builder& b, const GraphRoom& room, const Op* op,
                                                  const std::vector<Given>& given, const Attrs& attrs) const {
  std::map<std::string_view, DType> known;
  for (const Attr& attr : attrs)
    if (const auto* dtype = std::get_if<DType>(&attr.value)) known.emplace(attr.name, *dtype);
  std::vector<Output> out(given.size());
  for (const bool constants : {false, true})
    for (std::size_t i = 0; i < given.size(); ++i) {
      if (!given[i].value || is_constant(*given[i].value) != constants) continue;
      const ArgType& type = given[i].arg->type;
      std::optional<DType> wanted;
      if (!type.type_attr)
        wanted = type.fixed;
      else if (const auto found = known.find(type.type_attr); found != known.end())
        wanted = found->second;
      const Result<Output> made = input(b, room, op, given[i], wanted);
      if (!made.ok()) return made.error();
      SANDFLOW_TRY(b.status());
      out[i] = *made;
      if (type.type_attr && !given[i].is_run) known.emplace(type.type_attr, b.dtype(*made));
    }
  return out;
}

Status Module::State::add_op(Query& query, Answer& answer) {
  GraphRoom* room = graph(query);
  const Place where = place(query, room);
  const std::string type = query.text("type"), name = query.text("name");
  const std::vector<Value> values = query.values("inputs");
  const std::map<std::string, Value> given = query.named_values("attrs");
  SANDFLOW_TRY(query.status());
  const Op* op = find_op(type);
  if (!op) return Error{ErrorKind::kRuntimeError, cat("Unrecognized Op name ", type), {}};
  if (values.size() > op->inputs.size() && !op->is_variadic())
    return type_error(cat("'", type, "' Op takes ", op->inputs.size(), " inputs, got ", values.size(), "."));
  for (const auto& [key, value] : given)
    if (!op->find_attr(key)) return type_error(cat("apply_op() got unexpected keyword arguments: ", key));
  Attrs attrs;
  std::optional<DType> dtype;
  // A type stands before the tensor that is to have it.
  for (const AttrSpec& spec : op->attrs) {
    const auto found = given.find(spec.name);
    if (found == given.end() ||
        (std::holds_alternative<Literal>(found->second) &&
         std::get<Literal>(found->second).kind() == Literal::Kind::kNone && spec.kind != AttrKind::kShape))
      continue;
    Result<AttrValue> value = attr_value(spec, found->second, repr(found->second), dtype);
    if (!value.ok()) return value.error();
    if (const auto* chosen = std::get_if<DType>(&*value)) dtype = *chosen;
    const auto* tensor = std::get_if<Tensor>(&*value);
    if (tensor && !dtype && op->find_attr("dtype")) attrs.push_back({"dtype", tensor->dtype()});
    attrs.push_back({spec.name, *std::move(value)});
  }
  Builder b(room->graph);
  const auto outer = room->graph.name_scope(where.scope);
  const auto control = b.control_dependencies(where.control);
  const auto scope = room->graph.name_scope(name.empty() ? std::string_view(type) : name);
  const std::string own = room->graph.scope();
  std::vector<Given> described;
  std::size_t repeated = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Arg& arg = op->input(i, values.size());
    described.push_back({&arg, arg.is_variadic ? cat(arg.name, "_", repeated++) : arg.name, values[i]});
  }
  const Result<std::vector<Output>> inputs_made = inputs(b, *room, op, described, attrs);
  if (!inputs_made.ok()) return inputs_made.error();
  // As Python's functions do it: "seed" is the operation's own, and both numbers follow from it and the
  // graph's.
  if (op->find_attr("seed2") && !given.contains("seed2")) {
    std::optional<std::int64_t> own_seed;
    for (const Attr& attr : attrs)
      if (attr.name == "seed") own_seed = std::get<std::int64_t>(attr.value);
    const SeedPair pair = room->graph.op_seed(own_seed);
    std::erase_if(attrs, [](const Attr& attr) { return attr.name == "seed"; });
    attrs.push_back({"seed", pair.seed});
    attrs.push_back({"seed2", pair.seed2});
  }
  const Output made = b.op(type, *inputs_made, std::move(attrs), own);
  SANDFLOW_TRY(b.status());
  answer.json.value(made.node);
  return {};
}

// A call of TensorFlow's Python: arguments by position, and inputs and attributes by name.
Status Module::State::add_function(Query& query, Answer& answer) {
  GraphRoom* room = graph(query);
  const Place where = place(query, room);
  const std::string called = query.text("function"), name = query.text("name");
  const std::vector<Value> values = query.values("inputs");
  std::map<std::string, Value> named = query.named_values("named");
  SANDFLOW_TRY(query.status());
  const tf::Function* function = tf::find_function(called);
  if (!function) return type_error(cat("there is no function '", called, "'."));
  if (function->takes_only_names && !values.empty())
    return value_error(cat("Only call `", called, "` with named arguments (labels=..., logits=..., ...)"));
  const auto is_none = [](const Value& value) {
    const auto* literal = std::get_if<Literal>(&value);
    return literal && literal->kind() == Literal::Kind::kNone;
  };
  const std::size_t most = function->inputs.size(),
                    least = most - static_cast<std::size_t>(function->optional);
  const bool is_run = function->outputs.empty();
  std::vector<Given> given;
  // tf::call says what is too much or too little.
  for (std::size_t i = 0; i < std::max(most, values.size()); ++i) {
    const Arg& arg = function->inputs[std::min(i, most - 1)];
    given.push_back({&arg, arg.is_variadic ? cat(arg.name, "_", i - (most - 1)) : arg.name, {}, is_run});
    std::optional<Value>& value = given.back().value;
    if (i < values.size()) value = values[i];
    if (const auto found = named.find(arg.name); i < most && found != named.end()) {
      if (value) return type_error(cat(called, "() got multiple values for argument '", arg.name, "'"));
      value = std::move(found->second);
      named.erase(found);
    }
    if (i >= least && i < most && value && is_none(*value)) value.reset();
  }
  Attrs attrs;
  for (const auto& [key, value] : named) {
    const AttrSpec* spec = function->find_attr(key);
    if (!spec) return type_error(cat(called, "() got an unexpected keyword argument '", key, "'"));
    if (is_none(value)) continue;
    // Python's axis=1 is a list of one.
    const auto* literal = std::get_if<Literal>(&value);
    const bool is_axis = spec->kind == AttrKind::kInts && literal && literal->kind() == Literal::Kind::kInt;
    Result<AttrValue> made =
        is_axis ? AttrValue(std::vector{literal->as_int()}) : attr_value(*spec, value, repr(value), {});
    if (!made.ok()) return made.error();
    attrs.push_back({spec->name, *std::move(made)});
  }
  Builder b(room->graph);
  const auto outer = room->graph.name_scope(where.scope);
  const auto control = b.control_dependencies(where.control);
  const auto scope = room->graph.name_scope(name.empty() ? std::string_view(function->scope) : name);
  const std::string own = room->graph.scope();
  Result<std::vector<Output>> inputs_made = inputs(b, *room, nullptr, given, attrs);
  if (!inputs_made.ok()) return inputs_made.error();
  const Result<std::vector<Output>> made =
      tf::call(b, *function, *std::move(inputs_made), std::move(attrs), own);
  if (!made.ok()) return made.error();
  answer.json.open('[');
  for (const Output& output : *made) answer.json.open('[').value(output.node).value(output.index).close(']');
  // What is only run has added its operation last.
  if (is_run) answer.json.value(room->graph.size() - 1);
  answer.json.close(']');
  return {};
}

}  // namespace sandflow
