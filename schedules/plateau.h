#pragma once
/// Plateau: lower the rate when a metric stops getting better.

#include <gradus/core/shape.h>
#include <gradus/schedules/schedule.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// scale * schedule(t), but not lowered below min_lr or raised above max_lr. With max_lr 0 it is
/// never above schedule(t).
struct Reduced {
  Schedule schedule = 0;
  Real scale, min_lr = 0, max_lr = 0;
  static constexpr const char* text_name = "reduced";
  static constexpr const char* formula =
      "scale schedule(t), but >= min(min_lr, schedule(t)) and <= max(max_lr, schedule(t))";

  Real operator()(Real step) const {
    const Real rate = schedule.at(step);
    return std::min(std::max(scale * rate, std::min(min_lr, rate)), std::max(max_lr, rate));
  }
  Real duration() const { return schedule.duration(); }
  static void fields(auto& self, auto&& field) {
    field("schedule", self.schedule, rules::finite_number);
    field("scale", self.scale, rules::not_negative);
    field("min_lr", self.min_lr, rules::not_negative, rules::optional);
    field("max_lr", self.max_lr, rules::not_negative, rules::optional);
  }
};

/// The schedule times `factor`, but not lowered below `min_lr` or raised above `max_lr`. A reduced
/// schedule with the same limits gets a new scale. With max_lr 0 a number stays a number.
Schedule reduced(const Schedule& s, Real factor, Real min_lr = 0, Real max_lr = 0);

/// Whether a metric is better when it is lower (`min`) or higher (`max`), in Keras's words.
/// `automatic` leaves that to the metric: a loss is better when lower, an accuracy when higher.
enum class MonitorMode { automatic, min, max };

namespace detail {
/// Whether the metric is the first, or better than `best` by more than `delta`, with `relative` by
/// more than that fraction of it. nan is not better.
bool better(MonitorMode mode, double metric, const std::optional<double>& best, Real delta,
            bool relative);
/// ValueError for `automatic`.
void check_mode(const char* owner, MonitorMode mode);
}  // namespace detail

/// The state of Keras's ReduceLROnPlateau, apart from any optimizer: it watches a metric and says
/// by how much to scale a rate. It works with every schedule, where Keras raises an error.
///
///     const Schedule base = CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 1000};
///     Plateau plateau{.factor = 0.5, .patience = 3};
///     ...                                                    // after each epoch:
///     if (plateau.observe(loss, optimizer.learning_rate()))
///       optimizer.set_learning_rate(plateau.reduce(base));   // a new, pure schedule
///
/// The names, their order and their defaults are Keras's. A PyTorch patience or cooldown of n is
/// n + 1 here: PyTorch waits for more than `patience` bad epochs.
struct Plateau {
  Real factor = 0.1;    ///< of each reduction, in (0, 1)
  Count patience = 10;  ///< epochs without improvement before a reduction; 0 means 1
  MonitorMode mode = MonitorMode::min;  ///< not automatic: a Plateau sees numbers without a name
  Real min_delta = 1e-4;  ///< a metric counts as better only if it is better by more than this
  Count cooldown = 0;     ///< epochs after a reduction that do not count; 0 means 1
  Real min_lr = 0;        ///< no reduction goes below this rate
  bool relative = false;  ///< min_delta is a fraction of the best metric (PyTorch's default)

  // The whole state, to save and restore.
  Real scale = 1;
  std::optional<double> best = std::nullopt;
  std::int64_t wait = 0, cooldown_left = 0;

  /// Takes the metric of one more epoch and the rate in force; true if it lowered `scale`, which it
  /// does not at a rate of min_lr or less. A nan is not an improvement. ValueError for bad options.
  bool observe(double metric, double learning_rate = detail::endless);
  /// The schedule with the reductions so far.
  Schedule reduce(const Schedule& s) const { return reduced(s, scale, min_lr); }
  static void fields(auto& self, auto&& field) {
    field("factor", self.factor, rules::inside_unit_interval);
    field("patience", self.patience, rules::zero_or_more), field("mode", self.mode);
    field("min_delta", self.min_delta, rules::not_negative);
    field("cooldown", self.cooldown, rules::zero_or_more);
    field("min_lr", self.min_lr, rules::not_negative), field("relative", self.relative);
  }
  static void state(auto& self, auto&& field) {
    field("best", self.best), field("wait", self.wait);
    field("cooldown_left", self.cooldown_left), field("scale", self.scale);
  }
  void validate() const { detail::check_mode("Plateau", mode); }
};

}}  // namespace gradus
