/// gradus compare: several schedules on one problem.

#include <fmt/format.h>
#include <gradus/schedules/canvas.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "commands/compare.h"
#include "pictures/plot_file.h"
#include "problem/expression.h"
#include "terminal/option_words.h"
#include "training/comparison.h"

using namespace gradus;

namespace {

constexpr std::int64_t most_batches = 10'000'000;  ///< of all runs together

// ---- what is drawn ------------------------------------------------------------------------------

/// Above this a curve is of no interest.
double ceiling(const Comparison& c) { return Run::far_above * c.first_loss; }

/// The means of the losses, at most the ceiling, where those that have no more lie.
std::vector<double> drawn_losses(const Comparison& c, const Outcome& outcome) {
  std::vector<double> out;
  for (const double loss : outcome.losses)
    out.push_back(loss <= ceiling(c) ? loss : ceiling(c));  // so for nan
  return out;
}

std::vector<double> all_drawn(const Comparison& c) {
  std::vector<double> all;
  for (const Outcome& outcome : c.outcomes)
    for (const double loss : drawn_losses(c, outcome)) all.push_back(loss);
  return all;
}

std::vector<LabelledSchedule> rates_of(const Comparison& c) {
  std::vector<LabelledSchedule> out;
  for (const Outcome& outcome : c.outcomes)
    out.push_back({outcome.contender.label, outcome.contender.rate});
  return out;
}

std::vector<LabelledSchedule> losses_of(const Comparison& c) {
  std::vector<LabelledSchedule> out;
  for (const Outcome& outcome : c.outcomes)
    out.push_back({outcome.contender.label, straight_lines(c.looks, drawn_losses(c, outcome))});
  return out;
}

std::vector<Panel> panels_of(const Comparison& c) {
  LinesPlot losses{.x_name = "step",
                   .y_name = "loss on all rows, mean over seeds",
                   .lines = {},
                   .log_y = spread_far(all_drawn(c)),
                   .legend = false};
  std::vector<double> steps(c.looks.begin(), c.looks.end());
  for (const Outcome& outcome : c.outcomes)
    losses.lines.push_back({outcome.contender.label, steps, drawn_losses(c, outcome)});
  std::vector<Panel> panels{panel_of(rates_of(c), c.steps), panel_of(losses)};
  if (c.contours) panels.push_back(panel_of(*c.contours));
  return panels;
}

std::string pictures(const Comparison& c, const LookOptions& look, std::size_t seeds) {
  PlotOptions options = look.terminal();
  options.height = 10;
  std::string out = "learning rate\n" + plot(rates_of(c), c.steps, options);
  options.log_y = spread_far(all_drawn(c));
  options.height = 12;
  out += fmt::format("\nloss on all rows, {}\n",
                     seeds == 1 ? "one seed" : fmt::format("mean of {} seeds", seeds)) +
         plot(losses_of(c), c.steps, options);
  if (!c.contours) return out;
  options.height = 20;
  return out +
         "\nthe way of w and b over lines of equal loss, first seed;\nmarks after 0, 1, 2, 4, 8, "
         "... updates and at the end; @ is the least loss\n" +
         plot(*c.contours, options);
}

// ---- what is written ----------------------------------------------------------------------------

/// To three digits.
std::string number(double v) { return std::isnan(v) ? "-" : fmt::format("{:#.3g}", v); }

/// A deviation to the last decimal that three digits of the mean have.
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
  std::string out = "loss: on all rows, after the run";
  if (seeds > 1) out += fmt::format(", mean of {} seeds; +-: the deviation over them", seeds);
  out += fmt::format("\nsteps: {}looked at every {}; budget: the sum of the rates\n",
                     seeds > 1 ? "the median, " : "",
                     c.every == 1 ? "update" : fmt::format("{} updates", c.every));
  for (const Outcome& o : c.outcomes)
    if (o.contender.factor != 1)
      out += fmt::format("{}: scaled to the first one's budget\n", o.contender.label);
  return out;
}

/// In how many runs with the same seed the first ended below the second.
std::size_t wins(const Outcome& first, const Outcome& second) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < first.finals.size(); ++i)
    if (first.finals[i] < second.finals[i] ||
        (!std::isnan(first.finals[i]) && std::isnan(second.finals[i])))
      ++n;
  return n;
}

/// Which one is best, and whether that may be chance: a fair coin is rarely more than sqrt(n) above
/// n / 2 heads in n throws.
std::string verdict(const Comparison& c, std::size_t seeds) {
  if (c.outcomes.size() == 1) return "";
  const Outcome &best = c.best(), &next = c.outcomes[c.order[1]];
  const std::string a = best.contender.label, b = next.contender.label;
  if (best.diverged == next.diverged && best.end() == next.end())
    return fmt::format("no clear winner: {}\nand {} end at the same loss, to three digits\n", a, b);
  const double n = static_cast<double>(seeds), by_chance = n / 2 + std::sqrt(n);
  if (n <= by_chance)
    return fmt::format("{} ends lowest, by {}; --seeds 10 may differ\n", a,
                       seeds == 1 ? "one seed" : fmt::format("{} seeds", seeds));
  const std::size_t won = wins(best, next);
  if (static_cast<double>(won) <= by_chance)
    return fmt::format(
        "no clear winner: {} ends lowest in the mean,\nbut below {} for {} of {} seeds only\n", a,
        b, won, seeds);
  const bool close = next.mean - best.mean < std::max(best.deviation, next.deviation);
  return fmt::format("{} ends lowest:\nbelow {}, the next, for {} of {} seeds{}\n", a, b, won,
                     seeds, close ? ",\nthough by less than the spread over seeds" : "");
}

