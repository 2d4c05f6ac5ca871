// A reader for Python literals, and their conversion.
#include "engine/tf/literal.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/core/text.h"

namespace sandflow {

namespace {

constexpr int kMaxDepth =
    32;  // Deeper lists than any tensor here needs; keeps the reader off the stack's end.
constexpr std::size_t kMaxItems = 1 << 22;

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<Literal> whole() {
    Result<Literal> value = read(0);
    if (!value.ok()) return value;
    skip_space();
    if (at_ < text_.size()) return wrong("nothing more");
    return value;
  }

 private:
  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
      ++at_;
  }

  Error wrong(std::string_view expected) const {
    const std::string found = at_ < text_.size() ? cat("'", text_[at_], "'") : "the end";
    return value_error(cat("Expected ", expected, " at character ", at_ + 1, ", found ", found, "."));
  }

  bool take_word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  Result<Literal> read(int depth) {
    skip_space();
    if (at_ >= text_.size()) return wrong("a value");
    const char c = text_[at_];
    if (c == '[' || c == '(') return read_list(depth);
    if (c == '\'' || c == '"') return read_string();
    if ((c == 'b') && at_ + 1 < text_.size() && (text_[at_ + 1] == '\'' || text_[at_ + 1] == '"')) {
      ++at_;
      return read_string();
    }
    if (take_word("True")) return Literal(true);
    if (take_word("False")) return Literal(false);
    if (take_word("None")) return Literal::none();
    return read_number();
  }

  Result<Literal> read_list(int depth) {
    if (depth >= kMaxDepth) return value_error("The list is nested too deeply.");
    const bool tuple = text_[at_++] == '(';
    const char close = tuple ? ')' : ']';
    std::vector<Literal> items;
    bool comma = false;
    while (true) {
      skip_space();
      if (at_ < text_.size() && text_[at_] == close) break;
      if (!items.empty() && !comma) return wrong(tuple ? "',' or ')'" : "',' or ']'");
      Result<Literal> item = read(depth + 1);
      if (!item.ok()) return item;
      if (++count_ > kMaxItems) return value_error("The list has too many elements.");
      items.push_back(*std::move(item));
      skip_space();
      comma = at_ < text_.size() && text_[at_] == ',';
      if (comma) ++at_;
    }
    ++at_;
    if (tuple && items.size() == 1 && !comma) return items[0];  // (5) is 5.
    return Literal(std::move(items));
  }

  Result<Literal> read_string() {
    const char quote = text_[at_++];
    std::string out;
    while (at_ < text_.size() && text_[at_] != quote) {
      char c = text_[at_++];
      if (c == '\\' && at_ < text_.size()) {
        c = text_[at_++];
        if (c == 'n')
          c = '\n';
        else if (c == 't')
          c = '\t';
      }
      out += c;
    }
    if (at_ >= text_.size()) return wrong("a closing quote");
    ++at_;
    return Literal(std::move(out));
  }

  Result<Literal> read_number() {
    const std::size_t start = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '.' ||
                                  text_[at_] == '+' || text_[at_] == '-' || text_[at_] == '_'))
      ++at_;
    const std::string_view token = text_.substr(start, at_ - start);
    const bool integral = token.find_first_not_of("+-0123456789") == std::string_view::npos;
    if (integral) {
      if (const auto value = parse_int(token)) return Literal(static_cast<std::int64_t>(*value));
    }
    if (const auto value = parse_double(token)) return Literal(*value);
    at_ = start;
    return wrong("a number, True, False, a quoted text or a list");
  }

  std::string_view text_;
  std::size_t at_ = 0, count_ = 0;
};

// The shape of nested lists, if they are rectangular.
std::vector<std::int64_t> shape_of_first(const Literal& literal) {
  std::vector<std::int64_t> dims;
  for (const Literal* list = &literal; list->kind() == Literal::Kind::kList; list = &list->items()[0]) {
    dims.push_back(static_cast<std::int64_t>(list->items().size()));
    if (list->items().empty()) break;
  }
  return dims;
}

