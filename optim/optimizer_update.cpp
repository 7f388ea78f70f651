/// Around the update rule: check, then commit; gradient accumulation, clipping, averages.

#include <gradus/core/elementwise.h>
#include <gradus/core/node.h>
#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

using detail::kernels;
using detail::node_of;

namespace {

constexpr double largest_double = std::numeric_limits<double>::max();

/// The factor that scales a gradient of this norm down to the norm `limit`; never 0.
Real shrinking(Real norm, Real limit) {
  return norm > limit ? std::max(limit / norm, Real(std::numeric_limits<double>::min())) : Real(1);
}

/// Whether these numbers are far from the largest: a rule then says whether an update is, too.
bool calm(const Scalar* x, std::int64_t n) { return kernels().sum_of_magnitudes(x, n) <= 0x1p40; }

bool fits_scalar(Real v) { return std::isfinite(value(static_cast<Scalar>(v))); }

}  // namespace

Optimizer Optimizer::with_numbers(const NumberMap& map) const {
  detail::Boxed<Interface> rule = rule_;
  rule->map_numbers(map);
  OptimizerOptions options = options_;
  const std::vector<detail::Config::Field> given = detail::config_of(options_).fields;
  std::size_t i = 0;
  OptimizerOptions::fields(options, [&](std::string_view name, auto& option, const auto&...) {
    if (!given[i++].at_default) detail::map_numbers(option, std::string(name), map);
  });
  return Optimizer(std::move(rule), std::move(options));
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

LinearUpdate Optimizer::linear_update(Step step, double rate, std::span<double> memory) const {
  if (const detail::Fault fault = rule_->fault_at(step, rate)) throw NumericError(fault.text);
  std::optional<LinearUpdate> form = rule_->linear_update(step, rate, memory);
  const OptimizerOptions& o = options_;
  const Schedule* own = rule_->weight_decay_of(Shape{1});
  for (const auto& [found, what] : std::initializer_list<std::pair<bool, const char*>>{
           {!form, "the rule must be linear in the gradient, as SGD and ScheduleFreeSGD are"},
           {o.clipnorm || o.clipvalue || o.global_clipnorm,
            "clipnorm, clipvalue and global_clipnorm must be absent: clipping is not linear"},
           {!detail::always_zero(o.weight_decay) || (own && !detail::always_zero(*own)),
            "weight_decay must be 0: it pulls the weights away from the minimum"},
           {o.ema_overwrite_frequency.has_value(), "ema_overwrite_frequency must be absent"},
           {o.gradient_accumulation_steps.has_value(),
            "gradient_accumulation_steps must be absent; enlarge the batch instead"},
           {!o.learning_rate_multipliers.empty(),
            "learning_rate_multipliers must be empty: all weights must have one rate"}})
    if (found)
      throw ValueError(
          fmt::format("Optimizer: for exact expectations {} (got {})", what, to_string(*this)));
  if (!o.use_ema) return *form;
  check(form->parts < LinearUpdate::most, "Optimizer: use_ema must be off with {}", name());
  LinearUpdate& f = *form;
  const auto average = static_cast<std::size_t>(f.parts++);
  const double keep = step == 0 ? 0 : value(options_.ema_momentum);
  for (std::size_t i = 0; i < average; ++i) {  // the average follows c.s after the update
    for (std::size_t k = 0; k < average; ++k) f.a[average][k] += (1 - keep) * f.c[i] * f.a[i][k];
    f.b[average] += (1 - keep) * f.c[i] * f.b[i];
  }
  f.a[average][average] = keep;
  f.e = {};
  f.e[average] = f.start[average] = 1;
  return f;
}

// ---- what refuses an update, before it and after it, and takes it back --------------------------

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
    const bool shrinks = value(e.decay) <= 1 && (is_zero(e.decay) || !rule_averages());
    sure = sure && is_calm && !e.constraint && value(its_rate) <= 0x1p20 && shrinks && trusted(e);
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
  before_.clear();
  for (Entry& e : entries_) e.trusted = node_of(e.parameter).trusted = 0;
  each_number([&](Entry&, Memory*, detail::Buffer& values, std::int64_t n) {
    before_.push_back(values);
    values = values.copy(n);
  });
  const Step step = iterations();
  bool undo = true;
  const detail::AtEnd end([&, counters = counters_] {
    auto before = before_.begin();
    if (undo) counters_ = counters;
    if (undo) each_number([&](auto&, auto*, auto& x, auto) { x = std::move(*before++); });
    before_.clear();
  });
  update(rate);
  detail::Fault fault;
  each_number([&](Entry& e, Memory* m, const detail::Buffer& values, std::int64_t n) {
    const std::string bad = fault ? "" : detail::not_finite(values.data(), n);
    if (!bad.empty())
      fault.text = fmt::format("Optimizer: {}{} must stay finite in an update (got {}, step {})",
                               e.name, m ? "/" + m->name : "", bad, step);
  });
  undo = static_cast<bool>(fault);
  return fault;
}

