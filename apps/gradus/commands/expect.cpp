#include "commands/expect.h"

#include <fmt/format.h>
#include <gradus/models/best_schedule.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "terminal/command.h"
#include "terminal/json.h"
#include "terminal/option_words.h"
#include "terminal/terminal.h"
#include "terminal/text.h"
#include "training/stability.h"

using namespace gradus;

namespace {

constexpr Step most_updates = 1'000'000;        ///< of all curves together
constexpr Step most_run_updates = 200'000'000;  ///< of all runs together
constexpr std::size_t printed_knots = 64;       ///< of the best schedule

/// The mean loss of the runs after so many updates, and its standard error.
struct Mean {
  Step step;
  double loss, error;
};

/// A contender, its exact losses in the target's own units, and the results of its runs.
struct Curve : Contender {
  Expectation exact;
  /// The largest stable rates, for its batches and for all rows; nan where they are not known.
  double stable = NAN, stable_full = NAN;
  std::int64_t diverged = 0;  ///< number of runs
  std::vector<Mean> means = {};

  double loss() const { return exact.loss.back(); }
  double excess() const { return exact.bias.back() + exact.variance.back(); }
  /// If the final loss is far above the first: the first update after which it was.
  std::optional<Step> diverged_at() const {
    const auto far = [&](double v) { return !(v <= TrainingRun::far_above * exact.loss[0]); };
    if (!far(loss())) return {};
    return std::ranges::find_if(exact.loss, far) - exact.loss.begin();
  }
  /// The distance of the mean from the exact loss in standard errors; nan where all runs are equal.
  double off(const Mean& mean) const {
    const double exact_loss = exact.loss[static_cast<std::size_t>(mean.step)];
    return mean.error > 1e-9 * mean.loss ? (mean.loss - exact_loss) / mean.error : NAN;
  }
};

/// UsageError unless the model is linear and its loss the mean squared error.
ExpectedOptions to_options(const Contender& c) {
  const Problem& problem = *c.problem;
  check<UsageError>(problem.network.hidden.empty(),
                    "--layers: must be none: only a linear model has an exact curve (got {})",
                    clean(problem.options.network.layers));
  const std::string_view loss = problem.loss.name;
  check<UsageError>(loss == "mean_squared_error",
                    "--loss: must be mean_squared_error on a numeric target (got {})", loss);
  Sequential model = problem.model;
  model.build(problem.data.x.shape());
  std::vector<double> start;
  for (const Weight& weight : model.weights())
    for (const Scalar v : weight.tensor.values()) start.push_back(value(v));
  Optimizer optimizer = model.optimizer();
  optimizer.set_learning_rate(c.rate);
  const Sampling how = problem.network.sampling;
  const std::int64_t rows = problem.data.x.shape()[0], size = problem.network.batch_size;
  return {.x = problem.data.x,
          .y = problem.data.y,
          .batch_size = how == Sampling::replacement ? size : std::min(size, rows),  // as fit()
          .optimizer = optimizer,
          .steps = c.steps,
          .sampling = how == Sampling::shuffled ? Sampling::fresh : how,
          .start = start};
}

Curve make_curve(const Contender& contender) {
  const ExpectedOptions options = to_options(contender);
  Curve out{contender, expected_loss(options)};
  try {
    out.stable = largest_rate(options);
  } catch (const ValueError&) {  // only SGD has one
  }
  for (const double rate : stable_rates(*contender.problem, {})) out.stable_full = rate;
  const double unit = contender.problem->model.loss_unit();
  for (std::vector<double>* part : {&out.exact.loss, &out.exact.bias, &out.exact.variance})
    for (double& v : *part) v *= unit;
  out.exact.minimum.loss *= unit;
  return out;
}

/// Straight lines through some of the rates, to four digits, enough for at most 1% more excess.
Schedule thinned(const BestSchedule& best, ExpectedOptions options) {
  std::set<std::size_t> knots{0, best.rates.size() - 1};
  for (std::size_t farthest = 0;; knots.insert(farthest)) {
    PiecewiseInterpolation lines;
    for (const std::size_t t : knots) {
      if (t > 0) lines.boundaries.push_back(t);
      lines.values.push_back(std::stod(fmt::format("{:.4g}", best.rates[t] + 0.0)));
    }
    options.optimizer.set_learning_rate(lines);
    const Expectation e = expected_loss(options);
    if (e.loss.back() - e.minimum.loss <= 1.01 * (best.loss - e.minimum.loss) ||
        knots.size() == std::min(best.rates.size(), printed_knots))
      return lines;
    double most = -1;
    for (std::size_t t = 0; t < best.rates.size(); ++t)
      if (const double d = std::abs(value(lines(static_cast<double>(t))) - best.rates[t]);
          d > most && !knots.contains(t))
        most = d, farthest = t;
  }
}

/// The best schedule, after a descent from the best of these, and its loss before thinned().
/// UsageError unless all have the same problem and length.
std::pair<Curve, double> best_curve(const std::vector<Curve>& curves) {
  const auto problem_of = [](const Contender& c) {
    ProblemOptions options = c.problem->options;
    options.network.optimizer = NetworkOptions().optimizer;
    return std::pair(words_of(options), c.steps);
  };
  for (const Curve& c : curves)
    check<UsageError>(problem_of(c) == problem_of(curves[0]),
                      "--best: all schedules must have the same data, batches and length");
  Contender best = *std::ranges::min_element(curves, {}, &Curve::loss);
  const ExpectedOptions options = to_options(best);
  const BestSchedule found = best_schedule(options);
  best.label = "best";
  best.rate = thinned(found, options);
  best.text = to_string(best.rate);
  return {make_curve(best), best.problem->model.loss_unit() * found.loss};
}

Step updates_of(const auto& contenders) {
  Step sum = 0;
  for (const Contender& c : contenders) sum += c.steps;
  return sum;
}

/// Trains `count` times under each schedule, from the same first weights. Returns how often.
std::int64_t add_runs(std::vector<Curve>& curves, std::int64_t count, std::size_t jobs) {
  const Step all = count * updates_of(curves);
  check<UsageError>(all <= most_run_updates, "--runs: must have at most {} updates (got {})",
                    most_run_updates, all);
  std::vector<RunRequest> requests;
  const auto every = [](const Curve& c) { return std::max<Step>(1, c.steps / 10); };
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count); ++i)
    for (const Curve& c : curves) {
      const std::uint64_t seed = c.problem->network.seed;
      requests.push_back({c.problem.get(),
                          {.rate = c.rate,
                           .steps = c.steps,
                           .seed = seed + i,
                           .every = every(c),
                           .seed_of_weights = seed}});
    }
  const std::vector<TrainingRun> runs = run_all(requests, jobs);
  const std::size_t whole = runs.size() / curves.size();
  for (std::size_t k = 0; k < curves.size() && whole > 0; ++k) {
    Curve& c = curves[k];
    for (Step step = 0; c.means.empty() || c.means.back().step < c.steps; step += every(c)) {
      std::vector<double> losses;
      for (std::size_t i = 0; i < whole; ++i)
        if (const TrainingRun& run = runs[i * curves.size() + k];
            c.means.size() < run.losses.size())
          losses.push_back(run.losses[c.means.size()]);
      const double n = static_cast<double>(losses.size());
      c.means.push_back({std::min(step, c.steps), mean_of(losses),
                         n < 2 ? NAN : deviation_of(losses) / std::sqrt(n)});
    }
    for (std::size_t i = 0; i < whole; ++i) c.diverged += runs[i * curves.size() + k].diverged;
  }
  return static_cast<std::int64_t>(whole);
}

