#include <gradus/models/metrics.h>

#include <numeric>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using detail::fitted;
using detail::ratio;
using detail::width_of;
using Cell = std::span<const Scalar>;

/// Calls f(row, targets, outputs) for each cell: `width` outputs and the targets that go with them.
void each_cell(const Tensor& y_true, const Tensor& y_pred, std::int64_t width, auto f) {
  const std::int64_t rows = detail::rows_of(y_pred), cells = width > 0 ? y_pred.size() / width : 0;
  const auto outputs = static_cast<std::size_t>(width);
  const auto targets = static_cast<std::size_t>(cells > 0 ? y_true.size() / cells : 0);
  for (std::int64_t i = 0; i < cells; ++i)
    f(static_cast<std::size_t>(i * rows / cells),
      y_true.values().subspan(static_cast<std::size_t>(i) * targets, targets),
      y_pred.values().subspan(static_cast<std::size_t>(i) * outputs, outputs));
}

/// One value per row: the share of its cells for which right(targets, outputs) holds. A cell has
/// `width` outputs, and one target or, if `one_hot`, a target for each.
template <class Metric>
Tensor share_right(const Metric&, const Tensor& y_true, const Tensor& y_pred, std::int64_t width,
                   bool one_hot, auto right) {
  const std::int64_t rows = detail::rows_of(y_pred), cells = width > 0 ? y_pred.size() / width : 0;
  check<ShapeError>(cells > 0 && y_true.size() == (one_hot ? y_pred.size() : cells) &&
                        detail::rows_of(y_true) == rows,
                    "{}: targets of shape {} must fit outputs of shape {}",
                    detail::type_name<Metric>(), y_true.shape(), y_pred.shape());
  std::vector<Scalar> found(static_cast<std::size_t>(rows));
  each_cell(y_true, y_pred, width, [&](std::size_t row, Cell target, Cell output) {
    if (right(target, output)) found[row] += 1;
  });
  return Tensor({rows}, found) / (static_cast<double>(cells) / static_cast<double>(rows));
}

std::int64_t largest(Cell cell) { return std::ranges::max_element(cell) - cell.begin(); }

bool among_top(Cell cell, std::int64_t chosen, std::int64_t k) {
  const Scalar least = cell[static_cast<std::size_t>(chosen)];
  return std::ranges::count_if(cell, [&](Scalar v) { return v > least; }) < k;
}

double weight_of(const Tensor& sample_weight, std::size_t row) {
  return sample_weight.size() == 0 ? 1 : value(sample_weight.values()[row]);
}

/// Makes room for a metric's sums, `size` numbers for that many outputs in each batch.
template <class Metric>
void make_room(const Metric&, Sums& sums, std::int64_t size, std::int64_t outputs) {
  if (sums.empty()) sums.resize(static_cast<std::size_t>(size));
  check<ShapeError>(sums.size() == static_cast<std::size_t>(size),
                    "{}: every batch must have as many outputs (got {})",
                    detail::type_name<Metric>(), outputs);
}

}  // namespace

Tensor Accuracy::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const std::int64_t width = width_of(y_pred);
  if (width == 1) return BinaryAccuracy{}(y_true, y_pred);
  if (y_true.size() * width == y_pred.size()) return SparseCategoricalAccuracy{}(y_true, y_pred);
  return CategoricalAccuracy{}(y_true, y_pred);
}

Tensor BinaryAccuracy::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor y = fitted(*this, y_true, y_pred);
  return share_right(*this, y, y_pred, 1, false, [&](Cell target, Cell output) {
    return value(target[0]) == (value(output[0]) > threshold);
  });
}

Tensor CategoricalAccuracy::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  return share_right(*this, y_true, y_pred, width_of(y_pred), true,
                     [](Cell target, Cell output) { return largest(target) == largest(output); });
}

Tensor SparseCategoricalAccuracy::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  return share_right(*this, y_true, y_pred, width_of(y_pred), false, [](Cell target, Cell output) {
    return value(target[0]) == static_cast<double>(largest(output));
  });
}

Tensor TopKCategoricalAccuracy::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  return share_right(*this, y_true, y_pred, width_of(y_pred), true, [&](Cell target, Cell output) {
    return among_top(output, largest(target), k);
  });
}

Tensor SparseTopKCategoricalAccuracy::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  return share_right(*this, y_true, y_pred, width_of(y_pred), false, [&](Cell target, Cell output) {
    const double y = value(target[0]);
    check(y >= 0 && y < static_cast<double>(output.size()) && y == std::floor(y),
          "SparseTopKCategoricalAccuracy: {} is not a class index in [0,{})", y, output.size());
    return among_top(output, static_cast<std::int64_t>(y), k);
  });
}

