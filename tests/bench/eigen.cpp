// The other contestant in C++: for each net what one would write by hand with Eigen. Sizes are known to the
// compiler where they are small, buffers are made once, products go where they are wanted, what follows a
// product is one expression, updates happen in place. The size of a batch is known when the program runs, as
// the last batch of an epoch is shorter and a learner tries many; beside it stands the same program for
// batches of one size only.
#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "tests/bench/trial.h"

namespace sandflow::bench {

namespace {

using Eigen::Dynamic;
using Eigen::Index;

// An example is a column, so that its numbers lie together; TensorFlow's weights, read by columns, are
// transposed.
template <int kRows, int kColumns>
using Matrix = Eigen::Matrix<float, kRows, kColumns>;
template <int kRows, int kColumns>
using View = Eigen::Map<Matrix<kRows, kColumns>>;
template <int kRows, int kColumns>
using ConstView = Eigen::Map<const Matrix<kRows, kColumns>>;

// A product that is known to be small in two directions is written out; Eigen's own for others packs its
// operands first.
template <class Left, class Right>
auto product(const Left& left, const Right& right) {
  constexpr auto is_small = [](int size) { return size != Dynamic && size <= 8; };
  constexpr int kSmall = is_small(Left::RowsAtCompileTime) + is_small(Left::ColsAtCompileTime) +
                         is_small(Right::ColsAtCompileTime);
  if constexpr (kSmall >= 2)
    return left.lazyProduct(right);
  else
    return left * right;
}

// --- Updates -----------------------------------------------------------------------------------------------

template <class Weights>
struct Descent {
  explicit Descent(const Weights&) {}
  template <class Gradient>
  void update(Weights& weights, float rate, const Gradient& gradient) {
    weights.noalias() -= rate * gradient;
  }
};

template <class Weights>
struct Momentum {
  Weights sum;

  explicit Momentum(const Weights& weights) : sum(Weights::Zero(weights.rows(), weights.cols())) {}
  template <class Gradient>
  void update(Weights& weights, float rate, const Gradient& gradient) {
    sum *= kMomentum;
    sum.noalias() += gradient;
    weights -= rate * sum;
  }
};

template <class Weights>
struct Adam {
  Weights mean, square, now;
  float power1 = 1, power2 = 1;

  explicit Adam(const Weights& weights)
      : mean(Weights::Zero(weights.rows(), weights.cols())), square(mean), now(mean) {}
  template <class Gradient>
  void update(Weights& weights, float rate, const Gradient& gradient) {
    now.noalias() = gradient;
    power1 *= kBeta1;
    power2 *= kBeta2;
    const float step = rate * std::sqrt(1 - power2) / (1 - power1);
    // Column by column, so that each is still in the cache for the next expression.
    for (Index j = 0; j < weights.cols(); ++j) {
      const auto g = now.col(j).array();
      mean.col(j).array() += (1 - kBeta1) * (g - mean.col(j).array());
      square.col(j).array() += (1 - kBeta2) * (g.square() - square.col(j).array());
      weights.col(j).array() -= step * mean.col(j).array() / (square.col(j).array().sqrt() + kEpsilon);
    }
  }
};

// --- Layers ------------------------------------------------------------------------------------------------

struct Tanh {
  template <class Values, class Biases>
  static void apply(Values& y, const Biases& biases) {
    y.colwise() += biases;
    // By itself: so all numbers are one row, and whole vectors however few a column has.
    y = y.array().tanh();
  }
  template <class Values, class Gradient>
  static void derive(const Values& y, Gradient& gradient) {
    gradient.array() *= 1 - y.array().square();
  }
};

struct Relu {
  template <class Values, class Biases>
  static void apply(Values& y, const Biases& biases) {
    y = (y.colwise() + biases).cwiseMax(0.0f);
  }
  template <class Values, class Gradient>
  static void derive(const Values& y, Gradient& gradient) {
    gradient = (y.array() > 0).select(gradient, 0.0f);
  }
};

template <template <class> class Rule, int kIn, int kOut, int kBatch>
struct Dense {
  Matrix<kOut, kIn> weights;
  Matrix<kOut, 1> biases;
  Matrix<kOut, kBatch> y, gradient;  // Before its activation, where it has one.
  Rule<Matrix<kOut, kIn>> weights_rule;
  Rule<Matrix<kOut, 1>> biases_rule;

