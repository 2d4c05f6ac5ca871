// Operators as python/ops/math_ops.py overloads them.
#include "engine/tf/operators.h"

namespace sandflow::tf {

Term Term::op(std::string_view type) const { return {b, b->ok() ? b->op(type, {output}) : Output{}}; }

Term Term::op(std::string_view type, Output y) const {
  return {b, b->ok() ? b->op(type, {output, y}) : Output{}};
}

Term operate(std::string_view type, std::string_view name, const Operand& x, const Operand& y) {
  Builder& b = x.term.b ? *x.term.b : *y.term.b;
  const DType dtype = b.dtype(x.term.b ? x.term.output : y.term.output);
  const auto scope = b.graph().name_scope(name);
  const std::string own = b.graph().scope();
  const auto tensor = [&](const Operand& operand, const char* argument) {
    return operand.term.b ? operand.term.output : constant(b, operand.number, dtype, argument);
  };
  const Output first = tensor(x, "x"), second = tensor(y, "y");
  return {&b, b.ok() ? b.op(type, {first, second}, {}, own) : Output{}};
}

}  // namespace sandflow::tf
