// Guards the building of graphs: names, dtypes and shapes, and what is said when they do not fit, are
// TensorFlow's.
#include "engine/graph/graph.h"

#include "engine/core/text.h"
#include "engine/graph/gradients.h"
#include "engine/tf/tf.h"
#include "tests/engine/golden.h"
#include "tests/engine/support.h"

namespace sandflow::test {

namespace {

std::string name_of(const Graph& graph, Output output) {
  return output.valid() ? graph.node(output.node).name : "nothing";
}

// Python's operators, which convert the literal on either side to the tensor's dtype (math_ops.py).
Output operate(Builder& b, const char* type, const char* name, const tf::Value& x, const tf::Value& y) {
  const auto scope = b.graph().name_scope(name);
  const std::string own = b.graph().scope();
  std::optional<DType> hint;
  if (const auto* tensor = std::get_if<Output>(&x)) hint = b.dtype(*tensor);
  if (const auto* tensor = std::get_if<Output>(&y)) hint = b.dtype(*tensor);
  const auto converted_value = [&](const tf::Value& value, const char* argument) {
    if (const auto* tensor = std::get_if<Output>(&value)) return *tensor;
    const Literal& literal = std::get<Literal>(value);
    // The left side must take the dtype, the right side only prefers it.
    const auto tensor = argument[0] == 'x' ? literal.tensor(hint) : literal.tensor_hinted(hint);
    return tensor.ok() ? tf::constant(b, *tensor, argument) : b.fail(tensor.error());
  };
  const Output left = converted_value(x, "x"), right = converted_value(y, "y");
  return b.op(type, {left, right}, {}, own);
}
Output plus(Builder& b, const tf::Value& x, const tf::Value& y) { return operate(b, "AddV2", "add", x, y); }
Output times(Builder& b, const tf::Value& x, const tf::Value& y) { return operate(b, "Mul", "mul", x, y); }

// What building says, and where.
template <class Build>
std::string build_error(Build build) {
  Graph graph;
  Builder b(graph);
  build(b);
  return error_text(b.status());
}

Output of_shape(Builder& b, std::string_view shape, DType dtype = DType::kFloat32) {
  return tf::placeholder(b, dtype, shape_from(shape));
}

// A shape as rows of golden.json write it.
std::string row_text(const Shape& shape) { return shape.has_rank() ? shape.runtime() : "?"; }

}  // namespace

TEST_CASE("operations are named as in TensorFlow, in one sequence") {
  Graph graph;
  Builder b(graph);
  const Json names = golden("naming_sequence")["expected"]["names"];
  // The expected text starts with the name and may go on with a remark.
  const auto check = [&](const char* line, Output output) {
    INFO(line);
    const std::string text = names[line].text();
    CHECK(name_of(graph, output) == text.substr(0, text.find(' ')));
  };
  const Output a = tf::constant(b, 1), second = tf::constant(b, 2);
  check("a", a);
  check("b", second);
  check("c", tf::add(b, a, second));
  check("d", plus(b, a, second));
  check("e", plus(b, a, 5));
  check("f", plus(b, 5, a));
  check("g", tf::add(b, a, 5));
  check("h", tf::multiply(b, a, second));
  check("i", times(b, a, second));
  const tf::Variable v = tf::variable(b, 5), w = tf::variable(b, 5);
  check("v", v.ref);
  check("w", w.ref);
  const Output j = plus(b, v.value, 1);
  check("j", j);
  const Output k = tf::reduce_sum(b, tf::constant(b, must(Literal::parse("[1, 2]"))));
  check("k", k);
  check("l", tf::placeholder(b, DType::kFloat32));
  check("m", tf::constant(b, 1, {}, "add"));
  must(b.status());
  for (const char* remarked : {"add_2/y", "add_3/x", "Add_4/y", "Variable/initial_value", "Variable/Assign",
                               "Variable/read", "add_5/y"})
    CHECK_MESSAGE(graph.find(remarked), remarked);
  CHECK(name_of(graph, graph.node(j.node).inputs[0]) == "Variable/read");
  CHECK(name_of(graph, graph.node(k.node).inputs[0]) == "Const_2");
  CHECK(name_of(graph, graph.node(k.node).inputs[1]) == "Const_3");
}

TEST_CASE("names are unique without regard to case, and keep the case they were given") {
  Graph graph;
  CHECK(graph.unique_name("W") == "W");
  CHECK(graph.unique_name("w") == "w_1");
  CHECK(graph.unique_name("W_1") == "W_1_1");
  CHECK(graph.unique_name("W") == "W_2");
  CHECK(graph.unique_name("other") == "other");
}

TEST_CASE("name scopes nest, are made unique, can be entered again and left for the root") {
  Graph graph;
  Builder b(graph);
  std::string again;
  {
    const auto outer = graph.name_scope("l1");
    CHECK(graph.scope() == "l1/");
    again = graph.scope();
    const auto inner = graph.name_scope("deep");
    CHECK(name_of(graph, tf::constant(b, 1)) == "l1/deep/Const");
    const auto root = graph.name_scope("");
    CHECK(name_of(graph, tf::constant(b, 1)) == "Const");
  }
  CHECK(graph.scope().empty());
  {
    const auto second = graph.name_scope("l1");
    CHECK(name_of(graph, tf::constant(b, 1)) == "l1_1/Const");
  }
  {
    const auto first = graph.name_scope(again);
    CHECK(name_of(graph, tf::constant(b, 1)) == "l1/Const");
    CHECK(name_of(graph, tf::constant(b, 1)) == "l1/Const_1");
  }
  // A name that ends in "/" is the scope's own.
  CHECK(name_of(graph, tf::constant(b, 1, {}, "l1/")) == "l1");
}

TEST_CASE("a name that TensorFlow refuses is refused in its words, and leaves the graph as it was") {
  Graph graph;
  Builder b(graph);
  tf::constant(b, 1, {}, "a b");
  const Json error = golden("err_24")["expected"]["error"];
  CHECK(error_text(b.status()) == error["type"].text() + ": " + error["text"].text());
  CHECK(graph.size() == 0);
  for (const char* wrong : {"_hidden", "-a", "a:0", "\xea\xb0\x80"})
    CHECK(build_error([&](Builder& c) { tf::constant(c, 1, {}, wrong); }) ==
          cat("ValueError: '", wrong, "' is not a valid node name"));
  CHECK(build_error([](Builder& c) { tf::constant(c, 1, {}, "0.a_b-c/d"); }) == "no error");
}

TEST_CASE("random operations and variables add their parts in TensorFlow's order, which decides seeds") {
  const auto names = [](auto build) {
    Graph graph;
    Builder b(graph);
    build(b);
    return join(graph.nodes(), " ", [](const Node& node) { return node.name; });
  };
  CHECK(names([](Builder& b) { tf::random_normal(b, {2}); }) ==
        "random_normal/shape random_normal/mean random_normal/stddev random_normal/RandomStandardNormal "
        "random_normal/mul random_normal");
  CHECK(names([](Builder& b) { tf::random_uniform(b, {2}); }) ==
        "random_uniform/shape random_uniform/min random_uniform/max random_uniform/RandomUniform "
        "random_uniform/sub random_uniform/mul random_uniform");
  CHECK(names([](Builder& b) { tf::truncated_normal(b, {2}); }) ==
        "truncated_normal/shape truncated_normal/mean truncated_normal/stddev "
        "truncated_normal/TruncatedNormal truncated_normal/mul truncated_normal");
  CHECK(names([](Builder& b) { tf::variable(b, 5); }) ==
        "Variable/initial_value Variable Variable/Assign Variable/read");
  CHECK(names([](Builder& b) { tf::variable_from(b, "w", true, [&] { return tf::zeros(b, {2}); }); }) ==
        "w/Initializer/zeros w w/Assign w/read");
}

TEST_CASE("wrong dtypes are refused in TensorFlow's words") {
  const auto check = [](const char* id, auto build) {
    INFO(id);
    const Json error = golden(id)["expected"]["error"];
    CHECK(build_error(build) == error["type"].text() + ": " + error["text"].text());
  };
  const auto one = [](Builder& b) { return tf::constant(b, 1); };
  const auto two = [](Builder& b) { return tf::constant(b, 2.0); };
  check("dtype_error_0", [&](Builder& b) { tf::add(b, one(b), two(b)); });
  check("dtype_error_1", [&](Builder& b) { plus(b, one(b), two(b)); });
  check("dtype_error_2", [&](Builder& b) { times(b, one(b), 2.5); });
  check("dtype_error_3", [&](Builder& b) { times(b, 2.5, one(b)); });
  check("dtype_error_4", [&](Builder& b) { tf::add(b, one(b), 2.5); });
  check("dtype_error_5", [&](Builder& b) { tf::divide(b, one(b), two(b)); });
  check("dtype_error_7", [&](Builder& b) { tf::constant(b, 2.5, DType::kInt32); });
  check("dtype_error_8", [&](Builder& b) { tf::constant(b, must(Literal::parse("[1, 'a']"))); });
  check("dtype_error_9", [&](Builder& b) { operate(b, "Add", "add", tf::constant(b, "5"), 1); });
  CHECK(build_error([&](Builder& b) { tf::add(b, one(b), "a"); }) ==
        "TypeError: Expected int32 passed to parameter 'y' of op 'Add', got 'a' of type 'str' instead. "
        "Error: Expected int32, got 'a' of type 'str' instead.");
  CHECK(build_error([&](Builder& b) { b.op("Exp", {one(b)}); }) ==
        "TypeError: Value passed to parameter 'x' has DataType int32 not in list of allowed values: "
        "bfloat16, float16, float32, float64, complex64, complex128");
  CHECK(build_error([&](Builder& b) { tf::softmax(b, one(b)); }) ==
        "TypeError: Value passed to parameter 'logits' has DataType int32 not in list of allowed values: "
        "float16, bfloat16, float32, float64");
  CHECK(
      build_error([&](Builder& b) {
        b.op("MatMul", {one(b), two(b)});
      }) ==
      "TypeError: Input 'b' of 'MatMul' Op has type float32 that does not match type int32 of argument 'a'.");
  CHECK(build_error([&](Builder& b) {
          b.op("AddN", {one(b), two(b)});
        }) ==
        "TypeError: Tensors in list passed to 'inputs' of 'AddN' Op have types [int32, float32] that don't "
        "all match.");
}

TEST_CASE("literals become tensors of the dtype that TensorFlow infers") {
  const Json vector = golden("dtype_inference");
  const Json cases = vector["inputs"]["cases"], dtypes = vector["expected"]["dtypes"];
  int checked = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string text = cases[i].text();
    if (text.starts_with("np.") || text == "1j") continue;  // There is neither numpy nor complex128 here.
    INFO(text);
    CHECK(name(must(must(Literal::parse(text)).tensor()).dtype()) == dtypes[i].text());
    ++checked;
  }
  CHECK(checked == 7);
}

