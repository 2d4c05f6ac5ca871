// See formula.h.
#include "web/app/formula.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace sandflow::ui {

namespace {

constexpr float kBaseline = 0.8f;  // Of a line's height, from its top.
constexpr float kSmall = 0.72f, kLeast = 9;
constexpr float kAxis = 0.3f;  // Of the size: how high above the baseline fractions and minus signs are.

// Commands that stand for a sign, and those that are words.
const std::map<std::string_view, const char*>& signs() {
  static const std::map<std::string_view, const char*> all{
      {"cdot", " · "},     {"leftarrow", " ← "}, {"le", " ≤ "},   {"ge", " ≥ "},     {"ne", " ≠ "},
      {"sim", " ∼ "},      {"land", " ∧ "},      {"lor", " ∨ "},  {"lnot", "¬"},     {"partial", "∂"},
      {"infty", "∞"},      {"lfloor", "⌊"},      {"rfloor", "⌋"}, {"lceil", "⌈"},    {"rceil", "⌉"},
      {"varnothing", "∅"}, {"times", " × "},     {"in", " ∈ "},   {"nabla", "∇"},    {"pm", " ± "},
      {"alpha", "α"},      {"beta", "β"},        {"gamma", "γ"},  {"epsilon", "ε"},  {"eta", "η"},
      {"lambda", "λ"},     {"mu", "μ"},          {"pi", "π"},     {"rho", "ρ"},      {"sigma", "σ"},
      {"theta", "θ"},      {"Phi", "Φ"},         {"phi", "φ"},    {"tau", "τ"},      {"delta", "δ"},
      {"quad", "   "},     {"int", "∫"},         {"ldots", "…"},  {"cdots", "…"},    {"odot", " ⊙ "},
      {"mid", " | "},      {"to", " → "},        {"Vert", "‖"},   {"approx", " ≈ "}, {"neq", " ≠ "},
      {"bmod", " mod "},   {"setminus", " \\ "}, {"circ", "∘"}};
  return all;
}
// Those whose index stands below them.
const std::map<std::string_view, const char*>& operators() {
  static const std::map<std::string_view, const char*> all{
      {"sum", "∑"},   {"prod", "∏"},  {"bigwedge", "∧"},     {"bigvee", "∨"},
      {"max", "max"}, {"min", "min"}, {"argmax", "arg max"}, {"argmin", "arg min"}};
  return all;
}
const std::set<std::string_view>& words() {
  static const std::set<std::string_view> all{"ln",  "log",    "exp",  "sin", "cos",
                                              "tan", "arctan", "tanh", "arg", "det"};
  return all;
}

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

// The command at `at`, after its backslash.
std::string_view command_at(std::string_view tex, std::size_t at) {
  std::size_t end = at;
  while (end < tex.size() && is_letter(tex[end])) ++end;
  return tex.substr(at, std::max<std::size_t>(end - at, 1));
}

}  // namespace

void Formula::place(const Formula& part, Vec at) {
  for (const Sign& sign : part.signs_) signs_.push_back({sign.at + at, sign.size, sign.text});
  for (const Line& line : part.lines_) lines_.push_back({line.a + at, line.b + at});
  width_ = std::max(width_, at.x + part.width_);
  above_ = std::max(above_, part.above_ - at.y);
  below_ = std::max(below_, part.below_ + at.y);
}

void Formula::follow(const Formula& part) { place(part, {width_, 0}); }

class FormulaParser {
 public:
  explicit FormulaParser(std::string_view tex) : tex_(tex) {}

  // Up to a brace, a cell or a row that ends here.
  Formula row(float size) {
    Formula whole;
    while (at_ < tex_.size() && tex_[at_] != '}' && tex_[at_] != '&' && !starts("\\\\") && !starts("\\end")) {
      bool stacks = false;
      Formula part = atom(size, stacks);
      Formula up, down;
      for (;;) {
        if (starts("^")) {
          ++at_;
          up = group(small(size));
        } else if (starts("_")) {
          ++at_;
          down = group(small(size));
        } else if (starts("'")) {
          ++at_;
          part.follow(text("′", size));
        } else {
          break;
        }
      }
      whole.follow(scripted(std::move(part), up, down, size, stacks));
    }
    return whole;
  }

 private:
  static float small(float size) { return std::max(kLeast, size * kSmall); }
  bool starts(std::string_view with) const { return tex_.substr(at_).starts_with(with); }
  void skip_spaces() {
    while (starts(" ")) ++at_;
  }

  // Whether what stands here begins something.
  bool is_first(std::size_t at) const {
    while (at > 0 && tex_[at - 1] == ' ') --at;
    return at == 0 || std::string_view("=({[,^_&-+").find(tex_[at - 1]) != std::string_view::npos;
  }

