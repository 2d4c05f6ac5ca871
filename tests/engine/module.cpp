// Guards what the JavaScript module can ask of the engine, most of all requests that no good program would
// send: whatever is asked, there is an answer, and it says what is wrong.
#include "engine/module/module.h"

#include <doctest.h>

#include "engine/core/json.h"
#include "engine/core/text.h"
#include "engine/graph/builder.h"
#include "engine/ops/list.h"
#include "engine/tf/functions.h"
#include "engine/tf/tf.h"
#include "tests/engine/desk.h"
#include "tests/engine/talk.h"

using namespace sandflow;
using namespace sandflow::test;

namespace {

// A variable of two elements, and the loss sum(W * W).
struct Trained : Begun {
  Trained() {
    CHECK(ask(R"({"call":"variable","graph":1,"initial_value":{"literal":"[1.0, 2.0]"},"name":"W"})") ==
          R"({"result":[1,3,2]})");
    CHECK(op("Square", R"({"variable":[1,1]})") == R"({"result":4})");
    CHECK(op("Sum", cat(tensor(4), ",", literal("[0]")), "", R"(,"name":"loss")") == R"({"result":6})");
  }
};

}  // namespace

TEST_CASE("the module tells what is no request") {
  Talk talk;
  CHECK(talk.ask("{") == wrong("ValueError", "the request is no JSON: unexpected end of data."));
  CHECK(talk.ask("[]") == wrong("TypeError", "there is no call ''."));
  CHECK(talk.ask(R"({"call":1})") == wrong("TypeError", "there is no call ''."));
  CHECK(talk.ask(R"({"call":"fly"})") == wrong("TypeError", "there is no call 'fly'."));
  CHECK(talk.ask(R"({"call":"graph","sed":1})") ==
        wrong("TypeError", "graph() got an unexpected keyword argument 'sed'"));
  CHECK(talk.ask(R"({"call":"graph","seed":"1"})") == wrong("TypeError", "'seed' must be an integer."));
  CHECK(talk.ask(R"({"call":"graph","seed":99999999999999999999})") ==
        wrong("TypeError", "'seed' must be an integer."));
  CHECK(talk.ask(R"({"call":"op"})") == wrong("TypeError", "missing a required argument: 'graph'"));
  CHECK(talk.ask(R"({"call":"op","graph":1})") ==
        wrong("RuntimeError", "there is no such graph: it was freed."));
  CHECK(talk.ask(R"({"call":"train","scene":1,"steps":1})") ==
        wrong("RuntimeError", "there is no such scene: it was freed."));
  CHECK(talk.run("") == wrong("RuntimeError", "Attempted to use a closed Session."));
  CHECK(talk.ask(std::string((64u << 20) + 1, ' ')) == wrong("ValueError", "the request is too large."));
}

