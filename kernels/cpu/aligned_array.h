// SPDX-License-Identifier: MIT
// A heap array that starts on a cache line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

namespace axlut {

template <typename T>
class AlignedArray {
 public:
  AlignedArray() = default;
  explicit AlignedArray(int64_t size)
      : data_(static_cast<T*>(
            ::operator new (static_cast<size_t>(size) * sizeof(T), std::align_val_t{64}))) {
    for (int64_t i = 0; i < size; ++i) data_[i] = T{};
  }
  AlignedArray(AlignedArray&& other) noexcept : data_(other.data_) { other.data_ = nullptr; }
  AlignedArray& operator=(AlignedArray&& other) noexcept {
    T* mine = data_;
    data_ = other.data_;
    other.data_ = mine;
    return *this;
  }
  ~AlignedArray() { ::operator delete (data_, std::align_val_t{64}); }

  T* data() { return data_; }
  const T* data() const { return data_; }

 private:
  T* data_ = nullptr;
};

}  // namespace axlut
