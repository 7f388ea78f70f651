#pragma once
/// Optimizer: applies an update rule to parameters, keeps its slots and counts updates.

#include <gradus/core/boxed.h>
#include <gradus/optim/optimizer_options.h>
#include <gradus/optim/update_rule.h>

namespace gradus { inline namespace GRADUS_VARIANT {
/// The counters of an optimizer.
struct OptimizerCounters {
  Step iterations = 0;          ///< updates made
  Step collected = 0;           ///< calls since the last update (gradient accumulation)
  Real last_learning_rate = 0;  ///< of the last update; 0 before the first
  Step averages_from = 0;       ///< the averages of use_ema begin as the weights after this update
  bool shows_averages = false;  ///< the weights are the averages, and the state holds raw weights

  friend bool operator==(const OptimizerCounters&, const OptimizerCounters&) = default;
};

/// Applies an update rule, such as SGD or Adam, to parameters, and counts the updates.
///
///     Optimizer opt = SGD{.learning_rate = 0.1};
///     loss.backward();
///     opt.step({w, b});
///
/// The parameters of the first update belong to the optimizer from then on. Update number t = 0, 1,
/// ... uses `learning_rate(t)`; the counter rises after the update, and only there. A copy updates
/// the same parameters, with separate counters, slots and averages.
///
/// With use_ema, or a rule that averages, training goes on at the raw weights. finalize() shows the
/// averages in their place, and the optimizer and its state keep the raw weights until the next
/// update. A model always shows the averages of a rule; those of use_ema it shows after fit().
class Optimizer {
 public:
  /// ValueError for a bad option.
  template <UpdateRule R>
  Optimizer(R rule, OptimizerOptions options = {})
      : Optimizer(std::make_unique<Held<R>>(std::move(rule)), std::move(options)) {}
  Optimizer(const Optimizer& other);  // no moves: an optimizer is never empty
  Optimizer& operator=(Optimizer other) noexcept;
  ~Optimizer() = default;

  /// The rule's type: `SGD`.
  std::string_view name() const { return rule_->name(); }
  const OptimizerOptions& options() const { return options_; }
  /// The rule's type and options as data (schedules/config.h).
  detail::Config config() const { return rule_->config(); }
  /// A new optimizer, with each number of the rule and of the options that were given replaced by
  /// what `map` returns for it: see Schedule::with_numbers.
  Optimizer with_numbers(const NumberMap& map) const;
  /// Updates made so far.
  Step iterations() const { return counters_.iterations; }
  /// The rate of the next update. NumericError if the schedule gives less than 0, nan or infinity.
  Real learning_rate() const;
  /// The rate of the last update; 0 before the first.
  Real last_learning_rate() const { return counters_.last_learning_rate; }
  /// The schedule of the rate.
  const Schedule& schedule() const { return rule_->learning_rate(); }
  /// The schedule at construction; set_learning_rate() does not change it.
  const Schedule& initial_schedule() const { return initial_schedule_; }
  /// Replaces the schedule, from the next update on. ValueError unless a constant rate is >= 0.
  void set_learning_rate(Schedule learning_rate);
  /// The update of an optimizer that is linear in the gradient, at this step and rate; the average
  /// of use_ema is one more part of the state. Call it for steps 0, 1, ... in order; `memory` holds
  /// two numbers that start at 0. ValueError, with the reason, for other optimizers, such as Adam,
  /// and for options that are not linear, such as clipnorm; NumericError for a bad rate.
  LinearUpdate linear_update(Step step, double rate, std::span<double> memory) const;

