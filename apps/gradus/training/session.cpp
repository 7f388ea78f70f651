#include "training/session.h"

#include <gradus/schedules/serialize.h>

#include "terminal/command.h"
#include "terminal/files.h"
#include "terminal/json.h"
#include "terminal/option_words.h"
#include "training/training_run.h"

using namespace gradus;

namespace {

constexpr std::int64_t most_epochs = 1'000'000'000;

/// The values, to be printed.
std::string shown(const OptionWords& option) {
  const std::string all = fmt::format("{}", fmt::join(option.values, ","));
  return !all.empty() ? all : option.kind.empty() && !option.values.empty() ? "given" : "not given";
}

/// The options of a saved training. Only the number of epochs and the logs may change.
TrainingOptions resumed_options(TrainingOptions saved, const SessionOptions& command,
                                const std::vector<std::string>& keys) {
  const auto given = [&](const std::string& key) { return std::ranges::count(keys, key) > 0; };
  if (given("epochs")) saved.epochs = command.training.epochs;
  if (given("log")) saved.log = command.training.log;
  if (given("tensorboard")) saved.tensorboard = command.training.tensorboard;
  const auto there = all_options(saved), here = all_options(command.training);
  for (std::size_t i = 0; i < here.size(); ++i)
    if (given(key_of(here[i].name)) && here[i].values != there[i].values)
      throw UsageError(fmt::format("{}: must be as in '{}', {} (got {})", here[i].name,
                                   clean(command.resume), shown(there[i]), shown(here[i])));
  return saved;
}

/// 0 if they are not given.
std::int64_t read_epochs(const std::string& text) {
  return text.empty() ? 0 : read_whole("--epochs", text, 1, most_epochs);
}

double read_share(const char* option, const std::string& text) {
  if (text == "0") return 0;
  const double share = read_positive(option, text);
  check<UsageError>(share < 1, "{}: must be below 1 (got {})", option, share);
  return share;
}

/// No file may be both read and written, or written twice.
void check_apart(const TrainingOptions& options, const std::string& path,
                 const SessionOptions& command, const std::vector<std::string>& plots) {
  std::vector<std::pair<const char*, std::string>> taken;
  const auto take = [&](const char* option, const std::string& file) {
    for (const auto& [other, name] : taken)
      check<UsageError>(!same_file(file, name), "{}: must not be the file of {} (got '{}')", option,
                        other, clean(file));
    taken.emplace_back(option, file);
  };
  if (is_file(options.problem.data.name)) take("--data", options.problem.data.name);
  take("--validation", options.validation);
  take("--save", path);
  taken.emplace_back("--resume", command.resume);  // may be the file of --save
  take("--log", options.log);
  for (const std::string& where : plots)
    if (where != "term") take("--plot", where);
}

/// The options, if the files that they name can be used.
TrainingOptions checked(TrainingOptions options, const std::string& path,
                        const SessionOptions& command, const std::vector<std::string>& plots) {
  check<UsageError>(
      options.log.empty() || options.log.ends_with(".jsonl") || options.log.ends_with(".csv"),
      "--log: the file must end in .jsonl or .csv (got '{}')", clean(options.log));
  if (!path.empty()) check_writable("--save", path);
  check_apart(options, path, command, plots);
  return options;
}

/// The problem, its optimizer with the rate of --schedule. The options become those that are saved,
/// with numbers in place of lengths.
Problem make_training_problem(TrainingOptions& options, const RunPlan& plan) {
  Problem problem = make_problem(options.problem, plan);
  options.problem = problem.options;
  if (options.schedule.empty()) return problem;
  refuse_rate(problem, "the schedule gives");
  options.schedule = with_numbers(options.schedule, problem.lengths);
  problem.model.optimizer().set_learning_rate(read_schedule(options.schedule));
  return problem;
}

/// Whether the optimizer refuses even an update with gradients of 0: then a schedule caused the
/// error, and training did not diverge. The model cannot be trained afterwards.
bool refuses_any_update(Sequential& model) {
  std::vector<Tensor> parameters, zeros;
  for (const Weight& weight : model.weights()) {
    parameters.push_back(weight.tensor);
    zeros.push_back(Tensor::zeros(weight.tensor.shape()));
  }
  return static_cast<bool>(model.optimizer().try_apply(zeros, parameters));
}

}  // namespace

HeldOut read_held_out(const TrainingOptions& options) {
  const double random = read_share("--validation-split", options.validation_split),
               last = read_share("--validation-split-last", options.validation_split_last);
  check<UsageError>((random > 0) + (last > 0) + !options.validation.empty() <= 1,
                    "--validation, --validation-split and --validation-split-last: only one of "
                    "them must be given");
  return {.share = random + last, .last = last > 0, .file = options.validation};
}

Session::Session(const SessionOptions& command, const std::vector<std::string>& given,
                 const std::vector<std::string>& plots)
    : saved_(command.resume.empty() ? std::nullopt : std::optional(read_saved(command.resume))),
      path_(command.save.empty() ? command.resume : command.save),
      options_(
          checked(saved_ ? resumed_options(saved_->training, command, given) : command.training,
                  path_, command, plots)),
      quiet_(command.quiet),
      problem_(make_training_problem(
          options_, {.epochs = read_epochs(options_.epochs), .held_out = read_held_out(options_)})),
      text_(path_.empty() ? "" : to_text(describe(options_, problem_))) {
  const auto& each = optimizer().options().gradient_accumulation_steps;
  const std::int64_t all = epochs() * bar().batches;
  if (each && value(each->count) > static_cast<double>(all))
    throw UsageError(fmt::format(
        "--optimizer: gradient_accumulation_steps must be at most {}, the batches of all epochs, "
        "or there is no update (got {})",
        all, value(each->count)));
  if (saved_) resume(command.resume);
}

