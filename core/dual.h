#pragma once
/// Dual: a number and its derivatives, the Scalar and the Real of gradus::gradus_dual.

#include <cmath>
#include <limits>
#include <type_traits>

#include <gradus/core/variant.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// A value and its derivatives by seven directions: one cache line, one AVX-512 register. A
/// direction is whatever the program seeds: `Dual::parameter(0.1, 2)` says that direction 2 is this
/// number. Every result then carries its exact derivatives (forward mode; Griewank and Walther,
/// "Evaluating Derivatives", 2008). Plain numbers convert to it and have no derivatives.
///
///     const Dual rate = Dual::parameter(0.1, 0);
///     const Dual y = exp(-2 * rate);  // y.d[0] == -2 exp(-0.2)
///
/// The conversion back is explicit. Comparisons and rounding read values only, so a minimum has the
/// derivatives of the number it picks. A direction in which the argument does not move gives 0,
/// also where the slope is infinite: sqrt(0), pow(0, 0.5).
struct Dual {
  static constexpr int directions = 7;

  double v;
  double d[directions];

  Dual() = default;
  template <class T>
  requires std::is_arithmetic_v<T>
  constexpr Dual(T number) : v(static_cast<double>(number)), d{} {}
  /// The number whose derivative by `direction` is 1.
  static constexpr Dual parameter(double number, int direction) {
    Dual x = number;
    x.d[direction] = 1;
    return x;
  }
  template <class T>
  requires std::is_arithmetic_v<T>
  constexpr explicit operator T() const { return static_cast<T>(v); }

  /// f(x) with this value and slope.
  static constexpr Dual of(double f, double slope, const Dual& x) {
    Dual y;
    y.v = f;
    for (int i = 0; i < directions; ++i) y.d[i] = x.d[i] == 0 ? 0 : slope * x.d[i];
    return y;
  }
  /// f(a, b) with this value and these slopes.
  static constexpr Dual of(double f, double slope_a, const Dual& a, double slope_b, const Dual& b) {
    Dual y;
    y.v = f;
    for (int i = 0; i < directions; ++i) y.d[i] = slope_a * a.d[i] + slope_b * b.d[i];
    return y;
  }

  constexpr Dual operator+() const { return *this; }
  constexpr Dual operator-() const { return of(-v, -1, *this, 0, 0); }
  constexpr Dual& operator+=(const Dual& b) {
    v += b.v;
    for (int i = 0; i < directions; ++i) d[i] += b.d[i];
    return *this;
  }
  constexpr Dual& operator-=(const Dual& b) {
    v -= b.v;
    for (int i = 0; i < directions; ++i) d[i] -= b.d[i];
    return *this;
  }
  constexpr Dual& operator*=(const Dual& b) { return *this = *this * b; }
  constexpr Dual& operator/=(const Dual& b) { return *this = *this / b; }

  friend constexpr Dual operator+(Dual a, const Dual& b) { return a += b; }
  friend constexpr Dual operator-(Dual a, const Dual& b) { return a -= b; }
  friend constexpr Dual operator*(const Dual& a, const Dual& b) {
    return of(a.v * b.v, b.v, a, a.v, b);
  }
  friend constexpr Dual operator/(const Dual& a, const Dual& b) {
    const double y = a.v / b.v, over = 1 / b.v;
    return of(y, over, a, -y * over, b);
  }
  // With a plain number, half the work.
  friend constexpr Dual operator+(Dual a, double b) {
    a.v += b;
    return a;
  }
  friend constexpr Dual operator+(double a, const Dual& b) { return b + a; }
  friend constexpr Dual operator-(Dual a, double b) {
    a.v -= b;
    return a;
  }
  friend constexpr Dual operator-(double a, const Dual& b) { return of(a - b.v, -1, b); }
  friend constexpr Dual operator*(const Dual& a, double b) { return of(a.v * b, b, a); }
  friend constexpr Dual operator*(double a, const Dual& b) { return b * a; }
  friend constexpr Dual operator/(const Dual& a, double b) { return of(a.v / b, 1 / b, a); }
  friend constexpr Dual operator/(double a, const Dual& b) {
    return of(a / b.v, -a / (b.v * b.v), b);
  }

