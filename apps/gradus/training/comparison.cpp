#include "training/comparison.h"

#include <fmt/format.h>
#include <gradus/core/from_text.h>
#include <gradus/schedules/algebra.h>

#include <algorithm>
#include <numeric>

#include "terminal/command.h"
#include "training/loss_surface.h"

using namespace gradus;

namespace {

using SeedRuns = std::vector<TrainingRun>;  ///< of one schedule, one for each seed

/// The number that {:.digits g} prints.
double rounded(double v, int digits) {
  const std::string text = fmt::format("{:.{}g}", v, digits);
  double out = v;
  gradus::detail::from_text(text.data(), text.data() + text.size(), out);
  return out;
}

/// The mean loss at each measurement over the runs that did not diverge; over all, if each did.
std::vector<double> mean_losses(const SeedRuns& runs, std::size_t measurements) {
  const bool all = std::ranges::all_of(runs, &TrainingRun::diverged);
  std::vector<double> out;
  for (std::size_t i = 0; i < measurements; ++i) {
    std::vector<double> seen;
    for (const TrainingRun& run : runs)
      if ((all || !run.diverged) && i < run.losses.size()) seen.push_back(run.losses[i]);
    out.push_back(mean_of(seen));
  }
  return out;
}

double steps_to(const TrainingRun& run, double target) {
  for (std::size_t i = 0; i < run.losses.size(); ++i)
    if (run.losses[i] <= target) return static_cast<double>(run.measured[i]);
  return INFINITY;
}

std::optional<double> median_steps_to(const SeedRuns& runs, double target) {
  std::vector<double> steps;
  for (const TrainingRun& run : runs) steps.push_back(steps_to(run, target));
  std::ranges::sort(steps);
  const std::size_t n = steps.size();
  const double median = (steps[(n - 1) / 2] + steps[n / 2]) / 2;
  return std::isfinite(median) ? std::optional(median) : std::nullopt;
}

Outcome summarize(const Contender& contender, const SeedRuns& runs, Step steps,
                  std::size_t measurements) {
  Outcome out{.contender = contender,
              .budget = value(contender.rate.area(steps)),
              .losses = mean_losses(runs, measurements),
              .first = runs[0]};
  std::vector<double> kept;
  for (const TrainingRun& run : runs) {
    out.finals.push_back(run.diverged ? NAN : run.losses.back());
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
  std::ranges::stable_sort(
      order, {}, [&](std::size_t i) { return std::pair(outcomes[i].diverged, outcomes[i].end()); });
  return order;
}

std::vector<Path> all_paths(const std::vector<Outcome>& outcomes) {
  std::vector<Path> paths;
  for (const Outcome& o : outcomes) paths.push_back({o.contender.label, o.first.path});
  return paths;
}

}  // namespace

double mean_of(const std::vector<double>& values) {
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return values.empty() ? NAN : sum / static_cast<double>(values.size());
}

double deviation_of(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const double mean = mean_of(values);
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

double Outcome::end() const { return rounded(mean, 3); }

Comparison compare_schedules(const Problem& problem, std::span<const Contender> contenders,
                             const CompareOptions& options) {
  Comparison out;
  out.steps = options.steps;
  out.every = std::max<Step>(1, options.steps / 100);
  for (Step t = 0; t < options.steps; t += out.every) out.measured.push_back(t);
  out.measured.push_back(options.steps);

  std::vector<SeedRuns> runs;
  for (const Contender& contender : contenders) {
    SeedRuns& own = runs.emplace_back();
    for (std::int64_t i = 0; i < options.seeds; ++i)
      own.push_back(
          run_training(problem, {.rate = contender.rate,
                                 .steps = options.steps,
                                 .seed = options.first_seed + static_cast<std::uint64_t>(i),
                                 .every = out.every}));
    out.outcomes.push_back(summarize(contender, own, options.steps, out.measured.size()));
  }
  out.order = best_first(out.outcomes);
  if (!out.any_left()) return out;
  out.first_loss = out.outcomes[0].losses[0];
  const Outcome& measure = std::isnan(out.outcomes[0].mean) ? out.best() : out.outcomes[0];
  out.target = options.target.value_or(measure.mean + measure.deviation);
  for (std::size_t i = 0; i < runs.size(); ++i)
    out.outcomes[i].to_target = median_steps_to(runs[i], out.target);
  if (!runs[0][0].path.empty()) out.contours = loss_surface(problem, all_paths(out.outcomes));
  return out;
}

void equalize(std::vector<Contender>& contenders, Step steps) {
  const double budget = value(contenders[0].rate.area(steps));
  for (Contender& contender : contenders) {
    const double own = value(contender.rate.area(steps));
    check<UsageError>(own > 0 && budget > 0,
                      "--equal-area: \"{}\" must have a budget above 0 (got {:g})", contender.label,
                      own > 0 ? budget : own);
    if (&contender == &contenders[0]) continue;
    contender.factor = rounded(budget / own, 6);  // as printed, so that it can be typed again
    if (contender.factor == 1) continue;
    contender.rate = contender.factor * contender.rate;
    if (contender.text.find_first_of("+*>") != std::string::npos)
      contender.text = fmt::format("({})", contender.text);
    contender.text = fmt::format("{} * {}", contender.factor, contender.text);
    contender.label = fmt::format("{:.3g} * {}", contender.factor, contender.label);
  }
}