TEST_CASE("members of another kind are refused") {
  Begun talk;
  const auto op = [&](std::string_view members) {
    return talk.ask(cat(R"({"call":"op","graph":1,)", members, "}"));
  };
  CHECK(op(R"("type":5)") == wrong("TypeError", "'type' must be a string."));
  CHECK(op(R"("inputs":5)") == wrong("TypeError", "'inputs' must be a list."));
  CHECK(op(R"("attrs":5)") == wrong("TypeError", "'attrs' must be an object."));
  const std::string kinds = wrong(
      "TypeError", "'inputs' must be a tensor, an operation, a variable, a name, a literal or an array.");
  for (const char* input :
       {"5", "{}", "null", R"({"tensor":[1,2]})", R"({"tensor":[1,2,3,4]})", R"({"tensor":[1,-2,0]})",
        R"({"tensor":[1,2.5,0]})", R"({"tensor":[1,2,9999999999]})", R"({"operation":[1,2,3]})",
        R"({"variable":1})", R"({"name":1})", R"({"literal":1})", R"({"literal":"1","name":"x"})",
        R"({"value":"1"})"})
    CHECK_MESSAGE(op(cat(R"("inputs":[)", input, "]")) == kinds, input);
  CHECK(op(R"("inputs":[{"literal":"[1"}])") ==
        wrong("ValueError", "Expected ',' or ']' at character 3, found the end."));
  CHECK(talk.ask(R"({"call":"run","session":2,"feeds":5})") ==
        wrong("TypeError", "'feeds' must be a list of pairs."));
  CHECK(talk.run("", "[]") == wrong("TypeError", "'feeds' must be a list of pairs."));
  CHECK(talk.ask(R"({"call":"print","value":{"literal":"1"},"repr":1})") ==
        wrong("TypeError", "'repr' must be true or false."));
  CHECK(
      talk.ask(
          R"({"call":"minimize","graph":1,"loss":{"literal":"1"},"parameters":{"rate":{"literal":"'x'"}}})") ==
      wrong("TypeError", "'rate' must be a number."));
}

TEST_CASE("elements must lie in the payload") {
  Talk talk;
  const auto print = [&](std::string_view array, std::span<const std::byte> payload) {
    return talk.ask(cat(R"({"call":"print","value":{"array":)", array, "}}"), payload);
  };
  const float numbers[] = {0.5f, 1, 2, 3};
  const auto bytes = std::as_bytes(std::span(numbers));
  CHECK(print(R"({"dtype":"float32","shape":[2,2],"offset":0})", bytes) ==
        R"({"result":"[[0.5 1. ]\u000a [2.  3. ]]"})");
  CHECK(print(R"({"dtype":"float32","shape":[1],"offset":12})", bytes) == R"({"result":"[3.]"})");
  CHECK(print(R"({"dtype":"float32","shape":[0,9223372036854775807],"offset":16})", bytes) ==
        R"({"result":"[]"})");
  // Where no machine could read one in place.
  CHECK(print(R"({"dtype":"bool","shape":[2],"offset":3})", bytes) == R"({"result":"[ True False]"})");
  const std::string outside =
      wrong("TypeError", "'value' must be an array whose elements lie in the payload.");
  for (const char* array :
       {R"({"dtype":"float32","shape":[2,2],"offset":4})", R"({"dtype":"float32","shape":[5],"offset":0})",
        R"({"dtype":"float64","shape":[1],"offset":17})", R"({"dtype":"int64","shape":[3],"offset":0})",
        R"({"dtype":"float32","shape":[4294967296,4294967296],"offset":0})",
        R"({"dtype":"float32","shape":[],"offset":9223372036854775807})",
        R"({"dtype":"string","shape":[5],"offset":0})", R"({"dtype":"string","shape":[1],"offset":0})",
        R"({"dtype":"string","shape":[4],"offset":0})"})
    CHECK_MESSAGE(print(array, bytes) == outside, array);
  const std::string unsound = wrong("TypeError", "'value' must be an array with dtype, shape and offset.");
  for (const char* array :
       {"{}", "[]", R"({"dtype":"half","shape":[1],"offset":0})", R"({"dtype":"int32","shape":[1]})",
        R"({"dtype":"int32","shape":1,"offset":0})", R"({"dtype":"int32","shape":[-1],"offset":0})",
        R"({"dtype":"int32","shape":[null],"offset":0})", R"({"dtype":"int32","shape":[1],"offset":-1})"})
    CHECK_MESSAGE(print(array, bytes) == unsound, array);
  const char text[] = "\2\0\0\0ab\0\0\0\0";
  CHECK(
      talk.ask(R"({"call":"print","value":{"array":{"dtype":"string","shape":[2],"offset":0}},"repr":true})",
               std::as_bytes(std::span(text, 10))) == R"-({"result":"array([b'ab', b''], dtype=object)"})-");
  CHECK(talk.ask(R"({"call":"print","value":{"literal":"5"}})") ==
        wrong("TypeError", "'value' must be an array."));
}

TEST_CASE("operations are added by their types, literals beside them as constants") {
  Begun talk;
  CHECK(talk.op("Placeholder", "", R"("dtype":{"literal":"'float32'"},"shape":{"literal":"[None, 2]"})",
                R"(,"name":"x")") == R"({"result":0})");
  // A number takes the dtype of the other input, on either side of it.
  CHECK(talk.op("Add", cat(literal("1"), ",", tensor(0))) == R"({"result":2})");
  CHECK(talk.ask(R"({"call":"node","graph":1,"node":1})") ==
        R"({"result":{"name":"Add/x","type":"Const","inputs":[],"control_inputs":[],"outputs":[)"
        R"({"dtype":"float32","is_ref":false,"shape":[]}]}})");
  CHECK(talk.ask(R"({"call":"node","graph":1,"node":2})") ==
        R"({"result":{"name":"Add","type":"Add","inputs":[[1,0],[0,0]],"control_inputs":[],"outputs":[)"
        R"({"dtype":"float32","is_ref":false,"shape":[null,2]}]}})");
  CHECK(talk.op("AddN", cat(tensor(0), ",", literal("[[1, 2]]"), ",", literal("[[3, 4]]"))) ==
        R"({"result":5})");
  CHECK(talk.ask(R"({"call":"find","graph":1,"name":"AddN/inputs_2:0"})") == R"({"result":[4,0]})");
  CHECK(talk.run(tensor(5), cat("[", tensor(0), ",", literal("[[10, 20]]"), "]")) ==
        R"({"result":[{"dtype":"float32","shape":[1,2],"offset":0}]})");
  CHECK(talk.number(0) == 14);
  CHECK(talk.number(1) == 26);
  CHECK(talk.ask(R"({"call":"nodes","graph":1})") == R"({"result":6})");
  CHECK(talk.ask(R"({"call":"node","graph":1,"node":6})") ==
        wrong("TypeError", "there is no such operation."));
  CHECK(talk.ask(R"({"call":"node","graph":1,"node":-1})") ==
        wrong("TypeError", "there is no such operation."));
}

TEST_CASE("inputs that do not fit are refused in TensorFlow's words") {
  Begun talk;
  CHECK(talk.op("Placeholder", "", R"("dtype":{"literal":"'int32'"})", R"(,"name":"i")") ==
        R"({"result":0})");
  CHECK(talk.op("NoOp", "", "", R"(,"name":"init")") == R"({"result":1})");
  CHECK(talk.op("Fly") == wrong("RuntimeError", "Unrecognized Op name Fly"));
  CHECK(talk.op("Add", tensor(0)) == wrong("TypeError", "'Add' Op takes 2 inputs, got 1.", "Add"));
  CHECK(talk.op("Add", cat(tensor(0), ",", tensor(0), ",", tensor(0))) ==
        wrong("TypeError", "'Add' Op takes 2 inputs, got 3."));
  CHECK(talk.op("Add", cat(tensor(0), ",", literal("2.5"))) ==
        wrong("TypeError",
              "Expected int32 passed to parameter 'y' of op 'Add', got 2.5 of type 'float' instead. Error: "
              "Expected "
              "int32, got 2.5 of type 'float' instead."));
  CHECK(
      talk.op("Add", cat(tensor(0), ",", operation(1))) ==
      wrong("TypeError",
            "Expected int32 passed to parameter 'y' of op 'Add', got <tf.Operation 'init' type=NoOp> of type "
            "'Operation' instead. Error: Can't convert Operation 'init' to Tensor (target dtype=tf.int32, "
            "name='y', "
            "as_ref=False)"));
  CHECK(talk.op("Identity", operation(1)) ==
        wrong("TypeError",
              "Can't convert Operation 'init' to Tensor (target dtype=None, name='input', as_ref=False)"));
  CHECK(talk.op("Identity", operation(9)) == wrong("TypeError", "there is no such operation."));
  CHECK(talk.op("Identity", literal("None")) ==
        wrong("ValueError",
              "Tried to convert 'input' to a tensor and failed. Error: None values not supported."));
  CHECK(talk.op("Identity", tensor(0, 1)) == wrong("TypeError", "there is no such tensor."));
  CHECK(talk.op("Identity", tensor(1)) == wrong("TypeError", "there is no such tensor."));
  CHECK(talk.op("Identity", R"({"variable":[1,0]})") == wrong("TypeError", "there is no such tensor."));
  CHECK(talk.ask(R"({"call":"graph"})") == R"({"result":3})");
  CHECK(talk.ask(R"({"call":"op","graph":3,"type":"Identity","inputs":[{"tensor":[1,0,0]}]})") ==
        wrong("ValueError", "Tensor(\"i:0\", dtype=int32) is not from the passed-in graph."));
  CHECK(talk.ask(R"({"call":"op","graph":3,"type":"Identity","inputs":[{"tensor":[9,0,0]}]})") ==
        wrong("ValueError", "<an element of no graph> is not from the passed-in graph."));
  CHECK(talk.op("Sqrt", literal("4")) == wrong("TypeError",
                                               "Value passed to parameter 'x' has DataType int32 not in list "
                                               "of allowed values: bfloat16, float16, "
                                               "float32, float64, complex64, complex128",
                                               "Sqrt"));
}

TEST_CASE("attributes are read as op_def_library reads them") {
  Begun talk;
  const auto refusal = [&](std::string_view attrs, std::string_view type = "Placeholder") {
    return talk.op(type, type == "MatMul" ? cat(literal("[[1.]]"), ",", literal("[[1.]]")) : "", attrs);
  };
  CHECK(refusal(R"("typ":{"literal":"1"})") ==
        wrong("TypeError", "apply_op() got unexpected keyword arguments: typ"));
  CHECK(refusal("") ==
        wrong("TypeError", "Missing a value for attr 'dtype' of 'Placeholder' Op.", "Placeholder"));
  CHECK(refusal(R"("dtype":{"literal":"None"})") ==
        wrong("TypeError", "Missing a value for attr 'dtype' of 'Placeholder' Op.", "Placeholder_1"));
  CHECK(refusal(R"("dtype":{"literal":"'half'"})") ==
        wrong("TypeError", "Expected DataType for argument 'dtype' not 'half'."));
  CHECK(refusal(R"("dtype":{"name":"x"})") ==
        wrong("TypeError", "Expected DataType for argument 'dtype' not 'x'."));
  CHECK(refusal(R"("dtype":{"literal":"'int32'"},"shape":{"name":"x"})") ==
        wrong("TypeError", "Expected TensorShape for argument 'shape' not 'x'."));
  CHECK(refusal(R"("dtype":{"literal":"'int32'"},"shape":{"literal":"[-1]"})")
            .find("A shape is a list of sizes or None") != std::string::npos);
  CHECK(refusal(R"("transpose_a":{"literal":"1"})", "MatMul") ==
        wrong("TypeError", "Expected bool for argument 'transpose_a' not 1."));
  CHECK(refusal(R"("value":{"operation":[1,0]})", "Const") ==
        wrong("TypeError",
              "Don't know how to convert <an element of no graph> to a TensorProto for argument 'value'"));
  CHECK(refusal(R"("value":{"literal":"[1, [2]]"})", "Const").find("Argument must be a dense tensor") !=
        std::string::npos);
  CHECK(refusal(R"("value":{"literal":"5"})", "Const") == R"({"result":0})");
  CHECK(refusal(R"("dtype":{"literal":"'float64'"},"value":{"literal":"5"})", "Const") == R"({"result":1})");
  CHECK(talk.run(cat(tensor(0), ",", tensor(1))) ==
        R"({"result":[{"dtype":"int32","shape":[],"offset":0},{"dtype":"float64","shape":[],"offset":8}]})");
  CHECK(talk.op("RandomUniform", literal("[2]"), R"("seed":{"literal":"'x'"})") ==
        wrong("TypeError", "Expected int for argument 'seed' not 'x'."));
}

TEST_CASE("a random operation takes its seeds as Python's functions do") {
  Begun talk;
  CHECK(talk.op("RandomUniform", literal("[2]"), R"("seed":{"literal":"3"})") == R"({"result":1})");
  CHECK(talk.run(tensor(1)).find("\"result\"") != std::string::npos);
  Graph graph;
  graph.set_seed(7);
  Builder b(graph);
  const SeedPair pair = graph.op_seed(3);
  const Output shape = tf::constant(b, Literal(std::vector<Literal>{2}));
  const Output drawn = b.op("RandomUniform", {shape},
                            {{"dtype", DType::kFloat32}, {"seed", pair.seed}, {"seed2", pair.seed2}});
  CHECK(static_cast<double>(talk.number(1)) == numbers(value_of(graph, drawn))[1]);
}

TEST_CASE("scopes and control dependencies come with each request") {
  Begun talk;
  const auto scope = [&](std::string_view outer, std::string_view name) {
    return talk.ask(cat(R"({"call":"scope","graph":1,"scope":")", outer, R"(","name":")", name, "\"}"));
  };
  CHECK(scope("", "layer") == R"({"result":"layer/"})");
  CHECK(scope("", "layer") == R"({"result":"layer_1/"})");
  CHECK(scope("layer/", "_in") == R"({"result":"layer/_in/"})");
  CHECK(scope("layer/", "") == R"({"result":""})");
  CHECK(scope("", "a b") == wrong("ValueError", "'a b' is not a valid scope name"));
  CHECK(scope("", "_in") == wrong("ValueError", "'_in' is not a valid scope name"));
  CHECK(scope("layer", "x") == wrong("ValueError", "'layer' is not a valid scope name"));
  CHECK(scope("_/", "x") == wrong("ValueError", "'_/' is not a valid scope name"));
  CHECK(talk.op("NoOp", "", "", R"(,"scope":"layer/")") == R"({"result":0})");
  CHECK(talk.op("NoOp", "", "", cat(R"(,"scope":"layer/","control":[)", operation(0), "]")) ==
        R"({"result":1})");
  CHECK(talk.ask(R"({"call":"node","graph":1,"node":1})") ==
        R"({"result":{"name":"layer/NoOp_1","type":"NoOp","inputs":[],"control_inputs":[0],"outputs":[]}})");
  CHECK(talk.op("NoOp", "", "", cat(R"(,"control":[)", operation(9), "]")) ==
        wrong("TypeError", "there is no such operation."));
  CHECK(talk.op("NoOp", "", "", cat(R"(,"control":[)", operation(0, 5), "]")) ==
        wrong("ValueError", "Operation <an element of no graph> is not an element of this graph."));
  CHECK(talk.op("NoOp", "", "", R"(,"control":[{"literal":"5"}])") ==
        wrong("TypeError", "Can not convert a int into a Tensor."));
}

