/// Checks of an update before it starts, and the rate.

#include <cmath>
#include <limits>

#include <gradus/core/node.h>
#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

using detail::kernels;

namespace {

bool fits_scalar(Real v) { return std::isfinite(value(static_cast<Scalar>(v))); }

}  // namespace

detail::Fault detail::fault(std::string_view owner, std::string_view name, const Schedule& schedule,
                            Real v, const Rule& range, Step step) {
  const double number = value(v);
  if (!range.holds(number))
    return {fmt::format("{}: {} schedule returned {} at step {}: {} (must be {})", owner, name,
                        number, step, to_string(schedule), range.text)};
  if (!fits_scalar(v))
    return {fmt::format("{}: {} must fit the weights' number type (got {} at step {})", owner, name,
                        number, step)};
  return {};
}

Real Optimizer::learning_rate() const {
  const Schedule& schedule = rule_->learning_rate();
  const Real rate = schedule.at(static_cast<double>(iterations()));
  const detail::Fault fault = detail::fault(rule_->name(), "learning_rate", schedule, rate,
                                            rules::not_negative, iterations());
  if (fault) throw NumericError(fault.text);
  return rate;
}

void Optimizer::set_learning_rate(Schedule learning_rate) {
  check_field(rule_->name(), "learning_rate", learning_rate, rules::not_negative);
  rule_->learning_rate() = std::move(learning_rate);
}

/// Returns the reason to refuse an update with these gradients.
detail::Fault Optimizer::fault_before(Real rate) const {
  check<StateError>(iterations() < std::numeric_limits<Step>::max(),
                    "Optimizer: iterations must be below 2^63 - 1 (got {})", iterations());
  bool any = false;
  detail::Fault wrong = rule_->fault_at(iterations(), rate);
  const Schedule& decay = options_.weight_decay;
  if (!wrong && !decay.constant())
    wrong = detail::fault("Optimizer", "weight_decay", decay,
                          decay.at(static_cast<double>(iterations())), rules::not_negative,
                          iterations());
  for (const Entry& e : entries_) {
    if (!e.gradient) continue;
    any = true;
    if (wrong) break;
    const std::int64_t bad = kernels().first_not_finite(e.gradient, e.parameter.size());
    if (bad >= 0)
      wrong.text = fmt::format(
          "Optimizer: the gradient of parameter {} must be finite (got {} at element {}, step {})",
          e.name, value(e.gradient[bad]), bad, iterations());
    else if (!fits_scalar(rate * e.multiplier))
      wrong.text = fmt::format(
          "Optimizer: learning_rate of parameter {} must fit the weights' number type (got {} at "
          "step {})",
          e.name, value(rate * e.multiplier), iterations());
  }
  check<StateError>(any, "Optimizer: no parameter has a gradient; call backward() first");
  return wrong;
}

}}  // namespace gradus