TEST_CASE("literals that are no tensor say why") {
  const auto error = [](const char* text, std::optional<DType> dtype = {}) {
    const Result<Literal> literal = Literal::parse(text);
    return literal.ok() ? error_text(literal->tensor(dtype)) : error_text(literal);
  };
  CHECK(error("[[1, 2], [3]]") ==
        "ValueError: Argument must be a dense tensor: [[1, 2], [3]] - got shape [2], but wanted [2, 2].");
  CHECK(error("None") == "ValueError: None values not supported.");
  CHECK(error("True", DType::kInt32) == "TypeError: Expected int32, got True of type 'bool' instead.");
  CHECK(error("[1, 2") == "ValueError: Expected ',' or ']' at character 6, found the end.");
  CHECK(error("'abc") == "ValueError: Expected a closing quote at character 5, found the end.");
  CHECK(error("1 2") == "ValueError: Expected nothing more at character 3, found '2'.");
  CHECK(error("one") ==
        "ValueError: Expected a number, True, False, a quoted text or a list at character 1, found 'o'.");
  CHECK(error("") == "ValueError: Expected a value at character 1, found the end.");
  CHECK(error(std::string(100, '[').c_str()) == "ValueError: The list is nested too deeply.");
}

TEST_CASE("a tensor written as a literal reads back as it") {
  for (const char* text : {"5", "-2147483648", "2147483648", "2.5", "0.1", "1e-05", "True", "'a'", "[1, 2]",
                           "[[1.5, 2.0], [3.0, -0.0]]", "[True, False]", "[[[1], [2]]]"}) {
    INFO(text);
    const Tensor tensor = must(must(Literal::parse(text)).tensor());
    CHECK(must(must(Literal::parse(literal_text(tensor))).tensor(tensor.dtype())).same_bits(tensor));
  }
}

