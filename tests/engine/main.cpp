// Guards that there is one program which runs every test of the engine, and that no golden vector is left
// out.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest.h>

#include "tests/engine/golden.h"

int main(int count, char** arguments) {
  const int result = doctest::Context(count, arguments).run();
  return result != 0 || sandflow::test::golden_vectors_hold() ? result : 1;
}
