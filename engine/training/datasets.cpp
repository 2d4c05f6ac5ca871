// The list of data sets, and what they share: splitting, standardising, one-hot labels.
#include "engine/training/datasets.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <set>

#include "embedded_data.h"
#include "engine/core/math.h"
#include "engine/core/random.h"
#include "engine/core/text.h"
#include "engine/training/csv.h"
#include "engine/training/shuffle.h"

namespace sandflow {

namespace {

struct RawExample {
  std::vector<double> features;
  int label = 0;
  double target = 0;
};

// Random numbers for making data, apart from those of the graph.
class Dice {
 public:
  explicit Dice(double seed) : generator_(static_cast<std::uint64_t>(seed), 0x64617461 /* "data" */) {}

  double uniform(double low, double high) {
    double u = 0;
    fill_uniform(generator_, std::span<double>(&u, 1));
    generator_.skip(1);
    return low + (high - low) * u;
  }
  double normal(double deviation) {
    double z = 0;
    fill_normal(generator_, std::span<double>(&z, 1));
    generator_.skip(1);
    return z * deviation;
  }

 private:
  Philox generator_;
};

Examples examples(const std::vector<const RawExample*>& rows, const Dataset& set) {
  const auto n = static_cast<std::int64_t>(rows.size());
  const auto features = static_cast<std::int64_t>(set.feature_names.size());
  Examples out{Tensor(DType::kFloat32, {n, features}), Tensor(DType::kFloat32, {n, set.outputs()}), {}};
  const auto x = out.features.write<float>(), y = out.labels.write<float>();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < set.feature_names.size(); ++j)
      x[i * set.feature_names.size() + j] =
          static_cast<float>((rows[i]->features[j] - set.mean[j]) / set.deviation[j]);
    if (set.is_regression()) {
      y[i] = static_cast<float>((rows[i]->target - set.target_mean) / set.target_deviation);
      continue;
    }
    y[i * set.class_names.size() + static_cast<std::size_t>(rows[i]->label)] = 1;
    out.classes.push_back(rows[i]->label);
  }
  return out;
}

// Which examples are for testing, decided by a seed: those at the front of the order.
struct Split {
  std::vector<std::int32_t> order;
  std::size_t test_size = 0;

  Split(std::size_t examples, const Parameters& p)
      : order(shuffled(examples, static_cast<std::uint64_t>(p.at("data_seed")), 0)),
        test_size(static_cast<std::size_t>(
            std::clamp(std::floor(p.at("test_share") * static_cast<double>(examples) + 0.5), 0.0,
                       static_cast<double>(examples) - 1))) {}
};

struct Moments {
  double mean = 0, deviation = 1;
};
template <class Value>
Moments moments_of(const std::vector<const RawExample*>& rows, Value value) {
  // Of numbers that are all alike, but for the last bits, what they seem to deviate by is rounding, the
  // mean's too: another one in the test set would be astronomically far away.
  const double first = value(*rows[0]);
  if (std::all_of(rows.begin(), rows.end(), [&](const RawExample* row) {
        return std::fabs(value(*row) - first) <= 1e-12 * std::fabs(first);
      }))
    return {first, 1};
  Moments m;
  double sum = 0, squares = 0;
  for (const RawExample* row : rows) sum += value(*row);
  m.mean = sum / static_cast<double>(rows.size());
  for (const RawExample* row : rows) {
    const double distance = value(*row) - m.mean;
    squares += distance * distance;
  }
  const double deviation = std::sqrt(squares / static_cast<double>(rows.size()));
  m.deviation = deviation > 0 ? deviation : 1;
  return m;
}

