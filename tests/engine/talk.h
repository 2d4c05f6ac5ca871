// Guards nothing by itself: a module that is asked in one line, and what such lines are made of.
#pragma once

#include <doctest.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/json.h"
#include "engine/core/text.h"
#include "engine/module/module.h"

namespace sandflow::test {

// A module that is asked in one line; the answer is its JSON.
struct Talk {
  Module module;
  std::vector<std::byte> payload;  // Of the last answer.

  std::string ask(std::string_view json, std::span<const std::byte> sent = {}) {
    Module::Reply reply = module.call(json, sent);
    payload = std::move(reply.payload);
    return reply.json;
  }
  // As if in Python, with its graph (1) and what stands before it left out.
  std::string op(std::string_view type, std::string_view inputs = "", std::string_view attrs = "",
                 std::string_view more = "") {
    return ask(cat(R"({"call":"op","graph":1,"type":")", type, R"(","inputs":[)", inputs, R"(],"attrs":{)",
                   attrs, "}", more, "}"));
  }
  std::string run(std::string_view fetches, std::string_view feeds = "") {
    return ask(cat(R"({"call":"run","session":2,"fetches":[)", fetches, R"(],"feeds":[)", feeds, "]}"));
  }
  float number(std::size_t i) const {
    float value = 0;
    REQUIRE(payload.size() >= (i + 1) * sizeof value);
    std::memcpy(&value, payload.data() + i * sizeof value, sizeof value);
    return value;
  }
};

// With a graph, 1, and a session of it, 2.
struct Begun : Talk {
  Begun() {
    CHECK(ask(R"({"call":"graph","seed":7})") == R"({"result":1})");
    CHECK(ask(R"({"call":"session","graph":1})") == R"({"result":2})");
  }
};

inline std::string wrong(std::string_view name, std::string_view message, std::string_view node = "") {
  JsonWriter json;
  json.open().key("error").open().field("name", name).field("message", message).field("node", node);
  return json.close().close().take();
}

inline std::string literal(std::string_view text) {
  JsonWriter json;
  return json.open().field("literal", text).close().take();
}

inline std::string tensor(int node, int output = 0, int graph = 1) {
  return cat(R"({"tensor":[)", graph, ",", node, ",", output, "]}");
}

inline std::string operation(int node, int graph = 1) {
  return cat(R"({"operation":[)", graph, ",", node, "]}");
}

}  // namespace sandflow::test
