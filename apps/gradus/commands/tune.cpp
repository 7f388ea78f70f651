#include "commands/tune.h"

#include <gradus/schedules/canvas.h>

#include "problem/baseline.h"
#include "terminal/command.h"
#include "terminal/option_words.h"

using namespace gradus;

namespace {

constexpr std::int64_t most_knots = 100;

struct Result {
  const Session& session;
  ExactTraining training;
  ExactTuned tuned;

  /// Beyond chance, and by more than a hundredth.
  bool worth_it() const { return tuned.gained && tuned.after < 0.99 * tuned.before; }
  /// The start and what it became.
  std::vector<LabelledSchedule> curves() const {
    return {{"before", session.optimizer().schedule()}, {"after", read_schedule(tuned.schedule)}};
  }
};

/// About a dozen checks, the best among them.
std::string path(const ExactTuned& tuned) {
  const auto best = std::ranges::min_element(tuned.path, {}, &ExactCheck::loss);
  const std::size_t every = (tuned.path.size() + 11) / 12;
  std::string out =
      fmt::format("{:>9} {:>10}  {}\n", "iteration", "loss",
                  detail::shortened(fmt::format("{}", fmt::join(tuned.numbers, ", ")), 57));
  for (std::size_t i = 0; i < tuned.path.size(); ++i) {
    const ExactCheck& check = tuned.path[i];
    const bool is_best = &check == &*best;
    if (i % every > 0 && !is_best) continue;
    out += fmt::format("{:>9} {:>10.4g}", check.iteration, check.loss);
    for (const double number : check.numbers) out += fmt::format(" {:>6.3g}", number);
    out += is_best ? "  best\n" : "\n";
  }
  return out;
}

std::string verdict(const Result& result) {
  const ExactTuned& tuned = result.tuned;
  std::string out = fmt::format("loss on {}, mean and standard error over new seeds:\n",
                                rows_of_loss(result.training));
  out += fmt::format("{:<9} {:>10.4g} +- {:.1g}\n{:<9} {:>10.4g} +- {:.1g}\n", "before",
                     tuned.before, tuned.before_error, "after", tuned.after, tuned.after_error);
  const Problem& problem = result.session.problem();
  const Tensor& y = problem.held_out.x.size() > 0 ? problem.held_out.y : problem.data.y;
  out += fmt::format("a constant would have {:.4g}\n", evaluate_constant(problem, y).loss);
  return out + (result.worth_it()
                    ? fmt::format("the loss is {:.3g} of what it was, after {} runs\n",
                                  tuned.after / tuned.before, tuned.runs)
                    : fmt::format("nothing gained in {} runs: stay with the start\n", tuned.runs));
}

std::string to_csv(const ExactTuned& tuned) {
  std::string out = "iteration,loss,schedule\n";
  for (const ExactCheck& check : tuned.path)
    out += fmt::format("{},{},{}\n", check.iteration, check.loss, csv_cell(check.schedule));
  return out;
}

std::string to_json(const Result& result) {
  const ExactTuned& tuned = result.tuned;
  std::vector<Json> path;
  for (const ExactCheck& check : tuned.path)
    path.push_back(Json::object({{"iteration", check.iteration},
                                 {"loss", check.loss},
                                 {"numbers", check.numbers},
                                 {"schedule", check.schedule}}));
  return to_line(Json::object({{"start", result.training.schedule},
                               {"schedule", tuned.schedule},
                               {"updates", result.training.updates},
                               {"rows", rows_of_loss(result.training)},
                               {"before", tuned.before},
                               {"before_error", tuned.before_error},
                               {"after", tuned.after},
                               {"after_error", tuned.after_error},
                               {"gained", tuned.gained},
                               {"runs", tuned.runs},
                               {"numbers", tuned.numbers},
                               {"path", path}}));
}

/// The text below the picture.
std::string report(const Result& result, const std::vector<std::string>& words) {
  const ExactTuned& tuned = result.tuned;
  const std::string out = path(tuned) + "\n" + verdict(result);
  if (!result.worth_it()) return out;
  return out + fmt::format("to paste:\n  {}\nnext, compare the two:\n  {}\n", tuned.schedule,
                           shell_line({"compare", "before=" + result.training.schedule,
                                       "after=" + tuned.schedule},
                                      words));
}

void show_progress(const ExactCheck& check) {
  write_stderr(fmt::format("iteration {}: loss {:.4g}\n", check.iteration, check.loss));
}

}  // namespace

std::string TuneCommand::run() const {
  const bool data = look.check_and_want_data();
  const ExactTuneOptions options{.knots = read_whole("--knots", knots, 0, most_knots),
                                 .iterations = read_whole("--iterations", iterations, 1, 10'000),
                                 .seeds = read_whole("--seeds", seeds, 1, 1000),
                                 .fix = fix,
                                 .only = only};
  const Session session = chosen.session(expression, look.plots);
  const ExactTraining training = to_exact(session);
  const Result result{session, training, exact_tune(training, options, show_progress)};
  if (!std::isfinite(result.tuned.after)) session.fail_diverged("no schedule on the way ended");
  LinesPlot rates = rates_plot(result.curves(), training.updates);
  rates.title = fmt::format("learning rate over {} updates", training.updates);
  const std::vector<Panel> panels{{"rate", rates}};
  const std::string written = look.files(panels);
  if (data) return look.csv ? to_csv(result.tuned) : to_json(result);
  ExactOptions compared = chosen;
  compared.problem = session.options().problem;
  compared.validation_split = ExactOptions().validation_split;  // gradus compare has no such option
  const std::string below = report(result, words_of(compared));
  return session.problem().about() + look.pictures(panels, below) + below + written;
}
