#pragma once
/// Optimizer: a counter of updates and the memory of an update rule.

#include <concepts>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradus/core/tensor.h>
#include <gradus/schedules/schedule.h>

namespace gradus::inline GRADUS_VARIANT {

/// One parameter's turn in an update, as an update rule sees it.
struct ParameterUpdate {
  std::span<Scalar> w;             ///< the weights, to be changed
  std::span<const Scalar> g;       ///< d(loss)/d(w)
  const Shape& shape;              ///< of both
  Step step;                       ///< updates made before this one: 0 for the first
  Real learning_rate;              ///< in force now
  std::span<Scalar* const> slots;  ///< behind slot()

  /// Memory number i of this parameter, as long as w, 0 at first and kept between updates.
  /// ValueError unless the rule's slots() is above i.
  std::span<Scalar> slot(int i) const {
    check(i >= 0 && static_cast<std::size_t>(i) < slots.size(),
          "ParameterUpdate: slot must be in [0,{}), as the rule's slots() says (got {})",
          slots.size(), i);
    return {slots[static_cast<std::size_t>(i)], w.size()};
  }
};

/// What makes an optimizer: a struct with a learning rate, a number of slots per weight, and the
/// formula. `fields` and `validate()` (see core/fields.h) are used if it has them.
template <class R>
concept UpdateRule = requires(const R& rule, ParameterUpdate& u) {
  requires std::same_as<std::remove_cvref_t<decltype(rule.learning_rate)>, Schedule>;
  { rule.slots() } -> std::convertible_to<int>;
  rule.update(u);
};

/// Applies an update rule, such as SGD, to parameters, and counts.
///
///     Optimizer opt = SGD{.learning_rate = 0.1};
///     loss.backward();
///     opt.step({w, b});
///
/// The parameters of the first update are the optimizer's from then on. Update number t = 0, 1, ...
/// uses `learning_rate(t)`; the counter rises after it, and only there. A copy has a counter and
/// slots of its own, for the same parameters.
class Optimizer {
 public:
  /// ValueError for a bad option of the rule.
  template <UpdateRule R>
  Optimizer(R rule) : rule_(std::make_unique<Held<R>>(std::move(rule))) {}
  Optimizer(const Optimizer& other);  // and no moves: an optimizer is never empty
  Optimizer& operator=(Optimizer other) noexcept {
    std::swap(rule_, other.rule_);
    std::swap(states_, other.states_);
    std::swap(iterations_, other.iterations_);
    std::swap(last_learning_rate_, other.last_learning_rate_);
    return *this;
  }
  ~Optimizer() = default;

  /// Updates made so far.
  Step iterations() const { return iterations_; }
  /// The rate of the next update. NumericError when the schedule gives nan, infinity or less than
  /// 0.
  Real learning_rate() const;
  /// The rate of the last update; 0 before the first.
  Real last_learning_rate() const { return last_learning_rate_; }
  /// Where the rate comes from.
  const Schedule& schedule() const { return rule_->learning_rate(); }
  /// Replaces the rate from the next update on. ValueError for a bad number.
  void set_learning_rate(Schedule learning_rate);

  /// Updates each parameter by its .grad(), clears the gradients and counts one update. A parameter
  /// without a gradient is left alone.
  /// All or nothing: StateError when no parameter has a gradient, or one is new after the first
  /// update; NumericError when a gradient or a schedule's value is nan or infinite; then nothing
  /// has changed.
  void step(std::span<const Tensor> parameters);
  void step(std::initializer_list<Tensor> parameters) {
    step(std::span<const Tensor>(parameters.begin(), parameters.size()));
  }
  /// The same from gradients given one by one; a default-constructed Tensor stands for none. Does
  /// not touch .grad(). ShapeError when a gradient has not its parameter's shape. What `context`
  /// returns is added to the text of a NumericError.
  void apply(std::span<const Tensor> gradients, std::span<const Tensor> parameters,
             const std::function<std::string()>& context = {});

 private:
  struct AnyRule {
    virtual ~AnyRule() = default;
    virtual std::unique_ptr<AnyRule> clone() const = 0;
    virtual Schedule& learning_rate() = 0;
    virtual int slots() const = 0;
    virtual void update(ParameterUpdate& u) const = 0;
    virtual void validate() const = 0;
    /// What is wrong with this rate, or with another value that moves, at this step; or "".
    virtual std::string fault_at(Step step, Real rate) const = 0;
    virtual std::string_view name() const = 0;
  };
  template <class R>
  struct Held final : AnyRule {
    explicit Held(R r) : rule(std::move(r)) { validate(); }
    std::unique_ptr<AnyRule> clone() const override { return std::make_unique<Held>(*this); }
    Schedule& learning_rate() override { return rule.learning_rate; }
    int slots() const override { return rule.slots(); }
    void update(ParameterUpdate& u) const override { rule.update(u); }
    void validate() const override {
      check_field(name(), "learning_rate", rule.learning_rate, rules::not_negative);
      detail::validate(rule);
    }
    std::string fault_at(Step step, Real rate) const override {
      std::string found =
          fault(name(), "learning_rate", rule.learning_rate, rate, rules::not_negative, step);
      if constexpr (detail::HasFields<const R>)
        R::fields(rule, [&](std::string_view field, const auto& member, const Rule& range,
                            rules::Presence = rules::required) {
          if constexpr (std::same_as<std::remove_cvref_t<decltype(member)>, Schedule>)
            if (found.empty() && field != "learning_rate" && !member.constant())
              found =
                  fault(name(), field, member, member.at(static_cast<double>(step)), range, step);
        });
      return found;
    }
    std::string_view name() const override { return detail::type_name<R>(); }
    R rule;
  };
  /// A parameter and what the rule remembers of it.
  struct State {
    Tensor parameter;
    std::vector<detail::Buffer> slots;
  };

  /// What is wrong with a schedule's value at this step, or "".
  static std::string fault(std::string_view owner, std::string_view name, const Schedule& schedule,
                           Real v, const Rule& range, Step step);

  void adopt(std::span<const Tensor> parameters);
  State& state_of(const Tensor& parameter, std::size_t place);
  template <class GradientOf>
  std::string fault_before(std::span<const Tensor> parameters, GradientOf gradient_of, Real rate);
  template <class GradientOf>
  void update(std::span<const Tensor> parameters, GradientOf gradient_of,
              const std::function<std::string()>& context);

  std::unique_ptr<AnyRule> rule_;
  std::vector<State> states_;
  Step iterations_ = 0;
  Real last_learning_rate_ = 0;
};

}  // namespace gradus
