// The list of data sets, and what they share: splitting, standardising, one-hot labels.
#include "engine/training/datasets.h"

#include <algorithm>
#include <cmath>
#include <numbers>

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
  const auto classes = static_cast<std::int64_t>(set.class_names.size());
  Examples out{Tensor(DType::kFloat32, {n, features}), Tensor(DType::kFloat32, {n, classes}), {}};
  const auto x = out.features.write<float>(), y = out.labels.write<float>();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < set.feature_names.size(); ++j)
      x[i * set.feature_names.size() + j] =
          static_cast<float>((rows[i]->features[j] - set.mean[j]) / set.deviation[j]);
    y[i * set.class_names.size() + static_cast<std::size_t>(rows[i]->label)] = 1;
    out.classes.push_back(rows[i]->label);
  }
  return out;
}

// Shuffles, splits, and standardises by the training examples alone: the test set must not leak into
// training.
void finish(Dataset& set, const std::vector<RawExample>& raw, const Parameters& p, bool standardise) {
  const std::vector<std::int32_t> order =
      shuffled(raw.size(), static_cast<std::uint64_t>(p.at("data_seed")), 0);
  const auto test_size = static_cast<std::size_t>(
      std::clamp(std::floor(p.at("test_share") * static_cast<double>(raw.size()) + 0.5), 0.0,
                 static_cast<double>(raw.size()) - 1));
  std::vector<const RawExample*> train, test;
  for (std::size_t i = 0; i < order.size(); ++i)
    (i < test_size ? test : train).push_back(&raw[static_cast<std::size_t>(order[i])]);
  const std::size_t features = set.feature_names.size();
  set.mean.assign(features, 0);
  set.deviation.assign(features, 1);
  for (std::size_t j = 0; standardise && j < features; ++j) {
    double sum = 0, squares = 0;
    for (const RawExample* row : train) sum += row->features[j];
    set.mean[j] = sum / static_cast<double>(train.size());
    for (const RawExample* row : train) {
      const double distance = row->features[j] - set.mean[j];
      squares += distance * distance;
    }
    const double deviation = std::sqrt(squares / static_cast<double>(train.size()));
    set.deviation[j] = deviation > 0 ? deviation : 1;
  }
  set.train = examples(train, set);
  set.test = examples(test, set);
}

// A row without one of the values is left out and noted.
Result<Dataset> from_table(const Table& table, const std::vector<std::string>& features,
                           const std::string& label, const Parameters& p) {
  Dataset set;
  set.feature_names = features;
  std::vector<RawExample> raw;
  std::vector<int> columns;
  for (const std::string& name : features) columns.push_back(table.column(name));
  const int label_column = table.column(label);
  for (std::size_t j = 0; j < features.size(); ++j)
    if (columns[j] < 0) return value_error(cat("The table has no column '", features[j], "'."));
  if (label_column < 0) return value_error(cat("The table has no column '", label, "'."));
  for (const Table::Row& row : table.rows) {
    RawExample example;
    std::string missing;
    for (std::size_t j = 0; j < features.size() && missing.empty(); ++j) {
      const std::string& cell = row.cells[static_cast<std::size_t>(columns[j])];
      if (is_missing(cell)) {
        missing = features[j];
        continue;
      }
      const auto number = parse_double(cell);
      if (!number || !std::isfinite(*number))
        return value_error(
            cat("line ", row.line, ", column '", features[j], "': '", cell, "' is not a number."));
      example.features.push_back(*number);
    }
    const std::string& name = row.cells[static_cast<std::size_t>(label_column)];
    if (missing.empty() && is_missing(name)) missing = label;
    if (!missing.empty()) {
      set.notes.push_back(cat("line ", row.line, ": no value for '", missing, "'"));
      continue;
    }
    const auto known = std::find(set.class_names.begin(), set.class_names.end(), name);
    example.label = static_cast<int>(known - set.class_names.begin());
    if (known == set.class_names.end()) set.class_names.push_back(name);
    raw.push_back(std::move(example));
  }
  if (raw.size() < 2) return value_error("The table has fewer than two rows without missing values.");
  finish(set, raw, p, true);
  return set;
}

Result<Dataset> make_penguins(const Parameters& p) {
  const Result<Table> table = parse_csv(embedded::penguins_csv);
  if (!table.ok()) return table.error();
  return from_table(*table, {"bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"},
                    "species", p);
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
  };
  return types;
}

const DatasetType* find_dataset_type(std::string_view name) {
  for (const DatasetType& type : dataset_types())
    if (name == type.name) return &type;
  return nullptr;
}

}  // namespace sandflow
