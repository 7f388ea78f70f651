#pragma once
/// gradus evaluate and gradus predict: what a saved model has learnt.

#include "terminal/command.h"

struct EvaluateCommand {
  static constexpr const char* name = "evaluate";
  static constexpr const char* about = "Loss and metric of a saved model";
  static constexpr const char* help =
      R"help(Loss and metric of a model that gradus train has saved, on rows with a target.
Columns are found by their names; made-up data is that of the model's seed,
unless --seed says otherwise.

  gradus evaluate iris.safetensors test.csv
  gradus evaluate moons.safetensors moons --seed 1 --json)help";

  std::string model, data, seed;
  bool csv = false, json = false;

  static void options(auto& self, auto&& option) {
    option(self.model, "model", "A file of gradus train --save", "FILE");
    option(self.data, "data", "A file .csv, or the name of made-up data", "WHAT");
    option(self.seed, "--seed", "Of made-up data; without it, the model's", "N");
    option(self.csv, "--csv", "The numbers as CSV, and nothing else");
    option(self.json, "--json", "The numbers as JSON, and nothing else");
  }

  std::string run() const;
};

struct PredictCommand {
  static constexpr const char* name = "predict";
  static constexpr const char* about = "What a saved model says of new rows";
  static constexpr const char* help =
      R"help(What a model that gradus train has saved says of rows, with a target or without:
CSV with a line for each row, the class and the probability of every class, or
the number; NA for a row that lacks a value. Columns are found by their names.

  gradus predict iris.safetensors new.csv > answers.csv
  gradus predict moons.safetensors moons --seed 1)help";

  std::string model, data, seed;

  static void options(auto& self, auto&& option) {
    option(self.model, "model", "A file of gradus train --save", "FILE");
    option(self.data, "data", "A file .csv, or the name of made-up data", "WHAT");
    option(self.seed, "--seed", "Of made-up data; without it, the model's", "N");
  }

  std::string run() const;
};
