#pragma once
/// RMSprop: the gradient, divided by the root of a running mean of its square.

#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// v = rho v + (1 - rho) g^2;  step = learning_rate g / sqrt(v + epsilon), epsilon inside the root.
/// centered: a = rho a + (1 - rho) g, and v - a^2 in place of v, a variance.
/// momentum mu: b = mu b + step;  w -= b. Without: w -= step.
/// Tieleman and Hinton, "Lecture 6.5: RMSprop", 2012; centered: Graves, "Generating sequences with
/// recurrent neural networks", 2013. Keras: keras.optimizers.RMSprop.
/// ValueError unless learning_rate >= 0, rho and momentum in [0, 1), epsilon > 0.
struct RMSprop {
  Schedule learning_rate = 0.001, rho = 0.9, momentum = 0.0;
  Real epsilon = 1e-7;
  bool centered = false;

  int slots() const { return 3; }
  SlotInfo slot_info(int i, const Shape& shape) const {
    if (i == 0) return {.name = "velocity", .not_negative = true};
    if (i == 1) return {"momentum", 0, rolls() ? shape : Shape{0}};
    return {"average_gradient", 0, centered ? shape : Shape{0}};
  }
  void update(ParameterUpdate& u) const {
    using std::sqrt;
    const auto [keep, take] = u.running_mean(rho);
    const Scalar rate = u.rate(), eps = static_cast<Scalar>(epsilon);
    const auto mu = static_cast<Scalar>(u.at(momentum));
    const bool rolling = rolls();
    const std::span<Scalar> v = u.slot(0), b = u.slot(1), a = u.slot(2);
    for (std::size_t i = 0; i < u.w.size(); ++i) {
      v[i] = keep * v[i] + take * u.g[i] * u.g[i];
      if (centered) a[i] = keep * a[i] + take * u.g[i];
      const Scalar variance = centered ? std::max(v[i] - a[i] * a[i], Scalar(0)) : v[i];
      const Scalar step = rate * u.g[i] / sqrt(variance + eps);
      if (rolling) b[i] = mu * b[i] + step;
      u.w[i] -= rolling ? b[i] : step;
    }
  }

  static void fields(auto& self, auto&& field) {
    using namespace rules;
    field("learning_rate", self.learning_rate, not_negative, optional);
    field("rho", self.rho, below_one, optional);
    field("momentum", self.momentum, below_one, optional);
    field("epsilon", self.epsilon, positive_scalar, optional);
    field("centered", self.centered, anything, optional);
  }

 private:
  bool rolls() const { return !detail::always_zero(momentum); }
};

}}  // namespace gradus