// ---- the parts of an update ---------------------------------------------------------------------

Real detail::norm(std::span<const Scalar> x) {
  using std::sqrt;
  for (const double scale : {1.0, 0x1p-600, 0x1p600}) {  // the first that loses no square
    const Real sum = kernels().sum_of_squares(x.data(), scale, static_cast<std::int64_t>(x.size()));
    if (sum > 0x1p-900 && sum < largest_double)
      return std::min(sqrt(sum) / scale, Real(largest_double));
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
Real Optimizer::global_shrink() const {
  using std::hypot;
  if (!options_.global_clipnorm) return 1;
  Real all = 0;
  for (const Entry& e : entries_)
    if (e.gradient)
      all = hypot(all, detail::norm({e.gradient, static_cast<std::size_t>(e.parameter.size())}));
  return shrinking(std::min(all, Real(largest_double)), *options_.global_clipnorm);
}

/// The gradient after clipping: the same, or a clipped copy in `room_`.
const Scalar* Optimizer::clipped(const Entry& entry, Real shrink) {
  const std::int64_t n = entry.parameter.size();
  const std::span<const Scalar> g(entry.gradient, static_cast<std::size_t>(n));
  if (options_.clipnorm) shrink = shrinking(detail::norm(g), *options_.clipnorm);
  if (shrink == 1 && !options_.clipvalue) return g.data();
  if (options_.clipvalue) {
    const auto limit = static_cast<Scalar>(*options_.clipvalue);
    detail::functions::unary<detail::functions::Clip>().forward(g.data(), room_.data(), n, -limit,
                                                                limit);
  } else {  // in double: for a huge gradient the factor is below a float's range
    for (std::size_t i = 0; i < g.size(); ++i) room_.data()[i] = static_cast<Scalar>(shrink * g[i]);
  }
  return room_.data();
}

/// As in Keras, the averages also move in a call that only collects.
void Optimizer::update_averages(bool updates) {
  const Real keep = iterations() == counters_.averages_from ? Real(0) : options_.ema_momentum;
  const double count = static_cast<double>(iterations()) + 1;
  const auto& frequency = options_.ema_overwrite_frequency;
  const bool overwrites = updates && frequency && std::fmod(count, value(frequency->count)) == 0;
  for (Entry& e : entries_) {
    const std::span<Scalar> mean = average(e).span();
    kernels().combine(static_cast<Scalar>(1 - keep), node_of(e.parameter).data(),
                      static_cast<Scalar>(keep), mean.data(), e.parameter.size());
    if (overwrites) std::ranges::copy(mean, node_of(e.parameter).writable());
  }
}

detail::Buffer Optimizer::constrained(const Entry& entry, const detail::Buffer& values) {
  const NoGrad off;
  const Tensor w(detail::make_node(entry.parameter.shape(), values)), now = entry.constraint(w);
  check<ShapeError>(now.shape() == w.shape(),
                    "Optimizer: the constraint of {} must keep the shape {} (got {})", entry.name,
                    w.shape(), now.shape());
  return node_of(now).value;
}

/// First all that may fail.
void Optimizer::finalize() {
  if (!has_averages() || shows_averages() || iterations() == counters_.averages_from) return;
  for (Entry& e : entries_) {
    detail::Buffer shown = average(e).values.copy(e.parameter.size());
    if (e.constraint) shown = constrained(e, shown);
    const std::string bad = detail::not_finite(shown.data(), e.parameter.size());
    check<NumericError>(bad.empty(),
                        "Optimizer: the constraint of {} must give finite numbers for the averages "
                        "(got {})",
                        e.name, bad);
    raw(e).values = std::move(shown);
  }
  swap_averages();
}

void Optimizer::swap_averages() noexcept {
  for (Entry& e : entries_) {
    detail::Node& node = node_of(e.parameter);
    std::swap(node.value, raw(e).values);
    node.trusted = 0;
  }
  counters_.shows_averages = !counters_.shows_averages;
}

void Optimizer::drop_collected() {
  counters_.collected = 0;
  if (!options_.gradient_accumulation_steps) return;
  for (Entry& e : entries_) std::ranges::fill(accumulator(e).span(), Scalar(0));
}

void Optimizer::weights_changed() {
  drop_collected();
  counters_.shows_averages = false;
  counters_.averages_from = iterations();
  if (!has_averages()) return;
  for (Entry& e : entries_) {
    start_average(e.parameter, e.memory);
    e.trusted = 0;
  }
}

}}  // namespace gradus
