#pragma once
/// LearningRateScheduler: a rate for each epoch.

#include <functional>

#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// The rate of an epoch from its number, or from that and the rate before: a Schedule, which is
/// asked by epoch, or any callable `Real(std::int64_t epoch, Real rate)`.
class EpochRate {
 public:
  EpochRate() = default;
  EpochRate(Schedule by_epoch)
      : rate_([s = std::move(by_epoch)](std::int64_t epoch, Real) { return s(epoch); }) {}
  template <class F>
  requires(std::is_invocable_r_v<Real, const F&, std::int64_t, Real>) EpochRate(F f)
      : rate_(std::move(f)) {}
  template <class F>
  requires(!std::is_invocable_v<const F&, std::int64_t, Real> && !std::same_as<F, EpochRate> &&
           std::convertible_to<F, Schedule>) EpochRate(F f)
      : EpochRate(Schedule(std::move(f))) {}

  explicit operator bool() const { return static_cast<bool>(rate_); }
  Real operator()(std::int64_t epoch, Real rate) const { return rate_(epoch, rate); }

 private:
  std::function<Real(std::int64_t, Real)> rate_;
};

/// At the beginning of each epoch, replaces the optimizer's rate by a number. Keras:
/// keras.callbacks.LearningRateScheduler. A Schedule given to the optimizer itself does more: it
/// moves with each update. ValueError unless a schedule is given; its numbers are checked as rates.
///
///     LearningRateScheduler{.schedule = [](std::int64_t epoch, double rate) {
///       return epoch < 10 ? rate : 0.9 * rate;
///     }}
struct LearningRateScheduler {
  EpochRate schedule = {};
  int verbose = 0;  ///< 1: says so through fit()'s progress sink

  void on_epoch_begin(std::int64_t epoch, const Logs&, Sequential& model);
  void validate() const;
};

}}  // namespace gradus