Step Session::updates() const { return epochs() * bar().batches / batches_per_update(problem_); }

void Session::resume(const std::string& path) {
  const std::string other = difference(*saved_, describe(options_, problem_));
  check<UsageError>(other.empty(),
                    "--resume: '{}' was trained on {} that differ from those in '{}'", clean(path),
                    other, clean(options_.problem.data.name));
  problem_.model.build(problem_.data.x.shape());
  problem_.model.load(path);
  const auto done = std::ssize(history().epochs());
  check<UsageError>(done < epochs(), "--epochs: must be above {}, the epochs already done (got {})",
                    done, epochs());
  const std::string& log = saved_->training.log;
  log_continues_ = same_file(log, options_.log);
  if (log_continues_) check_is_log(log);
}

/// The line of the log that describes the run.
std::string Session::description() const {
  std::vector<std::string> command = words_of(options_, {"train"});
  Json json = Json::object({{"gradus", GRADUS_VERSION},
                            {"command", command},
                            {"data", problem_.about_data()},
                            {"model", problem_.about_model()},
                            {"optimizer", to_string(optimizer())},
                            {"schedule", to_string(optimizer().schedule())},
                            {"loss", problem_.loss.name},
                            {"batch_size", problem_.network.batch_size},
                            {"epochs", epochs()},
                            {"seed", problem_.network.seed}});
  if (saved_) json["resumed_at"] = optimizer().iterations();
  std::string line = to_line(json);
  line.pop_back();  // the logger ends it
  return line;
}

std::vector<Callback> Session::loggers() const {
  std::vector<Callback> list;
  const bool fresh = !log_continues_;
  if (options_.log.ends_with(".jsonl"))
    list.push_back(JsonLog{{.filename = options_.log}, description(), fresh});
  else if (!options_.log.empty())
    list.push_back(CsvLog{{.filename = options_.log}, fresh});
  if (!options_.tensorboard.empty()) list.push_back(TensorBoard{.log_dir = options_.tensorboard});
  return list;
}

ProgressBar Session::bar() const { return {.epochs = epochs(), .batches = problem_.batches}; }

void Session::fit(const SignalWatch& signals, std::vector<Callback> callbacks) {
  std::ranges::copy(loggers(), std::back_inserter(callbacks));
  callbacks.push_back(SaveAndStop{signals, path_, text_, epochs()});
  std::optional<Batch> held_out;
  if (problem_.held_out.x.size() > 0) held_out = problem_.held_out;
  const EraseBar erase(!quiet_ && can_redraw());
  if (erase.drawn)
    callbacks.push_back(bar());
  else if (!quiet_)
    callbacks.push_back(ProgressLines{epochs()});
  try {
    problem_.model.fit(problem_.data.x, problem_.data.y,
                       {.batch_size = problem_.network.batch_size,
                        .epochs = epochs(),
                        .verbose = 0,
                        .callbacks = callbacks,
                        .validation_data = held_out,
                        .resume = saved_.has_value(),
                        .sampling = problem_.network.sampling});
  } catch (const NumericError& error) {
    if (refuses_any_update(problem_.model)) throw;
    fail_diverged(std::string_view(error.what()).substr(std::string_view("fit: ").size()));
  }
}

Evaluation Session::train(std::vector<Callback> callbacks) {
  const SignalWatch signals;
  fit(signals, std::move(callbacks));
  const Evaluation reached = evaluate(problem_.data);
  if (!std::isfinite(reached.loss))
    fail_diverged(
        fmt::format("the loss is {} after {} updates", reached.loss, optimizer().iterations()));
  if (!path_.empty()) save(problem_.model, text_, path_);
  if (signals.caught())
    throw StoppedError(signals.caught(), path_.empty() ? "after the last update, not saved"
                                                       : "after the last update, saved");
  return reached;
}

void Session::fail_diverged(std::string_view how) const {
  const char* advice = options_.problem.data.no_target_scale
                           ? "leave out --no-target-scale, or find a lower rate"
                           : "to find a lower rate";
  throw DivergedError(fmt::format("training diverged: {}; {}: {}", how, advice,
                                  shell_line({"find-lr"}, words_without_rate(options_.problem))));
}

Evaluation Session::evaluate(const Dataset& rows) {
  return problem_.model.evaluate(rows.x, rows.y, {.batch_size = 1024});
}

std::optional<Evaluation> Session::validate() {
  if (problem_.held_out.x.size() == 0) return std::nullopt;
  return evaluate(problem_.held_out);
}

std::vector<std::string> words_without_rate(const ProblemOptions& options) {
  ProblemOptions others = options;
  others.network.optimizer = text_without_rate(options.network.optimizer);
  return words_of(others);
}

std::string advice_to_train(const ProblemOptions& options) {
  return fmt::format(
      "note: no better than a constant; try more --epochs, other --layers, or\n  {}\n",
      shell_line({"find-lr"}, words_without_rate(options)));
}
