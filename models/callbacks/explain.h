#pragma once
/// Explain: the numbers of chosen updates, as training made them.

#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// A parameter in one update, as trained: where targets were divided (target_deviation), the
/// gradient is of the loss on divided targets, and UpdateRecord::loss is in their own units.
struct ParameterRecord {
  std::string name;  ///< `dense/kernel`
  double rate;       ///< its rate in force
  /// The weights, the gradient after clipping, the weights after the rule, and by how much it
  /// changed them.
  std::vector<Scalar> before = {}, gradient = {}, after = {}, change = {};
  std::vector<std::vector<Scalar>> slots_before = {}, slots_after = {};  ///< of the rule
};

struct UpdateRecord {
  Step step = 0;              ///< 0 is the first update
  double rate = 0, loss = 0;  ///< in force; of the batch, before the update
  std::vector<ParameterRecord> parameters = {};
  /// For people. In a model of two weights each as arithmetic that gives the printed result:
  ///
  ///     update 0: rate 0.1, loss of the batch 17.5
  ///       dense/kernel  w = 0.5 - 0.1 * -35 = 4
  ///
  /// That is SGD; with momentum, v = mu v - rate g and w + v, or with nesterov w + mu v - rate g.
  /// Other rules and updates with weight decay show gradient and w + change. Larger models show
  /// norms: of weights, gradient and change, and change / weights.
  std::string text = {};
};

/// Records updates during fit(). Use one of them in a fit().
///
///     net.fit(x, y, {.callbacks = {Explain{.at = {0, 1, 2, 50}}}});
struct Explain {
  std::vector<Step> at = {0, 1, 2};  ///< updates, counted from 0
  /// Gets each record; null: its text goes to fit()'s progress sink.
  std::function<void(const UpdateRecord&)> sink = {};
  UpdateRecord now = {};

  void on_train_batch_begin(std::int64_t batch, const Logs& logs, Sequential& model);
  void on_train_batch_end(std::int64_t batch, const Logs& logs, Sequential& model);
};

}}  // namespace gradus
