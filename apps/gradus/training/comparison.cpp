#include "training/comparison.h"

#include <gradus/core/from_text.h>
#include <gradus/schedules/algebra.h>

#include "terminal/command.h"
#include "terminal/option_words.h"
#include "terminal/terminal.h"
#include "training/loss_surface.h"
#include "training/stability.h"

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

/// The mean at each measurement over the runs that did not diverge; over all, if each did.
std::vector<double> mean_series(const SeedRuns& runs, std::vector<double> TrainingRun::*series,
                                std::size_t measurements) {
  const bool all = std::ranges::all_of(runs, &TrainingRun::diverged);
  std::vector<double> out;
  for (std::size_t i = 0; i < measurements; ++i) {
    std::vector<double> seen;
    for (const TrainingRun& run : runs)
      if ((all || !run.diverged) && i < (run.*series).size()) seen.push_back((run.*series)[i]);
    out.push_back(mean_of(seen));
  }
  return out;
}

std::optional<double> median_steps_to(const SeedRuns& runs, double target) {
  std::vector<double> steps;
  for (const TrainingRun& run : runs) {
    const auto there =
        std::ranges::find_if(run.losses, [&](double loss) { return loss <= target; });
    const auto i = static_cast<std::size_t>(there - run.losses.begin());
    steps.push_back(there == run.losses.end() ? INFINITY : static_cast<double>(run.measured[i]));
  }
  std::ranges::sort(steps);
  const std::size_t n = steps.size();
  const double median = (steps[(n - 1) / 2] + steps[n / 2]) / 2;
  return std::isfinite(median) ? std::optional(median) : std::nullopt;
}

Step measured_every(const Contender& contender, const CompareOptions& options) {
  return std::max<Step>(1, options.every > 0 ? options.every : contender.steps / 100);
}

std::vector<Step> measurements_of(const Contender& contender, Step every) {
  std::vector<Step> out;
  for (Step t = 0; t < contender.steps; t += every) out.push_back(t);
  out.push_back(contender.steps);
  return out;
}

Outcome summarize(const Contender& contender, const SeedRuns& runs, Step every) {
  Outcome out{
      .contender = contender, .measured = measurements_of(contender, every), .first = runs[0]};
  const std::size_t n = out.measured.size();
  out.losses = mean_series(runs, &TrainingRun::losses, n);
  if (!runs[0].accuracies.empty()) out.accuracies = mean_series(runs, &TrainingRun::accuracies, n);
  std::vector<double> kept, budgets;
  std::vector<Step> stops;
  for (const TrainingRun& run : runs) {
    budgets.push_back(value(contender.rate.area(run.updates)));
    out.finals.push_back(run.diverged ? NAN : run.losses.back());
    if (run.diverged)
      stops.push_back(run.diverged_at());
    else
      kept.push_back(run.losses.back());
  }
  out.diverged = std::ssize(stops);
  std::ranges::sort(stops);
  if (!stops.empty()) out.diverged_at = stops[(stops.size() - 1) / 2];
  out.budget = mean_of(budgets);
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

/// Whether each point in the space of weights has the same loss for both.
bool same_surface(const Problem& a, const Problem& b) {
  return &a == &b ||
         (words_of(a.options.data) == words_of(b.options.data) && &a.loss == &b.loss &&
          a.network.hidden == b.network.hidden && a.network.activation == b.network.activation &&
          a.network.seed == b.network.seed);
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

Comparison summarize(std::span<const Contender> contenders, std::span<const TrainingRun> all,
                     const CompareOptions& options) {
  Comparison out;
  std::vector<SeedRuns> runs(contenders.size());
  for (std::size_t i = 0; i < all.size() / runs.size() * runs.size(); ++i)
    runs[i % runs.size()].push_back(all[i]);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    out.outcomes.push_back(
        summarize(contenders[i], runs[i], measured_every(contenders[i], options)));
    out.steps = std::max(out.steps, contenders[i].steps);
  }
  out.order = best_first(out.outcomes);
  out.first_loss = out.outcomes[0].losses.empty() ? NAN : out.outcomes[0].losses[0];
  const Outcome& measure = std::isnan(out.outcomes[0].mean) ? out.best() : out.outcomes[0];
  out.target = options.target.value_or(measure.mean + measure.deviation);
  for (std::size_t i = 0; i < runs.size(); ++i)
    out.outcomes[i].to_target = median_steps_to(runs[i], out.target);
  const Problem& problem = *contenders[0].problem;
  out.one_surface = std::ranges::all_of(
      contenders, [&](const Contender& c) { return same_surface(*c.problem, problem); });
  if (!out.one_surface) return out;
  if (const auto least = least_loss(problem)) out.least_possible = least->loss;
  std::vector<Path> paths;
  for (const Outcome& o : out.outcomes)
    if (!o.first.path.empty()) paths.push_back({o.contender.label, o.first.path});
  if (!paths.empty() && options.surface) out.contours = loss_surface(problem, paths);
  return out;
}

std::vector<RunRequest> requests_for(std::span<const Contender> contenders,
                                     const CompareOptions& options) {
  std::vector<RunRequest> requests;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(options.seeds); ++i)
    for (const Contender& contender : contenders)
      requests.push_back({contender.problem.get(),
                          {.rate = contender.rate,
                           .steps = contender.steps,
                           .seed = contender.problem->network.seed + options.skipped_seeds + i,
                           .every = measured_every(contender, options),
                           .curvature = options.curvature}});
  return requests;
}

