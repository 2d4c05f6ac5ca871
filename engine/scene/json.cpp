// Reading and writing scenes with yyjson.
#include "engine/scene/json.h"

#include <yyjson.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <set>

#include "engine/core/text.h"
#include "engine/scene/node_types.h"
#include "engine/scene/scopes.h"
#include "engine/scene/settings.h"

namespace sandflow {

namespace {

constexpr std::size_t kMaxBytes = 16u << 20;
constexpr std::size_t kMaxNodes = 20000;

std::string_view text_of(yyjson_val* value) { return {yyjson_get_str(value), yyjson_get_len(value)}; }

// Walks the JSON; the first mistake sticks, with the path to it.
class Reader {
 public:
  Result<Scene> read(yyjson_val* root) {
    Scene scene;
    read_root(root, scene);
    const std::vector<std::string> scopes =
        scene.folded.empty() ? std::vector<std::string>() : scopes_of(scene);
    for (const std::string& scope : scene.folded)
      if (!std::binary_search(scopes.begin(), scopes.end(), scope))
        fail("folded", cat("there is no scope '", scope, "'."));
    if (error_) return *error_;
    if (const Status settings = check_settings(scene); !settings.ok()) return settings.error();
    return scene;
  }

 private:
  void fail(const std::string& path, std::string_view what) {
    if (!error_) error_ = value_error(cat(path.empty() ? "scene" : path, ": ", what));
  }

  // Calls `use(key, value)` for every member of an object; `use` says whether it knows the key.
  template <class Use>
  void members(const std::string& path, yyjson_val* object, Use use) {
    if (!yyjson_is_obj(object)) return fail(path, "expected an object.");
    std::set<std::string_view> seen;
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    while (yyjson_val* key = yyjson_obj_iter_next(&iter)) {
      const std::string_view name = text_of(key);
      if (!seen.insert(name).second) return fail(path, cat("'", name, "' stands twice."));
      if (!use(name, yyjson_obj_iter_get_val(key))) return fail(path, cat("unknown name '", name, "'."));
      if (error_) return;
    }
  }

  std::string text(const std::string& path, yyjson_val* value) {
    if (!yyjson_is_str(value)) {
      fail(path, "expected a text.");
      return {};
    }
    return std::string(text_of(value));
  }
  double number(const std::string& path, yyjson_val* value) {
    if (!yyjson_is_num(value)) {
      fail(path, "expected a number.");
      return 0;
    }
    return yyjson_get_num(value);
  }
  std::int64_t integer(const std::string& path, yyjson_val* value) {
    if (!yyjson_is_int(value) || (yyjson_is_uint(value) && yyjson_get_uint(value) > INT64_MAX)) {
      fail(path, "expected an integer.");
      return 0;
    }
    return yyjson_get_sint(value);
  }

  Choice choice(const std::string& path, yyjson_val* value) {
    Choice out;
    members(path, value, [&](std::string_view key, yyjson_val* member) {
      if (key == "name")
        out.name = text(path + ".name", member);
      else
        out.parameters[std::string(key)] = number(cat(path, ".", key), member);
      return true;
    });
    return out;
  }

  void read_root(yyjson_val* root, Scene& scene) {
    if (!yyjson_is_obj(root)) return fail("", "expected an object.");
    yyjson_val* version = yyjson_obj_get(root, "sandflow");
    if (!version) return fail("", "this is not a Sandflow scene: there is no \"sandflow\" version.");
    const std::int64_t number = integer("sandflow", version);
    if (error_) return;
    if (number > kSceneVersion)
      return fail("sandflow", cat("this scene was written by a newer Sandflow (version ", number,
                                  "; this one reads up to ", kSceneVersion, ")."));
    if (number < 1) return fail("sandflow", cat("unknown version ", number, "."));
    members("", root, [&](std::string_view key, yyjson_val* value) {
      if (key == "sandflow") return true;
      if (key == "title")
        scene.title = text("title", value);
      else if (key == "data")
        scene.data = choice("data", value);
      else if (key == "own")
        read_own(value, scene.own);
      else if (key == "training")
        read_training(value, scene.training);
      else if (key == "nodes")
        read_nodes(value, scene);
      else if (key == "folded")
        read_folded(value, scene);
      else
        return false;
      return true;
    });
  }