TEST_CASE("shapes are given as in tf.placeholder") {
  const auto shape = [](const char* text) { return must(must(Literal::parse(text)).shape()); };
  CHECK(shape("None") == Shape::unknown_rank());
  CHECK(shape("(None)") == Shape::unknown_rank());
  CHECK(shape("()") == Shape{});
  CHECK(shape("[]") == Shape{});
  CHECK(shape("5") == Shape{5});
  CHECK(shape("(None,)") == Shape{Shape::kUnknown});
  CHECK(shape("[None, 4]") == Shape{Shape::kUnknown, 4});
  for (const char* wrong : {"-1", "2.5", "'a'", "[[2]]", "99999999999"})
    CHECK(error_text(must(Literal::parse(wrong)).shape())
              .starts_with("ValueError: A shape is a list of sizes"));
}

TEST_CASE("shapes print as Python's and as the runtime's") {
  CHECK(Shape::unknown_rank().python() == "<unknown>");
  CHECK(Shape::unknown_rank().runtime() == "<unknown>");
  CHECK(Shape{}.python() == "()");
  CHECK(Shape{}.runtime() == "[]");
  CHECK(Shape{3}.python() == "(3,)");
  CHECK(Shape{3}.runtime() == "[3]");
  CHECK(Shape{Shape::kUnknown, 3}.python() == "(?, 3)");
  CHECK(Shape{Shape::kUnknown, 3}.runtime() == "[?,3]");
}

