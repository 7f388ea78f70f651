#pragma once
/// gradus compare: several schedules on one problem.

#include "training/comparison_pictures.h"
#include "training/contenders.h"

/// The options that choose the runs.
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

struct CompareCommand : ComparedRuns {
  static constexpr const char* name = "compare";
  static constexpr const char* about = "Train under several schedules and compare them";
  static constexpr const char* help =
      R"help(Trains one problem under each schedule, once for each seed, with the same data,
first weights and batches for all. Losses are on all rows. An optimizer with
its schedule may stand in place of a schedule, and any option may vary. For
plain SGD, the column `worst` is the bound that gradus schedule shows.

  gradus compare 0.1 "CosineDecay(0.1, all)" "OneCycle(0.1, all)"
  gradus compare "sgd(0.05)" "sgd(0.05, momentum=0.9)" "adam(0.01)"
  gradus compare 0.1 --vary batch-size=1,8 --vary "layers=none|8|16,16"
  gradus compare 0.3 "stairs=StepDecay(0.3, 70, 0.5)" --data line \
                 --layers none --seeds 20
  gradus compare 0.05 "CosineDecay(0.1, all)" --equal-area --plot both.svg
  gradus compare 0.05 0.1 --part 2/3 -o part2.json    # 1/3 and 3/3 elsewhere
  gradus compare --merge part*.json)help";

  std::string jobs = "all", part, out;
  bool merge = false;
  PictureOptions look;
  std::vector<std::string> given;  ///< the keys of the options that were given

  static void options(auto& self, auto&& option) {
    ComparedRuns::options(self, option);
    option(self.jobs, "--jobs", "Runs at a time, or all: one for each core", "N");
    option(self.part, "--part", "Do this part of the runs alone, from 1/N to N/N, for --out",
           "K/N");
    option(self.out, "-o,--out", "File of --part", "FILE");
    option(self.merge, "--merge", "The words are the files of all parts: show their results");
    PictureOptions::options(self.look, option);
  }

  /// DivergedError when every run of every schedule diverged; StoppedError, with the results of
  /// the seeds that are done.
  std::string run() const;
};
