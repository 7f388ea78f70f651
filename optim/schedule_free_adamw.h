#pragma once
/// ScheduleFreeAdamW: AdamW with an average of the weights in place of a falling rate.

#include <gradus/optim/adam.h>
#include <gradus/optim/schedule_free.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// As ScheduleFreeSGD, also in which weights are seen when (optim/schedule_free_sgd.h), with beta_1
/// as beta. In update k = 0, 1, ..., with T = k + 1:
///
///     v += (g^2 - v)(1 - beta_2)
///     z -= rate (g / (sqrt(v / (1 - beta_2^T)) + epsilon) + weight_decay y)
///
/// This is the form of the authors' reference code; the published experiments multiply the rate by
/// sqrt(1 - beta_2^T) and add epsilon to sqrt(v). Keras: keras.optimizers.ScheduleFreeAdamW, which
/// evaluates at y and averages as with weight_lr_power = 0. Defazio et al., "The road less
/// scheduled", 2024. Errors as ScheduleFreeSGD; ValueError unless beta_2 in [0, 1), epsilon > 0.
struct ScheduleFreeAdamW {
  Schedule learning_rate = 0.0025, beta_1 = 0.9, beta_2 = 0.999;
  Real epsilon = 1e-8;
  Steps warmup_steps = 0;
  Schedule weight_decay = 0.0;
  Real r = 0, weight_lr_power = 2;

  int slots() const { return 4; }
  SlotInfo slot_info(int i, const Shape&) const { return detail::schedule_free_slot(i); }
  void start_average(std::span<const Scalar> w, std::span<const std::span<Scalar>> slots) const {
    detail::start_schedule_free(w, slots);
  }
  const Schedule& weight_decay_of(const Shape&) const { return weight_decay; }
  void update(ParameterUpdate& u) const {
    using std::sqrt;
    const std::span<Scalar> v = u.slot(3);
    const Scalar take = u.running_mean(beta_2).take, small = static_cast<Scalar>(epsilon);
    const auto part = static_cast<Scalar>(detail::bias_correction(u.at(beta_2), u.count()));
    detail::schedule_free(u, {warmup_steps, r, weight_lr_power}, u.at(beta_1), [&](std::size_t i) {
      v[i] += (u.g[i] * u.g[i] - v[i]) * take;
      return u.g[i] / (sqrt(v[i] / part) + small);
    });
  }
  /// A step is at most rate g / epsilon.
  bool stays_finite(Step) const { return value(r) >= 0 && value(epsilon) >= 0x1p-30; }

  static void fields(auto& self, auto&& field) {
    using namespace rules;
    field("learning_rate", self.learning_rate, not_negative, optional);
    field("beta_1", self.beta_1, unit_interval, optional);
    field("beta_2", self.beta_2, below_one, optional);
    field("epsilon", self.epsilon, positive_scalar, optional);
    field("warmup_steps", self.warmup_steps, not_negative, optional);
    field("weight_decay", self.weight_decay, not_negative, optional);
    field("r", self.r, finite_number, optional);
    field("weight_lr_power", self.weight_lr_power, not_negative, optional);
  }
};

}}  // namespace gradus
