#pragma once
/// Adafactor: Adam's scaling, remembered as one number per row and one per column.

#include <gradus/core/ops.h>
#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// With b = 1 - T^beta_2_decay, T = 1, 2, ...:
/// Rank >= 2: r and c are running means, r = b r + (1 - b) (...), of the means of g^2 + epsilon_1
/// over each row and each column of the last two axes, and v = r c / mean(r). Other ranks: v is a
/// running mean of g^2 + epsilon_1.
/// d = g / sqrt(v), divided by max(1, rms(d) / clip_threshold);
/// w -= max(epsilon_2, rms(w)) min(learning_rate, 1 / sqrt(T)) d.
/// Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost", 2018. Keras:
/// keras.optimizers.Adafactor; relative_step has no effect there, nor here.
/// ValueError unless learning_rate and epsilon_2 >= 0, beta_2_decay <= 0, epsilon_1 and
/// clip_threshold > 0.
struct Adafactor {
  Schedule learning_rate = 0.001;
  Real beta_2_decay = -0.8, epsilon_1 = 1e-30, epsilon_2 = 1e-3, clip_threshold = 1.0;
  bool relative_step = true;

  int slots() const { return 3; }
  /// r has the parameter's shape without the last axis, c without the one before; a vector has v.
  SlotInfo slot_info(int i, const Shape& shape) const {
    const bool factored = shape.rank() >= 2;
    if (i == 2) return {"velocity", 0, factored ? Shape{0} : shape, true};
    Shape kept;
    for (int axis = 0; axis < shape.rank(); ++axis)
      if (axis != shape.rank() - 1 - i) kept.push_back(shape[axis]);
    return {i == 0 ? "r" : "c", 0, factored ? kept : Shape{0}, true};
  }
  void update(ParameterUpdate& u) const {
    if (u.w.empty()) return;
    const NoGrad off;
    const Tensor g(u.shape, u.g), d = g / sqrt(mean_square(u, g));
    const Real rho = std::min(u.learning_rate, Real(1 / std::sqrt(u.count())));
    const Real size = std::max(epsilon_2, rms(u.w));
    const Real clip = std::max(Real(1), rms(d.values()) / clip_threshold);
    const auto rate = static_cast<Scalar>(size * rho / clip);
    for (std::size_t i = 0; i < u.w.size(); ++i) u.w[i] -= rate * d.values()[i];
  }

  static void fields(auto& self, auto&& field) {
    using namespace rules;
    field("learning_rate", self.learning_rate, not_negative, optional);
    field("beta_2_decay", self.beta_2_decay, not_positive, optional);
    field("epsilon_1", self.epsilon_1, positive_scalar, optional);
    field("epsilon_2", self.epsilon_2, not_negative, optional);
    field("clip_threshold", self.clip_threshold, positive, optional);
    field("relative_step", self.relative_step, anything, optional);
  }

 private:
  static Real rms(std::span<const Scalar> x) {
    return detail::norm(x) / std::sqrt(static_cast<double>(x.size()));
  }
  /// v of this update.
  Tensor mean_square(const ParameterUpdate& u, const Tensor& g) const {
    using std::pow;
    const Tensor squares = square(g) + Tensor(static_cast<Scalar>(epsilon_1));
    const Tensor share(static_cast<Scalar>(pow(u.count(), beta_2_decay)));
    const auto follow = [&](int slot, const Tensor& now) {  // the running mean in a slot
      const Tensor before(now.shape(), u.slot(slot)), after = before + share * (now - before);
      std::ranges::copy(after.values(), u.slot(slot).begin());
      return after;
    };
    if (u.shape.rank() < 2) return follow(2, squares);
    const Tensor r = follow(0, mean(squares, {.axis = -1, .keepdims = true}));
    const Tensor c = follow(1, mean(squares, {.axis = -2, .keepdims = true}));
    return r / mean(r, {.axis = -2, .keepdims = true}) * c;
  }
};

}}  // namespace gradus
