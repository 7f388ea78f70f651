#pragma once
/// One training of `gradus train`, from its options to the trained model.

#include "problem/saved.h"
#include "training/train_callbacks.h"

/// The options, as given.
struct SessionOptions {
  TrainingOptions training;
  std::string save, resume;
  bool quiet = false;

  static void options(auto& self, auto&& option) {
    TrainingOptions::options(self.training, option);
    option(self.save, "--save", "File of the model; with --resume, that file", "FILE");
    option(self.resume, "--resume", "Continue the training saved in this file", "FILE");
    option(self.quiet, "--quiet", "Print only errors, and data if it is asked for");
  }
};

class Session {
 public:
  /// Reads and checks everything. `given` has the keys of the options that were given, `plots` the
  /// files that will be drawn. UsageError, or what gradus throws.
  Session(const SessionOptions& command, const std::vector<std::string>& given,
          const std::vector<std::string>& plots);
  /// Trains, also with these callbacks, saves, and returns loss and metric on the rows trained on.
  /// DivergedError, also when that loss is not finite; StoppedError for a signal.
  gradus::Evaluation train(std::vector<gradus::Callback> callbacks = {});

  const TrainingOptions& options() const { return options_; }
  const Problem& problem() const { return problem_; }
  const gradus::Optimizer& optimizer() const { return problem_.model.optimizer(); }
  const gradus::History& history() const { return problem_.model.history(); }
  /// Loss and metric on the held-out rows, if there are any.
  std::optional<gradus::Evaluation> validate();
  /// Where the model is saved, or "".
  const std::string& path() const { return path_; }
  std::int64_t epochs() const { return problem_.epochs; }
  /// The number of updates in all epochs.
  gradus::Step updates() const;
  /// Throws the DivergedError, which says how to find a lower rate.
  [[noreturn]] void fail_diverged(std::string_view how) const;

 private:
  void resume(const std::string& path);
  void fit(const SignalWatch& signals, std::vector<gradus::Callback> callbacks);
  gradus::Evaluation evaluate(const gradus::Dataset& rows);
  std::vector<gradus::Callback> loggers() const;
  std::string description() const;
  ProgressBar bar() const;

  std::optional<SavedProblem> saved_;  ///< the training to resume
  std::string path_;
  TrainingOptions options_;
  bool quiet_;
  Problem problem_;
  std::string text_;  ///< the description of the problem in the file
  bool log_continues_ = false;
};

/// The rows to hold out. UsageError for more than one choice.
HeldOut read_held_out(const TrainingOptions& options);
/// A note for a model that does not beat a constant, with a command to try.
std::string advice_to_train(const ProblemOptions& options);
/// The options of the problem as words, for a command that sets the rate itself.
std::vector<std::string> words_without_rate(const ProblemOptions& options);
