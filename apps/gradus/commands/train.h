#pragma once
/// gradus train: a model from the command line.

#include "pictures/plot_file.h"
#include "training/session.h"

struct TrainCommand {
  static constexpr const char* name = "train";
  static constexpr const char* about = "Train a model";
  static constexpr const char* help =
      R"help(Trains a model, draws rate and loss, and saves it for gradus evaluate and gradus
predict.

  gradus train
  gradus train --data spirals --optimizer adam --schedule "OneCycle(0.02, all)"
  gradus train --data iris.csv --label species --optimizer "adam(0.01)" \
               --save iris.safetensors
  gradus train --resume iris.safetensors --epochs 300
  gradus train --data moons --log run.jsonl --quiet

Below each result stands what a constant would have: the best model that ignores
its inputs, for classes the largest class. r2_score is the share of the variance
that the model explains: 1 at best, 0 for the mean of the rows shown.

Ctrl-C finishes the current update and saves; --resume then continues exactly
where training stopped. The file is also saved after epochs, at most four times
a second. Epochs are printed from 1, but logged from 0, as in Keras.)help";

  SessionOptions session;
  LookOptions look;
  std::vector<std::string> given;  ///< the keys of the options that were given

  static void options(auto& self, auto&& option) {
    SessionOptions::options(self.session, option);
    LookOptions::options(self.look, option);
  }

  /// DivergedError; StoppedError for a signal.
  std::string run() const;
};