/// The results of the command.
struct Results {
  const ExpectCommand& from;
  std::vector<Curve> curves;  ///< the best one last, with --best
  double best = 0;            ///< loss of the best schedule
  std::int64_t runs = 0;      ///< of each curve

  std::string about() const { return ::about({curves.begin(), curves.end()}); }
};

using Part = std::vector<double> Expectation::*;

/// The curves in the form that make_panels() draws.
Comparison to_comparison(const std::vector<Curve>& curves, Part part) {
  Comparison out;
  out.first_loss = curves[0].exact.loss[0];
  out.least_possible = curves[0].exact.minimum.loss;
  for (const Curve& c : curves) {
    const std::vector<double>& values = c.exact.*part;
    Outcome o{.contender = c, .first = {}};
    o.first.stable = {std::isnan(c.stable) ? c.stable_full : c.stable};
    for (Step t = 0, every = std::max<Step>(1, c.steps / 1000); t < c.steps + every; t += every) {
      o.measured.push_back(std::min(t, c.steps));
      o.losses.push_back(values[static_cast<std::size_t>(o.measured.back())]);
    }
    o.diverged_at = c.diverged_at();
    if (!o.diverged_at) o.mean = values.back();
    if (c.exact.minimum.loss != curves[0].exact.minimum.loss) out.least_possible = {};
    out.steps = std::max(out.steps, c.steps);
    out.order.insert(o.diverged_at ? out.order.end() : out.order.begin(), out.outcomes.size());
    out.outcomes.push_back(o);
  }
  return out;
}

