#include <gradus/models/loss.h>

#include <gradus/core/ops.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

/// sum(values) / count; 0 for a count of 0, where each value was multiplied by 0.
Tensor share(const Tensor& values, double count) {
  return sum(values) / (count == 0 ? 1.0 : count);
}

}  // namespace

Tensor Loss::reduced(const Tensor& y_true, const Tensor& y_pred,
                     const Tensor& sample_weight) const {
  Tensor values = (*this)(y_true, y_pred);
  const std::int64_t rows = detail::rows_of(y_pred);
  if (!detail::one_per_row("loss", type(), values, rows, sample_weight)) return values;
  if (values.rank() > 1) values = reshape(values, {rows});

  const Tensor kept = counted(y_true);
  Tensor weights = detail::row_weights("Loss", sample_weight, rows);
  if (kept.size() > 0) weights = weights.size() > 0 ? weights * kept : kept;
  if (weights.size() > 0) values = values * weights;
  switch (options_.reduction) {
    case LossReduction::none:
      return values;
    case LossReduction::sum:
      return sum(values);
    case LossReduction::mean_with_sample_weight:
      return weights.size() > 0 ? share(values, detail::total(weights)) : mean(values);
    case LossReduction::sum_over_batch_size:
    case LossReduction::mean:
      break;
  }
  return kept.size() > 0 ? share(values, detail::total(kept)) : mean(values);
}

}}  // namespace gradus
