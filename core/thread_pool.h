#pragma once
/// Threads: the number that one op may use, how they share work, and how their arithmetic rounds.

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#include <gradus/core/shape.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// While a Threads object exists, large ops and updates of this thread run on `count` threads, this
/// one included. For training loops written by hand; a model has CompileOptions::threads. Nests:
/// the innermost counts. ValueError unless count >= 1.
///
/// The results are the same, bit for bit, at any count: the bounds of the pieces depend only on the
/// size of the work, and no sum is cut. Products from 2^23 multiply-adds on and element-wise ops
/// from 2^18 elements on are large: a layer of 784 to 128 units is shared from batch 84 on. Each
/// thread has helpers, at most 63: they start with its first large op, sleep after a millisecond
/// without work, and end with it. If the system starts fewer, those do the work.
class Threads {
 public:
  explicit Threads(Extent count);
  Threads& operator=(Threads&&) = delete;  // nor any copy
  ~Threads();

 private:
  int before_;
};

namespace detail {

/// The number of threads that work for this one, itself included.
int threads() noexcept;

inline constexpr std::int64_t most_pieces = 1024;
void run_pieces(int pieces, void (*call)(const void* f, int piece, int thread), const void* f);

/// Calls f(piece, thread) for each piece of [0, pieces), in any order, in parallel on threads
/// [0, threads()); thread 0 is the caller. Returns when all pieces are done. `pieces` is at most
/// most_pieces. f must not throw, and touches no tensor or buffer except the elements of its piece.
template <class F>
void in_pieces(int pieces, const F& f) {
  run_pieces(
      pieces,
      [](const void* any, int piece, int thread) { (*static_cast<const F*>(any))(piece, thread); },
      &f);
}

/// Smaller arrays are not shared; a piece takes a few microseconds.
inline constexpr std::int64_t shared_elements = 1 << 18, elements_per_piece = 1 << 14;

/// Calls f(begin, end) over [0, n), items of `width` elements each: once, or in parallel pieces.
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

/// Stands for the number of elements in the arguments of a kernel.
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
/// Calls kernel(arguments...) over arrays of n elements: once, or in parallel pieces. The pointers
/// among the arguments are the arrays, or null. For a small n this costs one comparison.
template <class Kernel, class... Arguments>
void share(std::int64_t n, Kernel kernel, Arguments... arguments) {
  in_ranges(
      n, [=](std::int64_t begin, std::int64_t end) { kernel(part_of(arguments, begin, end)...); });
}

/// The rounding mode of this thread's arithmetic; always 0 on processors other than x86.
#if defined(__SSE__)
inline unsigned arithmetic_mode() noexcept { return _mm_getcsr(); }
inline void set_arithmetic_mode(unsigned mode) noexcept { _mm_setcsr(mode); }
#else
inline unsigned arithmetic_mode() noexcept { return 0; }
inline void set_arithmetic_mode(unsigned) noexcept {}
#endif

/// A velocity that decays without a gradient becomes subnormal, and an update then takes 25 times
/// as long. While a FlushDenormals exists, this thread's arithmetic rounds subnormal numbers to 0;
/// its destructor restores the mode before. Does nothing on processors other than x86.
class FlushDenormals {
 public:
  FlushDenormals() noexcept : before_(arithmetic_mode()) {
    if (!flushed_before()) set_arithmetic_mode(before_ | flush);
  }
  ~FlushDenormals() {
    if (!flushed_before()) set_arithmetic_mode(before_);
  }
  FlushDenormals& operator=(FlushDenormals&&) = delete;  // nor any copy

 private:
  static constexpr unsigned flush = 0x8040;  // results and operands
  /// Inside another FlushDenormals: to change the mode takes longer than to read it.
  bool flushed_before() const { return (before_ & flush) == flush; }
  unsigned before_;
};

}  // namespace detail

}}  // namespace gradus
