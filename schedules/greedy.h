#pragma once
/// Greedy: raises the rate while a metric gets better, lowers it when that stops.

#include <gradus/schedules/plateau.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// The action of Greedy::observe(); raise and lower also if a limit left the rate as it was.
enum class GreedyEvent { none, raise, lower, reset };

/// The state of GreedyLR (arXiv:2512.14527; in Hugging Face transformers the scheduler `greedy`),
/// apart from any optimizer: a Plateau that also raises. It works with every schedule.
///
///     const Schedule base = CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 1000};
///     Greedy greedy{.factor = 0.9, .patience = 3, .max_lr = 0.5};
///     ...                                                    // after each epoch:
///     if (greedy.observe(loss, optimizer.learning_rate()) != GreedyEvent::none)
///       optimizer.set_learning_rate(greedy.apply(base));     // a new, pure schedule
///
/// The rule: a better metric adds 1 to `good` and sets `bad` to 0; any other adds 1 to `bad` and
/// sets `good` to 0. When `good` exceeds `patience`, the rate becomes min(rate / factor, max_lr),
/// and the next `warmup` metrics are ignored. When `bad` exceeds it, the rate becomes max(rate *
/// factor, min_lr), and the next `cooldown` metrics are ignored. The reset_start-th cut that leaves
/// the rate at min_lr or below resets rate and state. A change of at most `eps` is not made, nor a
/// raise that would lower the rate to max_lr, nor a cut that would raise it to min_lr.
///
/// First the options that Plateau has, then the others of Hugging Face, in its order; all defaults
/// are Hugging Face's. Its `threshold` is min_delta here, and threshold_mode="rel" is `relative`,
/// here also for metrics below 0. With patience 10 the 11th metric in a row acts, as there; a
/// Plateau acts at the 10th.
struct Greedy {
  Real factor = 0.95;                   ///< of each cut; a raise divides by it; in (0, 1)
  Count patience = 10;                  ///< a change comes after patience + 1 metrics in a row
  MonitorMode mode = MonitorMode::min;  ///< not automatic
  Real min_delta = 1e-6;  ///< a metric counts as better only if it is better by more than this
  Count cooldown = 0;     ///< metrics after a cut or a reset that are ignored
  Real min_lr = 1e-3;     ///< no cut goes below this rate
  bool relative = false;  ///< min_delta is a fraction of the best metric
  Count warmup = 0;       ///< metrics after a raise that are ignored
  Real max_lr = 1;        ///< no raise goes above this rate
  Real eps = 1e-8;        ///< smaller changes are not made
  bool smooth = false;    ///< observe the mean of the last `window_size` metrics, ignored ones too
  Count window_size = 50;
  Count reset_start = 500;  ///< cuts at min_lr until a reset; 0: never

  // The whole state, to save and restore.
  Real scale = 1;  ///< the product of all changes
  std::optional<double> best = std::nullopt;
  std::int64_t good = 0, bad = 0, cooldown_left = 0, warmup_left = 0, resets_left = reset_start;
  std::vector<double> window = {};

  /// Takes the next metric and the rate in force. nan is not better. ValueError for bad options.
  GreedyEvent observe(double metric, double learning_rate);
  /// The schedule with the changes so far; it stays within the limits where `s` does.
  Schedule apply(const Schedule& s) const { return reduced(s, scale, min_lr, max_lr); }
  /// Forgets all metrics and changes.
  void restart();
  static void fields(auto& self, auto&& field) {
    Plateau::fields(self, field);
    field("warmup", self.warmup, rules::zero_or_more);
    field("max_lr", self.max_lr, rules::positive), field("eps", self.eps, rules::not_negative);
    field("smooth", self.smooth), field("window_size", self.window_size, rules::one_or_more);
    field("reset_start", self.reset_start, rules::zero_or_more);
  }
  static void state(auto& self, auto&& field) {
    field("scale", self.scale), field("best", self.best), field("good", self.good);
    field("bad", self.bad), field("cooldown_left", self.cooldown_left);
    field("warmup_left", self.warmup_left), field("resets_left", self.resets_left);
    field("window", self.window);
  }
  void validate() const;
};

}}  // namespace gradus