  friend constexpr bool operator==(const Dual& a, const Dual& b) { return a.v == b.v; }
  friend constexpr auto operator<=>(const Dual& a, const Dual& b) { return a.v <=> b.v; }

  // ---- functions: each value beside its slope ---------------------------------------------------

  friend Dual exp(const Dual& x) {
    const double e = std::exp(x.v);
    return of(e, e, x);
  }
  friend Dual expm1(const Dual& x) { return of(std::expm1(x.v), std::exp(x.v), x); }
  friend Dual log(const Dual& x) { return of(std::log(x.v), 1 / x.v, x); }
  friend Dual log1p(const Dual& x) { return of(std::log1p(x.v), 1 / (1 + x.v), x); }
  friend Dual sqrt(const Dual& x) {
    const double root = std::sqrt(x.v);
    return of(root, 0.5 / root, x);
  }
  friend Dual sin(const Dual& x) { return of(std::sin(x.v), std::cos(x.v), x); }
  friend Dual cos(const Dual& x) { return of(std::cos(x.v), -std::sin(x.v), x); }
  /// 1 - tanh^2 as 4 e^-2|x| / (1 + e^-2|x|)^2, which loses nothing far out.
  friend Dual tanh(const Dual& x) {
    const double e = std::exp(-2 * std::fabs(x.v));
    return of(std::tanh(x.v), 4 * e / ((1 + e) * (1 + e)), x);
  }
  friend Dual erfc(const Dual& x) {
    constexpr double two_over_root_pi = 1.12837916709551257390;
    return of(std::erfc(x.v), -two_over_root_pi * std::exp(-x.v * x.v), x);
  }
  friend Dual fabs(const Dual& x) { return of(std::fabs(x.v), x.v > 0 ? 1 : x.v < 0 ? -1 : 0, x); }
  friend Dual abs(const Dual& x) { return fabs(x); }
  friend Dual pow(const Dual& x, const Dual& e) {
    const double y = std::pow(x.v, e.v), by_x = e.v == 0 ? 0 : e.v * std::pow(x.v, e.v - 1);
    const double by_e = x.v == 0 && e.v >= 0 ? 0 : y * std::log(x.v);
    return of(y, by_x, x) + of(0, by_e, e);
  }
  friend Dual pow(const Dual& x, double e) { return pow(x, Dual(e)); }
  friend Dual pow(double x, const Dual& e) { return pow(Dual(x), e); }
  friend Dual fma(const Dual& a, const Dual& b, const Dual& c) {
    Dual y = a * b + c;
    y.v = std::fma(a.v, b.v, c.v);
    return y;
  }
  friend Dual hypot(const Dual& a, const Dual& b) {
    const double h = std::hypot(a.v, b.v), over = h > 0 ? 1 / h : 0;
    return of(h, a.v * over, a, b.v * over, b);
  }
  friend double floor(const Dual& x) { return std::floor(x.v); }
  friend bool isnan(const Dual& x) { return std::isnan(x.v); }
};
static_assert(sizeof(Dual) == 64 && std::is_trivially_copyable_v<Dual>);

/// The number without its derivatives.
constexpr double value(const Dual& x) { return x.v; }
/// True if the number is 0 in every program near this one, so that its part may be left out.
constexpr bool is_zero(double x) { return x == 0; }
constexpr bool is_zero(const Dual& x) {
  bool zero = x.v == 0;
  for (const double d : x.d) zero = zero && d == 0;
  return zero;
}

}}  // namespace gradus

template <>
struct std::numeric_limits<gradus::GRADUS_VARIANT::Dual> : std::numeric_limits<double> {};
