/// The parts of one update: checks, gradient accumulation, clipping, averages. Options as text.

#include <algorithm>
#include <cmath>
#include <limits>

#include <gradus/core/elementwise.h>
#include <gradus/core/node.h>
#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

using detail::kernels;
using detail::node_of;

bool ParameterSelector::selects(const Tensor& parameter, std::string_view name) const {
  if (const Tensor* handle = std::get_if<Tensor>(&chosen_))
    return handle->node() == parameter.node();
  return name.find(std::get<std::string>(chosen_)) != std::string_view::npos;
}

std::string to_string(const ParameterSelector& s) {
  const std::string* text = std::get_if<std::string>(&s.chosen_);
  return text ? *text : "a parameter";
}

detail::Value to_value(const ParameterSelector& s) { return {to_string(s)}; }
detail::Value to_value(const LearningRateMultiplier& m) {
  return {std::vector<detail::Value>{to_value(m.parameters), {value(m.factor)}}};
}

std::string assign(std::vector<ParameterSelector>& member, const detail::Value& v) {
  std::vector<std::string> texts;
  const std::string expected = detail::assign(texts, v);
  if (expected.empty()) member.assign(texts.begin(), texts.end());
  return expected;
}

std::string assign(std::vector<LearningRateMultiplier>& member, const detail::Value& v) {
  const std::string expected = "a list, each element a list of a text and a number";
  const auto* pairs = std::get_if<std::vector<detail::Value>>(&v.content);
  if (!pairs) return expected;
  member.clear();
  for (const detail::Value& item : *pairs) {
    const auto* pair = std::get_if<std::vector<detail::Value>>(&item.content);
    std::string name;
    Real factor = 0;
    if (!pair || pair->size() != 2 || !detail::assign(name, (*pair)[0]).empty() ||
        !detail::assign(factor, (*pair)[1]).empty())
      return expected;
    member.push_back({name, factor});
  }
  return "";
}

namespace {

constexpr double largest_double = std::numeric_limits<double>::max();

bool fits_scalar(Real v) { return std::isfinite(value(static_cast<Scalar>(v))); }

/// The factor that scales a gradient of this norm down to the norm `limit`; never 0.
double shrinking(double norm, double limit) {
  return norm > limit ? std::max(limit / norm, std::numeric_limits<double>::min()) : 1;
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

double detail::norm(std::span<const Scalar> x) {
  for (const double scale : {1.0, 0x1p-600, 0x1p600}) {  // the first that loses no square
    const double sum =
        kernels().sum_of_squares(x.data(), scale, static_cast<std::int64_t>(x.size()));
    if (sum > 0x1p-900 && sum < largest_double)
      return std::min(std::sqrt(sum) / scale, largest_double);
  }
  return 0;
}

/// With accumulation, adds the gradients to their mean. Returns whether this call updates.
bool Optimizer::collect() {
  if (!options_.gradient_accumulation_steps) return true;
  const Real calls = *options_.gradient_accumulation_steps;
  for (Entry& e : entries_)
    if (e.gradient)
      kernels().combine(static_cast<Scalar>(1 / calls), e.gradient, 1, accumulator(e).values.data(),
                        e.parameter.size());
  if (static_cast<double>(++counters_.collected) < value(calls)) return false;
  for (Entry& e : entries_) {  // its gradient may have come in an earlier call
    const std::span<const Scalar> mean = accumulator(e).span();
    const auto not_zero = [](Scalar x) { return x != 0; };
    if (e.gradient || std::any_of(mean.begin(), mean.end(), not_zero)) e.gradient = mean.data();
  }
  return true;
}

/// The factor of all gradients by global_clipnorm.
double Optimizer::global_shrink() const {
  if (!options_.global_clipnorm) return 1;
  double all = 0;
  for (const Entry& e : entries_)
    if (e.gradient)
      all =
          std::hypot(all, detail::norm({e.gradient, static_cast<std::size_t>(e.parameter.size())}));
  return shrinking(std::min(all, largest_double), value(*options_.global_clipnorm));
}

/// The gradient after clipping: the same, or a clipped copy in `room`.
const Scalar* Optimizer::clipped(const Entry& entry, double shrink, detail::Buffer& room) const {
  const std::int64_t n = entry.parameter.size();
  const std::span<const Scalar> g(entry.gradient, static_cast<std::size_t>(n));
  if (options_.clipnorm) shrink = shrinking(detail::norm(g), value(*options_.clipnorm));
  if (shrink == 1 && !options_.clipvalue) return g.data();
  room = detail::Buffer(n);
  if (options_.clipvalue) {
    const auto limit = static_cast<Scalar>(*options_.clipvalue);
    detail::functions::unary<detail::functions::Clip>().forward(g.data(), room.data(), n, -limit,
                                                                limit);
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
