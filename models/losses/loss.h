#pragma once
/// Loss: how far outputs are from their targets. The losses: losses.h.

#include <functional>

#include <gradus/core/tensor.h>

namespace gradus { inline namespace GRADUS_VARIANT {
class Loss;

template <class L>
concept LossFunction = requires(const L& loss, const Tensor& y) {
  { loss(y, y) } -> std::convertible_to<Tensor>;
};

namespace detail {

/// Also a text: Keras takes "mse".
template <class L>
concept NoLoss = !LossFunction<L> && !std::same_as<L, Loss> &&
                 (Callable<L> || std::convertible_to<L, std::string_view>);

/// The `degree` of a loss or metric, if it has one.
template <class L>
constexpr std::optional<int> degree_of() {
  if constexpr (requires { std::integral_constant<int, L::degree>(); }) return L::degree;
  return {};
}

/// Keras's epsilon: it keeps the arguments of log() above 0 and quotients finite.
inline constexpr double keras_epsilon = 1e-7;

/// The extent of axis 0; 0 for a scalar.
inline std::int64_t rows_of(const Tensor& x) { return x.rank() > 0 ? x.shape()[0] : 0; }
/// The extent of the last axis: outputs per row. Rows of rank 1 hold one output each.
inline std::int64_t width_of(const Tensor& x) { return x.rank() > 1 ? x.shape().back() : 1; }
/// The targets in the outputs' shape; ShapeError unless it is theirs, or (n) beside (n, 1).
Tensor fitted(std::string_view owner, const Tensor& y_true, const Tensor& y_pred);
template <class Owner>
Tensor fitted(const Owner&, const Tensor& y_true, const Tensor& y_pred) {
  return fitted(type_name<Owner>(), y_true, y_pred);
}
/// One value per row: the mean over all axes but the first.
Tensor row_means(const Tensor& x);
/// True for one value per row, false for one in all; ShapeError for other values, and StateError
/// for sample weights beside one value in all. `kind` is "loss" or "metric".
bool one_per_row(std::string_view kind, std::string_view owner, const Tensor& values,
                 std::int64_t rows, const Tensor& sample_weight);
/// Weights (rows) or (rows, 1) as (rows), else ShapeError; an empty tensor stays empty.
Tensor row_weights(std::string_view owner, const Tensor& sample_weight, std::int64_t rows);
/// x divided by its length along an axis, which is at least 1e-7.
Tensor unit_vectors(const Tensor& x, int axis);

/// Checks of all targets before training; a loss may name one of the first four as its
/// check_targets. The targets fit the outputs as for fitted():
void check_shapes(std::string_view owner, const Tensor& y_true, Shape y_pred);
/// and hold no 0, or 0 and 1 alone:
void check_labels(std::string_view owner, const Tensor& y_true, const Shape& y_pred);
/// The targets are in [0, 1]:
void check_probabilities(std::string_view owner, const Tensor& y_true, const Shape& y_pred);
/// and sum to 1 over the last axis.
void check_distributions(std::string_view owner, const Tensor& y_true, const Shape& y_pred);
/// The targets are class numbers (n) or (n, 1), or `ignored`, for outputs (n, classes).
void check_classes(std::string_view owner, const Tensor& y_true, const Shape& y_pred,
                   std::optional<int> ignored = {});

}  // namespace detail

/// From one value l per row to the number that training minimizes; w are sample weights, or 1.
enum class LossReduction {
  sum_over_batch_size,      ///< sum(w l) / number of rows that count
  mean,                     ///< the same
  sum,                      ///< sum(w l)
  none,                     ///< w l, row by row
  mean_with_sample_weight,  ///< sum(w l) / sum(w); 0 if the weights sum to 0
};

struct LossOptions {
  LossReduction reduction = LossReduction::sum_over_batch_size;
  static void fields(auto& self, auto&& field) { field("reduction", self.reduction); }
};

/// The loss of a batch, and what a mean over several batches needs.
struct BatchLoss {
  Tensor loss;         ///< the number that training minimizes
  double divisor = 1;  ///< what the reduction divided by: rows or weights; 1 for `sum`
  bool whole = false;  ///< the struct gave one value in all
  double values = 0;   ///< the reduced values as a number, before a model adds its penalties
};

/// Any struct with `Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const` that gives
/// one value per row, or one in all, computed by ops so that it has a gradient.
///
///     Loss loss = MeanSquaredError{};
///     Loss total(MeanSquaredError{}, {.reduction = LossReduction::sum});
///
/// The struct may also have
/// - `void check_targets(const Tensor& y_true, const Shape& y_pred) const`, called once with all
///   targets before training, to refuse bad rows by their number;
/// - `static constexpr bool like_outputs = true` instead, when targets must have the outputs'
///   shape, or (n) for outputs (n, 1);
/// - `Tensor counted(const Tensor& y_true) const`, (rows): 1 for a row that counts, 0 for a row to
///   leave out of sum and count; an empty Tensor if all count;
/// - `static constexpr int degree`, >= 0: targets and outputs divided by d divide the loss by
///   d^degree. See CompileOptions::target_deviation;
/// - `fields` or `void validate() const`, which refuse bad options when it becomes a Loss.
///
/// The loss of many rows does not depend on how they are cut into batches. evaluate(), `val_loss`
/// and the mean of an epoch weigh each batch by what its reduction divided by: its rows, the rows
/// that count, or the sum of their weights; they add the batches of LossReduction::sum. Penalties
/// of weights are neither multiplied nor added up. A loss that gives one value in all is computed
/// by evaluate() and `val_loss` from all rows at once; in the mean of an epoch, where the weights
/// change from batch to batch, each of its values weighs as much as its batch has rows.
class Loss {
 public:
  template <LossFunction L>
  requires(!std::same_as<L, Loss>) Loss(L loss, LossOptions options = {})
      : values_(loss),
        type_(detail::type_name<L>()),
        degree_(detail::degree_of<L>()),
        options_(options) {
    detail::validate(loss);
    if constexpr (requires(Tensor y, Shape p) { loss.check_targets(y, p); })
      check_ = [loss](auto, const Tensor& y, const Shape& p) { loss.check_targets(y, p); };
    else if constexpr (requires { L::check_targets; })
      check_ = L::check_targets;
    else if constexpr (requires { L::like_outputs; })
      check_ = detail::check_shapes;
    if constexpr (requires(Tensor y) { loss.counted(y); })
      counted_ = [loss](const Tensor& y) { return loss.counted(y); };
  }
  template <detail::NoLoss L>
  Loss(L, LossOptions = {}, detail::Expects<"[](const Tensor& y, const Tensor& p)"> = {}) = delete;
  template <detail::TypeText expects = "compile({.loss = MeanSquaredError{}})">
  Loss() = delete;  // compile({.loss = MeanSquaredError{}})

