// Guards inference, plans and kernels together, on graphs that nobody thought of: what inference says is
// never contradicted, a plan gives what running node by node gives, and the bits are the same natively and in
// WebAssembly.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "engine/core/print.h"
#include "engine/core/text.h"
#include "engine/graph/gradients.h"
#include "engine/ops/list.h"
#include "engine/tf/functions.h"
#include "engine/tf/tf.h"
#include "tests/engine/chance.h"
#include "tests/engine/support.h"

namespace sandflow::test {

namespace {

// Graphs for comparing bits are made of these only, so that a new operation leaves the recorded ones alone.
constexpr const char* kSteady[] = {"Add",
                                   "Sub",
                                   "Mul",
                                   "RealDiv",
                                   "Maximum",
                                   "Minimum",
                                   "Pow",
                                   "SquaredDifference",
                                   "FloorMod",
                                   "FloorDiv",
                                   "Less",
                                   "Equal",
                                   "Select",
                                   "Neg",
                                   "Abs",
                                   "Square",
                                   "Sqrt",
                                   "Exp",
                                   "Expm1",
                                   "Log",
                                   "Log1p",
                                   "Sin",
                                   "Cos",
                                   "Atan",
                                   "Erf",
                                   "Tanh",
                                   "Sigmoid",
                                   "Softplus",
                                   "Elu",
                                   "Selu",
                                   "Relu",
                                   "Softmax",
                                   "LogSoftmax",
                                   "Sum",
                                   "Mean",
                                   "Prod",
                                   "Max",
                                   "ArgMax",
                                   "Cumsum",
                                   "L2Loss",
                                   "MatMul",
                                   "BiasAdd",
                                   "Reshape",
                                   "ExpandDims",
                                   "Transpose",
                                   "ConcatV2",
                                   "Pack",
                                   "Slice",
                                   "GatherV2",
                                   "OneHot",
                                   "Tile",
                                   "Cast",
                                   "Shape",
                                   "Size",
                                   "ZerosLike",
                                   "SoftmaxCrossEntropyWithLogits",
                                   "TruncatedNormal",
                                   "RandomUniform",
                                   "RandomStandardNormal"};

class RandomGraph {
 public:
  RandomGraph(Chance& chance, const std::vector<const Op*>& ops, int attempts) : chance_(chance) {
    graph.set_seed(7);
    sources();
    for (int i = 0; i < attempts; ++i) {
      if (chance_.in(12))
        differentiate();
      else
        grow(*chance_.of(ops));
    }
  }

  Graph graph;
  std::vector<Output> tensors;
  std::vector<Feed> feeds;
  std::vector<tf::Variable> variables;
  int refused = 0, silent = 0;

 private:
  Tensor numbers_of(DType dtype, const Shape& shape) {
    Tensor out(dtype, shape);
    with_plain(dtype, [&]<class T>() {
      for (T& x : out.write<T>()) {
        const int n = chance_.below(17);
        x = std::is_floating_point_v<T> ? static_cast<T>(n - 8) / T(4) : static_cast<T>(n % 4);
      }
    });
    return out;
  }

