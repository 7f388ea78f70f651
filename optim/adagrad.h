#pragma once
/// Adagrad: a rate per weight that falls as the sum of its squared gradients grows.

#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// a += g^2;  w -= learning_rate g / sqrt(a + epsilon). a starts at initial_accumulator_value.
/// Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic
/// optimization", 2011. Keras: keras.optimizers.Adagrad.
/// ValueError unless learning_rate >= 0, initial_accumulator_value >= 0, epsilon > 0.
struct Adagrad {
  Schedule learning_rate = 0.001;
  Real initial_accumulator_value = 0.1, epsilon = 1e-7;

  int slots() const { return 1; }
  SlotInfo slot_info(int, const Shape&) const {
    return {"accumulator", initial_accumulator_value, {}, true};
  }
  void update(ParameterUpdate& u) const {
    using std::sqrt;
    const Scalar rate = u.rate(), eps = static_cast<Scalar>(epsilon);
    const std::span<Scalar> a = u.slot(0);
    for (std::size_t i = 0; i < u.w.size(); ++i) {
      a[i] += u.g[i] * u.g[i];
      u.w[i] -= rate * u.g[i] / sqrt(a[i] + eps);
    }
  }

  static void fields(auto& self, auto&& field) {
    using namespace rules;
    field("learning_rate", self.learning_rate, not_negative, optional);
    field("initial_accumulator_value", self.initial_accumulator_value, not_negative, optional);
    field("epsilon", self.epsilon, positive_scalar, optional);
  }
};

}}  // namespace gradus
