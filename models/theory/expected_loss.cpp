#include <gradus/models/expected_loss.h>

#include <Eigen/Eigenvalues>
#include <Eigen/QR>

#include <gradus/models/best_schedule.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using Eigen::Index, Eigen::Matrix3Xd, Eigen::MatrixXd, Eigen::Vector3d, Eigen::VectorXd;
using Memory = std::array<double, 2>;  // of Optimizer::linear_update()

constexpr double infinity = std::numeric_limits<double>::infinity();

// ---- the problem --------------------------------------------------------------------------------

struct LeastSquares {
  LeastSquares(const ExactTensor& inputs, const ExactTensor& targets, bool use_bias);

  Index n, d;             ///< rows, weights
  MatrixXd x;             ///< with a last column of ones for the bias
  MatrixXd directions;    ///< eigenvectors of the Hessian
  VectorXd residuals, h;  ///< at the minimum; the curvature of each direction, falling
  Minimum minimum;
};

LeastSquares::LeastSquares(const ExactTensor& inputs, const ExactTensor& targets, bool use_bias) {
  check<ShapeError>(inputs.rank() == 2 && inputs.size() > 0,
                    "least_squares: x must have the shape (rows, features), each >= 1 (got {})",
                    inputs.shape());
  n = Index(inputs.shape()[0]), d = Index(inputs.shape()[1]) + use_bias;
  check<ShapeError>(targets.rank() > 0 && targets.size() == n && targets.shape()[0] == n,
                    "least_squares: y must have the shape ({0}) or ({0}, 1), a number for each row "
                    "of x (got {1})",
                    n, targets.shape());
  x = MatrixXd::Ones(n, d);
  VectorXd y(n);
  for (Index i = 0; i < n * (d - use_bias); ++i)
    x(i / (d - use_bias), i % (d - use_bias)) = inputs.exact(static_cast<std::size_t>(i));
  for (Index i = 0; i < n; ++i) y[i] = targets.exact(static_cast<std::size_t>(i));
  check<NumericError>(x.allFinite() && y.allFinite(), "least_squares: x and y must be finite");
  const VectorXd w = x.completeOrthogonalDecomposition().solve(y);
  residuals = x * w - y;
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(2.0 / double(n) * x.transpose() * x);
  directions = solver.eigenvectors().rowwise().reverse();
  h = solver.eigenvalues().reverse().cwiseMax(0);
  minimum = {residuals.squaredNorm() / double(n), {w.begin(), w.end()}, {h.begin(), h.end()}};
}

double kappa_of(const ExpectedOptions& o, double rows) {
  const double b = static_cast<double>(o.batch_size.count);
  check(
      o.sampling != Sampling::shuffled,
      "expected_loss: sampling must be fresh, replacement or full (got shuffled: rows of an epoch "
      "depend on each other, and the exact recursion needs batches that do not)");
  check(b >= 1, "expected_loss: batch_size must be >= 1 (got {})", b);
  check(b <= rows || o.sampling != Sampling::fresh,
        "expected_loss: batch_size must be at most {}, the rows, with fresh batches (got {})", rows,
        b);
  if (o.sampling == Sampling::replacement) return 1 / b;
  return o.sampling == Sampling::full || b == rows ? 0 : (rows - b) / (b * (rows - 1));
}

/// The problem along the eigenvectors of the Hessian, where an update treats the mean one by one
/// and the covariance pair by pair.
struct Problem : LeastSquares {
  explicit Problem(const ExpectedOptions& options);
  /// kappa times the covariance of a row's gradient. It is linear in z = (S, m, 1): S and m are the
  /// second moments and the mean of the weights at which the gradient is taken, minus the minimum.
  VectorXd noise(const VectorXd& z) const { return table.size() > 0 ? table * z : by_rows(z); }
  /// The slopes by z, from the slopes by noise(z).
  VectorXd noise_back(const VectorXd& by_noise) const;
  VectorXd by_rows(const VectorXd& z) const;

  VectorXd start;
  double kappa;
  MatrixXd table = {};  ///< noise() as a matrix, where that is less work
};

/// The inputs, checked before their matrices are made.
const ExactTensor& inputs_of(const ExpectedOptions& o) {
  const Index d = o.x.rank() == 2 ? Index(o.x.shape()[1]) + o.use_bias : 0;
  check(d <= 64, "expected_loss: x must give at most 64 weights, with the bias (got {})", d);
  return o.x;
}

