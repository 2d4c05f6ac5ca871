// Sandflow's own part: the nets as graphs with gradients and updates, run step by step; products as
// operations.
#include <algorithm>
#include <utility>

#include "engine/graph/gradients.h"
#include "engine/session/session.h"
#include "engine/tf/operators.h"
#include "engine/training/batches.h"
#include "engine/training/optimizers.h"
#include "tests/bench/trial.h"

namespace sandflow::bench {

namespace {

Shape shape_of(const std::vector<int>& sizes) {
  return Shape(std::vector<std::int64_t>(sizes.begin(), sizes.end()));
}

Shape batch_of(const std::vector<int>& example) {
  std::vector<std::int64_t> dims = {Shape::kUnknown};
  dims.insert(dims.end(), example.begin(), example.end());
  return Shape(std::move(dims));
}

// What is run in every step. The one place that says how.
class Loop {
 public:
  Loop(Session& session, const std::vector<Fetch>& fetches, const std::vector<Feed>& feeds) {
    std::vector<std::pair<Output, Shape>> keys;
    for (const Feed& feed : feeds) keys.emplace_back(feed.key, feed.value.shape());
    const Result<std::shared_ptr<Program>> program = session.prepare(fetches, keys);
    SANDFLOW_CHECK(program.ok() && *program);
    program_ = *program;
    for (std::size_t i = 0; i < feeds.size(); ++i) program_->feed(i) = feeds[i].value;
  }

  std::span<float> feed(std::size_t i) { return program_->feed(i).write<float>(); }
  void run() { SANDFLOW_CHECK(program_->run()); }
  const Tensor& fetched(std::size_t i) const { return program_->fetched(i); }

