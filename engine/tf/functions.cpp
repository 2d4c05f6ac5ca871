// Joins the files of functions, and calls one.
#include "engine/tf/functions.h"

#include <algorithm>
#include <map>

#include "engine/core/text.h"
#include "engine/tf/tf.h"

namespace sandflow::tf {

Output Call::scalar_like(Output x, double value, std::string_view name) const {
  const DType dtype = b.dtype(x);
  // What is no number is refused by the operation that meets it.
  const Tensor tensor =
      with_numeric(dtype == DType::kBool || dtype == DType::kString ? DType::kFloat32 : dtype,
                   [&]<class T>() { return Tensor::scalar(converted_number<T>(value)); });
  return b.op("Const", {}, {{"value", tensor}, {"dtype", tensor.dtype()}}, name);
}

Output Call::ints(const std::vector<std::int64_t>& values, std::string_view name) const {
  const Tensor tensor = Tensor::vector(std::vector<std::int32_t>(values.begin(), values.end()));
  return b.op("Const", {}, {{"value", tensor}, {"dtype", DType::kInt32}}, name);
}

Output Call::integer(std::int32_t value, std::string_view name) const {
  return b.op("Const", {}, {{"value", Tensor::scalar(value)}, {"dtype", DType::kInt32}}, name);
}

Output Call::shape_of(Output x) const {
  const Shape shape = b.shape(x);
  return shape.fully_defined() ? ints(shape.dims(), "Shape")
                               : op("Shape", {x}, {{"out_type", DType::kInt32}});
}

bool Call::is_given(std::string_view name) const {
  return std::any_of(attrs.begin(), attrs.begin() + static_cast<std::ptrdiff_t>(given),
                     [&](const Attr& attr) { return attr.name == name; });
}

Output Call::reduce(std::string_view type, Output x, const std::vector<std::int64_t>& axes,
                    bool keep_dims) const {
  if (!axes.empty())
    return b.op(type, {x, ints(axes, cat(type, "/reduction_indices"))}, {{"keep_dims", keep_dims}});
  return b.op(type, {x, all_axes(b, x)}, {{"keep_dims", keep_dims}});
}

Output Call::cast(Output x, DType dtype) const {
  return b.dtype(x) == dtype ? x : b.op("Cast", {x}, {{"DstT", dtype}});
}

const AttrSpec* Function::find_attr(std::string_view attr_name) const {
  for (const AttrSpec& spec : attrs)
    if (attr_name == spec.name) return &spec;
  return nullptr;
}

const std::vector<Function>& functions() {
  static const std::vector<Function> all = [] {
    std::vector<Function> list;
    for (const auto& file : {math_functions(), network_functions(), loss_functions()})
      list.insert(list.end(), file.begin(), file.end());
    return list;
  }();
  return all;
}

const Function* find_function(std::string_view name) {
  static const auto by_name = [] {
    std::map<std::string_view, const Function*> map;
    for (const Function& function : functions()) map[function.name] = &function;
    return map;
  }();
  const auto it = by_name.find(name);
  return it == by_name.end() ? nullptr : it->second;
}

Result<std::vector<Output>> call(Builder& b, const Function& function, std::vector<Output> inputs,
                                 Attrs attrs, std::string_view name) {
  const std::size_t given_attrs = attrs.size();
  const std::size_t least = function.inputs.size() - static_cast<std::size_t>(function.optional);
  const bool is_variadic = !function.inputs.empty() && function.inputs.back().is_variadic;
  for (std::size_t i = 0; i < least; ++i)
    if (i >= inputs.size() || !inputs[i].valid()) {
      // nn_ops.py, _ensure_xent_args.
      if (function.takes_only_names) return value_error("Both labels and logits must be provided.");
      return type_error(
          cat(function.name, "() missing 1 required positional argument: '", function.inputs[i].name, "'"));
    }
  if (inputs.size() > function.inputs.size() && !is_variadic)
    return type_error(cat(function.name, "() takes from ", least, " to ", function.inputs.size(),
                          " positional arguments but ", inputs.size(), " were given"));
  inputs.resize(std::max(inputs.size(), function.inputs.size()));
  for (const Attr& attr : attrs)
    if (!function.find_attr(attr.name))
      return type_error(cat(function.name, "() got an unexpected keyword argument '", attr.name, "'"));
  for (const AttrSpec& spec : function.attrs) {
    const auto given =
        std::find_if(attrs.begin(), attrs.end(), [&](const Attr& attr) { return attr.name == spec.name; });
    if (given == attrs.end()) {
      if (!spec.initial)
        return type_error(cat(function.name, "() missing 1 required positional argument: '", spec.name, "'"));
      attrs.push_back({spec.name, *spec.initial});
    } else {
      SANDFLOW_TRY(check_attr(function.name, spec, given->value));
    }
  }
  const auto scope = b.graph().name_scope(name.empty() ? function.scope : name);
  std::vector<Output> outputs =
      function.build({b, std::move(inputs), std::move(attrs), b.graph().scope(), given_attrs});
  SANDFLOW_TRY(b.status());
  return outputs;
}

}  // namespace sandflow::tf
