#pragma once
/// Rounds subnormal numbers to zero during a training step.

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#include <gradus/core/scalar.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

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

}}}  // namespace gradus::detail
