#pragma once
/// Muon: matrices move by their orthogonalised momentum, all other parameters by Adam.

#include <gradus/optim/adam.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace detail {

/// Newton-Schulz iteration: `steps` times X = a X + (b X X' + c (X X')^2) X, from X = x / ||x||.
/// With Muon's a, b and c every singular value comes near 1. x (rows x columns) receives the
/// result.
void orthogonalize(std::span<Scalar> x, std::int64_t rows, std::int64_t columns, Real a, Real b,
                   Real c, int steps);

}  // namespace detail

/// A matrix (a parameter of rank 2): m = momentum m + g;  w -= learning_rate rms_rate
/// sqrt(max(rows, columns)) orthogonal(m), or with nesterov orthogonal(g + momentum m); without an
/// rms_rate, w -= learning_rate orthogonal(m). Other ranks: Adam (optim/adam.h) at learning_rate *
/// adam_lr_ratio. Before both, a decoupled weight decay: weight_decay for matrices,
/// adam_weight_decay for other ranks.
/// Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024; rms_rate: Liu et
/// al., "Muon is scalable for LLM training", 2025. Keras: keras.optimizers.Muon, without
/// exclude_layers and exclude_embeddings.
/// ValueError unless learning_rate, the weight decays, rms_rate and adam_lr_ratio are >= 0, the
/// betas and momentum in [0, 1), epsilon > 0, ns_steps >= 1, and muon_a, muon_b and muon_c finite.
struct Muon {
  Schedule learning_rate = 0.001, adam_beta_1 = 0.9, adam_beta_2 = 0.999, adam_weight_decay = 0.004;
  Real epsilon = 1e-7;
  Schedule weight_decay = 0.004;
  Real muon_a = 3.4445, muon_b = -4.775, muon_c = 2.0315, adam_lr_ratio = 1;
  Schedule momentum = 0.95;
  int ns_steps = 5;
  bool nesterov = true;
  std::optional<Real> rms_rate = 0.2;

  int slots() const { return 2; }
  SlotInfo slot_info(int i, const Shape& shape) const {
    if (i == 0) return {"momentum"};
    return {"velocity", 0, shape.rank() == 2 ? Shape{0} : shape, true};
  }
  const Schedule& weight_decay_of(const Shape& shape) const {
    return shape.rank() == 2 ? weight_decay : adam_weight_decay;
  }
  void update(ParameterUpdate& u) const {
    if (u.shape.rank() != 2) return update_by_adam(u);
    const auto mu = static_cast<Scalar>(u.at(momentum));
    const detail::Buffer buffer(static_cast<std::int64_t>(u.w.size()));
    const std::span<Scalar> m = u.slot(0), direction(buffer.data(), u.w.size());
    for (std::size_t i = 0; i < u.w.size(); ++i) {
      m[i] = mu * m[i] + u.g[i];
      direction[i] = nesterov ? u.g[i] + mu * m[i] : m[i];
    }
    detail::orthogonalize(direction, u.shape[0], u.shape[1], muon_a, muon_b, muon_c, ns_steps);
    const auto longest = static_cast<double>(std::max(u.shape[0], u.shape[1]));
    const Real scale = rms_rate ? *rms_rate * std::sqrt(longest) : Real(1);
    const auto rate = static_cast<Scalar>(u.learning_rate * scale);
    for (std::size_t i = 0; i < u.w.size(); ++i) u.w[i] -= rate * direction[i];
  }

  static void fields(auto& self, auto&& field) {
    using namespace rules;
    field("learning_rate", self.learning_rate, not_negative, optional);
    field("adam_beta_1", self.adam_beta_1, below_one, optional);
    field("adam_beta_2", self.adam_beta_2, below_one, optional);
    field("adam_weight_decay", self.adam_weight_decay, not_negative, optional);
    field("epsilon", self.epsilon, positive_scalar, optional);
    field("weight_decay", self.weight_decay, not_negative, optional);
    field("muon_a", self.muon_a, finite_number, optional);
    field("muon_b", self.muon_b, finite_number, optional);
    field("muon_c", self.muon_c, finite_number, optional);
    field("adam_lr_ratio", self.adam_lr_ratio, not_negative, optional);
    field("momentum", self.momentum, below_one, optional);
    field("ns_steps", self.ns_steps, at_least_one, optional);
    field("nesterov", self.nesterov, anything, optional);
    field("rms_rate", self.rms_rate, not_negative, optional);
  }

 private:
  void update_by_adam(ParameterUpdate& u) const {
    const Real rate = u.learning_rate * adam_lr_ratio;
    detail::adam(u, rate, u.at(adam_beta_1), u.at(adam_beta_2), epsilon, false);
  }
};

}}  // namespace gradus