Problem::Problem(const ExpectedOptions& o)
    : LeastSquares(inputs_of(o), o.y, o.use_bias), kappa(kappa_of(o, double(n))) {
  check(o.start.empty() || std::ssize(o.start) == d,
        "expected_loss: start must have {} numbers, for the kernel and the bias (got {})", d,
        o.start.size());
  check(o.steps >= 0, "expected_loss: steps must be >= 0 (got {})", o.steps.count);
  start = -VectorXd::Map(minimum.weights.data(), d);
  if (!o.start.empty()) start += VectorXd::Map(o.start.data(), d);
  check<NumericError>(start.allFinite(), "expected_loss: start must be finite");
  start = (directions.transpose() * start).eval();
  x = (x * directions).eval();
  const Index inputs = d * d + d + 1;
  if (inputs > std::min(n, Index(o.steps.count))) return;
  MatrixXd columns(d * d, inputs);
  for (Index i = 0; i < inputs; ++i) columns.col(i) = by_rows(VectorXd::Unit(inputs, i));
  table = std::move(columns);
}

/// kappa (4/N sum x x' (x'S x + 2 r x'm + r^2) - H S H).
VectorXd Problem::by_rows(const VectorXd& z) const {
  const auto s = z.head(d * d).reshaped(d, d);
  const VectorXd size =
      (x * s).cwiseProduct(x).rowwise().sum() +
      residuals.cwiseProduct(2 * x * z.segment(d * d, d) + z[d * d + d] * residuals);
  const MatrixXd q = 4 / double(n) * x.transpose() * size.asDiagonal() * x;
  return kappa * (q - h.asDiagonal() * s * h.asDiagonal()).reshaped();
}

VectorXd Problem::noise_back(const VectorXd& by_noise) const {
  if (table.size() > 0) return table.transpose() * by_noise;
  VectorXd z = VectorXd::Zero(d * d + d + 1);
  z.head(d * d) = by_noise;
  z.head(d * d) = by_rows(z);  // symmetric in S
  const VectorXd q = (x * by_noise.reshaped(d, d)).cwiseProduct(x).rowwise().sum();
  z.segment(d * d, d) = kappa * 8 / double(n) * x.transpose() * q.cwiseProduct(residuals);
  return z;
}

// ---- one update ---------------------------------------------------------------------------------

/// Mean and covariance of the optimizer's state, minus the minimum. Or the slopes of the final loss
/// by the mean and by the second moments (covariance + mean mean'); it is linear in both.
struct Moments {
  Matrix3Xd first;   ///< of each direction
  Matrix3Xd second;  ///< three columns for each pair of directions
};

auto pair(auto& at, Index i) { return at.second.template middleCols<3>(3 * i); }

/// The update `u` of a state with the moments `before`. u.b holds the rate, or is for rate 1.
class Stage {
 public:
  Stage(const Problem& problem, const LinearUpdate& u, const Moments& before)
      : p_(problem), d_(problem.d), b_(u.b.data()), c_(u.c.data()), z_(d_ * d_ + d_ + 1) {
    for (Index i = 0; i < 3; ++i) a_.row(i) = Vector3d(u.a[static_cast<std::size_t>(i)].data());
    const VectorXd m = before.first.transpose() * c_;
    for (Index i = 0; i < d_ * d_; ++i)
      z_[i] = c_.dot(pair(before, i) * c_) + m[i / d_] * m[i % d_];
    z_.tail(d_ + 1) << m, 1;
    noise_ = p_.noise(z_);
  }

  /// Changes the moments before the update to those after it.
  void advance(double rate, Moments& at) const {
    for (Index j = 0; j < d_; ++j) at.first.col(j) = (along(rate, j) * at.first.col(j)).eval();
    for (Index i = 0; i < d_ * d_; ++i)
      pair(at, i) = (along(rate, i / d_) * pair(at, i) * along(rate, i % d_).transpose()).eval() +
                    rate * rate * noise_[i] * b_ * b_.transpose();
  }
  /// Changes the slopes by the moments after the update to those by the moments before it.
  void retreat(double rate, Moments& after) const {
    VectorXd by_noise(d_ * d_);
    for (Index i = 0; i < d_ * d_; ++i) by_noise[i] = rate * rate * b_.dot(pair(after, i) * b_);
    const VectorXd by_z = p_.noise_back(by_noise);
    for (Index j = 0; j < d_; ++j)
      after.first.col(j) =
          (along(rate, j).transpose() * after.first.col(j)).eval() + by_z[d_ * d_ + j] * c_;
    for (Index i = 0; i < d_ * d_; ++i)
      pair(after, i) =
          (along(rate, i / d_).transpose() * pair(after, i) * along(rate, i % d_)).eval() +
          by_z[i] * c_ * c_.transpose();
  }
  /// The final loss is a quadratic in the rate: its slope at rate 0, and its second derivative.
  std::pair<double, double> slopes(const Moments& before, const Moments& after) const {
    double slope = 0, curvature = 0;
    for (Index j = 0; j < d_; ++j) {
      const double m = c_.dot(before.first.col(j));
      slope -= p_.h[j] * m * b_.dot(after.first.col(j));
      for (Index k = 0; k < d_; ++k) {
        const Index i = j * d_ + k;
        const Vector3d weight = pair(after, i).transpose() * b_;
        const Vector3d second = pair(before, k * d_ + j) * c_ + before.first.col(k) * m;
        slope -= 2 * p_.h[j] * weight.dot(a_ * second);
        curvature += 2 * weight.dot(b_) * (p_.h[j] * p_.h[k] * z_[i] + noise_[i]);
      }
    }
    return {slope, curvature};
  }

