#include <gradus/models/losses.h>

#include <cmath>
#include <string>

namespace gradus::inline GRADUS_VARIANT {
namespace {

/// What Keras calls epsilon: the cut that keeps log() off 0.
constexpr double epsilon = 1e-7;

void check_shapes(const char* loss, const Shape& y_true, const Shape& y_pred) {
  const bool column = y_pred.rank() == 2 && y_pred[1] == 1 && y_true == Shape{y_pred[0]};
  const bool flat = y_pred.rank() == 1 && y_true == Shape{y_pred[0], 1};
  check<ShapeError>(y_true == y_pred || column || flat,
                    "{}: targets of shape {} must fit outputs of shape {}", loss, y_true, y_pred);
}

/// The targets in the outputs' shape.
Tensor fitted(const char* loss, const Tensor& y_true, const Tensor& y_pred) {
  check_shapes(loss, y_true.shape(), y_pred.shape());
  return y_true.shape() == y_pred.shape() ? y_true : reshape(y_true, y_pred.shape());
}

/// All rows at once: the outputs' shape with the targets' number of rows.
Shape with_rows(Shape y_pred, const Tensor& y_true) {
  if (y_pred.rank() > 0 && y_true.rank() > 0) y_pred.set(0, y_true.shape()[0]);
  return y_pred;
}

/// One value per row: the mean over all axes but the first.
Tensor row_means(const Tensor& x) {
  if (x.rank() <= 1) return x;
  const std::int64_t rows = x.shape()[0];
  if (x.size() == rows) return reshape(x, {rows});
  return mean(reshape(x, {rows, -1}), {.axis = 1});
}

}  // namespace

Tensor MeanSquaredError::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  return row_means(square(y_pred - fitted("MeanSquaredError", y_true, y_pred)));
}
void MeanSquaredError::check_targets(const Tensor& y_true, const Shape& y_pred) const {
  check_shapes("MeanSquaredError", y_true.shape(), with_rows(y_pred, y_true));
}

Tensor MeanAbsoluteError::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  return row_means(abs(y_pred - fitted("MeanAbsoluteError", y_true, y_pred)));
}
void MeanAbsoluteError::check_targets(const Tensor& y_true, const Shape& y_pred) const {
  check_shapes("MeanAbsoluteError", y_true.shape(), with_rows(y_pred, y_true));
}

void BinaryCrossentropy::validate() const {
  check(label_smoothing >= 0 && label_smoothing < 1,
        "BinaryCrossentropy: label_smoothing must be in [0, 1) (got {})", label_smoothing);
}
Tensor BinaryCrossentropy::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  Tensor y = fitted("BinaryCrossentropy", y_true, y_pred);
  if (label_smoothing > 0) y = y * (1 - label_smoothing) + 0.5 * label_smoothing;
  if (from_logits) return row_means(y * softplus(-y_pred) + (1 - y) * softplus(y_pred));
  const Tensor p = clip(y_pred, epsilon, 1 - epsilon);
  return row_means(-(y * log(p) + (1 - y) * log(1 - p)));
}
void BinaryCrossentropy::check_targets(const Tensor& y_true, const Shape& y_pred) const {
  check_shapes("BinaryCrossentropy", y_true.shape(), with_rows(y_pred, y_true));
  for (std::size_t i = 0; i < y_true.values().size(); ++i) {
    const double y = value(y_true.values()[i]);
    check(y >= 0 && y <= 1, "BinaryCrossentropy: y[{}] must be in [0, 1] (got {})", i, y);
  }
}

Tensor SparseCategoricalCrossentropy::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  if (from_logits) return logsumexp(y_pred, {.axis = -1}) - pick(y_pred, y_true);
  const Tensor p = y_pred / sum(y_pred, {.axis = -1, .keepdims = true});
  return -pick(log(clip(p, epsilon, 1 - epsilon)), y_true);
}
void SparseCategoricalCrossentropy::check_targets(const Tensor& y_true, const Shape& y_pred) const {
  const Shape& s = y_true.shape();
  check<ShapeError>(y_pred.rank() == 2 && (s.rank() == 1 || (s.rank() == 2 && s[1] == 1)),
                    "SparseCategoricalCrossentropy: class numbers (n) must go with outputs "
                    "(n, classes) (got shapes {} and {})",
                    s, y_pred);
  for (std::size_t i = 0; i < y_true.values().size(); ++i) {
    const double y = value(y_true.values()[i]);
    check(y >= 0 && y < static_cast<double>(y_pred[1]) && y == std::floor(y),
          "SparseCategoricalCrossentropy: y[{}]={} is not a class index in [0,{})", i, y,
          y_pred[1]);
  }
}

}  // namespace gradus
