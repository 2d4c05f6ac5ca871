// What a program is made of: one call of a kernel for float32 whose operands are bare memory and whose sizes
// are known. The list in instructions.cpp says which operations have one; every other runs as its description
// says (graph/op.h).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/core/convolution.h"
#include "engine/core/product.h"
#include "engine/graph/graph.h"

namespace sandflow {

enum class Activation { kNone, kRelu, kTanh, kSigmoid };

// Memory may be read and written up to three floats beyond a tensor's end: whole vectors, without a scalar
// rest.
struct Instruction {
  void (*run)(const Instruction&) = nullptr;
  const float* in[8] = {};
  float* out[4] = {};
  float* scratch = nullptr;
  std::int64_t m = 0, k = 0, n = 0;  // Rows, terms and columns, or as the kernel says.
  std::int64_t a_row = 0, a_column = 0, b_row = 0, b_column = 0;  // Of a product's operands.
  std::int64_t panel = 0;              // How many rows of a product are used up at a time.
  SmallProduct* small = nullptr;       // Of a product, if there is one for its sizes.
  SmallOuterSums* outer = nullptr;     // Of a layer.
  const Instruction* parts = nullptr;  // Of a chain or a layer; k is how many.
  Activation activation = Activation::kNone;
  bool flag = false;
  Sliding sliding;  // Of images.
};

void run(const Instruction& instruction);

// An operand as the compiler sees it.
struct Operand {
  int value = -1;  // Its number in the program.
  const Shape* shape = nullptr;
  const Tensor* constant = nullptr;  // If it is one.

  bool is_scalar() const;  // One element, or a constant of equal ones.
};

// An instruction before its memory is placed.
struct Recipe {
  Instruction instruction;
  std::vector<int> in, out;    // Numbers of values; variables are written in place.
  std::int64_t scratch = 0;    // Floats.
  bool may_overwrite = false;  // The first output may lie where an input of its size ends.
  // Of an update, whose last input is the gradient: the kernels that first compute that, as a product or as a
  // sum of rows.
  void (*after_product)(const Instruction&) = nullptr;
  void (*after_sum)(const Instruction&) = nullptr;
  // Of an update that computes its gradient: the kernel of a whole layer's way back.
  void (*of_layer)(const Instruction&) = nullptr;
  std::vector<Recipe> parts;  // Of a chain or a layer.
};

// The recipe of a node on float32 tensors; nothing if there is none for these shapes. `in`: its inputs,
// references included; `out`: its outputs, those of references being the variable itself.
std::optional<Recipe> recipe_for(const Node& node, const std::vector<Operand>& in,
                                 const std::vector<Operand>& out);

// Makes a product add `bias` to every row and apply the activation, which changes no bit of either.
void fuse_bias(Recipe& product, const Operand& bias, int out);
void fuse_activation(Recipe& product, Activation activation, int out);
Activation activation_of(const Node& node);
// Makes a product of matrices, a gradient, go on through an activation that gave `y` (of relu: that was given
// `y`).
void fuse_slope(Recipe& product, Activation activation, const Operand& y, int out);
// Makes an update compute its gradient by itself, a few rows at a time, which are used up while they are in
// the nearest memory; false if it is none of those that can be.
bool fuse_gradient(Recipe& update, const Recipe& gradient);
// Two instructions as one, the second of which reads what the first has made, alone or not; nothing if no
// kernel does both.
std::optional<Recipe> joined(const Recipe& first, const Recipe& second, bool is_only_reader);
// A small layer's whole way back in one: updates that compute their gradients, of its weights and of its
// biases, and what is to be run before them, if anything. Nothing if the two do not belong together, or are
// not small.
std::optional<Recipe> layer_gradient(const Recipe& weights, const Recipe& biases, const Recipe* before);
// The elements of a value somewhere else.
Recipe copy_of(int value, int to, std::int64_t elements);
// Layers one after the other, of many rows: so few rows at a time that what is between the layers stays in
// the nearest memory.
bool may_chain(const Recipe& layer);
Recipe chain(std::vector<Recipe> layers);
// What activation a node's operation takes a gradient through, and which of its inputs that is.
struct Slope {
  Activation activation = Activation::kNone;
  std::size_t gradient = 0;
};
Slope slope_of(const Node& node);

}  // namespace sandflow