bool rectangular(const Literal& literal, const std::vector<std::int64_t>& dims, std::size_t depth) {
  if (depth == dims.size()) return literal.kind() != Literal::Kind::kList;
  if (literal.kind() != Literal::Kind::kList ||
      static_cast<std::int64_t>(literal.items().size()) != dims[depth])
    return false;
  return std::all_of(literal.items().begin(), literal.items().end(),
                     [&](const Literal& item) { return rectangular(item, dims, depth + 1); });
}

void flatten(const Literal& literal, std::vector<const Literal*>& out) {
  if (literal.kind() != Literal::Kind::kList) {
    out.push_back(&literal);
    return;
  }
  for (const Literal& item : literal.items()) flatten(item, out);
}

}  // namespace

Result<Literal> Literal::parse(std::string_view text) { return Reader(text).whole(); }

std::string Literal::python() const {
  switch (kind_) {
    case Kind::kBool:
      return int_ ? "True" : "False";
    case Kind::kInt:
      return std::to_string(int_);
    case Kind::kFloat: {
      const std::string text = shortest(float_);
      return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
    }
    case Kind::kString:
      return "'" + text_ + "'";
    case Kind::kNone:
      return "None";
    case Kind::kList:
      break;
  }
  return "[" + join(items_, ", ", [](const Literal& item) { return item.python(); }) + "]";
}

const char* Literal::python_type() const {
  constexpr const char* kNames[] = {"bool", "int", "float", "str", "list", "NoneType"};
  return kNames[static_cast<int>(kind_)];
}

Result<Tensor> Literal::tensor(std::optional<DType> wanted) const {
  const std::vector<std::int64_t> dims = shape_of_first(*this);
  if (!rectangular(*this, dims, 0)) {
    const auto list = [](const std::vector<std::int64_t>& sizes) {
      return cat("[", join(sizes, ", ", [](std::int64_t size) { return std::to_string(size); }), "]");
    };
    const std::vector<std::int64_t> outermost(dims.begin(), dims.begin() + 1);
    return value_error(cat("Argument must be a dense tensor: ", python(), " - got shape ", list(outermost),
                           ", but wanted ", list(dims), "."));
  }
  std::vector<const Literal*> leaves;
  flatten(*this, leaves);
  bool any_float = false, any_int = false, any_bool = false, any_string = false, any_wide = false;
  for (const Literal* leaf : leaves) {
    if (leaf->kind_ == Kind::kNone) return value_error("None values not supported.");
    any_float |= leaf->kind_ == Kind::kFloat;
    any_int |= leaf->kind_ == Kind::kInt;
    any_bool |= leaf->kind_ == Kind::kBool;
    any_string |= leaf->kind_ == Kind::kString;
    any_wide |= leaf->kind_ == Kind::kInt && leaf->int_ != static_cast<std::int32_t>(leaf->int_);
  }
  if (any_string && (any_float || any_int || any_bool))
    return type_error(cat("Failed to convert object of type <class 'list'> to Tensor. Contents: ", python(),
                          ". Consider casting elements to a supported type."));
  const DType natural = any_string  ? DType::kString
                        : any_float ? DType::kFloat32
                        : any_wide  ? DType::kInt64
                        : any_int   ? DType::kInt32
                        : any_bool  ? DType::kBool
                                    : DType::kFloat32;
  const DType dtype = wanted.value_or(natural);
  for (const Literal* leaf : leaves) {
    const bool fits = dtype == DType::kString ? leaf->kind_ == Kind::kString
                      : dtype == DType::kBool ? leaf->kind_ == Kind::kBool
                      : is_floating(dtype)
                          ? leaf->kind_ == Kind::kFloat || leaf->kind_ == Kind::kInt
                          : leaf->kind_ == Kind::kInt || (!wanted && leaf->kind_ == Kind::kBool);
    if (!fits && !(leaf->kind_ == Kind::kBool && !wanted))
      return type_error(cat("Expected ", name(dtype), ", got ", leaf->python(), " of type '",
                            leaf->python_type(), "' instead."));
    if (dtype == DType::kInt32 && leaf->int_ != static_cast<std::int32_t>(leaf->int_))
      return value_error(
          cat("Tensor conversion requested dtype int32 for a value that does not fit: ", leaf->python()));
  }
  Result<Tensor> out = Tensor::make(dtype, Shape(dims));
  if (!out.ok()) return out;
  with_any(dtype, [&]<class T>() {
    const std::span<T> to = out->write<T>();
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      if constexpr (std::is_same_v<T, std::string>)
        to[i] = leaves[i]->text_;
      else if constexpr (std::is_floating_point_v<T>)
        to[i] = static_cast<T>(leaves[i]->as_double());
      else
        to[i] = static_cast<T>(leaves[i]->int_);
    }
  });
  return out;
}

