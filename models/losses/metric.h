#pragma once
/// Metric: anything that is watched beside the loss. The metrics: metrics.h.

#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gradus/models/loss.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace detail {

template <class M>
concept MetricFunction = requires(const M& metric, std::vector<double>& sums, const Tensor& t) {
  metric.update(sums, t, t, t);
  { metric.result(std::span<const double>(sums)) } -> std::convertible_to<double>;
};

/// Adds one value per row to `sums` = {sum w v, sum w}; no weights: 1 each.
void add_rows(std::vector<double>& sums, const Tensor& values, const Tensor& sample_weight);
/// a / b; 0 / 0 is 0, as Keras's metrics have it.
inline double ratio(double a, double b) { return b == 0 ? 0 : a / b; }

}  // namespace detail

/// A number about targets and outputs, worked out from sums over many batches. A metric keeps
/// nothing itself: the sums live with whoever counts.
///
/// Any struct that can be a Loss can be a metric: the mean of its values over the rows, weighted by
/// the sample weights. What is more than a mean has, instead of operator(),
/// - `void update(std::vector<double>& sums, const Tensor& y_true, const Tensor& y_pred, const
///   Tensor& sample_weight) const`, which adds a batch; empty sums mean that nothing was counted
///   yet, and sample_weight is (rows), or empty for none;
/// - `double result(std::span<const double> sums) const`.
/// Optional: `static constexpr const char* name`; `static constexpr auto direction =
/// Metric::Direction::up`; `static constexpr bool negated = true` for a loss that is the negative
/// of what is to be watched; `void validate() const` or `fields`.
class Metric {
 public:
  /// Which way is better. What gives no direction is a loss, for which less is better, unless it
  /// has an update() or is a lambda: of those nothing is known.
  enum class Direction { down, up, none };

  template <class M>
  requires((detail::MetricFunction<M> || LossFunction<M>)&&!std::same_as<M, Metric> &&
           !std::same_as<M, Loss>) Metric(M metric)
      : name_(name_of<M>()), direction_(direction_of<M>()) {
    if constexpr (detail::MetricFunction<M>)
      held_ = std::make_shared<const Held<M>>(std::move(metric));
    else
      held_ = std::make_shared<const Held<RowMean>>(RowMean{Loss(std::move(metric)), sign_of<M>()});
  }
  Metric(const Metric&) = default;  // and no moves: a metric is never empty
  Metric& operator=(const Metric&) = default;
  ~Metric() = default;

  /// Its key in History: the struct's name in snake case, `mean_absolute_error`.
  const std::string& name() const { return name_; }
  void rename(std::string name) { name_ = std::move(name); }
  Direction direction() const { return direction_; }

  /// Adds a batch. sample_weight: (rows) or (rows, 1), or default-constructed for none. ShapeError
  /// for targets or weights that do not fit the outputs.
  void update(std::vector<double>& sums, const Tensor& y_true, const Tensor& y_pred,
              const Tensor& sample_weight = {}) const;
  /// The value so far. 0 / 0 is 0, so before the first batch it is 0.
  double result(std::span<const double> sums) const {
    return sums.empty() ? 0 : held_->result(sums);
  }

 private:
  /// The mean of a loss's values.
  struct RowMean {
    Loss loss;
    double sign;
    void update(std::vector<double>& sums, const Tensor& y_true, const Tensor& y_pred,
                const Tensor& sample_weight) const;
    double result(std::span<const double> sums) const {
      return sign * detail::ratio(sums[0], sums[1]);
    }
  };
  struct Interface {
    virtual ~Interface() = default;
    virtual void update(std::vector<double>& sums, const Tensor& y_true, const Tensor& y_pred,
                        const Tensor& sample_weight) const = 0;
    virtual double result(std::span<const double> sums) const = 0;
  };
  template <class M>
  struct Held final : Interface {
    explicit Held(M m) : metric(std::move(m)) { detail::validate(metric); }
    void update(std::vector<double>& sums, const Tensor& y_true, const Tensor& y_pred,
                const Tensor& sample_weight) const override {
      metric.update(sums, y_true, y_pred, sample_weight);
    }
    double result(std::span<const double> sums) const override { return metric.result(sums); }
    M metric;
  };

  template <class M>
  static std::string name_of() {
    if constexpr (requires { M::name; }) return M::name;
    return detail::snake_case(detail::type_name<M>());
  }
  template <class M>
  static constexpr Direction direction_of() {
    if constexpr (requires { M::direction; }) return M::direction;
    if constexpr (requires { M::negated; }) return Direction::up;
    const bool known = !detail::MetricFunction<M> && detail::type_name<M>() != "custom";
    return known ? Direction::down : Direction::none;
  }

  template <class M>
  static constexpr double sign_of() {
    if constexpr (requires { M::negated; }) return -1;
    return 1;
  }

  std::string name_;
  Direction direction_;
  std::shared_ptr<const Interface> held_;
};

}}  // namespace gradus
