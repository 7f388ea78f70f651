#pragma once
/// The files of `gradus train`: a model, and all that is needed to use it or to go on.

#include <gradus/models/dataset.h>

#include <optional>
#include <string>

#include "problem/training.h"

struct SavedProblem {
  TrainingOptions training;  ///< as given
  std::string loss;          ///< its name, never `auto`
  std::int64_t inputs = 0, outputs = 0;
  LearntColumns learnt;
  std::optional<gradus::Standardization> scale;
};

SavedProblem describe(const TrainingOptions& training, const Problem& problem);
/// What distinguishes the data of two descriptions, or "".
std::string difference(const SavedProblem& a, const SavedProblem& b);

/// What a file keeps of it. UsageError for words that are no UTF-8, or too many for a file.
std::string to_text(const SavedProblem& saved);
void save(const gradus::Sequential& model, const std::string& text, const std::string& path);

/// IoError, FormatError for a file that was not written by save(), however it came about.
SavedProblem read_saved(const std::string& path);
/// The file's model, with its weights, to predict with.
gradus::Sequential load_model(const SavedProblem& saved, const std::string& path);