  static Formula text(std::string_view content, float size) {
    Formula made;
    made.signs_.push_back({{0, 0}, size, std::string(content)});
    made.width_ = text_width(Face::kText, size, content);
    const float high = line_height(Face::kText, size);
    made.above_ = high * kBaseline;
    made.below_ = high * (1 - kBaseline);
    return made;
  }

  static Formula scripted(Formula base, const Formula& up, const Formula& down, float size, bool stacks) {
    if (stacks && down.width_ > 0) {
      Formula made;
      const float width = std::max(base.width_, down.width_);
      made.place(base, {(width - base.width_) / 2, 0});
      made.place(down, {(width - down.width_) / 2, base.below_ + down.above_ - size * 0.25f});
      if (up.width_ > 0) made.place(up, {(width - up.width_) / 2, -base.above_ - up.below_ + size * 0.25f});
      made.width_ += size * 0.2f;
      return made;
    }
    if (stacks) base.width_ += size * 0.12f;
    const Vec end{base.width_ + 1, 0};
    if (up.width_ > 0) base.place(up, end + Vec(0, -size * 0.42f));
    if (down.width_ > 0) base.place(down, end + Vec(0, size * 0.26f));
    return base;
  }

  Formula group(float size) {
    skip_spaces();
    if (starts("{")) {
      ++at_;
      Formula made = row(size);
      if (starts("}")) ++at_;
      return made;
    }
    bool stacks = false;
    return atom(size, stacks);
  }

  std::string raw_group() {
    skip_spaces();
    if (!starts("{")) return {};
    const std::size_t end = std::min(tex_.find('}', at_), tex_.size());
    std::string content;
    for (std::size_t i = at_ + 1; i < end; ++i)
      if (tex_[i] != '\\') content += tex_[i];
    at_ = std::min(end + 1, tex_.size());
    return content;
  }

  static Formula fraction(const Formula& over, const Formula& under, float size) {
    constexpr float kGap = 2;
    Formula made;
    const float width = std::max(over.width_, under.width_) + 6, axis = -size * kAxis;
    made.place(over, {(width - over.width_) / 2 + 2, axis - kGap - over.below_});
    made.place(under, {(width - under.width_) / 2 + 2, axis + kGap + under.above_});
    made.lines_.push_back({{2, axis}, {width + 2, axis}});
    made.width_ = width + 4;
    return made;
  }

  static Formula root(const Formula& under, float size) {
    Formula made;
    const float top = -under.above_ - 1, low = under.below_ * 0.6f, left = size * 0.5f;
    made.lines_ = {{{1, -size * 0.25f}, {left * 0.45f, low}},
                   {{left * 0.45f, low}, {left, top}},
                   {{left, top}, {left + under.width_ + 3, top}}};
    made.place(under, {left + 2, 0});
    made.above_ += 2;
    made.width_ += 3;
    return made;
  }

  Formula cases(float size) {
    std::vector<std::vector<Formula>> rows(1);
    float left = 0;
    while (at_ < tex_.size() && !starts("\\end")) {
      rows.back().push_back(row(size));
      if (rows.back().size() == 1) left = std::max(left, rows.back()[0].width_);
      if (starts("&")) {
        ++at_;
      } else if (starts("\\\\")) {
        at_ += 2;
        rows.emplace_back();
      }
      skip_spaces();
    }
    if (starts("\\end")) at_ = std::min(tex_.find('}', at_), tex_.size() - 1) + 1;
    float high = 0;
    for (const auto& cells : rows)
      for (const Formula& cell : cells) high = std::max(high, cell.above_ + cell.below_);
    Formula made;
    const float total = high * static_cast<float>(rows.size()), top = -total / 2 - size * kAxis,
                middle = top + total / 2;
    for (std::size_t i = 0; i < rows.size(); ++i)
      for (std::size_t k = 0; k < rows[i].size(); ++k)
        made.place(rows[i][k],
                   {12 + (k > 0 ? left + 16 : 0), top + high * static_cast<float>(i) + rows[i][k].above_});
    made.lines_.insert(made.lines_.end(), {{{8, top + 2}, {6, top + 5}},
                                           {{6, top + 5}, {6, middle - 4}},
                                           {{6, middle - 4}, {3, middle}},
                                           {{3, middle}, {6, middle + 4}},
                                           {{6, middle + 4}, {6, top + total - 5}},
                                           {{6, top + total - 5}, {8, top + total - 2}}});
    return made;
  }

