#include <gradus/optim/optimizer.h>

#include <gradus/core/node.h>
#include <gradus/core/thread_pool.h>

namespace gradus { inline namespace GRADUS_VARIANT {

using detail::kernels;
using detail::node_of;

void Optimizer::step(std::span<const Tensor> parameters) {
  const detail::Fault fault =
      call(parameters, [&](std::size_t i) { return node_of(parameters[i]).grad.data(); });
  if (fault) throw NumericError(fault.text);
  for (const Tensor& parameter : parameters) parameter.zero_grad();
}

void Optimizer::apply(std::span<const Tensor> gradients, std::span<const Tensor> parameters) {
  const detail::Fault fault = try_apply(gradients, parameters);
  if (fault) throw NumericError(fault.text);
}

detail::Fault Optimizer::try_apply(std::span<const Tensor> gradients,
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

/// Checks everything before it changes anything. Returns the error for numbers that are not finite.
template <class GradientOf>
detail::Fault Optimizer::call(std::span<const Tensor> parameters, GradientOf gradient_of) {
  if (!started() && !owns(parameters)) adopt(parameters);
  const detail::FlushDenormals flush;
  for (Entry& entry : entries_) entry.gradient = nullptr;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    Entry& entry = entry_of(parameters[i], i);
    check<StateError>(!entry.gradient, "Optimizer: parameters[{}] must be given once", i);
    entry.gradient = gradient_of(i);
  }
  const Real rate = rule_->learning_rate().at(static_cast<double>(iterations()));
  bool sure = false;
  if (detail::Fault fault = fault_before(rate, sure)) return fault;
  for (const Entry& entry : entries_) node_of(entry.parameter).writable();
  if (!sure) return update_or_undo(rate);
  update(rate);
  return {};
}

/// One update: accumulate, clip, decay the weights, apply the rule, average, constrain, count.
void Optimizer::update(Real rate) {
  resume();
  const bool updates = collect();
  if (updates) {
    const Real shrink = global_shrink();
    for (Entry& entry : entries_)
      if (entry.gradient) update_entry(entry, rate, shrink);
  }
  if (options_.use_ema) update_averages(updates);
  if (!updates) return;
  for (const Entry& entry : entries_)
    if (entry.constraint) {
      detail::Buffer& w = node_of(entry.parameter).value;
      w = constrained(entry, w);
    }
  ++counters_.iterations, counters_.collected = 0, counters_.last_learning_rate = rate;
}

void Optimizer::update_entry(Entry& entry, Real rate, Real shrink) {
  detail::Node& node = node_of(entry.parameter);
  const std::span<Scalar> w(node.writable(), static_cast<std::size_t>(node.size));
  const bool clips = shrink != 1 || options_.clipnorm || options_.clipvalue;
  const Scalar* g = clips ? clipped(entry, shrink) : entry.gradient;
  const Real its_rate = rate * entry.multiplier;
  ParameterUpdate u{w,        {g, w.size()},          node.shape, iterations(),
                    its_rate, slots_of(entry.memory), entry.decay};
  if (watch_) watch_(entry.name, u, false);
  if (!is_zero(entry.decay) && !rule_averages())
    kernels().combine(static_cast<Scalar>(-entry.decay), w.data(), 1, w.data(), node.size);
  rule_->update(u);
  if (watch_) watch_(entry.name, u, true);
  if (options_.gradient_accumulation_steps)
    kernels().fill(0, accumulator(entry).values.data(), node.size, false);
}

}}  // namespace gradus
