#pragma once
/// The baseline of every result: a constant, the best model that ignores its inputs.

#include "problem/problem.h"
#include "terminal/json.h"

/// The outputs of the constant for rows with these targets. For numbers their mean, or for losses
/// other than squares their median; for classes the logits of their shares.
std::vector<double> best_constant(const NamedLoss& loss, const gradus::Tensor& y,
                                  std::int64_t outputs);
/// Loss and metrics of this constant on rows with these targets. The accuracy is the share of the
/// class that was the largest in training.
gradus::Evaluation evaluate_constant(const std::vector<double>& constant, Network network,
                                     const NamedLoss& loss, const gradus::Tensor& y);
/// The same for the best constant of the rows that the problem trains on.
gradus::Evaluation evaluate_constant(const Problem& problem, const gradus::Tensor& y);

/// Loss and metrics on the same rows.
struct Scores {
  gradus::Evaluation model, constant;

  /// Whether the model does not beat the constant in accuracy or, for numbers, in loss.
  bool no_better() const;
};
/// `a constant would have`, or for classes `the largest class would have`.
std::string about_constant(const NamedLoss& loss);

/// `loss` and each metric of the model, each followed by `constant_loss` and so on.
Json to_json(const Scores& scores);
