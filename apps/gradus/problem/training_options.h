#pragma once
/// A problem and how long to train it: the options of `gradus train` that a saved file holds.

#include <string>

#include "problem/problem.h"

/// The options, as given.
struct TrainingOptions {
  ProblemOptions problem;
  std::string schedule;  ///< without one, the optimizer's rate
  std::string epochs = "30", validation_split = "0";
  std::string log, tensorboard;

  static void options(auto& self, auto&& option) {
    ProblemOptions::options(self.problem, option);
    option(self.schedule, "--schedule", "The learning rate; without it, the optimizer's own",
           "EXPR");
    option(self.epochs, "--epochs", "Passes over the data", "N");
    option(self.validation_split, "--validation-split",
           "Share of the rows, taken from the end, to hold out", "SHARE");
    option(self.log, "--log", "Log updates to FILE.jsonl, or epochs to FILE.csv", "FILE");
    option(self.tensorboard, "--tensorboard", "Log curves for TensorBoard to a folder", "FOLDER");
  }
};
