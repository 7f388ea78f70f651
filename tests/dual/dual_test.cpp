#include <gradus/core/dual.h>

#include <doctest/doctest.h>
#include <cmath>
#include <compare>
#include <type_traits>
#include <utility>
#include <vector>

using namespace gradus;

namespace {

static_assert(!std::is_convertible_v<Dual, double> && std::is_constructible_v<double, Dual>);
static_assert(!std::is_convertible_v<Dual, int> && std::is_constructible_v<int, Dual>);
static_assert(std::is_convertible_v<double, Dual> && std::is_convertible_v<int, Dual>);
static_assert(std::is_convertible_v<float, Dual> && std::is_convertible_v<long, Dual>);
static_assert(!std::is_convertible_v<const char*, Dual>);
static_assert(std::is_same_v<decltype(Dual(1) <=> Dual(2)), std::partial_ordering>);

// The formulas below are one text for a plain number and for one with derivatives.
using std::abs, std::cos, std::erfc, std::exp, std::expm1, std::fabs, std::hypot, std::log,
    std::log1p, std::pow, std::sin, std::sqrt, std::tanh;

constexpr double infinity = std::numeric_limits<double>::infinity();

/// x moves by another amount in each direction, not at all in the third.
Dual moving(double x, double scale = 1) {
  Dual y = x;
  for (int i = 0; i < Dual::directions; ++i) y.d[i] = i == 2 ? 0 : scale * (i - 1.5) / 3;
  return y;
}

bool at_rest(const Dual& x) {
  for (const double d : x.d)
    if (!(d == 0)) return false;  // nan, too
  return true;
}

/// A difference of fourth order.
template <class F>
double slope(F f, double x) {
  const double h = 1e-3 * std::max(std::fabs(x), 1e-2);
  return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h);
}

/// Every derivative of y is slope_a times a's and slope_b times b's.
void check_slopes(const Dual& y, double slope_a, const Dual& a, double slope_b = 0,
                  const Dual& b = 0) {
  for (int i = 0; i < Dual::directions; ++i) {
    const double want = slope_a * a.d[i] + slope_b * b.d[i];
    CAPTURE(i);
    CHECK(std::fabs(y.d[i] - want) <= 1e-9 * std::max(1.0, std::fabs(want)));
  }
}

template <class F>
void check_function(const char* name, const std::vector<double>& points, F f) {
  for (const double x : points) {
    CAPTURE(name);
    CAPTURE(x);
    const Dual at = moving(x), y = f(at);
    CHECK(y.v == f(x));
    check_slopes(y, slope(f, x), at);
  }
}

template <class F>
void check_operator(const char* name, const std::vector<std::pair<double, double>>& points, F f) {
  for (const auto& point : points) {
    const double a = point.first, b = point.second;
    CAPTURE(name);
    CAPTURE(a);
    CAPTURE(b);
    const Dual at_a = moving(a), at_b = moving(b, -2.5);
    const double by_a = slope([&](double x) { return f(x, b); }, a);
    const double by_b = slope([&](double x) { return f(a, x); }, b);
    const Dual both = f(at_a, at_b), left = f(at_a, b), right = f(a, at_b);
    CHECK(both.v == f(a, b));
    CHECK(left.v == f(a, b));
    CHECK(right.v == f(a, b));
    check_slopes(both, by_a, at_a, by_b, at_b);
    check_slopes(left, by_a, at_a);
    check_slopes(right, by_b, at_b);
  }
}

}  // namespace

