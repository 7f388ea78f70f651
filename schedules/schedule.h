#pragma once
/// Schedule: a learning rate, or any other hyper-parameter, over time.

#include <algorithm>
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <gradus/schedules/steps.h>

namespace gradus { inline namespace GRADUS_VARIANT {

class Schedule;

namespace detail {

struct Config;

/// What an expression wants to know next: the value of one of its parts, at a step of the part's
/// own time, and what to multiply it by.
struct Question {
  const Schedule* part;
  double step;
  Real factor = 1;
};

/// A formula of the step.
template <class F>
concept Formula =
    !std::same_as<std::remove_cvref_t<F>, Schedule> && requires(const F& f, double step) {
  { f(step) } -> std::convertible_to<Real>;
};
/// A struct made of other schedules: `ask(step)` names the one part that counts at this step, or
/// `ask(step, i)` each of two; `answer` makes the value of theirs. See schedules/algebra.h.
template <class F>
concept AsksOne = requires(const F& f, double step) {
  { f.ask(step) } -> std::same_as<Question>;
};
template <class F>
concept AsksTwo = requires(const F& f, double step, Real v) {
  { f.ask(step, 0) } -> std::same_as<Question>;
  { f.answer(v, v) } -> std::same_as<Real>;
};
/// A name for an expression of other schedules.
template <class F>
concept Recipe = requires(const F& f) {
  f.composition();
};

template <class F>
concept ScheduleStruct = Formula<F> || AsksOne<F> || AsksTwo<F> || Recipe<F>;

template <class T>
concept Constant = PlainNumber<T> || std::same_as<T, Real>;

template <class T>
Config config_of(const T& self);

}  // namespace detail

/// A value for every step: a number, a schedule struct such as ExponentialDecay, a lambda, or an
/// expression of schedules (schedules/algebra.h).
///
///     Schedule a = 0.1;
///     Schedule b = ExponentialDecay{.initial_learning_rate = 0.1, .decay_steps = 2,
///                                   .decay_rate = 0.5, .staircase = true};
///     Schedule c = [](double step) { return 0.1 / (1 + step); };
///     Schedule d = linear(0, 0.1, 100) >> 0.5 * c;
///     b(3);  // 0.05, however often and in whatever order one asks
///
/// Steps count the updates already made: the first update uses the value at 0. A schedule holds no
/// counter and never changes; copies share it. Past its end it holds its last value. Expressions
/// may be nested as deep as memory allows: nothing here recurses into them. A part that stands in
/// an expression twice is asked twice.
///
/// A struct of your own needs `Real operator()(double step) const` and may have `fields` (see
/// core/fields.h), `void validate() const`, which is called here, once, and
/// `double duration() const`, its length in steps, past which it is not asked. Instead of the
/// formula it may have `Schedule composition() const`: then it is a name for that expression.
class Schedule {
 public:
  /// Always this value.
  template <detail::Constant T>
  Schedule(T constant) : Schedule(new Fixed(static_cast<Real>(constant))) {}
  /// ValueError for a bad option of the struct, or a null function.
  template <class F>
  requires detail::ScheduleStruct<F> Schedule(F function) : Schedule(erase(std::move(function))) {}

  Schedule(const Schedule&) = default;  // and no moves: a schedule is never empty
  Schedule& operator=(const Schedule&) = default;
  ~Schedule() = default;

  /// The value at a step, integral or not. ValueError for a step below 0, NumericError when the
  /// schedule gives nan or infinity there.
  template <class T>
  requires std::is_arithmetic_v<T> Real operator()(T step) const {
    return checked(static_cast<double>(step));
  }
  /// The same without the checks, for callers that make their own.
  Real at(double step) const {
    const Function* f = function_.get();
    return f->parts == 0 ? f->at(step) : evaluate(f, step);
  }
  /// Its length in steps; infinity for one that never ends.
  double duration() const { return function_->duration; }
  /// The number, if this schedule is one.
  std::optional<Real> constant() const { return function_->constant; }
  /// The sum of the rates of updates 0 ... steps - 1: the learning budget. Takes time in proportion
  /// to the steps until the schedule's end. ValueError for steps < 0.
  Real area(Step steps) const;
  /// This schedule with another duration: what follows at a `>>` begins after `steps`.
  Schedule take(Steps steps) const;

  /// The struct it was made of, if that was a T; else null.
  template <class T>
  const T* get_if() const {
    return typeid(T) == function_->type() ? static_cast<const T*>(function_->held()) : nullptr;
  }
  /// What it is made of, as data: type, options, parts (schedules/config.h).
  detail::Config config() const;

