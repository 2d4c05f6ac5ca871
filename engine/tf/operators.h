// Python's operators on tensors: what they add to the graph is what they add there, so a formula of
// TensorFlow's Python reads the same here.
#pragma once

#include "engine/tf/tf.h"

namespace sandflow::tf {

// A tensor, and where operations on it go.
struct Term {
  Builder* b;
  Output output;

  operator Output() const { return output; }
  // An operation on it alone: x.op("Sqrt") is tf.sqrt(x).
  Term op(std::string_view type) const;
  // An operation with another one: x.op("Minimum", y) is tf.minimum(x, y).
  Term op(std::string_view type, Output y) const;
};

// One operand of an operator; a number becomes a constant of the other's dtype.
struct Operand {
  Operand(Term x) : term(x) {}
  Operand(int x) : number(x) {}
  Operand(double x) : number(x) {}

  Term term{};
  Literal number = 0;
};

Term operate(std::string_view type, std::string_view name, const Operand& x, const Operand& y);

inline Term operator+(Term x, const Operand& y) { return operate("AddV2", "add", x, y); }
inline Term operator+(double x, Term y) { return operate("AddV2", "add", x, y); }
inline Term operator-(Term x, const Operand& y) { return operate("Sub", "sub", x, y); }
inline Term operator-(double x, Term y) { return operate("Sub", "sub", x, y); }
inline Term operator*(Term x, const Operand& y) { return operate("Mul", "mul", x, y); }
inline Term operator*(double x, Term y) { return operate("Mul", "mul", x, y); }
inline Term operator/(Term x, const Operand& y) { return operate("RealDiv", "truediv", x, y); }
inline Term operator/(double x, Term y) { return operate("RealDiv", "truediv", x, y); }
inline Term pow(const Operand& x, const Operand& y) { return operate("Pow", "pow", x, y); }

}  // namespace sandflow::tf