  void sources() {
    Builder b(graph);
    for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 3}, Shape{3, 2}, Shape{2, 1, 3}}) {
      for (const DType dtype : {DType::kFloat32, DType::kFloat64})
        tensors.push_back(tf::constant(b, numbers_of(dtype, shape)));
      Shape declared = shape;
      for (int axis = 0; axis < shape.rank(); ++axis)
        if (chance_.in(2)) declared.set_dim(axis, Shape::kUnknown);
      if (chance_.in(3)) declared = Shape::unknown_rank();
      const Tensor fed = numbers_of(DType::kFloat32, shape);
      tensors.push_back(tf::placeholder(b, DType::kFloat32, declared));
      feeds.push_back({tensors.back(), fed});
    }
    for (const auto& axes : {std::vector<std::int32_t>{0}, {1}, {0, 1}, {-1}, {2, 3}, {3, 2}, {6}, {1, 0}})
      tensors.push_back(tf::constant(b, Tensor::vector(axes)));
    for (const std::int32_t n : {0, 1, 2, -1}) tensors.push_back(tf::constant(b, n));
    tensors.push_back(tf::constant(b, numbers_of(DType::kBool, {2, 3})));
    tensors.push_back(tf::constant(b, numbers_of(DType::kInt64, {3})));
    for (const Shape& shape : {Shape{3}, Shape{2, 3}}) {
      variables.push_back(tf::variable(b, tf::constant(b, numbers_of(DType::kFloat32, shape))));
      tensors.push_back(variables.back().value);
    }
    must(b.status());
  }

  std::optional<AttrValue> some_value(const AttrSpec& spec) {
    switch (spec.kind) {
      case AttrKind::kBool:
        return AttrValue(chance_.in(2));
      case AttrKind::kInt:
        return AttrValue(std::int64_t{1} + chance_.below(3));
      case AttrKind::kFloat:
        return AttrValue(0.25 * (1 + chance_.below(4)));
      case AttrKind::kInts: {
        const std::int64_t step = 1 + chance_.below(2);
        return AttrValue(std::vector<std::int64_t>{1, step, step, 1});
      }
      case AttrKind::kString:
        return AttrValue(std::string(spec.choices.empty() ? "x" : chance_.of(spec.choices)));
      case AttrKind::kShape:
        return AttrValue(Shape{2, 3});
      default:
        return std::nullopt;
    }
  }

  void grow(const Op& op) {
    std::vector<Output> inputs;
    const std::size_t count =
        op.inputs.size() + (op.is_variadic() ? static_cast<std::size_t>(chance_.below(3)) : 0);
    std::map<std::string_view, DType> chosen;
    for (std::size_t i = 0; i < count; ++i) {
      const Arg& arg = op.input(i, count);
      Output input = chance_.of(tensors);
      // Mostly of a dtype that fits, or little would ever be added.
      for (int attempt = 0; attempt < 12; ++attempt) {
        const DType dtype = graph.dtype(input);
        bool fits = !arg.type.type_attr ? dtype == arg.type.fixed
                                        : op.find_attr(arg.type.type_attr)->allowed->contains(dtype);
        if (arg.type.type_attr && chosen.contains(arg.type.type_attr))
          fits = dtype == chosen[arg.type.type_attr];
        if (fits) break;
        input = chance_.of(tensors);
      }
      if (arg.type.type_attr) chosen.emplace(arg.type.type_attr, graph.dtype(input));
      inputs.push_back(input);
    }
    Attrs attrs;
    for (const AttrSpec& spec : op.attrs) {
      const std::string_view name = spec.name;
      if (name == "seed" || name == "seed2") {
        attrs.push_back({spec.name, std::int64_t{graph.size()}});
        continue;
      }
      if (spec.kind == AttrKind::kType || (spec.initial && chance_.in(2))) continue;
      if (auto value = some_value(spec)) attrs.push_back({spec.name, *std::move(value)});
    }
    const Result<int> added = graph.add(op, "", inputs, attrs);
    if (!added.ok()) {
      ++refused;
      silent += added.error().message.empty();
      return;
    }
    for (int i = 0; i < static_cast<int>(graph.node(*added).outputs.size()); ++i)
      tensors.push_back({*added, i});
  }

  void differentiate() {
    const Output y = chance_.of(tensors);
    const Output x = chance_.of(tensors);
    if (!is_floating(graph.dtype(y)) || !is_floating(graph.dtype(x))) return;
    Builder b(graph);
    const Result<std::vector<Output>> slopes = gradients(b, {y}, {x});
    if (slopes.ok() && (*slopes)[0].valid()) tensors.push_back((*slopes)[0]);
  }

  Chance& chance_;
};

// Runs one node after the other, in the order in which they were added: no plan, no pruning, nothing used
// again.
class Interpreter {
 public:
  explicit Interpreter(const RandomGraph& random) : graph_(random.graph) {
    for (const Feed& feed : random.feeds) values_[feed.key] = feed.value;
    for (const tf::Variable& variable : random.variables)
      variables_[variable.ref.node].value =
          graph_.node(graph_.node(variable.initializer).inputs[1].node).attr<Tensor>("value");
    for (const Node& node : graph_.nodes()) run(node);
  }

