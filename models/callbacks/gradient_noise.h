#pragma once
/// GradientNoise: how much the gradients of single rows differ, during fit().

#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Records the noise scale tr Sigma / |G|^2, with Sigma the covariance of the gradients of single
/// rows around their mean G: the size in rows of a batch, drawn with replacement, in whose gradient
/// the noise is as large as G (McCandlish and others, "An empirical model of large-batch training",
/// 2018). Measured on all rows that fit() trains on, one gradient each, before updates 0, every,
/// 2 every, ...; in History and logs it is "gradient_noise". StateError for a BatchSource.
struct GradientNoise {
  Count every = 10;                              ///< updates, >= 1
  std::vector<double> values = {}, traces = {};  ///< the noise scale; tr Sigma
  Step measured = -1;                            ///< the last of these updates

  void on_train_batch_begin(std::int64_t batch, const Logs& logs, Sequential& model);
  void add_to(Logs& logs) const {
    logs.set("gradient_noise", values.empty() ? std::nan("") : values.back());
  }
  static void fields(auto& self, auto&& field) { field("every", self.every, rules::one_or_more); }
  static void state(auto& self, auto&& field) {
    field("values", self.values), field("traces", self.traces);
    field("measured", self.measured);
  }
};

}}  // namespace gradus
