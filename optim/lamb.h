#pragma once
/// Lamb: Adam's direction, scaled to the norm of the weights.

#include <gradus/optim/adam.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// m and v as in Adam;  d = m / (1 - beta_1^T) / (sqrt(v / (1 - beta_2^T)) + epsilon), T = 1, 2,
/// ...; w -= learning_rate ||w|| / ||d|| d, with norms per parameter; if either norm is 0, their
/// ratio is taken as 1.
/// You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", 2020.
/// Keras: keras.optimizers.Lamb. ValueError as for Adam.
struct Lamb {
  Schedule learning_rate = 0.001, beta_1 = 0.9, beta_2 = 0.999;
  Real epsilon = 1e-7;

  int slots() const { return 2; }
  SlotInfo slot_info(int i, const Shape&) const { return detail::adam_slot(i); }
  void update(ParameterUpdate& u) const {
    using std::sqrt;
    const auto part_1 = static_cast<Scalar>(detail::bias_correction(u.at(beta_1), u.count()));
    const auto part_2 = static_cast<Scalar>(detail::bias_correction(u.at(beta_2), u.count()));
    const Scalar take_1 = u.running_mean(beta_1).take, take_2 = u.running_mean(beta_2).take;
    const detail::Buffer buffer(static_cast<std::int64_t>(u.w.size()));
    const std::span<Scalar> m = u.slot(0), v = u.slot(1), d(buffer.data(), u.w.size());
    for (std::size_t i = 0; i < u.w.size(); ++i) {
      m[i] += (u.g[i] - m[i]) * take_1;
      v[i] += (u.g[i] * u.g[i] - v[i]) * take_2;
      d[i] = m[i] / part_1 / (sqrt(v[i] / part_2) + static_cast<Scalar>(epsilon));
    }
    const Real of_w = detail::norm(u.w), of_d = detail::norm(d);
    const Real ratio = of_w > 0 && of_d > 0 ? of_w / of_d : Real(1);
    const auto rate = static_cast<Scalar>(u.learning_rate * ratio);
    for (std::size_t i = 0; i < u.w.size(); ++i) u.w[i] -= rate * d[i];
  }

  static void fields(auto& self, auto&& field) { detail::adam_fields(self, field); }
};

}}  // namespace gradus