Result<Tensor> Literal::tensor_hinted(std::optional<DType> hint) const {
  if (hint) {
    Result<Tensor> hinted = tensor(hint);
    if (hinted.ok()) return hinted;
  }
  return tensor();
}

Result<Tensor> Literal::array() const {
  if (!rectangular(*this, shape_of_first(*this), 0))
    return value_error("setting an array element with a sequence.");
  Result<Tensor> natural = tensor();
  if (!natural.ok() || natural->dtype() != DType::kFloat32) return natural;
  Result<Tensor> wide = tensor(DType::kFloat64);
  return wide.ok() ? wide : natural;
}

Result<Tensor> Literal::fed_as(DType dtype) const {
  if (kind_ != Kind::kInt || dtype == DType::kString) return array();
  const bool fits = with_plain(dtype, [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>)
      return static_cast<double>(static_cast<T>(int_)) == as_double();
    else
      return static_cast<std::int64_t>(static_cast<T>(int_)) == int_;
  });
  if (fits) return array();
  return type_error(
      cat("Type of feed value ", int_,
          " with type <class 'int'> is not compatible with Tensor "
          "type <class 'numpy.",
          name(dtype), dtype == DType::kBool ? "_" : "",
          "'>. Try explicitly setting the type of the feed tensor to a larger type (e.g. int64)."));
}

Result<Shape> Literal::shape() const {
  constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();
  const auto dim = [](const Literal& item) -> std::optional<std::int64_t> {
    if (item.kind_ == Kind::kNone) return Shape::kUnknown;
    if (item.kind_ == Kind::kInt && item.int_ >= 0 && item.int_ <= kLargest) return item.int_;
    return std::nullopt;
  };
  if (kind_ == Kind::kNone) return Shape::unknown_rank();
  Shape shape;
  for (const Literal& item : kind_ == Kind::kList ? items_ : std::vector<Literal>{*this}) {
    const auto size = dim(item);
    if (!size)
      return value_error(cat("A shape is a list of sizes or None, such as (None, 2); got ", python(), "."));
    shape.append(*size);
  }
  return shape;
}

std::string literal_text(const Tensor& tensor) {
  const auto element = [&](std::int64_t i) -> std::string {
    const auto k = static_cast<std::size_t>(i);
    switch (tensor.dtype()) {
      case DType::kFloat32: {
        const std::string text = shortest(tensor.read<float>()[k]);
        return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
      }
      case DType::kFloat64:
        return Literal(tensor.read<double>()[k]).python();
      case DType::kBool:
        return tensor.read<bool>()[k] ? "True" : "False";
      case DType::kString:
        return "'" + tensor.read<std::string>()[k] + "'";
      default:
        return std::to_string(tensor.integer(i));
    }
  };
  const auto nested = [&](const auto& self, int axis, std::int64_t offset) -> std::string {
    if (axis == tensor.shape().rank()) return element(offset);
    std::string out = "[";
    for (std::int64_t i = 0; i < tensor.shape().dim(axis); ++i)
      out += (i ? ", " : "") + self(self, axis + 1, offset * tensor.shape().dim(axis) + i);
    return out + "]";
  };
  return nested(nested, 0, 0);
}

}  // namespace sandflow
