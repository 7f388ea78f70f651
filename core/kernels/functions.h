#pragma once
/// Scalar functions that stay exact for very small and large arguments; only kernels compile them.
/// The float forms have no branches and no library calls, so that loops become vector code.

#include <bit>

#include <gradus/core/kernels.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail { namespace GRADUS_ISA {

using std::cos, std::erfc, std::expm1, std::fabs, std::log, std::log1p, std::pow, std::sin,
    std::sqrt;

/// place = or += g.
inline void put(Scalar g, Scalar& place, bool add) { place = add ? place + g : g; }

/// power * 2^exponent
struct Split {
  float power;
  std::int32_t exponent;
};

/// e^c within 1.01 ulp for c in [-104, 89]: c = n log 2 + r, and a polynomial in r (Cephes expf).
inline Split split_exp(float c) {
  const float shift = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  const float shifted = c * 1.44269504089f + shift, n = shifted - shift;
  const auto exponent = std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(shift);
  const float r = (c - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return {p * r * r + r + 1.0f, exponent};
}
/// 2^e for normal numbers; 0 for e = -127.
inline float two_to(std::int32_t e) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(e + 127) << 23);
}

/// e^x, with 2^n in two factors, so that subnormal results are rounded and do not become 0.
inline float exp(float x) {
  const float over = x > 89.0f ? 89.0f : x;  // in this order nan stays nan
  const auto [power, exponent] = split_exp(over < -104.0f ? -104.0f : over);
  return power * two_to(exponent >> 1) * two_to(exponent - (exponent >> 1));
}
inline double exp(double x) { return std::exp(x); }

/// e^x for x <= 88; subnormal results may become 0.
inline float exp_or_0(float x) {
  const auto [power, exponent] = split_exp(x < -88.0f ? -88.0f : x);
  return power * two_to(exponent);
}
inline double exp_or_0(double x) { return std::exp(x); }
inline Dual exp_or_0(const Dual& x) { return exp(x); }

/// tanh x within 2 ulp: an odd polynomial below 0.625 (Cephes tanhf), 1 - 2 / (e^2x + 1) above.
inline float tanh(float x) {
  const float size = std::fabs(x), z = x * x;
  float p = -5.70498872745e-3f;
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  const float near = p * z * x + x;
  const auto [power, exponent] = split_exp(2.0f * (10.0f < size ? 10.0f : size));  // 1 from there
  const float far = 1.0f - 2.0f / (power * two_to(exponent) + 1.0f);
  return size < 0.625f ? near : std::copysign(far, x);
}
inline double tanh(double x) { return std::tanh(x); }

inline Scalar absolute(Scalar x) { return fabs(x); }

/// 1 / (1 + e^-x), without overflow.
inline Scalar sigmoid(Scalar x) {
  const Scalar e = exp(-absolute(x));
  return (x >= 0 ? Scalar(1) : e) / (1 + e);
}
/// sigmoid(x) sigmoid(-x). The form y (1 - y) would be 0 from x = 37 on.
inline Scalar sigmoid_slope(Scalar x) {
  const Scalar e = exp(-absolute(x));
  return e / ((1 + e) * (1 + e));
}
/// 1 - tanh^2 x as 4 e^-2|x| / (1 + e^-2|x|)^2, for the same reason.
inline Scalar tanh_slope(Scalar x) {
  const Scalar e = exp_or_0(-2 * absolute(x));
  return 4 * e / ((1 + e) * (1 + e));
}
/// log(1 + e^x), exact on both sides of 0.
inline Scalar softplus(Scalar x) { return (x > 0 ? x : Scalar(0)) + log1p(exp(-absolute(x))); }

/// Phi(x), the standard normal distribution function, and its derivative phi(x).
inline Scalar normal_cdf(Scalar x) { return erfc(x * Scalar(-0.70710678118654752440)) / 2; }
inline Scalar normal_density(Scalar x) { return exp(-x * x / 2) * Scalar(0.39894228040143267794); }

/// d x^e / dx = e x^(e-1); 0 for e = 0, also at x = 0.
inline Scalar power_slope(Scalar x, Scalar e) { return e == 0 ? Scalar(0) : e * pow(x, e - 1); }

}}}}  // namespace gradus::detail::GRADUS_ISA
