#pragma once
/// gradus compare: several schedules on one problem.

#include "training/comparison_pictures.h"
#include "training/contenders.h"

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
