#include <gradus/optim/optimizer.h>

#include <algorithm>
#include <array>
#include <cmath>

#include <gradus/core/denormals.h>
#include <gradus/core/node.h>

namespace gradus::inline GRADUS_VARIANT {

using detail::node_of;

namespace {
constexpr int most_slots = 8;
}

Optimizer::Optimizer(const Optimizer& other)
    : rule_(other.rule_->clone()),
      states_(other.states_),
      iterations_(other.iterations_),
      last_learning_rate_(other.last_learning_rate_) {
  for (State& state : states_)
    for (detail::Buffer& slot : state.slots) slot = slot.copy(state.parameter.size());
}

Real Optimizer::learning_rate() const {
  const Schedule& schedule = rule_->learning_rate();
  const Real rate = schedule.at(static_cast<double>(iterations_));
  const std::string wrong =
      fault(rule_->name(), "learning_rate", schedule, rate, rules::not_negative, iterations_);
  if (!wrong.empty()) throw NumericError(wrong);
  return rate;
}

void Optimizer::set_learning_rate(Schedule learning_rate) {
  check_field(rule_->name(), "learning_rate", learning_rate, rules::not_negative);
  rule_->learning_rate() = std::move(learning_rate);
}

std::string Optimizer::fault(std::string_view owner, std::string_view name,
                             const Schedule& schedule, Real v, const Rule& range, Step step) {
  const double number = value(v);
  if (!range.holds(number))
    return fmt::format("{}: {} schedule returned {} at step {}: {} (must be {})", owner, name,
                       number, step, to_string(schedule), range.text);
  if (!std::isfinite(value(static_cast<Scalar>(v))))
    return fmt::format("{}: {} must fit the weights' number type (got {} at step {})", owner, name,
                       number, step);
  return {};
}

void Optimizer::step(std::span<const Tensor> parameters) {
  update(parameters, [&](std::size_t i) { return node_of(parameters[i]).grad.data(); }, {});
  for (const Tensor& parameter : parameters) parameter.zero_grad();
}

void Optimizer::apply(std::span<const Tensor> gradients, std::span<const Tensor> parameters,
                      const std::function<std::string()>& context) {
  check(gradients.size() == parameters.size(),
        "Optimizer: gradients must be as many as parameters (got {} and {})", gradients.size(),
        parameters.size());
  for (std::size_t i = 0; i < gradients.size(); ++i)
    if (gradients[i].node())
      check<ShapeError>(gradients[i].shape() == parameters[i].shape(),
                        "Optimizer: gradients[{}] must have the parameter's shape {} (got {})", i,
                        parameters[i].shape(), gradients[i].shape());
  const auto gradient_of = [&](std::size_t i) -> const Scalar* {
    return gradients[i].node() ? node_of(gradients[i]).data() : nullptr;
  };
  update(parameters, gradient_of, context);
}

/// Makes these parameters the optimizer's own, with slots of 0.
void Optimizer::adopt(std::span<const Tensor> parameters) {
  check(rule_->slots() >= 0 && rule_->slots() <= most_slots,
        "{}: slots() must be in [0,{}] (got {})", rule_->name(), most_slots, rule_->slots());
  std::vector<State> states;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    check<StateError>(node_of(parameters[i]).is_parameter,
                      "Optimizer: parameters[{}] must be made with parameter()", i);
    for (const State& state : states)
      check<StateError>(state.parameter.node() != parameters[i].node(),
                        "Optimizer: parameters[{}] must be given once", i);
    State& state = states.emplace_back(State{parameters[i], {}});
    for (int s = 0; s < rule_->slots(); ++s)
      state.slots.push_back(detail::Buffer::zeros(parameters[i].size()));
  }
  states_ = std::move(states);
}

Optimizer::State& Optimizer::state_of(const Tensor& parameter, std::size_t place) {
  const auto is_its = [&](const State& s) { return s.parameter.node() == parameter.node(); };
  if (place < states_.size() && is_its(states_[place])) return states_[place];
  const auto found = std::find_if(states_.begin(), states_.end(), is_its);
  check<StateError>(found != states_.end(),
                    "Optimizer: parameters[{}] was not in the first update; give all of them from "
                    "the start",
                    place);
  return *found;
}

/// What speaks against an update with these gradients, or "".
template <class GradientOf>
std::string Optimizer::fault_before(std::span<const Tensor> parameters, GradientOf gradient_of,
                                    Real rate) {
  bool any = false;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    state_of(parameters[i], i);
    const Scalar* g = gradient_of(i);
    if (!g) continue;
    any = true;
    const std::int64_t bad = detail::kernels().first_not_finite(g, parameters[i].size());
    if (bad >= 0)
      return fmt::format(
          "Optimizer: the gradient of parameters[{}] must be finite (got {} at "
          "element {}, step {})",
          i, value(g[bad]), bad, iterations_);
  }
  check<StateError>(any, "Optimizer: no parameter has a gradient; call backward() first");
  return rule_->fault_at(iterations_, rate);
}

template <class GradientOf>
void Optimizer::update(std::span<const Tensor> parameters, GradientOf gradient_of,
                       const std::function<std::string()>& context) {
  if (iterations_ == 0) adopt(parameters);
  const detail::FlushDenormals flush;
  const Real rate = rule_->learning_rate().at(static_cast<double>(iterations_));
  const std::string wrong = fault_before(parameters, gradient_of, rate);
  if (!wrong.empty()) throw NumericError(wrong + (context ? context() : ""));
  for (const Tensor& parameter : parameters) node_of(parameter).writable();

  // From here on nothing throws but a rule of the user's own.
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Scalar* g = gradient_of(i);
    if (!g) continue;
    State& state = state_of(parameters[i], i);
    detail::Node& node = node_of(parameters[i]);
    const auto size = static_cast<std::size_t>(node.size);
    std::array<Scalar*, most_slots> slots{};
    for (std::size_t s = 0; s < state.slots.size(); ++s) slots[s] = state.slots[s].data();
    ParameterUpdate u{{node.writable(), size},           {g, size}, node.shape, iterations_, rate,
                      {slots.data(), state.slots.size()}};
    rule_->update(u);
  }
  ++iterations_;
  last_learning_rate_ = rate;
}

}  // namespace gradus
