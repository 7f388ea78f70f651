// The best rate of each schedule, so that a comparison is fair.

#include <gradus/schedules/algebra.h>

#include <map>

#include "terminal/command.h"
#include "terminal/terminal.h"
#include "training/comparison.h"

using namespace gradus;

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
