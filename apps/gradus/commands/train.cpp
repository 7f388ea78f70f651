#include "commands/train.h"

#include <gradus/schedules/algebra.h>
#include <gradus/schedules/serialize.h>

#include "problem/baseline.h"
#include "problem/program.h"
#include "terminal/command.h"
#include "terminal/option_words.h"
#include "training/training_run.h"

using namespace gradus;

namespace {

struct Trained {
  const Session& session;
  Scores training;
  std::optional<Scores> validation = std::nullopt;
};

/// A metric of training, and of the held-out rows, over the updates of each epoch.
Panel by_epoch(const Session& session, const char* name, const std::string& key) {
  LinesPlot out{.x_name = "step",
                .y_name = key,
                .lines = {},
                .from_zero = true,
                .title = key + ", mean over each epoch",
                .height = 9};
  for (const std::string& k : {key, "val_" + key}) {
    if (!session.history().contains(k)) continue;
    out.lines.push_back(level_parts(k, session.history()[k], session.optimizer().iterations()));
  }
  return {name, out};
}

std::vector<Panel> make_panels(const Session& session) {
  const Schedule& schedule = session.optimizer().schedule();
  const LabelledSchedule curve{to_string(schedule), schedule};
  LinesPlot rate = rates_plot(std::span(&curve, 1), session.optimizer().iterations());
  rate.title = fmt::format("learning rate over {} updates: {}", session.optimizer().iterations(),
                           curve.label);
  rate.legend = false;
  rate.height = schedule.constant() ? 4 : 9;
  std::vector<Panel> out{{"rate", rate}, by_epoch(session, "loss", "loss")};
  for (const auto& [name, series] : session.history())
    if (name.ends_with("accuracy") && !name.starts_with("val_"))
      out.push_back(by_epoch(session, "accuracy", name));
  return out;
}

std::string to_csv(const History& history) {
  std::string out = "epoch";
  for (const auto& [name, numbers] : history) out += fmt::format(",{}", name);
  for (std::size_t i = 0; i < history.epochs().size(); ++i) {
    out += fmt::format("\n{}", history.epochs()[i] + 1);
    for (const auto& [name, numbers] : history) out += fmt::format(",{}", numbers[i]);
  }
  return out + "\n";
}

std::string to_json(const Trained& result) {
  const Session& session = result.session;
  const Problem& problem = session.problem();
  Json history = Json::object();
  for (const auto& [name, series] : session.history()) history[name] = series;
  return to_line(
      Json::object({{"data", problem.about_data()},
                    {"model", problem.about_model()},
                    {"optimizer", to_string(session.optimizer())},
                    {"schedule", to_string(session.optimizer().schedule())},
                    {"loss", problem.loss.name},
                    {"epochs", session.history().epochs().size()},
                    {"updates", session.optimizer().iterations()},
                    {"training", to_json(result.training)},
                    {"validation", result.validation ? to_json(*result.validation) : Json()},
                    {"history", history},
                    {"saved", session.path().empty() ? Json() : Json(session.path())}}));
}

std::string table(const Trained& result) {
  const std::string constant = about_constant(result.session.problem().loss);
  std::string out = fmt::format("{:<{}} {:>12}", "", constant.size(), "loss");
  for (const auto& [name, _] : result.training.model.metrics) out += fmt::format("   {}", name);
  const auto add_line = [&](const std::string& rows, const Evaluation& evaluation) {
    out += fmt::format("\n{:<{}} {:>12.4g}", rows, constant.size(), evaluation.loss);
    for (const auto& [name, number] : evaluation.metrics)
      out += fmt::format("   {:>{}.4g}", number, name.size());
  };
  const auto add = [&](const char* rows, const Scores& scores) {
    add_line(rows, scores.model);
    add_line(constant, scores.constant);
  };
  add("training", result.training);
  if (result.validation) add("validation", *result.validation);
  return out + "\n";
}

std::string notes(const Trained& result) {
  const Session& session = result.session;
  std::string out;
  if (result.validation && !std::isfinite(result.validation->model.loss))
    out += "note: a number of the validation rows is far outside those of training\n";
  if (result.training.no_better())
    out += advice_to_train(session.options().problem);
  else if (result.validation && result.validation->no_better())
    out +=
        "note: no better than a constant on the validation rows; try fewer --epochs,\n"
        "smaller --layers, or none\n";
  const std::vector<double>& losses = session.history()["loss"];
  if (losses.back() > losses.front())
    out += "note: the loss rose; a lower rate may help, see gradus find-lr\n";
  if (session.options().problem.data.name == "-")
    out += "note: standard input is not kept; the commands below need its rows again\n";
  out += notes_on(session.optimizer().schedule(), session.optimizer().iterations(),
                  "note: the schedule: ");
  return out;
}

/// A schedule to compare with: a falling one for a constant rate, otherwise the peak as a constant.
std::string rival(const Schedule& schedule, Step updates) {
  if (const auto number = schedule.constant())
    return fmt::format("CosineDecay({}, {})", value(*number), updates);
  const double peak = value(detail::range(schedule, static_cast<double>(updates)).greatest);
  return fmt::format("{:.4g}", peak);
}

/// What a saved model is for.
std::string use_commands(const Session& session) {
  const std::string& data = session.options().problem.data.name;
  std::vector<std::string> other_rows;  // synthetic data that the model has not seen
  const std::uint64_t seed = session.problem().network.seed;
  if (!is_file(data)) other_rows = {"--seed", fmt::format("{}", seed == 0 ? 1 : seed - 1)};
  return fmt::format("  {}\n  {}\n", shell_line({"evaluate", session.path(), data}, other_rows),
                     shell_line({"predict", session.path(), data}));
}

std::string compare_command(const Session& session) {
  const TrainingOptions& options = session.options();
  const Schedule& schedule = session.optimizer().schedule();
  std::vector<std::string> words = words_without_rate(options.problem);
  if (!options.epochs.empty()) words.insert(words.end(), {"--epochs", options.epochs});
  return fmt::format("  {}\n", shell_line({"compare", to_string(schedule),
                                           rival(schedule, session.optimizer().iterations())},
                                          words));
}

std::string report(const Trained& result, const LookOptions& look, const std::string& written) {
  const Session& session = result.session;
  const std::string results =
      fmt::format("after {} epochs, {} updates:\n{}{}", session.history().epochs().size(),
                  session.optimizer().iterations(), table(result), notes(result));
  std::string out = session.problem().about();
  out += look.pictures(make_panels(session), results) + results +
         fmt::format("\nthe same in C++:\n{}",
                     to_program(session.problem(), {.rate = to_code(session.optimizer().schedule()),
                                                    .epochs = session.epochs()}));
  if (!session.path().empty()) out += fmt::format("\nsaved {}\n", clean(session.path()));
  return out + written + "\nnext:\n" +
         (session.path().empty() ? compare_command(session) : use_commands(session));
}

}  // namespace

std::string TrainCommand::run() const {
  const bool data = look.check_and_want_data();
  check<UsageError>(!session.quiet || !look.wants_terminal(),
                    "--quiet: must not be combined with --plot term");
  Session training(session, given, look.plots);
  const Problem& problem = training.problem();
  Trained result{training, {training.train(), evaluate_constant(problem, problem.data.y)}};
  const std::string written = look.files(make_panels(training));
  if (session.quiet && !data) return "";
  if (const auto found = training.validate())
    result.validation = Scores{*found, evaluate_constant(problem, problem.held_out.y)};
  if (!data) return report(result, look, written);
  return look.csv ? to_csv(training.history()) : to_json(result);
}