TEST_CASE("elements of a graph are found by name") {
  Begun talk;
  talk.op("Const", "", R"("value":{"literal":"5"})", R"(,"name":"c")");
  const auto find = [&](std::string_view name, bool is_tensor) {
    return talk.ask(cat(R"({"call":"find","graph":1,"name":")", name, R"(","tensor":)",
                        is_tensor ? "true" : "false", "}"));
  };
  CHECK(find("c:0", true) == R"({"result":[0,0]})");
  CHECK(find("c", false) == R"({"result":[0,0]})");
  CHECK(find("d", false) == wrong("KeyError", "The name 'd' refers to an Operation not in the graph."));
  CHECK(find("c:0", false) == wrong("ValueError", "The name 'c:0' refers to a Tensor, not an Operation."));
  CHECK(find("c:1", true) ==
        wrong("KeyError",
              "The name 'c:1' refers to a Tensor which does not exist. The operation, 'c', "
              "exists but only has 1 outputs."));
  CHECK(find("d:0", true) ==
        wrong("KeyError",
              "The name 'd:0' refers to a Tensor which does not exist. The operation, 'd', does "
              "not exist in the graph."));
  CHECK(find("c:x", true) ==
        wrong("ValueError",
              "The name 'c:x' looks like a tensor name, but is not a valid one. Tensor names "
              "must be of the form \"<op_name>:<output_index>\"."));
  CHECK(find("c", true) ==
        wrong("ValueError",
              "The name 'c' refers to an Operation, not a Tensor. Tensor names must be of the form "
              "\"<op_name>:<output_index>\"."));
  CHECK(find("d", true) ==
        wrong("ValueError",
              "The name 'd' looks like an (invalid) Operation name, not a Tensor. Tensor names "
              "must be of the form \"<op_name>:<output_index>\"."));
}

