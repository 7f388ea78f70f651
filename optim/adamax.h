#pragma once
/// Adamax: Adam with a decaying maximum of |g| in place of the root mean square.

#include <gradus/optim/adam.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// m += (g - m)(1 - beta_1);  norm = max(beta_2 norm, |g|);
/// w -= learning_rate / (1 - beta_1^T) m / (norm + epsilon), T = 1, 2, ...
/// Kingma and Ba, "Adam: a method for stochastic optimization", 2015, section 7. Keras:
/// keras.optimizers.Adamax. ValueError as for Adam.
struct Adamax {
  Schedule learning_rate = 0.001, beta_1 = 0.9, beta_2 = 0.999;
  Real epsilon = 1e-7;

  int slots() const { return 2; }
  SlotInfo slot_info(int i, const Shape&) const {
    return {.name = i == 0 ? "momentum" : "norm", .not_negative = i == 1};
  }
  void update(ParameterUpdate& u) const {
    using std::abs;
    const Real correction = detail::bias_correction(u.at(beta_1), u.count());
    const auto rate = static_cast<Scalar>(u.learning_rate / correction);
    const Scalar take = u.running_mean(beta_1).take, keep = u.running_mean(beta_2).keep;
    const auto eps = static_cast<Scalar>(epsilon);
    const std::span<Scalar> m = u.slot(0), norm = u.slot(1);
    for (std::size_t i = 0; i < u.w.size(); ++i) {
      m[i] += (u.g[i] - m[i]) * take;
      norm[i] = std::max(keep * norm[i], abs(u.g[i]));
      u.w[i] -= rate * m[i] / (norm[i] + eps);
    }
  }

  static void fields(auto& self, auto&& field) { detail::adam_fields(self, field); }
};

}}  // namespace gradus
