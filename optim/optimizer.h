#pragma once
/// Optimizer: a counter of updates and the memory of an update rule.

#include <concepts>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/boxed.h>
#include <gradus/core/tensor.h>
#include <gradus/optim/optimizer_options.h>
#include <gradus/optim/update_rule.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// How far an optimizer has come.
struct OptimizerCounters {
  Step iterations = 0;          ///< updates made
  Step collected = 0;           ///< calls since the last update, whose gradients wait for the next
  Real last_learning_rate = 0;  ///< of the last update; 0 before the first

  friend bool operator==(const OptimizerCounters&, const OptimizerCounters&) = default;
};

/// Applies an update rule, such as SGD or Adam, to parameters, and counts.
///
///     Optimizer opt = SGD{.learning_rate = 0.1};
///     loss.backward();
///     opt.step({w, b});
///
/// The parameters of the first update are the optimizer's from then on. Update number t = 0, 1, ...
/// uses `learning_rate(t)`; the counter rises after it, and only there. A copy has counters, slots
/// and averages of its own, for the same parameters.
class Optimizer {
 public:
  /// ValueError for a bad option.
  template <UpdateRule R>
  Optimizer(R rule, OptimizerOptions options = {})
      : Optimizer(std::make_unique<Held<R>>(std::move(rule)), std::move(options)) {}
  Optimizer(const Optimizer& other);  // and no moves: an optimizer is never empty
  Optimizer& operator=(Optimizer other) noexcept;
  ~Optimizer() = default;

  /// The rule's type: `SGD`.
  std::string_view name() const { return rule_->name(); }
  const OptimizerOptions& options() const { return options_; }
  /// What the rule is made of, as data: its type and options (schedules/config.h).
  detail::Config config() const { return rule_->config(); }
  /// Updates made so far.
  Step iterations() const { return counters_.iterations; }
  /// The rate of the next update. NumericError when the schedule gives nan, infinity or less than
  /// 0.
  Real learning_rate() const;
  /// The rate of the last update; 0 before the first.
  Real last_learning_rate() const { return counters_.last_learning_rate; }
  /// Where the rate comes from.
  const Schedule& schedule() const { return rule_->learning_rate(); }
  /// Where it came from when this was made, whatever set_learning_rate() did since.
  const Schedule& initial_schedule() const { return initial_schedule_; }
  /// Replaces the rate from the next update on. ValueError for a bad number.
  void set_learning_rate(Schedule learning_rate);

  /// Updates each parameter by its .grad(), clears the gradients and counts one update. A parameter
  /// without a gradient is left alone.
  /// All or nothing: StateError when no parameter has a gradient, or one is new after the first
  /// update; NumericError when a gradient or a schedule's value is nan or infinite; then nothing
  /// has changed. With gradient_accumulation_steps, all but every N-th call only collect.
  void step(std::span<const Tensor> parameters);
  void step(std::initializer_list<Tensor> parameters) {
    step(std::span<const Tensor>(parameters.begin(), parameters.size()));
  }
  /// The same from gradients given one by one; a default-constructed Tensor stands for none. Does
  /// not touch .grad(). ShapeError when a gradient has not its parameter's shape.
  void apply(std::span<const Tensor> gradients, std::span<const Tensor> parameters);
  /// The same, but numbers that are not finite are no exception: what the NumericError would say is
  /// returned, "" when all went well.
  std::string try_apply(std::span<const Tensor> gradients, std::span<const Tensor> parameters);

  /// Makes these parameters the optimizer's own, with these names, or "0", "1", ...; the first
  /// update does so by itself. For parameters that are its own already it only gives the names.
  /// ValueError when a selector of the options fits none of them, or names are not as many as
  /// parameters; StateError for other parameters after the first update, for one that was not made
  /// with parameter(), or is given twice.
  void adopt(std::span<const Tensor> parameters, std::span<const std::string> names = {});
  /// With use_ema, puts the averages into the weights: the end of training. fit() calls it.
  void finalize();

  /// All that is remembered of the parameters: visit(name, values, shape) for every slot, average
  /// and half-collected gradient, such as `dense/kernel/momentum`, `dense/kernel/average`,
  /// `dense/kernel/gradient_accumulator`. Together with the counters this is the whole state:
  /// written into an optimizer of the same make that has adopted the same parameters, it goes on
  /// bit for bit. There are none before adopt().
  template <class Visit>
  void state(Visit&& visit) {
    visit_state<Scalar>(visit);
  }
  template <class Visit>
  void state(Visit&& visit) const {
    visit_state<const Scalar>(visit);
  }
  /// What is wrong with it, such as `dense/kernel/velocity must be >= 0 (got -1 at element 3)`, or
  /// "": for whoever wrote into it.
  std::string state_fault() const;
  const OptimizerCounters& counters() const { return counters_; }
  /// ValueError for counters that no run can have left.
  void set_counters(const OptimizerCounters& counters);