 private:
  Eigen::Matrix3d along(double rate, Index j) const {
    return a_ - rate * p_.h[j] * b_ * c_.transpose();
  }
  const Problem& p_;
  Index d_;
  Eigen::Matrix3d a_;
  Vector3d b_, c_;
  VectorXd z_, noise_;
};

Moments before_all(const Problem& p, const LinearUpdate& first) {
  return {Vector3d(first.start.data()) * p.start.transpose(), Matrix3Xd::Zero(3, 3 * p.d * p.d)};
}
Moments slopes_at_end(const Problem& p, const LinearUpdate& last) {
  Moments at{Matrix3Xd::Zero(3, p.d), Matrix3Xd::Zero(3, 3 * p.d * p.d)};
  const Vector3d e(last.e.data());
  for (Index j = 0; j < p.d; ++j) pair(at, j * (p.d + 1)) = p.h[j] / 2 * e * e.transpose();
  return at;
}

/// Mean, bias and variance of the weights e.s, with e of the last update.
struct Seen {
  Seen(const Problem& p, const Moments& at, const LinearUpdate::Row& of) {
    const Vector3d e(of.data());
    mean = at.first.transpose() * e;
    bias = p.h.dot(mean.cwiseAbs2()) / 2;
    for (Index j = 0; j < p.d; ++j) variance += p.h[j] / 2 * e.dot(pair(at, j * (p.d + 1)) * e);
    variance = std::max(variance, 0.0);  // rounding
  }
  VectorXd mean;
  double bias, variance = 0;
};

double rate_of(const ExpectedOptions& options, Step t) {
  return value(options.optimizer.schedule().at(static_cast<double>(t)));
}

}  // namespace

Minimum least_squares(const ExactTensor& x, const ExactTensor& y, bool use_bias) {
  return LeastSquares(x, y, use_bias).minimum;
}

Expectation expected_loss(const ExpectedOptions& options) {
  const Problem problem(options);
  Expectation out{.minimum = problem.minimum};
  Memory memory = {};
  LinearUpdate u = options.optimizer.linear_update(0, rate_of(options, 0), memory);
  Moments at = before_all(problem, u);
  const auto add = [&](const LinearUpdate::Row& e) {
    const Seen now(problem, at, e);
    const bool finite = std::isfinite(now.bias + now.variance);
    out.bias.push_back(finite ? now.bias : infinity);
    out.variance.push_back(finite ? now.variance : infinity);
    out.loss.push_back(out.minimum.loss + out.bias.back() + out.variance.back());
    const bool know = finite || out.mean_weights.empty();  // else as before
    out.mean_weights.push_back(know ? out.minimum.weights : out.mean_weights.back());
    if (finite)
      VectorXd::Map(out.mean_weights.back().data(), problem.d) += problem.directions * now.mean;
  };
  add({1});
  for (Step t = 0; t < options.steps; ++t) {
    if (t > 0) u = options.optimizer.linear_update(t, rate_of(options, t), memory);
    Stage(problem, u, at).advance(1, at);
    add(u.e);
  }
  return out;
}

double largest_rate(const ExpectedOptions& options) {
  const Problem p(options);
  Memory memory = {};
  check(options.optimizer.linear_update(0, 1, memory).parts == 1,
        "largest_rate: optimizer must be SGD without momentum and use_ema (got {})",
        to_string(options.optimizer));
  if (p.kappa == 0) return 2 / p.h[0];
  // V moves by (rate^2 B - rate L) V: the rate is 1 / the greatest eigenvalue of L^-1/2 B L^-1/2.
  const MatrixXd sum = p.h.replicate(1, p.d) + p.h.transpose().replicate(p.d, 1);
  const MatrixXd root = (sum.array() > 1e-14 * sum(0, 0)).select(sum.cwiseSqrt().cwiseInverse(), 0);
  MatrixXd v = MatrixXd::Identity(p.d, p.d);
  VectorXd z = VectorXd::Zero(p.d * p.d + p.d + 1);
  double greatest = 0;
  for (int i = 0; i < 100000; ++i) {
    const MatrixXd s = v.cwiseProduct(root);
    z.head(p.d * p.d) = s.reshaped();
    const MatrixXd moved =
        root.cwiseProduct(p.h.asDiagonal() * s * p.h.asDiagonal() + p.noise(z).reshaped(p.d, p.d));
    const double before = std::exchange(greatest, v.cwiseProduct(moved).sum() / v.squaredNorm());
    if (!(greatest - before > 1e-15 * greatest)) break;
    v = moved / moved.norm();
  }
  return 1 / greatest;
}

