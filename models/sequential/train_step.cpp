/// One training step: forward, loss, backward, update.

#include <algorithm>

#include <gradus/core/denormals.h>
#include <gradus/core/node.h>
#include <gradus/core/ops.h>
#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

using detail::node_of;

/// Changes nothing until the optimizer has accepted the gradients.
detail::Fault Sequential::train_step(const Batch& batch, Random random, detail::Totals& totals) {
  const detail::FlushDenormals flush;
  const detail::RawWeights raw(compiled_->optimizer);
  assignments_.clear();
  const Tensor y_pred =
      (*this)(batch.x, {.training = true, .random = random, .assignments = &assignments_});
  const Tensor loss = loss_of(batch, y_pred);
  const double number = value(loss.item());
  if (!std::isfinite(number)) [[unlikely]]
    return {"non-finite loss"};
  detail::gradients_into(loss, parts_.parameters, gradients_);
  if (detail::Fault fault = settle_assignments()) return fault;
  totals.add(*compiled_, batch, y_pred, number);  // before the update: a metric may throw
  if (detail::Fault fault = compiled_->optimizer.try_apply(gradients_, parts_.parameters))
    return fault;
  ++batches_;
  for (const auto& [state, now] : assignments_) node_of(state).replace(node_of(now).value);
  return {};
}

Tensor Sequential::operator()(const Tensor& x, const Mode& mode) {
  check_built("Sequential");
  Tensor h = x;
  for (Layer& layer : parts_.layers) h = layer(h, mode);
  return h;
}

/// The mean loss of the rows, and the penalties.
Tensor Sequential::loss_of(const Batch& batch, const Tensor& y_pred) const {
  Tensor loss = compiled_->loss.reduced(batch.y, y_pred, batch.sample_weight);
  for (const Weight& weight : parts_.weights)
    if (weight.regularizer) loss = loss + weight.regularizer(weight.tensor);
  return loss;
}

/// Brings the layers' new state into its constraints. Returns the first number that is not finite.
detail::Fault Sequential::settle_assignments() {
  const NoGrad off;
  for (auto& [state, now] : assignments_) {
    const auto is_it = [&](const Weight& w) { return w.tensor.node() == state.node(); };
    const auto weight = std::ranges::find_if(parts_.weights, is_it);
    if (weight != parts_.weights.end() && weight->constraint) now = weight->constraint(now);
    const std::int64_t bad = detail::kernels().first_not_finite(node_of(now).data(), now.size());
    if (bad >= 0)
      return {fmt::format("{} must stay finite in an update (got {} at element {})",
                          weight != parts_.weights.end() ? weight->name : "a layer's state",
                          value(now.values()[static_cast<std::size_t>(bad)]), bad)};
  }
  return {};
}

}}  // namespace gradus
