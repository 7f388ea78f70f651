#pragma once
/// Metric: a number that is watched beside the loss. The metrics: metrics.h.

#include <gradus/models/loss.h>
#include <gradus/schedules/plateau.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// A metric's sums over the batches so far; empty before the first batch.
using Sums = std::vector<double>;

/// The weights of hits and misses; metrics.h says what is positive.
struct Confusion {
  double true_positives, false_positives, true_negatives, false_negatives;
};

class Metric;

namespace detail {

template <class M>
concept MetricFunction = requires(const M& metric, Sums& sums, const Tensor& t) {
  metric.update(sums, t, t, t);
  { metric.result(std::span<const double>(sums)) } -> std::convertible_to<double>;
};
template <class M>
concept ConfusionMetric = requires(const M& metric, const Confusion& counts) {
  { metric.result(counts) } -> std::convertible_to<double>;
};

template <class M>
concept NoMetric =
    NoLoss<M> && !MetricFunction<M> && !ConfusionMetric<M> && !std::same_as<M, Metric>;

/// Which outputs are called positive, and which of a row's outputs count.
struct Selection {
  std::optional<double> threshold = {};
  std::optional<int> top_k = {}, class_id = {};
};
/// Adds a batch to sums = {true positives, false positives, true negatives, false negatives}.
void add_confusion(std::string_view owner, Sums& sums, const Tensor& y_true, const Tensor& y_pred,
                   const Tensor& sample_weight, const Selection& selection);
/// Adds one value per row to `sums` = {sum w v, sum w}; no weights: 1 each.
void add_rows(Sums& sums, const Tensor& values, const Tensor& sample_weight);
/// Adds the loss's values of a batch to the same two sums. True for one value in all: each row's.
bool add_loss(const Loss& loss, Sums& sums, const Tensor& y_true, const Tensor& y_pred,
              const Tensor& sample_weight);
/// a / b; 0 / 0 is 0, as in Keras's metrics.
inline double ratio(double a, double b) { return b == 0 ? 0 : a / b; }

}  // namespace detail

/// A number about targets and outputs, computed from sums over many batches. The caller keeps the
/// sums; a metric never changes.
///
/// Any struct that can be a Loss can be a metric: the mean of its values over the rows, weighted by
/// the sample weights. Instead of operator(), a struct may have
/// - `double result(const Confusion& counts) const`, for a number of hits and misses, with any of
///   the options of Precision (metrics.h): `thresholds`, `top_k`, `class_id`;
/// - or `void update(Sums& sums, const Tensor& y_true, const Tensor& y_pred, const Tensor&
///   sample_weight) const`, which adds a batch, and `double result(std::span<const double> sums)
///   const`. sample_weight is (rows), or empty for none.
/// Optional: `static constexpr const char* name`; `static constexpr auto direction =
/// MonitorMode::max`; `static constexpr bool negated = true` for a loss that is the negative of the
/// metric; `static constexpr int degree`, as for a Loss; `void validate() const` or `fields`.
class Metric {
 public:
  /// Other words for MonitorMode.
  struct Direction {
    static constexpr auto up = MonitorMode::max, down = MonitorMode::min,
                          none = MonitorMode::automatic;
  };

  template <class M>
  requires((detail::MetricFunction<M> || detail::ConfusionMetric<M> ||
            LossFunction<M>)&&!std::same_as<M, Metric> &&
           !std::same_as<M, Loss>) Metric(M metric)
      : name_(name_of<M>()), degree_(detail::degree_of<M>()), direction_(direction_of<M>()) {
    detail::validate(metric);
    if constexpr (detail::MetricFunction<M>) {
      update_ = [metric](Sums& sums, const Tensor& y, const Tensor& p, const Tensor& weight) {
        metric.update(sums, y, p, weight);
        return false;
      };
      result_ = [metric](std::span<const double> sums) { return metric.result(sums); };
    } else if constexpr (detail::ConfusionMetric<M>) {
      detail::Selection selection;
      if constexpr (requires { metric.thresholds; }) selection.threshold = metric.thresholds;
      if constexpr (requires { metric.top_k; }) selection.top_k = metric.top_k;
      if constexpr (requires { metric.class_id; }) selection.class_id = metric.class_id;
      update_ = [=](Sums& sums, const Tensor& y, const Tensor& p, const Tensor& weight) {
        detail::add_confusion(detail::type_name<M>(), sums, y, p, weight, selection);
        return false;
      };
      result_ = [metric](std::span<const double> sums) {
        return metric.result(Confusion{sums[0], sums[1], sums[2], sums[3]});
      };
    } else {
      update_ = std::bind_front(detail::add_loss, Loss(metric));
      result_ = [](std::span<const double> sums) {
        return (requires { M::negated; } ? -1 : 1) * detail::ratio(sums[0], sums[1]);
      };
    }
  }
  template <detail::NoMetric M>
  Metric(M, detail::Expects<"Accuracy{} or [](const Tensor& y, const Tensor& p)"> = {}) = delete;
  Metric(const Metric&) = default;  // and no moves: a metric is never empty
  Metric& operator=(const Metric&) = default;

  /// Its key in History: the struct's name in snake case, `mean_absolute_error`.
  const std::string& name() const { return name_; }
  void rename(std::string name) { name_ = std::move(name); }
  std::optional<int> degree() const { return degree_; }
  /// Which way is better. Without a `direction`, a loss is better when lower, unless it is a
  /// lambda; otherwise `automatic`: the metric does not say.
  MonitorMode direction() const { return direction_; }

  /// Adds a batch. sample_weight: (rows) or (rows, 1), or default-constructed for none. ShapeError
  /// for targets or weights that do not fit the outputs. True for a struct that gave one value in
  /// all: the result then depends on the batches; evaluate() takes all rows at once.
  bool update(Sums& sums, const Tensor& y_true, const Tensor& y_pred,
              const Tensor& sample_weight = {}) const {
    const NoGrad off;
    return update_(sums, y_true, y_pred,
                   detail::row_weights("Metric", sample_weight, detail::rows_of(y_pred)));
  }
  /// The value so far. 0 / 0 is 0, so before the first batch it is 0.
  double result(std::span<const double> sums) const { return sums.empty() ? 0 : result_(sums); }

 private:
  template <class M>
  static std::string name_of() {
    if constexpr (requires { M::name; }) return M::name;
    return detail::snake_case(detail::type_name<M>());
  }
  template <class M>
  static constexpr MonitorMode direction_of() {
    if constexpr (requires { M::direction; }) return M::direction;
    if constexpr (requires { M::negated; }) return MonitorMode::max;
    const bool known = LossFunction<M> && detail::type_name<M>() != "custom";
    return known ? MonitorMode::min : MonitorMode::automatic;
  }

  std::string name_;
  std::optional<int> degree_;
  MonitorMode direction_;
  std::function<bool(Sums&, const Tensor& y, const Tensor& p, const Tensor& weight)> update_;
  std::function<double(std::span<const double> sums)> result_;
};

}}  // namespace gradus
