#pragma once
/// The entries of `gradus compare`: schedules, or optimizers with their schedules, crossed with the
/// values of options that vary.

#include <string>
#include <vector>

#include "problem/problem.h"

/// A problem and how long to train it. Each of these options may vary.
struct EntryOptions {
  ProblemOptions problem;
  std::string epochs = "30", steps;

  static void options(auto& self, auto&& option) {
    ProblemOptions::options(self.problem, option);
    option(self.epochs, "--epochs", "Passes over the data", "N");
    option(self.steps, "--steps", "Updates, instead of --epochs", "N");
  }
};

struct Entry {
  std::string label;     ///< what differs between the entries, or the name that was given
  EntryOptions options;  ///< with its optimizer; the rate of an optimizer entry is taken out
  std::string rate;      ///< the schedule, as typed
};

/// Reads texts such as `CosineDecay(0.1, all)`, `sgd(0.05, momentum=0.9)` and `name=adam(0.01)`. A
/// schedule goes with the optimizer of `chosen`.
///
/// Each of `vary` is `KEY=VALUE,VALUE,...`, or with `|` between values that hold commas:
/// `layers=none|8|16,16`. KEY is an option of EntryOptions or an argument of the optimizer:
/// `batch-size`, `momentum`. There is an entry for each text and each choice of values, the last
/// KEY changing fastest.
///
/// UsageError for an unknown key and for a value that stands twice.
std::vector<Entry> read_entries(const std::vector<std::string>& texts,
                                const std::vector<std::string>& vary, const EntryOptions& chosen);
