// The engine as JavaScript's module sees it: graphs, sessions and scenes by handles, one call at a time. A
// request is JSON beside a payload of tensor elements, and so is its answer; whatever a request says, it gets
// an answer.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sandflow {

class Module {
 public:
  struct Reply {
    std::string json;  // {"result": ...} or {"error": {"name": "ValueError", "message": ..., "node": ...}}
    std::vector<std::byte> payload;
  };

  Module();
  ~Module();

  // {"call": "op", "graph": 1, "type": "MatMul", ...}: module.cpp lists the calls and their members.
  Reply call(std::string_view json, std::span<const std::byte> payload = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sandflow