  /// Keras's call syntax: `ExponentialDecay(initial_learning_rate=0.1, decay_steps=2, ...)`; a
  /// number for a constant, operators where there are operators, `custom` for a lambda.
  /// parse_schedule() reads it back exactly.
  friend std::string to_string(const Schedule& s);

  /// A constant is checked where it is given; what moves, at each step (see optim/optimizer.h).
  friend void check_field(std::string_view owner, std::string_view name, const Schedule& s,
                          const Rule& rule) {
    if (const auto number = s.constant()) detail::check_field(owner, name, value(*number), rule);
  }

 private:
  struct Function {
    virtual ~Function() = default;
    virtual Real at(double) const { return 0; }  ///< where there are no parts
    virtual detail::Question ask(double, int) const { return {}; }
    virtual Real answer(Real first, Real) const { return first; }
    virtual detail::Config config() const = 0;
    virtual const std::type_info& type() const = 0;
    virtual const void* held() const = 0;

    // Plain members: asked many times in each update.
    double duration = detail::endless;
    std::optional<Real> constant = {};
    int parts = 0;
    bool passes_on = false;  ///< the answer of its one part is its own, but for the factor
    mutable const Function* next_dying = nullptr;
  };
  struct Fixed final : Function {
    explicit Fixed(Real v) : number(v) { constant = v; }
    Real at(double) const override { return number; }
    detail::Config config() const override;
    const std::type_info& type() const override { return typeid(Real); }
    const void* held() const override { return &number; }
    Real number;
  };
  template <class F>
  struct Held;
  /// Frees expressions of any depth without recursion.
  struct Release {
    void operator()(const Function* function) const noexcept;
  };

  template <class F>
  static const Function* erase(F function) {
    if constexpr (requires { function == nullptr; })
      check(!(function == nullptr), "Schedule: the function must not be null");
    detail::validate(function);
    return new Held<F>(std::move(function));
  }
  explicit Schedule(const Function* function) : function_(function, Release()) {}
  Real checked(double step) const;
  static Real evaluate(const Function* function, double step);

  std::shared_ptr<const Function> function_;
};

template <class F>
struct Schedule::Held final : Function {
  static constexpr bool formula = detail::Formula<F>;
  static constexpr bool recipe = detail::Recipe<F>;
  struct Nothing {};

  explicit Held(F f) : function(std::move(f)), expansion(expand(function)) {
    if constexpr (recipe)
      duration = expansion.duration();
    else if constexpr (requires { function.duration(); })
      duration = function.duration();
    check(duration >= 0, "{}: duration() must be >= 0 (got {})", detail::type_name<F>(), duration);
    // A function of a Step takes no 2^63, though a double may be one.
    constexpr bool takes_all = requires(double step) { function({step}); };
    last = std::min(duration, takes_all ? detail::endless : 0x1.fffffffffffffp62);
    parts = formula ? 0 : detail::AsksTwo<F> ? 2 : 1;
    passes_on = parts == 1 && !requires(Real v) { function.answer(v); };
  }
  Real at(double step) const override {
    if constexpr (formula)
      return static_cast<Real>(function(std::min(step, last)));
    else
      return Function::at(step);
  }
  detail::Question ask(double step, [[maybe_unused]] int part) const override {
    if constexpr (recipe)
      return {&expansion, step};
    else if constexpr (detail::AsksTwo<F>)
      return function.ask(step, part);
    else if constexpr (detail::AsksOne<F>)
      return function.ask(step);
    else
      return Function::ask(step, part);
  }
  Real answer(Real first, Real second) const override {
    if constexpr (requires { function.answer(first, second); })
      return function.answer(first, second);
    else if constexpr (requires { function.answer(first); })
      return function.answer(first);
    else
      return Function::answer(first, second);
  }
  detail::Config config() const override;
  const std::type_info& type() const override { return typeid(F); }
  const void* held() const override { return &function; }

  static auto expand([[maybe_unused]] const F& f) {
    if constexpr (recipe)
      return Schedule(f.composition());
    else
      return Nothing();
  }
  F function;
  double last;  ///< the last step that the function is asked for
  [[no_unique_address]] std::conditional_t<recipe, Schedule, Nothing> expansion;
};

std::string to_string(const Schedule& s);

}}  // namespace gradus

#include <gradus/schedules/config.h>  // after the class, which its values may hold