  void read_texts(const std::string& path, yyjson_val* array, std::vector<std::string>& texts) {
    if (!yyjson_is_arr(array)) return fail(path, "expected a list.");
    std::size_t i, count;
    yyjson_val* item;
    yyjson_arr_foreach(array, i, count, item) texts.push_back(text(cat(path, "[", i, "]"), item));
  }

  void read_own(yyjson_val* object, OwnData& own) {
    OwnTable table;
    members("own", object, [&](std::string_view key, yyjson_val* value) {
      const std::string path = cat("own.", key);
      if (key == "features") {
        read_texts(path, value, table.features);
      } else if (key == "classes") {
        read_texts(path, value, table.classes);
      } else if (key == "label") {
        table.label = text(path, value);
      } else if (key == "predicts") {
        const std::string what = text(path, value);
        if (what != "class" && what != "number") fail(path, "expected \"class\" or \"number\".");
        table.is_number = what == "number";
      } else if (key == "csv") {
        table.csv = text(path, value);
      } else {
        return false;
      }
      return true;
    });
    own.table = std::make_shared<const OwnTable>(std::move(table));
  }

  void read_training(yyjson_val* object, Training& training) {
    members("training", object, [&](std::string_view key, yyjson_val* value) {
      const std::string path = cat("training.", key);
      if (key == "loss")
        training.loss = text(path, value);
      else if (key == "accuracy")
        training.accuracy = text(path, value);
      else if (key == "prediction")
        training.prediction = text(path, value);
      else if (key == "optimizer")
        training.optimizer = choice(path, value);
      else if (key == "schedule")
        training.schedule = choice(path, value);
      else if (key == "clipping")
        training.clipping = choice(path, value);
      else if (key == "initializer")
        training.initializer = choice(path, value);
      else if (key == "batch_size")
        training.batch_size = integer(path, value);
      else if (key == "seed")
        training.seed = integer(path, value);
      else
        return false;
      return true;
    });
  }

  void read_nodes(yyjson_val* array, Scene& scene) {
    if (!yyjson_is_arr(array)) return fail("nodes", "expected a list.");
    if (yyjson_arr_size(array) > kMaxNodes) return fail("nodes", cat("more than ", kMaxNodes, " nodes."));
    std::set<std::string> names;
    std::size_t i, count;
    yyjson_val* item;
    yyjson_arr_foreach(array, i, count, item) {
      const std::string path = cat("nodes[", i, "]");
      SceneNode node;
      read_node(path, item, node);
      if (error_) return;
      if (!names.insert(lower(node.name)).second)
        return fail(path,
                    cat("there is a node '", node.name, "' already; names differ without regard to case."));
      scene.nodes.push_back(std::move(node));
    }
  }

  void read_folded(yyjson_val* array, Scene& scene) {
    if (!yyjson_is_arr(array)) return fail("folded", "expected a list.");
    std::size_t i, count;
    yyjson_val* item;
    yyjson_arr_foreach(array, i, count, item) {
      const std::string path = cat("folded[", i, "]"), scope = text(path, item);
      if (error_) return;
      if (!scene.folded.insert(scope).second) return fail(path, cat("'", scope, "' stands twice."));
    }
  }

  void read_node(const std::string& path, yyjson_val* object, SceneNode& node) {
    members(path, object, [&](std::string_view key, yyjson_val* value) {
      const std::string at = cat(path, ".", key);
      if (key == "name")
        node.name = text(at, value);
      else if (key == "type")
        node.type = text(at, value);
      else if (key == "inputs")
        read_inputs(at, value, node);
      else if (key == "attrs")
        read_attrs(at, value, node);
      else if (key == "at")
        read_position(at, value, node);
      else
        return false;
      return true;
    });
    if (error_) return;
    if (node.name.empty()) return fail(path, "a node needs a \"name\".");
    if (const Status named = check_node_name(node.name); !named.ok())
      return fail(path, named.error().message + ".");
    const NodeType* type = find_node_type(node.type);
    if (!type) return fail(path, cat("unknown operation '", node.type, "'."));
    for (const auto& [name, value] : node.attrs) {
      bool known = false;
      for (const NodeField& field : type->fields) known |= field.name == name;
      if (!known) return fail(path + ".attrs", cat("'", node.type, "' has no attribute '", name, "'."));
    }
    if (node.inputs.size() > type->inputs.size() && !type->variadic)
      return fail(path + ".inputs", cat("'", node.type, "' takes ", type->inputs.size(), " inputs, not ",
                                        node.inputs.size(), "."));
    node.inputs.resize(std::max(node.inputs.size(), type->inputs.size()));
  }

