#pragma once
/// Schedules made of schedules.
///
///     Schedule s = linear(0.0, 0.1, 100) >> CosineDecay{.initial_learning_rate = 0.1,
///                                                       .decay_steps = 900};
///     Schedule t = clamp(0.5 * s, 1e-5, 0.04);
///     Schedule u = repeat(CosineDecay{0.1, 50}, {.grow = 2.0, .decay = 0.5});
///
/// Each is a value like any other schedule, prints as it is written, and reads back. `>>` binds
/// looser than `+` and `-`, and these looser than `*`. A lambda joins in where one side is a
/// Schedule.
///
/// The functions make the structs below, which texts and JSON can name like every schedule. Each
/// struct is its formula: it asks its parts by `part.at(step)`.

#include <gradus/schedules/schedule.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// a >> b: a for its duration, then b from its step 0 on. The duration is both together; it may be
/// fractional, then b begins between two steps. ValueError if a never ends.
Schedule operator>>(const Schedule& a, const Schedule& b);
/// The product at each step. The duration is the longer one; a constant does not count, so `0.5 *
/// s` ends when s does. The product of two constants is a constant.
Schedule operator*(const Schedule& a, const Schedule& b);
/// The sum at each step; duration as for the product.
Schedule operator+(const Schedule& a, const Schedule& b);
/// The difference at each step; duration as for the product. It may be below 0, which is an error
/// where a rate is taken.
Schedule operator-(const Schedule& a, const Schedule& b);
/// The lesser (greater) value at each step; duration as for the product.
Schedule min(const Schedule& a, const Schedule& b);
Schedule max(const Schedule& a, const Schedule& b);

/// s, but at least `low` and at most `high`. ValueError if low > high, or either is not finite.
Schedule clamp(const Schedule& s, Real low, Real high);
/// s ^ exponent at each step, exponent > 0.
Schedule power(const Schedule& s, Real exponent);
/// s(0) for `steps` steps, then s.
Schedule delay(const Schedule& s, Steps steps);
/// s without its first `steps` steps: s(t + steps), for max(0, s.duration() - steps) steps.
Schedule skip(const Schedule& s, Steps steps);
/// s(t / factor): the same curve, `factor` times as long. ValueError unless factor > 0.
Schedule stretch(const Schedule& s, Real factor);
/// s counted in epochs: s(floor(t / steps_per_epoch)).
Schedule per_epoch(const Schedule& s, Steps steps_per_epoch);
/// s(t) min(1, (t + 1) / steps): grows to s over the first updates; none of them has rate 0. For a
/// ramp from 0, write `linear(0, rate, steps) >> ...`.
Schedule warmup(const Schedule& s, Steps steps);
/// Linear in s: at_low where it is lowest (or level) over its whole steps, at_high where highest.
/// The momentum of a 1cycle: `mirror(rate, 0.95, 0.85)` (Smith 2018). ValueError if s never ends.
Schedule mirror(const Schedule& s, Real at_low, Real at_high);

struct RepeatOptions {
  Real grow = 1;   ///< each cycle lasts this many times as long as the one before; >= 1
  Real decay = 1;  ///< each cycle is this many times as high as the one before; >= 0
};
/// s again and again: cycle i lasts duration * grow^i steps and gives decay^i s(local step /
/// grow^i). Never ends. ValueError if s never ends or has length 0.
Schedule repeat(const Schedule& s, const RepeatOptions& options = {});

// ---- the structs behind the functions -----------------------------------------------------------

struct Join {
  Schedule first = 0, second = 0;
  static constexpr detail::Operator op{" >> ", 1};
  static constexpr const char* formula =
      "first(t) before first ends, then second(t - its duration)";

  Real operator()(Real step) const {
    const Real length = first.duration();
    return step < length ? first.at(step) : second.at(step - length);
  }
  Real duration() const { return first.duration() + second.duration(); }
  void validate() const;
  static void fields(auto& self, auto&& field) {
    field("first", self.first, rules::finite_number);
    field("second", self.second, rules::finite_number);
  }
};

