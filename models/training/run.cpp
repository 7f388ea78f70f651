#include <gradus/models/run.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

namespace {

/// The sums of a file of an older version are those of batches that weighed as much as their rows.
std::array<double, 3> loss_sums(const Totals& totals) {
  const std::vector<double>& sums = totals.loss;
  if (sums.size() == 3) return {sums[0], sums[1], sums[2]};
  return {sums.empty() ? 0 : sums[0], totals.rows, 0};
}

}  // namespace

void Totals::add(const CompileOptions& with, const Batch& batch, const Tensor& y_pred,
                 const BatchLoss& batch_loss) {
  const NoGrad off;
  const auto count = static_cast<double>(batch.rows());
  const double divisor = batch_loss.divisor;
  const auto [values, divisors, penalties] = loss_sums(*this);
  last_loss = value(batch_loss.loss.item());
  const bool finite = std::isfinite(batch_loss.values);  // infinity less infinity would be nan
  const double penalty = finite ? *last_loss - batch_loss.values : 0;
  loss = {values + batch_loss.values * (divisor == 0 ? 1 : divisor),  // by 0 nothing was divided
          divisors + divisor, penalties + penalty * count};
  rows += count;
  whole = batch_loss.whole;
  metrics.resize(with.metrics.size() + with.weighted_metrics.size());
  for_each_metric(with, [&](std::size_t i, const Metric& metric, bool weighted) {
    const Tensor weights = weighted ? batch.sample_weight : Tensor();
    whole = metric.update(metrics[i], batch.y, y_pred, weights) || whole;
  });
}

void Totals::report(const CompileOptions& with, Logs& logs, std::string_view prefix) const {
  const auto set = [&](std::string_view name, double number) {
    if (prefix.empty())
      logs.set(name, number);  // the usual case makes no string
    else
      logs.set(fmt::format("{}{}", prefix, name), number);
  };
  const auto [values, divisors, penalties] = loss_sums(*this);
  const bool divided = divisors != 0 && with.loss.reduction() != LossReduction::sum;
  set("loss", values / (divided ? divisors : 1) + penalties / rows);
  for_each_metric(with, [&](std::size_t i, const Metric& metric, bool) {
    set(metric.name(), metric.result(metrics[i]));
  });
}

void Totals::clear() {
  rows = 0;
  loss.clear();
  for (std::vector<double>& sums : metrics) sums.clear();
}

}}}  // namespace gradus::detail
