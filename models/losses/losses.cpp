/// Losses of numbers, margins and overlaps; those of probabilities: losses_classification.cpp.

#include <gradus/models/losses.h>

#include <algorithm>
#include <numbers>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using detail::fitted;
using detail::keras_epsilon;
using detail::row_means;
using detail::unit_vectors;

/// Labels 0 and 1 as -1 and 1; others as they are.
Tensor signed_labels(const Tensor& y) {
  const auto values = y.values();
  const bool binary =
      std::all_of(values.begin(), values.end(), [](Scalar v) { return v == 0 || v == 1; });
  return binary ? 2 * y - 1 : y;
}

}  // namespace

Tensor MeanSquaredError::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  return row_means(squared_difference(y_pred, fitted("MeanSquaredError", y_true, y_pred)));
}

Tensor MeanAbsoluteError::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  return row_means(abs(y_pred - fitted("MeanAbsoluteError", y_true, y_pred)));
}

Tensor MeanAbsolutePercentageError::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor y = fitted("MeanAbsolutePercentageError", y_true, y_pred);
  return 100 * row_means(abs((y_pred - y) / maximum(abs(y), keras_epsilon)));
}

Tensor MeanSquaredLogarithmicError::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor y = fitted("MeanSquaredLogarithmicError", y_true, y_pred);
  return row_means(
      square(log1p(maximum(y_pred, keras_epsilon)) - log1p(maximum(y, keras_epsilon))));
}

Tensor Huber::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor error = y_pred - fitted("Huber", y_true, y_pred);
  const Tensor near = clip(error, -delta, delta);  // e^2 / 2 near, and delta (e - delta / 2) far
  return row_means(near * (error - 0.5 * near));
}

Tensor LogCosh::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor error = y_pred - fitted("LogCosh", y_true, y_pred);
  return row_means(error + softplus(-2 * error) - std::numbers::ln2);
}

Tensor Poisson::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  return row_means(y_pred - fitted("Poisson", y_true, y_pred) * log(y_pred + keras_epsilon));
}

Tensor CosineSimilarity::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor y = fitted("CosineSimilarity", y_true, y_pred);
  return row_means(-sum(unit_vectors(y, axis) * unit_vectors(y_pred, axis), {.axis = axis}));
}

Tensor Hinge::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor y = signed_labels(fitted("Hinge", y_true, y_pred));
  return row_means(maximum(1 - y * y_pred, 0));
}

Tensor SquaredHinge::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor y = signed_labels(fitted("SquaredHinge", y_true, y_pred));
  return row_means(square(maximum(1 - y * y_pred, 0)));
}

Tensor CategoricalHinge::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor y = fitted("CategoricalHinge", y_true, y_pred);
  const Tensor pos = sum(y * y_pred, {.axis = -1}), neg = max((1 - y) * y_pred, {.axis = -1});
  return row_means(maximum(neg - pos + 1, 0));
}

Tensor Dice::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor y = fitted("Dice", y_true, y_pred);
  const Reduction over{.axis = axis};
  return 1 - 2 * sum(y * y_pred, over) / (sum(y, over) + sum(y_pred, over) + keras_epsilon);
}

Tensor Tversky::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor y = fitted("Tversky", y_true, y_pred);
  const Reduction over{.axis = axis};
  const Tensor hit = sum(y * y_pred, over);
  const Tensor wrong = sum((1 - y) * y_pred, over), missed = sum(y * (1 - y_pred), over);
  return 1 - hit / (hit + alpha * wrong + beta * missed + keras_epsilon);
}

}}  // namespace gradus
