// Joins the families' tables.
#include "engine/ops/list.h"

#include <map>

namespace sandflow {

const std::vector<const Op*>& all_ops() {
  static const std::vector<std::vector<Op>> families = {
      source_ops(),  state_ops(),       arithmetic_ops(), logic_ops(),   math_ops(),  reduction_ops(),
      linear_ops(),  convolution_ops(), activation_ops(), loss_ops(),    shape_ops(), slicing_ops(),
      picking_ops(), joining_ops(),     random_ops(),     training_ops()};
  static const std::vector<const Op*> ops = [] {
    std::vector<const Op*> list;
    for (const std::vector<Op>& family : families)
      for (const Op& op : family) list.push_back(&op);
    return list;
  }();
  return ops;
}

const Op* find_op(std::string_view type) {
  static const auto by_type = [] {
    std::map<std::string_view, const Op*> map;
    for (const Op* op : all_ops()) map[op->type] = op;
    return map;
  }();
  const auto it = by_type.find(type);
  return it == by_type.end() ? nullptr : it->second;
}

}  // namespace sandflow
