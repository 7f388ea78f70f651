#include <gradus/core/memory.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <new>

namespace gradus::inline GRADUS_VARIANT::detail {
namespace {

/// In front of every block. `owners` must stay last: Buffer finds it there.
struct alignas(16) Header {
  void* block;  ///< what malloc gave
  std::uint32_t size_class;
  std::uint32_t owners;
};
static_assert(sizeof(Header) == 16);

struct FreeBlock {
  FreeBlock* next;
};

constexpr std::size_t aligned_from = 1024, cache_line = 64;
constexpr std::uint32_t unpooled = 255;
constexpr std::size_t largest_pooled = std::size_t{64} << 20;

/// Four sizes per power of two: at most a quarter of a block lies idle.
std::uint32_t size_class_of(std::size_t bytes) {
  if (bytes <= 64) return static_cast<std::uint32_t>((bytes + 15) / 16);
  const std::size_t last = bytes - 1;
  const auto power = static_cast<std::uint32_t>(std::bit_width(last)) - 1;
  return 5 + (power - 6) * 4 + static_cast<std::uint32_t>((last >> (power - 2)) & 3);
}

std::size_t size_of_class(std::uint32_t size_class) {
  if (size_class < 5) return size_class * std::size_t{16};
  const std::uint32_t power = 6 + (size_class - 5) / 4, quarter = (size_class - 5) % 4;
  return (std::size_t{1} << power) + (std::size_t{quarter} + 1) * (std::size_t{1} << (power - 2));
}

/// Trivially destructible, so that tensors of static storage, which outlive a thread's locals, may
/// still be released: from `closed` on, memory goes straight to free().
struct Pool {
  std::array<FreeBlock*, 100> free;
  bool watched;  ///< a Closer will empty the lists
  bool closed;
};
constinit thread_local Pool pool{};

Header& header_of(void* memory) { return static_cast<Header*>(memory)[-1]; }

/// Empties the thread's free lists when it ends.
struct Closer {
  Closer() = default;
  Closer(const Closer&) = delete;
  Closer& operator=(const Closer&) = delete;
  ~Closer() {
    pool.closed = true;
    for (FreeBlock*& list : pool.free)
      while (list) std::free(header_of(std::exchange(list, list->next)).block);
  }
};

[[gnu::cold, gnu::noinline]] void watch() {
  thread_local const Closer closer;
  pool.watched = true;
}

[[gnu::cold, gnu::noinline]] void* take_from_system(std::size_t bytes, std::uint32_t size_class) {
  if (size_class != unpooled) bytes = size_of_class(size_class);
  const std::size_t front = bytes >= aligned_from ? cache_line : sizeof(Header);
  void* block = bytes >= aligned_from
                    ? std::aligned_alloc(cache_line,
                                         (front + bytes + cache_line - 1) / cache_line * cache_line)
                    : std::malloc(front + bytes);
  if (!block) throw std::bad_alloc();
  void* memory = static_cast<std::byte*>(block) + front;
  header_of(memory) = {block, size_class, 1};
  return memory;
}

}  // namespace

void* take_memory(std::size_t bytes) {
  if (bytes < 16) bytes = 16;  // room for a FreeBlock
  if (bytes > largest_pooled) return take_from_system(bytes, unpooled);
  const std::uint32_t size_class = size_class_of(bytes);
  FreeBlock*& list = pool.free[size_class];
  if (!list) return take_from_system(bytes, size_class);
  void* memory = std::exchange(list, list->next);
  header_of(memory).owners = 1;
  return memory;
}

void release_memory(void* memory) noexcept {
  const Header& header = header_of(memory);
  if (header.size_class == unpooled || pool.closed) {
    std::free(header.block);
    return;
  }
  if (!pool.watched) watch();
  FreeBlock*& list = pool.free[header.size_class];
  list = new (memory) FreeBlock{list};
}

Buffer::Buffer(std::int64_t count)
    : data_(static_cast<Scalar*>(take_memory(static_cast<std::size_t>(count) * sizeof(Scalar)))) {}

Buffer Buffer::zeros(std::int64_t count) {
  Buffer made(count);
  std::fill_n(made.data(), count, Scalar(0));
  return made;
}

Buffer Buffer::copy(std::int64_t count) const {
  Buffer made(count);
  std::copy_n(data_, count, made.data());
  return made;
}

}  // namespace gradus::inline GRADUS_VARIANT::detail
