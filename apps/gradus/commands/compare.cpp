#include "commands/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "commands/compare_parts.h"
#include "terminal/command.h"
#include "terminal/option_words.h"
#include "terminal/terminal.h"
#include "terminal/text.h"
#include "training/comparison_json.h"
#include "training/session.h"
#include "training/stability.h"

using namespace gradus;

namespace {

constexpr std::int64_t most_batches = 10'000'000;  ///< of all runs together

/// The deviation, with as many decimals as the mean has.
std::string deviation(double v, double mean) {
  if (!(mean >= 1e-4 && mean < 1e6)) return three_digits(v);
  return fmt::format("{:.{}f}", v, std::max(0, 2 - static_cast<int>(std::floor(std::log10(mean)))));
}

std::string table(const Comparison& c) {
  std::vector<std::vector<std::string>> rows{
      {"schedule", "loss", "+-", "to " + three_digits(c.target), "budget", "worst", "diverged"}};
  for (const Outcome& o : c.outcomes) {
    const bool alone = c.seeds() - static_cast<std::size_t>(o.diverged) < 2;
    const auto bound = bound_of(o.contender);
    rows.push_back({o.contender.label, three_digits(o.mean),
                    std::isnan(o.mean) || alone ? "-" : deviation(o.deviation, o.mean),
                    o.to_target ? fmt::format("{:g}", *o.to_target) : "never",
                    three_digits(o.budget), bound ? three_digits(bound->linear_ratio) : "-",
                    o.diverged == 0 ? "no" : fmt::format("{} of {}", o.diverged, c.seeds())});
  }
  return to_table(rows);
}

std::string explanation(const Comparison& c) {
  const std::size_t seeds = c.seeds();
  std::string out = "loss: on all rows after the run";
  if (seeds > 1) out += fmt::format(", mean of {} seeds; +-: standard deviation", seeds);
  const Step every = c.best().measured[1];
  const bool same = std::ranges::all_of(
      c.outcomes, [&](const Outcome& o) { return o.contender.steps == c.steps; });
  out += fmt::format(
      "\nto {}: updates, {}measured after every {}\n"
      "budget: sum of the rates; worst: convex bound, relative to linear decay\n",
      three_digits(c.target), seeds > 1 ? "median, " : "",
      !same        ? "hundredth of the run"
      : every == 1 ? "update"
                   : fmt::format("{} updates", every));
  for (const Outcome& o : c.outcomes)
    if (o.contender.factor != 1 && c.searches.empty())
      out += fmt::format("{}: scaled to the budget of the first\n", o.contender.label);
  for (const Outcome& o : c.outcomes)
    out +=
        notes_on(o.contender.rate, o.contender.steps, fmt::format("note: {}: ", o.contender.label));
  const Problem& problem = *c.best().contender.problem;
  if (const auto constant = constant_of(c)) {
    out += fmt::format("a constant would have {}\n", three_digits(constant->loss));
    if (c.best().mean >= constant->loss) out += advice_to_train(problem.options);
  }
  return out + about_stable(problem, c.best().first.stable, "best: ");
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

/// Which one is best, and whether that may be due to chance: a fair coin rarely shows more than
/// n / 2 + sqrt(n) heads in n throws.
std::string winner(const Comparison& c) {
  const std::size_t seeds = c.seeds();
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

std::string verdict(const Comparison& c) {
  if (c.outcomes.size() == 1) return "";
  if (!constant_of(c))
    return "no winner: losses of different kinds or on different data do not compare\n";
  const bool as_given = c.searches.empty() && std::ranges::all_of(c.outcomes, [](const Outcome& o) {
                          return o.contender.factor == 1;
                        });
  return winner(c) +
         (as_given ? "all ran at the rates given; --tune compares each at its best\n" : "");
}

/// The best rates that --tune found.
std::string to_text(const std::vector<RateSearch>& searches) {
  std::string out;
  for (const RateSearch& s : searches)
    out += fmt::format("{}: best at {:.3g}, loss {}; within 10% of it from {:.3g} to {:.3g}\n",
                       s.label, s.best, three_digits(s.loss), s.low, s.high);
  return out + (out.empty() ? "" : "\n");
}

std::string to_csv(const Comparison& c) {
  std::string out = "schedule,step,learning_rate,loss\n";
  for (const Outcome& o : c.outcomes)
    for (std::size_t i = 0; i < o.measured.size(); ++i) {
      const Step t = o.measured[i];
      out += fmt::format("{},{},{},{}\n", csv_cell(o.contender.label), t,
                         t < o.contender.steps ? fmt::format("{}", value(o.contender.rate(t))) : "",
                         std::isnan(o.losses[i]) ? "" : fmt::format("{}", o.losses[i]));
    }
  return out;
}

/// The runs that the options choose.
struct Plan {
  ComparedRuns from;
  std::vector<Contender> contenders;
  CompareOptions options;
  std::vector<RateSearch> searches = {};
};

Plan make_plan(const ComparedRuns& from) {
  check<UsageError>(!from.expressions.empty(),
                    "give a schedule, such as \"CosineDecay(0.1, 210)\"");
  const std::int64_t runs = read_whole("--seeds", from.seeds, 1, 1000);
  Plan plan{from, make_contenders(from.expressions, from.vary, from.chosen), {.seeds = runs}};
  double all = 0;
  for (const Contender& c : plan.contenders)
    all += static_cast<double>(c.steps * batches_per_update(*c.problem)) *
           static_cast<double>((from.tune ? 9 : 1) * runs);
  check<UsageError>(all <= most_batches,
                    "all runs together: must be at most {} batches (got {:.0f})", most_batches,
                    all);
  if (!from.target.empty()) plan.options.target = read_positive("--target", from.target);
  if (from.equal_area) equalize(plan.contenders);
  return plan;
}

/// Trains the best one, to the end of the epoch that holds its last update.
std::string train_command(const Contender& best) {
  std::vector<std::string> words = words_without_rate(best.problem->options);
  words.insert(words.end(), {"--epochs", fmt::format("{}", epochs_for(*best.problem, best.steps)),
                             "--schedule", best.text});
  return shell_line({"train"}, words);
}

/// The results as the command prints and draws them. DivergedError, with them, when every run
/// diverged.
std::string show(const Plan& plan, const std::vector<TrainingRun>& runs,
                 const PictureOptions& look) {
  Comparison c = summarize(plan.contenders, runs, plan.options);
  c.searches = plan.searches;
  const std::vector<Panel> panels = make_panels(c, look);
  const std::string written = look.files(panels);
  const bool data = look.csv || look.json;
  std::string below = to_text(c.searches) + table(c);
  if (!c.any_left())
    throw DivergedError(
        fmt::format(
            "training diverged in every run; to find a lower rate: {}",
            shell_line({"find-lr"}, words_without_rate(plan.contenders[0].problem->options))),
        data ? "" : about(plan.contenders) + look.pictures(panels, below) + below + written);
  if (data)
    return look.csv
               ? to_csv(c)
               : to_line(to_json(c, plan.options, words_of(plan.from, {CompareCommand::name})));
  below += explanation(c) + "\n" + verdict(c) +
           fmt::format("next, train the best one on its own:\n  {}\n",
                       train_command(c.best().contender));
  return about(plan.contenders) + look.pictures(panels, below) + below + written;
}

}  // namespace

std::string CompareCommand::run() const {
  look.check_and_want_data();
  check<UsageError>(!tune || (!equal_area && part.empty()),
                    "--tune: must be given without --equal-area and --part");
  check<UsageError>(!merge || part.empty(), "--merge: must be given without --part");
  check<UsageError>(!part.empty() || out.empty(), "--out: must be given with --part");
  for (const OptionWords& option : all_options<ComparedRuns>(*this))
    check<UsageError>(!merge || option.name == "expressions" ||
                          std::ranges::count(given, key_of(option.name)) == 0,
                      "--merge: the files give {}", option.name);
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
