#pragma once
/// The least loss that a model can reach.

#include <optional>

#include "problem/problem.h"

/// The least loss on the rows trained on, of any weights: known for mean squared error, a model
/// without hidden layers, and at most 1000 inputs. By Eigen's CompleteOrthogonalDecomposition.
std::optional<double> least_loss(const Problem& problem);