std::string csv_of(const Comparison& c) {
  std::string out = "schedule,step,rate,loss\n";
  for (const Outcome& o : c.outcomes)
    for (std::size_t i = 0; i < c.looks.size(); ++i) {
      const Step t = c.looks[i];
      out += fmt::format("{},{},{},{}\n", csv_cell(o.contender.label), t,
                         t < c.steps ? fmt::format("{}", value(o.contender.rate(t))) : "",
                         std::isnan(o.losses[i]) ? "" : fmt::format("{}", o.losses[i]));
    }
  return out;
}

std::string json_of(const Comparison& c, std::uint64_t first_seed) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const Outcome& o : c.outcomes) {
    Json rates = Json::array();
    for (Step t = 0; t < c.steps; ++t) rates.push_back(value(o.contender.rate(t)));
    Json one{{"label", o.contender.label},
             {"text", o.contender.text},
             {"factor", o.contender.factor},
             {"budget", o.budget},
             {"loss", o.mean},
             {"deviation", o.deviation},
             {"diverged", o.diverged},
             {"steps_to_target", o.to_target ? Json(*o.to_target) : Json()},
             {"final_losses", o.finals},  // nan is written as null
             {"rates", rates},
             {"losses", o.losses}};
    if (c.contours) one["path"] = o.path;
    list.push_back(one);
  }
  Json out{{"steps", c.steps}, {"first_seed", first_seed},         {"target", c.target},
           {"looks", c.looks}, {"best", c.best().contender.label}, {"schedules", list}};
  if (c.contours) out["least"] = *c.contours->goal;
  return out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// ---- what is asked for --------------------------------------------------------------------------

std::vector<Contender> read_contenders(const std::vector<std::string>& expressions) {
  if (expressions.empty())
    throw UsageError("an expression is needed, such as \"CosineDecay(0.1, 210)\"");
  std::vector<Contender> out;
  for (const std::string& text : expressions) {
    const auto [curve, expression] = read_expression(text);
    out.push_back({curve.label, expression, curve.schedule});
  }
  return out;
}

/// Trains as long, or until the end of the pass in which the last update is.
std::string next_command(const CompareCommand& command, const Problem& problem,
                         const Comparison& c) {
  std::vector<std::string> words{"gradus", "train"};
  for (const std::string& word : words_of(command.chosen)) words.push_back(word);
  words.insert(words.end(), {"--epochs", fmt::format("{}", epochs_for(problem, c.steps)),
                             "--schedule", c.best().contender.text});
  return fmt::format("next, that one by itself:\n  {}\n", shell_line(words));
}

void check_length(const Problem& problem, Step updates, std::int64_t runs) {
  const double all = static_cast<double>(updates) * static_cast<double>(runs) *
                     static_cast<double>(batches_per_update(problem));
  if (all > most_batches)
    throw UsageError(fmt::format("all runs together: must be of at most {} batches (got {:.0f})",
                                 most_batches, all));
}

void check_any_left(const Comparison& c, const CompareCommand& command) {
  if (c.any_left()) return;
  std::vector<std::string> words{"gradus", "find-lr"};
  for (const std::string& word : words_of(command.chosen)) words.push_back(word);
  throw DivergedError(
      fmt::format("training diverges in every run; for a lower rate try: {}", shell_line(words)));
}

}  // namespace

std::string CompareCommand::run() const {
  const bool data = look.data();
  std::vector<Contender> contenders = read_contenders(expressions);
  if (std::ranges::count(given, "steps") > 0 && std::ranges::count(given, "epochs") > 0)
    throw UsageError("--steps and --epochs: must not both be given");
  const std::int64_t passes = read_whole("--epochs", epochs, 1, most_batches);
  const std::int64_t runs = read_whole("--seeds", seeds, 1, 1000);
  const Problem problem = make_problem(chosen);
  if (problem.has_rate)
    throw UsageError("--optimizer: must come without a learning rate, which the schedules say");
  const Step updates =
      steps.empty() ? updates_in(problem, passes) : read_whole("--steps", steps, 1, most_batches);
  check_length(problem, updates, runs * std::ssize(contenders));
  CompareOptions options{
      .steps = updates,
      .first_seed = static_cast<std::uint64_t>(read_whole("--seed", chosen.seed, 0)),
      .seeds = runs,
      .target = {}};
  if (!target.empty()) options.target = read_positive("--target", target);
  if (equal_area) equalize(contenders, updates);

  const Comparison c = ::compare(problem, contenders, options);
  check_any_left(c, *this);
  const std::string written = plot_files(look, [&] { return panels_of(c); });
  if (data) return look.csv ? csv_of(c) : json_of(c, options.first_seed);
  const auto n = static_cast<std::size_t>(runs);
  std::string out = problem.about_text();
  if (look.plots.empty() || look.shown()) out += pictures(c, look, n) + "\n";
  out += table(c, n) + explanation(c, n) + "\n" + verdict(c, n) + next_command(*this, problem, c);
  return out + written;
}
