/// Gradient accumulation, clipping and averages.

#include <algorithm>
#include <cmath>
#include <limits>

#include <gradus/core/elementwise.h>
#include <gradus/core/node.h>
#include <gradus/optim/norm.h>
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

/// The factor that scales a gradient of this norm down to the norm `limit`; never 0.
double shrinking(double norm, double limit) {
  return norm > limit ? std::max(limit / norm, std::numeric_limits<double>::min()) : 1;
}

}  // namespace

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
      all = detail::joint_norm(
          all, detail::norm({e.gradient, static_cast<std::size_t>(e.parameter.size())}));
  return shrinking(all, value(*options_.global_clipnorm));
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
