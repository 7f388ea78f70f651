#include <gradus/models/curvature.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <Eigen/Eigenvalues>

#include <gradus/core/node.h>
#include <gradus/core/random.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

/// Gives the parameters other derivatives, and at its end their own again.
class Moving {
 public:
  Moving(std::span<const Tensor> parameters, std::span<const Direction> directions)
      : parameters_(parameters) {
    for (const Tensor& w : parameters) before_.emplace_back(w.values().begin(), w.values().end());
    std::size_t place = 0;
    for (const Tensor& w : parameters) {
      Scalar* const values = detail::node_of(w).value.data();
      for (std::int64_t i = 0; i < w.size(); ++i, ++place) {
        values[i] = value(values[i]);
        for (std::size_t k = 0; k < directions.size(); ++k) values[i].d[k] = directions[k][place];
      }
    }
  }
  Moving(const Moving&) = delete;
  Moving& operator=(const Moving&) = delete;
  ~Moving() {
    for (std::size_t i = 0; i < before_.size(); ++i)
      std::ranges::copy(before_[i], detail::node_of(parameters_[i]).value.data());
  }

 private:
  std::span<const Tensor> parameters_;
  std::vector<std::vector<Scalar>> before_;
};

double dot(const Direction& a, const Direction& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// Gram-Schmidt, twice, which is enough (Parlett 1998). A direction that the ones before it span
/// becomes a random one.
void orthonormalize(std::vector<Direction>& v, Random& random) {
  for (std::size_t i = 0; i < v.size(); ++i)
    for (int pass = 0; pass < 2;) {
      for (std::size_t j = 0; j < i; ++j) {
        const double along = dot(v[i], v[j]);
        for (std::size_t e = 0; e < v[i].size(); ++e) v[i][e] -= along * v[j][e];
      }
      const double length = std::sqrt(dot(v[i], v[i]));
      if (length > 0)
        for (double& e : v[i]) e /= length;
      else
        std::ranges::generate(v[i], [&] { return random.normal(); });
      pass = length > 0 ? pass + 1 : 0;
    }
}

/// The combinations of `v` with the columns of q.
std::vector<Direction> combined(const std::vector<Direction>& v, const Eigen::MatrixXd& q) {
  std::vector<Direction> result(v.size(), Direction(v[0].size()));
  for (std::size_t k = 0; k < v.size(); ++k)
    for (std::size_t j = 0; j < v.size(); ++j)
      for (std::size_t e = 0; e < v[j].size(); ++e)
        result[k][e] += q(static_cast<Eigen::Index>(j), static_cast<Eigen::Index>(k)) * v[j][e];
  return result;
}

std::size_t size_of(std::span<const Tensor> parameters) {
  std::int64_t size = 0;
  for (const Tensor& w : parameters) size += w.size();
  return static_cast<std::size_t>(size);
}

}  // namespace

std::vector<Direction> hessian_times(const std::function<Tensor()>& loss,
                                     std::span<const Tensor> parameters,
                                     std::span<const Direction> directions) {
  const std::size_t size = size_of(parameters);
  check(directions.size() <= Dual::directions,
        "hessian_times: directions must be at most {} (got {})", Dual::directions,
        directions.size());
  for (const Direction& v : directions)
    check<ShapeError>(v.size() == size,
                      "hessian_times: a direction must have the parameters' size {} (got {})", size,
                      v.size());
  const Moving moving(parameters, directions);
  std::vector<Direction> products(directions.size());
  for (const Tensor& g : gradients(loss(), parameters))
    for (const Scalar& element : g.values())
      for (std::size_t k = 0; k < products.size(); ++k) products[k].push_back(element.d[k]);
  return products;
}

std::vector<double> sharpness(const std::function<Tensor()>& loss,
                              std::span<const Tensor> parameters, Curvature& memory) {
  const std::size_t size = size_of(parameters);
  check(size > 0, "sharpness: parameters must not be empty");
  Random random(0, "curvature");
  auto& v = memory.directions;
  v.resize(std::min<std::size_t>(size, Dual::directions));
  for (Direction& direction : v) direction.resize(size);  // a new one is 0, so becomes random
  orthonormalize(v, random);
  std::vector<double> values;
  double before = std::numeric_limits<double>::infinity();
  for (memory.products = 0; memory.products < memory.most_products;) {
    const std::vector<Direction> products = hessian_times(loss, parameters, v);
    ++memory.products;
    const auto n = static_cast<Eigen::Index>(v.size());
    Eigen::MatrixXd projected(n, n);
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < n; ++j)
        projected(i, j) =
            dot(v[static_cast<std::size_t>(i)], products[static_cast<std::size_t>(j)]);
    check<NumericError>(projected.allFinite(), "sharpness: the loss must have finite curvatures");
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> ritz(projected);
    const Eigen::MatrixXd falling = ritz.eigenvectors().rowwise().reverse();
    values.assign(ritz.eigenvalues().data(), ritz.eigenvalues().data() + n);
    std::ranges::reverse(values);
    v = combined(products, falling);
    orthonormalize(v, random);
    if (std::fabs(values[0] - before) <= memory.tolerance * std::fabs(values[0])) break;
    before = values[0];
  }
  return values;
}

void Sharpness::on_train_begin(const Logs&, Sequential& model) {
  if (model.optimizer().iterations() == 0) on_train_batch_end(0, {}, model);
}

void Sharpness::on_train_batch_end(std::int64_t, const Logs&, Sequential& model) {
  if (model.optimizer().iterations() % every.count != 0) return;
  values.push_back(sharpness([&] { return loss(model); }, model.parameters(), memory).front());
}

}}  // namespace gradus
