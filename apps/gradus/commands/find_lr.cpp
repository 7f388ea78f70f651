#include <fmt/format.h>
#include <gradus/models/find_learning_rate.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "commands/find_lr.h"
#include "pictures/plot_file.h"
#include "terminal/option_words.h"
#include "training/run.h"

using namespace gradus;

namespace {

constexpr std::int64_t most_steps = 20'000;

struct Mark {
  const char* name;
  double rate;
  const char* meaning;
};

std::vector<Mark> marks_of(const RateTest& test) {
  return {{"valley", test.valley, "half way along the longest fall: a safe, quick start"},
          {"steep", test.steep, "where the loss falls fastest over the logarithm of the rate"},
          {"minimum", test.minimum, "a tenth of the rate with the least loss"}};
}

/// By how many hundredths of it the loss falls, where the marks are taken from.
double fall(const RateTest& test) {
  const auto begin = test.smoothed.begin() + std::ssize(test.smoothed) / 10;
  return 100 * (1 - *std::min_element(begin, test.smoothed.end() - 5) / *begin);
}

/// The smoothed losses; those of the last five updates, which run away, at most a little above the
/// others.
RateCurve curve_of(const RateTest& test) {
  RateCurve curve{test.rates, test.smoothed};
  const double top = 1.2 * *std::max_element(curve.values.begin(), curve.values.end() - 5);
  for (double& v : curve.values) v = std::min(v, top);
  for (const auto& [name, rate, meaning] : marks_of(test)) curve.marks.push_back({name, rate});
  return curve;
}

std::string csv_of(const RateTest& test) {
  std::string out = "rate,loss,smoothed\n";
  for (std::size_t i = 0; i < test.rates.size(); ++i)
    out += fmt::format("{},{},{}\n", test.rates[i], test.losses[i], test.smoothed[i]);
  return out;
}

std::string json_of(const RateTest& test) {
  const nlohmann::ordered_json out{{"valley", test.valley},    {"steep", test.steep},
                                   {"minimum", test.minimum},  {"diverged", test.diverged},
                                   {"rates", test.rates},      {"losses", test.losses},
                                   {"smoothed", test.smoothed}};
  return out.dump() + "\n";
}

/// The quick, safe rate all along, and a higher one that falls.
std::string next_command(const RateTest& test, const Problem& problem,
                         const ProblemOptions& chosen) {
  const Step steps = updates_in(problem, 30);  // as compare has it
  const double peak = std::max(test.valley, test.minimum);
  std::vector<std::string> words{"gradus", "compare", fmt::format("{:.2g}", test.valley),
                                 fmt::format("CosineDecay({:.2g}, {})", peak, steps),
                                 fmt::format("OneCycle({:.2g}, {})", peak, steps)};
  for (const std::string& word : words_of(chosen)) words.push_back(word);
  return fmt::format("next, schedules with such rates:\n  {}\n", shell_line(words));
}

std::string explanation(const RateTest& test, const Problem& problem,
                        const ProblemOptions& chosen) {
  std::string out = fmt::format("{:<8} {:>9}   {}\n", "mark", "rate", "what it is");
  for (const auto& [name, rate, meaning] : marks_of(test))
    out += fmt::format("{:<8} {:>9.2g}   {}\n", name, rate, meaning);
  if (fall(test) < 5)
    out += fmt::format(
        "note: the loss fell by {:.1f}% only, so the marks may be chance; try a higher --end, or "
        "another --seed\n",
        fall(test));
  const std::string rate = fmt::format("{:.2g}", test.valley);
  return out + fmt::format("\nin C++:\n{}\n{}", problem.compile_code(rate),
                           next_command(test, problem, chosen));
}

/// The pictures where they are wanted, and what they say.
std::string report(const RateTest& test, const Problem& problem, const ProblemOptions& chosen,
                   const LookOptions& look, const std::string& written) {
  std::string out =
      fmt::format("{}smoothed loss over the learning rate, {} updates{}\n", problem.about_text(),
                  test.losses.size(), test.diverged ? ", after which it ran away" : "");
  if (look.plots.empty() || look.shown()) out += plot(curve_of(test), look.terminal());
  return out + "\n" + explanation(test, problem, chosen) + written;
}

}  // namespace

std::string FindCommand::run() const {
  const double low = read_positive("--start", start), high = read_positive("--end", end);
  if (high <= low)
    throw UsageError(fmt::format("--end: must be above --start {} (got {})", low, high));
  const Extent n = read_whole("--steps", steps, 16, most_steps);
  const bool data = look.data();
  const Problem problem = make_problem(chosen);
  if (problem.has_rate)
    throw UsageError("--optimizer: must come without a learning rate, which find-lr varies itself");
  const RateTest test =
      find_learning_rate(problem.model, problem.data.x, problem.data.y,
                         {.start = low, .end = high, .steps = n, .batch_size = problem.batch_size});
  if (test.valley == 0)
    throw DivergedError(fmt::format(
        "training diverges at once: the loss ran away after {} updates, so there is no rate to "
        "suggest; try a lower --start (got {})",
        test.losses.size(), low));
  const std::string written =
      plot_files(look, [&] { return std::vector{panel_of(curve_of(test), "loss, smoothed")}; });
  if (!data) return report(test, problem, chosen, look, written);
  return look.csv ? csv_of(test) : json_of(test);
}