TEST_CASE("variables are trained, and start where their initializers say") {
  Trained talk;
  CHECK(talk.ask(cat(R"({"call":"gradients","graph":1,"ys":[)", tensor(6), R"(],"xs":[{"variable":[1,1]},)",
                     tensor(5), "]}"))
            .starts_with(R"({"result":[[)"));
  const std::string trained =
      talk.ask(cat(R"({"call":"minimize","graph":1,"loss":)", tensor(6),
                   R"(,"optimizer":"Momentum","parameters":{"learning_rate":)", literal("0.25"), "}}"));
  CHECK(trained.starts_with(R"({"result":)"));
  const std::string train = trained.substr(10, trained.size() - 11);
  const std::string init = talk.ask(R"({"call":"initializer","graph":1})");
  CHECK(talk.run(cat(R"({"operation":[1,)", train, "]}")).find("FailedPreconditionError") !=
        std::string::npos);
  CHECK(talk.run(R"({"name":"init"})") == R"({"result":[null]})");
  CHECK(talk.run(cat(R"({"operation":[1,)", train, "]}")) == R"({"result":[null]})");
  CHECK(
      talk.run(R"({"variable":[1,1]},{"name":"loss:0"})") ==
      R"({"result":[{"dtype":"float32","shape":[2],"offset":0},{"dtype":"float32","shape":[],"offset":8}]})");
  CHECK(talk.number(0) == 0.5f);
  CHECK(talk.number(1) == 1.0f);
  CHECK(talk.number(2) == 1.25f);
}

