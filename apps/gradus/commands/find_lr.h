#pragma once
/// gradus find-lr: the learning-rate range test.

#include "pictures/plot_file.h"
#include "problem/problem.h"

struct FindLrCommand {
  static constexpr const char* name = "find-lr";
  static constexpr const char* about = "Find a good first learning rate";
  static constexpr const char* help =
      R"help(Finds a good first learning rate from one short run in which the rate rises.

  gradus find-lr
  gradus find-lr --data spirals --layers 32,32 --optimizer adam
  gradus find-lr --data iris.csv --label species --plot loss.svg)help";

  ProblemOptions chosen;
  std::string start = "1e-7", end = "10", steps = "100";
  LookOptions look;

  static void options(auto& self, auto&& option) {
    ProblemOptions::options(self.chosen, option);
    option(self.start, "--start", "Rate of the first update", "RATE");
    option(self.end, "--end", "Rate of the last update", "RATE");
    option(self.steps, "--steps", "Updates from start to end", "N");
    LookOptions::options(self.look, option);
  }

  /// DivergedError or RunError when the test suggests no rate.
  std::string run() const;
};

/// The losses over the rates. After the lowest, the curve leaves the picture where it rises above
/// the losses before.
LinesPlot range_test_plot(const std::vector<double>& rates, const std::vector<double>& losses);
