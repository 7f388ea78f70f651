#pragma once
/// gradus tune: a schedule that follows its derivatives downhill.

#include "pictures/plot_file.h"
#include "training/exact_options.h"

struct TuneCommand {
  static constexpr const char* name = "tune";
  static constexpr const char* about = "Lower the loss by the numbers of a schedule";
  static constexpr const char* help =
      R"help(Moves the numbers of the schedule along their exact derivatives, over fresh
first weights and batches in each iteration. Start and result are compared on
seeds that were never used before. The data stays the same.

  gradus tune "ExponentialDecay(0.05, 42, 0.5)" --data line --layers none
  gradus tune 0.1 --knots 8 --activation tanh
  gradus tune "linear(0, 0.1, 30) >> CosineDecay(0.1, 180)" \
              --fix first --only second

A path such as second.alpha names a number, as gradus sensitivity prints it;
second names all numbers below it. Counts of steps move only if --only names
them.)help";

  std::string expression;
  ExactOptions chosen;
  std::string knots = "0", iterations = "100", seeds = "8";
  std::vector<std::string> fix, only;
  LookOptions look;

  static void options(auto& self, auto&& option) {
    option(self.expression, "expression", "The schedule to begin with, as text", "EXPR");
    ExactOptions::options(self.chosen, option);
    option(self.knots, "--knots", "Tune straight lines through N rates instead; 0 for the numbers",
           "N");
    option(self.fix, "--fix", "Numbers that stay", "PATH,...");
    option(self.only, "--only", "Numbers that move; without it, all", "PATH,...");
    option(self.iterations, "--iterations", "Steps downhill, at most", "N");
    option(self.seeds, "--seeds", "Runs in each iteration", "N");
    LookOptions::options(self.look, option);
  }

  /// DivergedError when no run of the start ends.
  std::string run() const;
};