  Dense(const Array* parameters, int batch)
      : weights(ConstView<kOut, kIn>(parameters[0].values.data(), parameters[0].shape[1],
                                     parameters[0].shape[0])),
        biases(ConstView<kOut, 1>(parameters[1].values.data(), parameters[1].shape[0])),
        y(Matrix<kOut, kBatch>::Zero(biases.rows(), batch)),
        gradient(y),
        weights_rule(weights),
        biases_rule(biases) {}

  template <class Inputs>
  void multiply(const Inputs& x) {
    y.noalias() = product(weights, x);
  }
  template <class Inputs>
  void update(const Inputs& x, float rate) {
    weights_rule.update(weights, rate, product(gradient, x.transpose()));
    biases_rule.update(biases, rate, gradient.rowwise().sum());
  }
};

// Dense layers of these sizes, all but the last one activated.
template <template <class> class Rule, class Activation, int kBatch, int kIn, int kOut, int... kNext>
struct Chain {
  Dense<Rule, kIn, kOut, kBatch> layer;
  Chain<Rule, Activation, kBatch, kOut, kNext...> rest;

  Chain(const Array* parameters, int batch) : layer(parameters, batch), rest(parameters + 2, batch) {}
  auto& last() { return rest.last(); }
  template <class Inputs>
  void forward(const Inputs& x) {
    layer.multiply(x);
    Activation::apply(layer.y, layer.biases);
    rest.forward(layer.y);
  }
  // `before` takes the gradient on to what comes before, with the weights as they were.
  template <class Inputs, class Before>
  void backward(const Inputs& x, float rate, Before before) {
    rest.backward(layer.y, rate, [this](const auto& next) {
      layer.gradient.noalias() = product(next.weights.transpose(), next.gradient);
      Activation::derive(layer.y, layer.gradient);
    });
    before(layer);
    layer.update(x, rate);
  }
};

template <template <class> class Rule, class Activation, int kBatch, int kIn, int kOut>
struct Chain<Rule, Activation, kBatch, kIn, kOut> {
  Dense<Rule, kIn, kOut, kBatch> layer;

  Chain(const Array* parameters, int batch) : layer(parameters, batch) {}
  auto& last() { return layer; }
  template <class Inputs>
  void forward(const Inputs& x) {
    layer.multiply(x);
    layer.y.colwise() += layer.biases;
  }
  template <class Inputs, class Before>
  void backward(const Inputs& x, float rate, Before before) {
    before(layer);
    layer.update(x, rate);
  }
};

// --- Losses: give the loss and leave its gradient ----------------------------------------------------------

struct Squares {
  template <class Outputs, class Labels, class Gradient>
  static float apply(Outputs& y, const Labels& labels, Gradient& gradient) {
    const float share = 1.0f / static_cast<float>(y.size());
    gradient = y - labels;
    const float loss = share * gradient.squaredNorm();
    gradient *= 2 * share;
    return loss;
  }
};

struct CrossEntropy {
  template <class Outputs, class Labels, class Gradient>
  static float apply(Outputs& y, const Labels& labels, Gradient& gradient) {
    const float share = 1.0f / static_cast<float>(y.cols());
    for (Index j = 0; j < y.cols(); ++j) y.col(j).array() -= y.col(j).maxCoeff();
    gradient = y.array().exp();
    float loss = -y.cwiseProduct(labels).sum();
    for (Index j = 0; j < y.cols(); ++j) {
      const float sum = gradient.col(j).sum();
      loss += std::log(sum);
      gradient.col(j) = share / sum * gradient.col(j) - share * labels.col(j);
    }
    return share * loss;
  }
};

// --- Nets --------------------------------------------------------------------------------------------------

template <class Loss, template <class> class Rule, class Activation, int kBatch, int kIn, int... kOuts>
class DenseNet : public Trial {
 public:
  explicit DenseNet(const Line& line)
      : rate_(line.learning_rate),
        data_(make_data(line)),
        batches_(data_.order, line.batch),
        x_(Matrix<kIn, kBatch>::Zero(line.example[0], line.batch)),
        chain_(data_.parameters.data(), line.batch),
        labels_(chain_.last().y) {}

