/// Losses of probabilities and logits.

#include <gradus/models/losses.h>

#include <cmath>

#include <gradus/core/node.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using detail::fitted;
using detail::keras_epsilon;
using detail::row_means;

Tensor cut(const Tensor& p) { return clip(p, keras_epsilon, 1 - keras_epsilon); }

/// Rows of probabilities that sum to 1, cut.
Tensor distribution(const Tensor& p) { return cut(p / sum(p, {.axis = -1, .keepdims = true})); }

/// y (1 - s) + s / classes.
Tensor smoothed(const Tensor& y, double smoothing, std::int64_t classes) {
  return smoothing == 0 ? y : y * (1 - smoothing) + smoothing / static_cast<double>(classes);
}

/// Crossentropy of each single output, for p cut or for logits.
Tensor binary(const Tensor& y, const Tensor& y_pred, bool from_logits) {
  if (from_logits) return y * softplus(-y_pred) + (1 - y) * softplus(y_pred);
  const Tensor p = cut(y_pred);
  return -(y * log(p) + (1 - y) * log(1 - p));
}

/// The log probabilities of classes.
Tensor log_distribution(const Tensor& y_pred, bool from_logits) {
  return from_logits ? log_softmax(y_pred) : log(distribution(y_pred));
}

/// `[7]`, or `[7][2]` in rows of more than one.
std::string place(std::int64_t i, std::int64_t width) {
  return width == 1 ? fmt::format("[{}]", i) : fmt::format("[{}][{}]", i / width, i % width);
}

/// Targets must fit the outputs and lie in [0, 1].
void check_binary(std::string_view loss, const Tensor& y_true, const Shape& y_pred) {
  detail::check_shapes(loss, y_true.shape(), detail::with_rows(y_pred, y_true));
  const std::int64_t rows = detail::rows_of(y_true), width = rows > 0 ? y_true.size() / rows : 1;
  for (std::int64_t i = 0; i < y_true.size(); ++i) {
    const double target = value(y_true.values()[static_cast<std::size_t>(i)]);
    check(target >= 0 && target <= 1, "{}: y{} must be in [0, 1] (got {})", loss, place(i, width),
          target);
  }
}

void check_distributions(std::string_view loss, const Tensor& y_true, const Shape& y_pred) {
  check_binary(loss, y_true, y_pred);
  const std::int64_t classes = y_pred.rank() > 0 ? y_pred.back() : 1;
  for (std::int64_t row = 0; classes > 0 && row < y_true.size() / classes; ++row) {
    double total = 0;
    for (std::int64_t i = 0; i < classes; ++i)
      total += value(y_true.values()[static_cast<std::size_t>(row * classes + i)]);
    check(std::abs(total - 1) <= 0.002, "{}: y[{}] must sum to 1 (got {})", loss, row, total);
  }
}

void check_classes(std::string_view loss, const Tensor& y_true, const Shape& y_pred,
                   std::optional<int> ignored = {}) {
  const Shape& s = y_true.shape();
  check<ShapeError>(y_pred.rank() == 2 && (s.rank() == 1 || (s.rank() == 2 && s[1] == 1)),
                    "{}: class numbers (n) must go with outputs (n, classes) (got shapes {} and "
                    "{})",
                    loss, s, y_pred);
  for (std::size_t i = 0; i < y_true.values().size(); ++i) {
    const double y = value(y_true.values()[i]);
    if (ignored && y == *ignored) continue;
    check(y >= 0 && y < static_cast<double>(y_pred[1]) && y == std::floor(y),
          "{}: y[{}]={} is not a class index in [0,{})", loss, i, y, y_pred[1]);
  }
}

}  // namespace

Tensor BinaryCrossentropy::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor y = smoothed(fitted("BinaryCrossentropy", y_true, y_pred), label_smoothing, 2);
  return row_means(binary(y, y_pred, from_logits));
}
void BinaryCrossentropy::check_targets(const Tensor& y_true, const Shape& y_pred) const {
  check_binary("BinaryCrossentropy", y_true, y_pred);
}

