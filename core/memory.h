#pragma once
/// Buffers: reference-counted storage for tensor elements. Blocks come from free lists of the
/// thread, so that a training step, once warmed up, needs no memory from the operating system.

#include <array>
#include <bit>
#include <cstddef>
#include <new>
#include <utility>

#include <gradus/core/scalar.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// In front of every block. `owners` must stay last, next to the elements: Buffer finds it there.
struct alignas(16) BlockHeader {
  void* block;  ///< the address that malloc returned
  alignas(8) std::uint32_t size_class;
  std::uint32_t owners;
};
static_assert(sizeof(BlockHeader) == 16 && offsetof(BlockHeader, owners) == 12);
inline BlockHeader& header_of(void* memory) { return static_cast<BlockHeader*>(memory)[-1]; }

struct FreeBlock {
  FreeBlock* next;
};

/// A thread's free lists. Trivially destructible, since static tensors outlive a thread's locals.
struct Pool {
  std::array<FreeBlock*, 100> free;
  bool open;    ///< takes blocks back: the lists will be emptied when the thread ends
  bool closed;  ///< the lists have been emptied: memory goes straight to free()
};
extern constinit thread_local Pool pool;

inline constexpr std::uint32_t unpooled = 255;
inline constexpr std::size_t largest_pooled = std::size_t{64} << 20;

/// Four sizes per power of two: at most a quarter of a block is unused.
constexpr std::uint32_t size_class_of(std::size_t bytes) {
  if (bytes <= 64) return bytes <= 16 ? 1 : static_cast<std::uint32_t>((bytes + 15) / 16);
  const std::size_t last = bytes - 1;
  const auto power = static_cast<std::uint32_t>(std::bit_width(last)) - 1;
  return 5 + (power - 6) * 4 + static_cast<std::uint32_t>((last >> (power - 2)) & 3);
}

void* take_from_system(std::size_t bytes);
void release_outside_pool(void* memory) noexcept;

/// Memory of at least `bytes`, aligned to 16 bytes, or to 64 from 1 KiB on. A released block goes
/// to the free list of the thread that releases it; a block over 64 MiB goes back to the system.
/// Throws std::bad_alloc. Inline, because it runs for every tensor.
inline void* take_memory(std::size_t bytes) {
  if (bytes > largest_pooled) [[unlikely]]
    return take_from_system(bytes);
  FreeBlock*& list = pool.free[size_class_of(bytes)];
  if (!list) [[unlikely]]
    return take_from_system(bytes);
  void* memory = std::exchange(list, list->next);
  header_of(memory).owners = 1;
  return memory;
}
inline void release_memory(void* memory) noexcept {
  const std::uint32_t size_class = header_of(memory).size_class;
  if (size_class == unpooled || !pool.open) [[unlikely]]
    return release_outside_pool(memory);
  FreeBlock*& list = pool.free[size_class];
  list = new (memory) FreeBlock{list};
}

/// `count` elements, shared by owners that are counted without atomics: for one thread at a time.
class Buffer {
 public:
  Buffer() = default;
  /// Uninitialised elements.
  explicit Buffer(std::int64_t count)
      : data_(static_cast<Scalar*>(take_memory(static_cast<std::size_t>(count) * sizeof(Scalar)))) {
  }
  /// A new buffer with the first `count` elements.
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
  /// Whether this is the only owner, so that a write changes no other buffer.
  bool unique() const { return data_ && owners() == 1; }
  void reset() { *this = Buffer(); }

 private:
  /// The last member of the BlockHeader before the elements.
  std::uint32_t& owners() const { return *(reinterpret_cast<std::uint32_t*>(data_) - 1); }

  Scalar* data_ = nullptr;
};

}}}  // namespace gradus::detail
