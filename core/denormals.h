#pragma once
/// Flushing numbers too small to be normal to zero, for as long as a training step lasts.

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#include <gradus/core/scalar.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// How this thread's arithmetic rounds; always 0 off x86.
inline unsigned arithmetic_mode() noexcept {
#if defined(__SSE__)
  return _mm_getcsr();
#else
  return 0;
#endif
}
inline void set_arithmetic_mode([[maybe_unused]] unsigned mode) noexcept {
#if defined(__SSE__)
  _mm_setcsr(mode);
#endif
}

/// A velocity that decays without a gradient ends among the denormals, where one update takes 25
/// times as long. While one of these lives, this thread's arithmetic rounds such numbers to 0; the
/// mode before is restored after, also when an exception passes. Does nothing off x86.
class FlushDenormals {
 public:
  FlushDenormals() noexcept : before_(arithmetic_mode()) {
    if (!flushed_before()) set_arithmetic_mode(before_ | flush);
  }
  ~FlushDenormals() {
    if (!flushed_before()) set_arithmetic_mode(before_);
  }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  static constexpr unsigned flush = 0x8040;  // results and operands
  /// One inside another: changing the mode takes longer than asking for it.
  bool flushed_before() const { return (before_ & flush) == flush; }
  unsigned before_;
};

}}}  // namespace gradus::detail
