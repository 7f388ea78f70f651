#include <gradus/schedules/steps.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {
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
  if (base == std::floor(base))  // whole numbers are exact as far as a double counts
    if (const double whole = std::pow(base, exponent); whole <= 0x1p53) return {whole, 0};
  Pair result{1, 0}, square{base, 0};
  for (auto n = static_cast<std::uint64_t>(exponent); n > 0; n /= 2, square = square * square)
    if (n % 2 == 1) result = result * square;
  return result;
}

/// A cycle: where it begins and how long it is.
struct Begun {
  double index, grown;
  long double start, length;
};

Begun begun(double first, double grow, double index) {
  const Pair grown = power(grow, index);
  const long double all = static_cast<long double>(grown.high) + grown.low;
  const long double more = static_cast<long double>(grown.high) - 1 + grown.low;
  return {index, grown.high, first * (more / (static_cast<long double>(grow) - 1)), first * all};
}

Cycle plain_cycle(double step, double first, double grow) {
  if (grow == 1) return {whole_cycles(step, first), value(rest_of_cycle(step, first)), 1};
  step = std::min(step, std::numeric_limits<double>::max());
  const long double almost = step + std::min(step * 0x1p-50L, 0x1p-20L);
  const double firsts = step / first * (grow - 1);
  const double log_grown =
      firsts < 1e300 ? std::log(1 + firsts) : std::log(step) - std::log(first) + std::log(grow - 1);
  Begun at = begun(first, grow, std::floor(log_grown / std::log(grow)));
  for (double by = 1; at.index > 0 && at.start > almost; by *= 2)
    at = begun(first, grow, std::max(0.0, at.index - by));
  for (double by = 1; at.start + at.length <= almost;) {
    const Begun next = begun(first, grow, at.index + by);
    const bool good = next.index > at.index && next.start <= almost;
    if (!good && by == 1) break;
    if (good) at = next;
    by = good ? 2 * by : by / 2;
  }
  return {at.index, std::max(0.0, static_cast<double>(step - at.start)), at.grown};
}

}  // namespace

/// Derivatives come from the formulas at the index found, whose values the search has more exactly.
Cycle find_cycle(Real step, Real first, Real grow) {
  Cycle cycle = plain_cycle(value(step), value(first), value(grow));
  if constexpr (std::same_as<Real, Dual>) {
    const double i = cycle.index;
    const Real more = grow - 1, grown = pow(grow, i);
    const Real lengths = more == 0 ? i + more * (i * (i - 1) / 2) : (grown - 1) / more;
    const Real rest = step - first * lengths;
    cycle.step += rest - value(rest);
    cycle.grown += grown - value(grown);
  }
  return cycle;
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

}}}  // namespace gradus::detail
