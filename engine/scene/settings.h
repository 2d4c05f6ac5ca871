// Whether what a learner chose for data, optimizer, schedule, clipping and initializer exists and is in
// range.
#pragma once

#include <string_view>

#include "engine/core/error.h"
#include "engine/scene/scene.h"

namespace sandflow {

// Errors: ValueError for an unknown name, an unknown parameter, a number out of its range. `what` is
// "optimizer", "initializer", "data", "schedule" or "clipping"; the last three may be empty.
Status check_choice(std::string_view what, const Choice& choice);
// The same for all of a scene's settings.
Status check_settings(const Scene& scene);

}  // namespace sandflow
