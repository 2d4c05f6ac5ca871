// What the learner reads, by key: the page's language where it has the text, else English.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace sandflow::ui {

// `json`: an object of strings. Keys that are not the app's ("shell.…") do no harm.
void set_texts(std::string_view json);
std::uint64_t texts_version();

const char* tr(std::string_view key);
// Other words that the language has for an operation, by its type; nothing if it has none.
std::string_view words(std::string_view type);
// With {name} in the text replaced.
std::string tr(std::string_view key, std::initializer_list<std::pair<std::string_view, std::string>> values);
// The translation of an English sentence of the engine (a help, a name), looked up by the sentence itself.
std::string_view translated(std::string_view english);
// The same in the languages that are not the learner's, for searching; may be empty.
std::string_view translated_also(std::string_view english);

}  // namespace sandflow::ui
