#pragma once
/// What is trained, and how long: the part of `gradus train` that a saved file carries.

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
           "The share of the rows, the last ones, to hold back", "SHARE");
    option(self.log, "--log", "Every update into FILE.jsonl, or every epoch into FILE.csv", "FILE");
    option(self.tensorboard, "--tensorboard", "Curves for TensorBoard, into a folder", "FOLDER");
  }
};
