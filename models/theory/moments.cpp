#include <gradus/models/moments.h>

#include <Eigen/Eigenvalues>
#include <Eigen/QR>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using Eigen::Index, Eigen::MatrixXd, Eigen::VectorXd;

std::size_t count(Index n) { return static_cast<std::size_t>(n); }

struct Rows {
  MatrixXd x;  ///< with the bias's column of ones
  VectorXd y;
};

Rows rows_of(const ExactTensor& x, const ExactTensor& y, bool use_bias) {
  check<ShapeError>(x.rank() == 2, "least_squares: x must have the shape (rows, features) (got {})",
                    x.shape());
  const std::int64_t rows = x.shape()[0], features = x.shape()[1];
  check(rows > 0 && features + use_bias > 0,
        "least_squares: x must have a row, and the model a weight (got {})", x.shape());
  check<ShapeError>(
      y.size() == rows && y.shape()[0] == rows,
      "least_squares: y must have the shape ({0}) or ({0}, 1), one number for each row "
      "of x (got {1})",
      rows, y.shape());
  Rows out{MatrixXd::Ones(Index(rows), Index(features + use_bias)), VectorXd(Index(rows))};
  for (Index i = 0, place = 0; i < out.y.size(); ++i) {
    out.y[i] = y.exact(count(i));
    for (Index j = 0; j < Index(features); ++j) out.x(i, j) = x.exact(count(place++));
  }
  check<NumericError>(out.x.allFinite() && out.y.allFinite(),
                      "least_squares: x and y must be finite");
  return out;
}

/// The minimum; its curvatures rise with the eigenvectors.
using Eigenvectors = Eigen::SelfAdjointEigenSolver<MatrixXd>;
Minimum minimum_of(const Rows& rows, Eigenvectors& solver) {
  const double n = static_cast<double>(rows.y.size());
  const VectorXd w = rows.x.completeOrthogonalDecomposition().solve(rows.y);
  solver.compute(2 / n * rows.x.transpose() * rows.x);
  const VectorXd falling = solver.eigenvalues().reverse().cwiseMax(0);
  return {(rows.x * w - rows.y).squaredNorm() / n,
          {w.begin(), w.end()},
          {falling.begin(), falling.end()}};
}

double kappa_of(const ExpectedOptions& o, std::int64_t rows) {
  const double n = static_cast<double>(rows), b = static_cast<double>(o.batch_size.count);
  check(o.sampling != Sampling::shuffled,
        "expected_loss: sampling must be fresh, replacement or full (got shuffled: the rows of an "
        "epoch depend on each other, and the exact recursion needs independent updates)");
  if (o.sampling == Sampling::full) return 0;
  check(b >= 1, "expected_loss: batch_size must be >= 1 (got {})", b);
  if (o.sampling == Sampling::replacement) return 1 / b;
  check(b <= n, "expected_loss: batch_size must be at most the {} rows with fresh batches (got {})",
        rows, b);
  return b == n ? 0 : (n - b) / (b * (n - 1));
}

}  // namespace

Minimum least_squares(const ExactTensor& x, const ExactTensor& y, bool use_bias) {
  Eigenvectors solver;
  return minimum_of(rows_of(x, y, use_bias), solver);
}

namespace detail {

Quadratic::Quadratic(const ExpectedOptions& o) {
  constexpr Index most = 64;
  const Rows rows = rows_of(o.x, o.y, o.use_bias);
  const Index d = rows.x.cols(), n = rows.x.rows();
  check(d <= most, "expected_loss: x must give at most {} weights, with the bias (got {})", most,
        d);
  check(o.start.empty() || o.start.size() == count(d),
        "expected_loss: start must have {} numbers, the kernel's and the bias (got {})", d,
        o.start.size());
  check(o.steps >= 0, "expected_loss: steps must be >= 0 (got {})", o.steps.count);
  kappa = kappa_of(o, n);
  Eigenvectors solver;
  minimum = minimum_of(rows, solver);
  const MatrixXd u = solver.eigenvectors().rowwise().reverse(), along = rows.x * u;
  const VectorXd w = VectorXd::Map(minimum.weights.data(), d), r = rows.x * w - rows.y;
  VectorXd from = -w;
  if (!o.start.empty()) from += VectorXd::Map(o.start.data(), d);
  check<NumericError>(from.allFinite(), "expected_loss: start must be finite");
  from = (u.transpose() * from).eval();
  start.assign(from.begin(), from.end());
  directions_.assign(u.data(), u.data() + u.size());
  rows_.assign(along.data(), along.data() + along.size());
  residuals_.assign(r.begin(), r.end());
  const Index inputs = d * d + d + 1;
  if (inputs > std::min(n, Index(o.steps.count))) return;
  table_.resize(count(d * d * inputs));
  std::vector<double> unit(count(inputs));
  for (std::size_t i = 0; i < unit.size(); ++i) {
    unit[i] = 1;
    noise_by_rows(unit.data(), &table_[i * count(d * d)]);
    unit[i] = 0;
  }
}

std::vector<double> Quadratic::weights(const std::vector<double>& distance) const {
  const Index d = Index(size());
  std::vector<double> w = minimum.weights;
  VectorXd::Map(w.data(), d) +=
      MatrixXd::Map(directions_.data(), d, d) * VectorXd::Map(distance.data(), d);
  return w;
}

void Quadratic::noise(const std::vector<double>& z, std::vector<double>& covariance) const {
  covariance.resize(size() * size());
  if (table_.empty()) return noise_by_rows(z.data(), covariance.data());
  const Index outputs = Index(covariance.size()), inputs = Index(z.size());
  VectorXd::Map(covariance.data(), outputs).noalias() =
      MatrixXd::Map(table_.data(), outputs, inputs) * VectorXd::Map(z.data(), inputs);
}

/// 4/N sum x x' (x'S x + 2 r x'm + r^2) - H S H.
void Quadratic::noise_by_rows(const double* z, double* covariance) const {
  const Index d = Index(size()), n = Index(residuals_.size());
  const auto x = MatrixXd::Map(rows_.data(), n, d), s = MatrixXd::Map(z, d, d);
  const auto m = VectorXd::Map(z + d * d, d), r = VectorXd::Map(residuals_.data(), n),
             h = VectorXd::Map(minimum.curvatures.data(), d);
  const VectorXd size =
      (x * s).cwiseProduct(x).rowwise().sum() + r.cwiseProduct(2 * x * m + z[d * d + d] * r);
  MatrixXd::Map(covariance, d, d) =
      4 / static_cast<double>(n) * x.transpose() * size.asDiagonal() * x -
      h.asDiagonal() * s * h.asDiagonal();
}

}  // namespace detail

