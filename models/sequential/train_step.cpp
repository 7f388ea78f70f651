/// One training step: forward, loss, backward, update.

#include <gradus/core/thread_pool.h>
#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

using detail::node_of;

/// Changes nothing until the optimizer has accepted the gradients.
detail::Fault Sequential::train_step(const Batch& batch, Random random, detail::Totals& totals) {
  const detail::FlushDenormals flush;
  const auto raw = compiled_->optimizer.raw_weights();
  assignments_.clear();
  const Tensor y_pred =
      (*this)(batch.x, {.training = true, .random = random, .assignments = &assignments_});
  const BatchLoss loss = loss_of(batch, y_pred);
  check<StateError>(assignments_.empty() || !compiled_->optimizer.rule_averages(),
                    "fit: layers must not keep statistics of training, as BatchNormalization does: "
                    "{} shows averages of the weights, to which they do not belong",
                    compiled_->optimizer.name());
  if (!std::isfinite(value(loss.loss.item()))) [[unlikely]]
    return {"non-finite loss"};
  detail::gradients_into(loss.loss, parts_.parameters, gradients_);
  if (detail::Fault fault = settle_assignments()) return fault;
  totals.add(*compiled_, batch, y_pred, loss);  // before the update: a metric may throw
  if (detail::Fault fault = compiled_->optimizer.try_apply(gradients_, parts_.parameters))
    return fault;
  ++batches_;
  for (const auto& [state, now] : assignments_) node_of(state).replace(node_of(now).value);
  return {};
}

Tensor Sequential::operator()(const Tensor& x, const Mode& mode) {
  check_built("Sequential");
  Tensor h = x;
  for (std::size_t i = 0; i < parts_.layers.size(); ++i)
    h = call_layer(parts_.layers[i], i, h, mode);
  return h;
}

const Batch& Sequential::training_rows() const {
  check<StateError>(session_ && session_->rows,
                    "training_rows: must be called inside a fit() on rows in memory");
  return *session_->rows;
}

BatchLoss Sequential::loss_of(const Batch& batch, const Tensor& y_pred) const {
  BatchLoss all = compiled_->loss.of_batch(batch.y, y_pred, batch.sample_weight);
  all.values = value(all.loss.item());
  for (const Weight& weight : parts_.weights)
    if (weight.regularizer) all.loss = all.loss + weight.regularizer(weight.tensor);
  return all;
}

}}  // namespace gradus
