// See texts.h. The English here is the whole list of what the app can say; web/languages/*.json has it under
// the same keys with "app." before them.
#include "web/app/texts.h"

#include <yyjson.h>

#include <algorithm>
#include <functional>
#include <map>

#include "engine/core/text.h"

namespace sandflow::ui {

namespace {

struct Entry {
  std::string_view key;
  const char* english;
};

constexpr Entry kEnglish[] = {
    {"add.button", "Add node"},
    {"add.none", "No operation has this name"},
    {"add.search", "Type to search operations"},
    {"axis.step", "step"},
    {"family.activation", "Activation"},
    {"family.arithmetic", "Arithmetic"},
    {"family.convolution", "Convolution"},
    {"family.joining", "Joining and rearranging"},
    {"family.linear", "Linear algebra"},
    {"family.logic", "Logic"},
    {"family.loss", "Loss"},
    {"family.math", "Mathematics"},
    {"family.random", "Random numbers"},
    {"family.reduction", "Reduction"},
    {"family.shape", "Shape"},
    {"family.slicing", "Slicing and picking"},
    {"family.source", "Sources"},
    {"family.state", "State"},
    {"family.training", "Training"},
    {"inspector.blocked", "Waits for an input that has an error or is missing"},
    {"inspector.default", "default"},
    {"inspector.gradient", "Gradient of the loss"},
    {"inspector.inputs", "Inputs"},
    {"inspector.name", "Name"},
    {"inspector.remove", "Remove node"},
    {"inspector.shape", "Shape"},
    {"inspector.unconnected", "not connected"},
    {"inspector.value", "Value"},
    {"notice.unknown", "Unknown command: {command}"},
    {"output.accuracy", "test accuracy {share}"},
    {"output.mistake", "wrong"},
    {"output.ringed", "test"},
    {"output.test", "test example"},
    {"output.train", "training example"},
    {"output.wrong", "the model says {class}"},
    {"port.drag", "Drag to connect"},
    {"port.empty", "Nothing connected: drop a wire, or double-click to type a value"},
    {"port.output", "output"},
    {"result.none", "Nothing has a value yet"},
    {"say.added", "Added {node}"},
    {"say.removed", "Removed {count} nodes"},
    {"series.batch", "batch"},
    {"series.test", "test"},
    {"series.train", "train"},
    {"stat.max", "max"},
    {"stat.mean", "mean"},
    {"stat.min", "min"},
    {"stat.std", "std"},
    {"view.accuracy", "Accuracy"},
    {"view.loss", "Loss"},
    {"view.output", "Output"},
    {"view.result", "Result"},
};

std::map<std::string, std::string, std::less<>> given;
std::uint64_t version = 0;

}  // namespace

void set_texts(std::string_view json) {
  yyjson_doc* doc = yyjson_read(json.data(), json.size(), 0);
  if (!doc) return;
  given.clear();
  yyjson_val* root = yyjson_doc_get_root(doc);
  if (yyjson_is_obj(root)) {
    std::size_t index, count;
    yyjson_val *key, *value;
    yyjson_obj_foreach(root, index, count, key, value) {
      if (yyjson_is_str(value)) given[yyjson_get_str(key)] = yyjson_get_str(value);
    }
  }
  yyjson_doc_free(doc);
  ++version;
}

std::uint64_t texts_version() { return version; }

const char* tr(std::string_view key) {
  if (const auto it = given.find(cat("app.", key)); it != given.end()) return it->second.c_str();
  for (const Entry& entry : kEnglish)
    if (entry.key == key) return entry.english;
  return "?";
}

std::string_view words(std::string_view type) {
  const auto it = given.find(cat("app.search.", type));
  return it == given.end() ? std::string_view() : it->second;
}

std::string tr(std::string_view key, std::initializer_list<std::pair<std::string_view, std::string>> values) {
  std::string text = tr(key);
  for (const auto& [name, value] : values) {
    const std::string mark = cat("{", name, "}");
    if (const auto at = text.find(mark); at != std::string::npos) text.replace(at, mark.size(), value);
  }
  return text;
}

std::string_view translated(std::string_view english) {
  const auto it = given.find(cat("help.", english));
  return it != given.end() ? std::string_view(it->second) : english;
}

std::string_view translated_also(std::string_view english) {
  const auto it = given.find(cat("also.help.", english));
  return it != given.end() ? std::string_view(it->second) : std::string_view();
}

}  // namespace sandflow::ui