namespace {

/// The numbers of a linear update with p parts, and the moments as blocks.
template <int p>
struct Form {
  using Block = Eigen::Matrix<double, p, p>;
  using Part = Eigen::Matrix<double, p, 1>;
  explicit Form(const LinearUpdate& u) {
    for (std::size_t i = 0; i < p; ++i) {
      for (std::size_t k = 0; k < p; ++k) a(Index(i), Index(k)) = u.a[i][k];
      b[Index(i)] = u.b[i], c[Index(i)] = u.c[i];
    }
  }
  Block along(double curvature) const { return a - curvature * b * c.transpose(); }
  Block a;
  Part b, c;
};

template <int p>
void update_parts(const detail::Quadratic& problem, const LinearUpdate& u,
                  detail::Moments& moments) {
  using F = Form<p>;
  const F form(u);
  const std::size_t d = problem.size();
  std::vector<double> z(d * d + d + 1, 1), noise;
  const auto mean = [&](std::size_t j) { return typename F::Part::MapType(&moments.mean[j * p]); };
  const auto block = [&](std::size_t j, std::size_t k) {
    return typename F::Block::MapType(&moments.covariance[(j * d + k) * p * p]);
  };
  for (std::size_t j = 0; j < d; ++j) z[d * d + j] = form.c.dot(mean(j));
  for (std::size_t j = 0; j < d; ++j)
    for (std::size_t k = 0; k < d; ++k)
      z[j * d + k] = form.c.dot(block(j, k) * form.c) + z[d * d + j] * z[d * d + k];
  if (problem.kappa > 0) problem.noise(z, noise);
  const std::vector<double>& h = problem.minimum.curvatures;
  for (std::size_t j = 0; j < d; ++j) {
    const typename F::Block left = form.along(h[j]);
    mean(j) = (left * mean(j)).eval();
    for (std::size_t k = 0; k < d; ++k) {
      block(j, k) = (left * block(j, k) * form.along(h[k]).transpose()).eval();
      if (problem.kappa > 0)
        block(j, k) += problem.kappa * noise[j * d + k] * form.b * form.b.transpose();
    }
  }
}

}  // namespace

namespace detail {

Moments::Moments(const Quadratic& problem, const LinearUpdate& first)
    : covariance(problem.size() * problem.size() * count(first.parts * first.parts)) {
  for (const double from : problem.start)
    for (std::size_t i = 0; i < count(first.parts); ++i) mean.push_back(from * first.start[i]);
}

void Moments::update(const Quadratic& problem, const LinearUpdate& u) {
  const auto steps = std::array{update_parts<1>, update_parts<2>, update_parts<3>};
  steps[count(u.parts - 1)](problem, u, *this);
}

ExpectedParts Moments::parts(const Quadratic& problem, const LinearUpdate& u) const {
  const std::size_t d = problem.size(), p = count(u.parts);
  ExpectedParts out{{}, 0, 0};
  for (std::size_t j = 0; j < d; ++j) {
    double m = 0, v = 0;
    for (std::size_t i = 0; i < p; ++i) {
      m += u.e[i] * mean[j * p + i];
      for (std::size_t k = 0; k < p; ++k)
        v += u.e[i] * u.e[k] * covariance[((j * d + j) * p + i) * p + k];
    }
    out.mean.push_back(m);
    out.bias += problem.minimum.curvatures[j] * m * m / 2;
    out.variance += problem.minimum.curvatures[j] * v / 2;
  }
  return out;
}

}
}}  // namespace gradus::detail
