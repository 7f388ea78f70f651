#include "commands/compare.h"

#include <fmt/format.h>
#include <gradus/schedules/canvas.h>

#include <algorithm>
#include <cmath>

#include "problem/expression.h"
#include "terminal/command.h"
#include "terminal/json.h"
#include "terminal/option_words.h"
#include "terminal/text.h"
#include "training/comparison_pictures.h"

using namespace gradus;

namespace {

constexpr std::int64_t most_batches = 10'000'000;  ///< of all runs together

/// The number to three digits.
std::string number(double v) { return std::isnan(v) ? "-" : fmt::format("{:#.3g}", v); }

/// The deviation, with as many decimals as the mean has.
std::string deviation(double v, double mean) {
  if (!(mean >= 1e-4 && mean < 1e6)) return number(v);
  return fmt::format("{:.{}f}", v, std::max(0, 2 - static_cast<int>(std::floor(std::log10(mean)))));
}

std::string table(const Comparison& c, std::size_t seeds) {
  constexpr std::size_t most = 30;
  std::size_t width = 8;
  for (const Outcome& outcome : c.outcomes)
    width = std::max(width, std::min(most, outcome.contender.label.size()));
  const std::string to = fmt::format("steps to {}", number(c.target));
  const std::size_t column = std::max<std::size_t>(to.size(), 8);
  std::string out = fmt::format("{:<{}}  {:>8}  {:>8}  {:>{}}  {:>8}  {}\n", "schedule", width,
                                "loss", "+-", to, column, "budget", "diverged");
  for (const Outcome& o : c.outcomes)
    out += fmt::format("{:<{}}  {:>8}  {:>8}  {:>{}}  {:>8}  {}\n",
                       detail::shortened(o.contender.label, width), width, number(o.mean),
                       std::isnan(o.mean) || seeds - static_cast<std::size_t>(o.diverged) < 2
                           ? "-"
                           : deviation(o.deviation, o.mean),
                       o.to_target ? fmt::format("{:g}", *o.to_target) : "never", column,
                       number(o.budget),
                       o.diverged == 0 ? "no" : fmt::format("{} of {}", o.diverged, seeds));
  return out;
}

std::string explanation(const Comparison& c, std::size_t seeds) {
  std::string out = "loss: on all rows after the run";
  if (seeds > 1) out += fmt::format(", mean of {} seeds; +-: standard deviation", seeds);
  const Step every = c.best().measured[1];
  out += fmt::format("\nsteps: {}measured after every {}; budget: sum of the rates\n",
                     seeds > 1 ? "median, " : "",
                     every == 1 ? "update" : fmt::format("{} updates", every));
  for (const Outcome& o : c.outcomes)
    if (o.contender.factor != 1)
      out += fmt::format("{}: scaled to the budget of the first\n", o.contender.label);
  return out + c.best().first.about_stable("best: ");
}

/// The number of seeds for which the first ended below the second.
std::size_t wins(const Outcome& first, const Outcome& second) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < first.finals.size(); ++i)
    if (first.finals[i] < second.finals[i] ||
        (!std::isnan(first.finals[i]) && std::isnan(second.finals[i])))
      ++n;
  return n;
}

/// Which schedule is best, and whether that may be due to chance: a fair coin rarely shows more
/// than n / 2 + sqrt(n) heads in n throws.
std::string verdict(const Comparison& c, std::size_t seeds) {
  if (c.outcomes.size() == 1) return "";
  const Outcome &best = c.best(), &next = c.outcomes[c.order[1]];
  const std::string a = best.contender.label, b = next.contender.label;
  if (best.diverged == next.diverged && best.end() == next.end())
    return fmt::format("no clear winner: {}\nand {} end at the same loss, to three digits\n", a, b);
  const double n = static_cast<double>(seeds), by_chance = n / 2 + std::sqrt(n);
  if (n <= by_chance)
    return fmt::format("{} ends lowest, but after only {}; try --seeds 10\n", a,
                       seeds == 1 ? "one seed" : fmt::format("{} seeds", seeds));
  const std::size_t won = wins(best, next);
  if (static_cast<double>(won) <= by_chance)
    return fmt::format(
        "no clear winner: {} ends lowest on average,\nbut below {} for only {} of {} seeds\n", a, b,
        won, seeds);
  const bool close = next.mean - best.mean < std::max(best.deviation, next.deviation);
  return fmt::format("{} ends lowest:\nbelow {}, the runner-up, for {} of {} seeds{}\n", a, b, won,
                     seeds, close ? ",\nthough by less than the deviation over seeds" : "");
}

