#pragma once
/// Schedule: a learning rate, or any other hyper-parameter, over time.

#include <functional>
#include <memory>
#include <typeinfo>

#include <gradus/schedules/steps.h>

namespace gradus { inline namespace GRADUS_VARIANT {

class Schedule;

namespace detail {

struct Config;

/// An expression deeper than this is refused, so everything that reads one may recurse.
inline constexpr int max_depth = 1000;
/// A ValueError for whoever builds such an expression; readers of texts turn it into their own.
struct TooDeep : ValueError {
  using ValueError::ValueError;
};

/// A formula of the step. A function of a double gets the plain step.
template <class F>
concept Formula = !std::same_as<F, Schedule> && (std::is_invocable_r_v<Real, const F&, Real> ||
                                                 std::is_invocable_r_v<Real, const F&, double>);
/// A name for an expression of other schedules.
template <class F>
concept Composition = requires(const F& f) {
  f.composition();
};
template <class F>
concept ScheduleStruct = Formula<F> || Composition<F>;
/// A tensor can be called, too, with indices.
template <class F>
concept OtherFunction =
    Callable<F> && !ScheduleStruct<F> && !std::same_as<F, Schedule> && !requires(const F& f) {
  f.shape();
};

template <class T>
concept Constant = PlainNumber<T> || std::same_as<T, Real>;

template <class T>
Config config_of(const T& self);

}  // namespace detail

/// A number among the options of a schedule or an optimizer.
struct OptionNumber {
  std::string path;  ///< `second.alpha`, `boundaries[0]`; `value` for a schedule that is a number
  Real value;
  bool counts_steps;  ///< declared as Steps
};
/// Gives each number of an expression its new value.
using NumberMap = std::function<Real(const OptionNumber&)>;

/// A value for every step: a number, a schedule struct, a lambda, or an expression (algebra.h).
///
///     Schedule a = 0.1;
///     Schedule b = ExponentialDecay{.initial_learning_rate = 0.1, .decay_steps = 2,
///                                   .decay_rate = 0.5, .staircase = true};
///     Schedule c = [](double step) { return 0.1 / (1 + step); };
///     Schedule d = linear(0, 0.1, 100) >> 0.5 * c;
///     b(3);  // 0.05, however often and in whatever order it is asked
///
/// Steps count the updates already made: the first update uses the value at 0. A schedule holds no
/// counter and never changes; copies share it. Past its end it holds its last value. A part that
/// appears twice in an expression is evaluated twice.
///
/// An expression may be 1,000 deep: a number is 0 deep, a struct is one deeper than its deepest
/// option, and a list counts as one. A deeper one is a ValueError where it is built.
///
/// Your own struct needs `Real operator()(Real step) const`. It may have `fields` (see
/// core/fields.h), `void validate() const`, which is called here, once, and `Real duration()
/// const`, its length in steps. A struct with other schedules among its fields asks them by
/// `part.at(step)`; they hold their last values. Any other struct is never asked past its duration.
/// A struct with `Schedule composition() const` instead is a name for that expression.
class Schedule {
 public:
  /// Always this value.
  template <detail::Constant T>
  Schedule(T constant) : held_(std::make_shared<Fixed>(static_cast<Real>(constant))) {}
  /// ValueError for a bad option of the struct, or a null function.
  template <class F>
  requires detail::ScheduleStruct<F> Schedule(F function) : held_(hold(std::move(function))) {}
  template <detail::OtherFunction F>
  Schedule(F, detail::Expects<"[](double step) { return 0.1 / (1 + step); }"> = {}) = delete;

  Schedule(const Schedule&) = default;  // and no moves: a schedule is never empty
  Schedule& operator=(const Schedule&) = default;
  ~Schedule() = default;

  /// The value at a step, integral or not. ValueError for a step < 0, NumericError if not finite.
  template <class T>
  requires std::is_arithmetic_v<T> || std::same_as<T, Real> Real operator()(T step) const {
    return checked(static_cast<Real>(step));
  }
  /// The same without the checks, for callers that make their own.
  Real at(Real step) const { return held_->at(step); }
  /// Its length in steps; infinity if it never ends.
  Real duration() const { return held_->duration; }
  /// The number, if this schedule is one.
  std::optional<Real> constant() const { return held_->constant; }
  /// How deep the expression is: 0 for a number, 1 for a struct of numbers.
  int depth() const { return held_->depth; }
  /// The sum of the rates of updates 0 ... steps - 1: the learning budget. Takes time in proportion
  /// to the steps until the schedule's end. ValueError for steps < 0.
  Real area(Step steps) const;
  /// This schedule with another duration: what follows at a `>>` begins after `steps`.
  Schedule take(Steps steps) const;

  /// The struct it was made of, if that was a T; else null.
  template <class T>
  const T* get_if() const {
    return typeid(T) == held_->type() ? static_cast<const T*>(held_->get()) : nullptr;
  }
  /// The same expression with each number replaced by what `map` returns for it, in the order of
  /// the text. Paths begin with `path`. Lambdas and options of other types than Real, Steps and
  /// Schedule stay as they are. ValueError if a struct refuses its numbers.
  Schedule with_numbers(const NumberMap& map, const std::string& path = {}) const {
    return held_->with_numbers(path, map);
  }
  /// Its type, options and parts as data (schedules/config.h).
  detail::Config config() const;

