// Guards what JavaScript has of Python: calls of functions, and TensorFlow's texts for what is no tensor, no
// value, or in the wrong place.
#include <doctest.h>

#include "engine/core/print.h"
#include "engine/tf/functions.h"
#include "tests/engine/golden.h"
#include "tests/engine/talk.h"

using namespace sandflow;
using namespace sandflow::test;

namespace {

// The answer that says a golden vector's error, with `fills` in place of what stands in <> there.
std::string wrong_as(Json error, const std::vector<std::pair<std::string, std::string>>& fills = {}) {
  std::string text = error["text"].text();
  for (const auto& [place, fill] : fills) {
    const auto at = text.find(place);
    REQUIRE(at != std::string::npos);
    text.replace(at, place.size(), fill);
  }
  // "TypeError (OperatorNotAllowedInGraphError)" is a TypeError.
  const std::string type = error["type"].text();
  return wrong(type.substr(0, type.find(' ')), text);
}
std::string wrong_as(std::string_view id,
                     const std::vector<std::pair<std::string, std::string>>& fills = {}) {
  return wrong_as(golden(id)["expected"]["error"], fills);
}

// With a graph of one constant, and a session of it.
struct Constant : Begun {
  explicit Constant(std::string_view value = "[1, 2]") {
    CHECK(op("Const", "", cat(R"("value":)", literal(value))) == R"({"result":0})");
  }
  std::string misuse(std::string_view value, std::string_view as) {
    return ask(cat(R"({"call":"misuse","value":)", value, R"(,"as":")", as, "\"}"));
  }
};

// Functions called on a graph with the placeholder x of two numbers.
struct Called : Begun {
  Called() {
    CHECK(op("Placeholder", "", R"("dtype":{"literal":"'float64'"},"shape":{"literal":"[2]"})",
             R"(,"name":"x")") == R"({"result":0})");
  }
  std::string call(std::string_view function, std::string_view inputs, std::string_view named = "",
                   std::string_view more = "") {
    return ask(cat(R"({"call":"function","graph":1,"function":")", function, R"(","inputs":[)", inputs,
                   R"(],"named":{)", named, "}", more, "}"));
  }
  std::string node(int id) { return ask(cat(R"({"call":"node","graph":1,"node":)", id, "}")); }
};

}  // namespace

TEST_CASE("what is no element of the graph is not fetched") {
  Constant talk("5");
  CHECK(talk.run(literal("None")) == wrong_as("err_00"));
  CHECK(talk.run(literal("5")) == wrong_as("err_01"));
  CHECK(talk.run("") == cat(R"({"result":)", golden("err_26")["expected"]["error"]["text"].text(), "}"));
  CHECK(talk.ask(R"({"call":"graph"})") == R"({"result":3})");
  CHECK(talk.ask(R"({"call":"op","graph":3,"type":"Const","attrs":{"value":{"literal":"5"}}})") ==
        R"({"result":0})");
  CHECK(talk.run(tensor(0, 0, 3)) == wrong_as("err_04"));
}

TEST_CASE("a Python number is not fetched; dividing two of them gives a tensor here, with Python's value") {
  const Json vector = golden("divide_python_ints"), inputs = vector["inputs"], expected = vector["expected"];
  const double quotient = expected["python_value"].number();
  Begun talk;
  CHECK(talk.ask(cat(R"({"call":"function","graph":1,"function":"truediv","inputs":[)",
                     literal(shortest(inputs["x"].number())), ",", literal(shortest(inputs["y"].number())),
                     "]}")) == R"({"result":[[4,0]]})");
  CHECK(talk.run(tensor(4)) == R"({"result":[{"dtype":"float64","shape":[],"offset":0}]})");
  double value = 0;
  REQUIRE(talk.payload.size() == sizeof value);
  std::memcpy(&value, talk.payload.data(), sizeof value);
  CHECK(value == quotient);
  CHECK(talk.run(literal(shortest(quotient))) == wrong_as(expected["session_run_error"]));
}

TEST_CASE("tensors and numbers that are too large are not fed") {
  Constant talk("5");
  CHECK(talk.op("Placeholder", "", R"("dtype":{"literal":"'int32'"})") == R"({"result":1})");
  const auto feed = [&](const std::string& value) {
    return talk.run(tensor(1), cat("[", tensor(1), ",", value, "]"));
  };
  CHECK(feed(tensor(0)) == wrong_as("err_06", {{"<str(c)>", R"(Tensor("Const:0", shape=(), dtype=int32))"},
                                               {"<str(p)>", R"(Tensor("Placeholder:0", dtype=int32))"}}));
  CHECK(feed(literal("5000000000")) == wrong_as("err_11"));
}

