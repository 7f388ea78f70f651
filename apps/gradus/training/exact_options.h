#pragma once
/// The options of the commands that train once more with exact derivatives.

#include "training/exact_training.h"
#include "training/session.h"

/// The options of gradus train that choose problem and length.
struct ExactOptions {
  ProblemOptions problem;
  std::string epochs = TrainingOptions().epochs;
  std::string validation_split = TrainingOptions().validation_split;

  static void options(auto& self, auto&& option) {
    ProblemOptions::options(self.problem, option);
    option(self.epochs, "--epochs", "Passes over the data; without it as for gradus train", "N");
    option(self.validation_split, "--validation-split",
           "Share of the rows to hold out and to judge by", "SHARE");
  }

  /// The training under this schedule. UsageError.
  Session session(const std::string& schedule, const std::vector<std::string>& plots) const;
};

/// The training in plain data.
ExactTraining to_exact(const Session& session);
