// Ways to keep gradients from getting too large: what stands between tf.gradients and apply_gradients.
#pragma once

#include <string_view>
#include <vector>

#include "engine/graph/builder.h"
#include "engine/training/parameter.h"

namespace sandflow {

struct ClippingType {
  const char* name;    // "clip_by_norm"
  const char* python;  // "tf.clip_by_norm"
  const char* formula;
  const char* help;
  std::vector<Parameter> parameters;
  // Adds the operations that make gradients from gradients; those that are invalid ("None") stay so.
  std::vector<Output> (*build)(Builder&, const std::vector<Output>& gradients, const Parameters&);
};

const std::vector<ClippingType>& clipping_types();
const ClippingType* find_clipping_type(std::string_view name);

}  // namespace sandflow
