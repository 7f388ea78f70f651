#include "training/least_loss.h"

#include <Eigen/Dense>

namespace {

/// The inputs of all rows and a column of ones, if the loss is one of least squares.
std::optional<Eigen::MatrixXd> least_squares(const Problem& problem) {
  constexpr double most_work = 2e8;  // about a tenth of a second
  const gradus::Tensor& x = problem.data.x;
  const Eigen::Index rows = x.shape()[0], inputs = x.shape()[1];
  if (!problem.network.hidden.empty() ||
      problem.loss.name != std::string_view("mean_squared_error") ||
      static_cast<double>(rows * (inputs + 1)) * static_cast<double>(inputs + 1) > most_work)
    return std::nullopt;
  Eigen::MatrixXd a = Eigen::MatrixXd::Ones(rows, inputs + 1);
  a.leftCols(inputs) = x.matrix().cast<double>();
  return a;
}

}  // namespace

std::optional<double> least_loss(const Problem& problem) {
  const std::optional<Eigen::MatrixXd> a = least_squares(problem);
  if (!a) return std::nullopt;
  const Eigen::VectorXd b = problem.data.y.matrix().cast<double>();
  return problem.model.loss_unit() *
         (*a * a->completeOrthogonalDecomposition().solve(b) - b).squaredNorm() /
         static_cast<double>(a->rows());
}

std::vector<double> least_squares_curvatures(const Problem& problem) {
  const std::optional<Eigen::MatrixXd> a = least_squares(problem);
  if (!a) return {};
  const Eigen::MatrixXd hessian = 2.0 / static_cast<double>(a->rows()) * a->transpose() * *a;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(hessian, Eigen::EigenvaluesOnly);
  const Eigen::VectorXd falling = solver.eigenvalues().reverse();
  return {falling.begin(), falling.end()};
}
