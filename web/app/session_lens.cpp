// See session_lens.h.
#include "web/app/session_lens.h"

#include <algorithm>
#include <cmath>

namespace sandflow::ui {

namespace {
constexpr double kSlowest = 2, kFastest = 0.04;  // Seconds a stop.
}

void SessionLens::enter(const Workspace& workspace) {
  const Scene& scene = workspace.scene();
  const bool was_on = is_on();
  lens_ = std::make_unique<Lens>(scene, workspace.dataset());
  run_.reset();
  go_to(0);
  pause();
  ++session_;
  runs_ = 0;
  ++room_;
  if (was_on) {
    forget_missing();
  } else {
    feeds_ = lens_->scene_feeds();
    fetches_.clear();
  }
  if (!fetches_.empty()) return;
  if (lens_->can_fetch(scene.training.loss))
    fetches_ = {scene.training.loss};
  else if (!scene.nodes.empty() && lens_->can_fetch(scene.nodes.back().name))
    fetches_ = {scene.nodes.back().name};
}

void SessionLens::leave() {
  lens_.reset();
  run_.reset();
  pause();
}

bool SessionLens::follow(const Workspace& workspace) {
  if (!is_on() || lens_->fits(workspace.scene())) return false;
  // Placeholders that have come with the edit bring their feeds.
  const std::vector<LensFeed> before = lens_->scene_feeds();
  enter(workspace);
  for (const LensFeed& feed : lens_->scene_feeds())
    if (std::find(before.begin(), before.end(), feed) == before.end()) this->feed(feed);
  return true;
}

void SessionLens::forget_missing() {
  const auto is_missing = [&](const std::string& name) { return !lens_->can_fetch(name); };
  std::erase_if(fetches_, is_missing);
  std::erase_if(feeds_, [&](const LensFeed& feed) { return is_missing(feed.key); });
}

bool SessionLens::fetched(std::string_view name) const {
  return std::find(fetches_.begin(), fetches_.end(), name) != fetches_.end();
}

void SessionLens::toggle_fetch(const std::string& name) {
  if (std::erase(fetches_, name) == 0) fetches_.push_back(name);
}

void SessionLens::feed(LensFeed feed) {
  const auto at =
      std::find_if(feeds_.begin(), feeds_.end(), [&](const LensFeed& each) { return each.key == feed.key; });
  if (at == feeds_.end())
    feeds_.push_back(std::move(feed));
  else
    *at = std::move(feed);
}

void SessionLens::feed_something(const std::string& key) {
  const bool takes_batch = lens_->takes_batch(key);
  feed({key, takes_batch ? std::string() : lens_->some_value(key), takes_batch});
}

void SessionLens::unfeed(std::string_view key) {
  std::erase_if(feeds_, [&](const LensFeed& feed) { return feed.key == key; });
}

void SessionLens::next_batch() { lens_->next_batch(); }

void SessionLens::run(bool tells) { show(lens_->run(fetches_, feeds_), tells); }
void SessionLens::run_init(bool tells) { show(lens_->run({lens_->init_name()}, {}), tells); }

void SessionLens::show(LensRun run, bool tells) {
  run_ = std::move(run);
  ++runs_;
  ++room_;
  go_to(tells ? 0 : run_->stops.size());
  is_playing_ = tells && !run_->stops.empty();
}

Status SessionLens::load(std::string_view variable, std::string_view text) {
  SANDFLOW_TRY(lens_->load(variable, text));
  // What was told is of another value now.
  run_.reset();
  go_to(0);
  pause();
  ++room_;
  return {};
}

void SessionLens::close() {
  lens_->close();
  is_stale_ = true;
}

void SessionLens::renew() {
  lens_->renew();
  run_.reset();
  go_to(0);
  pause();
  ++session_;
  runs_ = 0;
  ++room_;
}

void SessionLens::play() {
  if (!run_) return;
  if (at_ >= run_->stops.size()) go_to(0);
  is_playing_ = true;
}

void SessionLens::go_to(std::size_t stops) {
  at_ = run_ ? std::min(stops, run_->stops.size()) : 0;
  phase_ = 0;
  is_going_on_ = false;
  is_stale_ = true;
}

void SessionLens::go_on() {
  pause();
  if (!run_) return;
  if (is_going_on_) go_to(at_ + 1);  // A quick hand does not wait for the motion.
  is_going_on_ = at_ < run_->stops.size();
}

void SessionLens::advance(double delta, bool reduced_motion) {
  if (!moves() || !run_) return;
  const double seconds = kSlowest * std::pow(kFastest / kSlowest, std::clamp(speed, 0.0, 1.0));
  // Without motion a step is there at once; playing still takes its time from one to the next.
  phase_ += reduced_motion && is_going_on_ ? 1 : static_cast<float>(delta / seconds);
  while (phase_ >= 1 && moves()) {
    const float left = phase_ - 1;
    const bool goes_on = is_playing_;
    go_to(at_ + 1);
    if (at_ >= run_->stops.size()) is_playing_ = false;
    if (goes_on && is_playing_) phase_ = left;
  }
}

const Snapshot& SessionLens::snapshot() {
  if (!is_stale_) return snapshot_;
  is_stale_ = false;
  snapshot_ = snapshot_at(at_);
  snapshot_.version = ++version_;
  return snapshot_;
}

std::pair<Tensor, Tensor> SessionLens::change_of(int node) const {
  for (std::size_t k = at_; run_ && k-- > 0;)
    if (const LensStop& stop = run_->stops[k]; stop.owner == node && stop.before.defined())
      return {stop.before, stop.after};
  return {};
}

Snapshot SessionLens::at_end() const { return snapshot_at(run_ ? run_->stops.size() : 0); }

// Of what training has added to the graph, too: its boxes show what ran up to there.
Snapshot SessionLens::snapshot_at(std::size_t stops) const {
  Snapshot snapshot;
  snapshot.nodes = lens_->nodes_at(last(), stops);
  std::size_t events = 0;
  for (std::size_t k = 0; run_ && k < std::min(stops, run_->stops.size()); ++k)
    events = std::max(events, run_->stops[k].first + run_->stops[k].count);
  for (std::size_t i = 0; i < events; ++i) {
    const LensEvent& event = run_->events[i];
    if (!event.values.empty() && event.values[0].defined()) snapshot.watched[event.node] = event.values[0];
    for (const LensChange& change : event.changes) snapshot.watched[change.variable] = change.after;
  }
  return snapshot;
}

}  // namespace sandflow::ui
