#include "commands/find_lr.h"

#include <gradus/models/find_learning_rate.h>

#include "problem/baseline.h"
#include "terminal/command.h"
#include "terminal/option_words.h"
#include "training/stability.h"
#include "training/training_run.h"

using namespace gradus;

namespace {

constexpr std::int64_t most_steps = 20'000;

struct Mark {
  const char* name;
  double rate;
  const char* meaning;
};

std::vector<Mark> marks(const RateTest& test, const Problem& problem) {
  std::vector<Mark> out{{"valley", test.valley, "a third of the fall is done: a safe, quick start"},
                        {"steep", test.steep, "where the loss falls fastest"},
                        {"minimum", test.minimum, "a tenth of the rate with the lowest loss"}};
  for (const double rate : stable_rates(problem, {}))
    out.push_back({"stable", rate, "the highest stable rate, by the greatest curvature"});
  return out;
}

std::string curve_name(const RateTest& test, const Problem& problem) {
  const std::int64_t all = problem.data.x.shape()[0];
  return test.rows == all ? fmt::format("loss on all {} rows", all)
                          : fmt::format("loss on {} of {} rows", test.rows, all);
}

std::vector<Panel> make_panels(const RateTest& test, const Problem& problem) {
  LinesPlot out = range_test_plot(test.rates, test.smoothed);
  out.y_name = curve_name(test, problem);
  out.title = fmt::format("{} over the rate, {} updates{}", out.y_name, test.losses.size(),
                          test.diverged ? " until training diverged" : "");
  for (const auto& [name, rate, meaning] : marks(test, problem)) out.marks.push_back({name, rate});
  return {{"loss", out}};
}

/// A reason to doubt the marks, or "".
std::string note(const RateTest& test) {
  const auto least = std::ranges::min_element(test.smoothed);
  if (!test.diverged && least + 1 == test.smoothed.end())
    return "note: the loss still falls at the highest rate; try a higher --end\n";
  const double first = *std::max_element(test.smoothed.begin(), least + 1);
  const double fall = 100 * (first - *least) / std::abs(first);
  return fall >= 5 ? ""
                   : fmt::format(
                         "note: the loss fell by only {:.2g}%, so the marks say little; "
                         "try\nanother --optimizer, other --layers or another --seed\n",
                         fall);
}

std::string to_csv(const RateTest& test) {
  std::string out = "step,learning_rate,loss,smoothed_loss\n";
  for (std::size_t i = 0; i < test.rates.size(); ++i)
    out += fmt::format("{},{},{},{}\n", i, test.rates[i], test.losses[i], test.smoothed[i]);
  return out;
}

std::string to_json(const RateTest& test, const Problem& problem, const FindLrCommand& given) {
  const std::vector<std::string> command =
      words_of(given.chosen,
               {"find-lr", "--start", given.start, "--end", given.end, "--steps", given.steps});
  Json out = Json::object({{"valley", test.valley},
                           {"steep", test.steep},
                           {"minimum", test.minimum},
                           {"diverged", test.diverged},
                           {"rates", test.rates},
                           {"losses", test.losses},
                           {"smoothed", test.smoothed},
                           {"loss_of", curve_name(test, problem)},
                           {"about", problem.about()},
                           {"command", command}});
  for (const double rate : stable_rates(problem, {})) out["stable"] = rate;
  return to_line(out);
}

/// Compares the safe rate as a constant with two schedules of a higher peak.
std::string compare_command(const RateTest& test, const Problem& problem) {
  const Step steps = updates_in(problem, problem.epochs);  // as many as gradus compare makes
  const double peak = std::max(test.valley, test.minimum);
  return shell_line({"compare", fmt::format("{:.2g}", test.valley),
                     fmt::format("CosineDecay({:.2g}, {})", peak, steps),
                     fmt::format("OneCycle({:.2g}, {})", peak, steps)},
                    words_of(problem.options));
}

/// The marks, and the commands to use them.
std::string report(const RateTest& test, const Problem& problem) {
  std::string out = fmt::format("{:<8} {:>9}   {}\n", "mark", "rate", "meaning");
  for (const auto& [name, rate, meaning] : marks(test, problem))
    out += fmt::format("{:<8} {:>9.2g}   {}\n", name, rate, meaning);
  out += fmt::format("lowest loss {:.4g}; a constant would have {:.4g}\n",
                     std::ranges::min(test.smoothed),
                     evaluate_constant(problem, problem.data.y).loss) +
         note(test);
  return out + fmt::format("\nin C++:\n{}\nnext, compare schedules with these rates:\n  {}\n",
                           problem.compile_code(fmt::format("{:.2g}", test.valley)),
                           compare_command(test, problem));
}

}  // namespace

LinesPlot range_test_plot(const std::vector<double>& rates, const std::vector<double>& losses) {
  const auto lowest = std::ranges::min_element(losses);
  return {.x_name = "rate",
          .y_name = "loss",
          .lines = {{"", rates, losses}},
          .legend = false,
          .log_x = true,
          .title = "loss over the rate",
          .top = 1.2 * *std::max_element(losses.begin(), lowest + 1),
          .height = 17};
}

std::string FindLrCommand::run() const {
  const double low = read_positive("--start", start), high = read_positive("--end", end);
  check<UsageError>(high > low, "--end: must be above --start {} (got {})", low, high);
  const std::int64_t n = read_whole("--steps", steps, 16, most_steps);
  const bool data = look.check_and_want_data();
  const Problem problem = make_problem(chosen, {.steps = n});
  refuse_rate(problem, "find-lr varies");
  const RateTest test = find_learning_rate(problem.model, problem.data.x, problem.data.y,
                                           {.start = low,
                                            .end = high,
                                            .steps = n,
                                            .batch_size = problem.network.batch_size,
                                            .sampling = problem.network.sampling});
  check<DivergedError>(
      test.valley > 0 || !test.diverged,
      "training diverged after {} updates, too early to suggest a rate; try a lower "
      "--start (got {})",
      test.losses.size(), low);
  check<RunError>(test.valley > 0, "the loss never fell; try a higher --end (got {})", high);
  const std::vector<Panel> panels = make_panels(test, problem);
  const std::string written = look.files(panels);
  if (data) return look.csv ? to_csv(test) : to_json(test, problem, *this);
  const std::string below = report(test, problem);
  return problem.about() + look.pictures(panels, below) + below + written;
}
