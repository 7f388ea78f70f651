/// Losses of numbers, margins and overlaps; those of probabilities: losses_classification.cpp.

#include <gradus/models/losses.h>

#include <algorithm>
#include <numbers>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using detail::epsilon;
using detail::fitted;
using detail::row_means;

/// Labels 0 and 1 as -1 and 1; others as they are.
Tensor signed_labels(const Tensor& y) {
  const auto values = y.values();
  const bool binary =
      std::all_of(values.begin(), values.end(), [](Scalar v) { return v == 0 || v == 1; });
  return binary ? 2 * y - 1 : y;
}

/// x divided by its length along an axis; one shorter than 1e-7 is divided by that.
Tensor direction(const Tensor& x, int axis) {
  return x / sqrt(maximum(sum(square(x), {.axis = axis, .keepdims = true}), epsilon * epsilon));
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
  return 100 * row_means(abs((y_pred - y) / maximum(abs(y), epsilon)));
}

Tensor MeanSquaredLogarithmicError::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor y = fitted("MeanSquaredLogarithmicError", y_true, y_pred);
  return row_means(square(log1p(maximum(y_pred, epsilon)) - log1p(maximum(y, epsilon))));
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
  return row_means(y_pred - fitted("Poisson", y_true, y_pred) * log(y_pred + epsilon));
}

Tensor CosineSimilarity::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor y = fitted("CosineSimilarity", y_true, y_pred);
  return row_means(-sum(direction(y, axis) * direction(y_pred, axis), {.axis = axis}));
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
  return 1 - 2 * sum(y * y_pred, over) / (sum(y, over) + sum(y_pred, over) + epsilon);
}

Tensor Tversky::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor y = fitted("Tversky", y_true, y_pred);
  const Reduction over{.axis = axis};
  const Tensor hit = sum(y * y_pred, over);
  const Tensor wrong = sum((1 - y) * y_pred, over), missed = sum(y * (1 - y_pred), over);
  return 1 - hit / (hit + alpha * wrong + beta * missed + epsilon);
}

}}  // namespace gradus
