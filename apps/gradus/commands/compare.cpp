#include "commands/compare.h"

#include <fmt/format.h>
#include <gradus/schedules/canvas.h>

#include <algorithm>
#include <cmath>

#include "commands/compare_parts.h"
#include "problem/expression.h"
#include "terminal/command.h"
#include "terminal/json.h"
#include "terminal/option_words.h"
#include "terminal/terminal.h"
#include "terminal/text.h"
#include "training/comparison_pictures.h"
#include "training/tune_rates.h"

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

std::string table(const Comparison& c) {
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
                       std::isnan(o.mean) || c.seeds() - static_cast<std::size_t>(o.diverged) < 2
                           ? "-"
                           : deviation(o.deviation, o.mean),
                       o.to_target ? fmt::format("{:g}", *o.to_target) : "never", column,
                       number(o.budget),
                       o.diverged == 0 ? "no" : fmt::format("{} of {}", o.diverged, c.seeds()));
  return out;
}

std::string explanation(const Comparison& c) {
  const std::size_t seeds = c.seeds();
  std::string out = "loss: on all rows after the run";
  if (seeds > 1) out += fmt::format(", mean of {} seeds; +-: standard deviation", seeds);
  const Step every = c.best().measured[1];
  out += fmt::format("\nsteps: {}measured after every {}; budget: sum of the rates\n",
                     seeds > 1 ? "median, " : "",
                     every == 1 ? "update" : fmt::format("{} updates", every));
  for (const Outcome& o : c.outcomes)
    if (o.contender.factor != 1 && c.searches.empty())
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
std::string verdict(const Comparison& c) {
  const std::size_t seeds = c.seeds();
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

/// The best rates that --tune found.
std::string to_text(const std::vector<RateSearch>& searches, const LookOptions& look) {
  std::string out;
  for (const RateSearch& s : searches) {
    if (look.draws() && s.curve.rates.size() > 1)
      out += "final loss over the greatest rate\n" + plot(s.curve, look.terminal(6));
    out += fmt::format("{}: best at {:.3g}, loss {}; within 10% of it from {:.3g} to {:.3g}\n\n",
                       s.label, s.best, number(s.loss), s.low, s.high);
  }
  return out;
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
  list.clear();
  for (const RateSearch& s : c.searches)
    list.push_back(Json::object({{"label", s.label},
                                 {"best", s.best},
                                 {"good", std::vector{s.low, s.high}},
                                 {"rates", s.curve.rates},
                                 {"losses", s.curve.values}}));
  if (!list.empty()) out.add("searches", list);
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

/// What the options choose.
struct Plan {
  std::shared_ptr<const Problem> problem;
  std::vector<Contender> contenders;
  CompareOptions options;
  std::vector<RateSearch> searches = {};
};

Plan make_plan(const ComparedRuns& from) {
  const std::int64_t passes = read_whole("--epochs", from.epochs, 1, most_batches);
  const std::int64_t runs = read_whole("--seeds", from.seeds, 1, 1000);
  const Step steps = from.steps.empty() ? 0 : read_whole("--steps", from.steps, 1, most_batches);
  const auto problem = std::make_shared<const Problem>(
      make_problem(from.chosen, {.epochs = passes, .steps = steps}));
  refuse_rate(*problem, "the schedules give");
  const auto updates = static_cast<Step>(problem->lengths.all);
  Plan plan{problem, read_contenders(from.expressions, problem, updates), {.seeds = runs}};
  const double all = static_cast<double>(updates * batches_per_update(*problem)) *
                     static_cast<double>((from.tune ? 9 : 1) * runs * std::ssize(plan.contenders));
  check<UsageError>(all <= most_batches,
                    "all runs together: must be at most {} batches (got {:.0f})", most_batches,
                    all);
  if (!from.target.empty()) plan.options.target = read_positive("--target", from.target);
  if (from.equal_area) equalize(plan.contenders);
  return plan;
}

/// Trains under the best schedule, to the end of the epoch that holds the last update.
std::string train_command(const Plan& plan, const Comparison& c) {
  std::vector<std::string> words = words_of(plan.problem->options);
  words.insert(words.end(),
               {"--epochs", fmt::format("{}", epochs_for(*plan.problem, c.best().contender.steps)),
                "--schedule", c.best().contender.text});
  return shell_line({"train"}, words);
}

/// The results as the command prints and draws them.
std::string show(const Plan& plan, const std::vector<TrainingRun>& runs,
                 const PictureOptions& look) {
  Comparison c = summarize(plan.contenders, runs, plan.options);
  c.searches = plan.searches;
  check<DivergedError>(c.any_left(), "training diverged in every run; to find a lower rate: {}",
                       shell_line({"find-lr"}, words_of(plan.problem->options)));
  const std::string written = plot_files(look.plots, [&] {
    std::vector<Panel> panels = make_panels(c, look);
    for (const RateSearch& s : c.searches)
      if (s.curve.rates.size() > 1)
        panels.push_back(make_panel(s.curve, "final loss of " + s.label));
    return panels;
  });
  if (look.csv) return to_csv(c);
  if (look.json) return to_json(c, plan.problem->network.seed + plan.options.skipped_seeds);
  std::string out = plan.problem->about();
  if (look.draws()) out += pictures(c, look) + "\n";
  return out + to_text(c.searches, look) + table(c) + explanation(c) + "\n" + verdict(c) +
         fmt::format("next, train the best one on its own:\n  {}\n{}", train_command(plan, c),
                     written);
}

void check_options(const CompareCommand& command) {
  const auto given = [&](const std::string& key) {
    return std::ranges::count(command.given, key) > 0;
  };
  for (const auto& [one, other] :
       {std::pair("steps", "epochs"), {"tune", "equal-area"}, {"tune", "part"}})
    check<UsageError>(!given(one) || !given(other), "--{} and --{}: must not both be given", one,
                      other);
  for (const OptionWords& option : all_options<ComparedRuns>(command))
    check<UsageError>(!command.merge || option.name == "expressions" || !given(key_of(option.name)),
                      "--merge: the files give {}", option.name);
}

}  // namespace

std::string CompareCommand::run() const {
  look.check_and_want_data();
  check_options(*this);
  const std::size_t threads = read_jobs(jobs);
  const MergedParts merged = merge ? merge_parts(expressions) : MergedParts{*this, {}};
  Plan plan = make_plan(merged.from);
  const SignalWatch signals;
  if (tune) plan.searches = tune_rates(plan.contenders, plan.options, threads);
  const auto requests = requests_for(plan.contenders, plan.options);
  if (!part.empty()) return save_part(*this, requests, threads);
  const auto runs = merge ? merged.runs : run_all(requests, threads);
  check<UsageError>(!merge || runs.size() == requests.size(),
                    "--merge: the files must have {} runs (got {})", requests.size(), runs.size());
  const std::size_t whole = runs.size() / plan.contenders.size();
  const std::string results = whole > 0 ? show(plan, runs, look) : "";
  if (runs.size() == requests.size()) return results;
  throw StoppedError(SignalWatch::caught(),
                     fmt::format("after {} of {} runs; the results are of {} seed{}", runs.size(),
                                 requests.size(), whole, whole == 1 ? "" : "s"),
                     results);
}
