#pragma once
/// gradus evaluate: loss and metric of a saved model.

#include "problem/saved.h"

struct EvaluateCommand {
  static constexpr const char* name = "evaluate";
  static constexpr const char* about = "Evaluate a saved model";
  static constexpr const char* help =
      R"help(Prints loss and metric of a model that gradus train has saved, on rows with a
target. Columns are found by their names; synthetic data has the seed of the
model unless --seed gives another.

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
