#pragma once
/// Counts of steps in a schedule's options.

#include <cmath>
#include <string>
#include <string_view>
#include <type_traits>

#include <gradus/core/fields.h>

namespace gradus::inline GRADUS_VARIANT {

/// A number of steps. Takes any arithmetic value, so that `.decay_steps = epochs * batches` needs
/// no cast, and may be fractional.
struct Steps {
  Steps() = default;
  template <class T>
  requires(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) ||
      std::is_same_v<T, Real> constexpr Steps(T n) : count(static_cast<Real>(n)) {}
  constexpr operator Real() const { return count; }
  Real count = 0;

  friend void print_field(std::string& out, Steps steps) {
    detail::print_field(out, value(steps.count));
  }
  friend void check_field(std::string_view owner, std::string_view name, Steps steps,
                          const Rule& rule) {
    detail::check_field(owner, name, value(steps.count), rule);
  }
};

namespace detail {

/// floor(step / length) without the rounding of the division: the remainder is exact, and what is
/// left is a whole multiple of the length.
inline double whole_cycles(double step, Steps length) {
  const double n = value(length.count);
  if (std::isinf(step)) return step;
  return std::round((step - std::fmod(step, n)) / n);
}

}  // namespace detail
}  // namespace gradus
