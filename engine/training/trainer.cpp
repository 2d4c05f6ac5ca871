// One step: gather a batch, run the loss and the update, count.
#include "engine/training/trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sandflow {

namespace {

// Rows of a matrix into `out`, whose memory is used again when the batch size stays.
void gather_rows(const Tensor& matrix, std::span<const std::int32_t> rows, Tensor& out) {
  const std::int64_t columns = matrix.shape().dim(1);
  const Shape shape{static_cast<std::int64_t>(rows.size()), columns};
  if (!out.defined() || out.shape() != shape || out.shared()) out = Tensor(DType::kFloat32, shape);
  gather(matrix.read<float>(), rows, out.write<float>());
}

// A part of a set.
Examples rows_of(const Examples& set, std::int64_t from, std::int64_t count) {
  const auto part = [&](const Tensor& matrix) {
    const std::int64_t width = matrix.shape().dim(1);
    Tensor out(DType::kFloat32, Shape{count, width});
    const std::span<const float> all = matrix.read<float>();
    std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(from * width), count * width,
                out.write<float>().begin());
    return out;
  };
  return {part(set.features), part(set.labels), {}};
}

double scalar(const Tensor& tensor) {
  return tensor.defined() && tensor.elements() == 1 ? tensor.number(0)
                                                    : std::numeric_limits<double>::quiet_NaN();
}

// A loss that is no scalar is minimised as its sum; what is watched is its mean.
double mean(const Tensor& tensor) {
  double sum = 0;
  for (std::int64_t i = 0; i < tensor.elements(); ++i) sum += tensor.number(i);
  return sum / static_cast<double>(tensor.elements());
}

}  // namespace

Trainer::Trainer(const Graph& graph, Model model, const Dataset* data, std::uint64_t seed,
                 LiveSettings settings)
    : graph_(graph),
      model_(std::move(model)),
      data_(data),
      settings_(std::move(settings)),
      session_(graph, seed),
      batches_(data ? data->train.size() : 0, seed) {
  if (model_.init_op >= 0)
    if (const auto initialised = session_.run({Fetch::operation(model_.init_op)}, model_.constant_feeds);
        !initialised.ok()) {
      error_ = initialised.error();
      // One that fails must not keep the others from their values.
      for (int initializer : model_.initializers)
        static_cast<void>(session_.run({Fetch::operation(initializer)}, model_.constant_feeds));
    }
  if (const auto start = measure()) evaluations_.add(*start);
}

std::vector<Feed> Trainer::resting_feeds() const {
  std::vector<Feed> all = model_.constant_feeds;
  for (Output rate : model_.dropout_rates)
    all.push_back({rate, *converted(Tensor::scalar(0.0), graph_.dtype(rate))});
  return all;
}

std::vector<Feed> Trainer::feeds(const Examples& examples) const {
  std::vector<Feed> all = resting_feeds();
  for (Output placeholder : model_.features) all.push_back({placeholder, examples.features});
  for (Output placeholder : model_.labels) all.push_back({placeholder, examples.labels});
  return all;
}

std::vector<Feed> Trainer::feeds(std::span<const std::int32_t> rows) {
  std::vector<Feed> all = model_.constant_feeds;
  if (data_) {
    gather_rows(data_->train.features, rows, batch_features_);
    gather_rows(data_->train.labels, rows, batch_labels_);
    for (Output placeholder : model_.features) all.push_back({placeholder, batch_features_});
    for (Output placeholder : model_.labels) all.push_back({placeholder, batch_labels_});
  }
  // A learner's learning rate is fed over the constant that minimize() put into the graph.
  for (const auto& [name, tensor] : model_.hyper)
    all.push_back({tensor, Tensor::scalar(settings_.hyper.at(name))});
  return all;
}

std::vector<Feed> Trainer::last_feeds() { return feeds(last_rows()); }

