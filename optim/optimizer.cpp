#include <gradus/optim/optimizer.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <gradus/core/denormals.h>
#include <gradus/core/node.h>
#include <gradus/optim/norm.h>

namespace gradus { inline namespace GRADUS_VARIANT {

using detail::kernels;
using detail::node_of;

namespace {

bool fits_scalar(Real v) { return std::isfinite(value(static_cast<Scalar>(v))); }

/// What a gradient of this norm is multiplied by to have at most the norm `limit`; never 0.
double shrinking(double norm, double limit) {
  return norm > limit ? std::max(limit / norm, std::numeric_limits<double>::min()) : 1;
}

}  // namespace

std::string detail::fault(std::string_view owner, std::string_view name, const Schedule& schedule,
                          Real v, const Rule& range, Step step) {
  const double number = value(v);
  if (!range.holds(number))
    return fmt::format("{}: {} schedule returned {} at step {}: {} (must be {})", owner, name,
                       number, step, to_string(schedule), range.text);
  if (!fits_scalar(v))
    return fmt::format("{}: {} must fit the weights' number type (got {} at step {})", owner, name,
                       number, step);
  return {};
}

Real Optimizer::learning_rate() const {
  const Schedule& schedule = rule_->learning_rate();
  const Real rate = schedule.at(static_cast<double>(iterations()));
  const std::string wrong = detail::fault(rule_->name(), "learning_rate", schedule, rate,
                                          rules::not_negative, iterations());
  if (!wrong.empty()) throw NumericError(wrong);
  return rate;
}

void Optimizer::set_learning_rate(Schedule learning_rate) {
  check_field(rule_->name(), "learning_rate", learning_rate, rules::not_negative);
  rule_->learning_rate() = std::move(learning_rate);
}

void Optimizer::step(std::span<const Tensor> parameters) {
  const std::string wrong =
      call(parameters, [&](std::size_t i) { return node_of(parameters[i]).grad.data(); });
  if (!wrong.empty()) throw NumericError(wrong);
  for (const Tensor& parameter : parameters) parameter.zero_grad();
}

void Optimizer::apply(std::span<const Tensor> gradients, std::span<const Tensor> parameters) {
  const std::string wrong = try_apply(gradients, parameters);
  if (!wrong.empty()) throw NumericError(wrong);
}

std::string Optimizer::try_apply(std::span<const Tensor> gradients,
                                 std::span<const Tensor> parameters) {
  check(gradients.size() == parameters.size(),
        "Optimizer: gradients must be as many as parameters (got {} and {})", gradients.size(),
        parameters.size());
  for (std::size_t i = 0; i < gradients.size(); ++i)
    if (gradients[i].node())
      check<ShapeError>(gradients[i].shape() == parameters[i].shape(),
                        "Optimizer: gradients[{}] must have the parameter's shape {} (got {})", i,
                        parameters[i].shape(), gradients[i].shape());
  const auto gradient_of = [&](std::size_t i) -> const Scalar* {
    return gradients[i].node() ? node_of(gradients[i]).data() : nullptr;
  };
  return call(parameters, gradient_of);
}

/// Everything that can be refused is, before anything changes: numbers by what is returned.
template <class GradientOf>
std::string Optimizer::call(std::span<const Tensor> parameters, GradientOf gradient_of) {
  if (!started() && !owns(parameters)) adopt(parameters);
  const detail::FlushDenormals flush;
  for (Entry& entry : entries_) entry.gradient = nullptr;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    Entry& entry = entry_of(parameters[i], i);
    check<StateError>(!entry.gradient, "Optimizer: parameters[{}] must be given once", i);
    entry.gradient = gradient_of(i);
  }
  const Real rate = rule_->learning_rate().at(static_cast<double>(iterations()));
  std::string wrong = fault_before(rate);
  if (!wrong.empty()) return wrong;
  for (const Entry& entry : entries_) node_of(entry.parameter).writable();
  slots_.reserve(detail::most_slots);
  update(rate);  // from here on nothing throws but a rule of the user's own
  return {};
}

Optimizer::Entry& Optimizer::entry_of(const Tensor& parameter, std::size_t place) {
  const auto is_its = [&](const Entry& e) { return e.parameter.node() == parameter.node(); };
  if (place < entries_.size() && is_its(entries_[place])) return entries_[place];
  const auto found = std::find_if(entries_.begin(), entries_.end(), is_its);
  check<StateError>(found != entries_.end(),
                    "Optimizer: parameters[{}] was not in the first update; give all of them from "
                    "the start",
                    place);
  return *found;
}

/// What speaks against an update with these gradients, or "".
std::string Optimizer::fault_before(Real rate) const {
  check<StateError>(iterations() < std::numeric_limits<Step>::max(),
                    "Optimizer: iterations must be below 2^63 - 1 (got {})", iterations());
  bool any = false;
  std::string wrong = rule_->fault_at(iterations(), rate);
  const Schedule& decay = options_.weight_decay;
  if (wrong.empty() && !decay.constant())
    wrong = detail::fault("Optimizer", "weight_decay", decay,
                          decay.at(static_cast<double>(iterations())), rules::not_negative,
                          iterations());
  for (const Entry& e : entries_) {
    if (!e.gradient) continue;
    any = true;
    if (!wrong.empty()) break;
    const std::int64_t bad = kernels().first_not_finite(e.gradient, e.parameter.size());
    if (bad >= 0)
      wrong = fmt::format(
          "Optimizer: the gradient of parameter {} must be finite (got {} at element {}, step {})",
          e.name, value(e.gradient[bad]), bad, iterations());
    else if (!fits_scalar(rate * e.multiplier))
      wrong = fmt::format(
          "Optimizer: learning_rate of parameter {} must fit the weights' number type (got {} at "
          "step {})",
          e.name, value(rate * e.multiplier), iterations());
  }
  check<StateError>(any, "Optimizer: no parameter has a gradient; call backward() first");
  return wrong;
}

/// One call, the story: collect gradients, clip, decay and apply the rule, average, count.
void Optimizer::update(Real rate) {
  const bool updates = collect();
  if (updates) {
    double all = 0;
    if (options_.global_clipnorm)
      for (const Entry& e : entries_)
        if (e.gradient)
          all = detail::joint_norm(
              all, detail::norm({e.gradient, static_cast<std::size_t>(e.parameter.size())}));
    const double shrink =
        options_.global_clipnorm ? shrinking(all, value(*options_.global_clipnorm)) : 1;
    for (Entry& entry : entries_)
      if (entry.gradient) update_entry(entry, rate, shrink);
  }
  if (options_.use_ema) update_averages();
  if (!updates) return;
  counters_ = {iterations() + 1, 0, rate};
}

/// With accumulation, adds the gradients' share to the mean. True if this call updates.
bool Optimizer::collect() {
  if (!options_.gradient_accumulation_steps) return true;
  const Real calls = *options_.gradient_accumulation_steps;
  for (Entry& e : entries_)
    if (e.gradient)
      kernels().combine(static_cast<Scalar>(1 / calls), e.gradient, 1, accumulator(e).values.data(),
                        e.parameter.size());
  if (static_cast<double>(++counters_.collected) < value(calls)) return false;
  for (Entry& e : entries_) {  // a parameter may have had its gradient in an earlier call
    const std::span<const Scalar> mean = accumulator(e).span();
    const auto not_zero = [](Scalar x) { return x != 0; };
    if (e.gradient || std::any_of(mean.begin(), mean.end(), not_zero)) e.gradient = mean.data();
  }
  return true;
}

void Optimizer::update_entry(Entry& entry, Real rate, double shrink) {
  detail::Node& node = node_of(entry.parameter);
  const std::span<Scalar> w(node.writable(), static_cast<std::size_t>(node.size));
  detail::Buffer room;
  const bool clips = shrink != 1 || options_.clipnorm || options_.clipvalue;
  const Scalar* g = clips ? clipped(entry, shrink, room) : entry.gradient;
  slots_.clear();
  const auto count = static_cast<std::size_t>(rule_->slots());
  for (std::size_t i = 0; i < count; ++i) slots_.push_back(entry.memory[i].span());
  ParameterUpdate u{w, {g, w.size()}, node.shape, iterations(), rate * entry.multiplier, slots_};

  const Schedule* own_decay = rule_->weight_decay_of(node.shape);
  const Real decay = u.at(own_decay ? *own_decay : options_.weight_decay) * u.learning_rate;
  if (entry.decays && decay != Real(0))
    kernels().combine(static_cast<Scalar>(-decay), w.data(), 1, w.data(), node.size);
  rule_->update(u);
  if (options_.gradient_accumulation_steps)
    kernels().fill(0, accumulator(entry).values.data(), node.size, false);
}

/// The gradient as it is to be used: itself, or what was made of it in `room`.
const Scalar* Optimizer::clipped(const Entry& entry, double shrink, detail::Buffer& room) const {
  const std::int64_t n = entry.parameter.size();
  const std::span<const Scalar> g(entry.gradient, static_cast<std::size_t>(n));
  if (options_.clipnorm) shrink = shrinking(detail::norm(g), value(*options_.clipnorm));
  if (shrink == 1 && !options_.clipvalue) return g.data();
  room = detail::Buffer(n);
  if (options_.clipvalue) {
    const auto limit = static_cast<Scalar>(*options_.clipvalue);
    kernels().clip.forward(g.data(), room.data(), n, -limit, limit);
  } else {  // in double: for a huge gradient the factor is below a float's range
    for (std::size_t i = 0; i < g.size(); ++i)
      room.data()[i] = static_cast<Scalar>(shrink * value(g[i]));
  }
  return room.data();
}

void Optimizer::update_averages() {
  const Real keep = iterations() == 0 ? Real(0) : options_.ema_momentum;
  for (const Entry& e : entries_)
    kernels().combine(static_cast<Scalar>(1 - keep), node_of(e.parameter).data(),
                      static_cast<Scalar>(keep), average(e).values.data(), e.parameter.size());
  const double updates = static_cast<double>(iterations()) + 1;
  if (options_.ema_overwrite_frequency &&
      std::fmod(updates, value(options_.ema_overwrite_frequency->count)) == 0)
    finalize();
}

}}  // namespace gradus