  /// Updates each parameter by its .grad(), clears the gradients and counts one update. A parameter
  /// without a gradient is left alone. All or nothing: StateError if no parameter has a gradient,
  /// or if one was not in the first update; NumericError if a gradient or a schedule's value is nan
  /// or infinite, or the update would give such a weight, slot or average. After an error, also a
  /// rule's, all is as before. With gradient_accumulation_steps = N, only every N-th call updates;
  /// others add to the mean gradient.
  void step(std::span<const Tensor> parameters);
  void step(std::initializer_list<Tensor> parameters) {
    step(std::span<const Tensor>(parameters.begin(), parameters.size()));
  }
  /// Like step(), by these gradients; .grad() stays as it is. A default-constructed Tensor means no
  /// gradient. ShapeError unless each gradient has the shape of its parameter.
  void apply(std::span<const Tensor> gradients, std::span<const Tensor> parameters);
  /// Like apply(), but returns the text of the NumericError instead of throwing it.
  detail::Fault try_apply(std::span<const Tensor> gradients, std::span<const Tensor> parameters);

  /// Takes these parameters, with these names or "0", "1", ..., and makes their slots. A constraint
  /// gives a parameter's new values after each update; it may be null. Optional: the first update
  /// does it, without constraints. If the optimizer has these parameters already, it only changes
  /// names and constraints. ValueError if a selector of the options selects none of them, or if the
  /// counts of names and parameters differ; StateError for other parameters after the first update,
  /// and for a parameter that was not made with parameter() or is given twice.
  using Constrain = std::function<Tensor(const Tensor&)>;
  void adopt(std::span<const Tensor> parameters, std::span<const std::string> names = {},
             std::span<const Constrain> constraints = {});
  /// Puts the averages, within constraints, into the weights; fit() ends so. Does nothing without
  /// averages, or before an update has begun them. NumericError, with nothing changed, if a
  /// constraint makes them not finite.
  void finalize();
  /// finalize() for a rule that averages. A model does it before callbacks or evaluate() see it.
  void present() {
    if (rule_->averages()) finalize();
  }
  /// Whether the rule averages the weights, as ScheduleFreeSGD does.
  bool rule_averages() const { return rule_->averages(); }
  /// Puts the raw weights back into the parameters. Each update does that first.
  void resume() noexcept {
    if (counters_.shows_averages) swap_averages();
  }
  bool shows_averages() const { return counters_.shows_averages; }
  /// Raw weights for a training step. If that makes no call, the averages show again at its end.
  auto raw_weights() {
    const bool shown = shows_averages();
    resume();
    return detail::AtEnd([this, shown, before = counters_] {
      if (shown && counters_ == before) swap_averages();
    });
  }
  /// Call it after giving the parameters new values: the averages begin with the next update, and
  /// gradients collected for it are dropped. Slots and counters of updates stay.
  void weights_changed();
  /// Drops gradients that gradient_accumulation_steps has collected for the next update.
  void drop_collected();
  /// In each update, calls this with every parameter's name and turn, first before weight decay and
  /// rule, then after (`done`), when a constraint has not acted yet. Null: no more. A copy has
  /// none; fit() removes it at its end.
  using Watch = std::function<void(const std::string&, const ParameterUpdate&, bool done)>;
  void set_watch(Watch watch) { watch_ = std::move(watch); }

  /// Calls visit(name, values, shape) for every slot, average and accumulated gradient, such as
  /// `dense/kernel/momentum`, `dense/kernel/average`, `dense/kernel/gradient_accumulator`, and for
  /// `dense/kernel/raw` while the weights show the averages. With the counters, which must be set
  /// first, this is the whole state: copied into an optimizer with the same rule and options that
  /// has adopted the same parameters, training continues bit for bit. Before adopt() it is empty.
  void state(auto&& visit) {
    for (Entry& entry : entries_) entry.trusted = 0;
    visit_state<Scalar>(visit);
  }
  void state(auto&& visit) const { visit_state<const Scalar>(visit); }
  /// Returns the first error in the state, such as `dense/kernel/velocity must be finite and >= 0
  /// (got -1 at element 3)`, or "". Call it after writing into the state.
  detail::Fault state_fault() const;
  const OptimizerCounters& counters() const { return counters_; }
  /// ValueError for counters that no run can reach.
  void set_counters(const OptimizerCounters& counters);

