// What the page is told: the state of the run and the scene, whenever it changed, and once the catalog of
// what there is.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "web/app/boxes.h"
#include "web/app/ui.h"

namespace sandflow::ui {

class App;

std::string catalog();

class Report {
 public:
  // Sends what changed since the last time; while steps run, ten times a second at most.
  void send(App& app, const Boxes& boxes, bool is_running);
  bool is_owing() const { return is_owing_; }  // Something changed that was held back.

 private:
  void print(const Snapshot& shown, bool may_wait);

  std::string sent_state_, sent_nodes_, sent_boxes_, sent_lens_;
  std::pair<int, int> sent_run_;     // Session and run.
  std::vector<std::string> values_;  // As printed, of one version of the snapshot, the lens's or training's.
  std::size_t next_value_ = 0;
  std::uint64_t printed_version_ = ~0ull;
  bool printed_lens_ = false;
  double sent_at_ = -1;
  bool is_owing_ = false;
};

}  // namespace sandflow::ui
