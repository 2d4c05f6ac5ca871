// Guards the functions of engine/tf: what TensorFlow's Python makes of several operations.
#include "engine/tf/functions.h"

#include <cmath>

#include "engine/core/print.h"
#include "engine/core/text.h"
#include "engine/graph/gradients.h"
#include "engine/tf/tf.h"
#include "tests/engine/trial.h"

namespace sandflow::test {

namespace {

using Axes = std::vector<std::int64_t>;

}  // namespace

// tf.losses computes in float32, which is too coarse for differences; its gradients are checked below.
std::vector<Row> function_rows() {
  const Tensor x = some({2, 3}), y = some({2, 3}, 1), row = some({3}, 2);
  std::vector<Row> rows = {
      {"truediv", {x, row}},
      {"truediv", {ints({7, -7}), ints({2, 2})}},
      {"matmul", {x, some({3, 2}, 1)}},
      {"matmul", {some({2, 3, 2}), some({2, 2, 4}, 1)}},
      {"matmul", {x, y}, {{"transpose_b", true}}},
      {"clip_by_value", {x}, {{"clip_value_min", -0.5}, {"clip_value_max", 0.7}}},
      {"clip_by_norm", {x}, {{"clip_norm", 0.9}}},
      {"clip_by_norm", {x}, {{"clip_norm", 90.0}}},
      {"clip_by_norm", {x}, {{"clip_norm", 0.9}, {"axes", Axes{1}}}},
      {"clip_by_global_norm", {x, row}, {{"clip_norm", 0.9}}, 0},
      {"clip_by_global_norm", {x, row}, {{"clip_norm", 0.9}}, 1},
      {"clip_by_global_norm", {x, row}, {{"clip_norm", 0.9}}, 2},
      {"global_norm", {x, row}},
      {"moments", {x}, {{"axes", Axes{0}}}, 0},
      {.op = "moments",
       .inputs = {x},
       .attrs = {{"axes", Axes{0}}, {"keep_dims", true}},
       .output = 1,
       .stops_inside = true},
      {"l2_normalize", {x}, {{"axis", Axes{1}}}},
      {.op = "boolean_mask",
       .inputs = {some({3, 2}), Tensor::vector<bool>({true, false, true})},
       .has_open_shape = true},
      {.op = "boolean_mask",
       .inputs = {some({2, 2, 3}), Tensor::of<bool>({2, 3}, {true, false, true, false, true, true})},
       .attrs = {{"axis", std::int64_t{1}}},
       .has_open_shape = true},
      {"softmax", {x}},
      {"log_softmax", {x}},
      {"gelu", {x}},
      {"gelu", {x}, {{"approximate", true}}},
      {"softmax_cross_entropy_with_logits_v2", {distribution({3, 4}), some({3, 4})}},
      {"softmax_cross_entropy_with_logits_v2", {distribution({3, 4}), some({3, 4})}},
      {.op = "sparse_softmax_cross_entropy_with_logits", .inputs = {ints({0, 1}), x}, .is_once = true},
      {.op = "sparse_softmax_cross_entropy_with_logits",
       .inputs = {Tensor::of<std::int32_t>({2, 1}, {0, 1}), some({2, 1, 3})},
       .is_once = true},
      {"sigmoid_cross_entropy_with_logits", {distribution({2, 3}), x}},
      {"weighted_cross_entropy_with_logits", {distribution({2, 3}), x}, {{"pos_weight", 2.5}}},
      {"dropout", {x}, {{"rate", 0.0}}},
      {"dropout", {ones_like(Tensor(DType::kFloat32, {2, 3}))}, {{"rate", 0.4}, {"seed", std::int64_t{3}}}},
      {"batch_normalization", {x, row, positive({3}, 3), some({3}, 4), some({3}, 5)}},
      {"batch_normalization", {x, row, positive({3}, 3)}},
      {.op = "layer_normalization", .inputs = {some({2, 5})}, .stops_inside = true},
      {.op = "layer_normalization",
       .inputs = {some({2, 5}), some({5}, 1), some({5}, 2)},
       .stops_inside = true},
      {"flatten", {some({2, 3, 2})}},
      {"flatten", {some({2})}},
      {"transpose", {some({2, 3, 4})}},
      {"transpose", {some({2, 3, 4})}, {{"perm", Axes{1, 0, 2}}}},
      {"random_normal", {ints({2, 3})}, {{"seed", std::int64_t{1}}}},
      {"truncated_normal", {ints({2, 3})}, {{"seed", std::int64_t{1}}, {"dtype", DType::kFloat64}}},
      {"random_uniform", {ints({2, 3})}, {{"seed", std::int64_t{1}}}},
      {"random_uniform",
       {ints({2, 3})},
       {{"dtype", DType::kInt64}, {"maxval", 6.0}, {"seed", std::int64_t{1}}}},
  };
  for (const char* reducer : {"reduce_logsumexp", "reduce_variance", "reduce_std"})
    for (const Axes& axes : {Axes{}, Axes{1}, Axes{-1, 0}})
      for (const bool keep : {false, true})
        rows.push_back({reducer, {some({2, 3, 2})}, {{"axis", axes}, {"keepdims", keep}}});
  add_rows(rows, {"swish", "log_sigmoid", "crelu"}, {x});
  const auto single = [](const Tensor& tensor) {
    Tensor out(DType::kFloat32, tensor.shape());
    for (std::int64_t i = 0; i < out.elements(); ++i)
      out.write<float>()[static_cast<std::size_t>(i)] = static_cast<float>(tensor.number(i));
    return out;
  };
  rows.push_back({"softmax_cross_entropy_with_logits", {single(distribution({3, 4})), single(some({3, 4}))}});
  add_rows(rows,
           {"mean_squared_error", "absolute_difference", "huber_loss", "hinge_loss", "log_loss",
            "sigmoid_cross_entropy", "softmax_cross_entropy", "cosine_distance"},
           {single(distribution({2, 3})), single(positive({2, 3}))});
  add_rows(rows, {"sparse_softmax_cross_entropy"}, {ints({0, 1}), single(x)});
  return rows;
}

// --- TensorFlow's numbers --------------------------------------------------------------------------------

TEST_CASE("activations made of others are TensorFlow's") {
  const Json vector = golden("activations");
  const auto check = [&](const char* function, const Attrs& attrs, Json expected, DType dtype) {
    INFO(function, " ", name(dtype));
    const Tensor x = vector["inputs"]["x"].tensor(dtype);
    const double tolerance = vector["tol"][dtype == DType::kFloat32 ? "float32_rel" : "float64_rel"].number();
    // erf and tanh lose digits against 1 on the left flank.
    const double absolute = dtype == DType::kFloat32 ? 2e-7 : 1e-15;
    check_near(computed(function, {x}, attrs), expected["y"].numbers(), tolerance, absolute);
    check_near(differentiated(function, {x}, ones_like(x), attrs)[0], expected["dy"].numbers(), tolerance,
               absolute);
  };
  for (DType dtype : kBothFloats) {
    check("swish", {}, vector["expected"]["swish"], dtype);
    check("gelu", {}, vector["expected"]["gelu_erf"], dtype);
    check("gelu", {{"approximate", true}}, vector["expected"]["gelu_tanh"], dtype);
  }
}

TEST_CASE("clipping is TensorFlow's") {
  const Json vector = golden("clip_ops"), expected = vector["expected"];
  for (DType dtype : kBothFloats) {
    const Tensor t = vector["inputs"]["t"].tensor(dtype);
    const auto by_norm = [&](const Tensor& of, double norm) {
      return computed("clip_by_norm", {of}, {{"clip_norm", norm}});
    };
    check_golden(by_norm(t, 2), expected["clip_by_norm"], vector["tol"]);
    check_golden(by_norm(t, 10), expected["clip_by_norm(clip_norm=10)"], vector["tol"]);
    check_golden(by_norm(Tensor(dtype, {2}), 2), expected["clip_by_norm zero vector"], vector["tol"]);
    check_golden(computed("clip_by_value", {t}, {{"clip_value_min", 0.0}, {"clip_value_max", 3.5}}),
                 expected["clip_by_value(0,3.5)"], vector["tol"]);
    const std::vector<Tensor> pair = {Json(expected["clip_by_global_norm([[3],[4]],2.0)"])[0].tensor(dtype),
                                      Json(expected["clip_by_global_norm([[3],[4]],2.0)"])[1].tensor(dtype)};
    std::vector<Tensor> list = {Tensor(dtype, {1}), Tensor(dtype, {1})};
    with_floating(dtype, [&]<class T>() {
      list[0].write<T>()[0] = T(3);
      list[1].write<T>()[0] = T(4);
    });
    check_golden(computed("global_norm", list), expected["global_norm([[3],[4]])"], vector["tol"]);
    for (int i = 0; i < 2; ++i)
      check_golden(computed("clip_by_global_norm", list, {{"clip_norm", 2.0}}, i),
                   expected["clip_by_global_norm([[3],[4]],2.0)"][static_cast<std::size_t>(i)],
                   vector["tol"]);
  }
  const Tensor bounds = Tensor::vector<double>({-0.5, 0.5});
  const Attrs range = {{"clip_value_min", -0.5}, {"clip_value_max", 0.5}};
  for (double slope : numbers(differentiated("clip_by_value", {bounds}, ones_like(bounds), range)[0]))
    CHECK(slope == golden("max_min_subgradients")["expected"]["tf.clip_by_value at either bound"].number());
  // A norm that is not finite leaves nothing that is.
  const Tensor infinite = Tensor::vector<float>({1, INFINITY});
  for (double number : numbers(computed("clip_by_global_norm", {infinite}))) CHECK(std::isnan(number));
}

TEST_CASE("normalizations and log-sum-exp are TensorFlow's") {
  for (DType dtype : kBothFloats) {
    const Json rows = golden("layer_norm");
    check_golden(computed("layer_normalization", {rows["inputs"]["x"].tensor(dtype)}),
                 rows["expected"]["value"], rows["tol"]);
    const Json length = golden("l2_normalize");
    check_golden(computed("l2_normalize", {length["inputs"]["x"].tensor(dtype)},
                          {{"axis", Axes{static_cast<std::int64_t>(length["inputs"]["axis"].number())}}}),
                 length["expected"]["value"], length["tol"]);
    const Json logarithm = golden("reduce_logsumexp");
    check_golden(computed("reduce_logsumexp", {logarithm["inputs"]["x"].tensor(dtype)}),
                 logarithm["expected"]["value"], logarithm["tol"]);
  }
  const Tensor x = Tensor::of<float>({2, 2}, {1, 2, 3, 6});
  CHECK(str(computed("moments", {x})) == "[2. 4.]");
  CHECK(str(computed("moments", {x}, {}, 1)) == "[1. 4.]");
  CHECK(str(computed("reduce_std", {x}, {{"axis", Axes{0}}})) == "[1. 2.]");
}

TEST_CASE("the sigmoid's cross-entropy is TensorFlow's at both ends, and with a weight") {
  const Json vector = golden("sigmoid_xent"), inputs = vector["inputs"], expected = vector["expected"];
  const Tensor logits = inputs["logits"].tensor(DType::kFloat32);
  const auto labels = [&](const char* key) {
    return computed(
        "Fill", {ints({static_cast<std::int32_t>(logits.elements())}), inputs[key].tensor(DType::kFloat32)});
  };
  const auto check = [&](const Tensor& actual, const char* key) {
    check_near(actual, expected[key].numbers(), vector["tol"]["float32_rel"].number(),
               vector["tol"]["float32_abs"].number());
  };
  const char* const function = "sigmoid_cross_entropy_with_logits";
  check(computed(function, {labels("labels_z0"), logits}), "z0");
  check(computed(function, {labels("labels_z1"), logits}), "z1");
  check(computed(function, {labels("labels_z03"), logits}), "z03");
  check(differentiated(function, {labels("labels_z1"), logits}, ones_like(logits))[1], "grad_logits_z1");
  check(computed("weighted_cross_entropy_with_logits", {labels("labels_z03"), logits}), "z03");
  CHECK(computing_error(function, {Tensor(DType::kFloat32, {2}), Tensor(DType::kFloat32, {3})}) ==
        "ValueError: logits and labels must have the same shape ((3,) vs (2,))");
}

TEST_CASE("tf.losses are TensorFlow's") {
  const Json vector = golden("losses_regression"), expected = vector["expected"];
  const Tensor predictions = vector["inputs"]["predictions"].tensor(DType::kFloat32),
               labels = vector["inputs"]["labels"].tensor(DType::kFloat32);
  const auto check = [&](const char* function, const Attrs& attrs, const char* key,
                         std::vector<Tensor> more = {}) {
    INFO(key);
    more.insert(more.begin(), {labels, predictions});
    check_golden(computed(function, more, attrs), expected[key], vector["tol"]);
  };
  const auto reduction = [](const char* name) { return Attrs{{"reduction", std::string(name)}}; };
  check("mean_squared_error", {}, "mean_squared_error");
  check("absolute_difference", {}, "absolute_difference");
  check("huber_loss", {}, "huber_loss(delta=1)");
  check("mean_squared_error", reduction("none"), "mean_squared_error(reduction=NONE)");
  check("mean_squared_error", reduction("weighted_sum"), "mean_squared_error(reduction=SUM)");
  const Tensor weights = Tensor::of<float>({2, 1}, {1.2f, 3.4f});
  check("mean_squared_error", {}, "mean_squared_error(weights=[[1.2],[3.4]])", {weights});

  const Json hinge = golden("hinge_loss"), logarithm = golden("log_loss"), smooth = golden("label_smoothing");
  const auto both = [](const char* function, Json from, const char* of) {
    const Tensor truth = from["inputs"]["labels"].tensor(DType::kFloat32),
                 given = from["inputs"][of].tensor(DType::kFloat32);
    check_near(computed(function, {truth, given}, {{"reduction", std::string("none")}}),
               from["expected"]["per_element"].numbers(), from["tol"]["float32_rel"].number(), 3e-8);
    check_golden(computed(function, {truth, given}), from["expected"]["value"], from["tol"]);
  };
  both("hinge_loss", hinge, "logits");
  both("log_loss", logarithm, "predictions");
  check_golden(computed("softmax_cross_entropy",
                        {smooth["inputs"]["onehot_labels"].tensor(DType::kFloat32),
                         smooth["inputs"]["logits"].tensor(DType::kFloat32)},
                        {{"label_smoothing", 0.1}}),
               smooth["expected"]["value"], smooth["tol"]);

  // Elements without a weight do not count; without any there is no loss.
  const Tensor some_weights = Tensor::of<float>({2, 1}, {0, 1}),
               no_weights = Tensor::of<float>({2, 1}, {0, 0});
  CHECK(is_near(computed("mean_squared_error", {labels, predictions, some_weights}).number(0), 187.0 / 3,
                1e-6));
  CHECK(computed("mean_squared_error", {labels, predictions, no_weights}).number(0) == 0);
  CHECK(is_near(computed("mean_squared_error", {labels, predictions, some_weights},
                         reduction("weighted_sum_over_batch_size"))
                    .number(0),
                187.0 / 6, 1e-6));
  CHECK(computing_error("mean_squared_error", {Tensor(DType::kFloat32, {3}), Tensor(DType::kFloat32, {2})}) ==
        "ValueError: Shapes (2,) and (3,) are incompatible");
}

TEST_CASE("dropout keeps draws from the rate on, and scales what it keeps") {
  const Json vector = golden("dropout_rule"), expected = vector["expected"];
  Graph graph;
  Builder b(graph);
  const Output x = tf::constant(b, vector["inputs"]["x"].tensor(DType::kFloat32));
  const Output y = added(b, "dropout", {x}, {{"rate", 1.0 - 0.8}}, 0);
  must(b.status());
  const Output draws{*graph.find("op/random_uniform/RandomUniform"), 0};
  check_golden(value_of(graph, y, {{draws, vector["inputs"]["uniform_draws"].tensor(DType::kFloat32)}}),
               expected["value"], vector["tol"]);
  CHECK(computing_error("dropout", {Tensor::scalar(1)}) ==
        "ValueError: x has to be a floating point tensor since it's going to be scaled. Got a <dtype: "
        "'int32'> tensor "
        "instead.");
  CHECK(computing_error("dropout", {Tensor::scalar(1.f)}, {{"rate", 1.0}}) ==
        "ValueError: rate must be a scalar tensor or a float in the range [0, 1), got 1");
}

TEST_CASE("the softmax's cross-entropy has TensorFlow's scope and gives labels no gradient") {
  Graph graph;
  Builder b(graph);
  const Output logits = tf::constant(b, some({2, 3})), labels = tf::constant(b, distribution({2, 3}));
  const Output loss =
      (*tf::call(b, *tf::find_function("softmax_cross_entropy_with_logits"), {labels, logits}))[0];
  CHECK(graph.tensor_name(loss) == "softmax_cross_entropy_with_logits_sg/Reshape_2:0");
  const std::vector<Output> slopes = must(gradients(b, {loss}, {labels, logits}));
  CHECK_FALSE(slopes[0].valid());
  CHECK(value_of(graph, slopes[1]).shape() == Shape{2, 3});
}

TEST_CASE("softmax along another axis is that of the transposed") {
  const Tensor x = some({2, 3}), g = some({2, 3}, 1);
  const auto flip = [](const Tensor& of) { return computed("transpose", {of}); };
  const auto check = [&](const char* function, const char* op) {
    INFO(function);
    const auto along = [&](std::int64_t axis) { return computed(function, {x}, {{"axis", axis}}); };
    CHECK(str(along(0)) == str(flip(computed(op, {flip(x)}))));
    CHECK(str(along(-2)) == str(along(0)));
    CHECK(str(along(1)) == str(computed(op, {x})));
    CHECK(str(along(-1)) == str(along(1)));
    CHECK(str(differentiated(function, {x}, g, {{"axis", std::int64_t{0}}})[0]) ==
          str(flip(differentiated(op, {flip(x)}, flip(g))[0])));
    CHECK(computing_error(function, {x}, {{"axis", std::int64_t{3}}}) ==
          "InvalidArgumentError: Dimension (3) must be in the range [-2, 2) where 2 is the number of "
          "dimensions in the input.");
    Graph graph;
    Builder b(graph);
    added(b, function, {tf::placeholder(b, DType::kFloat32)}, {{"axis", std::int64_t{0}}}, 0);
    CHECK(b.status().error().text() == "TypeError: bad operand type for unary -: 'NoneType'");
  };
  check("softmax", "Softmax");
  check("log_softmax", "LogSoftmax");
}

TEST_CASE("a mask keeps what it covers") {
  const Tensor x = Tensor::of<std::int32_t>({3, 2}, {1, 2, 3, 4, 5, 6});
  const Tensor rows = Tensor::vector<bool>({true, false, true}),
               columns = Tensor::vector<bool>({false, true});
  CHECK(str(computed("boolean_mask", {x, rows})) == "[[1 2]\n [5 6]]");
  CHECK(str(computed("boolean_mask", {x, columns}, {{"axis", std::int64_t{1}}})) == "[[2]\n [4]\n [6]]");
  const Tensor all = Tensor::of<bool>({3, 2}, {true, false, false, true, true, false});
  CHECK(str(computed("boolean_mask", {x, all})) == "[1 4 5]");
  CHECK(computed("boolean_mask", {x, Tensor::vector<bool>({false, false, false})}).shape() == Shape{0, 2});
  CHECK(computing_error("boolean_mask", {x, columns}) == "ValueError: Shapes (3,) and (2,) are incompatible");
  CHECK(computing_error("boolean_mask", {x, columns}, {{"axis", std::int64_t{2}}}) ==
        "ValueError: Shapes () and (2,) are incompatible");
  CHECK(computing_error("boolean_mask", {x, Tensor::scalar(true)}) == "ValueError: mask cannot be scalar.");
  Graph graph;
  Builder b(graph);
  const Output open = tf::placeholder(b, DType::kFloat32, {Shape::kUnknown, 3});
  const Output mask = tf::placeholder(b, DType::kBool, {Shape::kUnknown});
  const Output kept = added(b, "boolean_mask", {open, mask}, {}, 0);
  must(b.status());
  CHECK(graph.shape(kept).python() == "(?, 3)");
  CHECK(graph.tensor_name(kept) == "op/GatherV2:0");
  const std::vector<Feed> feeds = {{open, Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6})},
                                   {mask, Tensor::vector<bool>({false, true})}};
  CHECK(str(value_of(graph, kept, feeds)) == "[[4. 5. 6.]]");
  const Output unknown = tf::placeholder(b, DType::kBool);
  added(b, "boolean_mask", {open, unknown}, {}, 0);
  CHECK(b.status().error().message.starts_with("Number of mask dimensions must be specified"));
}