Program* Trainer::program_for(std::int64_t batch) {
  if (const auto known = programs_.find(batch); known != programs_.end()) return known->second.get();
  // One for whole batches, one for an epoch's last; whoever slides the batch size through all sizes needs no
  // more.
  constexpr std::size_t kMostPrograms = 4;
  if (programs_.size() >= kMostPrograms) programs_.clear();
  std::shared_ptr<Program>& program = programs_[batch];
  for (const auto* placeholders : {&model_.features, &model_.labels})
    for (Output placeholder : *placeholders)
      if (graph_.dtype(placeholder) != DType::kFloat32) return nullptr;
  std::vector<std::pair<Output, Shape>> keys;
  for (const Feed& feed : model_.constant_feeds) keys.emplace_back(feed.key, feed.value.shape());
  if (data_) {
    for (Output placeholder : model_.features)
      keys.emplace_back(placeholder, Shape{batch, data_->train.features.shape().dim(1)});
    for (Output placeholder : model_.labels)
      keys.emplace_back(placeholder, Shape{batch, data_->train.labels.shape().dim(1)});
  }
  for (const auto& [name, tensor] : model_.hyper) keys.emplace_back(tensor, Shape{});
  auto prepared = session_.prepare({model_.loss, Fetch::operation(model_.train_op)}, keys);
  if (!prepared.ok() || !*prepared) return nullptr;
  for (std::size_t i = 0; i < model_.constant_feeds.size(); ++i) {
    const Result<Tensor> value = converted(model_.constant_feeds[i].value, (*prepared)->feed(i).dtype());
    if (!value.ok()) return nullptr;
    (*prepared)->feed(i) = *value;
  }
  program = *std::move(prepared);
  return program.get();
}

std::optional<double> Trainer::step_on_program() {
  Program* program = program_for(static_cast<std::int64_t>(last_rows_.size()));
  if (!program) return std::nullopt;
  std::size_t next = model_.constant_feeds.size();
  if (data_) {
    for (std::size_t i = 0; i < model_.features.size(); ++i)
      gather_rows(data_->train.features, last_rows_, program->feed(next++));
    for (std::size_t i = 0; i < model_.labels.size(); ++i)
      gather_rows(data_->train.labels, last_rows_, program->feed(next++));
  }
  for (const auto& hyper : model_.hyper) {
    const double value = settings_.hyper.at(hyper.first);
    Tensor& number = program->feed(next++);
    with_floating(number.dtype(), [&]<class T>() { number.write<T>()[0] = static_cast<T>(value); });
  }
  if (!program->run()) return std::nullopt;
  return mean(program->fetched(0));
}

Status Trainer::step() {
  const std::span<const std::int32_t> rows =
      data_ ? batches_.peek(settings_.batch_size) : std::span<const std::int32_t>();
  last_rows_.assign(rows.begin(), rows.end());
  std::optional<double> loss_before = step_on_program();
  if (!loss_before) {
    const auto results = session_.run({model_.loss, Fetch::operation(model_.train_op)}, feeds(last_rows_));
    if (!results.ok()) return results.error();
    loss_before = mean((*results)[0]);
  }
  const double loss = *loss_before;
  ++counters_.step;
  batch_loss_ = loss;
  losses_.add({counters_.step, loss});
  if (!std::isfinite(loss)) {  // Then it was a plan that ran.
    const int node = session_.last_plan().first_nonfinite();
    divergence_ = Divergence{counters_.step, node < 0 ? "" : graph_.node(node).name};
  }
  const auto used = static_cast<std::int64_t>(last_rows_.size());
  const std::int64_t before = counters_.examples;
  counters_.examples += used;
  if (data_ && batches_.advance(used)) {
    ++counters_.epoch;
    measuring_ = begin_measuring();
  } else if (is_test_due(before)) {
    measuring_ = begin_measuring();
    measuring_->is_test = true;
  }
  return {};
}

bool Trainer::has_few_examples() const {
  constexpr std::int64_t kFew = 2000;
  return !data_ || data_->train.size() + data_->test.size() <= kFew;
}

