#include "training/stability.h"

#include <fmt/format.h>

#include "training/exact_training.h"

using namespace gradus;

namespace {

/// The curvature times the highest stable rate, by the roots of z^2 - (1 + m - c) z + m, or with
/// nesterov of z^2 - (1 + m) (1 - c) z + m (1 - c): one leaves at -1. 0 for other optimizers.
double stable_product(const Optimizer& optimizer) {
  const auto fields = optimizer.config().fields;  // learning_rate, momentum, nesterov
  // Where the loss is least the gradients are small, so a clipnorm does not matter.
  const auto harmless = [](const detail::Config::Field& field) {
    return field.at_default || field.name == "global_clipnorm";
  };
  if (optimizer.name() != "SGD" ||
      !std::ranges::all_of(detail::config_of(optimizer.options()).fields, harmless))
    return 0;
  // A momentum that moves has no limit: -1 makes the product 0.
  const double m = value(std::get<Schedule>(fields[1].value.content).constant().value_or(-1));
  return 2 * (1 + m) / (std::get<bool>(fields[2].value.content) ? 1 + 2 * m : 1);
}

}  // namespace

std::optional<Minimum> least_loss(const Problem& problem) {
  constexpr double most_work = 2e8;  // about a tenth of a second
  const Tensor &x = problem.data.x, &y = problem.data.y;
  const auto rows = static_cast<double>(x.shape()[0]),
             weights = 1 + static_cast<double>(x.shape()[1]);
  if (!problem.network.hidden.empty() ||
      problem.loss.name != std::string_view("mean_squared_error") ||
      rows * weights * weights > most_work)
    return std::nullopt;
  Minimum least = least_squares(x, y);
  least.loss *= problem.model.loss_unit();
  return least;
}

std::vector<double> stable_rates(const Problem& problem,
                                 const std::vector<std::vector<std::vector<double>>>& weights) {
  constexpr double most_work = 3e6;  // weights times rows
  const double product = stable_product(problem.model.optimizer());
  if (product == 0) return {};
  std::vector<double> curvatures;
  if (const auto least = least_loss(problem)) curvatures = {least->curvatures[0]};
  const gradus::Shape& shape = problem.data.x.shape();
  if (!weights.empty() && !problem.network.hidden.empty() &&
      problem.network.weights(shape[1], problem.outputs) * static_cast<double>(shape[0]) <=
          most_work)
    curvatures = exact_curvatures(to_exact(problem, {.schedule = "1", .weights = weights}));
  for (double& rate : curvatures) rate = product / std::max(rate, 0.0);
  return curvatures;
}

std::string about_stable(const Problem& problem, const std::vector<double>& rates, const char* of) {
  if (rates.empty()) return "";
  if (rates.size() > 1)
    return fmt::format(
        "{}stable up to a rate of {:.3g} at the start, {:.3g} at the end, by curvature\n", of,
        rates[0], rates[1]);
  const std::vector<double> all = least_loss(problem)->curvatures;
  return fmt::format("{}stable up to a rate of {:.3g}; curvatures {:.3g} {} {:.3g}\n", of, rates[0],
                     all.front(), all.size() > 2 ? "to" : "and", all.back());
}
