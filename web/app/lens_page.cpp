// See lens_page.h.
#include "web/app/lens_page.h"

#include <yyjson.h>

#include <algorithm>

#include "engine/core/json.h"
#include "engine/core/print.h"
#include "engine/core/text.h"
#include "engine/tf/literal.h"
#include "web/app/app.h"
#include "web/app/texts.h"

namespace sandflow::ui {

namespace {

constexpr std::int64_t kMostTyped = 64;  // Elements that anybody would change by hand.
constexpr std::size_t kMostText = 200;   // Of a value in a list; what was printed is told whole.

std::string text_of(yyjson_val* object, const char* key) {
  const char* text = yyjson_get_str(yyjson_obj_get(object, key));
  return text ? text : "";
}

std::string short_text(const Tensor& tensor) {
  if (!tensor.defined()) return {};
  std::string text = str(tensor);
  if (text.size() <= kMostText) return text;
  std::size_t end = kMostText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

const char* name(LensPart part) {
  constexpr const char* kNames[] = {"feed", "forward", "gradients", "update", "initial"};
  return kNames[static_cast<int>(part)];
}

const char* name(LensVariable::State state) {
  constexpr const char* kNames[] = {"uninitialized", "initialized", "trained", "loaded"};
  return kNames[static_cast<int>(state)];
}

void write_run(JsonWriter& json, const LensRun& run, const Scene& scene) {
  const auto node_name = [&](int owner) {
    return owner < 0 || static_cast<std::size_t>(owner) >= scene.nodes.size()
               ? std::string()
               : scene.nodes[static_cast<std::size_t>(owner)].name;
  };
  json.field("code", run.code).field("printed", run.printed);
  if (run.error)
    json.field("error", run.error->text()).field("error_node", node_name(run.error_owner));
  else
    json.key("error").null();
  json.field("operations", static_cast<std::int64_t>(run.events.size() + run.left_out));
  json.key("stops").open('[');
  for (const LensStop& stop : run.stops) {
    json.open().field("node", node_name(stop.owner)).field("part", name(stop.part));
    json.field("value", short_text(stop.value));
    if (stop.after.defined())
      json.field("before", short_text(stop.before)).field("after", short_text(stop.after));
    json.close();
  }
  json.close(']').key("pruned").open('[');
  for (std::size_t i = 0; i < run.is_needed.size(); ++i)
    if (!run.is_needed[i]) json.value(node_name(static_cast<int>(i)));
  json.close(']').key("unknown").open();
  for (std::size_t i = 0; i < run.unknown.size(); ++i)
    if (!run.unknown[i].empty()) json.field(node_name(static_cast<int>(i)), run.unknown[i]);
  json.close();
}

}  // namespace

std::string lens_json(const App& app) {
  JsonWriter json;
  json.open().field("type", "lens").field("on", app.lens.is_on());
  if (!app.lens.is_on()) return json.close().take();
  const SessionLens& lens = app.lens;
  const Lens& engine = lens.lens();
  const Scene& scene = app.workspace.scene();
  json.field("closed", engine.is_closed()).field("session", lens.session()).field("runs", lens.runs());
  json.field("init", engine.init_name()).field("train", engine.train_name()).field("speed", lens.speed);
  json.field("code", engine.code(lens.fetches(), lens.feeds()));
  json.key("fetchable").open('[');
  for (const std::string& each : engine.fetchable()) json.value(each);
  json.close(']').key("fetches").open('[');
  for (const std::string& each : lens.fetches()) json.value(each);
  json.close(']').key("feeds").open('[');
  for (const LensFeed& feed : lens.feeds())
    json.open()
        .field("key", feed.key)
        .field("text", feed.text)
        .field("is_batch", feed.is_batch)
        .field("batch", engine.batch_text(feed.key))
        .close();
  json.close(']').key("variables").open('[');
  for (const LensVariable& variable : engine.variables()) {
    const std::string& own = scene.nodes[static_cast<std::size_t>(variable.owner)].name;
    const bool is_short = variable.value.defined() && variable.value.elements() <= kMostTyped;
    json.open()
        .field("name", own)
        .field("state", name(variable.state))
        .field("value", short_text(variable.value))
        .field("literal", is_short ? literal_text(variable.value) : engine.some_value(own))
        .close();
  }
  json.close(']');
  json.field("has_run", lens.last() != nullptr)
      .field("at", static_cast<std::int64_t>(lens.at()))
      .field("playing", lens.is_playing());
  return json.close().take();
}

std::string lens_run_json(const App& app) {
  JsonWriter json;
  json.open().field("type", "lens-run");
  write_run(json, *app.lens.last(), app.workspace.scene());
  return json.close().take();
}

bool obey_lens(App& app, yyjson_val* c) {
  SessionLens& lens = app.lens;
  const std::string verb = text_of(c, "verb"), node = text_of(c, "node"), text = text_of(c, "text");
  const bool tells = !app.ui.reduced_motion;
  if (verb == "on" || verb == "off") {
    if (lens.is_on() != (verb == "on")) verb == "on" ? app.enter_lens() : app.leave_lens();
    return true;
  }
  if (!lens.is_on()) return false;
  if (verb == "fetch") {
    if (!lens.fetched(node)) lens.toggle_fetch(node);
  } else if (verb == "unfetch") {
    if (lens.fetched(node)) lens.toggle_fetch(node);
  } else if (verb == "feed") {
    if (yyjson_obj_get(c, "text"))
      lens.feed({node, text, text.empty() && lens.lens().takes_batch(node)});
    else
      lens.feed_something(node);
  } else if (verb == "unfeed") {
    lens.unfeed(node);
  } else if (verb == "next-batch") {
    lens.next_batch();
    app.ui.announce(tr("say.next-batch"));
  } else if (verb == "run") {
    lens.run(tells);
  } else if (verb == "init") {
    lens.run_init(tells);
  } else if (verb == "toggle") {
    lens.is_playing() ? lens.pause() : lens.play();
  } else if (verb == "forward") {
    lens.go_on();
  } else if (verb == "back") {
    lens.pause();
    lens.go_back();
  } else if (verb == "to") {
    lens.pause();
    lens.go_to(static_cast<std::size_t>(std::max(0.0, yyjson_get_num(yyjson_obj_get(c, "stop")))));
  } else if (verb == "speed") {
    lens.speed = std::clamp(yyjson_get_num(yyjson_obj_get(c, "value")), 0.0, 1.0);
  } else if (verb == "load") {
    if (const Status status = lens.load(node, text); !status.ok()) app.ui.notice(status.error().text(), true);
  } else if (verb == "close") {
    lens.close();
  } else if (verb == "renew") {
    lens.renew();
  } else {
    return false;
  }
  return true;
}

}  // namespace sandflow::ui