TEST_CASE("Dual: every function has its value, and its slope in all directions") {
  const std::vector<double> any{-2.3, -0.7, -1e-3, 0.4, 1.0, 2.6}, above{0.03, 0.4, 1.0, 2.6, 40};
  check_function("exp", any, [](const auto& x) { return exp(x); });
  check_function("expm1", any, [](const auto& x) { return expm1(x); });
  check_function("log", above, [](const auto& x) { return log(x); });
  check_function("log1p", {-0.6, 1e-3, 0.4, 40}, [](const auto& x) { return log1p(x); });
  check_function("sqrt", above, [](const auto& x) { return sqrt(x); });
  check_function("sin", any, [](const auto& x) { return sin(x); });
  check_function("cos", any, [](const auto& x) { return cos(x); });
  check_function("tanh", any, [](const auto& x) { return tanh(x); });
  check_function("erfc", any, [](const auto& x) { return erfc(x); });
  check_function("fabs", {-2.3, -0.7, 0.4}, [](const auto& x) { return fabs(x); });
  check_function("abs", {-2.3, -0.7, 0.4}, [](const auto& x) { return abs(x); });
  check_function("-x", any, [](const auto& x) { return -x; });
  check_function("+x", any, [](const auto& x) { return +x; });
}

TEST_CASE("Dual: every operator has its value and both slopes, also beside a plain number") {
  const std::vector<std::pair<double, double>> points{{0.7, 1.9}, {-2.3, 0.4}, {3.0, -1.25}};
  const std::vector<std::pair<double, double>> powers{{0.7, 1.9}, {2.3, -0.4}, {3.0, 0.5}};
  check_operator("+", points, [](const auto& a, const auto& b) { return a + b; });
  check_operator("-", points, [](const auto& a, const auto& b) { return a - b; });
  check_operator("*", points, [](const auto& a, const auto& b) { return a * b; });
  check_operator("/", points, [](const auto& a, const auto& b) { return a / b; });
  check_operator("pow", powers, [](const auto& a, const auto& b) { return pow(a, b); });
  check_operator("hypot", points, [](const auto& a, const auto& b) { return hypot(a, b); });
  const auto assigned = [](auto step) {
    return [step](const auto& a, const auto& b) {
      decltype(a + b) result = a;
      step(result, b);
      return result;
    };
  };
  check_operator("+=", points, assigned([](auto& a, const auto& b) { a += b; }));
  check_operator("-=", points, assigned([](auto& a, const auto& b) { a -= b; }));
  check_operator("*=", points, assigned([](auto& a, const auto& b) { a *= b; }));
  check_operator("/=", points, assigned([](auto& a, const auto& b) { a /= b; }));
}

TEST_CASE("Dual: fma rounds its value once and has three slopes") {
  const Dual a = moving(1 + 0x1p-30), b = moving(1 - 0x1p-30, -2.5), c = moving(-1, 0.3);
  const Dual y = fma(a, b, c);
  CHECK(y.v == -0x1p-60);
  for (int i = 0; i < Dual::directions; ++i)
    CHECK(y.d[i] == doctest::Approx(b.v * a.d[i] + a.v * b.d[i] + c.d[i]).epsilon(1e-15));
}

TEST_CASE("Dual: identities hold to rounding") {
  for (const double x : {0.05, 0.6, 1.7, 3.1}) {
    const Dual at = moving(x);
    check_slopes(log(exp(at)), 1, at);
    check_slopes(log1p(expm1(at)), 1, at);
    check_slopes(sin(at) * sin(at) + cos(at) * cos(at), 0, at);
    check_slopes(sqrt(at) * sqrt(at), 1, at);
    check_slopes(pow(at, 3) - at * at * at, 0, at);
    check_slopes(pow(at, at) - exp(at * log(at)), 0, at);
    check_slopes(hypot(3 * at, 4 * at), 5, at);
    check_slopes(tanh(at) - expm1(2 * at) / (expm1(2 * at) + 2), 0, at);
    check_slopes(erfc(at) + erfc(-at), 0, at);
  }
}

TEST_CASE("Dual: far out, the slope of tanh keeps its digits") {
  for (const double x : {20.0, -20.0, 300.0}) {
    const Dual y = tanh(Dual::parameter(x, 6));
    CHECK(y.d[6] / (4 * std::exp(-2 * std::fabs(x))) == doctest::Approx(1).epsilon(1e-14));
    CHECK(y.d[0] == 0);
  }
  CHECK(at_rest(tanh(moving(infinity))));
}