TEST_CASE("a finalized graph runs, and grows no more") {
  Constant talk("[1.0, 2.0]");
  CHECK(talk.ask(R"({"call":"finalize","graph":1})") == R"({"result":null})");
  const std::string refusal = wrong_as("err_14");
  CHECK(talk.op("Const", "", R"("value":{"literal":"1"})") == refusal);
  CHECK(talk.op("Square", tensor(0)) == refusal);
  CHECK(talk.ask(R"({"call":"variable","graph":1,"initial_value":{"literal":"1"}})") == refusal);
  CHECK(talk.ask(R"({"call":"initializer","graph":1})") == refusal);
  CHECK(talk.ask(cat(R"({"call":"function","graph":1,"function":"swish","inputs":[)", tensor(0), "]}")) ==
        refusal);
  CHECK(talk.ask(cat(R"({"call":"gradients","graph":1,"ys":[)", tensor(0), R"(],"xs":[)", tensor(0), "]}")) ==
        refusal);
  CHECK(talk.ask(R"({"call":"nodes","graph":1})") == R"({"result":1})");
  CHECK(talk.run(tensor(0)) == R"({"result":[{"dtype":"float32","shape":[2],"offset":0}]})");
  CHECK(talk.ask(R"({"call":"finalize","graph":9})") ==
        wrong("RuntimeError", "there is no such graph: it was freed."));
}

TEST_CASE("a tensor is no bool, no list and no value") {
  Constant talk;
  CHECK(talk.misuse(tensor(0), "bool") == wrong_as("err_15"));
  CHECK(talk.misuse(tensor(0), "iterator") == wrong_as("err_16"));
  CHECK(talk.misuse(tensor(0), "len") == wrong_as("err_17"));
  CHECK(talk.misuse(tensor(0), "eval") == wrong_as("err_18"));
  CHECK(talk.misuse(operation(0), "run") == wrong_as("err_19"));
  CHECK(talk.misuse(tensor(0), "eval elsewhere")
            .find("the tensor's graph is different from the session's graph.") != std::string::npos);
  CHECK(talk.misuse(operation(0), "run elsewhere")
            .find("the operation's graph is different from the session's graph.") != std::string::npos);
  CHECK(talk.misuse(tensor(0), "hat") == wrong("TypeError", "there is no misuse 'hat'."));
  CHECK(talk.misuse(tensor(7), "len") == wrong("TypeError", "there is no such tensor."));
  CHECK(talk.misuse(tensor(0, 0, 5), "len") == wrong("TypeError", "'value' must be a tensor."));
  CHECK(talk.misuse(literal("5"), "len") == wrong("TypeError", "'value' must be a tensor."));
  CHECK(talk.ask(R"({"call":"misuse","as":"len"})") ==
        wrong("TypeError", "missing a required argument: 'value'"));
}

TEST_CASE("functions that take names only say so") {
  Called talk;
  const std::string x = tensor(0), one = literal("[0, 1]");
  const char* const function = "softmax_cross_entropy_with_logits";
  CHECK(talk.call(function, cat(x, ",", one)) == wrong_as("err_23"));
  CHECK(talk.call(function, x, cat(R"("labels":)", one)) == wrong_as("err_23"));
  CHECK(talk.call(function, "", cat(R"("logits":)", x)) ==
        wrong("ValueError", "Both labels and logits must be provided."));
  for (const tf::Function& other : tf::functions())
    if (other.takes_only_names)
      CHECK(talk.call(other.name, x) ==
            wrong("ValueError",
                  cat("Only call `", other.name, "` with named arguments (labels=..., logits=..., ...)")));
  CHECK(talk.call(function, "", R"("labels":[])") ==
        wrong("TypeError",
              "'named' must be a tensor, an operation, a variable, a name, a literal or an array."));
  // The labels take the dtype of the logits, which are a tensor.
  CHECK(talk.call(function, "", cat(R"("logits":)", x, R"(,"labels":)", one), R"(,"name":"cost")")
            .starts_with(R"({"result":[[)"));
  CHECK(talk.ask(R"({"call":"find","graph":1,"name":"cost/labels:0"})") == R"({"result":[1,0]})");
  CHECK(talk.node(1).find(R"("dtype":"float64")") != std::string::npos);
}

