// One reader for each kind of attribute.
#include "engine/scene/fields.h"

#include <algorithm>

#include "engine/core/text.h"

namespace sandflow {

std::string field_text(const SceneNode& node, const NodeField& field) {
  const auto it = node.attrs.find(field.name);
  return it == node.attrs.end() || it->second.empty() ? field.initial : it->second;
}

std::string field_text(const SceneNode& node, std::string_view name) {
  for (const NodeField& field : find_node_type(node.type)->fields)
    if (field.name == name) return field_text(node, field);
  return "";
}

Error in_field(std::string_view field, Error error) {
  error.message = cat(field, ": ", error.message);
  return error;
}

Result<Literal> literal_field(const SceneNode& node, std::string_view field) {
  Result<Literal> value = Literal::parse(field_text(node, field));
  if (!value.ok()) return in_field(field, value.error());
  return value;
}

Result<Shape> shape_field(const SceneNode& node, std::string_view field) {
  const Result<Literal> value = literal_field(node, field);
  if (!value.ok()) return value.error();
  Result<Shape> shape = value->shape();
  if (!shape.ok()) return in_field(field, shape.error());
  return shape;
}

Result<DType> dtype_field(const SceneNode& node, std::string_view field) {
  const std::string text = field_text(node, field);
  const auto found = dtype_from_name(text.starts_with("tf.") ? text.substr(3) : text);
  if (!found) return type_error(cat("Cannot convert value '", text, "' to a TensorFlow DType."));
  return *found;
}

Result<std::optional<std::int64_t>> seed_field(const SceneNode& node) {
  const std::string text = field_text(node, "seed");
  if (text.empty() || text == "None") return std::optional<std::int64_t>();
  const auto value = parse_int(text);
  if (!value) return value_error(cat("seed: '", text, "' is not an integer."));
  return std::optional<std::int64_t>(*value);
}

std::size_t output_count(const SceneNode& node) {
  constexpr long long kMost = 64;
  const NodeType* type = find_node_type(node.type);
  if (!type) return 1;
  if (type->output_count.empty()) return std::max<std::size_t>(1, type->outputs.size());
  return static_cast<std::size_t>(
      std::clamp(parse_int(field_text(node, type->output_count)).value_or(1), 1LL, kMost));
}

std::vector<std::string> missing_inputs(const SceneNode& node, const NodeType& type) {
  std::vector<std::string> missing;
  if (!type.op && !type.function) return missing;
  for (std::size_t i = 0; i < std::max(type.inputs.size(), node.inputs.size()); ++i) {
    if (i < type.inputs.size() && i + type.optional >= type.inputs.size()) continue;
    if (i < node.inputs.size() && node.inputs[i].kind != Port::Kind::kEmpty) continue;
    if (type.inputs.empty()) break;
    const std::string& name = type.inputs[std::min(i, type.inputs.size() - 1)];
    if (std::find(missing.begin(), missing.end(), name) == missing.end()) missing.push_back(name);
  }
  return missing;
}

Result<AttrValue> attribute_field(const SceneNode& node, const NodeField& field) {
  const std::string text = field_text(node, field);
  switch (field.kind) {
    case AttrKind::kType: {
      const auto type = dtype_field(node, field.name);
      return type.ok() ? Result<AttrValue>(AttrValue(*type)) : type.error();
    }
    case AttrKind::kBool:
      if (text == "True" || text == "False") return AttrValue(text == "True");
      return value_error(cat(field.name, ": '", text, "' is neither True nor False."));
    case AttrKind::kInt: {
      const auto number = parse_int(text);
      if (!number) return value_error(cat(field.name, ": '", text, "' is not an integer."));
      return AttrValue(static_cast<std::int64_t>(*number));
    }
    case AttrKind::kFloat: {
      const auto number = parse_double(text);
      if (!number) return value_error(cat(field.name, ": '", text, "' is not a number."));
      return AttrValue(*number);
    }
    case AttrKind::kShape: {
      const auto value = shape_field(node, field.name);
      return value.ok() ? Result<AttrValue>(AttrValue(*value)) : value.error();
    }
    case AttrKind::kInts: {
      const auto value = literal_field(node, field.name);
      if (!value.ok()) return value.error();
      const Result<Tensor> list = value->tensor(DType::kInt64);
      if (!list.ok() || list->shape().rank() != 1)
        return value_error(cat(field.name, ": '", text, "' is not a list of integers."));
      return AttrValue(
          std::vector<std::int64_t>(list->read<std::int64_t>().begin(), list->read<std::int64_t>().end()));
    }
    default:
      return AttrValue(text);
  }
}

}  // namespace sandflow
