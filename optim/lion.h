#pragma once
/// Lion: steps of one size, in the direction of the momentum's sign.

#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// w -= learning_rate sign(beta_1 m + (1 - beta_1) g), with sign(0) = 0;
/// then m = beta_2 m + (1 - beta_2) g.
/// Chen et al., "Symbolic discovery of optimization algorithms", 2023. Keras:
/// keras.optimizers.Lion.
///
/// ValueError unless learning_rate >= 0, beta_1 and beta_2 in [0, 1).
struct Lion {
  Schedule learning_rate = 0.001;
  Schedule beta_1 = 0.9;
  Schedule beta_2 = 0.99;

  int slots() const { return 1; }
  SlotInfo slot_info(int, const Shape&) const { return {"momentum"}; }
  void update(ParameterUpdate& u) const {
    const auto b1 = static_cast<Scalar>(u.at(beta_1)),
               fresh_1 = static_cast<Scalar>(1 - u.at(beta_1));
    const auto b2 = static_cast<Scalar>(u.at(beta_2)),
               fresh_2 = static_cast<Scalar>(1 - u.at(beta_2));
    const auto rate = static_cast<Scalar>(u.learning_rate);
    const std::span<Scalar> m = u.slot(0);
    for (std::size_t i = 0; i < u.w.size(); ++i) {
      const Scalar direction = b1 * m[i] + fresh_1 * u.g[i];
      u.w[i] -= direction > 0 ? rate : direction < 0 ? -rate : Scalar(0);
      m[i] = b2 * m[i] + fresh_2 * u.g[i];
    }
  }

  static void fields(auto& self, auto&& field) {
    using namespace rules;
    field("learning_rate", self.learning_rate, not_negative, optional);
    field("beta_1", self.beta_1, below_one, optional);
    field("beta_2", self.beta_2, below_one, optional);
  }
};

}}  // namespace gradus