void scale_rate(Contender& contender, double factor) {
  contender.factor = rounded(factor, 6);  // as printed, so that it can be typed again
  if (contender.factor == 1) return;
  contender.rate = contender.factor * contender.rate;
  if (contender.text.find_first_of("+*>") != std::string::npos)
    contender.text = fmt::format("({})", contender.text);
  contender.text = fmt::format("{} * {}", contender.factor, contender.text);
  contender.label = fmt::format("{:.3g} * {}", contender.factor, contender.label);
}

void equalize(std::vector<Contender>& contenders) {
  const double budget = value(contenders[0].rate.area(contenders[0].steps));
  for (Contender& contender : contenders) {
    const double own = value(contender.rate.area(contender.steps));
    check<UsageError>(own > 0 && budget > 0,
                      "--equal-area: \"{}\" must have a budget above 0 (got {:g})", contender.label,
                      own > 0 ? budget : own);
    if (&contender != &contenders[0]) scale_rate(contender, budget / own);
  }
}

// ---- the best rate of each schedule, so that a comparison is fair -------------------------------

namespace {

using Losses = std::map<int, double>;  ///< mean for the factor 2^(key / 2); infinite: diverged

double factor(int key) { return std::exp2(key / 2.0); }

int best_of(const Losses& losses) {
  return std::ranges::min_element(losses, {}, &Losses::value_type::second)->first;
}

std::vector<int> next_to_try(const Losses& losses) {
  if (losses.empty()) return {-4, -2, 0, 2, 4};
  const int best = best_of(losses);
  std::vector<int> out{best - 1, best + 1};
  if (best == losses.begin()->first) out = {best - 2};
  if (best == losses.rbegin()->first) out = {best + 2};
  std::erase_if(out, [&](int key) { return losses.contains(key) || std::abs(key) > 24; });
  return out;
}

double greatest_rate(const Contender& contender) {
  return value(detail::range(contender.rate, static_cast<double>(contender.steps)).greatest);
}

RateSearch to_search(const Contender& contender, const Losses& losses) {
  const double top = greatest_rate(contender);
  const auto best = losses.find(best_of(losses));
  auto low = best, high = best;
  const auto good = [&](auto there) { return there->second <= 1.1 * best->second; };
  while (low != losses.begin() && good(std::prev(low))) --low;
  while (std::next(high) != losses.end() && good(std::next(high))) ++high;
  const auto rate = [&](auto there) { return top * factor(there->first); };
  RateSearch out{contender.label, best->second, rate(low),
                 rate(best),      rate(high),   {contender.label, {}, {}}};
  for (auto i = losses.begin(); i != losses.end(); ++i) {
    if (std::isinf(i->second)) continue;
    out.curve.x.push_back(rate(i));
    out.curve.y.push_back(i->second);
  }
  return out;
}

}  // namespace

std::vector<RateSearch> tune_rates(std::vector<Contender>& contenders, CompareOptions& options,
                                   std::size_t jobs) {
  for (const Contender& c : contenders)
    check<UsageError>(greatest_rate(c) > 0, "--tune: \"{}\" must have rates above 0", c.label);
  std::vector<Losses> found(contenders.size());
  for (std::vector<Contender> tried;; tried.clear()) {
    std::vector<double*> losses;
    for (std::size_t i = 0; i < contenders.size(); ++i)
      for (const int key : next_to_try(found[i])) {
        scale_rate(tried.emplace_back(contenders[i]), factor(key));
        losses.push_back(&found[i][key]);
      }
    if (tried.empty()) break;
    const std::vector<RunRequest> requests = requests_for(tried, options);
    const std::vector<TrainingRun> runs = run_all(requests, jobs);
    if (runs.size() < requests.size())
      throw StoppedError(SignalWatch::caught(), "in the search for the best rates: no results yet");
    for (std::size_t i = 0; i < runs.size(); ++i)
      *losses[i % tried.size()] += (runs[i].diverged ? INFINITY : runs[i].losses.back()) /
                                   static_cast<double>(options.seeds);
  }
  std::vector<RateSearch> out;
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    out.push_back(to_search(contenders[i], found[i]));
    scale_rate(contenders[i], factor(best_of(found[i])));
  }
  options.skipped_seeds = static_cast<std::uint64_t>(options.seeds);
  return out;
}
