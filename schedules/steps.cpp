#include <gradus/schedules/steps.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_VARIANT::detail {

namespace {

/// high + low, with twice the digits of a double.
struct Pair {
  double high, low;
  /// What the rounded product leaves out is exactly fma's remainder (Dekker 1971).
  Pair operator*(const Pair& b) const {
    const double product = high * b.high;
    const double rest = std::fma(high, b.high, -product) + (high * b.low + low * b.high);
    const double sum = product + rest;
    return {sum, rest - (sum - product)};
  }
};

Pair power(double base, double exponent) {
  Pair result{1, 0}, square{base, 0};
  for (auto n = static_cast<unsigned long>(exponent); n > 0; n /= 2, square = square * square)
    if (n % 2 == 1) result = result * square;
  return result;
}

}  // namespace

Cycle find_cycle(double step, double first, double grow) {
  if (grow == 1) return {whole_cycles(step, first), rest_of_cycle(step, first), 1};
  step = std::min(step, std::numeric_limits<double>::max());
  const auto start = [&](double i) {
    const Pair grown = power(grow, i);
    return first * ((grown.high - 1.0L + grown.low) / (grow - 1.0L));
  };
  const long double almost = step + std::min(step * 0x1p-50L, 0x1p-20L);
  const double firsts = step / first * (grow - 1);
  const double log_grown =
      firsts < 1e300 ? std::log1p(firsts) : std::log(step) - std::log(first) + std::log(grow - 1);
  double i = std::floor(log_grown / std::log(grow));
  for (double by = 1; i > 0 && start(i) > almost; by *= 2) i = std::max(0.0, i - by);
  double by = 1;  // doubled while that is not too far, then halved
  for (; start(i + by) <= almost && i + by > i; by *= 2) i += by;
  for (; by >= 1; by /= 2)
    if (start(i + by) <= almost) i += by;
  return {i, std::max(0.0, static_cast<double>(step - start(i))), power(grow, i).high};
}

void check_pieces(std::string_view owner, const std::vector<Steps>& boundaries,
                  std::size_t values) {
  check(values > 0, "{}: values must not be empty", owner);
  check(values == boundaries.size() + 1,
        "{}: values must be one longer than boundaries (got {} values and {} boundaries)", owner,
        values, boundaries.size());
  for (std::size_t i = 1; i < boundaries.size(); ++i)
    check(value(boundaries[i - 1].count) < value(boundaries[i].count),
          "{}: boundaries must be strictly increasing (got boundaries[{}]={} after {})", owner, i,
          value(boundaries[i].count), value(boundaries[i - 1].count));
}

}  // namespace gradus::inline GRADUS_VARIANT::detail
