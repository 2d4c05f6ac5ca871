// See app.h.
#include "web/app/app.h"

#include <emscripten.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/core/json.h"
#include "web/app/lens_list.h"
#include "web/app/screen.h"
#include "web/app/texts.h"
#include "web/app/theme.h"

namespace sandflow::ui {

namespace {
constexpr float kNarrow = 760, kSlimColumn = 280, kWideColumn = 520, kColumnPadding = 20;
constexpr float kColumn = 360, kColumnGap = 36;  // Of views in several columns.
constexpr float kLeastRow = 240;                 // Of graph and views one above the other.
}  // namespace

App::App() : views_(all_views()) {}

bool App::frame(double time_ms) {
  if (screen_is_lost()) return false;
  const double began = emscripten_get_now();
  const double since_last = time_ms / 1000 - ui.time;
  ui.delta = static_cast<float>(std::clamp(since_last, 0.0, 0.1));
  ui.time = time_ms / 1000;
  ui.wants_frame = false;
  ui.cursor = "default";
  ui.spots.clear();
  ui.hovered_value.clear();
  ui.holds_finger = false;
  if (ui.input.has_waiting()) wake();

  ui.input.begin_frame(time_ms, ui.size, ui.ratio);
  between_frames_ += 0.1 * (std::min(since_last, 0.2) - between_frames_);
  ui.turns.begin_frame(playback.is_busy());
  look_and_lay_out();
  begin_screen();
  ui.input.read_state();
  obey_keys();
  draw_panes();
  ui.input.end_frame();
  const double drawn = emscripten_get_now();
  if (!lags_) look_ms_ = drawn - began;
  if (looks_at_layers_) layers_ms_ = drawn - began;
  draw_screen();
  const double shown = emscripten_get_now();
  append(changes_, ui.entry.take());
  apply(changes_);
  changes_.clear();
  send_cursor();
  // After an edit the boxes are those of the scene before it: the next frame tells.
  if (generation_ == laid_generation_) tell_page();
  if (frames_left_ > 0) --frames_left_;
  tell_restart();
  train(training_budget(drawn - began + (emscripten_get_now() - shown), shown - drawn));
  frame_ms_ = drawn - began + (emscripten_get_now() - shown);
  return !is_at_rest();
}

void App::focus(bool focused) {
  // In its own field the menu's canvas is still at hand: ImGui would let go of the mouse.
  if (!focused && canvas.is_searching(ui)) return;
  ui.input.focus(focused);
  if (!focused) canvas.close_menu(ui);
  // A field of the views gives the keyboard back to where it was opened.
  if (!focused && !ui.entry.is_open()) ui.walk.leave(ui);
}

void App::resize(Vec size, float ratio) {
  // A phone's keyboard comes and goes with the menu's own field.
  if (!ui.input.is_touch || size.x != ui.size.x) canvas.close_menu(ui);
  ui.size = {std::max(1.0f, size.x), std::max(1.0f, size.y)};
  if (ratio != ui.ratio || fonts().ratio != ratio) set_ratio(ratio);
  ui.ratio = ratio;
  wake();
}

// An edit that makes another graph ends the run, and what moved in it.
void App::tell_restart() {
  if (!was_edited_) return;
  was_edited_ = false;
  if (run_now().counters.step > 0) return;
  flow_.stop();
  if (seen_step_ > 0 && ui.time - told_restart_at_ > 3) {
    ui.notice(tr("notice.restarted"), false);
    told_restart_at_ = ui.time;
  }
  seen_step_ = 0;
}

// A look at the run costs about as much as a step, and what is drawn anew with it more than that: while steps
// stream by, twenty a second are enough, and of a large net as many as leave most frames alone.
void App::look_and_lay_out() {
  looks_at_layers_ = false;
  const bool streams = playback.is_stream();
  const bool rests = streams && ui.time - looked_at_ < look_rest(look_ms_, between_frames_);
  const Turns::Turn turn = streams && !rests ? ui.take_turn(this) : Turns::Turn();
  lags_ = streams && !turn;
  if (!lags_) looked_at_ = ui.time;
  follow_lens();
  lay_out();
}

// Last in a frame, with what the rest of it has left.
void App::train(double budget) {
  const bool was_playing = playback.is_playing;
  made_ = made_between_.value_or(0);
  overshoot_ *= 0.99;
  // Where one piece of it is longer than a frame can bear, what is done between the frames is enough.
  if (budget > overshoot_ || !made_between_) {
    const double began = emscripten_get_now(), wished = std::max(budget - overshoot_, 0.5);
    made_ += playback.advance(workspace, flow_, ui.time, ui.delta, wished);
    overshoot_ = std::max(overshoot_, emscripten_get_now() - began - wished);
  }
  made_between_.reset();
  if (ui.reduced_motion) flow_.stop();
  // In this very frame, so that nobody is told of a run that has diverged and goes on.
  if (playback.is_playing && workspace.has_diverged()) set_playing(false);
  if (was_playing && !playback.is_playing) wake();
  if (made_ > 0) ui.wants_frame = true;
}

bool App::train_between(double ms) {
  if (!playback.is_unbound() || was_edited_) return false;
  const double deadline = emscripten_get_now() + ms;
  const std::int64_t made =
      workspace.advance(std::int64_t{1} << 30, [&] { return emscripten_get_now() < deadline; });
  made_between_ = made_between_.value_or(0) + made;
  return workspace.can_train();
}

void App::enter_lens() {
  playback.pause();
  flow_.stop();
  lens.enter(workspace);
  scene_changed();
  ui.announce(tr("say.lens-on"));
}

void App::leave_lens() {
  lens.leave();
  scene_changed();
}

void App::toggle_fetch(const std::string& node) {
  lens.toggle_fetch(node);
  ui.announce(tr(lens.fetched(node) ? "say.fetched" : "say.unfetched", {{"node", node}}));
}

void App::follow_lens() {
  if (!lens.is_on()) return;
  if (generation_ != laid_generation_ && lens.follow(workspace)) ui.notice(tr("notice.new-session"), false);
  lens.advance(ui.delta, ui.reduced_motion);
  if (lens.moves()) ui.wants_frame = true;
}

void App::lay_out() {
  const Snapshot& snapshot = shown();
  seen_step_ = run_now().counters.step;
  if (generation_ == laid_generation_ && snapshot.version == laid_version_ &&
      texts_version() == laid_texts_ && ui.ratio == laid_ratio_ && canvas.opened == laid_opened_)
    return;
  const bool is_stable = shape_generation_ == laid_shape_ && texts_version() == laid_texts_ &&
                         ui.ratio == laid_ratio_ && (snapshot.counters.step > 0 || lens.is_on());
  const auto lay_out = [&](const Snapshot& state, bool stable) {
    boxes_.lay_out(workspace.scene(), state, workspace.lowered(), shape_generation_, canvas.opened, stable,
                   lens.is_on());
  };
  if (lens.is_on() && (!is_stable || lens.room() != laid_room_)) {
    // Values that arrive move nothing: there is room for those of training, which are mostly of their size,
    // and for those at the end of the run.
    Snapshot expected = snapshot;
    for (std::size_t i = 0; i < expected.nodes.size() && i < workspace.snapshot().nodes.size(); ++i)
      expected.nodes[i].value = workspace.snapshot().nodes[i].value;
    expected.watched = workspace.snapshot().watched;
    lay_out(expected, false);
    lay_out(lens.at_end(), true);
    laid_room_ = lens.room();
  }
  lay_out(snapshot, is_stable || lens.is_on());
  workspace.watch(boxes_.shown());
  laid_generation_ = generation_;
  laid_shape_ = shape_generation_;
  laid_version_ = snapshot.version;
  laid_texts_ = texts_version();
  laid_ratio_ = ui.ratio;
  laid_opened_ = canvas.opened;
}

bool App::sees_views() const { return !shows_graph || (shows_views && ui.size.x >= kNarrow); }

void App::draw_panes() {
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(ImGui::GetIO().DisplaySize);
  ImGui::Begin("app", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoScrollWithMouse |
                   ImGuiWindowFlags_NoNav);
  const bool both = shows_graph && sees_views();
  // Of a tablet held upright half the width would show a part of a graph above nothing.
  const bool is_stacked = both && ui.size.y > ui.size.x;
  Rect graph{{0, 0}, ui.size}, views = graph;
  if (is_stacked)
    graph.max.y = views.min.y = std::round(clamp(row_share_ * ui.size.y, kLeastRow, ui.size.y - kLeastRow));
  else if (both)
    graph.max.x = views.min.x = ui.size.x - std::min(column_width_, ui.size.x - 320);
  if (shows_graph) {
    std::optional<LensView> view;
    if (lens.is_on()) view.emplace(lens, workspace.scene(), boxes_, ui.reduced_motion);
    append(changes_,
           canvas.draw(ui, graph, workspace.scene(), shown(), boxes_, flow_, view ? &*view : nullptr));
    if (lens.is_on() && !canvas.clicked.empty()) toggle_fetch(canvas.clicked);
    pointed.draw(ui, graph, canvas, boxes_);
  }
  if (flow_.moves(ui.time)) ui.wants_frame = true;
  if (sees_views()) draw_views(views, is_stacked);
  if (both) draw_splitter(views, is_stacked);
  ImGui::End();
}

void App::draw_views(const Rect& area, bool is_stacked) {
  const Painter screen = ui.painter();
  screen.fill(area, palette().panel);
  const Vec edge = is_stacked ? Vec(0, 1) : Vec(1, 0);
  ImGui::SetCursorScreenPos(screen.device(area.min + edge));
  ImGui::BeginChild("column", (area.size() - edge) * ui.ratio);
  ui.walk.begin_views();
  const Vec origin = ImGui::GetCursorScreenPos() / ui.ratio;
  const auto count = std::max<std::size_t>(1, static_cast<std::size_t>(area.width() / kColumn));
  const float share = (area.width() - 2 * kColumnPadding + kColumnGap) / static_cast<float>(count);
  std::vector<Column> columns;
  for (std::size_t i = 0; i < count; ++i)
    columns.push_back({ui.painter(origin + Vec(kColumnPadding + static_cast<float>(i) * share, 0)),
                       share - kColumnGap, 16, &folds_});
  // Who selects a node wants to see it: it stands at the top.
  const std::set<std::string>& selected = canvas.selection.nodes;
  std::string inspected = selected.size() == 1 ? *selected.begin() : "";
  if (!inspected.empty() && inspected != inspected_) ImGui::SetScrollY(0);
  inspected_ = std::move(inspected);
  append(changes_, inspector_.draw(ui, columns[0], workspace.scene(), shown(), workspace.lowered(), boxes_,
                                   canvas.selection, lens.is_on() ? &lens : nullptr));
  if (lens.is_on()) draw_order(ui, columns[0], lens, workspace.scene());
  const Run run{
      .scene = workspace.scene(),
      .snapshot = run_now(),
      .data = workspace.dataset(),
      .selection = canvas.selection,
      .is_playing = playback.is_busy(),
      .predict = [this](const Tensor& features) { return workspace.predict(features); },
      .workspace = workspace,
      .pause = [this] { playback.pause(); },
      .watch = workspace.layer_watch(),
      .layers = [this]() -> const std::vector<LayerState>& { return look_at_layers(); },
  };
  const auto shortest = [&] {
    return static_cast<std::size_t>(
        std::min_element(columns.begin(), columns.end(),
                         [](const Column& x, const Column& y) { return x.y < y.y; }) -
        columns.begin());
  };
  if (std::exchange(column_count_, count) != count) places_.assign(views_.size(), std::nullopt);
  for (std::size_t i = 0; i < views_.size(); ++i) {
    if (lens.is_on() || !views_[i]->applies(run)) {  // They show the training run.
      places_[i].reset();
      continue;
    }
    // Where there is most room when it comes; there it stays, whatever is folded after that.
    if (!places_[i]) places_[i] = shortest();
    ImGui::PushID(static_cast<int>(i));
    append(changes_, views_[i]->draw(ui, columns[*places_[i]], run));
    ImGui::PopID();
  }
  for (const Column& column : columns) {
    constexpr float kEnd = 6;  // The keyboard's ring has room around the last control.
    ImGui::SetCursorScreenPos(column.painter.device(Vec(0, column.y + kEnd)));
    ImGui::Dummy({1, 1});
  }
  // A finger moves what is under it.
  if (ui.input.is_touch && !ui.holds_finger &&
      ImGui::IsWindowHovered(ImGuiHoveredFlags_AllowWhenBlockedByActiveItem) && ImGui::IsMouseDown(0)) {
    const float moved = ImGui::GetIO().MouseDelta.y;
    if (std::fabs(moved) < 200 * ui.ratio) ImGui::SetScrollY(ImGui::GetScrollY() - moved);
  }
  ui.walk.end_views(ui);
  ImGui::EndChild();
}

const std::vector<LayerState>& App::look_at_layers() {
  const std::uint64_t version = run_now().version;
  const bool is_other = layers_.size() != workspace.layer_watch().layers().size();
  if (version == layers_version_ && !is_other) return layers_;
  if (!is_other && playback.is_busy() && ui.time - layers_at_ < look_rest(layers_ms_, between_frames_)) {
    ui.wants_frame = true;
    return layers_;
  }
  const Turns::Turn turn = ui.take_turn(&layers_);
  if (!turn && !is_other) return layers_;  // Of another net there is nothing to show yet.
  layers_ = workspace.look_at_layers();
  looks_at_layers_ = true;
  layers_version_ = version;
  layers_at_ = ui.time;
  return layers_;
}

void App::draw_splitter(const Rect& views, bool is_stacked) {
  const Painter screen = ui.painter();
  const Vec reach = is_stacked ? Vec(0, 4) : Vec(4, 0);
  const Vec end = is_stacked ? Vec(views.max.x, views.min.y) : Vec(views.min.x, views.max.y);
  screen.hairline(views.min, end, palette().line);
  const Press hit = press(ui, screen, "splitter", {views.min - reach, end + reach});
  if (hit.held && ImGui::IsMousePosValid()) {
    if (is_stacked)
      row_share_ = ui.input.mouse.y / ui.size.y;
    else
      column_width_ = clamp(ui.size.x - ui.input.mouse.x, kSlimColumn, kWideColumn);
  }
  if (!hit.hovered && !hit.held) return;
  ui.cursor = is_stacked ? "row-resize" : "col-resize";
  screen.fill({views.min - reach / 4, end + reach / 2}, fade(palette().of(Tone::kForward), 0.6f));
}

void App::obey_keys() {
  if (!sees_views()) ui.walk.leave(ui);
  ui.walk.take_keys(ui, sees_views() && canvas.is_free());
  for (const KeyPress& key : ui.input.keys) {
    if (!key.ctrl) continue;
    const bool is_z = key.key == "z" || key.key == "Z";
    if ((is_z && key.shift) || key.key == "y" || key.key == "Y")
      step_history(false);
    else if (is_z)
      step_history(true);
  }
}

void App::step_history(bool is_back) {
  if (const Status status = is_back ? workspace.undo() : workspace.redo(); !status)
    ui.notice(status.error().text(), true);
  scene_changed();
}

bool App::apply(const Changes& changes) {
  bool all = true;
  for (const Change& change : changes) {
    const bool adds = std::holds_alternative<edit::AddNode>(change.edit) ||
                      std::holds_alternative<edit::AddNodes>(change.edit);
    const bool renames = std::holds_alternative<edit::Rename>(change.edit) ||
                         std::holds_alternative<edit::Group>(change.edit) ||
                         std::holds_alternative<edit::Ungroup>(change.edit) ||
                         std::holds_alternative<edit::RenameScope>(change.edit);
    const std::size_t count = workspace.scene().nodes.size();
    // Names change, places in the list do not.
    std::vector<std::size_t> selected;
    for (std::size_t i = 0; i < count && renames; ++i)
      if (canvas.selection.nodes.count(workspace.scene().nodes[i].name)) selected.push_back(i);
    const Status status = workspace.apply(change.edit, change.gesture);
    if (!status) {
      ui.notice(status.error().text(), true);
      ui.announce(status.error().message);
      all = false;
      continue;
    }
    ++generation_;
    wake();
    if (!std::holds_alternative<edit::Move>(change.edit)) {
      ++shape_generation_;
      was_edited_ = true;
    }
    if (std::holds_alternative<edit::SetNet>(change.edit)) canvas.fit();
    const std::vector<SceneNode>& nodes = workspace.scene().nodes;
    if (renames) {
      canvas.selection.clear();
      for (const std::size_t i : selected) canvas.selection.nodes.insert(nodes[i].name);
    }
    if (adds && nodes.size() > count) {
      canvas.selection.clear();
      for (std::size_t i = count; i < nodes.size(); ++i) canvas.selection.nodes.insert(nodes[i].name);
      ui.announce(tr("say.added", {{"node", nodes[count].name}}));
    }
    if (const auto* removed = std::get_if<edit::RemoveNodes>(&change.edit))
      ui.announce(tr("say.removed", {{"count", std::to_string(removed->names.size())}}));
  }
  if (!changes.empty()) canvas.selection.forget_missing(workspace.scene());
  return all;
}

void App::set_playing(bool playing) {
  if (!playing)
    playback.pause();
  else if (workspace.snapshot().can_train)
    playback.play();
  else
    run_once();
  wake();
}

void App::run_once() {
  if (workspace.snapshot().can_train)
    playback.step();
  else
    flow_.show_step(ui.time, 1.4);
  wake();
}

void App::scene_changed() {
  ++generation_;
  ++shape_generation_;
  was_edited_ = true;
  canvas.selection.forget_missing(workspace.scene());
  canvas.close_menu(ui);
  flow_.stop();
  wake();
}

void App::tell_page() {
  report_.send(*this, boxes_, made_ > 0 || playback.is_stream());
  if (report_.is_owing() || playback.is_owing()) return;
  for (; tells_owed_ > 0; --tells_owed_) ui.outbox.add("{\"type\":\"told\"}");
}

void App::send_cursor() {
  if (ui.cursor == sent_cursor_) return;
  sent_cursor_ = ui.cursor;
  JsonWriter json;
  json.open().field("type", "cursor").field("cursor", ui.cursor).close();
  ui.outbox.add(json.take());
}

bool App::is_at_rest() const {
  return frames_left_ <= 0 && !ui.wants_frame && !playback.is_busy() && !flow_.moves(ui.time) &&
         !ui.input.has_waiting() && !report_.is_owing() && tells_owed_ == 0;
}

}  // namespace sandflow::ui
