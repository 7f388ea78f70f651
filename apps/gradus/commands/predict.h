#pragma once
/// gradus predict: the predictions of a saved model.

#include "problem/saved.h"

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

  TrainedModelOptions trained;

  static void options(auto& self, auto&& option) {
    TrainedModelOptions::options(self.trained, option);
  }

  std::string run() const;
};