Tensor BinaryFocalCrossentropy::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor y = smoothed(fitted("BinaryFocalCrossentropy", y_true, y_pred), label_smoothing, 2);
  const Tensor p = cut(from_logits ? sigmoid(y_pred) : y_pred);
  Tensor each = pow(y * (1 - p) + (1 - y) * p, gamma) * binary(y, y_pred, from_logits);
  if (apply_class_balancing) each = each * (y * alpha + (1 - y) * (1 - alpha));
  return row_means(each);
}
void BinaryFocalCrossentropy::check_targets(const Tensor& y_true, const Shape& y_pred) const {
  check_binary("BinaryFocalCrossentropy", y_true, y_pred);
}

Tensor CategoricalCrossentropy::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor y = smoothed(fitted("CategoricalCrossentropy", y_true, y_pred), label_smoothing,
                            y_pred.shape().back());
  return row_means(-sum(y * log_distribution(y_pred, from_logits), {.axis = -1}));
}
void CategoricalCrossentropy::check_targets(const Tensor& y_true, const Shape& y_pred) const {
  check_distributions("CategoricalCrossentropy", y_true, y_pred);
}

Tensor CategoricalFocalCrossentropy::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor y = smoothed(fitted("CategoricalFocalCrossentropy", y_true, y_pred), label_smoothing,
                            y_pred.shape().back());
  const Tensor p = from_logits ? cut(softmax(y_pred)) : distribution(y_pred);
  const Tensor focus = pow(1 - p, gamma) * log_distribution(y_pred, from_logits);
  return row_means(-alpha * sum(y * focus, {.axis = -1}));
}
void CategoricalFocalCrossentropy::check_targets(const Tensor& y_true, const Shape& y_pred) const {
  check_distributions("CategoricalFocalCrossentropy", y_true, y_pred);
}

Tensor SparseCategoricalCrossentropy::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const auto each = [&](const Tensor& y, const Tensor& p) {
    return from_logits ? logsumexp(p, {.axis = -1}) - pick(p, y) : -pick(log(distribution(p)), y);
  };
  if (!ignore_class) return each(y_true, y_pred);
  const Tensor kept = counted(y_true);  // ignored rows: class 0 of equal outputs, then times 0
  const Tensor column = reshape(kept, {kept.size(), 1});
  return kept * each(reshape(y_true, kept.shape()) * kept, where(column, y_pred, 1));
}
void SparseCategoricalCrossentropy::check_targets(const Tensor& y_true, const Shape& y_pred) const {
  check_classes("SparseCategoricalCrossentropy", y_true, y_pred, ignore_class);
}
Tensor SparseCategoricalCrossentropy::counted(const Tensor& y_true) const {
  if (!ignore_class) return {};
  detail::NewTensor kept(Shape{y_true.size()});
  for (std::int64_t i = 0; i < y_true.size(); ++i)
    kept.data[i] = value(y_true.values()[static_cast<std::size_t>(i)]) != *ignore_class;
  return std::move(kept.tensor);
}

Tensor CategoricalGeneralizedCrossEntropy::operator()(const Tensor& y_true,
                                                      const Tensor& y_pred) const {
  return (1 - pow(pick(y_pred, y_true), q)) / q;
}
void CategoricalGeneralizedCrossEntropy::check_targets(const Tensor& y_true,
                                                       const Shape& y_pred) const {
  check_classes("CategoricalGeneralizedCrossEntropy", y_true, y_pred);
}

Tensor KLDivergence::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor y = clip(fitted("KLDivergence", y_true, y_pred), keras_epsilon, 1);
  return row_means(sum(y * log(y / clip(y_pred, keras_epsilon, 1)), {.axis = -1}));
}

}}  // namespace gradus