// A number that stays what it was before the first step until an epoch of minutes is over looks broken, and
// most is learned just then. So the first epoch of many examples is tested after 500 of them, 1000, 2000, and
// so on: often where much changes, and in an epoch ten times as long only three times more, as a test costs
// what many steps do. Counted in examples, not in seconds, so that a run is the same everywhere. Of the
// training set the batches' losses tell meanwhile. Later epochs are tested at their ends, as is the custom;
// the screen says of which step a number is.
bool Trainer::is_test_due(std::int64_t examples_before) const {
  constexpr std::int64_t kFirst = 500;
  if (has_few_examples() || counters_.epoch > 0 || data_->test.size() == 0) return false;
  const auto doublings = [](std::int64_t examples) {
    int n = 0;
    for (; examples >= kFirst; examples /= 2) ++n;
    return n;
  };
  return doublings(counters_.examples) > doublings(examples_before);
}

std::optional<Evaluation> Trainer::measure() {
  if (error_ || !model_.loss.valid()) return std::nullopt;
  Measuring measuring = begin_measuring();
  while (!measure_part(measuring)) continue;
  return error_ ? std::nullopt : std::optional(measuring.point);
}

Trainer::Measuring Trainer::begin_measuring() const {
  Measuring begun;
  begun.point.step = counters_.step;
  begun.point.epoch = counters_.epoch;
  begun.point.train_loss = begun.point.train_accuracy = begun.point.test_loss = begun.point.test_accuracy =
      std::numeric_limits<double>::quiet_NaN();
  return begun;
}

Trainer::Measured Trainer::measured(const std::vector<Feed>& fed) {
  std::vector<Fetch> fetches = {model_.loss};
  if (model_.accuracy.valid()) fetches.push_back(model_.accuracy);
  auto found = session_.observe(fetches, fed);
  // Training needs no accuracy; one that fails is told about at its node.
  if (!found.ok() && fetches.size() > 1) found = session_.observe({model_.loss}, fed);
  if (!found.ok()) {
    error_ = found.error();
    return {};
  }
  Measured numbers;
  numbers.loss = mean((*found)[0]);
  if (found->size() > 1) numbers.accuracy = scalar((*found)[1]);
  return numbers;
}

// Of a large set, what its layers give does not fit memory, nor a frame; each part counts as much as it has
// rows. That is right of a loss that is a mean over rows, whatever is added to it (a penalty on weights). One
// that adds up the rows' losses is the sum of its parts, with what does not depend on rows taken once: the
// first part and its halves tell which of the two it is, and how much that is.
bool Trainer::measure_part(Measuring& m) {
  if (!data_) {
    const Measured all = measured(resting_feeds());
    m.point.train_loss = all.loss;
    m.point.train_accuracy = all.accuracy;
    return true;
  }
  constexpr std::int64_t kElements = 100'000, kLeast = 100;
  const Examples& set = m.is_test ? data_->test : data_->train;
  const std::int64_t width = std::max<std::int64_t>(1, set.features.shape().dim(1)),
                     part = std::min(set.size(), std::max(kLeast, kElements / width)),
                     count = std::min(part, set.size() - m.from);
  const double size = static_cast<double>(set.size());
  const auto measure_rows = [&](std::int64_t from, std::int64_t rows) {
    return measured(rows == set.size() ? feeds(set) : feeds(rows_of(set, from, rows)));
  };
  const Measured here = measure_rows(m.from, count);
  if (error_) return true;
  if (m.parts == 0) m.first = here.loss;
  m.mean += here.loss * static_cast<double>(count) / size;
  m.sum += here.loss;
  m.share += here.accuracy * static_cast<double>(count) / size;
  m.from += count;
  ++m.parts;
  if (m.from < set.size()) return false;
  double loss = m.first, accuracy = here.accuracy;
  if (m.parts > 1) {
    const std::int64_t half = part / 2;
    const double a = measure_rows(0, half).loss, b = measure_rows(half, part - half).loss;
    // What no row adds to, a penalty, is in all three once: it drops out of both sides.
    const bool is_sum = std::fabs(a - b) < std::fabs(2 * m.first - a - b);
    loss = is_sum ? m.sum - static_cast<double>(m.parts - 1) * (a + b - m.first) : m.mean;
    accuracy = m.share;
  }
  (m.is_test ? m.point.test_loss : m.point.train_loss) = loss;
  (m.is_test ? m.point.test_accuracy : m.point.train_accuracy) = accuracy;
  if (error_ || m.is_test || data_->test.size() == 0) return true;
  Measuring next;
  next.point = m.point;
  next.is_test = true;
  m = next;
  return false;
}

