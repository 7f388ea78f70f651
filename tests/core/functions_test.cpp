/// The forms of core/functions.h against long double, over the whole range of their arguments.

#include <gradus/core/functions.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <gradus/core/ops.h>

namespace {

using namespace gradus;

constexpr bool coarse = sizeof(Scalar) == 4;
using Limits = std::numeric_limits<Scalar>;
using Bits = std::conditional_t<coarse, std::uint32_t, std::uint64_t>;
using Function = Tensor (*)(const Tensor&);
using Reference = long double (*)(long double);

/// The spacing of Scalars around `want`; near 0 the spacing of subnormal numbers.
long double spacing(long double want) {
  const int exponent = want == 0 ? Limits::min_exponent : std::ilogb(want);
  return std::ldexp(1.0L, std::max(exponent, Limits::min_exponent - 1) - Limits::digits + 1);
}

/// The error at one argument. An infinite result is right where the reference rounds to infinity.
double error_at(Scalar got, long double want) {
  const long double most = Limits::max();
  if (std::isinf(got)) return want > most - spacing(most) || want < -most ? 0 : INFINITY;
  return static_cast<double>(std::abs(got - want) / spacing(want));
}

/// The largest error over a million numbers of each sign in [least, most], evenly spread over the
/// bit patterns.
double worst_error(Function f, Reference reference, double least, double most) {
  double worst = 0;
  const auto end = std::bit_cast<Bits>(static_cast<Scalar>(std::max(-least, most)));
  const Bits step = end / 1'000'003;
  std::vector<Scalar> x;
  for (Bits bits = 0; bits < end - step; bits += step) {
    const Scalar size = std::bit_cast<Scalar>(bits);
    if (size <= most) x.push_back(size);
    if (-size >= least) x.push_back(-size);
  }
  const Tensor y = f(Tensor(Shape{x.size()}, x));
  for (std::size_t i = 0; i < x.size(); ++i)
    worst = std::max(worst, error_at(y.values()[i], reference(x[i])));
  return worst;
}

/// The largest error over a million equally spaced arguments.
double worst_error_evenly(Function f, Reference reference, double least, double most) {
  constexpr int n = 1'000'000;
  std::vector<Scalar> x;
  for (int i = 0; i <= n; ++i) x.push_back(static_cast<Scalar>(least + (most - least) * i / n));
  const Tensor y = f(Tensor(Shape{x.size()}, x));
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    worst = std::max(worst, error_at(y.values()[i], reference(x[i])));
  return worst;
}

void check_errors(Function f, Reference reference, double least, double most, double bound) {
  const double by_size = worst_error(f, reference, least, most);
  const double evenly = worst_error_evenly(f, reference, least, most);
  MESSAGE("worst error in ulp: ", by_size, " and ", evenly);
  CHECK(by_size <= bound);
  CHECK(evenly <= bound);
}

TEST_CASE("exp is within 2 ulp, also for subnormal results") {
  const double far = coarse ? 110 : 760;
  check_errors(
      exp, [](long double x) { return std::exp(x); }, -far, far, 2);
}

TEST_CASE("tanh is within 2 ulp in float and 3 in double") {
  const double bound = coarse ? 2 : 3;  // in double the C library computes it
  check_errors(
      tanh, [](long double x) { return std::tanh(x); }, -25, 25, bound);
}

TEST_CASE("sigmoid is within 3 ulp") {
  const double far = coarse ? 110 : 760;
  check_errors(
      sigmoid, [](long double x) { return 1 / (1 + std::exp(-x)); }, -far, far, 3);
}

TEST_CASE("softplus is within 3 ulp") {
  const auto reference = [](long double x) {
    return std::max(x, 0.0L) + std::log1p(std::exp(-std::abs(x)));
  };
  const double far = coarse ? 110 : 760;
  check_errors(softplus, reference, -far, far, 3);
}

TEST_CASE("functions have their limits at both infinities") {
  const auto at = [](Function f, double x) { return f(Tensor(x)).item(); };
  CHECK(at(exp, -INFINITY) == 0);
  CHECK(at(exp, INFINITY) == INFINITY);
  CHECK(at(exp, 1e30) == INFINITY);
  CHECK(at(exp, 0) == 1);
  CHECK(at(tanh, INFINITY) == 1);
  CHECK(at(tanh, -INFINITY) == -1);
  CHECK(at(sigmoid, INFINITY) == 1);
  CHECK(at(sigmoid, -INFINITY) == 0);
  CHECK(at(softplus, INFINITY) == INFINITY);
  CHECK(at(softplus, -INFINITY) == 0);
  CHECK(at(log_sigmoid, INFINITY) == 0);
  CHECK(at(log_sigmoid, -INFINITY) == -INFINITY);
  CHECK(at(gelu, 1e30) == static_cast<Scalar>(1e30));
  CHECK(at(elu, -INFINITY) == -1);
  for (const Function f : {exp, tanh, sigmoid, softplus, log_sigmoid, gelu, silu, elu})
    CHECK(std::isnan(at(f, NAN)));
}

TEST_CASE("slopes stay finite and positive where the textbook form would be 0 or nan") {
  const auto slope = [](Function f, double x) {
    const Tensor at = parameter(x);
    return static_cast<double>(gradients(f(at), {at})[0].item());
  };
  const double far = coarse ? 80 : 700, tiny = std::exp(-far);
  CHECK(slope(sigmoid, far) / tiny == doctest::Approx(1));
  CHECK(slope(sigmoid, -far) / tiny == doctest::Approx(1));
  CHECK(slope(tanh, far / 2) / tiny == doctest::Approx(4));
  CHECK(slope(softplus, -far) / tiny == doctest::Approx(1));
  CHECK(slope(log_sigmoid, far) / tiny == doctest::Approx(1));
  for (const Function f : {tanh, sigmoid, softplus, log_sigmoid, gelu, silu, elu, relu})
    for (const double x : {-1e30, -1e4, 1e4, 1e30}) CHECK(std::isfinite(slope(f, x)));
  const Tensor x = parameter({-1e30, -1e4, 1e4, 1e30});
  const Tensor slopes = gradients(sum(gelu(x, true)), {x})[0];
  for (const Scalar g : slopes.values()) CHECK(std::isfinite(g));
}

}  // namespace