  void run(int times) override {
    for (int i = 0; i < times; ++i) {
      const std::span<const std::int32_t> rows = batches_.next();
      for (std::size_t j = 0; j < rows.size(); ++j) {
        take(data_.features, rows[j], x_.col(static_cast<Index>(j)));
        take(data_.labels, rows[j], labels_.col(static_cast<Index>(j)));
      }
      chain_.forward(x_);
      loss_ = Loss::apply(chain_.last().y, labels_, chain_.last().gradient);
      chain_.backward(x_, rate_, [](const auto&) {});
    }
  }
  double value() const override { return loss_; }

 private:
  template <class Column>
  static void take(const std::vector<float>& table, std::int32_t row, Column column) {
    std::copy_n(&table[static_cast<std::size_t>(row * column.size())], column.size(), column.data());
  }

  float rate_, loss_ = 0;
  Data data_;
  Batches batches_;
  Matrix<kIn, kBatch> x_;
  Chain<Rule, Activation, kBatch, kIn, kOuts...> chain_;
  std::remove_cvref_t<decltype(chain_.last().y)> labels_;
};

// The grid goes through the net row by row, so that what is between the layers stays in the cache.
class GridNet : public Trial {
 public:
  explicit GridNet(const Line& line)
      : data_(make_data(line)),
        outputs_(static_cast<std::size_t>(line.batch)),
        chain_(data_.parameters.data(), kRow) {}

  void run(int times) override {
    for (int i = 0; i < times; ++i)
      for (std::size_t at = 0; at < outputs_.size(); at += kRow) {
        chain_.forward(ConstView<2, kRow>(&data_.features[2 * at]));
        std::copy_n(chain_.last().y.data(), kRow, &outputs_[at]);
      }
  }
  double value() const override {
    return ConstView<1, Dynamic>(outputs_.data(), 1, static_cast<Index>(outputs_.size()))
        .cast<double>()
        .mean();
  }

 private:
  static constexpr int kRow = 100;
  Data data_;
  std::vector<float> outputs_;
  Chain<Descent, Tanh, kRow, 2, 8, 8, 1> chain_;
};

// --- Convolution -------------------------------------------------------------------------------------------

// An image with zeros around it, its patches as the columns of a matrix, and products with that.
template <int kSide, int kIn, int kOut>
struct Convolution {
  static constexpr int kBorder = kFilterSize / 2, kPadded = kSide + 2 * kBorder, kRun = kFilterSize * kIn;
  static constexpr int kPatch = kFilterSize * kRun, kPlaces = kSide * kSide;

  Matrix<kOut, kPatch> weights = Matrix<kOut, kPatch>::Zero(), weights_gradient = weights;
  Matrix<kOut, 1> biases = Matrix<kOut, 1>::Zero(), biases_gradient = biases;
  std::vector<float> image = std::vector<float>(kPadded * kPadded * kIn);
  std::vector<float> image_gradient = image;
  Matrix<kPatch, Dynamic> patches{kPatch, kPlaces}, patches_gradient = patches;
  Matrix<kOut, Dynamic> y{kOut, kPlaces}, gradient = y;

