#pragma once
/// Metrics: numbers that are watched beside the loss. Names, options and their order are Keras's
/// (keras.metrics). Every loss of losses.h is a metric too.
///
/// A row's weight is its sample weight, 1 without them; each output of the row counts with it.
/// 0 / 0 is 0. Options are checked when the struct becomes a Metric (ValueError).

#include <gradus/models/losses.h>
#include <gradus/models/metric.h>

namespace gradus { inline namespace GRADUS_VARIANT {

// ---- accuracies: the share of rows that are right -----------------------------------------------
// The class of a row of outputs is the largest, the first at a tie. A class number is given as (n)
// or (n, 1); a one-hot row stands for its largest element.

/// One of the next three, chosen by the shapes: one output per row, BinaryAccuracy; targets that
/// are class numbers, SparseCategoricalAccuracy; else CategoricalAccuracy. Keras: "accuracy".
struct Accuracy {
  static constexpr auto direction = MonitorMode::max;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
};

/// Right if (output > threshold) is the target, 0 or 1.
struct BinaryAccuracy {
  double threshold = 0.5;  ///< finite
  static constexpr auto direction = MonitorMode::max;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  static void fields(auto& self, auto&& field) {
    field("threshold", self.threshold, rules::finite_number);
  }
};

/// Right if outputs and one-hot targets have the same class.
struct CategoricalAccuracy {
  static constexpr auto direction = MonitorMode::max;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
};

/// Right if the outputs' class is the target's class number.
struct SparseCategoricalAccuracy {
  static constexpr auto direction = MonitorMode::max;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
};

/// Right if fewer than k outputs are larger than that of the target's class.
struct TopKCategoricalAccuracy {
  Count k = 5;  ///< >= 1
  static constexpr auto direction = MonitorMode::max;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  static void fields(auto& self, auto&& field) { field("k", self.k, rules::one_or_more); }
};

/// The same for class numbers. ValueError for a target that is not a class number.
struct SparseTopKCategoricalAccuracy {
  Count k = 5;  ///< >= 1
  static constexpr auto direction = MonitorMode::max;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  static void fields(auto& self, auto&& field) { field("k", self.k, rules::one_or_more); }
};

// ---- numbers ------------------------------------------------------------------------------------

/// Keras's name of LogCosh as a metric.
using LogCoshError = LogCosh;

/// sqrt of the mean of (p - y)^2 over all rows.
struct RootMeanSquaredError {
  static constexpr auto direction = MonitorMode::min;
  static constexpr int degree = 1;
  void update(Sums& sums, const Tensor& y_true, const Tensor& y_pred, const Tensor& weight) const {
    const Tensor y = detail::fitted(*this, y_true, y_pred);
    detail::add_rows(sums, detail::row_means(square(y_pred - y)), weight);
  }
  double result(std::span<const double> sums) const {
    return std::sqrt(detail::ratio(sums[0], sums[1]));
  }
};

/// The share of the targets' variance that the outputs explain, 1 - sum(p - y)^2 / sum(y - mean)^2:
/// 1 at best, 0 for predicting the mean; also 0 if all targets are equal. With n rows and
/// r = num_regressors > 0 it is adjusted, once n > r + 1: 1 - (1 - R2) (n - 1) / (n - r - 1).
struct R2Score {
  /// From one score per output to one number.
  enum class Aggregation {
    uniform_average,           ///< the mean of their scores
    variance_weighted_average  ///< weighted by the variances of their targets
  };
  Aggregation class_aggregation = Aggregation::uniform_average;
  int num_regressors = 0;  ///< >= 0
  static constexpr auto direction = MonitorMode::max;
  static constexpr int degree = 0;
  void update(Sums& sums, const Tensor& y_true, const Tensor& y_pred, const Tensor& weight) const;
  double result(std::span<const double> sums) const;
  static void fields(auto& self, auto&& field) {
    field("class_aggregation", self.class_aggregation);
    field("num_regressors", self.num_regressors, rules::zero_or_more);
  }
};

// ---- hits and misses ----------------------------------------------------------------------------
// A target is positive if it is not 0; an output is called positive if it is above the threshold.
// Each output of a row counts, or only that of class_id.

/// Hits among the outputs called positive: TP / (TP + FP).
struct Precision {
  std::optional<double> thresholds = {};  ///< in [0, 1]; default 0.5, or none with top_k
  std::optional<int> top_k = {};          ///< only a row's k largest outputs may be positive; >= 1
  std::optional<int> class_id = {};       ///< only this output of each row counts; >= 0
  static constexpr auto direction = MonitorMode::max;
  double result(const Confusion& counts) const {
    return detail::ratio(counts.true_positives, counts.true_positives + counts.false_positives);
  }
  static void fields(auto& self, auto&& field) {
    field("thresholds", self.thresholds, rules::unit_interval);
    field("top_k", self.top_k, rules::one_or_more);
    field("class_id", self.class_id, rules::zero_or_more);
  }
};

/// Hits among the positive targets: TP / (TP + FN). Options as for Precision.
struct Recall {
  std::optional<double> thresholds = {};
  std::optional<int> top_k = {};
  std::optional<int> class_id = {};
  static constexpr auto direction = MonitorMode::max;
  double result(const Confusion& counts) const {
    return detail::ratio(counts.true_positives, counts.true_positives + counts.false_negatives);
  }
  static void fields(auto& self, auto&& field) { Precision::fields(self, field); }
};

/// The weight of the positives called positive.
struct TruePositives {
  double thresholds = 0.5;  ///< in [0, 1]
  double result(const Confusion& counts) const { return counts.true_positives; }
  static void fields(auto& self, auto&& field) {
    field("thresholds", self.thresholds, rules::unit_interval);
  }
};
/// The weight of the negatives called positive.
struct FalsePositives {
  double thresholds = 0.5;  ///< in [0, 1]
  double result(const Confusion& counts) const { return counts.false_positives; }
  static void fields(auto& self, auto&& field) { TruePositives::fields(self, field); }
};
/// The weight of the negatives called negative.
struct TrueNegatives {
  double thresholds = 0.5;  ///< in [0, 1]
  double result(const Confusion& counts) const { return counts.true_negatives; }
  static void fields(auto& self, auto&& field) { TruePositives::fields(self, field); }
};
/// The weight of the positives called negative.
struct FalseNegatives {
  double thresholds = 0.5;  ///< in [0, 1]
  double result(const Confusion& counts) const { return counts.false_negatives; }
  static void fields(auto& self, auto&& field) { TruePositives::fields(self, field); }
};

/// (1 + beta^2) precision recall / (beta^2 precision + recall), with 1e-7 added to each divisor.
/// Without a threshold each row's largest outputs are positive (all of them at a tie).
struct FBetaScore {
  /// From one score per output to one number. Keras's default gives the scores as a list; a Metric
  /// gives a number, so the default here is their mean, the same for a single output.
  enum class Average {
    macro,    ///< the mean of the scores
    micro,    ///< one score from hits and misses of all outputs together
    weighted  ///< weighted by how often each output's target is positive
  };
  Average average = Average::macro;
  double beta = 1;                       ///< > 0; above 1, recall weighs more
  std::optional<double> threshold = {};  ///< in [0, 1]
  static constexpr const char* name = "fbeta_score";
  static constexpr auto direction = MonitorMode::max;
  void update(Sums& sums, const Tensor& y_true, const Tensor& y_pred, const Tensor& weight) const;
  double result(std::span<const double> sums) const;
  static void fields(auto& self, auto&& field) {
    field("average", self.average), field("beta", self.beta, rules::positive);
    field("threshold", self.threshold, rules::unit_interval);
  }
};

/// FBetaScore with beta = 1.
struct F1Score {
  using Average = FBetaScore::Average;
  Average average = Average::macro;
  std::optional<double> threshold = {};  ///< in [0, 1]
  static constexpr auto direction = MonitorMode::max;
  void update(Sums& sums, const Tensor& y_true, const Tensor& y_pred, const Tensor& weight) const {
    FBetaScore{average, 1, threshold}.update(sums, y_true, y_pred, weight);
  }
  double result(std::span<const double> sums) const {
    return FBetaScore{average, 1, threshold}.result(sums);
  }
  static void fields(auto& self, auto&& field) {
    field("average", self.average), field("threshold", self.threshold, rules::unit_interval);
  }
};

/// The area under a curve of hits against misses, as the threshold falls from above 1 to below 0 in
/// num_thresholds steps: 1 at best, for ROC 0.5 by chance. ValueError for outputs outside [0, 1].
struct AUC {
  enum class Curve {
    ROC,  ///< recall over the share of negatives called positive
    PR    ///< precision over recall
  };
  /// How the curve goes between two thresholds.
  enum class Summation {
    interpolation,  ///< straight; for PR, in hits and misses (Davis and Goadrich 2006)
    minoring,       ///< the lower end
    majoring        ///< the higher end
  };
  Count num_thresholds = 200;  ///< >= 2
  Curve curve = Curve::ROC;
  Summation summation_method = Summation::interpolation;
  bool from_logits = false;  ///< outputs z stand for sigmoid(z)
  static constexpr auto direction = MonitorMode::max;
  void update(Sums& sums, const Tensor& y_true, const Tensor& y_pred, const Tensor& weight) const;
  double result(std::span<const double> sums) const;
  static void fields(auto& self, auto&& field) {
    field("num_thresholds", self.num_thresholds, rules::two_or_more);
    field("curve", self.curve), field("summation_method", self.summation_method);
    field("from_logits", self.from_logits);
  }
};

}}  // namespace gradus
