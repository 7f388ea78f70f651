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

void Metric::update(Sums& sums, const Tensor& y_true, const Tensor& y_pred,
                    const Tensor& sample_weight) const {
  const NoGrad off;
  held_->update(sums, y_true, y_pred,
                detail::row_weights("Metric", sample_weight, detail::rows_of(y_pred)));
}

void Metric::RowMean::update(Sums& sums, const Tensor& y_true, const Tensor& y_pred,
                             const Tensor& weight) const {
  const auto rows = detail::rows_of(y_pred);
  const Tensor values = loss(y_true, y_pred);
  if (!detail::one_per_row("metric", loss.type(), values, rows, weight)) {
    if (sums.empty()) sums.resize(2);
    sums[0] += static_cast<double>(rows) * value(values.item());
    sums[1] += static_cast<double>(rows);
    return;
  }
  const Tensor kept = loss.counted(y_true);
  if (kept.size() == 0) return detail::add_rows(sums, values, weight);
  detail::add_rows(sums, values, weight.size() > 0 ? weight * kept : kept);
}

}}  // namespace gradus
