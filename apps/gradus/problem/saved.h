#pragma once
/// The files of `gradus train`: a model, and everything needed to use it or to continue training.

#include "problem/problem.h"

/// A problem and how long to train it: the options of `gradus train` that a saved file holds.
struct TrainingOptions {
  ProblemOptions problem;
  std::string schedule;  ///< without one, the optimizer's rate
  std::string epochs, validation_split = "0", validation_split_last = "0", validation;
  std::string log, tensorboard;

  static void options(auto& self, auto&& option) {
    ProblemOptions::options(self.problem, option);
    option(self.schedule, "--schedule", "The learning rate; without it, the optimizer's own",
           "EXPR");
    option(self.epochs, "--epochs", "Passes over the data; 30, or on a file 1000 batches or more",
           "N");
    option(self.validation_split, "--validation-split",
           "Share of the rows to hold out: at random by the seed, from each class", "SHARE");
    option(self.validation_split_last, "--validation-split-last",
           "Share of the rows to hold out, taken from the end", "SHARE");
    option(self.validation, "--validation", "A file of rows to validate on", "FILE");
    option(self.log, "--log", "Log updates to FILE.jsonl, or epochs to FILE.csv", "FILE");
    option(self.tensorboard, "--tensorboard", "Log curves for TensorBoard to a folder", "FOLDER");
  }
};

/// The description of a problem that a file holds beside the weights.
struct SavedProblem {
  TrainingOptions training;  ///< as given
  std::string loss;          ///< its name, never `auto`
  std::int64_t inputs = 0, outputs = 0;
  std::optional<gradus::Preparation> prepared;  ///< of the rows of a file
  std::vector<double> constant;  ///< best_constant(); empty in a file of an earlier version

  /// The network, with the deviation that targets were divided by.
  Network network() const;
};

SavedProblem describe(const TrainingOptions& training, const Problem& problem);
/// What differs in the data of two descriptions, `columns`, `classes` or `rows`; or "".
std::string difference(const SavedProblem& a, const SavedProblem& b);

/// The description as text. UsageError for names that are not UTF-8 or do not fit into a file.
std::string to_text(const SavedProblem& saved);
void save(const gradus::Sequential& model, const std::string& text, const std::string& path);

/// Reads the description. IoError; FormatError for a file that save() did not write.
SavedProblem read_saved(const std::string& path);

/// A saved model together with rows to evaluate or predict.
struct TrainedModel {
  SavedProblem saved;
  gradus::Sequential model;
  gradus::Dataset rows;  ///< scaled as in training

  bool has_classes() const { return saved.loss.ends_with("crossentropy"); }
  /// An output of a model for numbers, in the target's own units to a millionth of its deviation.
  std::string number(double output) const;
  /// The outputs for all rows; with classes their probabilities, (rows, classes).
  gradus::Tensor predict();
  /// The names of the classes, or their numbers if they have no names; empty without classes.
  std::vector<std::string> class_names() const;
};
/// The most probable class.
std::size_t likeliest(std::span<const gradus::Scalar> probabilities);
/// The options that choose them, as given.
struct TrainedModelOptions {
  std::string model, data, seed;

  static void options(auto& self, auto&& option) {
    option(self.model, "model", "A file of gradus train --save", "FILE");
    option(self.data, "data", "A file, or the name of synthetic data", "WHAT");
    option(self.seed, "--seed", "Seed of synthetic data; without it, that of the model", "N");
  }
};
/// Reads a model and rows; `labelled` as for read_rows(). UsageError.
TrainedModel read_trained_model(const TrainedModelOptions& options, bool labelled);
