#include <gradus/schedules/schedule.h>

#include <cmath>

#include <gradus/schedules/algebra.h>

namespace gradus { inline namespace GRADUS_VARIANT {

Real Schedule::checked(Real step) const {
  check(step >= 0, "Schedule: step must be >= 0 (got {})", value(step));
  const Real rate = at(step);
  if (!std::isfinite(value(rate))) [[unlikely]]
    throw NumericError(fmt::format("Schedule: {} returned {} at step {}", to_string(*this),
                                   value(rate), value(step)));
  return rate;
}

Real Schedule::area(Step steps) const {
  check(steps >= 0, "Schedule::area: steps must be >= 0 (got {})", steps);
  const double end = constant() ? 0 : std::ceil(value(duration()));
  const Step moving = end < static_cast<double>(steps) ? static_cast<Step>(end) : steps;
  Real sum = 0, lost = 0;  // Kahan 1965: adds back what a long sum loses to rounding
  for (Step t = 0; t < moving; ++t) {
    const Real next = (*this)(t)-lost;
    const Real total = sum + next;
    lost = (total - sum) - next;
    sum = total;
  }
  if (moving < steps) sum += static_cast<double>(steps - moving) * (*this)(moving);
  return sum;
}

Schedule Schedule::take(Steps steps) const { return Take{*this, steps}; }

detail::Config Schedule::config() const { return held_->config(); }

detail::Config Schedule::Fixed::config() const {
  return {.type = "constant", .text_name = "constant"};
}

}}  // namespace gradus
