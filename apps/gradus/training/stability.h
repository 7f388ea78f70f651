#pragma once
/// Up to which rate SGD is stable, by the curvature of the loss: the eigenvalues of its Hessian.

#include <gradus/models/expected_loss.h>

#include "problem/problem.h"

/// The weights of least squares on all rows, the loss as in History. None unless the loss is the
/// mean squared error, the model has no hidden layers, and rows (inputs + 1)^2 are at most 2e8.
std::optional<gradus::Minimum> least_loss(const Problem& problem);

/// 2 (1 + momentum) / the greatest curvature, with nesterov also divided by 1 + 2 momentum. At a
/// higher rate gradient descent leaves a minimum of that curvature. Infinity where no curvature is
/// above 0. Least squares have one stable rate. A small network has one at each of the `weights`,
/// if gradus has exact derivatives. Empty for other problems, and unless the optimizer is SGD with
/// constant momentum and no shared options.
std::vector<double> stable_rates(const Problem& problem,
                                 const std::vector<std::vector<std::vector<double>>>& weights);

/// A line for people that starts with `of`; "" without stable rates.
std::string about_stable(const Problem& problem, const std::vector<double>& rates,
                         const char* of = "");
