#pragma once
/// LearningRateScheduler: a rate for each epoch.

#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// The rate of an epoch: a Schedule over epochs, or any callable `Real(std::int64_t epoch, Real
/// rate)`, where `rate` is the rate so far.
struct EpochRate : Function<Real(std::int64_t, Real)> {
  EpochRate(std::nullptr_t = nullptr) {}
  template <class F>
  requires(!std::derived_from<F, EpochRate> &&
           (std::is_invocable_r_v<Real, const F&, std::int64_t, Real> ||
            std::convertible_to<F, Schedule>)) EpochRate(F rate)
      : Function(by_epoch_and_rate(std::move(rate))) {}

 private:
  template <class F>
  static Function by_epoch_and_rate(F rate) {
    if constexpr (std::is_invocable_r_v<Real, const F&, std::int64_t, Real>)
      return Function(std::move(rate));
    else
      return Function([s = Schedule(std::move(rate))](std::int64_t at, Real) { return s(at); });
  }
};

/// Sets the optimizer's rate to a number at the beginning of each epoch. Keras:
/// keras.callbacks.LearningRateScheduler. Prefer a Schedule as the optimizer's learning_rate: it
/// changes with each update. ValueError without a schedule, and for a number that is not a rate.
///
///     LearningRateScheduler{.schedule = [](std::int64_t epoch, double rate) {
///       return epoch < 10 ? rate : 0.9 * rate;
///     }}
struct LearningRateScheduler {
  EpochRate schedule = {};
  int verbose = 0;  ///< 1: reports through fit()'s progress sink

  void on_epoch_begin(std::int64_t epoch, const Logs&, Sequential& model);
  static void fields(auto& self, auto&& field) {
    field("schedule", self.schedule, rules::given), field("verbose", self.verbose);
  }
};

}}  // namespace gradus
