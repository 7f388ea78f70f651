#pragma once
/// An update rule: a plain struct, such as SGD, that says how one parameter changes in one update.

#include <array>
#include <span>

#include <gradus/core/shape.h>
#include <gradus/schedules/schedule.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace rules {
inline constexpr Rule not_positive{[](double v) { return std::isfinite(v) && v <= 0; },
                                   "finite and <= 0"};
/// For a number that is added to a divisor: it must not round to 0 as a Scalar.
inline constexpr Rule positive_scalar{[](double v) {
                                        return std::isfinite(v) && v > 0 &&
                                               value(static_cast<Scalar>(v)) >=
                                                   value(std::numeric_limits<Scalar>::min());
                                      },
                                      "finite and > 0 in the weights' number type"};
}  // namespace rules

/// One parameter's turn in an update, as an update rule sees it.
struct ParameterUpdate {
  std::span<Scalar> w;        ///< the weights; update() writes here
  std::span<const Scalar> g;  ///< d(loss)/d(w), after the clipping that the options ask for
  const Shape& shape;         ///< of w and g
  Step step;                  ///< updates made before this one: 0 for the first
  Real learning_rate;         ///< of this update, times this parameter's multiplier
  std::span<const std::span<Scalar>> slots;  ///< read them by slot()
  Real decay = 0;  ///< weight decay times rate; only a rule with start_average() applies it

  /// Slot i of this parameter: numbers kept between updates. It has the size of w and starts at 0,
  /// unless the rule's slot_info() says otherwise. ValueError unless 0 <= i < the rule's slots().
  std::span<Scalar> slot(int i) const {
    check(i >= 0 && static_cast<std::size_t>(i) < slots.size(),
          "ParameterUpdate: slot must be in [0,{}), as the rule's slots() says (got {})",
          slots.size(), i);
    return slots[static_cast<std::size_t>(i)];
  }
  /// The value of a momentum or another schedule in this update.
  Real at(const Schedule& schedule) const { return schedule.at(static_cast<double>(step)); }
  /// The number of this update, from 1: the power in bias corrections.
  double count() const { return static_cast<double>(step) + 1; }
  /// The learning rate in the weights' number type.
  Scalar rate() const { return static_cast<Scalar>(learning_rate); }

  /// The factors of a running mean = keep * mean + take * x, with keep = beta and take = 1 - beta.
  struct RunningMean {
    Scalar keep, take;
  };
  RunningMean running_mean(const Schedule& beta) const {
    return {static_cast<Scalar>(at(beta)), static_cast<Scalar>(1 - at(beta))};
  }
};

/// Describes a slot, for a rule with `SlotInfo slot_info(int i, const Shape& parameter) const`.
struct SlotInfo {
  std::string_view name;            ///< in checkpoints; a literal, or other static text
  Real start = 0;                   ///< first value of every element
  std::optional<Shape> shape = {};  ///< none: the parameter's; Shape{0}: the slot is empty
  bool not_negative = false;        ///< a checkpoint with a value below 0 is refused
};

/// One update of a rule that is linear in the gradient, for exact expectations
/// (theory/expected_loss.h). The state s is `parts` vectors of the weights' size; g is the gradient
/// at the weights c.s, and e.s are the weights (or averages) that evaluate() sees after it:
///
///     s <- a s - b g
///
/// Before the first update part i is start[i] times the weights. a, c, e and start may depend on
/// the rate only through `memory`.
struct LinearUpdate {
  static constexpr int most = 3;
  using Row = std::array<double, most>;
  int parts = 1;
  std::array<Row, most> a = {{{1}}};
  Row b = {}, c = {1}, e = {1}, start = {1};
};

/// An update rule has a learning rate, a number of slots, and the formula.
///
///     struct SignDescent {
///       Schedule learning_rate = 0.01;
///       int slots() const { return 0; }
///       void update(ParameterUpdate& u) const { ... u.w[i] -= ... u.g[i] ... }
///     };
///
/// Optional members: `fields` and `validate()` (core/fields.h) check, print and read the options;
/// `slot_info` (above); and these const functions:
/// - `const Schedule& weight_decay_of(const Shape& parameter)`: the option for weight decay, as in
///   AdamW. The Optimizer applies it (see OptimizerOptions::weight_decay).
/// - `void start_average(std::span<const Scalar> w, std::span<const std::span<Scalar>> slots)`, if
///   slot 0 averages the weights: sets the slots for a new average that starts at w.
/// - `bool stays_finite(Step step)`: whether, with options as at this step, weights and slots of at
///   most 2^40 stay finite in a thousand updates by gradients of at most 2^50 at rates of at most
///   2^20. If so, the Optimizer updates faster: without a copy to take an update back.
/// - `LinearUpdate linear_update(Step step, double rate, std::span<double> memory)`, if the rule is
///   linear in the gradient: called for steps 0, 1, ... in order; `memory` holds two numbers that
///   start at 0. ValueError for options with which the rule is not linear.
template <class R>
concept UpdateRule = requires(const R& rule, ParameterUpdate& u) {
  requires std::same_as<std::remove_cvref_t<decltype(rule.learning_rate)>, Schedule>;
  { rule.slots() } -> std::convertible_to<int>;
  rule.update(u);
};

namespace detail {

inline constexpr int most_slots = 8;

/// True for the constant 0: a rule leaves a momentum or a decay of 0 out.
inline bool always_zero(const Schedule& s) { return s.constant() && is_zero(*s.constant()); }

/// Returns the error in a schedule's value at this step, or "".
Fault fault(std::string_view owner, std::string_view name, const Schedule& schedule, Real v,
            const Rule& range, Step step);

/// The 2-norm, summed in double without overflow or underflow; at most the largest double.
Real norm(std::span<const Scalar> x);

}  // namespace detail
}}  // namespace gradus
