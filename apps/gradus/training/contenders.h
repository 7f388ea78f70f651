#pragma once
/// The contenders of a comparison, from texts: schedules, or optimizers with their schedules,
/// crossed with the values of options that vary.

#include "training/comparison.h"

/// A problem and how long to train it. Options that are texts may vary.
struct ContenderOptions {
  ProblemOptions problem;
  std::string epochs, steps;

  static void options(auto& self, auto&& option) {
    ProblemOptions::options(self.problem, option);
    option(self.epochs, "--epochs",
           "Passes over the data; without it and --steps as for gradus train", "N");
    option(self.steps, "--steps", "Updates, instead of --epochs", "N");
  }
};

/// Reads texts such as `CosineDecay(0.1, all)`, `sgd(0.05, momentum=0.9)` and `name=adam(0.01)`; a
/// schedule has the optimizer of `chosen`. Each of `vary` is `KEY=VALUE,VALUE,...`, or with `|`
/// between values that hold commas, `layers=none|16,16`; KEY is an option or an argument of the
/// optimizer. There is a contender for each text and each choice of values, labelled by what
/// differs. UsageError, also for a label that stands twice, or what gradus throws.
std::vector<Contender> make_contenders(const std::vector<std::string>& texts,
                                       const std::vector<std::string>& vary,
                                       const ContenderOptions& chosen);

/// The parts of Problem::about() before the first in which they differ.
std::string about(const std::vector<Contender>& contenders);
