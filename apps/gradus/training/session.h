#pragma once
/// One training of `gradus train`, from its options to the trained model.

#include <gradus/models/history.h>

#include <optional>
#include <string>
#include <vector>

#include "commands/train.h"
#include "problem/saved.h"
#include "training/train_callbacks.h"

class Session {
 public:
  /// Reads and checks everything. UsageError, or what gradus throws.
  explicit Session(const TrainCommand& command);
  /// Trains and saves, and says what it has reached on the rows that are not held back.
  /// DivergedError, also when that loss is not finite; StoppedError for a signal.
  gradus::Evaluation train();

  const TrainingOptions& options() const { return options_; }
  const Problem& problem() const { return problem_; }
  /// Loss and metric of the rows from `begin` to `end`, as the model is now.
  gradus::Evaluation evaluate(std::int64_t begin, std::int64_t end);
  /// Where the model is saved, or "".
  const std::string& path() const { return path_; }
  std::int64_t epochs() const { return epochs_; }
  /// The share of the rows that is held back.
  double held_back() const { return held_back_; }
  std::int64_t rows() const { return problem_.data.x.shape()[0]; }
  /// Rows that are not held back.
  std::int64_t training_rows() const;

 private:
  Session(const TrainCommand& command, const std::optional<SavedProblem>& saved);
  void resume(const SavedProblem& saved, const std::string& path);
  void fit(const SignalWatch& signals);
  [[noreturn]] void fail_diverged(std::string_view how) const;
  std::vector<gradus::Callback> loggers() const;
  std::string description() const;
  Bar bar() const;

  std::string path_;
  TrainingOptions options_;
  bool quiet_;
  std::int64_t epochs_;
  double held_back_;
  Problem problem_;
  std::string text_;  ///< that describes the problem in the file
  bool resumed_ = false, log_goes_on_ = false;
};

/// The problem's options as words for a command that sets the rate itself.
std::vector<std::string> words_without_rate(const ProblemOptions& options);
