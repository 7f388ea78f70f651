#include "training/least_loss.h"

#include <gradus/models/expected_loss.h>

using namespace gradus;

namespace {

std::optional<Minimum> minimum_of(const Problem& problem) {
  constexpr double most_work = 2e8;  // about a tenth of a second
  const Shape& shape = problem.data.x.shape();
  const auto rows = static_cast<double>(shape[0]), weights = static_cast<double>(shape[1] + 1);
  if (!problem.network.hidden.empty() ||
      problem.loss.name != std::string_view("mean_squared_error") ||
      rows * weights * weights > most_work)
    return std::nullopt;
  return least_squares(problem.data.x, problem.data.y);
}

}  // namespace

std::optional<double> least_loss(const Problem& problem) {
  const std::optional<Minimum> minimum = minimum_of(problem);
  return minimum ? std::optional(problem.model.loss_unit() * minimum->loss) : std::nullopt;
}

std::vector<double> least_squares_curvatures(const Problem& problem) {
  return minimum_of(problem).value_or(Minimum{}).curvatures;
}
