// A recursive descent over the text; what it reads past is written down beside, names as their numbers.
#include "engine/training/rule.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/core/error.h"
#include "engine/core/text.h"

namespace sandflow {

namespace {

std::string number_text(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.5g", std::fabs(x));
  return x < 0 ? cat("−", text) : text;
}

class Reader {
 public:
  Reader(std::string_view text, const Symbols& symbols) : rest_(text), symbols_(symbols) {}

  Evaluated run() {
    const double value = sum();
    SANDFLOW_CHECK(rest_.empty());
    return {value, std::move(written_)};
  }

 private:
  void copy(std::size_t count) {
    written_ += rest_.substr(0, count);
    rest_.remove_prefix(count);
  }
  void copy_spaces() {
    while (rest_.starts_with(' ')) copy(1);
  }
  bool take(std::string_view sign) {
    std::size_t spaces = 0;
    while (spaces < rest_.size() && rest_[spaces] == ' ') ++spaces;
    if (!rest_.substr(spaces).starts_with(sign)) return false;
    copy_spaces();
    copy(sign.size());
    return true;
  }
  void need(std::string_view sign) { SANDFLOW_CHECK(take(sign)); }

  double sum() {
    double value = product();
    for (;;) {
      if (take("+"))
        value += product();
      else if (take("−"))
        value -= product();
      else
        return value;
    }
  }

  double product() {
    double value = factor();
    for (;;) {
      if (take("·"))
        value *= factor();
      else if (take("/"))
        value /= factor();
      else
        return value;
    }
  }

  double factor() {
    if (take("−")) return -factor();
    const double value = primary();
    if (take("²")) return value * value;
    return take("^") ? std::pow(value, factor()) : value;
  }

  double primary() {
    if (take("(")) {
      const double value = sum();
      need(")");
      return value;
    }
    if (take("|")) {
      const double value = sum();
      need("|");
      return std::fabs(value);
    }
    if (take("√")) return std::sqrt(primary());
    copy_spaces();
    if (!rest_.empty() && is_digit(rest_[0])) {
      const std::string_view digits = rest_.substr(0, rest_.find_first_not_of("0123456789."));
      copy(digits.size());
      return parse_double(digits).value_or(0);
    }
    const std::string_view name = rest_.substr(0, name_length());
    SANDFLOW_CHECK(!name.empty());
    if (rest_.substr(name.size()).starts_with('(')) return call(name);
    const auto number = symbols_.find(name);
    SANDFLOW_CHECK(number != symbols_.end());
    rest_.remove_prefix(name.size());
    put(number->second);
    return number->second;
  }

  double call(std::string_view name) {
    copy(name.size());
    need("(");
    double value = sum();
    while (take(",")) value = name == "max" ? std::max(value, sum()) : std::min(value, sum());
    need(")");
    return name == "sign" ? (value > 0 ? 1 : value < 0 ? -1 : 0) : value;
  }

  // A negative number, or a power of ten before a power, would be misread without brackets.
  void put(double x) {
    const std::string text = number_text(x);
    const bool is_first = written_.empty() || written_.ends_with('(') || written_.ends_with('|');
    const bool is_raised = rest_.starts_with("²") || rest_.starts_with("^");
    const bool is_negative = std::signbit(x) && text[0] != '0';
    const bool needs_brackets =
        (is_negative && (!is_first || is_raised)) || (is_raised && text.find('e') != std::string::npos);
    written_ += needs_brackets ? cat("(", text, ")") : text;
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  // Up to a sign; what is no ASCII and no sign belongs to a name.
  std::size_t name_length() const {
    static constexpr std::string_view kSigns[] = {"−", "·", "²", "√"};
    std::size_t end = 0;
    while (end < rest_.size()) {
      const std::string_view here = rest_.substr(end);
      if (std::string_view(" +/^()|,").find(here[0]) != std::string_view::npos) break;
      if (std::any_of(std::begin(kSigns), std::end(kSigns),
                      [&](std::string_view sign) { return here.starts_with(sign); }))
        break;
      ++end;
    }
    return end;
  }

  std::string_view rest_;
  const Symbols& symbols_;
  std::string written_;
};

}  // namespace

Evaluated evaluate(std::string_view expression, const Symbols& symbols) {
  return Reader(expression, symbols).run();
}

std::vector<std::string> told(const std::vector<RuleLine>& rule, Symbols& symbols) {
  std::vector<std::string> lines;
  for (const RuleLine& line : rule) {
    const bool holds = !line.condition || evaluate(line.condition, symbols).value > 0;
    const char* expression = holds ? line.expression : line.otherwise;
    const Evaluated found = evaluate(expression, symbols);
    const std::string result = number_text(found.value);
    std::string text = cat(line.name, symbols.count(line.name) ? " ← " : " = ", expression);
    if (found.numbers != expression) text += cat(" = ", found.numbers);
    if (result != found.numbers) text += cat(" = ", result);
    lines.push_back(std::move(text));
    symbols[line.name] = found.value;
  }
  return lines;
}

}  // namespace sandflow
