#pragma once
/// Chebyshev and Silver: rates above the largest stable constant, for losses of known curvature.

#include <array>
#include <bit>

#include <gradus/schedules/schedule.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// The order of the rates. fractal keeps rounding errors small: it starts as (0); an order of n
/// becomes one of 2n when each i is followed by 2n - 1 - i. The others sort the rates.
enum class ChebyshevOrder { fractal, ascending, descending };
constexpr auto names_of(ChebyshevOrder) {
  return std::array<std::string_view, 3>{"fractal", "ascending", "descending"};
}

/// 2 / ((largest + smallest) - (largest - smallest) cos(pi (k + 1/2) / steps)), where smallest and
/// largest are the curvatures of a quadratic (eigenvalues of its Hessian), and k = step in
/// descending order. After `steps` the last rate stays. (Agarwal, Goel and Zhang 2021, arXiv
/// 2103.01338.) After the 32 updates of
///
///     SGD{.learning_rate = Chebyshev{.smallest = 0.01, .largest = 1, .steps = 32}}
///
/// at most 0.0033 of the distance to the minimum is left; the best constant rate leaves 0.53. Use
/// full batches: rates above 2 / largest multiply noise. ValueError unless 0 < smallest <= largest,
/// both finite, and steps is whole and >= 1, in fractal order a power of two.
///
/// With smallest 0.1, largest 1, steps 4:
///
/// | step       | 0       | 1       | 2       | 3       | 4       |
/// |------------|---------|---------|---------|---------|---------|
/// | fractal    | 7.44856 | 1.03547 | 2.64696 | 1.38462 | 1.38462 |
/// | descending | 7.44856 | 2.64696 | 1.38462 | 1.03547 | 1.03547 |
struct Chebyshev {
  Real smallest, largest;
  Steps steps;
  ChebyshevOrder order = ChebyshevOrder::fractal;

  static constexpr const char* formula =
      "2 / ((largest + smallest) - (largest - smallest) cos(pi (k + 1/2) / steps)), k by order";
  static Chebyshev example() { return {5, 100, 64}; }

  Real operator()(Real step) const;
  Real duration() const { return steps.count; }
  void validate() const;
  static void fields(auto& self, auto&& field) {
    field("smallest", self.smallest, rules::positive);
    field("largest", self.largest, rules::positive);
    field("steps", self.steps, rules::at_least_one);
    field("order", self.order, rules::anything, rules::optional);
  }
};

/// (1 + rho^(nu - 1)) / largest, where rho = 1 + sqrt 2, nu is how often 2 divides step + 1, and
/// largest is the greatest curvature of a convex loss. Never ends. (Altschuler and Parrilo 2023,
/// arXiv 2309.16530.) Stop after 2^k - 1 updates; their rates add up to (rho^k - 1) / largest. Use
/// full batches. ValueError unless largest is finite and > 0.
///
///     SGD{.learning_rate = Silver{.largest = 4}}
///
/// With largest 1:
///
/// | step | 0       | 1 | 2       | 3       | 4       | 5 | 6       | 7       |
/// |------|---------|---|---------|---------|---------|---|---------|---------|
/// | rate | 1.41421 | 2 | 1.41421 | 3.41421 | 1.41421 | 2 | 1.41421 | 6.82843 |
struct Silver {
  Real largest;

  static constexpr const char* formula =
      "(1 + (1 + sqrt 2)^(nu - 1)) / largest, nu: how often 2 divides t + 1";
  static Silver example() { return {100}; }

  Real operator()(Real step) const;
  static void fields(auto& self, auto&& field) { field("largest", self.largest, rules::positive); }
};

}}  // namespace gradus
