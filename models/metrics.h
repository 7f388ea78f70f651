#pragma once
/// Metrics: what is watched beside the loss.

#include <string>
#include <utility>

#include <gradus/models/losses.h>

namespace gradus::inline GRADUS_VARIANT {

/// The share of rows that are right. One output per row: right if (y_pred > 0.5) is the target.
/// Several: the largest output, the first at a tie, is the class; targets are class numbers (n) or
/// (n, 1), or rows whose largest element marks the class. Keras: metrics=["accuracy"].
struct Accuracy {
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
};

/// Any loss struct as something to watch: its mean over the rows of an epoch.
class Metric {
 public:
  template <LossFunction M>
  requires(!std::same_as<M, Metric>) Metric(M metric)
      : name_(detail::snake_case(detail::type_name<M>())), function_(std::move(metric)) {}

  /// Its key in History: the struct's name in snake case, `mean_absolute_error`.
  const std::string& name() const { return name_; }
  void rename(std::string name) { name_ = std::move(name); }
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return function_(y_true, y_pred);
  }

 private:
  std::string name_;
  Loss function_;
};

}  // namespace gradus
