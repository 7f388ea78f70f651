#include <gradus/models/run.h>

#include <algorithm>
#include <span>

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

std::string Session::callback_name(std::size_t i) const {
  const std::string_view type = callbacks[i].type();
  const auto before = std::ranges::count(std::span(callbacks).first(i), type, &Callback::type);
  return fmt::format("{}/{}", type, before);
}

State Session::callback_state() const {
  State state;
  for (std::size_t i = 0; i < callbacks.size(); ++i) callbacks[i].save(state, callback_name(i));
  return state;
}

void Session::load_callbacks(State state) {
  for (std::size_t i = 0; i < callbacks.size(); ++i) {
    const std::string name = callback_name(i);
    const auto first = state.lower_bound(name + "/");
    if (first != state.end() && first->first.starts_with(name + "/"))
      callbacks[i].load(state, name);
  }
}

}}}  // namespace gradus::detail
