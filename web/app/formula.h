// Formulas in the little TeX of the engine's descriptions, laid out and drawn: fractions, roots, sums, cases.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "web/app/paint.h"

namespace sandflow::ui {

class Formula {
 public:
  Formula() = default;
  // What is not known is shown as it is written.
  explicit Formula(std::string_view tex, float size = 16);

  Vec size() const { return {width_, above_ + below_}; }
  void draw(const Painter& painter, Vec at, Color color) const;

 private:
  friend class FormulaParser;
  struct Sign {
    Vec at;  // Left end of the baseline, from the formula's own.
    float size;
    std::string text;
  };
  struct Line {
    Vec a, b;
  };
  void place(const Formula& part, Vec at);
  void follow(const Formula& part);

  float width_ = 0, above_ = 0, below_ = 0;  // Of the baseline.
  std::vector<Sign> signs_;
  std::vector<Line> lines_;
};

// The formula with numbers in place of its names ("z = x + y" is "16 = 11 + 5"); empty where it cannot be
// said so, because a name has an index or is left over.
std::string with_numbers(std::string_view tex, const std::map<std::string, std::string>& numbers);

}  // namespace sandflow::ui
