#pragma once
/// Ftrl: follow the regularised leader; l1 sets weights to exactly 0.

#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// With p = -learning_rate_power and l1, l2 for the regularisation strengths; n starts at
/// initial_accumulator_value, z at 0:
/// n' = n + g^2;  z += g + 2 l2_shrinkage w - (n'^p - n^p) / learning_rate w;
/// w = (clip(z, -l1, l1) - z) / (n'^p / learning_rate + 2 l2 + beta / learning_rate).
/// w depends on n and z alone, so the first update forgets the initial w. A rate of 0 changes
/// nothing.
/// McMahan et al., "Ad click prediction: a view from the trenches", 2013. Keras:
/// keras.optimizers.Ftrl.
/// ValueError unless learning_rate >= 0, learning_rate_power <= 0, and the others >= 0.
struct Ftrl {
  Schedule learning_rate = 0.001;
  Real learning_rate_power = -0.5, initial_accumulator_value = 0.1;
  Schedule l1_regularization_strength = 0.0, l2_regularization_strength = 0.0;
  Schedule l2_shrinkage_regularization_strength = 0.0, beta = 0.0;

  int slots() const { return 2; }
  SlotInfo slot_info(int i, const Shape&) const {
    if (i == 0) return {"accumulator", initial_accumulator_value, {}, true};
    return {"linear"};
  }
  void update(ParameterUpdate& u) const {
    using std::pow;
    if (u.learning_rate == Real(0)) return;
    const Scalar power = static_cast<Scalar>(-learning_rate_power), rate = u.rate();
    const auto l1 = static_cast<Scalar>(u.at(l1_regularization_strength));
    const auto shrink = static_cast<Scalar>(2 * u.at(l2_shrinkage_regularization_strength));
    const Real l2 = u.at(l2_regularization_strength);
    const auto constant = static_cast<Scalar>(2 * l2 + u.at(beta) / u.learning_rate);
    const std::span<Scalar> n = u.slot(0), z = u.slot(1);
    for (std::size_t i = 0; i < u.w.size(); ++i) {
      const Scalar before = pow(n[i], power), after = pow(n[i] += u.g[i] * u.g[i], power);
      z[i] += u.g[i] + shrink * u.w[i] - (after - before) / rate * u.w[i];
      const Scalar curvature = after / rate + constant;  // 0 before the first gradient
      if (curvature > 0) u.w[i] = (std::clamp(z[i], -l1, l1) - z[i]) / curvature;
    }
  }

  static void fields(auto& self, auto&& field) {
    using namespace rules;
    field("learning_rate", self.learning_rate, not_negative, optional);
    field("learning_rate_power", self.learning_rate_power, not_positive, optional);
    field("initial_accumulator_value", self.initial_accumulator_value, not_negative, optional);
    field("l1_regularization_strength", self.l1_regularization_strength, not_negative, optional);
    field("l2_regularization_strength", self.l2_regularization_strength, not_negative, optional);
    field("l2_shrinkage_regularization_strength", self.l2_shrinkage_regularization_strength,
          not_negative, optional);
    field("beta", self.beta, not_negative, optional);
  }
};

}}  // namespace gradus