  /// Keras's call syntax, `ExponentialDecay(initial_learning_rate=0.1, decay_steps=2, ...)`, a
  /// number, operators, or `custom` for a lambda. parse_schedule() reads it back exactly.
  friend std::string to_string(const Schedule& s);

  /// A constant is checked where it is given; a moving rate at each step (see optim/optimizer.h).
  friend void check_field(std::string_view owner, std::string_view name, const Schedule& s,
                          const Rule& rule) {
    if (const auto number = s.constant()) detail::check_field(owner, name, value(*number), rule);
  }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual Real at(Real step) const = 0;
    virtual detail::Config config() const = 0;
    virtual const std::type_info& type() const = 0;
    virtual const void* get() const = 0;
    virtual Schedule with_numbers(const std::string& path, const NumberMap& map) const = 0;

    // Plain members, because each update reads them many times.
    Real duration = detail::endless;
    std::optional<Real> constant = {};
    int depth = 0;
  };
  struct Fixed final : Interface {
    explicit Fixed(Real v) : number(v) { constant = v; }
    Real at(Real) const override { return number; }
    detail::Config config() const override;
    const std::type_info& type() const override { return typeid(Real); }
    const void* get() const override { return &number; }
    Schedule with_numbers(const std::string& path, const NumberMap& map) const override {
      return map({path.empty() ? "value" : path, number, false});
    }
    Real number;
  };
  template <class F>
  struct Held;

  template <class F>
  static std::shared_ptr<const Interface> hold(F function) {
    if constexpr (requires { function == nullptr; })
      check(!(function == nullptr), "Schedule: the function must not be null");
    detail::validate(function);
    return std::make_shared<Held<F>>(std::move(function));
  }
  Real checked(Real step) const;

  std::shared_ptr<const Interface> held_;
};

namespace detail {

/// How deep an option is: that of a schedule; one more for a list.
template <class T>
int depth_of(const T&) {
  return 0;
}
inline int depth_of(const Schedule& s) { return s.depth(); }
template <class T>
int depth_of(const std::vector<T>& list) {
  int deepest = 0;
  for (const T& item : list) deepest = std::max(deepest, depth_of(item));
  return 1 + deepest;
}

}  // namespace detail

template <class F>
struct Schedule::Held final : Interface {
  static constexpr bool named = detail::Composition<F>;
  // In braces, so that nothing is lost by a conversion.
  static constexpr bool takes_real = requires(const F& f, Real step) { f({step}); };
  static constexpr bool takes_double = requires(const F& f, double step) { f({step}); };
  static constexpr bool takes_step =
      !takes_real && !takes_double && requires(const F& f, Step step) {
    f({step});
  };
  struct Nothing {};

  explicit Held(F f) : function(std::move(f)), expansion(expand(function)) {
    bool has_parts = false;
    if constexpr (detail::HasFields<const F>)
      F::fields(function, [&](std::string_view, const auto& option, const auto&...) {
        has_parts = has_parts || std::is_same_v<decltype(option), const Schedule&>;
        depth = std::max(depth, detail::depth_of(option));
      });
    if constexpr (named) {
      duration = expansion.duration();
      depth = std::max(depth, expansion.depth());
    } else if constexpr (requires { function.duration(); }) {
      duration = function.duration();
    }
    check(value(duration) >= 0, "{}: duration() must be >= 0 (got {})", detail::type_name<F>(),
          value(duration));
    ++depth;
    check<detail::TooDeep>(depth <= detail::max_depth,
                           "{}: the expression must be at most {} deep (got {})",
                           detail::type_name<F>(), detail::max_depth, depth);
    // A function that takes only some doubles, as a Step, does not take 2^63.
    constexpr double most = takes_real || takes_double ? detail::endless : 0x1.fffffffffffffp62;
    last = std::min(has_parts ? Real(detail::endless) : duration, Real(most));
  }
  Real at(Real step) const override {
    if constexpr (named)
      return expansion.at(step);
    else if constexpr (takes_step)
      return static_cast<Real>(function(static_cast<Step>(value(std::min(step, last)))));
    else if constexpr (std::is_invocable_v<const F&, Real>)
      return static_cast<Real>(function(std::min(step, last)));
    else
      return static_cast<Real>(function(value(std::min(step, last))));
  }
  Schedule with_numbers(const std::string& path, const NumberMap& map) const override;
  detail::Config config() const override;
  const std::type_info& type() const override { return typeid(F); }
  const void* get() const override { return &function; }

  static auto expand([[maybe_unused]] const F& f) {
    if constexpr (named)
      return Schedule(f.composition());
    else
      return Nothing();
  }
  F function;
  Real last;  ///< the last step that the function is asked for
  [[no_unique_address]] std::conditional_t<named, Schedule, Nothing> expansion;
};

std::string to_string(const Schedule& s);

}}  // namespace gradus

#include <gradus/schedules/config.h>  // after the class, which its values may hold