std::string to_csv(const Comparison& c) {
  std::string out = "schedule,step,rate,loss\n";
  for (const Outcome& o : c.outcomes)
    for (std::size_t i = 0; i < o.measured.size(); ++i) {
      const Step t = o.measured[i];
      out += fmt::format("{},{},{},{}\n", csv_cell(o.contender.label), t,
                         t < o.contender.steps ? fmt::format("{}", value(o.contender.rate(t))) : "",
                         std::isnan(o.losses[i]) ? "" : fmt::format("{}", o.losses[i]));
    }
  return out;
}

Json to_json(const Outcome& o) {
  std::vector<double> rates;
  for (Step t = 0; t < o.contender.steps; ++t) rates.push_back(value(o.contender.rate(t)));
  return Json::object({{"label", o.contender.label},
                       {"text", o.contender.text},
                       {"factor", o.contender.factor},
                       {"budget", o.budget},
                       {"loss", o.mean},
                       {"deviation", o.deviation},
                       {"diverged", o.diverged},
                       {"steps_to_target", o.to_target ? Json(*o.to_target) : Json()},
                       {"final_losses", o.finals},
                       {"stable_rates", o.first.stable},
                       {"rates", rates},
                       {"losses", o.losses}});
}

std::string to_json(const Comparison& c, std::uint64_t first_seed) {
  std::vector<Json> list;
  for (const Outcome& o : c.outcomes) {
    list.push_back(to_json(o));
    if (c.contours) list.back().add("path", o.first.path);
  }
  Json out = Json::object({{"steps", c.steps},
                           {"first_seed", first_seed},
                           {"target", c.target},
                           {"looks", c.best().measured},
                           {"best", c.best().contender.label},
                           {"schedules", list}});
  if (c.contours) out.add("least", *c.contours->goal);
  return out.line();
}

std::vector<Contender> read_contenders(const std::vector<std::string>& expressions,
                                       const std::shared_ptr<const Problem>& problem, Step steps) {
  check<UsageError>(!expressions.empty(), "give a schedule, such as \"CosineDecay(0.1, 210)\"");
  std::vector<Contender> out;
  for (const std::string& text : expressions) {
    const auto [curve, expression] = read_expression(text, problem->lengths);
    out.push_back({.label = curve.label,
                   .text = expression,
                   .rate = curve.schedule,
                   .problem = problem,
                   .steps = steps});
  }
  return out;
}

/// Trains under the best schedule, to the end of the epoch that holds the last update.
std::string train_command(const Problem& problem, const Comparison& c) {
  std::vector<std::string> words = words_of(problem.options);
  words.insert(words.end(), {"--epochs", fmt::format("{}", epochs_for(problem, c.steps)),
                             "--schedule", c.best().contender.text});
  return shell_line({"train"}, words);
}

void check_length(const Problem& problem, Step updates, std::int64_t runs) {
  const double all = static_cast<double>(updates) * static_cast<double>(runs) *
                     static_cast<double>(batches_per_update(problem));
  check<UsageError>(all <= most_batches,
                    "all runs together: must be at most {} batches (got {:.0f})", most_batches,
                    all);
}

}  // namespace

std::string CompareCommand::run() const {
  const bool data = look.check_and_want_data();
  check<UsageError>(
      std::ranges::count(given, "steps") == 0 || std::ranges::count(given, "epochs") == 0,
      "--steps and --epochs: must not both be given");
  const std::int64_t passes = read_whole("--epochs", epochs, 1, most_batches);
  const std::int64_t runs = read_whole("--seeds", seeds, 1, 1000);
  const Step given_steps = steps.empty() ? 0 : read_whole("--steps", steps, 1, most_batches);
  const auto shared = std::make_shared<const Problem>(
      make_problem(chosen, {.epochs = passes, .steps = given_steps}));
  const Problem& problem = *shared;
  refuse_rate(problem, "the schedules give");
  const auto updates = static_cast<Step>(problem.lengths.all);
  std::vector<Contender> contenders = read_contenders(expressions, shared, updates);
  check_length(problem, updates, runs * std::ssize(contenders));
  CompareOptions options{.seeds = runs};
  if (!target.empty()) options.target = read_positive("--target", target);
  if (equal_area) equalize(contenders);

  const Comparison c = compare_schedules(contenders, options);
  const std::vector<Panel> panels = make_panels(c, look);
  const std::string written = look.files(panels);
  const auto n = static_cast<std::size_t>(runs);
  if (!c.any_left())
    throw DivergedError(
        fmt::format("training diverged in every run; to find a lower rate: {}",
                    shell_line({"find-lr"}, words_of(problem.options))),
        data ? "" : problem.about() + look.pictures(panels, table(c, n)) + table(c, n) + written);
  if (data) return look.csv ? to_csv(c) : to_json(c, problem.network.seed);
  const std::string below =
      table(c, n) + explanation(c, n) + "\n" + verdict(c, n) +
      fmt::format("next, train the best one on its own:\n  {}\n", train_command(problem, c));
  return problem.about() + look.pictures(panels, below) + below + written;
}