  // A wire is a text, a literal {"value": text}, an empty port null.
  void read_inputs(const std::string& path, yyjson_val* array, SceneNode& node) {
    if (!yyjson_is_arr(array)) return fail(path, "expected a list.");
    std::size_t i, count;
    yyjson_val* item;
    yyjson_arr_foreach(array, i, count, item) {
      const std::string at = cat(path, "[", i, "]");
      if (yyjson_is_null(item))
        node.inputs.emplace_back();
      else if (yyjson_is_str(item))
        node.inputs.push_back(Port::wire(std::string(text_of(item))));
      else
        members(at, item, [&](std::string_view key, yyjson_val* value) {
          if (key != "value") return false;
          node.inputs.push_back(Port::literal(text(at, value)));
          return true;
        });
      if (error_) return;
      if (node.inputs.size() != i + 1) return fail(at, "expected a wire, {\"value\": ...} or null.");
    }
  }

  void read_attrs(const std::string& path, yyjson_val* object, SceneNode& node) {
    members(path, object, [&](std::string_view key, yyjson_val* value) {
      node.attrs[std::string(key)] = text(cat(path, ".", key), value);
      return true;
    });
  }

  void read_position(const std::string& path, yyjson_val* array, SceneNode& node) {
    if (!yyjson_is_arr(array) || yyjson_arr_size(array) != 2) return fail(path, "expected two numbers.");
    const double x = number(path, yyjson_arr_get(array, 0)), y = number(path, yyjson_arr_get(array, 1));
    if (!(std::abs(x) <= 1e6 && std::abs(y) <= 1e6)) return fail(path, "too far out.");
    node.x = static_cast<float>(std::round(x));
    node.y = static_cast<float>(std::round(y));
  }

  std::optional<Error> error_;
};

struct Writer {
  yyjson_mut_doc* doc;

