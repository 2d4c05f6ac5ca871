// What TensorFlow's Python makes of several operations - dropout, tf.losses, clipping, normalization -
// described as data like the operations themselves (graph/op.h), so that palette, scenes, the module and the
// checks are loops over this list, too. On the canvas a call is one node; in the graph it is a scope.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/builder.h"

namespace sandflow::tf {

// A call while it is being built: its arguments, and short words for the operations it is made of.
struct Call {
  Builder& b;
  std::vector<Output> inputs;  // As the function's, with invalid ones for optional arguments left out.
  Attrs attrs;                 // All of the function's, those that the caller gave first.
  std::string scope;           // "dropout/": the name that the result takes.
  std::size_t given = 0;       // How many attributes the caller gave.

  const Output& in(std::size_t i) const { return inputs[i]; }
  template <class T>
  const T& attr(std::string_view name) const {
    for (const Attr& attr : attrs)
      if (attr.name == name) return std::get<T>(attr.value);
    check_failed("attribute exists", std::string(name).c_str(), 0);
  }
  bool is_given(std::string_view name) const;
  // Python's operators, with the names it gives them.
  Output add(Output x, Output y) const { return b.op("AddV2", {x, y}, {}, "add"); }
  Output sub(Output x, Output y) const { return b.op("Sub", {x, y}, {}, "sub"); }
  Output mul(Output x, Output y) const { return b.op("Mul", {x, y}, {}, "mul"); }
  Output div(Output x, Output y) const { return b.op("RealDiv", {x, y}, {}, "truediv"); }
  Output op(std::string_view type, std::vector<Output> of, Attrs with = {},
            std::string_view name = {}) const {
    return b.op(type, std::move(of), std::move(with), name);
  }
  // The operation that has the call's own name.
  Output result(std::string_view type, std::vector<Output> of, Attrs with = {}) const {
    return b.op(type, std::move(of), std::move(with), scope);
  }
  Output scalar_like(Output x, double value, std::string_view name = "Const") const;
  Output ints(const std::vector<std::int64_t>& values, std::string_view name = "Const") const;
  Output integer(std::int32_t value, std::string_view name) const;
  // array_ops.py, shape with optimize=True: a constant where it is known.
  Output shape_of(Output x) const;
  // Sum, Mean, Max, ... along the axes; all of them if there are none.
  Output reduce(std::string_view type, Output x, const std::vector<std::int64_t>& axes, bool keep_dims) const;
  Output cast(Output x, DType dtype) const;
};

struct Function {
  const char* name;    // "dropout"
  const char* python;  // "tf.nn.dropout"
  Family family;
  const char* scope;  // Its default name in a graph.
  std::vector<Arg>
      inputs;  // Dtypes are those of the operations inside; "T" only says which literals go together.
  std::vector<const char*> outputs;
  std::vector<AttrSpec> attrs;
  const char* formula;  // TeX.
  const char* help;     // One English sentence.
  std::vector<Output> (*build)(const Call&);
  int optional = 0;               // How many of the last inputs may be left out.
  bool takes_only_names = false;  // In Python its arguments must be named.

  const AttrSpec* find_attr(std::string_view name) const;
};

const std::vector<Function>& functions();
// Null for an unknown name.
const Function* find_function(std::string_view name);

// Adds a call to the graph, in a scope named `name` (empty: the function's own); its outputs. Attributes left
// out have their initial values. Errors: TypeError for too few inputs, an unknown or missing attribute, one
// of a wrong kind; ValueError for one out of range; those of the operations inside.
Result<std::vector<Output>> call(Builder&, const Function&, std::vector<Output> inputs, Attrs attrs = {},
                                 std::string_view name = {});

// The files of the list.
std::vector<Function> math_functions();
std::vector<Function> network_functions();
std::vector<Function> loss_functions();

}  // namespace sandflow::tf
