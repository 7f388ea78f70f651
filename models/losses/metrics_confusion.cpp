/// Metrics of hits and misses.

#include <gradus/models/metrics.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using detail::ratio;
using detail::width_of;

/// Calls f(targets, outputs, weight) for each row of the last axis; both sides have `width`.
template <class F>
void each_cell(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight,
               std::int64_t width, F f) {
  const std::int64_t rows = detail::rows_of(y_pred);
  const std::int64_t cells = width > 0 ? y_pred.size() / width : 0;
  const auto weights = sample_weight.values();
  for (std::int64_t i = 0; i < cells; ++i) {
    const auto row = static_cast<std::size_t>(i * rows / cells);
    f(y_true.values().data() + i * width, y_pred.values().data() + i * width,
      weights.empty() ? 1 : value(weights[row]));
  }
}

}  // namespace

void detail::add_confusion(std::string_view owner, Sums& sums, const Tensor& y_true,
                           const Tensor& y_pred, const Tensor& sample_weight,
                           const Selection& selection) {
  const auto& [chosen_threshold, top_k, class_id] = selection;
  const Tensor y = fitted(owner, y_true, y_pred);
  const std::int64_t width = width_of(y_pred);
  check(!class_id || *class_id < width, "{}: class_id must be below {} (got {})", owner, width,
        class_id.value_or(0));
  if (sums.empty()) sums.resize(4);
  const double threshold =
      chosen_threshold.value_or(top_k ? -std::numeric_limits<double>::infinity() : 0.5);
  const std::int64_t first = class_id.value_or(0), last = class_id ? first + 1 : width;
  const std::int64_t most = top_k.value_or(std::numeric_limits<int>::max());
  each_cell(y, y_pred, sample_weight, width,
            [&](const Scalar* target, const Scalar* output, double weight) {
              for (std::int64_t i = first; i < last; ++i) {
                std::int64_t ahead = 0;  // at a tie, the first output leads
                for (std::int64_t j = 0; top_k && j < width; ++j)
                  ahead += output[j] > output[i] || (output[j] == output[i] && j < i);
                const bool positive = value(output[i]) > threshold && ahead < most;
                const bool truth = value(target[i]) != 0;
                sums[positive ? (truth ? 0 : 1) : (truth ? 3 : 2)] += weight;
              }
            });
}

/// Sums: true positives, false positives and false negatives of each output.
void FBetaScore::update(Sums& sums, const Tensor& y_true, const Tensor& y_pred,
                        const Tensor& sample_weight) const {
  const Tensor y = detail::fitted("FBetaScore", y_true, y_pred);
  const std::int64_t width = width_of(y_pred);
  if (sums.empty()) sums.resize(3 * static_cast<std::size_t>(width));
  check<ShapeError>(sums.size() == 3 * static_cast<std::size_t>(width),
                    "FBetaScore: every batch must have as many outputs (got {})", width);
  each_cell(y, y_pred, sample_weight, width,
            [&](const Scalar* target, const Scalar* output, double weight) {
              const double most = value(*std::max_element(output, output + width));
              for (std::int64_t i = 0; i < width; ++i) {
                const double truth = value(target[i]), found = value(output[i]);
                const bool positive =
                    threshold ? found > *threshold : found >= most && std::abs(found) > 1e-9;
                double* each = sums.data() + 3 * i;
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
/// each i; then of the negatives. Threshold i is i / (num_thresholds - 1), but the first is below 0
/// and the last above 1.
void AUC::update(Sums& sums, const Tensor& y_true, const Tensor& y_pred,
                 const Tensor& sample_weight) const {
  const Tensor y = detail::fitted("AUC", y_true, y_pred);
  const std::int64_t steps = num_thresholds - 1;
  if (sums.empty()) sums.resize(2 * static_cast<std::size_t>(steps));
  each_cell(
      y, from_logits ? sigmoid(y_pred) : y_pred, sample_weight, width_of(y_pred),
      [&, width = width_of(y_pred)](const Scalar* target, const Scalar* output, double weight) {
        for (std::int64_t i = 0; i < width; ++i) {
          const double p = value(output[i]);
          check(p >= 0 && p <= 1, "AUC: y_pred must be in [0, 1], or from_logits set (got {})", p);
          const Scalar scaled = output[i] * static_cast<Scalar>(steps);
          const auto above = static_cast<std::int64_t>(std::ceil(value(scaled))) - 1;
          const std::int64_t at = std::max<std::int64_t>(0, above);
          sums[static_cast<std::size_t>(at + (value(target[i]) != 0 ? 0 : steps))] += weight;
        }
      });
}

double AUC::result(std::span<const double> sums) const {
  const std::size_t steps = sums.size() / 2;
  double positives = 0, negatives = 0;
  for (std::size_t i = 0; i < steps; ++i) {
    positives += sums[i];
    negatives += sums[steps + i];
  }
  struct Point {
    double x, y;
  };
  const auto point = [&](double tp, double fp) {
    const double recall = ratio(tp, positives);
    return curve == Curve::ROC ? Point{ratio(fp, negatives), recall}
                               : Point{recall, ratio(tp, tp + fp)};
  };
  double area = 0, tp = 0, fp = 0;  // above the threshold that is falling
  for (std::size_t i = steps; i-- > 0;) {
    const double hits = sums[i], called = sums[i] + sums[steps + i], before = tp + fp;
    const Point from = point(tp, fp), to = point(tp + hits, fp + called - hits);
    if (curve == Curve::PR && summation_method == Summation::interpolation) {
      const double slope = ratio(hits, called), start = tp - slope * before;
      const double growth = before > 0 ? (before + called) / before : 1;
      area += ratio(slope * (hits + start * std::log(growth)), positives);
    } else if (summation_method == Summation::interpolation) {
      area += (to.x - from.x) * (from.y + to.y) / 2;
    } else {
      area += (to.x - from.x) * (summation_method == Summation::minoring ? std::min(from.y, to.y)
                                                                         : std::max(from.y, to.y));
    }
    tp += hits;
    fp += called - hits;
  }
  return area;
}

}}  // namespace gradus
