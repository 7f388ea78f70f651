#pragma once
/// gradus expect: exact expected losses of schedules, without a seed.

#include "training/comparison_pictures.h"
#include "training/expectation.h"

struct ExpectCommand : ExpectOptions {
  static constexpr const char* name = "expect";
  static constexpr const char* about = "Compute the expected loss of schedules, without training";
  static constexpr const char* help =
      R"help(Computes the exact mean of the loss over all possible batches, after each
update. It is the least loss, plus bias (the mean weights are not yet at the
minimum), plus noise (single runs scatter around the mean weights). The model
must be linear, the loss mean squared error, the optimizer SGD, with or without
momentum and averages, or Schedule-Free SGD. The first weights are those of
--seed.

  gradus expect 0.3 "CosineDecay(0.3, all)" --batch-size 4 --steps 210
  gradus expect 0.3 "CosineDecay(0.3, all)" --batch-size 4 --best
  gradus expect "sgd(0.1)" "sgd(0.01, momentum=0.9)" --runs 1000
  gradus expect 0.1 --vary sampling=fresh,replacement,full
  gradus expect 0.1 --data mpg.csv --label mpg --ignore name,origin

With --sampling shuffled, --runs train in shuffled epochs, as gradus train does;
the exact curve beside them is that of fresh batches.)help";

  std::string jobs = "all";
  LookOptions look;

  static void options(auto& self, auto&& option) {
    ExpectOptions::options(self, option);
    option(self.jobs, "--jobs", "Runs at a time, or all: one for each core", "N");
    LookOptions::options(self.look, option);
  }

  /// UsageError or ValueError for a model or an optimizer without an exact curve; StoppedError
  /// after a signal.
  std::string run() const;
};
