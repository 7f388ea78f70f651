#pragma once
/// Totals: sums of loss and metrics over batches, for fit() and evaluate().

#include <span>
#include <vector>

#include <gradus/models/fit_options.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// Sums over the batches so far.
struct Totals {
  double loss = 0;  ///< each batch's loss times its rows
  double rows = 0;
  std::vector<std::vector<double>> metrics = {};  ///< the sums of each, then of each weighted one
  std::optional<double> last_loss = {};           ///< of the last batch; not part of the means

  /// Adds a batch whose loss is known.
  void add(const CompileOptions& with, const Batch& batch, const Tensor& y_pred, double batch_loss);
  /// Writes the means to `logs`, under "loss" and the metrics' names with `prefix`.
  void report(const CompileOptions& with, Logs& logs, std::string_view prefix = "") const;
  /// Resets the sums.
  void clear();

  static void state(auto& self, auto&& field) {
    field("loss", self.loss);
    field("rows", self.rows);
    field("metrics", self.metrics);
    field("last_loss", self.last_loss);
  }
};

/// All metrics with their names, weighted ones last.
template <class Options, class F>
void for_each_metric(Options& with, F f) {
  std::size_t i = 0;
  for (auto& metric : with.metrics) f(i++, metric, false);
  for (auto& metric : with.weighted_metrics) f(i++, metric, true);
}

}}}  // namespace gradus::detail
