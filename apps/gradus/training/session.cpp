#include "training/session.h"

#include <fmt/format.h>
#include <gradus/gradus.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "terminal/option_words.h"
#include "training/train_callbacks.h"
#include "training/train_logs.h"

using namespace gradus;

namespace {

constexpr std::int64_t most_epochs = 1'000'000'000;

// ---- options ------------------------------------------------------------------------------------

/// The options of a saved training, with what may change taken from the command line: a later last
/// epoch, and where it is logged.
TrainingOptions resumed_options(TrainingOptions saved, const TrainCommand& command) {
  const auto given = [&](const char* key) { return std::ranges::count(command.given, key) > 0; };
  if (given("epochs")) saved.epochs = command.training.epochs;
  if (given("log")) saved.log = command.training.log;
  if (given("tensorboard")) saved.tensorboard = command.training.tensorboard;
  const auto there = words::all_of(saved), here = words::all_of(command.training);
  for (std::size_t i = 0; i < here.size(); ++i)
    if (given(key_of(here[i].name).c_str()) && here[i].values != there[i].values)
      throw UsageError(fmt::format("{}: must be as in '{}', {} (got {})", here[i].name,
                                   clean(command.resume), fmt::join(there[i].values, ","),
                                   fmt::join(here[i].values, ",")));
  return saved;
}

double read_share(const std::string& text) {
  if (text == "0") return 0;
  const double share = read_positive("--validation-split", text);
  if (share >= 1)
    throw UsageError(fmt::format("--validation-split: must be below 1 (got {})", share));
  return share;
}

/// Before hours are spent on what then cannot be saved: a file is saved by putting another one in
/// its place.
void check_writable(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code none;
  const bool there = fs::exists(fs::symlink_status(path, none));  // a link may lead nowhere
  const bool replaceable = fs::is_regular_file(path, none) && access(path.c_str(), W_OK) == 0;
  const fs::path folder = fs::path(place_of(path)).parent_path();
  if ((there && !replaceable) || access(folder.c_str(), W_OK | X_OK) != 0)
    throw UsageError(
        fmt::format("--save: must be a file that can be written (got '{}')", clean(path)));
}

/// Nothing that is read or written may be written over.
void check_apart(const TrainingOptions& options, const std::string& path,
                 const TrainCommand& command) {
  std::vector<std::string> taken;
  const auto take = [&](const char* option, const std::string& file) {
    for (const std::string& other : taken)
      if (same_file(file, other))
        throw UsageError(
            fmt::format("{}: must be a file of its own (got '{}')", option, clean(file)));
    taken.push_back(file);
  };
  if (is_file(options.problem.data)) take("--data", options.problem.data);
  take("--save", path);
  taken.push_back(command.resume);  // which may be that of --save
  take("--log", options.log);
  for (const std::string& where : command.look.plots)
    if (where != "term") take("--plot", where);
}

/// The options, if the names of files in them are such as can be.
TrainingOptions checked(TrainingOptions options, const std::string& path,
                        const TrainCommand& command) {
  if (!options.log.empty() && !options.log.ends_with(".jsonl") && !options.log.ends_with(".csv"))
    throw UsageError(
        fmt::format("--log: the file must end in .jsonl or .csv (got '{}')", clean(options.log)));
  if (!path.empty()) check_writable(path);
  check_apart(options, path, command);
  return options;
}

/// The problem with the rate that --schedule says.
Problem problem_of(const TrainingOptions& options, double held_back) {
  std::optional<Schedule> rate;
  if (!options.schedule.empty()) rate = read_schedule(options.schedule);
  Problem problem = make_problem(options.problem, held_back);
  if (!rate) return problem;
  if (problem.has_rate)
    throw UsageError("--schedule: must come without a learning rate in --optimizer");
  problem.model.optimizer().set_learning_rate(*rate);
  return problem;
}

/// Whether not even gradients of 0 would do for an update: then a schedule is to blame for the
/// error that ended training, not the training. The model is not to be trained on.
bool refuses_any_update(Sequential& model) {
  std::vector<Tensor> parameters, zeros;
  for (const Weight& weight : model.weights()) {
    parameters.push_back(weight.tensor);
    zeros.push_back(Tensor::zeros(weight.tensor.shape()));
  }
  return !model.optimizer().try_apply(zeros, parameters).empty();
}

}  // namespace

// ---- Session ------------------------------------------------------------------------------------

Session::Session(const TrainCommand& command)
    : Session(command,
              command.resume.empty() ? std::nullopt : std::optional(read_saved(command.resume))) {}

Session::Session(const TrainCommand& command, const std::optional<SavedProblem>& saved)
    : path_(command.save.empty() ? command.resume : command.save),
      options_(checked(saved ? resumed_options(saved->training, command) : command.training, path_,
                       command)),
      quiet_(command.quiet),
      epochs_(read_whole("--epochs", options_.epochs, 1, most_epochs)),
      held_back_(read_share(options_.validation_split)),
      problem_(problem_of(options_, held_back_)),
      text_(to_text(describe(options_, problem_))) {
  if (held_back_ > 0 && (training_rows() == 0 || training_rows() == rows()))
    throw UsageError(
        fmt::format("--validation-split: must leave rows on both sides (got {} of {} rows)",
                    held_back_, rows()));
  const auto& each = problem_.model.optimizer().options().gradient_accumulation_steps;
  const std::int64_t all = epochs_ * bar().batches;
  if (each && value(each->count) > static_cast<double>(all))
    throw UsageError(fmt::format(
        "--optimizer: gradient_accumulation_steps must be at most {}, the batches of all epochs, "
        "or there is no update (got {})",
        all, value(each->count)));
  if (saved) resume(*saved, command.resume);
}

