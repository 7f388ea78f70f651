#pragma once
/// A saved model together with rows to evaluate or predict.

#include <string>
#include <vector>

#include "problem/saved.h"

struct TrainedModel {
  SavedProblem saved;
  gradus::Sequential model;
  gradus::Dataset rows;  ///< inputs scaled as in training

  bool has_classes() const { return saved.loss.ends_with("crossentropy"); }
  /// The names of the classes, or their numbers if they have no names; empty without classes.
  std::vector<std::string> class_names() const;
};
/// Reads a model and rows. `data` is a file or the name of synthetic data, `seed` its seed or ""
/// for that of the model; `labelled` as for read_rows(). UsageError.
TrainedModel read_trained_model(const std::string& model, const std::string& data,
                                const std::string& seed, bool labelled);