TEST_CASE("what cannot be trained says why") {
  Begun talk;
  talk.op("Const", "", R"("value":{"literal":"5.0"})", R"(,"name":"c")");
  const auto minimize = [&](std::string_view members) {
    return talk.ask(cat(R"({"call":"minimize","graph":1,"loss":)", tensor(0), ",", members, "}"));
  };
  CHECK(minimize(R"("optimizer":"Momentum")") == wrong("ValueError", "No variables to optimize."));
  CHECK(minimize(R"("optimizer":"Magic")") == wrong("ValueError", "Unknown optimizer: 'Magic'."));
  CHECK(minimize(R"("optimizer":"Momentum","var_list":[{"tensor":[1,0,0]}])") ==
        wrong("TypeError", "Argument is not a variable: Tensor(\"c:0\", shape=(), dtype=float32)"));
  CHECK(minimize(R"("optimizer":"Momentum","var_list":[{"variable":[1,0]}])") ==
        wrong("TypeError", "Argument is not a variable: <tf.Variable 'c:0' shape=() dtype=float32_ref>"));
  talk.ask(R"({"call":"variable","graph":1,"initial_value":{"literal":"[1.0, 2.0]"}})");
  CHECK(minimize(R"("optimizer":"Momentum","var_list":[{"variable":[1,2]}])").find("No gradients provided") !=
        std::string::npos);
  CHECK(talk.ask(R"({"call":"minimize","graph":1,"loss":{"literal":"5"},"optimizer":"Momentum"})") ==
        wrong("TypeError", "Can not convert a int into a Tensor."));
  CHECK(talk.ask(R"({"call":"gradients","graph":1,"ys":[{"literal":"5"}],"xs":[]})") ==
        wrong("TypeError", "Can not convert a int into a Tensor."));
  CHECK(talk.ask(R"({"call":"gradients","graph":1,"ys":[],"xs":[{"operation":[1,0]}]})") ==
        wrong("TypeError", "Can not convert a Operation into a Tensor."));
  CHECK(minimize(R"("optimizer":"Momentum","global_step":{"variable":[1,2]})") ==
        wrong("TypeError", "Existing \"global_step\" does not have integer type: <dtype: 'float32'>"));
  CHECK(minimize(R"("optimizer":"Momentum","global_step":{"tensor":[1,0,0]})") ==
        wrong("TypeError", "Argument is not a variable: Tensor(\"c:0\", shape=(), dtype=float32)"));
  CHECK(minimize(R"("optimizer":"Adagrad","tensors":{"initial_accumulator_value":{"tensor":[1,0,0]}})") ==
        wrong("ValueError", "optimizer 'Adagrad' takes no tensor 'initial_accumulator_value'."));
  CHECK(minimize(R"("optimizer":"Momentum","tensors":{"learning_rate":{"tensor":[1,90,0]}})") ==
        wrong("TypeError", "there is no such tensor."));
  talk.op("Const", "", R"("value":{"literal":"5"})", R"(,"name":"int")");
  CHECK(talk.ask(R"({"call":"gradients","graph":1,"ys":[{"name":"int:0"}],"xs":[]})").find("error") !=
        std::string::npos);
}

