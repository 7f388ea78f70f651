#include "commands/find_lr.h"

#include <fmt/format.h>
#include <gradus/models/find_learning_rate.h>

#include <algorithm>

#include "terminal/command.h"
#include "terminal/json.h"
#include "terminal/option_words.h"
#include "terminal/text.h"
#include "training/training_run.h"

using namespace gradus;

namespace {

constexpr std::int64_t most_steps = 20'000;

struct Mark {
  const char* name;
  double rate;
  const char* meaning;
};

std::vector<Mark> marks(const RateTest& test) {
  return {{"valley", test.valley, "the middle of the longest fall: a safe, quick start"},
          {"steep", test.steep, "where the loss falls fastest"},
          {"minimum", test.minimum, "a tenth of the rate with the lowest loss"}};
}

/// The fall of the loss in per cent, over the part of the curve that the marks come from.
double fall(const RateTest& test) {
  const auto begin = test.smoothed.begin() + std::ssize(test.smoothed) / 10;
  return 100 * (1 - *std::min_element(begin, test.smoothed.end() - 5) / *begin);
}

/// The smoothed losses and the marks. The last five losses, where training diverges, are cut to a
/// little above the others.
RateCurve curve(const RateTest& test) {
  RateCurve out{test.rates, test.smoothed};
  const double top = 1.2 * *std::max_element(out.values.begin(), out.values.end() - 5);
  for (double& v : out.values) v = std::min(v, top);
  for (const auto& [name, rate, meaning] : marks(test)) out.marks.push_back({name, rate});
  return out;
}

std::string to_csv(const RateTest& test) {
  std::string out = "rate,loss,smoothed\n";
  for (std::size_t i = 0; i < test.rates.size(); ++i)
    out += fmt::format("{},{},{}\n", test.rates[i], test.losses[i], test.smoothed[i]);
  return out;
}

std::string to_json(const RateTest& test) {
  return Json::object({{"valley", test.valley},
                       {"steep", test.steep},
                       {"minimum", test.minimum},
                       {"diverged", test.diverged},
                       {"rates", test.rates},
                       {"losses", test.losses},
                       {"smoothed", test.smoothed}})
      .line();
}

/// Compares the safe rate as a constant with two schedules of a higher peak.
std::string compare_command(const RateTest& test, const Problem& problem) {
  const Step steps = updates_in(problem, 30);  // as many as gradus compare makes
  const double peak = std::max(test.valley, test.minimum);
  return shell_line({"compare", fmt::format("{:.2g}", test.valley),
                     fmt::format("CosineDecay({:.2g}, {})", peak, steps),
                     fmt::format("OneCycle({:.2g}, {})", peak, steps)},
                    words_of(problem.options));
}

std::string report(const RateTest& test, const Problem& problem, const LookOptions& look) {
  std::string out =
      fmt::format("{}smoothed loss over the learning rate, {} updates{}\n", problem.about(),
                  test.losses.size(), test.diverged ? ", until training diverged" : "");
  if (look.draws()) out += plot(curve(test), look.terminal());
  out += fmt::format("\n{:<8} {:>9}   {}\n", "mark", "rate", "meaning");
  for (const auto& [name, rate, meaning] : marks(test))
    out += fmt::format("{:<8} {:>9.2g}   {}\n", name, rate, meaning);
  if (fall(test) < 5)
    out += fmt::format(
        "note: the loss fell by only {:.1f}%, so the marks may be due to chance; try a\n"
        "higher --end, or another --seed\n",
        fall(test));
  return out + fmt::format("\nin C++:\n{}\nnext, compare schedules with these rates:\n  {}\n",
                           problem.compile_code(fmt::format("{:.2g}", test.valley)),
                           compare_command(test, problem));
}

}  // namespace

std::string FindLrCommand::run() const {
  const double low = read_positive("--start", start), high = read_positive("--end", end);
  check<UsageError>(high > low, "--end: must be above --start {} (got {})", low, high);
  const std::int64_t n = read_whole("--steps", steps, 16, most_steps);
  const bool data = look.check_and_want_data();
  const Problem problem = make_problem(chosen, {.steps = n});
  refuse_rate(problem, "find-lr varies");
  const RateTest test = find_learning_rate(
      problem.model, problem.data.x, problem.data.y,
      {.start = low, .end = high, .steps = n, .batch_size = problem.network.batch_size});
  check<DivergedError>(
      test.valley > 0,
      "training diverged after {} updates, too early to suggest a rate; try a lower "
      "--start (got {})",
      test.losses.size(), low);
  const std::string written =
      plot_files(look.plots, [&] { return std::vector{make_panel(curve(test), "smoothed loss")}; });
  if (!data) return report(test, problem, look) + written;
  return look.csv ? to_csv(test) : to_json(test);
}
