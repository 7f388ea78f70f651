#pragma once
/// SGD: stochastic gradient descent, with momentum.

#include <gradus/core/kernels.h>
#include <gradus/core/thread_pool.h>
#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Without momentum: w -= learning_rate g.
/// With momentum mu:  v = mu v - learning_rate g;  w += v, or with nesterov w += mu v -
/// learning_rate g. The rate is inside the velocity, so after a drop of the rate old gradients fade
/// out at their old rates; PyTorch's SGD has the rate outside. Keras: keras.optimizers.SGD.
/// ValueError unless learning_rate >= 0, momentum in [0, 1), and momentum > 0 for nesterov.
struct SGD {
  Schedule learning_rate = 0.01, momentum = 0.0;
  bool nesterov = false;

  int slots() const { return plain() ? 0 : 1; }
  SlotInfo slot_info(int, const Shape&) const { return {"momentum"}; }
  void update(ParameterUpdate& u) const {
    const Scalar rate = u.rate();
    const auto n = static_cast<std::int64_t>(u.w.size());
    if (plain())
      return detail::share(n, detail::kernels().sgd, rate, u.g.data(), u.w.data(),
                           detail::Length{});
    const auto mu = static_cast<Scalar>(u.at(momentum));
    detail::share(n, detail::kernels().sgd_momentum, rate, mu, nesterov, u.g.data(),
                  u.slot(0).data(), u.w.data(), detail::Length{});
  }
  bool stays_finite(Step) const { return true; }
  /// s = (w, v).
  LinearUpdate linear_update(Step step, double rate, std::span<double>) const {
    if (plain()) return {.b = {rate}};
    const double mu = value(momentum.at(static_cast<double>(step)));
    const auto form = [&](double of_v, double of_g) -> LinearUpdate {
      return {2, {{{1, of_v}, {0, mu}}}, {of_g, rate}, {1}, {1}, {1}};
    };
    return nesterov ? form(mu * mu, (1 + mu) * rate) : form(mu, rate);
  }

  void validate() const {
    check(!nesterov || !plain(), "SGD: nesterov must come with momentum > 0 (got momentum 0)");
  }
  static void fields(auto& self, auto&& field) {
    using namespace rules;
    field("learning_rate", self.learning_rate, not_negative, optional);
    field("momentum", self.momentum, below_one, optional);
    field("nesterov", self.nesterov, anything, optional);
  }

 private:
  bool plain() const { return detail::always_zero(momentum); }
};

}}  // namespace gradus