// Shuffles, splits, and standardises by the training examples alone: the test set must not leak into
// training. What is as it is: features that say yes or no.
void finish(Dataset& set, const std::vector<RawExample>& raw, const Parameters& p, bool standardise,
            const std::vector<bool>& as_is = {}) {
  const Split split(raw.size(), p);
  std::vector<const RawExample*> train, test;
  for (std::size_t i = 0; i < raw.size(); ++i)
    (i < split.test_size ? test : train).push_back(&raw[static_cast<std::size_t>(split.order[i])]);
  const std::size_t features = set.feature_names.size();
  set.mean.assign(features, 0);
  set.deviation.assign(features, 1);
  for (std::size_t j = 0; standardise && j < features; ++j) {
    if (j < as_is.size() && as_is[j]) continue;
    const Moments m = moments_of(train, [&](const RawExample& row) { return row.features[j]; });
    set.mean[j] = m.mean;
    set.deviation[j] = m.deviation;
  }
  if (standardise && set.is_regression()) {
    const Moments m = moments_of(train, [](const RawExample& row) { return row.target; });
    set.target_mean = m.mean;
    set.target_deviation = m.deviation;
  }
  set.train = examples(train, set);
  set.test = examples(test, set);
}

// The number in a cell; an error that names the place.
Result<double> number_in(const Table::Row& row, int column, const std::string& name) {
  const std::string& cell = row.cells[static_cast<std::size_t>(column)];
  const auto number = parse_double(trim(cell));
  if (!number || !std::isfinite(*number))
    return value_error(cat("line ", row.line, ", column '", name, "': '", cell, "' is not a number."));
  if (std::fabs(*number) > std::numeric_limits<float>::max())
    return value_error(
        cat("line ", row.line, ", column '", name, "': '", cell, "' is too large for float32."));
  return *number;
}

// A column as features: one of numbers as it is, one of texts as a column of 0 and 1 for each of its values.
struct FeatureColumn {
  int column = -1;
  std::vector<std::string> values;  // Empty: it holds numbers.
};

// A column with a few slips among its numbers is one of numbers, and the slips are told where they are read.
bool holds_texts(const Rows& rows, int column) {
  std::size_t numbers = 0, texts = 0;
  for (const Table::Row* row : rows)
    ++(parse_double(trim(row->cells[static_cast<std::size_t>(column)])) ? numbers : texts);
  return texts > numbers;
}

// What a column holds, and which values, is asked of the rows that are kept: a value of none of them would be
// a feature or a class that is never seen.
Result<Dataset> from_table(const Table& table, const std::vector<std::string>& features,
                           const std::string& label, bool is_number, bool standardise, const Parameters& p,
                           const std::vector<std::string>& known_classes = {}) {
  constexpr std::size_t kMostClasses = 100, kMostFeatures = 4096;
  Dataset set;
  std::vector<RawExample> raw;
  std::vector<FeatureColumn> columns;
  std::vector<bool> as_is;
  const int label_column = table.column(label);
  for (const std::string& name : features) {
    columns.push_back({table.column(name), {}});
    if (columns.back().column < 0) return value_error(cat("The table has no column '", name, "'."));
  }
  if (label_column < 0) return value_error(cat("The table has no column '", label, "'."));
  if (features.empty()) return value_error("No column was chosen as a feature.");
  std::vector<std::string> used = features;
  used.push_back(label);
  const Rows rows = complete_rows(table, used, &set.notes);
  set.left_out = static_cast<std::int64_t>(table.rows.size() - rows.size());
  if (rows.size() < 2) return value_error("The table has fewer than two rows without missing values.");
  for (std::size_t j = 0; j < features.size(); ++j) {
    FeatureColumn& from = columns[j];
    if (holds_texts(rows, from.column)) from.values = values_of(rows, from.column);
    if (from.values.size() > kMostClasses)
      return value_error(cat("Column '", features[j], "' holds texts, and more than ", kMostClasses,
                             " different ones; as features that is too many."));
    if (from.values.empty()) set.feature_names.push_back(features[j]);
    for (const std::string& value : from.values) set.feature_names.push_back(cat(features[j], "=", value));
    as_is.resize(set.feature_names.size(), !from.values.empty());
  }
  if (set.feature_names.size() > kMostFeatures)
    return value_error(
        cat("A table may have at most ", kMostFeatures, " features, not ", set.feature_names.size(), "."));
  SANDFLOW_TRY(Tensor::check_size(DType::kFloat64, {static_cast<std::int64_t>(rows.size()),
                                                    static_cast<std::int64_t>(set.feature_names.size())}));
  std::map<std::string, int, std::less<>> classes;
  for (const std::string& name : known_classes)
    if (classes.try_emplace(name, static_cast<int>(set.class_names.size())).second)
      set.class_names.push_back(name);
  for (const Table::Row* kept : rows) {
    const Table::Row& row = *kept;
    RawExample example;
    for (std::size_t j = 0; j < features.size(); ++j) {
      const FeatureColumn& from = columns[j];
      if (!from.values.empty()) {
        const std::string_view text = trim(row.cells[static_cast<std::size_t>(from.column)]);
        for (const std::string& value : from.values) example.features.push_back(value == text ? 1 : 0);
        continue;
      }
      const Result<double> number = number_in(row, from.column, features[j]);
      if (!number.ok()) return number.error();
      example.features.push_back(*number);
    }
    if (is_number) {
      const Result<double> number = number_in(row, label_column, label);
      if (!number.ok()) return number.error();
      example.target = *number;
    } else {
      const std::string name(trim(row.cells[static_cast<std::size_t>(label_column)]));
      const auto [known, is_new] = classes.try_emplace(name, static_cast<int>(set.class_names.size()));
      if (is_new) set.class_names.push_back(name);
      if (set.class_names.size() > kMostClasses)
        return value_error(cat("Column '", label, "' has more than ", kMostClasses,
                               " different values; that is too many classes."));
      example.label = known->second;
    }
    raw.push_back(std::move(example));
  }
  if (is_number) set.target_name = label;
  finish(set, raw, p, standardise, as_is);
  return set;
}