TEST_CASE("Dual: a direction in which the argument rests gives 0 where the slope is infinite") {
  const Dual zero = 0;
  CHECK(at_rest(sqrt(zero)));
  CHECK(at_rest(log(zero)));
  CHECK(log(zero).v == -infinity);
  CHECK(at_rest(log1p(Dual(-1))));
  CHECK(at_rest(pow(zero, 0.5)));
  CHECK(at_rest(pow(zero, Dual(0.5))));
  CHECK(at_rest(pow(Dual(-2), 3)));  // log(-2) is nan
  CHECK(at_rest(hypot(zero, zero)));
  CHECK(at_rest(exp(Dual(1000))));
  const Dual one_moves = sqrt(Dual::parameter(0, 3));
  CHECK(one_moves.d[3] == infinity);
  CHECK(one_moves.d[2] == 0);
}

TEST_CASE("Dual: pow at 0 has the derivatives of its neighbours") {
  for (const double e : {0.5, 1.0, 2.0}) CHECK(at_rest(pow(0, moving(e))));  // 0^e is 0 around e
  CHECK(at_rest(pow(moving(0), 0)));                                         // x^0 is 1 around x
  CHECK(at_rest(pow(Dual(0), moving(0))));
  check_slopes(pow(moving(0), 1), 1, moving(0));
  check_slopes(pow(moving(0), 2), 0, moving(0));
  check_slopes(pow(moving(-2), 3), 12, moving(-2));
  CHECK(pow(Dual(0), -1).v == infinity);
}

TEST_CASE("Dual: the corner of a kink has slope 0") {
  CHECK(at_rest(fabs(moving(0))));
  CHECK(at_rest(abs(moving(0))));
  CHECK(at_rest(hypot(moving(0), moving(0, 2))));
}

TEST_CASE("Dual: comparisons and rounding read values alone") {
  const Dual a = moving(1.5), b = moving(1.5, -2), c = moving(2.5);
  CHECK(a == b);
  CHECK_FALSE(a != b);
  CHECK(a == 1.5);
  CHECK(a != c);
  CHECK(a < c);
  CHECK(a <= b);
  CHECK(c > a);
  CHECK(c >= 2.5);
  CHECK_FALSE(c < a);
  CHECK((a <=> c) == std::partial_ordering::less);
  const Dual nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(isnan(nan));
  CHECK_FALSE(isnan(a));
  CHECK_FALSE(nan == nan);
  CHECK_FALSE(nan <= a);
  CHECK((nan <=> a) == std::partial_ordering::unordered);
  CHECK(std::max(a, c).d[0] == c.d[0]);
  CHECK(floor(moving(-1.5)) == -2);
  static_assert(std::is_same_v<decltype(floor(a)), double>);
  CHECK(value(a) == 1.5);
  CHECK(static_cast<int>(c) == 2);
  CHECK(static_cast<double>(c) == 2.5);
}

TEST_CASE("Dual: a plain number has no derivatives, a parameter has one") {
  CHECK(at_rest(Dual(3)));
  CHECK(Dual(3).v == 3);
  CHECK(at_rest(Dual(0.5f)));
  for (int k = 0; k < Dual::directions; ++k) {
    const Dual x = Dual::parameter(0.1, k);
    CHECK(x.v == 0.1);
    for (int i = 0; i < Dual::directions; ++i) CHECK(x.d[i] == (i == k ? 1 : 0));
    CHECK_FALSE(is_zero(Dual::parameter(0, k)));  // 0 here, another number nearby
  }
  CHECK(is_zero(Dual(0)));
  CHECK(is_zero(Dual(-0.0)));
  CHECK_FALSE(is_zero(Dual(1e-300)));
  CHECK(is_zero(0.0));
  CHECK_FALSE(is_zero(1e-300));
  CHECK_FALSE(is_zero(Dual::parameter(0, 6) * 0.5));
  CHECK(std::numeric_limits<Dual>::infinity() == infinity);
  CHECK(std::numeric_limits<Dual>::is_specialized);
}