/// Bias or noise alone, without values below a tenth of the least final excess.
Panel part_panel(const std::vector<Curve>& curves, const char* name, const char* title, Part part) {
  Comparison c = to_comparison(curves, part);
  c.least_possible = {};
  double least = INFINITY;
  for (const Curve& curve : curves) least = std::min(least, curve.excess() / 10);
  for (Outcome& o : c.outcomes)
    for (double& v : o.losses) v = v < least ? NAN : v;
  LinesPlot plot = std::get<LinesPlot>(make_panels(c, {}).back().drawing);
  plot.title = title;
  plot.log_y = true;
  return {name, plot};
}

std::vector<Panel> make_panels(const Results& r) {
  const Comparison c = to_comparison(r.curves, &Expectation::loss);
  std::vector<Panel> out = make_panels(c, {});
  for (Panel& panel : out) {
    LinesPlot& plot = std::get<LinesPlot>(panel.drawing);
    const bool excess = panel.name == "excess";
    if ((!excess && panel.name != "loss") || r.runs == 0) continue;
    plot.title += fmt::format("; marks: mean of {} runs", r.runs);
    for (std::size_t i = 0; i < r.curves.size(); ++i)
      for (const auto& [step, loss, error] : r.curves[i].means)
        plot.lines[i].dots.push_back(
            {static_cast<double>(step), loss - (excess ? *c.least_possible : 0), error});
  }
  out.push_back(part_panel(r.curves, "bias", "bias: the loss of the mean weights, above the least",
                           &Expectation::bias));
  out.push_back(part_panel(r.curves, "noise", "noise: the scatter around the mean weights",
                           &Expectation::variance));
  return out;
}

std::string table(const Results& r) {
  std::vector<std::vector<std::string>> rows{{"schedule", "loss", "bias", "noise"}};
  if (r.from.best) rows[0].emplace_back("above best");
  if (r.runs > 0) rows[0].insert(rows[0].end(), {"runs", "+-", "off"});
  for (const Curve& c : r.curves) {
    rows.push_back({c.label, three_digits(c.loss()), three_digits(c.exact.bias.back()),
                    three_digits(c.exact.variance.back())});
    const double above = c.loss() - r.best;
    if (r.from.best)
      rows.back().push_back(std::abs(above) < 1e-9 * c.excess() ? "0" : three_digits(above));
    if (r.runs == 0) continue;
    const Mean& end = c.means.back();
    rows.back().insert(rows.back().end(),
                       {three_digits(end.loss), three_digits(end.error),
                        std::isnan(c.off(end)) ? "-" : fmt::format("{:+.1f}", c.off(end))});
  }
  return to_table(rows);
}

/// The runs beside the exact curve, in a sentence.
std::string about_runs(const Curve& c, std::int64_t runs) {
  if (c.diverged > 0) return fmt::format("{}: {} of {} runs diverged\n", c.label, c.diverged, runs);
  if (c.problem->network.sampling == Sampling::shuffled)
    return fmt::format("{}: shuffled epochs end at {:.2g} times the excess of fresh batches\n",
                       c.label, (c.means.back().loss - c.exact.minimum.loss) / c.excess());
  double most = 0;
  for (const Mean& mean : c.means) most = std::max(most, std::abs(c.off(mean)));  // skips nan
  if (most == 0) return "";
  return fmt::format("{}: at most {:.1f} standard errors off at each tenth of the run\n", c.label,
                     most);
}

std::string explanation(const Results& r) {
  const Sampling sampling = r.curves[0].problem->network.sampling;
  std::string out = fmt::format("loss: exact mean over {} = {:.4g} (the least) + bias + noise\n",
                                !r.from.vary.empty()                ? "all batches"
                                : sampling == Sampling::replacement ? "batches with replacement"
                                : sampling == Sampling::full        ? "all rows"
                                                                    : "fresh batches",
                                r.curves[0].exact.minimum.loss);
  for (const Curve& c : r.curves) {
    const bool all = std::isnan(c.stable) || c.problem->network.sampling == Sampling::full;
    const std::string line = fmt::format(
        "stable up to a rate of {}{} with all rows\n",
        all ? "" : three_digits(c.stable) + " with these batches, ", three_digits(c.stable_full));
    if (!std::isnan(c.stable_full) && out.find(line) == out.npos)
      out += (&c == &r.curves[0] ? "" : c.label + ": ") + line;
    if (const auto step = c.diverged_at())
      out += fmt::format("{} diverges: its loss is over {} times the first after update {}\n",
                         c.label, TrainingRun::far_above, *step);
  }
  if (r.runs > 0)
    out += "runs: mean; +-: its standard error; off: standard errors above the exact loss\n";
  for (const Curve& c : r.curves) out += r.runs > 0 ? about_runs(c, r.runs) : "";
  if (r.from.best) out += fmt::format("the best schedule, to paste:\n  {}\n", r.curves.back().text);
  const auto noisy = [](const Curve& c) { return c.exact.variance.back() > 0; };
  if (r.runs > 0 || std::ranges::none_of(r.curves, noisy)) return out;
  ExpectCommand next = r.from;
  next.runs = std::to_string(std::min<Step>(1000, most_run_updates / updates_of(r.curves)));
  next.look = {};
  return out + fmt::format("next, compare it with real runs:\n  {}\n",
                           shell_line({next.name}, words_of(next)));
}

