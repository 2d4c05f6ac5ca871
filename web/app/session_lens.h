// The Session lens on the page: what is fetched and fed, the last run, and how far it has been told.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/scene/lens.h"
#include "engine/scene/workspace.h"

namespace sandflow::ui {

class SessionLens {
 public:
  double speed = 0.45;  // 0: a stop every two seconds … 1: twenty-five a second.

  // A fresh session. What was fetched and fed stays as far as the graph still has it.
  void enter(const Workspace& workspace);
  void leave();
  bool is_on() const { return lens_ != nullptr; }
  // After an edit: whether it made another graph, and so a new session.
  bool follow(const Workspace& workspace);

  void toggle_fetch(const std::string& name);
  void feed(LensFeed feed);
  void feed_something(const std::string& key);  // The batch if it takes one, else some value that fits.
  void unfeed(std::string_view key);
  void next_batch();
  void run(bool tells);  // `tells`: stop by stop; else all at once.
  void run_init(bool tells);
  Status load(std::string_view variable, std::string_view text);
  void close();
  void renew();

  // Along the stops of the last run.
  void play();
  void pause() { is_playing_ = false; }
  void go_to(std::size_t stops);
  void go_on();  // One stop, told.
  void go_back() { go_to(at_ > 0 ? at_ - 1 : 0); }
  bool is_playing() const { return is_playing_; }
  bool moves() const { return is_playing_ || is_going_on_; }
  void advance(double delta, bool reduced_motion);

  const Lens& lens() const { return *lens_; }
  const std::vector<std::string>& fetches() const { return fetches_; }
  const std::vector<LensFeed>& feeds() const { return feeds_; }
  const LensRun* last() const { return run_ ? &*run_ : nullptr; }
  std::size_t at() const { return at_; }    // Stops that are told …
  float phase() const { return phase_; }    // … and how much of the next.
  int session() const { return session_; }  // Counts sessions.
  int runs() const { return runs_; }        // Of this session.
  bool fetched(std::string_view name) const;
  // The scene as it stands at this place of the run; the reference is good until the next call.
  const Snapshot& snapshot();
  // What a scene node's Variable was before the run changed it, and is after; undefined if that is not told
  // yet.
  std::pair<Tensor, Tensor> change_of(int node) const;
  // The same at the end of the run: what the boxes need room for.
  Snapshot at_end() const;
  std::uint64_t room() const { return room_; }  // Changes when the boxes' sizes have to be found anew.

 private:
  Snapshot snapshot_at(std::size_t stops) const;
  void show(LensRun run, bool tells);
  void forget_missing();

  std::unique_ptr<Lens> lens_;
  std::vector<std::string> fetches_;
  std::vector<LensFeed> feeds_;
  std::optional<LensRun> run_;
  std::size_t at_ = 0;
  float phase_ = 0;
  bool is_playing_ = false, is_going_on_ = false;
  int session_ = 0, runs_ = 0;
  Snapshot snapshot_;
  bool is_stale_ = true;
  std::uint64_t version_ = 0, room_ = 0;
};

}  // namespace sandflow::ui
