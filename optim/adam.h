#pragma once
/// Adam: a running mean of the gradient, divided by the root of a running mean of its square.

#include <gradus/core/kernels.h>
#include <gradus/core/thread_pool.h>
#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace detail {

/// 1 - beta^t: a running mean that starts at 0 is too small by this factor after t updates.
inline Real bias_correction(Real beta, double t) {
  using std::pow;
  if (t * value(1 - beta) > 40) return 1;  // as beta^t <= e^(-t (1 - beta)) < 2^-57
  return 1 - pow(beta, t);
}

/// One update of Adam at this rate. Slots: 0 momentum, 1 velocity, 2 (amsgrad) the greatest
/// velocity.
inline void adam(ParameterUpdate& u, Real rate, Real beta_1, Real beta_2, Real epsilon,
                 bool amsgrad) {
  using std::sqrt;
  const double t = u.count();
  const Real corrected = rate * sqrt(bias_correction(beta_2, t)) / bias_correction(beta_1, t);
  const AdamFactors factors{static_cast<Scalar>(1 - beta_1), static_cast<Scalar>(1 - beta_2),
                            static_cast<Scalar>(corrected), static_cast<Scalar>(epsilon)};
  share(std::ssize(u.w), kernels().adam, factors, u.g.data(), u.slot(0).data(), u.slot(1).data(),
        amsgrad ? u.slot(2).data() : nullptr, u.w.data(), Length{});
}

/// m and v are means of their last values and g or g^2; a step is at most rate m / epsilon, with
/// the bias corrected.
inline bool adam_stays_finite(Real beta_1, Real epsilon) {
  return value(1 - beta_1) >= 0x1p-10 && value(epsilon) >= 0x1p-24;
}

inline SlotInfo adam_slot(int i) {
  constexpr std::string_view names[] = {"momentum", "velocity", "velocity_hat"};
  return {.name = names[i], .not_negative = i > 0};
}

/// The options that Adam shares with its variants.
void adam_fields(auto& self, auto&& field) {
  using namespace rules;
  field("learning_rate", self.learning_rate, not_negative, optional);
  field("beta_1", self.beta_1, below_one, optional);
  field("beta_2", self.beta_2, below_one, optional);
  field("epsilon", self.epsilon, positive_scalar, optional);
}

}  // namespace detail

/// m += (g - m)(1 - beta_1);  v += (g^2 - v)(1 - beta_2);
/// w -= learning_rate sqrt(1 - beta_2^T) / (1 - beta_1^T) m / (sqrt(v) + epsilon), T = 1, 2, ...
/// With amsgrad the root is of the greatest v so far. Epsilon is added outside the bias correction,
/// as in Keras; PyTorch adds it inside. For a beta that is a schedule, beta^T uses its present
/// value. Kingma and Ba, "Adam: a method for stochastic optimization", 2015; amsgrad: Reddi, Kale
/// and Kumar, "On the convergence of Adam and beyond", 2018. Keras: keras.optimizers.Adam.
/// ValueError unless learning_rate >= 0, beta_1 and beta_2 in [0, 1), epsilon > 0.
struct Adam {
  Schedule learning_rate = 0.001, beta_1 = 0.9, beta_2 = 0.999;
  Real epsilon = 1e-7;
  bool amsgrad = false;

  int slots() const { return amsgrad ? 3 : 2; }
  SlotInfo slot_info(int i, const Shape&) const { return detail::adam_slot(i); }
  void update(ParameterUpdate& u) const {
    detail::adam(u, u.learning_rate, u.at(beta_1), u.at(beta_2), epsilon, amsgrad);
  }
  bool stays_finite(Step step) const {
    return detail::adam_stays_finite(beta_1.at(static_cast<double>(step)), epsilon);
  }

  static void fields(auto& self, auto&& field) {
    detail::adam_fields(self, field);
    field("amsgrad", self.amsgrad, rules::anything, rules::optional);
  }
};

}}  // namespace gradus