  // Undefined where a node failed, or an input of it.
  const Tensor& operator[](Output output) const {
    static const Tensor none;
    const auto it = values_.find(output);
    return it == values_.end() ? none : it->second;
  }

 private:
  void run(const Node& node) {
    if (values_.contains({node.id, 0}) || node.op->is_stateful != (node.op->family == Family::kRandom))
      return;
    KernelContext::Slots slots;
    slots.node = &node;
    for (Output input : node.inputs) {
      const bool is_ref = graph_.result(input).is_ref;
      if (!is_ref && !(*this)[input].defined()) return;
      slots.inputs.push_back(is_ref ? nullptr : &values_.at(input));
      slots.variables.push_back(is_ref ? &variables_.at(input.node) : nullptr);
    }
    std::vector<Tensor> outputs(node.outputs.size());
    for (Tensor& output : outputs) slots.outputs.push_back(&output);
    Philox generator;
    if (node.op->family == Family::kRandom) {
      generator = Philox(static_cast<std::uint64_t>(node.attr<std::int64_t>("seed")),
                         static_cast<std::uint64_t>(node.attr<std::int64_t>("seed2")));
      slots.generator = &generator;
    }
    KernelContext context(slots);
    if (!node.op->compute(context).ok()) return;
    for (int i = 0; i < static_cast<int>(outputs.size()); ++i)
      values_[{node.id, i}] = outputs[static_cast<std::size_t>(i)];
  }

  const Graph& graph_;
  std::map<Output, Tensor> values_;
  std::map<int, Variable> variables_;
};

bool depends_on_chance(const Graph& graph, Output tensor) {
  std::vector<int> pending{tensor.node};
  while (!pending.empty()) {
    const Node& node = graph.node(pending.back());
    pending.pop_back();
    if (node.op->family == Family::kRandom) return true;
    for (Output input : node.inputs) pending.push_back(input.node);
  }
  return false;
}

// The same bits; or both not a number, of which there are many.
bool same_numbers(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  if (!is_floating(a.dtype())) return a.same_bits(b);
  return with_floating(a.dtype(), [&]<class T>() {
    const std::span<const T> left = a.read<T>(), right = b.read<T>();
    return std::equal(left.begin(), left.end(), right.begin(), [](T x, T y) {
      return (x != x && y != y) || (x == y && std::signbit(x) == std::signbit(y));
    });
  });
}

std::vector<const Op*> pure_ops() {
  std::vector<const Op*> ops;
  for (const Op* op : all_ops())
    if (!op->inputs.empty() &&
        !std::any_of(op->inputs.begin(), op->inputs.end(), [](const Arg& a) { return a.is_ref; }))
      ops.push_back(op);
  return ops;
}

}  // namespace

TEST_CASE(
    "on random graphs inference is never contradicted, and a plan gives what running node by node gives") {
  const std::vector<const Op*> ops = pure_ops();
  int computed = 0, failed = 0;
  std::set<std::string_view> seen;
  for (unsigned seed = 1; seed <= 150; ++seed) {
    INFO("seed ", seed);
    Chance chance(seed);
    RandomGraph random(chance, ops, 120);
    CHECK(random.silent == 0);
    const Graph& graph = random.graph;
    const Interpreter naive(random);
    Session session(graph);
    Builder b(random.graph);
    const int initialize = tf::variables_initializer(b, random.variables);
    session.look({}, {});  // Makes the random streams.
    const std::map<int, Philox> streams = session.streams();
    must(session.run({Fetch::operation(initialize)}));
    for (Output tensor : random.tensors) {
      INFO(graph.tensor_text(tensor), " of ", graph.node(tensor.node).op->type);
      // A session of its own would draw the same numbers; this one is put back.
      for (const auto& [node, stream] : streams) session.set_stream(node, stream);
      const Result<std::vector<Tensor>> run = session.run({tensor}, random.feeds);
      const Tensor& expected = naive[tensor];
      REQUIRE(run.ok() == expected.defined());
      if (!run.ok()) {
        ++failed;
        CHECK_FALSE(run.error().message.empty());
        continue;
      }
      ++computed;
      seen.insert(graph.node(tensor.node).op->type);
      const Tensor& value = (*run)[0];
      CHECK(value.same_bits(expected));
      CHECK(must(session.observe({tensor}, random.feeds))[0].same_bits(expected));
      CHECK(value.dtype() == graph.dtype(tensor));
      if (!graph.shape(tensor).compatible_with(value.shape()))
        FAIL_CHECK("inferred ", graph.shape(tensor).python(), ", computed ", value.shape().python());
    }
    // Several at once.
    std::vector<Output> some;
    for (Output tensor : random.tensors)
      if (chance.in(4)) some.push_back(tensor);
    const Session::Sight sight = session.look(some, random.feeds);
    for (std::size_t i = 0; i < some.size(); ++i) {
      INFO(graph.tensor_text(some[i]));
      REQUIRE(sight.values[i].defined() == naive[some[i]].defined());
      if (sight.values[i].defined()) CHECK(sight.values[i].same_bits(naive[some[i]]));
    }
  }
  CHECK(computed > 5000);
  CHECK(failed > 50);
  CHECK(seen.size() > 100);
}