TEST_CASE("functions are called by position and by name") {
  Called talk;
  const std::string x = tensor(0);
  CHECK(talk.call("swish", x) == R"({"result":[[2,0]]})");
  CHECK(talk.node(2).starts_with(R"({"result":{"name":"swish","type":"Mul","inputs":[[0,0],[1,0]])"));
  CHECK(talk.call("swish", "", cat(R"("features":)", x), R"(,"name":"mine")") == R"({"result":[[4,0]]})");
  CHECK(talk.node(4).starts_with(R"({"result":{"name":"mine","type":"Mul")"));
  // Several outputs, Python's axis=1, and arguments that are None.
  CHECK(
      talk.call("moments", literal("[[1., 2.]]"), R"("axes":{"literal":"1"},"keep_dims":{"literal":"None"})")
          .find("],[") != std::string::npos);
  CHECK(talk.call("batch_normalization", cat(x, ",", literal("0"), ",", literal("1"), ",", literal("None")),
                  R"("scale":{"literal":"None"},"variance_epsilon":{"literal":"0.5"})")
            .starts_with(R"({"result":[[)"));
  CHECK(talk.ask(R"({"call":"find","graph":1,"name":"batchnorm/mean:0"})").starts_with(R"({"result":[)"));
  CHECK(talk.ask(R"({"call":"find","graph":1,"name":"batchnorm/offset:0"})").find("KeyError") !=
        std::string::npos);
  // All of a list, with names of their own for what becomes a constant.
  CHECK(
      talk.call("global_norm", cat(x, ",", literal("3"), ",", literal("4"))).starts_with(R"({"result":[[)"));
  CHECK(
      talk.ask(R"({"call":"find","graph":1,"name":"global_norm/t_list_2:0"})").starts_with(R"({"result":)"));
  // What is only run takes operations and gives its own.
  CHECK(talk.op("NoOp", "", "", R"(,"name":"nothing")").starts_with(R"({"result":)"));
  const std::string nothing = talk.ask(R"({"call":"find","graph":1,"name":"nothing","tensor":false})");
  const std::string id = nothing.substr(11, nothing.find(',') - 11);
  const std::string count = talk.ask(R"({"call":"nodes","graph":1})");
  CHECK(talk.call("group", cat(x, R"(,{"operation":[1,)", id, "]}")) ==
        cat(R"({"result":[)", count.substr(10, count.size() - 11), "]}"));
  CHECK(talk.ask(R"({"call":"find","graph":1,"name":"group_deps","tensor":false})")
            .starts_with(R"({"result":)"));
}

TEST_CASE("a call that does not fit is refused in Python's words") {
  Called talk;
  const std::string x = tensor(0);
  CHECK(talk.call("fly", x) == wrong("TypeError", "there is no function 'fly'."));
  CHECK(talk.call("swish", "") ==
        wrong("TypeError", "swish() missing 1 required positional argument: 'features'"));
  CHECK(talk.call("swish", cat(x, ",", x)) ==
        wrong("TypeError", "swish() takes from 1 to 1 positional arguments but 2 were given"));
  CHECK(talk.call("swish", x, cat(R"("features":)", x)) ==
        wrong("TypeError", "swish() got multiple values for argument 'features'"));
  CHECK(talk.call("swish", x, R"("beta":{"literal":"1"})") ==
        wrong("TypeError", "swish() got an unexpected keyword argument 'beta'"));
  CHECK(talk.call("dropout", x, R"("rate":{"literal":"'x'"})") ==
        wrong("TypeError", "Expected float for argument 'rate' not 'x'."));
  CHECK(talk.call("dropout", x, R"("rate":{"literal":"1.5"})") ==
        wrong("ValueError", "rate must be a scalar tensor or a float in the range [0, 1), got 1.5"));
  CHECK(talk.call("global_norm", cat(x, ",", literal("None"))) ==
        wrong("ValueError", "None values not supported."));
  CHECK(talk.call("random_uniform", literal("2.5")) ==
        wrong("TypeError", "Expected int32, got 2.5 of type 'float' instead."));
  CHECK(talk.call("swish", literal("[[1], 2]")).find("Argument must be a dense tensor") != std::string::npos);
}
