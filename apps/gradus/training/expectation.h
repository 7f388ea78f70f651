#pragma once
/// Exact expected losses of schedules, beside the mean of real runs where these are wanted.

#include <gradus/models/expected_loss.h>

#include "terminal/json.h"
#include "training/contenders.h"

/// The options that choose the curves.
struct ExpectOptions {
  std::vector<std::string> expressions, vary;
  ContenderOptions chosen = line();
  std::string runs = "0";
  bool best = false;

  static void options(auto& self, auto&& option) {
    option(self.expressions, "expressions",
           "Schedules, or optimizers with schedules, each EXPR or NAME=EXPR", "EXPR");
    option(self.vary, "--vary", "As for gradus compare: batch-size=1,8", "KEY=VALUES");
    ContenderOptions::options(self.chosen, option);
    option(self.best, "--best", "Also find the schedule with the least expected loss at the end");
    option(self.runs, "--runs", "Also train N times under each schedule, with other batches", "N");
  }
  /// The defaults: the line, a model without hidden layers, fresh batches.
  static ContenderOptions line();
};

/// The mean loss of the runs after so many updates, and its standard error.
struct MeanOfRuns {
  gradus::Step step;
  double loss, error;
};

/// A contender, its exact losses in the target's own units, and the results of its runs.
struct ExpectedCurve : Contender {
  gradus::Expectation exact;
  /// The largest stable rates, for its batches and for all rows; nan where they are not known.
  double stable = NAN, stable_full = NAN;
  std::int64_t diverged = 0;  ///< number of runs
  std::vector<MeanOfRuns> means = {};

  double loss() const { return exact.loss.back(); }
  double excess() const { return exact.bias.back() + exact.variance.back(); }
  /// If the final loss is far above the first: the first update after which it was.
  std::optional<gradus::Step> diverged_at() const {
    const auto far = [&](double v) { return !(v <= TrainingRun::far_above * exact.loss[0]); };
    if (!far(loss())) return {};
    return std::ranges::find_if(exact.loss, far) - exact.loss.begin();
  }
  /// The distance of the mean from the exact loss in standard errors; nan where all runs are equal.
  double off(const MeanOfRuns& mean) const {
    const double exact_loss = exact.loss[static_cast<std::size_t>(mean.step)];
    return mean.error > 1e-9 * mean.loss ? (mean.loss - exact_loss) / mean.error : NAN;
  }
};

/// The curves, the best one last where it was wanted.
struct Expected {
  std::vector<ExpectedCurve> curves;
  std::optional<double> best = {};  ///< loss of the best schedule
  std::int64_t runs = 0;            ///< of each curve

  std::string about() const { return ::about({curves.begin(), curves.end()}); }
};

/// The contenders. UsageError also unless each can have an exact curve; shuffled batches only
/// `with_runs`.
std::vector<Contender> expected_contenders(const ExpectOptions& options, bool with_runs);
/// UsageError unless the model is linear and its loss the mean squared error.
ExpectedCurve make_curve(const Contender& contender);
/// The best schedule, after a descent from the best of these, and its loss before it is thinned to
/// a text. UsageError unless all have the same problem and length.
std::pair<ExpectedCurve, double> best_curve(const std::vector<ExpectedCurve>& curves);
/// Of all together.
gradus::Step updates_of(const auto& contenders) {
  gradus::Step sum = 0;
  for (const Contender& c : contenders) sum += c.steps;
  return sum;
}

/// `command` has the words after `gradus` that compute these curves.
Json to_json(const Expected& expected, const std::vector<std::string>& command);