 private:
  std::shared_ptr<Program> program_;
};

double mean(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// A net in the words that a learner would use.
class Net : public Trial {
 public:
  explicit Net(const Line& line)
      : line_(line), data_(make_data(line)), batches_(data_.order, line.batch), session_(graph_) {
    Builder b(graph_);
    std::vector<Feed> feeds = {placeholder(b, line.example, "x")};
    const Output outputs = layers(b, feeds[0].key);
    if (line.task == Task::kForward) {
      std::copy(data_.features.begin(), data_.features.end(), feeds[0].value.write<float>().begin());
      finish({outputs}, std::move(feeds), b);
    } else {
      feeds.push_back(placeholder(b, {line.layers.back().outputs}, "labels"));
      const Output loss_of_batch = loss(b, outputs, feeds[1].key);
      const int train = minimize_loss(b, loss_of_batch);
      finish({loss_of_batch, Fetch::operation(train)}, std::move(feeds), b);
    }
  }

  void run(int times) override {
    for (int i = 0; i < times; ++i) {
      if (line_.task != Task::kForward) {
        const std::span<const std::int32_t> rows = batches_.next();
        gather(data_.features, rows, loop_->feed(0));
        gather(data_.labels, rows, loop_->feed(1));
      }
      loop_->run();
    }
  }
  double value() const override { return mean(loop_->fetched(0).read<float>()); }
  double work() const override { return graph_.size(); }

 private:
  Feed placeholder(Builder& b, const std::vector<int>& example, const char* name) {
    std::vector<int> fed = {line_.batch};
    fed.insert(fed.end(), example.begin(), example.end());
    return {tf::placeholder(b, DType::kFloat32, batch_of(example), name),
            Tensor(DType::kFloat32, shape_of(fed))};
  }

  Output variable(Builder& b, const char* name) {
    const Array& parameter = data_.parameters[variables_.size()];
    variables_.push_back(tf::variable(b, Tensor::of(shape_of(parameter.shape), parameter.values), name));
    return variables_.back().value;
  }

  Output layers(Builder& b, Output x) {
    std::vector<std::int64_t> pool = {1, kPoolSize, kPoolSize, 1};
    for (const Layer& layer : line_.layers) {
      if (layer.kind == Kind::kPooling) {
        x = b.op("MaxPool", {x}, {{"ksize", pool}, {"strides", pool}, {"padding", std::string("SAME")}});
        continue;
      }
      if (layer.kind == Kind::kConvolution) {
        const std::vector<std::int64_t> strides = {1, 1, 1, 1};
        x = b.op("Conv2D", {x, variable(b, "W")}, {{"strides", strides}, {"padding", std::string("SAME")}});
      } else {
        if (b.shape(x).rank() != 2)
          x = b.op("Reshape", {x, tf::constant(b, Tensor::vector<std::int32_t>({-1, flat(b.shape(x))}))});
        x = b.op("MatMul", {x, variable(b, "W")});
      }
      x = tf::Term{&b, x} + tf::Term{&b, variable(b, "b")};
      if (layer.is_activated) x = b.op(line_.activation, {x});
    }
    return x;
  }

  static std::int32_t flat(const Shape& shape) {
    std::int64_t size = 1;
    for (int i = 1; i < shape.rank(); ++i) size *= shape.dim(i);
    return static_cast<std::int32_t>(size);
  }

  Output loss(Builder& b, Output outputs, Output labels) {
    return tf::reduce_mean(b, line_.task == Task::kSquares
                                  ? b.op("Square", {tf::subtract(b, outputs, labels)})
                                  : tf::softmax_cross_entropy_with_logits(b, labels, outputs));
  }

  int minimize_loss(Builder& b, Output loss_of_batch) {
    std::vector<Output> refs;
    for (const tf::Variable& variable : variables_) refs.push_back(variable.ref);
    const auto grads = gradients(b, {loss_of_batch}, refs);
    SANDFLOW_CHECK(grads.ok());
    const OptimizerType& type = *find_optimizer_type(line_.optimizer);
    const std::map<std::string, double> known = {{"learning_rate", line_.learning_rate},
                                                 {"momentum", kMomentum},
                                                 {"beta1", kBeta1},
                                                 {"beta2", kBeta2},
                                                 {"epsilon", kEpsilon}};
    std::map<std::string, double> chosen;
    for (const Parameter& parameter : type.parameters)
      if (known.contains(parameter.name)) chosen[parameter.name] = known.at(parameter.name);
    const auto minimized =
        minimize(b, type, complete(type.parameters, chosen), loss_of_batch, variables_, *grads);
    SANDFLOW_CHECK(minimized.ok());
    variables_.insert(variables_.end(), minimized->slots.begin(), minimized->slots.end());
    return minimized->train_op;
  }

  void finish(std::vector<Fetch> fetches, std::vector<Feed> feeds, Builder& b) {
    const int initialize = tf::variables_initializer(b, variables_);
    SANDFLOW_CHECK(b.ok() && session_.run({Fetch::operation(initialize)}).ok());
    loop_.emplace(session_, fetches, feeds);
  }

  Line line_;
  Data data_;
  bench::Batches batches_;
  Graph graph_;
  Session session_;
  std::vector<tf::Variable> variables_;
  std::optional<Loop> loop_;
};

class ProductTrial : public Trial {
 public:
  explicit ProductTrial(const Product& product) : operations_(product.operations()), session_(graph_) {
    Builder b(graph_);
    std::vector<Feed> feeds;
    for (const Array& operand : {product.left(), product.right()}) {
      const Shape shape = shape_of(operand.shape);
      feeds.push_back({tf::placeholder(b, DType::kFloat32, shape), Tensor::of(shape, operand.values)});
    }
    const Output result = operation(b, product, feeds[0].key, feeds[1].key);
    SANDFLOW_CHECK(b.ok());
    loop_.emplace(session_, std::vector<Fetch>{result}, feeds);
  }

  void run(int times) override {
    for (int i = 0; i < times; ++i) loop_->run();
  }
  double value() const override { return mean(loop_->fetched(0).read<float>()); }
  double work() const override { return operations_; }

 private:
  static Output operation(Builder& b, const Product& product, Output x, Output y) {
    const auto product_of = [&](bool left, bool right) {
      return b.op("MatMul", {x, y}, {{"transpose_a", left}, {"transpose_b", right}});
    };
    const auto sizes = [&](const std::vector<std::int32_t>& shape) {
      return tf::constant(b, Tensor::vector(shape));
    };
    const Attrs how = {{"strides", std::vector<std::int64_t>{1, 1, 1, 1}}, {"padding", std::string("SAME")}};
    switch (product.form) {
      case Product::Form::kPlain:
        return product_of(false, false);
      case Product::Form::kTransposedLeft:
        return product_of(true, false);
      case Product::Form::kTransposedRight:
        return product_of(false, true);
      case Product::Form::kConvolution:
        return b.op("Conv2D", {x, y}, how);
      case Product::Form::kFilterGradient:
        return b.op("Conv2DBackpropFilter",
                    {x, sizes({kFilterSize, kFilterSize, product.inputs, product.filters}), y}, how);
      case Product::Form::kInputGradient:
        return b.op("Conv2DBackpropInput",
                    {sizes({product.images, product.side, product.side, product.inputs}), x, y}, how);
    }
    return {};
  }

  double operations_;
  Graph graph_;
  Session session_;
  std::optional<Loop> loop_;
};

}  // namespace

std::unique_ptr<Trial> sandflow_net(const Line& line) { return std::make_unique<Net>(line); }

std::unique_ptr<Trial> sandflow_product(const Product& product) {
  return std::make_unique<ProductTrial>(product);
}

}  // namespace sandflow::bench
