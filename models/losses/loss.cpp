#include <gradus/models/loss.h>

#include <gradus/core/ops.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace detail {
namespace {

void check_fit(std::string_view owner, const Shape& y_true, const Shape& y_pred) {
  const bool column = y_pred.rank() == 2 && y_pred[1] == 1 && y_true == Shape{y_pred[0]};
  const bool flat = y_pred.rank() == 1 && y_true == Shape{y_pred[0], 1};
  check<ShapeError>(y_true == y_pred || column || flat,
                    "{}: targets of shape {} must fit outputs of shape {}", owner, y_true, y_pred);
}

}  // namespace

Tensor fitted(std::string_view owner, const Tensor& y_true, const Tensor& y_pred) {
  check_fit(owner, y_true.shape(), y_pred.shape());
  return y_true.shape() == y_pred.shape() ? y_true : reshape(y_true, y_pred.shape());
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
  check<ShapeError>(shape == Shape{rows} || shape == Shape{rows, 1},
                    "{}: sample_weight must have shape ({}) or ({},1) (got {})", owner, rows, rows,
                    shape);
  return shape.rank() == 1 ? sample_weight : reshape(sample_weight, {rows});
}

Tensor unit_vectors(const Tensor& x, int axis) {
  const Tensor squares = sum(square(x), {.axis = axis, .keepdims = true});
  return x / sqrt(maximum(squares, keras_epsilon * keras_epsilon));
}

void check_shapes(std::string_view owner, const Tensor& y_true, Shape y_pred) {
  if (y_pred.rank() > 0 && y_true.rank() > 0) y_pred.set(0, y_true.shape()[0]);
  check_fit(owner, y_true.shape(), y_pred);
}

void check_labels(std::string_view owner, const Tensor& y_true, const Shape& y_pred) {
  check_shapes(owner, y_true, y_pred);
  const auto other = [](Scalar y) { return y != 0 && y != 1; };
  const auto y = y_true.values();
  const auto found = std::ranges::find_if(y, other);
  check(found == y.end() || std::ranges::find(y, Scalar(0)) == y.end(),
        "{}: y must hold 0 and 1 alone, or -1 and 1 (got 0 and {})", owner,
        found == y.end() ? 0 : value(*found));
}

void check_probabilities(std::string_view owner, const Tensor& y_true, const Shape& y_pred) {
  check_shapes(owner, y_true, y_pred);
  const auto y = y_true.values();
  const std::size_t width =
      y.size() / static_cast<std::size_t>(std::max<std::int64_t>(1, rows_of(y_true)));
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (value(y[i]) >= 0 && value(y[i]) <= 1) continue;
    const std::string column = width == 1 ? "" : fmt::format("[{}]", i % width);
    check(false, "{}: y[{}]{} must be in [0, 1] (got {})", owner, i / width, column, value(y[i]));
  }
}

void check_distributions(std::string_view owner, const Tensor& y_true, const Shape& y_pred) {
  const bool numbers = width_of(y_true) == 1 && y_pred.rank() == 2 && y_pred[1] > 1;
  check<ShapeError>(y_true.rank() > 2 || !numbers,
                    "{}: targets of shape {} must fit outputs of shape ({},{}); for class numbers "
                    "use SparseCategoricalCrossentropy",
                    owner, y_true.shape(), rows_of(y_true), y_pred[1]);
  check_probabilities(owner, y_true, y_pred);
  const auto classes = static_cast<std::size_t>(y_pred.rank() > 0 ? y_pred.back() : 1);
  for (auto rest = y_true.values(); classes > 0 && !rest.empty(); rest = rest.subspan(classes)) {
    double total = 0;
    for (const Scalar y : rest.first(classes)) total += value(y);
    check(std::abs(total - 1) <= 0.002, "{}: y[{}] must sum to 1 (got {})", owner,
          (y_true.values().size() - rest.size()) / classes, total);
  }
}

void check_classes(std::string_view owner, const Tensor& y_true, const Shape& y_pred,
                   std::optional<int> ignored) {
  const Shape& s = y_true.shape();
  Shape outputs = y_pred;
  if (outputs.rank() > 0) outputs.set(0, rows_of(y_true));
  check<ShapeError>(outputs.rank() == 2 && (s.rank() == 1 || (s.rank() == 2 && s[1] == 1)),
                    "{}: class numbers (n) must go with outputs (n, classes) (got shapes {} and "
                    "{}){}",
                    owner, s, outputs,
                    s == outputs ? "; for one-hot targets use CategoricalCrossentropy" : "");
  for (std::size_t i = 0; i < y_true.values().size(); ++i) {
    const double y = value(y_true.values()[i]);
    if (ignored && y == *ignored) continue;
    check(y >= 0 && y < static_cast<double>(y_pred[1]) && y == std::floor(y),
          "{}: y[{}]={} is not a class index in [0,{})", owner, i, y, y_pred[1]);
  }
}

}  // namespace detail

BatchLoss Loss::of_batch(const Tensor& y_true, const Tensor& y_pred,
                         const Tensor& sample_weight) const {
  Tensor values = (*this)(y_true, y_pred);
  const std::int64_t rows = detail::rows_of(y_pred);
  const bool adds = options_.reduction == LossReduction::sum;
  const double all = adds ? 1 : static_cast<double>(rows);
  if (!detail::one_per_row("loss", type(), values, rows, sample_weight)) return {values, all, true};
  if (values.rank() > 1) values = reshape(values, {rows});

  const Tensor kept = counted(y_true);
  Tensor weights = detail::row_weights("Loss", sample_weight, rows);
  if (kept.size() > 0) weights = weights.size() > 0 ? weights * kept : kept;
  if (weights.size() > 0) values = values * weights;
  if (options_.reduction == LossReduction::none) return {values};
  if (adds) return {sum(values)};
  const bool by_weight = options_.reduction == LossReduction::mean_with_sample_weight;
  const Tensor& divisor = by_weight ? weights : kept;
  if (divisor.size() == 0) return {mean(values), all};
  double total = 0;
  for (const Scalar v : divisor.values()) total += value(v);
  return {sum(values) / (total == 0 ? 1 : total), total};
}

}}  // namespace gradus
