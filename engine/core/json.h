// Writing JSON, in the order in which it is read.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/text.h"

namespace sandflow {

class JsonWriter {
 public:
  JsonWriter& open(char bracket = '{') {
    comma();
    text_ += bracket;
    is_first_ = true;
    return *this;
  }
  JsonWriter& close(char bracket = '}') {
    text_ += bracket;
    is_first_ = false;
    return *this;
  }
  JsonWriter& key(std::string_view name) {
    comma();
    quote(name);
    text_ += ':';
    is_first_ = true;  // No comma before its value.
    return *this;
  }
  JsonWriter& value(std::string_view text) {
    comma();
    quote(text);
    return *this;
  }
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool yes) { return raw(yes ? "true" : "false"); }
  JsonWriter& value(int number) { return raw(std::to_string(number)); }
  JsonWriter& value(std::int64_t number) { return raw(std::to_string(number)); }
  JsonWriter& value(double number) { return raw(std::isfinite(number) ? shortest(number) : "null"); }
  JsonWriter& value(float number) { return raw(std::isfinite(number) ? shortest(number) : "null"); }
  JsonWriter& null() { return raw("null"); }
  JsonWriter& raw(std::string_view json) {
    comma();
    text_ += json;
    return *this;
  }
  template <class T>
  JsonWriter& field(std::string_view name, const T& content) {
    key(name);
    return value(content);
  }
  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  void comma() {
    if (!is_first_) text_ += ',';
    is_first_ = false;
  }
  void quote(std::string_view text) {
    constexpr char kHex[] = "0123456789abcdef";
    text_ += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') {
        text_ += '\\';
        text_ += c;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        text_ += "\\u00";
        text_ += kHex[(c >> 4) & 15];
        text_ += kHex[c & 15];
      } else {
        text_ += c;
      }
    }
    text_ += '"';
  }

  std::string text_;
  bool is_first_ = true;
};

}  // namespace sandflow
