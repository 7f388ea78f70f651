/// Accuracies and metrics of numbers; those of hits and misses: metrics_confusion.cpp.

#include <gradus/models/metrics.h>

#include <algorithm>
#include <cmath>

#include <gradus/core/node.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

using detail::width_of;

/// One value per row: the share of its cells for which right(target, output) holds. A cell has
/// `width` outputs and `marks` targets, and a row's cells follow each other.
template <class Right>
Tensor share_right(const char* owner, const Tensor& y_true, const Tensor& y_pred,
                   std::int64_t width, std::int64_t marks, Right right) {
  const std::int64_t rows = detail::rows_of(y_pred), cells = width > 0 ? y_pred.size() / width : 0;
  check<ShapeError>(cells > 0 && y_true.size() == cells * marks && detail::rows_of(y_true) == rows,
                    "{}: targets of shape {} must fit outputs of shape {}", owner, y_true.shape(),
                    y_pred.shape());
  const Scalar* target = y_true.values().data();
  const Scalar* output = y_pred.values().data();
  detail::NewTensor shares(Shape{rows});
  for (std::int64_t row = 0; row < rows; ++row) {
    std::int64_t count = 0;
    for (std::int64_t i = 0; i < cells / rows; ++i, target += marks, output += width)
      count += right(target, output);
    shares.data[row] =
        static_cast<Scalar>(static_cast<double>(count * rows) / static_cast<double>(cells));
  }
  return std::move(shares.tensor);
}

std::int64_t largest(const Scalar* cell, std::int64_t width) {
  return std::max_element(cell, cell + width) - cell;
}

bool among_top(const Scalar* cell, std::int64_t width, std::int64_t chosen, std::int64_t k) {
  return std::count_if(cell, cell + width, [&](Scalar v) { return v > cell[chosen]; }) < k;
}

}  // namespace

Tensor Accuracy::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const std::int64_t width = width_of(y_pred);
  if (width == 1) return BinaryAccuracy{}(y_true, y_pred);
  if (y_true.size() * width == y_pred.size()) return SparseCategoricalAccuracy{}(y_true, y_pred);
  return CategoricalAccuracy{}(y_true, y_pred);
}

Tensor BinaryAccuracy::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  return share_right("BinaryAccuracy", detail::fitted("BinaryAccuracy", y_true, y_pred), y_pred, 1,
                     1, [&](const Scalar* target, const Scalar* output) {
                       return value(*target) == (value(*output) > threshold);
                     });
}

Tensor CategoricalAccuracy::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const std::int64_t width = width_of(y_pred);
  return share_right("CategoricalAccuracy", y_true, y_pred, width, width,
                     [&](const Scalar* target, const Scalar* output) {
                       return largest(target, width) == largest(output, width);
                     });
}

Tensor SparseCategoricalAccuracy::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const std::int64_t width = width_of(y_pred);
  return share_right("SparseCategoricalAccuracy", y_true, y_pred, width, 1,
                     [&](const Scalar* target, const Scalar* output) {
                       return value(*target) == static_cast<double>(largest(output, width));
                     });
}

Tensor TopKCategoricalAccuracy::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const std::int64_t width = width_of(y_pred);
  return share_right("TopKCategoricalAccuracy", y_true, y_pred, width, width,
                     [&](const Scalar* target, const Scalar* output) {
                       return among_top(output, width, largest(target, width), k);
                     });
}

Tensor SparseTopKCategoricalAccuracy::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const std::int64_t width = width_of(y_pred);
  return share_right("SparseTopKCategoricalAccuracy", y_true, y_pred, width, 1,
                     [&](const Scalar* target, const Scalar* output) {
                       const double y = value(*target);
                       check(y >= 0 && y < static_cast<double>(width) && y == std::floor(y),
                             "SparseTopKCategoricalAccuracy: {} is not a class index in [0,{})", y,
                             width);
                       return among_top(output, width, static_cast<std::int64_t>(y), k);
                     });
}

void RootMeanSquaredError::update(Sums& sums, const Tensor& y_true, const Tensor& y_pred,
                                  const Tensor& sample_weight) const {
  const Tensor y = detail::fitted("RootMeanSquaredError", y_true, y_pred);
  detail::add_rows(sums, detail::row_means(square(y_pred - y)), sample_weight);
}
double RootMeanSquaredError::result(std::span<const double> sums) const {
  return std::sqrt(detail::ratio(sums[0], sums[1]));
}

/// Sums: rows, their weight; then for each output the mean of its targets, the weighted squares
/// around that mean (both updated by row, West 1979) and the weighted squares of its errors.
void R2Score::update(Sums& sums, const Tensor& y_true, const Tensor& y_pred,
                     const Tensor& sample_weight) const {
  const Tensor y = detail::fitted("R2Score", y_true, y_pred);
  const std::int64_t rows = detail::rows_of(y), width = rows > 0 ? y.size() / rows : 0;
  if (sums.empty()) sums.resize(2 + 3 * static_cast<std::size_t>(width));
  check<ShapeError>(sums.size() == 2 + 3 * static_cast<std::size_t>(width),
                    "R2Score: every batch must have as many outputs (got {})", width);
  const auto weights = sample_weight.values();
  const Scalar* target = y.values().data();
  const Scalar* output = y_pred.values().data();
  for (std::int64_t row = 0; row < rows; ++row, target += width, output += width) {
    const double weight = weights.empty() ? 1 : value(weights[static_cast<std::size_t>(row)]);
    sums[0] += 1;
    if (weight == 0) continue;
    sums[1] += weight;
    double* each = sums.data() + 2;
    for (std::int64_t i = 0; i < width; ++i, each += 3) {
      const double truth = value(target[i]), error = value(output[i]) - truth;
      const double step = truth - each[0];
      each[0] += step * weight / sums[1];
      each[1] += weight * step * (truth - each[0]);
      each[2] += weight * error * error;
    }
  }
}
double R2Score::result(std::span<const double> sums) const {
  double scores = 0, weights = 0;
  for (std::size_t i = 2; i < sums.size(); i += 3) {
    const double spread = sums[i + 1];
    const double weight = class_aggregation == Aggregation::uniform_average ? 1 : spread;
    scores += weight * (spread == 0 ? 0 : 1 - sums[i + 2] / spread);
    weights += weight;
  }
  const double score = detail::ratio(scores, weights);
  const double left = sums[0] - num_regressors - 1;
  return num_regressors == 0 || left <= 0 ? score : 1 - (1 - score) * (sums[0] - 1) / left;
}

}}  // namespace gradus
