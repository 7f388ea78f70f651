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

/// The options that choose the runs of a comparison.
struct ComparedRuns {
  std::vector<std::string> expressions, vary;
  ContenderOptions chosen;
  std::string seeds = "10", target;
  bool equal_area = false, tune = false;

  static void options(auto& self, auto&& option) {
    option(self.expressions, "expressions",
           "Schedules, or optimizers with schedules, each EXPR or NAME=EXPR", "EXPR");
    option(self.vary, "--vary",
           "Train each with each of these values of an option or of an argument of the optimizer: "
           "batch-size=1,8, or layers=none|16,16 where values hold commas",
           "KEY=VALUES");
    ContenderOptions::options(self.chosen, option);
    option(self.seeds, "--seeds", "Runs of each schedule; the first has --seed", "N");
    option(self.target, "--target",
           "A loss to reach; without it, the final loss of the first plus its deviation", "LOSS");
    option(self.equal_area, "--equal-area",
           "Scale each schedule so that its rates sum to those of the first");
    option(self.tune, "--tune",
           "Scale each schedule to its own best rate, then judge with as many other seeds");
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
