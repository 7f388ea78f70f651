#pragma once
/// gradus compare: several schedules on one problem.

#include "problem/entry.h"
#include "training/comparison_pictures.h"

struct CompareCommand {
  static constexpr const char* name = "compare";
  static constexpr const char* about = "Train under several schedules and compare them";
  static constexpr const char* help =
      R"help(Trains one problem under each schedule, once for each seed, with the same data,
first weights and shuffles for all schedules. Losses are on all rows.

  gradus compare 0.1 "CosineDecay(0.1, 210)" "OneCycle(0.1, 210)"
  gradus compare 0.3 "stairs=StepDecay(0.3, 70, 0.5)" --data line \
                 --layers none --seeds 20
  gradus compare 0.05 "CosineDecay(0.1, 210)" --equal-area --plot both.svg)help";

  std::vector<std::string> expressions, vary;
  EntryOptions chosen;
  std::string seeds = "10", target;
  bool equal_area = false;
  PictureOptions look;
  std::vector<std::string> given;  ///< the keys of the options that were given

  static void options(auto& self, auto&& option) {
    option(self.expressions, "expressions",
           "Schedules, or optimizers with schedules, each EXPR or NAME=EXPR", "EXPR");
    option(self.vary, "--vary",
           "Train each with each of these values of an option or of an argument of the optimizer: "
           "batch-size=1,8, or layers=none|16,16 where values hold commas",
           "KEY=VALUES");
    EntryOptions::options(self.chosen, option);
    option(self.seeds, "--seeds", "Runs of each schedule; the first has --seed", "N");
    option(self.target, "--target",
           "A loss to reach; without it, the final loss of the first plus its deviation", "LOSS");
    option(self.equal_area, "--equal-area",
           "Scale each schedule so that its rates sum to those of the first");
    PictureOptions::options(self.look, option);
  }

  /// The command without what is shown.
  std::vector<std::string> words() const;
  /// DivergedError when every run of every schedule diverged.
  std::string run() const;
};
