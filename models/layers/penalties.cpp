/// Regularizers and constraints.

#include <gradus/models/constraints.h>
#include <gradus/models/initializers.h>
#include <gradus/models/regularizers.h>
#include <gradus/models/targets.h>

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

/// The weight with each norm replaced by wanted(norm).
template <class Wanted>
Tensor with_norms(const Tensor& weight, const Axes& axis, Wanted wanted) {
  const Tensor norms = sqrt(sum(square(weight), {.axis = axis, .keepdims = true}));
  return weight * (wanted(norms) / (norms + detail::keras_epsilon));
}

}  // namespace

Tensor MaxNorm::operator()(const Tensor& weight) const {
  return with_norms(weight, axis, [&](const Tensor& norms) { return clip(norms, 0, max_value); });
}

Tensor UnitNorm::operator()(const Tensor& weight) const {
  return with_norms(weight, axis, [](const Tensor&) { return Tensor(1); });
}

void MinMaxNorm::validate() const {
  check(min_value <= max_value, "MinMaxNorm: min_value must be <= max_value (got {} and {})",
        min_value, max_value);
}
Tensor MinMaxNorm::operator()(const Tensor& weight) const {
  return with_norms(weight, axis, [&](const Tensor& norms) {
    return rate * clip(norms, min_value, max_value) + (1 - rate) * norms;
  });
}

}}  // namespace gradus
