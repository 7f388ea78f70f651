/// gradus train: what is shown of a training.

#include <fmt/format.h>
#include <gradus/schedules/algebra.h>
#include <gradus/schedules/inspect.h>
#include <gradus/schedules/plot.h>
#include <gradus/schedules/serialize.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "pictures/plot_file.h"
#include "problem/code.h"
#include "problem/program.h"
#include "terminal/option_words.h"
#include "training/session.h"

using namespace gradus;

namespace {

struct Result {
  Session& session;
  Evaluation training;
  std::optional<Evaluation> validation;
};

const Optimizer& optimizer_of(const Session& session) {
  return session.problem().model.optimizer();
}

const History& history_of(const Session& session) { return session.problem().model.history(); }

/// The numbers of an epoch hold for its updates: a curve over the steps.
Schedule per_update(const std::vector<double>& numbers, double steps_per_epoch) {
  return [numbers, steps_per_epoch](double step) {
    const auto epoch = static_cast<std::size_t>(step / steps_per_epoch);
    return numbers[std::min(epoch, numbers.size() - 1)];
  };
}

std::vector<LabelledSchedule> loss_curves(const Session& session) {
  const History& history = history_of(session);
  const double updates = static_cast<double>(optimizer_of(session).iterations());
  const double each = updates / static_cast<double>(history.epochs().size());
  std::vector<LabelledSchedule> curves = {{"loss", per_update(history["loss"], each)}};
  if (history.contains("val_loss"))
    curves.push_back({"val_loss", per_update(history["val_loss"], each)});
  return curves;
}

std::string pictures(const Session& session, const LookOptions& look) {
  const Step updates = optimizer_of(session).iterations();
  const Schedule& rate = optimizer_of(session).schedule();
  PlotOptions options = look.terminal();
  options.height = 9;
  std::string out = fmt::format("learning rate over {} updates: {}\n", updates, to_string(rate));
  if (!rate.constant()) out += plot(rate, updates, options) + "\n";
  const std::vector<LabelledSchedule> losses = loss_curves(session);
  return out + "loss, mean of each epoch\n" +
         (losses.size() == 1 ? plot(losses[0].schedule, updates, options)
                             : plot(losses, updates, options)) +
         "\n";
}

std::vector<Panel> panels_of(const Session& session) {
  const Step updates = optimizer_of(session).iterations();
  const LabelledSchedule rate{to_string(optimizer_of(session).schedule()),
                              optimizer_of(session).schedule()};
  const History& history = history_of(session);
  LinesPlot losses{.x_name = "epoch", .y_name = "loss", .lines = {}, .from_zero = true};
  for (const char* key : {"loss", "val_loss"}) {
    if (!history.contains(key)) continue;
    Line line{.label = key, .x = {}, .y = {}};
    for (std::size_t i = 0; i < history[key].size(); ++i) {
      line.x.push_back(static_cast<double>(history.epochs()[i] + 1));
      line.y.push_back(history[key][i]);
    }
    losses.lines.push_back(thinned(line));
  }
  return {panel_of(std::span(&rate, 1), updates), panel_of(losses)};
}

// ---- data ---------------------------------------------------------------------------------------

std::string csv_of(const Session& session) {
  const History& history = history_of(session);
  std::string out = "epoch";
  for (const auto& [name, numbers] : history) out += fmt::format(",{}", name);
  for (std::size_t i = 0; i < history.epochs().size(); ++i) {
    out += fmt::format("\n{}", history.epochs()[i] + 1);
    for (const auto& [name, numbers] : history) out += fmt::format(",{}", numbers[i]);
  }
  return out + "\n";
}

std::string json_of(const Result& result) {
  using Json = nlohmann::ordered_json;
  const Session& session = result.session;
  const auto numbers = [](const Evaluation& e) {
    Json json{{"loss", e.loss}};
    for (const auto& [name, number] : e.metrics) json[name] = number;
    return json;
  };
  Json history = Json::object();
  for (const auto& [name, series] : history_of(session)) history[name] = series;
  const auto& about = session.problem().about;
  const Json json{{"data", about.data},
                  {"model", about.model},
                  {"optimizer", to_string(optimizer_of(session))},
                  {"schedule", to_string(optimizer_of(session).schedule())},
                  {"loss", about.loss},
                  {"epochs", history_of(session).epochs().size()},
                  {"updates", optimizer_of(session).iterations()},
                  {"training", numbers(result.training)},
                  {"validation", result.validation ? numbers(*result.validation) : Json()},
                  {"history", history},
                  {"saved", session.path().empty() ? Json() : Json(session.path())}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// ---- words --------------------------------------------------------------------------------------

std::string table(const Result& result) {
  std::string head = fmt::format("{:<10} {:>12}", "", "loss");
  for (const auto& [name, _] : result.training.metrics) head += fmt::format("   {}", name);
  const auto line = [](const char* rows, const Evaluation& e) {
    std::string out = fmt::format("{:<10} {:>12.4g}", rows, e.loss);
    for (const auto& [name, number] : e.metrics)
      out += fmt::format("   {:>{}.4g}", number, name.size());
    return out + "\n";
  };
  std::string out = head + "\n" + line("training", result.training);
  if (result.validation) out += line("validation", *result.validation);
  return out;
}

/// Another schedule worth a look beside this one: the other of a constant and one that falls.
std::string rival(const Schedule& schedule, Step updates) {
  if (const auto number = schedule.constant())
    return fmt::format("CosineDecay({}, {})", value(*number), updates);
  const double peak = value(detail::range(schedule, static_cast<double>(updates)).greatest);
  return fmt::format("{:.4g}", peak);
}

std::string next(const Session& session) {
  const TrainingOptions& options = session.options();
  std::vector<std::vector<std::string>> commands;
  if (!session.path().empty()) {
    commands.push_back({"gradus", "evaluate", session.path(), options.problem.data});
    if (!is_file(options.problem.data)) {  // rows that it has not seen
      const std::uint64_t seed = session.problem().seed;
      commands.back().insert(commands.back().end(),
                             {"--seed", fmt::format("{}", seed == 0 ? 1 : seed - 1)});
    }
    commands.push_back({"gradus", "predict", session.path(), options.problem.data});
  } else {
    const Schedule& schedule = optimizer_of(session).schedule();
    std::vector<std::string> compare = {"gradus", "compare", to_string(schedule),
                                        rival(schedule, optimizer_of(session).iterations())};
    for (const std::string& word : words_without_rate(options.problem)) compare.push_back(word);
    if (options.epochs != TrainingOptions().epochs)
      compare.insert(compare.end(), {"--epochs", options.epochs});
    commands.push_back(compare);
  }
  std::string out = "next:\n";
  for (const auto& command : commands) out += fmt::format("  {}\n", shell_line(command));
  return out;
}

std::string told(const Result& result, const LookOptions& look, const std::string& written) {
  const Session& session = result.session;
  const Schedule& schedule = optimizer_of(session).schedule();
  std::string out = session.problem().about_text();
  if (look.plots.empty() || look.shown()) out += pictures(session, look);
  out += fmt::format("after {} epochs, {} updates:\n{}", history_of(session).epochs().size(),
                     optimizer_of(session).iterations(), table(result));
  const std::vector<double>& losses = history_of(session)["loss"];
  if (losses.back() > losses.front())
    out += "note: the loss rose; a lower rate may help, see gradus find-lr\n";
  for (const std::string& note : inspect(schedule, optimizer_of(session).iterations()))
    out += fmt::format("note: the schedule: {}\n", note);
  out += fmt::format("\nthe same in C++:\n{}",
                     program_of(session.problem(), {.rate = code_of(schedule),
                                                    .epochs = session.epochs(),
                                                    .validation_split = session.held_back()}));
  if (!session.path().empty()) out += fmt::format("\nsaved {}\n", clean(session.path()));
  return out + written + "\n" + next(session);
}

}  // namespace

std::string TrainCommand::run() const {
  const bool data = look.data();
  if (quiet && look.shown()) throw UsageError("--quiet: must come without --plot term");
  Session session(*this);
  const Evaluation reached = session.train();
  const std::string written = plot_files(look, [&] { return panels_of(session); });
  if (quiet && !data) return "";
  const std::int64_t trained = session.training_rows(), rows = session.rows();
  Result result{session, reached, std::nullopt};
  if (trained < rows) result.validation = session.evaluate(trained, rows);
  if (!data) return told(result, look, written);
  return look.csv ? csv_of(session) : json_of(result);
}