std::string to_csv(const Results& r) {
  std::string out = "schedule,step,learning_rate,loss,bias,noise\n";
  for (const Curve& c : r.curves)
    for (Step t = 0; t <= c.steps; ++t) {
      const auto i = static_cast<std::size_t>(t);
      out += fmt::format("{},{},{},{},{},{}\n", csv_cell(c.label), t,
                         t < c.steps ? fmt::format("{}", value(c.rate(t))) : "", c.exact.loss[i],
                         c.exact.bias[i], c.exact.variance[i]);
    }
  return out;
}

std::string to_json(const Results& r) {
  std::vector<std::string> command = words_of(r.from);
  command.insert(command.begin(), ExpectCommand::name);
  Json out = Json::object({{"about", r.about()}, {"command", command}, {"runs", r.runs}});
  for (const Curve& c : r.curves) {
    Json one = Json::object({{"label", c.label},
                             {"text", c.text},
                             {"optimizer", c.problem->options.network.optimizer},
                             {"steps", c.steps},
                             {"least", c.exact.minimum.loss},
                             {"loss", c.loss()},
                             {"stable", c.stable},
                             {"stable_full", c.stable_full},
                             {"losses", c.exact.loss},
                             {"bias", c.exact.bias},
                             {"noise", c.exact.variance},
                             {"diverged", c.diverged}});
    if (r.from.best) one["above_best"] = c.loss() - r.best;
    for (const auto& [step, loss, error] : c.means)
      one["runs"].push_back(Json::object({{"step", step}, {"mean", loss}, {"error", error}}));
    out["schedules"].push_back(one);
  }
  return to_line(out);
}

/// The results as the command prints and draws them.
std::string show(const Results& r) {
  const LookOptions& look = r.from.look;
  const std::vector<Panel> panels = make_panels(r);
  const std::string written = look.files(panels);
  if (look.csv || look.json) return look.csv ? to_csv(r) : to_json(r);
  const std::string below = table(r) + explanation(r);
  return r.about() + look.pictures(panels, below) + below + written;
}

}  // namespace

ContenderOptions ExpectCommand::line() {
  ContenderOptions out;
  out.problem.data.name = "line";
  out.problem.network.layers = "none";
  out.problem.network.sampling = "fresh";
  return out;
}

std::string ExpectCommand::run() const {
  look.check_and_want_data();
  check<UsageError>(!expressions.empty(), "give a schedule, such as \"CosineDecay(0.1, 210)\"");
  const std::int64_t count = read_whole("--runs", runs, 0, 1'000'000);
  const std::size_t threads = read_jobs(jobs);
  ContenderOptions options = chosen;
  NetworkOptions& network = options.problem.network;
  // On a file `sgd` alone means sgd(global_clipnorm=1), which is not linear.
  if (is_file(options.problem.data.name) && network.optimizer == "sgd") network.optimizer = "sgd()";
  const std::vector<Contender> contenders = make_contenders(expressions, vary, options);
  for (const Contender& c : contenders)
    check<UsageError>(
        count > 0 || c.problem->network.sampling != Sampling::shuffled,
        "--sampling: must be fresh, replacement or full without --runs (got shuffled)");
  const Step updates = updates_of(contenders);
  check<UsageError>(updates <= most_updates, "all curves: must have at most {} updates (got {})",
                    most_updates, updates);
  Results r{*this, {}};
  for (const Contender& c : contenders) r.curves.push_back(make_curve(c));
  if (best) {
    auto [curve, loss] = best_curve(r.curves);
    r.curves.push_back(std::move(curve));
    r.best = loss;
  }
  const SignalWatch signals;
  if (count > 0) r.runs = add_runs(r.curves, count, threads);
  const std::string results = show(r);
  if (r.runs == count) return results;
  throw StoppedError(SignalWatch::caught(), fmt::format("after {} of {} runs", r.runs, count),
                     results);
}
