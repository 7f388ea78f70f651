#include <gradus/core/memory.h>

#include <algorithm>
#include <cstdlib>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

constinit thread_local Pool pool{};

namespace {

constexpr std::size_t aligned_from = 1024, cache_line = 64;

std::size_t size_of_class(std::uint32_t size_class) {
  if (size_class < 5) return size_class * std::size_t{16};
  const std::uint32_t power = 6 + (size_class - 5) / 4, quarter = (size_class - 5) % 4;
  return (std::size_t{1} << power) + (std::size_t{quarter} + 1) * (std::size_t{1} << (power - 2));
}

/// Empties the thread's free lists when the thread ends.
struct Closer {
  Closer& operator=(Closer&&) = delete;  // nor any copy
  ~Closer() {
    pool.open = false;
    pool.closed = true;
    for (FreeBlock*& list : pool.free)
      while (list) std::free(header_of(std::exchange(list, list->next)).block);
  }
};

}  // namespace

[[gnu::cold]] void* take_from_system(std::size_t bytes) {
  const std::uint32_t size_class = bytes > largest_pooled ? unpooled : size_class_of(bytes);
  if (size_class != unpooled) bytes = size_of_class(size_class);
  const std::size_t front = bytes >= aligned_from ? cache_line : sizeof(BlockHeader);
  void* block = bytes >= aligned_from
                    ? std::aligned_alloc(cache_line,
                                         (front + bytes + cache_line - 1) / cache_line * cache_line)
                    : std::malloc(front + bytes);
  if (!block) throw std::bad_alloc();
  void* memory = static_cast<std::byte*>(block) + front;
  header_of(memory) = {block, size_class, 1};
  return memory;
}

/// Frees a block that no pool takes. The first block that a thread releases opens its pool.
[[gnu::cold]] void release_outside_pool(void* memory) noexcept {
  if (header_of(memory).size_class == unpooled || pool.closed)
    return std::free(header_of(memory).block);
  thread_local const Closer closer;
  pool.open = true;
  release_memory(memory);
}

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

}}}  // namespace gradus::detail
