#pragma once
/// gradus forecast: the losses of other schedules, from logged runs.

#include "pictures/plot_file.h"

struct ForecastCommand {
  static constexpr const char* name = "forecast";
  static constexpr const char* about = "Predict the loss under other schedules from logged runs";
  static constexpr const char* help =
      R"help(Fits three numbers to one or two logs of gradus train and predicts the loss
under other schedules on the same problem. Two runs at different rates fix the
numbers best. --then-train also trains under them and compares.

  gradus train --data line --layers none --schedule 0.1 --log low.jsonl
  gradus train --data line --layers none --schedule 0.3 --log high.jsonl
  gradus forecast low.jsonl high.jsonl 0.2 "CosineDecay(0.2, all)" --then-train

The fit is loss = least + D^2 a + G^2 b, with a and b of the worst case of
convex theory. It leaves out the first fifth of each run, where the loss falls
faster.)help";

  std::vector<std::string> words;
  std::string steps, seeds = "10";
  bool then_train = false;
  LookOptions look;

  static void options(auto& self, auto&& option) {
    option(self.words, "runs", "Logs (*.jsonl), then schedules, each EXPR or NAME=EXPR", "EXPR");
    option(self.steps, "--steps", "Updates to forecast; without it, as many as in the first run",
           "N");
    option(self.then_train, "--then-train", "Also train under the schedules");
    option(self.seeds, "--seeds", "Runs of each schedule, for --then-train", "N");
    LookOptions::options(self.look, option);
  }

  /// StoppedError for a signal.
  std::string run() const;
};
