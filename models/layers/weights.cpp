/// Functions of weights: initializers, regularizers and constraints.

#include <algorithm>
#include <cmath>

#include <Eigen/QR>

#include <gradus/core/node.h>
#include <gradus/models/constraints.h>
#include <gradus/models/initializers.h>
#include <gradus/models/loss.h>
#include <gradus/models/regularizers.h>

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
Tensor drawn(const Shape& shape, const Seed& seed, Random& random, auto draw) {
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

/// sqrt(sum w^2) along the axis.
Tensor norms_of(const Tensor& weight, const Axes& axis) {
  return sqrt(sum(square(weight), {.axis = axis, .keepdims = true}));
}

/// The weight with other norms.
Tensor rescaled(const Tensor& weight, const Tensor& norms, const Tensor& wanted) {
  return weight * (wanted / (norms + detail::keras_epsilon));
}

}  // namespace

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
  const std::int64_t size = shape.count();
  if (size == 0) return Tensor::zeros(shape);
  const auto columns = static_cast<Eigen::Index>(shape.back());
  const auto rows = static_cast<Eigen::Index>(size / shape.back());
  const Tensor draws = drawn({size}, seed, random, [](Random& r) { return r.normal(); });
  const Eigen::Map<const Matrix> tall(draws.values().data(), std::max(rows, columns),
                                      std::min(rows, columns));
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(tall.cast<double>());
  Eigen::MatrixXd q = qr.householderQ() * Eigen::MatrixXd::Identity(tall.rows(), tall.cols());
  // Columns of any sign are orthonormal; only a positive diagonal of R is uniform.
  for (Eigen::Index i = 0; i < q.cols(); ++i) q.col(i) *= qr.matrixQR()(i, i) < 0 ? -gain : gain;
  detail::NewTensor matrix(shape);
  if (rows < columns) q.transposeInPlace();
  Eigen::Map<RowMajor>(matrix.data, rows, columns) = q.cast<Scalar>();
  return std::move(matrix.tensor);
}

Tensor OrthogonalRegularizer::operator()(const Tensor& weight) const {
  check<ShapeError>(weight.rank() == 2,
                    "OrthogonalRegularizer: the weight must be a matrix (got shape {})",
                    weight.shape());
  const Tensor w = mode == Vectors::rows ? weight : transpose(weight);
  const Tensor units = detail::unit_vectors(w, 1);
  const std::int64_t count = w.shape()[0];
  if (count < 2) return 0 * sum(units);
  Random unused(0);
  const Tensor others = 1 - Identity{}({count, count}, unused);
  const auto pairs = static_cast<double>(count * (count - 1));  // the sum holds each twice
  return factor / pairs * sum(abs(matmul(units, transpose(units)) * others));
}

Tensor MaxNorm::operator()(const Tensor& weight) const {
  const Tensor norms = norms_of(weight, axis);
  return rescaled(weight, norms, clip(norms, 0, max_value));
}

Tensor UnitNorm::operator()(const Tensor& weight) const {
  return rescaled(weight, norms_of(weight, axis), 1);
}

Tensor MinMaxNorm::operator()(const Tensor& weight) const {
  const Tensor norms = norms_of(weight, axis);
  const Tensor wanted = rate * clip(norms, min_value, max_value) + (1 - rate) * norms;
  return rescaled(weight, norms, wanted);
}

}}  // namespace gradus
