#include <gradus/models/expected_loss.h>

#include <cmath>
#include <limits>

#include <gradus/models/moments.h>

namespace gradus { inline namespace GRADUS_VARIANT {

Expectation expected_loss(const ExpectedOptions& options) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const detail::Quadratic problem(options);
  Expectation out{.minimum = problem.minimum};
  std::array<double, 2> memory = {};
  const auto form = [&](Step t) {
    const Real rate = options.optimizer.schedule().at(static_cast<double>(t));
    return options.optimizer.linear_update(t, value(rate), memory);
  };
  LinearUpdate u = form(0);
  detail::Moments moments(problem, u);
  const auto add = [&](const LinearUpdate& seen) {
    const detail::ExpectedParts now = moments.parts(problem, seen);
    const double loss = problem.minimum.loss + now.bias + now.variance;
    const bool finite = std::isfinite(loss);
    out.loss.push_back(finite ? loss : infinity);
    out.bias.push_back(finite ? now.bias : infinity);
    out.variance.push_back(finite ? now.variance : infinity);
    out.mean_weights.push_back(finite ? problem.weights(now.mean) : out.mean_weights.back());
  };
  add(LinearUpdate{.parts = u.parts});  // the start
  for (Step t = 0; t < options.steps; ++t) {
    if (t > 0) u = form(t);
    if (std::isfinite(out.loss.back())) moments.update(problem, u);
    add(u);
  }
  return out;
}

}}  // namespace gradus