  /// In Keras's call syntax, `SGD(learning_rate=0.1, momentum=0.9, nesterov=False, clipnorm=1)`:
  /// the rule's options, then the shared options that differ from their defaults.
  friend std::string to_string(const Optimizer& optimizer);

 private:
  /// A slot, an average or an accumulator of one parameter.
  struct Memory {
    std::string name;
    Shape shape;
    std::int64_t size;
    detail::Buffer values;
    bool not_negative = false;
    std::span<Scalar> span() const { return {values.data(), static_cast<std::size_t>(size)}; }
  };
  /// A parameter with its options and memory.
  struct Entry {
    Tensor parameter;
    std::string name;
    bool decays;
    Real multiplier;              ///< of the rate
    Constrain constraint;         ///< or null
    std::vector<Memory> memory;   ///< slots; if any: average, raw weights, accumulator
    const Scalar* gradient = {};  ///< in the present call; null: none
    Real decay = 0;               ///< of the weights, in the present call
    int trusted = 0;              ///< see trusted()
  };

  /// An update rule of any type.
  struct Interface {
    virtual ~Interface() = default;
    virtual Schedule& learning_rate() = 0;
    virtual int slots() const = 0;
    virtual SlotInfo slot_info(int i, const Shape& parameter) const = 0;
    /// Null if the rule has no weight decay.
    virtual const Schedule* weight_decay_of(const Shape& parameter) const = 0;
    virtual void update(ParameterUpdate& u) const = 0;
    /// Whether slot 0 is an average of the weights.
    virtual bool averages() const = 0;
    virtual void start_average(std::span<const Scalar> w,
                               std::span<const std::span<Scalar>> slots) const = 0;
    /// False if the rule does not say.
    virtual bool stays_finite(Step step) const = 0;
    /// None if the rule does not say.
    virtual std::optional<LinearUpdate> linear_update(Step step, double rate,
                                                      std::span<double> memory) const = 0;
    /// Returns the error in this rate, or in the value of another schedule at this step; or "".
    virtual detail::Fault fault_at(Step step, Real rate) const = 0;
    virtual std::string_view name() const = 0;
    virtual detail::Config config() const = 0;
    virtual void map_numbers(const NumberMap& map) = 0;
  };
  template <class R>
  struct Held;

  Optimizer(detail::Boxed<Interface> rule, OptimizerOptions options);
  template <class V>
  void visit_state(auto& visit) const {
    for (const Entry& entry : entries_)
      for (const Memory& m : entry.memory)
        if (in_state(entry, m)) visit(entry.name + "/" + m.name, std::span<V>(m.span()), m.shape);
  }

  // adopt(), in optimizer_state.cpp
  bool started() const { return counters_.iterations > 0 || counters_.collected > 0; }
  bool owns(std::span<const Tensor> parameters) const;
  Entry entry_for(const Tensor& parameter, std::span<const std::string> names,
                  std::size_t place) const;
  std::vector<Memory> memory_for(const Tensor& parameter) const;
  void make_room(std::span<const Entry> entries);
  std::size_t slots() const { return static_cast<std::size_t>(rule_->slots()); }
  bool has_averages() const { return options_.use_ema || rule_->averages(); }
  Memory& average(Entry& entry) const { return entry.memory[options_.use_ema ? slots() : 0]; }
  std::size_t raw_place() const { return slots() + (options_.use_ema ? 1 : 0); }
  Memory& raw(Entry& entry) const { return entry.memory[raw_place()]; }
  Memory& accumulator(Entry& entry) const { return entry.memory.back(); }
  bool in_state(const Entry& entry, const Memory& m) const {
    return m.size > 0 &&
           (counters_.shows_averages || !has_averages() || &m != &entry.memory[raw_place()]);
  }

  // step() and apply(), in optimizer.cpp
  template <class GradientOf>
  detail::Fault call(std::span<const Tensor> parameters, GradientOf gradient_of);
  Entry& entry_of(const Tensor& parameter, std::size_t place);
  void update(Real rate);
  void update_entry(Entry& entry, Real rate, Real shrink);
  std::span<const std::span<Scalar>> slots_of(std::span<const Memory> memory);
  void start_average(const Tensor& parameter, std::span<const Memory> memory);

