#pragma once
/// gradus predict: the predictions of a saved model.

#include <string>

struct PredictCommand {
  static constexpr const char* name = "predict";
  static constexpr const char* about = "Predict rows with a saved model";
  static constexpr const char* help =
      R"help(Prints the predictions of a model that gradus train has saved, for rows with or
without a target: CSV with one line per row, the class and the probability of
each class, or the number; NA for a row that lacks a value. Columns are found by
their names.

  gradus predict iris.safetensors new.csv > predictions.csv
  gradus predict moons.safetensors moons --seed 1)help";

  std::string model, data, seed;

  static void options(auto& self, auto&& option) {
    option(self.model, "model", "A file of gradus train --save", "FILE");
    option(self.data, "data", "A file .csv, or the name of synthetic data", "WHAT");
    option(self.seed, "--seed", "Seed of synthetic data; without it, that of the model", "N");
  }

  std::string run() const;
};
