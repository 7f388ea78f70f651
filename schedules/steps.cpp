#include <gradus/schedules/steps.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_VARIANT::detail {

namespace {

long double power(long double base, double exponent) {
  long double result = 1;
  for (auto n = static_cast<unsigned long>(exponent); n > 0; n /= 2, base *= base)
    if (n % 2 == 1) result *= base;
  return result;
}

}  // namespace

Cycle find_cycle(double step, double first, double grow) {
  if (grow == 1) return {whole_cycles(step, first), rest_of_cycle(step, first), first};
  step = std::min(step, std::numeric_limits<double>::max());
  const auto start = [&](double i) {
    return first * ((power(grow, i) - 1) / (static_cast<long double>(grow) - 1));
  };
  const long double almost = step + std::min(step * 0x1p-50L, 0x1p-20L);
  const double firsts = step / first * (grow - 1);
  const double log_grown =
      firsts < 1e300 ? std::log1p(firsts) : std::log(step) - std::log(first) + std::log(grow - 1);
  double i = std::floor(log_grown / std::log(grow));
  while (i > 0 && start(i) > almost) --i;
  while (start(i + 1) <= almost) ++i;
  return {i, std::max(0.0, static_cast<double>(step - start(i))),
          static_cast<double>(first * power(grow, i))};
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
