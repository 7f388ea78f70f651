#include <gradus/models/curvature.h>

#include <Eigen/Eigenvalues>
#include <Eigen/QR>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

/// While it lives, the parameters move along the directions.
class Moving {
 public:
  Moving(std::span<const Tensor> parameters, std::span<const Direction> directions)
      : parameters_(parameters) {
    std::size_t place = 0;
    for (const Tensor& w : parameters) {
      before_.emplace_back(w.values().begin(), w.values().end());
      for (Scalar* x = data(w); x != data(w) + w.size(); ++x, ++place) {
        *x = value(*x);
        for (std::size_t k = 0; k < directions.size(); ++k) x->d[k] = directions[k][place];
      }
    }
  }
  Moving(const Moving&) = delete;
  Moving& operator=(const Moving&) = delete;
  ~Moving() {
    for (std::size_t i = 0; i < before_.size(); ++i)
      std::ranges::copy(before_[i], data(parameters_[i]));
  }

 private:
  static Scalar* data(const Tensor& w) { return detail::node_of(w).value.data(); }
  std::span<const Tensor> parameters_;
  std::vector<std::vector<Scalar>> before_;
};

Eigen::MatrixXd columns(const std::vector<Direction>& v) {
  Eigen::MatrixXd matrix(v[0].size(), v.size());
  for (Eigen::Index k = 0; const Direction& direction : v)
    matrix.col(k++) = Eigen::VectorXd::Map(direction.data(), matrix.rows());
  return matrix;
}

/// Directions that span what the columns span; random ones for columns of zeros.
std::vector<Direction> orthonormal(Eigen::MatrixXd v, Random& random) {
  for (auto column : v.colwise())
    if (column.isZero(0)) std::ranges::generate(column, [&] { return random.normal(); });
  const Eigen::MatrixXd q = Eigen::HouseholderQR<Eigen::MatrixXd>(v).householderQ() *
                            Eigen::MatrixXd::Identity(v.rows(), v.cols());
  std::vector<Direction> directions;
  for (const auto& column : q.colwise()) directions.emplace_back(column.begin(), column.end());
  return directions;
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
  std::vector<Direction>& v = memory.directions;
  v.resize(std::min<std::size_t>(size, Dual::directions));
  for (Direction& direction : v) direction.resize(size);
  v = orthonormal(columns(v), random);
  std::vector<double> values(v.size(), std::numeric_limits<double>::infinity());
  for (memory.products = 0; memory.products < memory.most_products;) {
    const Eigen::MatrixXd products = columns(hessian_times(loss, parameters, v));
    ++memory.products;
    const Eigen::MatrixXd projected = columns(v).transpose() * products;
    check<NumericError>(projected.allFinite(), "sharpness: the loss must have finite curvatures");
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> ritz(projected);
    const double before = values[0];
    std::ranges::reverse_copy(ritz.eigenvalues(), values.begin());
    v = orthonormal(products * ritz.eigenvectors().rowwise().reverse(), random);
    if (std::fabs(values[0] - before) <= memory.tolerance * std::fabs(values[0])) break;
  }
  return values;
}

void Sharpness::on_train_batch_begin(std::int64_t, const Logs&, Sequential& model) {
  const Step step = model.optimizer().iterations();
  if (step % every.count != 0 || std::exchange(measured, step) == step) return;
  const auto of_model = [&] {
    return loss ? loss(model) : model.batch_loss(model.training_rows());
  };
  values.push_back(sharpness(of_model, model.parameters(), memory).front());
}

}}  // namespace gradus
