#include <gradus/models/initializers.h>

#include <algorithm>
#include <cmath>

#include <Eigen/QR>

#include <gradus/core/node.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;
using RowMajor = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The deviation of a standard normal cut at 2.
constexpr double cut_deviation = 0.87962566103423978;

double cut_normal(Random& random) {
  double draw = random.normal();
  while (std::abs(draw) > 2) draw = random.normal();
  return draw;
}

/// A tensor of draws: from the stream of the seed, if there is one.
template <class Draw>
Tensor drawn(const Shape& shape, const Seed& seed, Random& random, Draw draw) {
  Random own(seed.value_or(0));
  detail::NewTensor values(shape);
  std::generate_n(values.data, values.tensor.size(),
                  [&] { return static_cast<Scalar>(draw(seed ? own : random)); });
  return std::move(values.tensor);
}

double fan_of(const Shape& shape, FanMode mode) {
  double field = 1;  // of the axes before the last two
  for (int axis = 0; axis + 2 < shape.rank(); ++axis) field *= static_cast<double>(shape[axis]);
  const double out = shape.rank() > 0 ? static_cast<double>(shape.back()) : 1;
  const double in = shape.rank() > 1 ? static_cast<double>(shape[-2]) : out;
  const double fan = mode == FanMode::fan_in ? in : mode == FanMode::fan_out ? out : (in + out) / 2;
  return std::max(1.0, field * fan);
}

}  // namespace

Tensor detail::initial(std::string_view layer, std::string_view option, const Initializer& make,
                       const Shape& shape, Random& random) {
  const Tensor made = make(shape, random);
  check<ShapeError>(made.shape() == shape, "{}: {} must give shape {} (got {})", layer, option,
                    shape, made.shape());
  return parameter(made);
}

Tensor Identity::operator()(const Shape& shape, Random&) const {
  check(shape.rank() == 2, "Identity: the shape must have two axes (got {})", shape);
  detail::NewTensor matrix(shape);
  for (std::int64_t i = 0; i < matrix.tensor.size(); ++i)
    matrix.data[i] = i / shape[1] == i % shape[1] ? static_cast<Scalar>(gain) : Scalar(0);
  return std::move(matrix.tensor);
}

Tensor RandomNormal::operator()(const Shape& shape, Random& random) const {
  return drawn(shape, seed, random, [&](Random& r) { return mean + stddev * r.normal(); });
}

Tensor RandomUniform::operator()(const Shape& shape, Random& random) const {
  return drawn(shape, seed, random, [&](Random& r) { return r.uniform(minval, maxval); });
}

Tensor TruncatedNormal::operator()(const Shape& shape, Random& random) const {
  return drawn(shape, seed, random, [&](Random& r) { return mean + stddev * cut_normal(r); });
}

Tensor VarianceScaling::operator()(const Shape& shape, Random& random) const {
  const double fan = fan_of(shape, mode);
  const double deviation = std::sqrt(scale / fan), limit = std::sqrt(3 * scale / fan);
  if (distribution == Distribution::uniform)
    return RandomUniform{-limit, limit, seed}(shape, random);
  if (distribution == Distribution::untruncated_normal)
    return RandomNormal{0, deviation, seed}(shape, random);
  return TruncatedNormal{0, deviation / cut_deviation, seed}(shape, random);
}

Tensor Orthogonal::operator()(const Shape& shape, Random& random) const {
  check(shape.rank() >= 2, "Orthogonal: the shape must have at least two axes (got {})", shape);
  const std::int64_t size = shape.count(), columns = shape.back();
  if (size == 0) return Tensor::zeros(shape);
  const std::int64_t rows = size / columns;
  const Tensor draws = drawn({size}, seed, random, [](Random& r) { return r.normal(); });
  const Eigen::Map<const Matrix> tall(draws.values().data(), std::max(rows, columns),
                                      std::min(rows, columns));
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(tall.cast<double>());
  Eigen::MatrixXd q = qr.householderQ() * Eigen::MatrixXd::Identity(tall.rows(), tall.cols());
  // Columns of any sign are orthonormal; only those with R's diagonal positive are uniform
  // rotations.
  for (Eigen::Index i = 0; i < q.cols(); ++i) q.col(i) *= qr.matrixQR()(i, i) < 0 ? -gain : gain;
  detail::NewTensor matrix(shape);
  if (rows < columns) q.transposeInPlace();
  Eigen::Map<RowMajor>(matrix.data, rows, columns) = q.cast<Scalar>();
  return std::move(matrix.tensor);
}

}}  // namespace gradus