TEST_CASE("variables are made of values, tensors, variables, or shapes") {
  Begun talk;
  const auto variable = [&](std::string_view members) {
    return talk.ask(cat(R"({"call":"variable","graph":1,)", members, "}"));
  };
  CHECK(variable(R"("name":"a")") == wrong("ValueError", "initial_value must be specified."));
  CHECK(variable(R"("name":"a","shape":{"literal":"[None]"})") ==
        wrong("ValueError", "Shape of a new variable (a) must be fully defined, but instead was (?,)."));
  CHECK(variable(R"("shape":{"literal":"'x'"})").find("A shape is a list") != std::string::npos);
  CHECK(variable(R"("shape":{"name":"x"})") == wrong("TypeError", "'shape' must be a list."));
  CHECK(variable(R"("shape":{"literal":"[2]"},"dtype":"half")") ==
        wrong("TypeError", "data type 'half' not understood"));
  CHECK(variable(R"("shape":{"literal":"[2]"},"dtype":"int32")") ==
        wrong("ValueError", "Expected floating point type, got <dtype: 'int32'>."));
  CHECK(variable(R"("shape":{"literal":"[1000000, 1000000]"})") ==
        wrong("ResourceExhaustedError",
              "OOM when allocating tensor with shape[1000000,1000000] and type float"));
  CHECK(variable(R"("shape":{"literal":"[2]"},"initializer":"magic")") ==
        wrong("ValueError", "Unknown initializer: 'magic'."));
  CHECK(variable(
            R"("shape":{"literal":"[2]"},"initializer":"constant","parameters":{"valu":{"literal":"1"}})") ==
        wrong("ValueError", "initializer 'constant' has no parameter 'valu'."));
  CHECK(talk.ask(R"({"call":"nodes","graph":1})") == R"({"result":0})");
  CHECK(variable(
            R"("shape":{"literal":"[2]"},"initializer":"constant","parameters":{"value":{"literal":"3"}})") ==
        R"({"result":[1,3,2]})");
  CHECK(variable(R"("initial_value":{"variable":[1,1]},"name":"copy")") == R"({"result":[4,6,5]})");
  CHECK(variable(R"("initial_value":{"tensor":[1,3,0]},"name":"copy")") == R"({"result":[7,9,8]})");
  CHECK(variable(R"("initial_value":{"literal":"5"},"dtype":"float64","name":"five")") ==
        R"({"result":[11,13,12]})");
  CHECK(variable(R"("initial_value":{"literal":"'x'"},"dtype":"float64")") ==
        wrong("TypeError", "Expected float64, got 'x' of type 'str' instead."));
  CHECK(variable(R"("initial_value":{"operation":[1,0]})") ==
        wrong("TypeError", "Can not convert a Operation into a Tensor."));
  const double numbers[] = {1.5, 2.5};
  CHECK(talk.ask(R"({"call":"variable","graph":1,"name":"wide","initial_value":)"
                 R"({"array":{"dtype":"float64","shape":[2],"offset":0}},"dtype":"float32"})",
                 std::as_bytes(std::span(numbers))) == R"({"result":[15,17,16]})");
  talk.ask(R"({"call":"initializer","graph":1,"name":"start"})");
  CHECK(talk.run(R"({"name":"start"})") == R"({"result":[null]})");
  CHECK(
      talk.run(R"({"name":"copy:0"},{"name":"wide:0"})") ==
      R"({"result":[{"dtype":"float32","shape":[2],"offset":0},{"dtype":"float32","shape":[2],"offset":8}]})");
  CHECK(talk.number(0) == 3.0f);
  CHECK(talk.number(3) == 2.5f);
}