  // the checks around an update and its parts, in optimizer_update.cpp
  detail::Fault fault_before(Real rate, bool& sure);
  bool trusted(Entry& entry) const;
  detail::Fault update_or_undo(Real rate);
  void each_number(auto&& f);
  bool collect();
  Real global_shrink() const;
  const Scalar* clipped(const Entry& entry, Real shrink);
  void update_averages(bool updates);
  static detail::Buffer constrained(const Entry& entry, const detail::Buffer& values);
  void swap_averages() noexcept;

  detail::Boxed<Interface> rule_;
  OptimizerOptions options_;
  Schedule initial_schedule_;
  std::vector<Entry> entries_;
  OptimizerCounters counters_;
  Watch watch_;

  // Kept for their memory.
  std::array<std::span<Scalar>, detail::most_slots> slots_;  ///< in slots_of()
  std::vector<detail::Buffer> before_;                       ///< what update_or_undo() puts back
  detail::Buffer room_;                                      ///< for a clipped gradient
};

template <class R>
struct Optimizer::Held final : Interface {
  explicit Held(R r) : rule(std::move(r)) {
    check_field(name(), "learning_rate", rule.learning_rate, rules::not_negative);
    detail::validate(rule);
  }
  Schedule& learning_rate() override { return rule.learning_rate; }
  int slots() const override { return rule.slots(); }
  SlotInfo slot_info(int i, const Shape& parameter) const override {
    if constexpr (requires { rule.slot_info(i, parameter); }) return rule.slot_info(i, parameter);
    return {};
  }
  const Schedule* weight_decay_of(const Shape& shape) const override {
    if constexpr (requires { rule.weight_decay_of(shape); }) return &rule.weight_decay_of(shape);
    return nullptr;
  }
  void update(ParameterUpdate& u) const override { rule.update(u); }
  static constexpr bool starts_average =
      requires(const R& r, std::span<const Scalar> w, std::span<const std::span<Scalar>> slots) {
    r.start_average(w, slots);
  };
  bool averages() const override { return starts_average; }
  void start_average([[maybe_unused]] std::span<const Scalar> w,
                     [[maybe_unused]] std::span<const std::span<Scalar>> slots) const override {
    if constexpr (starts_average) rule.start_average(w, slots);
  }
  bool stays_finite([[maybe_unused]] Step step) const override {
    if constexpr (requires { rule.stays_finite(step); }) return rule.stays_finite(step);
    return false;
  }
  std::optional<LinearUpdate> linear_update(
      [[maybe_unused]] Step step, [[maybe_unused]] double rate,
      [[maybe_unused]] std::span<double> memory) const override {
    if constexpr (requires { rule.linear_update(step, rate, memory); })
      return rule.linear_update(step, rate, memory);
    return {};
  }
  detail::Fault fault_at(Step step, Real rate) const override {
    detail::Fault found =
        detail::fault(name(), "learning_rate", rule.learning_rate, rate, rules::not_negative, step);
    if constexpr (detail::HasFields<const R>)
      R::fields(rule, [&](std::string_view field, const auto& member,
                          const Rule& range = rules::anything, rules::Presence = rules::required) {
        if constexpr (std::same_as<std::remove_cvref_t<decltype(member)>, Schedule>)
          if (!found && field != "learning_rate" && !member.constant())
            found = detail::fault(name(), field, member, member.at(static_cast<double>(step)),
                                  range, step);
      });
    return found;
  }
  std::string_view name() const override { return detail::type_name<R>(); }
  detail::Config config() const override { return detail::config_of(rule); }
  void map_numbers(const NumberMap& map) override {
    detail::map_fields(rule, "", map);
    detail::validate(rule);
  }

  R rule;
};

}}  // namespace gradus
