// An optimizer's rule as lines of arithmetic that can be read, computed, and written with every number put
// in: "a" becomes "μ · a + g". What a line makes may have been there before (a slot, or the weight W itself).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sandflow {

struct RuleLine {
  const char* name;
  const char* expression;
  // Where this is not above 0, the line is `otherwise` instead.
  const char* condition = nullptr;
  const char* otherwise = nullptr;
};

// Numbers by what a rule calls them.
using Symbols = std::map<std::string, double, std::less<>>;

struct Evaluated {
  double value = 0;
  std::string numbers;  // "0.9 · (−0.2) + 0.1"
};
// Names, decimal numbers, + − · / ^ ² √ |x| ( ), and max, min and sign. The rule is part of the program: one
// that cannot be read, or asks for a number that is not there, is the programmer's error.
Evaluated evaluate(std::string_view expression, const Symbols& symbols);

// Computes the lines one after the other, each with what those before have made; gives them as texts:
// "a ← μ · a + g = 0.9 · 0.1 + 0.2 = 0.29".
std::vector<std::string> told(const std::vector<RuleLine>& rule, Symbols& symbols);

}  // namespace sandflow
