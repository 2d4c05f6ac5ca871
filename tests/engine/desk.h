// Guards nothing by itself: scenes written in a line, and a workspace to try them on.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "engine/core/print.h"
#include "engine/core/text.h"
#include "engine/scene/json.h"
#include "engine/scene/workspace.h"
#include "tests/engine/support.h"

namespace sandflow::test {

inline bool always() { return true; }

inline const auto kLessons = {"penguins", "spiral"};
// In the one form that a scene is written in.
inline std::string lesson(std::string_view name) {
  return scene_to_json(must(scene_from_json(read_file(cat("../web/lessons/scenes/", name, ".json")))));
}

// A scene of these nodes, each written as in a file.
inline std::string scene_of(std::initializer_list<const char*> nodes, std::string_view more = "") {
  return cat("{\"sandflow\": 1, ", more, "\"nodes\": [",
             join(nodes, ",\n", [](const char* node) { return std::string(node); }), "]}");
}

// A workspace with some scene, and its nodes by name.
struct Desk {
  Workspace workspace;

  explicit Desk(const std::string& json) { must(workspace.open(json)); }

  const NodeSnapshot& operator[](std::string_view name) {
    const int index = workspace.scene().index_of(name);
    SANDFLOW_CHECK(index >= 0);
    return workspace.snapshot().nodes[static_cast<std::size_t>(index)];
  }
  std::string value(std::string_view name) { return str((*this)[name].value); }
  std::string error(std::string_view name) {
    const auto& error = (*this)[name].error;
    return error ? error->text() : "no error";
  }
  std::string apply(const edit::Edit& edit, std::string_view gesture = {}) {
    return error_text(workspace.apply(edit, gesture));
  }
};

inline const char* const kSum = R"({"name": "sum", "type": "AddV2", "inputs": ["a", "b"]})";
inline const char* const kA = R"({"name": "a", "type": "Const", "attrs": {"value": "[1.0, 2.0]"}})";
inline const char* const kB = R"({"name": "b", "type": "Const", "attrs": {"value": "[10.0, 20.0]"}})";
inline const char* const kNegative = R"({"name": "negative", "type": "Neg", "inputs": ["a"]})";

inline std::string simple() { return scene_of({kA, kB, kSum, kNegative}); }

inline SceneNode node(std::string name, std::string type, std::vector<Port> inputs = {}) {
  return {std::move(name), std::move(type), std::move(inputs), {}, 0, 0};
}

inline std::string opening_error(std::string_view json) { return error_text(scene_from_json(json)); }

}  // namespace sandflow::test
