#pragma once
/// What every optimizer can do besides its rule: decay weights, clip gradients, average weights,
/// collect gradients over several batches.

#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <gradus/core/tensor.h>
#include <gradus/schedules/schedule.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace detail {
/// The new handle that stands beside this old one; the handle itself if there is none.
inline Tensor renewed(const Tensor& old, std::span<const std::pair<Tensor, Tensor>> pairs) {
  for (const auto& [from, to] : pairs)
    if (from.node() == old.node()) return to;
  return old;
}
}  // namespace detail

/// Some of the parameters: all whose name holds a text, or one, by its handle.
///
///     {.exclude_from_weight_decay = {"bias"}}   {.exclude_from_weight_decay = {b}}
///
/// A model names its parameters `dense/kernel`, `dense/bias`, `dense_1/kernel`, ...; a loop written
/// by hand has them as "0", "1", ... in the order of the first update, if nobody names them.
class ParameterSelector {
 public:
  ParameterSelector(const char* text) : chosen_(std::string(text)) {}
  ParameterSelector(std::string text) : chosen_(std::move(text)) {}
  ParameterSelector(std::nullptr_t) = delete;
  ParameterSelector(Tensor parameter) : chosen_(std::move(parameter)) {}

  bool selects(const Tensor& parameter, std::string_view name) const {
    if (const Tensor* handle = std::get_if<Tensor>(&chosen_))
      return handle->node() == parameter.node();
    return name.find(std::get<std::string>(chosen_)) != std::string_view::npos;
  }

  /// Selects the new handle of each pair where it selected the old one.
  void renew(std::span<const std::pair<Tensor, Tensor>> renewed) {
    if (Tensor* handle = std::get_if<Tensor>(&chosen_)) *handle = detail::renewed(*handle, renewed);
  }

  /// The text; `a parameter` for a handle.
  friend std::string to_string(const ParameterSelector& s) {
    const std::string* text = std::get_if<std::string>(&s.chosen_);
    return text ? *text : "a parameter";
  }
  friend detail::Value to_value(const ParameterSelector& s) { return {to_string(s)}; }

 private:
  std::variant<std::string, Tensor> chosen_;
};

/// These parameters learn `factor` times as fast; 0 holds them still.
struct LearningRateMultiplier {
  ParameterSelector parameters;
  Real factor;

  friend void check_field(std::string_view owner, std::string_view name,
                          const LearningRateMultiplier& m, const Rule& rule) {
    detail::check_field(owner, name, value(m.factor), rule);
  }
  friend detail::Value to_value(const LearningRateMultiplier& m) {
    return {std::vector<detail::Value>{to_value(m.parameters), {m.factor}}};
  }
};

/// Lists of these from a text: `["bias"]`, `[["dense_1", 0.1]]`. Each returns what it expected, or
/// "".
inline std::string assign(std::vector<ParameterSelector>& member, const detail::Value& v) {
  std::vector<std::string> texts;
  const std::string expected = detail::assign(texts, v);
  if (expected.empty()) member.assign(texts.begin(), texts.end());
  return expected;
}
inline std::string assign(std::vector<LearningRateMultiplier>& member, const detail::Value& v) {
  const std::string expected = "a list, each element a list of a text and a number";
  const auto* pairs = std::get_if<std::vector<detail::Value>>(&v.content);
  if (!pairs) return expected;
  member.clear();
  for (const detail::Value& item : *pairs) {
    const auto* pair = std::get_if<std::vector<detail::Value>>(&item.content);
    std::string name;
    Real factor = 0;
    if (!pair || pair->size() != 2 || !detail::assign(name, (*pair)[0]).empty() ||
        !detail::assign(factor, (*pair)[1]).empty())
      return expected;
    member.push_back({name, factor});
  }
  return "";
}

/// The options that all optimizers share, in Keras's order, then ours. What happens in one update,
/// in this order: gradients are collected, clipped, weights decayed, the rule applied, averages
/// taken, the update counted.
///
///     Optimizer opt(Adam{.learning_rate = 1e-3}, {.global_clipnorm = 1.0});
///
/// ValueError, at the Optimizer's making, for a value outside its range.
struct OptimizerOptions {
  /// Decoupled (Loshchilov and Hutter, "Decoupled weight decay regularization", 2019): w -= w *
  /// weight_decay * rate before the rule, with the rate in force. Finite and >= 0; 0: none. A rule
  /// with a weight decay of its own, such as AdamW, takes none here.
  Schedule weight_decay = 0.0;
  /// Scales down each parameter's gradient whose 2-norm is above this. > 0.
  std::optional<Real> clipnorm = {};
  /// Cuts each element of the gradients to [-clipvalue, clipvalue]. > 0.
  std::optional<Real> clipvalue = {};
  /// Scales down all gradients together where their joint 2-norm is above this. > 0. At most one of
  /// the three may be given.
  std::optional<Real> global_clipnorm = {};
  /// Keeps an average of the weights: average = ema_momentum average + (1 - ema_momentum) w after
  /// each call, starting as w after the first update. Optimizer::finalize() puts it into the
  /// weights.
  bool use_ema = false;
  Real ema_momentum = 0.99;  ///< in [0, 1]
  /// Puts the averages into the weights every so many updates. A whole number >= 1.
  std::optional<Steps> ema_overwrite_frequency = {};
  /// Updates only at every so-manieth call, by the mean of the gradients since the last: a batch in
  /// parts. A whole number >= 2. iterations() counts updates, and schedules see updates; Keras's
  /// schedules see calls.
  std::optional<Steps> gradient_accumulation_steps = {};
  /// Which parameters weight decay leaves alone.
  std::vector<ParameterSelector> exclude_from_weight_decay = {};
  /// Which parameters learn at a rate of their own: the rate times each factor whose selector fits,
  /// >= 0. Their weight decay goes with it.
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
