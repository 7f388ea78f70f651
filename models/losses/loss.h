#pragma once
/// Loss: how far outputs are from their targets. The losses: losses.h.

#include <concepts>
#include <memory>
#include <string_view>
#include <utility>

#include <gradus/core/fields.h>
#include <gradus/core/tensor.h>
#include <gradus/models/targets.h>

namespace gradus { inline namespace GRADUS_VARIANT {

template <class L>
concept LossFunction = requires(const L& loss, const Tensor& y) {
  { loss(y, y) } -> std::convertible_to<Tensor>;
};

/// From one value l per row to the number that training minimizes; w are the sample weights, 1
/// without them.
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
/// shape,
///   or (n) for outputs (n, 1);
/// - `Tensor counted(const Tensor& y_true) const`, (rows): 1 for a row that counts, 0 for a row to
///   leave out of sum and count; an empty Tensor if all count;
/// - `fields` or `void validate() const`, which refuse bad options when it becomes a Loss.
class Loss {
 public:
  template <LossFunction L>
  requires(!std::same_as<L, Loss>) Loss(L loss, LossOptions options = {})
      : held_(std::make_shared<const Held<L>>(std::move(loss))), options_(options) {}

  Loss(const Loss&) = default;  // and no moves: a loss is never empty
  Loss& operator=(const Loss&) = default;
  ~Loss() = default;

  /// The values of the struct: one per row, or one in all.
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return held_->call(y_true, y_pred);
  }
  /// The number that training minimizes: the values times sample_weight, reduced. `sample_weight`
  /// has shape (rows) or (rows, 1), or is default-constructed for none. ShapeError for values or
  /// weights of another shape; StateError for weights beside a loss that gives one value in all.
  Tensor reduced(const Tensor& y_true, const Tensor& y_pred,
                 const Tensor& sample_weight = {}) const;
  void check_targets(const Tensor& y_true, const Shape& y_pred) const {
    held_->check_targets(y_true, y_pred);
  }
  LossReduction reduction() const { return options_.reduction; }
  /// 1 for a row that counts, else 0; empty if all count.
  Tensor counted(const Tensor& y_true) const { return held_->counted(y_true); }
  /// The struct's name, such as `MeanSquaredError`.
  std::string_view type() const { return held_->type(); }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual Tensor call(const Tensor& y_true, const Tensor& y_pred) const = 0;
    virtual void check_targets(const Tensor& y_true, const Shape& y_pred) const = 0;
    virtual Tensor counted(const Tensor& y_true) const = 0;
    virtual std::string_view type() const = 0;
  };
  template <class L>
  struct Held final : Interface {
    explicit Held(L l) : loss(std::move(l)) { detail::validate(loss); }
    Tensor call(const Tensor& y_true, const Tensor& y_pred) const override {
      return loss(y_true, y_pred);
    }
    void check_targets(const Tensor& y_true, const Shape& y_pred) const override {
      if constexpr (requires { loss.check_targets(y_true, y_pred); })
        loss.check_targets(y_true, y_pred);
      else if constexpr (requires { L::like_outputs; })
        detail::check_shapes(type(), y_true.shape(), detail::with_rows(y_pred, y_true));
    }
    Tensor counted(const Tensor& y_true) const override {
      if constexpr (requires { loss.counted(y_true); }) return loss.counted(y_true);
      return {};
    }
    std::string_view type() const override { return detail::type_name<L>(); }
    L loss;
  };

  std::shared_ptr<const Interface> held_;
  LossOptions options_;
};

}}  // namespace gradus