// ---- the best schedule --------------------------------------------------------------------------

namespace {

/// The optimizer's updates at rate 1. ValueError unless only b depends on the rate.
std::vector<LinearUpdate> unit_updates(const ExpectedOptions& options) {
  check(options.steps > 0, "best_schedule: steps must be >= 1 (got {})", options.steps.count);
  std::vector<LinearUpdate> units;
  Memory memory = {}, other = {}, own = {};
  for (Step t = 0; t < options.steps; ++t) {
    options.optimizer.linear_update(t, rate_of(options, t), own);  // throws for a bad rate
    units.push_back(options.optimizer.linear_update(t, 1, memory));
    const double rising = 2 + static_cast<double>(t);
    check(options.optimizer.linear_update(t, rising, other).a == units.back().a,
          "best_schedule: the optimizer must average with weights that do not depend on the rates, "
          "as with weight_lr_power=0 (got {})",
          options.optimizer.name());
  }
  return units;
}

/// Goes forward and back through all updates; if it descends, sets each rate to its minimum.
class Sweep {
 public:
  Sweep(const ExpectedOptions& options, bool descends)
      : problem(options),
        units_(unit_updates(options)),
        descends_(descends),
        at_(units_.size() + 1, before_all(problem, units_[0])),
        gradient(units_.size()) {}

  /// Returns the final loss above the minimum. `first`: at_ holds no slopes from back() yet.
  double forward(bool first) {
    Moments at = at_[0];
    for (std::size_t t = 0; t < rates.size(); ++t) {
      const Stage stage(problem, units_[t], at);
      if (!first) visit(t, stage, at, at_[t + 1]);
      stage.advance(rates[t], at);
      at_[t + 1] = at;
    }
    const Seen end(problem, at, units_.back().e);
    return end.bias + end.variance;
  }
  /// As forward(), with each rate set to the one of least loss if training ended after its update.
  double greedy() {
    std::fill(at_.begin() + 1, at_.end(), slopes_at_end(problem, units_.back()));
    return forward(false);
  }
  void back() {
    Moments slopes = slopes_at_end(problem, units_.back());
    for (std::size_t t = rates.size(); t-- > 0;) {
      const Stage stage(problem, units_[t], at_[t]);
      visit(t, stage, at_[t], slopes);
      at_[t + 1] = slopes;
      stage.retreat(rates[t], slopes);
    }
  }

  const Problem problem;

 private:
  void visit(std::size_t t, const Stage& stage, const Moments& before, const Moments& after) {
    const auto [slope, curvature] = stage.slopes(before, after);
    gradient[t] = slope + curvature * rates[t];
    const double to = std::max(-slope / curvature, 0.0);
    if (descends_ && curvature > 0 && std::isfinite(to)) rates[t] = to;
  }
  std::vector<LinearUpdate> units_;
  bool descends_;
  std::vector<Moments> at_;  ///< before each update and at the end; after back() slopes

 public:
  std::vector<double> rates = {}, gradient;
};

}  // namespace

std::vector<double> gradient_by_rate(const ExpectedOptions& options) {
  Sweep sweep(options, false);
  for (Step t = 0; t < options.steps; ++t) sweep.rates.push_back(rate_of(options, t));
  sweep.forward(true);
  sweep.back();
  return sweep.gradient;
}

BestSchedule best_schedule(const ExpectedOptions& options, const DescentOptions& limits) {
  Sweep sweep(options, true);
  BestSchedule best{.loss = infinity};
  enum class From { schedule, zeros, greedy };
  for (const From from : {From::schedule, From::zeros, From::greedy}) {
    sweep.rates.clear();
    for (Step t = 0; t < options.steps; ++t)
      sweep.rates.push_back(from == From::schedule ? rate_of(options, t) : 0);
    double before = infinity, excess = from == From::greedy ? sweep.greedy() : sweep.forward(true);
    for (Step i = 0; i < limits.passes && before - excess > limits.tolerance * excess; ++i) {
      before = excess;
      sweep.back();
      excess = sweep.forward(false);
    }
    const double loss = sweep.problem.minimum.loss + excess;
    if (loss < best.loss) best = {sweep.rates, loss};
  }
  PiecewiseInterpolation curve{.boundaries = {}, .values = {best.rates.begin(), best.rates.end()}};
  for (std::size_t t = 1; t < best.rates.size(); ++t) curve.boundaries.push_back(t);
  best.schedule = curve;
  return best;
}

}}  // namespace gradus