Result<Dataset> make_penguins(const Parameters& p) {
  const Result<Table> table = parse_csv(embedded::penguins_csv);
  if (!table.ok()) return table.error();
  return from_table(*table, {"bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"},
                    "species", false, true, p);
}

Result<Dataset> make_iris(const Parameters& p) {
  const Result<Table> table = parse_csv(embedded::iris_csv);
  if (!table.ok()) return table.error();
  return from_table(*table, {"sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm"},
                    "species", false, true, p);
}

// Two-dimensional sets: `point` gives example i of n.
template <class Point>
Result<Dataset> make_plane(const Parameters& p, std::vector<std::string> classes, Point point) {
  Dataset set;
  set.feature_names = {"x1", "x2"};
  set.class_names = std::move(classes);
  Dice dice(p.at("data_seed"));
  const auto n = static_cast<int>(p.at("examples"));
  std::vector<RawExample> raw;
  for (int i = 0; i < n; ++i) raw.push_back(point(dice, i, n));
  finish(set, raw, p, false);
  return set;
}

Result<Dataset> make_circle(const Parameters& p) {
  const double noise = p.at("noise");
  return make_plane(p, {"inside", "outside"}, [=](Dice& dice, int i, int) {
    const bool outside = i % 2;
    const double radius = outside ? dice.uniform(0.7, 1) : dice.uniform(0, 0.5);
    const double angle = dice.uniform(0, 2 * std::numbers::pi);
    const double x = radius * math::cos(angle), y = radius * math::sin(angle);
    return RawExample{{x + dice.normal(noise), y + dice.normal(noise)}, outside};
  });
}

Result<Dataset> make_spiral(const Parameters& p) {
  const double noise = p.at("noise"), turns = p.at("turns");
  return make_plane(p, {"first arm", "second arm"}, [=](Dice& dice, int i, int n) {
    const int arm = i % 2, k = i / 2, per_arm = std::max(1, n / 2);
    const double t = 0.05 + 0.95 * k / per_arm;
    const double angle = turns * t * 2 * std::numbers::pi + arm * std::numbers::pi;
    return RawExample{{t * math::sin(angle) + dice.normal(noise), t * math::cos(angle) + dice.normal(noise)},
                      arm};
  });
}

