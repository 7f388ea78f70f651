#pragma once
/// gradus explain: the numbers of single updates.

#include "training/session.h"

struct ExplainCommand {
  static constexpr const char* name = "explain";
  static constexpr const char* about = "Show the numbers of single updates";
  static constexpr const char* help =
      R"help(Trains as gradus train does, until the last of these updates, and writes out
what they did. For a model of two weights that is the arithmetic; for others the
norms of weights, gradient and change of each. Updates are counted from 0.

  gradus explain --data line --layers none --optimizer "sgd(0.1, momentum=0.9)"
  gradus explain --optimizer adam --schedule "linear(0, 0.01, 20)" --at 0,1,2,19

--csv and --json have an entry for each parameter in each update; CSV has norms
of parameters of several numbers.)help";

  TrainingOptions training;
  std::vector<std::string> at = {"0", "1", "2"};
  bool csv = false, json = false;

  static void options(auto& self, auto&& option) {
    TrainingOptions::options(self.training, option);
    option(self.at, "--at", "The updates", "N,N,...");
    option(self.csv, "--csv", "Print only the numbers, as CSV");
    option(self.json, "--json", "Print only the numbers, as JSON");
  }

  /// CommandError when training diverged or was stopped, with the updates until then.
  std::string run() const;
};