namespace detail {
/// The longer of two durations, where a constant has none.
Real longer(const Schedule& a, const Schedule& b);
/// The better of two rates; at a tie each side has half of the slope, as in maximum().
template <class Better>
Real better_of(Real a, Real b, Better better) {
  return better(a, b) ? a : better(b, a) ? b : a + 0.5 * (b - a);
}
}  // namespace detail

struct Product {
  Schedule first = 0, second = 0;
  static constexpr detail::Operator op{" * ", 3};
  static constexpr const char* formula = "first(t) * second(t)";

  Real operator()(Real step) const { return first.at(step) * second.at(step); }
  Real duration() const { return detail::longer(first, second); }
  static void fields(auto& self, auto&& field) { Join::fields(self, field); }
};

struct Sum {
  Schedule first = 0, second = 0;
  static constexpr detail::Operator op{" + ", 2};
  static constexpr const char* formula = "first(t) + second(t)";

  Real operator()(Real step) const { return first.at(step) + second.at(step); }
  Real duration() const { return detail::longer(first, second); }
  static void fields(auto& self, auto&& field) { Join::fields(self, field); }
};

struct Difference {
  Schedule first = 0, second = 0;
  static constexpr detail::Operator op{" - ", 2};
  static constexpr const char* formula = "first(t) - second(t)";

  Real operator()(Real step) const { return first.at(step) - second.at(step); }
  Real duration() const { return detail::longer(first, second); }
  static void fields(auto& self, auto&& field) { Join::fields(self, field); }
};

struct Min {
  Schedule first = 0, second = 0;
  static constexpr const char *text_name = "min", *formula = "min(first(t), second(t))";

  Real operator()(Real step) const {
    return detail::better_of(first.at(step), second.at(step), std::less());
  }
  Real duration() const { return detail::longer(first, second); }
  static void fields(auto& self, auto&& field) { Join::fields(self, field); }
};

struct Max {
  Schedule first = 0, second = 0;
  static constexpr const char *text_name = "max", *formula = "max(first(t), second(t))";

  Real operator()(Real step) const {
    return detail::better_of(first.at(step), second.at(step), std::greater());
  }
  Real duration() const { return detail::longer(first, second); }
  static void fields(auto& self, auto&& field) { Join::fields(self, field); }
};

struct Clamp {
  Schedule schedule = 0;
  Real low, high;
  static constexpr const char *text_name = "clamp", *formula = "min(max(schedule(t), low), high)";

  Real operator()(Real step) const { return std::min(std::max(schedule.at(step), low), high); }
  Real duration() const { return schedule.duration(); }
  void validate() const {
    check(value(low) <= value(high), "Clamp: low must be <= high (got {} and {})", value(low),
          value(high));
  }
  static void fields(auto& self, auto&& field) {
    field("schedule", self.schedule, rules::finite_number);
    field("low", self.low, rules::finite_number), field("high", self.high, rules::finite_number);
  }
};

struct Power {
  Schedule schedule = 0;
  Real exponent;
  static constexpr const char *text_name = "power", *formula = "schedule(t)^exponent";

  Real operator()(Real step) const {
    using std::pow;
    return pow(schedule.at(step), exponent);
  }
  Real duration() const { return schedule.duration(); }
  static void fields(auto& self, auto&& field) {
    field("schedule", self.schedule, rules::not_negative);
    field("exponent", self.exponent, rules::positive);
  }
};

/// The struct behind Schedule::take.
struct Take {
  Schedule schedule = 0;
  Steps steps;
  static constexpr const char *text_name = "take", *formula = "schedule(min(t, steps))";

  Real operator()(Real step) const { return schedule.at(std::min(step, steps.count)); }
  Real duration() const { return steps.count; }
  static void fields(auto& self, auto&& field) {
    field("schedule", self.schedule, rules::finite_number);
    field("steps", self.steps, rules::not_negative);
  }
};

