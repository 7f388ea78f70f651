#include "training/expectation.h"

#include <gradus/models/best_schedule.h>

#include <set>

#include "terminal/command.h"
#include "terminal/option_words.h"
#include "training/stability.h"

using namespace gradus;

namespace {

constexpr Step most_curve_updates = 1'000'000;  ///< of all curves together
constexpr std::size_t printed_knots = 64;       ///< of the best schedule

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
  return {.x = problem.data.x,
          .y = problem.data.y,
          .batch_size = rows_per_batch(problem),
          .optimizer = optimizer,
          .steps = c.steps,
          .sampling = how == Sampling::shuffled ? Sampling::fresh : how,
          .start = start};
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

Json to_json(const ExpectedCurve& c, const std::optional<double>& best) {
  Json out = Json::object({{"label", c.label},
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
  if (best) out["above_best"] = c.loss() - *best;
  for (const auto& [step, loss, error] : c.means)
    out["runs"].push_back(Json::object({{"step", step}, {"mean", loss}, {"error", error}}));
  return out;
}

}  // namespace

ContenderOptions ExpectOptions::line() {
  ContenderOptions out;
  out.problem.data.name = "line";
  out.problem.network.layers = "none";
  out.problem.network.sampling = "fresh";
  return out;
}

std::vector<Contender> expected_contenders(const ExpectOptions& from, bool with_runs) {
  ContenderOptions options = from.chosen;
  NetworkOptions& network = options.problem.network;
  // On a file `sgd` alone means sgd(global_clipnorm=1), which is not linear.
  if (is_file(options.problem.data.name) && network.optimizer == "sgd") network.optimizer = "sgd()";
  const std::vector<Contender> contenders = make_contenders(from.expressions, from.vary, options);
  for (const Contender& c : contenders)
    check<UsageError>(
        with_runs || c.problem->network.sampling != Sampling::shuffled,
        "--sampling: must be fresh, replacement or full without --runs (got shuffled)");
  const Step updates = updates_of(contenders);
  check<UsageError>(updates <= most_curve_updates,
                    "all curves: must have at most {} updates (got {})", most_curve_updates,
                    updates);
  return contenders;
}

ExpectedCurve make_curve(const Contender& contender) {
  const ExpectedOptions options = to_options(contender);
  ExpectedCurve out{contender, expected_loss(options)};
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

std::pair<ExpectedCurve, double> best_curve(const std::vector<ExpectedCurve>& curves) {
  const auto problem_of = [](const Contender& c) {
    ProblemOptions options = c.problem->options;
    options.network.optimizer = NetworkOptions().optimizer;
    return std::pair(words_of(options), c.steps);
  };
  for (const ExpectedCurve& c : curves)
    check<UsageError>(problem_of(c) == problem_of(curves[0]),
                      "--best: all schedules must have the same data, batches and length");
  Contender best = *std::ranges::min_element(curves, {}, &ExpectedCurve::loss);
  const ExpectedOptions options = to_options(best);
  const BestSchedule found = best_schedule(options);
  best.label = "best";
  best.rate = thinned(found, options);
  best.text = to_string(best.rate);
  return {make_curve(best), best.problem->model.loss_unit() * found.loss};
}

Json to_json(const Expected& expected, const std::vector<std::string>& command) {
  Json out =
      Json::object({{"about", expected.about()}, {"command", command}, {"runs", expected.runs}});
  for (const ExpectedCurve& c : expected.curves)
    out["schedules"].push_back(to_json(c, expected.best));
  return out;
}
