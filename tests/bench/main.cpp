// The benchmark's C++ half: answers requests of a line each, from JavaScript as a module, or from standard
// input as a program of its own.
//
//   list                         -> what there is to measure, as JSON
//   data LINE                    -> a line's data, as JSON with addresses
//   open CONTESTANT KIND NUMBER  -> the number of a new trial; KIND: line, product, batch, depth, peak
//   run TRIAL TIMES, value TRIAL, work TRIAL, close TRIAL
#include <iostream>
#include <map>
#include <sstream>

#include "engine/core/json.h"
#include "tests/bench/trial.h"

namespace sandflow::bench {

namespace {

std::string list() {
  JsonWriter json;
  json.open().key("lines").open('[');
  for (const Line& line : lines()) json.raw(describe(line));
  json.close(']').key("products").open('[');
  for (const Product& product : products()) json.value(product.name);
  return json.close(']').close().take();
}

std::string data(std::size_t number) {
  // Kept, as what is given away is where they are.
  static std::map<std::size_t, Data> kept;
  const Line& line = lines()[number];
  return describe(line, kept.try_emplace(number, make_data(line)).first->second);
}

std::unique_ptr<Trial> trial(const std::string& contestant, const std::string& kind, int number) {
  const auto at = static_cast<std::size_t>(number);
  const bool is_eigen = contestant == "eigen";
  if (contestant == "fixed" && kind == "line") return eigen_fixed_net(lines()[at]);
  if (kind == "line") return is_eigen ? eigen_net(lines()[at]) : sandflow_net(lines()[at]);
  if (kind == "product") return is_eigen ? eigen_product(products()[at]) : sandflow_product(products()[at]);
  if (kind == "batch") return is_eigen ? eigen_net(with_batch(number)) : sandflow_net(with_batch(number));
  if (kind == "depth") return sandflow_net(with_depth(number));
  return peak();
}

std::string answer(const std::string& request) {
  static std::map<int, std::unique_ptr<Trial>> trials;
  static int opened = 0;
  std::istringstream words(request);
  std::string verb, contestant, kind;
  int number = 0, times = 0;
  words >> verb;
  if (verb == "list") return list();
  if (verb == "open") {
    words >> contestant >> kind >> number;
    trials[++opened] = trial(contestant, kind, number);
    return std::to_string(opened);
  }
  words >> number >> times;
  if (verb == "data") return data(static_cast<std::size_t>(number));
  if (verb == "close") return std::to_string(trials.erase(number));
  Trial& opened_trial = *trials.at(number);
  if (verb == "value") return shortest(opened_trial.value());
  if (verb == "work") return shortest(opened_trial.work());
  opened_trial.run(times);
  return "done";
}

}  // namespace

}  // namespace sandflow::bench

#ifdef __EMSCRIPTEN__

namespace {
std::string text;
}

// Room for a request of so many bytes.
extern "C" __attribute__((export_name("room"))) char* bench_room(unsigned bytes) {
  text.resize(bytes);
  return text.data();
}

// Answers it: text that ends with a zero.
extern "C" __attribute__((export_name("answer"))) const char* bench_answer() {
  text = sandflow::bench::answer(text);
  return text.c_str();
}

#else

int main() {
  for (std::string request; std::getline(std::cin, request);)
    std::cout << sandflow::bench::answer(request) << std::endl;
}

#endif
