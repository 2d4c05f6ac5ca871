// The one written form of a scene: for files, links, lessons and messages. README.md describes it.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/error.h"
#include "engine/scene/scene.h"

namespace sandflow {

inline constexpr int kSceneVersion = 1;

// Errors (ValueError) name the place: a line and column where the JSON itself is wrong ("line 3, column 7:
// ..."), a path where its meaning is ("nodes[2].inputs[0]: ..."). Names nobody knows are errors, not ignored.
Result<Scene> scene_from_json(std::string_view json);
// The same scene always gives the same bytes.
std::string scene_to_json(const Scene& scene);
// Nodes alone, for the clipboard: scene_from_json reads them.
std::string nodes_to_json(const std::vector<SceneNode>& nodes, const std::set<std::string>& folded);

}  // namespace sandflow
