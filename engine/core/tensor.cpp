// Storage of tensors: one aligned block of plain elements, or a vector of strings.
#include "engine/core/tensor.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>

#include "engine/core/text.h"
#include "engine/core/vector.h"

namespace sandflow {

// 16 bytes is what a SIMD128 load wants, and how far beyond its end a tensor may be read.
constexpr std::align_val_t kAlignment{16};

Tensor::Storage::Storage(std::size_t byte_count)
    : bytes(static_cast<std::byte*>(::operator new(byte_count + 16, kAlignment))), size(byte_count) {
  live += static_cast<std::int64_t>(size);
}

Tensor::Storage::~Storage() {
  live -= static_cast<std::int64_t>(size);
  ::operator delete(bytes, kAlignment);
}

Status Tensor::check_size(DType dtype, const Shape& shape) {
  SANDFLOW_CHECK(shape.fully_defined());
  if (shape.rank() > kMaxRank)
    return invalid_argument(cat("Shape must have at most ", kMaxRank, " dimensions, not ", shape.rank()));
  const std::int64_t per_element =
      dtype == DType::kString ? 32 : static_cast<std::int64_t>(size_in_bytes(dtype));
  if (shape.elements() <= (std::min(max_bytes, max_live_bytes - Storage::live)) / per_element) return {};
  return Error{ErrorKind::kResourceExhausted,
               cat("OOM when allocating tensor with shape", shape.runtime(), " and type ", cpp_name(dtype)),
               {}};
}

Result<Tensor> Tensor::make(DType dtype, Shape shape) {
  SANDFLOW_TRY(check_size(dtype, shape));
  return Tensor(dtype, std::move(shape));
}

Tensor::Tensor(DType dtype, Shape shape)
    : dtype_(dtype), shape_(std::move(shape)), elements_(shape_.elements()) {
  if (dtype == DType::kString) {
    storage_ = std::make_shared<Storage>(std::vector<std::string>(static_cast<std::size_t>(elements_)));
    return;
  }
  storage_ = std::make_shared<Storage>(static_cast<std::size_t>(elements_) * size_in_bytes(dtype));
  std::memset(storage_->bytes, 0, storage_->size);
}

void Tensor::copy_elements() {
  if (dtype_ == DType::kString) {
    storage_ = std::make_shared<Storage>(storage_->strings);
    return;
  }
  auto copy = std::make_shared<Storage>(storage_->size);
  std::memcpy(copy->bytes, storage_->bytes, storage_->size);
  storage_ = std::move(copy);
}

double Tensor::number(std::int64_t i) const {
  return with_plain(dtype_,
                    [&]<class T>() { return static_cast<double>(read<T>()[static_cast<std::size_t>(i)]); });
}

std::int64_t Tensor::integer(std::int64_t i) const {
  const auto k = static_cast<std::size_t>(i);
  return dtype_ == DType::kInt64 ? read<std::int64_t>()[k] : read<std::int32_t>()[k];
}

Tensor::Extent Tensor::extent() const {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  Extent found{kInfinite, -kInfinite};
  const auto meet = [&](auto element) {
    const auto x = static_cast<double>(element);
    if (!std::isfinite(x)) return;
    found.minimum = std::min(found.minimum, x);
    found.maximum = std::max(found.maximum, x);
  };
  if (dtype_ == DType::kFloat32) {
    // What a layer makes of a batch of images is hundreds of thousands of numbers.
    const std::span<const float> all = read<float>();
    Four least = splat(std::numeric_limits<float>::infinity()), most = -least;
    std::size_t i = 0;
    for (; i + 4 <= all.size(); i += 4) {
      const Four x = load(&all[i]);
      const auto is_finite = x - x == Four{};
      least = (is_finite & (x < least)) ? x : least;
      most = (is_finite & (x > most)) ? x : most;
    }
    for (; i < all.size(); ++i) meet(all[i]);
    for (int lane = 0; lane < 4; ++lane) {
      meet(least[lane]);
      meet(most[lane]);
    }
  } else {
    with_plain(dtype_, [&]<class T>() {
      for (const T element : read<T>()) meet(element);
    });
  }
  return found.minimum <= found.maximum ? found : Extent();
}

Tensor Tensor::reshaped(Shape shape) const {
  SANDFLOW_CHECK(shape.elements() == elements_);
  Tensor copy = *this;
  copy.shape_ = std::move(shape);
  return copy;
}

bool Tensor::same_bits(const Tensor& other) const {
  if (defined() != other.defined()) return false;
  if (!defined()) return true;
  if (dtype_ != other.dtype_ || shape_ != other.shape_) return false;
  if (dtype_ == DType::kString) return storage_->strings == other.storage_->strings;
  return std::memcmp(storage_->bytes, other.storage_->bytes, storage_->size) == 0;
}

}  // namespace sandflow