Result<Dataset> make_xor(const Parameters& p) {
  const double noise = p.at("noise");
  return make_plane(p, {"same sign", "other sign"}, [=](Dice& dice, int, int) {
    const double x = dice.uniform(-1, 1), y = dice.uniform(-1, 1);
    const double gap_x = x < 0 ? -0.06 : 0.06, gap_y = y < 0 ? -0.06 : 0.06;
    return RawExample{{x + gap_x + dice.normal(noise), y + gap_y + dice.normal(noise)}, (x < 0) != (y < 0)};
  });
}

Result<Dataset> make_gaussians(const Parameters& p) {
  const double noise = p.at("noise");
  const auto count = static_cast<int>(p.at("classes"));
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.emplace_back(1, static_cast<char>('A' + i));
  return make_plane(p, std::move(names), [=](Dice& dice, int i, int) {
    const int label = i % count;
    const double angle = 2 * std::numbers::pi * (label + 0.125) / count;
    return RawExample{
        {0.65 * math::cos(angle) + dice.normal(noise), 0.65 * math::sin(angle) + dice.normal(noise)}, label};
  });
}

Result<Dataset> make_moons(const Parameters& p) {
  const double noise = p.at("noise");
  return make_plane(p, {"upper moon", "lower moon"}, [=](Dice& dice, int i, int) {
    const bool is_lower = i % 2;
    const double angle = dice.uniform(0, std::numbers::pi), side = is_lower ? -1 : 1;
    const double x = math::cos(angle) * 0.6 * side + (is_lower ? 0.3 : -0.3);
    const double y = math::sin(angle) * 0.6 * side + (is_lower ? 0.15 : -0.15);
    return RawExample{{x + dice.normal(noise), y + dice.normal(noise)}, is_lower};
  });
}

// A number to be predicted: `point` gives features and target.
template <class Point>
Result<Dataset> make_regression(const Parameters& p, std::vector<std::string> features, Point point) {
  Dataset set;
  set.feature_names = std::move(features);
  set.target_name = "y";
  Dice dice(p.at("data_seed"));
  const auto n = static_cast<int>(p.at("examples"));
  std::vector<RawExample> raw;
  for (int i = 0; i < n; ++i) raw.push_back(point(dice));
  finish(set, raw, p, false);
  return set;
}

Result<Dataset> make_curve(const Parameters& p) {
  const double noise = p.at("noise"), waves = p.at("waves");
  return make_regression(p, {"x"}, [=](Dice& dice) {
    const double x = dice.uniform(-1, 1);
    return RawExample{{x}, 0, 0.8 * math::sin(waves * std::numbers::pi * x) + dice.normal(noise)};
  });
}

Result<Dataset> make_line(const Parameters& p) {
  const double noise = p.at("noise"), slope = p.at("slope"), shift = p.at("intercept");
  return make_regression(p, {"x"}, [=](Dice& dice) {
    const double x = dice.uniform(-1, 1);
    return RawExample{{x}, 0, slope * x + shift + dice.normal(noise)};
  });
}

Result<Dataset> make_slope(const Parameters& p) {
  const double noise = p.at("noise");
  return make_regression(p, {"x1", "x2"}, [=](Dice& dice) {
    const double x = dice.uniform(-1, 1), y = dice.uniform(-1, 1);
    return RawExample{{x, y}, 0, 0.6 * x + 0.4 * y + dice.normal(noise)};
  });
}

Result<Dataset> make_hills(const Parameters& p) {
  const double noise = p.at("noise");
  return make_regression(p, {"x1", "x2"}, [=](Dice& dice) {
    const double x = dice.uniform(-1, 1), y = dice.uniform(-1, 1);
    const auto hill = [&](double at_x, double at_y) {
      return math::exp(-((x - at_x) * (x - at_x) + (y - at_y) * (y - at_y)) / 0.15);
    };
    return RawExample{{x, y}, 0, hill(0.45, 0.4) - hill(-0.45, -0.35) + dice.normal(noise)};
  });
}

std::map<std::string, std::vector<std::uint8_t>, std::less<>>& supplies() {
  static std::map<std::string, std::vector<std::uint8_t>, std::less<>> all;
  return all;
}