  // The pixels of a row, with those of the other rows behind.
  static float* inside(std::vector<float>& padded, int row) {
    return &padded[static_cast<std::size_t>(((row + kBorder) * kPadded + kBorder) * kIn)];
  }
  void unfold() {
    float* to = patches.data();
    for (int row = 0; row < kSide; ++row)
      for (int column = 0; column < kSide; ++column)
        for (int k = 0; k < kFilterSize; ++k, to += kRun)
          std::copy_n(&image[static_cast<std::size_t>(((row + k) * kPadded + column) * kIn)], kRun, to);
  }
  void fold_gradient() {
    std::fill(image_gradient.begin(), image_gradient.end(), 0.0f);
    const float* from = patches_gradient.data();
    for (int row = 0; row < kSide; ++row)
      for (int column = 0; column < kSide; ++column)
        for (int k = 0; k < kFilterSize; ++k, from += kRun)
          View<kRun, 1>(&image_gradient[static_cast<std::size_t>(((row + k) * kPadded + column) * kIn)]) +=
              ConstView<kRun, 1>(from);
  }
  void multiply() {
    unfold();
    y.noalias() = weights * patches;
  }
  void add_gradients() {
    weights_gradient.noalias() += gradient * patches.transpose();
    biases_gradient += gradient.rowwise().sum();
  }
  void go_back() {
    patches_gradient.noalias() = weights.transpose() * gradient;
    fold_gradient();
  }
  void update(float rate) {
    weights -= rate * weights_gradient;
    biases -= rate * biases_gradient;
    weights_gradient.setZero();
    biases_gradient.setZero();
  }

  // The largest of each two by two places, row by row of the result: `to(row)` says where to.
  template <class To>
  void pool(To to) const {
    for (int row = 0; row < kSide / 2; ++row) {
      View<kOut, kSide / 2> out(to(row));
      for (int column = 0; column < kSide / 2; ++column) {
        const int at = 2 * row * kSide + 2 * column;
        out.col(column) =
            y.col(at).cwiseMax(y.col(at + 1)).cwiseMax(y.col(at + kSide).cwiseMax(y.col(at + kSide + 1)));
      }
    }
  }
  // The first of the largest gets the gradient, if relu let it through.
  template <class To, class From>
  void unpool(To pooled, From from) {
    using Vector = Eigen::Array<float, kOut, 1>;
    for (int row = 0; row < kSide / 2; ++row) {
      const ConstView<kOut, kSide / 2> largest(pooled(row)), arriving(from(row));
      for (int column = 0; column < kSide / 2; ++column) {
        const int at = 2 * row * kSide + 2 * column;
        const Vector most = largest.col(column);
        Vector left = (most > 0).select(arriving.col(column).array(), 0.0f);
        for (const int place : {at, at + 1, at + kSide, at + kSide + 1}) {
          const Vector taken = (y.col(place).array() == most).select(left, 0.0f);
          gradient.col(place) = taken;
          left -= taken;
        }
      }
    }
  }
};

// Image by image, so that all of one stays in the cache on its way forth and back.
class ConvolutionNet : public Trial {
 public:
  explicit ConvolutionNet(const Line& line)
      : rate_(line.learning_rate),
        data_(make_data(line)),
        batches_(data_.order, line.batch),
        dense_(&data_.parameters[4], 1) {
    first_.weights = ConstView<8, 25>(data_.parameters[0].values.data());
    second_.weights = ConstView<16, 200>(data_.parameters[2].values.data());
    first_.biases = ConstView<8, 1>(data_.parameters[1].values.data());
    second_.biases = ConstView<16, 1>(data_.parameters[3].values.data());
  }

  void run(int times) override {
    for (int i = 0; i < times; ++i) {
      const std::span<const std::int32_t> rows = batches_.next();
      loss_ = 0;
      for (const std::int32_t row : rows) loss_ += learn(row) / static_cast<float>(rows.size());
      const float rate = rate_ / static_cast<float>(rows.size());
      first_.update(rate);
      second_.update(rate);
      dense_.weights -= rate * dense_weights_gradient_;
      dense_.biases -= rate * dense_biases_gradient_;
      dense_weights_gradient_.setZero();
      dense_biases_gradient_.setZero();
    }
  }
  double value() const override { return loss_; }

 private:
  static constexpr int kFlat = 7 * 7 * 16;

