// libFuzzer: any bytes as a scene. What opens must run, and read back as what it was written as.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/scene/workspace.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sandflow;
  Workspace workspace;
  if (!workspace.open({reinterpret_cast<const char*>(data), size}).ok()) return 0;
  workspace.snapshot();
  workspace.advance(3, [] { return true; });
  workspace.snapshot();
  workspace.reset();
  const std::string written = workspace.json();
  Workspace again;
  SANDFLOW_CHECK(again.open(written).ok());
  SANDFLOW_CHECK(again.json() == written);
  return 0;
}
