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

/// Whether these numbers are far from the largest: a rule then says whether an update is, too.
bool calm(const Scalar* x, std::int64_t n) { return kernels().sum_of_magnitudes(x, n) <= 0x1p40; }

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

/// Returns the reason to refuse this update, and notes the weights' decays. `sure`: no number can
/// come near the largest one in it, so that nothing has to be copied to take it back.
detail::Fault Optimizer::fault_before(Real rate, bool& sure) {
  const Step step = iterations();
  const double t = static_cast<double>(step);
  check<StateError>(step < std::numeric_limits<Step>::max(),
                    "Optimizer: iterations must be below 2^63 - 1 (got {})", step);
  check<StateError>(std::ranges::any_of(entries_, &Entry::gradient),
                    "Optimizer: no parameter has a gradient; call backward() first");
  const Schedule& decay = options_.weight_decay;
  if (detail::Fault wrong = rule_->fault_at(step, rate)) return wrong;
  if (!decay.constant())
    if (auto wrong = detail::fault("Optimizer", "weight_decay", decay, decay.at(t),
                                   rules::not_negative, step))
      return wrong;
  sure = !shows_averages() && rule_->stays_finite(step);
  for (Entry& e : entries_) {
    const Real its_rate = rate * e.multiplier;
    const bool is_calm = !e.gradient || calm(e.gradient, e.parameter.size());
    const std::string bad = is_calm ? "" : detail::not_finite(e.gradient, e.parameter.size());
    if (!bad.empty())
      return {
          fmt::format("Optimizer: the gradient of parameter {} must be finite (got {}, step {})",
                      e.name, bad, step)};
    if (e.gradient && !fits_scalar(its_rate))
      return {
          fmt::format("Optimizer: learning_rate of parameter {} must fit the weights' number "
                      "type (got {} at step {})",
                      e.name, value(its_rate), step)};
    const Schedule* own = e.decays ? rule_->weight_decay_of(e.parameter.shape()) : nullptr;
    e.decay = e.decays ? (own ? *own : decay).at(t) * its_rate : Real(0);
    sure = sure && is_calm && !e.constraint && value(its_rate) <= 0x1p20 && value(e.decay) <= 1 &&
           trusted(e);
  }
  return {};
}

/// Whether a parameter's numbers were small at most a thousand calls ago; since then, only calls of
/// the kind above have changed them. Measures them if that is not known.
bool Optimizer::trusted(Entry& e) const {
  detail::Node& node = node_of(e.parameter);
  if (e.trusted-- > 0 && node.trusted-- > 0) return true;
  const auto small = [](const Memory& m) {
    const auto negative = [](Scalar x) { return x < 0; };
    return calm(m.values.data(), m.size) &&
           !(m.not_negative && std::ranges::any_of(m.span(), negative));
  };
  const bool all = calm(node.data(), node.size) && std::ranges::all_of(e.memory, small);
  e.trusted = node.trusted = static_cast<std::int16_t>(all ? 1000 : 0);
  return all;
}

/// Calls f(entry, its memory or null, values, size) for all that an update may change.
void Optimizer::each_number(auto&& f) {
  for (Entry& e : entries_) {
    f(e, static_cast<Memory*>(nullptr), node_of(e.parameter).value, e.parameter.size());
    for (Memory& m : e.memory)
      if (in_state(e, m)) f(e, &m, m.values, m.size);
  }
}

/// Updates. Takes everything back if then a number is not finite, or if the rule throws.
detail::Fault Optimizer::update_or_undo(Real rate) {
  struct Undo {
    ~Undo() {
      auto before = all.before_.begin();
      if (wanted) all.counters_ = counters;
      if (wanted) all.each_number([&](auto&, auto*, auto& x, auto) { x = std::move(*before++); });
      all.before_.clear();
    }
    Optimizer& all;
    OptimizerCounters counters = all.counters_;
    bool wanted = true;
  };
  before_.clear();
  for (Entry& e : entries_) e.trusted = node_of(e.parameter).trusted = 0;
  each_number([&](Entry&, Memory*, detail::Buffer& values, std::int64_t n) {
    before_.push_back(values);
    values = values.copy(n);
  });
  Undo undo{*this};
  update(rate);
  detail::Fault fault;
  each_number([&](Entry& e, Memory* m, const detail::Buffer& values, std::int64_t n) {
    const std::string bad = fault ? "" : detail::not_finite(values.data(), n);
    if (!bad.empty())
      fault.text = fmt::format("Optimizer: {}{} must stay finite in an update (got {}, step {})",
                               e.name, m ? "/" + m->name : "", bad, undo.counters.iterations);
  });
  undo.wanted = static_cast<bool>(fault);
  return fault;
}

}}  // namespace gradus
