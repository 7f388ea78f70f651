/// Check, then commit: what refuses an update, before it and after it, and takes it back.

#include <algorithm>
#include <cmath>
#include <limits>

#include <gradus/core/node.h>
#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

using detail::kernels;
using detail::node_of;

namespace {

/// Far below the largest number, so that rounding does not count.
constexpr double most = 0x1p100;

bool fits_scalar(Real v) { return std::isfinite(value(static_cast<Scalar>(v))); }

/// The bound; measured, where it is not known or has become too high to be of use.
double bounded(double& bound, const detail::Buffer& values, std::int64_t n, bool not_negative) {
  if (bound <= most) return bound;
  bound = kernels().sum_of_magnitudes(values.data(), n);
  const auto negative = [](Scalar x) { return x < 0; };
  if (not_negative && std::any_of(values.data(), values.data() + n, negative))
    bound = detail::unbounded;
  return bound;
}

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

/// Returns the reason to refuse an update with these gradients.
detail::Fault Optimizer::fault_before(Real rate) {
  check<StateError>(iterations() < std::numeric_limits<Step>::max(),
                    "Optimizer: iterations must be below 2^63 - 1 (got {})", iterations());
  bool any = false;
  detail::Fault wrong = rule_->fault_at(iterations(), rate);
  const Schedule& decay = options_.weight_decay;
  if (!wrong && !decay.constant())
    wrong = detail::fault("Optimizer", "weight_decay", decay,
                          decay.at(static_cast<double>(iterations())), rules::not_negative,
                          iterations());
  for (Entry& e : entries_) {
    if (!e.gradient) continue;
    any = true;
    if (wrong) break;
    e.gradient_bound = kernels().sum_of_magnitudes(e.gradient, e.parameter.size());
    const std::int64_t bad = e.gradient_bound < detail::unbounded
                                 ? -1
                                 : kernels().first_not_finite(e.gradient, e.parameter.size());
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

/// Whether no number can come near the largest one in this call. Carrying bounds along costs
/// nothing next to Undo, which copies everything.
bool Optimizer::surely_finite(Real rate) {
  const auto& calls = options_.gradient_accumulation_steps;
  const bool updates =
      !calls || static_cast<double>(counters_.collected + 1) >= value(calls->count);
  bool sure = !shows_averages() && (!updates || rule_->has_bounds);
  for (Entry& e : entries_) {
    const Schedule* own = rule_->weight_decay_of(e.parameter.shape());
    const Real decay = (own ? *own : options_.weight_decay).at(static_cast<double>(iterations()));
    e.decay = e.decays ? decay * (rate * e.multiplier) : Real(0);
    sure = sure && !e.constraint && raise_bounds(e, rate, updates);
  }
  return sure;
}

/// Raises a parameter's bounds to what this call can reach. False if that is too high to be sure.
bool Optimizer::raise_bounds(Entry& e, Real rate, bool updates) {
  constexpr double rounding = 1 + 1e-6;
  bool low = true;
  const auto raised = [&](double& bound, double to) {
    bound = to * rounding;
    low = low && bound <= most;
    return bound;
  };
  const auto bound_of = [&](Memory& m) {
    return bounded(m.bound, m.values, m.size, m.not_negative);
  };
  detail::Node& node = node_of(e.parameter);
  double w = bounded(node.bound, node.value, node.size, false);
  double g = e.gradient ? e.gradient_bound : 0;
  if (options_.gradient_accumulation_steps)
    g = raised(accumulator(e).bound, bound_of(accumulator(e)) + g);
  if (updates) {
    UpdateBounds b{w * (1 + value(e.decay)), g, {}, value(rate * e.multiplier), iterations()};
    for (std::size_t i = 0; i < slots(); ++i) b.slots[i] = bound_of(e.memory[i]);
    rule_->bound(b);
    for (std::size_t i = 0; i < slots(); ++i) raised(e.memory[i].bound, b.slots[i]);
    w = b.w;
  }
  if (options_.use_ema) w = raised(average(e).bound, std::max(w, bound_of(average(e))));
  raised(node.bound, w);
  return low && g <= most;
}

/// Calls f(values, bound, size) for all that an update may change.
void Optimizer::each_number(auto&& f) {
  for (Entry& e : entries_) {
    detail::Node& node = node_of(e.parameter);
    f(node.value, node.bound, node.size);
    for (Memory& m : e.memory)
      if (in_state(e, m)) f(m.values, m.bound, m.size);
  }
}

Optimizer::Undo::Undo(Optimizer& optimizer) : all_(optimizer), counters_(optimizer.counters_) {
  all_.before_.clear();
  all_.each_number([&](detail::Buffer& values, double& bound, std::int64_t size) {
    all_.before_.push_back(values);
    values = values.copy(size);
    bound = detail::unbounded;
  });
}

Optimizer::Undo::~Undo() {
  if (!dropped_) {
    all_.counters_ = counters_;
    std::size_t i = 0;
    all_.each_number([&](detail::Buffer& values, double&, std::int64_t) {
      values = std::move(all_.before_[i++]);
    });
  }
  all_.before_.clear();
}

/// Returns the first number of the state that is not finite.
detail::Fault Optimizer::fault_after() const {
  const auto fault = [&](const Entry& e, std::string_view memory, const Scalar* x, std::int64_t n) {
    const std::int64_t bad = kernels().first_not_finite(x, n);
    if (bad < 0) return detail::Fault();
    return detail::Fault{
        fmt::format("Optimizer: {}{} must stay finite in an update (got {} at element {}, step {})",
                    e.name, memory.empty() ? "" : fmt::format("/{}", memory), value(x[bad]), bad,
                    counters_.iterations)};
  };
  for (const Entry& e : entries_) {
    if (auto found = fault(e, "", node_of(e.parameter).data(), e.parameter.size())) return found;
    for (const Memory& m : e.memory)
      if (in_state(e, m))
        if (auto found = fault(e, m.name, m.values.data(), m.size)) return found;
  }
  return {};
}

}}  // namespace gradus
