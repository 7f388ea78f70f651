/// The parts of one update: gradient accumulation, clipping, averages. Options as text.

#include <algorithm>
#include <cmath>
#include <limits>

#include <gradus/core/elementwise.h>
#include <gradus/core/node.h>
#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

using detail::kernels;
using detail::node_of;

bool ParameterSelector::selects(const Tensor& parameter, std::string_view name,
                                std::span<const std::string> names) const {
  if (const Tensor* handle = std::get_if<Tensor>(&chosen_))
    return handle->node() == parameter.node();
  std::string text = fmt::format("/{}", std::get<std::string>(chosen_));
  if (text.size() == 1 || !text.ends_with('/')) text += '/';
  const auto place = [&](std::string_view path) { return fmt::format("/{}/", path).find(text); };
  const bool from_start = std::ranges::any_of(names, [&](auto& path) { return place(path) == 0; });
  return from_start ? place(name) == 0 : place(name) != text.npos;
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

/// The factor that scales a gradient of this norm down to the norm `limit`; never 0.
double shrinking(double norm, double limit) {
  return norm > limit ? std::max(limit / norm, std::numeric_limits<double>::min()) : 1;
}

}  // namespace

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

/// The gradient after clipping: the same, or a clipped copy in `room_`.
const Scalar* Optimizer::clipped(const Entry& entry, double shrink) {
  const std::int64_t n = entry.parameter.size();
  const std::span<const Scalar> g(entry.gradient, static_cast<std::size_t>(n));
  if (options_.clipnorm) shrink = shrinking(detail::norm(g), value(*options_.clipnorm));
  if (shrink == 1 && !options_.clipvalue) return g.data();
  if (options_.clipvalue) {
    const auto limit = static_cast<Scalar>(*options_.clipvalue);
    detail::functions::unary<detail::functions::Clip>().forward(g.data(), room_.data(), n, -limit,
                                                                limit);
  } else {  // in double: for a huge gradient the factor is below a float's range
    for (std::size_t i = 0; i < g.size(); ++i)
      room_.data()[i] = static_cast<Scalar>(shrink * value(g[i]));
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
  if (!options_.use_ema || shows_averages() || iterations() == counters_.averages_from) return;
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
  if (!options_.use_ema) return;
  for (Entry& e : entries_) {
    std::ranges::copy(e.parameter.values(), average(e).values.data());
    e.trusted = 0;
  }
}

}}  // namespace gradus
