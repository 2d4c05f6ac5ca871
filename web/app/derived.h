// What minimising a loss adds to the graph and no learner put there: gradients, the optimizer with its slots,
// the initializer. It stands near the loss in scopes that are folded at first; opened, it is a graph one can
// walk, from right to left, as gradients run.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "web/app/boxes.h"

namespace sandflow::ui {

class Derived {
 public:
  // Finds out what there is; needed when the graph has changed.
  void read(const Scene& scene, const Lowered& lowered);
  // Adds boxes, frames and wires to those of the scene, and to `stands_for` which box stands for which node.
  // `opened`: scopes that are not folded, as "gradients/".
  void add_to(Boxes& boxes, std::vector<int>& stands_for, const Scene& scene, const Snapshot& snapshot,
              const Lowered& lowered, const std::set<std::string>& opened);
  // The tensors whose values are shown.
  const std::vector<Output>& shown() const { return shown_; }

 private:
  // One operation, or a variable with its initializer, Assign and read.
  struct Leaf {
    std::vector<int> nodes;  // Its own first.
    std::vector<std::string> path;
  };
  struct Tree {
    std::string name;  // "MatMul_grad".
    std::vector<Tree> scopes;
    std::vector<std::size_t> leaves;
    std::size_t count = 0;  // Of leaves at any depth.
  };
  struct Visible {
    std::string scope;  // Of its frame, "gradients/MatMul_grad"; empty: in none.
    std::string key, label;
    std::vector<std::size_t> leaves;  // One: that leaf; several: a folded scope.
    bool is_folded = false;
  };

  static void insert(Tree& tree, const std::vector<Leaf>& leaves, std::size_t leaf, std::size_t depth);
  void gather(const Tree& tree, std::vector<std::size_t>& leaves) const;
  void list(const Tree& tree, const std::string& scope, const std::set<std::string>& opened,
            std::vector<Visible>& visible, std::vector<std::string>& frames) const;
  void add_frames(Boxes& boxes, std::size_t first, const std::vector<Visible>& visible,
                  const std::vector<std::string>& frames) const;

  std::vector<Leaf> leaves_;
  std::vector<int> leaf_of_;  // By graph node; -1: the scene's.
  Tree root_;
  int start_ = -1;  // Where the gradients begin.
  std::vector<Output> shown_;
  std::map<std::string, Vec> sizes_;
};

}  // namespace sandflow::ui
