/// Regularizers and constraints.

#include <gradus/models/constraints.h>
#include <gradus/models/initializers.h>
#include <gradus/models/loss.h>
#include <gradus/models/regularizers.h>

namespace gradus { inline namespace GRADUS_VARIANT {

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

namespace {

/// sqrt(sum w^2) along the axis.
Tensor norms_of(const Tensor& weight, const Axes& axis) {
  return sqrt(sum(square(weight), {.axis = axis, .keepdims = true}));
}

/// The weight with other norms.
Tensor rescaled(const Tensor& weight, const Tensor& norms, const Tensor& wanted) {
  return weight * (wanted / (norms + detail::keras_epsilon));
}

}  // namespace

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
