#pragma once
/// AdamW: Adam with decoupled weight decay.

#include <gradus/optim/adam.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// w -= w weight_decay learning_rate, with the rate of this update; then Adam (optim/adam.h).
/// Loshchilov and Hutter, "Decoupled weight decay regularization", 2019. Keras:
/// keras.optimizers.AdamW. ValueError as for Adam, or unless weight_decay >= 0.
struct AdamW {
  Schedule learning_rate = 0.001, weight_decay = 0.004, beta_1 = 0.9, beta_2 = 0.999;
  Real epsilon = 1e-7;
  bool amsgrad = false;

  int slots() const { return amsgrad ? 3 : 2; }
  SlotInfo slot_info(int i, const Shape&) const { return detail::adam_slot(i); }
  const Schedule& weight_decay_of(const Shape&) const { return weight_decay; }
  void update(ParameterUpdate& u) const {
    detail::adam(u, u.learning_rate, u.at(beta_1), u.at(beta_2), epsilon, amsgrad);
  }
  bool stays_finite(Step step) const {
    return detail::adam_stays_finite(beta_1.at(static_cast<double>(step)), epsilon);
  }

  static void fields(auto& self, auto&& field) {
    using namespace rules;
    field("learning_rate", self.learning_rate, not_negative, optional);
    field("weight_decay", self.weight_decay, not_negative, optional);
    field("beta_1", self.beta_1, below_one, optional);
    field("beta_2", self.beta_2, below_one, optional);
    field("epsilon", self.epsilon, positive_scalar, optional);
    field("amsgrad", self.amsgrad, anything, optional);
  }
};

}}  // namespace gradus
