#pragma once
/// The exact expected loss of a linear model during training, for any schedule and every optimizer
/// that is linear in the gradient.

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
/// Solves by Eigen's CompleteOrthogonalDecomposition and SelfAdjointEigenSolver. ShapeError unless
/// x has the shape (rows, features), each >= 1, and y (rows) or (rows, 1); NumericError for numbers
/// that are not finite.
Minimum least_squares(const ExactTensor& x, const ExactTensor& y, bool use_bias = true);

/// A linear model, its data and its training.
struct ExpectedOptions {
  ExactTensor x = {};     ///< (rows, features); at most 64 weights, with the bias
  ExactTensor y = {};     ///< (rows) or (rows, 1)
  Count batch_size = 32;  ///< >= 1; with fresh at most the number of rows
  /// SGD with or without momentum, or ScheduleFreeSGD; use_ema may be on. Others are not linear.
  Optimizer optimizer = SGD{};
  Count steps = 1000;                   ///< updates, >= 0
  Sampling sampling = Sampling::fresh;  ///< not shuffled: those batches depend on each other
  bool use_bias = true;
  std::vector<double> start = {};  ///< the kernel, then the bias; empty: zeros
};

/// Element t belongs to the weights after t updates. Each list has steps + 1 elements.
struct Expectation {
  std::vector<double> loss = {};      ///< minimum.loss + bias + variance
  std::vector<double> bias = {};      ///< loss of the mean weights - minimum.loss
  std::vector<double> variance = {};  ///< from the spread of the weights around their mean
  std::vector<std::vector<double>> mean_weights = {};  ///< the kernel, then the bias
  Minimum minimum = {};
};

/// The expectation, over all draws of batches, of the loss on all rows: the mean over N rows of
/// (x w + bias - y)^2. With averages (use_ema, ScheduleFreeSGD) w is the average. It is exact: it
/// needs no seed and no simulation.
///
///     Expectation e = expected_loss({.x = x, .y = y, .batch_size = 4,
///                                    .optimizer = SGD{.learning_rate = CosineDecay{0.2, 210}},
///                                    .steps = 210});
///     fmt::print("least {}, bias {}, noise {}\n", e.minimum.loss, e.bias[210], e.variance[210]);
///
/// For SGD, with the Hessian H = 2/N x'x, residuals r at the minimum w*, m the mean and V the
/// covariance of w - w*, S = V + m m', and kappa = (N - b) / (b (N - 1)) for fresh batches of b
/// rows, 1 / b with replacement, 0 for all rows:
///
///     V <- (I - rate H) V (I - rate H) + rate^2 kappa (Q - H S H),    m <- (I - rate H) m
///     Q = 4/N sum x_i x_i' (x_i'S x_i + 2 r_i x_i'm + r_i^2)
///     bias = m'H m / 2,    variance = trace(H V) / 2
///
/// Other optimizers: the same for the state of their LinearUpdate (update_rule.h). The losses of
/// fit() with this Sampling have this mean; shuffled epochs usually end lower. Once the loss
/// exceeds the largest double, loss, bias and variance are infinite. Computes in double in every
/// build. Errors as least_squares(); ValueError for options outside their range and for an
/// optimizer that is not linear; NumericError for a bad rate or a start that is not finite.
Expectation expected_loss(const ExpectedOptions& options);

/// The constant rate above which the covariance of SGD grows without bound: there the map from V to
/// the next V has spectral radius 1. For full batches it is 2 / the greatest curvature. Found by
/// power iteration. `steps` and the optimizer's schedule do not matter. Errors as expected_loss();
/// ValueError also unless the optimizer is SGD without momentum or use_ema.
double largest_rate(const ExpectedOptions& options);

}}  // namespace gradus