TEST_CASE("fetches and feeds are checked as Session.run checks them") {
  Begun talk;
  CHECK(talk.run(literal("5")) ==
        wrong("RuntimeError",
              "The Session graph is empty.  Add operations to the graph before calling run()."));
  talk.op("Placeholder", "", R"("dtype":{"literal":"'int32'"},"shape":{"literal":"[None]"})",
          R"(,"name":"i")");
  talk.op("Placeholder", "", R"("dtype":{"literal":"'string'"})", R"(,"name":"s")");
  talk.op("Placeholder", "", R"("dtype":{"literal":"'float32'"})", R"(,"name":"f")");
  talk.op("Placeholder", "", R"("dtype":{"literal":"'bool'"})", R"(,"name":"b")");
  talk.ask(R"({"call":"graph"})");
  talk.ask(R"({"call":"op","graph":3,"type":"Const","attrs":{"value":{"literal":"5"}}})");
  CHECK(talk.run("") == R"({"result":[]})");
  CHECK(talk.run(literal("None")) ==
        wrong("TypeError", "Fetch argument None has invalid type <class 'NoneType'>"));
  CHECK(talk.run(literal("5")) == wrong("TypeError",
                                        "Fetch argument 5 has invalid type <class 'int'>, must be a string "
                                        "or Tensor. (Can not convert a int "
                                        "into a Tensor or Operation.)"));
  CHECK(talk.run(R"({"name":"x"})") == wrong("ValueError",
                                             "Fetch argument 'x' cannot be interpreted as a Tensor. (\"The "
                                             "name 'x' refers to an Operation not in the "
                                             "graph.\")"));
  CHECK(talk.run(tensor(0, 0, 3)) ==
        wrong("ValueError",
              "Fetch argument <tf.Tensor 'Const:0' shape=() dtype=int32> cannot be interpreted as a Tensor. "
              "(Tensor "
              "Tensor(\"Const:0\", shape=(), dtype=int32) is not an element of this graph.)"));
  CHECK(
      talk.run(operation(0, 3)) ==
      wrong(
          "ValueError",
          "Fetch argument <tf.Operation 'Const' type=Const> cannot be interpreted as a Operation. (Operation "
          "<tf.Operation 'Const' type=Const> is not an element of this graph.)"));
  CHECK(talk.run(tensor(9)) == wrong("TypeError", "there is no such tensor."));
  const auto feed = [&](std::string_view key, std::string_view value) {
    return talk.run(cat(R"({"name":")", key, R"(:0"})"), cat(R"([{"name":")", key, R"(:0"},)", value, "]"));
  };
  CHECK(talk.run(tensor(0), cat(R"([{"name":"i"},)", literal("5"), "]")) ==
        wrong("TypeError",
              "Cannot interpret feed_dict key as Tensor: The name 'i' refers to an Operation, not a Tensor. "
              "Tensor "
              "names must be of the form \"<op_name>:<output_index>\"."));
  CHECK(talk.run(tensor(0), cat("[", literal("5"), ",", literal("5"), "]")) ==
        wrong("TypeError", "Cannot interpret feed_dict key as Tensor: Can not convert a int into a Tensor."));
  CHECK(
      feed("i", tensor(0)) ==
      wrong(
          "TypeError",
          "The value of a feed cannot be a tf.Tensor object. Acceptable feed values include Python scalars, "
          "strings, lists, numpy ndarrays, or TensorHandles. For reference, the tensor object was "
          "Tensor(\"i:0\", shape=(?,), dtype=int32) which was passed to the feed with key 'i:0'."));
  CHECK(
      feed("i", literal("5000000000")) ==
      wrong("TypeError",
            "Type of feed value 5000000000 with type <class 'int'> is not compatible with Tensor type <class "
            "'numpy.int32'>. Try explicitly setting the type of the feed tensor to a larger type (e.g. "
            "int64)."));
  CHECK(feed("b", literal("5")).find("<class 'numpy.bool_'>") != std::string::npos);
  CHECK(feed("f", literal("16777217")).find("<class 'numpy.float32'>") != std::string::npos);
  CHECK(feed("i", literal("[[1, 2], [3]]")) ==
        wrong("ValueError", "setting an array element with a sequence."));
  CHECK(feed("i", literal("None")) == wrong("ValueError", "None values not supported."));
  CHECK(feed("i", literal("5")) ==
        wrong("ValueError", "Cannot feed value of shape () for Tensor 'i:0', which has shape '(?,)'", "i"));
  CHECK(feed("f", literal("'abc'")) == wrong("ValueError", "could not convert string to float: 'abc'", "f"));
  CHECK(feed("s", literal("5")) == wrong("UnimplementedError", "Unsupported object type int", "s"));
  CHECK(feed("s", literal("5.5")) == wrong("UnimplementedError", "Unsupported object type float", "s"));
  CHECK(feed("s", literal("True")) == wrong("UnimplementedError", "Unsupported object type bool", "s"));
  CHECK(feed("s", literal("['a', 'bc']")) == R"({"result":[{"dtype":"string","shape":[2],"offset":0}]})");
  CHECK(talk.payload.size() == 11);
  CHECK(feed("i", literal("[3.7]")) == R"({"result":[{"dtype":"int32","shape":[1],"offset":0}]})");
  CHECK(talk.run(tensor(0), cat("[", tensor(0), R"(,{"array":{"dtype":"int64","shape":[0],"offset":0}}])")) ==
        R"({"result":[{"dtype":"int32","shape":[0],"offset":0}]})");
}

TEST_CASE("an answer is no larger than a tensor may be") {
  Begun talk;
  talk.op("Fill", cat(literal("[40000000]"), ",", literal("1.5")));
  CHECK(talk.run(tensor(2)).find("\"result\"") != std::string::npos);
  CHECK(talk.run(cat(tensor(2), ",", tensor(2))) ==
        wrong("ResourceExhaustedError", "OOM when fetching tensor with shape[40000000] and type float"));
}

TEST_CASE("a session keeps its graph, and nothing else is kept") {
  Trained talk;
  CHECK(talk.ask(R"({"call":"free","handle":1})") == R"({"result":null})");
  CHECK(talk.run(R"({"name":"loss/axis:0"})").find("\"error\"") != std::string::npos);
  CHECK(talk.run(R"({"name":"Const:0"})").find("\"error\"") != std::string::npos);
  CHECK(talk.run(R"({"name":"W/Assign"})") == R"({"result":[null]})");
  CHECK(talk.run(R"({"name":"loss:0"})") == R"({"result":[{"dtype":"float32","shape":[],"offset":0}]})");
  CHECK(talk.number(0) == 5);
  CHECK(talk.op("NoOp") == wrong("RuntimeError", "there is no such graph: it was freed."));
  CHECK(talk.ask(R"({"call":"free","handle":2})") == R"({"result":null})");
  CHECK(talk.ask(R"({"call":"free","handle":2})") == R"({"result":null})");
  CHECK(talk.run("") == wrong("RuntimeError", "Attempted to use a closed Session."));
}

