// Everything about the one chosen node: what it is, what can be set, what feeds it, what it holds.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "engine/scene/lower.h"
#include "engine/scene/node_types.h"
#include "web/app/formula.h"
#include "web/app/session_lens.h"
#include "web/app/tensor_panel.h"
#include "web/app/views/view.h"

namespace sandflow::ui {

class Inspector {
 public:
  // Nothing is drawn unless exactly one node is selected, of the scene or of what training has added.
  // `lens`: null while it is off; the node can be fetched and fed from here.
  Changes draw(Ui& ui, Column& column, const Scene& scene, const Snapshot& snapshot, const Lowered& lowered,
               const Boxes& boxes, const Selection& selection, SessionLens* lens);

 private:
  using Numbers = std::map<std::string, std::string>;
  // `key`: whose formula it is; `numbers_now`: what stands for its names, asked for when `version` is
  // another.
  void draw_formula(Column& column, const std::string& key, std::uint64_t version, const std::string& formula,
                    const std::function<Numbers()>& numbers_now);
  // inspector_derived.cpp
  void draw_derived(Ui& ui, Column& column, const Snapshot& snapshot, const Lowered& lowered,
                    const Boxes& boxes, const std::string& chosen);
  void draw_tensors(Ui& ui, Column& column, const Scene& scene, const Snapshot& snapshot, int index,
                    const SessionLens* lens);

  // Of what `formula_key_` says.
  std::string formula_key_;
  std::uint64_t numbers_version_ = 0;
  Numbers numbers_;
  Formula formula_, with_numbers_;
  TensorPanel tensors_;
};

}  // namespace sandflow::ui