  /// In Keras's call syntax, `SGD(learning_rate=0.1, momentum=0.9, nesterov=False, clipnorm=1)`:
  /// the rule's options, then those that all optimizers share and are not at their default.
  friend std::string to_string(const Optimizer& optimizer);

 private:
  /// Numbers kept between updates.
  struct Memory {
    std::string_view name;
    Shape shape;
    std::int64_t size;
    detail::Buffer values;
    bool not_negative = false;
    std::span<Scalar> span() const { return {values.data(), static_cast<std::size_t>(size)}; }
  };
  /// A parameter and what is remembered of it.
  struct Entry {
    Tensor parameter;
    std::string name;
    bool decays;
    Real multiplier;              ///< of the rate
    std::vector<Memory> memory;   ///< slots; then the average, then the accumulator, if any
    const Scalar* gradient = {};  ///< of the call under way; null: none
  };

  /// An update rule of any type.
  struct Interface {
    virtual ~Interface() = default;
    virtual Schedule& learning_rate() = 0;
    virtual int slots() const = 0;
    virtual SlotInfo slot_info(int i, const Shape& parameter) const = 0;
    /// Null for a rule without.
    virtual const Schedule* weight_decay_of(const Shape& parameter) const = 0;
    virtual void update(ParameterUpdate& u) const = 0;
    /// What is wrong with this rate, or with another value that moves, at this step; or "".
    virtual std::string fault_at(Step step, Real rate) const = 0;
    virtual std::string_view name() const = 0;
    virtual detail::Config config() const = 0;
  };
  template <class R>
  struct Held;

  Optimizer(detail::Boxed<Interface> rule, OptimizerOptions options);
  template <class V, class Visit>
  void visit_state(Visit& visit) const {
    for (const Entry& entry : entries_)
      for (const Memory& m : entry.memory)
        if (m.size > 0)
          visit(entry.name + "/" + std::string(m.name), std::span<V>(m.span()), m.shape);
  }

  // adopt(), in optimizer_state.cpp
  bool started() const { return counters_.iterations > 0 || counters_.collected > 0; }
  bool owns(std::span<const Tensor> parameters) const;
  Entry entry_for(const Tensor& parameter, std::string name) const;
  std::vector<Memory> memory_for(const Tensor& parameter) const;
  const Memory& average(const Entry& entry) const;
  Memory& accumulator(Entry& entry) const { return entry.memory.back(); }

  // step() and apply(), in optimizer.cpp; the checks in optimizer_checks.cpp
  template <class GradientOf>
  std::string call(std::span<const Tensor> parameters, GradientOf gradient_of);
  Entry& entry_of(const Tensor& parameter, std::size_t place);
  std::string fault_before(Real rate) const;
  void update(Real rate);
  void update_entry(Entry& entry, Real rate, double shrink);

  // the shared options, in optimizer_options.cpp
  bool collect();
  double global_shrink() const;
  const Scalar* clipped(const Entry& entry, double shrink, detail::Buffer& room) const;
  void update_averages();

  detail::Boxed<Interface> rule_;
  OptimizerOptions options_;
  Schedule initial_schedule_;
  std::vector<Entry> entries_;
  std::vector<std::span<Scalar>> slots_;  ///< of the parameter whose turn it is
  OptimizerCounters counters_;
};

template <class R>
struct Optimizer::Held final : Interface {
  explicit Held(R r) : rule(std::move(r)) {
    check_field(name(), "learning_rate", rule.learning_rate, rules::not_negative);
    detail::validate(rule);
  }
  Schedule& learning_rate() override { return rule.learning_rate; }
  int slots() const override { return rule.slots(); }
  SlotInfo slot_info([[maybe_unused]] int i,
                     [[maybe_unused]] const Shape& parameter) const override {
    if constexpr (requires { rule.slot_info(i, parameter); })
      return rule.slot_info(i, parameter);
    else
      return {};
  }
  const Schedule* weight_decay_of([[maybe_unused]] const Shape& parameter) const override {
    if constexpr (requires { rule.weight_decay_of(parameter); })
      return &rule.weight_decay_of(parameter);
    else
      return nullptr;
  }
  void update(ParameterUpdate& u) const override { rule.update(u); }
  std::string fault_at(Step step, Real rate) const override {
    std::string found =
        detail::fault(name(), "learning_rate", rule.learning_rate, rate, rules::not_negative, step);
    if constexpr (detail::HasFields<const R>)
      R::fields(rule, [&](std::string_view field, const auto& member, const Rule& range,
                          rules::Presence = rules::required) {
        if constexpr (std::same_as<std::remove_cvref_t<decltype(member)>, Schedule>)
          if (found.empty() && field != "learning_rate" && !member.constant())
            found = detail::fault(name(), field, member, member.at(static_cast<double>(step)),
                                  range, step);
      });
    return found;
  }
  std::string_view name() const override { return detail::type_name<R>(); }
  detail::Config config() const override { return detail::config_of(rule); }

  R rule;
};

std::string to_string(const Optimizer& optimizer);

}}  // namespace gradus