struct Delay {
  Schedule schedule = 0;
  Steps steps;
  static constexpr const char *text_name = "delay", *formula = "schedule(max(0, t - steps))";

  Real operator()(Real step) const { return schedule.at(std::max(Real(0), step - steps.count)); }
  Real duration() const { return steps.count + schedule.duration(); }
  static void fields(auto& self, auto&& field) { Take::fields(self, field); }
};

struct Skip {
  Schedule schedule = 0;
  Steps steps;
  static constexpr const char *text_name = "skip", *formula = "schedule(t + steps)";

  Real operator()(Real step) const { return schedule.at(step + steps.count); }
  Real duration() const { return std::max(Real(0), schedule.duration() - steps.count); }
  static void fields(auto& self, auto&& field) { Take::fields(self, field); }
};

struct Stretch {
  Schedule schedule = 0;
  Real factor;
  static constexpr const char *text_name = "stretch", *formula = "schedule(t / factor)";

  Real operator()(Real step) const { return schedule.at(step / factor); }
  Real duration() const { return schedule.duration() * factor; }
  static void fields(auto& self, auto&& field) {
    field("schedule", self.schedule, rules::finite_number);
    field("factor", self.factor, rules::positive);
  }
};

struct PerEpoch {
  Schedule schedule = 0;
  Steps steps_per_epoch;
  static constexpr const char* text_name = "per_epoch";
  static constexpr const char* formula = "schedule(floor(t / steps_per_epoch))";

  Real operator()(Real step) const {
    return schedule.at(detail::whole_cycles(step, steps_per_epoch));
  }
  Real duration() const { return schedule.duration() * steps_per_epoch.count; }
  static void fields(auto& self, auto&& field) {
    field("schedule", self.schedule, rules::finite_number);
    field("steps_per_epoch", self.steps_per_epoch, rules::positive_steps);
  }
};

struct Warmup {
  Schedule schedule = 0;
  Steps steps;
  static constexpr const char* text_name = "warmup";
  static constexpr const char* formula = "schedule(t) min(1, (t + 1) / steps)";

  Real operator()(Real step) const {
    const Real rate = schedule.at(step);
    return step + 1 < steps.count ? rate * ((step + 1) / steps.count) : rate;
  }
  Real duration() const { return schedule.duration(); }
  static void fields(auto& self, auto&& field) { Take::fields(self, field); }
};

struct Repeat {
  Schedule schedule = 0;
  Real grow = 1, decay = 1;
  static constexpr const char* text_name = "repeat";
  static constexpr const char* formula =
      "decay^i schedule(u / grow^i), u steps into cycle i, which lasts duration grow^i";

  Real operator()(Real step) const {
    using std::pow;
    const Real first = schedule.duration();
    const detail::Cycle cycle = detail::find_cycle(step, first, grow);
    return schedule.at(std::min(cycle.step / cycle.grown, first)) * pow(decay, Real(cycle.index));
  }
  void validate() const;
  static void fields(auto& self, auto&& field) {
    field("schedule", self.schedule, rules::finite_number);
    field("grow", self.grow, rules::at_least_one, rules::optional);
    field("decay", self.decay, rules::not_negative, rules::optional);
  }
};

struct Mirror {
  Schedule schedule = 0;
  Real at_low, at_high;
  static constexpr const char* text_name = "mirror";
  static constexpr const char* formula =
      "at_low + (at_high - at_low) (schedule(t) - least) / (greatest - least)";

  Schedule composition() const;
  void validate() const;
  static void fields(auto& self, auto&& field) {
    field("schedule", self.schedule, rules::finite_number);
    field("at_low", self.at_low, rules::finite_number);
    field("at_high", self.at_high, rules::finite_number);
  }
};

namespace detail {
struct Range {
  Real least, greatest;
  double least_at, greatest_at;
};
/// The lowest and the highest value over the whole steps from 0 to `steps`. More than 65536 are
/// sampled evenly, then ever more closely near both: right unless the curve turns more often.
Range range(const Schedule& s, double steps);
}  // namespace detail

}}  // namespace gradus