TEST_CASE("integers are drawn with an operation of their own, whose range must be said") {
  const auto drawn = [](const Attrs& attrs) { return computing_error("random_uniform", {ints({8})}, attrs); };
  CHECK(drawn({{"dtype", DType::kInt32}}) == "ValueError: Must specify maxval for integer dtype tf.int32");
  CHECK(drawn({{"dtype", DType::kInt64}, {"maxval", 2.5}}) ==
        "TypeError: Expected int64, got 2.5 of type 'float' instead.");
  CHECK(drawn({{"dtype", DType::kInt32}, {"minval", 5.0}, {"maxval", 5.0}}) ==
        "InvalidArgumentError: Need minval < maxval, got 5 >= 5\n\t [[{{node op}}]]");
}

TEST_CASE("a call says which argument is missing or unknown") {
  CHECK(computing_error("swish", {}) ==
        "TypeError: swish() missing 1 required positional argument: 'features'");
  const Tensor x = Tensor::scalar(1.f);
  CHECK(computing_error("swish", {x, x}) ==
        "TypeError: swish() takes from 1 to 1 positional arguments but 2 were given");
  CHECK(computing_error("swish", {x}, {{"beta", 1.0}}) ==
        "TypeError: swish() got an unexpected keyword argument 'beta'");
  CHECK(computing_error("huber_loss", {x, x}, {{"delta", -1.0}}) ==
        "ValueError: Attr 'delta' of 'huber_loss' Op passed -1, outside of [1e-06, 1000000].");
}

}  // namespace sandflow::test