/// Sums: rows, their weight; then for each output the mean of its targets, the weighted squares
/// around that mean (both updated by row, West 1979) and the weighted squares of its errors.
void R2Score::update(Sums& sums, const Tensor& y_true, const Tensor& y_pred,
                     const Tensor& sample_weight) const {
  const Tensor y = fitted(*this, y_true, y_pred);
  const std::int64_t rows = detail::rows_of(y), width = rows > 0 ? y.size() / rows : 0;
  make_room(*this, sums, 2 + 3 * width, width);
  each_cell(y, y_pred, width, [&](std::size_t row, Cell target, Cell output) {
    const double weight = weight_of(sample_weight, row);
    sums[0] += 1;
    if (weight == 0) return;
    sums[1] += weight;
    double* each = sums.data() + 2;
    for (std::size_t i = 0; i < target.size(); ++i, each += 3) {
      const double truth = value(target[i]), error = value(output[i]) - truth;
      const double step = truth - each[0];
      each[0] += step * weight / sums[1];
      each[1] += weight * step * (truth - each[0]);
      each[2] += weight * error * error;
    }
  });
}
double R2Score::result(std::span<const double> sums) const {
  double scores = 0, weights = 0;
  for (std::size_t i = 2; i < sums.size(); i += 3) {
    const double spread = sums[i + 1];
    const double weight = class_aggregation == Aggregation::uniform_average ? 1 : spread;
    scores += weight * (spread == 0 ? 0 : 1 - sums[i + 2] / spread);
    weights += weight;
  }
  const double score = detail::ratio(scores, weights), left = sums[0] - num_regressors - 1;
  return num_regressors == 0 || left <= 0 ? score : 1 - (1 - score) * (sums[0] - 1) / left;
}

void detail::add_confusion(std::string_view owner, Sums& sums, const Tensor& y_true,
                           const Tensor& y_pred, const Tensor& sample_weight,
                           const Selection& selection) {
  const std::optional<int> top_k = selection.top_k, class_id = selection.class_id;
  const Tensor y = fitted(owner, y_true, y_pred);
  const std::int64_t width = width_of(y_pred);
  check(!class_id || *class_id < width, "{}: class_id must be below {} (got {})", owner, width,
        class_id.value_or(0));
  if (sums.empty()) sums.resize(4);
  const double threshold =
      selection.threshold.value_or(top_k ? -std::numeric_limits<double>::infinity() : 0.5);
  const auto first = static_cast<std::size_t>(class_id.value_or(0));
  each_cell(y, y_pred, width, [&](std::size_t row, Cell target, Cell output) {
    for (std::size_t i = first; i < (class_id ? first + 1 : output.size()); ++i) {
      std::int64_t ahead = 0;  // at a tie, the first output leads
      for (std::size_t j = 0; top_k && j < output.size(); ++j)
        ahead += output[j] > output[i] || (output[j] == output[i] && j < i);
      const bool positive = value(output[i]) > threshold && (!top_k || ahead < *top_k);
      const bool truth = value(target[i]) != 0;
      sums[positive ? (truth ? 0 : 1) : (truth ? 3 : 2)] += weight_of(sample_weight, row);
    }
  });
}

/// Sums: true positives, false positives and false negatives of each output.
void FBetaScore::update(Sums& sums, const Tensor& y_true, const Tensor& y_pred,
                        const Tensor& sample_weight) const {
  const Tensor y = fitted(*this, y_true, y_pred);
  const std::int64_t width = width_of(y_pred);
  make_room(*this, sums, 3 * width, width);
  each_cell(y, y_pred, width, [&](std::size_t row, Cell target, Cell output) {
    const double weight = weight_of(sample_weight, row);
    const double most = value(*std::ranges::max_element(output));
    double* each = sums.data();
    for (std::size_t i = 0; i < output.size(); ++i, each += 3) {
      const double truth = value(target[i]), found = value(output[i]);
      const bool positive =
          threshold ? found > *threshold : found >= most && std::abs(found) > 1e-9;
      each[0] += positive ? weight * truth : 0;
      each[1] += positive ? weight * (1 - truth) : 0;
      each[2] += positive ? 0 : weight * truth;
    }
  });
}
double FBetaScore::result(std::span<const double> sums) const {
  const auto score = [&](double hits, double wrong, double missed) {
    const double precision = hits / (hits + wrong + detail::keras_epsilon);
    const double recall = hits / (hits + missed + detail::keras_epsilon);
    return (1 + beta * beta) * precision * recall /
           (beta * beta * precision + recall + detail::keras_epsilon);
  };
  double hits = 0, wrong = 0, missed = 0, scores = 0, weights = 0;
  for (std::size_t i = 0; i < sums.size(); i += 3) {
    const double positives = sums[i] + sums[i + 2];
    const double weight = average == Average::weighted ? positives : 1;
    scores += weight * score(sums[i], sums[i + 1], sums[i + 2]);
    weights += weight;
    hits += sums[i];
    wrong += sums[i + 1];
    missed += sums[i + 2];
  }
  if (average == Average::micro) return score(hits, wrong, missed);
  return scores / (weights + (average == Average::weighted ? detail::keras_epsilon : 0));
}

