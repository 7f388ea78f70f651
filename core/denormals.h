#pragma once
/// Flushing numbers too small to be normal to zero, for as long as a training step lasts.

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#include <gradus/core/scalar.h>

namespace gradus::inline GRADUS_VARIANT::detail {

/// A velocity that decays without a gradient ends among the denormals, where one update takes 25
/// times as long. While one of these lives, this thread's arithmetic rounds such numbers to 0; the
/// mode before is restored after, also when an exception passes. Does nothing off x86.
class FlushDenormals {
 public:
#if defined(__SSE__)
  FlushDenormals() noexcept : before_(_mm_getcsr()) {
    if (!flushed_before()) _mm_setcsr(before_ | flush);
  }
  ~FlushDenormals() {
    if (!flushed_before()) _mm_setcsr(before_);
  }
#else
  FlushDenormals() noexcept {}
  ~FlushDenormals() {}
#endif
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

#if defined(__SSE__)
 private:
  static constexpr unsigned flush = 0x8040;  // results and operands
  /// One inside another: changing the mode takes longer than asking for it.
  bool flushed_before() const { return (before_ & flush) == flush; }
  unsigned before_;
#endif
};

}  // namespace gradus::inline GRADUS_VARIANT::detail