TEST_CASE("a scene is opened, trained, looked at and asked") {
  Talk talk;
  const std::string json = lesson("penguins");
  JsonWriter open;
  open.open().field("call", "scene").field("json", json).close();
  CHECK(talk.ask(open.text()) == R"({"result":1})");
  CHECK(talk.ask(R"({"call":"train","scene":1,"steps":40})") == R"({"result":40})");
  CHECK(talk.ask(R"({"call":"train","scene":1,"steps":-1})") == R"({"result":0})");
  Workspace workspace;
  must(workspace.open(json));
  workspace.advance(40, always);
  const std::string snapshot = talk.ask(R"({"call":"snapshot","scene":1})");
  CHECK(snapshot.starts_with(R"({"result":{"step":40,"epoch":1,"examples":)"));
  CHECK(snapshot.find(cat(R"({"step":40,"loss":)", shortest(workspace.snapshot().losses.back().loss), "}")) !=
        std::string::npos);
  JsonWriter written;
  written.open().field("result", json).close();
  CHECK(talk.ask(R"({"call":"json","scene":1})") == written.text());
  CHECK(talk.ask(R"({"call":"predict","scene":1,"features":{"literal":"[[0., 0., 0., 0.]]"}})") ==
        R"({"result":{"dtype":"float32","shape":[1,3],"offset":0}})");
  CHECK(talk.ask(R"({"call":"predict","scene":1,"features":{"literal":"[0.]"}})").find("ValueError") !=
        std::string::npos);
  CHECK(talk.ask(R"({"call":"predict","scene":1,"features":{"literal":"[[0.], 1.]"}})").find("ValueError") !=
        std::string::npos);
  CHECK(talk.ask(R"({"call":"predict","scene":1,"features":{"name":"x"}})") ==
        wrong("TypeError", "'features' must be a list or an array."));
  CHECK(talk.ask(R"({"call":"reset","scene":1})") == R"({"result":null})");
  CHECK(talk.ask(R"({"call":"snapshot","scene":1})").starts_with(R"({"result":{"step":0,"epoch":0,)"));
  CHECK(talk.ask(R"({"call":"scene","json":"{}"})") ==
        wrong("ValueError", R"(scene: this is not a Sandflow scene: there is no "sandflow" version.)"));
}

TEST_CASE("a scene that cannot train says why") {
  Talk talk;
  const std::string json = scene_of(
      {R"({"name": "c", "type": "Const"})", R"({"name": "bad", "type": "Add", "inputs": ["c", null]})"},
      R"("training": {"loss": "c"}, )");
  JsonWriter open;
  open.open().field("call", "scene").field("json", json).close();
  CHECK(talk.ask(open.text()) == R"({"result":1})");
  CHECK(talk.ask(R"({"call":"train","scene":1,"steps":1})").find("\"error\"") != std::string::npos);
  const std::string snapshot = talk.ask(R"({"call":"snapshot","scene":1})");
  CHECK(snapshot.find(R"("can_train":false)") != std::string::npos);
  CHECK(snapshot.find(R"("training_error":{"name":)") != std::string::npos);
  CHECK(
      snapshot.find(
          R"("error":{"name":"TypeError","message":"add() missing 1 required positional argument: 'y'",)") !=
      std::string::npos);
}

TEST_CASE("numbers that JSON has not are texts") {
  Talk talk;
  const std::string json = scene_of({R"({"name": "W", "type": "Variable", "inputs": [{"value": "1.0"}]})",
                                     R"({"name": "loss", "type": "Square", "inputs": ["W"]})"},
                                    R"("training": {"loss": "loss", "optimizer": {"name": "GradientDescent",
                                    "learning_rate": 1000}}, )");
  JsonWriter open;
  open.open().field("call", "scene").field("json", json).close();
  talk.ask(open.text());
  talk.ask(R"({"call":"train","scene":1,"steps":1000})");
  const std::string snapshot = talk.ask(R"({"call":"snapshot","scene":1})");
  CHECK(snapshot.find(R"("divergence":{"step":)") != std::string::npos);
  CHECK((snapshot.find(R"("loss":"NaN")") != std::string::npos ||
         snapshot.find(R"("loss":"Infinity")") != std::string::npos));
}

TEST_CASE("the module lists what there is") {
  Talk talk;
  const std::string lists = talk.ask(R"({"call":"lists"})");
  for (const Op* op : all_ops()) CHECK(lists.find(cat(R"({"type":")", op->type, "\"")) != std::string::npos);
  for (const tf::Function& function : tf::functions())
    CHECK(lists.find(cat(R"({"name":")", function.name, R"(","python":)")) != std::string::npos);
  for (const char* part : {R"("dtypes":["float32",)", R"("name":"Momentum")", R"("name":"truncated_normal")",
                           R"("name":"penguins")",
                           R"({"name":"transpose_a","kind":"bool","is_required":false,"initial":false})"})
    CHECK_MESSAGE(lists.find(part) != std::string::npos, part);
}
