#include <gradus/models/loss.h>

#include <gradus/core/ops.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

/// sum(values) / count, or 0: what is divided by nothing was multiplied by 0 before.
Tensor share(const Tensor& values, double count) {
  return sum(values) / (count == 0 ? 1.0 : count);
}

}  // namespace

Tensor Loss::reduced(const Tensor& y_true, const Tensor& y_pred,
                     const Tensor& sample_weight) const {
  Tensor values = (*this)(y_true, y_pred);
  const std::int64_t rows = detail::rows_of(y_pred);
  const bool by_rows = values.size() == rows && values.rank() > 0 && values.shape()[0] == rows;
  check<ShapeError>(by_rows || values.size() == 1,
                    "Loss: a loss must give one value per row, or one in all (got shape {} for {} "
                    "rows)",
                    values.shape(), rows);
  check<StateError>(by_rows || sample_weight.size() == 0,
                    "{}: sample weights need a loss with one value per row (this one gives one in "
                    "all)",
                    type());
  if (!by_rows) return values;
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
