#pragma once
/// Schedule: a learning rate, or any other hyper-parameter, over time.

#include <concepts>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <gradus/core/fields.h>

namespace gradus::inline GRADUS_VARIANT {

class Schedule;

namespace detail {
template <class F>
concept ScheduleFunction =
    !std::same_as<std::remove_cvref_t<F>, Schedule> && requires(const F& f, double step) {
  { f(step) } -> std::convertible_to<Real>;
};
template <class T>
concept Constant = (std::is_arithmetic_v<T> && !std::same_as<T, bool>) || std::same_as<T, Real>;
}  // namespace detail

/// A value for every step: a number, a schedule struct such as ExponentialDecay, or a lambda.
///
///     Schedule a = 0.1;
///     Schedule b = ExponentialDecay{.initial_learning_rate = 0.1, .decay_steps = 2,
///                                   .decay_rate = 0.5, .staircase = true};
///     Schedule c = [](double step) { return 0.1 / (1 + step); };
///     b(3);  // 0.05, however often and in whatever order one asks
///
/// Steps count the updates already made: the first update uses the value at 0. A schedule holds no
/// counter and never changes; copies share it. Past its end it holds its last value.
///
/// A struct of your own needs `Real operator()(double step) const` and may have `fields` (see
/// core/fields.h), `void validate() const`, which is called here, once, and
/// `double duration() const`, its length in steps.
class Schedule {
 public:
  /// Always this value.
  template <detail::Constant T>
  Schedule(T constant) : Schedule(std::make_shared<const Fixed>(static_cast<Real>(constant))) {}
  /// ValueError for a bad option of the struct, or a null function.
  template <detail::ScheduleFunction F>
  Schedule(F function) : Schedule(erase(std::move(function))) {}

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
  Real at(double step) const { return function_->at(step); }
  /// Its length in steps; infinity for one that never ends.
  double duration() const { return function_->duration(); }
  /// The number, if this schedule is one.
  std::optional<Real> constant() const { return function_->constant; }

  /// Keras's call syntax: `ExponentialDecay(initial_learning_rate=0.1, decay_steps=2, ...)`; a
  /// number for a constant, `custom` for a lambda. parse_schedule() reads it back exactly.
  friend std::string to_string(const Schedule& s) { return s.function_->text(); }

  friend void print_field(std::string& out, const Schedule& s) { out += to_string(s); }
  /// A constant is checked where it is given; what moves, at each step (see optim/optimizer.h).
  friend void check_field(std::string_view owner, std::string_view name, const Schedule& s,
                          const Rule& rule) {
    if (const auto number = s.constant()) detail::check_field(owner, name, value(*number), rule);
  }

 private:
  struct Function {
    virtual ~Function() = default;
    virtual Real at(double step) const = 0;
    virtual double duration() const { return std::numeric_limits<double>::infinity(); }
    virtual std::string text() const = 0;
    std::optional<Real> constant = {};  ///< no virtual function: asked several times in each update
  };
  struct Fixed final : Function {
    explicit Fixed(Real v) : number(v) { constant = v; }
    Real at(double) const override { return number; }
    std::string text() const override { return fmt::format("{}", value(number)); }
    Real number;
  };
  template <class F>
  struct Held final : Function {
    explicit Held(F f) : function(std::move(f)) {}
    Real at(double step) const override { return static_cast<Real>(function(step)); }
    double duration() const override {
      if constexpr (requires { function.duration(); }) return function.duration();
      return Function::duration();
    }
    std::string text() const override { return detail::describe(function); }
    F function;
  };

  template <class F>
  static std::shared_ptr<const Function> erase(F function) {
    if constexpr (requires { function == nullptr; })
      check(!(function == nullptr), "Schedule: the function must not be null");
    detail::validate(function);
    return std::make_shared<const Held<F>>(std::move(function));
  }
  explicit Schedule(std::shared_ptr<const Function> function) : function_(std::move(function)) {}
  Real checked(double step) const;

  std::shared_ptr<const Function> function_;
};

}  // namespace gradus