std::int64_t Trainer::advance(std::int64_t steps, const std::function<bool()>& keep_going) {
  std::int64_t made = 0;
  while (measuring_ || can_train()) {
    // A large set takes longer than one may wait.
    while (measuring_) {
      if (measure_part(*measuring_)) {
        if (!error_) evaluations_.add(measuring_->point);
        measuring_.reset();
      }
      if (!keep_going() || error_) return made;
    }
    if (made >= steps || !can_train()) break;
    if (Status status = step(); !status.ok()) {
      error_ = status.error();
      break;
    }
    ++made;
    if (!keep_going()) break;
  }
  return made;
}

Checkpoint Trainer::checkpoint() const {
  Checkpoint saved{counters_, batches_.epoch(),   batches_.used(), last_rows_,
                   {},        session_.streams(), batch_loss_};
  for (const Node& node : graph_.nodes())
    if (const Tensor* value = session_.variable(node.id)) saved.variables[node.id] = *value;
  return saved;
}

void Trainer::go_back(const Checkpoint& to) {
  counters_ = to.counters;
  batch_loss_ = to.loss;
  if (data_) batches_.go_to(to.epoch, to.used);
  last_rows_ = to.rows;
  for (const auto& [node, value] : to.variables) session_.set_variable(node, value);
  for (const auto& [node, stream] : to.streams) session_.set_stream(node, stream);
  const auto is_later = [&](const auto& entry) { return entry.step > to.counters.step; };
  losses_.cut(is_later);
  evaluations_.cut(is_later);
  divergence_.reset();
  error_.reset();
  measuring_.reset();
}

void Trainer::set_record(Record record) {
  losses_ = std::move(record.losses);
  evaluations_ = std::move(record.evaluations);
  divergence_ = std::move(record.divergence);
  measuring_ = record.measuring;
}

std::vector<std::int32_t> Trainer::next_rows() const {
  if (!data_) return {};
  const auto next = batches_.peek(settings_.batch_size);
  return {next.begin(), next.end()};
}
std::vector<std::int32_t> Trainer::last_rows() const { return last_rows_.empty() ? next_rows() : last_rows_; }

std::int64_t Trainer::checkpoint_bytes() const {
  std::int64_t bytes = 0;
  for (const Node& node : graph_.nodes())
    if (const Tensor* value = session_.variable(node.id))
      bytes += value->elements() * static_cast<std::int64_t>(size_in_bytes(value->dtype()));
  return bytes;
}

// A batch may be larger than anything that could be added to it.
std::int64_t Trainer::batches_of(std::int64_t examples) const {
  const std::int64_t batch = std::max<std::int64_t>(settings_.batch_size, 1);
  return examples / batch + (examples % batch != 0);
}

std::int64_t Trainer::batches_per_epoch() const { return batches_of(data_ ? data_->train.size() : 0); }

std::int64_t Trainer::steps_to_epoch_end() const { return data_ ? batches_of(batches_.left_in_epoch()) : 1; }

Result<Tensor> Trainer::predict(const Tensor& features) {
  if (!model_.prediction.valid())
    return Error{ErrorKind::kFailedPrecondition, "The scene has no prediction.", {}};
  auto results = session_.observe({model_.prediction}, asked_with(features));
  if (!results.ok()) return results.error();
  return std::move((*results)[0]);
}

std::vector<Tensor> Trainer::answers(const std::vector<Output>& tensors, const Tensor& features) {
  return session_.look(tensors, asked_with(features)).values;
}

std::vector<Feed> Trainer::asked_with(const Tensor& features) const {
  std::vector<Feed> fed = resting_feeds();
  for (Output placeholder : model_.features) fed.push_back({placeholder, features});
  return fed;
}

}  // namespace sandflow