  Loss(const Loss&) = default;  // and no moves: a loss is never empty
  Loss& operator=(const Loss&) = default;

  /// The values of the struct: one per row, or one in all.
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return values_(y_true, y_pred);
  }
  /// The number that training minimizes: the values times sample_weight, reduced. `sample_weight`
  /// has shape (rows) or (rows, 1), or is default-constructed for none. ShapeError for values or
  /// weights of another shape; StateError for weights beside a loss that gives one value in all.
  Tensor reduced(const Tensor& y_true, const Tensor& y_pred,
                 const Tensor& sample_weight = {}) const {
    return of_batch(y_true, y_pred, sample_weight).loss;
  }
  /// The same, with the divisor of the reduction.
  BatchLoss of_batch(const Tensor& y_true, const Tensor& y_pred,
                     const Tensor& sample_weight = {}) const;
  void check_targets(const Tensor& y_true, const Shape& y_pred) const {
    if (check_) check_(type_, y_true, y_pred);
  }
  LossReduction reduction() const { return options_.reduction; }
  std::optional<int> degree() const { return degree_; }
  /// 1 for a row that counts, else 0; empty if all count.
  Tensor counted(const Tensor& y_true) const { return counted_ ? counted_(y_true) : Tensor(); }
  /// The struct's name, such as `MeanSquaredError`.
  std::string_view type() const { return type_; }

 private:
  std::function<Tensor(const Tensor&, const Tensor&)> values_;
  std::function<void(std::string_view, const Tensor&, const Shape&)> check_;  ///< or none
  std::function<Tensor(const Tensor&)> counted_;                              ///< or none
  std::string_view type_;
  std::optional<int> degree_;
  LossOptions options_;
};

}}  // namespace gradus