TEST_CASE("tensors print as Python's str and repr") {
  Graph graph;
  Builder b(graph);
  const Output anything = tf::placeholder(b, DType::kInt32);
  CHECK(graph.tensor_text(anything) == "Tensor(\"Placeholder:0\", dtype=int32)");
  CHECK(graph.tensor_repr(anything) == "<tf.Tensor 'Placeholder:0' shape=<unknown> dtype=int32>");
  const Output sum = tf::add(b, tf::constant(b, 1), tf::constant(b, 2), "add");
  CHECK(graph.tensor_text(sum) == "Tensor(\"add:0\", shape=(), dtype=int32)");
  CHECK(graph.tensor_repr(sum) == "<tf.Tensor 'add:0' shape=() dtype=int32>");
  CHECK(graph.tensor_text(of_shape(b, "[?,3]")) ==
        "Tensor(\"Placeholder_1:0\", shape=(?, 3), dtype=float32)");
  const tf::Variable v = tf::variable(b, 5);
  CHECK(graph.tensor_repr(v.ref) == "<tf.Tensor 'Variable:0' shape=() dtype=int32_ref>");
}

TEST_CASE("static broadcasting gives TensorFlow's shapes and errors") {
  const Json rows = golden("broadcast_static_table")["expected"]["rows"];
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string x = rows[i]["x"].text(), y = rows[i]["y"].text();
    INFO(x, " + ", y);
    Graph graph;
    Builder b(graph);
    const Output sum = plus(b, of_shape(b, x), of_shape(b, y));
    if (rows[i].has("error"))
      CHECK(error_text(b.status()) == "ValueError: " + rows[i]["error"].text());
    else
      CHECK(row_text(graph.shape(sum)) == rows[i]["out"].text());
  }
}

TEST_CASE("tf.matmul's static shapes and errors are TensorFlow's") {
  const Json rows = golden("matmul_static_errors")["expected"]["rows"];
  int checked = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Json row = rows[i];
    if (row.has("op")) continue;  // BatchMatMulV2 does not exist yet.
    ++checked;
    INFO(row["a"].text(), " x ", row["b"].text());
    Graph graph;
    Builder b(graph);
    const Output a = of_shape(b, row["a"].text()), c = of_shape(b, row["b"].text());
    const Output product = b.op(
        "MatMul", {a, c}, {{"transpose_a", row.has("transpose_a")}, {"transpose_b", row.has("transpose_b")}});
    if (row.has("error"))
      CHECK(error_text(b.status()) == "ValueError: " + row["error"].text());
    else
      CHECK(row_text(graph.shape(product)) == row["out"].text());
  }
  CHECK(checked == 5);
}

TEST_CASE("operations with one rule for their shapes say what breaks it") {
  const auto error = [](const char* op, std::initializer_list<const char*> shapes, Attrs attrs = {}) {
    return build_error([&](Builder& b) {
      std::vector<Output> inputs;
      for (const char* shape : shapes) inputs.push_back(of_shape(b, shape));
      b.op(op, inputs, attrs);
    });
  };
  CHECK(error("BiasAdd", {"[2,3]", "[4]"}) ==
        "ValueError: Dimensions must be equal, but are 3 and 4 for 'BiasAdd' (op: 'BiasAdd') with input "
        "shapes: [2,3], [4].");
  CHECK(error("BiasAdd", {"[2]", "[2]"})
            .starts_with("ValueError: Shape must be at least rank 2 but is rank 1"));
  CHECK(error("SoftmaxCrossEntropyWithLogits", {"[2,3]", "[2,4]"})
            .starts_with("ValueError: Dimension 1 in both shapes must be equal, but are 3 and 4. Shapes are "
                         "[2,3] and [2,4]."));
  CHECK(error("Softmax", {"[]"}).starts_with("ValueError: Shape must be at least rank 1 but is rank 0"));
  CHECK(error("AddN", {"[2]", "[3]"})
            .starts_with("ValueError: Dimension 0 in both shapes "
                         "must be equal, but are 2 and 3."));
}

