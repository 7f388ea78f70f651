#pragma once
/// gradus sensitivity: which way each number of the schedule and the optimizer pulls the loss.

#include "pictures/plot_file.h"
#include "training/exact_options.h"

struct SensitivityCommand {
  static constexpr const char* name = "sensitivity";
  static constexpr const char* about = "Show which way each number pulls the loss";
  static constexpr const char* help =
      R"help(Trains under the schedule and prints the exact derivative of the loss at the
end by each number of the schedule and of the optimizer. A second picture shows
where in the run a higher rate would lower the loss: where its curve is below 0.

  gradus sensitivity "CosineDecay(0.1, 210)" --activation tanh
  gradus sensitivity "linear(0, 0.3, 30) >> CosineDecay(0.3, 180)" \
                     --optimizer momentum --seeds 10
  gradus sensitivity 0.02 --optimizer adam --validation-split 0.25

The last lines check the derivatives: they promise what the loss does when all
numbers move a little, and two more runs measure it.)help";

  std::string expression;
  ExactOptions chosen;
  std::string seeds = "1";
  LookOptions look;

  static void options(auto& self, auto&& option) {
    option(self.expression, "expression", "The schedule as text", "EXPR");
    ExactOptions::options(self.chosen, option);
    option(self.seeds, "--seeds", "Runs, of other first weights and batches; the first has --seed",
           "N");
    LookOptions::options(self.look, option);
  }

  /// DivergedError when a run diverged.
  std::string run() const;
};
