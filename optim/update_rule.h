#pragma once
/// What an update rule is: a plain struct that says how one parameter changes, such as SGD.

#include <cmath>
#include <concepts>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include <gradus/core/shape.h>
#include <gradus/schedules/schedule.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace rules {
inline constexpr Rule not_positive{[](double v) { return std::isfinite(v) && v <= 0; },
                                   "finite and <= 0"};
/// For what is added to a divisor: it must not become 0 among the weights.
inline constexpr Rule positive_scalar{[](double v) {
                                        return std::isfinite(v) && v > 0 &&
                                               value(static_cast<Scalar>(v)) >=
                                                   value(std::numeric_limits<Scalar>::min());
                                      },
                                      "finite and > 0 in the weights' number type"};
}  // namespace rules

/// One parameter's turn in an update, as an update rule sees it.
struct ParameterUpdate {
  std::span<Scalar> w;        ///< the weights, to be changed
  std::span<const Scalar> g;  ///< d(loss)/d(w), clipped where the optimizer's options say so
  const Shape& shape;         ///< of both
  Step step;                  ///< updates made before this one: 0 for the first
  Real learning_rate;         ///< in force now, this parameter's multiplier included
  std::span<const std::span<Scalar>> slots;  ///< behind slot()

  /// Memory number i of this parameter, kept between updates: as long as w and 0 at first, unless
  /// the rule's slot_info() says otherwise. ValueError unless the rule's slots() is above i.
  std::span<Scalar> slot(int i) const {
    check(i >= 0 && static_cast<std::size_t>(i) < slots.size(),
          "ParameterUpdate: slot must be in [0,{}), as the rule's slots() says (got {})",
          slots.size(), i);
    return slots[static_cast<std::size_t>(i)];
  }
  /// What a momentum or another schedule is worth in this update.
  Real at(const Schedule& schedule) const { return schedule.at(static_cast<double>(step)); }
  /// The number of this update, from 1: the power in bias corrections.
  double count() const { return static_cast<double>(step) + 1; }
};

/// More about a slot, for rules that have `SlotInfo slot_info(int i, const Shape& parameter)
/// const`.
struct SlotInfo {
  std::string_view name;            ///< in checkpoints; of static storage, such as a literal
  Real start = 0;                   ///< every element's first value
  std::optional<Shape> shape = {};  ///< none: the parameter's. Shape{0}: it has no such slot
  bool not_negative = false;        ///< a sum of squares: a checkpoint with less than 0 is refused
};

/// What makes an optimizer: a struct with a learning rate, a number of slots, and the formula.
///
///     struct SignDescent {
///       Schedule learning_rate = 0.01;
///       int slots() const { return 0; }
///       void update(ParameterUpdate& u) const { ... u.w[i] -= ... u.g[i] ... }
///     };
///
/// Optional: `fields` and `validate()` (see core/fields.h), by which options are checked, printed
/// and compared; `slot_info` (above); and
/// `const Schedule& weight_decay_of(const Shape& parameter) const` for a rule with a decoupled
/// weight decay of its own: the Optimizer applies it, see OptimizerOptions::weight_decay.
template <class R>
concept UpdateRule = requires(const R& rule, ParameterUpdate& u) {
  requires std::same_as<std::remove_cvref_t<decltype(rule.learning_rate)>, Schedule>;
  { rule.slots() } -> std::convertible_to<int>;
  rule.update(u);
};

namespace detail {

inline constexpr int most_slots = 8;

/// What is wrong with a schedule's value at this step, or "".
std::string fault(std::string_view owner, std::string_view name, const Schedule& schedule, Real v,
                  const Rule& range, Step step);

}  // namespace detail
}}  // namespace gradus
