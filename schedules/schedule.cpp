#include <gradus/schedules/schedule.h>

#include <cmath>

namespace gradus::inline GRADUS_VARIANT {

Real Schedule::checked(double step) const {
  check(step >= 0, "Schedule: step must be >= 0 (got {})", step);
  const Real rate = at(step);
  if (!std::isfinite(value(rate))) [[unlikely]]
    throw NumericError(
        fmt::format("Schedule: {} returned {} at step {}", to_string(*this), value(rate), step));
  return rate;
}

}  // namespace gradus
