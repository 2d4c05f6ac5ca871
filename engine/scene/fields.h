// A node's attributes, read from the Python text that the learner typed. Errors say which field and what was
// expected.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/scene/node_types.h"
#include "engine/scene/scene.h"
#include "engine/tf/literal.h"

namespace sandflow {

// What was typed, or else the field's initial text.
std::string field_text(const SceneNode& node, const NodeField& field);
std::string field_text(const SceneNode& node, std::string_view field);

Result<Literal> literal_field(const SceneNode& node, std::string_view field);
Result<Shape> shape_field(const SceneNode& node, std::string_view field);
Result<DType> dtype_field(const SceneNode& node, std::string_view field);
Result<std::optional<std::int64_t>> seed_field(const SceneNode& node);  // The field "seed"; nothing for None.
// The inputs that the node needs and that are empty, by name; each name once.
std::vector<std::string> missing_inputs(const SceneNode& node, const NodeType& type);
// How many outputs the node has, as its attributes say; at least 1.
std::size_t output_count(const SceneNode& node);
// As an attribute of the node's operation.
Result<AttrValue> attribute_field(const SceneNode& node, const NodeField& field);

// "shape: ..." before an error's text.
Error in_field(std::string_view field, Error error);

}  // namespace sandflow
