#pragma once
/// Plateau: lower the rate when a metric stops getting better.

#include <optional>

#include <gradus/schedules/schedule.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// max(scale * schedule(t), min_lr), but never above schedule(t) itself.
struct Reduced {
  Schedule schedule = 0;
  Real scale;
  Real min_lr = 0;
  static constexpr const char* spelt = "reduced";
  static constexpr const char* formula = "max(scale schedule(t), min(min_lr, schedule(t)))";
  static Reduced example();

  detail::Question ask(double step) const { return {&schedule, step}; }
  Real answer(Real v) const {
    const Real scaled = scale * v;
    const Real floor = value(min_lr) < value(v) ? min_lr : v;
    return value(scaled) > value(floor) ? scaled : floor;
  }
  double duration() const { return schedule.duration(); }
  static void fields(auto& self, auto&& field) {
    using namespace rules;
    field("schedule", self.schedule, finite_number);
    field("scale", self.scale, unit_interval);
    field("min_lr", self.min_lr, not_negative, optional);
  }
};

/// Whether a metric is better when it is lower (`min`) or higher (`max`), in Keras's words.
/// `automatic` leaves that to the metric itself: a loss is better when lower, an accuracy when
/// higher.
enum class MonitorMode { automatic, min, max };
using PlateauMode = MonitorMode;

/// Keras's ReduceLROnPlateau as plain state, apart from any optimizer: it watches a metric and says
/// by how much a rate is to be scaled. It works with every schedule, where Keras raises.
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
  Real factor = 0.1;                    ///< of each reduction, in (0, 1)
  int patience = 10;                    ///< epochs without improvement before one; 0 is as 1
  MonitorMode mode = MonitorMode::min;  ///< not automatic: a Plateau sees numbers without a name
  Real min_delta = 1e-4;                ///< what counts as better must be better by more than this
  int cooldown = 0;       ///< epochs after a reduction in which none is counted; 0 is as 1
  Real min_lr = 0;        ///< no reduction goes below this rate
  bool relative = false;  ///< min_delta is a fraction of the best metric (PyTorch's default)

  // The state; all there is to save and restore.
  Real scale = 1;
  std::optional<double> best = std::nullopt;
  int wait = 0;
  int cooldown_left = 0;

  /// Takes the metric of one more epoch, and the rate now in force; true if `scale` was lowered.
  /// At or below min_lr nothing is. A nan is no improvement. ValueError for options out of range.
  bool observe(double metric, double learning_rate = detail::endless);
  /// The schedule with the reductions so far.
  Schedule reduce(const Schedule& s) const;
};

}}  // namespace gradus
