#pragma once
/// ScheduleFreeSGD: an average of the weights in place of a falling rate.

#include <gradus/optim/schedule_free.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Takes the gradient g at y, moves z by the rate, and shows the average x. At the start
/// x = y = z. In update k = 0, 1, ...:
///
///     rate = learning_rate(k) min(1, (k + 1) / warmup_steps)   (warmup_steps 0: learning_rate(k))
///     z -= rate (g + weight_decay y)
///     m = max(m, rate);  w = (k + 1)^r m^weight_lr_power;  W += w;  c = w / W   (0 while W is 0)
///     x = (1 - c) x + c z;  y = beta x + (1 - beta) z
///
///     Optimizer opt = ScheduleFreeSGD{.learning_rate = 1.0};
///
/// Training can stop at any time: no schedule has to know the number of updates. As m never falls,
/// a falling schedule leaves w as it is.
///
/// Only the training step of a model works at y: evaluate(), predict(), get_weights(), save() and
/// callbacks see x, also after train_on_batch() and after a fit() that an error ended. In a
/// hand-written loop the parameters are y after step(), until Optimizer::finalize() shows x;
/// resume() puts y back before the next gradient. set_weights() begins a new average: x = y = z. A
/// constraint acts on y, and on x where it is shown, but not on z.
///
/// StateError in the first update of a layer that keeps statistics of training, such as
/// BatchNormalization: they would be those of y. ValueError with use_ema, a second average.
///
/// Defazio et al., "The road less scheduled", 2024. ValueError unless learning_rate, warmup_steps,
/// weight_decay and weight_lr_power are >= 0, beta in [0, 1] and r finite.
struct ScheduleFreeSGD {
  Schedule learning_rate = 1.0, beta = 0.9;
  Steps warmup_steps = 0;
  Schedule weight_decay = 0.0;
  Real r = 0, weight_lr_power = 2;

  int slots() const { return 3; }
  SlotInfo slot_info(int i, const Shape&) const { return detail::schedule_free_slot(i); }
  void start_average(std::span<const Scalar> w, std::span<const std::span<Scalar>> slots) const {
    detail::start_schedule_free(w, slots);
  }
  const Schedule& weight_decay_of(const Shape&) const { return weight_decay; }
  void update(ParameterUpdate& u) const {
    detail::schedule_free(u, averaging(), u.at(beta), [&](std::size_t i) { return u.g[i]; });
  }
  bool stays_finite(Step) const { return value(r) >= 0; }
  /// s = (x, z); memory = (m, length) of Averaging.
  LinearUpdate linear_update(Step step, double rate, std::span<double> memory) const {
    const Real warm = averaging().warmup(step) * rate;
    Real m = memory[0], length = memory[1];
    const double k = value(averaging().weight(step, warm, m, length)), gamma = value(warm);
    memory[0] = value(m), memory[1] = value(length);
    const double b = value(beta.at(static_cast<double>(std::max<Step>(step, 1) - 1)));
    return {2, {{{1 - k, k}, {0, 1}}}, {k * gamma, gamma}, {b, 1 - b}, {1}, {1, 1}};
  }

  static void fields(auto& self, auto&& field) {
    using namespace rules;
    field("learning_rate", self.learning_rate, not_negative, optional);
    field("beta", self.beta, unit_interval, optional);
    field("warmup_steps", self.warmup_steps, not_negative, optional);
    field("weight_decay", self.weight_decay, not_negative, optional);
    field("r", self.r, finite_number, optional);
    field("weight_lr_power", self.weight_lr_power, not_negative, optional);
  }

 private:
  detail::Averaging averaging() const { return {warmup_steps, r, weight_lr_power}; }
};

}}  // namespace gradus
