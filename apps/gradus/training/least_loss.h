#pragma once
/// The least loss that a model can reach, and the curvature of least squares.

#include <optional>
#include <vector>

#include "problem/problem.h"

/// The least loss on all rows, of any weights: known for mean squared error and a model without
/// hidden layers, unless rows * (inputs + 1)^2 is above 2e8.
std::optional<double> least_loss(const Problem& problem);
/// All eigenvalues of the Hessian of that loss, greatest first; empty where the least loss is not
/// known.
std::vector<double> least_squares_curvatures(const Problem& problem);