  // Adds an example to the gradients; its loss.
  float learn(std::int32_t row) {
    const float* pixels = &data_.features[static_cast<std::size_t>(row * 28 * 28)];
    for (int k = 0; k < 28; ++k) std::copy_n(pixels + 28 * k, 28, first_.inside(first_.image, k));
    const auto between = [this](int k) { return second_.inside(second_.image, k); };
    const auto between_gradient = [this](int k) { return second_.inside(second_.image_gradient, k); };
    const auto flat = [this](int k) { return flat_.data() + 7 * 16 * k; };
    const auto flat_gradient = [this](int k) { return flat_gradient_.data() + 7 * 16 * k; };

    first_.multiply();
    Relu::apply(first_.y, first_.biases);
    first_.pool(between);
    second_.multiply();
    Relu::apply(second_.y, second_.biases);
    second_.pool(flat);
    dense_.multiply(flat_);
    dense_.y += dense_.biases;
    const ConstView<10, 1> labels(&data_.labels[static_cast<std::size_t>(row * 10)]);
    const float loss = CrossEntropy::apply(dense_.y, labels, dense_.gradient);

    dense_weights_gradient_.noalias() += dense_.gradient * flat_.transpose();
    dense_biases_gradient_ += dense_.gradient;
    flat_gradient_.noalias() = dense_.weights.transpose() * dense_.gradient;
    second_.unpool(flat, flat_gradient);
    second_.add_gradients();
    second_.go_back();
    first_.unpool(between, between_gradient);
    first_.add_gradients();
    return loss;
  }

  float rate_, loss_ = 0;
  Data data_;
  Batches batches_;
  Convolution<28, 1, 8> first_;
  Convolution<14, 8, 16> second_;
  Matrix<kFlat, 1> flat_, flat_gradient_;
  Dense<Descent, kFlat, 10, 1> dense_;
  Matrix<10, kFlat> dense_weights_gradient_ = Matrix<10, kFlat>::Zero();
  Matrix<10, 1> dense_biases_gradient_ = Matrix<10, 1>::Zero();
};

// --- Products ----------------------------------------------------------------------------------------------

class MatrixProduct : public Trial {
 public:
  explicit MatrixProduct(const Product& product)
      : form_(product.form), left_(matrix(product.left())), right_(matrix(product.right())) {}

  void run(int times) override {
    for (int i = 0; i < times; ++i) {
      if (form_ == Product::Form::kPlain) result_.noalias() = left_ * right_;
      if (form_ == Product::Form::kTransposedLeft) result_.noalias() = left_.transpose() * right_;
      if (form_ == Product::Form::kTransposedRight) result_.noalias() = left_ * right_.transpose();
    }
  }
  double value() const override { return result_.cast<double>().mean(); }

 private:
  using RowMajor = Eigen::Matrix<float, Dynamic, Dynamic, Eigen::RowMajor>;

  static RowMajor matrix(const Array& array) {
    return Eigen::Map<const RowMajor>(array.values.data(), array.shape[0], array.shape[1]);
  }

  Product::Form form_;
  RowMajor left_, right_, result_;
};

template <int kSide, int kIn, int kOut>
class ConvolutionProduct : public Trial {
 public:
  explicit ConvolutionProduct(const Product& product)
      : product_(product), left_(product.left().values), right_(product.right().values) {
    if (product.form == Product::Form::kConvolution) {
      convolution_.weights = ConstView<kOut, kPatch>(right_.data());
      result_.resize(static_cast<std::size_t>(product.images * kOutputs));
    } else if (product.form == Product::Form::kInputGradient) {
      convolution_.weights = ConstView<kOut, kPatch>(left_.data());
      result_.resize(static_cast<std::size_t>(product.images * kInputs));
    } else {
      result_.resize(kOut * kPatch);
    }
  }

