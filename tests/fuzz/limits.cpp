// What a fuzzer may take of memory: so little that it tries thousands of inputs instead of a few large
// tensors.
#include "engine/core/tensor.h"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  sandflow::Tensor::max_bytes = std::int64_t{1} << 20;
  sandflow::Tensor::max_live_bytes = std::int64_t{1} << 26;
  return 0;
}