TEST_CASE("a program compiled from a random graph gives what running node by node gives, run after run") {
  const std::vector<const Op*> ops = pure_ops();
  int compiled = 0, compared = 0;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    INFO("seed ", seed);
    Chance chance(seed);
    RandomGraph random(chance, ops, 60);
    const Interpreter naive(random);
    Session session(random.graph);
    Builder b(random.graph);
    must(session.run({Fetch::operation(tf::variables_initializer(b, random.variables))}));
    std::vector<Fetch> fetches;
    std::vector<Output> fetched;
    for (Output tensor : random.tensors) {
      // Random numbers would be others in the second run.
      if (!naive[tensor].defined() || !chance.in(3) || depends_on_chance(random.graph, tensor)) continue;
      fetches.push_back(tensor);
      fetched.push_back(tensor);
    }
    std::vector<std::pair<Output, Shape>> keys;
    for (const Feed& feed : random.feeds) keys.emplace_back(feed.key, feed.value.shape());
    const std::shared_ptr<Program> program = must(session.prepare(fetches, keys));
    if (!program) continue;
    ++compiled;
    for (std::size_t i = 0; i < random.feeds.size(); ++i) program->feed(i) = random.feeds[i].value;
    for (int run = 0; run < 2; ++run) {
      REQUIRE(program->run());
      for (std::size_t i = 0; i < fetched.size(); ++i) {
        INFO(random.graph.tensor_text(fetched[i]), " of ", random.graph.node(fetched[i].node).op->type,
             ", run ", run);
        CHECK(program->fetched(i).shape() == naive[fetched[i]].shape());
        CHECK(same_numbers(program->fetched(i), naive[fetched[i]]));
        ++compared;
      }
    }
  }
  MESSAGE(compiled, " programs, ", compared, " tensors compared");
  CHECK(compiled > 100);
  CHECK(compared > 3000);
}

TEST_CASE("random graphs give the recorded bits, natively and in WebAssembly") {
  std::vector<const Op*> ops;
  for (const char* type : kSteady) ops.push_back(find_op(type));
  std::string digests;
  for (unsigned seed = 1; seed <= 40; ++seed) {
    Chance chance(seed);
    const RandomGraph random(chance, ops, 60);
    const Interpreter naive(random);
    std::uint64_t digest = 14695981039346656037u;  // FNV-1a
    int computed = 0;
    for (Output tensor : random.tensors) {
      const Tensor& value = naive[tensor];
      if (!value.defined()) continue;
      ++computed;
      with_plain(value.dtype(), [&]<class T>() {
        for (T x : value.read<T>()) {
          // Which of the many nans it is, is left open by every standard.
          const double number = x != x ? 0.5e300 : static_cast<double>(x);
          const auto bits = __builtin_bit_cast(std::uint64_t, number);
          for (int byte = 0; byte < 8; ++byte)
            digest = (digest ^ (bits >> (8 * byte) & 255)) * 1099511628211u;
        }
      });
    }
    digests += cat(seed, " ", computed, " ", digest, "\n");
  }
  CHECK(digests == read_file("curves/random_graphs.txt"));
}

}  // namespace sandflow::test
