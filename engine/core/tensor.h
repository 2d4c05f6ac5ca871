// A tensor with its value: dtype, shape and elements in row-major order.
// Copies share their elements until one of them is written to, so handing tensors around costs nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/core/dtype.h"
#include "engine/core/error.h"
#include "engine/core/shape.h"

namespace sandflow {

class Tensor {
 public:
  // No tensor may be larger: a learner's slip (zeros([10**12])) gets an error, not a dead page.
  // Nor may all together: WebAssembly's memory ends at 2 GiB. A fuzzer sets less, so that whatever it
  // multiplies with what is done in no time.
  static inline std::int64_t max_bytes = std::int64_t{1} << 28;
  static inline std::int64_t max_live_bytes = std::int64_t{1} << 30;
  static constexpr int kMaxRank = 254;  // TensorFlow's own limit.

  Tensor() = default;  // No value at all; `defined()` is false.
  // Zeros (empty strings) of a shape known to fit; `make` is the form for shapes a learner chose.
  Tensor(DType dtype, Shape shape);
  static Result<Tensor> make(DType dtype, Shape shape);
  // What keeps `make` from making one: ResourceExhaustedError, InvalidArgumentError for too high a rank.
  static Status check_size(DType dtype, const Shape& shape);

  template <class T>
  static Tensor scalar(T value) {
    return of<T>({}, {value});
  }
  template <class T>
  static Tensor of(Shape shape, const std::vector<T>& values) {
    Tensor tensor(dtype_of<T>, std::move(shape));
    SANDFLOW_CHECK(static_cast<std::size_t>(tensor.elements()) == values.size());
    std::span<T> out = tensor.write<T>();
    for (std::size_t i = 0; i < values.size(); ++i) out[i] = values[i];
    return tensor;
  }
  template <class T>
  static Tensor vector(const std::vector<T>& values) {
    return of<T>({static_cast<std::int64_t>(values.size())}, values);
  }

  bool defined() const { return storage_ != nullptr; }
  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  std::int64_t elements() const { return elements_; }

  template <class T>
  std::span<const T> read() const {
    return {static_cast<const T*>(data(dtype_of<T>)), static_cast<std::size_t>(elements_)};
  }
  // For writing: first makes the elements this tensor's own if they are shared.
  template <class T>
  std::span<T> write() {
    unshare();
    return {const_cast<T*>(read<T>().data()), static_cast<std::size_t>(elements_)};
  }
  // Makes the elements this tensor's own.
  void unshare() {
    if (shared()) copy_elements();
  }
  // Whether the elements are at this place, and nobody shares them.
  bool is_alone_at(const void* place) const {
    return storage_ && storage_->bytes == place && place && !shared();
  }
  bool shared() const { return storage_.use_count() > 1; }

  // Element `i` of any numeric or bool tensor as a double (int64 above 2^53 is rounded).
  double number(std::int64_t i) const;
  // Element `i` of an integer tensor.
  std::int64_t integer(std::int64_t i) const;
  // The least and the largest finite element of a numeric or bool tensor; 0 and 0 if there is none.
  struct Extent {
    double minimum = 0, maximum = 0;
  };
  Extent extent() const;
  // The same elements seen with another shape of as many elements.
  Tensor reshaped(Shape shape) const;
  // Of all tensors there are.
  static std::int64_t live_bytes() { return Storage::live; }
  // Whether dtype, shape and every bit of every element agree.
  bool same_bits(const Tensor& other) const;

 private:
  struct Storage {
    explicit Storage(std::size_t byte_count);
    explicit Storage(std::vector<std::string> values) : strings(std::move(values)) {}
    ~Storage();
    Storage(const Storage&) = delete;
    Storage& operator=(const Storage&) = delete;

    std::byte* bytes = nullptr;
    std::size_t size = 0;
    std::vector<std::string> strings;

    static inline std::int64_t live = 0;  // Bytes of all tensors there are.
  };
  const void* data(DType expected) const {
    SANDFLOW_CHECK(storage_ && expected == dtype_);
    return dtype_ == DType::kString ? static_cast<const void*>(storage_->strings.data()) : storage_->bytes;
  }

  void copy_elements();

  DType dtype_ = DType::kFloat32;
  Shape shape_;
  std::int64_t elements_ = 0;
  std::shared_ptr<Storage> storage_;
};

}  // namespace sandflow