  Formula command(float size, bool& stacks) {
    std::string_view name = command_at(tex_, ++at_);
    at_ += name.size();
    if (name == "frac") {
      const float inner = size > 13 ? size * 0.88f : small(size);
      const Formula over = group(inner);
      return fraction(over, group(inner), size);
    }
    if (name == "sqrt") return root(group(size), size);
    if (name == "text" || name == "mathrm" || name == "operatorname") return text(raw_group(), size);
    if (name == "begin") {
      raw_group();
      return cases(size);
    }
    if (name == "hat" || name == "bar") {
      Formula made = group(size);
      const float high = -size * 0.78f, middle = made.width_ / 2;
      if (name == "bar")
        made.lines_.push_back({{1, high}, {made.width_ - 1, high}});
      else
        made.lines_.insert(made.lines_.end(), {{{middle - 3, high}, {middle, high - 3}},
                                               {{middle, high - 3}, {middle + 3, high}}});
      return made;
    }
    // "\arg\max" is one operator.
    if (name == "arg" && (starts("\\max") || starts("\\min"))) {
      name = starts("\\max") ? "argmax" : "argmin";
      at_ += 4;
    }
    if (const auto found = operators().find(name); found != operators().end()) {
      stacks = true;
      const bool is_sign = name == "sum" || name == "prod" || name.starts_with("big");
      return text(found->second, is_sign ? size * 1.25f : size);
    }
    if (const auto found = signs().find(name); found != signs().end()) return text(found->second, size);
    if (words().count(name)) {
      const bool follows = !is_first(at_ - name.size() - 1);
      skip_spaces();
      return text((follows ? " " : "") + std::string(name) + (starts("(") ? "" : " "), size);
    }
    if (name == "," || name == ";" || name == ":") return text(" ", size);
    return text(name, size);
  }

  Formula atom(float size, bool& stacks) {
    if (starts("\\")) return command(size, stacks);
    if (starts("{")) return group(size);
    const char c = tex_[at_++];
    if (c == ' ') return {};
    if (c == '-') {
      // Between two things it is an operation, before one a sign.
      return text(is_first(at_ - 1) ? "−" : " − ", size);
    }
    if (c == '=' || c == '+' || c == '<' || c == '>') return text(std::string(" ") + c + " ", size);
    if (c == ':' && starts("=")) {
      ++at_;
      return text(" := ", size);
    }
    if (c == ',') return text(", ", size);
    std::size_t end = at_;
    while (end < tex_.size() && (static_cast<unsigned char>(tex_[end]) & 0xC0) == 0x80)
      ++end;  // One of UTF-8's.
    // A number is one thing.
    const auto is_digit = [&](std::size_t i) {
      return i < tex_.size() && (std::isdigit(static_cast<unsigned char>(tex_[i])) || tex_[i] == '.');
    };
    if (is_digit(at_ - 1))
      while (is_digit(end)) ++end;
    const std::string_view whole = tex_.substr(at_ - 1, end - at_ + 1);
    at_ = end;
    return text(whole, size);
  }

  std::string_view tex_;
  std::size_t at_ = 0;
};

Formula::Formula(std::string_view tex, float size) { *this = FormulaParser(tex).row(size); }

void Formula::draw(const Painter& painter, Vec at, Color color) const {
  const Vec base = at + Vec(0, above_);
  for (const Sign& sign : signs_)
    painter.text(Face::kText, sign.size,
                 base + sign.at - Vec(0, line_height(Face::kText, sign.size) * kBaseline), color, sign.text);
  for (const Line& line : lines_) painter.line(base + line.a, base + line.b, color, 1.1f);
}

std::string with_numbers(std::string_view tex, const std::map<std::string, std::string>& numbers) {
  std::string out;
  bool is_after = false;  // Of something: a negative number there needs brackets.
  for (std::size_t i = 0; i < tex.size();) {
    if (tex[i] == '\\') {
      const std::string_view name = command_at(tex, i + 1);
      i += 1 + name.size();
      out += '\\';
      out += name;
      if (name == "text" || name == "mathrm" || name == "begin" || name == "end") {
        const std::size_t end = std::min(tex.find('}', i), tex.size() - 1);
        out += tex.substr(i, end + 1 - i);
        i = end + 1;
      } else if (i < tex.size() && is_letter(tex[i])) {
        out += ' ';
      } else if (operators().count(name) && i < tex.size() && tex[i] == '_') {
        return {};  // Over many elements.
      }
      is_after = name == "cdot" || words().count(name);
      continue;
    }
    const char c = tex[i++];
    if (!is_letter(c) || (c == 'e' && i < tex.size() && tex[i] == '^')) {
      out += c;
      if (c != ' ') is_after = std::string_view("+-*/").find(c) != std::string_view::npos;
      continue;
    }
    const auto number = numbers.find(std::string(1, c));
    const bool has_index = i < tex.size() && tex[i] == '_';
    if (number == numbers.end() || has_index) return {};
    const bool is_raised = i < tex.size() && tex[i] == '^';
    const bool needs_brackets = number->second.starts_with('-') && (is_after || is_raised);
    out += needs_brackets ? "{(" + number->second + ")}" : "{" + number->second + "}";
    is_after = true;
  }
  return out;
}

}  // namespace sandflow::ui
