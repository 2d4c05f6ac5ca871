// The module's entrance in WebAssembly: a request is written into memory here, its answer is read from it.
#include <cstdint>
#include <new>

#include "engine/module/module.h"

#define SANDFLOW_EXPORT(name) extern "C" __attribute__((export_name(name)))

namespace {

sandflow::Module engine;
sandflow::Module::Reply reply;
std::vector<std::byte> request;

}  // namespace

// Room for the next request, its text first, then its payload.
SANDFLOW_EXPORT("room") std::byte* sandflow_room(std::uint32_t bytes) {
  request.resize(bytes);
  return request.data();
}

SANDFLOW_EXPORT("call") void sandflow_call(std::uint32_t json_bytes) {
  const std::span<const std::byte> whole(request);
  reply = engine.call({reinterpret_cast<const char*>(whole.data()), json_bytes}, whole.subspan(json_bytes));
  request = {};
}

SANDFLOW_EXPORT("json") const char* sandflow_json() { return reply.json.data(); }
SANDFLOW_EXPORT("json_bytes") std::uint32_t sandflow_json_bytes() {
  return static_cast<std::uint32_t>(reply.json.size());
}
SANDFLOW_EXPORT("payload") const std::byte* sandflow_payload() { return reply.payload.data(); }
SANDFLOW_EXPORT("payload_bytes") std::uint32_t sandflow_payload_bytes() {
  return static_cast<std::uint32_t>(reply.payload.size());
}
