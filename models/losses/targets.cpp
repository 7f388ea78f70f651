#include <gradus/models/targets.h>

#include <gradus/core/ops.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

std::int64_t rows_of(const Tensor& x) { return x.rank() > 0 ? x.shape()[0] : 0; }

std::int64_t width_of(const Tensor& y_pred) {
  return y_pred.rank() > 1 ? y_pred.shape().back() : 1;
}

void check_shapes(std::string_view owner, const Shape& y_true, const Shape& y_pred) {
  if (y_true == y_pred) return;
  const bool column = y_pred.rank() == 2 && y_pred[1] == 1 && y_true == Shape{y_pred[0]};
  const bool flat = y_pred.rank() == 1 && y_true == Shape{y_pred[0], 1};
  check<ShapeError>(column || flat, "{}: targets of shape {} must fit outputs of shape {}", owner,
                    y_true, y_pred);
}

Tensor fitted(std::string_view owner, const Tensor& y_true, const Tensor& y_pred) {
  check_shapes(owner, y_true.shape(), y_pred.shape());
  return y_true.shape() == y_pred.shape() ? y_true : reshape(y_true, y_pred.shape());
}

Shape with_rows(Shape y_pred, const Tensor& y_true) {
  if (y_pred.rank() > 0 && y_true.rank() > 0) y_pred.set(0, y_true.shape()[0]);
  return y_pred;
}

Tensor row_means(const Tensor& x) {
  if (x.rank() <= 1) return x;
  const std::int64_t rows = x.shape()[0];
  if (x.size() == rows) return reshape(x, {rows});
  return mean(reshape(x, {rows, -1}), {.axis = 1});
}

bool one_per_row(std::string_view kind, std::string_view owner, const Tensor& values,
                 std::int64_t rows, const Tensor& sample_weight) {
  const bool by_rows = values.size() == rows && values.rank() > 0 && values.shape()[0] == rows;
  check<ShapeError>(
      by_rows || values.size() == 1,
      "{}: a {} must give one value per row, or one in all (got shape {} for {} rows)", owner, kind,
      values.shape(), rows);
  check<StateError>(by_rows || sample_weight.size() == 0,
                    "{}: sample weights need a {} with one value per row (this one gives one in "
                    "all)",
                    owner, kind);
  return by_rows;
}

Tensor row_weights(std::string_view owner, const Tensor& sample_weight, std::int64_t rows) {
  if (sample_weight.size() == 0) return sample_weight;
  const Shape& shape = sample_weight.shape();
  if (shape == Shape{rows}) return sample_weight;
  check<ShapeError>(shape == Shape{rows, 1},
                    "{}: sample_weight must have shape ({}) or ({},1) (got {})", owner, rows, rows,
                    shape);
  return reshape(sample_weight, {rows});
}

Tensor unit_vectors(const Tensor& x, int axis) {
  return x / sqrt(maximum(sum(square(x), {.axis = axis, .keepdims = true}),
                          keras_epsilon * keras_epsilon));
}

double total(const Tensor& x) {
  double sum = 0;
  for (const Scalar v : x.values()) sum += value(v);
  return sum;
}

}}}  // namespace gradus::detail
