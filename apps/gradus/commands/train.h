#pragma once
/// gradus train: a model from the command line.

#include "problem/training.h"
#include "terminal/command.h"

struct TrainCommand {
  static constexpr const char* name = "train";
  static constexpr const char* about = "Train a model";
  static constexpr const char* help =
      R"help(Trains a model, shows how it went, and saves it for gradus predict and gradus
evaluate.

  gradus train
  gradus train --data spirals --optimizer adam --schedule "OneCycle(0.02, 210)"
  gradus train --data iris.csv --label species --optimizer "adam(0.01)" \
               --save iris.safetensors
  gradus train --resume iris.safetensors --epochs 60
  gradus train --data moons --log run.jsonl --quiet

Ctrl-C finishes the update in work and saves; --resume goes on as if nothing had
happened. The file is also saved after epochs, at most four times a second.
Epochs count from 1, but in logs from 0, as Keras has it.)help";

  TrainingOptions training;
  std::string save, resume;
  bool quiet = false;
  LookOptions look;
  std::vector<std::string> given;  ///< the keys of the options that were given

  static void options(auto& self, auto&& option) {
    TrainingOptions::options(self.training, option);
    option(self.save, "--save", "The model's file; with --resume, that one", "FILE");
    option(self.resume, "--resume", "Goes on with the training saved in this file", "FILE");
    option(self.quiet, "--quiet", "No progress, and no word but of errors and data asked for");
    LookOptions::options(self.look, option);
  }

  /// DivergedError; StoppedError for a signal.
  std::string run() const;
};
