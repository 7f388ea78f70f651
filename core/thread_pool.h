#pragma once
/// Threads: how many of them one op may use, and how the library shares work out.

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include <gradus/core/shape.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// While one lives, large ops and updates that this thread asks for are shared out among `count`
/// threads, itself included: for training loops written by hand; a model has
/// CompileOptions::threads. Nests: the innermost counts. ValueError unless count >= 1.
///
/// The results are the same, bit for bit, at any count. Work is cut into pieces whose bounds depend
/// on its size alone, and no sum is cut. Large are products of 2^23 multiply-adds and element-wise
/// ops on 2^18 elements: a layer of 784 to 128 units is shared from batch 84 on. The helpers are
/// this thread's own: they start with the first large op, sleep after a millisecond without work,
/// and end with this thread. At most 64 threads are used; where the system refuses to start one,
/// the others do the work.
class Threads {
 public:
  explicit Threads(Extent count);
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  ~Threads();

 private:
  int before_;
};

namespace detail {

/// How many threads work for this one, itself included.
int threads() noexcept;

inline constexpr std::int64_t most_pieces = 1024;
void run_pieces(int pieces, void (*call)(const void* f, int piece, int thread), const void* f);

/// f(piece, thread) for each piece of [0, pieces), in any order, side by side on threads
/// [0, threads()) of which 0 is the caller; returns when all is done. At most most_pieces. f must
/// not throw, and leaves tensors and buffers alone but for the elements that are its piece.
template <class F>
void in_pieces(int pieces, const F& f) {
  run_pieces(
      pieces,
      [](const void* any, int piece, int thread) { (*static_cast<const F*>(any))(piece, thread); },
      &f);
}

/// An array of fewer elements is not worth sharing; some microseconds' worth make a piece.
inline constexpr std::int64_t shared_elements = 1 << 18, elements_per_piece = 1 << 14;

/// f(begin, end) over [0, n), items of `width` elements each: at once, or in pieces side by side.
template <class F>
[[gnu::noinline, gnu::cold]] void share_ranges(std::int64_t n, const F& f, std::int64_t width) {
  if (threads() == 1) return f(std::int64_t{0}, n);
  const std::int64_t least = std::max(elements_per_piece / width, std::int64_t{1}),
                     step = (n / least + most_pieces) / most_pieces * least;
  in_pieces(static_cast<int>((n + step - 1) / step), [&](int piece, int) {
    const std::int64_t begin = piece * step;
    f(begin, std::min(n, begin + step));
  });
}
template <class F>
void in_ranges(std::int64_t n, const F& f, std::int64_t width = 1) {
  if (n * width < shared_elements) return f(std::int64_t{0}, n);
  share_ranges(n, f, width);
}

/// Stands for the number of elements among a kernel's arguments.
struct Length {};

template <class T>
auto part_of(T argument, std::int64_t begin, std::int64_t end) {
  if constexpr (std::is_same_v<T, Length>)
    return end - begin;
  else if constexpr (std::is_pointer_v<T>)
    return argument ? argument + begin : argument;
  else
    return argument;
}
template <class Kernel, class... Arguments>
[[gnu::noinline, gnu::cold]] void share_large(std::int64_t n, Kernel kernel,
                                              Arguments... arguments) {
  in_ranges(
      n, [&](std::int64_t begin, std::int64_t end) { kernel(part_of(arguments, begin, end)...); });
}

/// kernel(arguments...) over arrays of n elements: at once, or in pieces side by side. Pointers
/// among the arguments are the arrays, or null. Costs one comparison where n is small.
template <class Kernel, class... Arguments>
void share(std::int64_t n, Kernel kernel, const Arguments&... arguments) {
  if (n < shared_elements) return kernel(part_of(arguments, 0, n)...);
  share_large(n, kernel, arguments...);
}

}  // namespace detail

}}  // namespace gradus
