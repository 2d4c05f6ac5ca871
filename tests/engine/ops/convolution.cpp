// Guards the operations of engine/ops/convolution.cpp: convolution and pooling, as TensorFlow has it.
#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/core/text.h"
#include "engine/graph/gradients.h"
#include "engine/tf/tf.h"
#include "tests/engine/trial.h"

namespace sandflow::test {

namespace {

using Ints = std::vector<std::int64_t>;

Attrs filter_attrs(std::int64_t rows, std::int64_t columns, const char* padding, const Ints& dilations) {
  return {{"strides", Ints{1, rows, columns, 1}},
          {"padding", std::string(padding)},
          {"dilations", Ints{1, dilations[0], dilations[1], 1}}};
}
Attrs filter_attrs(std::int64_t stride, const char* padding) {
  return filter_attrs(stride, stride, padding, {1, 1});
}

Attrs window_attrs(const Ints& ksize, const Ints& strides, const char* padding) {
  return {{"ksize", Ints{1, ksize[0], ksize[1], 1}},
          {"strides", Ints{1, strides[0], strides[1], 1}},
          {"padding", std::string(padding)}};
}

// A value with another attribute of this name.
Attrs with(Attrs attrs, const char* name, AttrValue value) {
  for (Attr& attr : attrs)
    if (attr.name == name) attr.value = std::move(value);
  return attrs;
}

// 1, 2, 3, ... in this shape.
Tensor counted(const Shape& shape, DType dtype = DType::kFloat32) {
  Tensor out(dtype, shape);
  with_numeric(dtype, [&]<class T>() {
    T next = 0;
    for (T& x : out.write<T>()) x = ++next;
  });
  return out;
}

Attrs golden_attrs(Json inputs) {
  Attrs attrs{{"padding", inputs["padding"].text()}};
  const auto ints = [&](const char* name) {
    Ints out;
    for (double x : inputs[name].numbers()) out.push_back(static_cast<std::int64_t>(x));
    return out;
  };
  attrs.push_back({"strides", inputs.has("strides") ? ints("strides") : Ints{1, 1, 1, 1}});
  if (inputs.has("ksize")) attrs.push_back({"ksize", ints("ksize")});
  return attrs;
}

Shape shape_of(Json inputs, const char* name) { return inputs[name].as_shape(); }

Tensor sizes(const Shape& shape) {
  return ints(std::vector<std::int32_t>(shape.dims().begin(), shape.dims().end()));
}

// The static shape of an operation on placeholders of these shapes, or the error.
std::string inferred(const char* op, const std::vector<Shape>& shapes, const Attrs& attrs) {
  Graph graph;
  Builder b(graph);
  std::vector<Output> inputs;
  for (const Shape& shape : shapes) inputs.push_back(tf::placeholder(b, DType::kFloat32, shape));
  const Output out = b.op(op, inputs, attrs);
  return b.ok() ? graph.shape(out).python() : b.status().error().text();
}

// The first line of what running says when shapes are known then only.
std::string run_time_error(const char* op, const std::vector<Tensor>& values, const Attrs& attrs) {
  Graph graph;
  Builder b(graph);
  std::vector<Output> inputs;
  std::vector<Feed> feeds;
  for (const Tensor& value : values) {
    inputs.push_back(tf::placeholder(b, value.dtype()));
    feeds.push_back({inputs.back(), value});
  }
  const Output out = b.op(op, inputs, attrs);
  must(b.status());
  const std::string text = run_error(graph, out, feeds);
  return text.substr(0, text.find('\n'));
}

}  // namespace

std::vector<Row> convolution_rows() {
  std::vector<Row> rows;
  const auto add_filter = [&](const Shape& image, const Shape& filter, const Shape& grad,
                              const Attrs& attrs) {
    rows.push_back({"Conv2D", {some(image), some(filter, 1)}, attrs});
    rows.push_back({"Conv2DBackpropInput", {sizes(image), some(filter, 1), some(grad, 2)}, attrs});
    rows.push_back({"Conv2DBackpropFilter", {some(image), sizes(filter), some(grad, 2)}, attrs});
  };
  add_filter({2, 3, 4, 2}, {2, 2, 2, 3}, {2, 3, 4, 3}, filter_attrs(1, "SAME"));
  add_filter({1, 4, 5, 1}, {3, 2, 1, 2}, {1, 2, 4, 2}, filter_attrs(1, "VALID"));
  add_filter({1, 5, 4, 1}, {3, 3, 1, 2}, {1, 3, 2, 2}, filter_attrs(2, "SAME"));
  add_filter({1, 4, 6, 1}, {2, 2, 1, 1}, {1, 3, 2, 1}, filter_attrs(1, 3, "VALID", {1, 1}));
  add_filter({1, 5, 5, 2}, {2, 3, 2, 1}, {1, 3, 5, 1}, filter_attrs(2, 1, "SAME", {3, 2}));
  const auto add_pool = [&](const Shape& image, const Shape& pooled, const Attrs& attrs) {
    rows.push_back({"MaxPool", {some(image)}, attrs});
    rows.push_back({"MaxPoolGrad", {some(image), some(pooled, 1), some(pooled, 2)}, attrs});
    rows.push_back({"MaxPoolGradGrad", {some(image), some(pooled, 1), some(image, 2)}, attrs});
    rows.push_back({"AvgPool", {some(image)}, attrs});
    rows.push_back({"AvgPoolGrad", {sizes(image), some(pooled, 1)}, attrs});
  };
  add_pool({2, 4, 4, 2}, {2, 2, 2, 2}, window_attrs({2, 2}, {2, 2}, "VALID"));
  add_pool({1, 3, 4, 2}, {1, 3, 2, 2}, window_attrs({2, 3}, {1, 2}, "SAME"));
  add_pool({1, 5, 3, 1}, {1, 2, 2, 1}, window_attrs({1, 2}, {3, 1}, "VALID"));
  return rows;
}

TEST_CASE("convolutions are TensorFlow's") {
  for (const char* id : {"conv_valid_s1", "conv_same_s2", "conv_same_k1s2", "conv_valid_s12"})
    for (DType dtype : kBothFloats) {
      INFO(id, " ", name(dtype));
      const Json inputs = golden(id)["inputs"];
      const Tensor out = computed(
          "Conv2D",
          {counted(shape_of(inputs, "input_shape"), dtype), counted(shape_of(inputs, "filter_shape"), dtype)},
          golden_attrs(inputs));
      check_near(out, golden(id)["expected"]["value_flat"].numbers(), 0);
    }
}

TEST_CASE("gradients of convolutions are TensorFlow's") {
  const Json to_input = golden("conv_backprop_input"), to_filter = golden("conv_backprop_filter");
  for (DType dtype : kBothFloats) {
    const Tensor input_gradient = computed("Conv2DBackpropInput",
                                           {sizes(shape_of(to_input["inputs"], "input_shape")),
                                            counted(shape_of(to_input["inputs"], "filter_shape"), dtype),
                                            counted(shape_of(to_input["inputs"], "grad_shape"), dtype)},
                                           golden_attrs(to_input["inputs"]));
    check_near(input_gradient, to_input["expected"]["value_flat"].numbers(), 0);
    const Tensor filter_gradient = computed("Conv2DBackpropFilter",
                                            {counted(shape_of(to_filter["inputs"], "input_shape"), dtype),
                                             sizes(shape_of(to_filter["inputs"], "filter_shape")),
                                             counted(shape_of(to_filter["inputs"], "grad_shape"), dtype)},
                                            golden_attrs(to_filter["inputs"]));
    check_near(filter_gradient, to_filter["expected"]["value_flat"].numbers(), 0);
  }
}

TEST_CASE("windows stand where TensorFlow puts them") {
  const Json rows = golden("conv_padding_table")["expected"]["rows"];
  for (std::size_t i = 0; i < rows.size(); ++i) {
    INFO("row ", i);
    const auto number = [&](const char* key) { return static_cast<std::int64_t>(rows[i][key].number()); };
    const std::int64_t input = number("input"), kernel = number("kernel"), dilation = number("dilation");
    for (const char* padding : {"SAME", "VALID"}) {
      INFO(padding);
      const Attrs attrs = filter_attrs(1, number("stride"), padding, {1, dilation});
      const std::string shape = inferred("Conv2D", {{1, 1, input, 1}, {1, kernel, 1, 1}}, attrs);
      const Json row = rows[i][padding];
      if (row.has("error")) {
        const std::string text = row["error"].text(), what = "static: ";
        CHECK(shape.starts_with("ValueError: " +
                                text.substr(what.size(), text.find(':', what.size()) - what.size())));
        continue;
      }
      const auto places = static_cast<std::int64_t>(row["out"].number());
      CHECK(shape == Shape{1, 1, places, 1}.python());
      // A filter that counts finds which of its cells lie before and after the image: at the ends, the sum
      // over an image of ones lacks these.
      const Tensor ones = ones_like(Tensor(DType::kFloat64, {1, 1, input, 1}));
      const std::vector<double> out =
          numbers(computed("Conv2D", {ones, counted({1, kernel, 1, 1}, DType::kFloat64)}, attrs));
      REQUIRE(static_cast<std::int64_t>(out.size()) == places);
      const auto pad = [&](const char* key) {
        return row.has(key) ? static_cast<std::int64_t>(row[key].number()) : 0;
      };
      double first = 0, last = 0;
      for (std::int64_t cell = 0; cell < kernel; ++cell) {
        const std::int64_t at_first = cell * dilation - pad("pad_before");
        const std::int64_t at_last = at_first + (places - 1) * number("stride");
        if (at_first >= 0 && at_first < input) first += static_cast<double>(cell + 1);
        if (at_last >= 0 && at_last < input) last += static_cast<double>(cell + 1);
      }
      CHECK(out.front() == first);
      CHECK(out.back() == last);
    }
  }
}

TEST_CASE("wide and narrow convolutions are the plain sum") {
  // More channels than fit beside each other, fewer, and some that are left over.
  for (const std::int64_t depth : {1, 3, 8, 19}) {
    INFO("depth ", depth);
    const Tensor x = some({2, 5, 6, 3}), w = some({3, 2, 3, depth}, 1);
    const std::vector<double> in = numbers(x), weights = numbers(w);
    std::vector<double> expected;
    for (std::int64_t n = 0; n < 2; ++n)
      for (std::int64_t i = 0; i < 3; ++i)
        for (std::int64_t j = 0; j < 5; ++j)
          for (std::int64_t k = 0; k < depth; ++k) {
            double sum = 0;
            for (std::int64_t a = 0; a < 3; ++a)
              for (std::int64_t b = 0; b < 2; ++b)
                for (std::int64_t c = 0; c < 3; ++c)
                  sum += in[static_cast<std::size_t>(((n * 5 + i + a) * 6 + j + b) * 3 + c)] *
                         weights[static_cast<std::size_t>(((a * 2 + b) * 3 + c) * depth + k)];
            expected.push_back(sum);
          }
    // To the last bit: the order of the sum is fixed.
    check_near(computed("Conv2D", {x, w}, filter_attrs(1, "VALID")), expected, 0);
  }
}

TEST_CASE("pools are TensorFlow's") {
  const auto check = [](const char* op, const char* id) {
    INFO(id);
    const Json inputs = golden(id)["inputs"];
    for (DType dtype : kBothFloats)
      check_near(computed(op, {counted(shape_of(inputs, "input_shape"), dtype)}, golden_attrs(inputs)),
                 golden(id)["expected"]["value_flat"].numbers(), 0);
  };
  check("MaxPool", "max_pool_same");
  check("MaxPool", "max_pool_valid");
  check("AvgPool", "avg_pool_same");
  check("AvgPool", "avg_pool_same_edge");
}

TEST_CASE("integers can be pooled to the largest, and what is below zero wins over padding") {
  const Tensor below = Tensor::of<std::int32_t>({1, 1, 3, 1}, {-5, -7, -6});
  CHECK(numbers(computed("MaxPool", {below}, window_attrs({1, 2}, {1, 2}, "SAME"))) ==
        std::vector<double>{-5, -6});
}

TEST_CASE("of equal pixels the first one, row by row, gets the gradient of the largest") {
  const Tensor ties = Tensor::of<float>({1, 2, 2, 1}, {1, 3, 3, 3});
  const auto slopes = differentiated("MaxPool", {ties}, Tensor::of<float>({1, 1, 1, 1}, {5}),
                                     window_attrs({2, 2}, {2, 2}, "VALID"));
  CHECK(numbers(slopes[0]) == std::vector<double>{0, 5, 0, 0});
  // One pixel that is the largest of two windows gets both gradients.
  const Tensor shared = Tensor::of<float>({1, 1, 3, 1}, {1, 9, 2});
  CHECK(numbers(differentiated("MaxPool", {shared}, Tensor::of<float>({1, 1, 2, 1}, {5, 7}),
                               window_attrs({1, 2}, {1, 1}, "VALID"))[0]) == std::vector<double>{0, 12, 0});
}

TEST_CASE("the gradient of a mean goes to the pixels that were counted") {
  const Tensor x = Tensor::of<float>({1, 1, 3, 1}, {1, 2, 3});
  CHECK(numbers(differentiated("AvgPool", {x}, Tensor::of<float>({1, 1, 2, 1}, {4, 7}),
                               window_attrs({1, 2}, {1, 2}, "SAME"))[0]) == std::vector<double>{2, 2, 7});
}

TEST_CASE("convolutions and pools of what is known in part") {
  const Shape unknown = Shape::unknown_rank();
  const auto q = Shape::kUnknown;
  const Attrs same = filter_attrs(2, "SAME"), valid = filter_attrs(2, "VALID");
  CHECK(inferred("Conv2D", {unknown, unknown}, same) == "(?, ?, ?, ?)");
  CHECK(inferred("Conv2D", {{q, 28, 28, 1}, {5, 5, 1, 8}}, same) == "(?, 14, 14, 8)");
  CHECK(inferred("Conv2D", {{q, 28, q, 1}, {q, 5, 1, 8}}, same) == "(?, 14, ?, 8)");
  CHECK(inferred("Conv2D", {{q, 28, 28, 1}, {q, 5, 1, 8}}, valid) == "(?, ?, 12, 8)");
  CHECK(inferred("Conv2D", {unknown, {5, 5, 1, 8}}, same) == "(?, ?, ?, 8)");
  const Attrs window = window_attrs({2, 3}, {2, 2}, "VALID");
  CHECK(inferred("MaxPool", {{q, 7, q, 3}}, window) == "(?, 3, ?, 3)");
  CHECK(inferred("AvgPool", {unknown}, window) == "(?, ?, ?, ?)");
}

TEST_CASE("a convolution that cannot be is refused while the graph is built") {
  const auto error = [](const Shape& input, const Shape& filter, const Attrs& attrs) {
    return inferred("Conv2D", {input, filter}, attrs);
  };
  const Attrs valid = filter_attrs(1, "VALID");
  CHECK(error({1, 5, 5, 3}, {3, 3, 4, 8}, valid) ==
        "ValueError: Depth of input (3) is not a multiple of input depth of filter (4) for 'Conv2D' (op: "
        "'Conv2D') "
        "with input shapes: [1,5,5,3], [3,3,4,8].");
  CHECK(
      error({1, 5, 5, 4}, {3, 3, 2, 3}, valid)
          .starts_with("ValueError: Depth of output (3) is not a multiple of the number of groups (2) for"));
  CHECK(
      error({1, 5, 5, 4}, {3, 3, 0, 3}, valid).starts_with("ValueError: Depth of filter must not be 0 for"));
  CHECK(error({1, 2, 2, 1}, {3, 3, 1, 1}, valid) ==
        "ValueError: Negative dimension size caused by subtracting 3 from 2 for 'Conv2D' (op: 'Conv2D') with "
        "input "
        "shapes: [1,2,2,1], [3,3,1,1].");
  CHECK(error({1, 4, 4, 1}, {3, 3, 1, 1}, filter_attrs(1, 1, "VALID", {2, 2}))
            .starts_with("ValueError: Negative dimension size caused by subtracting 5 from 4 for"));
  CHECK(error({5, 5, 1}, {3, 3, 1, 1}, valid)
            .starts_with("ValueError: Shape must be rank 4 but is rank 3 for 'Conv2D'"));
  CHECK(error({1, 5, 5, 1}, {3, 3}, valid).starts_with("ValueError: Shape must be rank 4 but is rank 2 for"));
  CHECK(
      error({1, 5, 5, 1}, {3, 3, 1, 1}, with(valid, "padding", std::string("FOO"))) ==
      R"(ValueError: Attr 'padding' of 'Conv2D' Op passed string 'FOO' not in: "SAME", "VALID", "EXPLICIT".)");
  CHECK(error({1, 5, 5, 1}, {3, 3, 1, 1}, with(valid, "padding", std::string("EXPLICIT")))
            .starts_with("ValueError: explicit_paddings attribute must contain 8 values, but got: 0 for"));
  CHECK(error({1, 5, 5, 1}, {3, 3, 1, 1}, with(valid, "strides", Ints{1, 1}))
            .starts_with(
                "ValueError: Conv2D on data format NHWC requires the stride attribute to contain 4 values, "
                "but got: 2 for"));
  CHECK(error({1, 5, 5, 1}, {3, 3, 1, 1}, with(valid, "dilations", Ints{1}))
            .starts_with(
                "ValueError: Conv2D requires the dilation attribute to contain 4 values, but got: 1 for"));
  CHECK(error({1, 5, 5, 1}, {3, 3, 1, 1}, filter_attrs(0, "SAME"))
            .starts_with("ValueError: Stride must be > 0, but got 0 for"));
  CHECK(error({1, 5, 5, 1}, {3, 3, 1, 1}, filter_attrs(1, 1, "SAME", {-1, 1}))
            .starts_with("ValueError: Dilation rate must be >= 1, but got -1 for"));
  CHECK(error({1, 5, 5, 1}, {3, 3, 1, 1}, filter_attrs(std::int64_t{1} << 40, "SAME"))
            .starts_with("ValueError: Attr strides has value 1099511627776 out of range for an int32 for"));
}

TEST_CASE("a convolution that turns out wrong in a run says so") {
  const auto error = [](const Shape& input, const Shape& filter, const Attrs& attrs) {
    return run_time_error("Conv2D", {counted(input), counted(filter)}, attrs);
  };
  const Attrs valid = filter_attrs(1, "VALID");
  CHECK(error({1, 5, 5, 3}, {3, 3, 4, 8}, valid) ==
        "InvalidArgumentError: input depth must be evenly divisible by filter depth: 3 vs 4");
  CHECK(error({1, 5, 5, 4}, {3, 3, 2, 8}, valid) ==
        "UnimplementedError: Generic conv implementation does not support grouped convolutions for now.");
  CHECK(error({5, 5}, {3, 3, 2, 8}, valid) == "InvalidArgumentError: input must be 4-dimensional[5,5]");
  CHECK(error({1, 5, 5, 4}, {3}, valid) == "InvalidArgumentError: filter must be 4-dimensional: [3]");
  CHECK(error({1, 2, 2, 1}, {4, 4, 1, 1}, valid) ==
        "InvalidArgumentError: Computed output size would be negative: -1 [input_size: 2, "
        "effective_filter_size: "
        "4, stride: 1]");
  CHECK(error({1, 2, 2, 1}, {0, 1, 1, 1}, valid)
            .starts_with("InvalidArgumentError: filter must not have zero"));
  CHECK(error({1, 2, 2, 0}, {1, 1, 0, 1}, valid).starts_with("InvalidArgumentError: input depth must be"));
  CHECK(error({1, 5, 5, 1}, {2, 2, 1, 1}, with(valid, "strides", Ints{2, 1, 1, 1})) ==
        "InvalidArgumentError: Current implementation does not yet support strides in the batch and depth "
        "dimensions.");
  CHECK(error({1, 5, 5, 1}, {2, 2, 1, 1}, with(valid, "dilations", Ints{1, 1, 1, 2})) ==
        "InvalidArgumentError: Current implementation does not yet support dilations in the batch and depth "
        "dimensions.");
  CHECK(error({1, 5, 5, 1}, {2, 3, 1, 1}, filter_attrs(1, 1, "SAME", {2147483647, 2147483647}))
            .starts_with("InvalidArgumentError: filter too large"));
}

TEST_CASE("what is empty is convolved and pooled to what is empty, however large its other sizes") {
  const std::int64_t many = 1 << 30;
  const Attrs same = filter_attrs(1, "SAME");
  CHECK(computed("Conv2D", {counted({0, 5, 5, 2}), counted({3, 3, 2, 4})}, same).shape() ==
        Shape{0, 5, 5, 4});
  CHECK(computed("Conv2D", {counted({0, many, many, 1}), counted({1, 1, 1, 1})}, same).elements() == 0);
  CHECK(computed("Conv2DBackpropFilter",
                 {counted({0, many, many, 1}), sizes({1, 1, 1, 1}), counted({0, many, many, 1})}, same)
            .number(0) == 0);
  const Attrs window = window_attrs({2, 2}, {2, 2}, "SAME");
  CHECK(computed("MaxPool", {counted({many, many, many, 0})}, window).elements() == 0);
  CHECK(computed("AvgPool", {counted({3, 0, 4, 2})}, window).shape() == Shape{3, 0, 2, 2});
}

TEST_CASE("gradients of convolutions whose sizes contradict each other are refused") {
  const Attrs valid = filter_attrs(1, "VALID");
  const auto to_input = [&](const Shape& input, const Shape& filter, const Shape& grad) {
    return run_time_error("Conv2DBackpropInput", {sizes(input), counted(filter), counted(grad)}, valid);
  };
  CHECK(to_input({1, 5, 5, 1}, {2, 2, 1, 1}, {1, 5, 4, 1}) ==
        "InvalidArgumentError: Conv2DCustomBackpropInput: Size of out_backprop doesn't match computed: "
        "actual = 5, "
        "computed = 4 spatial_dim: 1 input: 5 filter: 2 output: 5 stride: 1 dilation: 1");
  CHECK(to_input({2, 5, 5, 1}, {2, 2, 1, 1}, {1, 4, 4, 1})
            .starts_with(
                "InvalidArgumentError: Conv2DCustomBackpropInput: input and out_backprop must have the "
                "same batch size"));
  CHECK(to_input({1, 5, 5, 1}, {2, 2, 1, 3}, {1, 4, 4, 1}) ==
        "InvalidArgumentError: Conv2DCustomBackpropInput: filter and out_backprop must have the same "
        "out_depth");
  CHECK(to_input({1, 5, 5, 3}, {2, 2, 2, 1}, {1, 4, 4, 1}) ==
        "InvalidArgumentError: Conv2DCustomBackpropInput: input depth must be evenly divisible by filter "
        "depth");
  CHECK(to_input({5, 5}, {2, 2, 2, 1}, {1, 4, 4, 1}) ==
        "InvalidArgumentError: Conv2DCustomBackpropInput: input must be 4-dimensional");
  CHECK(run_time_error("Conv2DBackpropInput",
                       {ints({1, -5, 5, 1}), counted({2, 2, 1, 1}), counted({1, 4, 4, 1})},
                       valid) == "InvalidArgumentError: Dimension -5 must be >= 0");
  CHECK(run_time_error("Conv2DBackpropInput",
                       {Tensor::scalar(std::int32_t{1}), counted({2, 2, 1, 1}), counted({1, 4, 4, 1})},
                       valid) ==
        "InvalidArgumentError: Conv2DBackpropInput: input_sizes input must be 1-dim, not 0");
  CHECK(computing_error("Conv2DBackpropFilter",
                        {counted({1, 5, 5, 1}), ints({2, 2, 1}), counted({1, 4, 4, 1})}, valid)
            .starts_with(
                "ValueError: Shape must be rank 4 but is rank 3 for 'op' (op: 'Conv2DBackpropFilter')"));
}

TEST_CASE("a pool that cannot be is refused") {
  const Attrs valid = window_attrs({3, 3}, {1, 1}, "VALID");
  CHECK(
      inferred("MaxPool", {{1, 2, 2, 1}}, valid) ==
      "ValueError: Negative dimension size caused by subtracting 3 from 2 for 'MaxPool' (op: 'MaxPool') with "
      "input shapes: [1,2,2,1].");
  CHECK(inferred("AvgPool", {{1, 4, 4, 1}}, with(valid, "ksize", Ints{3, 3}))
            .starts_with(
                "ValueError: AvgPool requires the ksize attribute to contain 4 values, but got: 2 for"));
  CHECK(inferred("MaxPool", {{1, 4, 4, 1}}, with(valid, "strides", Ints{3}))
            .starts_with(
                "ValueError: MaxPool requires the stride attribute to contain 4 values, but got: 1 for"));
  CHECK(inferred("AvgPool", {{1, 4, 4, 1}}, with(valid, "padding", std::string("same"))) ==
        R"(ValueError: Attr 'padding' of 'AvgPool' Op passed string 'same' not in: "SAME", "VALID".)");
  const auto error = [&](const Attrs& attrs) {
    return run_time_error("MaxPool", {counted({1, 4, 4, 1})}, attrs);
  };
  CHECK(error(with(valid, "ksize", Ints{2, 1, 1, 1})) ==
        "UnimplementedError: Pooling is not yet supported on the batch dimension.");
  CHECK(error(with(valid, "strides", Ints{1, 1, 1, 2})) ==
        "UnimplementedError: MaxPool is not yet supported on the depth dimension.");
  CHECK(error(window_attrs({0, 1}, {1, 1}, "SAME")) ==
        "InvalidArgumentError: ksize must be a positive int32 value, got:0");
  CHECK(run_time_error("AvgPool", {counted({4})}, valid) ==
        "InvalidArgumentError: tensor_in must be 4-dimensional");
  const Tensor x = counted({1, 4, 4, 1}), pooled = counted({1, 2, 2, 1}), large = counted({1, 3, 3, 1});
  CHECK(run_time_error("MaxPoolGrad", {x, large, pooled}, valid) ==
        "InvalidArgumentError: Expected orig_output shape to be [1,2,2,1], but got [1,3,3,1]");
  CHECK(run_time_error("MaxPoolGrad", {x, pooled, large}, valid) ==
        "InvalidArgumentError: Expected grad shape to be [1,2,2,1], but got [1,3,3,1]");
  CHECK(run_time_error("AvgPoolGrad", {ints({1, 4, 4, 1}), large}, valid) ==
        "InvalidArgumentError: Expected grad shape to be [1,2,2,1], but got [1,3,3,1]");
  CHECK(run_time_error("AvgPoolGrad", {ints({1, 4, 4}), pooled}, valid) ==
        "InvalidArgumentError: out_backprop must be 1-dimensional and 4 elements");
}

}  // namespace sandflow::test
