// Shape arithmetic: merging, broadcasting and the two ways TensorFlow prints a shape.
#include "engine/core/shape.h"

#include <algorithm>
#include <limits>

#include "engine/core/text.h"

namespace sandflow {

Shape Shape::unknown_rank() {
  Shape shape;
  shape.has_rank_ = false;
  return shape;
}

Shape Shape::unknown_dims(int rank) {
  return Shape(std::vector<std::int64_t>(static_cast<std::size_t>(rank), kUnknown));
}

bool Shape::fully_defined() const {
  return has_rank_ && std::none_of(dims_.begin(), dims_.end(), [](std::int64_t d) { return d == kUnknown; });
}

std::int64_t Shape::elements() const {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  if (std::find(dims_.begin(), dims_.end(), 0) != dims_.end()) return 0;
  std::int64_t product = 1;
  for (std::int64_t d : dims_) {
    if (product > kMax / d) return kMax;
    product *= d;
  }
  return product;
}

bool Shape::compatible_with(const Shape& other) const {
  if (!has_rank_ || !other.has_rank_) return true;
  if (dims_.size() != other.dims_.size()) return false;
  for (std::size_t i = 0; i < dims_.size(); ++i)
    if (dims_[i] != other.dims_[i] && dims_[i] != kUnknown && other.dims_[i] != kUnknown) return false;
  return true;
}

namespace {
std::string dim_text(std::int64_t dim) { return dim == Shape::kUnknown ? "?" : std::to_string(dim); }
}  // namespace

std::string Shape::python() const {
  if (!has_rank_) return "<unknown>";
  if (dims_.size() == 1) return cat("(", dim_text(dims_[0]), ",)");
  return cat("(", join(dims_, ", ", dim_text), ")");
}

std::string Shape::runtime() const {
  if (!has_rank_) return "<unknown>";
  return cat("[", join(dims_, ",", dim_text), "]");
}

Result<Shape> merge(const Shape& a, const Shape& b) {
  if (!a.has_rank()) return b;
  if (!b.has_rank()) return a;
  if (a.rank() != b.rank())
    return value_error(cat("Shapes must be equal rank, but are ", a.rank(), " and ", b.rank()));
  Shape merged = a;
  for (int i = 0; i < a.rank(); ++i) {
    if (a.dim(i) == Shape::kUnknown)
      merged.set_dim(i, b.dim(i));
    else if (b.dim(i) != Shape::kUnknown && a.dim(i) != b.dim(i))
      return value_error(cat("Dimension ", i, " in both shapes must be equal, but are ", a.dim(i), " and ",
                             b.dim(i), ". Shapes are ", a.runtime(), " and ", b.runtime(), "."));
  }
  return merged;
}

Result<Shape> broadcast(const Shape& a, const Shape& b) {
  if (!a.has_rank() || !b.has_rank()) return Shape::unknown_rank();
  const int rank = std::max(a.rank(), b.rank());
  Shape out;
  for (int i = 0; i < rank; ++i) {
    const int ia = i - (rank - a.rank()), ib = i - (rank - b.rank());
    const std::int64_t da = ia < 0 ? 1 : a.dim(ia), db = ib < 0 ? 1 : b.dim(ib);
    if (da == Shape::kUnknown || db == Shape::kUnknown) {
      // A dimension above 1 must win at run time; beside a 1 the unknown one stays unknown.
      out.append(da > 1 ? da : db > 1 ? db : Shape::kUnknown);
    } else if (da == db || db == 1) {
      out.append(da);
    } else if (da == 1) {
      out.append(db);
    } else {
      return value_error(cat("Dimensions must be equal, but are ", da, " and ", db));
    }
  }
  return out;
}

}  // namespace sandflow
