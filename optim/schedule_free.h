#pragma once
/// The part that the two Schedule-Free rules share: two sequences of weights and an average.

#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// Slots: 0 the average x, 1 z, 2 m and `length` (see Averaging), 3 (AdamW) the running mean of
/// g^2.
inline SlotInfo schedule_free_slot(int i) {
  if (i == 2) return {.name = "averaging", .shape = Shape{2}, .not_negative = true};
  return {.name = i == 0 ? "average" : i == 1 ? "z" : "velocity", .not_negative = i == 3};
}

/// Starts a new average at w. Slot 3 stays.
inline void start_schedule_free(std::span<const Scalar> w,
                                std::span<const std::span<Scalar>> slots) {
  std::ranges::copy(w, slots[0].begin());
  std::ranges::copy(w, slots[1].begin());
  std::ranges::fill(slots[2], Scalar(0));
}

/// The options of a rule that set the weights of its average.
struct Averaging {
  const Steps& warmup_steps;
  Real r, weight_lr_power;

  /// Factor of the rate in this step.
  Real warmup(Step step) const {
    const double count = static_cast<double>(step) + 1;
    return count < value(warmup_steps.count) ? count / warmup_steps.count : Real(1);
  }
  /// Returns c = w / W of this update, with w = (step + 1)^r m^weight_lr_power, m the greatest rate
  /// so far and W the sum of all w; 0 while W is 0. Updates m and, in place of W, `length` = W / w,
  /// which cannot overflow. Both start at 0.
  Real weight(Step step, Real rate, Real& m, Real& length) const {
    using std::pow;
    if (!is_zero(length)) {
      const auto count = static_cast<double>(step);
      if (!is_zero(r)) length *= pow(Real(count / (count + 1)), r);
      if (rate > m) length *= pow(m / rate, weight_lr_power);
    }
    if (rate > m) m = rate;
    if (value(m) == 0 && value(weight_lr_power) > 0) return 0;
    length += 1;
    return 1 / length;
  }
};

/// One update. The rate multiplies direction(i), the gradient for SGD.
void schedule_free(ParameterUpdate& u, const Averaging& averaging, Real beta, auto&& direction) {
  const Real warmup = averaging.warmup(u.step);
  const auto rate = static_cast<Scalar>(warmup * u.learning_rate);
  const auto decay = static_cast<Scalar>(warmup * u.decay);
  const std::span<Scalar> x = u.slot(0), z = u.slot(1);
  Real m = u.slot(2)[0], length = u.slot(2)[1];
  const auto c = static_cast<Scalar>(averaging.weight(u.step, rate, m, length));
  u.slot(2)[0] = static_cast<Scalar>(m), u.slot(2)[1] = static_cast<Scalar>(length);
  const auto b = static_cast<Scalar>(beta);
  for (std::size_t i = 0; i < u.w.size(); ++i) {
    z[i] -= decay * u.w[i] + rate * direction(i);
    x[i] += c * (z[i] - x[i]);
    u.w[i] = z[i] + b * (x[i] - z[i]);  // this form does not move where x = z
  }
}

}  // namespace detail
}}  // namespace gradus