// web/build/mnist.mjs writes them: how many, height, width (little-endian, 4 bytes each), the labels, the
// pixels.
Result<Dataset> make_mnist(const Parameters& p) {
  const auto it = supplies().find("mnist");
  if (it == supplies().end()) return value_error("The images of 'mnist' have not been loaded.");
  const std::vector<std::uint8_t>& bytes = it->second;
  const auto word = [&](std::size_t at) {
    std::size_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value << 8 | bytes[at + i];
    return value;
  };
  if (bytes.size() < 12) return value_error("The images of 'mnist' are cut off.");
  const std::size_t count = word(0), height = word(4), width = word(8);
  if (count < 2 || height > 256 || width > 256 ||
      bytes.size() != 12 + std::uint64_t{count} * (1 + height * width))
    return value_error("The images of 'mnist' are cut off.");
  const std::size_t pixels = height * width;
  Dataset set;
  set.image_height = static_cast<int>(height);
  set.image_width = static_cast<int>(width);
  for (std::size_t i = 0; i < pixels; ++i)
    set.feature_names.push_back(cat("pixel ", i / width, ", ", i % width));
  for (int digit = 0; digit < 10; ++digit) set.class_names.push_back(std::to_string(digit));
  set.mean.assign(pixels, 0);
  set.deviation.assign(pixels, 1);
  const Split split(count, p);
  const auto part = [&](std::size_t from, std::size_t to) {
    const auto n = static_cast<std::int64_t>(to - from);
    Examples out{Tensor(DType::kFloat32, {n, static_cast<std::int64_t>(pixels)}),
                 Tensor(DType::kFloat32, {n, 10}),
                 {}};
    const auto x = out.features.write<float>(), y = out.labels.write<float>();
    for (std::size_t i = from; i < to; ++i) {
      const auto image = static_cast<std::size_t>(split.order[i]);
      const std::uint8_t* pixel = bytes.data() + 12 + count + image * pixels;
      for (std::size_t k = 0; k < pixels; ++k)
        x[(i - from) * pixels + k] = static_cast<float>(pixel[k]) / 255.0f;
      const std::size_t label = std::min<std::size_t>(bytes[12 + image], 9);
      y[(i - from) * 10 + label] = 1;
      out.classes.push_back(static_cast<int>(label));
    }
    return out;
  };
  set.test = part(0, split.test_size);
  set.train = part(split.test_size, count);
  return set;
}

const Parameter kTestShare{"test_share", "The share of examples kept for testing.", 0.3, 0, 0.9};
const Parameter kSeed{"data_seed", "Seed of the data and of the split.", 1, 0, 1e6, false, true};
const Parameter kExamples{"examples", "How many examples.", 400, 4, 5000, false, true};
const Parameter kNoise{"noise", "How far points stray.", 0.05, 0, 1};

}  // namespace

const std::vector<DatasetType>& dataset_types() {
  static const std::vector<DatasetType> types = {
      {"penguins", "Four measurements of three species of penguin.", {kTestShare, kSeed}, make_penguins},
      {"circle", "A disc inside a ring.", {kExamples, kNoise, kTestShare, kSeed}, make_circle},
      {"spiral",
       "Two arms wound around each other.",
       {kExamples,
        {"noise", "How far points stray.", 0.02, 0, 1},
        {"turns", "How often an arm winds around.", 1, 0.25, 3},
        kTestShare,
        kSeed},
       make_spiral},
      {"xor", "Four fields, opposite ones alike.", {kExamples, kNoise, kTestShare, kSeed}, make_xor},
      {"gaussians",
       "Clouds of points around as many centres as there are classes.",
       {{"classes", "How many classes.", 3, 2, 6, false, true},
        kExamples,
        {"noise", "How far points stray.", 0.18, 0, 1},
        kTestShare,
        kSeed},
       make_gaussians},
      {"moons", "Two half moons, one inside the other.", {kExamples, kNoise, kTestShare, kSeed}, make_moons},
      {"line",
       "A number to predict that rises evenly with one feature.",
       {{"slope", "How much y changes with x.", 0.7, -2, 2},
        {"intercept", "y where x is 0.", 0.2, -2, 2},
        kExamples,
        kNoise,
        kTestShare,
        kSeed},
       make_line},
      {"curve",
       "A number to predict that rises and falls with one feature.",
       {{"waves", "How many half waves to each side.", 1.5, 0.5, 4}, kExamples, kNoise, kTestShare, kSeed},
       make_curve},
      {"plane",
       "A number to predict that rises evenly with two features.",
       {kExamples, kNoise, kTestShare, kSeed},
       make_slope},
      {"hills",
       "A number to predict: a hill and a hollow over two features.",
       {kExamples, kNoise, kTestShare, kSeed},
       make_hills},
      {"iris", "Four measurements of three species of iris.", {kTestShare, kSeed}, make_iris},
      {"mnist",
       "Ten thousand handwritten digits, 28 by 28 pixels.",
       {{"test_share", "The share of examples kept for testing.", 0.2, 0.1, 0.9}, kSeed},
       make_mnist,
       true},
      {"own",
       "Your own points or table.",
       {{"standardise", "1: every feature is shifted and scaled to mean 0 and deviation 1.", 1, 0, 1, false,
         true},
        kTestShare,
        kSeed},
       nullptr},
  };
  return types;
}

