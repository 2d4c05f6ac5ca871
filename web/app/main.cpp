// What the worker's script calls. Strings are UTF-8; what is returned stays until the next call.
#include <emscripten.h>
#include <yyjson.h>

#include <memory>
#include <string>

#include "engine/training/datasets.h"
#include "web/app/app.h"
#include "web/app/screen.h"
#include "web/app/texts.h"
#include "web/app/theme.h"

namespace {

using namespace sandflow::ui;

std::unique_ptr<App> app;
std::string answer;

}  // namespace

extern "C" {

EMSCRIPTEN_KEEPALIVE void sandflow_font(int which, const unsigned char* data, int size) {
  keep_font(which, data, size);
}

EMSCRIPTEN_KEEPALIVE int sandflow_start(const char* config_json) {
  const std::string_view text = config_json;
  yyjson_doc* doc = yyjson_read(text.data(), text.size(), 0);
  if (!doc) return 0;
  yyjson_val* config = yyjson_doc_get_root(doc);
  const auto number = [&](const char* key) {
    return static_cast<float>(yyjson_get_num(yyjson_obj_get(config, key)));
  };

  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.LogFilename = nullptr;
  io.ConfigInputTrickleEventQueue = true;
  load_fonts();
  if (!start_screen()) return 0;
  set_dark(yyjson_get_bool(yyjson_obj_get(config, "dark")));
  if (yyjson_val* texts = yyjson_obj_get(config, "texts")) {
    char* json = yyjson_val_write(texts, 0, nullptr);
    if (json) set_texts(json);
    free(json);
  }
  app = std::make_unique<App>();
  app->ui.reduced_motion = yyjson_get_bool(yyjson_obj_get(config, "reduced_motion"));
  app->resize({number("width"), number("height")}, number("ratio") > 0 ? number("ratio") : 1);
  app->ui.outbox.add(catalog());
  yyjson_doc_free(doc);
  return 1;
}

EMSCRIPTEN_KEEPALIVE void sandflow_resize(float width, float height, float ratio) {
  if (app) app->resize({width, height}, ratio);
}

EMSCRIPTEN_KEEPALIVE void sandflow_theme(int dark) {
  if (!app) return;
  set_dark(dark != 0);
  app->wake();
}

EMSCRIPTEN_KEEPALIVE void sandflow_texts(const char* json) {
  set_texts(json);
  if (app) app->wake();
}

EMSCRIPTEN_KEEPALIVE void sandflow_pointer(int kind, float x, float y, int button, int is_touch,
                                           int pointer_id) {
  if (app) app->ui.input.pointer(kind, {x, y}, button, is_touch != 0, pointer_id);
}

EMSCRIPTEN_KEEPALIVE void sandflow_wheel(float x, float y, float dx, float dy, int ctrl) {
  if (app) app->ui.input.wheel({x, y}, {dx, dy}, ctrl != 0);
}

EMSCRIPTEN_KEEPALIVE void sandflow_key(const char* key, int down, int modifiers) {
  if (app) app->ui.input.key(key, down != 0, modifiers);
}

EMSCRIPTEN_KEEPALIVE void sandflow_focus(int focused) {
  if (app) app->focus(focused != 0);
}

EMSCRIPTEN_KEEPALIVE void sandflow_text_done(int id, const char* value, int accepted) {
  if (!app) return;
  app->ui.entry.done(id, value, accepted != 0);
  app->wake();
}

EMSCRIPTEN_KEEPALIVE void sandflow_text_changed(int id, const char* value) {
  if (!app) return;
  app->ui.entry.changed(id, value);
  app->wake();
}

EMSCRIPTEN_KEEPALIVE void sandflow_command(const char* json) {
  if (app) app->obey(json);
}

EMSCRIPTEN_KEEPALIVE void sandflow_supply(const char* name, const unsigned char* bytes, int size) {
  sandflow::supply_data(name, std::vector<std::uint8_t>(bytes, bytes + size));
}

EMSCRIPTEN_KEEPALIVE int sandflow_train(double ms) { return app && app->train_between(ms) ? 1 : 0; }

EMSCRIPTEN_KEEPALIVE int sandflow_frame(double time_ms) { return app && app->frame(time_ms) ? 1 : 0; }

EMSCRIPTEN_KEEPALIVE const char* sandflow_outbox() {
  answer = app ? app->ui.outbox.take() : "[]";
  return answer.c_str();
}

EMSCRIPTEN_KEEPALIVE void sandflow_context_lost() { lose_screen(); }

EMSCRIPTEN_KEEPALIVE void sandflow_context_restored() {
  restore_screen();
  if (app) app->wake();
}

}  // extern "C"
