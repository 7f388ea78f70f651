#pragma once
/// Nadam: Adam with Nesterov's momentum.

#include <gradus/optim/adam.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// mu_T = beta_1 (1 - 0.96^T / 2) raises the momentum step by step; U is the product of all mu_t.
/// m and v as in Adam;  w -= learning_rate (mu_(T+1) m / (1 - U mu_(T+1)) + (1 - mu_T) g / (1 - U))
/// / (sqrt(v / (1 - beta_2^T)) + epsilon), T = 1, 2, ...
/// Dozat, "Incorporating Nesterov momentum into Adam", 2016. Keras: keras.optimizers.Nadam.
/// ValueError as for Adam.
struct Nadam {
  Schedule learning_rate = 0.001, beta_1 = 0.9, beta_2 = 0.999;
  Real epsilon = 1e-7;

  int slots() const { return 3; }
  SlotInfo slot_info(int i, const Shape&) const {
    if (i == 2) return {"u_product", 1, Shape{}, true};
    return {.name = i == 0 ? "momentum" : "velocity", .not_negative = i == 1};
  }
  void update(ParameterUpdate& u) const {
    using std::sqrt;
    const Real mu = momentum_at(u.at(beta_1), u.count());
    const Real next = momentum_at(u.at(beta_1), u.count() + 1), product = u.slot(2)[0] * mu;
    u.slot(2)[0] = static_cast<Scalar>(product);
    const auto of_m = static_cast<Scalar>(u.learning_rate * next / (1 - product * next));
    const auto of_g = static_cast<Scalar>(u.learning_rate * (1 - mu) / (1 - product));
    const auto part = static_cast<Scalar>(detail::bias_correction(u.at(beta_2), u.count()));
    const Scalar take_1 = u.running_mean(beta_1).take, take_2 = u.running_mean(beta_2).take;
    const std::span<Scalar> m = u.slot(0), v = u.slot(1);
    for (std::size_t i = 0; i < u.w.size(); ++i) {
      m[i] += (u.g[i] - m[i]) * take_1;
      v[i] += (u.g[i] * u.g[i] - v[i]) * take_2;
      const Scalar root = sqrt(v[i] / part) + static_cast<Scalar>(epsilon);
      u.w[i] -= (of_m * m[i] + of_g * u.g[i]) / root;
    }
  }

  static void fields(auto& self, auto&& field) { detail::adam_fields(self, field); }

 private:
  static Real momentum_at(Real beta, double t) { return beta * (1 - 0.5 * std::pow(0.96, t)); }
};

}}  // namespace gradus
