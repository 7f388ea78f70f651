#include "training/sensitivities.h"

#include <gradus/schedules/algebra.h>

#include "problem/expression.h"

using namespace gradus;

Sensitivities run_seeds(const ExactTraining& training, std::uint64_t first_seed, std::int64_t seeds,
                        Step most_windows) {
  const Schedule schedule = read_schedule(training.schedule);
  const auto updates = static_cast<double>(training.updates);
  Sensitivities out{.training = training,
                    .seeds = static_cast<std::size_t>(seeds),
                    .greatest_rate = value(detail::range(schedule, updates).greatest)};
  const auto windows = static_cast<int>(std::min(most_windows, training.updates));
  out.windows.resize(static_cast<std::size_t>(windows));
  for (std::size_t i = 0; i < out.seeds; ++i) {
    const ExactSensitivity run = exact_sensitivity(training, first_seed + i, windows);
    out.diverged = out.diverged || run.diverged;
    if (out.diverged) return out;
    out.described += run.described;
    out.losses.push_back(run.loss);
    out.promised.push_back(run.promised);
    out.measured.push_back(run.measured);
    for (std::size_t k = 0; k < run.pulls.size(); ++k) {
      const auto& [path, number, derivative, why_not] = run.pulls[k];
      if (i == 0) out.numbers.push_back({path, why_not, number});
      out.numbers[k].derivatives.push_back(derivative);
    }
    for (std::size_t k = 0; k < out.windows.size(); ++k)
      out.windows[k] += 0.01 * run.windows[k] / static_cast<double>(seeds);
  }
  return out;
}

Json to_json(const Sensitivities& found) {
  std::vector<Json> numbers;
  for (const PulledNumber& n : found.numbers)
    numbers.push_back(Json::object({{"number", n.path},
                                    {"value", n.value},
                                    {"derivative", n.mean()},
                                    {"deviation", n.deviation()},
                                    {"derivatives", n.derivatives},
                                    {"effect", n.effect()},
                                    {"chance", n.chance()},
                                    {"why_not", n.why_not.empty() ? Json() : Json(n.why_not)}}));
  return Json::object({{"schedule", found.training.schedule},
                       {"updates", found.training.updates},
                       {"rows", rows_of_loss(found.training)},
                       {"losses", found.losses},
                       {"numbers", numbers},
                       {"windows", found.windows},
                       {"promised", mean_of(found.promised)},
                       {"measured", mean_of(found.measured)},
                       {"described", found.described}});
}
