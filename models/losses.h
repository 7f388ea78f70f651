#pragma once
/// Losses: what training makes small.

#include <concepts>
#include <memory>
#include <string_view>
#include <utility>

#include <gradus/core/fields.h>
#include <gradus/core/ops.h>

namespace gradus::inline GRADUS_VARIANT {

template <class L>
concept LossFunction = requires(const L& loss, const Tensor& y) {
  { loss(y, y) } -> std::convertible_to<Tensor>;
};

/// Any struct with `Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const` that gives
/// one value per row, or one in all. Training minimises the mean over the rows of a batch.
/// Optional: `void check_targets(const Tensor& y_true, const Shape& y_pred) const`, called once
/// before training with all targets, so that bad ones are refused by their row.
class Loss {
 public:
  template <LossFunction L>
  requires(!std::same_as<L, Loss>) Loss(L loss)
      : held_(std::make_shared<const Held<L>>(std::move(loss))) {}

  Loss(const Loss&) = default;  // and no moves: a loss is never empty
  Loss& operator=(const Loss&) = default;
  ~Loss() = default;

  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return held_->call(y_true, y_pred);
  }
  void check_targets(const Tensor& y_true, const Shape& y_pred) const {
    held_->check_targets(y_true, y_pred);
  }
  std::string_view type() const { return held_->type(); }

 private:
  struct Any {
    virtual ~Any() = default;
    virtual Tensor call(const Tensor& y_true, const Tensor& y_pred) const = 0;
    virtual void check_targets(const Tensor& y_true, const Shape& y_pred) const = 0;
    virtual std::string_view type() const = 0;
  };
  template <class L>
  struct Held final : Any {
    explicit Held(L l) : loss(std::move(l)) { detail::validate(loss); }
    Tensor call(const Tensor& y_true, const Tensor& y_pred) const override {
      return loss(y_true, y_pred);
    }
    void check_targets(const Tensor& y_true, const Shape& y_pred) const override {
      if constexpr (requires { loss.check_targets(y_true, y_pred); })
        loss.check_targets(y_true, y_pred);
    }
    std::string_view type() const override { return detail::type_name<L>(); }
    L loss;
  };

  std::shared_ptr<const Any> held_;
};

/// The mean over a row's outputs of (y_pred - y_true)^2. Targets of shape (n) fit outputs (n, 1);
/// any other difference of shapes is a ShapeError, never a broadcast: here and below.
struct MeanSquaredError {
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  void check_targets(const Tensor& y_true, const Shape& y_pred) const;
};

/// The mean over a row's outputs of |y_pred - y_true|.
struct MeanAbsoluteError {
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  void check_targets(const Tensor& y_true, const Shape& y_pred) const;
};

/// -(y log p + (1 - y) log(1 - p)), mean over a row's outputs, for targets y in [0, 1]
/// (ValueError). From probabilities, p is cut to [1e-7, 1 - 1e-7]; from logits z it is
/// y softplus(-z) + (1 - y) softplus(z), which needs no cut. With smoothing s the target is
/// y (1 - s) + s / 2. Keras: BinaryCrossentropy.
struct BinaryCrossentropy {
  bool from_logits = false;
  double label_smoothing = 0;  ///< in [0, 1), ValueError
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  void check_targets(const Tensor& y_true, const Shape& y_pred) const;
  void validate() const;
};

/// -log p[y] for a class number y per row (shape (n) or (n, 1)) and outputs (n, classes). Rows of
/// probabilities are divided by their sum and cut to [1e-7, 1 - 1e-7]; from logits z it is
/// logsumexp(z) - z[y]. ValueError for what is no class number. Keras:
/// SparseCategoricalCrossentropy.
struct SparseCategoricalCrossentropy {
  bool from_logits = false;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  void check_targets(const Tensor& y_true, const Shape& y_pred) const;
};

}  // namespace gradus
