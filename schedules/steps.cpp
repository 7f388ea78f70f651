#include <gradus/schedules/steps.h>

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
  const double guess = std::floor(std::log1p(step / first * (grow - 1)) / std::log(grow));
  const long double almost = step * (1 + 4 * std::numeric_limits<double>::epsilon());
  for (double i = guess > 0 ? guess : 0;;) {
    const long double times = power(grow, i);
    const long double start = first * ((times - 1) / (static_cast<long double>(grow) - 1));
    const long double length = first * times;
    if (i > 0 && start > almost)
      --i;
    else if (start + length <= almost)
      ++i;
    else
      return {i, step > start ? static_cast<double>(step - start) : 0, static_cast<double>(length)};
  }
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
