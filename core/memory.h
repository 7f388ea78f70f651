#pragma once
/// Buffers: reference-counted storage for tensor elements, taken from free lists of the thread, so
/// that a training step in its stride asks the operating system for nothing.

#include <cstddef>
#include <cstdint>
#include <utility>

#include <gradus/core/scalar.h>

namespace gradus::inline GRADUS_VARIANT::detail {

/// Memory of at least `bytes`, aligned to 16, or to 64 from 1 KiB on. A released block goes to the
/// free list of the thread that releases it; blocks over 64 MiB go straight back to the system.
/// Throws std::bad_alloc.
void* take_memory(std::size_t bytes);
void release_memory(void* memory) noexcept;

/// `count` elements with shared ownership. The count of owners is not atomic: a buffer belongs to
/// one thread at a time.
class Buffer {
 public:
  Buffer() = default;
  /// Uninitialised elements.
  explicit Buffer(std::int64_t count);
  static Buffer zeros(std::int64_t count);
  /// Its first `count` elements in storage of their own.
  Buffer copy(std::int64_t count) const;
  Buffer(const Buffer& other) noexcept : data_(other.data_) {
    if (data_) ++owners();
  }
  Buffer(Buffer&& other) noexcept : data_(std::exchange(other.data_, nullptr)) {}
  Buffer& operator=(Buffer other) noexcept {
    std::swap(data_, other.data_);
    return *this;
  }
  ~Buffer() {
    if (data_ && --owners() == 0) release_memory(data_);
  }

  Scalar* data() const { return data_; }
  explicit operator bool() const { return data_ != nullptr; }
  /// Nobody else would see a write.
  bool unique() const { return data_ && owners() == 1; }
  void reset() { *this = Buffer(); }

 private:
  /// The count sits in the last bytes before the elements; see memory.cpp.
  std::uint32_t& owners() const { return *(reinterpret_cast<std::uint32_t*>(data_) - 1); }

  Scalar* data_ = nullptr;
};

}  // namespace gradus::inline GRADUS_VARIANT::detail