std::int64_t Session::training_rows() const {
  return static_cast<std::int64_t>(std::floor(static_cast<double>(rows()) * (1 - held_back_)));
}

void Session::resume(const SavedProblem& saved, const std::string& path) {
  const std::string other = difference(saved, describe(options_, problem_));
  if (!other.empty())
    throw UsageError(fmt::format("--resume: '{}' has learnt from other {} than '{}' has now",
                                 clean(path), other, clean(options_.problem.data)));
  problem_.model.build(problem_.data.x.shape());
  problem_.model.load(path);
  const auto done = std::ssize(problem_.model.history().epochs());
  if (done >= epochs_)
    throw UsageError(
        fmt::format("--epochs: must be above {}, which are done (got {})", done, epochs_));
  resumed_ = true;
  const std::string& log = saved.training.log;
  std::error_code none;
  log_goes_on_ = same_file(log, options_.log) && std::filesystem::exists(log, none);
  if (log_goes_on_) check_is_log(log);
}

/// What describes the run, as a line of the log.
std::string Session::description() const {
  using Json = nlohmann::ordered_json;
  const Optimizer& optimizer = problem_.model.optimizer();
  std::vector<std::string> command = {"train"};
  for (const std::string& word : words_of(options_)) command.push_back(word);
  Json json{{"gradus", GRADUS_VERSION},
            {"command", command},
            {"data", problem_.about.data},
            {"model", problem_.about.model},
            {"optimizer", to_string(optimizer)},
            {"schedule", to_string(optimizer.schedule())},
            {"loss", problem_.about.loss},
            {"batch_size", problem_.batch_size.count},
            {"epochs", epochs_},
            {"seed", problem_.seed}};
  if (resumed_) json["resumed_at"] = optimizer.iterations();
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::vector<Callback> Session::loggers() const {
  std::vector<Callback> list;
  const bool anew = !log_goes_on_;
  if (options_.log.ends_with(".jsonl"))
    list.push_back(JsonLog{{.filename = options_.log}, description(), anew});
  else if (!options_.log.empty())
    list.push_back(CsvLog{{.filename = options_.log}, anew});
  if (!options_.tensorboard.empty()) list.push_back(TensorBoard{.log_dir = options_.tensorboard});
  return list;
}

Bar Session::bar() const {
  const std::int64_t batch = problem_.batch_size;
  return {.epochs = epochs_, .batches = (training_rows() + batch - 1) / batch};
}

void Session::fit(const SignalWatch& signals) {
  const Keeper keeper{signals, path_, text_, epochs_};
  std::vector<Callback> callbacks = loggers();
  callbacks.push_back(keeper);
  const EraseBar erase(!quiet_ && can_redraw());
  if (erase.drawn)
    callbacks.push_back(bar());
  else if (!quiet_)
    callbacks.push_back(Lines{epochs_});
  try {
    problem_.model.fit(problem_.data.x, problem_.data.y,
                       {.batch_size = problem_.batch_size,
                        .epochs = epochs_,
                        .verbose = 0,
                        .callbacks = callbacks,
                        .validation_split = held_back_,
                        .resume = resumed_});
  } catch (const NumericError& error) {
    if (refuses_any_update(problem_.model)) throw;
    fail_diverged(std::string_view(error.what()).substr(std::string_view("fit: ").size()));
  }
}

Evaluation Session::train() {
  const SignalWatch signals;
  fit(signals);
  const Evaluation reached = evaluate(0, training_rows());
  if (!std::isfinite(reached.loss))
    fail_diverged(fmt::format("the loss is {} after {} updates", reached.loss,
                              problem_.model.optimizer().iterations()));
  if (!path_.empty()) save(problem_.model, text_, path_);
  if (signals.caught())
    throw StoppedError(signals.caught(), path_.empty() ? "after the last update, not saved"
                                                       : "after the last update, saved");
  return reached;
}

void Session::fail_diverged(std::string_view how) const {
  std::vector<std::string> find = {"gradus", "find-lr"};
  for (const std::string& word : words_without_rate(options_.problem)) find.push_back(word);
  throw DivergedError(
      fmt::format("training diverged: {}; for a rate to begin with: {}", how, shell_line(find)));
}

Evaluation Session::evaluate(std::int64_t begin, std::int64_t end) {
  const Tensor &x = problem_.data.x, &y = problem_.data.y;
  return problem_.model.evaluate(slice(x, 0, begin, end), slice(y, 0, begin, end),
                                 {.batch_size = std::min<std::int64_t>(end - begin, 1024)});
}

std::vector<std::string> words_without_rate(const ProblemOptions& options) {
  ProblemOptions others = options;
  others.optimizer = text_without_rate(options.optimizer);
  return words_of(others);
}
