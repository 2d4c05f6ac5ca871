// How a variable gets its first value: tf.initializers.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/graph/builder.h"
#include "engine/training/parameter.h"

namespace sandflow {

struct InitializerType {
  const char* name;  // "truncated_normal"
  const char* formula;
  const char* help;
  std::vector<Parameter> parameters;
  // Adds the operations that make a value of this shape. `seed`: the op-level seed.
  Output (*build)(Builder&, const Shape&, DType, const Parameters&, std::optional<std::int64_t> seed);
};

const std::vector<InitializerType>& initializer_types();
const InitializerType* find_initializer_type(std::string_view name);

}  // namespace sandflow
