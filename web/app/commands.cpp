// The page's commands: JSON in, one thing done. Those that lessons live on:
// {"do": "train", "steps": 40} makes so many steps as fast as it can; {"do": "highlight", "nodes": ["W"]}
// points at boxes; {"do": "curve", "variable": "w", "node": "loss", "from": -1, "to": 1, "points": 99}
// answers with a message "curve" and its numbers "y", or an "error"; {"do": "tell"} answers with "told" once
// steps asked for are made and the page has been told what has come of everything before.
#include <yyjson.h>

#include <algorithm>
#include <cmath>

#include "engine/core/json.h"
#include "engine/core/text.h"
#include "web/app/app.h"
#include "web/app/lens_page.h"
#include "web/app/texts.h"

namespace sandflow::ui {

namespace {

std::string text_of(yyjson_val* object, const char* key) {
  const char* text = yyjson_get_str(yyjson_obj_get(object, key));
  return text ? text : "";
}

// -1 for what is no integer a setting could have.
int integer_of(yyjson_val* value) {
  const double number = yyjson_get_num(value);
  return std::abs(number) <= 2147483647.0 ? static_cast<int>(std::lround(number)) : -1;
}

bool has(yyjson_val* object, const char* key) { return yyjson_obj_get(object, key) != nullptr; }

std::vector<std::string> texts_of(yyjson_val* object, const char* key) {
  std::vector<std::string> texts;
  std::size_t index, count;
  yyjson_val* item;
  yyjson_val* list = yyjson_obj_get(object, key);
  if (yyjson_is_arr(list)) {
    yyjson_arr_foreach(list, index, count, item) {
      if (yyjson_is_str(item)) texts.emplace_back(yyjson_get_str(item));
    }
  }
  return texts;
}

// What a node would be along a Variable's values: the valley that a run goes down in.
std::string curve_json(Workspace& workspace, yyjson_val* c) {
  const double from = yyjson_get_num(yyjson_obj_get(c, "from")), to = yyjson_get_num(yyjson_obj_get(c, "to"));
  const int points = std::clamp(integer_of(yyjson_obj_get(c, "points")), 2, 500);
  std::vector<double> values;
  for (int i = 0; i < points; ++i) values.push_back(from + (to - from) * i / (points - 1));
  const auto found = workspace.sweep(text_of(c, "variable"), text_of(c, "node"), values);
  JsonWriter json;
  json.open().field("type", "curve").key("y").open('[');
  if (found.ok())
    for (const double y : *found) json.value(y);
  json.close(']');
  if (!found.ok()) json.field("error", found.error().text());
  return json.close().take();
}

// What a table holds, for the page to ask which columns are what.
std::string table_json(std::string_view text) {
  JsonWriter json;
  json.open().field("type", "table");
  const Result<Table> table = parse_csv(text);
  if (!table.ok()) return json.field("error", table.error().message).close().take();
  json.field("rows", static_cast<std::int64_t>(table->rows.size())).key("columns").open('[');
  for (const ColumnKind& kind : column_kinds(*table))
    json.open()
        .field("name", kind.name)
        .field("number", kind.is_number)
        .field("missing", kind.missing)
        .field("distinct", kind.distinct)
        .close();
  json.close(']').key("first").open('[');
  for (std::size_t i = 0; i < std::min<std::size_t>(4, table->rows.size()); ++i) {
    json.open('[');
    for (const std::string& cell : table->rows[i].cells) json.value(cell);
    json.close(']');
  }
  return json.close(']').close().take();
}

// A net that fits data: with the hidden layers there are, or else with one.
edit::SetNet net_for(const Scene& scene, const Dataset& data) {
  return {static_cast<std::int64_t>(data.feature_names.size()), data.outputs(), data.is_regression(),
          hidden_layers(scene).value_or(std::vector<NetLayer>{{8, "Relu", {"", {}}}}),
          regularisation_of(scene)};
}

std::vector<NetLayer> hidden_of(yyjson_val* c) {
  std::vector<NetLayer> hidden;
  std::size_t index, count;
  yyjson_val* item;
  yyjson_val* list = yyjson_obj_get(c, "hidden");
  if (yyjson_is_arr(list)) {
    yyjson_arr_foreach(list, index, count, item) {
      hidden.push_back({integer_of(yyjson_obj_get(item, "units")),
                        text_of(item, "activation"),
                        {text_of(item, "initializer"), {}}});
      if (yyjson_val* stddev = yyjson_obj_get(item, "stddev"))
        hidden.back().initializer.parameters["stddev"] = yyjson_get_num(stddev);
    }
  }
  return hidden;
}

std::optional<edit::Edit> edit_of(yyjson_val* c) {
  const std::string what = text_of(c, "edit"), node = text_of(c, "node");
  if (what == "set_attr") return edit::SetAttr{node, text_of(c, "attr"), text_of(c, "text")};
  if (what == "set_port") {
    Port port;
    if (has(c, "wire")) port = Port::wire(text_of(c, "wire"));
    if (has(c, "literal")) port = Port::literal(text_of(c, "literal"));
    return edit::SetPort{node, integer_of(yyjson_obj_get(c, "input")), port};
  }
  if (what == "rename") return edit::Rename{text_of(c, "from"), text_of(c, "to")};
  if (what == "fold") return edit::Fold{text_of(c, "scope"), yyjson_get_bool(yyjson_obj_get(c, "folded"))};
  if (what == "remove") return edit::RemoveNodes{texts_of(c, "nodes")};
  if (what == "add") {
    SceneNode added;
    added.type = text_of(c, "type");
    added.x = static_cast<float>(yyjson_get_num(yyjson_obj_get(c, "x")));
    added.y = static_cast<float>(yyjson_get_num(yyjson_obj_get(c, "y")));
    return edit::AddNode{added};
  }
  return {};
}

// A slider's way from one value to the next is one step of undo: the key is the gesture.
void set(App& app, const std::string& key, yyjson_val* value) {
  const Scene& scene = app.workspace.scene();
  const double number = yyjson_get_num(value);
  const std::string text = yyjson_is_str(value) ? yyjson_get_str(value) : "";
  if (key == "speed") {
    app.playback.speed = std::fmin(1, std::fmax(0, number));
    app.wake();
    return;
  }
  if (key == "title") {
    app.apply({{edit::SetTitle{text}, {}}});
    return;
  }
  Training training = scene.training;
  Choice data = scene.data;
  const std::size_t dot = key.find('.');
  const std::string parameter = dot == std::string::npos ? "" : key.substr(dot + 1);
  const std::string head = key.substr(0, dot);
  const auto choose = [&](Choice& choice) {
    if (!parameter.empty())
      choice.parameters[parameter] = number;
    else
      choice = {text, {}};
  };
  if (head == "optimizer")
    choose(training.optimizer);
  else if (head == "initializer")
    choose(training.initializer);
  else if (head == "schedule")
    choose(training.schedule);
  else if (head == "clipping")
    choose(training.clipping);
  else if (head == "batch_size")
    training.batch_size = integer_of(value);
  else if (head == "seed")
    training.seed = integer_of(value);
  else if (head != "data")
    return app.ui.notice(tr("notice.unknown", {{"command", "set " + key}}), true);
  if (head == "data") {
    choose(data);
    app.apply({{edit::SetData{data}, parameter.empty() ? "" : cat("set ", key)}});
  } else {
    app.apply({{edit::SetTraining{training}, text.empty() ? cat("set ", key) : ""}});
  }
}

}  // namespace

void App::obey(std::string_view json) {
  yyjson_doc* doc = yyjson_read(json.data(), json.size(), 0);
  yyjson_val* c = doc ? yyjson_doc_get_root(doc) : nullptr;
  const std::string what = yyjson_is_obj(c) ? text_of(c, "do") : "";
  wake();
  if (what == "play") {
    set_playing(true);
  } else if (what == "pause") {
    set_playing(false);
  } else if (what == "step") {
    playback.pause();
    run_once();
  } else if (what == "epoch") {
    playback.pause();
    playback.owe(workspace.steps_to_epoch_end());
  } else if (what == "train") {
    playback.pause();
    playback.owe(std::max(0, integer_of(yyjson_obj_get(c, "steps"))));
  } else if (what == "reset") {
    playback.pause();
    workspace.reset();
    seen_step_ = 0;
    scene_changed();
  } else if (what == "undo" || what == "redo") {
    step_history(what == "undo");
  } else if (what == "open") {
    playback.pause();
    const Status status = workspace.open(text_of(c, "text"));
    ui.outbox.add(cat("{\"type\":\"opened\",\"ok\":", status.ok() ? "true}" : "false}"));
    if (!status) {
      ui.notice(status.error().text(), true);
    } else {
      canvas.begin_anew();
      boxes_.forget_places();
      pointed = {};
      seen_step_ = 0;
      scene_changed();
    }
  } else if (what == "save") {
    JsonWriter saved;
    saved.open().field("type", "saved").field("json", workspace.json()).close();
    ui.outbox.add(saved.take());
  } else if (what == "picture") {
    JsonWriter picture;
    picture.open().field("type", "picture").field("svg", canvas.picture(boxes_)).close();
    ui.outbox.add(picture.take());
  } else if (what == "set") {
    set(*this, text_of(c, "key"), yyjson_obj_get(c, "value"));
  } else if (what == "select") {
    canvas.selection.clear();
    if (const std::string node = text_of(c, "node"); workspace.scene().find(node))
      canvas.selection.only(node);
  } else if (what == "paste") {
    Changes pasted = canvas.paste(ui, boxes_, text_of(c, "text"));
    if (pasted.empty()) ui.notice(tr("notice.paste"), false);
    apply(pasted);
  } else if (what == "table") {
    yyjson_val* text = yyjson_obj_get(c, "text");
    table.assign(yyjson_get_str(text) ? yyjson_get_str(text) : "", yyjson_get_len(text));
    ui.outbox.add(table_json(table));
  } else if (what == "use-table") {
    use_table(texts_of(c, "features"), text_of(c, "label"), yyjson_get_bool(yyjson_obj_get(c, "number")),
              yyjson_get_bool(yyjson_obj_get(c, "standardise")), yyjson_get_bool(yyjson_obj_get(c, "net")));
  } else if (what == "heal") {
    playback.pause();
    if (const Status status = workspace.heal(); !status) ui.notice(status.error().text(), true);
    scene_changed();
    was_edited_ = false;  // The run goes on.
  } else if (what == "fit-net") {
    if (const Dataset* data = workspace.dataset()) apply({{net_for(workspace.scene(), *data), {}}});
  } else if (what == "net") {
    if (const Dataset* data = workspace.dataset()) {
      edit::SetNet net = net_for(workspace.scene(), *data);
      if (has(c, "hidden")) net.hidden = hidden_of(c);
      if (has(c, "dropout")) net.regularisation.dropout = yyjson_get_num(yyjson_obj_get(c, "dropout"));
      if (has(c, "penalty")) net.regularisation.penalty = text_of(c, "penalty");
      if (has(c, "strength")) net.regularisation.strength = yyjson_get_num(yyjson_obj_get(c, "strength"));
      apply({{net, {}}});
    }
  } else if (what == "panes") {
    shows_graph = yyjson_get_bool(yyjson_obj_get(c, "graph"));
    shows_views = yyjson_get_bool(yyjson_obj_get(c, "views"));
    if (!shows_graph) canvas.close_menu(ui);
    canvas.offer_palette(!has(c, "palette") || yyjson_get_bool(yyjson_obj_get(c, "palette")));
  } else if (what == "fit") {
    canvas.fit();
  } else if (what == "highlight") {
    pointed.point_at(texts_of(c, "nodes"), ui.time);
  } else if (what == "curve") {
    ui.outbox.add(curve_json(workspace, c));
  } else if (what == "tell") {
    ++tells_owed_;
  } else if (what == "lens" && obey_lens(*this, c)) {
    // Done.
  } else if (what == "edit") {
    if (const auto edit = edit_of(c)) apply({{*edit, {}}});
  } else {
    ui.notice(tr("notice.unknown", {{"command", std::string(json.substr(0, 80))}}), true);
  }
  yyjson_doc_free(doc);
}

// The table and a net that fits it are one step of undo.
void App::use_table(const std::vector<std::string>& features, const std::string& label, bool is_number,
                    bool standardise, bool with_net) {
  const Result<Table> parsed = parse_csv(table);
  OwnTable own{table, features, label, {}, is_number};
  if (parsed.ok() && !is_number && parsed->column(label) >= 0) {
    std::vector<std::string> used = features;
    used.push_back(label);
    own.classes = values_of(complete_rows(*parsed, used), parsed->column(label));
  }
  const std::string gesture = cat("table ", ++tables_);
  const bool was_ok = apply({{edit::SetOwnData{own, standardise}, gesture}});
  if (was_ok && with_net) {
    if (const Dataset* data = workspace.dataset()) apply({{net_for(workspace.scene(), *data), gesture}});
    canvas.fit();
  }
  ui.outbox.add(cat("{\"type\":\"table-used\",\"ok\":", was_ok ? "true}" : "false}"));
}

}  // namespace sandflow::ui
