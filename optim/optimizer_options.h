#pragma once
/// Options of every optimizer: weight decay, clipping, averages of weights, gradient accumulation.

#include <gradus/core/tensor.h>
#include <gradus/schedules/schedule.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Selects parameters by whole names, or a single one by its handle.
///
///     {.exclude_from_weight_decay = {"bias"}}   {.exclude_from_weight_decay = {b}}
///
/// A model names its parameters `dense/kernel`, `dense/bias`, `dense_1/kernel`, and in a layer made
/// of layers `wide_and_deep/dense/kernel`, ... A text selects the parameters whose names begin with
/// it: `dense_1` all of that layer, `dense_1/bias` that one. If there are none, it selects those
/// whose names hold it further on: `bias` each bias, `dense_3` a layer inside another. Parts
/// between slashes always count as a whole: `dense` never selects `dense_1`. In a training loop by
/// hand the names are "0", "1", ... in the order of the first update, unless adopt() names them.
class ParameterSelector {
 public:
  ParameterSelector(const char* text) : chosen_(std::string(text)) {}
  ParameterSelector(std::string text) : chosen_(std::move(text)) {}
  ParameterSelector(std::nullptr_t) = delete;
  ParameterSelector(Tensor parameter) : chosen_(std::move(parameter)) {}

  /// Whether it selects this parameter, of a model with these `names`.
  bool selects(const Tensor& parameter, std::string_view name,
               std::span<const std::string> names) const;

  /// The text; `a parameter` for a handle.
  friend std::string to_string(const ParameterSelector& s);
  friend detail::Value to_value(const ParameterSelector& s);

 private:
  std::variant<std::string, Tensor> chosen_;
};

/// Multiplies the rate of these parameters by `factor`; 0 freezes them.
struct LearningRateMultiplier {
  ParameterSelector parameters;
  Real factor;

  friend void check_field(std::string_view owner, std::string_view name,
                          const LearningRateMultiplier& m, const Rule& rule) {
    detail::check_field(owner, name, value(m.factor), rule);
  }
  friend detail::Value to_value(const LearningRateMultiplier& m);
  friend void map_numbers(LearningRateMultiplier& m, const std::string& path,
                          const NumberMap& map) {
    m.factor = map({path, m.factor, false});
  }
};

/// Read lists of them from text: `["bias"]`, `[["dense_1", 0.1]]`. Return the expected form, or "".
std::string assign(std::vector<ParameterSelector>& member, const detail::Value& v);
std::string assign(std::vector<LearningRateMultiplier>& member, const detail::Value& v);

/// The options that all optimizers share: Keras's in Keras's order, then ours. The order in one
/// update: accumulate gradients, clip, decay weights, apply the rule, average, count.
///
///     Optimizer opt(Adam{.learning_rate = 1e-3}, {.global_clipnorm = 1.0});
///
/// The constructor of Optimizer throws ValueError for a value outside its range.
struct OptimizerOptions {
  /// Decoupled weight decay (Loshchilov and Hutter, "Decoupled weight decay regularization", 2019):
  /// w -= w * weight_decay * rate before the rule, with the rate of this update. Finite and >= 0;
  /// 0: none. Must be 0 for a rule that has a weight decay among its options, such as AdamW.
  Schedule weight_decay = 0.0;
  /// Scales each parameter's gradient down to at most this 2-norm. > 0.
  std::optional<Real> clipnorm = {};
  /// Clips each element of the gradients to [-clipvalue, clipvalue]. > 0.
  std::optional<Real> clipvalue = {};
  /// Scales all gradients to at most this joint 2-norm. > 0. Only one of these three may be given.
  std::optional<Real> global_clipnorm = {};
  /// Keeps a running mean of the weights: average = ema_momentum average + (1 - ema_momentum) w
  /// after each call, before constraints act; it starts as w after the first update, and again
  /// after set_weights(). Training goes on at w; finalize(), at the end of fit(), shows it.
  bool use_ema = false;
  Real ema_momentum = 0.99;  ///< in [0, 1]
  /// Copies the averages into the weights for good, in each N-th update. A whole number >= 1.
  std::optional<Steps> ema_overwrite_frequency = {};
  /// Updates only on every N-th call, by the mean of the last N gradients: a large batch in parts.
  /// A whole number >= 2. iterations() and schedules count updates; Keras's schedules see calls.
  std::optional<Steps> gradient_accumulation_steps = {};
  /// Parameters without weight decay.
  std::vector<ParameterSelector> exclude_from_weight_decay = {};
  /// Factors >= 0 of the rate and its weight decay; all that select a parameter multiply.
  std::vector<LearningRateMultiplier> learning_rate_multipliers = {};

  static void fields(auto& self, auto&& field) {
    using namespace rules;
    constexpr Rule from_one{[](double v) { return v >= 1 && v == std::floor(v) && v < 0x1p53; },
                            "a whole number >= 1"};
    constexpr Rule from_two{[](double v) { return v >= 2 && v == std::floor(v) && v < 0x1p53; },
                            "a whole number >= 2"};
    field("weight_decay", self.weight_decay, not_negative, optional);
    field("clipnorm", self.clipnorm, positive, optional);
    field("clipvalue", self.clipvalue, positive, optional);
    field("global_clipnorm", self.global_clipnorm, positive, optional);
    field("use_ema", self.use_ema, anything, optional);
    field("ema_momentum", self.ema_momentum, unit_interval, optional);
    field("ema_overwrite_frequency", self.ema_overwrite_frequency, from_one, optional);
    field("gradient_accumulation_steps", self.gradient_accumulation_steps, from_two, optional);
    field("exclude_from_weight_decay", self.exclude_from_weight_decay, anything, optional);
    field("learning_rate_multipliers", self.learning_rate_multipliers, not_negative, optional);
  }
};

}}  // namespace gradus
