// Parameters left unsaid take their initial values.
#include "engine/training/parameter.h"

namespace sandflow {

Parameters complete(const std::vector<Parameter>& list, const std::map<std::string, double>& given) {
  Parameters all;
  for (const Parameter& parameter : list) {
    const auto it = given.find(parameter.name);
    all[parameter.name] = it == given.end() ? parameter.initial : it->second;
  }
  return all;
}

}  // namespace sandflow
