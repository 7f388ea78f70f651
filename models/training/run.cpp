#include <gradus/models/run.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

void Totals::add(const CompileOptions& with, const Batch& batch, const Tensor& y_pred,
                 double batch_loss) {
  const NoGrad off;
  const auto count = static_cast<double>(batch.rows());
  loss += batch_loss * count;
  last_loss = batch_loss;
  rows += count;
  metrics.resize(with.metrics.size() + with.weighted_metrics.size());
  for_each_metric(with, [&](std::size_t i, const Metric& metric, bool weighted) {
    metric.update(metrics[i], batch.y, y_pred, weighted ? batch.sample_weight : Tensor());
  });
}

void Totals::report(const CompileOptions& with, Logs& logs, std::string_view prefix) const {
  const auto set = [&](std::string_view name, double number) {
    if (prefix.empty())
      logs.set(name, number);  // the usual case makes no string
    else
      logs.set(fmt::format("{}{}", prefix, name), number);
  };
  set("loss", loss / rows);
  for_each_metric(with, [&](std::size_t i, const Metric& metric, bool) {
    set(metric.name(), metric.result(metrics[i]));
  });
}

void Totals::clear() {
  loss = rows = 0;
  for (std::vector<double>& sums : metrics) sums.clear();
}

}}}  // namespace gradus::detail
