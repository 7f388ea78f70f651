#pragma once
/// gradus evaluate: loss and metric of a saved model.

#include "problem/saved.h"

struct EvaluateCommand {
  static constexpr const char* name = "evaluate";
  static constexpr const char* about = "Evaluate a saved model";
  static constexpr const char* help =
      R"help(Prints loss and metrics of a model that gradus train has saved, on rows with a
target, and beside them what a constant would have: a model that ignores its
inputs, the best for the rows trained on. Its accuracy is the share of the class
that was the largest there. r2_score is the share of the variance that the model
explains: 1 at best, 0 for the mean of these rows (scikit-learn's r2_score).
For up to 12 classes a table counts the rows by true and predicted class.
Columns are found by their names; synthetic data has the seed of the model
unless --seed gives another.

  gradus evaluate iris.safetensors test.csv
  gradus evaluate moons.safetensors moons --seed 1 --json)help";

  TrainedModelOptions trained;
  bool csv = false, json = false;

  static void options(auto& self, auto&& option) {
    TrainedModelOptions::options(self.trained, option);
    option(self.csv, "--csv", "Print only the numbers, as CSV");
    option(self.json, "--json", "Print only the numbers, as JSON");
  }

  std::string run() const;
};