  void run(int times) override {
    for (int i = 0; i < times; ++i) {
      convolution_.weights_gradient.setZero();
      for (int image = 0; image < product_.images; ++image) work_on(image);
      if (product_.form == Product::Form::kFilterGradient)
        View<kOut, kPatch>(result_.data()) = convolution_.weights_gradient;
    }
  }
  double value() const override {
    return ConstView<1, Dynamic>(result_.data(), 1, static_cast<Index>(result_.size())).cast<double>().mean();
  }

 private:
  using Images = Convolution<kSide, kIn, kOut>;
  static constexpr int kPatch = Images::kPatch, kRow = kSide * kIn;
  static constexpr int kInputs = kSide * kRow, kOutputs = kSide * kSide * kOut;

  void work_on(int image) {
    if (product_.form == Product::Form::kInputGradient) {
      convolution_.gradient = of(right_, image, kOutputs);
      convolution_.go_back();
      for (int k = 0; k < kSide; ++k)
        std::copy_n(Images::inside(convolution_.image_gradient, k), kRow,
                    &result_[at(image, kInputs) + at(k, kRow)]);
      return;
    }
    for (int k = 0; k < kSide; ++k)
      std::copy_n(&left_[at(image, kInputs) + at(k, kRow)], kRow, Images::inside(convolution_.image, k));
    if (product_.form == Product::Form::kConvolution) {
      convolution_.multiply();
      View<kOut, Dynamic>(&result_[at(image, kOutputs)], kOut, kSide * kSide) = convolution_.y;
    } else {
      convolution_.unfold();
      convolution_.gradient = of(right_, image, kOutputs);
      convolution_.add_gradients();
    }
  }
  static std::size_t at(int i, int size) { return static_cast<std::size_t>(i * size); }
  static auto of(const std::vector<float>& outputs, int image, int size) {
    return ConstView<kOut, Dynamic>(&outputs[at(image, size)], kOut, kSide * kSide);
  }

  Product product_;
  std::vector<float> left_, right_, result_;
  Images convolution_;
};

template <int kBatch, int... kSizes>
using SmallNet = DenseNet<Squares, Descent, Tanh, kBatch, kSizes...>;
template <template <class> class Rule>
using LargeNet = DenseNet<CrossEntropy, Rule, Relu, Dynamic, Dynamic, Dynamic, Dynamic>;
template <int kBatch>
using MiddleNet = DenseNet<CrossEntropy, Descent, Relu, kBatch, 64, 32, 10>;

// Of a net in whose program the size of a batch stands as a number, if it is worth it.
template <int kBatch>
std::unique_ptr<Trial> net_of(const Line& line) {
  if (line.id == "W1") return std::make_unique<SmallNet<kBatch, 2, 4, 2, 1>>(line);
  if (line.id == "W2") return std::make_unique<SmallNet<kBatch, 2, 8, 8, 8, 1>>(line);
  if (line.id == "W4") return std::make_unique<MiddleNet<kBatch>>(line);
  return nullptr;
}

}  // namespace

std::unique_ptr<Trial> eigen_net(const Line& line) {
  if (auto net = net_of<Dynamic>(line)) return net;
  if (line.id == "W5") return std::make_unique<ConvolutionNet>(line);
  if (line.id == "W6") return std::make_unique<GridNet>(line);
  if (line.optimizer == std::string("Adam")) return std::make_unique<LargeNet<Adam>>(line);
  return std::make_unique<LargeNet<Momentum>>(line);
}

std::unique_ptr<Trial> eigen_fixed_net(const Line& line) {
  auto net = line.batch == 1    ? net_of<1>(line)
             : line.batch == 10 ? net_of<10>(line)
             : line.batch == 30 ? net_of<30>(line)
                                : net_of<32>(line);
  return net ? std::move(net) : eigen_net(line);
}

std::unique_ptr<Trial> eigen_product(const Product& product) {
  if (product.images == 0) return std::make_unique<MatrixProduct>(product);
  if (product.inputs == 1) return std::make_unique<ConvolutionProduct<28, 1, 8>>(product);
  return std::make_unique<ConvolutionProduct<14, 8, 16>>(product);
}

}  // namespace sandflow::bench
