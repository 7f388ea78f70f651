#include "commands/expect.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "terminal/command.h"
#include "terminal/json.h"
#include "terminal/option_words.h"
#include "terminal/terminal.h"
#include "terminal/text.h"

using namespace gradus;

namespace {

constexpr Step most_run_updates = 200'000'000;  ///< of all runs together

/// Trains `count` times under each schedule, from the same first weights. Returns how often.
std::int64_t add_runs(std::vector<ExpectedCurve>& curves, std::int64_t count, std::size_t jobs) {
  const Step all = count * updates_of(curves);
  check<UsageError>(all <= most_run_updates, "--runs: must have at most {} updates (got {})",
                    most_run_updates, all);
  std::vector<RunRequest> requests;
  const auto every = [](const ExpectedCurve& c) { return std::max<Step>(1, c.steps / 10); };
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count); ++i)
    for (const ExpectedCurve& c : curves) {
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
    ExpectedCurve& c = curves[k];
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
struct Results : Expected {
  const ExpectCommand& from;
};

using Part = std::vector<double> Expectation::*;

/// The curves in the form that make_panels() draws.
Comparison to_comparison(const std::vector<ExpectedCurve>& curves, Part part) {
  Comparison out;
  out.first_loss = curves[0].exact.loss[0];
  out.least_possible = curves[0].exact.minimum.loss;
  for (const ExpectedCurve& c : curves) {
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
Panel part_panel(const std::vector<ExpectedCurve>& curves, const char* name, const char* title,
                 Part part) {
  Comparison c = to_comparison(curves, part);
  c.least_possible = {};
  double least = INFINITY;
  for (const ExpectedCurve& curve : curves) least = std::min(least, curve.excess() / 10);
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
  for (const ExpectedCurve& c : r.curves) {
    rows.push_back({c.label, three_digits(c.loss()), three_digits(c.exact.bias.back()),
                    three_digits(c.exact.variance.back())});
    const double above = c.loss() - r.best.value_or(NAN);
    if (r.from.best)
      rows.back().push_back(std::abs(above) < 1e-9 * c.excess() ? "0" : three_digits(above));
    if (r.runs == 0) continue;
    const MeanOfRuns& end = c.means.back();
    rows.back().insert(rows.back().end(),
                       {three_digits(end.loss), three_digits(end.error),
                        std::isnan(c.off(end)) ? "-" : fmt::format("{:+.1f}", c.off(end))});
  }
  return to_table(rows);
}

/// The runs beside the exact curve, in a sentence.
std::string about_runs(const ExpectedCurve& c, std::int64_t runs) {
  if (c.diverged > 0) return fmt::format("{}: {} of {} runs diverged\n", c.label, c.diverged, runs);
  if (c.problem->network.sampling == Sampling::shuffled)
    return fmt::format("{}: shuffled epochs end at {:.2g} times the excess of fresh batches\n",
                       c.label, (c.means.back().loss - c.exact.minimum.loss) / c.excess());
  double most = 0;
  for (const MeanOfRuns& mean : c.means) most = std::max(most, std::abs(c.off(mean)));  // skips nan
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
  for (const ExpectedCurve& c : r.curves) {
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
  for (const ExpectedCurve& c : r.curves) out += r.runs > 0 ? about_runs(c, r.runs) : "";
  if (r.from.best) out += fmt::format("the best schedule, to paste:\n  {}\n", r.curves.back().text);
  const auto noisy = [](const ExpectedCurve& c) { return c.exact.variance.back() > 0; };
  if (r.runs > 0 || std::ranges::none_of(r.curves, noisy)) return out;
  ExpectCommand next = r.from;
  next.runs = std::to_string(std::min<Step>(1000, most_run_updates / updates_of(r.curves)));
  next.look = {};
  return out + fmt::format("next, compare it with real runs:\n  {}\n",
                           shell_line({next.name}, words_of(next)));
}

std::string to_csv(const Results& r) {
  std::string out = "schedule,step,learning_rate,loss,bias,noise\n";
  for (const ExpectedCurve& c : r.curves)
    for (Step t = 0; t <= c.steps; ++t) {
      const auto i = static_cast<std::size_t>(t);
      out += fmt::format("{},{},{},{},{},{}\n", csv_cell(c.label), t,
                         t < c.steps ? fmt::format("{}", value(c.rate(t))) : "", c.exact.loss[i],
                         c.exact.bias[i], c.exact.variance[i]);
    }
  return out;
}

/// The results as the command prints and draws them.
std::string show(const Results& r) {
  const LookOptions& look = r.from.look;
  const std::vector<Panel> panels = make_panels(r);
  const std::string written = look.files(panels);
  if (look.csv) return to_csv(r);
  if (look.json) return to_line(to_json(r, words_of(r.from, {ExpectCommand::name})));
  const std::string below = table(r) + explanation(r);
  return r.about() + look.pictures(panels, below) + below + written;
}

}  // namespace

std::string ExpectCommand::run() const {
  look.check_and_want_data();
  check<UsageError>(!expressions.empty(), "give a schedule, such as \"CosineDecay(0.1, 210)\"");
  const std::int64_t count = read_whole("--runs", runs, 0, 1'000'000);
  const std::size_t threads = read_jobs(jobs);
  Results r{{}, *this};
  for (const Contender& c : expected_contenders(*this, count > 0))
    r.curves.push_back(make_curve(c));
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
