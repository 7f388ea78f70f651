#include "training/comparison.h"

#include <fmt/format.h>
#include <gradus/core/from_text.h>
#include <gradus/schedules/algebra.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "terminal/command.h"
#include "training/surface.h"

using namespace gradus;

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double never = std::numeric_limits<double>::infinity();

using Runs = std::vector<Run>;  ///< of one schedule, by seed

/// To so many digits, as {:g} prints it.
double rounded(double v, int digits) {
  const std::string text = fmt::format("{:.{}g}", v, digits);
  double out = v;
  gradus::detail::from_text(text.data(), text.data() + text.size(), out);
  return out;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return values.empty() ? nan : sum / static_cast<double>(values.size());
}

/// The deviation of a sample, from its n - 1 degrees of freedom.
double deviation_of(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const double mean = mean_of(values);
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

/// Of the runs that have come so far and did not diverge; of all that have when each did.
std::vector<double> mean_losses(const Runs& runs, std::size_t looks) {
  const bool all = std::all_of(runs.begin(), runs.end(), [](const Run& r) { return r.diverged; });
  std::vector<double> out;
  for (std::size_t i = 0; i < looks; ++i) {
    std::vector<double> seen;
    for (const Run& run : runs)
      if ((all || !run.diverged) && i < run.losses.size()) seen.push_back(run.losses[i]);
    out.push_back(mean_of(seen));
  }
  return out;
}

double steps_to(const Run& run, double target) {
  for (std::size_t i = 0; i < run.losses.size(); ++i)
    if (run.losses[i] <= target) return static_cast<double>(run.looks[i]);
  return never;
}

std::optional<double> median_steps_to(const Runs& runs, double target) {
  std::vector<double> steps;
  for (const Run& run : runs) steps.push_back(steps_to(run, target));
  std::sort(steps.begin(), steps.end());
  const std::size_t n = steps.size();
  const double median = (steps[(n - 1) / 2] + steps[n / 2]) / 2;
  return std::isfinite(median) ? std::optional(median) : std::nullopt;
}

Outcome outcome_of(const Contender& contender, const Runs& runs, Step steps, std::size_t looks) {
  Outcome out{.contender = contender,
              .budget = value(contender.rate.area(steps)),
              .finals = {},
              .mean = nan,
              .deviation = 0,
              .diverged = 0,
              .to_target = {},
              .losses = mean_losses(runs, looks),
              .path = runs[0].path};
  std::vector<double> kept;
  for (const Run& run : runs) {
    out.finals.push_back(run.diverged ? nan : run.losses.back());
    if (run.diverged)
      ++out.diverged;
    else
      kept.push_back(run.losses.back());
  }
  out.mean = mean_of(kept);
  out.deviation = deviation_of(kept);
  return out;
}

std::vector<std::size_t> best_first(const std::vector<Outcome>& outcomes) {
  std::vector<std::size_t> order(outcomes.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const Outcome &x = outcomes[a], &y = outcomes[b];
    return x.diverged != y.diverged ? x.diverged < y.diverged : x.end() < y.end();
  });
  return order;
}

std::vector<Path> paths_of(const std::vector<Outcome>& outcomes) {
  std::vector<Path> paths;
  for (const Outcome& outcome : outcomes) paths.push_back({outcome.contender.label, outcome.path});
  return paths;
}

}  // namespace

double Outcome::end() const { return rounded(mean, 3); }

Comparison compare(const Problem& problem, std::span<const Contender> contenders,
                   const CompareOptions& options) {
  Comparison out;
  out.steps = options.steps;
  out.every = std::max<Step>(1, options.steps / 100);
  for (Step t = 0; t < options.steps; t += out.every) out.looks.push_back(t);
  out.looks.push_back(options.steps);

  std::vector<Runs> runs;
  for (const Contender& contender : contenders) {
    Runs& own = runs.emplace_back();
    for (std::int64_t i = 0; i < options.seeds; ++i)
      own.push_back(train(problem, {.rate = contender.rate,
                                    .steps = options.steps,
                                    .seed = options.first_seed + static_cast<std::uint64_t>(i),
                                    .every = out.every}));
    out.outcomes.push_back(outcome_of(contender, own, options.steps, out.looks.size()));
  }
  out.order = best_first(out.outcomes);
  if (!out.any_left()) return out;
  out.first_loss = out.outcomes[0].losses[0];
  const Outcome& measure = std::isnan(out.outcomes[0].mean) ? out.best() : out.outcomes[0];
  out.target = options.target.value_or(measure.mean + measure.deviation);
  for (std::size_t i = 0; i < runs.size(); ++i)
    out.outcomes[i].to_target = median_steps_to(runs[i], out.target);
  if (!runs[0][0].path.empty()) out.contours = landscape(problem, paths_of(out.outcomes));
  return out;
}

void equalize(std::vector<Contender>& contenders, Step steps) {
  const double budget = value(contenders[0].rate.area(steps));
  for (Contender& contender : contenders) {
    const double own = value(contender.rate.area(steps));
    if (!(own > 0) || !(budget > 0))
      throw UsageError(fmt::format("--equal-area: \"{}\" must have a budget above 0 (got {:g})",
                                   contender.label, own > 0 ? budget : own));
    if (&contender == &contenders[0]) continue;
    contender.factor = rounded(budget / own, 6);  // as it is printed, and may be typed again
    if (contender.factor == 1) continue;
    contender.rate = contender.factor * contender.rate;
    if (contender.text.find_first_of("+*>") != std::string::npos)
      contender.text = fmt::format("({})", contender.text);
    contender.text = fmt::format("{} * {}", contender.factor, contender.text);
    contender.label = fmt::format("{:.3g} * {}", contender.factor, contender.label);
  }
}