TEST_CASE("assigning a value of another shape is refused") {
  const Json error = golden("err_22")["expected"]["error"];
  CHECK(build_error([](Builder& b) {
          const tf::Variable v = tf::variable(b, must(Literal::parse("[1, 2]")));
          b.op("Assign", {v.ref, tf::constant(b, must(Literal::parse("[1, 2, 3]")))});
        }) == error["type"].text() + ": " + error["text"].text());
  CHECK(build_error([](Builder& b) {
          b.op("Assign", {tf::constant(b, 1), tf::constant(b, 1)});
        }) == "TypeError: 'Assign' Op requires that input 'ref' be a mutable tensor (e.g.: a tf.Variable)");
}

TEST_CASE("tf.reshape's shapes and errors are TensorFlow's") {
  const Json rows = golden("reshape_cases")["expected"]["rows"];
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Json row = rows[i];
    INFO("row ", i);
    Graph graph;
    Builder b(graph);
    const bool is_fed = row["x_shape"].is_text();  // "unknown, fed [6]"
    const Shape shape = is_fed ? Shape{6} : row["x_shape"].as_shape();
    const Output x = tf::placeholder(b, DType::kFloat32, is_fed ? Shape::unknown_rank() : shape);
    const std::vector<double> sizes = row["shape"].numbers();
    const Output reshaped =
        b.op("Reshape",
             {x, tf::constant(b, Tensor::vector(std::vector<std::int32_t>(sizes.begin(), sizes.end())))});
    if (row.has("error")) {
      CHECK(error_text(b.status()) == "ValueError: " + row["error"].text());
      continue;
    }
    must(b.status());
    const std::vector<Feed> feeds{{x, Tensor(DType::kFloat32, shape)}};
    if (row.has("runtime_error")) {
      CHECK(run_error(graph, reshaped, feeds) ==
            "InvalidArgumentError: " + row["runtime_error"].text() + "\n\t [[{{node Reshape}}]]");
    } else {
      CHECK(graph.shape(reshaped) == row["out"].as_shape());
      CHECK(value_of(graph, reshaped, feeds).shape() == row["out"].as_shape());
    }
  }
}

TEST_CASE("reductions check their axes before a run, and during it where they cannot before") {
  const auto reduced = [](Builder& b, const char* shape, int axis, bool keep_dims = false) {
    const Output axes = tf::constant(b, axis);
    return b.op("Sum", {of_shape(b, shape), axes}, {{"keep_dims", keep_dims}});
  };
  CHECK(build_error([&](Builder& b) { reduced(b, "[2,3]", 2); }) ==
        "ValueError: Invalid reduction dimension 2 for input with 2 dimensions. for 'Sum' (op: 'Sum') with "
        "input shapes: [2,3], [] and with computed input tensors: input[1] = <2>.");
  CHECK(build_error([&](Builder& b) {
          reduced(b, "[2,3]", -3);
        }).starts_with("ValueError: Invalid reduction dimension -3 for input with 2 dimensions."));
  Graph graph;
  Builder b(graph);
  CHECK(graph.shape(reduced(b, "[2,3]", -1)) == Shape{2});
  CHECK(graph.shape(reduced(b, "[2,?]", 0)) == Shape{Shape::kUnknown});
  CHECK(graph.shape(reduced(b, "[2,3]", 0, true)) == Shape{1, 3});
  const Output unknown = reduced(b, "?", 2);
  CHECK(graph.shape(unknown) == Shape::unknown_rank());
  CHECK(
      run_error(graph, unknown, {{graph.node(unknown.node).inputs[0], Tensor(DType::kFloat32, {2, 3})}}) ==
      cat("InvalidArgumentError: Invalid reduction dimension (2 for input with 2 dimension(s)\n\t [[{{node ",
          name_of(graph, unknown), "}}]]"));
}