/// Sums: the weight of the positives whose outputs lie above thresholds 0 to i and no further, for
/// each i; then of the negatives. Threshold i is i / (num_thresholds - 1), the ends beyond [0, 1].
void AUC::update(Sums& sums, const Tensor& y_true, const Tensor& y_pred,
                 const Tensor& sample_weight) const {
  const Tensor y = fitted(*this, y_true, y_pred), p = from_logits ? sigmoid(y_pred) : y_pred;
  const auto steps = static_cast<std::size_t>(num_thresholds - 1);
  if (sums.empty()) sums.resize(2 * steps);
  each_cell(y, p, 1, [&](std::size_t row, Cell target, Cell output) {
    check(output[0] >= 0 && output[0] <= 1,
          "AUC: y_pred must be in [0, 1], or from_logits set (got {})", value(output[0]));
    const double below = std::ceil(value(output[0] * static_cast<Scalar>(steps)));
    const auto at = static_cast<std::size_t>(std::max(0.0, below - 1));
    sums[at + (value(target[0]) != 0 ? 0 : steps)] += weight_of(sample_weight, row);
  });
}

double AUC::result(std::span<const double> sums) const {
  const std::size_t steps = sums.size() / 2;
  const auto middle = sums.begin() + std::ssize(sums) / 2;
  const double positives = std::accumulate(sums.begin(), middle, 0.0);
  const double negatives = std::accumulate(middle, sums.end(), 0.0);
  const auto point = [&](double tp, double fp) {
    const double recall = ratio(tp, positives);
    return curve == Curve::ROC ? std::pair(ratio(fp, negatives), recall)
                               : std::pair(recall, ratio(tp, tp + fp));
  };
  double area = 0, tp = 0, fp = 0;  // above the threshold that is falling
  for (std::size_t i = steps; i-- > 0;) {
    const double hits = sums[i], called = sums[i] + sums[steps + i], before = tp + fp;
    const auto [x, y] = point(tp, fp);
    const auto [next_x, next_y] = point(tp + hits, fp + called - hits);
    if (curve == Curve::PR && summation_method == Summation::interpolation) {
      const double slope = ratio(hits, called), start = tp - slope * before;
      const double growth = before > 0 ? (before + called) / before : 1;
      area += ratio(slope * (hits + start * std::log(growth)), positives);
    } else {
      const auto [low, high] = std::minmax(y, next_y);
      area += (next_x - x) * (summation_method == Summation::interpolation ? (low + high) / 2
                              : summation_method == Summation::minoring    ? low
                                                                           : high);
    }
    tp += hits;
    fp += called - hits;
  }
  return area;
}

// ---- Metric -------------------------------------------------------------------------------------

void detail::add_rows(Sums& sums, const Tensor& values, const Tensor& sample_weight) {
  if (sums.empty()) sums.resize(2);
  const auto all = values.values(), weights = sample_weight.values();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double weight = weights.empty() ? 1 : value(weights[i]);
    sums[0] += weight * value(all[i]);
    sums[1] += weight;
  }
}

bool detail::add_loss(const Loss& loss, Sums& sums, const Tensor& y_true, const Tensor& y_pred,
                      const Tensor& sample_weight) {
  const std::int64_t rows = rows_of(y_pred);
  const Tensor values = loss(y_true, y_pred);
  if (!one_per_row("metric", loss.type(), values, rows, sample_weight)) {
    add_rows(sums, values, Tensor{static_cast<double>(rows)});
    return true;
  }
  const Tensor kept = loss.counted(y_true), &weight = sample_weight;
  const bool both = kept.size() > 0 && weight.size() > 0;
  add_rows(sums, values, both ? weight * kept : kept.size() > 0 ? kept : weight);
  return false;
}

}}  // namespace gradus
