// What can be timed: something that is done again and again, by one contestant.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/bench/lines.h"

namespace sandflow::bench {

class Trial {
 public:
  virtual ~Trial() = default;
  virtual void run(int times) = 0;
  // Shows that it is done right: contestants agree on it after as many times.
  virtual double value() const = 0;
  // What one time amounts to: floating-point operations of a product, nodes of a graph.
  virtual double work() const { return 0; }
};

// A product or a convolution that a net of the table needs, or a large one for comparison.
struct Product {
  enum class Form {
    kPlain,            // A B
    kTransposedLeft,   // A' B: the gradient of weights
    kTransposedRight,  // A B': the gradient of inputs
    kConvolution,      // Of images that keep their size, with its two gradients
    kFilterGradient,
    kInputGradient
  };
  std::string name;
  Form form;
  int rows = 0, depth = 0, columns = 0;               // Of the result, and how many terms each sum has;
  int images = 0, side = 0, inputs = 0, filters = 0;  // or of square images.

  Array left() const;
  Array right() const;
  // Multiplications and additions, those with the zeros around an image among them.
  double operations() const;
};

const std::vector<Product>& products();

std::unique_ptr<Trial> sandflow_net(const Line& line);
std::unique_ptr<Trial> sandflow_product(const Product& product);
// The program a C++ programmer would write for one of lines(), or with_batch().
std::unique_ptr<Trial> eigen_net(const Line& line);
std::unique_ptr<Trial> eigen_fixed_net(const Line& line);
std::unique_ptr<Trial> eigen_product(const Product& product);
// Multiplications and additions of whole vectors that never leave the registers: what nothing can exceed.
std::unique_ptr<Trial> peak();

}  // namespace sandflow::bench
