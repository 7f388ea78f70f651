#pragma once
/// The exact expected loss of a linear model during training, without a seed: under any schedule,
/// for every optimizer that is linear in the gradient.

#include <vector>

#include <gradus/models/dataset.h>
#include <gradus/models/sampling.h>
#include <gradus/optim/sgd.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// The weights of least mean squared error.
struct Minimum {
  double loss = 0;                   ///< mean (x w - y)^2 over all rows
  std::vector<double> weights = {};  ///< the kernel, then the bias; of several, those of least norm
  std::vector<double> curvatures = {};  ///< eigenvalues of the Hessian 2/N x'x, greatest first
};
/// Solves by Eigen's CompleteOrthogonalDecomposition and SelfAdjointEigenSolver. x has the shape
/// (rows, features), y (rows) or (rows, 1), else ShapeError; ValueError for numbers that are not
/// finite and on no rows.
Minimum least_squares(const ExactTensor& x, const ExactTensor& y, bool use_bias = true);

/// A linear model, its data and its training.
struct ExpectedOptions {
  ExactTensor x = {}, y = {};  ///< (rows, features), at most 64 weights; (rows) or (rows, 1)
  Count batch_size = 32;       ///< >= 1; with fresh rows at most as many as there are
  /// SGD with or without momentum, ScheduleFreeSGD; use_ema may be on. Others are not linear.
  Optimizer optimizer = SGD{};
  Count steps = 1000;  ///< updates, >= 0
  Sampling sampling =
      Sampling::fresh;  ///< shuffled is refused: rows of an epoch depend on each other
  bool use_bias = true;
  std::vector<double> start = {};  ///< the kernel, then the bias; empty: zeros
};

/// Element t belongs to the weights after t updates; so each list has steps + 1 elements.
struct Expectation {
  std::vector<double> loss = {};      ///< minimum.loss + bias + variance
  std::vector<double> bias = {};      ///< of the mean weights, above the minimum
  std::vector<double> variance = {};  ///< by the spread of the weights around their mean, >= 0
  std::vector<std::vector<double>> mean_weights = {};  ///< the kernel, then the bias
  Minimum minimum = {};
};

/// The expectation, over all draws of batches, of the loss on all rows: the mean over N rows of
/// (x w + bias - y)^2, at the weights seen from outside. It is exact: no seed, no simulation.
///
///     Expectation e = expected_loss({.x = x, .y = y, .batch_size = 4,
///                                    .optimizer = SGD{.learning_rate = CosineDecay{0.2, 210}},
///                                    .steps = 210});
///     fmt::print("{} {} {}\n", e.loss[210], e.bias[210], e.variance[210]);
///
/// For SGD, with the Hessian H = 2/N x'x, residuals r at the minimum w*, m the mean and V the
/// covariance of w - w*, S = V + m m', and kappa = (N - b) / (b (N - 1)) for fresh batches of b
/// rows, 1 / b with replacement, 0 for all rows:
///
///     V <- (I - rate H) V (I - rate H) + rate^2 kappa (Q - H S H),    m <- (I - rate H) m
///     Q = 4/N sum x_i x_i' (x_i'S x_i + 2 r_i x_i'm + r_i^2)
///     bias = m'H m / 2,    variance = trace(H V) / 2
///
/// The same holds for each LinearUpdate (update_rule.h). A run with shuffled epochs ends lower; one
/// with Sampling::fresh has this mean. From the update on where the loss exceeds the largest
/// double, loss, bias and variance are infinite. All is computed in double, in every build.
/// ValueError for options outside their range and for an optimizer that is not linear; ShapeError
/// for shapes; NumericError for a bad rate.
Expectation expected_loss(const ExpectedOptions& options);

/// The constant rate from which the covariance of SGD grows without bound, where the map from V to
/// the next V has spectral radius 1; for full batches 2 / the greatest curvature. By power
/// iteration. `steps` and the optimizer's schedule do not matter; ValueError unless the optimizer
/// is SGD without momentum.
double largest_rate(const ExpectedOptions& options);

}}  // namespace gradus
