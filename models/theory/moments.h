#pragma once
/// Mean and covariance of a linear model's weights during training, for expected_loss.h and
/// best_schedule.h.

#include <gradus/models/expected_loss.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// Least squares along the d eigenvectors of its Hessian. There an update treats the mean one by
/// one and the covariance pair by pair.
struct Quadratic {
  explicit Quadratic(const ExpectedOptions& options);

  std::size_t size() const { return start.size(); }
  /// The weights at this distance from the minimum, along the eigenvectors.
  std::vector<double> weights(const std::vector<double>& distance) const;
  /// The covariance of one row's gradient, d x d, is linear in z = (S, m, 1): S, d x d, and m are
  /// the second and first moments of the weights where the gradient is taken, minus the minimum.
  void noise(const std::vector<double>& z, std::vector<double>& covariance) const;

  Minimum minimum;
  double kappa;               ///< the covariance of a batch's gradient / that of a row's
  std::vector<double> start;  ///< minus the minimum, along the eigenvectors

 private:
  void noise_by_rows(const double* z, double* covariance) const;

  std::vector<double> directions_;        ///< eigenvectors, d x d, one after the other
  std::vector<double> rows_, residuals_;  ///< N x d, along the eigenvectors; N
  std::vector<double> table_;             ///< noise() as a matrix, where that is less work
};

/// What is seen from outside.
struct ExpectedParts {
  std::vector<double> mean;  ///< of the weights minus the minimum, along the eigenvectors
  double bias, variance;
};

/// Of the state of a linear optimizer with p parts, minus the minimum.
struct Moments {
  Moments(const Quadratic& problem, const LinearUpdate& first);
  void update(const Quadratic& problem, const LinearUpdate& u);
  /// After update u.
  ExpectedParts parts(const Quadratic& problem, const LinearUpdate& u) const;

  std::vector<double> mean;        ///< d x p
  std::vector<double> covariance;  ///< d x d x p x p
};

}}}  // namespace gradus::detail
