#pragma once
/// Adadelta: the gradient, scaled by the ratio of recent steps to recent gradients.

#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// a = rho a + (1 - rho) g^2;  d = -sqrt(D + epsilon) / sqrt(a + epsilon) g;
/// D = rho D + (1 - rho) d^2;  w += learning_rate d. The method as published has learning_rate 1.
/// Zeiler, "ADADELTA: an adaptive learning rate method", 2012. Keras: keras.optimizers.Adadelta.
/// ValueError unless learning_rate >= 0, rho in [0, 1), epsilon > 0.
struct Adadelta {
  Schedule learning_rate = 0.001, rho = 0.95;
  Real epsilon = 1e-7;

  int slots() const { return 2; }
  SlotInfo slot_info(int i, const Shape&) const {
    return {.name = i == 0 ? "accumulated_grad" : "accumulated_delta_var", .not_negative = true};
  }
  void update(ParameterUpdate& u) const {
    using std::sqrt;
    const auto [keep, take] = u.running_mean(rho);
    const Scalar rate = u.rate(), eps = static_cast<Scalar>(epsilon);
    const std::span<Scalar> a = u.slot(0), D = u.slot(1);
    for (std::size_t i = 0; i < u.w.size(); ++i) {
      a[i] = keep * a[i] + take * u.g[i] * u.g[i];
      const Scalar d = -sqrt(D[i] + eps) / sqrt(a[i] + eps) * u.g[i];
      D[i] = keep * D[i] + take * d * d;
      u.w[i] += rate * d;
    }
  }

  static void fields(auto& self, auto&& field) {
    using namespace rules;
    field("learning_rate", self.learning_rate, not_negative, optional);
    field("rho", self.rho, below_one, optional);
    field("epsilon", self.epsilon, positive_scalar, optional);
  }
};

}}  // namespace gradus
