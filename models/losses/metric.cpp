#include <gradus/models/metric.h>

#include <gradus/core/ops.h>

namespace gradus { inline namespace GRADUS_VARIANT {

void detail::add_rows(Sums& sums, const Tensor& values, const Tensor& sample_weight) {
  if (sums.empty()) sums.resize(2);
  const auto all = values.values(), weights = sample_weight.values();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double weight = weights.empty() ? 1 : value(weights[i]);
    sums[0] += weight * value(all[i]);
    sums[1] += weight;
  }
}

bool detail::add_loss(Sums& sums, const Loss& loss, const Tensor& y_true, const Tensor& y_pred,
                      const Tensor& sample_weight) {
  const std::int64_t rows = rows_of(y_pred);
  const Tensor values = loss(y_true, y_pred);
  if (!one_per_row("metric", loss.type(), values, rows, sample_weight)) {
    add_rows(sums, values, Tensor{static_cast<double>(rows)});
    return true;
  }
  const Tensor kept = loss.counted(y_true), &weight = sample_weight;
  const bool both = kept.size() > 0 && weight.size() > 0;
  add_rows(sums, values, both ? weight * kept : kept.size() > 0 ? kept : weight);
  return false;
}

bool Metric::update(Sums& sums, const Tensor& y_true, const Tensor& y_pred,
                    const Tensor& sample_weight) const {
  const NoGrad off;
  return held_->update(sums, y_true, y_pred,
                       detail::row_weights("Metric", sample_weight, detail::rows_of(y_pred)));
}

}}  // namespace gradus
