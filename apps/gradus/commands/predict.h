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
their names. --keep puts columns of the file, as they stand there, before the
prediction. Where NAME is taken, the prediction is called predicted_NAME, and
the probability of a class probability_NAME.
--json prints {"predictions":[{"y":1.5},...]}, with null for NA; in pandas:
DataFrame(json.load(file)["predictions"]).

  gradus predict iris.safetensors new.csv --keep id > predictions.csv
  gradus predict moons.safetensors moons --seed 1)help";

  TrainedModelOptions trained;
  std::vector<std::string> keep;
  bool json = false;

  static void options(auto& self, auto&& option) {
    TrainedModelOptions::options(self.trained, option);
    option(self.keep, "--keep", "Columns of the file to print before the prediction", "COLUMN,...");
    option(self.json, "--json", "Print a record for each row, as JSON");
  }

  std::string run() const;
};
