#pragma once
/// gradus schedule: schedules as pictures, tables and numbers.

#include "pictures/plot_file.h"

struct ScheduleCommand {
  static constexpr const char* name = "schedule";
  static constexpr const char* about = "Show learning-rate schedules";
  static constexpr const char* help =
      R"help(Shows learning-rate schedules before you train with them. The worst case is a
bound for up to 10^6 subgradient steps on any convex loss.

  gradus schedule "linear(0, 0.1, 100) >> CosineDecay(0.1, 900)"
  gradus schedule "warm=warmup(0.1, 50)" "stairs=StepDecay(0.1, 30)" \
                  --steps 100 --table
  gradus schedule "OneCycle(0.1, 1000)" --plot rate.svg)help";

  std::vector<std::string> expressions;
  std::string steps;
  bool table = false, list = false;
  LookOptions look;

  static void options(auto& self, auto&& option) {
    option(self.expressions, "expressions",
           "Schedules as text, each EXPR or NAME=EXPR with a name for the legend", "EXPR");
    option(self.steps, "--steps",
           "Updates in the run; without it, until the last schedule ends, or 1000", "N");
    option(self.table, "--table", "Print the values at the steps where the curve changes");
    option(self.list, "--list", "List every schedule: arguments, formula, example");
    LookOptions::options(self.look, option);
  }

  std::string run() const;
};
