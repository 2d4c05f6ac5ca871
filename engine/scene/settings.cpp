// Choices held against the lists they come from.
#include "engine/scene/settings.h"

#include <algorithm>
#include <cmath>

#include "engine/core/text.h"
#include "engine/training/clipping.h"
#include "engine/training/datasets.h"
#include "engine/training/initializers.h"
#include "engine/training/optimizers.h"
#include "engine/training/schedules.h"

namespace sandflow {

namespace {

Status check_parameters(std::string_view what, const Choice& choice, const std::vector<Parameter>& list) {
  for (const auto& entry : choice.parameters) {
    const std::string& name = entry.first;
    const double value = entry.second;
    const auto it =
        std::find_if(list.begin(), list.end(), [&](const Parameter& p) { return name == p.name; });
    if (it == list.end())
      return value_error(cat(what, " '", choice.name, "' has no parameter '", name, "'."));
    if (!(value >= it->minimum && value <= it->maximum))
      return value_error(cat(what, " '", choice.name, "': ", name, " must be from ", shortest(it->minimum),
                             " to ", shortest(it->maximum), ", not ", shortest(value), "."));
    if (it->is_integer && value != std::floor(value))
      return value_error(
          cat(what, " '", choice.name, "': ", name, " must be an integer, not ", shortest(value), "."));
  }
  return {};
}

}  // namespace

Status check_choice(std::string_view what, const Choice& choice) {
  const std::vector<Parameter>* list = nullptr;
  if (what == "optimizer") {
    if (const auto* type = find_optimizer_type(choice.name)) list = &type->parameters;
  } else if (what == "initializer") {
    if (const auto* type = find_initializer_type(choice.name)) list = &type->parameters;
  } else {
    static const std::vector<Parameter> none;
    if (choice.name.empty()) list = &none;
    if (what == "schedule") {
      if (const auto* type = find_schedule_type(choice.name)) list = &type->parameters;
    } else if (what == "clipping") {
      if (const auto* type = find_clipping_type(choice.name)) list = &type->parameters;
    } else {
      if (const auto* type = find_dataset_type(choice.name)) list = &type->parameters;
    }
  }
  if (!list) return value_error(cat("Unknown ", what, ": '", choice.name, "'."));
  return check_parameters(what, choice, *list);
}

Status check_settings(const Scene& scene) {
  SANDFLOW_TRY(check_choice("data", scene.data));
  SANDFLOW_TRY(check_choice("optimizer", scene.training.optimizer));
  SANDFLOW_TRY(check_choice("schedule", scene.training.schedule));
  SANDFLOW_TRY(check_choice("clipping", scene.training.clipping));
  SANDFLOW_TRY(check_choice("initializer", scene.training.initializer));
  if (scene.training.batch_size < 1)
    return value_error(cat("batch_size must be at least 1, not ", scene.training.batch_size, "."));
  return {};
}

}  // namespace sandflow