  yyjson_mut_val* text(std::string_view value) { return yyjson_mut_strncpy(doc, value.data(), value.size()); }
  void put(yyjson_mut_val* object, std::string_view key, yyjson_mut_val* value) {
    yyjson_mut_obj_put(object, text(key), value);
  }
  yyjson_mut_val* number(double value) {
    return value == std::floor(value) && std::abs(value) < 1e15
               ? yyjson_mut_sint(doc, static_cast<std::int64_t>(value))
               : yyjson_mut_real(doc, value);
  }
  yyjson_mut_val* choice(const Choice& choice) {
    yyjson_mut_val* object = yyjson_mut_obj(doc);
    put(object, "name", text(choice.name));
    for (const auto& [name, value] : choice.parameters) put(object, name, number(value));
    return object;
  }
  yyjson_mut_val* node(const SceneNode& node) {
    yyjson_mut_val* object = yyjson_mut_obj(doc);
    put(object, "name", text(node.name));
    put(object, "type", text(node.type));
    if (!node.inputs.empty()) {
      yyjson_mut_val* inputs = yyjson_mut_arr(doc);
      for (const Port& port : node.inputs) {
        yyjson_mut_val* value = yyjson_mut_null(doc);
        if (port.kind == Port::Kind::kWire) value = text(port.text);
        if (port.kind == Port::Kind::kLiteral) put(value = yyjson_mut_obj(doc), "value", text(port.text));
        yyjson_mut_arr_append(inputs, value);
      }
      put(object, "inputs", inputs);
    }
    if (!node.attrs.empty()) {
      yyjson_mut_val* attrs = yyjson_mut_obj(doc);
      for (const auto& [name, value] : node.attrs) put(attrs, name, text(value));
      put(object, "attrs", attrs);
    }
    yyjson_mut_val* at = yyjson_mut_arr(doc);
    yyjson_mut_arr_append(at, number(static_cast<double>(node.x)));
    yyjson_mut_arr_append(at, number(static_cast<double>(node.y)));
    put(object, "at", at);
    return object;
  }
  yyjson_mut_val* own(const OwnTable& table) {
    yyjson_mut_val* object = yyjson_mut_obj(doc);
    const auto list = [&](const std::vector<std::string>& texts) {
      yyjson_mut_val* array = yyjson_mut_arr(doc);
      for (const std::string& each : texts) yyjson_mut_arr_append(array, text(each));
      return array;
    };
    put(object, "features", list(table.features));
    put(object, "label", text(table.label));
    if (!table.classes.empty()) put(object, "classes", list(table.classes));
    put(object, "predicts", text(table.is_number ? "number" : "class"));
    put(object, "csv", text(table.csv));
    return object;
  }
  yyjson_mut_val* training(const Training& training) {
    yyjson_mut_val* object = yyjson_mut_obj(doc);
    if (!training.loss.empty()) put(object, "loss", text(training.loss));
    if (!training.accuracy.empty()) put(object, "accuracy", text(training.accuracy));
    if (!training.prediction.empty()) put(object, "prediction", text(training.prediction));
    put(object, "optimizer", choice(training.optimizer));
    if (!training.schedule.name.empty()) put(object, "schedule", choice(training.schedule));
    if (!training.clipping.name.empty()) put(object, "clipping", choice(training.clipping));
    put(object, "initializer", choice(training.initializer));
    put(object, "batch_size", yyjson_mut_sint(doc, training.batch_size));
    put(object, "seed", yyjson_mut_sint(doc, training.seed));
    return object;
  }
};

// "line 3, column 7" of a byte in the text.
std::string place(std::string_view text, std::size_t byte) {
  std::size_t line = 1, column = 1;
  for (std::size_t i = 0; i < std::min(byte, text.size()); ++i) {
    if (text[i] == '\n') {
      ++line;
      column = 1;
    } else {
      ++column;
    }
  }
  return cat("line ", line, ", column ", column);
}

}  // namespace

Result<Scene> scene_from_json(std::string_view json) {
  if (json.size() > kMaxBytes) return value_error("scene: the text is larger than any scene.");
  yyjson_read_err problem{};
  // yyjson only writes into its input when asked to (in-situ), which it is not here.
  std::string copy(json);
  const std::unique_ptr<yyjson_doc, decltype(&yyjson_doc_free)> doc(
      yyjson_read_opts(copy.data(), copy.size(), YYJSON_READ_NOFLAG, nullptr, &problem), yyjson_doc_free);
  if (!doc) return value_error(cat(place(json, problem.pos), ": ", problem.msg, "."));
  return Reader().read(yyjson_doc_get_root(doc.get()));
}

namespace {

// What `fill` puts into an object that begins with the version.
template <class Fill>
std::string written(Fill fill) {
  const std::unique_ptr<yyjson_mut_doc, decltype(&yyjson_mut_doc_free)> doc(yyjson_mut_doc_new(nullptr),
                                                                            yyjson_mut_doc_free);
  Writer writer{doc.get()};
  yyjson_mut_val* root = yyjson_mut_obj(doc.get());
  yyjson_mut_doc_set_root(doc.get(), root);
  writer.put(root, "sandflow", yyjson_mut_sint(doc.get(), kSceneVersion));
  fill(writer, root);
  std::size_t length = 0;
  char* text =
      yyjson_mut_write(doc.get(), YYJSON_WRITE_PRETTY_TWO_SPACES | YYJSON_WRITE_NEWLINE_AT_END, &length);
  std::string out(text ? text : "", length);
  std::free(text);
  return out;
}

void put_nodes(Writer& writer, yyjson_mut_val* root, const std::vector<SceneNode>& nodes,
               const std::set<std::string>& folded) {
  yyjson_mut_val* list = yyjson_mut_arr(writer.doc);
  for (const SceneNode& node : nodes) yyjson_mut_arr_append(list, writer.node(node));
  writer.put(root, "nodes", list);
  if (folded.empty()) return;
  yyjson_mut_val* scopes = yyjson_mut_arr(writer.doc);
  for (const std::string& scope : folded) yyjson_mut_arr_append(scopes, writer.text(scope));
  writer.put(root, "folded", scopes);
}

}  // namespace

std::string scene_to_json(const Scene& scene) {
  return written([&](Writer& writer, yyjson_mut_val* root) {
    if (!scene.title.empty()) writer.put(root, "title", writer.text(scene.title));
    if (!scene.data.name.empty()) writer.put(root, "data", writer.choice(scene.data));
    if (scene.own.table) writer.put(root, "own", writer.own(*scene.own.table));
    writer.put(root, "training", writer.training(scene.training));
    put_nodes(writer, root, scene.nodes, scene.folded);
  });
}

std::string nodes_to_json(const std::vector<SceneNode>& nodes, const std::set<std::string>& folded) {
  return written([&](Writer& writer, yyjson_mut_val* root) { put_nodes(writer, root, nodes, folded); });
}

}  // namespace sandflow
