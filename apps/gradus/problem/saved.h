#pragma once
/// The files of `gradus train`: a model, and everything needed to use it or to continue training.

#include <gradus/models/dataset.h>

#include <optional>
#include <string>

#include "problem/training_options.h"

/// The description of a problem that a file holds beside the weights.
struct SavedProblem {
  TrainingOptions training;  ///< as given
  std::string loss;          ///< its name, never `auto`
  std::int64_t inputs = 0, outputs = 0;
  TrainedColumns columns;
  std::optional<gradus::Standardization> scale;
};

SavedProblem describe(const TrainingOptions& training, const Problem& problem);
/// What differs in the data of two descriptions, `columns`, `classes` or `rows`; or "".
std::string difference(const SavedProblem& a, const SavedProblem& b);

/// The description as text. UsageError for names that are not UTF-8 or do not fit into a file.
std::string to_text(const SavedProblem& saved);
void save(const gradus::Sequential& model, const std::string& text, const std::string& path);

/// Reads the description. IoError; FormatError for a file that save() did not write.
SavedProblem read_saved(const std::string& path);
/// Reads the model with its weights, to predict with.
gradus::Sequential load_model(const SavedProblem& saved, const std::string& path);