TEST_CASE("tf.argmax takes one axis and nothing else") {
  const auto argmax = [](Builder& b, const char* shape, const char* axis) {
    return b.op("ArgMax", {of_shape(b, shape), tf::constant(b, must(Literal::parse(axis)), DType::kInt32)});
  };
  CHECK(build_error([&](Builder& b) { argmax(b, "[2,3]", "2"); })
            .starts_with("ValueError: Dimension (2) must be in the range [-2, 2), where 2 is the number of "
                         "dimensions in the input."));
  CHECK(build_error([&](Builder& b) {
          argmax(b, "[2,3]", "[]");
        }).starts_with("ValueError: Shape must be rank 0 but is rank 1"));
  Graph graph;
  Builder b(graph);
  CHECK(graph.shape(argmax(b, "[2,3,4]", "1")) == Shape{2, 4});
}

TEST_CASE("what the graph alone determines is known to shape inference") {
  Graph graph;
  Builder b(graph);
  const Output x = of_shape(b, "[?,3]"), y = of_shape(b, "[2,3]");
  const auto filled = [&](Output dims) { return graph.shape(b.op("Fill", {dims, tf::constant(b, 1.0)})); };
  const auto shape_of = [&](Output tensor) { return b.op("Shape", {tensor}); };
  CHECK(filled(tf::constant(b, must(Literal::parse("[4, 5]")))) == Shape{4, 5});
  CHECK(filled(b.op("Identity", {tf::constant(b, must(Literal::parse("[4, 5]")))})) == Shape{4, 5});
  CHECK(filled(shape_of(y)) == Shape{2, 3});
  CHECK(filled(shape_of(x)) == Shape{Shape::kUnknown, 3});
  CHECK(filled(of_shape(b, "[2]", DType::kInt32)) == Shape::unknown_dims(2));
  CHECK(filled(of_shape(b, "[?]", DType::kInt32)) == Shape::unknown_rank());
  CHECK(graph.constant_value(shape_of(y))->same_bits(Tensor::vector<std::int32_t>({2, 3})));
  CHECK_FALSE(graph.constant_value(shape_of(x)));
  CHECK_FALSE(graph.constant_value(x));
  must(b.status());
}

TEST_CASE("a value is found behind a chain of identities of any length") {
  Graph graph;
  Builder b(graph);
  Output end = tf::constant(b, must(Literal::parse("[4, 5]")));
  for (int i = 0; i < 20000; ++i) end = b.op("Identity", {end});
  CHECK(graph.shape(b.op("Fill", {end, tf::constant(b, 1.0)})) == Shape{4, 5});
}

TEST_CASE("attributes are checked by name, kind and dtype") {
  CHECK(build_error([](Builder& b) {
          b.op("NoOp", {}, {{"colour", true}});
        }) == "ValueError: Operation 'NoOp' has no attr named 'colour'.");
  CHECK(build_error([](Builder& b) {
          b.op("Placeholder", {}, {{"dtype", true}});
        }) == "TypeError: Attr 'dtype' of 'Placeholder' Op has a value of another kind.");
  CHECK(build_error([](Builder& b) { b.op("Placeholder", {}); }) ==
        "TypeError: Missing a value for attr 'dtype' of 'Placeholder' Op.");
  CHECK(build_error([](Builder& b) {
          b.op("Shape", {tf::constant(b, 1)}, {{"out_type", DType::kBool}});
        }) ==
        "TypeError: Value passed to parameter 'out_type' has DataType bool not in list of allowed values: "
        "int32, int64");
  CHECK(build_error([](Builder& b) { b.op("Neg", {}); }) == "TypeError: 'Neg' Op takes 1 inputs, got 0.");
}

TEST_CASE("after the first error a builder adds nothing and keeps that error") {
  Graph graph;
  Builder b(graph);
  tf::constant(b, 1, {}, "a b");
  CHECK_FALSE(tf::add(b, tf::constant(b, 1), 2).valid());
  CHECK(graph.size() == 0);
  CHECK(error_text(b.status()) == "ValueError: 'a b' is not a valid node name");
}

TEST_CASE("control dependencies are added to what is created inside, once each") {
  Graph graph;
  Builder b(graph);
  const int first = tf::constant(b, 1).node;
  {
    const auto control = b.control_dependencies({first, first});
    CHECK(graph.node(tf::constant(b, 2).node).control_inputs == std::vector<int>{first});
  }
  CHECK(graph.node(tf::constant(b, 3).node).control_inputs.empty());
}

}  // namespace sandflow::test
