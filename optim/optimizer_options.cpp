/// The shared options at work in an update: accumulation, clipping, averages.

#include <algorithm>
#include <cmath>
#include <limits>

#include <gradus/core/node.h>
#include <gradus/optim/norm.h>
#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

using detail::kernels;
using detail::node_of;

namespace {

/// What a gradient of this norm is multiplied by to have at most the norm `limit`; never 0.
double shrinking(double norm, double limit) {
  return norm > limit ? std::max(limit / norm, std::numeric_limits<double>::min()) : 1;
}

}  // namespace

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

/// What global_clipnorm multiplies every gradient by.
double Optimizer::global_shrink() const {
  if (!options_.global_clipnorm) return 1;
  double all = 0;
  for (const Entry& e : entries_)
    if (e.gradient)
      all = detail::joint_norm(
          all, detail::norm({e.gradient, static_cast<std::size_t>(e.parameter.size())}));
  return shrinking(all, value(*options_.global_clipnorm));
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