const DatasetType* find_dataset_type(std::string_view name) {
  for (const DatasetType& type : dataset_types())
    if (name == type.name) return &type;
  return nullptr;
}

std::vector<ColumnKind> column_kinds(const Table& table) {
  std::vector<ColumnKind> kinds;
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    ColumnKind kind{table.columns[column], true, 0, 0};
    std::set<std::string_view> values;
    for (const Table::Row& row : table.rows) {
      const std::string_view cell = trim(row.cells[column]);
      if (is_missing(cell)) {
        ++kind.missing;
        continue;
      }
      values.insert(cell);
      if (!kind.is_number) continue;
      const auto number = parse_double(cell);
      kind.is_number = number && std::isfinite(*number);
    }
    kind.distinct = static_cast<std::int64_t>(values.size());
    kind.is_number = kind.is_number && kind.distinct > 0;
    kinds.push_back(std::move(kind));
  }
  return kinds;
}

Rows complete_rows(const Table& table, const std::vector<std::string>& columns,
                   std::vector<std::string>* notes) {
  constexpr std::size_t kMostNotes = 8;
  std::vector<int> places;
  for (const std::string& name : columns)
    if (const int column = table.column(name); column >= 0) places.push_back(column);
  Rows rows;
  for (const Table::Row& row : table.rows) {
    const auto gap = std::find_if(places.begin(), places.end(), [&](int column) {
      return is_missing(row.cells[static_cast<std::size_t>(column)]);
    });
    if (gap == places.end())
      rows.push_back(&row);
    else if (notes && notes->size() < kMostNotes)
      notes->push_back(
          cat("line ", row.line, ": no value for '", table.columns[static_cast<std::size_t>(*gap)], "'"));
  }
  return rows;
}

std::vector<std::string> values_of(const Rows& rows, int column) {
  std::set<std::string> found;
  bool are_numbers = true;
  for (const Table::Row* row : rows) {
    const std::string_view cell = trim(row->cells[static_cast<std::size_t>(column)]);
    if (is_missing(cell) || !found.emplace(cell).second) continue;
    are_numbers = are_numbers && parse_double(cell);
  }
  std::vector<std::string> values(found.begin(), found.end());
  if (are_numbers)
    std::stable_sort(values.begin(), values.end(), [](const std::string& a, const std::string& b) {
      return parse_double(a).value_or(0) < parse_double(b).value_or(0);
    });
  return values;
}

Result<Dataset> make_own(const OwnTable& own, const Parameters& parameters) {
  const Result<Table> table = parse_csv(own.csv);
  if (!table.ok()) return table.error();
  return from_table(*table, own.features, own.label, own.is_number, parameters.at("standardise") != 0,
                    parameters, own.is_number ? std::vector<std::string>() : own.classes);
}

void supply_data(std::string_view name, std::vector<std::uint8_t> bytes) {
  supplies()[std::string(name)] = std::move(bytes);
}

}  // namespace sandflow
