#pragma once
/// Lion: every weight moves by the rate, in the direction of its momentum's sign.

#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// w -= learning_rate sign(beta_1 m + (1 - beta_1) g), with sign(0) = 0;
/// then m = beta_2 m + (1 - beta_2) g.
/// Chen et al., "Symbolic discovery of optimization algorithms", 2023. Keras:
/// keras.optimizers.Lion.
/// ValueError unless learning_rate >= 0, beta_1 and beta_2 in [0, 1).
struct Lion {
  Schedule learning_rate = 0.001, beta_1 = 0.9, beta_2 = 0.99;

  int slots() const { return 1; }
  SlotInfo slot_info(int, const Shape&) const { return {"momentum"}; }
  void update(ParameterUpdate& u) const {
    const auto [keep_1, take_1] = u.running_mean(beta_1);
    const auto [keep_2, take_2] = u.running_mean(beta_2);
    const Scalar rate = u.rate();
    const std::span<Scalar> m = u.slot(0);
    for (std::size_t i = 0; i < u.w.size(); ++i) {
      const Scalar direction = keep_1 * m[i] + take_1 * u.g[i];
      u.w[i] -= direction > 0 ? rate : direction < 0 ? -rate : Scalar(0);
      m[i] = keep_2 * m[i] + take_2 * u.g[i];
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
